"""Closed minutes of a cluster's tenants over WebSocket, for who keeps them; and the states of
tenants at which somebody looks, for who shows them."""

import asyncio
import contextlib
import time
from dataclasses import replace
from typing import Any

import orjson
from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from ecp.edge.streams import FORMAT
from ecp.sim.store import Obj
from ecp.simulator.directory import ClusterDirectory
from ecp.simulator.following import Follower, Looker
from ecp.simulator.hosting import HostedCluster
from ecp.texts import Language, language_of_header, text

router = APIRouter()
_EVERY_S = 1.0
_NOT_FOUND, _BAD = 4404, 4400
_PATIENCE_S = 30.0
_MOST_TENANTS = 10_000
_MOST_FIELDS = 100


@router.websocket("/api/v1/clusters/{name}/minutes")
async def minutes_socket(socket: WebSocket, name: str) -> None:
    """Send closed minutes as they close, after those that the first message names.

    It is {"action": "subscribe", "since": {TENANT: SEQUENCE}}; tenants that it does not name are
    told of from their next minute on.
    """
    found: ClusterDirectory = socket.app.state.clusters
    language = language_of_header(socket.headers.get("accept-language", ""))
    hosted = await _accepted(socket, found, name, language)
    if hosted is None:
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


@router.websocket("/api/v1/clusters/{name}/live")
async def live_socket(socket: WebSocket, name: str) -> None:
    """Send states of tenants as their slots close, at most one of each tenant in 4.5 s.

    {"action": "watch", "tenants": [TENANT]} says of which, until the next says otherwise. With
    "fields", as in ["clock.now", "workloads.ready"], a state has no others.
    """
    found: ClusterDirectory = socket.app.state.clusters
    language = language_of_header(socket.headers.get("accept-language", ""))
    hosted = await _accepted(socket, found, name, language)
    if hosted is None:
        return
    watched = Watched()
    looker = Looker(hosted)
    hearing = asyncio.create_task(hear(socket, watched, language))
    try:
        while not hearing.done():
            if found.get(name) is not hosted:
                await socket.close(_NOT_FOUND)
                return
            for news in looker.news(watched.tenants, time.monotonic()):
                state = picked(news.body["state"], watched.fields)
                shown = replace(news, body={**news.body, "state": state})
                await socket.send_bytes(shown.to_json())
            await asyncio.wait({hearing}, timeout=_EVERY_S)
    except (WebSocketDisconnect, RuntimeError):
        pass  # it went while it was told something
    finally:
        hearing.cancel()
        await asyncio.gather(hearing, return_exceptions=True)


class Watched:
    """At whom a reader looks, and at which fields: a tree by name, in which {} is a whole value."""

    def __init__(self) -> None:
        self.tenants: list[str] = []
        self.fields: Obj = {}

    def take(self, message: Obj) -> None:
        """Take a reader's message. Raises ValueError, KeyError, TypeError for what cannot be."""
        fields = message.get("fields") or []
        if not isinstance(fields, list) or len(fields) > _MOST_FIELDS:
            raise ValueError(f"fields: a list of at most {_MOST_FIELDS}")
        tree: Obj = {}
        for path in fields:
            inner = tree
            for name in str(path)[:200].split("."):
                inner = inner.setdefault(name, {})
        self.tenants = sorted({str(one)[:80] for one in message["tenants"][:_MOST_TENANTS]})
        self.fields = tree


def picked(value: Any, fields: Obj) -> Any:
    """Return what of a value the fields name; of a list, of each of its entries."""
    if not fields:
        return value
    if isinstance(value, list):
        return [picked(one, fields) for one in value]
    if not isinstance(value, dict):
        return value
    return {name: picked(value[name], inner) for name, inner in fields.items() if name in value}


async def hear(socket: WebSocket, watched: Watched, language: Language) -> None:
    """Keep in *watched* what a reader asks for; return when it goes."""
    with contextlib.suppress(WebSocketDisconnect, KeyError):
        while True:
            said = await socket.receive_text()
            try:
                message: Any = orjson.loads(said)
                action = message["action"]
                if action == "watch":
                    watched.take(message)
                elif action == "ping":
                    await _here(socket)
                elif action != "subscribe":
                    raise ValueError(f"action {action!r}")
            except (ValueError, KeyError, TypeError) as error:
                words = text("stream.bad-message", language, detail=str(error)[:200])
                body = {"v": FORMAT, "error": {"code": "BAD_MESSAGE", "message": words}}
                await socket.send_text(orjson.dumps(body).decode())


async def _accepted(
    socket: WebSocket, found: ClusterDirectory, name: str, language: Language
) -> HostedCluster | None:
    """Accept a reader of a cluster; None where there is no such cluster, and that is said."""
    await socket.accept()
    hosted = found.get(name)
    if hosted is None:
        known = ", ".join(one.name for one in found.all()) or "-"
        message = text("cluster.not-found", language, name=name[:80], known=known)
        await _fail(socket, _NOT_FOUND, "CLUSTER_NOT_FOUND", message)
    return hosted


async def _gone(socket: WebSocket) -> None:
    """Return when the reader goes; until then it is answered when it asks whether we are here."""
    with contextlib.suppress(WebSocketDisconnect, KeyError):
        while True:
            await socket.receive_text()
            await _here(socket)


async def _here(socket: WebSocket) -> None:
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
