"""Where rehearsals are carried out: processes that import the rehearsal's rooms, as many as cores.

A worker is started when the first work comes and ends with this process at the latest; one that
is given up in the middle of its work is ended, since its answer would be taken for the next one's.
"""

import asyncio
import os
import pickle
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable

from ecp.orchestrator.ports import WorkerLost
from ecp.orchestrator.records import Obj
from ecp.orchestrator.rehearsals.playing import LENGTH_BYTES

_WORKER = "ecp.orchestrator.rehearsals.playing"


class Stage:
    """Fulfils `ports.Stage`; `close` at the end."""

    def __init__(self) -> None:
        self.seats = os.cpu_count() or 1
        # Who only reads a scenario does not wait for those that are played.
        self._turns = {"read": asyncio.Semaphore(1)}
        self._seats = asyncio.Semaphore(self.seats)
        self._idle: list[Process] = []

    async def work(self, asked: Obj, tell: Callable[[float], None]) -> Obj:
        async with self._turns.get(asked["work"], self._seats):
            worker = self._idle.pop() if self._idle else await _started()
            found = None
            try:
                found = await _answer(worker, asked, tell)
            except (OSError, EOFError) as error:
                raise WorkerLost from error
            finally:
                if found is None:
                    await _ended(worker)
                else:
                    self._idle.append(worker)
        return found

    async def close(self) -> None:
        while self._idle:
            await _ended(self._idle.pop())


async def _started() -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", _WORKER, stdin=PIPE, stdout=PIPE, stderr=DEVNULL
    )


async def _answer(worker: Process, asked: Obj, tell: Callable[[float], None]) -> Obj:
    assert worker.stdin is not None
    assert worker.stdout is not None
    message = pickle.dumps(asked, pickle.HIGHEST_PROTOCOL)
    worker.stdin.write(len(message).to_bytes(LENGTH_BYTES, "big") + message)
    await worker.stdin.drain()
    while True:
        length = int.from_bytes(await worker.stdout.readexactly(LENGTH_BYTES), "big")
        kind, body = pickle.loads(await worker.stdout.readexactly(length))
        if kind == "done":
            done: Obj = body
            return done
        tell(body)


async def _ended(worker: Process) -> None:
    if worker.returncode is None:
        worker.kill()
    await worker.wait()
