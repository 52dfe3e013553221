"""Beside the loop: one writer at a time, and what would hold up all others done in a thread."""

import asyncio
import contextlib
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, TypeVar

from ecp.kube.patch.apply import render
from ecp.sim.apiserver.decided import Decided
from ecp.sim.cluster import Cluster
from ecp.sim.requests import Request

_T = TypeVar("_T")

# Objects of more values than this (2,000 take a slice or three) are decided beside the loop.
_LONG: Final = 2_000
_DECIDED_BESIDE: Final = ("create", "update", "patch")


class Turn:
    """Who writes to a cluster has the turn: `async with turn`.

    `still` while something is done in a thread: neither time nor another write may go on then.
    *woken* is set when it has ended.
    """

    def __init__(self, woken: asyncio.Event) -> None:
        self.still = False
        self._lock = asyncio.Lock()
        self._woken = woken

    async def __aenter__(self) -> None:
        await self._lock.acquire()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lock.release()

    async def beside(self, work: Callable[[], _T]) -> _T:
        """Do *work* in a thread: reads and `/health` go on, time and writes wait for it.

        It is waited for whatever happens: what it reads must not change under it. Who calls has
        the turn.
        """
        self.still = True
        try:
            doing = asyncio.get_running_loop().run_in_executor(None, work)
            try:
                return await asyncio.shield(doing)
            except asyncio.CancelledError:
                while not doing.done():
                    with contextlib.suppress(asyncio.CancelledError):
                        await asyncio.wait([doing])
                raise
        finally:
            self.still = False
            self._woken.set()


def is_long(cluster: Cluster, request: Request) -> bool:
    """Whether a request, or the object that it changes, takes long to judge."""
    if request.verb not in _DECIDED_BESIDE:
        return False
    if has_more_values(request.body, _LONG):
        return True
    live = cluster.store.get(request.resource, request.namespace, request.name)
    return live is not None and has_more_values(live, _LONG)


def decide(cluster: Cluster, request: Request) -> Decided:
    """Return what becomes of *request*, with all of it done that can be done in a thread."""
    decided = cluster.decide(request)
    if decided.object is not None:
        render(decided.owners, decided.object)  # remembered: who answers need not do it
    return decided


def has_more_values(obj: Any, limit: int) -> bool:
    """Whether a JSON-shaped value holds more than *limit* values."""
    found, stack = 0, [obj]
    while stack and found <= limit:
        value = stack.pop()
        if isinstance(value, dict):
            found += len(value)
            stack.extend(inner for inner in value.values() if isinstance(inner, dict | list))
        elif isinstance(value, list):
            found += len(value)
            if found <= limit:
                stack.extend(inner for inner in value if isinstance(inner, dict | list))
    return found > limit
