"""What is kept of service levels: rolled up without loss, let go of in time, on both databases."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from ecp.orchestrator.adapters.database import Database
from ecp.orchestrator.records import COLLECTED, Figure, Minute, Tenant
from ecp.slo.levels import LIMITS_MS, Bounds, Level, bounds, rolled
from ecp.slo.windows import instant, slot_at

FIRST = slot_at("2026-01-05T09:00:00Z")
DAY = 24 * 720


def ran(place: str, use: Callable[[Database], Awaitable[Any]]) -> Any:
    async def whole() -> Any:
        database = Database(place)
        await database.open()
        try:
            await database.add_tenant(Tenant("acme", "", "acme", None, {}, {}, 995_000, "", 1))
            return await use(database)
        finally:
            await database.close()

    return asyncio.run(whole())


def minute(number: int, *, down: int = 0, born: int = 0, at: int | None = None) -> Minute:
    """Minute *number* after nine; *down* of its slots are down; `stt` has it all the other way."""
    total = 0 if born == 12 else 10 + number % 7
    asked = {"good": total - total // 2 * (down > 0), "total": total, "excess": number % 3}
    counts = [min(asked["good"], limit // 50) for limit in LIMITS_MS]
    times = [[2100 + number // 40, 2000, asked["good"]]] if asked["good"] else []
    latency = {"le_ms": list(LIMITS_MS), "counts": counts, "count": total, "sketch": times}
    row = {**asked, "latency": latency}
    runs = [["U", 12 - down], ["D", down]] if 0 < down < 12 else [["D" if down else "U", 12]]
    causes = [["fault", "f1", 12 - down, 12]] if down else []
    tenant = {**row, "runs": runs, "counts_from": born, "causes": causes}
    stt = {**row, "name": "stt", "slots": {"up": 12}}
    if number % 3 == 0:
        tenant |= {"voice": {"calls": 9, "answered": 9 - number % 2, "cut": number % 4}}
    where = FIRST + 12 * (number if at is None else at)
    return Minute(number, instant(where), {"tenant": tenant, "workloads": [stt]})


def some(count: int) -> list[Minute]:
    return [
        minute(n, down=(n % 13) * (n % 5 == 0), born=max(0, min(12, 12 * 65 + 5 - 12 * n)))
        for n in range(1, count + 1)
    ]


def summed(minutes: list[Minute], first: int, after: int) -> dict[str, Level]:
    """The sums of slots [first, after), from the minutes themselves."""
    found: dict[str, Level] = {}
    for one in minutes:
        start = slot_at(one.minute)
        if first <= start < after:
            for name, row in rolled(start, one.body).items():
                found[name] = found.get(name, Level()).plus(row.level)
    return {name: level.filled(after - first) for name, level in found.items()}


WINDOWS = {
    "whole hours": (60, 240),
    "minutes at both ends": (17, 221),
    "inside one hour": (65, 80),
    "a window that nothing is kept of in part": (-30, 400),
    "one minute": (100, 101),
}


def test_any_window_of_minutes_is_the_sum_of_its_minutes(place: str) -> None:
    rows = some(300)

    async def use(database: Database) -> list[dict[str, Level]]:
        for start in range(0, 300, 47):  # pieces that no hour begins with
            await database.add_minutes("acme", rows[start : start + 47], [])
        return [
            await database.levels.levels("acme", FIRST + 12 * a, FIRST + 12 * b)
            for a, b in WINDOWS.values()
        ]

    for found, (a, b) in zip(ran(place, use), WINDOWS.values(), strict=True):
        assert found == summed(rows, FIRST + 12 * a, FIRST + 12 * b), (a, b)
        assert all(level.slots == 12 * (b - a) for level in found.values())


def test_minutes_are_read_as_they_were_told(place: str) -> None:
    rows = some(130)

    async def use(database: Database) -> Any:
        await database.add_minutes("acme", rows, [])
        return (
            await database.levels.minutes("acme", FIRST, FIRST + DAY),
            await database.levels.minutes("acme", FIRST, FIRST + DAY, "stt"),
            await database.levels.known("acme"),
        )

    every, own, known = ran(place, use)
    told = [rolled(slot_at(row.minute), row.body) for row in rows]
    assert every == {name: [one[name].minute for one in told] for name in ("", "stt")}
    assert own == {"stt": every["stt"]}
    assert known == (FIRST + 12, FIRST + 12 * 131)


def test_a_minute_that_comes_late_takes_its_place_and_its_hour_follows(place: str) -> None:
    before = some(150)
    late = minute(200, down=7, at=70)
    expected = [*before[:69], late, *before[70:]]

    async def use(database: Database) -> Any:
        await database.add_minutes("acme", before, [])
        for sequence in (200, 201):  # said twice it is counted once
            again = Minute(sequence, late.minute, late.body)
            await database.add_minutes("acme", [again], [])
        return await database.levels.levels("acme", FIRST, FIRST + 12 * 240)

    assert ran(place, use) == summed(expected, FIRST, FIRST + 12 * 240)


def test_what_is_let_go_of_stays_in_the_sums(place: str) -> None:
    rows = some(300)

    def figure(row: Minute, source: str) -> Figure:
        return Figure("acme", "sla", "availability", row.sequence, "%", source, row.minute)

    async def use(database: Database) -> Any:
        figures = [figure(row, COLLECTED) for row in rows]
        await database.add_minutes("acme", rows, [*figures, figure(rows[0], "operator")])
        limits = Bounds(FIRST + 12 * 200, FIRST + 12 * 120, FIRST + 12 * 60)
        await database.levels.thin("acme", limits)
        left = await database.figures("acme", "sla", 999)
        assert sorted(row.metric_value for row in left) == [1, *range(200, 301)]
        return (
            await database.minutes_since("acme", "", 999),
            await database.levels.minutes("acme", FIRST, FIRST + DAY, ""),
            await database.levels.levels("acme", FIRST, FIRST + 12 * 300),
        )

    raw, kept, sums = ran(place, use)
    assert [row.sequence for row in raw] == list(range(200, 301))
    assert kept[""][0].start == FIRST + 12 * 120
    # Hours from the second on are whole; what came before is unknown.
    rest = summed(rows, FIRST + 12 * 60, FIRST + 12 * 300)
    assert sums == {name: level.filled(12 * 300) for name, level in rest.items()}


@pytest.mark.parametrize(
    ("needed", "minutes"),
    [((), -90 * DAY), ([-3 * DAY], -90 * DAY), ([-100 * DAY, -3 * DAY], -100 * DAY)],
    ids=["nothing is due", "the month that runs", "a month that could not be closed"],
)
def test_how_long_what_is_kept(needed: Any, minutes: int) -> None:
    newest = 10**9
    found = bounds(newest, [newest + at for at in needed])
    assert found == (newest - 2 * DAY, newest + minutes, newest - 775 * DAY)


def test_a_cluster_that_began_anew_leaves_no_sums(place: str) -> None:
    async def use(database: Database) -> Any:
        await database.add_minutes("acme", some(90), [])
        await database.add_minutes("acme", [minute(1)], [], {}, anew=True)
        return await database.levels.levels("acme", FIRST, FIRST + 12 * 120)

    assert ran(place, use) == summed([minute(1)], FIRST, FIRST + 12 * 120)


def test_records_from_before_there_were_sums_are_rolled_up(place: str) -> None:
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import create_async_engine

    from ecp.orchestrator.adapters import migrating
    from ecp.orchestrator.adapters.connecting import driven

    rows = some(600)

    def aged(connection: Any) -> None:
        migrating.downgrade(connection, "0001")
        for table in ("sla_minutes", "sla_hours", "sla_services", "alembic_version"):
            connection.execute(text(f"DROP TABLE {table}"))

    async def use(database: Database) -> Any:
        await database.add_minutes("acme", rows, [])
        await database.close()
        engine = create_async_engine(driven(place))
        await migrating.alone(engine, aged)
        await engine.dispose()
        again = Database(place)
        await again.open()
        try:
            return await again.levels.levels("acme", FIRST, FIRST + DAY)
        finally:
            await again.close()

    assert ran(place, use) == summed(rows, FIRST, FIRST + DAY)


@pytest.mark.parametrize(
    "wrong",
    [{"up": 3}, {"good": 99, "total": 1}],
    ids=["slots that are not twelve", "more good requests than requests"],
)
def test_sums_that_cannot_be_are_refused_by_the_database(place: str, wrong: Any) -> None:
    from sqlalchemy import insert
    from sqlalchemy.exc import IntegrityError

    from ecp.orchestrator.adapters.tables import SLA_MINUTES, SUMS

    async def use(database: Database) -> None:
        await database.add_minutes("acme", [minute(1)], [])
        values = {**dict.fromkeys(SUMS, 0), "service_id": 1, "start": 0, "runs": "U12", "up": 12}
        async with database._transaction() as connection:
            await connection.execute(insert(SLA_MINUTES).values({**values, **wrong}))

    with pytest.raises(IntegrityError, match=r"(?i)check"):
        ran(place, use)
