"""Where clusters live in a PostgreSQL database: what `storage` keeps in files, in rows.

    ecp_snapshots   snapshots, packed as they are in files
    ecp_journal     what came in after each of them: a row a batch, the bytes of records as in a
                    file; `at` says how many bytes of the journal stand before it
    ecp_labels      snapshots that the user named
    ecp_lived       wall time (ns) until which a cluster may have run
    ecp_store       one row: which form the tables have, who wrote here last

One connection serves all clusters, in a thread with a loop of its own, so that whoever may wait
for a file may wait for a row. It holds an advisory lock: a second simulator is told, not let in.
Where the connection was lost while nothing was asked, it is made anew, if nobody else was here
meanwhile; what is lost in mid-statement fails as a disk does.
"""

import asyncio
import contextlib
import errno
import threading
import uuid
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit

from ecp.sim.store.packing import DamagedSnapshot, unpack
from ecp.simulator.journal import DamagedJournal
from ecp.simulator.storage import Unusable

if TYPE_CHECKING:
    from asyncpg import Connection

_FORM: Final = 1
_LOCK: Final = int.from_bytes(b"ecp sim")
# What a server of this machine's network needs for a connection, and for a large snapshot.
_CONNECT_S: Final = 10.0
_ANSWER_S: Final = 60.0
_SETTINGS: Final = {
    "application_name": "ecp-simulator",
    "jit": "off",
    # Of a machine that went away without a word, the lock is free after a minute.
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
    # One that was killed a moment ago lets go of its lock when the server has noticed.
    "lock_timeout": "5s",
}
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS ecp_store (form integer NOT NULL, holder text NOT NULL);
CREATE TABLE IF NOT EXISTS ecp_snapshots (
    cluster text, number bigint, state bytea NOT NULL, PRIMARY KEY (cluster, number));
CREATE TABLE IF NOT EXISTS ecp_journal (
    cluster text, number bigint, at bigint, batch bytea NOT NULL,
    PRIMARY KEY (cluster, number, at));
CREATE TABLE IF NOT EXISTS ecp_labels (
    cluster text, label text, state bytea NOT NULL, PRIMARY KEY (cluster, label));
