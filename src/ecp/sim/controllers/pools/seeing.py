"""What a cluster autoscaler works with: pods that wait, groups that may grow, a board to try on."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from ecp.kube import quantity
from ecp.kube.kinds import DAEMONSETS, NODES, PODS
from ecp.kube.pods import condition
from ecp.sim.plans import Reader
from ecp.sim.store import Obj
from ecp.sim.world import World
from ecp.sim.world.fleet import Machine, Pool

EXPENDABLE_BELOW = -10
"""Pods of a lower priority start no machine. Source: --expendable-pods-priority-cutoff."""
_SCHEDULER = "default-scheduler"


class Requests:
    """What pods ask for, as long as one look lasts: pods of one template are added up once."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[int, dict[str, int]] = {}

    def of(self, pod: Obj) -> dict[str, int]:
        """Return the sum over a pod's containers: "cpu" in milli, all else in whole units."""
        containers = pod["spec"]["containers"]
        found = self._known.get(id(containers))
        if found is None:
            found = self._known[id(containers)] = {"cpu": 0, "memory": 0}
            for container in containers:
                wanted = (container.get("resources") or {}).get("requests") or {}
                for name, n in wanted.items():
                    one = quantity.milli(n) if name == "cpu" else quantity.value(n)
                    found[name] = found.get(name, 0) + one
        return found


class Trial(Protocol):
    """A board on which pods are tried; see the scheduler's."""

    def add(self, node: Obj) -> None: ...
    def place(self, pod: Obj, node: str) -> None: ...
    def lift(self, pod: Obj) -> None: ...
    def why_not(self, pod: Obj, node: str) -> tuple[str, ...]: ...
    def fit(
        self, pod: Obj, *, but: Collection[str] = (), among: Collection[str] = ()
    ) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Sight:
    """What the assembly lends: a board over given nodes, and the Node that a machine becomes.

    `flags` are the autoscaler's, ns and percent, by the names of the model file.
    """

    trial: Callable[[Reader, Sequence[Obj]], Trial]
    node: Callable[[Machine, int], Obj]
    flags: Mapping[str, int]


class Group(NamedTuple):
    """What grows together: the machines of a pool in one zone.

    Its name is the pool's, and the zone's where the pool has several.
    """

    pool: Pool
    zone: str

    @property
    def name(self) -> str:
        return self.pool.name if len(self.pool.zones) == 1 else f"{self.pool.name}-{self.zone}"


def groups(world: World) -> list[Group]:
    """Return the groups that may grow and shrink, in the order of the model."""
    pools = (pool for pool in world.fleet.pools.values() if pool.autoscaled)
    return [Group(pool, zone) for pool in pools for zone in pool.zones]


def waiting(read: Reader) -> list[Obj]:
    """Return the pods that the scheduler found no node for, oldest first."""
    found = []
    for pod in read.list(PODS):
        spec = pod["spec"]
        if spec.get("nodeName") or "deletionTimestamp" in pod["metadata"]:
            continue
        if (spec.get("schedulerName") or _SCHEDULER) != _SCHEDULER:
            continue
        said = condition(pod, "PodScheduled")
        if said is None or said["status"] != "False" or said.get("reason") != "Unschedulable":
            continue
        if (spec.get("priority") or 0) >= EXPENDABLE_BELOW:
            found.append(pod)
    return found


def is_upcoming(machine: Machine, node: Obj | None) -> bool:
    """Whether a machine was asked for and cannot take all of its pods yet."""
    if machine.failure or machine.retired_at is not None or machine.leaving is not None:
        return False
    return not machine.complete or node is None


def imagined(world: World, read: Reader, sight: Sight, now: int) -> list[Obj]:
    """Return the nodes as they will be: those that are here, and those that come, ready."""
    machines = world.fleet.machines
    found = []
    for node in read.list(NODES):
        machine = machines.get(node["metadata"]["name"])
        if machine is None or not is_upcoming(machine, node):
            found.append(node)
    for machine in machines.values():
        node_now = read.get(NODES, "", machine.name)
        if is_upcoming(machine, node_now) and not (machine.complete and node_now is None):
            found.append(sight.node(machine, now))
    return found


def template(world: World, group: Group, sight: Sight, now: int, number: int) -> Obj:
    """Return the node that one machine more of a group would become."""
    name = f"template-node-for-{group.name}-{number}"
    pool = group.pool
    return sight.node(Machine(name, pool.name, group.zone, 0, pool.version), now)


def daemons(read: Reader, node: str) -> Iterable[Obj]:
    """Return the pods that DaemonSets would put on a node of that name, where they may."""
    for daemon_set in read.list(DAEMONSETS):
        meta, made = daemon_set["metadata"], daemon_set["spec"]["template"]
        yield {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                **(made.get("metadata") or {}),
                "namespace": meta["namespace"],
                "name": f"{meta['name']}-{node}",
            },
            "spec": made["spec"],
        }
