"""What a model says of the control plane's clients: how many requests a second each may send.

Source: kubernetes pkg/controller/apis/config/v1alpha1/defaults.go and
pkg/scheduler/apis/config/v1/defaults.go (stock values, flags --kube-api-qps and --kube-api-burst);
staging controller-manager pkg/clientbuilder: a client each controller, so a bucket each.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ecp.sim.plans import MANAGER

STOCK: Final[Mapping[str, Mapping[str, int]]] = {
    "controllerManager": {"qps": 20, "burst": 30},
    "scheduler": {"qps": 50, "burst": 100},
}
"""The limits with which the two components come."""
NONE: Final = "none"
_WORDS: Final[dict[str, Mapping[str, Mapping[str, int]]]] = {NONE: {}, "stock": STOCK}
_MOST: Final = 100_000
_SECOND: Final = 1_000_000_000

_FACTORS: Final = {"namespace": (20, 100), "garbage-collector": (2, 1)}
"""Controllers that raise their own limits. Source: kubernetes cmd/kube-controller-manager/app/
core.go startModifiedNamespaceController and newGarbageCollectorController."""
_COMPONENTS: Final = {
    MANAGER: "controllerManager",
    "clusterrole-aggregation-controller": "controllerManager",
    "service-cidr-controller": "controllerManager",
    "validatingadmissionpolicy-status": "controllerManager",
    "kube-scheduler": "scheduler",
}
"""User agents → whose flags hold for them."""


class InvalidClients(ValueError):
    """The part `controlPlane` of a model is wrong; says where and why."""


@dataclass(frozen=True, slots=True)
class Limit:
    """`burst` requests at once, then one every `interval` ns."""

    interval: int
    burst: int


def check(given: Any) -> dict[str, Any]:
    """Return the part `controlPlane` of a model with its defaults. Raises InvalidClients."""
    given = _mapping({} if given is None else given, ("clientLimits",), "controlPlane")
    said = given.get("clientLimits", NONE)
    if isinstance(said, str):
        if said not in _WORDS:
            words = ", ".join(_WORDS)
            raise InvalidClients(f"controlPlane.clientLimits: use one of {words}, or a mapping")
        return {"clientLimits": said}
    path = "controlPlane.clientLimits"
    found = {}
    for component, limits in _mapping(said, tuple(STOCK), path).items():
        where = f"{path}.{component}"
        found[component] = {**STOCK[component], **_mapping(limits, ("qps", "burst"), where)}
        for field, value in found[component].items():
            if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= _MOST:
                raise InvalidClients(f"{where}.{field}: must be a number from 1 to {_MOST}")
    return {"clientLimits": found}


def _mapping(given: Any, known: tuple[str, ...], path: str) -> dict[str, Any]:
    if not isinstance(given, dict) or not set(given) <= set(known):
        raise InvalidClients(f"{path}: must be a mapping of {', '.join(known)}")
    return given


def limit_of(said: Mapping[str, Any], loop: str, actor: str) -> Limit | None:
    """Return how a loop's client is limited by a checked part, None where it is not."""
    limits = said["clientLimits"]
    if isinstance(limits, str):
        limits = _WORDS[limits]
    given = limits.get(_COMPONENTS.get(actor, ""))
    if given is None:
        return None
    faster, more = _FACTORS.get(loop, (1, 1))
    return Limit(_SECOND // (given["qps"] * faster), given["burst"] * more)
