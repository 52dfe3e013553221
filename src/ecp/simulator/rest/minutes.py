"""Closed minutes of a cluster's tenants over WebSocket, for who keeps them."""

import asyncio
import contextlib
from typing import Any

import orjson
from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from ecp.edge.streams import FORMAT
from ecp.simulator.following import Follower
from ecp.simulator.hosting import ClusterDirectory
from ecp.texts import language_of_header, text

router = APIRouter()
_EVERY_S = 1.0
_NOT_FOUND, _BAD = 4404, 4400
_PATIENCE_S = 30.0
_MOST_TENANTS = 10_000


@router.websocket("/api/v1/clusters/{name}/minutes")
async def minutes_socket(socket: WebSocket, name: str) -> None:
    """Send closed minutes as they close, after those that the first message names.

    It is {"action": "subscribe", "since": {TENANT: SEQUENCE}}; tenants that it does not name are
    told of from their next minute on.
    """
    found: ClusterDirectory = socket.app.state.clusters
    language = language_of_header(socket.headers.get("accept-language", ""))
    await socket.accept()
    hosted = found.get(name)
    if hosted is None:
        known = ", ".join(one.name for one in found.all()) or "-"
        message = text("cluster.not-found", language, name=name[:80], known=known)
        await _fail(socket, _NOT_FOUND, "CLUSTER_NOT_FOUND", message)
        return
    try:
        async with asyncio.timeout(_PATIENCE_S):
            since = _since(await socket.receive_text())
    except (ValueError, KeyError, TimeoutError) as error:
        message = text("stream.bad-message", language, detail=str(error)[:200])
        await _fail(socket, _BAD, "BAD_MESSAGE", message)
        return
    except WebSocketDisconnect:
        return
    follower = Follower(hosted, since)
    gone = asyncio.create_task(_gone(socket))
    try:
        while not gone.done():
            if found.get(name) is not hosted:
                await socket.close(_NOT_FOUND)
                return
            for news in follower.news():
                await socket.send_bytes(news.to_json())
            await asyncio.wait({gone}, timeout=_EVERY_S)
    except (WebSocketDisconnect, RuntimeError):
        pass  # it went while it was told something
    finally:
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)


async def _gone(socket: WebSocket) -> None:
    """Return when the reader goes; until then it is answered when it asks whether we are here."""
    with contextlib.suppress(WebSocketDisconnect, KeyError):
        while True:
            await socket.receive_text()
            await socket.send_text(orjson.dumps({"v": FORMAT, "action": "pong"}).decode())


def _since(said: str) -> dict[str, int]:
    message: Any = orjson.loads(said)
    if not isinstance(message, dict) or message.get("action") != "subscribe":
        raise ValueError('send {"action": "subscribe", "since": {}}')
    since = message.get("since") or {}
    if not isinstance(since, dict) or len(since) > _MOST_TENANTS:
        raise ValueError("since: the last sequence of each tenant")
    for tenant, sequence in since.items():
        if isinstance(sequence, bool) or not isinstance(sequence, int) or sequence < 0:
            raise ValueError(f"since: {tenant!r}")
    return since


async def _fail(socket: WebSocket, number: int, code: str, message: str) -> None:
    error = {"v": FORMAT, "error": {"code": code, "message": message}}
    await socket.send_text(orjson.dumps(error).decode())
    await socket.close(number, code)
