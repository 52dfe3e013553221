"""Where a service is called: several addresses of one service, tried in turn.

Source: requirement C02 (K8S_SIMULATOR_URL, then K8S_SIMULATOR_EXTERNAL_URL).
"""

import logging
import socket
import ssl
from collections.abc import Sequence
from typing import Any, Final

import httpx

from ecp.orchestrator.ports import ClusterUnreachable, Obstacle
from ecp.orchestrator.records import Reached

log = logging.getLogger("ecp.orchestrator")

_NOT_CONNECTED = (httpx.ConnectError, httpx.ConnectTimeout)
_OBSTACLES: Final[tuple[tuple[type[Exception], Obstacle], ...]] = (
    (ssl.SSLCertVerificationError, "tls"),
    (socket.gaierror, "host"),
    (ConnectionRefusedError, "refused"),
    (httpx.TimeoutException, "silent"),
)
_CLOSED_MEANWHILE = (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)


class Address:
    """The addresses of one service; `url` is the one in use: the last that was reached."""

    def __init__(self, urls: Sequence[str]) -> None:
        self._urls: tuple[str, ...] = ()
        self.url = ""
        self.use(urls)

    def use(self, urls: Sequence[str]) -> None:
        """Call these from now on; the one in use stays so when it is among them."""
        self._urls = tuple(url.rstrip("/") for url in urls)
        if self.url not in self._urls:
            self.url = self._urls[0]

    async def ask(
        self, client: httpx.AsyncClient, method: str, path: str, *, again: bool, **options: Any
    ) -> httpx.Response:
        """Ask the service. Raises ClusterUnreachable.

        Where no connection comes about, the next address is tried: nothing was asked yet. With
        *again* a request whose connection was closed under it is sent once more: the other side
        may close an idle connection at the moment at which it is used.
        """
        refusals = []
        for url in (self.url, *(other for other in self._urls if other != self.url)):
            try:
                response = await _asked(client, method, url + path, again, options)
            except _NOT_CONNECTED as error:
                refusals.append((url, error))
                continue
            except httpx.HTTPError as error:
                raise ClusterUnreachable(url, _words(error), obstacle(error)) from error
            if url != self.url:
                log.warning("%s does not answer: %s is called from now on", self.url, url)
                self.url = url
            return response
        first, why = refusals[0]
        others = "".join(f"; {url}: {_words(error)}" for url, error in refusals[1:])
        raise ClusterUnreachable(first, _words(why) + others, obstacle(why))


async def _asked(
    client: httpx.AsyncClient, method: str, url: str, again: bool, options: dict[str, Any]
) -> httpx.Response:
    try:
        return await client.request(method, url, **options)
    except _CLOSED_MEANWHILE:
        if not again:
            raise
        return await client.request(method, url, **options)


def _words(error: httpx.HTTPError) -> str:
    return str(error) or type(error).__name__


def obstacle(error: BaseException) -> Obstacle:
    """Return what kept an answer away, as the errors below *error* know it."""
    below: list[BaseException] = [error]
    for one in below:  # grows meanwhile
        found = next((name for kind, name in _OBSTACLES if isinstance(one, kind)), None)
        if found is not None:
            return found
        more = (one.__cause__, one.__context__, *getattr(one, "exceptions", ()))
        below += [e for e in more if e is not None and e not in below]
    return ""


async def reach(client: httpx.AsyncClient, url: str, *, within_s: float, most: int) -> Reached:
    """Ask *url* for what it has, at most *most* bytes of it. Raises ClusterUnreachable."""
    content = b""
    try:
        async with client.stream("GET", url, timeout=within_s) as response:
            async for part in response.aiter_bytes():
                content += part
                if len(content) >= most:
                    break
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        detail = str(error) or type(error).__name__
        raise ClusterUnreachable(url, detail, obstacle(error)) from error
    kind = response.headers.get("content-type", "").split(";")[0].strip().lower()
    return Reached(response.status_code, kind, content[:most])
