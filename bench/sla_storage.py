"""What is kept of service levels, in real databases of 200 tenants with 10 services each.

    python -m bench sla_storage

One is an SQLite file, one on a PostgreSQL server of its own. Each has the hours of 31 days and the
minutes of one day of all, written by the database itself, with five marks of response times an
hour. Wall time, medians of 25, each of another tenant. The window of the query lies at minutes, so
that both minutes and hours take part in it. A minute of one of 200 tenants may take 300 ms to be
kept. Then a month of one tenant more is closed: all minutes of 31 days of all services are read,
judged and printed in two languages, by a process of its own; how long this one's loop was held up
meanwhile is what others wait.
"""

import asyncio
import os
import pwd
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Final

from sqlalchemy import Connection, insert, text

from ecp.orchestrator.adapters.database import Database
from ecp.orchestrator.adapters.levels import roll_up
from ecp.orchestrator.adapters.tables import SERVICES, SUMS
from ecp.orchestrator.records import Release, Tenant
from ecp.orchestrator.sla.printing import PACK, ToPrint, made
from ecp.slo.answering import Answering
from ecp.slo.kept import KeptMinute
from ecp.slo.levels import LIMITS_MS, Rolled
from ecp.slo.slots import Span, State
from ecp.slo.windows import calendar, slot_at

TENANTS: Final = 200
SERVED: Final = 10
DAY: Final = 24 * 60
FIRST: Final = slot_at("2026-01-05T00:00:00Z")
_ROUNDS: Final = 25
_SIZES: Final = {
    "sqlite": "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
    "postgresql": "SELECT pg_database_size('bench')",
}


def _fill(connection: Connection) -> None:
    """Write what is kept after 31 days, by the database itself: hours of all, minutes of a day."""
    names = ["", *(f"s{n}" for n in range(SERVED))]
    told = [{"tenant_id": f"t{t:03}", "name": name} for t in range(TENANTS) for name in names]
    connection.execute(insert(SERVICES), told)
    down = "CASE WHEN n % 97 = 0 THEN 3 ELSE 0 END"
    row = {**dict.fromkeys(SUMS, "0"), "up": f"12 - {down}", "down": down, "good": "118"}
    row |= {"total": "120", **{f"within_{limit}": "117" for limit in LIMITS_MS}}
    row |= {"calls": "20", "answered": "19"}
    hour = {name: f"60 * ({value})" for name, value in row.items()}
    marks = "'2489~' || (2300 + n % 5) || 'x118'"
    minute = {**row, "runs": f"'U' || (12 - {down})", "sketch": marks}
    _spread(connection, "sla_minutes", minute, 0, DAY, 60)
    many = " || ' ' || ".join(f"'2489~' || (2300 + {step} + n % 9) || 'x1416'" for step in range(5))
    _spread(connection, "sla_hours", {**hour, "minutes": "60", "sketch": many}, -30 * 24, 24, 3600)


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


async def _measured(url: str) -> None:
    database = Database(url)
    await database.open()
    for number in range(TENANTS):
        name = f"t{number:03}"
        await database.add_tenant(Tenant(name, "", name, None, {}, {}, 995_000, "", 1))
    began = time.perf_counter()
    async with database._transaction() as connection:
        await connection.run_sync(_fill)
        name = connection.dialect.name
        size = await connection.scalar(text(_SIZES[name])) / 1e6
    spent = time.perf_counter() - began
    print(f"{name}: a day of {TENANTS} × {SERVED} and hours of 31 days, {size:.0f} MB", flush=True)
    print(f"  written in {spent:.0f} s", flush=True)
    if database.shared:
        async with database._transaction() as connection:
            await connection.execute(text("ANALYZE"))

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
    await _closed(database)
    await database.close()


async def _closed(database: Database) -> None:
    """Close a month of a tenant more, with all its minutes, as the collector does."""
    name = "m000"
    tenant = Tenant(name, "", name, None, {}, {}, 995_000, "", 1)
    await database.add_tenant(tenant)
    window = calendar("month", 5 * FIRST, "Asia/Seoul")
    window = replace(window, end=window.full_end)
    names = ["", *(f"s{n}" for n in range(SERVED))]
    began = time.perf_counter()
    for day in range(window.start, window.end, 24 * 720):
        rows = [dict.fromkeys(names, _minute(slot)) for slot in range(day, day + 24 * 720, 12)]
        async with database._transaction() as connection:
            await connection.run_sync(roll_up, name, rows)
    print(f"  a month of {SERVED} services kept in {time.perf_counter() - began:.0f} s", flush=True)
    release = Release(1, name, 1, "d", "ready", {}, 1, 1, "", {})
    asked = ToPrint(tenant, release, window, {"timezone": "Asia/Seoul"}, PACK, ("ko", "en"))
    held = [0.0]
    ticking = asyncio.create_task(_ticked(held))
    began = time.perf_counter()
    found = await made(database, asked, Span(window.start, window.end))
    spent = time.perf_counter() - began
    ticking.cancel()
    assert found is not None
    size = len(found.files["ko"]) / 1e6
    print(f"  a month closed, packs in two languages ({size:.1f} MB): {spent:.1f} s; this loop was "
          f"held up for {1000 * max(held):.1f} ms at most", flush=True)  # fmt: skip


def _minute(slot: int) -> Rolled:
    """A minute of a busy service; once a day three slots are down, and loads go up and down."""
    down = 3 * (slot // 12 % 1440 == 0)
    runs: tuple[tuple[State, int], ...] = (("U", 12),) if not down else (("U", 9), ("D", 3))
    why = (("fault", "f1", 9, 12),) if down else ()
    marks = ((2489, 2300 + slot // 240 % 40, 118),)
    calls = Answering(20, 19, 0)
    return Rolled(KeptMinute(slot, runs, 0, 118, 120, 0, why, calls, marks), (117,) * 13)


async def _ticked(held: list[float]) -> None:
    """Note by how much this loop is late, ten times a second."""
    while True:
        before = time.perf_counter()
        await asyncio.sleep(0.1)
        held.append(time.perf_counter() - before - 0.1)


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


@contextmanager
def _postgresql(folder: str) -> Iterator[str]:
    """A server on a socket in *folder*, with an empty database: its URL."""
    binaries = max(Path("/usr/lib/postgresql").glob("*/bin"))
    as_other: tuple[str, ...] = ()
    if os.getuid() == 0:  # a server refuses to run as root
        as_other = ("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups")
        os.chown(folder, pwd.getpwnam("postgres").pw_uid, -1)

    def run(program: str, *options: str) -> None:
        command = [*as_other, str(binaries / program), *options]
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)

    data, options = f"{folder}/data", f"-k {folder} -c listen_addresses=''"
    run("initdb", "-D", data, "-A", "trust", "-U", "ecp", "-E", "UTF8")
    run("pg_ctl", "-D", data, "-o", options, "-w", "-l", f"{folder}/log", "start")
    try:
        run("createdb", "-h", folder, "-U", "ecp", "bench")
        yield f"postgresql://ecp@/bench?host={folder}"
    finally:
        run("pg_ctl", "-D", data, "-m", "immediate", "stop")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_measured(f"sqlite:///{folder}/records.db"))
    with tempfile.TemporaryDirectory() as folder, _postgresql(folder) as url:
        asyncio.run(_measured(url))
