"""The guide's realtime WebSocket: a frame every interval, a few messages back."""

import contextlib
from typing import Any, Final

import orjson
from fastapi import WebSocket, WebSocketDisconnect
from starlette.routing import Match, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from ecp.orchestrator.asking import house_of, mode_of_header
from ecp.orchestrator.ports import House, StorageFailed
from ecp.orchestrator.records import Figure, Mode
from ecp.orchestrator.streams import model
from ecp.orchestrator.streams.watching import Gallery, Viewer, error
from ecp.texts import language_of_header, text

_NOT_FOUND = 4404
_LEAST_MS, _MOST_MS = 1000, 3_600_000
_LARGEST = 64 * 1024
_LAST_SEQUENCE = 1_451_606_399  # of the year 2199


class Realtime:
    """Takes the viewers' sockets before the rest of the application.

    A socket holds every frame that lies between it and its endpoint for as long as it is open;
    what a request passes (dependencies, exit stacks) is 14 KB of each.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            for route in ROUTES:
                match, found = route.matches(scope)
                if match is Match.FULL:
                    tenant_id: str = found["path_params"]["tenant_id"]
                    await realtime(WebSocket(scope, receive, send), tenant_id)
                    return
        await self._app(scope, receive, send)


async def realtime(socket: WebSocket, tenant_id: str) -> None:
    """Send the tenant's live figures until the viewer goes."""
    viewer = await _admitted(socket, tenant_id)
    if viewer is None:
        return
    gallery: Gallery = socket.app.state.gallery
    try:
        await gallery.show(viewer)
        await _hear(socket, house_of(socket), gallery, viewer)
    except (WebSocketDisconnect, RuntimeError):
        pass  # it went while it was told something
    finally:
        gallery.leave(viewer)


ROUTES: Final = tuple(
    WebSocketRoute(path, realtime)
    for path in ("/api/v1/simulator/realtime/{tenant_id}", "/ws/monitoring/{tenant_id}")
)


async def _admitted(socket: WebSocket, tenant_id: str) -> Viewer | None:
    """Return the viewer of a socket; None where it was told why there is nothing to see."""
    mode = mode_of_header(
        socket.headers.get("x-demo-mode", "") or socket.query_params.get("demo", "")
    )
    language = language_of_header(socket.headers.get("accept-language", ""))
    await socket.accept()
    try:
        storage = await house_of(socket).storage(mode)
        known = await storage.tenant(tenant_id) is not None
        settings = await storage.settings()
    except StorageFailed as failure:
        message = text("database.failed", language, detail=str(failure))
        await _fail(socket, "DATABASE_ERROR", message)
        return None
    if not known:
        message = text("tenant.not-found", language, tenant=tenant_id[:80])
        await _fail(socket, "TENANT_NOT_FOUND", message)
        return None
    if not settings.get("realTimeMonitoring", True):
        await _fail(socket, "MONITORING_OFF", text("stream.off", language))
        return None
    interval = house_of(socket).interval(mode)
    viewer = Viewer(socket.send, mode, tenant_id, interval, language)  # type: ignore[arg-type]
    with contextlib.suppress(ValueError):
        viewer.since = _sequence(int(socket.query_params.get("since", "")))
    return viewer


async def _fail(socket: WebSocket, code: str, message: str) -> None:
    await socket.send_text(error(code, message))
    await socket.close(_NOT_FOUND, code)


async def _hear(socket: WebSocket, house: House, gallery: Gallery, viewer: Viewer) -> None:
    """Take what the viewer says: subscribe, ping, metrics. Source: requirement C15."""
    while True:
        frame = await socket.receive()
        if frame["type"] == "websocket.disconnect":
            return
        # A binary frame that holds the same text means the same.
        said = frame.get("text") or frame.get("bytes") or ""
        try:
            if len(said) > _LARGEST:
                raise ValueError("more than 64 KiB")
            answer = await _answer(said, house, gallery, viewer)
        except (ValueError, KeyError, TypeError) as failure:
            message = text("stream.bad-message", viewer.language, detail=str(failure)[:200])
            await socket.send_text(error("BAD_MESSAGE", message))
            continue
        except StorageFailed as failure:
            message = text("database.failed", viewer.language, detail=str(failure)[:300])
            await socket.send_text(error("DATABASE_ERROR", message))
            continue
        await socket.send_text(orjson.dumps({"v": model.FORMAT, **answer}).decode())
        if answer["action"] == "subscribed":
            await gallery.show(viewer)


async def _answer(
    said: str | bytes, house: House, gallery: Gallery, viewer: Viewer
) -> dict[str, Any]:
    message = orjson.loads(said)
    if not isinstance(message, dict):
        raise ValueError("not an object")
    action = message.get("action")
    if action == "ping":
        return {"action": "pong"}
    if action == "subscribe":
        gallery.leave(viewer)
        try:
            unknown = _subscribe(message, viewer)
        except (ValueError, TypeError):
            await gallery.show(viewer)
            raise
        chosen = list(viewer.metrics or model.METRICS)
        answer = {"action": "subscribed", "metrics": chosen, "interval": viewer.interval * 1000}
        return {**answer, "unknown": unknown} if unknown else answer
    if action == "metrics":
        kept = await _keep(message, house, viewer.mode, viewer.tenant_id)
        return {"action": "kept", "metrics": kept}
    raise ValueError(f"action {action!r}")


def _sequence(given: Any) -> int:
    """Return a sequence that a viewer saw last. Raises ValueError."""
    if isinstance(given, bool) or not isinstance(given, int) or not 0 <= given <= _LAST_SEQUENCE:
        raise ValueError("since: the last sequence seen")
    return given


def _subscribe(message: dict[str, Any], viewer: Viewer) -> list[str]:
    """Let a viewer have what it asks for; return the metrics that nobody has. Raises ValueError."""
    since = None if message.get("since") is None else _sequence(message["since"])
    metrics, unknown = model.chosen(message.get("metrics"))
    interval = message.get("interval")
    if interval is not None:
        if isinstance(interval, bool) or not isinstance(interval, int | float):
            raise ValueError("interval: milliseconds")
        if not _LEAST_MS <= interval <= _MOST_MS:
            raise ValueError(f"interval: {_LEAST_MS} to {_MOST_MS} milliseconds")
        viewer.interval, viewer.own = interval / 1000, True
    viewer.metrics = metrics
    viewer.since = viewer.since if since is None else since
    return unknown


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
