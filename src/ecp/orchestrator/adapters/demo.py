"""How far the demo is, in the demo's own database; and when what it shows happened."""

from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from ecp.kube.times import nanoseconds
from ecp.orchestrator.adapters.levels import AtOnce
from ecp.orchestrator.adapters.playbook import Connecting
from ecp.orchestrator.adapters.tables import MANIFESTS, RELEASES, TENANTS, TURNS
from ecp.orchestrator.adapters.tables_images import DEMOS
from ecp.orchestrator.records import Obj

_ONE = 1


class Demos:
    """Fulfils `ports.DemoBook` over a database's connections. All raise StorageFailed."""

    def __init__(self, at_once: AtOnce, transaction: Connecting) -> None:
        self._at_once, self._transaction = at_once, transaction

    async def facts(self) -> Obj | None:
        wanted = select(DEMOS.c.facts).where(DEMOS.c.id == _ONE)
        return await self._at_once(lambda connection: connection.execute(wanted).scalar())

    async def keep(self, facts: Obj) -> None:
        async with self._transaction() as connection:
            await connection.execute(delete(DEMOS))
            await connection.execute(insert(DEMOS).values(id=_ONE, facts=facts))

    async def forget(self) -> None:
        async with self._transaction() as connection:
            await connection.execute(delete(DEMOS))

    async def date(self, tenant_id: str, born: int) -> None:
        """Say of what was made of a tenant that it happened when its cluster's clock says so."""
        async with self._transaction() as connection:
            await connection.run_sync(_date, tenant_id, born)


def _date(connection: Connection, tenant_id: str, born: int) -> None:
    told: dict[int, tuple[int, int]] = {}
    wanted = select(RELEASES.c.id, RELEASES.c.revision, RELEASES.c.began, RELEASES.c.startup)
    for number, revision, began, startup in connection.execute(
        wanted.where(RELEASES.c.tenant_id == tenant_id).order_by(RELEASES.c.id)
    ).all():
        dated: dict[str, Any] = {"created_at": began}
        connection.execute(update(RELEASES).where(RELEASES.c.id == number).values(dated))
        up = startup.get("confirmed_at")
        told[revision] = began, nanoseconds(up) if up else began
    since = born
    turns = select(TURNS.c.id, TURNS.c.state, TURNS.c.facts).where(TURNS.c.tenant_id == tenant_id)
    for number, state, facts in connection.execute(turns.order_by(TURNS.c.id)).all():
        began, up = told.get(facts.get("revision"), (born, born))
        since = up if state == "running" else began
        connection.execute(update(TURNS).where(TURNS.c.id == number).values(at=since))
    kept = MANIFESTS.c.tenant_id == tenant_id
    connection.execute(update(MANIFESTS).where(kept).values(kept_at=born))
    mine = TENANTS.c.tenant_id == tenant_id
    connection.execute(update(TENANTS).where(mine).values(created_at=born, state_since=since))
