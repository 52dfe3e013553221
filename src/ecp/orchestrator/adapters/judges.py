"""Where manifests are judged: small ones here, between two turns of the loop, big ones in workers.

A worker is a process that imports the validation room and nothing of the service; it is started
when the first big manifest comes, and ends when its input does: with this process at the latest.
Processes rather than threads: judging is Python, and a thread would hold the loop up all the same.
"""

import asyncio
import pickle
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process

from ecp.edge.problems import Problem
from ecp.orchestrator.records import Judged, ToJudge
from ecp.orchestrator.tenants.judging import LENGTH_BYTES, is_small, judge_small

_WORKER = "ecp.orchestrator.tenants.judging"
_WORKERS = 2
_PATIENCE_S = 60


class Judges:
    """Judges manifests; `close` at the end."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(_WORKERS)
        self._idle: list[Process] = []

    async def judge(self, asked: ToJudge) -> Judged:
        """Return what a manifest comes to. Raises Problem 503 when a worker does not answer."""
        if is_small(asked.manifest):
            # Who else waits is let through first.
            await asyncio.sleep(0)
            return judge_small(asked)
        async with self._free:
            worker = self._idle.pop() if self._idle else await _started()
            found = None
            try:
                async with asyncio.timeout(_PATIENCE_S):
                    found = await _answer(worker, asked)
            except (OSError, EOFError, TimeoutError) as error:
                raise Problem(503, "VALIDATION_FAILED", "validate.worker-failed") from error
            finally:
                if found is None:
                    # Nobody waits any more: half an answer would be taken for the next one's.
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


async def _answer(worker: Process, asked: ToJudge) -> Judged:
    assert worker.stdin is not None
    assert worker.stdout is not None
    message = pickle.dumps(asked, pickle.HIGHEST_PROTOCOL)
    worker.stdin.write(len(message).to_bytes(LENGTH_BYTES, "big") + message)
    await worker.stdin.drain()
    length = int.from_bytes(await worker.stdout.readexactly(LENGTH_BYTES), "big")
    found: Judged = pickle.loads(await worker.stdout.readexactly(length))
    return found


async def _ended(worker: Process) -> None:
    if worker.returncode is None:
        worker.kill()
    await worker.wait()
