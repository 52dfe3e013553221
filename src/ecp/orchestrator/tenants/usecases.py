"""Create, find, change tenants; judge and keep manifests."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from ecp.edge.problems import Problem
from ecp.kube.quantity import InvalidQuantity, Quantity, milli, value
from ecp.kube.schema import DEFAULT_VERSION, UnknownVersion, versions
from ecp.kube.times import rfc3339
from ecp.manifests import namespace_of
from ecp.orchestrator.ports import (
    ClusterRefused,
    ClusterUnreachable,
    Manifest,
    Obj,
    Storage,
    Tenant,
    TenantPort,
)
from ecp.orchestrator.tenants import model
from ecp.texts import Language, text
from ecp.validation import Finding, Report, validate
from ecp.validation.report import finding_dict

# What `strict_validation: false` lets pass with a warning: unknown and duplicate fields.
# Source: kubernetes API concepts, field validation Warn.
_LENIENT = ("E0002", "E0020")


ppm = model.ppm
digest_of = model.digest_of


def check_id(tenant_id: str) -> str:
    """Return *tenant_id*. Raises Problem 422."""
    try:
        return model.check_id(tenant_id)
    except model.BadId as bad:
        raise Problem(422, "INVALID_TENANT_ID", bad.key, **bad.values) from bad


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
) -> Tenant:
    """Return a tenant to be. Raises Problem 422 (id, namespace, preset)."""
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


async def change(storage: Storage, tenant: Tenant, changes: Mapping[str, Any]) -> Tenant:
    """Change what *changes* names of a tenant."""
    wanted = {name: new for name, new in changes.items() if new is not None}
    if "preset" in wanted:
        _preset(wanted["preset"])
    elif "requirements" in wanted:
        wanted["preset"] = model.detected_preset(wanted["requirements"])
    changed = replace(tenant, **wanted)
    if changed != tenant:
        await storage.change_tenant(changed)
    return changed


# -- manifests ------------------------------------------------------------------------------------


async def judged(manifest: str, namespace: str, *, version: str | None = None) -> Report:
    """Judge a manifest; who else waits is let through first.

    In this thread: the fast YAML parser dies of being used from several. Raises Problem 422 for
    an unknown Kubernetes version.
    """
    await asyncio.sleep(0)
    try:
        return _judged(manifest, namespace, version or DEFAULT_VERSION)
    except UnknownVersion as error:
        raise Problem(
            422,
            "UNKNOWN_VERSION",
            "validate.unknown-version",
            version=version,
            known=", ".join(versions()),
        ) from error


@lru_cache(maxsize=32)
def _judged(manifest: str, namespace: str, version: str) -> Report:
    """Judging is pure, and who validates a manifest deploys it next."""
    return validate(manifest, namespace=namespace, source="manifest", kubernetes_version=version)


def split(report: Report, strict: bool) -> tuple[list[Finding], list[Finding]]:
    """Return findings that stop a release, and those that are said only."""
    stops: list[Finding] = []
    said: list[Finding] = []
    for finding in report.findings:
        lenient = not strict and finding.rule in _LENIENT
        (said if lenient or finding.severity == "warning" else stops).append(finding)
    return stops, said


async def validation_json(
    report: Report, language: Language, *, strict: bool, simulator: TenantPort | None
) -> dict[str, Any]:
    """Return the guide's answer: valid, warnings, errors, simulator_compatible, summary."""
    stops, said = split(report, strict)
    errors = [finding_dict(finding, language) for finding in stops]
    if not report.documents:
        # An empty text is no manifest: nothing would be deployed.
        errors.append(
            {"severity": "error", "rule": "", "message": text("manifest.empty", language)}
        )
    valid = not any(error["severity"] == "error" for error in errors)
    warnings = [finding_dict(finding, language) for finding in said]
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
            own = _custom(objects_of(report))
            for obj in objects_of(report):
                gvk = (obj["apiVersion"], obj["kind"])
                if gvk not in served and gvk not in own:
                    compatible = False
                    warnings.append(_not_served(obj))
    return {
        "valid": valid,
        "warnings": warnings,
        "errors": errors,
        "simulator_compatible": compatible,
        "simulator_checked": checked,
        "resource_summary": summary(objects_of(report)),
        "documents": len(report.documents),
        "kubernetes_version": report.kubernetes_version,
        "strict_validation": strict,
    }


