"""Create, find, change tenants; judge and keep manifests."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ecp.edge.problems import Problem, reader_language
from ecp.kube.schema import DEFAULT_VERSION, UnknownVersion, schema, versions
from ecp.kube.selectors import InvalidSelector, parse_labels
from ecp.kube.times import rfc3339
from ecp.manifests import namespace_of
from ecp.orchestrator.ports import (
    ClusterPort,
    ClusterRefused,
    ClusterUnreachable,
    House,
    Storage,
    TenantPort,
)
from ecp.orchestrator.records import Judged, Manifest, Mode, Obj, Ref, Tenant, ToJudge, Turn
from ecp.orchestrator.tenants import model
from ecp.orchestrator.tenants.wording import facts_of
from ecp.slo.errors import InputError
from ecp.slo.windows import zone_of
from ecp.texts import Language, text
from ecp.workloads.shaping import InvalidShape, read_shape, written

_NO_SUCH_KIND = ("E0011", "E0012", "E0013")
_TOO_SMALL = "B0115"
"""The finding that the nodes have less than the pods ask for."""
_OPERATORS = ("=", "==", "!=", "in", "notin", "exists", "!")
ppm = model.ppm
digest_of = model.digest_of


def check_id(tenant_id: str) -> str:
    """Return *tenant_id*. Raises Problem 422."""
    try:
        return model.check_id(tenant_id)
    except model.BadId as bad:
        raise Problem(422, "INVALID_TENANT_ID", bad.key, **bad.values) from bad


def check_options(options: Mapping[str, Any]) -> None:
    """Raise Problem 422 for a GPU type or a provider that there is not."""
    try:
        model.check_options(options)
    except model.BadId as bad:
        raise Problem(422, "INVALID_OPTION", bad.key, **bad.values) from bad


def check_labels(labels: Mapping[str, str]) -> dict[str, str]:
    """Return the labels. Raises Problem 422."""
    try:
        model.check_labels(labels)
    except model.BadId as bad:
        raise Problem(422, "INVALID_LABEL", bad.key, **bad.values) from bad
    return dict(labels)


def check_zone(name: str) -> str:
    """Return the name of a time zone. Raises Problem 422."""
    try:
        zone_of(name)
    except InputError as error:
        raise Problem(
            422, "INVALID_TIMEZONE", "setting.bad", field="timezone", detail=str(error)
        ) from error
    return name


def selected(selector: str) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return the requirements of a label selector. Raises Problem 422."""
    try:
        found = [(one.key, one.operator, one.values) for one in parse_labels(selector).requirements]
    except InvalidSelector as error:
        raise _no_selector(str(error)) from error
    if any(operator not in _OPERATORS for _, operator, _ in found):
        raise _no_selector("= == != in notin exists !")
    return found


def _no_selector(why: str) -> Problem:
    return Problem(422, "INVALID_SELECTOR", "setting.bad", field="selector", detail=why)


async def require(storage: Storage, tenant_id: str) -> Tenant:
    """Return the tenant. Raises Problem 404."""
    tenant = await storage.tenant(tenant_id)
    if tenant is None:
        raise Problem(404, "TENANT_NOT_FOUND", "tenant.not-found", tenant=tenant_id)
    return tenant


def draft(
    tenant_id: str,
    *,
    now: int,
    name: str | None = None,
    preset: str | None = None,
    requirements: Mapping[str, int] | None = None,
    namespace: str | None = None,
    target_ppm: int = 995_000,
    description: str = "",
    options: Mapping[str, Any] | None = None,
    owner: str = "",
    labels: Mapping[str, str] | None = None,
) -> Tenant:
    """Return a tenant to be. Raises Problem 422 (id, namespace, preset, labels)."""
    check_id(tenant_id)
    needs = dict(requirements if requirements is not None else model.DEFAULTS)
    try:
        where = model.check_namespace(namespace or namespace_of(tenant_id))
    except model.BadId as bad:
        raise Problem(422, "INVALID_NAMESPACE", bad.key, **bad.values) from bad
    return Tenant(
        tenant_id=tenant_id,
        name=name or tenant_id,
        namespace=where,
        preset=_preset(preset) or model.detected_preset(needs),
        requirements={counter: needs.get(counter, 0) for counter in model.COUNTERS},
        options=dict(options or {}),
        target_ppm=target_ppm,
        description=description,
        created_at=now,
        owner=owner,
        labels=check_labels(labels or {}),
        state_since=now,
    )


async def add(storage: Storage, tenant: Tenant, *, now: int) -> Tenant:
    """Keep a new tenant. Raises Problem 409 with free names."""
    tenant_id, where = tenant.tenant_id, tenant.namespace
    if await storage.add_tenant(tenant):
        return tenant
    if await storage.tenant(tenant_id) is None:
        owner = await storage.tenant_of_namespace(where)
        why = f"tenant {owner}"
        raise Problem(409, "NAMESPACE_TAKEN", "tenant.namespace-unfit", namespace=where, why=why)
    free = await free_names(storage, tenant_id, now)
    raise Problem(
        409,
        "TENANT_ALREADY_EXISTS",
        "tenant.exists",
        details=[{"suggestions": free}],
        tenant=tenant_id,
        suggestions=", ".join(free),
    )


