"""From closed minutes to rows of MonitoringData: every minute once, none of somebody else's."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from ecp.kube.times import nanoseconds, rfc3339
from ecp.orchestrator.adapters.database import Database
from ecp.orchestrator.records import Figure, Tenant
from ecp.orchestrator.sla import collector as collector_module
from ecp.orchestrator.sla.collector import Collector, figures_of

NINE = nanoseconds("2026-01-05T09:00:00Z")
MINUTE = 60_000_000_000


def minute(number: int, *, up: int = 12, down: int = 0, good: int = 0, total: int = 0) -> Any:
    slots = {"up": up, "down": down, "maintenance": 0, "unknown": 12 - up - down, "off_duty": 0}
    return {
        "sequence": number,
        "minute": rfc3339(NINE + (number - 1) * MINUTE),
        "tenant": {"slots": slots, "good": good, "total": total, "counts": True},
    }


def shown(row: Any) -> dict[str, float]:
    return {f.metric_name: f.metric_value for f in figures_of("acme", row)}


@pytest.mark.parametrize(
    ("row", "figures"),
    [
        (minute(1), {"availability": 100.0, "uptime_percentage": 100.0}),
        (
            minute(1, up=9, down=3, good=50, total=200),
            {"availability": 25.0, "uptime_percentage": 75.0},
        ),
        (minute(1, up=6, down=6), {"availability": 50.0, "uptime_percentage": 50.0}),
        (minute(1, up=0, down=0), {}),
    ],
    ids=["all up", "requests", "no requests: up time", "unknown"],
)  # fmt: skip
def test_figures_of_a_minute(row: Any, figures: dict[str, float]) -> None:
    assert shown(row) == figures


def test_before_the_birth_nothing_counts() -> None:
    row = minute(1, up=0, down=12)
    row["tenant"]["counts"] = False
    assert shown(row) == {}


class Simulator:
    """Answers with the minutes after a sequence, in pieces."""

    def __init__(self, rows: list[Any]) -> None:
        self.rows = rows
        self.ledger = ""

    async def minutes(self, tenant_id: str, since: int, limit: int) -> Any:
        said = {"ledger": self.ledger} if self.ledger else {}
        return {**said, "minutes": [row for row in self.rows if row["sequence"] > since][:limit]}


class House:
    """A house with one store, and a simulator of which only the minutes are asked."""

    def __init__(self, database: Database, rows: list[Any]) -> None:
        self._database, self._simulator = database, Simulator(rows)

    async def storage(self, mode: str) -> Database:
        return self._database

    def simulator(self, mode: str) -> Simulator:
        return self._simulator

    def now(self) -> int:
        return NINE


def collected(path: Path, rows: list[Any], *, began: int, twice: bool = False) -> list[Figure]:
    async def whole() -> list[Figure]:
        database = Database(f"sqlite:///{path / 'records.db'}")
        await database.open()
        try:
            await database.add_tenant(Tenant("acme", "", "acme", None, {}, {}, 995_000, "", 1))
            await database.open_release("acme", "d", {}, [], began=began, now=1)
            for _ in range(2 if twice else 1):
                await Collector(House(database, rows), "me").collect("production")  # type: ignore[arg-type]
            return await database.figures("acme", "sla", 10_000)
        finally:
            await database.close()

    return asyncio.run(whole())


def test_every_minute_is_kept_once_however_many_there_are(tmp_path: Path) -> None:
    rows = [minute(number) for number in range(1, 1203)]
    found = collected(tmp_path, rows, began=NINE, twice=True)
    assert len(found) == 2 * 1202
    assert len({(f.timestamp, f.metric_name) for f in found}) == 2 * 1202


def ordered(number: int, **said: Any) -> Any:
    """A minute as a ledger tells it now: with the order of its slots."""
    row = minute(number)
    whole = {"runs": [["U", 12]], "counts_from": 0, "excess": 0, "causes": [], **said}
    row["tenant"].update(whole)
    return row


@pytest.mark.parametrize(
    "lie",
    [
        pytest.param({"good": 7, "total": 3}, id="more good requests than requests"),
        pytest.param({"good": -1}, id="less than none"),
        pytest.param({"runs": [["U", 13]]}, id="thirteen slots in their order"),
        pytest.param({"slots": {"up": 11, "down": 0}}, id="eleven slots"),
    ],
)
def test_a_minute_that_contradicts_itself_is_unknown_and_the_next_is_kept(
    tmp_path: Path, lie: Any, caplog: pytest.LogCaptureFixture
) -> None:
    found = collected(tmp_path, [ordered(1), ordered(2, **lie), ordered(3)], began=NINE)
    up = [f.timestamp for f in found if f.metric_name == "uptime_percentage"][::-1]
    assert up == [rfc3339(NINE), rfc3339(NINE + 2 * MINUTE)]
    assert [m for m in caplog.messages if "contradicts" in m] == [
        f"collector: minute {rfc3339(NINE + MINUTE)} of acme contradicts itself "
        "and is kept as unknown"
    ]


# -- a cluster that began anew ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "said"),
    [
        pytest.param("", range(1, 11), id="from the beginning"),
        pytest.param("one", range(1, 11), id="of a cluster that was put back to a snapshot"),
    ],
)
def test_minutes_of_a_deleted_tenant_of_the_same_name_are_left_out(
    tmp_path: Path, before: str, said: range
) -> None:
    """The tenant was made anew five minutes after nine; minutes from nine on are told of."""

    async def whole() -> list[str]:
        database = Database(f"sqlite:///{tmp_path / 'records.db'}")
        await database.open()
        try:
            await database.add_tenant(Tenant("acme", "", "acme", None, {}, {}, 995_000, "", 1))
            await database.open_release("acme", "d", {}, [], began=NINE + 5 * MINUTE + 1, now=1)
            house = House(database, [minute(11)])
            house.simulator("").ledger = before
            collector = Collector(house, "me")  # type: ignore[arg-type]
            if before:
                await collector.collect("production")
            house.simulator("").rows = [minute(number) for number in said]
            house.simulator("").ledger = f"{before}-1"
            await collector.collect("production")
            return [one.minute for one in await database.minutes_since("acme", "", 100)]
        finally:
            await database.close()

    assert asyncio.run(whole()) == [rfc3339(NINE + at * MINUTE) for at in range(5, 10)]


@pytest.mark.parametrize(
    ("before", "after", "later", "kept"),
    [
        pytest.param("one", "two", 60, [61, 62, 63], id="reset: its first minutes replace the old"),
        pytest.param("one", "two", 0, [1, 2, 3], id="reset, and its clock stands where it stood"),
        pytest.param("one", "one", 60, [*range(1, 11)], id="restarted: the sequence goes on"),
        pytest.param("", "two", 60, [*range(1, 11)], id="nobody said which: as before"),
        pytest.param("one", "", 60, [*range(1, 11)], id="nobody says which any more: as before"),
    ],
)
def test_after_a_reset_the_minutes_are_collected_anew(
    tmp_path: Path, before: str, after: str, later: int, kept: list[int]
) -> None:
    """Kept are ten minutes; then there are three, from sequence 1 on, *later* minutes later."""

    async def whole() -> tuple[list[str], tuple[int, str]]:
        database = Database(f"sqlite:///{tmp_path / 'records.db'}")
        await database.open()
        try:
            await database.add_tenant(Tenant("acme", "", "acme", None, {}, {}, 995_000, "", 1))
            await database.open_release("acme", "d", {}, [], began=NINE, now=1)
            house = House(database, [minute(number) for number in range(1, 11)])
            house.simulator("").ledger = before
            collector = Collector(house, "me")  # type: ignore[arg-type]
            await collector.collect("production")
            anew = [{**minute(number + later), "sequence": number} for number in range(1, 4)]
            house.simulator("").rows = anew
            house.simulator("").ledger = after
            await collector.collect("production")
            await collector.collect("production")
            found = await database.minutes_since("acme", "", 100)
            return [one.minute for one in found], await database.last_minute("acme")
        finally:
            await database.close()

    minutes, last = asyncio.run(whole())
    assert minutes == [rfc3339(NINE + (number - 1) * MINUTE) for number in kept]
    assert last == (3 if len(kept) == 3 else 10, after if len(kept) == 3 else before)


def test_a_new_cluster_whose_first_minute_is_still_to_come_takes_nothing_away(
    tmp_path: Path,
) -> None:
    async def whole() -> int:
        database = Database(f"sqlite:///{tmp_path / 'records.db'}")
        await database.open()
        try:
            await database.add_tenant(Tenant("acme", "", "acme", None, {}, {}, 995_000, "", 1))
            await database.open_release("acme", "d", {}, [], began=NINE, now=1)
            house = House(database, [minute(number) for number in range(1, 11)])
            house.simulator("").ledger = "one"
            collector = Collector(house, "me")  # type: ignore[arg-type]
            await collector.collect("production")
            house.simulator("").rows, house.simulator("").ledger = [], "two"
            assert await collector.collect("production") == 0
            return len(await database.minutes_since("acme", "", 100))
        finally:
            await database.close()

    assert asyncio.run(whole()) == 10


def test_a_pause_ends_by_the_settings_of_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector_module, "_EVERY_S", 0.01)

    class Paced:
        every = 3600.0

        def interval(self, mode: str) -> float:
            return self.every

    async def play() -> None:
        house = Paced()
        pause = asyncio.create_task(Collector(house, "me")._rest("production"))  # type: ignore[arg-type]
        await asyncio.sleep(0.03)
        assert not pause.done()
        house.every = 0.02
        await asyncio.wait_for(pause, 5)

    asyncio.run(play())
