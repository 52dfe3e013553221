"""The audit log in one mode's database: written before an answer goes out, many at once."""

import json
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Connection, Dialect, delete, func, insert, or_, select

from ecp.orchestrator.adapters.levels import AtOnce
from ecp.orchestrator.adapters.tables_audit import AUDIT
from ecp.orchestrator.ports import StorageFailed, Unstorable
from ecp.orchestrator.records import AuditEntry, AuditSought

_ENTRY: Final = [AUDIT.c[name] for name in AuditEntry._fields]
_MOST_WAITING: Final = 1000
Written = Callable[[Callable[[Connection], None]], Any]


class Audit:
    """Fulfils `ports.AuditBook` over a database's connections. All raise StorageFailed.

    Who comes while a transaction is under way shares the next one with all who came meanwhile.
    """

    def __init__(self, at_once: AtOnce, written: Written, turn: Any) -> None:
        self._at_once, self._written, self._turn = at_once, written, turn
        self._waiting: list[AuditEntry] = []
        self._came = self._kept = 0

    async def add(self, *entries: AuditEntry) -> None:
        self._waiting += entries
        self._came += len(entries)
        mine = self._came
        async with self._turn:
            if self._kept >= mine:
                return
            taken, self._waiting = self._waiting, []
            if not taken:
                raise StorageFailed("it was not taken with the others")
            came = self._came
            try:
                await self._written(lambda connection: _put(connection, taken))
            except Unstorable:
                raise
            except StorageFailed:
                # Written with the next that comes; a database that is away for long gets no more.
                self._waiting = (taken + self._waiting)[-_MOST_WAITING:]
                raise
            self._kept = came

    async def some(self, sought: AuditSought) -> tuple[list[AuditEntry], int]:
        where = _where(sought)
        wanted = select(*_ENTRY).where(*where)
        if sought.before is not None:
            wanted = wanted.where(AUDIT.c.id < sought.before)
        wanted = wanted.order_by(AUDIT.c.id.desc()).limit(sought.limit)
        counted = select(func.count()).select_from(AUDIT).where(*where)

        def found(connection: Connection) -> tuple[list[AuditEntry], int]:
            rows = [AuditEntry(*row) for row in connection.execute(wanted)]
            return rows, connection.scalar(counted) or 0

        return await self._at_once(found)

    async def let_go(self, *, before: int, most: int) -> int:
        gone = 0

        def work(connection: Connection) -> None:
            nonlocal gone
            newest = select(AUDIT.c.id).order_by(AUDIT.c.id.desc()).offset(most).limit(1)
            last = connection.scalar(newest) or 0
            old = or_(AUDIT.c.at < before, AUDIT.c.id <= last)
            gone = max(connection.execute(delete(AUDIT).where(old)).rowcount, 0)

        await self._written(work)
        return gone


def audited(entry: AuditEntry) -> dict[str, Any]:
    """Return an entry as a row that has no number yet."""
    values = entry._asdict()
    del values["id"]
    return {**values, "refs": dict(entry.refs)}


def _put(connection: Connection, entries: Sequence[AuditEntry]) -> None:
    """Write entries as the driver takes them: SQLAlchemy's own way takes three times as long, and
    somebody waits for the answer."""
    statement, order = _statement(connection.dialect)
    rows = []
    for entry in entries:
        values = {**entry._asdict(), "refs": json.dumps(dict(entry.refs))}
        rows.append(tuple(values[name] for name in order))
    connection.exec_driver_sql(statement, rows)


@lru_cache(maxsize=4)
def _statement(dialect: Dialect) -> tuple[str, tuple[str, ...]]:
    names = [name for name in AuditEntry._fields if name != "id"]
    compiled = insert(AUDIT).compile(dialect=dialect, column_keys=names)
    order = getattr(compiled, "positiontup", None)
    return str(compiled), tuple(order or names)


def _where(sought: AuditSought) -> list[Any]:
    """Return what entries have to be; an action is a word, or the group before its dot."""
    found: list[Any] = []
    exact = {"tenant_id": sought.tenant, "outcome": sought.outcome}
    found += [AUDIT.c[name] == value for name, value in exact.items() if value is not None]
    if sought.actor is not None:
        found.append(or_(AUDIT.c.actor == sought.actor, AUDIT.c.address == sought.actor))
    if sought.action is not None:
        group = AUDIT.c.action.startswith(f"{sought.action}.", autoescape=True)
        found.append(or_(AUDIT.c.action == sought.action, group))
    if sought.since is not None:
        found.append(AUDIT.c.at >= sought.since)
    if sought.until is not None:
        found.append(AUDIT.c.at < sought.until)
    if sought.words:
        names = ("actor", "agent", "action", "code", "route", "tenant_id", "target", "request_id")
        told = [
            *(AUDIT.c[name] for name in names),
            *(AUDIT.c.refs[name].as_string() for name in ("failure_type", "injection_id")),
        ]
        failure = AUDIT.c.refs["failure_type"].as_string()
        found.append(
            or_(
                failure.in_(sought.failures),
                *(one.icontains(sought.words, autoescape=True) for one in told),
            )
        )
    return found
