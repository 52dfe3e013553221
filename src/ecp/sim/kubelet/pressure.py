"""Memory that runs out on a node: its condition, and the pods that the kubelet ends for it.

Looked at every 10 s where it can happen at all: where the limits of the pods of a node come to more
than it has, and where a pod without a limit takes more. One pod a look goes. Of the thresholds only
the stock one of memory is looked at. Source: kubernetes pkg/kubelet/eviction/{eviction_manager,
helpers,defaults_linux}.go, pkg/kubelet/nodestatus/setters.go (1.36).
"""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from ecp.kube import kinds, quantity
from ecp.kube.sizes import requests
from ecp.sim.kubelet.node import condition_of
from ecp.sim.plans import NOTHING, Action, Controller, EventNote, Plan, Reader, Update
from ecp.sim.store import Change, Key, Obj
from ecp.sim.world import PodRun, World
from ecp.sim.world.records import NodeRun
from ecp.sim.world.usage import SYSTEM
from ecp.sim.world.world import KUBELET, PRESSURE_KUBELET

PERIOD: Final = 10_000_000_000
"""Source: pkg/kubelet/kubelet.go evictionMonitoringPeriod."""
TRANSITION: Final = 300_000_000_000
"""How long a condition outlives what led to it. Source: evictionPressureTransitionPeriod."""
THRESHOLD: Final = 100 << 20
"""Source: evictionHard memory.available."""
SOON: Final = 1_000_000_000
"""The grace of who is evicted at once. Source: immediateEvictionGracePeriodSeconds."""
CRITICAL: Final = 2_000_000_000
"""Source: pkg/apis/scheduling SystemCriticalPriority."""
EVICTED: Final = "Evicted"

_PAGE: Final = 4096
_HOUR: Final = 3600
_SECOND: Final = 1_000_000_000
_MEMORY: Final = "memory"
_PRESSURE: Final = "MemoryPressure"
_SHORT: Final = (
    _PRESSURE,
    "True",
    "KubeletHasInsufficientMemory",
    "kubelet has insufficient memory available",
)
_ENOUGH: Final = (
    _PRESSURE,
    "False",
    "KubeletHasSufficientMemory",
    "kubelet has sufficient memory available",
)
_SAID: Final = {"True": "NodeHasInsufficientMemory", "False": "NodeHasSufficientMemory"}


class Victim(NamedTuple):
    """A pod that may be ended, with what it takes and asks for (bytes)."""

    run: PodRun
    pod: Obj
    takes: int
    asks: int


