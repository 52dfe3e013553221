"""What holds for every object: its name, labels, annotations; and label selectors.

Source: apimachinery pkg/api/validation/objectmeta.go, pkg/apis/meta/v1/validation/validation.go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from ecp.kube import names
from ecp.kube.errors import Named
from ecp.validation.faults import (
    At,
    Fault,
    forbidden,
    invalid,
    invalid_struct,
    required,
    too_long,
)
from ecp.validation.scope import Object, Scope, items, mapping

ANNOTATIONS_LIMIT: Final = 256 * 1024
STANDARD_FINALIZERS: Final = ("kubernetes", "orphan", "foregroundDeletion")
_NO_OPERATOR: Final = "not a valid selector operator"
_META: Final = At() / "metadata"
NameRule = Callable[[str], tuple[str, ...]]

_NAME_RULES: Final[dict[tuple[str, str], NameRule]] = {
    ("", "Namespace"): names.dns_label,
    # These have no rule of their own: any part of a path will do.
    ("", "Event"): names.path_segment,
    ("apiregistration.k8s.io", "APIService"): names.path_segment,
    ("certificates.k8s.io", "CertificateSigningRequest"): names.path_segment,
    ("policy", "PodDisruptionBudget"): names.path_segment,
    ("rbac.authorization.k8s.io", "Role"): names.path_segment,
    ("rbac.authorization.k8s.io", "ClusterRole"): names.path_segment,
    ("rbac.authorization.k8s.io", "RoleBinding"): names.path_segment,
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): names.path_segment,
    ("", "ReplicationController"): names.long_name,
    ("resource.k8s.io", "DeviceClass"): names.long_name,
    ("networking.k8s.io", "IPAddress"): names.canonical_ip,
    ("apps", "StatefulSet"): names.dns_label,
}
# Kinds that the server names itself, if nobody does.
_NAMED: Final = frozenset({("", "LimitRange")})
# Kinds whose generation the server sets before it looks at it.
_GENERATED: Final = frozenset(
    {
        ("", "Pod"),
        ("", "PodTemplate"),
        ("", "ReplicationController"),
        ("apiextensions.k8s.io", "CustomResourceDefinition"),
        ("apps", "DaemonSet"),
        ("apps", "Deployment"),
        ("apps", "ReplicaSet"),
        ("apps", "StatefulSet"),
        ("batch", "CronJob"),
        ("batch", "Job"),
        ("discovery.k8s.io", "EndpointSlice"),
        ("networking.k8s.io", "Ingress"),
        ("networking.k8s.io", "IngressClass"),
        ("networking.k8s.io", "NetworkPolicy"),
        ("policy", "PodDisruptionBudget"),
        ("resource.k8s.io", "DeviceClass"),
        ("resource.k8s.io", "ResourceSlice"),
        ("scheduling.k8s.io", "PriorityClass"),
    }
)
_GENERATED_GROUPS: Final = ("admissionregistration.k8s.io", "flowcontrol.apiserver.k8s.io")
# Groups whose finalizers are standard ones or qualified, save for some of their kinds.
_FINALIZER_GROUPS: Final = frozenset(
    {
        "",
        "apps",
        "autoscaling",
        "batch",
        "certificates.k8s.io",
        "discovery.k8s.io",
        "events.k8s.io",
        "flowcontrol.apiserver.k8s.io",
        "networking.k8s.io",
        "rbac.authorization.k8s.io",
        "resource.k8s.io",
        "scheduling.k8s.io",
        "storage.k8s.io",
    }
)
# Kinds whose name is judged by its declared format only, and their generateName as part of a URL.
_STEM_UNSEEN: Final = frozenset({("", "ReplicationController"), ("resource.k8s.io", "DeviceClass")})


def name_rule(group: str, kind: str, scope: Scope) -> NameRule:
    """Return the rule for the names of a kind; most are DNS subdomains."""
    if (group, kind) == ("", "Service"):
        return names.dns_label if scope.since(1, 36) else names.dns_1035_label
    return _NAME_RULES.get((group, kind), names.dns_subdomain)


def _unseen(name: str) -> tuple[str, ...]:
    return ()


def check_metadata(obj: Object, group: str, kind: str, scope: Scope) -> Iterator[Fault]:
    """Check an object's own metadata."""
    meta = mapping(obj.get("metadata"))
    at = _META
    rule = name_rule(group, kind, scope)
    name = meta.get("name") or ""
    stem = meta.get("generateName") or ""
    judged = rule
    if (group, kind) in _STEM_UNSEEN:
        # As a part of a URL it is looked at once all else is right.
        judged = _unseen if rule(name) else names.path_segment
    for text in judged(names.generated_stem(stem)) if stem else ():
        yield invalid("E0101", at / "generateName", stem, text)
    if not name and not stem and (group, kind) not in _NAMED:
        yield required("E0100", at / "name", "name or generateName is required")
    elif name:
        for text in rule(name):
            yield invalid("E0101", at / "name", name, text)
    namespace = meta.get("namespace") or ""
    if namespace:
        for text in names.dns_label(namespace):
            yield invalid("E0109", at / "namespace", namespace, text)
    if (meta.get("generation") or 0) < 0 and not _is_generated(group, kind):
        text = "must be greater than or equal to 0"
        yield invalid("E0110", at / "generation", meta["generation"], text)
    if meta.get("labels"):
        yield from check_labels(meta["labels"], at / "labels")
    if meta.get("annotations"):
        yield from check_annotations(meta["annotations"], at / "annotations")
    if meta.get("ownerReferences"):
        yield from check_owners(meta["ownerReferences"], at / "ownerReferences")
    if meta.get("finalizers"):
        yield from _finalizers(items(meta["finalizers"]), at / "finalizers", group, kind)


