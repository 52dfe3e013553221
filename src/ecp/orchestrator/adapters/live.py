"""States of tenants as the simulator tells them while somebody looks: by Redis, or WebSocket.

In Redis a sorted set says who is looked at, until when (Unix seconds), and a stream has what is
told: several orchestrators share both. A WebSocket is asked by a message.
"""

import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final

import orjson

from ecp.orchestrator.adapters.feeds import RedisFeed, WebSocketFeed, named_feeds
from ecp.orchestrator.ports import LiveFeed
from ecp.orchestrator.records import Obj

_ASKED_FOR_S: Final = 60
_ASK_AGAIN_S: Final = 10.0


def chosen_live(cluster: str) -> LiveFeed | None:
    """Return the feed that the environment names for a cluster, Redis before WebSocket."""
    for feed in named_feeds(cluster, "live").values():
        if isinstance(feed, RedisFeed):
            return Live(feed, partial(_ask_redis, feed))
        if isinstance(feed, WebSocketFeed):
            return Live(feed, partial(_ask_socket, feed))
    return None


class Live:
    """Fulfils `ports.LiveFeed`; what is asked for is said when it changes, and now and then."""

    def __init__(
        self, feed: RedisFeed | WebSocketFeed, ask: Callable[[Sequence[str]], Awaitable[None]]
    ) -> None:
        self._feed, self._ask = feed, ask
        self._said: tuple[Sequence[str], float] = ((), 0.0)

    async def begin(self) -> None:
        self._said = ((), 0.0)
        await self._feed.begin({})

    async def watch(self, tenants: Sequence[str]) -> None:
        said, at = self._said
        now = time.monotonic()
        if said != tenants or now - at > _ASK_AGAIN_S:
            await self._ask(tenants)
            self._said = (tenants, now)

    async def hear(self, timeout: float) -> list[Obj]:
        return await self._feed.hear(timeout)

    async def close(self) -> None:
        await self._feed.close()


async def _ask_redis(feed: RedisFeed, tenants: Sequence[str]) -> None:
    until = int(time.time()) + _ASKED_FOR_S
    await feed.ask("ZADD", "watched", *(part for one in tenants for part in (until, one)))


async def _ask_socket(feed: WebSocketFeed, tenants: Sequence[str]) -> None:
    await feed.say(orjson.dumps({"action": "watch", "tenants": list(tenants)}).decode())
