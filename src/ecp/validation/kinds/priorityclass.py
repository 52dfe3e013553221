"""PriorityClass. Source: kubernetes pkg/apis/scheduling/validation/validation.go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ecp.validation.faults import At, Fault, forbidden, required, unsupported
from ecp.validation.scope import Object, Scope, mapping

_HIGHEST: Final = 1_000_000_000
_SYSTEM: Final = {"system-node-critical": 2_000_001_000, "system-cluster-critical": 2_000_000_000}
_PREEMPTION: Final = ("PreemptLowerPriority", "Never")


def check_priority_class(priority: Object, scope: Scope) -> Iterator[Fault]:
    name = mapping(priority.get("metadata")).get("name") or ""
    value = priority.get("value") or 0
    if name.startswith("system-"):
        complaint = _reserved(name, value, bool(priority.get("globalDefault")))
        if complaint:
            text = (
                "priority class names with 'system-' prefix are reserved for system use only. "
                f"error: {complaint}"
            )
            yield forbidden("E0606", At() / "metadata" / "name", text, on_key=False)
    elif value > _HIGHEST:
        text = f"maximum allowed value of a user defined priority is {_HIGHEST}"
        yield forbidden("E0606", At() / "value", text, on_key=False)
    policy = priority.get("preemptionPolicy")
    if policy == "":
        yield required("E0606", At() / "preemptionPolicy")
    elif policy is not None and policy not in _PREEMPTION:
        yield unsupported("E0606", At() / "preemptionPolicy", policy, _PREEMPTION)


def _reserved(name: str, value: int, everywhere: bool) -> str:
    """Say how a class that bears a name of the system's own is not the system's own."""
    if name not in _SYSTEM:
        return f"{name} is not a known system priority class"
    if value != _SYSTEM[name]:
        return f"value of {name} PriorityClass must be {_SYSTEM[name]}"
    return f"globalDefault of {name} PriorityClass must be false" if everywhere else ""


CHECKS = {"PriorityClass": (check_priority_class,)}
