"""What is kept of releases beside their steps: what was said of each, and how each ended."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from ecp.orchestrator import opening
from ecp.orchestrator.adapters.database import Database
from ecp.orchestrator.records import Clock, Tenant
from ecp.orchestrator.releases import judging, schemas


def run(place: str, work: Callable[[Database], Awaitable[None]]) -> None:
    async def whole() -> None:
        database = Database(place)
        await database.open()
        try:
            for name in ("acme", "other"):
                await database.add_tenant(Tenant(name, name, f"{name}-ns", None, {}, {}, 1, "", 0))
            await work(database)
        finally:
            await database.close()

    asyncio.run(whole())


async def opened(db: Database, tenant: str = "acme", **more: Any) -> int:
    return (await db.open_release(tenant, "d", {}, [], began=1, now=2, **more)).id


def test_what_was_said_is_said_once_and_in_order(place: str) -> None:
    async def work(db: Database) -> None:
        release = await opened(db)
        await db.history.say(release, [("a", 5, {"kind": "a"}), ("b", 6, {"kind": "b"})])
        await db.history.say(release, [("b", 9, {"kind": "x"}), ("c", 7, {"kind": "c"})])
        await db.history.say(release, [])
        said = await db.history.said(release)
        assert [(m.sequence, m.at, m.body["kind"]) for m in said] == [
            (1, 5, "a"), (2, 6, "b"), (3, 7, "c"),
        ]  # fmt: skip
        assert [m.sequence for m in await db.history.said(release, 2)] == [3]
        many = [db.history.say(release, [(f"k{n}", n, {})]) for n in range(5)]
        await asyncio.gather(*many)
        assert [m.sequence for m in await db.history.said(release)] == list(range(1, 9))

    run(place, work)


def test_what_is_only_rehearsed_is_not_what_runs(place: str) -> None:
    async def work(db: Database) -> None:
        first = await opened(db)
        second = await opened(db, phase="rehearsing")
        last = await db.last_release("acme")
        assert last is not None
        assert last.id == first
        newest = await db.history.newest("acme")
        assert newest is not None
        assert newest.id == second
        assert [r.id for r in await db.history.unsent()] == [second]
        await db.set_release(second, phase="applying")
        await db.history.supersede("acme", second, "later")
        rows, total = await db.history.some("acme", 0, 10)
        assert ([(r.revision, r.phase) for r in rows], total) == (
            [(2, "applying"), (1, "superseded")], 2,
        )  # fmt: skip
        await opened(db, phase="rehearsing")
        await db.history.supersede("acme", await opened(db), "later")
        rows, _ = await db.history.some("acme", 0, 2)
        assert [(r.revision, r.phase) for r in rows] == [(4, "applying"), (3, "blocked")]
        found = await db.history.revision("acme", 2)
        assert found is not None
        assert found.id == second
        assert await db.history.revision("other", 2) is None

    run(place, work)


def test_start_ups_are_the_tenants_own_else_anybodys(place: str) -> None:
    async def work(db: Database) -> None:
        assert await db.history.startups("acme", 5) == []
        for tenant, seconds in (("other", 40), ("other", 50)):
            release = await opened(db, tenant)
            startup = {"started": True, "seconds": seconds}
            await db.set_release(release, phase="ready", startup=startup)
        found = await db.history.startups("acme", 5)
        assert [row["seconds"] for row in found] == [50, 40]
        release = await opened(db)
        await db.set_release(release, phase="ready", startup={"started": True, "seconds": 9})
        assert [row["seconds"] for row in await db.history.startups("acme", 5)] == [9]

    run(place, work)


UP = {"started": True, "confirmed_at": "1970-01-01T00:00:00Z", "seconds": 1.0}


@pytest.mark.parametrize(
    ("phase", "startup", "cluster", "began"),
    [
        ("ready", UP, "a", 1),
        ("progressing", {}, "a", 1),
        ("stalled", {"started": False}, "a", 900),
        ("failed", {}, "a", 900),
        ("ready", {"started": False}, "a", 900),
        ("ready", UP, "b", 900),
    ],
    ids=[
        "what is up keeps its start-up",
        "so does what is coming up",
        "what stalled begins anew",
        "so does what failed",
        "and what was never confirmed",
        "on another cluster all begins anew",
    ],
)
def test_the_same_once_more_is_an_attempt_with_times_of_its_own(
    place: str, phase: Any, startup: Any, cluster: str, began: int
) -> None:
    async def work(db: Database) -> None:
        release = await opened(db)
        options = {judging.INCARNATION: "a", judging.APPLIED: 5}
        await db.set_release(release, phase=phase, startup=startup, options=options)
        tenant = await db.tenant("acme")
        assert tenant is not None
        found, _ = await opening.healed(db, tenant, "d", {}, Clock(900, cluster))
        assert found is not None
        assert (found.phase, found.revision, found.began) == ("applying", 1, began)
        assert found.startup == (startup if began == 1 else {})
        assert (judging.APPLIED in found.options) == (began == 1)
        assert judging.sent_at(found) == 900
        told = schemas.release_json(found)
        assert (told["attempt"], told["sent_at"]) == (2, "1970-01-01T00:00:00Z")

    run(place, work)
