"""Tenants of a cluster: follow their traffic, read closed minutes and service levels."""

import re
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field, StringConstraints

from ecp.edge.problems import Problem
from ecp.kube import kinds
from ecp.kube.times import rfc3339, rfc3339_micro
from ecp.manifests import RESERVED
from ecp.sim.engine.engine import SECOND
from ecp.sim.faults import FaultRefused, chosen_rates, shipped_rates
from ecp.sim.requests import Request as Wish
from ecp.sim.telemetry.accounts import objective_fields, objective_of
from ecp.sim.telemetry.contract import TENANT
from ecp.sim.traffic.graph import WORKLOADS, is_part
from ecp.sim.traffic.model import MILLION, Result
from ecp.sim.traffic.tenants import Tenant, shape_text
from ecp.simulator.hosting import HostedCluster
from ecp.simulator.rest.clusters import Clusters, Strict, clock_json, instant
from ecp.simulator.rest.recent import recent_json
from ecp.slo.contract import AGREED, Contract
from ecp.slo.errors import InputError
from ecp.slo.report import ClockReading
from ecp.slo.slots import SLOT_SECONDS, STATE_NAMES
from ecp.workloads.shaping import InvalidShape, written

router = APIRouter(prefix="/api/v1/clusters/{name}/tenants", tags=["tenants"])

_RESOURCE = "tenants"
_ID = re.compile(r"[a-z0-9]([-a-z0-9]{0,48}[a-z0-9])?")
_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_MOST_MINUTES = 500  # as many are summed within a tenth of a second
Word = Annotated[str, StringConstraints(max_length=64)]


class Followed(Strict):
    """Whom to follow: namespace, contracted units (null: probes only), what is promised."""

    namespace: Word = Field(examples=["my-ai-service-ecp-ai"])
    demand: dict[Word, Annotated[int, Field(ge=0, le=100_000)]] | None = Field(
        None, examples=[{"callbot": 10, "chatbot": 50, "advisor": 5}]
    )
    load: dict[Word, Annotated[int, Field(ge=0, le=100_000)]] | None = Field(
        None,
        description="units that ask, where these are not the contracted ones; what lies above is "
        "counted apart as `excess`",
        examples=[{"callbot": 14}],
    )
    shape: dict[Word, Any] | None = Field(
        None,
        description="what the tenant says of its demand: days off, weekdays, campaigns, variation, "
        "a measured series",
        examples=[
            {"days": {"2026-05-04": "Founding day"}, "month_end": {"days": 3, "factor": 1.3}}
        ],
    )
    slo: dict[Word, Any] | None = Field(None, examples=[{"target_ppm": 995_000}])
    failure_scenarios: bool = Field(False, description="let faults come by themselves")
    failure_rates: dict[Word, dict[Word, Word] | None] | None = Field(
        None,
        description="means in the place of the usual ones, see GET /api/v1/faults; null: not this",
        examples=[{"container-crash": {"mtbf": "30d"}, "cpu-spike": None}],
    )
    service_hours: Word | dict[Word, Word] | None = Field(
        None,
        description="by workload or profile; `profile`: those of the profiles; `never`: off duty "
        "round the clock; default: always",
        examples=[{"callbot": "09:00-18:00", "advisor": "mon-fri 09:00-18:00"}],
    )
    timezone: Word | None = Field(None, description="of hours and months; default: Asia/Seoul")
    maintenance: dict[Word, Any] | None = Field(
        None,
        description="when maintenance counts as planned",
        examples=[{"notice_seconds": 86_400, "monthly_cap_seconds": 14_400}],
    )


@router.get("")
async def list_tenants(name: str, found: Clusters) -> dict[str, Any]:
    """List the tenants that are followed."""
    hosted = found.require(name)
    hosted.catch_up()
    return {
        "cluster": name,
        "tenants": [
            {"tenant": tenant.name, "namespace": tenant.namespace, "since": _at(tenant.since)}
            for tenant in hosted.cluster.flows.tenants()
        ],
    }


