"""Figures of tenants and of the simulator itself: JSON, and Prometheus text.

The paths are the guide's: /api/v1/external-metrics, /api/v1/metrics/{tenant},
/api/v1/metrics/system, /api/metrics, /metrics. A tenant is looked for in the cluster that follows
it.
"""

import asyncio
from collections.abc import AsyncIterator
from itertools import islice
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from pydantic import Field, StringConstraints
from starlette.responses import Response, StreamingResponse

from ecp.edge.problems import Problem
from ecp.kube import kinds, quantity
from ecp.kube.times import rfc3339_micro
from ecp.sim.engine.engine import SECOND
from ecp.sim.requests import Request as Wish
from ecp.sim.telemetry.contract import TENANT
from ecp.sim.telemetry.ledger import Sums
from ecp.sim.telemetry.metrics import exposition, labelled
from ecp.sim.traffic.model import MILLION
from ecp.simulator.directory import ClusterDirectory
from ecp.simulator.hosting import HostedCluster
from ecp.simulator.rest.clusters import Clusters, Strict, clock_json
from ecp.simulator.rest.tenants import (
    check_id,
    external_json,
    metrics_json,
    report_json,
    workloads_json,
)
from ecp.slo import openmetrics, windows
from ecp.slo.budget import beside
from ecp.slo.errors import InputError
from ecp.slo.slots import SLOT_SECONDS, STATE_NAMES, SlotSeries

router = APIRouter(tags=["metrics"])

PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
DEMO = "demo"
_FIRST = "default"
_MOST_METRICS = 200
_MOST_TENANTS = 1000
"""Of a cluster, told apart by a label in the exposition; all are counted."""
_MOST_SERVICES = 2000
"""Of a cluster: tenants that come after those that have so many are told of as a whole."""
_MOST_TOLD = 2000
"""External metrics of a cluster."""
_MOST_SAMPLES = 100_000  # of a series: 30 days at 30 s
_COUNTED = (kinds.NODES, kinds.PODS, kinds.DEPLOYMENTS, kinds.SERVICES)
_GPU = "nvidia.com/gpu"
_DISK = "ephemeral-storage"

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_.:-]{0,99}$")]
Value = int | float | bool | Annotated[str, StringConstraints(max_length=1000)] | None
Wanted = Annotated[str | None, Query(description="default: the cluster that follows the tenant")]
Demo = Annotated[bool, Header(alias="X-Demo-Mode", description="true: the cluster `demo`")]


class ExternalMetrics(Strict):
    """What another system says of a tenant; keys of `metrics` are free."""

    tenant_id: Annotated[str, StringConstraints(max_length=50)] = Field(examples=["my-ai-service"])
    source: Annotated[str, StringConstraints(max_length=100)] = Field(examples=["ecp-orchestrator"])
    metrics: dict[Name, Value] = Field(
        max_length=_MOST_METRICS,
        examples=[{"business_requests": 1500, "active_sessions": 45, "revenue": 125000.0}],
    )


@router.post("/api/v1/external-metrics")
async def take_external_metrics(
    told: ExternalMetrics, found: Clusters, cluster: Wanted = None, demo: Demo = False
) -> dict[str, Any]:
    """Keep what another system says of a tenant: durable when it is answered."""
    check_id(told.tenant_id)
    hosted = hosting(found, told.tenant_id, cluster, demo) or _first(found, cluster, demo)
    body = {"source": told.source, "metrics": told.metrics}
    await hosted.submit(Wish("tell", "tenants", name=told.tenant_id, body=body))
    return {
        "status": "success",
        "tenant_id": told.tenant_id,
        "source": told.source,
        "received": len(told.metrics),
        "cluster": hosted.name,
        "timestamp": rfc3339_micro(hosted.cluster.now),
        "known_tenant": hosted.cluster.flows.tenant(told.tenant_id) is not None,
    }


@router.get("/api/v1/metrics/system")
async def system_metrics(
    found: Clusters, cluster: Wanted = None, demo: Demo = False
) -> dict[str, Any]:
    """Return figures of the clusters: nodes, pods, capacity, what is requested and used."""
    chosen = [_first(found, cluster, demo)] if cluster or demo else found.all()
    for hosted in chosen:
        hosted.catch_up()
    rows = [_system(hosted) for hosted in chosen]
    return {
        "timestamp": rfc3339_micro(chosen[0].wall_now()) if chosen else None,
        "status": "degraded" if any(row["failed"] for row in rows) else "healthy",
        "clusters": rows,
        "damaged_clusters": sorted(found.damaged),
        "evidence": "simulated",
    }


