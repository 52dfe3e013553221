"""Shows tenants' frames to whoever looks: who looks at the same thing as often is served together.

A viewer has no task and no timer of its own. Where it reads slowly it misses frames and no slots:
the next frame that it takes tells of everything since the last.
"""

import asyncio
import logging
import types
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import orjson
from fastapi import WebSocketDisconnect

from ecp.edge.streams import FRAMED, framed
from ecp.orchestrator.ports import ClusterRefused, ClusterUnreachable, FeedLost, House, LiveFeed
from ecp.orchestrator.records import Mode
from ecp.orchestrator.streams import model
from ecp.orchestrator.streams.usecases import Frames
from ecp.texts import Language, text

log = logging.getLogger("ecp.orchestrator")

_AT_ONCE = 50
"""Viewers that are written to before others have their turn."""
_LATE = 0.3
"""By which share of the interval a frame may be told late before it is asked for."""
_HEARD_S = 1.0
_SETTLED_S = 5.0
"""However seldom a viewer is served: so often it is looked whether the settings say otherwise."""
_AGAIN_S = 5.0

Send = Callable[[Mapping[str, Any]], Coroutine[Any, Any, None]]


@dataclass(slots=True, eq=False)
class Viewer:
    """Who looks at a tenant: every how many seconds, at which metrics (None: all), how far it is.

    own     the interval is what it asked for; else it is that of the settings, and follows them
    busy    a frame is still on its way to it
    """

    send: Send
    mode: Mode
    tenant_id: str
    interval: float
    language: Language
    metrics: tuple[str, ...] | None = None
    since: int | None = None
    own: bool = False
    busy: bool = False


_Lane = tuple[Mode, str, float]


