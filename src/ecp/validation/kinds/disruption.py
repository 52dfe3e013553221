"""PodDisruptionBudget. Source: kubernetes pkg/apis/policy/validation/validation.go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ecp.validation.faults import At, Fault, invalid_struct, unsupported
from ecp.validation.kinds.workload import amount_or_percent, at_most_100_percent, ordered_selector
from ecp.validation.metadata import check_metadata, check_selector
from ecp.validation.scope import Object, Scope, mapping

_SPEC: Final = At() / "spec"
_EVICTION: Final = ("AlwaysAllow", "IfHealthyBudget")


def check_disruption(budget: Object, scope: Scope) -> Iterator[Fault]:
    spec = mapping(budget.get("spec"))
    if spec.get("minAvailable") is not None and spec.get("maxUnavailable") is not None:
        text = "minAvailable and maxUnavailable cannot be both set"
        yield invalid_struct("E0406", _SPEC, _struct(spec), text)
    for field in ("minAvailable", "maxUnavailable"):
        value = spec.get(field)
        if value is not None:
            yield from amount_or_percent(value, _SPEC / field)
            yield from at_most_100_percent(value, _SPEC / field)
    yield from check_selector(spec.get("selector"), _SPEC / "selector")
    policy = spec.get("unhealthyPodEvictionPolicy")
    if policy is not None and policy not in _EVICTION:
        yield unsupported("E0406", _SPEC / "unhealthyPodEvictionPolicy", policy, _EVICTION)


def new_disruption(budget: Object, scope: Scope) -> Iterator[Fault]:
    """A budget is looked at as any object is once it is sound in itself."""
    own = list(check_disruption(budget, scope))
    yield from own
    if not own:
        yield from check_metadata(budget, "policy", "PodDisruptionBudget", scope)


def _struct(spec: Object) -> dict[str, Any]:
    selector = spec.get("selector")
    return {
        "MinAvailable": spec.get("minAvailable"),
        "Selector": ordered_selector(selector) if isinstance(selector, dict) else None,
        "MaxUnavailable": spec.get("maxUnavailable"),
        "UnhealthyPodEvictionPolicy": spec.get("unhealthyPodEvictionPolicy"),
    }


CHECKS = {"PodDisruptionBudget": (check_disruption,)}
NEW = {"PodDisruptionBudget": new_disruption}
