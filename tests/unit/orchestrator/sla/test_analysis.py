"""The analysis while the simulator answers, while it is away, and what is no period."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from ecp.edge.problems import Problem
from ecp.kube.times import nanoseconds, rfc3339
from ecp.orchestrator.adapters.database import Database
from ecp.orchestrator.ports import ClusterUnreachable
from ecp.orchestrator.records import Minute, Target, Tenant
from ecp.orchestrator.sla import usecases
from ecp.orchestrator.sla.model import is_period

NINE = nanoseconds("2026-01-05T09:00:00Z")
MINUTE = 60_000_000_000


def minute(number: int, runs: Any = (("U", 12),), **more: Any) -> Minute:
    causes = [["fault", "f1", 0, 12]] if runs[0][0] == "D" else []
    row = {
        "runs": [list(run) for run in runs],
        "counts_from": 0,
        "good": 90,
        "total": 100,
        "excess": 0,
        "causes": causes,
        **more,
    }
    return Minute(number, rfc3339(NINE + (number - 1) * MINUTE), {"tenant": row})


class Away:
    """A simulator that does not answer, or only after a while."""

    def __init__(self, seconds: float = 0) -> None:
        self._seconds = seconds

    async def sla(self, tenant_id: str, period: str) -> Any:
        await asyncio.sleep(self._seconds)
        raise ClusterUnreachable("http://nowhere", "refused")


class House:
    def __init__(self, database: Database, simulator: Any) -> None:
        self._database, self._simulator = database, simulator

    async def storage(self, mode: str) -> Database:
        return self._database

    def simulator(self, mode: str) -> Any:
        return self._simulator

    def target(self, mode: str) -> Target:
        return Target("k8s-simulator", "default")

    def now(self) -> int:
        return NINE


def analysed(
    path: Path,
    minutes: list[Minute],
    period: str = "1h",
    *,
    simulator: Any = None,
    facts: dict[str, Any] | None = None,
) -> dict[str, Any]:
    async def asked(database: Database) -> dict[str, Any]:
        await database.add_tenant(Tenant("acme", "", "acme", None, {}, {}, 995_000, "", 1))
        await database.open_release("acme", "d", {}, [], began=NINE, now=1)
        for start in range(0, len(minutes), 1000):
            await database.add_minutes("acme", minutes[start : start + 1000], [], facts)
        house: Any = House(database, simulator or Away())
        return await usecases.analysis(house, "production", "acme", period)

    return asyncio.run(within(path, asked))


async def within(path: Path, asked: Callable[[Database], Awaitable[Any]]) -> Any:
    database = Database(f"sqlite:///{path / 'records.db'}")
    await database.open()
    try:
        return await asked(database)
    finally:
        await database.close()


def test_while_the_simulator_is_away_the_kept_minutes_answer(tmp_path: Path) -> None:
    rows = [minute(n) for n in range(1, 41)]
    rows += [minute(41, (("D", 12),)), *(minute(n) for n in range(42, 51))]
    found = analysed(tmp_path, rows)
    assert (found["known_until"], found["source"]) == ("2026-01-05T09:50:00Z", "kept minutes")
    assert found["window"]["to"] == found["known_until"]
    assert (found["unknown_seconds"], found["observed_seconds"]) == (0, 3000)
    assert (found["downtime_seconds"], found["failure_count"]) == (60, 1)
    assert (found["uptime_percentage"], found["availability"]) == (98.0, 90.0)
    assert found["incidents"][0]["causes"] == [{"kind": "fault", "id": "f1"}]
    assert found["status"] == "breached"
    assert found["clock"]["pace"] is None


def test_a_simulator_that_hangs_is_as_good_as_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usecases, "_PATIENCE_S", 0.05)
    found = analysed(tmp_path, [minute(1)], simulator=Away(60))
    assert found["source"] == "kept minutes"


def test_nothing_kept_is_no_data_and_no_error(tmp_path: Path) -> None:
    found = analysed(tmp_path, [])
    assert (found["status"], found["known_until"]) == ("no_data", None)
    assert found["target_sla"] == 99.5


def test_minutes_from_before_the_order_was_kept_are_left_out(tmp_path: Path) -> None:
    old = [
        Minute(n, rfc3339(NINE + (n - 1) * MINUTE), {"tenant": {"slots": {"up": 12}}})
        for n in range(1, 6)
    ]
    found = analysed(tmp_path, [*old, *(minute(n) for n in range(6, 11))])
    assert found["observed_seconds"] == 300


def test_an_incident_older_than_three_days_keeps_its_beginning(tmp_path: Path) -> None:
    days = 4 * 1440
    rows = [minute(1), *(minute(n, (("D", 12),)) for n in range(2, days))]
    found = analysed(tmp_path, rows, "1h")
    assert (found["failure_count"], found["open_incidents"]) == (0, 1)
    assert found["incidents"][0]["started_at"] == "2026-01-05T09:01:00Z"


def test_the_objective_and_the_corrections_are_the_simulators(tmp_path: Path) -> None:
    rows = [minute(n) for n in range(1, 60)] + [minute(60, (("D", 12),))]
    second = NINE // 1_000_000_000
    facts = {
        "slo": {"target_ppm": 900_000},
        "timezone": "Asia/Seoul",
        "corrections": [[second + 59 * 60, second + 60 * 60]],
    }
    found = analysed(tmp_path, rows, facts=facts)
    assert found["target_sla"] == 90.0
    assert (found["sla_adjusted"], found["sla_raw"]) == (100.0, 98.333)


@pytest.mark.parametrize(
    ("period", "known"),
    [
        ("1h", True),
        ("90m", True),
        ("30d", True),
        ("calendar-month", True),
        ("31d", False),
        ("0h", False),
        ("", False),
        ("1w", False),
        ("24", False),
        ("-1h", False),
        ("1٣h", False),
        ("calendar-week", False),
    ],
)
def test_what_a_period_is(tmp_path: Path, period: str, known: bool) -> None:
    assert is_period(period) is known
    if not known:
        with pytest.raises(Problem) as refused:
            analysed(tmp_path, [], period)
        assert (refused.value.status, refused.value.code) == (422, "INVALID_PERIOD")