class Gallery:
    """Serves viewers, in lanes: one a tenant and interval, each one task."""

    def __init__(self, house: House, frames: Frames) -> None:
        self._house, self._frames = house, frames
        self._lanes: dict[_Lane, dict[Viewer, None]] = {}
        # What runs is held here until it is over.
        self._tasks: set[asyncio.Task[None]] = set()
        self._listening: set[Mode] = set()

    async def show(self, viewer: Viewer) -> None:
        """Show a viewer a frame now and then one every interval, until `leave`."""
        self.leave(viewer)
        lane = (viewer.mode, viewer.tenant_id, viewer.interval)
        await self._serve(lane, viewer.since, [viewer])
        viewers = self._lanes.get(lane)
        if viewers is None:
            viewers = self._lanes[lane] = {}
            self._begin(self._run(lane, viewers))
        viewers[viewer] = None
        if viewer.mode not in self._listening and (feed := self._house.live(viewer.mode)):
            self._listening.add(viewer.mode)
            self._begin(self._listen(viewer.mode, feed))

    def leave(self, viewer: Viewer) -> None:
        """Show a viewer nothing more."""
        viewers = self._lanes.get((viewer.mode, viewer.tenant_id, viewer.interval))
        if viewers is not None:
            viewers.pop(viewer, None)

    async def close(self) -> None:
        """End everything."""
        for task in (tasks := list(self._tasks)):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # -- serve ------------------------------------------------------------------------------------

    async def _run(self, lane: _Lane, viewers: dict[Viewer, None]) -> None:
        """Serve a lane for as long as somebody looks."""
        mode, tenant_id, interval = lane
        clock = asyncio.get_running_loop().time
        due = clock() + interval
        try:
            while viewers:
                while (left := due - clock()) > 0:
                    await asyncio.sleep(min(left, _SETTLED_S))
                    await self._follow_settings(lane, viewers)
                groups: dict[int | None, list[Viewer]] = {}
                for viewer in viewers:
                    if not viewer.busy:
                        groups.setdefault(viewer.since, []).append(viewer)
                newest = max((since for since in groups if since is not None), default=None)
                if newest is not None and await self._frames.told_after(
                    mode, tenant_id, newest, _LATE * interval
                ):
                    # From here on this is looked at when something was told, not shortly before.
                    due = clock()
                for since, some in groups.items():
                    await self._serve(lane, since, some)
                due = max(due + interval, clock())
        finally:
            if self._lanes.get(lane) is viewers:
                del self._lanes[lane]

    async def _follow_settings(self, lane: _Lane, viewers: dict[Viewer, None]) -> None:
        """Take those to another lane who look as often as the settings say, where that changed."""
        now = self._house.interval(lane[0])
        if now == lane[2]:
            return
        for viewer in [one for one in viewers if not one.own]:
            del viewers[viewer]
            viewer.interval = now
            await self.show(viewer)

    async def _serve(self, lane: _Lane, since: int | None, viewers: Iterable[Viewer]) -> None:
        """Give the frame after *since* to viewers that have come so far."""
        mode, tenant_id, _ = lane
        sequence = since
        try:
            body, shown = await self._frames.after(mode, tenant_id, since)
        except model.Expired as gap:
            # Said, never passed over; then it goes on from now.
            for viewer in viewers:
                expired = text(gap.key, viewer.language, **gap.values)
                self._give(viewer, error("STREAM_EXPIRED", expired))
                viewer.since = None
            await self._serve(lane, None, viewers)
            return
        except ClusterUnreachable as unreachable:
            body, shown = {}, error("SIMULATOR_UNREACHABLE", str(unreachable))
        except ClusterRefused as refused:
            body, shown = {}, error("MONITORING_UNAVAILABLE", refused.message)
        else:
            sequence = body["sequence"]
        chosen: dict[tuple[str, ...] | None, Mapping[str, Any]] = {None: _message(shown)}
        for number, viewer in enumerate(viewers, 1):
            if viewer.busy or viewer.since != since:
                continue  # it has said something else meanwhile
            wanted = viewer.metrics if body else None
            message = chosen.get(wanted)
            if message is None and wanted is not None:
                part = orjson.dumps(model.only(body, wanted)).decode()
                message = chosen[wanted] = _message(part)
            assert message is not None
            viewer.since = sequence
            self._give(viewer, message)
            if number % _AT_ONCE == 0:
                await asyncio.sleep(0)

    def _give(self, viewer: Viewer, message: str | Mapping[str, Any]) -> None:
        """Write to a viewer; where it does not take it at once the rest goes on by itself."""
        if isinstance(message, str):
            message = _message(message)
        sending = viewer.send(message)
        try:
            waited = sending.send(None)
        except StopIteration:
            return
        except (WebSocketDisconnect, RuntimeError):
            self.leave(viewer)
            return
        viewer.busy = True
        self._begin(self._given(viewer, _rest(sending, waited)))

    async def _given(self, viewer: Viewer, rest: Awaitable[None]) -> None:
        try:
            await rest
        except (WebSocketDisconnect, RuntimeError):
            self.leave(viewer)
        finally:
            viewer.busy = False

    # -- listen -----------------------------------------------------------------------------------

    async def _listen(self, mode: Mode, feed: LiveFeed) -> None:
        """Hear what a simulator tells of the tenants that somebody looks at."""
        lost = False
        try:
            while self._watched(mode):
                try:
                    await self._hear(mode, feed)
                    lost = False
                except FeedLost as failure:
                    if not lost:
                        log.info("live figures, %s: asked for, %s", mode, failure)
                    lost = True
                    await asyncio.sleep(_AGAIN_S)
        finally:
            self._listening.discard(mode)
            with suppress(FeedLost):
                await feed.close()

    async def _hear(self, mode: Mode, feed: LiveFeed) -> None:
        await feed.begin()
        while wanted := self._watched(mode):
            await feed.watch(wanted)
            for message in await feed.hear(_HEARD_S):
                self._frames.told(mode, message)

    def _watched(self, mode: Mode) -> list[str]:
        return sorted({lane[1] for lane in self._lanes if lane[0] == mode})


def error(code: str, message: str) -> str:
    """Return a frame that says what went wrong."""
    return orjson.dumps({"v": model.FORMAT, "error": {"code": code, "message": message}}).decode()


def _message(shown: str) -> dict[str, Any]:
    return {"type": "websocket.send", "text": shown, FRAMED: framed(shown)}


@types.coroutine
def _rest(begun: Coroutine[Any, Any, None], waited: Any) -> Generator[Any, Any, None]:
    """Go on with a coroutine that was begun and waits for something."""
    try:
        yield waited
    except asyncio.CancelledError as cancelled:
        begun.throw(cancelled)
    yield from begun
