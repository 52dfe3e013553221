"""ResourceQuota: what an object counts for, and whether a namespace has that much left.

Source: apiserver pkg/admission/plugin/resourcequota/controller.go; kubernetes
pkg/quota/v1/evaluator/core/{pods,services,persistent_volume_claims}.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from ecp.validation.amounts import Amount, Amounts, added, amounts, of_pod, one, resources_of
from ecp.validation.scope import Object, items, mapping
from ecp.validation.state import GroupKind, State, resource_of

_COUNTED: Final = {
    "ConfigMap": "configmaps",
    "PersistentVolumeClaim": "persistentvolumeclaims",
    "ReplicationController": "replicationcontrollers",
    "ResourceQuota": "resourcequotas",
    "Secret": "secrets",
    "Service": "services",
}
_DEMANDED: Final = frozenset(
    {"cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"}
)
_NATIVE: Final = ("cpu", "memory", "ephemeral-storage")
_CLASS_ANNOTATION: Final = "volume.beta.kubernetes.io/storage-class"


_OF_PODS: Final = frozenset(
    {"pods", *_NATIVE} | {f"{side}.{name}" for side in ("requests", "limits") for name in _NATIVE}
)


def counted_by(name: str) -> str:
    """Return the resource whose objects count for a name that quotas have, "" for none."""
    sort, _, rest = name.partition("/")
    if sort == "count":
        return rest
    if name == "persistentvolumeclaims" or name.endswith("requests.storage"):
        return "persistentvolumeclaims"
    if sort.endswith(".storageclass.storage.k8s.io"):
        return "persistentvolumeclaims"
    if name in _COUNTED.values():
        return name
    if name.startswith("services."):
        return "services"
    extended = name.startswith("requests.") and "/" in name
    huge = name.removeprefix("requests.").startswith("hugepages-")
    return "pods" if name in _OF_PODS or extended or huge else ""


def usage(group_kind: GroupKind, obj: Object) -> Amounts:
    """Return what one object counts for, by the names that quotas have."""
    group, kind = group_kind
    found = {f"count/{resource_of(group, kind)}": one()}
    if group:
        return found
    if kind in _COUNTED:
        found[_COUNTED[kind]] = one()
    spec = mapping(obj.get("spec"))
    if kind == "Pod":
        if mapping(obj.get("status")).get("phase") not in ("Succeeded", "Failed"):
            found |= _of_lists(of_pod(spec, "requests"), of_pod(spec, "limits"))
    elif kind == "Service":
        found |= _of_service(spec)
    elif kind == "PersistentVolumeClaim":
        found |= _of_claim(obj, spec)
    return found


def _of_lists(requests: Amounts, limits: Amounts) -> Amounts:
    found = {"pods": one()}
    for name, value in requests.items():
        if name in ("cpu", "memory", "ephemeral-storage") or name.startswith("hugepages-"):
            found[name] = value
            found[f"requests.{name}"] = value
        elif "/" in name:
            found[f"requests.{name}"] = value
    for name in ("cpu", "memory", "ephemeral-storage"):
        if name in limits:
            found[f"limits.{name}"] = limits[name]
    return found


def _of_service(spec: Object) -> Amounts:
    kind, ports = spec.get("type"), [mapping(port) for port in items(spec.get("ports"))]
    node_ports, balancers = 0, 0
    if kind == "NodePort":
        node_ports = len(ports)
    elif kind == "LoadBalancer":
        balancers = 1
        if spec.get("allocateLoadBalancerNodePorts") is False:
            ports = [port for port in ports if port.get("nodePort")]
        node_ports = len(ports)
    return {"services.nodeports": one(node_ports), "services.loadbalancers": one(balancers)}


def _of_claim(obj: Object, spec: Object) -> Amounts:
    annotations = mapping(mapping(obj.get("metadata")).get("annotations"))
    storage_class = annotations.get(_CLASS_ANNOTATION) or spec.get("storageClassName")
    size = amounts(mapping(spec.get("resources")).get("requests")).get("storage")
    found = {} if size is None else {"requests.storage": size}
    if storage_class:
        suffix = f"{storage_class}.storageclass.storage.k8s.io"
        found[f"{suffix}/persistentvolumeclaims"] = one()
        if size is not None:
            found[f"{suffix}/requests.storage"] = size
    return found


def hard(quota: Object) -> Amounts:
    """Return a quota's bounds: those it works with, else those it is written with."""
    told = mapping(mapping(quota.get("status")).get("hard"))
    return amounts(told or mapping(quota.get("spec")).get("hard"))


def covers(quota: Object, group_kind: GroupKind, obj: Object) -> bool:
    """Tell whether an object is of the scope of a quota; only pods and claims have scopes."""
    spec = mapping(quota.get("spec"))
    terms: list[Mapping[str, Any]] = [
        {"scopeName": scope, "operator": "Exists"} for scope in items(spec.get("scopes"))
    ]
    terms += map(mapping, items(mapping(spec.get("scopeSelector")).get("matchExpressions")))
    if not terms:
        return True
    spec = mapping(obj.get("spec"))
    if group_kind == ("", "PersistentVolumeClaim"):
        return all(_of_class(term, obj) for term in terms)
    return group_kind == ("", "Pod") and all(_in_scope(term, spec) for term in terms)


