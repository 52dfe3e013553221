"""Connections to one mode's database, by SQLAlchemy, and the transactions on them.

SQLite (the default) has one writer: writes queue here instead of failing there.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from threading import Thread
from typing import Any, TypeVar
from weakref import WeakSet

import aiosqlite
from sqlalchemy import Connection, Engine, Executable, create_engine, event, make_url, text
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from ecp.orchestrator.adapters import migrating, sealing
from ecp.orchestrator.adapters.sealing import Seals
from ecp.orchestrator.ports import StorageFailed, StoreDamaged, Unstorable

_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}
# Compiling a query takes longer than any of ours.
_ASKED = {"server_settings": {"jit": "off", "application_name": "ecp-orchestrator"}}
# A number of more than 64 bits and half a surrogate pair do not even come to the database.
_FAILURES = (SQLAlchemyError, OSError, OverflowError, UnicodeEncodeError)
_DATA_EXCEPTION = "22"
_BROKEN = ("SQLITE_NOTADB", "SQLITE_CORRUPT")
_THREADS_END_WITHIN_S = 1.0
_T = TypeVar("_T")


async def _awaited(connection: aiosqlite.Connection) -> aiosqlite.Connection:
    return await connection


async def _closed(connecting: asyncio.Task[aiosqlite.Connection]) -> None:
    await (await connecting).close()


def driven(url: str) -> str:
    """Return a database's URL with the driver that is used here where it names none."""
    scheme, rest = url.split(":", 1)
    return f"{_DRIVERS.get(scheme, scheme)}:{rest}"


class Connected:
    """A database that is open between `open` and `close`; what is kept in it is in subclasses."""

    def __init__(self, url: str, seals: Seals | None = None) -> None:
        self.url = driven(url)
        self._seals = seals
        self._engine: AsyncEngine | None = None
        # The same connections for what only reads: on a server each statement by itself.
        self._reader: AsyncEngine | None = None
        # The same file without a hop to another thread at every statement.
        self._file: Engine | None = None
        # What one statement alone writes goes through one connection by one thread.
        self._writer: Connection | None = None
        self._hand = ThreadPoolExecutor(1, "writer")
        self._threads: WeakSet[Thread] = WeakSet()
        self._given_up: set[asyncio.Task[None]] = set()
        self._writing = asyncio.Lock()

    @property
    def shared(self) -> bool:
        """Whether other processes may work on it: a file of SQLite is this one's alone."""
        return not self.url.startswith("sqlite")

    async def open(self, *, upgrades: bool = True) -> None:
        """Connect, and bring the tables to this version; not *upgrades*: only where there are none.

        Raises StorageFailed, StoreDamaged, WrongRevision.
        """
        # Every block below ends its transaction; the pool need not ask for it once more.
        asked: dict[str, Any] = dict(_ASKED) if "+asyncpg:" in self.url else {}
        if "+aiosqlite:" in self.url:
            asked["async_creator_fn"] = self._connect
        engine = create_async_engine(self.url, pool_reset_on_return=None, connect_args=asked)
        sealing.use(engine.sync_engine, self._seals)
        if engine.dialect.name == "sqlite":
            event.listen(engine.sync_engine, "connect", _set_up_sqlite)
            self._file = create_engine(
                engine.url.set(drivername="sqlite"), pool_reset_on_return=None
            )
            event.listen(self._file, "connect", _set_up_sqlite)
            sealing.use(self._file, self._seals)
        try:
            await migrating.made_current(engine, upgrades=upgrades)
        except (SQLAlchemyError, OSError) as error:
            await engine.dispose()
            raise unopened(error, self.url) from error
        except StorageFailed:
            await engine.dispose()
            raise
        self._engine = engine
        # BEGIN and COMMIT around them are round trips, and at this level of isolation (read
        # committed) a transaction shows two statements no more of one state than none does.
        alone = {"isolation_level": "AUTOCOMMIT"} if self.shared else {}
        self._reader = engine.execution_options(**alone)

    def _connect(self, *given: Any, **more: Any) -> Awaitable[aiosqlite.Connection]:
        connection = aiosqlite.connect(*given, **more)
        connection._thread.daemon = True
        self._threads.add(connection._thread)
        return self._connected(asyncio.ensure_future(_awaited(connection)))

    async def _connected(
        self, connecting: asyncio.Task[aiosqlite.Connection]
    ) -> aiosqlite.Connection:
        try:
            return await asyncio.shield(connecting)
        except asyncio.CancelledError:
            # Nobody will have it, and its thread would call a loop that may be closed by then.
            self._given_up.add(asyncio.create_task(_closed(connecting)))
            raise

    async def close(self) -> None:
        if self._engine is not None:
            await self._engine.dispose()
            self._engine = self._reader = None
        await asyncio.gather(*self._given_up, return_exceptions=True)
        # A connection whose statement was given up is stopped and not waited for (SQLAlchemy,
        # AsyncAdapt_terminate): its thread would call a loop that may be closed by then.
        within = asyncio.get_running_loop().time() + _THREADS_END_WITHIN_S
        for thread in list(self._threads):
            left = within - asyncio.get_running_loop().time()
            await asyncio.to_thread(thread.join, max(0.0, left))
        self._hand.shutdown()
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        if self._file is not None:
            self._file.dispose()
            self._file = None

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[AsyncConnection]:
        assert self._reader is not None, "open the database first"
        try:
            async with self._reader.connect() as connection:
                yield connection
        except _FAILURES as error:
            raise failed(error) from error

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncConnection]:
        assert self._engine is not None, "open the database first"
        async with self._writing:
            try:
                async with self._engine.begin() as connection:
                    yield connection
            except _FAILURES as error:
                if isinstance(error, IntegrityError):
                    raise
                raise failed(error) from error

    async def _at_once(self, work: Callable[[Connection], _T]) -> _T:
        """Do *work* in one hop, whatever number of statements it has.

        It reads; what writes is `_written`. Raises StorageFailed.
        """
        assert self._reader is not None, "open the database first"
        try:
            if self._file is not None:
                loop = asyncio.get_running_loop()
                return await loop.run_in_executor(None, _done, self._file, work)
            async with self._reader.connect() as connection:
                return await connection.run_sync(work)
        except _FAILURES as error:
            raise failed(error) from error

    async def _written(self, work: Callable[[Connection], None]) -> None:
        """Do *work* as one transaction, after whatever writes.

        Raises StorageFailed, IntegrityError.
        """
        if self._file is None:
            async with self._transaction() as connection:
                await connection.run_sync(work)
            return
        async with self._writing:
            loop = asyncio.get_running_loop()
            try:
                await loop.run_in_executor(self._hand, self._write, work)
            except IntegrityError:
                raise
            except _FAILURES as error:
                raise failed(error) from error

    async def _stated(self, statement: Executable, values: Mapping[str, Any]) -> None:
        """Carry out one statement that is a transaction by itself, on a server.

        BEGIN and COMMIT around it would be round trips, and nobody waits for its turn here. Raises
        StorageFailed, IntegrityError.
        """
        assert self._reader is not None, "open the database first"
        try:
            async with self._reader.connect() as connection:
                await connection.execute(statement, values)
        except IntegrityError:
            raise
        except _FAILURES as error:
            raise failed(error) from error

    def _write(self, work: Callable[[Connection], None]) -> None:
        if self._writer is None:
            assert self._file is not None
            self._writer = self._file.connect()
        with self._writer.begin():
            work(self._writer)

    async def reachable(self) -> bool:
        try:
            async with self._reading() as connection:
                await connection.execute(text("SELECT 1"))
        except StorageFailed:
            return False
        return True