CREATE TABLE IF NOT EXISTS ecp_lived (cluster text PRIMARY KEY, until bigint NOT NULL);
ALTER TABLE ecp_snapshots ALTER state SET STORAGE EXTERNAL;
ALTER TABLE ecp_labels ALTER state SET STORAGE EXTERNAL;
"""
_OF_CLUSTERS: Final = ("ecp_snapshots", "ecp_journal", "ecp_labels", "ecp_lived")
_T = TypeVar("_T")
Work = Callable[["Connection[Any]"], Awaitable[_T]]


class _Taken(OSError):
    """Somebody else has the store, or has had it meanwhile."""


class Database:
    """A PostgreSQL database with the clusters of one simulator. Fulfils `storage.Store`."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.place = without_password(url)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._turn = asyncio.Lock()
        self._connection: Connection[Any] | None = None
        self._holder = uuid.uuid4().hex

    def open(self) -> None:
        if self._loop is not None:
            return
        try:
            import asyncpg  # noqa: F401 - here it is missed with a word
        except ImportError as error:
            raise Unusable("store.no-driver", 2, place=self.place) from error
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="postgresql", daemon=True
        )
        self._thread.start()
        try:
            self.ask(self._made)
        except Unusable:
            self.close()
            raise
        except OSError as error:
            self.close()
            if isinstance(error.__cause__, _Taken):
                raise Unusable("store.taken", 5, place=self.place) from error
            detail = error.strerror
            raise Unusable("store.away", 7, place=self.place, detail=detail) from error

    def close(self) -> None:
        loop, thread = self._loop, self._thread
        if loop is None or thread is None:
            return
        asyncio.run_coroutine_threadsafe(self._let_go(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
        self._loop = self._thread = None

    def names(self) -> list[str]:
        return self._names("SELECT DISTINCT cluster FROM ecp_snapshots")

    def _names(self, query: str, *values: object) -> list[str]:
        rows = self.ask(lambda connection: connection.fetch(query, *values))
        return sorted(row[0] for row in rows)

    def shelf(self, name: str) -> "Rows":
        return Rows(self, name)

    def ask(self, work: Work[_T]) -> _T:
        """Do *work* with the connection, after what was asked before. Raises OSError."""
        if self._loop is None:
            raise OSError(errno.EBADF, "closed", self.place)
        return asyncio.run_coroutine_threadsafe(self._asked(work), self._loop).result()

    def written(self, statement: str, *values: object) -> str:
        """Have a statement carried out that changes rows; it is durable then. Raises OSError.

        Returns what was done in the server's words: "INSERT 0 1".
        """
        done: str = self.ask(lambda connection: connection.execute(statement, *values))
        return done

    def found(self, query: str, *values: object) -> Any:
        """Return the first value of the first row, None where there is none. Raises OSError."""
        return self.ask(lambda connection: connection.fetchval(query, *values))

    # -- in the thread ----------------------------------------------------------------------------

    async def _asked(self, work: Work[_T]) -> _T:
        from asyncpg import InterfaceError, PostgresError

        async with self._turn:
            try:
                return await work(await self._connected())
            except Unusable:
                raise
            except (PostgresError, InterfaceError, OSError, ValueError) as error:
                detail = getattr(error, "strerror", None) or str(error) or type(error).__name__
                raise OSError(errno.EIO, detail, self.place) from error

    async def _connected(self) -> "Connection[Any]":
        """Return the connection; one that was lost is made anew unless somebody was here."""
        if self._connection is None or self._connection.is_closed():
            fresh = await self._locked()
            if self._connection is not None:
                holder = await fresh.fetchval("SELECT holder FROM ecp_store")
                if holder != self._holder:
                    await fresh.close()
                    raise _Taken(errno.EBUSY, "another simulator has used this database since")
            self._connection = fresh
        return self._connection

    async def _locked(self) -> "Connection[Any]":
        import asyncpg

        connection: Connection[Any] = await asyncpg.connect(
            self._url,
            timeout=_CONNECT_S,
            command_timeout=_ANSWER_S,
            server_settings=_SETTINGS,
        )
        try:
            await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        except asyncpg.LockNotAvailableError as error:
            await connection.close()
            raise _Taken(errno.EBUSY, "another simulator has this database") from error
        return connection

    async def _made(self, connection: "Connection[Any]") -> None:
        """Make the tables where they are not there, and sign. Raises Unusable."""
        await connection.execute(_TABLES)
        form = await connection.fetchval("SELECT max(form) FROM ecp_store")
        if form is not None and form > _FORM:
            raise Unusable("store.newer", 5, place=self.place)
        async with connection.transaction():
            await connection.execute("DELETE FROM ecp_store")
            await connection.execute("INSERT INTO ecp_store VALUES ($1, $2)", _FORM, self._holder)

    async def _let_go(self) -> None:
        async with self._turn:
            connection, self._connection = self._connection, None
            if connection is not None and not connection.is_closed():
                with contextlib.suppress(OSError):
                    await connection.close(timeout=_CONNECT_S)


class Rows:
    """The rows of one cluster. Fulfils `storage.Shelf`."""

    def __init__(self, database: Database, name: str) -> None:
        self._database, self._name = database, name
        self.place = f"{database.place} ({name})"

    def newest(self) -> int | None:
        query = "SELECT max(number) FROM ecp_snapshots WHERE cluster = $1"
        number: int | None = self._database.found(query, self._name)
        return number

    def load(self, number: int) -> dict[str, Any]:
        try:
            return unpack(self.packed(number))
        except DamagedSnapshot as error:
            raise DamagedSnapshot(f"{self.place}, snapshot {number}: {error}") from error

    def packed(self, number: int) -> bytes:
        query = "SELECT state FROM ecp_snapshots WHERE cluster = $1 AND number = $2"
        state: bytes | None = self._database.found(query, self._name, number)
        return state or b""

    def save(self, number: int, state: bytes) -> None:
        self._database.written(
            "INSERT INTO ecp_snapshots VALUES ($1, $2, $3) "
            "ON CONFLICT (cluster, number) DO UPDATE SET state = excluded.state",
            self._name,
            number,
            state,
        )

    def drop_before(self, number: int) -> None:
        for table in ("ecp_snapshots", "ecp_journal"):
            statement = f"DELETE FROM {table} WHERE cluster = $1 AND number < $2"
            self._database.written(statement, self._name, number)

    def journal(self, number: int) -> "Batches":
        return Batches(self._database, self._name, number)

    def note_lived(self, wall: int) -> None:
        self._database.written(
            "INSERT INTO ecp_lived VALUES ($1, $2) "
            "ON CONFLICT (cluster) DO UPDATE SET until = excluded.until",
            self._name,
            wall,
        )

    def lived_until(self) -> int:
        query = "SELECT until FROM ecp_lived WHERE cluster = $1"
        return self._database.found(query, self._name) or 0

    def keep(self, label: str, state: bytes) -> None:
        self._database.written(
            "INSERT INTO ecp_labels VALUES ($1, $2, $3) "
            "ON CONFLICT (cluster, label) DO UPDATE SET state = excluded.state",
            self._name,
            label,
            state,
        )

    def kept(self, label: str) -> bytes | None:
        query = "SELECT state FROM ecp_labels WHERE cluster = $1 AND label = $2"
        state: bytes | None = self._database.found(query, self._name, label)
        return state

    def labels(self) -> list[str]:
        query = "SELECT label FROM ecp_labels WHERE cluster = $1"
        return self._database._names(query, self._name)

    def remove(self) -> None:
        async def removed(connection: "Connection[Any]") -> None:
            async with connection.transaction():
                for table in _OF_CLUSTERS:
                    await connection.execute(f"DELETE FROM {table} WHERE cluster = $1", self._name)

        self._database.ask(removed)


class Batches:
    """One journal as rows, a batch each. Fulfils `journal.Tape`."""

    def __init__(self, database: Database, name: str, number: int) -> None:
        self._database, self._of = database, (name, number)
        self.place = f"{database.place} ({name}, journal {number})"
        self._end = 0

    def read(self) -> bytes:
        query = "SELECT at, batch FROM ecp_journal WHERE cluster = $1 AND number = $2 ORDER BY at"
        rows = self._database.ask(lambda connection: connection.fetch(query, *self._of))
        found = bytearray()
        for at, batch in rows:
            if at != len(found):
                raise DamagedJournal(f"{self.place}: {len(found)} bytes, and {at} before the next")
            found += batch
        return bytes(found)

    def open(self, end: int) -> None:
        """A batch is there whole or not at all: what is not whole was answered."""
        if end != len(self.read()):
            raise DamagedJournal(f"{self.place}: damaged at byte {end}")
        self._end = end

    def write(self, data: bytes) -> None:
        # Of a connection that is lost while a snapshot is written nobody knows whether it was.
        statement = (
            "INSERT INTO ecp_journal SELECT $1, $2, $3, $4 WHERE NOT EXISTS "
            "(SELECT FROM ecp_snapshots WHERE cluster = $1 AND number > $2)"
        )
        if self._database.written(statement, *self._of, self._end, data) != "INSERT 0 1":
            raise OSError(errno.EBUSY, "there is a newer snapshot", self.place)
        self._end += len(data)

    def close(self) -> None: ...


def without_password(url: str) -> str:
    """Return a database's URL as people may read it."""
    parts = urlsplit(url)
    where = parts.netloc.rpartition("@")
    user = where[0].partition(":")[0]
    return f"{parts.scheme}://{user}{where[1]}{where[2]}{parts.path}"
