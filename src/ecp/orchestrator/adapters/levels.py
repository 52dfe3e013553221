"""What is kept of service levels in one mode's database: minutes, hours, statements of months.

One schema and one way for SQLite and PostgreSQL: what differs is spelled by SQLAlchemy.
"""

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeVar

from sqlalchemy import (
    Connection,
    Select,
    Table,
    and_,
    bindparam,
    delete,
    func,
    insert,
    literal,
    select,
    union_all,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from ecp.orchestrator.adapters.printing import printed
from ecp.orchestrator.adapters.tables import (
    CALLS,
    MINUTES,
    MONITORING,
    PACKS,
    SERVICES,
    SLA_HOURS,
    SLA_MINUTES,
    STATEMENTS,
    SUMS,
)
from ecp.orchestrator.records import COLLECTED, MEASURED, Statement
from ecp.slo.answering import Answering
from ecp.slo.kept import KeptMinute
from ecp.slo.levels import Bounds, Level, Rolled, cut, runs_of, spelled
from ecp.slo.rollup import HOUR_SLOTS, MINUTE_SLOTS
from ecp.slo.sketch import known_rows, merged, rows_from, rows_of
from ecp.slo.sketch import spelled as spelled_out
from ecp.slo.slots import SLOT_SECONDS, Span
from ecp.slo.windows import instant

_HOUR = HOUR_SLOTS * SLOT_SECONDS
_ROW = [STATEMENTS.c[name] for name in Statement._fields]
_NO_CALLS = Answering(0, 0, 0)
_T = TypeVar("_T")
Connecting = Callable[[], AbstractAsyncContextManager[AsyncConnection]]


class AtOnce(Protocol):
    """Does what reads as one transaction in one hop."""

    async def __call__(self, work: Callable[[Connection], _T]) -> _T: ...


class Levels:
    """Fulfils `ports.Levels` over a database's connections. All raise StorageFailed."""

    def __init__(self, at_once: AtOnce, transaction: Connecting, url: str) -> None:
        self._at_once, self._transaction, self._url = at_once, transaction, url
        self._printing = asyncio.Lock()

    # -- minutes and hours ------------------------------------------------------------------------

    async def known(self, tenant_id: str) -> tuple[int, int] | None:
        """Return the first slot and the slot after the last of the minutes that are kept."""
        start = SLA_MINUTES.c.start
        wanted = _of(tenant_id, SLA_MINUTES, "", func.min(start), func.max(start))

        def found(connection: Connection) -> tuple[int, int] | None:
            first, last = connection.execute(wanted).one()
            if first is None:
                return None
            return first // SLOT_SECONDS, last // SLOT_SECONDS + MINUTE_SLOTS

        return await self._at_once(found)

    async def minutes(
        self, tenant_id: str, first: int, after: int, service: str | None = None
    ) -> dict[str, list[KeptMinute]]:
        """Return the minutes of slots [first, after) by service, ascending; or of one service."""
        kept = SLA_MINUTES.c
        names = ("start", "runs", "before", "good", "total", "excess", "causes", "sketch", *CALLS)
        columns = [kept[name] for name in names]
        name = SERVICES.c.name if service is None else literal(service)
        wanted = _of(tenant_id, SLA_MINUTES, service, name, *columns)
        wanted = wanted.where(_within(SLA_MINUTES, Span(first, after))).order_by(kept.start)

        def found(connection: Connection) -> dict[str, list[KeptMinute]]:
            by_service: dict[str, list[KeptMinute]] = {}
            rows = connection.execute(wanted).all()
            for name, start, runs, before, good, total, excess, causes, times, *calls in rows:
                slot, order, why = start // SLOT_SECONDS, runs_of(runs), _causes(causes)
                asked = (good, total, excess)
                voice = Answering(*calls) if calls[0] else _NO_CALLS
                row = KeptMinute(slot, order, before, *asked, why, voice, known_rows(times))
                by_service.setdefault(name, []).append(row)
            return by_service

        return await self._at_once(found)

    async def levels(self, tenant_id: str, first: int, after: int) -> dict[str, Level]:
        """Return the sums of slots [first, after), both at whole minutes, by service.

        From hours where they are whole, else from minutes; what is not kept is unknown.
        """
        parts = cut(first, after)
        spans = ((SLA_HOURS, parts.hours), (SLA_MINUTES, parts.head), (SLA_MINUTES, parts.tail))
        # A part each: of an OR of two spans PostgreSQL reads what lies between them as well.
        queries = [
            _of(tenant_id, table, None, SERVICES.c.name, _marks(table), *_sums(table))
            .where(_within(table, span))
            .group_by(SERVICES.c.name)
            for table, span in spans
            if span.start < span.end
        ]
        if not queries:
            return {}
        wanted = union_all(*queries)

        def found(connection: Connection) -> dict[str, Level]:
            sums: dict[str, Level] = {}
            for name, marks, *row in connection.execute(wanted).all():
                sketch = rows_of(merged((rows_from(marks),)))
                one = Level.of([int(sum_) for sum_ in row], sketch)
                sums[name] = sums[name].plus(one) if name in sums else one
            return {name: sums[name].filled(after - first) for name in sorted(sums)}

        return await self._at_once(found)

    async def thin(self, tenant_id: str, bounds: Bounds) -> None:
        """Let go of what is older than the bounds. What minutes say in sums, hours keep.

        Figures go with the minutes that they were drawn from; what others posted stays.
        """
        async with self._transaction() as connection:
            raw = instant(bounds.raw)
            old = and_(MINUTES.c.tenant_id == tenant_id, MINUTES.c.minute < raw)
            await connection.execute(delete(MINUTES).where(old))
            ours = MONITORING.c.data_source.in_((COLLECTED, MEASURED))
            drawn = and_(ours, MONITORING.c.timestamp < raw)
            figures = delete(MONITORING).where(MONITORING.c.tenant_id == tenant_id, drawn)
            await connection.execute(figures)
            own = select(SERVICES.c.id).where(SERVICES.c.tenant_id == tenant_id)
            for table, slot in ((SLA_MINUTES, bounds.minutes), (SLA_HOURS, bounds.hours)):
                gone = and_(table.c.service_id.in_(own), table.c.start < slot * SLOT_SECONDS)
                await connection.execute(delete(table).where(gone))

    # -- statements -------------------------------------------------------------------------------

    async def statements(
        self, tenant_id: str, ledger: str | None = None, month: str | None = None
    ) -> list[Statement]:
        """Return the statements that are kept, by month and revision; of one ledger, one month."""
        wanted = select(*_ROW).where(STATEMENTS.c.tenant_id == tenant_id)
        if ledger is not None:
            wanted = wanted.where(STATEMENTS.c.ledger == ledger)
        if month is not None:
            wanted = wanted.where(STATEMENTS.c.month == month)
        wanted = wanted.order_by(STATEMENTS.c.month, STATEMENTS.c.revision, STATEMENTS.c.id)
        return await self._at_once(
            lambda connection: [Statement(*row) for row in connection.execute(wanted)]
        )

    async def freeze(self, statement: Statement, packs: Mapping[str, bytes]) -> bool:
        """Keep a statement for ever; False when its revision is kept already."""
        values = {name: value for name, value in statement._asdict().items() if name != "id"}
        async with self._transaction() as connection:
            adding = _adding(connection.dialect.name, STATEMENTS).values(values)
            made = await connection.execute(
                adding.on_conflict_do_nothing(
                    index_elements=["tenant_id", "ledger", "month", "revision"]
                ).returning(STATEMENTS.c.id)
            )
            number = made.scalar()
            if number is None:
                return False
            rows = [
                {"statement_id": number, "language": language, "body": body}
                for language, body in packs.items()
            ]
            await connection.execute(insert(PACKS), rows)
        return True

    async def pack(self, statement_id: int, language: str) -> bytes | None:
        """Return the evidence pack of a statement as it was frozen."""
        wanted = select(PACKS.c.body).where(
            PACKS.c.statement_id == statement_id, PACKS.c.language == language
        )
        return await self._at_once(lambda connection: connection.execute(wanted).scalar())

    async def printed(self, asked: object) -> object:
        """Have a statement printed by a process of its own, one after the other."""
        async with self._printing:
            return await printed(self._url, asked)


def roll_up(
    connection: Connection, tenant_id: str, minutes: Sequence[Mapping[str, Rolled]]
) -> None:
    """Keep minutes and the hours that they lie in; who says a minute again says it anew."""
    if not minutes:
        return
    numbers = _numbers(connection, tenant_id, minutes)
    rows = {
        (numbers[name], one.minute.start): _row(numbers[name], one)
        for minute in minutes
        for name, one in minute.items()
    }
    _keep(connection, SLA_MINUTES, list(rows.values()))
    starts = [start * SLOT_SECONDS for _, start in rows]
    first, last = min(starts) // _HOUR * _HOUR, max(starts) // _HOUR * _HOUR
    kept = SLA_MINUTES.c
    hour = kept.start - kept.start % _HOUR
    sums = (
        select(kept.service_id, hour, func.count(), *_sums(SLA_MINUTES))
        .where(kept.service_id.in_(sorted(numbers.values())))
        .where(kept.start >= first, kept.start < last + _HOUR)
        .group_by(kept.service_id, hour)
    )
    names = ["service_id", "start", "minutes", *SUMS]
    adding = _adding(connection.dialect.name, SLA_HOURS).from_select(names, sums)
    connection.execute(_anew(adding, names[2:]))
    _merge(connection, sorted(numbers.values()), first, last + _HOUR)


def _merge(connection: Connection, numbers: Sequence[int], first: int, after: int) -> None:
    """Give the hours of services in seconds [first, after) the sum of their minutes' sketches."""
    kept = SLA_MINUTES.c
    hour = (kept.start - kept.start % _HOUR).label("hour")
    wanted = (
        select(kept.service_id, hour, _marks(SLA_MINUTES))
        .where(kept.service_id.in_(numbers), kept.start >= first, kept.start < after)
        .where(kept.sketch.is_not(None))
        .group_by(kept.service_id, hour)
    )
    made = [
        {"number": number, "at": at, "text": spelled_out(rows_of(merged((rows_from(marks),))))}
        for number, at, marks in connection.execute(wanted)
    ]
    if made:
        own = SLA_HOURS.c
        which = and_(own.service_id == bindparam("number"), own.start == bindparam("at"))
        changing = update(SLA_HOURS).values(sketch=bindparam("text"))
        connection.execute(changing.where(which), made)


def forget(connection: Connection, tenant_id: str) -> None:
    """Forget a tenant's minutes and hours."""
    connection.execute(delete(SERVICES).where(SERVICES.c.tenant_id == tenant_id))


def _numbers(
    connection: Connection, tenant_id: str, minutes: Iterable[Mapping[str, Rolled]]
) -> dict[str, int]:
    """Return the numbers of a tenant's services; new ones get theirs."""
    wanted = select(SERVICES.c.name, SERVICES.c.id).where(SERVICES.c.tenant_id == tenant_id)
    found = {row.name: row.id for row in connection.execute(wanted)}
    new = sorted({name for minute in minutes for name in minute} - set(found))
    if new:
        rows = [{"tenant_id": tenant_id, "name": name} for name in new]
        connection.execute(insert(SERVICES), rows)
        found = {row.name: row.id for row in connection.execute(wanted)}
    return found


def _row(number: int, one: Rolled) -> dict[str, Any]:
    minute = one.minute
    return {
        "service_id": number,
        "start": minute.start * SLOT_SECONDS,
        **dict(zip(SUMS, one.level.sums, strict=True)),
        "sketch": spelled_out(minute.sketch),
        "runs": spelled(minute.runs),
        "causes": json.dumps(minute.causes) if minute.causes else None,
    }


def _causes(kept: str | None) -> tuple[tuple[str, str, int, int], ...]:
    if kept is None:
        return ()
    return tuple((kind, name, first, after) for kind, name, first, after in json.loads(kept))


def _keep(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    adding = _adding(connection.dialect.name, table)
    connection.execute(_anew(adding, ["runs", "causes", "sketch", *SUMS]), rows)


def _anew(adding: Any, names: Sequence[str]) -> Any:
    changed = {name: adding.excluded[name] for name in names}
    return adding.on_conflict_do_update(index_elements=["service_id", "start"], set_=changed)


def _adding(dialect: str, table: Table) -> Any:
    return (sqlite if dialect == "sqlite" else postgresql).insert(table)


def _of(tenant_id: str, table: Table, service: str | None, *columns: Any) -> Select[Any]:
    """Select *columns* of a tenant's rows in a table of levels, or of one service's."""
    if service is None:
        found = select(*columns).join_from(SERVICES, table, table.c.service_id == SERVICES.c.id)
        return found.where(SERVICES.c.tenant_id == tenant_id)
    # Of one number the key gives rows in order, and the first and the last without the others.
    number = select(SERVICES.c.id).where(SERVICES.c.tenant_id == tenant_id)
    number = number.where(SERVICES.c.name == service)
    return select(*columns).where(table.c.service_id == number.scalar_subquery())


def _sums(table: Table) -> list[Any]:
    return [func.sum(table.c[name]) for name in SUMS]


def _marks(table: Table) -> Any:
    """All sketches of some rows, one after the other; in which order is of no interest."""
    return func.aggregate_strings(table.c.sketch, " ")


def _within(table: Table, span: Span) -> Any:
    """Whether a row begins in slots [start, end)."""
    return and_(table.c.start >= span.start * SLOT_SECONDS, table.c.start < span.end * SLOT_SECONDS)
