"""Where a pod may run: affinity, tolerations, spread.

Source: kubernetes pkg/apis/core/validation `validateAffinity`, `ValidateTolerations`,
`validateTopologySpreadConstraints`, `ValidateMatchLabelKeysAndMismatchLabelKeys`;
pkg/registry/core/pod/strategy.go `mutatePodAffinity`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from ecp.kube import names
from ecp.kube.errors import Named
from ecp.validation.faults import At, Fault, duplicate, forbidden, invalid, required, unsupported
from ecp.validation.metadata import check_selector
from ecp.validation.scope import Object, Scope, items, mapping

_EFFECTS: Final = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_REQUIRED: Final = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED: Final = "preferredDuringSchedulingIgnoredDuringExecution"
_UNSATISFIABLE: Final = ("DoNotSchedule", "ScheduleAnyway")
_INCLUSIONS: Final = ("Honor", "Ignore")
_COMPARISONS: Final = ("Lt", "Gt")
_DECIMAL: Final = re.compile("0|-?[1-9][0-9]*")
_NO_OPERATOR: Final = "not a valid selector operator"
_NOT_DECIMAL: Final = "must be a valid decimal integer in canonical form"
_IN_BOTH: Final = "exists in both matchLabelKeys and labelSelector"


def check_affinity(affinity: Object, at: At, scope: Scope, labels: Object) -> Iterator[Fault]:
    """Check an Affinity; *labels* are those of a new pod, which its terms may refer to by key."""
    node = affinity.get("nodeAffinity")
    if node is not None:
        yield from _node_affinity(mapping(node), at / "nodeAffinity")
    for field in ("podAffinity", "podAntiAffinity"):
        if affinity.get(field) is not None:
            yield from _pod_affinity(mapping(affinity[field]), at / field, scope, labels)


def _node_affinity(affinity: Object, at: At) -> Iterator[Fault]:
    if affinity.get(_REQUIRED) is not None:
        yield from check_node_selector(mapping(affinity[_REQUIRED]), at / _REQUIRED)
    for number, term in enumerate(items(affinity.get(_PREFERRED))):
        term = mapping(term)
        here = at / _PREFERRED / number
        yield from _weight(term, here)
        yield from _node_term(mapping(term.get("preference")), here / "preference", False)


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


def _node_term(term: Object, at: At, values_matter: bool = True) -> Iterator[Fault]:
    """Check a NodeSelectorTerm. What is only preferred may name values that no label has."""
    for number, requirement in enumerate(items(term.get("matchExpressions"))):
        here = at / "matchExpressions" / number
        yield from _node_labels(mapping(requirement), here, values_matter)
    for number, requirement in enumerate(items(term.get("matchFields"))):
        yield from _node_fields(mapping(requirement), at / "matchFields" / number)


def _node_labels(requirement: Object, at: At, values_matter: bool) -> Iterator[Fault]:
    operator = requirement.get("operator") or ""
    values = items(requirement.get("values"))
    if operator in ("In", "NotIn"):
        if not values:
            text = "must be specified when `operator` is 'In' or 'NotIn'"
            yield required("E0320", at / "values", text)
    elif operator in ("Exists", "DoesNotExist"):
        if values:
            text = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
            yield forbidden("E0320", at / "values", text)
    elif operator in ("Gt", "Lt"):
        if len(values) != 1:
            text = "must be specified single value when `operator` is 'Lt' or 'Gt'"
            yield required("E0320", at / "values", text)
    else:
        yield invalid("E0320", at / "operator", Named(operator), _NO_OPERATOR)
    key = requirement.get("key") or ""
    for text in names.label_key(key):
        yield invalid("E0102", at / "key", key, text)
    if values_matter:
        for number, value in enumerate(values):
            for text in names.label_value(value or ""):
                yield invalid("E0103", at / "values" / number, value or "", text)


def _node_fields(requirement: Object, at: At) -> Iterator[Fault]:
    operator, key = requirement.get("operator") or "", requirement.get("key") or ""
    values = items(requirement.get("values"))
    if operator not in ("In", "NotIn"):
        yield invalid("E0320", at / "operator", Named(operator), _NO_OPERATOR)
    elif len(values) != 1:
        text = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
        yield required("E0320", at / "values", text)
    if key != "metadata.name":
        yield invalid("E0320", at / "key", key, "not a valid field selector key")
        return
    for number, value in enumerate(values):
        for text in names.dns_subdomain(value or ""):
            yield invalid("E0320", at / "values" / number, value or "", text)


def _pod_affinity(affinity: Object, at: At, scope: Scope, labels: Object) -> Iterator[Fault]:
    for number, term in enumerate(items(affinity.get(_REQUIRED))):
        yield from _pod_term(mapping(term), at / _REQUIRED / number, scope, labels)
    for number, weighted in enumerate(items(affinity.get(_PREFERRED))):
        weighted = mapping(weighted)
        here = at / _PREFERRED / number
        yield from _weight(weighted, here)
        term = mapping(weighted.get("podAffinityTerm"))
        yield from _pod_term(term, here / "podAffinityTerm", scope, labels)


def _pod_term(term: Object, at: At, scope: Scope, labels: Object) -> Iterator[Fault]:
    keys = scope.has("MatchLabelKeysInPodAffinity")
    match = items(term.get("matchLabelKeys")) if keys else []
    mismatch = items(term.get("mismatchLabelKeys")) if keys else []
    selector = _merged(term.get("labelSelector"), match, mismatch, labels)
    yield from check_selector(selector, at / "labelSelector")
    yield from check_selector(term.get("namespaceSelector"), at / "namespaceSelector")
    for number, name in enumerate(items(term.get("namespaces"))):
        for text in names.dns_label(name or ""):
            yield invalid("E0320", at / "namespace", name, text, point=at / "namespaces" / number)
    yield from _label_keys(match, mismatch, selector, at)
    key = term.get("topologyKey") or ""
    if not key:
        yield required("E0320", at / "topologyKey", "can not be empty")
    for text in names.label_key(key):
        yield invalid("E0320", at / "topologyKey", key, text)


# ---- labels by key ----------------------------------------------------------------------------


def _merged(selector: Any, match: list[Any], mismatch: list[Any], labels: Object) -> Any:
    """Return a selector with the labels of a new pod that are named by key, as it is stored."""
    if not labels or not isinstance(selector, dict) or not (match or mismatch):
        return selector
    added = [
        {"key": key, "operator": operator, "values": [labels[key]]}
        for operator, keys in (("In", match), ("NotIn", mismatch))
        for key in keys
        if key in labels
    ]
    return {**selector, "matchExpressions": [*items(selector.get("matchExpressions")), *added]}


def _label_keys(match: list[Any], mismatch: list[Any], selector: Any, at: At) -> Iterator[Fault]:
    for field, keys in (("matchLabelKeys", match), ("mismatchLabelKeys", mismatch)):
        if keys and not isinstance(selector, dict):
            text = "must not be specified when labelSelector is not set"
            yield forbidden("E0320", at / field, text)
            continue
        for number, key in enumerate(keys):
            for text in names.label_key(key or ""):
                yield invalid("E0102", at / field / number, key or "", text)
    if match and isinstance(selector, dict):
        places = {key: number for number, key in enumerate(match)}
        seen = set(mapping(selector.get("matchLabels")))
        for requirement in items(selector.get("matchExpressions")):
            key = mapping(requirement).get("key") or ""
            if key in places and key in seen:
                # The server leaves the name of the list out of the path.
                point = at / "matchLabelKeys" / places[key]
                yield invalid("E0320", at / places[key], key, _IN_BOTH, point=point)
            seen.add(key)
    for number, key in enumerate(match):
        if key in mismatch:
            text = "exists in both matchLabelKeys and mismatchLabelKeys"
            yield invalid("E0320", at / "matchLabelKeys" / number, key, text)


def _label_keys_before_merging(match: list[Any], selector: Any, at: At) -> Iterator[Fault]:
    """As the server checked them before 1.34, when it did not write them into the selector."""
    if match and not isinstance(selector, dict):
        yield forbidden("E0320", at, "must not be specified when labelSelector is not set")
    selector = mapping(selector)
    seen = set(mapping(selector.get("matchLabels")))
    seen.update(
        mapping(requirement).get("key") or ""
        for requirement in items(selector.get("matchExpressions"))
    )
    for number, key in enumerate(match):
        for text in names.label_key(key or ""):
            yield invalid("E0102", at / number, key or "", text)
        if key in seen:
            yield invalid("E0320", at / number, key, _IN_BOTH)


# ---- spread -----------------------------------------------------------------------------------


def check_spread(spec: Object, at: At, scope: Scope, labels: Object) -> Iterator[Fault]:
    """Check ``topologySpreadConstraints``; *labels* are those of a new pod."""
    constraints = [mapping(entry) for entry in items(spec.get("topologySpreadConstraints"))]
    kinds = [
        (entry.get("topologyKey") or "", entry.get("whenUnsatisfiable") or "")
        for entry in constraints
    ]
    for number, constraint in enumerate(constraints):
        here, (key, action) = at / number, kinds[number]
        skew = constraint.get("maxSkew") or 0
        if skew <= 0:
            yield invalid("E0320", here / "maxSkew", skew, "must be greater than zero")
        if not key:
            yield required("E0320", here / "topologyKey", "can not be empty")
        if action not in _UNSATISFIABLE:
            yield unsupported("E0320", here / "whenUnsatisfiable", action, _UNSATISFIABLE)
        if kinds[number] in kinds[number + 1 :]:
            place = here / "{topologyKey, whenUnsatisfiable}"
            fault = duplicate("E0320", place, f"{{{key}, {action}}}")
            yield fault._replace(path=here.path)
        domains = constraint.get("minDomains")
        if domains is not None:
            yield from _min_domains(domains, action, here / "minDomains")
        for field in ("nodeAffinityPolicy", "nodeTaintsPolicy"):
            policy = constraint.get(field)
            if policy is not None and policy not in _INCLUSIONS:
                yield unsupported("E0320", here / field, policy, _INCLUSIONS)
        match, selector = items(constraint.get("matchLabelKeys")), constraint.get("labelSelector")
        if scope.has("MatchLabelKeysInPodTopologySpreadSelectorMerge"):
            selector = _merged(selector, match, [], labels)
            yield from _label_keys(match, [], selector, here)
        else:
            yield from _label_keys_before_merging(match, selector, here / "matchLabelKeys")
        yield from check_selector(selector, here / "labelSelector")


def _min_domains(domains: int, action: str, at: At) -> Iterator[Fault]:
    if domains <= 0:
        yield invalid("E0320", at, domains, "must be greater than zero")
    if action != "DoNotSchedule":
        text = f"can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}"
        yield invalid("E0320", at, domains, text)


# ---- tolerations ------------------------------------------------------------------------------


def check_tolerations(spec: Object, at: At, scope: Scope = Scope()) -> Iterator[Fault]:
    for number, toleration in enumerate(items(spec.get("tolerations"))):
        yield from _toleration(mapping(toleration), at / number, scope)


def _toleration(toleration: Object, at: At, scope: Scope) -> Iterator[Fault]:
    key, operator = toleration.get("key") or "", toleration.get("operator") or ""
    effect = toleration.get("effect") or ""
    if key:
        for text in names.label_key(key):
            yield invalid("E0319", at / "key", key, text)
    elif operator != "Exists":
        text = (
            'operator must be Exists when `key` is empty, which means "match all values and '
            'all keys"'
        )
        yield invalid("E0319", at / "operator", Named(operator), text)
    if toleration.get("tolerationSeconds") is not None and effect != "NoExecute":
        text = "effect must be 'NoExecute' when `tolerationSeconds` is set"
        yield invalid("E0319", at / "effect", Named(effect), text)
    yield from _tolerated_value(operator, toleration.get("value") or "", at, scope)
    if effect and effect not in _EFFECTS:
        yield unsupported("E0319", at / "effect", effect, _EFFECTS)


def _tolerated_value(operator: str, value: str, at: At, scope: Scope) -> Iterator[Fault]:
    if operator in ("", "Equal"):
        complaints = names.label_value(value)
        if complaints:
            yield invalid("E0319", at / "operator", value, ";".join(complaints), point=at / "value")
    elif operator == "Exists":
        if value:
            text = "value must be empty when `operator` is 'Exists'"
            yield invalid("E0319", at / "operator", value, text, point=at / "value")
    elif operator not in _COMPARISONS or not scope.since(1, 35):
        yield unsupported("E0319", at / "operator", operator, ("Equal", "Exists"))
    elif not scope.has("TaintTolerationComparisonOperators"):
        known = ("Equal", "Exists", *_COMPARISONS)
        yield unsupported("E0319", at / "operator", operator, known)
    elif not _DECIMAL.fullmatch(value):
        yield invalid("E0319", at / "value", value, _NOT_DECIMAL)
