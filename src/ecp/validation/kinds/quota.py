"""ResourceQuota and LimitRange. Source: kubernetes pkg/apis/core/validation/validation.go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ecp.kube import names
from ecp.validation.faults import At, Fault, duplicate, forbidden, invalid
from ecp.validation.kinds.resources import (
    STANDARD,
    check_amount,
    check_resource_name,
    nano_of,
    shown,
)
from ecp.validation.scope import Object, Scope, items, mapping

_HARD: Final = STANDARD
_SCOPES: Final = (
    "Terminating",
    "NotTerminating",
    "BestEffort",
    "NotBestEffort",
    "PriorityClass",
    "CrossNamespacePodAffinity",
    "VolumeAttributesClass",
)
_PAIRS: Final = (("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating"))


def check_quota(quota: Object, scope: Scope) -> Iterator[Fault]:
    spec = mapping(quota.get("spec"))
    at = At() / "spec"
    for name, quantity in sorted(mapping(spec.get("hard")).items()):
        here = (at / "hard").key(name)
        yield from check_resource_name(name, here)
        prefixed = name.startswith(("hugepages-", "requests.hugepages-"))
        if "/" not in name and name not in _HARD and not prefixed:
            text = "must be a standard resource for quota"
            yield invalid("E0603", here, name, text, on_key=True)
        yield from check_amount(name, quantity, here)
    scopes = items(spec.get("scopes"))
    where = at / "scopes"
    for number, name in enumerate(scopes):
        if name not in _SCOPES:
            yield invalid("E0603", where, scopes, "unsupported scope", point=where / number)
    for first, second in _PAIRS:
        if first in scopes and second in scopes:
            yield invalid("E0603", where, scopes, "conflicting scopes")


def check_limits(limits: Object, scope: Scope) -> Iterator[Fault]:
    at = At() / "spec" / "limits"
    seen: set[str] = set()
    for number, limit in enumerate(items(mapping(limits.get("spec")).get("limits"))):
        limit = mapping(limit)
        here = at / number
        kind = limit.get("type") or ""
        for text in names.label_key(kind):
            yield invalid("E0604", here / "type", kind, text)
        if kind in seen:
            yield duplicate("E0604", here / "type", kind)
        seen.add(kind)
        yield from _limit(limit, kind, here)


def _limit(limit: Object, kind: str, at: At) -> Iterator[Fault]:
    if kind == "Pod":
        for field in ("default", "defaultRequest"):
            if mapping(limit.get(field)):
                yield forbidden("E0604", at / field, "may not be specified when `type` is 'Pod'")
    keys: set[str] = set()
    for field in ("max", "min", "default", "defaultRequest", "maxLimitRequestRatio"):
        for name in sorted(mapping(limit.get(field))):
            yield from check_resource_name(name, (at / field).key(name))
            keys.add(name)
    for name in sorted(keys):
        yield from _bounds(limit, name, at)


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
    ratio = mapping(limit.get("maxLimitRequestRatio")).get(name)
    if ratio is not None and nano_of(ratio) < 1_000_000_000:
        where = (at / "maxLimitRequestRatio").key(name)
        yield invalid("E0604", where, shown(ratio), f"ratio {shown(ratio)} is less than 1")


CHECKS = {"LimitRange": (check_limits,), "ResourceQuota": (check_quota,)}
