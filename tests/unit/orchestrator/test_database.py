"""The records in a real SQLite file, and on a real PostgreSQL server: what is written is there
after the process has gone."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from ecp.orchestrator.adapters.database import Database
from ecp.orchestrator.ports import Unstorable
from ecp.orchestrator.records import Figure, Manifest, Minute, Ref, Step, Tenant
from ecp.orchestrator.settings.model import Settings as SettingsBody


def run(place: str, use: Callable[[Database], Awaitable[Any]]) -> Any:
    async def whole() -> Any:
        database = Database(place)
        await database.open()
        try:
            return await use(database)
        finally:
            await database.close()

    return asyncio.run(whole())


def tenant(name: str) -> Tenant:
    needs = {"callbot": 10}
    return Tenant(name, name, f"{name}-ecp-ai", "small", needs, {}, 995_000, "", 7)


def steps(*names: str) -> list[Step]:
    return [
        Step(position, "apply", Ref("v1", "ConfigMap", "n", name), {"data": name})
        for position, name in enumerate(names)
    ]


async def deploy(database: Database, name: str, *objects: str) -> int:
    release = await database.open_release(name, "d", {}, steps(*objects), began=1, now=2)
    return release.id


def test_a_tenant_is_found_again_after_a_restart(place: str) -> None:
    assert run(place, lambda db: db.add_tenant(tenant("acme")))
    assert run(place, lambda db: db.tenant("acme")) == tenant("acme")


def test_a_taken_id_or_namespace_is_refused(place: str) -> None:
    async def use(db: Database) -> list[bool]:
        other = Tenant("b", "b", "a-ecp-ai", None, {}, {}, 995_000, "", 7)
        return [await db.add_tenant(t) for t in (tenant("a"), tenant("a"), other)]

    assert run(place, use) == [True, False, False]


def test_steps_survive_in_the_state_they_were_left(place: str) -> None:
    async def begin(db: Database) -> int:
        await db.add_tenant(tenant("acme"))
        release = await deploy(db, "acme", "one", "two")
        await db.end_steps(release, [0], "done")
        return release

    release = run(place, begin)
    left = run(place, lambda db: db.steps(release))
    assert [step.state for step in left] == ["done", "pending"]
    assert left[1].body == {"data": "two"}
    assert [r.id for r in run(place, lambda db: db.releases_in("applying"))] == [release]


def test_what_stands_follows_the_steps(place: str) -> None:
    async def use(db: Database) -> list[list[str]]:
        await db.add_tenant(tenant("acme"))
        first = await deploy(db, "acme", "one", "two")
        await db.end_steps(first, [0, 1], "done")
        both = [ref.name for ref in await db.standing("acme")]
        prune = Step(0, "prune", Ref("v1", "ConfigMap", "n", "one"), None)
        second = await db.open_release("acme", "e", {}, [prune], began=1, now=3)
        planned = [ref.name for ref in await db.standing("acme")]
        await db.end_steps(second.id, [0], "done")
        return [both, planned, [ref.name for ref in await db.standing("acme")]]

    assert run(place, use) == [["one", "two"], ["one", "two"], ["two"]]


def test_revisions_count_up_and_ids_are_never_given_twice(place: str) -> None:
    async def use(db: Database) -> list[tuple[int, int]]:
        found = []
        await db.add_tenant(tenant("acme"))
        for _ in range(2):
            made = await db.open_release("acme", "d", {}, [], began=1, now=2)
            found.append((made.id, made.revision))
        await db.remove_tenant("acme")
        await db.add_tenant(tenant("acme"))
        made = await db.open_release("acme", "d", {}, [], began=1, now=2)
        return [*found, (made.id, made.revision)]

    assert run(place, use) == [(1, 1), (2, 2), (3, 1)]


def test_removing_a_tenant_touches_no_other(place: str) -> None:
    async def use(db: Database) -> list[Any]:
        for name in ("a", "b"):
            await db.add_tenant(tenant(name))
            await deploy(db, name, "one")
            await db.keep_manifest(Manifest(name, "d", "text", "given", True, 1))
            figure = Figure(name, "sla", "availability", 99.7, "%", "k8s-simulator", "t")
            await db.add_minutes(name, [Minute(1, "2026-01-05T09:00:00Z", {})], [figure])
        await db.remove_tenant("a")
        return [
            [await db.tenant(n) is not None for n in ("a", "b")],
            [await db.last_minute(n) for n in ("a", "b")],
            [len(await db.figures(n, None, 9)) for n in ("a", "b")],
            [await db.manifest(n, "d") is not None for n in ("a", "b")],
            [await db.last_release(n) is not None for n in ("a", "b")],
        ]

    assert run(place, use) == [
        [False, True],
        [(0, ""), (1, "")],
        [0, 1],
        [False, True],
        [False, True],
    ]


def test_the_last_valid_manifest_is_the_newest_valid_one(place: str) -> None:
    async def use(db: Database) -> str:
        rows = [("d1", True, 1), ("d2", True, 3), ("d3", False, 5), ("d1", True, 4)]
        for digest, valid, at in rows:
            await db.keep_manifest(Manifest("acme", digest, digest, "given", valid, at))
        found = await db.last_valid_manifest("acme")
        assert found is not None
        return found.digest

    assert run(place, use) == "d1"


def test_pages_and_filters(place: str) -> None:
    async def use(db: Database) -> list[Any]:
        for name in ("a", "b", "c"):
            await db.add_tenant(tenant(name))
        release = await deploy(db, "b")
        await db.set_release(release, phase="ready")
        page = await db.tenants(1, 1)
        return [
            ([t.tenant_id for t in page.tenants], page.total),
            [t.tenant_id for t in (await db.tenants(0, 9, phase="ready")).tenants],
            [t.tenant_id for t in (await db.tenants(0, 9, phase="created")).tenants],
            (await db.tenants(0, 9, preset="large")).total,
        ]

    assert run(place, use) == [(["b"], 3), ["b"], ["a", "c"], 0]


def test_one_holder_at_a_time_has_a_lease(place: str) -> None:
    async def use(db: Database) -> list[bool]:
        return [
            await db.lease("collector", "x", now=0, until=10),
            await db.lease("collector", "y", now=5, until=15),
            await db.lease("collector", "x", now=9, until=19),
            await db.lease("collector", "y", now=20, until=30),
        ]

    assert run(place, use) == [True, False, True, True]


def test_a_minute_is_never_kept_twice(place: str) -> None:
    async def use(db: Database) -> None:
        await db.add_tenant(tenant("acme"))
        await db.add_minutes("acme", [Minute(1, "2026-01-05T09:00:00Z", {})], [])
        with pytest.raises(Exception, match=r"(?i)unique"):
            await db.add_minutes("acme", [Minute(1, "2026-01-05T09:00:00Z", {})], [])

    run(place, use)


def test_a_rehearsal_that_another_process_holds_is_left_to_it(place: str) -> None:
    async def use(db: Database) -> Any:
        book, rows = db.rehearsals, []
        for holder in ("here", "there", "gone"):
            rows.append(
                await book.open(
                    name=holder, kind="rehearsal", runs=1, asked={}, now=1, held=(holder, 10)
                )
            )
        here, there, gone = (row.id for row in rows)
        assert await book.hold([there], "there", 40) == {there}
        await book.interrupt(20, "here")
        states = [row.state for row in (await book.some(0, 9))[0]][::-1]
        left = await book.hold([gone], "gone", 40)
        await book.let_go(here, "there")  # not its own
        await book.interrupt(20, "here")
        await book.let_go(there, "there")
        await book.interrupt(20, "nobody")
        return states, left, [row.state for row in (await book.some(0, 9))[0]][::-1]

    states, left, after = run(place, use)
    assert states == ["queued", "queued", "interrupted"]
    assert left == set()  # who was away for too long hears that it is over
    assert after == ["interrupted"] * 3


def test_every_setting_is_kept_by_its_name(place: str) -> None:
    stored = {name: name for name in SettingsBody.model_fields}

    async def use(db: Database) -> dict[str, Any]:
        await db.keep_settings(stored)
        return await db.settings()

    assert run(place, use) == stored


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda db: db.manifest("acme", "x\ud800"), id="half a character in a text"),
        pytest.param(
            lambda db: db.history.revision("acme", 2**80), id="a number of more than 64 bits"
        ),
        pytest.param(
            lambda db: db.alerts.end_silence(2**80, 1), id="such a number where it is written"
        ),
    ],
)
def test_what_no_database_can_hold_is_the_callers_error(
    place: str, ask: Callable[[Database], Awaitable[Any]]
) -> None:
    with pytest.raises(Unstorable):
        run(place, ask)


def test_a_nul_is_the_callers_error_where_the_database_knows_none(place: str) -> None:
    if place.startswith("sqlite"):
        assert run(place, lambda db: db.tenant("a\x00")) is None
        return
    with pytest.raises(Unstorable):
        run(place, lambda db: db.tenant("a\x00"))
    with pytest.raises(Unstorable):
        run(place, lambda db: db.add_tenant(replace(tenant("a"), name="a\x00")))


def test_a_statement_that_was_given_up_twice_holds_nobody_up(tmp_path: Path) -> None:
    """Its thread is over when the database is closed: it would call a loop that is closed, too."""
    counting = text(
        "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 300000)"
        " SELECT count(*) FROM c"
    )

    async def play() -> None:
        database = Database(f"sqlite:///{tmp_path / 'records.db'}")
        await database.open()

        async def long() -> None:
            async with database._reading() as connection:
                await connection.execute(counting)

        going = asyncio.create_task(long())
        for _ in range(2):
            await asyncio.sleep(0.02)
            going.cancel()
        await asyncio.gather(going, return_exceptions=True)
        await database.close()

    before = set(threading.enumerate())
    asyncio.run(play())
    left = [one for one in threading.enumerate() if one not in before]
    assert [one.name for one in left if "connection_worker" in one.name] == []


def test_a_connection_that_was_given_up_on_its_way_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, begun, connect = set(threading.enumerate()), threading.Event(), sqlite3.connect

    def slow(*given: Any, **more: Any) -> sqlite3.Connection:
        if "connection" in threading.current_thread().name:
            begun.set()
            time.sleep(0.1)
        return connect(*given, **more)

    async def look(database: Database) -> None:
        async with database._reading():
            pass

    async def play() -> None:
        database = Database(f"sqlite:///{tmp_path / 'records.db'}")
        await database.open()
        async with database._reading():
            # Those that the pool has are taken: one more is made.
            monkeypatch.setattr(sqlite3, "connect", slow)
            impatient = asyncio.create_task(look(database))
            assert await asyncio.to_thread(begun.wait, 10)
            impatient.cancel()
            await asyncio.gather(impatient, return_exceptions=True)
        await database.close()

    asyncio.run(play())
    left = [one.name for one in threading.enumerate() if one not in before]
    assert [name for name in left if "connection_worker" in name] == []
