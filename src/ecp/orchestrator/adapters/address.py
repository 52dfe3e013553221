"""Where a service is called: several addresses of one service, tried in turn.

Source: requirement C02 (K8S_SIMULATOR_URL, then K8S_SIMULATOR_EXTERNAL_URL).
"""

import logging
from collections.abc import Sequence
from typing import Any

import httpx

from ecp.orchestrator.ports import ClusterUnreachable
from ecp.orchestrator.records import Reached

log = logging.getLogger("ecp.orchestrator")

_NOT_CONNECTED = (httpx.ConnectError, httpx.ConnectTimeout)
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
                refusals.append((url, _words(error)))
                continue
            except httpx.HTTPError as error:
                raise ClusterUnreachable(url, _words(error)) from error
            if url != self.url:
                log.warning("%s does not answer: %s is called from now on", self.url, url)
                self.url = url
            return response
        first, detail = refusals[0]
        others = "".join(f"; {url}: {words}" for url, words in refusals[1:])
        raise ClusterUnreachable(first, detail + others)


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
        raise ClusterUnreachable(url, str(error) or type(error).__name__) from error
    kind = response.headers.get("content-type", "").split(";")[0].strip().lower()
    return Reached(response.status_code, kind, content[:most])
