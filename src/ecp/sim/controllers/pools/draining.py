"""Emptying a machine that is to go: no new pods, evictions under budgets, then it is given back.

One loop for whoever lets a machine go; what differs is a row of `_STYLES`. Source: kubectl drain
(k8s.io/kubectl pkg/drain: DaemonSet and mirror pods stay, a refused eviction is tried again in 5
s), cluster-autoscaler core/scaledown/actuation/{actuator,drain,delete_in_batch}.go.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from ecp.kube.errors import NotFound
from ecp.kube.kinds import NODES, PODS
from ecp.sim.controllers.pools.marks import (
    TO_BE_DELETED,
    is_daemon,
    is_mirror,
    status_map,
    with_taint,
    without_taint,
)
from ecp.sim.plans import (
    NOTHING,
    Action,
    Controller,
    Delete,
    EventNote,
    Evict,
    Plan,
    Reader,
    Update,
)
from ecp.sim.store import Change, Key, Obj
from ecp.sim.store.store import STATUS
from ecp.sim.world import World
from ecp.sim.world.fleet import AUTOSCALER, DRAINS, OPERATOR, Leaving, Machine

SECOND = 1_000_000_000
_SOON = 1_000_000
PATIENCE = 630 * SECOND
"""So long a pod that was evicted, or deleted, may take to end (ns): ten minutes and 30 s.
Source: cluster-autoscaler --max-graceful-termination-sec and DefaultPodEvictionHeadroom."""


@dataclass(frozen=True, slots=True)
class _Style:
    """How one of them drains: `retry` ns after a refusal; `tells` whether it writes Events."""

    retry: int
    tells: bool


_STYLES = {
    DRAINS[AUTOSCALER]: _Style(10 * SECOND, True),
    DRAINS[OPERATOR]: _Style(5 * SECOND, False),
}


def pods_to_go(read: Reader, node: str) -> list[Obj]:
    """Return the pods that have to leave a node before its machine may."""
    return [pod for pod in read.on_node(node) if not is_daemon(pod) and not is_mirror(pod)]


class Draining:
    """The loop over machines that are to go; keys are ("", node)."""

    def __init__(self, world: World, name: str) -> None:
        self._world = world
        self._name = name
        self._style = _STYLES[name]

    def of_node(self, change: Change, read: Reader) -> Iterable[Key]:
        return (change.key,) if change.key[1] in self._world.fleet.leaving else ()

    def of_pod(self, change: Change, read: Reader) -> Iterable[Key]:
        """The node that a pod is on, where that is to go."""
        leaving = self._world.fleet.leaving
        if not leaving:
            return ()
        node = change.object["spec"].get("nodeName")
        return (("", node),) if node in leaving else ()

    def reconcile(self, now: int, key: Key, read: Reader) -> Plan:
        machine = self._world.fleet.machines.get(key[1])
        leaving = None if machine is None else machine.leaving
        if machine is None or leaving is None or DRAINS[leaving.by] != self._name:
            return NOTHING
        node = read.get(NODES, *key)
        if node is None:
            self._world.retire(machine, now)
            return NOTHING
        marked = self._marked(node, leaving)
        if marked is not node:
            return Plan((Update(NODES, marked),), self._told_mark(node), now + _SOON)
        pods = pods_to_go(read, key[1])
        if not pods:
            return self._gone(now, machine, node, read)
        staying = [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]
        if now >= leaving.until and (staying or now >= leaving.until + PATIENCE):
            return self._late(now, machine, node, pods, staying)
        return self._ask(now, leaving, staying)

    # -- marks --------------------------------------------------------------------------------

    def _marked(self, node: Obj, leaving: Leaving) -> Obj:
        """Return *node* closed to new pods: tainted by the autoscaler, cordoned by others."""
        if self._style.tells:
            return with_taint(node, TO_BE_DELETED, "NoSchedule", leaving.since)
        spec = node.get("spec") or {}
        if spec.get("unschedulable"):
            return node
        return {**node, "spec": {**spec, "unschedulable": True}}

    def _unmarked(self, node: Obj) -> Obj:
        if self._style.tells:
            return without_taint(node, TO_BE_DELETED)
        return {**node, "spec": {k: v for k, v in node["spec"].items() if k != "unschedulable"}}

    def _told_mark(self, node: Obj) -> tuple[EventNote, ...]:
        text = "marked the node as toBeDeleted/unschedulable"
        return (EventNote(node, "Normal", "ScaleDown", text),) if self._style.tells else ()

    # -- steps --------------------------------------------------------------------------------

    def _ask(self, now: int, leaving: Leaving, staying: list[Obj]) -> Plan:
        """Evict whoever has not been refused just now."""
        due = [p for p in staying if leaving.retry.get(p["metadata"]["uid"], 0) <= now]
        leaving.drained = leaving.drained or bool(due)
        events = []
        for pod in due:
            if self._style.tells and pod["metadata"]["uid"] not in leaving.retry:
                text = "deleting pod for node scale down"
                events.append(EventNote(pod, "Normal", "ScaleDown", text))
        actions = tuple(Evict(_key(pod), None, pod["metadata"]["uid"]) for pod in due)
        waits = [leaving.retry.get(p["metadata"]["uid"], now) for p in staying if p not in due]
        end = leaving.until if now < leaving.until else leaving.until + PATIENCE
        return Plan(actions, tuple(events), min([*waits, end]))

    def refused(self, now: int, key: Key, action: Action, error: Exception, read: Reader) -> Plan:
        """A budget said no: that pod is asked again later, the others at once."""
        machine = self._world.fleet.machines.get(key[1])
        if machine is None or machine.leaving is None or isinstance(error, NotFound):
            return Plan(wake_at=now + _SOON)
        if isinstance(action, Evict) and action.uid is not None:
            machine.leaving.retry[action.uid] = now + self._style.retry
            return self.reconcile(now, key, read)
        return Plan(wake_at=now + SECOND)

    def _gone(self, now: int, machine: Machine, node: Obj, read: Reader) -> Plan:
        drained = machine.leaving is not None and machine.leaving.drained
        self._world.retire(machine, now)
        if not self._style.tells:
            return NOTHING
        about, reason = status_map(read), "ScaleDownEmpty"
        whole = f"Scale-down: empty node {machine.name} removed"
        if drained:
            reason, whole = "ScaleDown", f"Scale-down: node {machine.name} removed with drain"
        text = "nodes removed by cluster autoscaler"
        notes = (
            EventNote(node, "Normal", "ScaleDown", text),
            EventNote(about, "Normal", reason, whole),
        )
        return Plan(events=notes)

    def _late(
        self, now: int, machine: Machine, node: Obj, pods: list[Obj], staying: list[Obj]
    ) -> Plan:
        """The time to ask nicely is over: delete who stays, or let the machine stay."""
        leaving = machine.leaving
        assert leaving is not None
        if leaving.force and not leaving.forced:
            leaving.forced = True
            actions = tuple(Delete(PODS, _key(p), uid=p["metadata"]["uid"]) for p in staying)
            return Plan(actions, (), leaving.until + PATIENCE)
        if leaving.force:
            self._world.retire(machine, now)  # whatever still runs ends with the machine
            return NOTHING
        names = ", ".join("/".join(_key(pod)) for pod in staying or pods)
        self._world.keep(machine, names, now)
        events: list[EventNote] = []
        if self._style.tells:
            for pod in staying:
                text = "failed to delete pod for ScaleDown"
                events.append(EventNote(pod, "Warning", "ScaleDownFailed", text))
            text = f"failed to drain and delete node: {_why(machine.name, staying)}"
            events.append(EventNote(node, "Warning", "ScaleDownFailed", text))
        return Plan((Update(NODES, self._unmarked(node)),), tuple(events))


def _why(node: str, staying: list[Obj]) -> str:
    if not staying:
        return f"Failed to drain node /{node}: pods remaining after timeout"
    last = "last error: Cannot evict pod as it would violate the pod's disruption budget."
    said = " ".join(
        f"failed to evict pod {'/'.join(_key(pod))} within allowed timeout ({last})"
        for pod in staying
    )
    return f"Failed to drain node /{node}, due to following errors: [{said}]"


def _key(pod: Obj) -> Key:
    return pod["metadata"]["namespace"], pod["metadata"]["name"]


def controller(world: World, name: str, actor: str) -> Controller:
    """Return the loop *name* of `DRAINS`, which writes as *actor*."""
    loop = Draining(world, name)
    return Controller(
        name=name,
        component="cluster-autoscaler",
        watches={NODES: loop.of_node, PODS: loop.of_pod},
        deaf={PODS: STATUS},
        reconcile=loop.reconcile,
        refused=loop.refused,
        actor=actor,
    )
