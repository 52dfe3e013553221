"""A store in a file, and a store from a file, whichever database either is.

The file is gzipped JSON lines: a head, each table with its rows, and an end that counts them.
JSON columns are the text that the database has, bytes are base64; the rest is as JSON has it.
"""

import gzip
import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, Final

from sqlalchemy import (
    JSON,
    Connection,
    LargeBinary,
    MetaData,
    Table,
    Text,
    bindparam,
    cast,
    func,
    insert,
    inspect,
    select,
    text,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import REGCLASS

from ecp.kube.times import rfc3339
from ecp.orchestrator.adapters import migrating
from ecp.orchestrator.adapters.migrations import newest
from ecp.orchestrator.adapters.tables import METADATA
from ecp.orchestrator.ports import WrongRevision

FORMAT: Final = 1
_HEAD: Final = "ecp_backup"
_AT_A_TIME: Final = 500
# A service writes these by running alone.
_NOBODYS: Final = ("leases",)
_DAMAGED: Final = (OSError, EOFError, ValueError, KeyError, TypeError, zlib.error)


class Unrestorable(Exception):
    """A file cannot become a store's content: text `key` with `values`."""

    def __init__(self, key: str, **values: Any) -> None:
        super().__init__(key)
        self.key, self.values = key, values


# -- out ------------------------------------------------------------------------------------------


def back_up(connection: Connection, out: BinaryIO, *, now: int) -> dict[str, int]:
    """Write the store to *out* as it is in this transaction (`migrating.still`).

    Returns how many rows of each table there are. Raises WrongRevision where the tables are not
    ours, or none.
    """
    revision = migrating.current(connection)
    if revision not in migrating.known():
        raise WrongRevision("database.newer", found=revision or "0", newest=newest())
    counts: dict[str, int] = {}
    with gzip.open(out, "wt", encoding="utf-8", compresslevel=6) as file:

        def say(row: Any) -> None:
            file.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")

        say({_HEAD: FORMAT, "revision": revision, "made_at": rfc3339(now)})
        for table in _ours(connection).sorted_tables:
            columns = [column.name for column in table.columns]
            say({"table": table.name, "columns": columns, "last": _last(connection, table)})
            counts[table.name] = 0
            for row in _rows(connection, table):
                say(row)
                counts[table.name] += 1
        say({"rows": counts})
    return counts


def _ours(connection: Connection) -> MetaData:
    """Return the tables of the store as they are there."""
    found = MetaData()
    there = set(inspect(connection).get_table_names())
    found.reflect(connection, only=sorted(there & set(METADATA.tables)))
    return found


def _rows(connection: Connection, table: Table) -> Iterator[list[Any]]:
    columns = [
        cast(column, Text) if isinstance(column.type, JSON) else column for column in table.columns
    ]
    wanted = select(*columns).order_by(*table.primary_key.columns)
    for row in connection.execute(wanted, execution_options={"yield_per": _AT_A_TIME}):
        yield [b64encode(one).decode() if isinstance(one, bytes) else one for one in row]


def _last(connection: Connection, table: Table) -> int | None:
    """Return the last number that was given to a row of a table, None where none are given.

    The row may be gone: its number is not given again.
    """
    # As it was defined: SQLite tells any INTEGER key as one that numbers itself.
    column = METADATA.tables[table.name].autoincrement_column
    if column is None:
        return None
    highest: int = connection.scalar(select(func.max(column))) or 0
    if connection.dialect.name == "postgresql":
        sequence = connection.scalar(select(func.pg_get_serial_sequence(table.name, column.name)))
        last, called = connection.execute(
            text(f"SELECT last_value, is_called FROM {sequence}")
        ).one()
        return max(highest, last if called else 0)
    if inspect(connection).has_table("sqlite_sequence"):
        kept = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
        highest = max(highest, connection.scalar(kept, {"name": table.name}) or 0)
    return highest


# -- in -------------------------------------------------------------------------------------------


def restore(connection: Connection, file: BinaryIO, *, force: bool) -> dict[str, int]:
    """Make the store what *file* says, in this transaction (`migrating.alone`).

    Returns how many rows of each table there are. A file of an older version is brought to this
    one. Raises Unrestorable: a store with content and no *force*, a file that is damaged or none
    of ours; WrongRevision: one of a newer version.
    """
    try:
        lines = _lines(file)
        head = next(lines, None)
        if not isinstance(head, dict) or head.get(_HEAD) != FORMAT:
            raise Unrestorable("backup.none")
        revision = str(head["revision"])
    except _DAMAGED as error:
        raise Unrestorable("backup.none") from error
    if revision not in migrating.known():
        raise WrongRevision("database.newer", found=revision, newest=newest())
    if not force and (held := _content(connection)):
        raise Unrestorable("backup.not-empty", tables=", ".join(held))
    _clear(connection)
    if revision == newest():
        migrating.make(connection)
    else:
        migrating.upgrade(connection, revision)
    try:
        counts = _filled(connection, lines)
    except _DAMAGED as error:
        raise Unrestorable("backup.damaged", detail=str(error) or type(error).__name__) from error
    if revision != newest():
        migrating.upgrade(connection)
    return counts


def _lines(file: BinaryIO) -> Iterator[Any]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _content(connection: Connection) -> list[str]:
    """Return the tables that hold something."""
    there = set(inspect(connection).get_table_names())
    found = [name for name in METADATA.tables if name in there and name not in _NOBODYS]
    return [
        name
        for name in found
        if connection.scalar(select(text("1")).select_from(text(name)).limit(1)) is not None
    ]


def _clear(connection: Connection) -> None:
    _ours(connection).drop_all(connection)
    connection.execute(text("DROP TABLE IF EXISTS alembic_version"))


def _filled(connection: Connection, lines: Iterator[Any]) -> dict[str, int]:
    """Insert what *lines* say; return how many rows of each table there were."""
    tables = _ours(connection).tables
    counts: dict[str, int] = {}
    said: dict[str, Any] | None = None
    open_: _Filling | None = None
    for line in lines:
        if isinstance(line, list):
            if open_ is None:
                raise ValueError("a row of no table")
            open_.add(line)
            continue
        if open_ is not None:
            counts[open_.table.name] = open_.end()
            open_ = None
        if "table" in line:
            open_ = _Filling(connection, tables[line["table"]], line["columns"], line["last"])
        else:
            said = line["rows"]
    if said != counts:
        raise ValueError(f"{counts} rows, not {said}")
    return counts


class _Filling:
    """A table into which rows are put, many at a time."""

    def __init__(
        self, connection: Connection, table: Table, columns: Sequence[str], last: int | None
    ) -> None:
        self.table = table
        self._connection, self._columns, self._last = connection, columns, last
        self._bytes = [isinstance(table.c[name].type, LargeBinary) for name in columns]
        self._insert = insert(table).values({name: self._place(name) for name in columns})
        self._waiting: list[dict[str, Any]] = []
        self._count = 0

    def _place(self, name: str) -> Any:
        """Return where a value goes: what is JSON was kept as its text."""
        column = self.table.c[name]
        if not isinstance(column.type, JSON):
            return bindparam(name, type_=column.type)
        if self._connection.dialect.name == "postgresql":
            return cast(bindparam(name, type_=Text), column.type)
        return type_coerce(bindparam(name, type_=Text), Text)

    def add(self, row: Sequence[Any]) -> None:
        values = [
            b64decode(one, validate=True) if of_bytes and one is not None else one
            for one, of_bytes in zip(row, self._bytes, strict=True)
        ]
        self._waiting.append(dict(zip(self._columns, values, strict=True)))
        if len(self._waiting) >= _AT_A_TIME:
            self._put()

    def _put(self) -> None:
        if self._waiting:
            self._connection.execute(self._insert, self._waiting)
            self._count += len(self._waiting)
            self._waiting = []

    def end(self) -> int:
        """Put what waits, and go on numbering after the last number; return the count of rows."""
        self._put()
        if self._last:
            _number(self._connection, self.table, self._last)
        return self._count


def _number(connection: Connection, table: Table, last: int) -> None:
    """Let the next row of a table get the number after *last*."""
    column = table.autoincrement_column
    assert column is not None
    name = {"name": table.name, "last": last}
    if connection.dialect.name == "postgresql":
        sequence = func.pg_get_serial_sequence(table.name, column.name)
        connection.execute(select(func.setval(cast(sequence, REGCLASS), last)))
    elif inspect(connection).has_table("sqlite_sequence"):
        held = text("UPDATE sqlite_sequence SET seq = :last WHERE name = :name")
        if not connection.execute(held, name).rowcount:
            connection.execute(text("INSERT INTO sqlite_sequence VALUES (:name, :last)"), name)