def next_look(world: World, node: str, at: int) -> int:
    """Return when a kubelet next looks at what runs out, not before *at* (ns)."""
    phase = world.phase(f"eviction/{node}", PERIOD) // 1_000_000 * 1_000_000
    return -(-(at - phase) // PERIOD) * PERIOD + phase


def condemn(
    world: World, run: PodRun, reason: str, message: str, *, disrupts: bool, grace: int = SOON
) -> None:
    """Let the kubelet end a pod for good, with that reason and grace (ns).

    *disrupts*: its status says so in a condition of its own.
    """
    run.verdict = [reason, message, max(grace, 0), disrupts, False]
    world.touch(KUBELET, run.key)


def memory_of(world: World, run: PodRun, now: int) -> list[tuple[str, int]]:
    """Return (container, bytes) of what runs in a pod."""
    alive = [one for one in run.containers if one.alive(now)]
    said = next((row[2] for row in reversed(run.usage) if row[0] <= now), None)
    asked = [one.takes.asks_memory if one.takes else 0 for one in alive]
    total = sum(asked)
    found = []
    for number, container in enumerate(alive):
        takes = container.takes
        if said is None:
            memory = takes.memory if takes is not None else 0
        elif total:
            memory = said * asked[number] // total
        else:
            memory = said if number == 0 else 0
        if takes is not None and takes.growth and container.started_at is not None:
            grown = max(0, now - container.started_at - takes.settles)
            memory += takes.growth * grown // (_HOUR * _SECOND)
        if number == 0:
            memory += world.leaked(run, now)
        found.append((container.name, memory // _PAGE * _PAGE))
    return found


def _rate(run: PodRun, now: int) -> int:
    """Return what a pod's memory gains, bytes an hour."""
    grows = sum(one.takes.growth for one in run.containers if one.takes and one.alive(now))
    return grows + (run.strain or {}).get("leak", 0) * _HOUR


def _taken(world: World, machine: NodeRun, now: int) -> tuple[int, int]:
    """Return what a node's memory holds (bytes), and what that gains (bytes an hour)."""
    total, rate = SYSTEM.memory, 0
    for uid in machine.pods:
        run = world.pods[uid]
        held = memory_of(world, run, now)
        if held:
            total += SYSTEM.memory_of_pod + sum(memory for _, memory in held)
            rate += _rate(run, now)
    return total, rate


def evictor(world: World) -> Controller:
    """Return the loop in which each node's kubelet watches its memory."""

    def reconcile(now: int, key: Key, read: Reader) -> Plan:
        name = key[1]
        node, machine = read.get(kinds.NODES, "", name), world.nodes.get(name)
        if node is None or machine is None or not machine.up:
            return NOTHING
        status = node.get("status") or {}
        capacity = quantity.value((status.get("capacity") or {}).get(_MEMORY, 0))
        taken, rate = _taken(world, machine, now)
        available = capacity - taken
        if next_look(world, name, now) != now:
            return Plan(wake_at=_wakes(world, name, machine, now, available, rate))
        met = available < THRESHOLD
        was = machine.pressed_at
        if met:
            machine.pressed_at = now
        elif was is not None and now - was >= TRANSITION:
            machine.pressed_at = None
        actions: tuple[Action, ...] = ()
        events: list[EventNote] = []
        if (was is None) != (machine.pressed_at is None):
            row = _SHORT if machine.pressed_at is not None else _ENOUGH
            conditions = [
                condition_of(*row, now) if one["type"] == _PRESSURE else one
                for one in status.get("conditions") or ()
            ]
            new = {**node, "status": {**status, "conditions": conditions}}
            actions = (Update(kinds.NODES, new, "status"),)
            said = f"Node {name} status is now: {_SAID[row[1]]}"
            events.append(EventNote(node, "Normal", _SAID[row[1]], said))
        if met:
            said = "Attempting to reclaim memory"
            events.append(EventNote(node, "Warning", "EvictionThresholdMet", said))
            _evict(world, machine, now, available, read)
        wakes = _wakes(world, name, machine, now + 1, available, rate)
        return Plan(actions, tuple(events), wakes)

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


def _wakes(
    world: World, name: str, machine: NodeRun, now: int, available: int, rate: int
) -> int | None:
    """Return when to look again: memory will have run out, or pressure will be forgotten."""
    times = []
    if available < THRESHOLD:
        times.append(now)
    elif rate > 0:
        times.append(now + (available - THRESHOLD) * _HOUR * _SECOND // rate)
    if machine.pressed_at is not None:
        times.append(machine.pressed_at + TRANSITION)
    return next_look(world, name, min(times)) if times else None


def _evict(world: World, machine: NodeRun, now: int, available: int, read: Reader) -> None:
    """End the pod that comes first: over its request, of low priority, far over its request."""
    victims = list(_victims(world, machine, now, read))
    if not victims:
        return
    first = min(
        victims,
        key=lambda one: (
            one.takes <= one.asks,
            one.pod["spec"].get("priority") or 0,
            one.asks - one.takes,
        ),
    )
    condemn(world, first.run, EVICTED, _message(world, first, now, available), disrupts=True)


def _victims(world: World, machine: NodeRun, now: int, read: Reader) -> Iterator[Victim]:
    for uid in machine.pods:
        run = world.pods[uid]
        if run.end is not None or run.terminating or run.verdict:
            continue
        pod = read.get(kinds.PODS, *run.key)
        takes = sum(memory for _, memory in memory_of(world, run, now))
        if pod is not None and takes and (pod["spec"].get("priority") or 0) < CRITICAL:
            yield Victim(run, pod, takes, requests(pod["spec"]).get(_MEMORY, 0))


def _message(world: World, victim: Victim, now: int, available: int) -> str:
    spec = victim.pod["spec"]
    text = (
        f"The node was low on resource: memory. Threshold quantity: "
        f"{quantity.fmt_binary(THRESHOLD)}, available: {_shown(max(available, 0))}. "
    )
    using = "{} {} was using {}, request is {}, has larger consumption of memory. "
    whole = ((spec.get("resources") or {}).get("requests") or {}).get(_MEMORY)
    if whole is not None:
        name = victim.pod["metadata"]["name"]
        text += using.format("Pod", name, _shown(victim.takes), quantity.canonical(whole))
    asked = {
        one["name"]: ((one.get("resources") or {}).get("requests") or {}).get(_MEMORY, "0")
        for one in (*spec["containers"], *(spec.get("initContainers") or ()))
    }
    for name, memory in memory_of(world, victim.run, now):
        if name in asked and memory > quantity.value(asked[name]):
            shown = quantity.canonical(asked[name])
            text += using.format("Container", name, _shown(memory), shown)
    return text


def _shown(amount: int) -> str:
    return quantity.fmt_binary(amount // _PAGE * _PAGE)
