"""Who works on a rehearsal where several orchestrators share a database."""

import asyncio
from types import SimpleNamespace
from typing import Any

from ecp.orchestrator.adapters.database import Database
from ecp.orchestrator.records import Rehearsal
from ecp.orchestrator.rehearsals import usecases
from ecp.orchestrator.rehearsals.usecases import Desk

SECOND = 1_000_000_000


def desk(database: Database, holder: str, clock: list[int]) -> Desk:
    async def storage(mode: str) -> Database:
        return database

    async def work(asked: Any, tell: Any) -> Any:
        await asyncio.Event().wait()  # a long rehearsal

    return Desk(
        SimpleNamespace(
            storage=storage, holder=holder, now=lambda: clock[0], stage=SimpleNamespace(work=work)
        )
    )


def test_a_start_beside_another_leaves_its_rehearsals_until_it_is_silent(place: str) -> None:
    async def whole() -> list[str]:
        database, clock = Database(place), [0]
        await database.open()
        asked: dict[str, Any] = {
            "variants": [{"scenario": {}}],
            "language": "en",
            "assumptions": None,
        }
        first, second = desk(database, "first", clock), desk(database, "second", clock)
        row = await database.rehearsals.open(
            name="r", kind="rehearsal", runs=1, asked=asked, now=0, held=("first", first._until())
        )
        first._begin("demo", row)
        states = []

        async def state() -> str:
            found = await database.rehearsals.one(row.id)
            assert isinstance(found, Rehearsal)
            return found.state

        while await state() == "queued":
            await asyncio.sleep(0)
        clock[0] = 20 * SECOND
        await first._hold("demo")
        clock[0] = 40 * SECOND  # longer than the first lease
        await second._interrupt("demo")
        states.append(await state())
        clock[0] = 60 * SECOND  # nothing was heard of the first for 40 s
        await second._interrupt("demo")
        states.append(await state())
        # It was only slow: it hears that another took it for gone, and stops.
        await first._hold("demo")
        await asyncio.sleep(0)
        while first._at_work:
            await asyncio.sleep(0)
        await database.close()
        return states

    states = asyncio.run(whole())
    # A file belongs to one process: who starts with it is alone.
    alone = not Database(place).shared
    assert states == (["interrupted"] * 2 if alone else ["running", "interrupted"])


def test_it_says_so_more_often_than_it_must() -> None:
    assert usecases._RENEWED_S * SECOND * 2 < usecases._HELD_NS
