"""What failures there are, what one would cost at worst, and what one did."""

from collections.abc import Mapping
from typing import Any

from ecp.kube import durations
from ecp.kube.times import nanoseconds, rfc3339
from ecp.orchestrator.faults import aftermath, explaining, model
from ecp.orchestrator.ports import ClusterRefused, Storage, TenantPort
from ecp.orchestrator.records import Obj, Tenant
from ecp.texts import Language, text, took

_SHOWN = (
    "id", "fault", "title", "state", "origin", "targets", "parameters", "planned_for",
    "started_at", "until", "ended_at", "recovered_at", "recovery_seconds", "verdict", "stopped_by",
)  # fmt: skip
_UNDER_WAY = ("planned", "running")
_MOST_ALERTS = 200
_PERIOD = "30d"


async def kinds(simulator: TenantPort) -> Obj:
    """Return the catalogue, each with its class, and the rates of failures that come unasked.

    Without a `duration`: it falls once.
    """
    rows = await simulator.fault_kinds()
    faults = [
        {
            **row,
            "class": model.class_of(row),
            "duration": row.get("duration") or model.DURATIONS.get(row["name"]),
        }
        for row in rows
    ]
    names = [*model.CLASSES, "other"]
    return {
        "faults": sorted(faults, key=lambda row: (names.index(row["class"]), row["name"])),
        "classes": [name for name in names if any(row["class"] == name for row in faults)],
        "background": await simulator.failure_rates(),
    }


async def everywhere(
    simulator: TenantPort, storage: Storage, *, tenant_id: str, under_way: bool, limit: int
) -> Obj:
    """Return the failures of all tenants, the newest first, without their proofs."""
    rows = await simulator.faults("")
    spaces: dict[str, str | None] = {}
    for row in rows:
        for space in row["namespaces"]:
            if space not in spaces:
                spaces[space] = await storage.tenant_of_namespace(space)
    shown = []
    for row in rows:
        tenants = [name for space in row["namespaces"] if (name := spaces[space]) is not None]
        if (not tenant_id or tenant_id in tenants) and (
            not under_way or row["state"] in _UNDER_WAY
        ):
            shown.append({**{name: row[name] for name in _SHOWN}, "tenants": tenants})
    shown.sort(key=lambda row: row["started_at"] or row["planned_for"], reverse=True)
    repeating = []
    for row in await simulator.repeating(""):
        tenant = await storage.tenant_of_namespace(row["namespace"])
        if not tenant_id or tenant == tenant_id:
            repeating.append({**row, "tenant_id": tenant})
    now = rfc3339((await simulator.clock()).now_ns)
    return {"failures": shown[:limit], "total": len(shown), "repeating": repeating, "now": now}


async def at_worst(
    simulator: TenantPort, tenant: Tenant, body: Mapping[str, Any], row: Mapping[str, Any]
) -> Obj | None:
    """Return what a failure would take of the promise if it kept the tenant down all the time.

    `remaining_seconds` is of what was measured of the last 30 days: of a tenant that is younger of
    `measured_seconds`, and `budget_seconds` is what the whole of 30 days allows. None for one that
    nobody ends, and while nothing is measured.
    """
    lasts = body.get("duration") or row.get("duration")
    try:
        seconds = durations.parse(str(lasts)) / 1e9
        level = await simulator.sla(tenant.tenant_id, _PERIOD)
    except (durations.InvalidDuration, ClusterRefused):
        return None
    left = (level.get("error_budget") or {}).get("remaining_seconds")
    if left is None:
        return None
    return {
        "target_sla": tenant.target_ppm / 10_000,
        "period": _PERIOD,
        "remaining_seconds": left,
        "measured_seconds": level.get("observed_seconds"),
        "budget_seconds": explaining.budget(tenant.target_ppm),
        "at_worst_seconds": seconds,
        "would_breach": seconds > left,
    }


