"""Answers of JSON, zipped for who takes that: consoles ask for the same lists again and again.

Only what is one whole body is touched, below a path and in bounds: short ones are not worth it,
great ones would hold up the others, and a stream is never held back.
"""

import gzip
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_LEAST, _MOST = 2_048, 1_048_576  # bytes
_LEVEL = 1  # a millisecond for 100 KB, and all but a tenth of that is saved


class Zipped:
    """Zips the answers below *path*."""

    def __init__(self, app: ASGIApp, path: str) -> None:
        self._app = app
        self._path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = scope["type"] == "http" and scope["path"].startswith(self._path)
        if not asked or b"gzip" not in dict(scope["headers"]).get(b"accept-encoding", b""):
            await self._app(scope, receive, send)
            return
        start: dict[str, Any] | None = None

        async def zipping(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start" and _is_worth(message):
                start = dict(message)
                return
            if start is not None:
                body = gzip.compress(message.get("body", b""), _LEVEL, mtime=0)
                await send({**start, "headers": _headers(start, len(body))})
                message, start = {**message, "body": body}, None
            await send(message)

        await self._app(scope, receive, zipping)


def _is_worth(message: Message) -> bool:
    """Whether an answer is JSON of which the whole length, in bounds, is known before."""
    headers = dict(message.get("headers", ()))
    size = headers.get(b"content-length", b"0")
    kind = headers.get(b"content-type", b"")
    plain = kind.startswith(b"application/json") and b"content-encoding" not in headers
    return plain and _LEAST <= int(size) <= _MOST


def _headers(start: dict[str, Any], size: int) -> list[tuple[bytes, bytes]]:
    kept = [row for row in start["headers"] if row[0] != b"content-length"]
    told = (b"content-length", str(size).encode())
    return [*kept, told, (b"content-encoding", b"gzip"), (b"vary", b"accept-encoding")]
