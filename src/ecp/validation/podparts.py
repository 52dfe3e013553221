"""What may be written through a pod's own subresources: ephemeral containers, and new sizes.

A write there changes one part of the pod; what else it says is passed over.
Source: kubernetes pkg/registry/core/pod/strategy.go `dropNonEphemeralContainerUpdates`,
`dropNonResizeUpdates`; pkg/apis/core/validation `ValidatePodEphemeralContainersUpdate`,
`ValidatePodResize`, `validatePodResizeContainerOrdering`, `validateContainerResize`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from ecp.validation.faults import At, Fault, forbidden, invalid
from ecp.validation.kinds.podannotations import MIRROR
from ecp.validation.scope import Object, items, mapping
from ecp.validation.structs import difference

_RULE: Final = "E0702"
_SPEC: Final = At() / "spec"
_LISTS: Final = ("initContainers", "containers")
_RESIZED: Final = ("cpu", "memory")
_SIZES: Final = ("resources", "resizePolicy")


# ---- what is taken of a write -------------------------------------------------------------------


def with_ephemeral_containers(new: Object, old: Object) -> dict[str, Any]:
    """Return *old* with the ephemeral containers of *new*."""
    wanted = mapping(new.get("spec")).get("ephemeralContainers")
    spec = {k: v for k, v in mapping(old["spec"]).items() if k != "ephemeralContainers"}
    if wanted:
        spec["ephemeralContainers"] = wanted
    return {**old, "spec": spec}


def with_sizes(new: Object, old: Object) -> dict[str, Any]:
    """Return *old* with the sizes of *new*'s containers; *new* where they are not the same ones."""
    spec = dict(mapping(old["spec"]))
    for field in _LISTS:
        wanted = items(mapping(new.get("spec")).get(field))
        held = items(spec.get(field))
        if len(wanted) != len(held):
            return dict(new)
        names = [[mapping(one).get("name") for one in listed] for listed in (wanted, held)]
        merged = [_sized(mapping(one), mapping(was)) for one, was in zip(wanted, held, strict=True)]
        if held:
            spec[field] = merged if names[0] == names[1] else wanted
    return {**old, "spec": spec}


def _sized(new: Object, old: Object) -> dict[str, Any]:
    out = {key: value for key, value in old.items() if key not in _SIZES}
    return {**out, **{key: new[key] for key in _SIZES if key in new}}


# ---- judging ------------------------------------------------------------------------------------


def debugged(new: Object, old: Object) -> Iterator[Fault]:
    """Yield what is wrong with a pod's next ephemeral containers: those that are there stay."""
    if _is_mirror(old):
        text = "static pods do not support ephemeral containers"
        yield forbidden(_RULE, At(), text)
        return
    at = _SPEC / "ephemeralContainers"
    wanted = {
        mapping(one).get("name"): one
        for one in items(mapping(new["spec"]).get("ephemeralContainers"))
    }
    for one in items(mapping(old["spec"]).get("ephemeralContainers")):
        name = mapping(one).get("name")
        if name not in wanted:
            text = f'existing ephemeral containers "{name}" may not be removed\n'
            yield forbidden(_RULE, at, text)
        elif wanted[name] != one:
            text = f'existing ephemeral containers "{name}" may not be changed\n'
            yield forbidden(_RULE, at, text + difference(one, wanted[name], "EphemeralContainer"))


def resizing(qos_class: Callable[[Any], str]) -> Callable[[Object, Object], Iterator[Fault]]:
    """Return the judgement of a pod's next sizes; *qos_class* gives the class of a spec."""

    def judge(new: Object, old: Object) -> Iterator[Fault]:
        if _is_mirror(old):
            yield forbidden(_RULE, At(), "static pods cannot be resized")
            return
        spec, before = mapping(new["spec"]), mapping(old["spec"])
        if mapping(before.get("os")).get("name") == "windows":
            yield forbidden(_RULE, At(), "windows pods cannot be resized")
            return
        known = mapping(old.get("status")).get("qosClass") or qos_class(before)
        if known != qos_class(spec):
            text = "Pod QOS Class may not change as a result of resizing"
            yield invalid(_RULE, _SPEC, known, text)
        moved = list(_order(spec, before))
        yield from moved
        if not moved:
            yield from _sizes(spec, before)

    return judge


def _is_mirror(pod: Object) -> bool:
    return MIRROR in mapping(mapping(pod["metadata"]).get("annotations"))


def _order(spec: Object, before: Object) -> Iterator[Fault]:
    for field in ("containers", "initContainers"):
        wanted, held = items(spec.get(field)), items(before.get(field))
        if len(wanted) != len(held):
            text = f"{field} may not be added or removed on resize"
            yield forbidden(_RULE, _SPEC / field, text)
            continue
        for number, (one, was) in enumerate(zip(wanted, held, strict=True)):
            if mapping(one).get("name") != mapping(was).get("name"):
                text = f"{field} may not be renamed or reordered on resize"
                yield forbidden(_RULE, _SPEC / field / number / "name", text)


def _sizes(spec: Object, before: Object) -> Iterator[Fault]:
    pairs = [
        (field, number, mapping(one), mapping(was))
        for field in _LISTS
        for number, (one, was) in enumerate(
            zip(items(spec.get(field)), items(before.get(field)), strict=True)
        )
    ]
    for field, number, one, was in pairs:
        yield from _removed(one, was, _SPEC / field / number / "resources")
    for field, number, one, was in sorted(pairs, key=lambda row: row[0] == "initContainers"):
        at, of = _SPEC, ""
        if field == "initContainers":
            at, of = _SPEC / field / number, " for init or sidecar containers"
        if _others(one) != _others(was):
            yield forbidden(_RULE, at, f"only cpu and memory resources{of} are mutable")
        if of and one != was and was.get("restartPolicy") != "Always" and _restarts(one):
            text = (
                "non-sidecar init containers with a resize policy of RestartContainer cannot be "
                "resized"
            )
            yield forbidden(_RULE, at, text)


def _restarts(container: Object) -> bool:
    policies = items(container.get("resizePolicy"))
    return any(mapping(one).get("restartPolicy") == "RestartContainer" for one in policies)


def _removed(one: Object, was: Object, at: At) -> Iterator[Fault]:
    for field in ("requests", "limits"):
        wanted, held = (mapping(mapping(c.get("resources")).get(field)) for c in (one, was))
        if any(name not in wanted for name in held):
            yield forbidden(_RULE, at / field, f"resource {field} cannot be removed")


def _others(container: Object) -> dict[str, Any]:
    """Return a container without its CPU and memory."""
    resources = mapping(container.get("resources"))
    kept: dict[str, Any] = {key: value for key, value in container.items() if key != "resources"}
    for field in ("requests", "limits"):
        listed = mapping(resources.get(field))
        kept[field] = {name: listed[name] for name in listed if name not in _RESIZED}
    return kept
