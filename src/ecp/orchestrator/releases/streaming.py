"""A release on its way, as a stream: server-sent events, or a WebSocket.

What is said of it is numbered and kept, so that who comes back says the last sequence seen. How
far it is in between is told when it changes, without a number: it is only worth what it is now.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Header, Query, Request, WebSocket, WebSocketDisconnect
from starlette.responses import StreamingResponse

from ecp.edge.problems import Problem
from ecp.orchestrator.asking import Asked, InMode, Records, Spoken, house_of, mode_of_header
from ecp.orchestrator.ports import House, StorageFailed
from ecp.orchestrator.records import Mode, Release
from ecp.orchestrator.releases.history import DeploymentId, found, stood
from ecp.orchestrator.releases.schemas import FORMAT, message_json, release_json
from ecp.texts import Language, language_of_header, text

router = APIRouter(prefix="/api/v1/releases", tags=["releases"])
sockets = APIRouter()
_LOOKS_S = 1.0
_STILL_S = 15.0
_NOT_FOUND = 4404
_UNDER_WAY = ("rehearsing", "applying", "progressing")
_LAST_SEQUENCE = 2**31 - 1


async def frames(
    house: House, mode: Mode, release_id: int, since: int, language: Language
) -> AsyncIterator[tuple[int | None, dict[str, Any]]]:
    """Give (sequence, body) of what was said after *since*, and (None, body) of how it stands.

    It ends when the release has come to its end, and all that was said of it is told. An empty
    body says that nothing happened for a while. Raises StorageFailed.
    """
    records = await house.storage(mode)
    shown: dict[str, Any] = {}
    still = 0.0
    while True:
        release = await records.release(release_id)
        if release is None:
            return
        told = False
        for message in await records.history.said(release_id, since):
            since, told = message.sequence, True
            yield message.sequence, message_json(release, message)
        standing = await _standing(house, mode, release, language)
        if standing != shown:
            shown, told = standing, True
            yield None, standing
        if release.phase not in _UNDER_WAY and not told:
            return
        still = 0.0 if told else still + _LOOKS_S
        if still >= _STILL_S:
            still = 0.0
            yield None, {}
        if release.phase in _UNDER_WAY:
            await house.workflow.moved(_LOOKS_S)


async def _standing(
    house: House, mode: Mode, release: Release, language: Language
) -> dict[str, Any]:
    try:
        standing = await stood(house, mode, release, language)
    except Problem as problem:
        # The cluster is away for the moment: what is kept is told.
        standing = {"error": {"code": problem.code}}
    return {
        "v": FORMAT,
        "topic": f"releases/{release.id}",
        "kind": "progress",
        "tenant_id": release.tenant_id,
        **release_json(release, language),
        **standing,
    }


@router.get("/{deployment_id}/events", response_class=StreamingResponse)
async def events(
    deployment_id: DeploymentId,
    request: Request,
    house: Asked,
    mode: InMode,
    records: Records,
    language: Spoken,
    last_event_id: Annotated[str, Header(description="the last id seen: goes on after it")] = "",
    since: Annotated[int, Query(ge=0, le=_LAST_SEQUENCE)] = 0,
) -> StreamingResponse:
    """A release as server-sent events; `Last-Event-ID` (or `since`) goes on where one was.

    An event with an id is kept; `progress` has none and tells how it stands. The stream ends with
    the release; a comment each 15 s says that it is still there.
    """
    release = await found(records, deployment_id)
    given = last_event_id.strip()
    if given:
        if not (given.isascii() and given.isdecimal() and len(given) < 10):
            raise Problem(422, "BAD_SEQUENCE", "release.bad-sequence", given=given[:40])
        since = int(given)

    async def lines() -> AsyncIterator[bytes]:
        with contextlib.suppress(StorageFailed):
            async for sequence, body in frames(house, mode, release.id, since, language):
                yield _event(sequence, body)

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(lines(), media_type="text/event-stream", headers=headers)


def _event(sequence: int | None, body: dict[str, Any]) -> bytes:
    if not body:
        return b": still here\n\n"
    head = b"" if sequence is None else b"id: %d\n" % sequence
    return head + b"event: %s\ndata: %s\n\n" % (body["kind"].encode(), orjson.dumps(body))


@sockets.websocket("/ws/deployment/{deployment_id}")
async def deployment(socket: WebSocket, deployment_id: str) -> None:
    """Send what is said of a release, and how it stands, until its end. `?since=` resumes."""
    house = house_of(socket)
    mode = mode_of_header(
        socket.headers.get("x-demo-mode", "") or socket.query_params.get("demo", "")
    )
    language = language_of_header(socket.headers.get("accept-language", ""))
    await socket.accept()
    try:
        release = await found(await house.storage(mode), deployment_id)
    except Problem as problem:
        message = text(problem.key, language, **problem.filling)
        await _fail(socket, problem.code, message)
        return
    except StorageFailed as error:
        await _fail(socket, "DATABASE_ERROR", text("database.failed", language, detail=str(error)))
        return
    since = socket.query_params.get("since", "0")
    number = int(since) if since.isascii() and since.isdecimal() and len(since) < 10 else 0
    sending = asyncio.create_task(_send(socket, house, mode, release.id, number, language))
    hearing = asyncio.create_task(_hear(socket, language))
    try:
        done, _ = await asyncio.wait({sending, hearing}, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            with contextlib.suppress(WebSocketDisconnect, RuntimeError, StorageFailed):
                task.result()
    finally:
        for task in (sending, hearing):
            task.cancel()
        await asyncio.gather(sending, hearing, return_exceptions=True)
    if sending in done:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await socket.close(1000)


async def _send(
    socket: WebSocket, house: House, mode: Mode, release_id: int, since: int, language: Language
) -> None:
    async for _, body in frames(house, mode, release_id, since, language):
        if body:
            await socket.send_text(orjson.dumps(body).decode())


async def _hear(socket: WebSocket, language: Language) -> None:
    """Answer `ping`; take `subscribe`, which is what one does by coming. Source: C15."""
    while True:
        frame = await socket.receive()
        if frame["type"] == "websocket.disconnect":
            return
        said = frame.get("text") or frame.get("bytes") or ""
        action = None
        with contextlib.suppress(ValueError):
            message = orjson.loads(said)
            action = message.get("action") if isinstance(message, dict) else None
        if action == "ping":
            answer: dict[str, Any] = {"action": "pong"}
        elif action == "subscribe":
            answer = {"action": "subscribed"}
        else:
            detail = f"action {str(action)[:80]!r}"
            words = text("stream.bad-message", language, detail=detail)
            answer = {"error": {"code": "BAD_MESSAGE", "message": words}}
        await socket.send_text(orjson.dumps({"v": FORMAT, **answer}).decode())


async def _fail(socket: WebSocket, code: str, message: str) -> None:
    body = {"v": FORMAT, "error": {"code": code, "message": message}}
    await socket.send_text(orjson.dumps(body).decode())
    await socket.close(_NOT_FOUND, code)
