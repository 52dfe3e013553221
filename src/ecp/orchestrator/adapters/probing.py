"""How a service is asked from outside: a request of its own, through the API server's proxy, TCP.

Whether nobody answered, or nobody could be asked, is told apart. Source of what the proxy answers:
kubernetes apiserver pkg/endpoints/handlers (a Status) and apimachinery pkg/util/proxy (502, 503).
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

import httpx
import orjson

from ecp.orchestrator.monitoring.entries import Entry
from ecp.orchestrator.ports import ClusterUnreachable

WITHIN_S: Final = 4.0
"""How long an answer is waited for: a slot is over a second later."""

_BACKEND: Final = (502, 503, 504)
_NOT_ALLOWED: Final = (401, 403, 405, 429, 501)


class Asked(NamedTuple):
    """What became of asking.

    answered  somebody answered, well or not: the way there is whole
    vote      up, down, or "" where nobody could be asked
    reason    how it failed
    """

    answered: bool
    vote: str
    reason: str = ""
    seconds: float | None = None


Call = Callable[..., Awaitable[httpx.Response]]


async def ask(entry: Entry, client: httpx.AsyncClient, call: Call) -> Asked:
    """Ask an entry once; *call* asks the API server."""
    began = asyncio.get_running_loop().time()
    try:
        async with asyncio.timeout(WITHIN_S):
            if not entry.url:
                found = of_proxy(await call("GET", entry.path))
            elif entry.url.startswith("tcp://"):
                found = await _connected(entry.url)
            else:
                headers = {"Host": entry.host} if entry.host else {}
                response = await client.get(entry.url, headers=headers)
                found = _of_status(response.status_code)
    except TimeoutError:
        return Asked(False, "down", "timeout")
    except ClusterUnreachable as error:
        return Asked(False, "", f"API server: {error.detail}"[:100])
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        return of_error(error)
    return found._replace(seconds=asyncio.get_running_loop().time() - began)


def of_error(error: BaseException) -> Asked:
    """Return what an error tells: a name that the prober cannot look up is the prober's trouble."""
    causes = list(_causes(error))
    if any(isinstance(one, socket.gaierror) for one in causes):
        return Asked(False, "", "name not found")
    if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol | ValueError):
        return Asked(False, "", f"address: {error}"[:100])
    if any(isinstance(one, ConnectionRefusedError) for one in causes):
        return Asked(False, "down", "connection refused")
    if isinstance(error, httpx.TimeoutException):
        return Asked(False, "down", "timeout")
    return Asked(False, "down", (str(error) or type(error).__name__)[:100])


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            for one in error.exceptions:
                yield from _causes(one)
        error = error.__cause__ or error.__context__


def _of_status(status: int) -> Asked:
    return Asked(True, "up") if status < 500 else Asked(True, "down", f"HTTP {status}")


def of_proxy(response: httpx.Response) -> Asked:
    """Return what the API server's proxy answered: the service's word, or its own Status."""
    status = response.status_code
    said = _status(response) if status >= 400 else None
    if said is None:
        return _of_status(status)
    if status in _NOT_ALLOWED:
        return Asked(True, "", f"API server: {said.get('message')}"[:100])
    if status in (*_BACKEND, 404):
        return Asked(True, "down", str(said.get("message"))[:100])
    return Asked(True, "", f"API server: HTTP {status}")


def _status(response: httpx.Response) -> Mapping[str, Any] | None:
    try:
        body = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        text = response.text
        # Older servers say so in plain words.
        return {"message": text} if text.startswith("error trying to reach service") else None
    return body if isinstance(body, dict) and body.get("kind") == "Status" else None


async def _connected(url: str) -> Asked:
    parts = urlsplit(url)
    _, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.close()
    return Asked(True, "up")


# -- counters -------------------------------------------------------------------------------------

REQUESTS: Final = ("http_requests_total", "nginx_ingress_controller_requests")
"""The counters that are read. Source: Prometheus' naming practices; ingress-nginx metrics."""


def query_of(namespace: str) -> str:
    """Return the query for the requests of a namespace by service and code, as counted so far."""
    names = "|".join(REQUESTS)
    within = f'{{__name__=~"{names}",namespace="{namespace}"}}'
    return f"sum by (service, code, status) ({within})"


def counted(body: Mapping[str, Any]) -> dict[tuple[str, bool], int]:
    """Return counters by service and goodness from an answer of /api/v1/query."""
    found: dict[tuple[str, bool], int] = {}
    for row in (body.get("data") or {}).get("result") or ():
        labels = row.get("metric") or {}
        code = str(labels.get("code") or labels.get("status") or "")
        key = str(labels.get("service") or ""), not code.startswith("5")
        found[key] = found.get(key, 0) + int(float(row["value"][1]))
    return found


def grown(
    before: Mapping[tuple[str, bool], int], after: Mapping[tuple[str, bool], int]
) -> dict[str, tuple[int, int]]:
    """Return (good, total) of each service between two readings; a counter that fell began anew.

    >>> grown({("web", True): 5, ("web", False): 9}, {("web", True): 8, ("web", False): 1})
    {'web': (3, 4)}
    """
    found: dict[str, tuple[int, int]] = {}
    for (service, good), value in after.items():
        last = before.get((service, good), 0)
        more = value - last if value >= last else value
        goods, total = found.get(service, (0, 0))
        found[service] = goods + more * good, total + more
    return found
