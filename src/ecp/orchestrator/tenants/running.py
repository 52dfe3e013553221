"""Start, stop, restart, clone, scale, delete; and in which state a tenant is for it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ecp.edge.problems import Problem, reader_language
from ecp.kube.times import rfc3339
from ecp.orchestrator.ports import ClusterRefused, ClusterUnreachable, House, NotServed, Storage
from ecp.orchestrator.records import WINDOWS, Latest, Mode, Obj, Release, Tenant, Turn, Wish
from ecp.orchestrator.tenants import lifecycle, usecases
from ecp.orchestrator.tenants.lifecycle import Seen, Shown
from ecp.texts import text

_RESTARTS = "ecp-restart"
_TURNS = 8
"""Of the newest turns so many are asked for the last that changed the state."""


async def settled(
    storage: Storage,
    tenant: Tenant,
    latest: Latest | Release | None,
    *,
    now: int,
    valid: bool = False,
    shown: Shown | None = None,
) -> Tenant:
    """Return the tenant in the state that follows from what is seen; a new one is kept."""
    phase: Any = None if latest is None else latest.phase
    since = now - tenant.state_since
    after = lifecycle.next_of(Seen(tenant.state, since, tenant.wanted, valid, phase, shown))
    if after.state == tenant.state:
        return tenant
    facts = dict(after.facts)
    if latest is not None:
        facts["revision"] = latest.revision
    await storage.turn_tenant(tenant.tenant_id, after.state, at=now, cause=after.cause, facts=facts)
    return replace(tenant, state=after.state, state_since=now)


async def now_in(
    storage: Storage, tenant: Tenant, latest: Latest | Release | None, now: int
) -> Tenant:
    """Return the tenant as the records alone tell its state, without a look at its cluster.

    One that was started stays on its way: its release was over long before, and says nothing of
    pods that begin now.
    """
    if tenant.state == "deploying" and latest is not None and latest.phase == "ready":
        turns, _ = await storage.tenant_history(tenant.tenant_id, 0, _TURNS)
        last = next((turn for turn in turns if turn.before != turn.state), None)
        if last is not None and last.cause == "start":
            return tenant
    valid = latest is None and bool(await storage.valid_manifests([tenant.tenant_id]))
    return await settled(storage, tenant, latest, now=now, valid=valid)


async def stop(house: House, mode: Mode, tenant_id: str, confirm: str = "") -> dict[str, Any]:
    """Scale a tenant's workloads to zero and keep every object.

    From then on it is off duty: nobody calls it, and no slot of it counts as down. Raises Problem.
    """
    async with house.locked(mode, tenant_id):
        storage = await house.storage(mode)
        tenant, release = await _released(storage, tenant_id)
        house.workflow.permit(mode, confirm)
        tenant = await _wanted(storage, tenant, "stopped", house.now())
        # Off duty first: the pods that go now are none that failed.
        await house.workflow.follow(mode, tenant)
        bodies = await _bodies(storage, release)
        scaled = [body for body in map(lifecycle.asleep, bodies) if body is not None]
        count = await _applied(house, mode, scaled)
        tenant = await settled(storage, tenant, release, now=house.now())
    kept = [_word(body) for body in bodies if body["kind"] == "Pod"]
    return {**_said(tenant), "scaled_to_zero": count, "still_running": kept}


async def start(house: House, mode: Mode, tenant_id: str, confirm: str = "") -> dict[str, Any]:
    """Give a tenant's workloads their replicas back, and its duty. Raises Problem."""
    async with house.locked(mode, tenant_id):
        storage = await house.storage(mode)
        tenant, release = await _released(storage, tenant_id)
        house.workflow.permit(mode, confirm)
        asleep = tenant.wanted == "stopped"
        tenant = await _wanted(storage, tenant, "up", house.now())
        bodies = await _bodies(storage, release)
        awake = [body for body in bodies if lifecycle.asleep(body) is not None]
        count = await _applied(house, mode, awake)
        await house.workflow.follow(mode, tenant)
        if asleep:
            await storage.turn_tenant(
                tenant_id, "deploying", at=house.now(), cause="start", facts={}
            )
            tenant = replace(tenant, state="deploying")
    return {**_said(tenant), "started": count}


async def restart(house: House, mode: Mode, tenant_id: str, confirm: str = "") -> dict[str, Any]:
    """Make all pods anew, as `kubectl rollout restart` does. Raises Problem."""
    async with house.locked(mode, tenant_id):
        storage = await house.storage(mode)
        tenant, release = await _released(storage, tenant_id)
        house.workflow.permit(mode, confirm)
        if tenant.wanted == "stopped":
            raise Problem(409, "TENANT_STOPPED", "tenant.stopped", tenant=tenant_id)
        now = house.now()
        at = rfc3339(now)
        bodies = await _bodies(storage, release)
        wanted = [body for b in bodies if (body := lifecycle.restarted(b, at)) is not None]
        count = await _applied(house, mode, wanted, _RESTARTS)
        turn = Turn(now, tenant.state, tenant.state, "restart", {"count": count})
        await storage.update_tenant(tenant, turn)
    return {**_said(tenant), "restarted": count, "restarted_at": at}


