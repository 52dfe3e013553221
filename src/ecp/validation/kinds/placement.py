"""Where a pod may run: affinity, tolerations, spread.

Source: kubernetes pkg/apis/core/validation `validateAffinity`, `ValidateTolerations`,
`validateTopologySpreadConstraints`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ecp.kube import names
from ecp.validation.faults import At, Fault, duplicate, forbidden, invalid, required, unsupported
from ecp.validation.metadata import check_selector
from ecp.validation.scope import Object, items, mapping

_EFFECTS: Final = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_REQUIRED: Final = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED: Final = "preferredDuringSchedulingIgnoredDuringExecution"
_UNSATISFIABLE: Final = ("DoNotSchedule", "ScheduleAnyway")


def check_affinity(affinity: Object, at: At) -> Iterator[Fault]:
    node = affinity.get("nodeAffinity")
    if node is not None:
        yield from _node_affinity(mapping(node), at / "nodeAffinity")
    for field in ("podAffinity", "podAntiAffinity"):
        if affinity.get(field) is not None:
            yield from _pod_affinity(mapping(affinity[field]), at / field)


def _node_affinity(affinity: Object, at: At) -> Iterator[Fault]:
    if affinity.get(_REQUIRED) is not None:
        yield from check_node_selector(mapping(affinity[_REQUIRED]), at / _REQUIRED)
    for number, term in enumerate(items(affinity.get(_PREFERRED))):
        term = mapping(term)
        here = at / _PREFERRED / number
        yield from _weight(term, here)
        yield from _node_term(mapping(term.get("preference")), here / "preference")


def check_node_selector(selector: Object, at: At) -> Iterator[Fault]:
    """Check a NodeSelector: which nodes a pod, or a volume, may be on."""
    here, terms = at / "nodeSelectorTerms", items(selector.get("nodeSelectorTerms"))
    if not terms:
        yield required("E0320", here, "must have at least one node selector term")
    for number, term in enumerate(terms):
        yield from _node_term(mapping(term), here / number)


def _weight(term: Object, at: At) -> Iterator[Fault]:
    weight = term.get("weight") or 0
    if not 1 <= weight <= 100:
        yield invalid("E0320", at / "weight", weight, "must be in the range 1-100")


def _node_term(term: Object, at: At) -> Iterator[Fault]:
    for field in ("matchExpressions", "matchFields"):
        for number, requirement in enumerate(items(term.get(field))):
            requirement = mapping(requirement)
            here = at / field / number
            operator = requirement.get("operator") or ""
            values = items(requirement.get("values"))
            if operator in ("In", "NotIn"):
                if not values:
                    text = "must be specified when `operator` is 'In' or 'NotIn'"
                    yield required("E0320", here / "values", text)
            elif operator in ("Exists", "DoesNotExist"):
                if values:
                    text = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
                    yield forbidden("E0320", here / "values", text)
            elif operator in ("Gt", "Lt"):
                if len(values) != 1:
                    text = "must be specified single value when `operator` is 'Lt' or 'Gt'"
                    yield required("E0320", here / "values", text)
            else:
                text = "not a valid selector operator"
                yield invalid("E0320", here / "operator", operator, text)
            key = requirement.get("key") or ""
            if field == "matchExpressions":
                for text in names.label_key(key):
                    yield invalid("E0102", here / "key", key, text)
            elif key != "metadata.name":
                yield invalid("E0320", here / "key", key, "not a valid field selector key")


def _pod_affinity(affinity: Object, at: At) -> Iterator[Fault]:
    for number, term in enumerate(items(affinity.get(_REQUIRED))):
        yield from _pod_term(mapping(term), at / _REQUIRED / number)
    for number, weighted in enumerate(items(affinity.get(_PREFERRED))):
        weighted = mapping(weighted)
        here = at / _PREFERRED / number
        yield from _weight(weighted, here)
        yield from _pod_term(mapping(weighted.get("podAffinityTerm")), here / "podAffinityTerm")


def _pod_term(term: Object, at: At) -> Iterator[Fault]:
    yield from check_selector(term.get("labelSelector"), at / "labelSelector")
    yield from check_selector(term.get("namespaceSelector"), at / "namespaceSelector")
    for number, name in enumerate(items(term.get("namespaces"))):
        for text in names.dns_label(name or ""):
            yield invalid("E0320", at / "namespace", name, text, point=at / "namespaces" / number)
    key = term.get("topologyKey") or ""
    if not key:
        yield required("E0320", at / "topologyKey", "can not be empty")
    for text in names.label_key(key):
        yield invalid("E0320", at / "topologyKey", key, text)


def check_spread(spec: Object, at: At) -> Iterator[Fault]:
    seen: set[tuple[str, str]] = set()
    for number, constraint in enumerate(items(spec.get("topologySpreadConstraints"))):
        constraint = mapping(constraint)
        here = at / number
        skew = constraint.get("maxSkew") or 0
        if skew <= 0:
            yield invalid("E0320", here / "maxSkew", skew, "must be greater than zero")
        key = constraint.get("topologyKey") or ""
        if not key:
            yield required("E0320", here / "topologyKey", "can not be empty")
        else:
            for text in names.label_key(key):
                yield invalid("E0320", here / "topologyKey", key, text)
        action = constraint.get("whenUnsatisfiable") or ""
        if action not in _UNSATISFIABLE:
            yield unsupported("E0320", here / "whenUnsatisfiable", action, _UNSATISFIABLE)
        if (key, action) in seen:
            text = f"{{{key}, {action}}}"
            yield duplicate("E0320", here / "{topologyKey, whenUnsatisfiable}", text)
        seen.add((key, action))
        domains = constraint.get("minDomains")
        if domains is not None and domains <= 0:
            yield invalid("E0320", here / "minDomains", domains, "must be greater than zero")
        if domains is not None and action == "ScheduleAnyway":
            text = "can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway"
            yield invalid("E0320", here / "minDomains", domains, text)
        yield from check_selector(constraint.get("labelSelector"), here / "labelSelector")


def check_tolerations(spec: Object, at: At) -> Iterator[Fault]:
    for number, toleration in enumerate(items(spec.get("tolerations"))):
        yield from _toleration(mapping(toleration), at / number)


def _toleration(toleration: Object, at: At) -> Iterator[Fault]:
    key, operator = toleration.get("key") or "", toleration.get("operator") or "Equal"
    value, effect = toleration.get("value") or "", toleration.get("effect") or ""
    if key:
        for text in names.label_key(key):
            yield invalid("E0319", at / "key", key, text)
    elif operator != "Exists":
        text = (
            'operator must be Exists when `key` is empty, which means "match all values and '
            'all keys"'
        )
        yield invalid("E0319", at / "operator", operator, text)
    if toleration.get("tolerationSeconds") is not None and effect != "NoExecute":
        text = "effect must be 'NoExecute' when `tolerationSeconds` is set"
        yield invalid("E0319", at / "effect", effect, text)
    if operator == "Equal":
        for text in names.label_value(value):
            yield invalid("E0319", at / "operator", value, text, point=at / "value")
    elif operator == "Exists":
        if value:
            text = "value must be empty when `operator` is 'Exists'"
            yield invalid("E0319", at / "operator", value, text, point=at / "value")
    else:
        yield unsupported("E0319", at / "operator", operator, ("Equal", "Exists"))
    if effect and effect not in _EFFECTS:
        yield unsupported("E0319", at / "effect", effect, _EFFECTS)
