"""Deploy and status over HTTP: the guide's `/api/v1/simulator/deploy` and `/status`."""

import asyncio
import os
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response

from ecp import __version__
from ecp.edge.bodies import Body
from ecp.edge.problems import Problem
from ecp.edge.services import SERVICES
from ecp.kube.times import nanoseconds, rfc3339
from ecp.orchestrator.asking import Asked, InMode, Records, Spoken
from ecp.orchestrator.ports import ClusterRefused, ClusterUnreachable, House, Storage
from ecp.orchestrator.records import (
    ROLLBACK,
    SORTED,
    UNSENT,
    Deployed,
    Mode,
    Release,
    Sought,
    Step,
    Tenant,
    Wish,
)
from ecp.orchestrator.releases import judging, waves
from ecp.orchestrator.releases.gate import GATE
from ecp.orchestrator.releases.model import ADDED
from ecp.orchestrator.releases.schemas import (
    MAX_WAIT_S,
    Deploy,
    counts,
    history_json,
    release_json,
    said_line,
    steps_json,
)
from ecp.orchestrator.releases.usecases import tiers
from ecp.orchestrator.together import together
from ecp.slo.budget import beside
from ecp.texts import Language

router = APIRouter(prefix="/api/v1/simulator", tags=["simulator"])
secondary = APIRouter(prefix="/api/v1/tenants", tags=["tenants"])
_LOOKS_AT_ONCE = 8
_OBSERVED = 5
_UNDER_WAY = ("rehearsing", "applying", "progressing")
_OF_SLA = (
    "current_sla",
    "target_sla",
    "status",
    "uptime_percentage",
    "downtime_minutes",
    "window",
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
    response: Response,
    wanted: Deploy | None = None,
    wait: Annotated[str | None, Query(pattern="^ready$")] = None,
    timeout: Annotated[float, Query(ge=0, le=MAX_WAIT_S)] = 600,
    prefer: Annotated[
        str, Header(description="respond-async: answer once all is written down (202)")
    ] = "",
) -> dict[str, Any]:
    """Deploy the tenant's manifest: the one given, the last valid one, or a generated one.

    `success` means accepted and applied; `phase` and `startup` say how it goes on. One that is
    rehearsed first, or that shall be answered at once, is answered by 202 before it is sent.
    """
    storage = await house.storage(mode)
    settings = await storage.settings()
    at_once = "respond-async" in prefer and wait is None
    wish = wish_of(wanted or Deploy.model_validate({}), settings, at_once=at_once)
    done = await house.workflow.deploy(mode, tenant_id, wish, language)
    return await answered(
        house, mode, language, settings, done, response,
        wait=timeout if wait == "ready" else None, at_once=at_once,
    )  # fmt: skip


def wish_of(asked: Body, settings: Mapping[str, Any], *, at_once: bool = False) -> Wish:
    """Return what a request wishes; what it does not say is as the settings have it."""
    given = asked.model_dump()
    if given.get("strict_validation", True) is None:
        given["strict_validation"] = bool(settings.get("validationStrict", True))
    if given.get("rehearse") is not None:
        given["rehearse"]["for"] = given["rehearse"].pop("horizon")
    return Wish(**given, at_once=at_once)


async def answered(
    house: House,
    mode: Mode,
    language: Language,
    settings: Mapping[str, Any],
    done: Deployed,
    response: Response,
    *,
    wait: float | None,
    at_once: bool,
) -> dict[str, Any]:
    """Answer for a release that was begun, after *wait* seconds at most (None: at once)."""
    release = done.release
    tenant_id = release.tenant_id
    tenant, timed_out = done.tenant, False
    if wait is not None:
        release = await house.workflow.wait(mode, release, wait)
        timed_out = release.phase in _UNDER_WAY
        # Deleted meanwhile, it will never be what was waited for.
        tenant = await _required(house, mode, tenant_id)
    if at_once or release.phase == "rehearsing":
        startup = judging.not_sent(release)
        response.status_code = 202
        response.headers["Location"] = f"/api/v1/releases/{release.deployment_id}"
        if at_once:
            response.headers["Preference-Applied"] = "respond-async"
    else:
        startup = await house.workflow.judge(mode, tenant, release, language)
    return {
        **_deployed(tenant_id, done, release, startup, language),
        "simulator_dashboard": dashboard_url(tenant_id, settings.get("simulatorUrl")),
        "timed_out": timed_out,
        "mode": mode,
    }