def _is_generated(group: str, kind: str) -> bool:
    return group in _GENERATED_GROUPS or (group, kind) in _GENERATED


def check_labels(labels: Any, at: At, point: At | None = None) -> Iterable[Fault]:
    """Check the keys and values of a map of labels; *point* is where they really stand."""
    found = mapping(labels)
    for key, value in found.items():
        if names.label_key(key) or names.label_value(value or ""):
            return _label_faults(found, at, point or at)
    return ()


def _label_faults(labels: Object, at: At, point: At) -> Iterator[Fault]:
    for key, value in sorted(labels.items()):
        for text in names.label_key(key):
            yield invalid("E0102", at, key, text, point=point / key, on_key=True)
        for text in names.label_value(value or ""):
            yield invalid("E0103", at, value, text, point=point / key)


def check_annotations(annotations: Any, at: At, point: At | None = None) -> Iterator[Fault]:
    """Check annotation keys and the size of all annotations together."""
    point = point or at
    size = 0
    for key, value in sorted(mapping(annotations).items()):
        for text in names.label_key(key.lower()):
            yield invalid("E0104", at, key, text, point=point / key, on_key=True)
        size += len(key.encode()) + len((value or "").encode())
    if size > ANNOTATIONS_LIMIT:
        yield too_long("E0105", at, ANNOTATIONS_LIMIT)


def _finalizers(finalizers: list[Any], at: At, group: str, kind: str) -> Iterator[Fault]:
    for number, finalizer in enumerate(finalizers):
        for text in names.label_key(finalizer):
            yield invalid("E0107", at, finalizer, text, point=at / number)
    if "orphan" in finalizers and "foregroundDeletion" in finalizers:
        text = "finalizer orphan and foregroundDeletion cannot be both set"
        yield invalid("E0107", at, finalizers, text)
    if group not in _FINALIZER_GROUPS or (group, kind) == ("", "Event"):
        return
    for number, finalizer in enumerate(finalizers):
        if "/" not in finalizer and finalizer not in STANDARD_FINALIZERS:
            text = "name is neither a standard finalizer name nor is it fully qualified"
            yield invalid("E0107", at / number, finalizer, text)


