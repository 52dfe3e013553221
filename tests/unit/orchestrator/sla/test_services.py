"""Services of a level: what is kept of them, else what the simulator says of kept slots."""

import asyncio
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ecp.edge.problems import Problem
from ecp.orchestrator.adapters.database import Database
from ecp.orchestrator.ports import ClusterUnreachable
from ecp.orchestrator.records import Minute, Tenant
from ecp.orchestrator.sla import usecases
from ecp.slo.levels import LIMITS_MS
from ecp.slo.windows import instant, slot_at

NINE = slot_at("2026-01-05T09:00:00Z")
_SLOTS = dict.fromkeys(("up", "down", "maintenance", "unknown", "off_duty"), 0)
_LATENCY = {"le_ms": list(LIMITS_MS), "counts": [1] * len(LIMITS_MS), "sketch": [[2100, 2000, 1]]}
_ASKED = {"good": 1, "total": 2, "excess": 0, "latency": _LATENCY}
_TOLD = {**_ASKED, "name": "stt", "slots": {**_SLOTS, "up": 230, "down": 10}, "before": 0}


class Target(NamedTuple):
    real: bool


class House:
    """One store, and a simulator that may be away, or another than the one that told minutes."""

    def __init__(self, database: Database, ledger: str | None, real: bool) -> None:
        self.database, self.ledger, self.real = database, ledger, real
        self.asked: list[tuple[str, str]] = []

    async def storage(self, mode: str) -> Database:
        return self.database

    def target(self, mode: str) -> Target:
        return Target(self.real)

    def simulator(self, mode: str) -> "House":
        return self

    async def services(self, tenant_id: str, first: int, after: int) -> dict[str, Any]:
        if self.ledger is None:
            raise ClusterUnreachable("http://nowhere", "refused")
        self.asked.append((instant(first)[11:16], instant(after)[11:16]))
        return {"ledger": self.ledger, "services": [_TOLD]}


def minute(number: int, kept: bool) -> Minute:
    row = {**_ASKED, "runs": [["U", 12]], "counts_from": 0, "causes": []}
    stt = [{**_ASKED, "name": "stt", "slots": {"up": 12}}] if kept else []
    return Minute(number, instant(NINE + 12 * number), {"tenant": row, "workloads": stt})


def levels(
    path: Path, ledger: str | None, *, kept: bool = False, real: bool = False, **asked: Any
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    async def run() -> Any:
        database = Database(f"sqlite+aiosqlite:///{path}/records.db")
        await database.open()
        try:
            await database.add_tenant(Tenant("acme", "", "acme", None, {}, {}, 995_000, "", 1))
            await database.open_release("acme", "d", {}, [], began=1, now=1)
            rows = [minute(n, kept) for n in range(60)]
            await database.add_minutes("acme", rows, [], {"ledger": "one"})
            house: Any = House(database, ledger, real)
            given = {"month": None, "period": "24h", **asked}
            return await usecases.levels(house, "production", "acme", **given), house.asked
        finally:
            await database.close()

    found: tuple[dict[str, Any], list[tuple[str, str]]] = asyncio.run(run())
    return found


@pytest.mark.parametrize(
    ("given", "source", "names", "asked"),
    [
        ({"ledger": "one"}, "simulator", ["stt"], [("09:00", "10:00")]),
        (
            {"ledger": "one", "span": ("2026-01-05T09:10:00Z", "2026-01-05T09:30:00Z")},
            "simulator",
            ["stt"],
            [("09:10", "09:30")],
        ),
        ({"ledger": "two"}, None, [], [("09:00", "10:00")]),
        ({"ledger": None}, None, [], []),
        ({"ledger": "one", "kept": True}, "kept minutes", ["stt"], []),
        ({"ledger": "one", "real": True}, "kept minutes", [], []),
    ],
    ids=[
        "of the slots that are kept the simulator is asked",
        "of a span",
        "a cluster that began anew says nothing of minutes before",
        "a simulator that is away",
        "what is kept is not asked for",
        "of a real cluster what is kept is all",
    ],
)
def test_who_says_what_the_services_did(
    tmp_path: Path, given: Any, source: str | None, names: list[str], asked: Any
) -> None:
    found, calls = levels(tmp_path, **given)
    assert found["services_source"] == source
    assert [row["service"] for row in found["services"]] == names
    assert calls == asked


def test_what_the_simulator_says_is_filled_up_to_the_window(tmp_path: Path) -> None:
    found, _ = levels(tmp_path, "one", span=("2026-01-05T09:10:00Z", "2026-01-05T09:40:00Z"))
    row = found["services"][0]
    seconds = {name: row[f"{name}_seconds"] for name in ("up", "downtime", "unknown")}
    assert seconds == {"up": 1150, "downtime": 50, "unknown": 1800 - 1200}
    assert row["requests"] == {"good": 1, "total": 2, "excess": 0}
    assert found["window"]["from"] == "2026-01-05T09:10:00Z"


@pytest.mark.parametrize(
    "asked",
    [
        {"month": "2026-01", "span": ("2026-01-05T09:10:00Z", None)},
        {"span": ("yesterday", None)},
    ],
    ids=["a month and a span", "no instant"],
)
def test_what_is_no_window(tmp_path: Path, asked: Any) -> None:
    with pytest.raises(Problem) as refused:
        levels(tmp_path, "one", **asked)
    assert refused.value.code == "INVALID_PERIOD"