def _deployed(
    tenant_id: str,
    done: Deployed,
    release: Release,
    startup: dict[str, Any],
    language: Language,
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
        "resources_planned": sum(
            step.action == "apply" and not _is_added(step) for step in done.steps
        ),
        "sla_monitoring": bool(release.options.get("enable_sla_tracking", True)),
        "tenant_id": tenant_id,
        "tenant_created": done.tenant_created,
        "new_revision": done.new_revision,
        "cluster_reset": done.cluster_reset,
        "manifest_source": done.source,
        **release_json(release, language),
        "gate": release.options.get(GATE),
        "rollback": release.options.get(ROLLBACK),
        "waves": waves.progress(waves.in_waves(done.steps, tiers()), startup, ()),
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
    q: Annotated[str, Query(max_length=200, description="in id, name, owner, description")] = "",
    sort: Annotated[
        str, Query(pattern=f"^-?({'|'.join(SORTED)})$", description="- before it: descending")
    ] = "tenant_id",
) -> dict[str, Any]:
    """The integrated status: simulator, stores, and how each tenant's release stands."""
    storage = await house.storage(mode)
    if tenant_id is not None:
        tenants = [await _required(house, mode, tenant_id)]
        total = 1
    else:
        descending = sort.startswith("-")
        sought = Sought(word=q, sort=sort.removeprefix("-"), descending=descending)
        found = await storage.find_tenants(sought, skip, limit)
        tenants, total = [tenant for tenant, _ in found.rows], found.total
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
        "tenants": await together(*(row(tenant) for tenant in tenants)),
        "total_count": total,
        "evidence": "measured" if house.target(mode).real else "simulated",
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
    newest = await records.history.newest(tenant_id)
    unsent = newest is not None and newest.phase in UNSENT
    return {
        **body,
        "steps": steps_json(steps),
        # What is rehearsed before it is sent, or was not sent at last: it runs nowhere.
        "coming": history_json(newest, language) if newest is not None and unsent else None,
        "simulator": simulator,
        "mode": mode,
    }


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
        "state": tenant.state,
        "phase": "created",
        "ready": 0,
        "desired": 0,
        "started": False,
        "sla": None,
    }
    if release is None:
        return body
    startup: dict[str, Any] = judging.in_words(release.startup, language)
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
    shown = release_json(release, language)
    if live and (startup.get("cluster_reset") or startup.get("gone")):
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
    return {name: found.get(name) for name in _OF_SLA} | {"error_budget": beside(found)}


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
    """How far the tenant's release has come: waves, what was created, what is pending, when.

    `estimated_completion` is from start-ups that were observed, null where none was.
    """
    tenant = await _required(house, mode, tenant_id)
    release = await records.last_release(tenant_id) or await records.history.newest(tenant_id)
    if release is None:
        raise Problem(404, "NOT_DEPLOYED", "release.none", tenant=tenant_id)
    live = (await _simulator(house, mode))["status"] == "healthy"
    body = await tenant_status(house, mode, tenant, release, language, live=live)
    standing = await standing_of(records, release, body["startup"], language)
    steps = steps_json(await records.steps(release.id))
    return {
        "tenant_id": tenant_id,
        "status": body["phase"],
        "overall_status": body["phase"],
        "phase": body["phase"],
        "progress": standing["progress"],
        "waves": standing["waves"],
        "created_resources": [r for r in steps if r["state"] == "done"],
        "pending_resources": [r for r in steps if r["state"] == "pending"],
        "estimated_completion": standing["estimated_completion"],
        "estimate": standing["estimate"],
        "logs": standing["logs"],
        "started": body["started"],
        "startup": body["startup"],
        "deployment_id": release.deployment_id,
    }


async def standing_of(
    records: Storage, release: Release, startup: Mapping[str, Any], language: Language
) -> dict[str, Any]:
    """Return how far a release has come: by waves, in percent, when it will be up, what was said.

    *startup* is what was judged of it.
    """
    grouped = waves.in_waves(await records.steps(release.id), tiers())
    said = await records.history.said(release.id)
    rows = waves.progress(grouped, startup, said, release.began)
    up = release.phase == "ready" or bool(startup.get("started"))
    estimate = None
    if release.phase in _UNDER_WAY and not startup.get("started"):
        names = [row["object"] for row in startup.get("workloads") or ()]
        earlier = await records.history.startups(release.tenant_id, _OBSERVED)
        judged = startup.get("judged_at")
        now = release.began if judged is None else nanoseconds(judged)
        estimate = waves.estimate(release, names, earlier, now)
    return {
        "progress": round(100 * waves.share(rows, up=up), 1),
        "waves": rows,
        "estimate": estimate,
        "estimated_completion": None if estimate is None else estimate["estimated_completion"],
        "logs": [
            {
                "sequence": message.sequence,
                "timestamp": rfc3339(message.at),
                "message": said_line(message.body, language),
            }
            for message in said
        ],
    }
