"""A tenant's figures over a period, tenants beside one another, and what they are worth."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from ecp.edge.problems import Problem
from ecp.kube.times import rfc3339
from ecp.orchestrator.monitoring import model
from ecp.orchestrator.ports import ClusterRefused, ClusterUnreachable, House, Storage
from ecp.orchestrator.records import Figure, Minute, Mode, Tenant

LONGEST_HOURS: Final = 48
"""All that was said of a minute is kept for so long."""
_PAGE: Final = 200


async def statistics(storage: Storage, tenant_id: str, hours: int, every: int) -> dict[str, Any]:
    """Return statistics and a series of the newest hours that are kept. Raises Problem 404."""
    tenant = await _tenant(storage, tenant_id)
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
        "business": _worth(tenant, minutes),
        "interval_minutes": every,
        "series": model.series(minutes, every),
        "evidence": model.evidence((await storage.kept(tenant_id))[1]),
    }


async def comparison(storage: Storage, hours: int, order: str, limit: int) -> dict[str, Any]:
    """Return tenants beside one another over the newest hours of each, the worst first.

    `order` is one of the figures, or uptime. Who has no minutes comes last.
    """
    rows = []
    told = await storage.alerts.newest_minutes()
    async for tenant in _tenants(storage):
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
                "evidence": model.evidence(told.get(tenant.tenant_id) or {}),
                **{name: found[name]["mean"] for name in model.UNITS},
                "business": _worth(tenant, minutes),
            }
        )
    field = "uptime_percentage" if order == "uptime" else order
    sign = 1 if order == "uptime" else -1
    rows.sort(key=lambda row: (row[field] is None, sign * (row[field] or 0), row["tenant_id"]))
    return {
        "hours": hours,
        "order": order,
        "tenants": rows[:limit],
        "total": len(rows),
        "units": model.UNITS,
        "evidence": model.together([row["evidence"] for row in rows]),
    }


def _worth(tenant: Tenant, minutes: Sequence[Minute]) -> dict[str, Any] | None:
    """Return what a tenant's minutes were worth by its terms; None without terms or minutes."""
    agreed = tenant.options.get(model.BUSINESS)
    return model.business(minutes, agreed) if agreed and minutes else None


async def _tenants(storage: Storage) -> AsyncIterator[Tenant]:
    skip = 0
    while True:
        page = await storage.tenants(skip, _PAGE)
        for tenant in page.tenants:
            yield tenant
        skip += len(page.tenants)
        if not page.tenants or skip >= page.total:
            return


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


async def system(house: House, mode: Mode) -> dict[str, Any]:
    """Return what the cluster has and what is taken. Raises Problem 503 while it is away."""
    simulator = house.simulator(mode)
    try:
        told = await simulator.system()
    except (ClusterUnreachable, ClusterRefused) as error:
        raise Problem(
            503, "MONITORING_UNAVAILABLE", "cluster.unreachable",
            url=simulator.url, detail=str(error),
        ) from error  # fmt: skip
    rows = told["clusters"]
    return {
        "timestamp": told["timestamp"],
        "status": told["status"],
        "nodes": [{"cluster": row["cluster"], **row["nodes"]} for row in rows],
        **{name: model.taken(rows, name) for name in ("cpu", "memory", "gpu", "storage")},
        "tenants": sum(row["tenants"] for row in rows),
        "mode": mode,
        "evidence": told["evidence"],
    }


async def monitored(
    storage: Storage, tenant_id: str, metric_type: str | None, limit: int, hours: int, every: int
) -> dict[str, Any]:
    """Return a tenant's figures of some hours and its newest rows of MonitoringData.

    *metric_type* is that of the rows; of `metrics` cpu, memory and gpu are one each. Raises
    Problem 404, or 409 where nothing is deployed.
    """
    await _deployed(storage, tenant_id)
    minutes = await storage.alerts.recent_minutes(tenant_id, 60 * hours)
    named = metric_type if metric_type in model.SHORT else None
    rows = await storage.figures(tenant_id, None if named else metric_type, limit)
    metrics = model.points(minutes, every, rows)
    return {
        "tenant_id": tenant_id,
        "hours": hours,
        "interval_minutes": every,
        "metrics": {short: metrics[short] for short in model.SHORT if named in (None, short)},
        "summary": model.summary(metrics, minutes),
        "monitoring_data": [_row(row) for row in rows],
        "evidence": model.evidence((await storage.kept(tenant_id))[1]),
    }


def _row(figure: Figure) -> dict[str, Any]:
    return {name: getattr(figure, name) for name in Figure.__dataclass_fields__}


async def keep(
    house: House, storage: Storage, tenant_id: str, given: Mapping[str, Any]
) -> dict[str, Any]:
    """Keep what somebody measured: a row, or figures by their names. Raises Problem 404, 409, 422.

    A single row is answered as it is kept; of figures the newest is, and `kept` says how many.
    """
    await _deployed(storage, tenant_id)
    at = given["timestamp"] or rfc3339(house.now())
    source = given["data_source"]
    rows = [
        Figure(tenant_id, "external", name, given[name], unit, source, at)
        for name, unit in model.MEASURED.items()
        if given[name] is not None
    ]
    if given["metric_name"] is not None and given["metric_value"] is not None:
        value, unit = given["metric_value"], given["metric_unit"]
        kind, name = given["metric_type"], given["metric_name"]
        rows.append(Figure(tenant_id, kind, name, value, unit, source, at))
    if not rows:
        missing = [
            {"field": f"body.{name}", "message": "required"}
            for name in ("metric_name", "metric_value")
            if given[name] is None
        ]
        raise Problem(422, "VALIDATION_FAILED", "monitoring.no-figure", missing)
    await storage.add_figures(rows)
    return {**_row(rows[-1]), "kept": len(rows)}


async def _deployed(storage: Storage, tenant_id: str) -> None:
    await _tenant(storage, tenant_id)
    if await storage.last_release(tenant_id) is None:
        raise Problem(409, "NOT_DEPLOYED", "release.none", tenant=tenant_id)


async def _tenant(storage: Storage, tenant_id: str) -> Tenant:
    found = await storage.tenant(tenant_id)
    if found is None:
        raise Problem(404, "TENANT_NOT_FOUND", "tenant.not-found", tenant=tenant_id)
    return found
