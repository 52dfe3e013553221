"""The guide's realtime WebSocket: a frame every interval, a few messages back."""

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Any

import orjson
from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from ecp.orchestrator.asking import house_of, mode_of_header
from ecp.orchestrator.ports import ClusterRefused, ClusterUnreachable, House, StorageFailed
from ecp.orchestrator.records import Figure, Mode
from ecp.orchestrator.streams import model
from ecp.orchestrator.streams.usecases import Bells, Frames
from ecp.texts import Language, language_of_header, text

router = APIRouter()
_NOT_FOUND = 4404
_LEAST_MS, _MOST_MS = 1000, 3_600_000
_LARGEST = 64 * 1024
_LAST_SEQUENCE = 1_451_606_399  # of the year 2199


@dataclass(slots=True)
class _Viewer:
    """What one viewer wants: every how many seconds, which metrics (None = all); how far it is."""

    interval: float
    metrics: tuple[str, ...] | None = None
    since: int | None = None


@router.websocket("/api/v1/simulator/realtime/{tenant_id}")
@router.websocket("/ws/monitoring/{tenant_id}")
async def realtime(socket: WebSocket, tenant_id: str) -> None:
    """Send the tenant's live figures until the viewer goes."""
    house = house_of(socket)
    mode = mode_of_header(
        socket.headers.get("x-demo-mode", "") or socket.query_params.get("demo", "")
    )
    language = language_of_header(socket.headers.get("accept-language", ""))
    await socket.accept()
    try:
        storage = await house.storage(mode)
        known = await storage.tenant(tenant_id) is not None
        settings = await storage.settings()
    except StorageFailed as error:
        await _fail(socket, "DATABASE_ERROR", text("database.failed", language, detail=str(error)))
        return
    if not known:
        message = text("tenant.not-found", language, tenant=tenant_id[:80])
        await _fail(socket, "TENANT_NOT_FOUND", message)
        return
    if not settings.get("realTimeMonitoring", True):
        await _fail(socket, "MONITORING_OFF", text("stream.off", language))
        return
    viewer = _Viewer(float(settings.get("dataCollectionInterval", 5)))
    with contextlib.suppress(ValueError):
        viewer.since = _sequence(int(socket.query_params.get("since", "")))
    changed = asyncio.Event()
    sending = asyncio.create_task(_send(socket, mode, tenant_id, viewer, changed, language))
    hearing = asyncio.create_task(_hear(socket, house, mode, tenant_id, viewer, changed, language))
    try:
        done, _ = await asyncio.wait({sending, hearing}, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                task.result()
    finally:
        socket.app.state.frames.bells.leave(changed)
        for task in (sending, hearing):
            task.cancel()
        await asyncio.gather(sending, hearing, return_exceptions=True)


async def _fail(socket: WebSocket, code: str, message: str) -> None:
    await socket.send_text(_error(code, message))
    await socket.close(_NOT_FOUND, code)


def _error(code: str, message: str) -> str:
    return orjson.dumps({"v": model.FORMAT, "error": {"code": code, "message": message}}).decode()


async def _send(
    socket: WebSocket,
    mode: Mode,
    tenant_id: str,
    viewer: _Viewer,
    changed: asyncio.Event,
    language: Language,
) -> None:
    frames: Frames = socket.app.state.frames
    frames.bells.listen(viewer.interval, changed)
    while True:
        try:
            body, shown = await frames.after(mode, tenant_id, viewer.since)
        except model.Expired as gap:
            # Said, never passed over; then it goes on from now.
            viewer.since = None
            expired = text(gap.key, language, **gap.values)
            await socket.send_text(_error("STREAM_EXPIRED", expired))
            continue
        except ClusterUnreachable as error:
            shown = _error("SIMULATOR_UNREACHABLE", str(error))
        except ClusterRefused as error:
            shown = _error("MONITORING_UNAVAILABLE", error.message)
        else:
            viewer.since = body["sequence"]
            if viewer.metrics is not None:
                shown = orjson.dumps(model.only(body, viewer.metrics)).decode()
        changed.clear()
        await socket.send_text(shown)
        await changed.wait()


async def _hear(
    socket: WebSocket,
    house: House,
    mode: Mode,
    tenant_id: str,
    viewer: _Viewer,
    changed: asyncio.Event,
    language: Language,
) -> None:
    """Take what the viewer says: subscribe, ping, metrics. Source: requirement C15."""
    bells: Bells = socket.app.state.frames.bells
    while True:
        frame = await socket.receive()
        if frame["type"] == "websocket.disconnect":
            return
        # A binary frame that holds the same text means the same.
        said = frame.get("text") or frame.get("bytes") or ""
        try:
            if len(said) > _LARGEST:
                raise ValueError("more than 64 KiB")
            answer = await _answer(said, house, mode, tenant_id, viewer, changed, bells)
        except (ValueError, KeyError, TypeError) as error:
            message = text("stream.bad-message", language, detail=str(error)[:200])
            await socket.send_text(_error("BAD_MESSAGE", message))
            continue
        except StorageFailed as error:
            message = text("database.failed", language, detail=str(error)[:300])
            await socket.send_text(_error("DATABASE_ERROR", message))
            continue
        await socket.send_text(orjson.dumps({"v": model.FORMAT, **answer}).decode())


async def _answer(
    said: str | bytes,
    house: House,
    mode: Mode,
    tenant_id: str,
    viewer: _Viewer,
    changed: asyncio.Event,
    bells: Bells,
) -> dict[str, Any]:
    message = orjson.loads(said)
    if not isinstance(message, dict):
        raise ValueError("not an object")
    action = message.get("action")
    if action == "ping":
        return {"action": "pong"}
    if action == "subscribe":
        before = viewer.interval
        _subscribe(message, viewer)
        if viewer.interval != before:
            bells.listen(viewer.interval, changed)
        changed.set()
        chosen = list(viewer.metrics or model.METRICS)
        return {"action": "subscribed", "metrics": chosen, "interval": viewer.interval * 1000}
    if action == "metrics":
        kept = await _keep(message, house, mode, tenant_id)
        return {"action": "kept", "metrics": kept}
    raise ValueError(f"action {action!r}")


def _sequence(given: Any) -> int:
    """Return a sequence that a viewer saw last. Raises ValueError."""
    if isinstance(given, bool) or not isinstance(given, int) or not 0 <= given <= _LAST_SEQUENCE:
        raise ValueError("since: the last sequence seen")
    return given


def _subscribe(message: dict[str, Any], viewer: _Viewer) -> None:
    since = None if message.get("since") is None else _sequence(message["since"])
    metrics = message.get("metrics")
    if metrics is not None:
        unknown = [name for name in metrics if name not in model.METRICS]
        if unknown:
            raise ValueError(f"metrics {unknown}: there are {', '.join(model.METRICS)}")
    interval = message.get("interval")
    if interval is not None:
        if isinstance(interval, bool) or not isinstance(interval, int | float):
            raise ValueError("interval: milliseconds")
        if not _LEAST_MS <= interval <= _MOST_MS:
            raise ValueError(f"interval: {_LEAST_MS} to {_MOST_MS} milliseconds")
        viewer.interval = interval / 1000
    viewer.metrics = None if metrics is None else tuple(metrics)
    viewer.since = viewer.since if since is None else since


async def _keep(message: dict[str, Any], house: House, mode: Mode, tenant_id: str) -> int:
    """Keep metrics that the viewer pushes as rows of MonitoringData."""
    from ecp.kube.times import rfc3339

    now = rfc3339(house.now())
    source = str(message.get("source", "websocket"))[:64]
    rows = [
        Figure(tenant_id, "external", str(name)[:64], float(value), "", source, now)
        for name, value in dict(message["metrics"]).items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    ]
    await (await house.storage(mode)).add_figures(rows)
    return len(rows)
