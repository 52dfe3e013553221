"""Alerts over HTTP: list, take care, silence, routes, rules; as a stream by SSE and WebSocket."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Header, Query, Response, WebSocket, WebSocketDisconnect
from starlette.responses import StreamingResponse

from ecp.edge.problems import Problem
from ecp.edge.streams import FORMAT
from ecp.orchestrator.alerts import reaching, ruling, usecases
from ecp.orchestrator.alerts.schemas import (
    Acknowledgement,
    Action,
    Policy,
    RouteBody,
    RuleBody,
    Severity,
    SilenceBody,
)
from ecp.orchestrator.asking import Asked, InMode, Records, Spoken, house_of, mode_of_header
from ecp.orchestrator.ports import StorageFailed
from ecp.texts import language_of_header, text

router = APIRouter(prefix="/api/v1/alerts", tags=["alerts"])
tenants = APIRouter(prefix="/api/v1/tenants", tags=["alerts"])
sockets = APIRouter()

State = Literal["open", "pending", "firing", "acknowledged", "resolved"]
Told = Literal["pending", "sending", "sent", "failed", "dropped", "uncertain"]
_LAST = 2**53
Since = Annotated[int | None, Query(ge=0, le=_LAST, description="the last sequence seen")]
_NOT_FOUND = 4404


@router.get("")
async def list_alerts(
    house: Asked,
    records: Records,
    tenant_id: Annotated[str | None, Query(max_length=63)] = None,
    state: Annotated[State | None, Query(description="open: what is not over")] = None,
    severity: Severity | None = None,
    skip: Annotated[int, Query(ge=0, le=_LAST)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> dict[str, Any]:
    """List alerts: open ones first, the worst of them on top, then those that are over."""
    return await usecases.listed(
        records,
        house.now(),
        tenant_id=tenant_id,
        state=state,
        severity=severity,
        skip=skip,
        limit=limit,
    )


@router.get("/stream")
async def stream_alerts(
    house: Asked,
    mode: InMode,
    records: Records,
    tenant_id: Annotated[str | None, Query(max_length=63)] = None,
    since: Since = None,
    last_event_id: Annotated[int | None, Header(ge=0, le=_LAST)] = None,
) -> StreamingResponse:
    """Stream what happens to alerts as SSE, after `since` or Last-Event-ID; from now on without."""
    after = last_event_id if last_event_id is not None else since
    begin = await usecases.beginning(records, after)

    async def lines() -> AsyncIterator[bytes]:
        async for message in usecases.followed(house, mode, records, tenant_id, begin):
            yield b": still here\n\n" if message is None else message.to_sse("alert")

    return StreamingResponse(lines(), media_type="text/event-stream")


@router.get("/rules")
async def list_rules(language: Spoken) -> dict[str, Any]:
    """List the rules that every tenant has, the threshold presets, and what conditions may name."""
    return ruling.known_rules(language)


@router.get("/policies/{tenant_id}")
async def get_policy(tenant_id: str, records: Records) -> dict[str, Any]:
    """Show which thresholds hold for a tenant, and which rules are off."""
    return await ruling.policy(records, tenant_id)


@router.get("/policies/{tenant_id}/backtest")
async def backtest_rules(
    tenant_id: str, records: Records, days: Annotated[int, Query(ge=1, le=30)] = 30
) -> dict[str, Any]:
    """Judge the burn rate over a tenant's minutes that are kept: what would have fired, whether or
    not anybody watched, with the fault that it followed from."""
    return await ruling.backtest(records, tenant_id, days)


@router.put("/policies/{tenant_id}")
async def put_policy(tenant_id: str, policy: Policy, records: Records) -> dict[str, Any]:
    """Choose which thresholds hold for a tenant, and which rules are off."""
    return await ruling.keep_policy(records, tenant_id, policy.model_dump())


@router.get("/routes")
async def list_routes(records: Records) -> dict[str, Any]:
    """List who is told of what. Targets are masked."""
    return await reaching.routes(records)


@router.post("/routes", status_code=201)
async def add_route(route: RouteBody, house: Asked, records: Records) -> dict[str, Any]:
    """Tell somebody of alerts from now on: what fires already is told at once."""
    return await reaching.add_route(house, records, route.model_dump())


@router.put("/routes/{route_id}")
async def change_route(
    route_id: int, route: RouteBody, house: Asked, records: Records
) -> dict[str, Any]:
    """Change a route; without a `target` it keeps the one that it has."""
    _bounded(route_id, "ROUTE_NOT_FOUND", "alert.route.not-found")
    return await reaching.change_route(house, records, route_id, route.model_dump())


@router.delete("/routes/{route_id}")
async def remove_route(route_id: int, records: Records) -> dict[str, Any]:
    """Tell a route nothing any more."""
    _bounded(route_id, "ROUTE_NOT_FOUND", "alert.route.not-found")
    return await reaching.remove_route(records, route_id)


@router.post("/routes/{route_id}/test")
async def try_route(
    route_id: int, house: Asked, records: Records, language: Spoken
) -> dict[str, Any]:
    """Send something made up to a route, for real, and say what it answered."""
    return await reaching.try_route(house, records, route_id, language)


@router.get("/silences")
async def list_silences(house: Asked, records: Records) -> dict[str, Any]:
    """List silences, the newest first."""
    return await usecases.silences(records, house.now())


@router.post("/silences", status_code=201)
async def add_silence(silence: SilenceBody, house: Asked, records: Records) -> dict[str, Any]:
    """Tell nobody of what matches, until an instant or for a while; it is judged all the same."""
    return await usecases.silence(house, records, silence.model_dump())


@router.delete("/silences/{silence_id}")
async def end_silence(silence_id: int, house: Asked, records: Records) -> dict[str, Any]:
    """End a silence now: what fires still is told."""
    _bounded(silence_id, "SILENCE_NOT_FOUND", "alert.silence.not-found")
    return await usecases.end_silence(house, records, silence_id)


@router.get("/deliveries")
async def list_deliveries(
    records: Records,
    state: Told | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> dict[str, Any]:
    """List what was told whom, the newest first: attempts, answers, when the next try is."""
    return await usecases.deliveries(records, state, limit)


@router.get("/{alert_id}")
async def get_alert(alert_id: int, house: Asked, records: Records) -> dict[str, Any]:
    """Show an alert: words, causes, history, whom it was told."""
    _bounded(alert_id)
    return await usecases.one(records, alert_id, house.now())


@router.post("/{alert_id}/acknowledge")
async def acknowledge(
    alert_id: int, house: Asked, records: Records, given: Acknowledgement | None = None
) -> dict[str, Any]:
    """Say that somebody takes care of an alert: nobody else is told of it, unless it gets worse."""
    _bounded(alert_id)
    said = given or Acknowledgement.model_validate({})
    return await usecases.acknowledge(house, records, alert_id, said.who, said.note)


def _bounded(number: int, code: str = "ALERT_NOT_FOUND", key: str = "alert.not-found") -> None:
    """Raise Problem 404 for a number that no row can have: no database could compare it."""
    if not 0 < number <= _LAST:
        raise Problem(404, code, key, id=number)


@tenants.get("/{tenant_id}/alerts")
async def tenant_alerts(tenant_id: str, records: Records) -> dict[str, Any]:
    """List a tenant's own rules, and its open alerts."""
    return await ruling.own_rules(records, tenant_id)


