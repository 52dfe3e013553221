"""Deploy and status over HTTP: the guide's `/api/v1/simulator/deploy` and `/status`."""

import asyncio
import os
from typing import Annotated, Any

from fastapi import APIRouter, Query

from ecp import __version__
from ecp.edge.problems import Problem
from ecp.edge.services import SERVICES
from ecp.orchestrator.asking import Asked, InMode, Records, Spoken
from ecp.orchestrator.ports import ClusterRefused, ClusterUnreachable, House
from ecp.orchestrator.records import Deployed, Mode, Release, Step, Tenant, Wish
from ecp.orchestrator.releases.model import ADDED
from ecp.orchestrator.releases.schemas import (
    MAX_WAIT_S,
    Deploy,
    counts,
    release_json,
    steps_json,
)
from ecp.texts import Language

router = APIRouter(prefix="/api/v1/simulator", tags=["simulator"])
secondary = APIRouter(prefix="/api/v1/tenants", tags=["tenants"])
_LOOKS_AT_ONCE = 8
_OF_SLA = (
    "current_sla",
    "target_sla",
    "status",
    "uptime_percentage",
    "downtime_minutes",
    "requests",
)


def dashboard_url(tenant_id: str, stored: str | None = None) -> str:
    """Return where the tenant's page is, as a browser on this machine reaches it.

    The environment goes before the stored setting `simulatorUrl`, and that before the local port.
    """
    base = (os.environ.get("ECP_DASHBOARD_URL", "") or stored or "").rstrip("/")
    if not base:
        service = next(s for s in SERVICES if s.name == "simulator-dashboard")
        base = f"http://localhost:{service.chosen_port()}"
    return f"{base}/dashboard/{tenant_id}"


@router.post("/deploy/{tenant_id}")
async def deploy(
    tenant_id: str,
    house: Asked,
    mode: InMode,
    language: Spoken,
    wanted: Deploy | None = None,
    wait: Annotated[str | None, Query(pattern="^ready$")] = None,
    timeout: Annotated[float, Query(ge=0, le=MAX_WAIT_S)] = 600,
) -> dict[str, Any]:
    """Deploy the tenant's manifest: the one given, the last valid one, or a generated one.

    `success` means accepted and applied; `phase` and `startup` say how it goes on.
    """
    storage = await house.storage(mode)
    settings = await storage.settings()
    asked = (wanted or Deploy.model_validate({})).model_dump()
    if asked["strict_validation"] is None:
        asked["strict_validation"] = bool(settings.get("validationStrict", True))
    wish = Wish(**asked)
    done = await house.workflow.deploy(mode, tenant_id, wish, language)
    release = done.release
    timed_out = False
    if wait == "ready":
        release = await house.workflow.wait(mode, release, timeout)
        timed_out = release.phase in ("applying", "progressing")
    tenant = await _required(house, mode, tenant_id)  # it may have been deleted meanwhile
    startup = await house.workflow.judge(mode, tenant, release, language)
    return {
        **_deployed(tenant_id, done, release, startup),
        "simulator_dashboard": dashboard_url(tenant_id, settings.get("simulatorUrl")),
        "timed_out": timed_out,
        "mode": mode,
    }


def _deployed(
    tenant_id: str, done: Deployed, release: Release, startup: dict[str, Any]
) -> dict[str, Any]:
    ready, desired = counts(startup)
    applied = [
        step
        for step in done.steps
        if step.action == "apply" and step.state == "done" and not _is_added(step)
    ]
    return {
        "status": "success",
        "deployment_id": release.deployment_id,
        "resources_count": len(applied),
        "sla_monitoring": bool(release.options.get("enable_sla_tracking", True)),
        "tenant_id": tenant_id,
        "tenant_created": done.tenant_created,
        "new_revision": done.new_revision,
        "cluster_reset": done.cluster_reset,
        "manifest_source": done.source,
        **release_json(release),
        "ready": ready,
        "desired": desired,
        "started": startup["started"],
        "startup": startup,
        "warnings": list(done.warnings),
        "not_simulated": [row for row in steps_json(done.steps) if row["state"] == "skipped"],
        "pruned": [row for row in steps_json(done.steps) if row["action"] == "prune"],
    }


def _is_added(step: Step) -> bool:
    """Whether a step makes the Namespace that ECP adds to a bundle without one."""
    meta = {} if step.body is None else step.body["metadata"]
    return ADDED in (meta.get("annotations") or {})


