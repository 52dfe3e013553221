"""ResourceQuota and LimitRange. Source: kubernetes pkg/apis/core/validation/validation.go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ecp.kube import names
from ecp.kube.errors import Named
from ecp.kube.quantity import NANO, milli
from ecp.kube.quantity import value as whole
from ecp.validation.faults import (
    At,
    Fault,
    duplicate,
    forbidden,
    invalid,
    invalid_struct,
    required,
)
from ecp.validation.kinds.resources import (
    STANDARD,
    check_amount,
    check_resource_name,
    container_resource,
    is_native,
    nano_of,
    shown,
)
from ecp.validation.scope import Object, Scope, items, mapping

_HARD: Final = STANDARD - {"storage"}
_TOO_LARGE_FOR_MILLI: Final = (2**63 - 1) // 1000
_HUGE: Final = ("hugepages-", "requests.hugepages-")
_SCOPES: Final = (
    "Terminating",
    "NotTerminating",
    "BestEffort",
    "NotBestEffort",
    "PriorityClass",
    "CrossNamespacePodAffinity",
    "VolumeAttributesClass",
)
_COMPUTED: Final = frozenset(
    ("pods", "cpu", "memory", "limits.cpu", "limits.memory", "requests.cpu", "requests.memory")
)
# What a quota of a scope can count.
_COUNTED: Final[dict[str, frozenset[str]]] = {
    "Terminating": _COMPUTED,
    "NotTerminating": _COMPUTED,
    "NotBestEffort": _COMPUTED,
    "PriorityClass": _COMPUTED,
    "CrossNamespacePodAffinity": _COMPUTED,
    "BestEffort": frozenset({"pods"}),
    "VolumeAttributesClass": frozenset({"persistentvolumeclaims", "requests.storage"}),
}
_EXISTING: Final = (
    "BestEffort",
    "NotBestEffort",
    "Terminating",
    "NotTerminating",
    "CrossNamespacePodAffinity",
)
_MUST_EXIST: Final = (
    "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, "
    "ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, "
    "ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity"
)
_LIMIT_TYPES: Final = ("Pod", "Container", "PersistentVolumeClaim")
_PAIRS: Final = (("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating"))


def check_quota(quota: Object, scope: Scope) -> Iterator[Fault]:
    spec = mapping(quota.get("spec"))
    at = At() / "spec"
    for name, quantity in sorted(mapping(spec.get("hard")).items()):
        here = (at / "hard").key(name)
        yield from check_resource_name(name, here)
        if "/" not in name and name not in _HARD and not name.startswith(_HUGE):
            text = "must be a standard resource for quota"
            yield invalid("E0603", here, name, text, on_key=True)
        yield from check_amount(name, quantity, here)
    scopes = items(spec.get("scopes"))
    where = at / "scopes"
    for number, name in enumerate(scopes):
        if name not in _SCOPES:
            yield invalid("E0603", where, scopes, "unsupported scope", point=where / number)
        for resource in sorted(mapping(spec.get("hard"))):
            if not _suits(name, resource):
                text = "unsupported scope applied to resource"
                yield invalid("E0603", where, scopes, text, point=where / number)
    yield from _conflicts(scopes, scopes)
    if isinstance(spec.get("scopeSelector"), dict):
        yield from _scope_selector(spec, at / "scopeSelector" / "matchExpressions")


def _conflicts(named: list[Any], scopes: list[Any]) -> Iterator[Fault]:
    """The server shows the list of scopes, even where a selector named those that conflict."""
    for first, second in _PAIRS:
        if first in named and second in named:
            where = At() / "spec" / "scopes"
            yield invalid("E0603", where, scopes or None, "conflicting scopes")


def _suits(scope: Any, resource: str) -> bool:
    """Tell whether a quota of a scope can count a resource."""
    if resource not in STANDARD and not resource.startswith(_HUGE):
        return True
    return resource in _COUNTED[scope] if scope in _COUNTED else True


def _scope_selector(spec: Object, at: At) -> Iterator[Fault]:
    """The server names the list and not the requirement in it."""
    selector = mapping(spec["scopeSelector"])
    requirements = [mapping(one) for one in items(selector.get("matchExpressions"))]
    for number, requirement in enumerate(requirements):
        here, name = at / number, requirement.get("scopeName") or ""
        operator, values = requirement.get("operator") or "", items(requirement.get("values"))
        if name not in _SCOPES:
            where = at / "scopeName"
            yield invalid("E0603", where, Named(name), "unsupported scope", point=here)
        for resource in sorted(mapping(spec.get("hard"))):
            if not _suits(name, resource):
                text = "unsupported scope applied to resource"
                yield invalid_struct("E0603", at, _selector_struct(requirements), text, point=here)
        if name in _EXISTING and operator != "Exists":
            yield invalid("E0603", at / "operator", operator, _MUST_EXIST, point=here)
        yield from _operator(operator, values, at, here)
    named = [requirement.get("scopeName") for requirement in requirements]
    yield from _conflicts(named, items(spec.get("scopes")))


def _operator(operator: str, values: list[Any], at: At, point: At) -> Iterator[Fault]:
    if operator in ("In", "NotIn"):
        if not values:
            text = (
                "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"
            )
            yield required("E0603", at / "values", text)._replace(path=point.path)
    elif operator in ("Exists", "DoesNotExist"):
        if values:
            text = (
                "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"
            )
            yield invalid("E0603", at / "values", values, text, point=point)
    else:
        text = "not a valid selector operator"
        yield invalid("E0603", at / "operator", Named(operator), text, point=point)


def _selector_struct(requirements: list[Object]) -> dict[str, Any]:
    return {
        "MatchExpressions": [
            {
                "ScopeName": one.get("scopeName") or "",
                "Operator": one.get("operator") or "",
                "Values": one.get("values"),
            }
            for one in requirements
        ]
    }


def check_limits(limits: Object, scope: Scope) -> Iterator[Fault]:
    at = At() / "spec" / "limits"
    seen: set[str] = set()
    for number, limit in enumerate(items(mapping(limits.get("spec")).get("limits"))):
        limit = mapping(limit)
        here = at / number
        kind = limit.get("type") or ""
        complaints = names.label_key(kind)
        for text in complaints:
            yield invalid("E0604", here / "type", Named(kind), text)
        if not complaints and "/" not in kind and kind not in _LIMIT_TYPES:
            text = "must be a standard limit type or fully qualified"
            yield invalid("E0604", here / "type", Named(kind), text)
        if kind in seen:
            yield duplicate("E0604", here / "type", Named(kind))
        seen.add(kind)
        yield from _limit(limit, kind, here)


def _with_defaults(limit: Object) -> dict[str, Any]:
    """Return a container's bounds with what the server takes for those that are left out.

    Source: kubernetes pkg/apis/core/v1/defaults.go `SetDefaults_LimitRangeItem`.
    """
    usual = {**mapping(limit.get("max")), **mapping(limit.get("default"))}
    asked = {**mapping(limit.get("min")), **usual, **mapping(limit.get("defaultRequest"))}
    return {**limit, "default": usual, "defaultRequest": asked}


def _limit(limit: Object, kind: str, at: At) -> Iterator[Fault]:
    limit = _with_defaults(limit) if kind == "Container" else limit
    named = container_resource if kind in ("Pod", "Container") else check_resource_name
    fields = ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"]
    keys: set[str] = set()
    for field in fields:
        if field == "maxLimitRequestRatio" and kind == "PersistentVolumeClaim":
            yield from _some_storage(limit, at / "limits")
        if kind == "Pod" and field in ("default", "defaultRequest"):
            if mapping(limit.get(field)):
                yield forbidden("E0604", at / field, "may not be specified when `type` is 'Pod'")
            continue
        for name in sorted(mapping(limit.get(field))):
            yield from named(name, (at / field).key(name))
            keys.add(name)
    if kind == "Pod":
        limit = {key: limit[key] for key in limit if key not in ("default", "defaultRequest")}
    for name in sorted(keys):
        yield from _bounds(limit, name, at)


def _some_storage(limit: Object, at: At) -> Iterator[Fault]:
    if not any("storage" in mapping(limit.get(field)) for field in ("min", "max")):
        text = "either minimum or maximum storage value is required, but neither was provided"
        yield required("E0604", at, text)


def _bounds(limit: Object, name: str, at: At) -> Iterator[Fault]:
    """Compare what is set for one resource, in the server's order and with its odd values."""
    low, high = mapping(limit.get("min")).get(name), mapping(limit.get("max")).get(name)
    usual = mapping(limit.get("default")).get(name)
    asked = mapping(limit.get("defaultRequest")).get(name)
    above_max = "default request value {} is greater than max value {}"
    below_min = "min value {} is greater than default request value {}"
    above_usual = "default request value {} is greater than default limit value {}"
    comparisons = (
        (low, high, "min", "min value {} is greater than max value {}", low),
        (low, asked, "defaultRequest", below_min, asked),
        (asked, high, "defaultRequest", above_max, asked),
        (asked, usual, "defaultRequest", above_usual, asked),
        (low, usual, "default", "min value {} is greater than default value {}", low),
        (usual, high, "default", "default value {} is greater than max value {}", high),
    )
    for smaller, larger, field, text, value in comparisons:
        if smaller is None or larger is None or nano_of(smaller) <= nano_of(larger):
            continue
        detail = text.format(shown(smaller), shown(larger))
        yield invalid("E0604", (at / field).key(name), shown(value), detail)
    yield from _ratio(mapping(limit.get("maxLimitRequestRatio")).get(name), low, high, name, at)
    if None in (usual, asked) or nano_of(usual) == nano_of(asked):
        return
    if not is_native(name) or name.startswith("hugepages-"):
        said = f"{shown(usual)} must equal to defaultRequest value {shown(asked)} in {name}"
        where = (at / "defaultRequest").key(name)
        yield invalid("E0604", where, shown(asked), f"default value {said}")


def _ratio(ratio: Any, low: Any, high: Any, name: str, at: At) -> Iterator[Fault]:
    if ratio is None:
        return
    where = (at / "maxLimitRequestRatio").key(name)
    if nano_of(ratio) < NANO:
        yield invalid("E0604", where, shown(ratio), f"ratio {shown(ratio)} is less than 1")
    if low is None or high is None:
        return
    given, least, greatest = (_int64(whole(one)) for one in (ratio, low, high))
    scale = 1
    if max(given, least, greatest) < _TOO_LARGE_FOR_MILLI:
        given, least, greatest = (_int64(milli(one)) for one in (ratio, low, high))
        scale = 1000
    if least and given / scale > greatest / least:
        text = f"ratio {shown(ratio)} is greater than max/min = {greatest / least:f}"
        yield invalid("E0604", where, shown(ratio), text)


def _int64(number: int) -> int:
    """Return a number as Go's int64 holds it: one too large comes round."""
    return (number + 2**63) % 2**64 - 2**63


CHECKS = {"LimitRange": (check_limits,), "ResourceQuota": (check_quota,)}