async def clone(house: House, mode: Mode, tenant_id: str, given: Mapping[str, Any]) -> Tenant:
    """Keep a tenant that is as another but for its names; nothing is deployed. Raises Problem."""
    storage = await house.storage(mode)
    origin = await usecases.require(storage, tenant_id)
    copy = usecases.draft(
        given["tenant_id"],
        now=house.now(),
        name=given.get("name"),
        preset=origin.preset,
        requirements=origin.requirements,
        namespace=given.get("namespace"),
        target_ppm=origin.target_ppm,
        description=origin.description,
        options={name: v for name, v in origin.options.items() if name != WINDOWS},
    )
    owner = given.get("owner")
    copy = replace(copy, owner=origin.owner if owner is None else owner, labels=origin.labels)
    return await usecases.add(storage, copy, now=house.now())


async def scaled(
    house: House, mode: Mode, tenant: Tenant, language: str, confirm: str = ""
) -> tuple[dict[str, Any] | None, list[str]]:
    """Release a tenant in its new size where its manifest is one that was generated.

    Returns what was released (None: nothing), and what there is to be said of it.
    """
    storage = await house.storage(mode)
    release = await storage.last_release(tenant.tenant_id)
    if release is None:
        return None, []
    kept = await storage.manifest(tenant.tenant_id, str(release.options.get("manifest")))
    if kept is None or kept.source != "generated":
        return None, [text("tenant.scale-by-hand", reader_language())]
    how = {
        name: release.options[name]
        for name in ("include_monitoring", "enable_sla_tracking", "failure_scenarios")
        if name in release.options
    }
    try:
        monitoring = {"include_monitoring": how.get("include_monitoring", True)}
        made = await house.workflow.generate(mode, tenant, monitoring)
        kept = await usecases.keep(
            storage, tenant.tenant_id, made.text, source="generated", valid=True, now=house.now()
        )
        if tenant.wanted != "up":
            return None, [text("tenant.scale-stopped", reader_language())]
        wish = Wish(manifest_id=kept.digest, create_tenant=False, confirm=confirm, **how)
        done = await house.workflow.deploy(mode, tenant.tenant_id, wish, language)
    except Problem as problem:
        said = text(problem.key, reader_language(), **problem.filling)
        return None, [text("tenant.scale-later", reader_language(), why=said)]
    return {
        "deployment_id": done.release.deployment_id,
        "revision": done.release.revision,
        "phase": done.release.phase,
        "manifest_digest": kept.digest,
        "resources": dict(made.resources),
    }, []


async def going(storage: Storage, tenant: Tenant, now: int) -> Tenant:
    """Write down that a tenant is to be deleted; whoever sends something of it ends there."""
    tenant = await _wanted(storage, tenant, "gone", now)
    return await settled(storage, tenant, None, now=now)


async def delete(house: House, mode: Mode, tenant: Tenant, *, force: bool) -> dict[str, Any]:
    """Delete a tenant that is `going`, and what it has on its cluster.

    Raises Problem 503 while that is away; with *force* the tenant is forgotten all the same, and
    what it has there stays.
    """
    storage = await house.storage(mode)
    try:
        return {**await house.workflow.forget(mode, tenant), "left_behind": False}
    except Problem as problem:
        if not force or problem.code not in ("SIMULATOR_UNREACHABLE", "KUBERNETES_ERROR"):
            raise
    await storage.remove_tenant(tenant.tenant_id, house.now())
    return {"objects_removed": 0, "left_behind": True}


async def follow(house: House, mode: Mode, tenant: Tenant) -> None:
    """Let a change of promise or hours hold, where the cluster is there to be told."""
    try:
        await house.workflow.follow(mode, tenant)
    except Problem as problem:
        if problem.code != "SIMULATOR_UNREACHABLE":
            raise


async def _released(storage: Storage, tenant_id: str) -> tuple[Tenant, Release]:
    tenant = await usecases.require(storage, tenant_id)
    if tenant.wanted == "gone":
        raise Problem(409, "TENANT_STOPPING", "tenant.going", tenant=tenant_id)
    release = await storage.last_release(tenant_id)
    if release is None:
        raise Problem(409, "NOT_DEPLOYED", "release.none", tenant=tenant_id)
    return tenant, release


async def _wanted(storage: Storage, tenant: Tenant, wanted: str, now: int) -> Tenant:
    """Write down what is wanted, before it is done."""
    if tenant.wanted == wanted:
        return tenant
    changed = replace(tenant, wanted=wanted)
    await usecases.put(storage, changed, None, now)
    return replace(changed, version=tenant.version + 1)


async def _bodies(storage: Storage, release: Release) -> list[Obj]:
    """Return the objects of a release as they were sent."""
    steps = await storage.steps(release.id)
    return [s.body for s in steps if s.body is not None and s.state == "done"]


async def _applied(house: House, mode: Mode, bodies: list[Obj], manager: str = "ecp") -> int:
    cluster = house.cluster(mode)
    try:
        for body in bodies:
            await cluster.apply(body, manager)
    except ClusterUnreachable as error:
        raise Problem(
            503, "SIMULATOR_UNREACHABLE", "cluster.unreachable", url=error.url, detail=error.detail
        ) from error
    except (ClusterRefused, NotServed) as error:
        code = error.code if isinstance(error, ClusterRefused) else 404
        raise Problem(
            502, "KUBERNETES_ERROR", "cluster.refused", number=code, message=str(error)
        ) from error
    return len(bodies)


def _word(body: Obj) -> str:
    return f"{body['kind'].lower()}/{body['metadata']['name']}"


def _said(tenant: Tenant) -> dict[str, Any]:
    return {"tenant_id": tenant.tenant_id, "state": tenant.state, "wanted": tenant.wanted}
