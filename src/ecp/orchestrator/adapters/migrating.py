"""A database's tables are brought to the revision that this version works with, and back.

One process at a time, all or nothing. Alembic is loaded only where there is something to change.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    String,
    Table,
    event,
    insert,
    inspect,
    select,
    text,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from ecp.orchestrator.adapters.migrations import FOLDER, VERSIONS, newest
from ecp.orchestrator.adapters.tables import METADATA
from ecp.orchestrator.ports import WrongRevision

if TYPE_CHECKING:
    from alembic.config import Config

log = logging.getLogger("ecp.orchestrator")

_VERSION = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), primary_key=True),
)
"""As Alembic makes it itself."""
_LOCK: Final = 0x656370
"""Of PostgreSQL's advisory locks, which are a database's own."""


async def made_current(engine: AsyncEngine, *, upgrades: bool) -> None:
    """Bring the tables to the newest revision. Raises WrongRevision.

    Not *upgrades*: only where there are no tables yet.
    """
    async with engine.connect() as connection:
        if await connection.run_sync(current) == newest():
            return
    async with alone(engine) as connection:
        await connection.run_sync(_made_current, upgrades)


@asynccontextmanager
async def alone(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Give a transaction in which tables may be changed, all or nothing.

    Whoever else wants one on the same database waits for its end.
    """
    if engine.dialect.name == "postgresql":
        async with engine.begin() as connection:
            await connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
            yield connection
        return
    async with _begun(engine, "BEGIN IMMEDIATE") as connection:
        yield connection
        await connection.run_sync(_check_keys)


@asynccontextmanager
async def still(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Give a transaction that sees the database as it is at its first question to the end."""
    if engine.dialect.name == "postgresql":
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        own = engine.execution_options(**options)
        async with own.begin() as connection:
            yield connection
        return
    async with _begun(engine, "BEGIN") as connection:
        yield connection


@asynccontextmanager
async def _begun(engine: AsyncEngine, how: str) -> AsyncIterator[AsyncConnection]:
    """Give a transaction of SQLite that begins with these words.

    Python's own begin with what changes rows: not with what reads them, or changes tables.
    """
    own = create_async_engine(engine.url)
    event.listen(own.sync_engine, "connect", _let_be)
    event.listen(own.sync_engine, "begin", lambda connection: connection.exec_driver_sql(how))
    try:
        async with own.begin() as connection:
            yield connection
    finally:
        await own.dispose()


def _let_be(connection: Any, record: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    # A table that is made anew is dropped meanwhile: what belongs to its rows must not go with it.
    for pragma in ("journal_mode=WAL", "foreign_keys=OFF", "busy_timeout=60000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _check_keys(connection: Connection) -> None:
    """Raise IntegrityError where a row belongs to none: keys were not looked at meanwhile."""
    if connection.dialect.name == "sqlite":
        lost = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if lost is not None:
            raise IntegrityError(None, None, Exception(f"{lost[0]}: a row of {lost[2]} is missing"))


def current(connection: Connection) -> str | None:
    """Return the revision that the tables are of; None where nothing says so."""
    if not inspect(connection).has_table(_VERSION.name):
        return None
    return connection.scalar(select(_VERSION.c.version_num))


def is_new(connection: Connection) -> bool:
    """Tell whether there are none of our tables."""
    return not set(inspect(connection).get_table_names()) & {*METADATA.tables, _VERSION.name}


def _made_current(connection: Connection, upgrades: bool) -> None:
    found = current(connection)  # again: another may have been first
    if found == newest():
        return
    if found is None and is_new(connection):
        make(connection)
        return
    if found is not None and found not in known():
        raise WrongRevision("database.newer", found=found, newest=newest())
    if not upgrades:
        raise WrongRevision("database.older", found=found or "0", newest=newest())
    log.info("the database is brought from revision %s to %s", found or "0", newest())
    upgrade(connection)


def known() -> list[str]:
    """Return all revisions, ascending."""
    return sorted(path.name[1:5] for path in VERSIONS.glob("r[0-9][0-9][0-9][0-9]_*.py"))


def make(connection: Connection) -> None:
    """Make the tables of the newest revision where there are none.

    They are those that the revisions make one after the other, without the time it takes.
    """
    METADATA.create_all(connection)
    _VERSION.create(connection)
    connection.execute(insert(_VERSION).values(version_num=newest()))


def upgrade(connection: Connection, to: str = "head") -> None:
    """Go up to a revision."""
    from alembic import command

    before = current(connection)
    command.upgrade(_config(connection), to)
    if before is None and to in ("head", newest()):
        # From before there were revisions, and maybe before what follows minutes.
        from ecp.orchestrator.adapters.minutes import catch_up

        catch_up(connection)


def downgrade(connection: Connection, to: str) -> None:
    """Go down to a revision; "base" takes all tables away."""
    from alembic import command

    command.downgrade(_config(connection), to)


def _config(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
