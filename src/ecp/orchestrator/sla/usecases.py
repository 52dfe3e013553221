"""A tenant's levels as the cluster's ledger has them."""

from typing import Any

from ecp.edge.problems import Problem
from ecp.orchestrator.ports import (
    ClusterRefused,
    ClusterUnreachable,
    House,
    Mode,
    Release,
    Storage,
    Tenant,
)
from ecp.orchestrator.sla.model import minutes_of

_GUIDE = (
    "current_sla",
    "target_sla",
    "status",
    "uptime_percentage",
    "failure_count",
    "recovery_time_avg",
)


async def deployed(storage: Storage, tenant_id: str) -> tuple[Tenant, Release]:
    """Return a tenant and its release. Raises Problem 404, or 409 where nothing is deployed."""
    tenant = await storage.tenant(tenant_id)
    if tenant is None:
        raise Problem(404, "TENANT_NOT_FOUND", "tenant.not-found", tenant=tenant_id)
    release = await storage.last_release(tenant_id)
    if release is None:
        raise Problem(409, "NOT_DEPLOYED", "release.none", tenant=tenant_id)
    return tenant, release


async def analysis(house: House, mode: Mode, tenant_id: str, period: str) -> dict[str, Any]:
    """Return the guide's SLA analysis and what stands behind it."""
    if minutes_of(period) is None:
        raise Problem(422, "INVALID_PERIOD", "period.bad", value=period)
    await deployed(await house.storage(mode), tenant_id)
    found = await asked(house, mode, tenant_id, "sla", period)
    missing = [name for name in _GUIDE if name not in found]
    if missing:
        raise Problem(
            502,
            "MONITORING_UNAVAILABLE",
            "cluster.no-figures",
            tenant=tenant_id,
            message=", ".join(missing),
        )
    return {**found, "tenant_id": tenant_id, "period": period}


async def asked(
    house: House, mode: Mode, tenant_id: str, what: str, detail: str = ""
) -> dict[str, Any]:
    """Ask the simulator about a tenant: its `state`, `sla` or `why`. Raises Problem."""
    simulator = house.simulator(mode)
    try:
        if what == "sla":
            return await simulator.sla(tenant_id, detail)
        if what == "why":
            return await simulator.why(tenant_id, detail)
        return await simulator.state(tenant_id)
    except ClusterUnreachable as error:
        raise Problem(
            503, "SIMULATOR_UNREACHABLE", "cluster.unreachable", url=error.url, detail=error.detail
        ) from error
    except ClusterRefused as error:
        status = error.code if error.code in (404, 422) else 502
        raise Problem(
            status,
            "MONITORING_UNAVAILABLE",
            "cluster.no-figures",
            tenant=tenant_id,
            message=error.message,
        ) from error
