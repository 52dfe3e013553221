"""Node. Source: kubernetes pkg/apis/core/validation/validation.go `ValidateNode`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ecp.kube import names
from ecp.validation.faults import At, Fault, duplicate_struct, invalid, required, unsupported
from ecp.validation.kinds.addresses import legacy_network, read_network
from ecp.validation.kinds.resources import check_amount
from ecp.validation.scope import Object, Scope, items, mapping

_RULE: Final = "E0655"
_EFFECTS: Final = ("NoSchedule", "PreferNoSchedule", "NoExecute")


def check_node(node: Object, scope: Scope) -> Iterator[Fault]:
    spec, status = mapping(node.get("spec")), mapping(node.get("status"))
    seen: set[tuple[str, str]] = set()
    for number, taint in enumerate(map(mapping, items(spec.get("taints")))):
        # The server says metadata where it means spec.
        said, at = At() / "metadata" / "taints" / number, At() / "spec" / "taints" / number
        for fault in _taint(taint, said, seen):
            yield fault._replace(path=(*at.path, *fault.path[3:]))
    capacity = status.get("capacity")
    # What may be used is all that there is, unless it says otherwise.
    usable = status.get("allocatable") or capacity
    for field, amounts in (("capacity", capacity), ("allocatable", usable)):
        for name, amount in sorted(mapping(amounts).items()):
            yield from check_amount(name, amount, At() / "status" / field / name)
    yield from _ranges(spec, scope)


def _taint(taint: Object, at: At, seen: set[tuple[str, str]]) -> Iterator[Fault]:
    key, value = taint.get("key") or "", taint.get("value") or ""
    effect = taint.get("effect") or ""
    for text in names.label_key(key):
        yield invalid(_RULE, at / "key", key, text)
    complaints = names.label_value(value)
    if complaints:
        yield invalid(_RULE, at / "value", value, ";".join(complaints))
    if not effect:
        yield required(_RULE, at / "effect")
    elif effect not in _EFFECTS:
        yield unsupported(_RULE, at / "effect", effect, _EFFECTS)
    if (key, effect) in seen:
        shown = {"Key": key, "Value": value, "Effect": effect, "TimeAdded": taint.get("timeAdded")}
        text = "taints must be unique by key and effect pair"
        fault = duplicate_struct(_RULE, at, shown)
        error = fault.error._replace(detail=f"{fault.error.detail}: {text}")
        yield fault._replace(error=error)
    seen.add((key, effect))


def _ranges(spec: Object, scope: Scope) -> Iterator[Fault]:
    ranges, single = items(spec.get("podCIDRs")), spec.get("podCIDR") or ""
    at, point = At() / "spec" / "podCIDRs", None
    if single and single not in ranges[:1]:
        ranges, point = [single], At() / "spec" / "podCIDR"
    for number, value in enumerate(ranges):
        for text in legacy_network(value, scope):
            yield invalid(_RULE, at / number, value, text, point=point)
    found = [read_network(value) for value in ranges]
    versions = [network.version for network in found if network is not None]
    if len(ranges) > 1 and (len(ranges) > 2 or len(set(versions)) < 2):
        text = "may specify no more than one CIDR for each IP family"
        yield invalid(_RULE, at, ranges, text)


CHECKS = {"Node": (check_node,)}
