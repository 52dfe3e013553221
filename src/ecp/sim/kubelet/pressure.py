"""What runs out on a node: its conditions, and the pods that the kubelet ends for it.

Looked at every 10 s where it can happen at all: where the limits of the pods of a node come to more
memory than it has, where a pod without a limit takes more, where images fill the disk or a pod is
known to write; once more as soon as a pod that was ended is gone. One pod a look goes, if no image
can be dropped instead. Of a node whose memory runs out before that the kernel ends a container.
Source: kubernetes pkg/kubelet/eviction/{eviction_manager,helpers,defaults_linux}.go,
pkg/kubelet/nodestatus/setters.go (1.36).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from ecp.kube import kinds
from ecp.sim.clusters.eviction import DISK, MEMORY, Eviction, Threshold
from ecp.sim.kubelet import images, oom, ranking
from ecp.sim.kubelet.node import condition_of
from ecp.sim.kubelet.signals import HOUR, PAGE, Seen, Writes, observe, takes_of
from ecp.sim.kubelet.writes import Disk
from ecp.sim.plans import NOTHING, Action, Controller, EventNote, Plan, Reader, Update
from ecp.sim.store import Change, Key, Obj
from ecp.sim.world import PodRun, World
from ecp.sim.world.records import NodeRun
from ecp.sim.world.world import KUBELET, PRESSURE_KUBELET

PERIOD: Final = 10_000_000_000
"""Source: pkg/kubelet/kubelet.go evictionMonitoringPeriod."""
SOON: Final = 1_000_000_000
"""The grace of who is evicted at once. Source: immediateEvictionGracePeriodSeconds."""
CLEANED: Final = 1_000_000_000
"""How often it looks whether an evicted pod is gone. Source: podCleanupPollFreq."""
CRITICAL: Final = 2_000_000_000
"""Source: pkg/apis/scheduling SystemCriticalPriority."""
EVICTED: Final = "Evicted"
PREEMPTED: Final = "Preempting"

_SECOND: Final = 1_000_000_000
_WARNING: Final = "Warning"
# Condition -> reason while it holds, while it does not; the message follows from the reason.
_REASONS: Final = {
    "MemoryPressure": ("InsufficientMemory", "SufficientMemory"),
    "DiskPressure": ("DiskPressure", "NoDiskPressure"),
    "PIDPressure": ("InsufficientPID", "SufficientPID"),
}
_MESSAGES: Final = {
    "InsufficientMemory": "kubelet has insufficient memory available",
    "SufficientMemory": "kubelet has sufficient memory available",
    "DiskPressure": "kubelet has disk pressure",
    "NoDiskPressure": "kubelet has no disk pressure",
    "InsufficientPID": "kubelet has insufficient PID available",
    "SufficientPID": "kubelet has sufficient PID available",
}


def next_look(world: World, node: str, at: int) -> int:
    """Return when a kubelet next looks at what runs out, not before *at* (ns)."""
    phase = world.phase(f"eviction/{node}", PERIOD) // 1_000_000 * 1_000_000
    return -(-(at - phase) // PERIOD) * PERIOD + phase


def look_again(world: World, node: str, at: int) -> None:
    """A pod that was ended for its node is gone: the kubelet sees that and looks at once."""
    world.node(node).look_at = at + CLEANED
    world.touch(PRESSURE_KUBELET, ("", node))


def condemn(
    world: World, run: PodRun, reason: str, message: str, *, told: str = "", grace: int = SOON
) -> None:
    """Let the kubelet end a pod for good, with that reason and grace (ns).

    *told* is what its status says of it in a condition of its own, "" = it has none.
    """
    run.verdict = [reason, message, max(grace, 0), told, False]
    world.touch(KUBELET, run.key)


def margin(eviction: Eviction, capacity: int) -> int:
    """Return how much memory (bytes) a node wants to have left over."""
    wanted = [
        one.least.of(capacity) + one.reclaim.of(capacity)
        for one in eviction.thresholds
        if one.resource == MEMORY
    ]
    return max(wanted, default=0)


@dataclass(slots=True)
class _Look:
    """One node at one instant."""

    world: World
    eviction: Eviction
    writes: Writes
    read: Reader
    now: int
    name: str
    node: Obj
    machine: NodeRun

    def observe(self) -> Mapping[str, Seen]:
        return observe(self.world, self.machine, self.node, self.writes, self.now)

    def met(self, seen: Mapping[str, Seen], *, reclaimed: Iterable[str] | None) -> list[Threshold]:
        """Return the thresholds that are met; those of *reclaimed* (None: all) want more free."""
        found = []
        for one in self.eviction.thresholds:
            there = seen[one.resource]
            least = one.least.of(there.capacity)
            if reclaimed is None or one.name in reclaimed:
                least += one.reclaim.of(there.capacity)
            if there.capacity and there.available < least:
                found.append(one)
        return found

    def synchronize(self, seen: Mapping[str, Seen]) -> tuple[list[Action], list[EventNote]]:
        """Do what a kubelet does at one of its looks."""
        machine, now = self.machine, self.now
        met = self.met(seen, reclaimed=machine.met)
        machine.starved = {one.name: machine.starved.get(one.name, now) for one in met}
        before = list(machine.pressed)
        for one in met:
            machine.pressed[one.condition] = now
            machine.tight = machine.tight or one.resource == MEMORY
        machine.pressed = {
            kind: at
            for kind, at in sorted(machine.pressed.items())
            if now - at < self.eviction.transition
        }
        actions, events = self._conditions(before)
        due = [one for one in met if now - machine.starved[one.name] >= one.grace]
        machine.met = [one.name for one in due]
        if due:
            events += self._reclaim(due, seen)
        return actions, events

    def _conditions(self, before: list[str]) -> tuple[list[Action], list[EventNote]]:
        pressed = self.machine.pressed
        changed = [kind for kind in _REASONS if (kind in before) != (kind in pressed)]
        if not changed:
            return [], []
        rows, events = {}, []
        for kind in changed:
            holds = kind in pressed
            reason = _REASONS[kind][not holds]
            said, text = "True" if holds else "False", _MESSAGES[reason]
            rows[kind] = condition_of(kind, said, f"KubeletHas{reason}", text, self.now)
            said = f"Node {self.name} status is now: NodeHas{reason}"
            events.append(EventNote(self.node, "Normal", f"NodeHas{reason}", said))
        status = self.node.get("status") or {}
        conditions = [rows.get(one["type"], one) for one in status.get("conditions") or ()]
        new = {**self.node, "status": {**status, "conditions": conditions}}
        return [Update(kinds.NODES, new, "status")], events

    def _reclaim(self, due: list[Threshold], seen: Mapping[str, Seen]) -> Iterator[EventNote]:
        """Make room for the first of the thresholds: without ending a pod, else by ending one."""
        threshold = due[0]
        resource = threshold.resource
        said = f"Attempting to reclaim {resource}"
        yield EventNote(self.node, _WARNING, "EvictionThresholdMet", said)
        if threshold.condition == "DiskPressure":
            rows = images.unused(self.world, self.name, self.machine, self.now, ended=True)
            images.drop(self.machine, rows, None, self.eviction.age, self.now)
            if not self.met(self.observe(), reclaimed=None):
                return
        victims = [
            ranking.Victim(
                run, pod, takes_of(self.world, run, self.writes(run), resource, self.now)
            )
            for run, pod in self._candidates()
        ]
        if not victims:
            return
        first = ranking.first(victims, resource)
        there = seen[resource]
        left = there.available
        if resource in (MEMORY, DISK):
            left = left // PAGE * PAGE
        low = (resource, threshold.least.of(there.capacity), left)
        text = ranking.message(self.world, first, self.writes(first.run), low, self.now)
        grace = SOON if not threshold.grace else self._grace(first.pod)
        condemn(self.world, first.run, EVICTED, text, told=text, grace=grace)

    def _grace(self, pod: Obj) -> int:
        seconds = pod["spec"].get("terminationGracePeriodSeconds")
        most = self.eviction.most_grace
        return most if seconds is None else min(most, seconds * _SECOND)

    def _candidates(self) -> Iterator[tuple[PodRun, Obj]]:
        for uid in self.machine.pods:
            run = self.world.pods[uid]
            if run.end is not None or run.terminating or run.verdict:
                continue
            pod = self.read.get(kinds.PODS, *run.key)
            if pod is None or (pod["spec"].get("priority") or 0) >= CRITICAL:
                continue
            if any(one.alive(self.now) for one in run.containers):
                yield run, pod

    def collect(self, seen: Seen) -> list[EventNote]:
        """Drop images where the disk is full, as every 5 min."""
        machine, full = self.machine, _percent(seen)
        if full < self.eviction.high:
            machine.gc_failed = False
            return []
        wanted = seen.capacity * (100 - self.eviction.low) // 100 - seen.available
        rows = images.unused(self.world, self.name, machine, self.now, ended=False)
        freed = images.drop(machine, rows, wanted, self.eviction.age, self.now)
        if freed >= wanted:
            machine.gc_failed = False
            return []
        said = images.insufficient(full, seen.capacity, freed)
        events = [EventNote(self.node, _WARNING, "FreeDiskSpaceFailed", said)]
        if machine.gc_failed:
            events.append(EventNote(self.node, _WARNING, "ImageGCFailed", said))
        machine.gc_failed = True
        return events

    def starve(self, memory: Seen) -> list[EventNote]:
        """Let the kernel end something where the node takes more memory than it has."""
        lack = memory.taken - memory.capacity
        if lack <= 0 or not memory.capacity:
            return []
        self.machine.tight = True  # whatever starts from now on is looked at
        return oom.kill(self.world, self.machine, self.node, lack, self.now, self.read)

    def wakes(self, seen: Mapping[str, Seen], after: int) -> int | None:
        """Return when to look again, not before *after*."""
        looks, times = [], []
        for one in self.eviction.thresholds:
            there = seen[one.resource]
            least = one.least.of(there.capacity)
            if one.name in self.machine.met:
                least += one.reclaim.of(there.capacity)
            when = there.falls_below(least, self.now)
            if there.capacity and when is not None:
                looks.append(when)
        looks += [self.now for _ in self.machine.starved]
        looks += [at + self.eviction.transition for at in self.machine.pressed.values()]
        if looks:
            times.append(next_look(self.world, self.name, max(min(looks), after)))
        if self.machine.look_at is not None:
            times.append(max(self.machine.look_at, after))
        disk, memory = seen[DISK], seen[MEMORY]
        room = disk.capacity - disk.capacity * (self.eviction.high - 1) // 100
        full = disk.falls_below(room, self.now)
        if disk.capacity and full is not None:
            times.append(images.grid(self.world, self.name, max(full, after)))
        if memory.growth > 0 and memory.capacity:
            left = max(memory.capacity - memory.taken, 0)
            times.append(max(self.now + (left + 1) * HOUR // memory.growth + 1, after))
        return min(times) if times else None


def _percent(disk: Seen) -> int:
    """Return how full a disk is, in percent. Source: realImageGCManager.GarbageCollect."""
    return 100 - disk.available * 100 // disk.capacity if disk.capacity else 0


def evictor(
    world: World, eviction: Eviction, writes: Callable[[PodRun, Reader], Disk | None]
) -> Controller:
    """Return the loop in which each node's kubelet watches what it has."""

    def reconcile(now: int, key: Key, read: Reader) -> Plan:
        name = key[1]
        node, machine = read.get(kinds.NODES, "", name), world.nodes.get(name)
        if node is None or machine is None or not machine.up:
            return NOTHING
        look = _Look(world, eviction, lambda run: writes(run, read), read, now, name, node, machine)
        seen = look.observe()
        actions: list[Action] = []
        events = look.starve(seen[MEMORY])
        if events:
            seen = look.observe()
        if images.grid(world, name, now) == now:
            events += look.collect(seen[DISK])
            seen = look.observe()
        again = machine.look_at is not None and machine.look_at <= now
        if again:
            machine.look_at = None
        if again or next_look(world, name, now) == now:
            actions, said = look.synchronize(seen)
            events += said
            seen = look.observe()
        return Plan(tuple(actions), tuple(events), look.wakes(seen, now + 1))

    def of_nobody(change: Change, read: Reader) -> Iterable[Key]:
        return ()

    return Controller(
        name=PRESSURE_KUBELET,
        component="kubelet",
        watches={kinds.NODES: of_nobody},
        reconcile=reconcile,
        actor="kubelet",
        phase=2,
    )
