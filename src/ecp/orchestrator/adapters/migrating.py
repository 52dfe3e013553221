"""A database's tables are brought to the revision that this version works with, and back.

One process at a time, all or nothing. Alembic is loaded only where there is something to change.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from sqlite3 import OperationalError
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sqlalchemy import (
    URL,
    Column,
    Connection,
    MetaData,
    String,
    Table,
    create_engine,
    event,
    insert,
    inspect,
    select,
    text,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import NullPool

# METADATA has all tables once every module of them is loaded, whoever asks for it: a backup that
# did not know one would leave it out.
from ecp.orchestrator.adapters import tables_alerts, tables_audit, tables_images  # noqa: F401
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
_T = TypeVar("_T")
_LOCK: Final = 0x656370
"""Of PostgreSQL's advisory locks, which are a database's own."""
_WRITE_AHEAD: Final = "PRAGMA journal_mode=WAL"
_TURNS: Final = 8
"""How often another writer may be first: once, but for a file that others write the old way."""


async def made_current(engine: AsyncEngine, *, upgrades: bool) -> None:
    """Bring the tables to the newest revision. Raises WrongRevision.

    Not *upgrades*: only where there are no tables yet.
    """
    if await still(engine, current) != newest():
        await alone(engine, lambda connection: _made_current(connection, upgrades))


async def alone(engine: AsyncEngine, work: Callable[[Connection], _T]) -> _T:
    """Do *work* in a transaction in which tables may be changed, all or nothing.

    Whoever else wants one on the same database waits for its end.
    """
    if engine.dialect.name == "sqlite":
        return await asyncio.to_thread(_begun, engine.url, "BEGIN IMMEDIATE", work)
    async with engine.begin() as connection:
        await connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
        return await connection.run_sync(work)


async def still(engine: AsyncEngine, work: Callable[[Connection], _T]) -> _T:
    """Do *work* in a transaction that sees the database as at its first question to the end."""
    if engine.dialect.name == "sqlite":
        return await asyncio.to_thread(_begun, engine.url, "BEGIN", work)
    fixed = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    async with fixed.begin() as connection:
        return await connection.run_sync(work)


def _begun(url: URL, how: str, work: Callable[[Connection], _T]) -> _T:
    """Do *work* in a transaction of SQLite that begins with these words.

    Python's own begins with what changes rows: not with what reads them, or changes tables.
    """
    engine = create_engine(url.set(drivername="sqlite"), poolclass=NullPool)
    event.listen(engine, "connect", _let_be)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(how))
    with engine.begin() as connection:
        found = work(connection)
        if how != "BEGIN":
            _check_keys(connection)
    return found


def _let_be(connection: Any, record: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout=60000")
    # A table that is made anew is dropped meanwhile: what belongs to its rows must not go with it.
    cursor.execute("PRAGMA foreign_keys=OFF")
    write_ahead(cursor)
    cursor.close()


def write_ahead(cursor: Any) -> None:
    """Let a file's readers not wait for its writer, from now on; needs a busy_timeout.

    Who turns to it while another writes is refused at once, whatever the time-out: SQLite lets
    nobody wait who reads already, and this begins with reading. Then its turn is waited for as
    that of a writer, and it is asked again. Raises sqlite3.OperationalError.
    Source: SQLite, sqlite3BtreeBeginTrans and sqlite3BtreeSetVersion.
    """
    for _ in range(_TURNS):
        try:
            cursor.execute(_WRITE_AHEAD)
        except OperationalError:
            cursor.execute("BEGIN IMMEDIATE")
            cursor.execute("ROLLBACK")
        else:
            return
    cursor.execute(_WRITE_AHEAD)


def _check_keys(connection: Connection) -> None:
    """Raise IntegrityError where a row belongs to none: keys were not looked at meanwhile."""
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


def bring(connection: Connection, to: str, *, down: bool = False) -> str:
    """Go up (or *down*) to a revision, "head" or "base"; return the one that is reached.

    Raises WrongRevision: where the tables are of a newer version, or there is no such revision
    that way.
    """
    found = current(connection)
    if found is not None and found not in known():
        raise WrongRevision("database.newer", found=found, newest=newest())
    wanted = {"head": newest(), "base": "0"}.get(to, to)
    there = found or "0"
    if wanted not in ("0", *known()) or (wanted > there if down else wanted < there):
        raise WrongRevision("database.no-way", found=there, newest=newest())
    if down and wanted != there:
        downgrade(connection, "base" if wanted == "0" else wanted)
    elif wanted != there:
        upgrade(connection, wanted)
    return wanted


def _config(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
