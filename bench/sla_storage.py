"""What is kept of service levels, in a real database file of 200 tenants with 10 services each.

    python -m bench sla_storage

The file has the hours of 31 days and the minutes of one day of all, written by the database itself.
Wall time, medians of 25, each of another tenant. The window of the query lies at minutes, so that
both minutes and hours take part in it. A minute of one of 200 tenants may take 300 ms to be kept.
"""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Final

from sqlalchemy import Connection, insert, text

from ecp.orchestrator.adapters.database import Database
from ecp.orchestrator.adapters.levels import roll_up
from ecp.orchestrator.adapters.tables import SERVICES, SUMS
from ecp.orchestrator.records import Tenant
from ecp.slo.kept import KeptMinute
from ecp.slo.levels import LIMITS_MS, Rolled
from ecp.slo.windows import slot_at

TENANTS: Final = 200
SERVED: Final = 10
DAY: Final = 24 * 60
FIRST: Final = slot_at("2026-01-05T00:00:00Z")
_ROUNDS: Final = 25


def _fill(connection: Connection) -> None:
    """Write what is kept after 31 days, by the database itself: hours of all, minutes of a day."""
    names = ["", *(f"s{n}" for n in range(SERVED))]
    told = [{"tenant_id": f"t{t:03}", "name": name} for t in range(TENANTS) for name in names]
    connection.execute(insert(SERVICES), told)
    down = "(n % 97 = 0) * 3"
    row = {**dict.fromkeys(SUMS, "0"), "up": f"12 - {down}", "down": down, "good": "118"}
    row |= {"total": "120", **{f"within_{limit}": "117" for limit in LIMITS_MS}}
    hour = {name: f"60 * ({value})" for name, value in row.items()}
    _spread(connection, "sla_minutes", {**row, "runs": f"'U' || (12 - {down})"}, 0, DAY, 60)
    _spread(connection, "sla_hours", {**hour, "minutes": "60"}, -30 * 24, 24, 3600)


def _spread(
    connection: Connection, table: str, row: Mapping[str, str], first: int, after: int, step: int
) -> None:
    """Write a row of each service at each of the steps (s) [first, after) of the first day."""
    connection.execute(
        text(
            f"WITH RECURSIVE at(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM at "
            f"WHERE n < {after - 1}) INSERT INTO {table} (service_id, start, {', '.join(row)}) "
            f"SELECT id, {5 * FIRST} + {step} * n, {', '.join(row.values())} "
            "FROM sla_services CROSS JOIN at"
        )
    )


async def _measured(folder: Path) -> None:
    file = folder / "records.db"
    database = Database(f"sqlite:///{file}")
    await database.open()
    for number in range(TENANTS):
        name = f"t{number:03}"
        await database.add_tenant(Tenant(name, "", name, None, {}, {}, 995_000, "", 1))
    began = time.perf_counter()
    async with database._transaction() as connection:
        await connection.run_sync(_fill)
    size = file.stat().st_size / 1e6
    print(f"  a day of {TENANTS} × {SERVED}, and hours of 31 days: {size:.0f} MB, written in "
          f"{time.perf_counter() - began:.0f} s", flush=True)  # fmt: skip

    async def levels(number: int) -> None:
        first = FIRST + 12 * (DAY - 60 * 23 - 31)
        found = await database.levels.levels(
            f"t{number:03}", first - 12 * 29, FIRST + 12 * DAY - 348
        )
        assert len(found) == SERVED + 1

    async def order(number: int) -> None:
        found = await database.levels.minutes(f"t{number:03}", FIRST, FIRST + 12 * DAY, "")
        assert len(found[""]) == DAY

    _said("24 h of one tenant, all services: sums", await _spent(levels), 15)
    _said("24 h of one tenant as a whole: the order of its slots", await _spent(order), 15)
    minute = Rolled(KeptMinute(FIRST + 12 * DAY, (("U", 12),), 0, 1, 1, 0, ()), (0,) * 13)
    names = ["", *(f"s{n}" for n in range(SERVED))]

    async def kept(number: int) -> None:
        async with database._transaction() as connection:
            rolled = dict.fromkeys(names, minute)
            await connection.run_sync(roll_up, f"t{number:03}", [rolled])

    _said("a minute of one tenant kept, with its hour", await _spent(kept), 300)
    await database.close()


async def _spent(call: Callable[[int], Awaitable[None]]) -> list[float]:
    """Return the milliseconds of each round, each of another tenant."""
    found = []
    for number in range(_ROUNDS):
        began = time.perf_counter()
        await call(number * 7 % TENANTS)
        found.append(1000 * (time.perf_counter() - began))
    return found


def _said(what: str, spent: list[float], reach: float) -> None:
    middle = median(spent)
    print(f"{what:<62} {middle:>9.3f} ms  ({min(spent):.2f} … {max(spent):.2f})  reach {reach:g} ms"
          f"  ratio {middle / reach:.2f}", flush=True)  # fmt: skip


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_measured(Path(folder)))