def _done(engine: Engine, work: Callable[[Connection], _T]) -> _T:
    with engine.begin() as connection:
        return work(connection)


def failed(error: Exception) -> StorageFailed:
    """Return the failure that an error of a statement is: of the value, or of the database.

    Source: ISO/IEC 9075, class 22 of SQLSTATE, "data exception"; such as a NUL in a text.
    """
    state = str(getattr(getattr(error, "orig", None), "sqlstate", None) or "")
    of_value = isinstance(error, OverflowError | UnicodeEncodeError)
    kind = Unstorable if of_value or state.startswith(_DATA_EXCEPTION) else StorageFailed
    return kind(words(error))


def unopened(error: Exception, url: str) -> StorageFailed:
    """Return the failure that an error of the first connection is; it says where that went to.

    Source: SQLite's result codes SQLITE_NOTADB and SQLITE_CORRUPT, whose details it may carry.
    """
    parts = make_url(url)
    file = parts.get_backend_name() == "sqlite"
    place = str(parts.database) if file else parts.set(password=None).render_as_string()
    said = str(getattr(getattr(error, "orig", None), "sqlite_errorname", ""))
    if said.startswith(_BROKEN):
        return StoreDamaged(place, words(error))
    return StorageFailed(f"{place}: {words(error)}")


def words(error: Exception) -> str:
    """Return what the database said, without what SQLAlchemy adds for programmers."""
    return str(getattr(error, "orig", None) or error)


def _set_up_sqlite(connection: Any, record: object) -> None:
    """WAL: readers do not wait for the writer. NORMAL: nothing is lost when the process dies."""
    cursor = connection.cursor()
    for pragma in ("busy_timeout=5000", "synchronous=NORMAL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    migrating.write_ahead(cursor)
    cursor.close()
