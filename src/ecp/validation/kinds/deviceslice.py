"""ResourceSlice: the devices that a driver offers, and DeviceTaintRule.

Fields that no server of 1.36 keeps unless it is told to, lists as attributes and what devices take
of a node's own resources, are not looked at.
Source: kubernetes pkg/apis/resource/validation/validation.go `validateResourceSliceSpec`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from ecp.kube import names
from ecp.validation.faults import (
    At,
    Fault,
    duplicate,
    invalid,
    invalid_struct,
    required,
    too_long,
    too_many,
    unsupported,
)
from ecp.validation.kinds.devicecapacity import check_attribute, check_capacity
from ecp.validation.kinds.deviceclaim import (
    EFFECTS,
    check_label,
    check_once,
    driver_name,
    qualified_name,
)
from ecp.validation.kinds.placement import check_node_selector
from ecp.validation.scope import Object, Scope, items, mapping

_RULE: Final = "E0657"
_SPEC: Final = At() / "spec"
_LONGEST_POOL: Final = 253
_LONGEST_KEY: Final = 96
_LONGEST_LABEL: Final = 63
_DEVICES: Final = 128
_DEVICES_OF_MORE_SORTS: Final = 64
_PER_DEVICE: Final = 32
_VALUES_PER_DEVICE: Final = 48
_TAINTS: Final = 16
_COUNTER_SETS: Final = 8
_COUNTERS: Final = 32
_CONSUMED_SETS: Final = 2
_CONDITIONS: Final = 4
_TRUE: Final = "must be either unset or set to true"
_PER_NODE: Final = "`perDeviceNodeSelection` is set to true in the ResourceSlice spec"
_WHERE: Final = (
    "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required"
)
_WHERE_OF_ONE: Final = (
    f"exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when {_PER_NODE}"
)


def check_slice(found: Object, scope: Scope) -> Iterator[Fault]:
    spec = mapping(found.get("spec"))
    yield from _identity(spec)
    yield from _contents(spec, {})


def slice_change(new: Object, old: Object) -> Iterator[Fault]:
    """Check the whole of a slice that changes: what it may be, what it must stay."""
    spec, before = mapping(new.get("spec")), mapping(old.get("spec"))
    yield from _identity(spec)
    fixed = ((("pool", "name"), ""), (("driver",), ""), (("nodeName",), None))
    for (*path, last), absent in fixed:
        at, now, then = _SPEC, spec, before
        for step in path:
            at, now, then = at / step, mapping(now.get(step)), mapping(then.get(step))
        value, was = now.get(last, absent), then.get(last, absent)
        if value != was:
            yield invalid(_RULE, at / last, value, "field is immutable")
    devices = map(mapping, items(before.get("devices")))
    yield from _contents(spec, {one.get("name") or "": one for one in devices})


def _identity(spec: Object) -> Iterator[Fault]:
    yield from driver_name(spec.get("driver") or "", _SPEC / "driver")
    pool, at = mapping(spec.get("pool")), _SPEC / "pool"
    yield from _pool_name(pool.get("name") or "", at / "name")
    count, generation = pool.get("resourceSliceCount") or 0, pool.get("generation") or 0
    if count <= 0:
        yield invalid(_RULE, at / "resourceSliceCount", count, "must be greater than zero")
    if generation < 0:
        text = "must be greater than or equal to zero"
        yield invalid(_RULE, at / "generation", generation, text)


def _pool_name(name: str, at: At) -> Iterator[Fault]:
    if not name:
        yield required(_RULE, at)
        return
    if len(name.encode()) > _LONGEST_POOL:
        yield too_long(_RULE, at, _LONGEST_POOL)
    for part in name.split("/"):
        for text in names.dns_subdomain(part):
            yield invalid(_RULE, at, part, text)


def _contents(spec: Object, before: dict[str, Object]) -> Iterator[Fault]:
    """Check all but who offers the devices; *before* are those there were, by name."""
    ways: list[str] = []
    yield from _nodes(spec, _SPEC, ways)
    apart = spec.get("perDeviceNodeSelection")
    if apart:
        ways.append("`perDeviceNodeSelection`")
    elif apart is not None:
        yield invalid(_RULE, _SPEC / "perDeviceNodeSelection", apart, _TRUE)
    if not ways:
        yield required(_RULE, _SPEC, _WHERE)
    elif len(ways) > 1:
        text = f"{_WHERE}, but multiple fields are set"
        yield invalid(_RULE, _SPEC, f"{{{', '.join(ways)}}}", text)
    if spec.get("sharedCounters") is not None and spec.get("devices") is not None:
        text = "only one of `sharedCounters` or `devices` is allowed"
        yield invalid(_RULE, _SPEC, "", text)
    devices = [mapping(one) for one in items(spec.get("devices"))]
    special = any(one.get("taints") or one.get("consumesCounters") for one in devices)
    most, at = _DEVICES_OF_MORE_SORTS if special else _DEVICES, _SPEC / "devices"
    if len(devices) > most:
        yield too_many(_RULE, at, len(devices), most)
    else:
        for number, device in enumerate(devices):
            old = before.get(device.get("name") or "")
            yield from _device(device, old, at / number, bool(apart))
        yield from check_once([one.get("name") or "" for one in devices], at)
    yield from _counter_sets([mapping(one) for one in items(spec.get("sharedCounters"))])


def _nodes(holder: Object, at: At, ways: list[str]) -> Iterator[Fault]:
    """Check where devices are; what says so is added to *ways*."""
    whole = at is _SPEC
    name, selector, everywhere = (holder.get(f) for f in ("nodeName", "nodeSelector", "allNodes"))
    if name:
        ways.append("`nodeName`")
        for text in names.dns_subdomain(name):
            yield invalid(_RULE, at / "nodeName", name, text)
    elif name is not None:
        text = "must be either unset or set to a non-empty string" if whole else "must not be empty"
        yield invalid(_RULE, at / "nodeName", name, text)
    if selector is not None:
        ways.append("`nodeSelector`")
        yield from check_node_selector(mapping(selector), at / "nodeSelector")
        terms = mapping(selector).get("nodeSelectorTerms")
        if whole and len(items(terms)) != 1:
            text = "must have exactly one node selector term"
            shown = None if terms is None else [_term(mapping(term)) for term in items(terms)]
            yield invalid_struct(_RULE, at / "nodeSelector" / "nodeSelectorTerms", shown, text)
    if everywhere:
        ways.append("`allNodes`")
    elif everywhere is not None:
        yield invalid(_RULE, at / "allNodes", everywhere, _TRUE)


def _term(term: Object) -> dict[str, Any]:
    def shown(field: str) -> list[dict[str, Any]] | None:
        if term.get(field) is None:
            return None
        return [
            {
                "Key": one.get("key") or "",
                "Operator": one.get("operator") or "",
                "Values": one.get("values"),
            }
            for one in map(mapping, items(term[field]))
        ]

    return {"MatchExpressions": shown("matchExpressions"), "MatchFields": shown("matchFields")}


# ---- a device ---------------------------------------------------------------------------------


def _device(device: Object, old: Object | None, at: At, apart: bool) -> Iterator[Fault]:
    yield from check_label(device.get("name") or "", at / "name")
    attributes, capacity = mapping(device.get("attributes")), mapping(device.get("capacity"))
    count = len(attributes) + len(capacity)
    if count > _PER_DEVICE:
        text = f"the total number of attributes and capacities must not exceed {_PER_DEVICE}"
        yield invalid(_RULE, at, count, text)
    if len(attributes) > _VALUES_PER_DEVICE:
        text = f"the total number of attribute values must not exceed {_VALUES_PER_DEVICE}"
        yield invalid(_RULE, at, len(attributes), text)
    for name in sorted(attributes):
        yield from qualified_name(name, at / "attributes")
        here = (at / "attributes").key(_shortened(name, _LONGEST_KEY))
        yield from check_attribute(mapping(attributes[name]), here)
    shared = bool(device.get("allowMultipleAllocations"))
    for name in sorted(capacity):
        yield from qualified_name(name, at / "capacity")
        here = (at / "capacity").key(_shortened(name, _LONGEST_KEY))
        yield from check_capacity(mapping(capacity[name]), here, shared=shared)
    taints = items(device.get("taints"))
    if old is None or items(old.get("taints")) != taints:
        if len(taints) > _TAINTS:
            yield too_many(_RULE, at / "taints", len(taints), _TAINTS)
        else:
            for number, taint in enumerate(map(mapping, taints)):
                yield from _taint(taint, at / "taints" / number)
    yield from _consumption([mapping(one) for one in items(device.get("consumesCounters"))], at)
    yield from _place(device, at, apart)
    yield from _conditions(device, at)


def _shortened(name: str, most: int) -> str:
    if len(name) <= most:
        return name
    left = most - len("...")
    return f"{name[: (left + 1) // 2]}...{name[len(name) - left // 2 :]}"


def _taint(taint: Object, at: At, old: Object | None = None) -> Iterator[Fault]:
    key, value, effect = (taint.get(field) or "" for field in ("key", "value", "effect"))
    for text in names.label_key(key):
        yield invalid(_RULE, at / "key", key, text)
    for text in names.label_value(value) if value else ():
        yield invalid(_RULE, at / "value", value, text)
    if old is not None and (old.get("effect") or "") == effect:
        return
    if not effect:
        yield required(_RULE, at / "effect")
    elif effect not in EFFECTS:
        yield unsupported(_RULE, at / "effect", effect, EFFECTS)


def _place(device: Object, at: At, apart: bool) -> Iterator[Fault]:
    if not apart:
        if any(device.get(field) is not None for field in ("nodeName", "nodeSelector", "allNodes")):
            text = f"`nodeName`, `nodeSelector` and `allNodes` can only be set if {_PER_NODE}"
            yield invalid(_RULE, at, None, text)
        return
    ways: list[str] = []
    yield from _nodes(device, at, ways)
    if not ways:
        yield required(_RULE, at, _WHERE_OF_ONE)
    elif len(ways) > 1:
        yield invalid(_RULE, at, f"{{{', '.join(ways)}}}", _WHERE_OF_ONE)


def _conditions(device: Object, at: At) -> Iterator[Fault]:
    fields = ("bindingConditions", "bindingFailureConditions")
    good, bad = (items(device.get(field)) for field in fields)
    for field, found in zip(fields, (good, bad), strict=True):
        if len(found) > _CONDITIONS:
            yield too_many(_RULE, at / field, len(found), _CONDITIONS)
            continue
        for number, name in enumerate(found):
            for text in names.label_key(name):
                yield invalid(_RULE, at / field / number, name, text)
    yield from check_once(good, at / fields[0])
    for number, name in enumerate(bad):
        here = at / fields[1] / number
        if name in bad[:number]:
            yield duplicate(_RULE, here, name)
        if name in good:
            text = "bindingFailureConditions must not overlap with bindingConditions"
            yield invalid(_RULE, here, name, text)
    for there, (lacks, other) in (((bad, good), fields), ((good, bad), fields[::-1])):
        if there[0] and not there[1]:
            text = f"{lacks} are required to use {other}"
            yield invalid(_RULE, at / lacks, device.get(lacks), text)


# ---- counters ---------------------------------------------------------------------------------


def _counter_sets(found: list[Object]) -> Iterator[Fault]:
    at = _SPEC / "sharedCounters"
    yield from _sets(found, "name", at, most=_COUNTER_SETS)


def _consumption(found: list[Object], at: At) -> Iterator[Fault]:
    yield from _sets(found, "counterSet", at / "consumesCounters", most=_CONSUMED_SETS)


def _sets(found: list[Object], field: str, at: At, *, most: int) -> Iterator[Fault]:
    if len(found) > most:
        yield too_many(_RULE, at, len(found), most)
        return
    for number, one in enumerate(found):
        here, name = at / number, one.get(field) or ""
        if name:
            yield from check_label(name, here / field)
        else:
            yield required(_RULE, here / field)
        counters = mapping(one.get("counters"))
        if not counters:
            yield required(_RULE, here / "counters")
        elif len(counters) > _COUNTERS:
            yield too_many(_RULE, here / "counters", len(counters), _COUNTERS)
        else:
            for key in sorted(counters):
                yield from check_label(key, here / "counters")
    yield from check_once([one.get(field) or "" for one in found], at)


# ---- rules for taints -------------------------------------------------------------------------


def check_taint_rule(found: Object, scope: Scope) -> Iterator[Fault]:
    yield from _taint_rule(mapping(found.get("spec")), None)


def taint_rule_change(new: Object, old: Object) -> Iterator[Fault]:
    before = mapping(mapping(old.get("spec")).get("taint"))
    yield from _taint_rule(mapping(new.get("spec")), before)


def _taint_rule(spec: Object, before: Object | None) -> Iterator[Fault]:
    selector, at = mapping(spec.get("deviceSelector")), _SPEC / "deviceSelector"
    named: tuple[tuple[str, Callable[[str, At], Iterator[Fault]]], ...] = (
        ("driver", driver_name),
        ("pool", _pool_name),
        ("device", check_label),
    )
    for field, check in named:
        if selector.get(field) is not None:
            yield from check(selector[field], at / field)
    yield from _taint(mapping(spec.get("taint")), _SPEC / "taint", before)


CHECKS = {
    "DeviceTaintRule": (),
    "ResourceSlice": (),
}
CREATION = {
    "DeviceTaintRule": (check_taint_rule,),
    "ResourceSlice": (check_slice,),
}
