"""Tenants in one mode's database."""

from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from ecp.orchestrator.adapters.connecting import Connected
from ecp.orchestrator.adapters.releases import last_releases
from ecp.orchestrator.adapters.tables import MANIFESTS, MONITORING, TENANTS
from ecp.orchestrator.records import Page, Tenant


class Tenants(Connected):
    """The tenants of `ports.Storage`."""

    async def add_tenant(self, tenant: Tenant) -> bool:
        """Keep a new tenant; False when its id or its namespace is taken."""
        try:
            async with self._transaction() as connection:
                await connection.execute(insert(TENANTS).values(_of_tenant(tenant)))
        except IntegrityError:
            return False
        return True

    async def tenant(self, tenant_id: str) -> Tenant | None:
        wanted = select(TENANTS).where(TENANTS.c.tenant_id == tenant_id)

        def found(connection: Connection) -> Tenant | None:
            row = connection.execute(wanted).mappings().first()
            return None if row is None else Tenant(**row)

        return await self._at_once(found)

    async def tenants(
        self, skip: int, limit: int, preset: str | None = None, phase: str | None = None
    ) -> Page:
        """Return tenants in the order of their ids; `phase` is that of the last release,
        "created" for a tenant without one."""
        wanted = select(TENANTS)
        if preset is not None:
            wanted = wanted.where(TENANTS.c.preset == preset)
        if phase is not None:
            last = last_releases().subquery()
            wanted = wanted.outerjoin(last, last.c.tenant_id == TENANTS.c.tenant_id)
            wanted = wanted.where(
                last.c.phase.is_(None) if phase == "created" else last.c.phase == phase
            )
        async with self._reading() as connection:
            total = await connection.scalar(select(func.count()).select_from(wanted.subquery()))
            rows = await connection.execute(
                wanted.order_by(TENANTS.c.tenant_id).offset(skip).limit(limit)
            )
            tenants = [Tenant(**row) for row in rows.mappings()]
        return Page(tenants, total or 0)

    async def change_tenant(self, tenant: Tenant) -> None:
        async with self._transaction() as connection:
            await connection.execute(
                update(TENANTS)
                .where(TENANTS.c.tenant_id == tenant.tenant_id)
                .values(_of_tenant(tenant))
            )

    async def remove_tenant(self, tenant_id: str) -> None:
        """Forget a tenant and everything that was kept of it alone."""
        async with self._transaction() as connection:
            for table in (MANIFESTS, MONITORING, TENANTS):
                await connection.execute(delete(table).where(table.c.tenant_id == tenant_id))

    async def tenant_of_namespace(self, namespace: str) -> str | None:
        async with self._reading() as connection:
            found: str | None = await connection.scalar(
                select(TENANTS.c.tenant_id).where(TENANTS.c.namespace == namespace)
            )
        return found


def _of_tenant(tenant: Tenant) -> dict[str, Any]:
    return {
        "tenant_id": tenant.tenant_id,
        "name": tenant.name,
        "namespace": tenant.namespace,
        "preset": tenant.preset,
        "requirements": dict(tenant.requirements),
        "options": dict(tenant.options),
        "target_ppm": tenant.target_ppm,
        "description": tenant.description,
        "created_at": tenant.created_at,
    }
