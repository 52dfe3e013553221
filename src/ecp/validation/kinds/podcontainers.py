"""The containers of a pod together: those that last, those that prepare, those that look in.

Source: kubernetes pkg/apis/core/validation `validateContainers`, `validateInitContainers`,
`validateEphemeralContainers`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ecp.validation.faults import At, Fault, duplicate, forbidden, not_found, required
from ecp.validation.kinds.container import (
    PodFacts,
    check_container,
    check_host_ports,
    check_init_resizes,
    check_init_restart,
    check_padding,
    check_restart,
)
from ecp.validation.kinds.probe import PROBES, check_probes
from ecp.validation.scope import Object, Scope, items, mapping

LISTS: Final = ("initContainers", "containers", "ephemeralContainers")
"""The lists in which a pod holds containers, in the order in which the server visits them."""
_LIFE: Final = frozenset({"lifecycle", *PROBES})
_RESTARTS: Final = frozenset({"restartPolicy", "restartPolicyRules"})
_NOT_EPHEMERAL: Final = (
    "ports",
    "resources",
    "resizePolicy",
    "restartPolicy",
    "restartPolicyRules",
    *PROBES,
    "lifecycle",
)
_NEVER: Final = "cannot be set for an Ephemeral Container"


def placed(spec: Object, at: At) -> list[tuple[Object, At]]:
    """Return all containers of a pod spec with their places."""
    return [
        (mapping(container), at / field / number)
        for field in LISTS
        for number, container in enumerate(items(spec.get(field)))
    ]


def check_containers(spec: Object, at: At, facts: PodFacts, scope: Scope) -> Iterator[Fault]:
    """Check the three lists of containers of the pod spec at *at*."""
    yield from _lasting(spec, at / "containers", facts, scope)
    if spec.get("initContainers"):
        yield from _preparing(spec, at / "initContainers", facts, scope)
    if spec.get("ephemeralContainers"):
        yield from _ephemeral(spec, at / "ephemeralContainers", facts, scope)


def _life(spec: Object) -> tuple[int, str]:
    """Return the pod's grace period in seconds and the name of its operating system."""
    grace = spec.get("terminationGracePeriodSeconds")
    return 30 if grace is None else grace, mapping(spec.get("os")).get("name") or ""


def _lasting(spec: Object, at: At, facts: PodFacts, scope: Scope) -> Iterator[Fault]:
    containers = [mapping(container) for container in items(spec.get("containers"))]
    if not containers:
        yield required("E0300", at)
    grace, system = _life(spec)
    seen: set[str] = set()
    for number, container in enumerate(containers):
        here = at / number
        yield from check_container(container, here, facts, scope)
        name = container.get("name") or ""
        if name in seen:
            yield duplicate("E0302", here / "name", name)
        seen.add(name)
        if not _LIFE.isdisjoint(container):
            yield from check_probes(container, here, grace, system, scope)
        if not _RESTARTS.isdisjoint(container):
            yield from check_restart(container, here, scope)
    taken: set[str] = set()
    for number, container in enumerate(containers):
        if container.get("ports"):
            yield from check_host_ports(container, at / number, taken)


def _preparing(spec: Object, at: At, facts: PodFacts, scope: Scope) -> Iterator[Fault]:
    seen = {mapping(container).get("name") or "" for container in items(spec.get("containers"))}
    grace, system = _life(spec)
    for number, container in enumerate(items(spec.get("initContainers"))):
        container, here = mapping(container), at / number
        yield from check_container(container, here, facts, scope)
        yield from check_init_restart(container, here, scope)
        name = container.get("name") or ""
        if name in seen:
            yield duplicate("E0302", here / "name", name)
        if name:
            seen.add(name)
        # They run one after another. The server calls each of them the first.
        for fault in check_host_ports(container, at / 0, set()):
            yield fault._replace(path=(*here.path, *fault.path[len(here.path) :]))
        if container.get("restartPolicy") == "Always":
            yield from check_probes(container, here, grace, system, scope)
        else:
            for field in ("lifecycle", *PROBES):
                if _is_said(container, field, scope):
                    text = "may not be set for init containers without restartPolicy=Always"
                    yield forbidden("E0323", here / field, text)
        yield from check_init_resizes(container, here, scope)


def _is_said(container: Object, field: str, scope: Scope) -> bool:
    """Tell whether a field is there; a lifecycle of nothing but what is off counts as none."""
    value = container.get(field)
    if field != "lifecycle" or value is None or scope.has("ContainerStopSignals"):
        return value is not None
    said = [name for name in mapping(value) if mapping(value)[name] is not None]
    return said != ["stopSignal"]


def _ephemeral(spec: Object, at: At, facts: PodFacts, scope: Scope) -> Iterator[Fault]:
    others = {
        mapping(container).get("name") or ""
        for field in ("containers", "initContainers")
        for container in items(spec.get(field))
    }
    seen = set(others)
    for number, container in enumerate(items(spec.get("ephemeralContainers"))):
        container, here = mapping(container), at / number
        yield from check_container(container, here, facts, scope)
        yield from check_padding(container, here)
        name = container.get("name") or ""
        if name in seen:
            yield duplicate("E0302", here / "name", name)
        seen.add(name)
        target = container.get("targetContainerName") or ""
        if target and target not in others:
            yield not_found("E0332", here / "targetContainerName", target)
        for field in _NOT_EPHEMERAL:
            if container.get(field):
                yield forbidden("E0332", here / field, _NEVER)
        for index, mount in enumerate(items(container.get("volumeMounts"))):
            for field in ("subPath", "subPathExpr"):
                if mapping(mount).get(field):
                    yield forbidden("E0332", here / "volumeMounts" / index / field, _NEVER)
