"""A tenant's figures over a period, tenants beside one another, and what they are worth."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from ecp.edge.problems import Problem
from ecp.orchestrator.monitoring import model
from ecp.orchestrator.ports import House, Storage
from ecp.orchestrator.records import Mode, Tenant

LONGEST_HOURS: Final = 48
"""All that was said of a minute is kept for so long."""
_MOST_TENANTS: Final = 200


async def statistics(storage: Storage, tenant_id: str, hours: int, every: int) -> dict[str, Any]:
    """Return statistics and a series of the newest hours that are kept. Raises Problem 404."""
    await _tenant(storage, tenant_id)
    minutes = await storage.alerts.recent_minutes(tenant_id, 60 * hours)
    return {
        "tenant_id": tenant_id,
        "hours": hours,
        "window": {
            "from": minutes[0].minute if minutes else None,
            "to": minutes[-1].minute if minutes else None,
            "minutes": len(minutes),
        },
        "statistics": model.statistics(minutes),
        "interval_minutes": every,
        "series": model.series(minutes, every),
        "evidence": "simulated",
    }


async def comparison(storage: Storage, hours: int, order: str, limit: int) -> dict[str, Any]:
    """Return tenants beside one another over the newest hours of each, the worst first.

    `order` is one of the figures, or uptime. Who has no minutes comes last.
    """
    rows = []
    page = await storage.tenants(0, _MOST_TENANTS)
    for tenant in page.tenants:
        minutes = await storage.alerts.recent_minutes(tenant.tenant_id, 60 * hours)
        found = model.statistics(minutes)
        slots = [minute.body["tenant"]["slots"] for minute in minutes]
        up, down = (sum(row[state] for row in slots) for state in ("up", "down"))
        rows.append(
            {
                "tenant_id": tenant.tenant_id,
                "preset": tenant.preset,
                "target_sla": tenant.target_ppm / 10_000,
                "minutes": len(minutes),
                "uptime_percentage": round(100 * up / (up + down), 3) if up + down else None,
                "downtime_seconds": 5 * down,
                **{name: found[name]["mean"] for name in model.UNITS},
            }
        )
    field = "uptime_percentage" if order == "uptime" else order
    sign = 1 if order == "uptime" else -1
    rows.sort(key=lambda row: (row[field] is None, sign * (row[field] or 0), row["tenant_id"]))
    return {
        "hours": hours,
        "order": order,
        "tenants": rows[:limit],
        "total": page.total,
        "units": model.UNITS,
        "evidence": "simulated",
    }


async def terms(storage: Storage, tenant_id: str) -> dict[str, Any]:
    """Return what a tenant's requests are worth. Raises Problem 404."""
    tenant = await _tenant(storage, tenant_id)
    return {"tenant_id": tenant_id, **(tenant.options.get(model.BUSINESS) or {})}


async def agree(
    house: House, mode: Mode, tenant_id: str, given: Mapping[str, Any]
) -> dict[str, Any]:
    """Keep what a tenant's requests are worth; from the next minute on it is pushed."""
    async with house.locked(mode, tenant_id):
        storage = await house.storage(mode)
        tenant = await _tenant(storage, tenant_id)
        if (given.get("revenue_per_request") is None) != (given.get("currency") is None):
            raise Problem(422, "INVALID_TERMS", "monitoring.price-and-currency")
        kept = {name: value for name, value in given.items() if value is not None}
        options = {**tenant.options, model.BUSINESS: kept}
        await storage.change_tenant(replace(tenant, options=options))
    return {"tenant_id": tenant_id, **kept}


async def _tenant(storage: Storage, tenant_id: str) -> Tenant:
    found = await storage.tenant(tenant_id)
    if found is None:
        raise Problem(404, "TENANT_NOT_FOUND", "tenant.not-found", tenant=tenant_id)
    return found
