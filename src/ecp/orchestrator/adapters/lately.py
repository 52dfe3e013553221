"""Answers of a cluster that are as good for whoever comes a moment later."""

import asyncio
import math
from collections.abc import Callable, Coroutine
from typing import Any, Final, Generic, TypeVar

from ecp.orchestrator.ports import ClusterRefused, ClusterUnreachable

FRESH_S: Final = 5.0
# Why there was no answer holds as long: whoever asks meanwhile would wait for the same.
_FAILED_S: Final = 2.0

_T = TypeVar("_T")


class Lately(Generic[_T]):
    """An answer of the cluster, or why there is none, as it was some seconds ago.

    One asks, and whoever comes meanwhile waits for it.
    """

    def __init__(self, ask: Callable[[], Coroutine[Any, Any, _T]]) -> None:
        self._ask = ask
        self._asking = asyncio.Lock()
        self._began = -math.inf
        self._answer: _T | None = None
        self._forgotten = 0
        self._failed: ClusterRefused | ClusterUnreachable | None = None

    async def get(self, fresh_s: float = FRESH_S, failed_s: float = _FAILED_S) -> _T:
        """Return what the cluster says: no older than *fresh_s*, nor a failure than *failed_s*.

        Raises ClusterRefused, ClusterUnreachable.
        """
        loop = asyncio.get_running_loop()
        wanted = loop.time()
        async with self._asking:
            lasts = fresh_s if self._failed is None else failed_s
            if self._began in (-math.inf, min(self._began, wanted - lasts)):
                began, forgotten = loop.time(), self._forgotten
                try:
                    self._answer, self._failed = await self._ask(), None
                except (ClusterRefused, ClusterUnreachable) as error:
                    self._failed = error
                # What changed while it was asked for may be in the answer or not.
                self._began = began if forgotten == self._forgotten else -math.inf
            if self._failed is not None:
                # Each raises it anew: a traceback would grow from one to the next.
                raise self._failed.with_traceback(None)
            assert self._answer is not None
            return self._answer

    @property
    def answered(self) -> bool:
        """Whether there is an answer, and the last question had one."""
        return self._answer is not None and self._failed is None

    def forget(self) -> None:
        """Let the next one who asks have an answer of then."""
        self._began = -math.inf
        self._forgotten += 1