def _not_served(obj: Obj) -> dict[str, Any]:
    name = (obj.get("metadata") or {}).get("name", "")
    return {
        "severity": "warning",
        "rule": "",
        "message": f'the simulator does not serve kind "{obj["kind"]}" in "{obj["apiVersion"]}"',
        "object": {"apiVersion": obj["apiVersion"], "kind": obj["kind"], "name": name},
    }


def _custom(objects: Iterable[Obj]) -> set[tuple[str, str]]:
    return {
        (f"{obj['spec']['group']}/{version['name']}", obj["spec"]["names"]["kind"])
        for obj in objects
        if obj["kind"] == "CustomResourceDefinition"
        for version in obj["spec"]["versions"]
    }


def objects_of(report: Report) -> list[Obj]:
    """Return the objects that have a kind and a name, in the order of the input."""
    return [
        document.object
        for document, verdict in zip(report.documents, report.verdicts, strict=True)
        if isinstance(document.object, dict) and verdict.object.kind and verdict.object.api_version
    ]


_COUNTED = {
    "namespaces": "Namespace",
    "deployments": "Deployment",
    "services": "Service",
    "configmaps": "ConfigMap",
    "secrets": "Secret",
}
_WORKLOADS = ("Deployment", "ReplicaSet", "StatefulSet", "Pod", "Job", "ReplicationController")


def summary(objects: Iterable[Obj]) -> dict[str, Any]:
    """Count kinds and add up what the pods request (CPU cores, memory bytes, GPUs, storage)."""
    kinds: dict[str, int] = {}
    cpu, memory, gpu, storage, pods = 0, 0, 0, 0, 0
    for obj in objects:
        kind = obj["kind"]
        kinds[kind] = kinds.get(kind, 0) + 1
        spec = obj.get("spec")
        if not isinstance(spec, dict):
            continue
        if kind == "PersistentVolumeClaim":
            requests = _mapping(_mapping(spec.get("resources")).get("requests"))
            storage += _amount(requests.get("storage"), value)
        if kind not in _WORKLOADS:
            continue
        template = spec if kind == "Pod" else _mapping(_mapping(spec.get("template")).get("spec"))
        replicas = 1 if kind == "Pod" else spec.get("replicas", 1)
        replicas = replicas if isinstance(replicas, int) and not isinstance(replicas, bool) else 1
        pods += replicas
        containers = template.get("containers")
        for container in containers if isinstance(containers, list) else ():
            resources = _mapping(_mapping(container).get("resources"))
            limits = _mapping(resources.get("limits"))
            requests = {**limits, **_mapping(resources.get("requests"))}
            cpu += replicas * _amount(requests.get("cpu"), milli)
            memory += replicas * _amount(requests.get("memory"), value)
            gpu += replicas * _amount(requests.get("nvidia.com/gpu"), value)
    return {
        **{name: kinds.get(kind, 0) for name, kind in _COUNTED.items()},
        "kinds": dict(sorted(kinds.items())),
        "total_objects": sum(kinds.values()),
        "total_cpu": f"{cpu}m",
        "total_memory": f"{memory >> 20}Mi",
        "total_gpu": gpu,
        "total_storage": f"{storage >> 30}Gi",
        "estimated_pods": pods,
    }


def _mapping(given: Any) -> Mapping[str, Any]:
    return given if isinstance(given, dict) else {}


def _amount(quantity: Any, in_units: Callable[[Quantity], int]) -> int:
    """Return a quantity as whole units, rounded up; 0 for what is none."""
    if not isinstance(quantity, str | int | float) or isinstance(quantity, bool):
        return 0
    try:
        return in_units(quantity)
    except InvalidQuantity:
        return 0


async def keep(
    storage: Storage, tenant_id: str, content: str, *, source: str, valid: bool, now: int
) -> Manifest:
    """Keep a manifest text of a tenant by its digest."""
    manifest = Manifest(tenant_id, digest_of(content), content, source, valid, now)
    await storage.keep_manifest(manifest)
    return manifest
