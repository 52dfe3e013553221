"""The cluster autoscaler: looks every 10 s, where it has cause to; grows pools, and shrinks them.

Source: cluster-autoscaler (FAQ.md for flags and heuristics, core/static_autoscaler.go for the order
of a look, clusterstate/clusterstate.go for failures and time-outs, processors/status/
eventing_scale_up_processor.go for the Events of pods). Not here: limits of the whole cluster's
resources, other expanders than least-waste, ProvisioningRequests, removal of nodes that are not
ready.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ecp.kube.durations import go_duration
from ecp.kube.kinds import NODES, PDBS, PODS
from ecp.kube.pods import condition
from ecp.kube.times import nanoseconds
from ecp.sim.controllers.pools import growing, reporting, seeing, shrinking
from ecp.sim.controllers.pools.grid import Grid
from ecp.sim.controllers.pools.marks import (
    DELETION_CANDIDATE,
    TO_BE_DELETED,
    has_taint,
    status_map,
    with_taint,
    without_taint,
)
from ecp.sim.controllers.pools.seeing import Group, Sight
from ecp.sim.engine.chance import Chance
from ecp.sim.plans import Action, Controller, EventNote, Plan, Reader, Update
from ecp.sim.store import Change, Key, Obj
from ecp.sim.store.store import MODIFIED, QUIET
from ecp.sim.world import World
from ecp.sim.world.fleet import AUTOSCALER, CLUSTER_AUTOSCALER, Leaving, Machine

SECOND = 1_000_000_000
_SAID_AGAIN = 300 * SECOND
"""Equal Events are written once in 5 minutes. Source: --record-duplicated-events (false)."""
_MOST_AT_ONCE = 10  # --max-scale-down-parallelism
_KEPT_FOR = 300 * SECOND  # --unremovable-node-recheck-timeout
_THE_KEY: Key = ("", "")
_WAKE: tuple[Key, ...] = (_THE_KEY,)
_REST: tuple[Key, ...] = ()


@dataclass(slots=True)
class _Memory:
    """What an autoscaler remembers between two looks; instants in ns.

    `since` when a node is unneeded, `backoff` of a group ([until, length, last failure]), `said` to
    pods (uid → [instant, message]).
    """

    since: dict[str, int] = field(default_factory=dict)
    backoff: dict[str, list[int]] = field(default_factory=dict)
    said: dict[str, list[Any]] = field(default_factory=dict)
    added_at: int | None = None


@dataclass(slots=True)
class _Look:
    """One look: what it will have done, and when the next has cause."""

    now: int
    read: Reader
    actions: list[Action] = field(default_factory=list)
    events: list[EventNote] = field(default_factory=list)
    wakes: list[int] = field(default_factory=list)

    def tell(self, about: Obj, reason: str, text: str, kind: str = "Normal") -> None:
        self.events.append(EventNote(about, kind, reason, text))


class ClusterAutoscaler:
    """The loop with one key. It acts on machines through the world, as the real one does through
    a provider's API, and on nodes and Events through its plan.
    """

    def __init__(self, chance: Chance, world: World, sight: Sight) -> None:
        self._world = world
        self._sight = sight
        self._flags: Mapping[str, int] = sight.flags
        self._grid = Grid(self._flags["scanInterval"], chance, "cluster-autoscaler/phase")
        self._memory = _Memory()

    # -- what wakes it ------------------------------------------------------------------------

    def of_pod(self, change: Change, read: Reader) -> Iterable[Key]:
        """A pod that waits, or that came to a node or left one."""
        if not self._world.fleet.autoscaled:
            return _REST
        if change.type == MODIFIED and change.object["spec"].get("nodeName"):
            old = change.old
            if old is not None and old["spec"].get("nodeName"):
                return _REST
        return _WAKE

    def of_other(self, change: Change, read: Reader) -> Iterable[Key]:
        return _WAKE if self._world.fleet.autoscaled else _REST

    # -- a look -------------------------------------------------------------------------------

    def reconcile(self, now: int, key: Key, read: Reader) -> Plan:
        """Look at the next instant of the grid; what follows from nothing new is not looked at."""
        if not self._world.fleet.autoscaled:
            return Plan()
        due = self._grid.at_or_after(now)
        if due != now:
            return Plan(wake_at=due)
        look = _Look(now, read)
        self._failures(look)
        if not self._grow(look):
            self._shrink(look)
        resting = [g for g, row in self._memory.backoff.items() if row[0] > now]
        status = reporting.status(self._world, resting, list(self._memory.since))
        look.actions += reporting.written(status, now, read)
        soonest = min((at for at in look.wakes if at > now), default=None)
        wake = None if soonest is None else self._grid.at_or_after(soonest)
        return Plan(tuple(look.actions), tuple(look.events), wake)

    def refused(self, now: int, key: Key, action: Action, error: Exception, read: Reader) -> Plan:
        """Somebody refused a write: look again at the next instant of the grid."""
        return Plan(wake_at=self._grid.at_or_after(now + 1))

    # -- machines that do not come ------------------------------------------------------------

    def _failures(self, look: _Look) -> None:
        """Back off from groups whose machines could not be had, or did not register in time."""
        by_group: dict[str, list[Machine]] = {}
        for machine in list(self._world.fleet.machines.values()):
            if machine.by != AUTOSCALER or machine.retired_at is not None or machine.complete:
                continue
            late = machine.asked_at + self._flags["maxNodeProvisionTime"]
            due = machine.registers_at if machine.failure else late
            if due > look.now:
                look.wakes.append(due)
                continue
            group = self._group_of(machine)
            by_group.setdefault(group.name, []).append(machine)
        for name, machines in by_group.items():
            self._failed(look, name, machines)

    def _failed(self, look: _Look, group: str, machines: list[Machine]) -> None:
        about = status_map(look.read)
        refused = [one for one in machines if one.failure]
        if refused:
            code = refused[0].failure
            text = (
                f"Failed adding {len(refused)} nodes to group {group} due to OutOfResource.{code}; "
                f"source errors: {code}"
            )
            look.tell(about, "ScaleUpFailed", text, "Warning")
        late = [one for one in machines if not one.failure]
        if late:
            waited = go_duration(look.now - late[0].asked_at)
            text = f"Nodes added to group {group} failed to register within {waited}"
            look.tell(about, "ScaleUpTimedOut", text, "Warning")
        for machine in machines:
            self._world.retire(machine, look.now)
            if not machine.failure:
                text = f"Removed unregistered node {machine.name}"
                look.tell(about, "DeleteUnregistered", text)
        self._back_off(look, group)

    def _back_off(self, look: _Look, group: str) -> None:
        """Source: utils/backoff/exponential_backoff.go: doubled from failure to failure."""
        first, most = self._flags["initialNodeGroupBackoff"], self._flags["maxNodeGroupBackoff"]
        length = first
        before = self._memory.backoff.get(group)
        if before is not None and look.now < before[2] + self._flags["nodeGroupBackoffReset"]:
            length = min(before[1] * 2, most)
        self._memory.backoff[group] = [look.now + length, length, look.now]

    def _group_of(self, machine: Machine) -> Group:
        return Group(self._world.fleet.pools[machine.pool], machine.zone)

    # -- growing ------------------------------------------------------------------------------

    def _grow(self, look: _Look) -> bool:
        """Make room for the pods that wait; return whether machines were asked for."""
        pods = []
        for pod in seeing.waiting(look.read):
            born = nanoseconds(pod["metadata"]["creationTimestamp"])
            ripe = born + self._flags["newPodScaleUpDelay"]
            if ripe <= look.now:
                pods.append(pod)
            else:
                look.wakes.append(ripe)
        if not pods:
            self._memory.said.clear()
            return False
        groups = [(group, self._skipped(look, group)) for group in seeing.groups(self._world)]
        judged = growing.judge(self._world, look.read, self._sight, look.now, pods, groups)
        if not judged.options:
            self._say_why_not(look, judged)
            return False
        self._ask(look, judged)
        return True

    def _skipped(self, look: _Look, group: Group) -> str:
        until = self._memory.backoff.get(group.name, [0])[0]
        if until > look.now:
            look.wakes.append(until)
            return growing.BACKED_OFF
        most = group.pool.most or 0
        return growing.AT_MOST if len(self._world.fleet.of(group.pool.name)) >= most else ""

    def _ask(self, look: _Look, judged: growing.Judged) -> None:
        """Raise the size of the best group, and of those that are its like."""
        fleet, chosen = self._world.fleet, growing.best(judged.options)
        sizes = {o.group: len(fleet.of(o.group.pool.name, o.group.zone)) for o in judged.options}
        grown = growing.shares(chosen, judged.options, sizes)
        about, most, infos = status_map(look.read), chosen.group.pool.most, []
        for group, count in grown.items():
            before, after = sizes[group], sizes[group] + count
            rest = f"{group.name} size {{}} {after} instead of {before} (max: {most})"
            look.tell(about, "ScaledUpGroup", f"Scale-up: setting group {rest.format('to')}")
            first = chosen.helped[0]["metadata"]
            cause = f"pod/{first['namespace']}/{first['name']}"
            for _ in range(count):
                self._world.launch(group.pool, group.zone, look.now, by=AUTOSCALER, cause=cause)
            look.tell(about, "ScaledUpGroup", f"Scale-up: group {rest.format('set to')}")
            infos.append(f"{{{group.name} {before}->{after} (max: {most})}}")
        for pod in chosen.helped:
            text = f"pod triggered scale-up: [{' '.join(infos)}]"
            look.tell(pod, "TriggeredScaleUp", text)
        self._memory.added_at = look.now
        look.wakes.append(look.now + self._flags["scanInterval"])

    def _say_why_not(self, look: _Look, judged: growing.Judged) -> None:
        waiting = {pod["metadata"]["uid"] for pod in judged.pods}
        self._memory.said = {u: row for u, row in self._memory.said.items() if u in waiting}
        for pod in judged.pods:
            uid = pod["metadata"]["uid"]
            counted: dict[str, int] = {}
            for reasons in judged.reasons.get(uid, ()):
                for reason in reasons:
                    counted[reason] = counted.get(reason, 0) + 1
            said = ", ".join(f"{n} {reason}" for reason, n in counted.items())
            text = f"pod didn't trigger scale-up: {said}"
            before = self._memory.said.get(uid)
            if before is None or before[1] != text or look.now >= before[0] + _SAID_AGAIN:
                look.tell(pod, "NotTriggerScaleUp", text)
                before = self._memory.said[uid] = [look.now, text]
            look.wakes.append(before[0] + _SAID_AGAIN)

    # -- shrinking ----------------------------------------------------------------------------

    def _shrink(self, look: _Look) -> None:
        """Mark the nodes that nobody needs; let those go that have been so for long enough."""
        found = self._unneeded(look)
        memory, names = self._memory, [one.name for one in found]
        memory.since = {name: memory.since.get(name, look.now) for name in names}
        self._mark(look, names)
        if not found:
            return
        rests = [look.now]
        if memory.added_at is not None:
            rests.append(memory.added_at + self._flags["scaleDownDelayAfterAdd"])
        kept = [one.kept_at for one in self._world.fleet.machines.values() if one.kept_at]
        rests += [at + self._flags["scaleDownDelayAfterFailure"] for at in kept]
        unneeded_for = self._flags["scaleDownUnneededTime"]
        due = [one for one in found if memory.since[one.name] + unneeded_for <= look.now]
        look.wakes += [memory.since[one.name] + unneeded_for for one in found]
        if max(rests) > look.now:
            look.wakes.append(max(rests))
            return
        self._remove(look, due)

    def _unneeded(self, look: _Look) -> list[shrinking.Unneeded]:
        machines, nodes = self._world.fleet.machines, []
        for node in look.read.list(NODES):
            machine = machines.get(node["metadata"]["name"])
            if machine is None or not machine.complete or machine.leaving is not None:
                continue
            if machine.kept_at is not None and machine.kept_at + _KEPT_FOR > look.now:
                look.wakes.append(machine.kept_at + _KEPT_FOR)
                continue
            pool = self._world.fleet.pools[machine.pool]
            upgrading = pool.upgrade is not None and pool.upgrade.state == "running"
            ready = (condition(node, "Ready") or {}).get("status") == "True"
            if pool.autoscaled and ready and not upgrading and machine.retired_at is None:
                nodes.append(node)
        nodes = self._removable(nodes)

        def board() -> seeing.Trial:
            # Pods move to nodes that are ready, not to those that come.
            return self._sight.trial(look.read, look.read.list(NODES))

        threshold = self._flags["scaleDownUtilizationThreshold"]
        return shrinking.unneeded(nodes, look.read, board, threshold)

    def _removable(self, nodes: list[Obj]) -> list[Obj]:
        """Leave out the nodes of pools that have as few machines as they may."""
        fleet = self._world.fleet
        spare = {
            pool.name: len(fleet.of(pool.name)) - (pool.least or 0) for pool in fleet.pools.values()
        }
        return [n for n in nodes if spare[fleet.machines[n["metadata"]["name"]].pool] > 0]

    def _mark(self, look: _Look, names: list[str]) -> None:
        """Taint who is unneeded, so that pods go elsewhere where they can."""
        left = _MOST_AT_ONCE
        for node in look.read.list(NODES):
            name = node["metadata"]["name"]
            marked = node
            if has_taint(node, TO_BE_DELETED):
                continue
            if name in self._memory.since and not has_taint(node, DELETION_CANDIDATE):
                if left:
                    since = self._memory.since[name]
                    marked = with_taint(node, DELETION_CANDIDATE, "PreferNoSchedule", since)
                    left -= 1
            elif name not in names:
                marked = without_taint(node, DELETION_CANDIDATE)
            if marked is not node:
                look.actions.append(Update(NODES, marked))

    def _remove(self, look: _Look, due: list[shrinking.Unneeded]) -> None:
        """Let nodes go: empty ones together, one that has to be drained at a time."""
        fleet = self._world.fleet
        going = [m for m in fleet.machines.values() if m.leaving and m.leaving.by == AUTOSCALER]
        budget, drains = _MOST_AT_ONCE - len(going), 1 - len(going)
        spare = {p.name: len(fleet.of(p.name)) - (p.least or 0) for p in fleet.pools.values()}
        for one in sorted(due, key=lambda row: bool(row.pods)):
            machine = fleet.machines[one.name]
            if budget <= 0 or spare[machine.pool] <= 0 or (one.pods and drains <= 0):
                continue
            budget, drains = budget - 1, drains - bool(one.pods)
            spare[machine.pool] -= 1
            self._memory.since.pop(one.name, None)
            self._say_gone(look, one)
            until = look.now + self._flags["maxPodEvictionTime"]
            self._world.let_go(machine, Leaving(AUTOSCALER, look.now, until, force=False))
        look.wakes.append(look.now + self._flags["scanInterval"])

    def _say_gone(self, look: _Look, one: shrinking.Unneeded) -> None:
        about = status_map(look.read)
        if not one.pods:
            text = f'Scale-down: removing empty node "{one.name}"'
            look.tell(about, "ScaleDownEmpty", text)
            return
        names = ",".join(pod["metadata"]["name"] for pod in one.pods)
        text = (
            f"Scale-down: removing node {one.name}, utilization: {one.used.spell()}, "
            f"pods to reschedule: {names}"
        )
        look.tell(about, "ScaleDown", text)

    # -- state --------------------------------------------------------------------------------

    def snapshot(self) -> dict[str, Any]:
        memory = self._memory
        return {
            "since": dict(memory.since),
            "backoff": {group: list(row) for group, row in memory.backoff.items()},
            "said": {uid: list(row) for uid, row in memory.said.items()},
            "added_at": memory.added_at,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        self._memory = _Memory(
            dict(state["since"]),
            {group: list(row) for group, row in state["backoff"].items()},
            {uid: list(row) for uid, row in state["said"].items()},
            state["added_at"],
        )


def controller(chance: Chance, world: World, sight: Sight) -> Controller:
    """Return the loop; it rests where no pool may grow."""
    loop = ClusterAutoscaler(chance, world, sight)
    return Controller(
        name=CLUSTER_AUTOSCALER,
        component="cluster-autoscaler",
        watches={PODS: loop.of_pod, NODES: loop.of_other, PDBS: loop.of_other},
        deaf={PODS: QUIET},
        reconcile=loop.reconcile,
        refused=loop.refused,
        actor="cluster-autoscaler",
        snapshot=loop.snapshot,
        restore=loop.restore,
    )
