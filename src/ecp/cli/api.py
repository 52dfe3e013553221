"""The services' APIs as the command line calls them: the simulator's, the orchestrator's."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from ecp import __version__
from ecp.cli.output import Failure
from ecp.texts import Language

if TYPE_CHECKING:
    import httpx

# What an answer's status means as an exit code; others are 1.
_EXIT = {400: 2, 401: 7, 403: 7, 404: 4, 409: 5, 412: 5, 413: 2, 422: 2, 502: 7, 503: 7}
_PATIENCE_S = 180.0
_STREAM_STILL_S, _STREAM_AGAIN_S, _STREAM_TRIES = 40.0, 2.0, 15
_NOBODY: Final = "api.unreachable"
_NO_ORCHESTRATOR: Final = "api.unreachable-orchestrator"
_SETTINGS = {
    _NOBODY: "ECP_SIMULATOR_URL, ECP_SIMULATOR_PORT",
    _NO_ORCHESTRATOR: "ECP_ORCHESTRATOR_URL, ECP_BACKEND_PORT",
}


class Refused(Failure):
    """A service answered with an error: its words, its stable `word`, what it lists."""

    def __init__(self, status: int, word: str, message: str, details: list[Any]) -> None:
        super().__init__(None, _EXIT.get(status, 1), message=message)
        self.word, self.details = word, details


def call(
    method: str, path: str, language: Language, body: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Call the simulator; return what it says. Raises Failure."""
    from ecp.edge.services import simulator_url

    url = simulator_url()
    return _data(_answer(method, url, path, language, body, _NOBODY), url, _NOBODY)


def ask(
    method: str,
    path: str,
    language: Language,
    body: dict[str, Any] | None = None,
    *,
    demo: bool = False,
    params: Mapping[str, Any] | None = None,
    if_match: str | None = None,
) -> dict[str, Any]:
    """Call the orchestrator; return what it says. Raises Failure.

    *if_match* is an ETag, or a tenant's `version`: what was changed since is refused.
    """
    from ecp.edge.services import orchestrator_url

    more = {} if if_match is None else {"If-Match": _tag(if_match)}
    response = _asked(method, path, language, body, demo=demo, params=params, headers=more)
    return _data(response, orchestrator_url(), _NO_ORCHESTRATOR)


def _tag(given: str) -> str:
    """Return an ETag as a header has it. Raises Failure."""
    if not given.isascii() or not given.isprintable() or not given.strip():
        raise Failure("cli.bad-if-match", 2, given=given)
    return given if given == "*" or given.endswith('"') else f'"{given}"'


def pieces(path: str, language: Language, params: Mapping[str, Any], accept: str) -> Iterator[str]:
    """Yield the text that the simulator answers with, as it comes. Raises Failure."""
    import httpx

    from ecp.edge.services import simulator_url

    url = simulator_url()
    headers = {"Accept": accept, "Accept-Language": language}
    options: dict[str, Any] = {"headers": headers, "timeout": _PATIENCE_S, "trust_env": False}
    with (
        _reaching(url, _NOBODY),
        httpx.stream("GET", url + path, params=params, **options) as response,
    ):
        if response.is_error:
            response.read()
            _data(response, url, _NOBODY)
        yield from response.iter_text()


def event_stream(path: str, language: Language, *, demo: bool) -> Iterator[str]:
    """Yield the data of the orchestrator's server-sent events; a lost stream goes on where it was.

    Raises Failure.
    """
    import httpx

    from ecp.edge.services import orchestrator_url

    url = orchestrator_url()
    headers = {"Accept-Language": language, "X-Demo-Mode": "true" if demo else "false"}
    for _ in range(_STREAM_TRIES):
        timeout = httpx.Timeout(_PATIENCE_S, read=_STREAM_STILL_S)
        options: dict[str, Any] = {"headers": headers, "timeout": timeout, "trust_env": False}
        try:
            with httpx.stream("GET", url + path, **options) as response:
                if response.is_error:
                    response.read()
                    _data(response, url, _NO_ORCHESTRATOR)
                for line in response.iter_lines():
                    if line.startswith("id: "):
                        headers["Last-Event-ID"] = line[4:]
                    elif line.startswith("data: "):
                        yield line[6:]
            return
        except (httpx.TransportError, httpx.StreamError):
            time.sleep(_STREAM_AGAIN_S)
    raise Failure(_NO_ORCHESTRATOR, 7, url=url)


