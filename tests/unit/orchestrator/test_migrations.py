"""The tables' revisions, up and down, on a real SQLite file and a real PostgreSQL server."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import create_async_engine

from ecp.orchestrator.adapters import migrating
from ecp.orchestrator.adapters.connecting import driven
from ecp.orchestrator.adapters.database import Database
from ecp.orchestrator.adapters.migrations import FOLDER, newest
from ecp.orchestrator.adapters.tables import METADATA
from ecp.orchestrator.ports import WrongRevision
from ecp.orchestrator.records import Tenant


def done(place: str, *works: Callable[[Connection], Any]) -> list[Any]:
    """Do each in a transaction in which tables may be changed; return what came of them."""

    async def whole() -> list[Any]:
        engine = create_async_engine(driven(place))
        try:
            return [await migrating.alone(engine, work) for work in works]
        finally:
            await engine.dispose()

    return asyncio.run(whole())


def used(place: str, use: Callable[[Database], Awaitable[Any]], **how: bool) -> Any:
    async def whole() -> Any:
        database = Database(place)
        try:
            await database.open(**how)
            return await use(database)
        finally:
            await database.close()

    return asyncio.run(whole())


async def nothing(database: Database) -> None:
    pass


def shape(connection: Connection) -> dict[str, Any]:
    """Return all that tables, columns and constraints are, whoever made them."""
    seen = inspect(connection)
    found: dict[str, Any] = {}
    for name in sorted(seen.get_table_names()):
        if name == "sqlite_sequence":
            continue
        found[name] = {
            "columns": {
                column["name"]: (str(column["type"]), column["nullable"], column["default"])
                for column in seen.get_columns(name)
            },
            "key": seen.get_pk_constraint(name)["constrained_columns"],
            "foreign": sorted(
                (row["constrained_columns"], row["referred_table"], str(row["options"]))
                for row in seen.get_foreign_keys(name)
            ),
            "unique": sorted(row["column_names"] for row in seen.get_unique_constraints(name)),
            "checks": sorted(row["sqltext"] for row in seen.get_check_constraints(name)),
            "indexes": sorted(
                (str(row["name"]), row["column_names"], row["unique"])
                for row in seen.get_indexes(name)
            ),
        }
    if connection.dialect.name == "sqlite":
        for name, sql in connection.execute(text("SELECT name, sql FROM sqlite_master")):
            if name in found:
                found[name]["options"] = ["AUTOINCREMENT" in sql, "WITHOUT ROWID" in sql]
    return found


def differences(connection: Connection) -> Any:
    return compare_metadata(MigrationContext.configure(connection), METADATA)


def tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names()) - {"alembic_version", "sqlite_sequence"}


def forgotten(connection: Connection) -> None:
    """Leave the tables as a version without revisions did."""
    connection.execute(text("DROP TABLE alembic_version"))


def tenant(name: str) -> Tenant:
    return Tenant(name, name, f"{name}-ecp-ai", None, {}, {}, 995_000, "", 7)


def test_there_is_one_newest_revision_and_its_file_says_so() -> None:
    scripts = ScriptDirectory(str(FOLDER))
    assert scripts.get_heads() == [newest()]
    assert [row.revision for row in scripts.walk_revisions()][::-1] == migrating.known()


def test_whoever_brings_or_backs_up_tables_knows_all_of_them() -> None:
    """`ecp db` loads no more than this: a module of tables that is not named there is forgotten."""
    modules = {path.stem for path in Path(migrating.__file__).parent.glob("tables_*.py")}
    assert modules
    assert {name for name in modules if not hasattr(migrating, name)} == set()


def test_the_revisions_make_the_tables_that_the_code_has(place: str) -> None:
    migrated, left, _ = done(
        place,
        lambda at: (migrating.upgrade(at), shape(at))[1],
        differences,
        lambda at: migrating.downgrade(at, "base"),
    )
    assert left == []
    gone, made = done(place, tables, lambda at: (forgotten(at), migrating.make(at), shape(at))[2])
    assert gone == set()
    assert made == migrated


def test_every_revision_goes_down_and_up_again(place: str) -> None:
    def walked(connection: Connection) -> list[tuple[Any, bool]]:
        migrating.upgrade(connection)
        top, seen = shape(connection), []
        for number in migrating.known()[::-1]:
            migrating.downgrade(connection, "-1")
            below = migrating.current(connection)
            migrating.upgrade(connection, number)
            migrating.downgrade(connection, "-1")
            seen.append((below, migrating.current(connection) == below))
        migrating.upgrade(connection)
        return [*seen, ("whole", shape(connection) == top)]

    numbers = migrating.known()
    expected = [*numbers[:-1][::-1], None, "whole"]
    assert done(place, walked) == [[(number, True) for number in expected]]


def test_records_of_a_version_without_revisions_stay(place: str) -> None:
    used(place, lambda db: db.add_tenant(tenant("acme")))

    def aged(connection: Connection) -> None:
        migrating.downgrade(connection, "0001")
        forgotten(connection)

    done(place, aged)
    assert used(place, lambda db: db.tenant("acme")) is not None
    assert done(place, migrating.current, differences) == [newest(), []]


def test_a_database_of_a_newer_version_is_left_alone(place: str) -> None:
    used(place, nothing)
    done(place, lambda at: at.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    with pytest.raises(WrongRevision, match="9999"):
        used(place, nothing)


def test_who_is_told_not_to_upgrade_asks_for_it(place: str) -> None:
    used(place, nothing, upgrades=False)  # there was nothing yet: that is made
    done(place, forgotten)
    with pytest.raises(WrongRevision) as caught:
        used(place, nothing, upgrades=False)
    assert caught.value.key == "database.older"
    assert done(place, migrating.current) == [None]


def test_an_upgrade_that_fails_leaves_everything_as_it_was(place: str) -> None:
    used(place, lambda db: db.add_tenant(tenant("acme")))
    done(place, lambda at: migrating.downgrade(at, "0001"), forgotten)
    [before] = done(place, shape)

    def broken(connection: Connection) -> None:
        migrating.upgrade(connection)
        raise RuntimeError("the power is gone")

    with pytest.raises(RuntimeError):
        done(place, broken)
    assert done(place, shape, migrating.current) == [before, None]


def test_two_that_open_at_the_same_time_make_the_tables_once(place: str) -> None:
    async def both() -> None:
        ones = [Database(place) for _ in range(3)]
        await asyncio.gather(*(one.open() for one in ones))
        assert await ones[0].add_tenant(tenant("acme"))
        assert await ones[1].tenant("acme") is not None
        for one in ones:
            await one.close()

    asyncio.run(both())


def test_who_opens_a_file_that_another_writes_the_old_way_waits(tmp_path: Path) -> None:
    """Turning to a write-ahead log is refused at once while another writes: nobody may see it."""
    with sqlite3.connect(tmp_path / "records.db") as other:
        other.execute("BEGIN IMMEDIATE")

        async def opened() -> None:
            database = Database(f"sqlite:///{tmp_path / 'records.db'}")
            ends = asyncio.get_running_loop().call_later(0.3, other.rollback)
            await database.open()
            ends.cancel()
            await database.close()

        asyncio.run(opened())
    other.close()


def test_a_row_without_what_it_belongs_to_stops_an_upgrade_of_sqlite(tmp_path: Any) -> None:
    place = f"sqlite:///{tmp_path / 'records.db'}"
    used(place, nothing)
    orphan = "INSERT INTO ledgers (tenant_id, facts) VALUES ('nobody', '{}')"
    with pytest.raises(Exception, match="a row of tenants is missing"):
        done(place, lambda at: at.execute(text(orphan)))
