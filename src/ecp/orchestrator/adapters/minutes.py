"""The ledger of minutes in one mode's database, and the figures drawn from it."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from ecp.orchestrator.adapters.connecting import Connected
from ecp.orchestrator.adapters.levels import forget, roll_up
from ecp.orchestrator.adapters.tables import LEDGERS, MINUTES, MONITORING, PUSHES, SERVICES
from ecp.orchestrator.records import Figure, Minute
from ecp.slo.errors import SeriesError
from ecp.slo.levels import Rolled, rolled
from ecp.slo.windows import slot_at

_PIECE = 500


class Ledger(Connected):
    """The minutes and figures of `ports.Storage`."""

    async def last_minute(self, tenant_id: str) -> tuple[int, str]:
        """Return the sequence of the last minute that is kept, 0 for none, and of which ledger it
        is, "" where that was not said."""
        newest = select(func.max(MINUTES.c.sequence)).where(MINUTES.c.tenant_id == tenant_id)
        facts = select(LEDGERS.c.facts).where(LEDGERS.c.tenant_id == tenant_id)
        async with self._reading() as connection:
            sequence = await connection.scalar(newest)
            said: Mapping[str, Any] = await connection.scalar(facts) or {}
        return sequence or 0, said.get("ledger", "")

    async def add_minutes(
        self,
        tenant_id: str,
        minutes: Sequence[Minute],
        figures: Sequence[Figure],
        facts: Mapping[str, Any] | None = None,
        *,
        anew: bool = False,
        raw_from: str = "",
    ) -> None:
        """Keep closed minutes, the figures drawn from them and what else was said of the ledger,
        all or nothing; *anew*: in the place of the minutes that were kept. What was said of minutes
        before *raw_from* (RFC 3339) is kept in sums only; the last stays, whose sequence counts."""
        async with self._transaction() as connection:
            if anew:
                await connection.execute(delete(MINUTES).where(MINUTES.c.tenant_id == tenant_id))
                await connection.run_sync(forget, tenant_id)
            rows = [
                {
                    "tenant_id": tenant_id,
                    "sequence": minute.sequence,
                    "minute": minute.minute,
                    "body": dict(minute.body),
                }
                for minute in minutes
                if minute.minute >= raw_from or minute is minutes[-1]
            ]
            if rows:
                await connection.execute(insert(MINUTES), rows)
                await connection.run_sync(_roll, tenant_id, minutes)
            if figures:
                await connection.execute(insert(MONITORING), [_of_figure(f) for f in figures])
            if facts is not None:
                adding = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert
                await connection.execute(
                    adding(LEDGERS)
                    .values(tenant_id=tenant_id, facts=dict(facts))
                    .on_conflict_do_update(
                        index_elements=["tenant_id"], set_={"facts": dict(facts)}
                    )
                )

    async def kept(self, tenant_id: str) -> tuple[str | None, dict[str, Any]]:
        """Return the newest minute that is kept (None for none), and what else was said."""
        newest = select(func.max(MINUTES.c.minute)).where(MINUTES.c.tenant_id == tenant_id)
        facts = select(LEDGERS.c.facts).where(LEDGERS.c.tenant_id == tenant_id)
        async with self._reading() as connection:
            minute: str | None = await connection.scalar(newest)
            return minute, await connection.scalar(facts) or {}

    async def pushed(self) -> dict[str, tuple[str, int]]:
        """Return up to which minute of which ledger business metrics were pushed, by tenant."""
        async with self._reading() as connection:
            rows = await connection.execute(select(PUSHES))
            return {row.tenant_id: (row.ledger, row.sequence) for row in rows}

    async def keep_pushed(self, tenant_id: str, ledger: str, sequence: int) -> None:
        """Keep up to which minute business metrics were pushed."""
        said = {"ledger": ledger, "sequence": sequence}
        async with self._transaction() as connection:
            adding = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert
            await connection.execute(
                adding(PUSHES)
                .values(tenant_id=tenant_id, **said)
                .on_conflict_do_update(index_elements=["tenant_id"], set_=said)
            )

    async def minutes_since(self, tenant_id: str, since: str, limit: int) -> list[Minute]:
        """Return kept minutes from *since* (RFC 3339) on, in order, at most *limit*."""
        wanted = (
            select(MINUTES.c.sequence, MINUTES.c.minute, MINUTES.c.body)
            .where(MINUTES.c.tenant_id == tenant_id, MINUTES.c.minute >= since)
            .order_by(MINUTES.c.minute)
            .limit(limit)
        )
        async with self._reading() as connection:
            return [Minute(*row) for row in await connection.execute(wanted)]

    async def add_figures(self, figures: Sequence[Figure]) -> None:
        if not figures:
            return
        async with self._transaction() as connection:
            await connection.execute(insert(MONITORING), [_of_figure(f) for f in figures])

    async def figures(self, tenant_id: str, metric_type: str | None, limit: int) -> list[Figure]:
        """Return the newest rows of MonitoringData, newest first."""
        wanted = select(MONITORING).where(MONITORING.c.tenant_id == tenant_id)
        if metric_type is not None:
            wanted = wanted.where(MONITORING.c.metric_type == metric_type)
        async with self._reading() as connection:
            rows = await connection.execute(wanted.order_by(MONITORING.c.id.desc()).limit(limit))
            return [
                Figure(**{name: value for name, value in row.items() if name != "id"})
                for row in rows.mappings()
            ]


def _roll(connection: Connection, tenant_id: str, minutes: Sequence[Minute]) -> None:
    """Keep minutes for long. Those before one that does not say the order of its slots are let go
    of: no figure can reach over it."""
    found: list[Mapping[str, Rolled]] = []
    for minute in minutes:
        try:
            found.append(rolled(slot_at(minute.minute), minute.body))
        except SeriesError:
            found.clear()
            forget(connection, tenant_id)
    roll_up(connection, tenant_id, found)


def catch_up(connection: Connection) -> None:
    """Roll up the minutes of tenants that were kept before there were tables for it."""
    known = select(SERVICES.c.tenant_id)
    behind = select(MINUTES.c.tenant_id).where(MINUTES.c.tenant_id.not_in(known)).distinct()
    kept = select(MINUTES.c.sequence, MINUTES.c.minute, MINUTES.c.body)
    for tenant_id in list(connection.scalars(behind)):
        last = -1
        while True:
            wanted = kept.where(MINUTES.c.tenant_id == tenant_id, MINUTES.c.sequence > last)
            rows = connection.execute(wanted.order_by(MINUTES.c.sequence).limit(_PIECE))
            minutes = [Minute(*row) for row in rows]
            if not minutes:
                break
            _roll(connection, tenant_id, minutes)
            last = minutes[-1].sequence


def _of_figure(figure: Figure) -> dict[str, Any]:
    return {name: getattr(figure, name) for name in Figure.__dataclass_fields__}
