"""A running pod gets other sizes: taken where the node has room, else waited for.

Who waits asks again when a pod of the node goes or shrinks, and after 3 minutes; the most important
pod comes first. What a node could never hold the API server refuses.
Source: kubernetes pkg/kubelet/allocation/allocation_manager.go (handlePodResourcesResize,
retryPendingResizes), pkg/kubelet/events/resize.go, pkg/kubelet/kuberuntime/kuberuntime_manager.go
(computePodResizeAction, validateMemoryResizeAction).
"""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from ecp.kube import quantity, sizes
from ecp.sim.kubelet import ending, fitting
from ecp.sim.kubelet.signals import memory_of
from ecp.sim.kubelet.template import ContainerSpec
from ecp.sim.store import Obj
from ecp.sim.world.records import ContainerRun

if TYPE_CHECKING:
    from ecp.sim.kubelet.loop import PodLoop

DEFERRED: Final = "Deferred"
IN_PROGRESS: Final = "InProgress"
_RETRY: Final = 180_000_000_000
_SECOND: Final = 1_000_000_000
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
    changed = {name: rows for name, rows in held.items() if rows != wanted[name]}
    whole = run.held.get(_POD) or status.get("resources") or {}
    runs = status.get("phase") == "Running"
    if runs and loop.pod["spec"].get("resources") and whole != template.sizes["running"]:
        changed[_POD] = whole
    if not changed:
        if run.resize:
            run.resize, run.held, run.dirty = [], {}, True
            loop.machine.waiting.pop(run.uid, None)
        return
    run.held = changed
    refusal = fitting.judge(loop)
    if refusal is None and next(fitting.lacking(loop), None) is not None:
        refusal = fitting.make_room(loop)  # it is critical: others end for it
        if refusal is None:
            _again(loop, at + _SECOND)
            return
    if refusal is not None:
        _defer(loop, at, refusal.message)
        return
    _grant(loop)
    loop.event("Normal", "ResizeStarted", _said(loop.pod, "started"))
    actuate(loop, at)


def _defer(loop: "PodLoop", at: int, why: str) -> None:
    """Let a pod wait for room. What it waits for may change without another Event."""
    run = loop.run
    generation = str(run.generation)
    if [run.resize[:1], run.resize[2:]] != [[DEFERRED], [generation]]:
        loop.event("Warning", "ResizeDeferred", _said(loop.pod, "Deferred", why))
    if run.resize != [DEFERRED, why, generation]:
        run.resize, run.dirty = [DEFERRED, why, generation], True
    _queue(loop)
    _again(loop, at + _RETRY)


def _again(loop: "PodLoop", when: int) -> None:
    agenda = loop.run.agenda
    agenda[:] = [row for row in agenda if row[2] != "resize"]
    loop.later(when, "resize")


def _queue(loop: "PodLoop") -> None:
    """Put a pod among those of its node that wait: the most important first, then who came first.

    Source: sortPendingResizes.
    """
    waiting, run = loop.machine.waiting, loop.run
    if run.uid in waiting:
        return
    waiting[run.uid] = [
        -(loop.pod["spec"].get("priority") or 0),
        int((loop.pod.get("status") or {}).get("qosClass") != "Guaranteed"),
    ]
    rows = sorted(waiting.items(), key=lambda row: row[1])
    waiting.clear()
    waiting.update(rows)


def _grant(loop: "PodLoop") -> None:
    """Give a pod its share of the node."""
    run, wanted, used = loop.run, loop.template.requests, loop.machine.used
    more = {resource: amount - run.used.get(resource, 0) for resource, amount in wanted.items()}
    for resource, amount in more.items():
        used[resource] = used.get(resource, 0) + amount
    run.used = {**run.used, **wanted}
    loop.machine.waiting.pop(run.uid, None)
    if any(more.get(resource, 0) < 0 for resource in ("cpu", "memory")):
        loop.world.has_room(run.node)


def actuate(loop: "PodLoop", at: int) -> None:
    """Let the containers have the sizes that were granted, unless one takes more memory already."""
    run, changed = loop.run, loop.run.held
    if run.end is not None or run.terminating or not changed:
        return
    error = _below_usage(loop, at)
    if error:
        if run.resize != [IN_PROGRESS, error]:
            loop.event("Warning", "ResizeError", _said(loop.pod, "error", error))
        run.resize, run.dirty = [IN_PROGRESS, error], True
        loop.later(at + loop.timing.resync, "actuate")
        return
    run.resize, run.dirty = [IN_PROGRESS], True
    for index, container in enumerate(run.containers):
        spec = loop.template.containers[index]
        if container.name in changed:
            _apply(loop, at, index, changed[container.name])
        elif _POD in changed and container.role in _RUN_ON:
            _bounded(loop, at, index, container, spec)
    loop.later(loop.relist_at(at), "resized")


def _below_usage(loop: "PodLoop", at: int) -> str:
    """Return why no memory limit can be what it is to be, "" = all can.

    Source: validateMemoryResizeAction; of a container it shows what the whole pod takes.
    """
    run, spec = loop.run, loop.pod["spec"]
    takes = dict(memory_of(loop.world, run, at))
    total = sum(takes.values())
    errors = []
    whole = _pod_limit(spec, {}), _pod_limit(spec, run.held)
    if _narrower(*whole) and total >= (whole[0] or 0):
        errors.append(f"attempting to set pod memory limit ({whole[0]}) below current usage")
    for one in loop.template.containers:
        held = run.held.get(one.name)
        if held is None or "memory" in one.restarted_for:
            continue
        limits = _limit(one.resources), _limit(held)
        if _narrower(*limits) and takes.get(one.name, 0) >= (limits[0] or 0):
            errors.append(
                f'attempting to set container "{one.name}" memory limit ({limits[0]}) below '
                "current usage"
            )
    if not errors:
        return ""
    said = ", ".join(f"{error} ({total})" for error in errors)
    return f"cannot decrease memory limits: {said if len(errors) == 1 else f'[{said}]'}"


def _limit(resources: Mapping[str, Any]) -> int | None:
    given = (resources.get("limits") or {}).get("memory")
    return None if given is None else quantity.value(given)


def _pod_limit(spec: Obj, held: Mapping[str, Mapping[str, Any]]) -> int | None:
    """Return what bounds the memory of all containers together, None where something has none."""
    own = _limit(held.get(_POD) or spec.get("resources") or {})
    if own is not None:
        return own
    rows = [
        {**one, "resources": held.get(one["name"], one.get("resources") or {})}
        for one in spec["containers"]
    ]
    inits = spec.get("initContainers") or ()
    if any(_limit(one.get("resources") or {}) is None for one in (*rows, *inits)):
        return None
    return sizes.limits({**spec, "containers": rows}).get("memory")


def _narrower(wanted: int | None, held: int | None) -> bool:
    return wanted is not None and (held is None or wanted < held)


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