def _preset(preset: str | None) -> str | None:
    if preset is not None and preset not in model.preset_names():
        known = ", ".join(model.preset_names())
        raise Problem(422, "INVALID_PRESET", "tenant.unknown-preset", preset=preset, known=known)
    return preset


async def free_names(storage: Storage, tenant_id: str, now: int) -> list[str]:
    """Return free names near one that is taken."""
    near = model.suggestions(tenant_id, int(rfc3339(now)[:4]), lambda name: False)
    return [name for name in near if await storage.tenant(name) is None]


def changed(tenant: Tenant, changes: Mapping[str, Any]) -> Tenant:
    """Return *tenant* with what *changes* names; None leaves a field. Raises Problem 422."""
    wanted = {name: new for name, new in changes.items() if new is not None}
    if "preset" in wanted:
        _preset(wanted["preset"])
    elif "requirements" in wanted:
        wanted["preset"] = model.detected_preset(wanted["requirements"])
    return replace(tenant, **wanted)


async def change(storage: Storage, tenant: Tenant, changes: Mapping[str, Any], now: int) -> Tenant:
    """Change what *changes* names of a tenant. Raises Problem 412."""
    wanted = changed(tenant, changes)
    if wanted == tenant:
        return tenant
    facts = facts_of(tenant, wanted, list(changes))
    turn = Turn(now, tenant.state, tenant.state, "changed", facts)
    await put(storage, wanted, turn, now)
    return replace(wanted, version=tenant.version + 1)


async def put(storage: Storage, tenant: Tenant, turn: Turn | None, now: int) -> None:
    """Keep a change of a tenant. Raises Problem 412: somebody else was first; 404: it is gone."""
    if await storage.update_tenant(tenant, turn):
        return
    raise other_version(await require(storage, tenant.tenant_id))


def other_version(tenant: Tenant) -> Problem:
    """Return the answer to who changes another version than the one that is kept."""
    named: dict[str, Any] = {"tenant": tenant.tenant_id, "version": tenant.version}
    return Problem(412, "PRECONDITION_FAILED", "tenant.other-version", **named)


async def awake(storage: Storage, tenant: Tenant, now: int) -> Tenant:
    """Return a tenant that is wanted up, as it is kept from now on."""
    if tenant.wanted != "stopped":
        return tenant
    found = replace(await require(storage, tenant.tenant_id), wanted="up")
    turn = Turn(now, found.state, found.state, "start", {})
    await put(storage, found, turn, now)
    return replace(found, version=found.version + 1)


# -- demand ---------------------------------------------------------------------------------------


def shaped(tenant: Tenant, shape: dict[str, Any] | None) -> Tenant:
    """Return *tenant* with that shape of its demand, None = the profiles'. Raises Problem 422."""
    try:
        kept = written(shape)
    except InvalidShape as error:
        raise Problem(
            422, "INVALID_SHAPE", "followed.bad-input", field=error.field, detail=error.why
        ) from error
    options = {name: value for name, value in tenant.options.items() if name != model.SHAPE}
    return replace(tenant, options={**options, model.SHAPE: kept} if kept else options)


async def shape(
    house: House, mode: Mode, tenant_id: str, wanted: dict[str, Any] | None
) -> dict[str, Any]:
    """Keep a shape once the simulator took it; from the next slot on demand follows it."""
    async with house.locked(mode, tenant_id):
        storage = await house.storage(mode)
        changed = shaped(await require(storage, tenant_id), wanted)
        followed = await house.workflow.follow(mode, changed)
        await storage.change_tenant(changed)
    return {**demand_json(changed), "followed": followed}


def demand_json(tenant: Tenant) -> dict[str, Any]:
    """Return a tenant's units and shape, and what is left to the profiles of a series."""
    kept = tenant.options.get(model.SHAPE)
    gaps = {name: row.gaps for name, row in read_shape(kept).series.items() if row.gaps}
    return {
        "tenant_id": tenant.tenant_id,
        "units": dict(tenant.requirements),
        "shape": kept,
        "gaps": gaps,
    }


# -- manifests ------------------------------------------------------------------------------------


async def judged(
    house: House,
    manifest: str,
    namespace: str,
    *,
    version: str | None = None,
    strict: bool = True,
    language: Language = "en",
    bundle: bool = False,
    room: str = "",
) -> Judged:
    """Judge a manifest. Raises Problem 422 for an unknown Kubernetes version."""
    try:
        known = schema(version or DEFAULT_VERSION).version
    except UnknownVersion as error:
        raise Problem(
            422,
            "UNKNOWN_VERSION",
            "validate.unknown-version",
            version=version,
            known=", ".join(versions()),
        ) from error
    return await house.judge(ToJudge(manifest, namespace, known, strict, language, bundle, room))