@router.get("/api/v1/metrics/{tenant}")
async def tenant_metrics(
    request: Request,
    tenant: str,
    found: Clusters,
    period: Annotated[str, Query(description="of OpenMetrics: 1h, 30d, calendar-month")] = "24h",
    step: Annotated[str, Query(description="of OpenMetrics: between two samples")] = "1m",
    cluster: Wanted = None,
    demo: Demo = False,
) -> Any:
    """Return a tenant's figures of now and its service level of the last 24 h.

    `Accept: application/openmetrics-text` asks for its slots over a period instead, by state and
    service, with the cluster's time stamps.
    """
    check_id(tenant)
    hosted = hosting(found, tenant, cluster, demo)
    if hosted is None:
        known = sorted(t.name for h in found.all() for t in h.cluster.flows.tenants())
        where = _first(found, cluster, demo).name if found.all() else "-"
        raise Problem(
            404,
            "TENANT_NOT_FOUND",
            "followed.not-found",
            tenant=tenant,
            name=where,
            known=", ".join(known) or "-",
        )
    hosted.catch_up()
    if request.headers.get("accept", "").startswith("application/openmetrics-text"):
        return StreamingResponse(
            _slots(hosted, tenant, *_samples_at(hosted, tenant, period, step)),
            media_type=openmetrics.CONTENT_TYPE,
        )
    return tenant_figures(hosted, tenant)


@router.get("/api/metrics")
@router.get("/api/v1/metrics")
async def collection(
    request: Request,
    found: Clusters,
    format: Annotated[str | None, Query(description="json or prometheus")] = None,
    cluster: Wanted = None,
    demo: Demo = False,
) -> Any:
    """Return everything at once: JSON, or Prometheus text where that is asked for."""
    if format not in (None, "json", "prometheus"):
        raise Problem(
            422, "INVALID_FORMAT", "followed.bad-input", field="format", detail="json | prometheus"
        )
    wanted = request.headers.get("accept", "")
    if format == "prometheus" or (format is None and wanted.startswith("text/plain")):
        return await prometheus(found)
    chosen = [_first(found, cluster, demo)] if cluster or demo else found.all()
    for hosted in chosen:
        hosted.catch_up()
    return {
        "timestamp": rfc3339_micro(chosen[0].wall_now()) if chosen else None,
        "system": [_system(hosted) for hosted in chosen],
        "tenants": [
            tenant_figures(hosted, tenant.name)
            for hosted in chosen
            for tenant in hosted.cluster.flows.tenants()
        ],
        "evidence": "simulated",
    }


@router.get("/metrics")
async def prometheus(found: Clusters) -> Response:
    """Return the metrics of all clusters as Prometheus text."""
    for hosted in found.all():
        hosted.catch_up()
    return Response(exposition(samples(found.all())), media_type=PROMETHEUS)


def _samples_at(
    hosted: HostedCluster, tenant: str, period: str, step: str
) -> tuple[int, list[int]]:
    """Return the birth of the SLA clock and the slot edges of a period that has begun since.

    Raises Problem for a bad period or step, and where more samples are asked for than are given.
    """
    cluster = hosted.cluster
    cluster.flows.close()
    ledger = cluster.accounts.ledger(tenant)
    end = ledger.end or cluster.now // SECOND // SLOT_SECONDS
    try:
        window = windows.window_of(period, end * SLOT_SECONDS, ledger.calendar.contract.timezone)
        between = windows.period_seconds(step) // SLOT_SECONDS
    except InputError as error:
        raise Problem(
            422, "INVALID_PERIOD", "followed.bad-input", field=error.field, detail=str(error)
        ) from error
    born = ledger.born(end)
    born = end if born is None else min(born, end)
    first = max(window.start, born)
    if (end - first) // between > _MOST_SAMPLES:
        raise Problem(
            422,
            "INVALID_PERIOD",
            "followed.bad-input",
            field="step",
            detail=f"more than {_MOST_SAMPLES} samples; give a longer step or a shorter period",
        )
    return born, openmetrics.points(first, end, between)


