"""Requests and limits.

Source: kubernetes pkg/apis/core/validation `ValidateResourceRequirements`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ecp.kube import names
from ecp.kube.quantity import NANO, InvalidQuantity, canonical, parse
from ecp.validation.faults import At, Fault, forbidden, invalid, required
from ecp.validation.scope import Object, mapping

_CONTAINER: Final = frozenset({"cpu", "memory", "ephemeral-storage"})
STANDARD: Final = _CONTAINER | {
    "requests.cpu", "requests.memory", "requests.ephemeral-storage", "requests.storage",
    "limits.cpu", "limits.memory", "limits.ephemeral-storage", "storage",
    "pods", "services", "replicationcontrollers", "resourcequotas", "secrets", "configmaps",
    "persistentvolumeclaims", "services.nodeports", "services.loadbalancers",
}  # fmt: skip
INTEGER: Final = frozenset(
    {
        "pods", "services", "replicationcontrollers", "resourcequotas", "secrets", "configmaps",
        "persistentvolumeclaims", "services.nodeports", "services.loadbalancers",
    }
)  # fmt: skip
_HUGE: Final = "hugepages-"


def nano_of(quantity: Any) -> int:
    """Return a quantity in nano units; the decoder has refused what is none."""
    try:
        return parse(quantity)
    except InvalidQuantity:
        return 0


def shown(quantity: Any) -> str:
    """Return a quantity as the server prints it."""
    try:
        return canonical(quantity)
    except InvalidQuantity:
        return str(quantity)


def is_extended(name: str) -> bool:
    """Tell whether a resource is one that a device plugin brings, such as ``nvidia.com/gpu``."""
    prefix, slash, _ = name.partition("/")
    return bool(slash) and not prefix.endswith("kubernetes.io") and not name.startswith("requests.")


def check_resource_name(name: str, at: At) -> Iterator[Fault]:
    """Check that a resource is a standard one or has a domain."""
    complaints = names.label_key(name)
    for text in complaints:
        yield invalid("E0315", at, name, text, on_key=True)
    if not complaints and "/" not in name and name not in STANDARD and not name.startswith(_HUGE):
        text = "must be a standard resource type or fully qualified"
        yield invalid("E0315", at, name, text, on_key=True)


def _container_resource(name: str, at: At) -> Iterator[Fault]:
    yield from check_resource_name(name, at)
    if "/" not in name and name not in _CONTAINER and not name.startswith(_HUGE):
        yield invalid("E0315", at, name, "must be a standard resource for containers", on_key=True)


def check_amount(name: str, quantity: Any, at: At) -> Iterator[Fault]:
    """Check that an amount is not negative, and whole where the resource comes in pieces."""
    nano = nano_of(quantity)
    if nano < 0:
        yield invalid("E0315", at, shown(quantity), "must be greater than or equal to 0")
    if (name in INTEGER or is_extended(name)) and nano % NANO:
        yield invalid("E0315", at, shown(quantity), "must be an integer")


def check_resources(resources: Object, at: At) -> Iterator[Fault]:
    limits, requests = mapping(resources.get("limits")), mapping(resources.get("requests"))
    for name, quantity in sorted(limits.items()):
        here = (at / "limits").key(name)
        yield from _container_resource(name, here)
        yield from check_amount(name, quantity, here)
    for name, quantity in sorted(requests.items()):
        here = (at / "requests").key(name)
        yield from _container_resource(name, here)
        yield from check_amount(name, quantity, here)
        yield from _against_limit(name, quantity, limits, at)
    everything = {**limits, **requests}
    huge = any(name.startswith(_HUGE) for name in everything)
    if huge and not ("cpu" in everything or "memory" in everything):
        yield forbidden("E0322", at, "HugePages require cpu or memory")


def _against_limit(name: str, request: Any, limits: Object, at: At) -> Iterator[Fault]:
    where = at / "requests"
    exact = is_extended(name) or name.startswith(_HUGE)
    limit = limits.get(name)
    if limit is None:
        if exact:
            text = "Limit must be set for non overcommitable resources"
            yield required("E0316", at / "limits", text)
        return
    if exact and nano_of(request) != nano_of(limit):
        text = f"must be equal to {name} limit of {shown(limit)}"
        yield invalid("E0316", where, shown(request), text, point=where.key(name))
    elif not exact and nano_of(request) > nano_of(limit):
        text = f"must be less than or equal to {name} limit of {shown(limit)}"
        yield invalid("E0316", where, shown(request), text, point=where.key(name))