def warnings(resources: Mapping[str, Any], unused: Sequence[str]) -> list[str]:
    """Say what a cluster has too little of, and which counters that were given have no effect."""
    short = (resources.get("capacity") or {}).get("shortages") or []
    said = [row["message"] for row in short]
    if unused:
        said.append(text("tenant.counters-derived", reader_language(), names=", ".join(unused)))
    return said


async def estimate(
    house: House, mode: Mode, tenant: Tenant, unused: Sequence[str]
) -> dict[str, Any]:
    """Say how large a tenant will be, what that costs in a month, and `warnings`.

    `deployment_time` (s) is known once a start-up was observed: null before.
    """
    told: dict[str, Any] = {"estimated_cost": None, "deployment_time": None}
    try:
        resources = await house.workflow.estimate(mode, tenant, {})
    except Problem as problem:
        said = text(problem.key, reader_language(), **problem.filling)
        return {**told, "estimated_resources": None, "warnings": [said, *warnings({}, unused)]}
    told["estimated_cost"] = resources.get("estimated_cost")
    return {**told, "estimated_resources": resources, "warnings": warnings(resources, unused)}


async def room(cluster: ClusterPort) -> str:
    """Return what the nodes of a cluster have, as `judged` takes it; "" where it is not reached."""
    try:
        return await cluster.room()
    except (ClusterUnreachable, ClusterRefused):
        return ""


async def registry_of(storage: Storage, given: str) -> tuple[str, str]:
    """Return a registry's address, and whom it wants credentials of, "" where nobody knows.

    *given* is an address, or the name of one that is kept.
    """
    for row in await storage.images.registries():
        address = f"{row.host}/{row.prefix}" if row.prefix else row.host
        if given in (row.name, address):
            return address, row.username
    return given, ""


def runs(found: Judged) -> bool:
    """Tell whether nothing of a manifest is sure not to run, as a deploy asks before it is sent.

    A cluster that is too small stops nothing: it may grow, and what fits starts meanwhile.
    """
    broken = (row["rule"] for row in found.stops if row["severity"] == "broken")
    return all(rule == _TOO_SMALL for rule in broken)


async def validation_json(
    found: Judged, language: Language, *, strict: bool, simulator: TenantPort | None
) -> dict[str, Any]:
    """Return the guide's answer: valid, warnings, errors, simulator_compatible, summary.

    `valid` is what the API server takes, `deployable` what a deploy does without `allow_broken`.
    """
    errors = list(found.stops)
    if not found.documents:
        # An empty text is no manifest: nothing would be deployed.
        errors.append(
            {"severity": "error", "rule": "", "message": text("manifest.empty", language)}
        )
    warnings = list(found.said)
    compatible = not errors
    checked = None
    if simulator is not None:
        try:
            served = await simulator.kinds()
        except (ClusterUnreachable, ClusterRefused) as error:
            checked = False
            warnings.append({"severity": "warning", "rule": "", "message": str(error)})
        else:
            checked = True
            served = {*served, *found.own}
            unknown = [ref for ref in found.kinds if (ref.api_version, ref.kind) not in served]
            # Of a kind that no server has, its own finding says more.
            said = {_gvk(row) for row in errors if row.get("rule") in _NO_SUCH_KIND}
            warnings += [_not_served(ref) for ref in unknown if (ref[0], ref[1]) not in said]
            compatible = compatible and not unknown
    valid = found.valid and found.documents > 0
    return {
        "valid": valid,
        "deployable": valid and runs(found),
        "warnings": warnings,
        "errors": errors,
        "simulator_compatible": compatible,
        "simulator_checked": checked,
        "resource_summary": found.summary,
        "documents": found.documents,
        "kubernetes_version": found.version,
        "strict_validation": strict,
        "findings": found.findings,
    }


def _gvk(row: Obj) -> tuple[str, str]:
    return row["object"]["apiVersion"], row["object"]["kind"]


def _not_served(ref: Ref) -> Obj:
    filling = {"kind": ref.kind, "version": ref.api_version}
    return {
        "severity": "warning",
        "rule": "",
        "message": text("manifest.not-served", "en", **filling),
        "message_ko": text("manifest.not-served", "ko", **filling),
        "object": {"apiVersion": ref.api_version, "kind": ref.kind, "name": ref.name},
    }


async def keep(
    storage: Storage, tenant_id: str, content: str, *, source: str, valid: bool, now: int
) -> Manifest:
    """Keep a manifest text of a tenant by its digest."""
    manifest = Manifest(tenant_id, digest_of(content), content, source, valid, now)
    await storage.keep_manifest(manifest)
    return manifest
