"""All releases of one mode, and what was said of them on their way."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError

from ecp.orchestrator.adapters.playbook import Connecting
from ecp.orchestrator.adapters.tables import MESSAGES, RELEASES
from ecp.orchestrator.records import Message, Obj, Release

# Of these, what was judged of a start-up is worth keeping in mind.
_WAS_UP = ("ready", "superseded")
_UNDER_WAY = ("applying", "progressing")


class History:
    """Fulfils `ports.History` over a database's connections. All raise StorageFailed."""

    def __init__(self, reading: Connecting, transaction: Connecting) -> None:
        self._reading, self._transaction = reading, transaction

    async def say(self, release_id: int, said: Sequence[tuple[str, int, Obj]]) -> None:
        while said:
            try:
                await self._say(release_id, said)
            except IntegrityError:
                continue  # another process took the number: what it said is known now
            return

    async def _say(self, release_id: int, said: Sequence[tuple[str, int, Obj]]) -> None:
        of_it = MESSAGES.c.release_id == release_id
        async with self._transaction() as connection:
            rows = await connection.execute(
                select(MESSAGES.c.key, MESSAGES.c.sequence).where(of_it)
            )
            known = {row.key: row.sequence for row in rows}
            new = [row for row in said if row[0] not in known]
            last = max(known.values(), default=0)
            if new:
                await connection.execute(
                    insert(MESSAGES),
                    [
                        {"release_id": release_id, "sequence": last + number, "key": key,
                         "at": at, "body": body}
                        for number, (key, at, body) in enumerate(new, 1)
                    ],
                )  # fmt: skip

    async def said(self, release_id: int, since: int = 0) -> list[Message]:
        wanted = (
            select(MESSAGES.c.sequence, MESSAGES.c.at, MESSAGES.c.body)
            .where(MESSAGES.c.release_id == release_id, MESSAGES.c.sequence > since)
            .order_by(MESSAGES.c.sequence)
        )
        async with self._reading() as connection:
            return [Message(*row) for row in await connection.execute(wanted)]

    async def some(self, tenant_id: str, skip: int, limit: int) -> tuple[list[Release], int]:
        of_it = RELEASES.c.tenant_id == tenant_id
        wanted = select(RELEASES).where(of_it).order_by(RELEASES.c.id.desc())
        async with self._reading() as connection:
            total = await connection.scalar(select(func.count()).select_from(RELEASES).where(of_it))
            rows = await connection.execute(wanted.offset(skip).limit(limit))
            return [Release(**row) for row in rows.mappings()], total or 0

    async def revision(self, tenant_id: str, revision: int) -> Release | None:
        found = await self._releases(
            RELEASES.c.tenant_id == tenant_id, RELEASES.c.revision == revision, limit=1
        )
        return found[0] if found else None

    async def unsent(self, tenant_id: str | None = None) -> list[Release]:
        of_it = [] if tenant_id is None else [RELEASES.c.tenant_id == tenant_id]
        return await self._releases(RELEASES.c.phase == "rehearsing", *of_it)

    async def newest(self, tenant_id: str) -> Release | None:
        found = await self._releases(RELEASES.c.tenant_id == tenant_id, limit=1)
        return found[0] if found else None

    async def startups(self, tenant_id: str, limit: int) -> list[Mapping[str, Any]]:
        was_up = RELEASES.c.phase.in_(_WAS_UP)
        for of_it in ([RELEASES.c.tenant_id == tenant_id], []):
            found = await self._releases(was_up, *of_it, limit=limit)
            started = [row.startup for row in found if row.startup.get("started")]
            if started:
                return started
        return []

    async def supersede(self, tenant_id: str, by: int, detail: str) -> None:
        earlier = (RELEASES.c.tenant_id == tenant_id, RELEASES.c.id < by)
        async with self._transaction() as connection:
            for phases, after in ((("rehearsing",), "blocked"), (_UNDER_WAY, "superseded")):
                await connection.execute(
                    update(RELEASES)
                    .where(*earlier, RELEASES.c.phase.in_(phases))
                    .values(phase=after, detail=detail)
                )

    async def _releases(self, *where: Any, limit: int | None = None) -> list[Release]:
        wanted = select(RELEASES).where(*where).order_by(RELEASES.c.id.desc())
        async with self._reading() as connection:
            rows = await connection.execute(wanted.limit(limit))
            return [Release(**row) for row in rows.mappings()]
