"""What the clients send and hear with: one way for both services, called or awaited."""

import json
from collections.abc import AsyncGenerator, Generator, Iterator, Mapping
from typing import Any, Final, NamedTuple, Self
from urllib.parse import quote

import httpx

PATIENCE_S: Final = 180.0
_JSON: Final = ("application/json", "application/problem+json")
_TEXT: Final = ("text/", "application/yaml", "application/xml")


class ApiError(Exception):
    """A service refused: `status`, stable `code`, `message` with its remedy, `details`, the id.

    `code` is "" and `message` the beginning of the body where somebody else answered, as a proxy.
    """

    def __init__(self, status: int, code: str, message: str, details: list[Any], request_id: str):
        super().__init__(f"{status} {code}: {message}".replace("  ", " "))
        self.status = status
        self.code = code
        self.message = message
        self.details = details
        self.request_id = request_id


class Unreachable(Exception):
    """Nobody answered at `url`, or not in time: start the service, or say where it is."""

    def __init__(self, url: str, detail: str) -> None:
        super().__init__(f"{url} does not answer: {detail}")
        self.url = url


class Event(NamedTuple):
    """One server-sent event; give the newest `id` as `since` to go on behind it."""

    id: str
    name: str
    data: Any


def part(value: str | int) -> str:
    """Return a value as one part of a path, whatever is in it."""
    return quote(str(value), safe="")


class _Ends:
    """Where a service is, and what is said to it with every call."""

    def __init__(
        self,
        url: str,
        *,
        demo: bool = False,
        language: str = "en",
        token: str | None = None,
        timeout: float = PATIENCE_S,
    ) -> None:
        """Call the service at *url*; *demo*: the demo's records; *timeout* in seconds."""
        self.url = url.rstrip("/")
        self._options: dict[str, Any] = {"base_url": self.url, "timeout": timeout}
        self._options["headers"] = {
            "Accept-Language": language,
            **({"X-Demo-Mode": "true"} if demo else {}),
            **({"Authorization": f"Bearer {token}"} if token else {}),
        }


class Client(_Ends):
    """A client that is called; use it in `with`, or `close` it."""

    def __init__(self, url: str, **options: Any) -> None:
        super().__init__(url, **options)
        self.http = httpx.Client(**self._options)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self.http.close()

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, Any] | None = None,
        body: Any = None,
    ) -> Any:
        """Make a call; return its answer: data, text, or bytes. Raises ApiError, Unreachable."""
        try:
            response = self.http.request(method, path, **_sent(query, headers, body))
        except httpx.TransportError as error:
            raise Unreachable(self.url, str(error)) from error
        return _answer(response)

    def events(
        self,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, Any] | None = None,
    ) -> Generator[Event, None, None]:
        """Yield what a stream says until it ends. Raises ApiError, Unreachable."""
        try:
            with self.http.stream("GET", path, **_sent(query, headers, None)) as response:
                if response.is_error:
                    response.read()
                    _answer(response)
                reader = _Events()
                for line in response.iter_lines():
                    yield from reader.take(line)
        except httpx.TransportError as error:
            raise Unreachable(self.url, str(error)) from error


class AsyncClient(_Ends):
    """A client that is awaited; use it in `async with`, or `close` it."""

    def __init__(self, url: str, **options: Any) -> None:
        super().__init__(url, **options)
        self.http = httpx.AsyncClient(**self._options)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Give the connections back."""
        await self.http.aclose()

    async def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, Any] | None = None,
        body: Any = None,
    ) -> Any:
        """Make a call; return its answer: data, text, or bytes. Raises ApiError, Unreachable."""
        try:
            response = await self.http.request(method, path, **_sent(query, headers, body))
        except httpx.TransportError as error:
            raise Unreachable(self.url, str(error)) from error
        return _answer(response)

    async def events(
        self,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, Any] | None = None,
    ) -> AsyncGenerator[Event, None]:
        """Yield what a stream says until it ends. Raises ApiError, Unreachable."""
        try:
            async with self.http.stream("GET", path, **_sent(query, headers, None)) as response:
                if response.is_error:
                    await response.aread()
                    _answer(response)
                reader = _Events()
                async for line in response.aiter_lines():
                    for event in reader.take(line):
                        yield event
        except httpx.TransportError as error:
            raise Unreachable(self.url, str(error)) from error


def _sent(
    query: Mapping[str, Any] | None, headers: Mapping[str, Any] | None, body: Any
) -> dict[str, Any]:
    given = {name: _plain(value) for name, value in (query or {}).items() if value is not None}
    said = {name: str(value) for name, value in (headers or {}).items() if value is not None}
    return {"params": given, "headers": said, **({} if body is None else {"json": body})}


def _plain(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def _answer(response: httpx.Response) -> Any:
    media = response.headers.get("content-type", "").partition(";")[0]
    data: Any = response.content
    if media in _JSON:
        data = response.json()
    elif media.startswith(_TEXT):
        data = response.text
    if response.is_error:
        raise _refused(response, data)
    return data


def _refused(response: httpx.Response, data: Any) -> ApiError:
    error = data.get("error") if isinstance(data, dict) else None
    if not isinstance(error, dict):
        return ApiError(response.status_code, "", response.text[:300], [], "")
    return ApiError(
        response.status_code,
        str(error.get("code", "")),
        str(error.get("message", "")),
        list(error.get("details") or ()),
        str(error.get("request_id", "")),
    )


class _Events:
    """Reads server-sent events line by line. Source: HTML, 9.2.6."""

    def __init__(self) -> None:
        self._id, self._name = "", ""
        self._data: list[str] = []

    def take(self, line: str) -> Iterator[Event]:
        """Take a line; yield the event that it ends."""
        if line == "":
            if self._data:
                text = "\n".join(self._data)
                try:
                    data = json.loads(text)
                except ValueError:
                    data = text
                yield Event(self._id, self._name or "message", data)
            self._name, self._data = "", []
            return
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            self._data.append(value)
        elif field == "event":
            self._name = value
        elif field == "id":
            self._id = value
