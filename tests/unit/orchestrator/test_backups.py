"""A store in a file and back: SQLite's into PostgreSQL and the other way round, all or nothing."""

import asyncio
import gzip
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.util import await_only

from ecp.orchestrator.adapters import backups, migrating
from ecp.orchestrator.adapters.backups import Unrestorable
from ecp.orchestrator.adapters.connecting import driven
from ecp.orchestrator.adapters.database import Database
from ecp.orchestrator.adapters.tables import PACKS, STATEMENTS
from ecp.orchestrator.ports import WrongRevision
from ecp.orchestrator.records import Answered, Figure, Manifest, Minute, Ref, Step, Tenant

from .stores import missing, postgresql

_SERVER = pytest.param(
    "postgresql", marks=pytest.mark.skipif(missing() is not None, reason=missing() or "")
)


@pytest.fixture(params=["sqlite", _SERVER])
def other(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'other.db'}"
    return postgresql()


def at(place: str, work: Callable[[Connection], Any]) -> Any:
    async def whole() -> Any:
        engine = create_async_engine(driven(place))
        try:
            return await migrating.alone(engine, work)
        finally:
            await engine.dispose()

    return asyncio.run(whole())


def tenant(name: str) -> Tenant:
    needs = {"callbot": 10}
    return Tenant(name, "가나다 & co", f"{name}-ecp-ai", "small", needs, {}, 995_000, "", 7)


def full(place: str) -> None:
    """Fill a store with a row of every sort, and a release whose number is not given again."""

    async def whole() -> None:
        db = Database(place)
        await db.open()
        for name in ("acme", "gone"):
            await db.add_tenant(tenant(name))
            steps = [Step(0, "prune", Ref("v1", "ConfigMap", "n", "c"), None)]
            await db.open_release(name, "d", {"a": [1, "½"]}, steps, began=1 << 60, now=2)
        await db.remove_tenant("gone")
        await db.keep_manifest(Manifest("acme", "d", "a: 1\n", "given", True, 1))
        figure = Figure("acme", "sla", "availability", 99.7, "%", "k8s-simulator", "t")
        await db.add_minutes("acme", [Minute(1, "2026-01-05T09:00:00Z", {})], [figure])
        await db.keep_settings({"slaTarget": 99.5, "simulatorUrl": "http://a", "n": 5, "on": True})
        await db.keep_answer("k", Answered("q", 201, "text/plain", b"\x00\xff"), now=9, kept_ns=1)
        async with db._transaction() as connection:
            values = {
                "tenant_id": "acme", "ledger": "l", "month": "2026-01", "revision": 1,
                "input_hash": "h", "evidence": "e", "frozen_at": 1,
            }  # fmt: skip
            await connection.execute(insert(STATEMENTS).values(values))
            pack = {"statement_id": 1, "language": "ko", "body": bytes(range(256))}
            await connection.execute(insert(PACKS).values(pack))
        await db.close()

    asyncio.run(whole())


def kept(place: str) -> bytes:
    async def whole() -> bytes:
        engine, out = create_async_engine(driven(place)), io.BytesIO()
        try:
            await migrating.still(engine, lambda at: backups.back_up(at, out, now=0))
        finally:
            await engine.dispose()
        return out.getvalue()

    return asyncio.run(whole())


def restored(place: str, content: bytes, *, force: bool = False) -> Any:
    return at(place, lambda at: backups.restore(at, io.BytesIO(content), force=force))


def lines(content: bytes) -> list[str]:
    return gzip.decompress(content).decode().splitlines()


def packed(rows: list[str]) -> bytes:
    return gzip.compress("\n".join(rows).encode())


def test_what_was_backed_up_is_there_again(place: str, other: str) -> None:
    full(place)
    content = kept(place)
    counts = restored(other, content)
    assert counts["tenants"] == 1
    assert counts["sla_packs"] == 1
    assert lines(kept(other)) == lines(content)

    async def looked() -> Any:
        db = Database(other)
        await db.open()
        seen = [
            await db.tenant("acme") == tenant("acme"),
            await db.settings(),
            await db.answered("k", 0),
            (await db.open_release("acme", "e", {}, [], began=1, now=3)).id,
        ]
        await db.close()
        return seen

    settings = {"slaTarget": 99.5, "simulatorUrl": "http://a", "n": 5, "on": True}
    answer = Answered("q", 201, "text/plain", b"\x00\xff")
    assert asyncio.run(looked()) == [True, settings, answer, 3]


