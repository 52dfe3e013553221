"""Settings, answers to repeated requests, and leases in one mode's database."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from ecp.orchestrator.adapters.connecting import Connected
from ecp.orchestrator.adapters.tables import ANSWERS, LEASES, SETTINGS
from ecp.orchestrator.records import Answered


class Kept(Connected):
    """The settings, answers and leases of `ports.Storage`."""

    async def settings(self) -> dict[str, Any]:
        def found(connection: Connection) -> dict[str, Any]:
            rows = connection.execute(select(SETTINGS))
            return {row["name"]: row["value"] for row in rows.mappings()}

        return await self._at_once(found)

    async def keep_settings(self, settings: Mapping[str, Any]) -> None:
        async with self._transaction() as connection:
            await connection.execute(delete(SETTINGS))
            rows = [{"name": name, "value": value} for name, value in settings.items()]
            if rows:
                await connection.execute(insert(SETTINGS), rows)

    async def answered(self, key: str, since: int) -> Answered | None:
        """Return the answer that was kept under a key after *since* (ns), None for none."""
        columns = [ANSWERS.c[name] for name in Answered._fields]
        wanted = select(*columns).where(ANSWERS.c.key == key, ANSWERS.c.kept_at > since)
        async with self._reading() as connection:
            row = (await connection.execute(wanted)).first()
        return None if row is None else Answered(*row)

    async def keep_answer(self, key: str, answer: Answered, *, now: int, kept_ns: int) -> None:
        """Keep an answer under its key, and let go of those that were kept for long enough."""
        async with self._transaction() as connection:
            old = (ANSWERS.c.kept_at <= now - kept_ns) | (ANSWERS.c.key == key)
            await connection.execute(delete(ANSWERS).where(old))
            values = {"key": key, "kept_at": now, **answer._asdict()}
            await connection.execute(insert(ANSWERS).values(values))

    async def lease(self, name: str, holder: str, now: int, until: int) -> bool:
        """Take or renew a lease; False while another holds it."""
        async with self._transaction() as connection:
            taken = await connection.execute(
                update(LEASES)
                .where(LEASES.c.name == name, (LEASES.c.holder == holder) | (LEASES.c.until < now))
                .values(holder=holder, until=until)
            )
            if taken.rowcount:
                return True
            if await connection.scalar(select(LEASES.c.holder).where(LEASES.c.name == name)):
                return False
            await connection.execute(insert(LEASES).values(name=name, holder=holder, until=until))
        return True
