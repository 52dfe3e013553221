"""What a release would change, how earlier ones went, what differs between two of them."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final

from ecp.edge.problems import Problem
from ecp.orchestrator.ports import ClusterPort, ClusterRefused, NotServed, Storage
from ecp.orchestrator.records import UNSENT, Obj, Ref, Release, Step, Tenant
from ecp.orchestrator.releases import differences, model
from ecp.orchestrator.releases.differences import Difference
from ecp.orchestrator.together import together

_AT_ONCE: Final = 8
_ANSWERS_LATER: Final = (429, 500, 502, 503, 504)
_LOOKS_BACK: Final = 50


@cache
def tiers() -> dict[str, str]:
    """Return the tier of each workload that has a profile."""
    from ecp.workloads.profiles import profiles

    return {name: profile.tier for name, profile in profiles().items()}


def bundle_of(steps: Iterable[Step]) -> list[Obj]:
    """Return the objects of a release; not the Namespace that was added to them."""
    return [
        step.body
        for step in steps
        if step.body is not None
        and model.ADDED not in (step.body["metadata"].get("annotations") or {})
    ]


async def known(storage: Storage, tenant_id: str) -> Tenant:
    """Return a tenant. Raises Problem 404."""
    found = await storage.tenant(tenant_id)
    if found is None:
        raise Problem(404, "TENANT_NOT_FOUND", "tenant.not-found", tenant=tenant_id)
    return found


async def required(storage: Storage, tenant_id: str, revision: int) -> Release:
    """Return a revision of a tenant. Raises Problem 404."""
    found = await storage.history.revision(tenant_id, revision)
    if found is None:
        raise Problem(
            404, "REVISION_NOT_FOUND", "release.no-revision", tenant=tenant_id, revision=revision
        )
    return found


async def was_up(storage: Storage, release: Release) -> Release | None:
    """Return the newest release before *release* that was up, None where none was."""
    rows, _ = await storage.history.some(release.tenant_id, 0, _LOOKS_BACK)
    for row in rows:
        if row.id < release.id and row.phase not in UNSENT and row.startup.get("started"):
            return row if row.digest != release.digest else None
    return None


# -- against what runs ----------------------------------------------------------------------------


async def tried(
    cluster: ClusterPort,
    tenant: Tenant,
    bundle: Sequence[Obj],
    standing: Iterable[Ref],
    warnings: Sequence[Any],
) -> dict[str, Any]:
    """Return what applying *bundle* would change, by the server's own dry run.

    An object whose namespace is not there yet, or whose kind is not served, cannot be tried: it is
    created, or left out, and says why. Raises ClusterUnreachable, ClusterRefused.
    """
    turn = asyncio.Semaphore(_AT_ONCE)
    home = Ref("v1", "Namespace", "", tenant.namespace)
    there = await cluster.found(home) is not None

    async def one(obj: Obj) -> Difference:
        async with turn:
            return await _difference(cluster, obj, there=there)

    rows = await together(*map(one, bundle))
    if not there and all(obj["kind"] != "Namespace" for obj in bundle):
        rows.insert(0, Difference(home, "create"))
    kept = {differences.identity(model.ref_of(obj)) for obj in bundle}
    for ref in standing:
        if model.is_pruned(ref) and differences.identity(ref) not in kept:
            async with turn:
                if there and await _stands(cluster, ref):
                    rows.append(Difference(ref, "remove"))
    counts = differences.counted(rows)
    return {
        "tenant_id": tenant.tenant_id,
        "namespace": tenant.namespace,
        "release_digest": model.digest(bundle),
        "differs": any(n for action, n in counts.items() if action != "none"),
        "counts": counts,
        "objects": [differences.difference_json(row) for row in rows],
        "warnings": list(warnings),
    }


async def _difference(cluster: ClusterPort, obj: Obj, *, there: bool) -> Difference:
    ref = model.ref_of(obj)
    if ref.namespace and not there:
        return Difference(ref, "create", reason="namespace-missing")
    try:
        before = await cluster.found(ref)
        after = await cluster.tried(obj)
    except NotServed as error:
        return Difference(ref, "refused", reason=str(error))
    except ClusterRefused as error:
        if error.code in _ANSWERS_LATER:
            raise
        return Difference(ref, "refused", reason=error.message, code=error.code)
    if before is None:
        return Difference(ref, "create")
    rows = differences.changes(before, after)
    return Difference(ref, "change" if rows else "none", rows)


async def _stands(cluster: ClusterPort, ref: Ref) -> bool:
    try:
        return await cluster.found(ref) is not None
    except NotServed:
        return False


# -- two revisions --------------------------------------------------------------------------------


async def compared(storage: Storage, one: Release, other: Release) -> dict[str, Any]:
    """Return what revision *other* has differently from *one*: objects, options, how they went."""
    left, right = [await _objects(storage, release) for release in (one, other)]
    rows = differences.compared(left, right)
    return {
        "tenant_id": one.tenant_id,
        "from": _summary(one),
        "to": _summary(other),
        "differs": any(row.action != "none" for row in rows),
        "counts": differences.counted(rows),
        "objects": [differences.difference_json(row) for row in rows if row.action != "none"],
        "options": [
            change._asdict()
            for change in differences.changes(_shown(one.options), _shown(other.options))
        ],
    }


async def _objects(storage: Storage, release: Release) -> list[tuple[Ref, Obj]]:
    return [(model.ref_of(obj), obj) for obj in bundle_of(await storage.steps(release.id))]


def _shown(options: Mapping[str, Any]) -> Obj:
    names = (
        "include_monitoring", "enable_sla_tracking", "failure_scenarios", "failure_rates",
        "waves", "wave_timeout_s", "on_failure",
    )  # fmt: skip
    return {"metadata": {}, **{name: options[name] for name in names if name in options}}


def _summary(release: Release) -> dict[str, Any]:
    return {
        "revision": release.revision,
        "deployment_id": release.deployment_id,
        "release_digest": release.digest,
        "phase": release.phase,
        "started": bool(release.startup.get("started")),
        "seconds": release.startup.get("seconds"),
    }
