"""Months are closed once, corrected by revisions, and what was frozen stays as it was."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from ecp.edge.problems import Problem
from ecp.kube.times import nanoseconds
from ecp.orchestrator.adapters.database import Database
from ecp.orchestrator.records import Minute, Tenant
from ecp.orchestrator.sla import closing
from ecp.orchestrator.sla.collector import Collector
from ecp.orchestrator.sla.model import LATE, month_at, months_due
from ecp.orchestrator.sla.printing import PACK, ToPrint, ToRevise, printed
from ecp.orchestrator.sla.usecases import deployed
from ecp.slo.agreed import Agreed
from ecp.slo.slots import Span
from ecp.slo.windows import instant, slot_at

# The last hour and a half of January in Seoul, and what comes after.
FIRST = slot_at("2026-01-31T13:30:00Z")
END = "2026-01-31T15:00:00Z"
NOW = nanoseconds("2026-02-03T00:00:00Z")


def row(number: int, at: int | None = None) -> dict[str, Any]:
    down = number == 40
    runs = [["U", 4], ["D", 8]] if down else [["U", 12]]
    asked = {"good": 90, "total": 100, "excess": 0}
    slots = {"up": 12 - 8 * down, "down": 8 * down, "maintenance": 0, "unknown": 0, "off_duty": 0}
    tenant = {"runs": runs, "slots": slots, "counts_from": 0, "causes": [], **asked}
    minute = instant(FIRST + 12 * ((number if at is None else at) - 1))
    return {"sequence": number, "minute": minute, "tenant": tenant, "workloads": []}


CORRECTION = {
    "id": "m1",
    "start": 5 * (FIRST + 12 * 39),
    "end": 5 * (FIRST + 12 * 40),
    "created": NOW // 10**9,
    "approved_by": "ops",
    "reason": "the collector was wrong",
    "services": [],
    "retroactive": True,
    "rrule": "",
    "timezone": "Asia/Seoul",
    "until": None,
}


class House:
    """One store, and a simulator that tells minutes and what is agreed now."""

    def __init__(self, database: Database, minutes: int) -> None:
        self.database = database
        self.rows = [row(number) for number in range(1, minutes + 1)]
        self.agreed: dict[str, Any] = {"windows": []}
        self.slo = {"target_ppm": 995_000}

    async def storage(self, mode: str) -> Database:
        return self.database

    def simulator(self, mode: str) -> Any:
        return self

    def now(self) -> int:
        return NOW

    async def services(self, tenant_id: str, first: int, after: int) -> Any:
        return {"ledger": "one", "services": []}

    async def fault_kinds(self) -> list[Any]:
        return []

    async def faults(self, namespace: str) -> list[Any]:
        return []

    async def minutes(self, tenant_id: str, since: int, limit: int) -> Any:
        rows = [one for one in self.rows if one["sequence"] > since][:limit]
        return {"ledger": "one", "agreed": self.agreed, "slo": self.slo, "minutes": rows}


def ran(place: str, minutes: int, use: Callable[[Any], Awaitable[Any]]) -> Any:
    """Collect so many minutes, then *use* the house."""

    async def whole() -> Any:
        database = Database(place)
        await database.open()
        try:
            await database.add_tenant(Tenant("acme", "", "acme", None, {}, {}, 995_000, "", 1))
            await database.open_release("acme", "d", {}, [], began=5 * FIRST * 10**9, now=1)
            house: Any = House(database, minutes)
            await Collector(house, "me").collect("production")
            return await use(house)
        finally:
            await database.close()

    return asyncio.run(whole())


async def report(house: Any, form: str = "json", **asked: Any) -> bytes:
    given = {"month": "2026-01", "period": None, "revision": None, "language": "ko", **asked}
    return (await closing.report(house, "production", "acme", form=form, **given))[0]


async def revisions(house: Any) -> list[tuple[str, int]]:
    rows = await house.database.levels.statements("acme")
    return [(one.month, one.revision) for one in rows]


def test_a_month_is_closed_by_itself_an_hour_after_its_end(place: str) -> None:
    async def use(house: Any) -> Any:
        before = await revisions(house)
        house.rows += [row(number) for number in range(150, 152)]
        await Collector(house, "me").collect("production")
        return before, await revisions(house), json.loads(await report(house))

    before, after, found = ran(place, 149, use)
    assert (before, after) == ([], [("2026-01", 1)])
    assert (found["period"]["closed"], found["period"]["until"]) == (True, END)
    assert found["composite"]["downtime_seconds"] == 40


def test_a_correction_makes_a_revision_and_the_old_one_stays(place: str) -> None:
    async def use(house: Any) -> Any:
        forms = ("json", "csv", "html", "pdf", "zip")
        first = [await report(house, form) for form in forms]
        house.agreed = {"windows": [CORRECTION]}
        # What is agreed on later does not reach what is closed.
        house.slo = {"target_ppm": 900_000}
        made = await closing.revise(house, "production", "acme")
        again = await closing.revise(house, "production", "acme")
        await closing.close(house, "production", "acme", "2026-01")
        old = [await report(house, form, revision=1) for form in forms]
        return first == old, made, again, json.loads(old[0]), json.loads(await report(house))

    same, made, again, old, new = ran(place, 160, use)
    assert same
    assert ([one.revision for one in made], again) == ([2], [])
    assert (old["revision"], new["revision"]) == (1, 2)
    assert new["input_hash"] == made[0].input_hash != old["input_hash"]
    seconds = [one["composite"]["downtime_seconds"] for one in (old, new)]
    assert seconds == [40, 0]
    assert new["exclusions"][0]["approved_by"] == "ops"
    assert new["objective"] == old["objective"]


@pytest.mark.parametrize(
    ("minutes", "month", "word"),
    [
        (100, "2026-01", "MONTH_NOT_OVER"),
        (160, "2026-13", "INVALID_PERIOD"),
        (160, "2025-12", "NOTHING_KEPT"),
        (0, "2026-01", "NOTHING_KEPT"),
    ],
    ids=["not over", "no month", "before there was anything", "nothing is kept"],
)
def test_what_cannot_be_closed(tmp_path: Any, minutes: int, month: str, word: str) -> None:
    async def use(house: Any) -> None:
        await closing.close(house, "production", "acme", month)

    with pytest.raises(Problem) as refused:
        ran(f"sqlite:///{tmp_path / 'records.db'}", minutes, use)
    assert refused.value.code == word


def test_a_revision_that_is_not_there(tmp_path: Any) -> None:
    with pytest.raises(Problem) as refused:
        ran(f"sqlite:///{tmp_path / 'r.db'}", 160, lambda house: report(house, revision=7))
    assert refused.value.code == "NO_SUCH_REVISION"


def test_a_cluster_that_began_anew_has_months_of_its_own(place: str) -> None:
    async def use(house: Any) -> Any:
        old = await house.database.levels.statements("acme")
        rows = [Minute(n, row(n)["minute"], row(n)) for n in range(41, 200)]
        await house.database.add_minutes("acme", rows, [], {"ledger": "two"}, anew=True)
        await closing.keep_house(house, "production", "acme")
        every = await house.database.levels.statements("acme")
        return old == every[:1], [(one.ledger, one.revision) for one in every]

    assert ran(place, 160, use) == (True, [("one", 1), ("two", 1)])


JANUARY, MARCH = slot_at("2026-01-10T00:00:00Z"), slot_at("2026-03-31T15:59:00Z")


@pytest.mark.parametrize(
    ("known", "closed", "due"),
    [
        ((JANUARY, MARCH), (), ["2026-01", "2026-02"]),
        ((JANUARY, MARCH + 12), (), ["2026-01", "2026-02", "2026-03"]),
        ((JANUARY, MARCH), ("2026-01",), ["2026-02"]),
        ((JANUARY, JANUARY + 12), (), []),
    ],
    ids=["March is not over for an hour", "now it is", "one is closed", "the first month runs"],
)
def test_which_months_are_due(known: Any, closed: Any, due: list[str]) -> None:
    assert months_due(Span(*known), {"timezone": "Asia/Seoul"}, closed) == due


def test_a_minute_more_than_an_hour_late_changes_nothing_and_is_counted(place: str) -> None:
    async def use(house: Any) -> Any:
        late = [row(200, at=130), row(201, at=20), row(202, at=110)]
        house.rows += [{**one, "tenant": {**one["tenant"], "total": 5000}} for one in late]
        await Collector(house, "me").collect("production")
        _, facts = await house.database.kept("acme")
        sums = await house.database.levels.levels("acme", FIRST, FIRST + 12 * 149)
        return facts[LATE], sums[""].total

    assert ran(place, 149, use) == (1, 147 * 100 + 2 * 5000)


def test_a_process_of_its_own_prints_the_same_bytes(tmp_path: Any) -> None:
    async def use(house: Any) -> Any:
        storage = house.database
        tenant, release = await deployed(storage, "acme")
        _, facts = await storage.kept("acme")
        window = month_at("2026-01", FIRST + 12 * 160, facts)
        assert window is not None
        asked = ToPrint(tenant, release, window, facts, PACK, ("ko",))
        here = await printed(storage, asked)
        assert here is not None
        windows = Agreed.read({"windows": [CORRECTION]}, "Asia/Seoul").windows
        late = ToRevise(here.files["ko"], "Asia/Seoul", windows, 1, ("ko",))
        impossible = asked._replace(facts={**facts, "slo": {"target_ppm": 1_000_000}})
        return (
            [here, await printed(storage, late), None],
            [await storage.levels.printed(one) for one in (asked, late, late._replace(revision=2))],
            await storage.levels.printed(impossible),
        )

    expected, found, said = ran(f"sqlite:///{tmp_path / 'r.db'}", 160, use)
    assert found == expected
    assert "target_ppm" in said
