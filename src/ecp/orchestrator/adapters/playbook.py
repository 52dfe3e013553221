"""Rehearsals in one mode's database: what was asked, how far it is, each run, the reports."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from sqlalchemy import String, cast, delete, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ecp.orchestrator.adapters.tables import LEASES, PLAYED, REHEARSALS, REPORTS
from ecp.orchestrator.records import AT_WORK, Obj, Rehearsal

_ROW = [REHEARSALS.c[name] for name in Rehearsal.__dataclass_fields__]
_LEASE = "rehearsal-"
Connecting = Callable[[], AbstractAsyncContextManager[AsyncConnection]]


class Playbook:
    """Fulfils `ports.Playbook` over a database's connections. All raise StorageFailed."""

    def __init__(self, reading: Connecting, transaction: Connecting) -> None:
        self._reading, self._transaction = reading, transaction

    async def open(
        self, *, name: str, kind: str, runs: int, asked: Obj, now: int, held: tuple[str, int]
    ) -> Rehearsal:
        row: dict[str, Any] = {
            "name": name,
            "kind": kind,
            "state": "queued",
            "runs": runs,
            "done": 0,
            "created_at": now,
            "ended_at": None,
            "verdict": {},
            "detail": "",
        }
        async with self._transaction() as connection:
            made = await connection.execute(insert(REHEARSALS).values({**row, "asked": asked}))
            key = made.inserted_primary_key
            assert key is not None
            await _lease(connection, key[0], *held)
        return Rehearsal(id=key[0], **row)

    async def one(self, rehearsal_id: int) -> Rehearsal | None:
        wanted = select(*_ROW).where(REHEARSALS.c.id == rehearsal_id)
        async with self._reading() as connection:
            row = (await connection.execute(wanted)).mappings().first()
        return None if row is None else Rehearsal(**row)

    async def asked(self, rehearsal_id: int) -> Obj:
        wanted = select(REHEARSALS.c.asked).where(REHEARSALS.c.id == rehearsal_id)
        async with self._reading() as connection:
            found: Obj = (await connection.execute(wanted)).scalar_one()
        return found

    async def some(
        self, skip: int, limit: int, state: str | None = None
    ) -> tuple[list[Rehearsal], int]:
        wanted = select(*_ROW)
        if state is not None:
            wanted = wanted.where(REHEARSALS.c.state == state)
        async with self._reading() as connection:
            total = await connection.scalar(select(func.count()).select_from(wanted.subquery()))
            rows = await connection.execute(
                wanted.order_by(REHEARSALS.c.id.desc()).offset(skip).limit(limit)
            )
            return [Rehearsal(**row) for row in rows.mappings()], total or 0

    async def change(self, rehearsal_id: int, **values: Any) -> None:
        async with self._transaction() as connection:
            await connection.execute(
                update(REHEARSALS).where(REHEARSALS.c.id == rehearsal_id).values(values)
            )

    async def hold(self, ids: Sequence[int], holder: str, until: int) -> set[int]:
        async with self._transaction() as connection:
            for rehearsal_id in ids:
                await _lease(connection, rehearsal_id, holder, until)
            rows = await connection.execute(
                select(REHEARSALS.c.id).where(
                    REHEARSALS.c.id.in_(ids), REHEARSALS.c.state.in_(AT_WORK)
                )
            )
            return set(rows.scalars())

    async def let_go(self, rehearsal_id: int, holder: str) -> None:
        async with self._transaction() as connection:
            name = f"{_LEASE}{rehearsal_id}"
            await connection.execute(
                delete(LEASES).where(LEASES.c.name == name, LEASES.c.holder == holder)
            )

    async def interrupt(self, now: int, holder: str) -> None:
        name = literal(_LEASE).concat(cast(REHEARSALS.c.id, String))
        valid = (LEASES.c.until >= now) | (LEASES.c.holder == holder)
        held = select(LEASES.c.name).where(LEASES.c.name == name, valid).exists()
        async with self._transaction() as connection:
            await connection.execute(
                update(REHEARSALS)
                .where(REHEARSALS.c.state.in_(AT_WORK), ~held)
                .values(state="interrupted", detail="rehearsals.interrupted")
            )

    async def remove(self, rehearsal_id: int) -> None:
        async with self._transaction() as connection:
            for table, column in (
                (PLAYED, PLAYED.c.rehearsal_id),
                (REPORTS, REPORTS.c.rehearsal_id),
                (REHEARSALS, REHEARSALS.c.id),
            ):
                await connection.execute(delete(table).where(column == rehearsal_id))

    async def keep_run(self, rehearsal_id: int, key: str, record: Obj) -> None:
        values = {"rehearsal_id": rehearsal_id, "key": key, "record": record}
        async with self._transaction() as connection:
            await connection.execute(insert(PLAYED).values(values))
            done = select(func.count()).where(PLAYED.c.rehearsal_id == rehearsal_id)
            await connection.execute(
                update(REHEARSALS)
                .where(REHEARSALS.c.id == rehearsal_id)
                .values(done=done.scalar_subquery())
            )

    async def runs(self, rehearsal_id: int) -> dict[str, Obj]:
        wanted = select(PLAYED.c.key, PLAYED.c.record).where(PLAYED.c.rehearsal_id == rehearsal_id)
        async with self._reading() as connection:
            rows = await connection.execute(wanted)
            return {row.key: row.record for row in rows}

    async def conclude(
        self,
        rehearsal_id: int,
        *,
        verdict: Obj,
        reports: Mapping[tuple[str, str], bytes],
        now: int,
    ) -> None:
        rows = [
            {"rehearsal_id": rehearsal_id, "form": form, "language": language, "body": body}
            for (form, language), body in reports.items()
        ]
        async with self._transaction() as connection:
            await connection.execute(delete(REPORTS).where(REPORTS.c.rehearsal_id == rehearsal_id))
            await connection.execute(insert(REPORTS), rows)
            await connection.execute(
                update(REHEARSALS)
                .where(REHEARSALS.c.id == rehearsal_id)
                .values(
                    state="done", verdict=verdict, detail="", ended_at=now, done=REHEARSALS.c.runs
                )
            )

    async def report(self, rehearsal_id: int, form: str, language: str) -> bytes | None:
        spoken = REPORTS.c.language.in_(("", language))
        wanted = select(REPORTS.c.body).where(
            REPORTS.c.rehearsal_id == rehearsal_id, REPORTS.c.form == form, spoken
        )
        async with self._reading() as connection:
            found: bytes | None = await connection.scalar(wanted)
        return found


async def _lease(connection: AsyncConnection, rehearsal_id: int, holder: str, until: int) -> None:
    """Write down who works on a rehearsal, and until when that holds."""
    name = f"{_LEASE}{rehearsal_id}"
    kept = await connection.execute(
        update(LEASES).where(LEASES.c.name == name).values(holder=holder, until=until)
    )
    if not kept.rowcount:
        await connection.execute(insert(LEASES).values(name=name, holder=holder, until=until))