def check_owners(references: Any, at: At) -> Iterator[Fault]:
    """Check owner references: whole, not an Event, at most one controller.

    One that stands twice counts once. Source: apiserver pkg/endpoints/handlers/rest.go.
    """
    owners: list[Object] = []
    first = ""
    for owner in map(mapping, items(references)):
        if owner not in owners:
            owners.append(owner)
    for number, owner in enumerate(owners):
        yield from _owner(owner, at, number)
        if not owner.get("controller"):
            continue
        name = f"{owner.get('kind', '')}/{owner.get('name', '')}"
        if first:
            text = (
                'Only one reference can have Controller set to true. Found "true" in references '
                f"for {first} and {name}"
            )
            shown = [_ordered_owner(one) for one in owners]
            yield invalid_struct("E0108", at, shown, text, point=at / number)
        first = first or name


def _ordered_owner(owner: Object) -> dict[str, Any]:
    shown = {field: owner.get(field) or "" for field in ("apiVersion", "kind", "name", "uid")}
    optional = ("controller", "blockOwnerDeletion")
    return shown | {field: owner[field] for field in optional if owner.get(field) is not None}


def _owner(owner: Object, at: At, number: int) -> Iterator[Fault]:
    group, _, version = (owner.get("apiVersion") or "").rpartition("/")
    point = at / number
    if not version or "/" in group:
        text = "version must not be empty"
        yield invalid("E0108", at / "apiVersion", owner.get("apiVersion") or "", text, point=point)
    for name in ("kind", "name", "uid"):
        if not owner.get(name):
            yield invalid("E0108", at / name, "", "must not be empty", point=point)
    if (owner.get("apiVersion"), owner.get("kind")) == ("v1", "Event"):
        text = "/v1, Kind=Event is disallowed from being an owner"
        yield invalid_struct("E0108", at, _ordered_owner(owner), text, point=point)


def check_selector(selector: Any, at: At) -> Iterator[Fault]:
    """Check a LabelSelector: labels, operators and their values."""
    selector = mapping(selector)
    if selector.get("matchLabels"):
        yield from check_labels(selector["matchLabels"], at / "matchLabels")
    for number, requirement in enumerate(items(selector.get("matchExpressions"))):
        yield from _requirement(mapping(requirement), at / "matchExpressions" / number)


def _requirement(requirement: Object, at: At) -> Iterator[Fault]:
    operator = requirement.get("operator") or ""
    values = items(requirement.get("values"))
    if operator in ("In", "NotIn"):
        if not values:
            text = "must be specified when `operator` is 'In' or 'NotIn'"
            yield required("E0202", at / "values", text)
    elif operator in ("Exists", "DoesNotExist"):
        if values:
            text = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
            yield forbidden("E0202", at / "values", text)
    else:
        yield invalid("E0202", at / "operator", Named(operator), _NO_OPERATOR)
    key = requirement.get("key") or ""
    for text in names.label_key(key):
        yield invalid("E0102", at / "key", key, text)
    for number, value in enumerate(values):
        for text in names.label_value(value or ""):
            yield invalid("E0103", at / "values" / number, value, text)


def selects(selector: Any, labels: Any) -> bool:
    """Tell whether a valid LabelSelector selects *labels*; an empty one selects everything."""
    selector, labels = mapping(selector), mapping(labels)
    for key, value in mapping(selector.get("matchLabels")).items():
        if labels.get(key) != value:
            return False
    for requirement in items(selector.get("matchExpressions")):
        requirement = mapping(requirement)
        key, operator = requirement.get("key") or "", requirement.get("operator")
        values = items(requirement.get("values"))
        has = key in labels
        wanted = {
            "In": has and labels.get(key) in values,
            "NotIn": not has or labels.get(key) not in values,
            "Exists": has,
            "DoesNotExist": not has,
        }
        if not wanted.get(operator or "", False):
            return False
    return True


def is_empty_selector(selector: Any) -> bool:
    selector = mapping(selector)
    return not selector.get("matchLabels") and not selector.get("matchExpressions")
