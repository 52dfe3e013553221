"""What may become of an object: the rules that need it as it was and as it is to be.

`check_update` is the whole judgement of an update, in the server's order and with its repetitions:
what every object's metadata must keep, what the kind's own rules say of the new object, and what
the kind does not let change. `check_status` is the same for writes to the status.
Source: apiserver pkg/registry/rest/update.go; apimachinery pkg/api/validation/objectmeta.go;
kubernetes pkg/apis/{core,apps,discovery}/validation/validation.go.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Iterator
from typing import Any, Final

from ecp.kube import errors, names
from ecp.kube.errors import FieldError, FieldErrorType
from ecp.validation import storagechanges, workloadchanges
from ecp.validation.differences import IMMUTABLE, immutable
from ecp.validation.faults import At, Fault, forbidden, invalid, invalid_struct
from ecp.validation.kinds import checks_for
from ecp.validation.kinds.event import event_change
from ecp.validation.kinds.workload import ordered_selector
from ecp.validation.metadata import (
    check_annotations,
    check_labels,
    check_metadata,
    check_owners,
)
from ecp.validation.podchanges import pod_change
from ecp.validation.scope import Object, Scope, items, mapping
from ecp.validation.servicechanges import service_addresses, service_change

Transition = Callable[[Object, Object], Iterator[Fault]]

FROZEN: Final = "field is immutable when `immutable` is set"
_META: Final = At() / "metadata"
_LABELS: Final = _META / "labels"
_ANNOTATIONS: Final = _META / "annotations"
_OWNERS: Final = _META / "ownerReferences"
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
    group: str,
    kind: str,
    new: Object,
    old: Object,
    scope: Scope | None = None,
    part: Transition | None = None,
) -> Iterator[Fault]:
    """Yield what the server finds wrong with *new* in the place of *old*.

    Both are whole objects of one kind, defaulted, as they would be stored. *part* judges the
    change in the place of the kind's own rules, where a subresource changes one part alone.
    """
    scope = (scope or Scope())._replace(new=False)
    early = _EARLY.get((group, kind))
    first = list(early(new, old, scope)) if early is not None else []
    if first:
        yield from first
        return
    transition = part or _TRANSITIONS.get((group, kind))
    anew = _ANEW.get((group, kind))
    judged = scope if anew is None else scope._replace(new=anew(new, old))
    for step in _EVERY + _STEPS.get((group, kind), _USUAL):
        if step == "object":
            yield from check_metadata(new, group, kind, scope)
        elif step == "metadata":
            yield from _metadata(new, old)
        elif step == "made":
            yield from workloadchanges.made_labels(new, old)
        elif step == "rules":
            kept = _SPARED.get((group, kind), "")
            spared = bool(kept) and new.get(kept) == old.get(kept)
            for check in checks_for(group, kind, again=True):
                for fault in check(new, judged):
                    if not (spared and fault.path[:1] == (kept,)):
                        yield fault
        elif transition is not None:
            yield from transition(new, old)


_SPARED: Final = {("discovery.k8s.io", "EndpointSlice"): "endpoints"}
"""A field that is not judged again where it stays as it was: it may be older than its rules."""


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
    yield from check_labels(meta.get("labels"), _LABELS)
    yield from check_annotations(meta.get("annotations"), _ANNOTATIONS)
    yield from check_owners(meta.get("ownerReferences"), _OWNERS)


# ---- workloads ------------------------------------------------------------------------------


def _selector(new: Object, old: Object) -> Iterator[Fault]:
    wanted = mapping(new.get("spec")).get("selector")
    if wanted != mapping(old.get("spec")).get("selector"):
        shown = None if wanted is None else ordered_selector(wanted)
        yield invalid_struct("E0700", _SPEC / "selector", shown, IMMUTABLE)


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
        found = {key: spec[key] for key in spec if key not in _CHANGEABLE_IN_STATEFULSET}
        # Of what kind a claim is nobody asks.
        claims = [
            {key: part for key, part in mapping(claim).items() if key not in ("apiVersion", "kind")}
            for claim in items(spec.get("volumeClaimTemplates"))
        ]
        return {**found, "volumeClaimTemplates": claims}

    if kept(new) != kept(old):
        text = (
            "updates to statefulset spec for fields other than 'replicas', 'ordinals', "
            "'template', 'updateStrategy', 'revisionHistoryLimit', "
            "'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
        )
        yield forbidden("E0700", _SPEC, text)


# ---- configuration --------------------------------------------------------------------------


def _frozen(*fields: str) -> Transition:
    def check(new: Object, old: Object) -> Iterator[Fault]:
        if not old.get("immutable"):
            return
        if not new.get("immutable"):
            yield forbidden("E0703", At() / "immutable", FROZEN)
        for field in fields:
            if _bytes_in(new, field) != _bytes_in(old, field):
                yield forbidden("E0703", At() / field, FROZEN)

    return check


def _bytes_in(obj: Object, field: str) -> dict[str, Any]:
    """Return the entries of a map; those of base64 as what they stand for."""
    entries = mapping(obj.get(field))
    if field == "binaryData" or obj.get("kind") == "Secret":
        return {name: b64decode(value or "") for name, value in entries.items()}
    return dict(entries)


_frozen_configmap: Final = _frozen("data", "binaryData")
_frozen_secret: Final = _frozen("data")


def _secret(new: Object, old: Object) -> Iterator[Fault]:
    yield from immutable(At() / "type", new.get("type"), old.get("type"))
    yield from _frozen_secret(new, old)


# ---- network --------------------------------------------------------------------------------


def _slice(new: Object, old: Object) -> Iterator[Fault]:
    yield from immutable(At() / "addressType", new.get("addressType"), old.get("addressType"))


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
    yield from immutable(At() / field, new.get(field), old.get(field))


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
    if (spec.get("externalID") or "") != (before.get("externalID") or ""):
        yield forbidden("E0700", _SPEC / "externalID", "may not be updated")


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
    for number, address in enumerate(items(status.get("podIPs"))):
        at, text = _STATUS / "podIPs" / number, mapping(address).get("ip") or ""
        for words in names.ip_address(text):
            yield invalid("E0706", at, text, words)
    for number, one in enumerate(items(status.get("conditions"))):
        at, text = _STATUS / "conditions" / number, mapping(one).get("type") or ""
        for words in names.label_key(text):
            error = FieldError(FieldErrorType.INVALID, f"{at}.Type", text, words)
            yield Fault("E0706", error, (at / "type").path)


_TRANSITIONS: Final[dict[tuple[str, str], Transition]] = {
    ("", "ConfigMap"): _frozen_configmap,
    ("", "Node"): _node,
    ("", "Pod"): pod_change,
    ("", "Secret"): _secret,
    ("", "Service"): service_change,
    ("apps", "DaemonSet"): _selector,
    ("apps", "Deployment"): _selector,
    ("apps", "ReplicaSet"): _selector,
    ("apps", "StatefulSet"): _statefulset,
    ("discovery.k8s.io", "EndpointSlice"): _slice,
    ("events.k8s.io", "Event"): event_change,
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): _role_binding,
    ("rbac.authorization.k8s.io", "RoleBinding"): _role_binding,
    ("scheduling.k8s.io", "PriorityClass"): _priority_class,
    **storagechanges.TRANSITIONS,
    **workloadchanges.TRANSITIONS,
}


def _retargeted(new: Object, old: Object) -> bool:
    """A target that stays may stay wrong; another one is judged as that of a new object.

    Source: kubernetes pkg/registry/autoscaling/horizontalpodautoscaler/strategy.go.
    """

    def target(obj: Object) -> tuple[Any, Any]:
        ref = mapping(mapping(obj.get("spec")).get("scaleTargetRef"))
        return ref.get("apiVersion") or "", ref.get("kind") or ""

    return target(new) != target(old)


# What makes a change be judged by the rules for new objects.
_ANEW: Final = {("autoscaling", "HorizontalPodAutoscaler"): _retargeted}
# What is looked at before anything else, and alone.
_EARLY: Final = {("", "Service"): service_addresses}
# In which order an update is looked at. "object" is what metadata must be in itself, "metadata"
# what it may become; both are looked at of every kind, and mostly by the kind's own update once
# more, so that a client sees a cause two to four times.
_EVERY: Final = ("object", "metadata")
_USUAL: Final = ("metadata", "change", "rules")
_RULES_FIRST: Final = ("metadata", "rules", "change")
_CLASS: Final = ("object", "rules", "metadata", "change")
_CHANGE_FIRST: Final = ("metadata", "change", "object", "rules")
_WHOLE: Final = ("metadata", "object", "rules", "change")
_WITHOUT_METADATA: Final = ("object", "rules", "change")
_WITHOUT_RULES: Final = ("metadata", "change")
_ADMISSION: Final = "admissionregistration.k8s.io"
_FLOW: Final = "flowcontrol.apiserver.k8s.io"
_RBAC: Final = "rbac.authorization.k8s.io"
_STORAGE: Final = "storage.k8s.io"
_STEPS: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    ("", "ConfigMap"): _CHANGE_FIRST,
    ("", "Endpoints"): _WHOLE,
    ("", "Event"): ("rules", "change"),
    ("", "Namespace"): _CLASS,
    ("", "Node"): _CLASS,
    ("", "PersistentVolume"): ("object", "rules", "object", "rules", "change"),
    ("", "PersistentVolumeClaim"): _WHOLE,
    ("", "Pod"): _WHOLE,
    ("", "ResourceQuota"): _RULES_FIRST,
    ("", "Secret"): _CHANGE_FIRST,
    ("", "ServiceAccount"): _WHOLE,
    **dict.fromkeys(
        (
            (_ADMISSION, "MutatingAdmissionPolicy"),
            (_ADMISSION, "MutatingAdmissionPolicyBinding"),
            (_ADMISSION, "MutatingWebhookConfiguration"),
            (_ADMISSION, "ValidatingAdmissionPolicy"),
            (_ADMISSION, "ValidatingAdmissionPolicyBinding"),
            (_ADMISSION, "ValidatingWebhookConfiguration"),
            (_FLOW, "FlowSchema"),
            (_FLOW, "PriorityLevelConfiguration"),
            (_STORAGE, "CSINode"),
            (_STORAGE, "VolumeAttachment"),
        ),
        _WITHOUT_METADATA,
    ),
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _RULES_FIRST,
    ("apiregistration.k8s.io", "APIService"): _CHANGE_FIRST,
    ("apps", "ControllerRevision"): _WHOLE,
    ("apps", "Deployment"): _RULES_FIRST,
    ("apps", "ReplicaSet"): _RULES_FIRST,
    ("apps", "StatefulSet"): _RULES_FIRST,
    ("batch", "Job"): ("object", "made", "rules", "metadata", "rules", "change"),
    ("certificates.k8s.io", "CertificateSigningRequest"): _CLASS,
    ("discovery.k8s.io", "EndpointSlice"): _RULES_FIRST,
    ("events.k8s.io", "Event"): ("rules", "metadata", "change"),
    ("networking.k8s.io", "Ingress"): _WHOLE,
    ("networking.k8s.io", "IngressClass"): _CHANGE_FIRST,
    ("networking.k8s.io", "IPAddress"): _RULES_FIRST,
    ("networking.k8s.io", "ServiceCIDR"): _WITHOUT_RULES,
    ("policy", "PodDisruptionBudget"): ("rules",),
    ("resource.k8s.io", "DeviceClass"): ("object", "metadata", "rules", "change"),
    ("resource.k8s.io", "ResourceClaim"): ("object", "metadata", "change"),
    ("resource.k8s.io", "ResourceClaimTemplate"): _CLASS,
    ("node.k8s.io", "RuntimeClass"): _CLASS,
    (_RBAC, "ClusterRole"): _CLASS,
    (_RBAC, "ClusterRoleBinding"): _CLASS,
    (_RBAC, "Role"): _CLASS,
    (_RBAC, "RoleBinding"): _CLASS,
    ("scheduling.k8s.io", "PriorityClass"): _WITHOUT_RULES,
    (_STORAGE, "CSIDriver"): _RULES_FIRST,
    (_STORAGE, "CSIStorageCapacity"): _CLASS,
    (_STORAGE, "StorageClass"): _CLASS,
    (_STORAGE, "VolumeAttributesClass"): _CHANGE_FIRST,
}
_STATUSES: Final[dict[tuple[str, str], Transition]] = {
    ("", "Namespace"): _namespace_status,
    ("", "Pod"): _pod_status,
    ("apps", "Deployment"): _deployment_status,
    ("", "ReplicationController"): _replicaset_status,
    ("apps", "ReplicaSet"): _replicaset_status,
    **storagechanges.STATUSES,
    **workloadchanges.STATUSES,
}