def download(
    path: str, language: Language, *, demo: bool, params: Mapping[str, Any]
) -> tuple[bytes, str]:
    """Fetch a file from the orchestrator: content and the name it is given. Raises Failure."""
    from ecp.edge.services import orchestrator_url

    response = _asked("GET", path, language, None, demo=demo, params=params)
    _, _, name = response.headers.get("content-disposition", "").partition('filename="')
    if response.is_error or not name:
        _data(response, orchestrator_url(), _NO_ORCHESTRATOR)
    return response.content, name.rstrip('"').rpartition("/")[2]


def snapshot(cluster: str, language: Language) -> bytes:
    """Return a cluster of the simulator as data. Raises Failure."""
    from urllib.parse import quote

    from ecp.edge.services import simulator_url

    url, path = simulator_url(), f"/api/v1/clusters/{quote(cluster, safe='')}/snapshot"
    response = _answer("GET", url, path, language, None, _NOBODY)
    if response.is_error or response.headers.get("content-type") != "application/octet-stream":
        _data(response, url, _NOBODY)
    return response.content


def _asked(
    method: str,
    path: str,
    language: Language,
    body: dict[str, Any] | None,
    *,
    demo: bool,
    params: Mapping[str, Any] | None,
    headers: Mapping[str, str] | None = None,
) -> "httpx.Response":
    """Return the orchestrator's answer. Raises Failure."""
    from ecp.edge.services import orchestrator_url

    headers = {"X-Demo-Mode": "true" if demo else "false", **(headers or {})}
    url = orchestrator_url()
    return _answer(method, url, path, language, body, _NO_ORCHESTRATOR, params, headers)


def _answer(
    method: str,
    url: str,
    path: str,
    language: Language,
    body: dict[str, Any] | None,
    absent: str,
    params: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> "httpx.Response":
    import httpx

    with _reaching(url, absent):
        return httpx.request(
            method,
            url + path,
            content=None if body is None else _encoded(body),
            headers={
                "Accept-Language": language,
                "Content-Type": "application/json",
                # The audit log says by what something was asked.
                "User-Agent": f"ecp/{__version__}",
                **(headers or {}),
            },
            params=params,
            timeout=_PATIENCE_S,
            trust_env=False,
        )


@contextmanager
def _reaching(url: str, absent: str) -> Iterator[None]:
    """Say as a Failure that *url* does not answer; *absent* is the word for nobody there."""
    import httpx

    try:
        yield
    except httpx.TimeoutException as error:
        raise Failure("api.timeout", 6, url=url) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Failure(absent, 7, url=url) from error


def _data(response: "httpx.Response", url: str, absent: str) -> dict[str, Any]:
    """Return the JSON object of an answer. Raises Failure."""
    try:
        data = response.json()
    except ValueError:
        data = None
    if not isinstance(data, dict):
        raise Failure("api.not-ecp", 7, url=url, settings=_SETTINGS[absent])
    if response.is_error:
        raise _refused(response.status_code, data)
    return data


def _refused(status: int, data: dict[str, Any]) -> Refused:
    error = data.get("error")
    if not isinstance(error, dict):
        return Refused(status, "", str(data.get("detail") or data), [])
    details = error.get("details")
    message = str(error.get("message") or data.get("detail") or data)
    return Refused(status, str(error.get("code")), message, list(details or ()))


def _encoded(body: dict[str, Any]) -> bytes:
    """Return *body* as JSON. Raises Failure for what a YAML file can say and JSON cannot."""
    try:
        return json.dumps(body, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise Failure("error.bad-request", 2, detail=error) from error