async def report(
    simulator: TenantPort, storage: Storage, tenant: Tenant, fault: Obj, language: Language
) -> Obj:
    """Return what a failure did to a tenant: figures around it, its cost, its chain, advice."""
    clock = await simulator.clock()
    now = clock.now_ns
    wanted = explaining.frame(fault, now)
    if wanted is None:
        return {"failure": fault, "frame": None}
    minutes = await _minutes(simulator, tenant.tenant_id, wanted)
    names = explaining.hit_workloads(fault, tenant.namespace)
    series = explaining.points(minutes, wanted, names)
    lost = list(explaining.lost_slots(minutes, fault["id"]))
    costs = explaining.cost(lost, tenant.target_ppm)
    effects = explaining.effect(series, fault)
    alerts = await _alerts(storage, tenant.tenant_id, fault)
    chain = await _why(simulator, tenant.tenant_id, lost, language)
    why_not = None if alerts else explaining.unjudged(fault, clock.pace, await _watched(storage))
    told = explaining.advice(fault, effects, costs, None if why_not else len(alerts))
    rows = explaining.timeline(fault, costs, alerts)
    for row in rows:
        if row["what"] == "seen":
            row["text"] = text(f"fault.expect.{row['of']}", language)
    return {
        "failure": fault,
        "frame": {"from": rfc3339(wanted.first), "to": rfc3339(wanted.after)},
        "series": series,
        "effect": effects,
        "cost": costs,
        "worst_minute": aftermath.worst_minute(series, fault, costs),
        "recovery": aftermath.recovery(fault, costs),
        "alerts": alerts,
        "unjudged": None if why_not is None else {"id": why_not, "text": text(why_not, language)},
        "why": chain,
        "timeline": rows,
        "open": await _open(simulator, tenant.tenant_id, fault, wanted),
        "advice": [{"id": key, "text": _said(key, values, language)} for key, values in told],
        "now": rfc3339(now),
        "evidence": "simulated",
    }


def _said(key: str, values: Obj, language: Language) -> str:
    """Say a piece of advice, its durations as a reader writes them."""
    seconds = values.get("seconds")
    spelt = {} if seconds is None else {"seconds": took(seconds, language)}
    return text(key, language, **{**values, **spelt})


async def _open(
    simulator: TenantPort, tenant_id: str, fault: Obj, wanted: explaining.Frame
) -> Obj | None:
    """Return what requests meet in the minute that is not closed yet and that the failure reaches
    into; None where all its minutes are closed."""
    if not explaining.is_open(fault, wanted):
        return None
    try:
        now = (await simulator.state(tenant_id)).get("metrics") or {}
    except ClusterRefused:
        now = {}
    return {
        "since": rfc3339(wanted.after),
        "error_rate": now.get("error_rate"),
        "response_time": now.get("response_time"),
        "request_rate": now.get("network_rps"),
    }


async def _minutes(simulator: TenantPort, tenant_id: str, wanted: explaining.Frame) -> list[Obj]:
    """Return the tenant's minutes of a frame; fewer where the tenant is younger."""
    first = (await simulator.close_up(tenant_id, 0, 1))["minutes"]
    if not first:
        return []
    start = explaining.since(first[0], wanted)
    found = await simulator.close_up(tenant_id, start, wanted.minutes)
    return [row for row in found["minutes"] if nanoseconds(row["minute"]) < wanted.after]


async def _alerts(storage: Storage, tenant_id: str, fault: Obj) -> list[Obj]:
    """Return the alerts that followed: of one that fired before it may since be the cause, too."""
    began = nanoseconds(fault["started_at"])
    rows, _ = await storage.alerts.some(tenant_id=tenant_id, limit=_MOST_ALERTS)
    return [
        {
            "id": row.id,
            "rule": row.rule,
            "severity": row.severity,
            "state": row.state,
            "fired_at": None if row.fired_at is None else rfc3339(row.fired_at),
        }
        for row in rows
        if row.chain.get("cause") == fault["id"] and (row.fired_at or 0) >= began
    ]


async def _watched(storage: Storage) -> int | None:
    """Return the instant (ns) since which alerts are judged where they were not from the first."""
    facts = await storage.demo.facts()
    return None if facts is None else facts.get("watched_since")


async def _why(
    simulator: TenantPort, tenant_id: str, lost: list[int], language: Language
) -> Obj | None:
    """Return the chain behind the middle of what was lost; None where nothing was."""
    if not lost:
        return None
    try:
        return await simulator.why(tenant_id, rfc3339(lost[len(lost) // 2]), language)
    except ClusterRefused:
        return None
