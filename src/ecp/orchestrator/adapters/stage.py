"""Where rehearsals are carried out: processes that import the rehearsal rooms, one a core."""

import asyncio
import os
from collections.abc import Callable

from ecp.edge.workers import Workers
from ecp.orchestrator.ports import WorkerLost
from ecp.orchestrator.records import Obj

_WORKER = "ecp.orchestrator.rehearsals.playing"


class Stage:
    """Fulfils `ports.Stage`; `close` at the end."""

    def __init__(self) -> None:
        self.seats = os.cpu_count() or 1
        # Who only reads a scenario does not wait for those that are played.
        self._workers = Workers(_WORKER, self.seats + 1)
        self._turns = {"read": asyncio.Semaphore(1)}
        self._seats = asyncio.Semaphore(self.seats)

    async def work(self, asked: Obj, tell: Callable[[float], None]) -> Obj:
        async with self._turns.get(asked["work"], self._seats):
            try:
                found: Obj = await self._workers.work(asked, tell)
            except (OSError, EOFError) as error:
                raise WorkerLost from error
        return found

    async def close(self) -> None:
        await self._workers.close()
