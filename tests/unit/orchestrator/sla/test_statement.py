"""The statement of kept minutes: of a month, of a service, while the simulator is away or not."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ecp.edge.problems import Problem
from ecp.kube.times import nanoseconds, rfc3339
from ecp.orchestrator.adapters.database import Database
from ecp.orchestrator.ports import ClusterUnreachable
from ecp.orchestrator.records import Minute, Tenant
from ecp.orchestrator.sla import usecases
from ecp.orchestrator.sla.model import demand_holidays
from ecp.slo.windows import calendar

NINE = nanoseconds("2026-01-05T09:00:00Z")


def minute(number: int) -> Minute:
    down = number == 40
    runs = [["U", 4], ["D", 8]] if down else [["U", 12]]
    slots = {"up": 4, "down": 8} if down else {"up": 12, "down": 0}
    asked = {"good": 90, "total": 100, "excess": 0}
    tenant = {"runs": runs, "counts_from": 0, "causes": [], **asked}
    stt = {"name": "stt", "slots": slots, **asked, **({"runs": runs} if down else {})}
    at = rfc3339(NINE + (number - 1) * 60_000_000_000)
    return Minute(number, at, {"tenant": tenant, "workloads": [stt]})


_SLOTS = {"up": 700, "down": 20, "maintenance": 0, "unknown": 0, "off_duty": 0}
SUMMED = {
    "name": "stt",
    "slots": _SLOTS,
    "before": 0,
    "good": 9,
    "total": 10,
    "excess": 0,
    "latency": {"sketch": [[2100, 2000, 9]]},
}


class Simulator:
    """Tells the terms that hold now; or does not answer."""

    def __init__(self, agreed: Any = None) -> None:
        self.agreed = agreed

    async def minutes(self, tenant_id: str, since: int, limit: int) -> Any:
        if self.agreed is None:
            raise ClusterUnreachable("http://nowhere", "refused")
        return {"ledger": "one", "agreed": self.agreed}

    async def services(self, tenant_id: str, first: int, after: int) -> Any:
        if self.agreed is None:
            raise ClusterUnreachable("http://nowhere", "refused")
        return {"ledger": "one", "services": [SUMMED]}

    async def fault_kinds(self) -> list[Any]:
        if self.agreed is None:
            raise ClusterUnreachable("http://nowhere", "refused")
        return []

    async def faults(self, namespace: str) -> list[Any]:
        return []


class House:
    def __init__(self, database: Database, simulator: Simulator) -> None:
        self._database, self._simulator = database, simulator

    async def storage(self, mode: str) -> Database:
        return self._database

    def simulator(self, mode: str) -> Simulator:
        return self._simulator


def stated(path: Path, simulator: Simulator, **asked: Any) -> tuple[dict[str, Any], str]:
    async def run() -> tuple[bytes, str]:
        database = Database(f"sqlite+aiosqlite:///{path}/records.db")
        await database.open()
        try:
            await database.add_tenant(Tenant("acme", "", "acme", None, {}, {}, 995_000, "", 1))
            await database.open_release("acme", "d", {}, [], began=NINE, now=NINE)
            facts = {"ledger": "one", "agreed": {"notice_seconds": 7}}
            rows = [minute(n) for n in range(1, 61)]
            if asked.pop("bare", False):
                rows = [replace(row, body={"tenant": row.body["tenant"]}) for row in rows]
            await database.add_minutes("acme", rows, [], facts)
            given = {"month": None, "period": None, **asked}
            return await usecases.statement(
                House(database, simulator),  # type: ignore[arg-type]
                "production",
                "acme",
                form="json",
                language="en",
                **given,
            )
        finally:
            await database.close()

    content, name = asyncio.run(run())
    return json.loads(content), name


def test_a_month_of_kept_minutes(tmp_path: Path) -> None:
    found, name = stated(tmp_path, Simulator(), month="2026-01")
    assert name == "acme-2026-01.json"
    assert found["composite"]["downtime_seconds"] == 40
    assert [row["service"] for row in found["services"]] == ["stt"]
    assert found["services"][0]["failure_count"] == 1
    assert found["period"]["closed"] is False
    assert found["maintenance_terms"]["notice_seconds"] == 7


@pytest.mark.parametrize(
    ("span", "window", "down"),
    [
        (("2026-01-05T09:30:20Z", "2026-01-05T09:50:59Z"), ("09:30", "09:50"), 40),
        (("2026-01-05T18:00:00+09:00", "2026-01-05T09:39:00Z"), ("09:00", "09:39"), 0),
        (("2026-01-05T09:30:00Z", None), ("09:30", "10:00"), 40),
        (("2026-01-05T09:30:00Z", "2027-01-05T09:30:00Z"), ("09:30", "10:00"), 40),
    ],
    ids=["whole minutes", "of another zone", "until now", "no further than is known"],
)
def test_a_span_between_two_instants(
    tmp_path: Path, span: Any, window: tuple[str, str], down: int
) -> None:
    found, name = stated(tmp_path, Simulator(), span=span)
    first, last = (f"2026-01-05T{at}:00Z" for at in window)
    assert (found["period"]["from"], found["period"]["until"]) == (first, last)
    assert found["composite"]["downtime_seconds"] == down
    assert found["period"]["closed"] is True
    assert name == f"acme-{first.replace(':', '')}-{last.replace(':', '')}.json"


def test_what_holds_now_is_asked_of_the_simulator(tmp_path: Path) -> None:
    found, _ = stated(tmp_path, Simulator({"notice_seconds": 60}), period="1h")
    assert found["maintenance_terms"]["notice_seconds"] == 60


@pytest.mark.parametrize(
    ("asked", "word"),
    [
        ({"month": "2026-13"}, "INVALID_PERIOD"),
        ({"month": "2026-01", "period": "1h"}, "INVALID_PERIOD"),
        ({"period": "1y"}, "INVALID_PERIOD"),
        ({"span": ("2026-01-05T09:00:00Z", None), "period": "1h"}, "INVALID_PERIOD"),
        ({"span": ("yesterday", None)}, "INVALID_PERIOD"),
        ({"span": ("2026-01-05T09:00:00", None)}, "INVALID_PERIOD"),
        ({"span": (None, "2026-01-05T09:10:00Z")}, "INVALID_PERIOD"),
        ({"span": ("2026-01-05T09:10:30Z", "2026-01-05T09:10:50Z")}, "INVALID_PERIOD"),
        ({"month": "2025-01"}, "NOTHING_KEPT"),
        ({"month": "2026-02"}, "NOTHING_KEPT"),
    ],
    ids=[
        "no month",
        "both",
        "no period",
        "a span and a period",
        "no instant",
        "an instant without its zone",
        "a span without a beginning",
        "less than a minute",
        "before there was anything",
        "not begun yet",
    ],
)
def test_what_cannot_be_stated(tmp_path: Path, asked: Any, word: str) -> None:
    with pytest.raises(Problem) as refused:
        stated(tmp_path, Simulator(), **asked)
    assert refused.value.code == word


MAY = calendar("month", nanoseconds("2026-05-10T00:00:00Z") // 10**9, "Asia/Seoul")


@pytest.mark.parametrize(
    ("units", "shape", "days"),
    [
        ({"chatbot": 5}, None, ["01", "05", "24", "25"]),
        ({"chatbot": 5, "stt": 1}, {"days": {"2026-05-04": "Founding day", "2026-05-05": ""}},
         ["01", "04", "24", "25"]),
        ({"chatbot": 5}, {"calendar": "none"}, []),
        ({"chatbot": 0}, None, []),
        ({}, None, []),
    ],
    ids=[
        "the calendar of the profile",
        "a day of one's own and one that is worked, once for two profiles",
        "no calendar",
        "nobody asks",
        "no demand",
    ],
)  # fmt: skip
def test_the_holidays_that_the_demand_followed(
    units: dict[str, int], shape: dict[str, Any] | None, days: list[str]
) -> None:
    tenant = Tenant("acme", "", "acme", None, units, {"shape": shape}, 995_000, "", 1)
    found = demand_holidays(tenant, replace(MAY, end=MAY.full_end))
    assert [row["date"] for row in found] == [f"2026-05-{day}" for day in days]
    # Only as far as is known.
    assert demand_holidays(tenant, replace(MAY, end=MAY.start)) == ()


@pytest.mark.parametrize(
    ("agreed", "bare", "services"),
    [
        ({}, True, [("stt", 97.222, {"good": 9, "total": 10})]),
        (None, True, []),
        ({}, False, []),
    ],
    ids=["as the simulator's ledger has them", "none while it is away", "whose minutes are kept"],
)
def test_services_of_which_no_minutes_are_kept_are_printed(
    tmp_path: Path, agreed: Any, bare: bool, services: Any
) -> None:
    found, _ = stated(tmp_path, Simulator(agreed), period="1h", bare=bare)
    rows = found.get("service_sums", [])
    assert [(r["service"], r["uptime_percentage"], r["requests"]) for r in rows] == services
    assert [row["service"] for row in found["services"]] == ([] if bare else ["stt"])
