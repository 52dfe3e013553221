"""Closed minutes as the simulator tells them: from a Redis Stream, or by WebSocket.

A feed is a faster way to what REST would answer, and no more is trusted to it: whoever reads sees
by sequence and ledger whether something is missing, and asks for that by REST.
"""

import asyncio
import os
from collections.abc import Mapping
from typing import Any, Final

import orjson

from ecp.orchestrator.ports import Feed, FeedLost
from ecp.orchestrator.records import Obj

REDIS: Final = "K8S_SIMULATOR_REDIS_URL"
WEBSOCKET: Final = "K8S_SIMULATOR_WS_URL"
_PIECES: Final = 100
_CONNECT_S: Final = 5.0
_LARGEST: Final = 64 << 20


def chosen_feed(cluster: str) -> Feed | None:
    """Return the feed that the environment names for a cluster, Redis before WebSocket."""
    return next(iter(named_feeds(cluster).values()), None)


def named_feeds(cluster: str, what: str = "minutes") -> dict[str, Feed]:
    """Return every feed of *what* that the environment names, by its variable."""
    found: dict[str, Feed] = {}
    if url := os.environ.get(REDIS, ""):
        found[REDIS] = RedisFeed(url, cluster, what)
    if url := os.environ.get(WEBSOCKET, "").rstrip("/"):
        found[WEBSOCKET] = WebSocketFeed(url, cluster, what)
    return found


class RedisFeed:
    """Fulfils `ports.Feed` over the stream that the simulator writes."""

    name = "redis"

    def __init__(self, url: str, cluster: str, what: str = "minutes") -> None:
        self.url = url.rpartition("@")[2] if "@" in url else url
        self._url, self._stream = url, f"ecp:clusters/{cluster}/{what}"
        self._client: Any = None
        self._last: Any = "0-0"

    async def begin(self, since: Mapping[str, int]) -> None:
        """Note where the stream ends now; what came before is asked for by REST."""
        try:
            from redis.asyncio import Redis
            from redis.exceptions import RedisError
        except ImportError as error:
            raise FeedLost(f"{REDIS} is set, but redis is not installed") from error
        await self.close()
        # The socket may be quiet for as long as somebody waits for news.
        client = self._client = Redis.from_url(self._url, socket_connect_timeout=_CONNECT_S)
        try:
            newest = await client.xrevrange(self._stream, count=1)
        except (RedisError, OSError) as error:
            await self.close()
            raise FeedLost(str(error)) from error
        self._last = newest[0][0] if newest else "0-0"

    async def hear(self, timeout: float) -> list[Obj]:
        from redis.exceptions import RedisError

        if self._client is None:
            raise FeedLost("not connected")
        asked = {self._stream: self._last}
        try:
            found = await self._client.xread(asked, count=_PIECES, block=int(timeout * 1000))
        except (RedisError, OSError) as error:
            await self.close()
            raise FeedLost(str(error)) from error
        messages = []
        for entries in found.values() if isinstance(found, dict) else (one[1] for one in found):
            # The third protocol of Redis wraps a stream's entries once more.
            flat = entries[0] if entries and isinstance(entries[0], list) else entries
            for identity, fields in flat:
                self._last = identity
                messages.append(_message(fields[b"message"]))
        return messages

    async def ask(self, command: str, key: str, *rest: Any) -> None:
        """Send a command about a key beside the stream. Raises FeedLost."""
        from redis.exceptions import RedisError

        if self._client is None:
            raise FeedLost("not connected")
        try:
            await self._client.execute_command(command, f"{self._stream}:{key}", *rest)
        except (RedisError, OSError) as error:
            await self.close()
            raise FeedLost(str(error)) from error

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()


class WebSocketFeed:
    """Fulfils `ports.Feed` over the simulator's own WebSocket."""

    name = "websocket"

    def __init__(self, url: str, cluster: str, what: str = "minutes") -> None:
        self.url = url
        self._url = f"{url}/api/v1/clusters/{cluster}/{what}"
        self._socket: Any = None

    async def begin(self, since: Mapping[str, int]) -> None:
        from websockets.asyncio.client import connect
        from websockets.exceptions import InvalidURI, WebSocketException

        await self.close()
        try:
            self._socket = await connect(
                self._url, open_timeout=_CONNECT_S, max_size=_LARGEST, proxy=None, compression=None
            )
        except (WebSocketException, InvalidURI, OSError, TimeoutError) as error:
            await self.close()
            raise FeedLost(str(error) or type(error).__name__) from error
        said = {"action": "subscribe", "since": dict(since)}
        await self.say(orjson.dumps(said).decode())

    async def say(self, message: str) -> None:
        """Send a message. Raises FeedLost."""
        from websockets.exceptions import WebSocketException

        if self._socket is None:
            raise FeedLost("not connected")
        try:
            await self._socket.send(message)
        except (WebSocketException, OSError) as error:
            await self.close()
            raise FeedLost(str(error) or type(error).__name__) from error

    async def hear(self, timeout: float) -> list[Obj]:
        from websockets.exceptions import WebSocketException

        if self._socket is None:
            raise FeedLost("not connected")
        try:
            async with asyncio.timeout(timeout):
                return [_message(await self._socket.recv())]
        except TimeoutError:
            return []
        except (WebSocketException, OSError) as error:
            await self.close()
            raise FeedLost(str(error) or type(error).__name__) from error

    async def close(self) -> None:
        socket, self._socket = self._socket, None
        if socket is not None:
            await socket.close()


def _message(content: str | bytes) -> Obj:
    """Return a message. Raises FeedLost for what is none: somebody else answers there."""
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise FeedLost("what was told is no JSON") from error
    if not isinstance(found, dict) or "error" in found:
        raise FeedLost(str(found)[:300])
    return found
