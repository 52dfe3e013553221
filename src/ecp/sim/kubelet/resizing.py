"""A running pod gets other sizes: taken where the node has room, else waited for.

Source: kubernetes pkg/kubelet/allocation/allocation_manager.go (handlePodResourcesResize, retries
after 3 minutes), pkg/kubelet/events/resize.go, pkg/kubelet/kuberuntime/kuberuntime_manager.go
(computePodResizeAction).
"""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from ecp.sim.kubelet import ending
from ecp.sim.kubelet.fitting import lacking_room
from ecp.sim.kubelet.template import ContainerSpec
from ecp.sim.store import Obj
from ecp.sim.world.records import ContainerRun

if TYPE_CHECKING:
    from ecp.sim.kubelet.loop import PodLoop

DEFERRED: Final = "Deferred"
IN_PROGRESS: Final = "InProgress"
_RETRY: Final = 180_000_000_000
_OOM: Final = "OOMKilled"
_RUN_ON: Final = ("app", "sidecar")
_POD: Final = ""
"""Under what the sizes of the pod itself stand among those of its containers."""


def resize(loop: "PodLoop", at: int) -> None:
    """Compare the sizes that the pod asks for with those that it has, and act on it."""
    run, template = loop.run, loop.template
    if run.end is not None or run.terminating or not run.used:
        return
    status = loop.pod.get("status") or {}
    shown = {
        row["name"]: row.get("resources") or {}
        for field in ("containerStatuses", "initContainerStatuses")
        for row in status.get(field) or ()
    }
    held = {
        container.name: run.held.get(container.name, shown.get(container.name, {}))
        for container, spec in zip(run.containers, template.containers, strict=True)
        if container.role in _RUN_ON and container.attempt > container.ended
    }
    wanted = {spec.name: spec.resources for spec in template.containers}
    changed = {name: sizes for name, sizes in held.items() if sizes != wanted[name]}
    whole = run.held.get(_POD) or status.get("resources") or {}
    runs = status.get("phase") == "Running"
    if runs and loop.pod["spec"].get("resources") and whole != template.sizes["running"]:
        changed[_POD] = whole
    if not changed:
        if run.resize:
            run.resize, run.held, run.dirty = [], {}, True
        return
    short = lacking_room(loop)
    run.held = changed
    if short is not None:
        lacking = short[1]
        if run.resize != [DEFERRED, lacking]:
            loop.event("Warning", "ResizeDeferred", _said(loop.pod, "Deferred", lacking))
        run.resize, run.dirty = [DEFERRED, lacking], True
        loop.later(at + _RETRY, "resize")
        return
    used = loop.machine.used
    for resource in template.requests:
        more = template.requests.get(resource, 0) - run.used.get(resource, 0)
        used[resource] = used.get(resource, 0) + more
    run.used = {**run.used, **template.requests}
    run.resize, run.dirty = [IN_PROGRESS], True
    loop.event("Normal", "ResizeStarted", _said(loop.pod, "started"))
    for index, container in enumerate(run.containers):
        spec = template.containers[index]
        if container.name in changed:
            _apply(loop, at, index, changed[container.name])
        elif _POD in changed and container.role in _RUN_ON:
            _bounded(loop, at, index, container, spec)
    loop.later(loop.relist_at(at), "resized")


def _apply(loop: "PodLoop", at: int, index: int, held: Obj) -> None:
    container, spec = loop.run.containers[index], loop.template.containers[index]
    if any(_differs(held, spec.resources, resource) for resource in spec.restarted_for):
        message = f"Container {container.name} resize requires restart"
        ending.kill(loop, at, index, message, loop.template.grace)
    elif _differs(held, spec.resources, "memory"):
        _bounded(loop, at, index, container, spec)


def _differs(held: Obj, wanted: Mapping[str, Any], resource: str) -> bool:
    return any(
        (held.get(field) or {}).get(resource) != (wanted.get(field) or {}).get(resource)
        for field in ("requests", "limits")
    )


def _bounded(
    loop: "PodLoop", at: int, index: int, container: ContainerRun, spec: ContainerSpec
) -> None:
    """Under another limit the process meets its end at another time, or never."""
    if container.doing or container.started_at is None or loop.run.strain is not None:
        return
    if container.exit_reason == _OOM:
        container.exit_at, container.exit_reason = None, ""
    if spec.oom_after is None:
        return
    when = max(at, container.started_at + spec.oom_after)
    if container.exit_at is None or when < container.exit_at:
        container.exit_at, container.exit_code, container.exit_reason = when, 137, _OOM
        loop.later(when, "exit", index, container.attempt)


def resized(loop: "PodLoop", at: int) -> None:
    """See whether every container has its new size."""
    run = loop.run
    if run.resize != [IN_PROGRESS] or run.end is not None or run.terminating:
        return
    for container in run.containers:
        if container.name in run.held and (container.doing or container.attempt == container.ended):
            loop.later(loop.relist_at(at), "resized")
            return
    run.resize, run.held, run.dirty = [], {}, True
    loop.event("Normal", "ResizeCompleted", _said(loop.pod, "completed"))


def _said(pod: Obj, word: str, error: str = "") -> str:
    """Return an Event's message: what is wanted of each container, as JSON."""
    spec = pod["spec"]
    summary: dict[str, Any] = {
        field: [
            {"name": one["name"], "resources": _sorted(one.get("resources") or {})}
            for one in spec[field]
        ]
        for field in ("initContainers", "containers")
        if spec.get(field)
    }
    summary["generation"] = pod["metadata"].get("generation", 1)
    if error:
        summary["error"] = error
    return f"Pod resize {word}: {json.dumps(summary, separators=(',', ':'))}"


def _sorted(resources: Obj) -> dict[str, Any]:
    return {
        field: dict(sorted(resources[field].items()))
        for field in ("limits", "requests")
        if resources.get(field)
    }
