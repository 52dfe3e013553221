"""Where manifests are judged: small ones here, between two turns of the loop, big ones in workers.

A worker imports the validation room and nothing of the service. Processes rather than threads:
judging is Python, and a thread would hold the loop up all the same.
"""

import asyncio

from ecp.edge.problems import Problem
from ecp.edge.workers import Workers
from ecp.orchestrator.records import Judged, ToJudge
from ecp.orchestrator.tenants.judging import is_small, judge_small

_WORKER = "ecp.orchestrator.tenants.judging"
_WORKERS = 2
_PATIENCE_S = 60


class Judges:
    """Judges manifests; `close` at the end."""

    def __init__(self) -> None:
        self._workers = Workers(_WORKER, _WORKERS)

    async def judge(self, asked: ToJudge) -> Judged:
        """Return what a manifest comes to. Raises Problem 503 when a worker does not answer."""
        if is_small(asked.manifest):
            # Who else waits is let through first.
            await asyncio.sleep(0)
            return judge_small(asked)
        try:
            async with asyncio.timeout(_PATIENCE_S):
                found: Judged = await self._workers.work(asked)
        except (OSError, EOFError, TimeoutError) as error:
            raise Problem(503, "VALIDATION_FAILED", "validate.worker-failed") from error
        return found

    async def close(self) -> None:
        await self._workers.close()
