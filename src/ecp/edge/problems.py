"""Errors over HTTP: one body for every service.

RFC 9457 problem+json that also carries the guide's `error{code, message, details, timestamp,
request_id}`. The Kubernetes façade alone answers `Status`.
"""

import json
import logging
import time
import uuid
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from functools import lru_cache
from itertools import count
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ecp.kube.times import rfc3339_micro
from ecp.texts import Language, is_key, language_of_header, text

log = logging.getLogger("ecp")

_FACADE = "/clusters/"
_ID: Final = b"x-request-id"

_CODES = {
    400: "BAD_REQUEST",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    413: "PAYLOAD_TOO_LARGE",
    501: "NOT_IMPLEMENTED",
}
_KEYS = {400: "error.unreadable", 404: "error.not-found", 405: "error.method"}


class Problem(Exception):
    """An answer that is an error: HTTP status, stable code, text key and what fills it."""

    def __init__(
        self, status: int, code: str, key: str, details: Sequence[Any] = (), **values: Any
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.key = key
        self.details = list(details)
        self.filling = values


def _wrong(error: Mapping[str, Any], request: Request) -> str:
    """Say what is wrong with a field in the caller's language, where we have words for it.

    Source: pydantic-core src/errors/types.rs, whose English is ours.
    """
    spoken, key = language(request), f"body.{error['type']}"
    if spoken == "en" or not is_key(key):
        return str(error["msg"])
    told = error.get("ctx") or {}
    return text(key, spoken, **{name: _filled(value) for name, value in told.items()})


def _filled(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value).replace(" or ", ", ")


# A request is asked for it several times.
_spoken: Final = lru_cache(maxsize=256)(language_of_header)


def language(request: Request) -> Language:
    """Return the language that the caller asks for."""
    return _spoken(request.headers.get("accept-language", ""))


_reader: ContextVar[Language] = ContextVar("reader", default="en")


def reader_language() -> Language:
    """Return the language of the request being answered: for what another service is asked."""
    return _reader.get()


def request_id(request: Request) -> str:
    """Return the caller's X-Request-Id, or the one given to this request."""
    found: str | None = getattr(request.state, "request_id", None)
    if found is None:
        found = request.state.request_id = _identity(request.headers.get("x-request-id", ""))
    return found


def _identity(given: str) -> str:
    """Return the id that a caller gave, as far as it can go back in a header and into the log."""
    given = given[:128]
    return given if given.isascii() and given.isprintable() and given else new_id()


_FIRST: Final = uuid.uuid4().int
_STEP: Final = 0x9E3779B97F4A7C15F39CC0605CEDC835  # 2^128 divided by the golden ratio, odd
_numbers = count()


def new_id() -> str:
    """Return a UUID-shaped id that no other request has, of this process or another.

    The kernel is asked for chance once: for each request that takes longer than parsing it.
    """
    digits = f"{_FIRST + next(_numbers) * _STEP & 2**128 - 1:032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def answer(
    request: Request,
    status: int,
    code: str,
    message: str,
    details: Sequence[Any] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return the one error body; *headers* come on top of its own."""
    identity = request_id(request)
    body = {
        "type": f"/docs/errors#{code}",
        "title": code,
        "status": status,
        "detail": message,
        "instance": request.url.path,
        "request_id": identity,
        "error": {
            "code": code,
            "message": message,
            "details": list(details),
            "timestamp": rfc3339_micro(time.time_ns()),
            "request_id": identity,
        },
    }
    # A caller's lone surrogate, which UTF-8 cannot carry, goes back as the escape it came as.
    content = json.dumps(body, ensure_ascii=False).encode("utf-8", "backslashreplace")
    return Response(
        content,
        status,
        media_type="application/problem+json",
        headers={**(headers or {}), "X-Request-Id": identity},
    )


class _Headed:
    """Answers HEAD as GET without the body (RFC 9110, 9.3.2); the façade has a way of its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = scope["type"] == "http" and scope["method"] == "HEAD"
        if not asked or scope["path"].startswith(_FACADE):
            await self._app(scope, receive, send)
            return
        ended = False

        async def bodiless(message: Message) -> None:
            nonlocal ended
            if message["type"] == "http.response.start":
                await send(message)
            elif not ended:
                # What streams would never end by itself: the first piece is the last.
                ended = True
                await send({"type": "http.response.body", "body": b""})

        await self._app({**scope, "method": "GET"}, receive, bodiless)


class _Identified:
    """Gives every answer its X-Request-Id; streams pass through untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = dict(scope["headers"])  # read here: a Request takes ten times as long
        _reader.set(_spoken(given.get(b"accept-language", b"").decode("latin-1")))
        said = _identity(given.get(_ID, b"").decode("latin-1"))
        scope.setdefault("state", {})["request_id"] = said
        identity = (_ID, said.encode())

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [h for h in message.get("headers", ()) if h[0].lower() != _ID]
                message = {**message, "headers": [*headers, identity]}
            await send(message)

        await self._app(scope, receive, named)


def beside(app: ASGIApp) -> ASGIApp:
    """Return *app*, which answers its own errors, with the request's id and the log of the rest."""

    async def noted(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        except Exception:
            if scope["type"] == "http":
                _note_failure(Request(scope))
            raise

    return _Identified(noted)


def _note_failure(request: Request) -> None:
    # The server logs the traceback: the error is raised again once the answer is sent.
    log.error("request %s failed: %s %s", request_id(request), request.method, request.url.path)


def install(app: FastAPI) -> None:
    """Make *app* answer every error with the one body, and say the request's id."""

    app.add_middleware(_Headed)
    app.add_middleware(_Identified)

    @app.exception_handler(Problem)
    async def problem(request: Request, error: Problem) -> Response:
        message = text(error.key, language(request), **error.filling)
        return answer(request, error.status, error.code, message, error.details)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        details = [
            {"field": ".".join(str(part) for part in e["loc"]), "message": _wrong(e, request)}
            for e in error.errors()
        ]
        first = "; ".join(f"{d['field']}: {d['message']}" for d in details)
        message = text("error.bad-request", language(request), detail=first)
        return answer(request, 422, "VALIDATION_FAILED", message, details)

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        path, method = request.url.path, request.method
        key = _KEYS.get(error.status_code)
        if key is None:
            message = str(error.detail)
        else:
            message = text(key, language(request), path=path, method=method)
        code = _CODES.get(error.status_code, "HTTP_ERROR")
        # 405 says in Allow what may be asked instead.
        return answer(request, error.status_code, code, message, headers=error.headers)

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> Response:
        _note_failure(request)
        return answer(request, 500, "INTERNAL", text("error.internal", language(request)))