def test_what_is_written_meanwhile_is_not_in_a_backup(place: str) -> None:
    """Neither half of a release: the backup is of one instant."""
    full(place)

    async def whole() -> list[str]:
        db, engine, out = Database(place), create_async_engine(driven(place)), io.BytesIO()
        await db.open()
        loop = asyncio.get_running_loop()

        async def written() -> None:
            await db.add_tenant(tenant("late"))
            await db.open_release("late", "d", {}, [], began=1, now=3)

        def meanwhile(connection: Connection) -> None:
            assert connection.scalar(text("SELECT count(*) FROM tenants")) == 1
            if db.shared:
                await_only(written())
            else:
                asyncio.run_coroutine_threadsafe(written(), loop).result()
            backups.back_up(connection, out, now=0)

        await migrating.still(engine, meanwhile)
        assert await db.tenant("late") is not None
        await db.close()
        await engine.dispose()
        return lines(out.getvalue())

    assert not [line for line in asyncio.run(whole()) if '"late"' in line]


def test_a_store_with_content_is_replaced_by_who_insists(place: str) -> None:
    full(place)
    content = kept(place)
    with pytest.raises(Unrestorable) as caught:
        restored(place, content)
    assert caught.value.key == "backup.not-empty"
    assert "tenants" in caught.value.values["tables"]
    assert restored(place, content, force=True)["tenants"] == 1
    assert lines(kept(place)) == lines(content)


def test_a_store_that_was_only_opened_counts_as_empty(
    place: str, filled: tuple[str, list[str]]
) -> None:
    async def opened() -> None:
        db = Database(place)
        await db.open()
        await db.lease("collector", "x", now=0, until=10)
        await db.close()

    asyncio.run(opened())
    assert restored(place, packed(filled[1]))["tenants"] == 1


def damaged() -> Iterator[Any]:
    def row_lost(rows: list[str]) -> bytes:
        return packed([row for row in rows if "acme-ecp-ai" not in row])

    def altered(name: str, value: Any) -> Callable[[list[str]], bytes]:
        head = {"ecp_backup": 1, "revision": "0001", "made_at": "", name: value}
        return lambda rows: packed([json.dumps(head), *rows[1:]])

    kinds: dict[str, tuple[Callable[[list[str]], bytes], str]] = {
        "no gzip": (lambda rows: b"tenants", "backup.none"),
        "something else in gzip": (lambda rows: packed(['{"a": 1}']), "backup.none"),
        "nothing": (lambda rows: b"", "backup.none"),
        "another form": (altered("ecp_backup", 2), "backup.none"),
        "a newer version's": (altered("revision", "9999"), "database.newer"),
        "the end is missing": (lambda rows: packed(rows[:-1]), "backup.damaged"),
        "cut off": (lambda rows: packed(rows)[:-40], "backup.damaged"),
        "a row is missing": (row_lost, "backup.damaged"),
        "a table that there is not": (
            lambda rows: packed([rows[0], *[r.replace('"tenants"', '"x"') for r in rows[1:]]]),
            "backup.damaged",
        ),
        "a row before its table": (
            lambda rows: packed([rows[0], "[1]", *rows[1:]]), "backup.damaged",
        ),
    }  # fmt: skip
    for name, (change, key) in kinds.items():
        yield pytest.param(change, key, id=name)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, list[str]]:
    place = f"sqlite:///{tmp_path_factory.mktemp('filled') / 'records.db'}"
    full(place)
    return place, lines(kept(place))


@pytest.mark.parametrize(("change", "key"), list(damaged()))
def test_a_damaged_file_leaves_the_store_as_it_was(
    filled: tuple[str, list[str]], change: Callable[[list[str]], bytes], key: str
) -> None:
    place, before = filled
    with pytest.raises((Unrestorable, WrongRevision)) as caught:
        restored(place, change(before), force=True)
    assert caught.value.key == key
    counts = "SELECT (SELECT count(*) FROM tenants), (SELECT count(*) FROM sla_packs)"
    assert at(place, lambda at: tuple(at.execute(text(counts)).one())) == (1, 1)


def test_a_damaged_file_leaves_postgresql_as_it_was(place: str) -> None:
    full(place)
    before = lines(kept(place))
    with pytest.raises(Unrestorable):
        restored(place, packed(before[:-1]), force=True)
    assert lines(kept(place)) == before


def test_the_file_of_an_older_version_is_brought_to_this_one(place: str) -> None:
    full(place)
    at(place, lambda at: migrating.downgrade(at, "0001"))
    assert restored(place, kept(place), force=True)["tenants"] == 1
    assert at(place, migrating.current) == migrating.newest()


def test_there_is_nothing_to_back_up_where_nothing_is_ours(place: str) -> None:
    at(place, lambda at: at.execute(text("CREATE TABLE theirs (a INTEGER)")))
    with pytest.raises(WrongRevision):
        kept(place)