@router.put("/{tenant}")
async def follow_tenant(
    name: str, tenant: str, wanted: Followed, found: Clusters, request: Request, response: Response
) -> dict[str, Any]:
    """Follow a tenant: from the next slot on its demand and its probes run. Idempotent."""
    hosted = found.require(name)
    check_id(tenant)
    if not _NAMESPACE.fullmatch(wanted.namespace):
        raise Problem(
            422, "INVALID_NAMESPACE", "followed.bad-namespace", namespace=wanted.namespace
        )
    _check_slo(wanted.slo or {})
    _check_rates(wanted.failure_rates)
    wanted.shape = _shape(wanted.shape)
    body = wanted.model_dump()
    before = hosted.cluster.flows.tenant(tenant)
    settled = _agrees(hosted, tenant, body)
    if before is None or not settled or not _same(hosted, before, wanted):
        await hosted.submit(Wish("track", _RESOURCE, name=tenant, body=body))
        response.status_code = 201 if before is None else 200
    return tenant_json(hosted, tenant)


@router.get("/{tenant}")
async def get_tenant(
    name: str,
    tenant: str,
    found: Clusters,
    since: Annotated[str, Query(description="`recent` begins here; default: one slot")] = "",
) -> dict[str, Any]:
    """Show a tenant: workloads, what its requests meet now, service level of the last 24 h.

    `recent` are the closed slots since an instant: means, counts and the worst of them.
    """
    hosted = found.require(name)
    hosted.catch_up()
    require_tenant(hosted, tenant)
    hosted.cluster.flows.close()
    return state_json(hosted, tenant, instant(since) // (SLOT_SECONDS * SECOND) if since else None)


def state_json(hosted: HostedCluster, tenant: str, first: int | None) -> dict[str, Any]:
    """Return a tenant as it is now, with what happened to it since slot *first* (None: the last
    slot)."""
    return {
        **tenant_json(hosted, tenant),
        "recent": recent_json(hosted, tenant, first, metrics_json),
    }


@router.delete("/{tenant}")
async def leave_tenant(name: str, tenant: str, found: Clusters) -> dict[str, Any]:
    """Follow a tenant no more; what happened is kept."""
    hosted = found.require(name)
    hosted.catch_up()
    require_tenant(hosted, tenant)
    await hosted.submit(Wish("untrack", _RESOURCE, name=tenant))
    return {"tenant": tenant, "followed": False}


@router.get("/{tenant}/minutes")
async def get_minutes(
    name: str,
    tenant: str,
    found: Clusters,
    since: Annotated[int, Query(ge=0, description="the last sequence seen")] = 0,
    limit: Annotated[int, Query(ge=1, le=_MOST_MINUTES)] = 240,
    workloads: Annotated[bool, Query(description="false: the tenant's rows only")] = True,
) -> dict[str, Any]:
    """Return closed minutes in order. Ask again with `next`; none are left when it is `newest`.

    Version 2: requests are those of up and down slots since the birth; `runs`, `causes` and
    `counts_from` say the order of the slots. `slo`, `corrections` and `agreed` are as they are
    now. Another `ledger` than before: the cluster began anew, and the sequence with it.
    """
    hosted = found.require(name)
    hosted.catch_up()
    require_history(hosted, tenant)
    hosted.cluster.flows.close()
    return minutes_json(hosted, tenant, since, limit, workloads=workloads)


def minutes_json(
    hosted: HostedCluster, tenant: str, since: int, limit: int, *, workloads: bool
) -> dict[str, Any]:
    """Return closed minutes after a sequence and what belongs to them; the slots are closed."""
    cluster = hosted.cluster
    minutes, newest = cluster.accounts.minutes(
        tenant, since, limit, cluster.now // SECOND, workloads=workloads
    )
    followed = cluster.flows.tenant(tenant)
    calendar = cluster.accounts.ledger(tenant).calendar
    return {
        "v": 2,
        "slo": {} if followed is None else dict(followed.objective),
        "timezone": calendar.contract.timezone,
        "corrections": calendar.plan(TENANT).corrections,
        "agreed": {
            "service_hours": calendar.plain.get("service_hours"),
            "notice_seconds": calendar.contract.terms.notice,
            "monthly_cap_seconds": calendar.contract.terms.monthly_cap,
            "windows": [asdict(window) for window in calendar.windows],
        },
        "topic": f"clusters/{hosted.name}/tenants/{tenant}/minutes",
        "ledger": hosted.ledger,
        "next": minutes[-1].sequence if minutes else since,
        "newest": newest,
        "minutes": [
            {"sequence": minute.sequence, "minute": _at(minute.slot), **minute.body}
            for minute in minutes
        ],
        "evidence": "simulated",
        "clock": clock_json(hosted),
    }


@router.get("/{tenant}/services")
async def get_services(
    name: str,
    tenant: str,
    found: Clusters,
    since: Annotated[str, Query(alias="from", examples=["2026-01-05T00:00:00Z"])],
    until: Annotated[str, Query(alias="to", examples=["2026-01-06T00:00:00Z"])],
) -> dict[str, Any]:
    """Sum up what each workload did between two instants, from the tenant's ledger.

    A row is like one of a minute's `workloads`; slots before the birth of the SLA clock are
    `before`. Slots of which nobody knows are in no row.
    """
    hosted = found.require(name)
    hosted.catch_up()
    require_history(hosted, tenant)
    hosted.cluster.flows.close()
    first, after = (instant(at) // (SLOT_SECONDS * SECOND) for at in (since, until))
    return {
        "tenant": tenant,
        "from": _at(first),
        "to": _at(after),
        "ledger": hosted.ledger,
        "services": hosted.cluster.accounts.services(tenant, first, max(first, after)),
    }


@router.get("/{tenant}/sla")
async def get_sla(
    name: str,
    tenant: str,
    found: Clusters,
    period: Annotated[str, Query(examples=["24h"])] = "24h",
    service: Annotated[str, Query(description="one workload; default: the tenant")] = "",
) -> dict[str, Any]:
    """Return the service level of a period: figures, budget, incidents with their causes."""
    hosted = found.require(name)
    hosted.catch_up()
    require_history(hosted, tenant)
    return report_json(hosted, tenant, period, service)


# --- what others show of a tenant, too -----------------------------------------------------------


def check_id(tenant: str) -> None:
    """Refuse what is no tenant's id. Raises Problem."""
    if not _ID.fullmatch(tenant) or tenant in RESERVED:
        raise Problem(422, "INVALID_TENANT_ID", "followed.bad-id", tenant=tenant)


def require_tenant(hosted: HostedCluster, tenant: str) -> Tenant:
    """Return a tenant that is followed. Raises Problem 404."""
    found = hosted.cluster.flows.tenant(tenant)
    if found is None:
        known = ", ".join(t.name for t in hosted.cluster.flows.tenants()) or "-"
        raise Problem(
            404,
            "TENANT_NOT_FOUND",
            "followed.not-found",
            tenant=tenant,
            name=hosted.name,
            known=known,
        )
    return found


def require_history(hosted: HostedCluster, tenant: str) -> None:
    """Let pass a tenant that is or was followed. Raises Problem 404."""
    if tenant not in hosted.cluster.accounts.ledgers:
        require_tenant(hosted, tenant)


def tenant_json(hosted: HostedCluster, tenant: str) -> dict[str, Any]:
    """Return a followed tenant with figures of now and of the last 24 h."""
    followed = require_tenant(hosted, tenant)
    return {
        "tenant": tenant,
        "cluster": hosted.name,
        "namespace": followed.namespace,
        "since": _at(followed.since),
        "demand": None if followed.demand is None else dict(followed.demand),
        "shape": followed.shaping(),
        "demand_reasons": {
            kind: [reason.to_json() for reason in reasons]
            for kind, reasons in hosted.cluster.flows.reasons(tenant).items()
        },
        "slo": dict(followed.objective),
        "failure_scenarios": followed.failures,
        "failure_rates": [
            rate.to_json() for rate in hosted.cluster.background.rates(tenant).values()
        ],
        "workloads": workloads_json(hosted, followed),
        "metrics": metrics_json(hosted.cluster.flows.now(tenant)),
        "sla": report_json(hosted, tenant, "24h"),
        "external_metrics": external_json(hosted, tenant),
        "clock": clock_json(hosted),
        "evidence": "simulated",
    }


def workloads_json(hosted: HostedCluster, followed: Tenant) -> list[dict[str, Any]]:
    """Return a tenant's workloads: replicas, and what their callers meet now."""
    flows = hosted.cluster.flows
    results = {result.name: result for result in flows.now(followed.name)}
    profiles = flows.kinds(followed.name)
    rows = []
    for kind, workload in _sets(hosted, followed.namespace):
        name, status = workload["metadata"]["name"], workload.get("status") or {}
        profile = profiles.get(name)
        every = kind == "DaemonSet"
        row: dict[str, Any] = {
            "name": name,
            "kind": kind,
            "desired": status.get("desiredNumberScheduled", 0)
            if every
            else workload["spec"].get("replicas", 1),
            "ready": status.get("numberReady" if every else "readyReplicas", 0),
            "profile": profile,
            "demand_model": "profile" if profile else "no demand model",
        }
        result = results.get(name)
        if result is not None:
            row |= {
                "state": STATE_NAMES[result.state],
                "answering": result.pods,
                "entry": result.entry,
                "metrics": _figures([result], of_all=True),
            }
        rows.append(row)
    return rows


def _sets(hosted: HostedCluster, namespace: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what keeps pods running in a namespace and is nobody's part."""
    for resource in WORKLOADS:
        if resource == kinds.PODS:
            continue
        kind = kinds.BUILT_IN.by_resource[resource].kind
        for obj in hosted.cluster.store.list(resource, namespace):
            if is_part(resource, obj):
                yield kind, obj


def metrics_json(results: tuple[Result, ...]) -> dict[str, Any]:
    """Return the guide's five figures of now: percent of limits, requests/s, ms p95, percent."""
    return _figures(list(results))


def _figures(results: list[Result], *, of_all: bool = False) -> dict[str, Any]:
    asked = [r for r in results if of_all or r.entry]
    cpu, cpu_limit = _sum(results, "cpu"), _sum(results, "cpu_limit")
    memory, memory_limit = _sum(results, "memory"), _sum(results, "memory_limit")
    offered = sum(r.offered if of_all else r.entered for r in asked)
    bad = sum((r.offered if of_all else r.entered) * r.bad for r in asked)
    share = bad / offered / MILLION if offered else max((r.bad for r in asked), default=0) / MILLION
    return {
        "cpu": _percent(cpu, cpu_limit),
        "memory": _percent(memory, memory_limit),
        "network_rps": round(offered / MILLION / SLOT_SECONDS, 3),
        "response_time": max((r.p95 for r in asked), default=0),
        "error_rate": round(share * 100, 2),
        "units": {
            "cpu": "% of limits",
            "memory": "% of limits",
            "network_rps": "requests/s",
            "response_time": "ms (p95)",
            "error_rate": "%",
        },
    }


def _sum(results: list[Result], field: str) -> int:
    return sum(int(getattr(result, field)) * result.pods for result in results)


def _percent(used: int, limit: int) -> float | None:
    return round(100 * used / limit, 2) if limit else None


def report_json(
    hosted: HostedCluster, tenant: str, period: str, service: str = ""
) -> dict[str, Any]:
    """Return the report of a period that ends now. Raises Problem for a bad period."""
    cluster = hosted.cluster
    cluster.flows.close()
    followed = cluster.flows.tenant(tenant)
    fields = dict(followed.objective) if followed is not None else {}
    try:
        report = cluster.accounts.report(
            tenant, fields, period, cluster.now // SECOND, service=service, clock=_reading(hosted)
        )
    except InputError as error:
        raise Problem(
            422, "INVALID_PERIOD", "followed.bad-input", field=error.field, detail=str(error)
        ) from error
    if report is None:
        return {
            "tenant_id": tenant,
            "period": period,
            "status": "no_data",
            "current_sla": None,
            "target_sla": fields.get("target_ppm", 995_000) / 10_000,
            "uptime_percentage": None,
            "availability": None,
            "failure_count": 0,
            "recovery_time_avg": None,
            "downtime_seconds": 0,
            "downtime_minutes": 0.0,
            "observed_seconds": 0,
            "provisional": True,
            "evidence": "simulated",
        }
    return report.to_json()


def external_json(hosted: HostedCluster, tenant: str) -> dict[str, Any]:
    """Return what others said of a tenant: the newest value of each name."""
    told = hosted.cluster.accounts.external.get(tenant, {})
    return {
        name: {"value": value, "source": source, "at": rfc3339(at)}
        for name, (value, source, at) in told.items()
    }


def _reading(hosted: HostedCluster) -> ClockReading:
    pace = hosted.pace
    speed = None if pace.goal is not None else 0.0 if pace.paused else pace.speed
    return ClockReading("simulated", speed, rfc3339_micro(hosted.wall_now()))


def _check_slo(slo: dict[str, Any]) -> None:
    unknown = objective_fields(slo)
    if unknown:
        raise Problem(
            422, "INVALID_SLO", "followed.bad-input", field=unknown[0], detail="unknown field"
        )
    try:
        objective_of(slo)
    except InputError as error:
        raise Problem(
            422, "INVALID_SLO", "followed.bad-input", field=error.field, detail=str(error)
        ) from error
    except TypeError as error:
        raise Problem(
            422, "INVALID_SLO", "followed.bad-input", field="slo", detail=str(error)
        ) from error


def _shape(given: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return a shape as it is kept. Raises Problem 422 for a bad one."""
    try:
        return written(given)
    except InvalidShape as error:
        raise Problem(
            422, "INVALID_SHAPE", "followed.bad-input", field=error.field, detail=error.why
        ) from error


def _check_rates(given: dict[str, Any] | None) -> None:
    try:
        chosen_rates(given)
    except FaultRefused as refusal:
        details = [rate.to_json() for rate in shipped_rates().values()]
        raise Problem(
            422, "INVALID_FAILURE_RATE", refusal.key, details=details, **refusal.values
        ) from refusal


def _agrees(hosted: HostedCluster, tenant: str, body: dict[str, Any]) -> bool:
    """Whether the contract in a body is the one in force. Raises Problem for a bad one."""
    agreed = {key: body[key] for key in AGREED if body.get(key) is not None}
    try:
        Contract.read(agreed)
    except InputError as error:
        raise Problem(
            422, "INVALID_CONTRACT", "followed.bad-input", field=error.field, detail=str(error)
        ) from error
    ledger = hosted.cluster.accounts.ledgers.get(tenant)
    return ledger is not None and ledger.calendar.plain == agreed


def _same(hosted: HostedCluster, before: Tenant, wanted: Followed) -> bool:
    background = hosted.cluster.background
    if wanted.failure_scenarios and background.given(before.name) != (wanted.failure_rates or None):
        return False
    demand = None
    if wanted.demand is not None:
        demand = tuple(sorted((key, units) for key, units in wanted.demand.items() if units))
    known = (before.namespace, before.demand, dict(before.load), dict(before.objective))
    return (*known, before.failures, before.shape) == (
        wanted.namespace,
        demand,
        wanted.load or {},
        wanted.slo or {},
        wanted.failure_scenarios,
        shape_text(wanted.shape),
    )


def _at(slot: int) -> str:
    return rfc3339(slot * SLOT_SECONDS * SECOND)
