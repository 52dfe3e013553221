"""A node that shuts down in order: its pods end, the critical ones last, then its power goes.

A real machine says so by systemd, to a kubelet with shutdownGracePeriod; here the annotation
`sim.ecp-ai.io/shutdown` of the Node does, whose value is that period and, where critical pods have
a part of it, shutdownGracePeriodCriticalPods: "30s 10s". When it is taken away the machine starts
again. Source: kubernetes pkg/kubelet/nodeshutdown/nodeshutdown_manager{,_linux}.go,
pkg/kubelet/nodestatus/setters.go (ReadyCondition).
"""

from collections.abc import Iterable
from typing import Final

from ecp.kube import kinds
from ecp.kube.durations import InvalidDuration
from ecp.kube.durations import parse as duration
from ecp.sim.kubelet.node import condition_of
from ecp.sim.kubelet.pressure import CRITICAL, condemn
from ecp.sim.plans import NOTHING, Controller, EventNote, Plan, Reader, Update
from ecp.sim.store import Change, Key, Obj
from ecp.sim.world import World
from ecp.sim.world.records import NodeRun

SHUTDOWN_KUBELET: Final = "kubelet-shutdown"
SHUTDOWN: Final = "sim.ecp-ai.io/shutdown"
REASON: Final = "Terminated"
MESSAGE: Final = "Pod was terminated in response to imminent node shutdown."
_SECOND: Final = 1_000_000_000
_NOT_READY: Final = ("Ready", "False", "KubeletNotReady", "node is shutting down")


def periods(text: str) -> tuple[int, int]:
    """Return how long all pods have, and how long of that the critical ones (ns).

    Raises ValueError.
    """
    words = text.split()
    if not 1 <= len(words) <= 2:
        raise ValueError(f'{text!r} is not one or two durations, "30s 10s"')
    whole = duration(words[0])
    last = duration(words[1]) if len(words) == 2 else 0
    if last > whole:
        raise ValueError(f"{words[1]} for critical pods is more than {words[0]} for all")
    return whole, last


def shutter(world: World) -> Controller:
    """Return the loop in which kubelets end their pods before the power goes."""

    def of_node(change: Change, read: Reader) -> Iterable[Key]:
        told = (change.object["metadata"].get("annotations") or {}).get(SHUTDOWN)
        machine = world.nodes.get(change.key[1])
        begun = machine is not None and bool(machine.shutdown)
        return (change.key,) if begun or told is not None else ()

    def reconcile(now: int, key: Key, read: Reader) -> Plan:
        name = key[1]
        node, machine = read.get(kinds.NODES, "", name), world.node(name)
        text = ((node or {}).get("metadata", {}).get("annotations") or {}).get(SHUTDOWN)
        if text is None or node is None:
            if machine.shutdown:
                machine.shutdown = []
                world.set_node(name, True, now)
            return NOTHING
        if machine.shutdown:
            return _go_on(world, name, machine, now, read)
        if not machine.up:
            return NOTHING
        try:
            whole, last = periods(text)
        except (InvalidDuration, ValueError) as error:
            said = f"annotation {SHUTDOWN} is ignored: {error}"
            return Plan(events=(EventNote(node, "Warning", "InvalidAnnotation", said),))
        machine.shutdown = [now, now + whole - last, now + whole]
        first = _go_on(world, name, machine, now, read)
        said = "Shutdown manager detected shutdown event"
        events = (
            EventNote(node, "Normal", "Shutdown", said),
            EventNote(node, "Normal", "NodeNotReady", f"Node {name} status is now: NodeNotReady"),
        )
        return Plan((Update(kinds.NODES, _not_ready(node, now), "status"),), events, first.wake_at)

    return Controller(
        name=SHUTDOWN_KUBELET,
        component="kubelet",
        watches={kinds.NODES: of_node},
        reconcile=reconcile,
        actor="kubelet",
        phase=2,
    )


def _not_ready(node: Obj, now: int) -> Obj:
    status = node.get("status") or {}
    conditions = [
        condition_of(*_NOT_READY, now) if one["type"] == "Ready" else one
        for one in status.get("conditions") or ()
    ]
    return {**node, "status": {**status, "conditions": conditions}}


def _go_on(world: World, name: str, machine: NodeRun, now: int, read: Reader) -> Plan:
    """End the pods whose turn it is; cut the power when none is left or the time is over."""
    if not machine.up:
        return NOTHING
    _, turn, end = machine.shutdown
    runs = [world.pods[uid] for uid in machine.pods]
    left = {False: 0, True: 0}
    for critical, until in ((False, turn), (True, end)):
        if critical and left[False] and now < turn:
            break
        for run in runs:
            pod = read.get(kinds.PODS, *run.key)
            if run.end is not None or pod is None:
                continue
            spec = pod["spec"]
            if ((spec.get("priority") or 0) >= CRITICAL) != critical:
                continue
            left[critical] += 1
            if not run.verdict and not run.terminating:
                grace = spec.get("terminationGracePeriodSeconds", 30) * _SECOND
                condemn(world, run, REASON, MESSAGE, told=MESSAGE, grace=min(grace, until - now))
    if now >= end or not (left[False] or left[True]):
        world.set_node(name, False, now)
        return NOTHING
    return Plan(wake_at=min(now + _SECOND, turn if now < turn else end))