def _of_class(term: Object, claim: Object) -> bool:
    """Claims have one scope: the VolumeAttributesClass that they name or have."""
    if term.get("scopeName") != "VolumeAttributesClass":
        return False
    spec, status = mapping(claim.get("spec")), mapping(claim.get("status"))
    modified = mapping(status.get("modifyVolumeStatus")).get("targetVolumeAttributesClassName")
    named = (
        spec.get("volumeAttributesClassName"),
        status.get("currentVolumeAttributesClassName"),
        modified,
    )
    classes = [name for name in named if name]
    if term.get("operator") == "Exists":
        return bool(classes)
    return any(_selects(term, name) for name in classes or ("",))


def _selects(term: Object, name: str) -> bool:
    values = items(term.get("values"))
    match term.get("operator"):
        case "In":
            return name in values
        case "NotIn":
            return name not in values
        case "DoesNotExist":
            return not name
    return bool(name)


_AFFINITIES: Final = ("podAffinity", "podAntiAffinity")


def _looks_abroad(pod: Object) -> bool:
    """Tell whether a pod's affinity names other namespaces than its own."""
    affinity = mapping(pod.get("affinity"))
    for sort in (mapping(affinity.get(name)) for name in _AFFINITIES):
        hard = map(mapping, items(sort.get("requiredDuringSchedulingIgnoredDuringExecution")))
        soft = map(mapping, items(sort.get("preferredDuringSchedulingIgnoredDuringExecution")))
        for term in (*hard, *(mapping(wish.get("podAffinityTerm")) for wish in soft)):
            if term.get("namespaces") or term.get("namespaceSelector") is not None:
                return True
    return False


def _in_scope(term: Object, pod: Object) -> bool:
    scope = term.get("scopeName")
    if scope in ("Terminating", "NotTerminating"):
        return bool((pod.get("activeDeadlineSeconds") is not None) == (scope == "Terminating"))
    if scope in ("BestEffort", "NotBestEffort"):
        asked = added(of_pod(pod, "requests"), of_pod(pod, "limits"))
        best = not any(asked[name].nano for name in ("cpu", "memory") if name in asked)
        return bool(best == (scope == "BestEffort"))
    if scope == "PriorityClass":
        return _selects(term, str(pod.get("priorityClassName") or ""))
    return scope == "CrossNamespacePodAffinity" and _looks_abroad(pod)


def unsaid(quota: Object, spec: Object) -> str:
    """Return the refusal of a pod that does not say what the quota counts, "" for none."""
    if mapping(spec.get("resources")):
        return ""
    demanded = _DEMANDED & hard(quota).keys()
    missing: dict[str, list[str]] = {}
    for field in ("containers", "initContainers"):
        for box in map(mapping, items(spec.get(field))):
            said = _of_lists(resources_of(box, "requests"), resources_of(box, "limits"))
            for name in demanded - said.keys():
                missing.setdefault(name, []).append(str(box.get("name")))
    if not missing:
        return ""
    told = "; ".join(f"{name} for: {','.join(sorted(missing[name]))}" for name in sorted(missing))
    return f"failed quota: {mapping(quota.get('metadata')).get('name')}: must specify {told}"


def told_used(quota: Object) -> Amounts:
    """Return what a quota's status says is used of it."""
    return amounts(mapping(quota.get("status")).get("used"))


def used(quota: Object, state: State, namespace: str) -> Amounts:
    """Return what is used of a quota: what its status says, else what the state's objects count."""
    if isinstance(mapping(quota.get("status")).get("used"), dict):
        return told_used(quota)
    found = {name: one(0) for name in hard(quota)}
    for group_kind, place, obj in state.everything():
        if place == namespace and covers(quota, group_kind, obj):
            found = added(found, _masked(usage(group_kind, obj), found))
    return found


def excess(quota: Object, requested: Amounts, already: Amounts) -> str:
    """Return the server's words for what a quota does not have, "" when it is enough."""
    bounds = hard(quota)
    asked = {name: value for name, value in _masked(requested, bounds).items() if value.nano}
    over = [
        name
        for name, value in sorted(asked.items())
        if already.get(name, one(0)).nano + value.nano > bounds[name].nano
    ]
    if not over:
        return ""
    name = mapping(quota.get("metadata")).get("name")
    return (
        f"exceeded quota: {name}, requested: {_shown(over, asked)}, "
        f"used: {_shown(over, already)}, limited: {_shown(over, bounds)}"
    )


def _masked(found: Amounts, names: Iterable[str]) -> Amounts:
    wanted = set(names)
    return {name: value for name, value in found.items() if name in wanted}


def _shown(names: list[str], values: Mapping[str, Amount]) -> str:
    return ",".join(f"{name}={values.get(name, one(0))}" for name in names)
