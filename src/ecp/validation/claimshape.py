"""A claim for devices as the server fills it in, and as it writes it in its messages.

Source: kubernetes pkg/apis/resource/types.go, pkg/apis/resource/v1/defaults.go.
"""

from __future__ import annotations

from typing import Any, Final

from ecp.validation.differences import Shape, shown
from ecp.validation.kinds.resources import shown as shown_amount
from ecp.validation.scope import Object, mapping

_SELECTOR: Final[Shape] = (("CEL", "cel", (("Expression", "expression", ""),)),)
_TOLERATION: Final[Shape] = (
    ("Key", "key", ""),
    ("Operator", "operator", ""),
    ("Value", "value", ""),
    ("Effect", "effect", ""),
    ("TolerationSeconds", "tolerationSeconds", None),
)
_ASKED: Final[Shape] = (
    ("DeviceClassName", "deviceClassName", ""),
    ("Selectors", "selectors", [_SELECTOR]),
    ("AllocationMode", "allocationMode", ""),
    ("Count", "count", 0),
)
_GIVEN: Final[Shape] = (
    ("Tolerations", "tolerations", [_TOLERATION]),
    ("Capacity", "capacity", (("Requests", "requests", None),)),
)
_REQUEST: Final[Shape] = (
    ("Name", "name", ""),
    ("Exactly", "exactly", (*_ASKED, ("AdminAccess", "adminAccess", None), *_GIVEN)),
    ("FirstAvailable", "firstAvailable", [(("Name", "name", ""), *_ASKED, *_GIVEN)]),
)
_CONSTRAINT: Final[Shape] = (
    ("Requests", "requests", None),
    ("MatchAttribute", "matchAttribute", None),
    ("DistinctAttribute", "distinctAttribute", None),
)
_OPAQUE: Final[Shape] = (("Driver", "driver", ""), ("Parameters", "parameters", None))
_CONFIG: Final[Shape] = (("Requests", "requests", None), ("Opaque", "opaque", _OPAQUE))
_DEVICES: Final[Shape] = (
    ("Requests", "requests", [_REQUEST]),
    ("Constraints", "constraints", [_CONSTRAINT]),
    ("Config", "config", [_CONFIG]),
)
_META: Final = (
    *("name", "generateName", "namespace", "selfLink", "uid", "resourceVersion", "generation"),
    *("creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"),
    *("labels", "annotations", "ownerReferences", "finalizers"),
)
_EXACTLY: Final = "ExactCount"


def filled(value: Any) -> Any:
    """Return a claim's spec with what is left out: one device of each class."""
    if isinstance(value, list):
        return [filled(one) for one in value]
    if not isinstance(value, dict):
        return value
    out = {key: one if key == "parameters" else filled(one) for key, one in value.items()}
    if "deviceClassName" in out or "allocationMode" in out:
        mode = out["allocationMode"] = out.get("allocationMode") or _EXACTLY
        if mode == _EXACTLY:
            out["count"] = out.get("count") or 1
    if out.get("tolerations"):
        held = [{**one, "operator": one.get("operator") or "Equal"} for one in out["tolerations"]]
        out["tolerations"] = held
    capacity = out.get("capacity")
    if isinstance(capacity, dict) and isinstance(capacity.get("requests"), dict):
        amounts = sorted(capacity["requests"].items())
        out["capacity"] = {"requests": {name: shown_amount(one) for name, one in amounts}}
    return out


def claim_shape(spec: Object) -> dict[str, Any]:
    """Return the filled spec of a ResourceClaim as the struct that the server prints."""
    return {"Devices": shown(mapping(spec.get("devices")), _DEVICES)}


def template_shape(spec: Object) -> dict[str, Any]:
    """As `claim_shape` for the spec of a ResourceClaimTemplate."""
    meta = mapping(spec.get("metadata"))
    named = {field: meta[field] for field in _META if meta.get(field)}
    for field in ("labels", "annotations"):
        if field in named:
            named[field] = dict(sorted(named[field].items()))
    return {**named, "Spec": claim_shape(mapping(spec.get("spec")))}