@router.get("/status")
async def status(
    house: Asked,
    mode: InMode,
    language: Spoken,
    tenant_id: str | None = None,
    skip: Annotated[int, Query(ge=0, le=2**31)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> dict[str, Any]:
    """The integrated status: simulator, stores, and how each tenant's release stands."""
    storage = await house.storage(mode)
    if tenant_id is not None:
        tenants = [await _required(house, mode, tenant_id)]
        total = 1
    else:
        page = await storage.tenants(skip, limit)
        tenants, total = page.tenants, page.total
    releases = await storage.last_releases([tenant.tenant_id for tenant in tenants])
    simulator = await _simulator(house, mode)
    turn = asyncio.Semaphore(_LOOKS_AT_ONCE)

    async def row(tenant: Tenant) -> dict[str, Any]:
        async with turn:
            return await tenant_status(
                house, mode, tenant, releases.get(tenant.tenant_id), language,
                live=simulator["status"] == "healthy",
            )  # fmt: skip

    return {
        "status": "healthy" if simulator["status"] == "healthy" else "degraded",
        "mode": mode,
        "version": __version__,
        "simulator": simulator,
        "stores": {mode: "healthy" if await storage.reachable() else "unreachable"},
        "tenants": list(await asyncio.gather(*(row(tenant) for tenant in tenants))),
        "total_count": total,
        "evidence": "simulated",
    }


@router.get("/status/{tenant_id}")
async def tenant_status_route(
    tenant_id: str, house: Asked, mode: InMode, language: Spoken, records: Records
) -> dict[str, Any]:
    """How one tenant's release stands, with its steps and its start-up."""
    tenant = await _required(house, mode, tenant_id)
    release = await records.last_release(tenant_id)
    simulator = await _simulator(house, mode)
    live = simulator["status"] == "healthy"
    body = await tenant_status(house, mode, tenant, release, language, live=live)
    steps = [] if release is None else await records.steps(release.id)
    return {**body, "steps": steps_json(steps), "simulator": simulator, "mode": mode}


async def tenant_status(
    house: House,
    mode: Mode,
    tenant: Tenant,
    release: Release | None,
    language: Language,
    *,
    live: bool,
) -> dict[str, Any]:
    """Return a tenant's row of the status; from the records alone while the simulator is away."""
    body: dict[str, Any] = {
        "tenant_id": tenant.tenant_id,
        "namespace": tenant.namespace,
        "deployment_id": None,
        "phase": "created",
        "ready": 0,
        "desired": 0,
        "started": False,
        "sla": None,
    }
    if release is None:
        return body
    startup: dict[str, Any] = dict(release.startup)
    if live:
        try:
            startup = await house.workflow.judge(mode, tenant, release, language)
        except Problem:
            live = False
    ready, desired = counts(startup)
    sla = await _sla(house, mode, tenant.tenant_id) if live else None
    if sla is not None:
        # The solution is up once somebody was served; null: no demand is known of.
        startup["entry_requests_served"] = (sla.pop("requests") or {}).get("good")
    shown = release_json(release)
    if live and startup.get("cluster_reset"):
        shown["phase"] = "stalled"
    elif live and _has_settled(startup) and release.phase in ("progressing", "stalled"):
        # It has just become so: the record follows.
        shown["phase"] = "ready"
    return {
        **body,
        **shown,
        "live": live,
        "ready": ready,
        "desired": desired,
        "started": bool(startup.get("started")),
        "startup": startup,
        "sla": sla,
    }


def _has_settled(startup: dict[str, Any]) -> bool:
    return bool(startup.get("settled") or startup.get("started"))


async def _sla(house: House, mode: Mode, tenant_id: str) -> dict[str, Any] | None:
    try:
        found = await house.simulator(mode).sla(tenant_id, "24h")
    except (ClusterUnreachable, ClusterRefused):
        return None
    return {name: found.get(name) for name in _OF_SLA}


async def _required(house: House, mode: Mode, tenant_id: str) -> Tenant:
    tenant = await (await house.storage(mode)).tenant(tenant_id)
    if tenant is None:
        raise Problem(404, "TENANT_NOT_FOUND", "tenant.not-found", tenant=tenant_id)
    return tenant


async def _simulator(house: House, mode: Mode) -> dict[str, Any]:
    simulator = house.simulator(mode)
    try:
        health = await simulator.health()
    except (ClusterUnreachable, ClusterRefused) as error:
        return {"url": simulator.url, "status": "unreachable", "detail": str(error)}
    # The address in use: that of the answer.
    return {
        "url": simulator.url,
        "status": health.get("status", "unknown"),
        "version": health.get("version"),
    }


@secondary.get("/{tenant_id}/deployment-status")
async def deployment_status(
    tenant_id: str, house: Asked, mode: InMode, language: Spoken, records: Records
) -> dict[str, Any]:
    """How far the tenant's release has come: what was created, what is pending."""
    tenant = await _required(house, mode, tenant_id)
    release = await records.last_release(tenant_id)
    if release is None:
        raise Problem(404, "NOT_DEPLOYED", "release.none", tenant=tenant_id)
    live = (await _simulator(house, mode))["status"] == "healthy"
    body = await tenant_status(house, mode, tenant, release, language, live=live)
    steps = steps_json(await records.steps(release.id))
    done = [row for row in steps if row["state"] != "pending"]
    desired = body["desired"]
    ups = body["ready"] / desired if desired else 1.0
    share = (len(done) + len(steps) * ups) / (2 * len(steps)) if steps else 1.0
    return {
        "tenant_id": tenant_id,
        "status": body["phase"],
        "overall_status": body["phase"],
        "phase": body["phase"],
        "progress": round(100 * share, 1),
        "created_resources": [r for r in steps if r["state"] == "done"],
        "pending_resources": [r for r in steps if r["state"] == "pending"],
        "started": body["started"],
        "startup": body["startup"],
        "deployment_id": release.deployment_id,
    }
