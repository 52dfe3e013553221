"""Pod specs and pod templates. Source: kubernetes pkg/apis/core/validation `ValidatePodSpec`."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, Final

from ecp.kube import names
from ecp.validation.faults import At, Fault, duplicate, forbidden, invalid, required, unsupported
from ecp.validation.kinds.container import PodFacts
from ecp.validation.kinds.env import check_env_files
from ecp.validation.kinds.placement import check_affinity, check_spread, check_tolerations
from ecp.validation.kinds.podannotations import (
    MIRROR,
    check_agreement,
    check_pod_annotations,
    has_meaning,
)
from ecp.validation.kinds.podcontainers import LISTS, check_containers, placed
from ecp.validation.kinds.podnetwork import (
    check_dns,
    check_dns_policy,
    check_host_aliases,
    check_host_name,
    check_host_network,
)
from ecp.validation.kinds.podresources import check_claims, check_pod_resources, claim_names
from ecp.validation.kinds.podsystem import check_host_processes, check_system
from ecp.validation.kinds.resources import check_resources
from ecp.validation.kinds.security import MAX_INT32, check_host_users, check_pod_security
from ecp.validation.kinds.volume import check_volumes
from ecp.validation.metadata import NameRule, check_annotations, check_labels
from ecp.validation.scope import Object, Scope, items, mapping

_RESTART: Final = ("Always", "OnFailure", "Never")
_PREEMPTION: Final = ("PreemptLowerPriority", "Never")


def check_template(
    template: Any, at: At, scope: Scope, claims: Collection[str] = ()
) -> Iterator[Fault]:
    """Check a PodTemplateSpec; *claims* are volumes that the owner adds."""
    template = mapping(template)
    meta, spec = mapping(template.get("metadata")), mapping(template.get("spec"))
    point, here = at / "metadata", at / "spec"
    annotations = mapping(meta.get("annotations"))
    yield from check_labels(meta.get("labels"), at / "labels", point / "labels")
    if not annotations:
        yield from check_pod_spec(spec, here, scope, claims)
    else:
        spoken, real = at / "annotations", point / "annotations"
        yield from check_annotations(annotations, spoken, real)
        meant = has_meaning(annotations)
        containers = placed(spec, here) if meant else []
        if meant:
            yield from check_pod_annotations(annotations, spec, containers, spoken, real, scope)
        yield from check_pod_spec(spec, here, scope, claims)
        if meant:
            yield from check_agreement(annotations, spec, containers, here)
    if spec.get("ephemeralContainers"):
        text = "ephemeral containers not allowed in pod template"
        yield forbidden("E0332", here / "ephemeralContainers", text)


def check_pod_spec(
    spec: Object,
    at: At,
    scope: Scope,
    claims: Collection[str] = (),
    meta: Object | None = None,
) -> Iterator[Fault]:
    """Check a PodSpec.

    claims   volumes that the owner adds
    meta     metadata of the pod, none where the spec is a template's
    """
    own = mapping(meta)
    volumes: dict[str, bool] = {}
    if spec.get("volumes"):
        pod = None if meta is None else own.get("name") or ""
        yield from check_volumes(spec, at / "volumes", scope, volumes, pod)
    volumes.update(dict.fromkeys(claims, True))
    if spec.get("resourceClaims"):
        mirrored = MIRROR in mapping(own.get("annotations"))
        yield from check_claims(spec, at / "resourceClaims", scope, mirrored)
    host_users = spec.get("hostUsers") is not False or not scope.has("UserNamespacesSupport")
    restart = spec.get("restartPolicy") or "Always"
    facts = PodFacts(volumes, claim_names(spec), restart, host_users)
    yield from check_containers(spec, at, facts, scope)
    if spec.get("resources") is not None:
        yield from check_pod_resources(spec, at / "resources", scope)
    if spec.get("hostNetwork"):
        yield from check_host_network(spec, at)
    if restart not in _RESTART:
        yield unsupported("E0317", at / "restartPolicy", restart, _RESTART)
    if spec.get("dnsPolicy"):
        yield from check_dns_policy(spec, at)
    if spec.get("nodeSelector"):
        yield from check_labels(spec["nodeSelector"], at / "nodeSelector")
    if spec.get("securityContext") or spec.get("shareProcessNamespace"):
        yield from check_pod_security(spec, at / "securityContext", scope)
    yield from _placement(spec, at, scope, mapping(own.get("labels")) if scope.new else {})
    containers = placed(spec, at) if _concerns_all(spec) else []
    if containers:
        yield from check_host_processes(spec, containers, at)
        yield from check_host_users(spec, containers, at, scope)
    if spec.get("hostnameOverride") is not None:
        yield from check_host_name(spec, at, scope)
    yield from _names(spec, at, scope)
    if spec.get("overhead"):
        yield from _overhead(mapping(spec["overhead"]), at / "overhead")
    if spec.get("os") is not None:
        yield from check_system(spec, containers, at)
    if spec.get("schedulingGroup") is not None:
        yield from _group(spec, at / "schedulingGroup", scope)
    if containers:
        yield from check_env_files(spec, containers, scope)


def _concerns_all(spec: Object) -> bool:
    """Tell whether there is anything in the spec that is judged by all containers together."""
    if spec.get("os") is not None or spec.get("hostUsers") is False:
        return True
    if "windowsOptions" in mapping(spec.get("securityContext")):
        return True
    for field in LISTS:
        for container in items(spec.get(field)):
            container = mapping(container)
            if "windowsOptions" in mapping(container.get("securityContext")):
                return True
            for variable in items(container.get("env")):
                if "fileKeyRef" in mapping(mapping(variable).get("valueFrom")):
                    return True
    return False


def _placement(spec: Object, at: At, scope: Scope, labels: Object) -> Iterator[Fault]:
    if spec.get("affinity"):
        yield from check_affinity(mapping(spec["affinity"]), at / "affinity", scope, labels)
    if spec.get("dnsConfig") is not None or spec.get("dnsPolicy") == "None":
        yield from check_dns(spec, at, scope)
    for number, gate in enumerate(items(spec.get("readinessGates"))):
        kind = mapping(gate).get("conditionType") or ""
        for text in names.label_key(kind):
            here = at / "readinessGates" / number / "conditionType"
            yield invalid("E0333", here, kind, text)
    if spec.get("schedulingGates"):
        yield from _scheduling_gates(spec, at / "schedulingGates")
    if spec.get("topologySpreadConstraints"):
        yield from check_spread(spec, at / "topologySpreadConstraints", scope, labels)


def _scheduling_gates(spec: Object, at: At) -> Iterator[Fault]:
    seen: set[str] = set()
    for number, gate in enumerate(items(spec.get("schedulingGates"))):
        name, here = mapping(gate).get("name") or "", at / number
        for text in names.label_key(name):
            yield invalid("E0333", here, name, text)
        if name in seen:
            yield duplicate("E0333", here, name)
        seen.add(name)


def _names(spec: Object, at: At, scope: Scope) -> Iterator[Fault]:
    account = spec.get("serviceAccountName") or spec.get("serviceAccount")
    if account:
        yield from _name(account, names.dns_subdomain, at / "serviceAccountName")
    if spec.get("nodeName"):
        yield from _name(spec["nodeName"], names.dns_subdomain, at / "nodeName")
    deadline = spec.get("activeDeadlineSeconds")
    if deadline is not None:
        for text in names.in_range(deadline, 1, MAX_INT32):
            yield invalid("E0325", at / "activeDeadlineSeconds", deadline, text)
    for field in ("hostname", "subdomain"):
        if spec.get(field):
            yield from _name(spec[field], names.dns_label, at / field)
    if spec.get("tolerations"):
        yield from check_tolerations(spec, at / "tolerations", scope)
    if spec.get("hostAliases"):
        yield from check_host_aliases(spec, at / "hostAliases", scope)
    if spec.get("priorityClassName"):
        yield from _name(spec["priorityClassName"], names.dns_subdomain, at / "priorityClassName")
    if spec.get("runtimeClassName") is not None:
        yield from _name(spec["runtimeClassName"], names.dns_subdomain, at / "runtimeClassName")
    policy = spec.get("preemptionPolicy")
    if policy == "":
        yield required("E0318", at / "preemptionPolicy")
    elif policy is not None and policy not in _PREEMPTION:
        yield unsupported("E0318", at / "preemptionPolicy", policy, _PREEMPTION)


def _name(name: str, rule: NameRule, at: At) -> Iterator[Fault]:
    for text in rule(name):
        yield invalid("E0327", at, name, text)


def _overhead(overhead: Object, at: At) -> Iterator[Fault]:
    """Check what a pod costs besides its containers, judged as if it were their limits."""
    spoken = (at / "limits").path
    for fault in check_resources({"limits": overhead}, at):
        if fault.path[: len(spoken)] == spoken:
            fault = fault._replace(path=at.path + fault.path[len(spoken) :])
        yield fault


def _group(spec: Object, at: At, scope: Scope) -> Iterator[Fault]:
    if not scope.has("GenericWorkload"):
        return
    name, here = mapping(spec["schedulingGroup"]).get("podGroupName"), at / "podGroupName"
    if name is None:
        yield invalid("E0327", here, None, "must specify one of: `podGroupName`")
        return
    for text in names.dns_subdomain(name):
        yield invalid("E0327", here, name, text)