@tenants.post("/{tenant_id}/alerts", status_code=201)
async def add_tenant_alert(
    tenant_id: str,
    rule: RuleBody,
    house: Asked,
    records: Records,
    language: Spoken,
    response: Response,
) -> dict[str, Any]:
    """Make a rule: a condition over the tenant's figures, such as `cpu_usage > 85 OR memory_usage >
    90`, that has to hold for `duration`. One of the same name is replaced (200)."""
    actions = [_action(one) for one in rule.actions]
    said, new = await ruling.keep_rule(
        house, records, tenant_id, rule.model_dump(exclude={"actions"}), actions, language
    )
    if not new:
        response.status_code = 200
    return said


def _action(given: str | Action) -> dict[str, Any]:
    if isinstance(given, str):
        return {"kind": given, "target": None}
    return {"kind": given.type, "target": given.url or ",".join(given.recipients) or None}


@tenants.delete("/{tenant_id}/alerts/{alert_name}")
async def remove_tenant_alert(
    tenant_id: str, alert_name: str, house: Asked, records: Records
) -> dict[str, Any]:
    """Forget a tenant's own rule; its alert is over."""
    return await ruling.remove_rule(house, records, tenant_id, alert_name)


# -- WebSocket ------------------------------------------------------------------------------------


@sockets.websocket("/ws/alerts/{tenant_id}")
async def alerts_socket(socket: WebSocket, tenant_id: str) -> None:
    """Send what happens to a tenant's alerts until the viewer goes; `since` resumes."""
    house = house_of(socket)
    mode = mode_of_header(
        socket.headers.get("x-demo-mode", "") or socket.query_params.get("demo", "")
    )
    language = language_of_header(socket.headers.get("accept-language", ""))
    await socket.accept()
    try:
        records = await house.storage(mode)
        if await records.tenant(tenant_id) is None:
            message = text("tenant.not-found", language, tenant=tenant_id[:80])
            await _fail(socket, "TENANT_NOT_FOUND", message)
            return
        begin = await usecases.beginning(records, _since(socket.query_params.get("since")))
    except StorageFailed as error:
        await _fail(socket, "DATABASE_ERROR", text("database.failed", language, detail=str(error)))
        return
    except Problem as problem:
        await _fail(socket, problem.code, text(problem.key, language, **problem.filling))
        return

    async def send() -> None:
        async for message in usecases.followed(house, mode, records, tenant_id, begin):
            if message is not None:
                await socket.send_text(message.to_json().decode())

    await _until_either(send(), _hear(socket, begin))


def _since(given: str | None) -> int | None:
    return int(given) if given and given.isascii() and given.isdigit() and len(given) < 16 else None


async def _hear(socket: WebSocket, begin: int) -> None:
    """Answer a viewer's messages: ping, and subscribe, which it is. Source: requirement C15."""
    await socket.send_text(_said({"action": "subscribed", "sequence": begin}))
    while True:
        frame = await socket.receive()
        if frame["type"] == "websocket.disconnect":
            return
        try:
            message = orjson.loads(frame.get("text") or frame.get("bytes") or "")
            action = message.get("action") if isinstance(message, dict) else None
        except orjson.JSONDecodeError:
            action = None
        if action == "ping":
            await socket.send_text(_said({"action": "pong"}))
        elif action == "subscribe":
            await socket.send_text(_said({"action": "subscribed", "sequence": begin}))
        else:
            error = {"code": "BAD_MESSAGE", "message": 'send {"action": "ping"}'}
            await socket.send_text(_said({"error": error}))


def _said(body: dict[str, Any]) -> str:
    return orjson.dumps({"v": FORMAT, **body}).decode()


async def _fail(socket: WebSocket, code: str, message: str) -> None:
    await socket.send_text(_said({"error": {"code": code, "message": message}}))
    await socket.close(_NOT_FOUND, code)


async def _until_either(*both: Any) -> None:
    """Run both until one ends."""
    tasks = [asyncio.create_task(one) for one in both]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
