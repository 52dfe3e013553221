"""Idempotency-Key: a POST that is sent again is answered as it was, and carried out once.

Source: IETF draft-ietf-httpapi-idempotency-key-header; but a key that comes with another request is
answered by 409, as one whose request is under way: both are conflicts over the key, told apart by
code. Only what succeeded is kept, for a day: an error has done nothing that a repetition would do
twice, and its cause may be gone.
"""

import hashlib
import logging
import re
from collections.abc import Iterable
from typing import Final

from fastapi import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ecp.edge import problems
from ecp.orchestrator.asking import mode_of_header
from ecp.orchestrator.ports import House, StorageFailed
from ecp.orchestrator.records import Answered, Mode
from ecp.texts import text

log = logging.getLogger("ecp.orchestrator")

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
KEPT_NS: Final = 24 * 3600 * 1_000_000_000
_ROOT: Final = "/api/v1/"
_KEY: Final = re.compile(r"[\x20-\x7e]{1,255}")


class Repeatable:
    """Answers a POST below /api/v1 whose key was seen before with the answer that it had."""

    def __init__(self, app: ASGIApp, house: House) -> None:
        self._app, self._house = app, house
        self._under_way: set[tuple[Mode, str]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        given = request.headers.get(HEADER)
        if given is None or not scope["path"].startswith(_ROOT):
            await self._app(scope, receive, send)
            return
        # A structured field's string has quotes; who writes none means the same.
        key = given.strip().removeprefix('"').removesuffix('"')
        if not _KEY.fullmatch(key):
            await _refuse(request, 400, "INVALID_IDEMPOTENCY_KEY", "repeat.bad-key")(
                scope, receive, send
            )
            return
        mode = mode_of_header(request.headers.get("x-demo-mode", ""))
        if (mode, key) in self._under_way:
            await _refuse(request, 409, "IDEMPOTENCY_KEY_IN_USE", "repeat.under-way")(
                scope, receive, send
            )
            return
        self._under_way.add((mode, key))
        try:
            await self._once(request, mode, key, send)
        finally:
            self._under_way.discard((mode, key))

    async def _once(self, request: Request, mode: Mode, key: str, send: Send) -> None:
        scope = request.scope
        body = await request.body()
        asked = _fingerprint(request, body)
        try:
            storage = await self._house.storage(mode)
            kept = await storage.answered(key, since=self._house.now() - KEPT_NS)
        except StorageFailed as error:
            message = text("database.failed", problems.language(request), detail=str(error)[:300])
            refusal = problems.answer(request, 503, "DATABASE_ERROR", message)
            await refusal(scope, request.receive, send)
            return
        if kept is not None and kept.asked != asked:
            refusal = _refuse(request, 409, "IDEMPOTENCY_KEY_REUSED", "repeat.other-request")
            await refusal(scope, request.receive, send)
            return
        if kept is not None:
            headers = {REPLAYED: "true", "Content-Type": kept.media}
            await Response(kept.body, kept.status, headers)(scope, request.receive, send)
            return
        heard = _Heard()
        await self._app(scope, _Again(body, request.receive), heard)
        if 200 <= heard.status < 300:
            answer = Answered(asked, heard.status, heard.media, b"".join(heard.parts))
            try:
                await storage.keep_answer(key, answer, now=self._house.now(), kept_ns=KEPT_NS)
            except StorageFailed as error:
                log.warning("the answer to %s is not kept: %s", scope["path"], error)
        # Who has the answer may ask again at once, and finds it kept.
        for part in heard.messages:
            await send(part)


class _Again:
    """Gives a body that was read once more, then what comes after it."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def __call__(self) -> Message:
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        return await self._receive()


class _Heard:
    """Holds an answer back."""

    def __init__(self) -> None:
        self.status, self.media = 0, ""
        self.parts: list[bytes] = []
        self.messages: list[Message] = []

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.media = _media(message.get("headers", ()))
        elif message["type"] == "http.response.body":
            self.parts.append(message.get("body", b""))
        self.messages.append(message)


def _media(headers: Iterable[tuple[bytes, bytes]]) -> str:
    found = (value for name, value in headers if name.lower() == b"content-type")
    return next(found, b"application/json").decode("latin-1")


def _fingerprint(request: Request, body: bytes) -> str:
    """Return what tells one request from another: where it goes, and its body."""
    seen = hashlib.sha256()
    for part in (request.url.path.encode(), request.url.query.encode(), body):
        seen.update(len(part).to_bytes(8, "big") + part)
    return seen.hexdigest()


def _refuse(request: Request, status: int, code: str, key: str) -> Response:
    return problems.answer(request, status, code, text(key, problems.language(request)))
