"""The main job at the end of its process: what was begun is not left behind."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from ecp.orchestrator.records import Release, Tenant, Wish
from ecp.orchestrator.workflows import MainJob

ACME = Tenant("acme", "acme", "acme-ecp-ai", None, {}, {}, 995_000, "", 0)
SENT = Release(1, "acme", 1, "d", "applying", {}, 0, 0)


class House:
    """A tenant's turn that comes when the process already ends."""

    def __init__(self) -> None:
        self.waiting = asyncio.Event()

    @asynccontextmanager
    async def locked(self, mode: str, tenant_id: str) -> AsyncIterator[None]:
        self.waiting.set()
        try:
            await asyncio.Event().wait()
        finally:
            # What is left of the work meets what it needs already closed.
            raise RuntimeError("the client has been closed")
        yield


def test_who_hung_up_leaves_no_task_to_a_process_that_ends() -> None:
    async def ends() -> set[asyncio.Task[object]]:
        house: Any = House()
        job = MainJob(house)
        caller = asyncio.create_task(job.rollback("production", "acme", 1, Wish()))
        await house.waiting.wait()
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        await job.close()
        return asyncio.all_tasks() - {asyncio.current_task()}

    assert asyncio.run(ends()) == set()


def test_a_release_that_is_called_off_is_followed_by_the_next_start() -> None:
    """A deploy that is ended follows its release on its way out, when the database closes next."""

    async def ends() -> set[asyncio.Task[object]]:
        house: Any = House()
        job = MainJob(house)
        await job.close()
        job.followers.follow("production", ACME, SENT)
        return asyncio.all_tasks() - {asyncio.current_task()}

    assert asyncio.run(ends()) == set()