async def _slots(
    hosted: HostedCluster, tenant: str, born: int, at: list[int]
) -> AsyncIterator[str]:
    """Yield a tenant's slots and requests as OpenMetrics; between two pieces the loop serves
    others."""
    ledger = hosted.cluster.accounts.ledger(tenant)
    said = list(ledger.said(born, at[-1]))
    services = {
        service: labelled(("cluster", "tenant", "service"), (hosted.name, tenant, service))
        for service in (TENANT, *(name for name in ledger.sums if name != TENANT))
    }
    yield openmetrics.HEAD
    for service, labels in services.items():
        runs = [(told.of(service)[0], after - first) for first, after, told in said]
        for piece in openmetrics.lines(labels, SlotSeries.of(born, runs), at):
            yield piece
            await asyncio.sleep(0)
    yield openmetrics.REQUESTS_HEAD
    for service, labels in services.items():
        asked = hosted.cluster.accounts.requests(tenant, service, born, at[-1])
        for piece in openmetrics.request_lines(labels, asked, at):
            yield piece
            await asyncio.sleep(0)
    yield openmetrics.END


def tenant_figures(hosted: HostedCluster, tenant: str) -> dict[str, Any]:
    """Return what the guide's metrics call says of a tenant."""
    cluster = hosted.cluster
    followed = cluster.flows.tenant(tenant)
    report = report_json(hosted, tenant, "24h")
    return {
        "tenant_id": tenant,
        "timestamp": rfc3339_micro(cluster.now),
        "metrics": metrics_json(cluster.flows.now(tenant)),
        "sla_data": {
            "availability": report["availability"],
            "status": report["status"],
            "uptime_percentage": report["uptime_percentage"],
            "downtime_minutes": report["downtime_minutes"],
            "target_sla": report["target_sla"],
            "failure_count": report["failure_count"],
            "recovery_time_avg": report["recovery_time_avg"],
            "observed_seconds": report["observed_seconds"],
            "provisional": report["provisional"],
            "error_budget": beside(report),
            "window": report.get("window"),
        },
        "workloads": [] if followed is None else workloads_json(hosted, followed),
        "external_metrics": external_json(hosted, tenant),
        "cluster": hosted.name,
        "forked_from": hosted.forked_from or None,
        "clock": clock_json(hosted),
        "evidence": "simulated",
    }


def samples(clusters: list[HostedCluster]) -> dict[str, list[tuple[tuple[str, ...], float]]]:
    """Return the samples of METRICS, label values in the table's order."""
    found: dict[str, list[tuple[tuple[str, ...], float]]] = {}

    def add(name: str, labels: tuple[str, ...], value: float) -> None:
        found.setdefault(name, []).append((labels, value))

    for hosted in clusters:
        cluster, where = hosted.cluster, hosted.name
        cluster.flows.close()
        add("ecp_cluster_time_seconds", (where,), cluster.now / SECOND)
        add("ecp_cluster_speed", (where,), 0.0 if hosted.pace.paused else hosted.pace.speed)
        add("ecp_cluster_changes_total", (where,), cluster.store.version)
        for resource in _COUNTED:
            add("ecp_cluster_objects", (where, resource), cluster.store.count(resource))
        running = sum(f.started is not None and f.ended is None for f in cluster.faults.all)
        add("ecp_faults_running", (where,), running)
        tenants = cluster.flows.tenants()
        add("ecp_followed_tenants", (where,), len(tenants))
        room = _MOST_SERVICES
        for tenant in tenants[:_MOST_TENANTS]:
            room -= _tenant_samples(hosted, tenant.name, add, room)
        room = _MOST_TOLD
        for name, told in cluster.accounts.external.items():
            if cluster.flows.tenant(name) is None:
                continue  # anybody may be spoken of: series are for who is followed
            for metric, (value, source, _) in islice(told.items(), min(_MOST_METRICS, room)):
                if isinstance(value, int | float):
                    add("ecp_external_metric", (where, name, metric, source), float(value))
                    room -= 1
    return found


