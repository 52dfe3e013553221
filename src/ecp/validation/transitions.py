"""What may become of an object: the rules that need it as it was and as it is to be.

`check_update` is the whole judgement of an update, in the server's order and with its repetitions:
what every object's metadata must keep, what the kind's own rules say of the new object, and what
the kind does not let change. `check_status` is the same for writes to the status.
Source: apiserver pkg/registry/rest/update.go; apimachinery pkg/api/validation/objectmeta.go;
kubernetes pkg/apis/{core,apps,discovery}/validation/validation.go.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterator
from typing import Any, Final

from ecp.kube import errors, names, quantity
from ecp.kube.errors import FieldError, FieldErrorType
from ecp.validation.faults import At, Fault, forbidden, invalid, invalid_struct, required
from ecp.validation.kinds import checks_for
from ecp.validation.kinds.workload import ordered_selector
from ecp.validation.metadata import (
    check_annotations,
    check_labels,
    check_metadata,
    check_owners,
)
from ecp.validation.scope import Object, Scope, items, mapping

Transition = Callable[[Object, Object], Iterator[Fault]]

IMMUTABLE: Final = "field is immutable"
FROZEN: Final = "field is immutable when `immutable` is set"
_META: Final = At() / "metadata"
_SPEC: Final = At() / "spec"
_STATUS: Final = At() / "status"
_FIXED: Final = (
    "name",
    "namespace",
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
)


def check_update(
    group: str, kind: str, new: Object, old: Object, scope: Scope | None = None
) -> Iterator[Fault]:
    """Yield what the server finds wrong with *new* in the place of *old*.

    Both are whole objects of one kind, defaulted, as they would be stored.
    """
    scope = scope or Scope()
    yield from check_metadata(new, group, kind, scope)
    yield from _metadata(new, old)
    # Most kinds' own rules look at the metadata once more; a client sees each cause twice.
    yield from _metadata(new, old)
    transition = _TRANSITIONS.get((group, kind))
    last = (group, kind) in _RULES_FIRST
    if transition is not None and not last:
        yield from transition(new, old)
    for check in checks_for(group, kind):
        yield from check(new, scope)
    if transition is not None and last:
        yield from transition(new, old)


def check_status(group: str, kind: str, new: Object, old: Object) -> Iterator[Fault]:
    """Yield what the server finds wrong with *new* as the next status of *old*."""
    yield from _metadata(new, old)
    check = _STATUSES.get((group, kind))
    if check is not None:
        yield from check(new, old)


def _metadata(new: Object, old: Object) -> Iterator[Fault]:
    meta, before = mapping(new.get("metadata")), mapping(old.get("metadata"))
    if before.get("deletionTimestamp"):
        held = items(before.get("finalizers"))
        added = sorted({name for name in items(meta.get("finalizers")) if name not in held})
        if added:
            shown = ", ".join(map(errors.go_quote, added))
            text = (
                "no new finalizers can be added if the object is being deleted, found new "
                f"finalizers []string{{{shown}}}"
            )
            yield forbidden("E0701", _META / "finalizers", text, on_key=False)
    for field in _FIXED:
        if meta.get(field) != before.get(field):
            yield invalid("E0700", _META / field, meta.get(field), IMMUTABLE)
    yield from check_labels(meta.get("labels"), _META / "labels")
    yield from check_annotations(meta.get("annotations"), _META / "annotations")
    yield from check_owners(meta.get("ownerReferences"), _META / "ownerReferences")


def _immutable(at: At, new: Any, old: Any) -> Iterator[Fault]:
    if new != old:
        yield invalid("E0700", at, new, IMMUTABLE)


# ---- workloads ------------------------------------------------------------------------------


def _selector(new: Object, old: Object) -> Iterator[Fault]:
    wanted = mapping(new.get("spec")).get("selector")
    if wanted != mapping(old.get("spec")).get("selector"):
        yield invalid_struct("E0700", _SPEC / "selector", ordered_selector(wanted), IMMUTABLE)


_CHANGEABLE_IN_STATEFULSET: Final = (
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
)


def _statefulset(new: Object, old: Object) -> Iterator[Fault]:
    def kept(obj: Object) -> dict[str, Any]:
        spec = mapping(obj.get("spec"))
        return {key: spec[key] for key in spec if key not in _CHANGEABLE_IN_STATEFULSET}

    if kept(new) != kept(old):
        text = (
            "updates to statefulset spec for fields other than 'replicas', 'ordinals', "
            "'template', 'updateStrategy', 'revisionHistoryLimit', "
            "'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
        )
        yield forbidden("E0700", _SPEC, text)


_POD_CHANGES: Final = ",".join(
    (
        "`spec.containers[*].image`",
        "`spec.initContainers[*].image`",
        "`spec.activeDeadlineSeconds`",
        "`spec.tolerations` (only additions to existing tolerations)",
        "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously "
        "negative)",
    )
)


def _pod(new: Object, old: Object) -> Iterator[Fault]:
    spec, before = mapping(new.get("spec")), mapping(old.get("spec"))
    for field in ("containers", "initContainers"):
        wanted, held = items(spec.get(field)), items(before.get(field))
        if len(wanted) != len(held):
            text = "pod updates may not add or remove containers"
            yield forbidden("E0702", _SPEC / field, text)
            return
        for number, container in enumerate(wanted):
            image, here = container.get("image") or "", _SPEC / field / number / "image"
            if not image:
                yield required("E0702", here)
            elif image.strip() != image:
                yield invalid("E0702", here, image, "must not have leading or trailing whitespace")
    late = list(_deadline(spec, before))
    yield from late
    if late and spec.get("activeDeadlineSeconds") is not None:
        return
    yield from _tolerations(spec, before)
    yield from _gates(spec, before)
    munged = _as_before(spec, before)
    if munged != before:
        text = f"pod updates may not change fields other than {_POD_CHANGES}\n"
        yield forbidden("E0702", _SPEC, text + _difference(before, munged))


def _deadline(spec: Object, before: Object) -> Iterator[Fault]:
    at = _SPEC / "activeDeadlineSeconds"
    wanted, held = spec.get("activeDeadlineSeconds"), before.get("activeDeadlineSeconds")
    if wanted is None:
        if held is not None:
            text = "must not update from a positive integer to nil value"
            yield invalid("E0702", at, None, text)
    elif not 0 <= wanted < 2**31:
        for text in names.in_range(wanted, 0, 2**31 - 1):
            yield invalid("E0702", at, wanted, text)
    elif held is not None and held < wanted:
        yield invalid("E0702", at, wanted, "must be less than or equal to previous value")


def _tolerations(spec: Object, before: Object) -> Iterator[Fault]:
    def without_seconds(toleration: Object) -> dict[str, Any]:
        return {key: toleration[key] for key in toleration if key != "tolerationSeconds"}

    wanted = [without_seconds(toleration) for toleration in items(spec.get("tolerations"))]
    for toleration in items(before.get("tolerations")):
        if without_seconds(toleration) not in wanted:
            text = "existing toleration can not be modified except its tolerationSeconds"
            yield forbidden("E0702", _SPEC / "tolerations", text)
            return


def _gates(spec: Object, before: Object) -> Iterator[Fault]:
    held = [gate.get("name") for gate in items(before.get("schedulingGates"))]
    for number, gate in enumerate(items(spec.get("schedulingGates"))):
        if gate.get("name") not in held:
            text = f"only deletion is allowed, but found new scheduling gate '{gate.get('name')}'"
            here = _SPEC / "schedulingGates" / number
            yield forbidden("E0702", _SPEC / "schedulingGates", text, on_key=False)._replace(
                path=here.path
            )


def _as_before(spec: Object, before: Object) -> dict[str, Any]:
    """Return *spec* with what a pod may change put back to what it was."""
    out = dict(spec)
    for field in ("containers", "initContainers"):
        if field in out:
            out[field] = [
                {**wanted, "image": held.get("image")}
                for wanted, held in zip(out[field], items(before.get(field)), strict=True)
            ]
    put_back = ["activeDeadlineSeconds", "tolerations", "schedulingGates"]
    grace = before.get("terminationGracePeriodSeconds")
    if grace is not None and grace < 0 and out.get("terminationGracePeriodSeconds") == 1:
        put_back.append("terminationGracePeriodSeconds")
    if before.get("schedulingGates"):
        put_back += _changes_of_a_gated_pod(spec, before)
    for field in put_back:
        if field in before:
            out[field] = before[field]
        else:
            out.pop(field, None)
    return out


def _changes_of_a_gated_pod(spec: Object, before: Object) -> list[str]:
    """A pod that is not yet offered to the scheduler may ask for more labels of its node."""
    wanted, held = mapping(spec.get("nodeSelector")), mapping(before.get("nodeSelector"))
    if all(wanted.get(key) == value for key, value in held.items()):
        return ["nodeSelector"]
    return []


def _difference(before: Any, after: Any) -> str:
    """Return a unified difference of two values as JSON, one field a line.

    The server prints the fields of its own structs; here they bear the names the API gives them.
    """

    def text(value: Any) -> list[str]:
        return json.dumps(value, indent=1, ensure_ascii=False).splitlines()

    found = difflib.unified_diff(text(before), text(after), n=3, lineterm="")
    return "\n".join(line for line in found if not line.startswith(("---", "+++")))


# ---- configuration --------------------------------------------------------------------------


def _frozen(*fields: str) -> Transition:
    def check(new: Object, old: Object) -> Iterator[Fault]:
        if not old.get("immutable"):
            return
        if not new.get("immutable"):
            yield forbidden("E0703", At() / "immutable", FROZEN)
        for field in fields:
            if (new.get(field) or {}) != (old.get(field) or {}):
                yield forbidden("E0703", At() / field, FROZEN)

    return check


_frozen_configmap: Final = _frozen("data", "binaryData")
_frozen_secret: Final = _frozen("data")


def _secret(new: Object, old: Object) -> Iterator[Fault]:
    yield from _immutable(At() / "type", new.get("type"), old.get("type"))
    yield from _frozen_secret(new, old)


def _claim(new: Object, old: Object) -> Iterator[Fault]:
    spec, before = dict(mapping(new.get("spec"))), dict(mapping(old.get("spec")))
    if not before.get("volumeName") and spec.get("volumeName"):
        before["volumeName"] = spec["volumeName"]
    if "storageClassName" not in before and spec.get("storageClassName"):
        # A claim of before there was a default class may be given one, once.
        before["storageClassName"] = spec["storageClassName"]
    if mapping(new.get("status")).get("phase") == "Bound":
        for kept in ("resources", "volumeAttributesClassName"):
            if kept in before:
                spec[kept] = before[kept]
            else:
                spec.pop(kept, None)
    if spec != before:
        text = (
            "spec is immutable after creation except resources.requests and "
            f"volumeAttributesClassName for bound claims\n{_difference(before, spec)}"
        )
        yield forbidden("E0704", _SPEC, text)
    yield from _shrunk(new, old)
    yield from _immutable(
        At() / "volumeMode",
        mapping(new.get("spec")).get("volumeMode"),
        mapping(old.get("spec")).get("volumeMode"),
    )


def _shrunk(new: Object, old: Object) -> Iterator[Fault]:
    def size(obj: Object, *path: str) -> int:
        value: Any = obj
        for step in path:
            value = mapping(value).get(step)
        return quantity.nano(value) if value is not None else 0

    request = ("spec", "resources", "requests", "storage")
    wanted = size(new, *request)
    if wanted < size(old, *request) and wanted <= size(old, "status", "capacity", "storage"):
        here = _SPEC / "resources" / "requests" / "storage"
        yield forbidden("E0704", here, "field can not be less than status.capacity")


# ---- network --------------------------------------------------------------------------------


def _service(new: Object, old: Object) -> Iterator[Fault]:
    spec, before = mapping(new.get("spec")), mapping(old.get("spec"))
    if "ExternalName" not in (spec.get("type"), before.get("type")):
        yield from _addresses(spec, before)
        yield from _families(spec, before)
    yield from _balancer_class(spec, before)
    port = "healthCheckNodePort"
    if _checks_health(spec) and _checks_health(before) and spec.get(port) != before.get(port):
        yield forbidden("E0705", _SPEC / port, IMMUTABLE)


def _headless(spec: Object) -> bool:
    return spec.get("type", "ClusterIP") == "ClusterIP" and spec.get("clusterIP") == "None"


def _addresses(spec: Object, before: Object) -> Iterator[Fault]:
    if _headless(spec) and _headless(before):
        return
    wanted, held = items(spec.get("clusterIPs")), items(before.get("clusterIPs"))
    at = _SPEC / "clusterIPs"
    if held and not wanted:
        yield invalid("E0705", at / 0, None, "primary clusterIP can not be unset", point=at)
    for number, (address, former) in enumerate(zip(wanted, held, strict=False)):
        if address != former and (number == 0 or len(wanted) == len(held)):
            yield invalid("E0705", at / number, wanted, "may not change once set", point=at)
    if len(wanted) == 1 < len(held) and spec.get("ipFamilyPolicy") != "SingleStack":
        text = "must be set to 'SingleStack' when releasing the secondary clusterIP"
        yield invalid("E0705", _SPEC / "ipFamilyPolicy", spec.get("ipFamilyPolicy"), text)


def _families(spec: Object, before: Object) -> Iterator[Fault]:
    if _headless(spec) or _headless(before):
        return
    wanted, held = items(spec.get("ipFamilies")), items(before.get("ipFamilies"))
    at = _SPEC / "ipFamilies"
    if wanted and held and wanted[0] != held[0]:
        yield invalid("E0705", at / 0, wanted, "may not change once set", point=at)


def _balancer_class(spec: Object, before: Object) -> Iterator[Fault]:
    at, wanted = _SPEC / "loadBalancerClass", spec.get("loadBalancerClass")
    if spec.get("type") == "LoadBalancer":
        if before.get("type") == "LoadBalancer" and wanted != before.get("loadBalancerClass"):
            yield invalid("E0705", at, wanted, "may not change once set")
        for text in names.label_key(wanted) if wanted else ():
            yield invalid("E0705", at, wanted, text)
    elif wanted is not None:
        yield forbidden("E0705", at, "may only be used when `type` is 'LoadBalancer'")


def _checks_health(spec: Object) -> bool:
    return spec.get("type") == "LoadBalancer" and spec.get("externalTrafficPolicy") == "Local"


def _slice(new: Object, old: Object) -> Iterator[Fault]:
    yield from _immutable(At() / "addressType", new.get("addressType"), old.get("addressType"))


# ---- rights, priorities ---------------------------------------------------------------------


def _role_binding(new: Object, old: Object) -> Iterator[Fault]:
    def shown(obj: Object) -> dict[str, Any]:
        ref = mapping(obj.get("roleRef"))
        fields = (("APIGroup", "apiGroup"), ("Kind", "kind"), ("Name", "name"))
        return {name: ref.get(field) or "" for name, field in fields}

    if shown(new) != shown(old):
        yield invalid_struct("E0700", At() / "roleRef", shown(new), "cannot change roleRef")


def _priority_class(new: Object, old: Object) -> Iterator[Fault]:
    if (new.get("value") or 0) != (old.get("value") or 0):
        yield forbidden("E0700", At() / "value", "may not be changed in an update.")
    field = "preemptionPolicy"
    yield from _immutable(At() / field, new.get(field), old.get(field))


# ---- nodes ----------------------------------------------------------------------------------


def _node(new: Object, old: Object) -> Iterator[Fault]:
    spec, before = mapping(new.get("spec")), mapping(old.get("spec"))
    ranges = items(before.get("podCIDRs"))
    if ranges and items(spec.get("podCIDRs")) != ranges:
        text = 'node updates may not change podCIDR except from "" to valid'
        yield forbidden("E0700", _SPEC / "podCIDRs", text)
    provider = before.get("providerID")
    if provider and spec.get("providerID") != provider:
        text = 'node updates may not change providerID except from "" to valid'
        yield forbidden("E0700", _SPEC / "providerID", text)


# ---- statuses -------------------------------------------------------------------------------

_DEPLOYMENT_FIGURES: Final = (
    "observedGeneration",
    "replicas",
    "updatedReplicas",
    "readyReplicas",
    "availableReplicas",
    "unavailableReplicas",
    "terminatingReplicas",
    "collisionCount",
)
_REPLICASET_FIGURES: Final = (
    "replicas",
    "fullyLabeledReplicas",
    "readyReplicas",
    "availableReplicas",
    "observedGeneration",
    "terminatingReplicas",
)


def _figures(status: Object, fields: tuple[str, ...], parts: tuple[str, ...]) -> Iterator[Fault]:
    for field in fields:
        value = status.get(field) or 0
        if value < 0:
            text = "must be greater than or equal to 0"
            yield invalid("E0706", _STATUS / field, value, text)
    total = status.get("replicas") or 0
    for field in parts:
        value = status.get(field) or 0
        if value > total:
            yield invalid("E0706", _STATUS / field, value, "cannot be greater than status.replicas")
    available, ready = status.get("availableReplicas") or 0, status.get("readyReplicas") or 0
    if available > ready:
        text = "cannot be greater than readyReplicas"
        yield invalid("E0706", _STATUS / "availableReplicas", available, text)


def _deployment_status(new: Object, old: Object) -> Iterator[Fault]:
    status = mapping(new.get("status"))
    parts = ("updatedReplicas", "readyReplicas", "availableReplicas")
    yield from _figures(status, _DEPLOYMENT_FIGURES, parts)
    count = status.get("collisionCount")
    held = mapping(old.get("status")).get("collisionCount")
    if held is not None and (count is None or count < held):
        yield invalid("E0706", _STATUS / "collisionCount", count or 0, "cannot be decremented")


def _replicaset_status(new: Object, old: Object) -> Iterator[Fault]:
    parts = ("fullyLabeledReplicas", "readyReplicas", "availableReplicas")
    yield from _figures(mapping(new.get("status")), _REPLICASET_FIGURES, parts)


def _namespace_status(new: Object, old: Object) -> Iterator[Fault]:
    phase = mapping(new.get("status")).get("phase")
    deleted = mapping(new.get("metadata")).get("deletionTimestamp")
    wanted, state = ("Terminating", "not empty") if deleted else ("Active", "empty")
    if phase != wanted:
        text = f"may only be '{wanted}' if `deletionTimestamp` is {state}"
        at = _STATUS / "Phase"
        error = FieldError(FieldErrorType.INVALID, str(at), phase, text)
        yield Fault("E0706", error, (_STATUS / "phase").path)


def _pod_status(new: Object, old: Object) -> Iterator[Fault]:
    status, before = mapping(new.get("status")), mapping(old.get("status"))
    if status.get("qosClass") != before.get("qosClass"):
        yield invalid("E0706", _STATUS / "qosClass", status.get("qosClass"), IMMUTABLE)


_TRANSITIONS: Final[dict[tuple[str, str], Transition]] = {
    ("", "ConfigMap"): _frozen_configmap,
    ("", "Node"): _node,
    ("", "PersistentVolumeClaim"): _claim,
    ("", "Pod"): _pod,
    ("", "Secret"): _secret,
    ("", "Service"): _service,
    ("apps", "DaemonSet"): _selector,
    ("apps", "Deployment"): _selector,
    ("apps", "ReplicaSet"): _selector,
    ("apps", "StatefulSet"): _statefulset,
    ("discovery.k8s.io", "EndpointSlice"): _slice,
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): _role_binding,
    ("rbac.authorization.k8s.io", "RoleBinding"): _role_binding,
    ("scheduling.k8s.io", "PriorityClass"): _priority_class,
}
# Where the kind's rules for the new object come before those for the change.
_RULES_FIRST: Final = frozenset(
    {
        ("", "PersistentVolumeClaim"),
        ("", "Pod"),
        ("apps", "DaemonSet"),
        ("apps", "Deployment"),
        ("apps", "ReplicaSet"),
        ("apps", "StatefulSet"),
        ("discovery.k8s.io", "EndpointSlice"),
        ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
        ("rbac.authorization.k8s.io", "RoleBinding"),
    }
)
_STATUSES: Final[dict[tuple[str, str], Transition]] = {
    ("", "Namespace"): _namespace_status,
    ("", "Pod"): _pod_status,
    ("apps", "Deployment"): _deployment_status,
    ("apps", "ReplicaSet"): _replicaset_status,
}