def _tenant_samples(hosted: HostedCluster, tenant: str, add: Any, room: int) -> int:
    """Add a tenant's samples, its services' where there is room; return how many services."""
    cluster, where = hosted.cluster, hosted.name
    results = cluster.flows.now(tenant) if room > 0 else ()
    ledger = cluster.accounts.ledgers.get(tenant)
    # All states are there from the beginning, so that a first slot is an increase.
    sums = {} if ledger is None else ledger.sums
    services = dict.fromkeys((*(result.name for result in results), *sums))
    services.pop(TENANT, None)
    if len(services) > room:
        services, results = {}, ()
    for service in (TENANT, *services):
        row = sums.get(service) or Sums()
        for state, word in STATE_NAMES.items():
            add("ecp_sla_slots_total", (where, tenant, service, word), row.slots[state])
        add("ecp_requests_total", (where, tenant, service, "good"), row.good)
        add("ecp_requests_total", (where, tenant, service, "bad"), row.total - row.good)
        add("ecp_requests_total", (where, tenant, service, "excess"), row.excess)
    for result in results:
        labels = (where, tenant, result.name)
        if result.modelled:
            add("ecp_response_time_seconds", labels, result.p95 / 1000)
            add("ecp_request_rate", labels, result.offered / MILLION / SLOT_SECONDS)
            add("ecp_workload_cpu_cores", labels, result.cpu * result.pods / 1000)
            add("ecp_workload_memory_bytes", labels, result.memory * result.pods)
            add("ecp_workload_queue", labels, result.queue / 1000)
        add("ecp_error_ratio", labels, result.bad / MILLION)
        for kind, number in (
            ("wanted", result.wanted),
            ("listed", result.listed),
            ("answering", result.pods),
        ):
            add("ecp_workload_pods", (*labels, kind), number)
    followed = cluster.flows.tenant(tenant)
    assert followed is not None
    fields = dict(followed.objective)
    report = cluster.accounts.report(tenant, fields, "24h", cluster.now // SECOND)
    if report is not None and report.ratios.seen.eligible:
        seen = report.ratios.seen
        add("ecp_sla_ratio", (where, tenant), seen.up / seen.eligible)
    return len(services)


def _system(hosted: HostedCluster) -> dict[str, Any]:
    cluster = hosted.cluster
    nodes = cluster.store.list(kinds.NODES)
    capacity = dict.fromkeys(("cpu", "memory", _GPU, _DISK), 0)
    ready = 0
    for node in nodes:
        status = node.get("status") or {}
        for name in capacity:
            said = (status.get("allocatable") or {}).get(name)
            if said is not None:
                capacity[name] += quantity.milli(said) if name == "cpu" else quantity.value(said)
        ready += any(
            c["type"] == "Ready" and c["status"] == "True" for c in status.get("conditions") or ()
        )
    asked = dict.fromkeys(capacity, 0)
    phases: dict[str, int] = {}
    for pod in cluster.store.list(kinds.PODS):
        phase = (pod.get("status") or {}).get("phase", "Pending")
        phases[phase] = phases.get(phase, 0) + 1
        if not pod["spec"].get("nodeName") or phase in ("Succeeded", "Failed"):
            continue
        for container in pod["spec"]["containers"]:
            requests = (container.get("resources") or {}).get("requests") or {}
            for name in asked:
                if name in requests:
                    said = requests[name]
                    asked[name] += quantity.milli(said) if name == "cpu" else quantity.value(said)
    used_cpu = used_memory = 0
    for tenant in cluster.flows.tenants():
        for result in cluster.flows.now(tenant.name):
            used_cpu += result.cpu * result.pods
            used_memory += result.memory * result.pods
    return {
        "cluster": hosted.name,
        "failed": bool(hosted.failure),
        "nodes": {"total": len(nodes), "ready": ready},
        "pods": phases,
        "cpu": _account(capacity["cpu"], asked["cpu"], used_cpu, "millicores"),
        "memory": _account(capacity["memory"], asked["memory"], used_memory, "bytes"),
        "gpu": _account(capacity[_GPU], asked[_GPU], None, "gpus"),
        "storage": _account(capacity[_DISK], asked[_DISK], None, "bytes"),
        "tenants": len(cluster.flows.tenants()),
        "resource_version": cluster.store.version,
        "clock": clock_json(hosted),
    }


def _account(capacity: int, requested: int, used: int | None, unit: str) -> dict[str, Any]:
    row: dict[str, Any] = {
        "allocatable": capacity,
        "requested": requested,
        "requested_percent": round(100 * requested / capacity, 2) if capacity else None,
        "unit": unit,
    }
    if used is not None:
        row["used"] = used
        row["used_percent"] = round(100 * used / capacity, 2) if capacity else None
    return row


def hosting(
    found: ClusterDirectory, tenant: str, cluster: str | None, demo: bool
) -> HostedCluster | None:
    """Return the cluster that follows a tenant, or followed it; None where none does."""
    if cluster or demo:
        hosted = found.require(cluster or DEMO)
        known = hosted.cluster.flows.tenant(tenant) or tenant in hosted.cluster.accounts.ledgers
        return hosted if known else None
    ordered = found.following()
    for hosted in ordered:
        if hosted.cluster.flows.tenant(tenant) is not None:
            return hosted
    for hosted in ordered:
        if tenant in hosted.cluster.accounts.ledgers:
            return hosted
    return None


def _first(found: ClusterDirectory, cluster: str | None, demo: bool) -> HostedCluster:
    return found.require(cluster or (DEMO if demo else _FIRST))
