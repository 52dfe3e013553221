"""Scaling up: which group, and by how many machines, makes room for the pods that wait.

Source: cluster-autoscaler core/scaleup/orchestrator (orchestrator.go, skippedreasons.go),
core/podlistprocessor/filter_out_schedulable.go, estimator/binpacking_estimator.go,
expander/waste/waste.go, processors/nodegroupset (groups that are alike share an increase).
The expander is the default one, least-waste; equal ones are drawn there, here the group that comes
first in the model wins.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ecp.kube import quantity
from ecp.sim.controllers.pools.seeing import (
    Group,
    Requests,
    Sight,
    Trial,
    daemons,
    imagined,
    template,
)
from ecp.sim.plans import Reader
from ecp.sim.store import Obj
from ecp.sim.world import World

BACKED_OFF = "in backoff after failed scale-up"
AT_MOST = "max node group size reached"


@dataclass(frozen=True, slots=True)
class Option:
    """A group that helps: `helped` get a place on `count` machines more; `waste` is 0 to 2."""

    group: Group
    helped: tuple[Obj, ...]
    count: int
    waste: float


@dataclass(slots=True)
class Judged:
    """What came of the pods that wait: `options` to grow by, and per pod (uid) why a group does
    not help it, one tuple of reasons a group.
    """

    pods: list[Obj]
    options: list[Option] = field(default_factory=list)
    reasons: dict[str, list[tuple[str, ...]]] = field(default_factory=dict)


def left_over(pods: Sequence[Obj], trial: Trial) -> list[Obj]:
    """Return the pods that will not fit on the nodes there are or that come; others are placed."""
    ordered = sorted(pods, key=lambda pod: -(pod["spec"].get("priority") or 0))
    left = []
    for pod in ordered:
        node = trial.fit(pod)
        if node is None:
            left.append(pod)
        else:
            trial.place(pod, node)
    return left


def judge(
    world: World,
    read: Reader,
    sight: Sight,
    now: int,
    pods: Sequence[Obj],
    groups: Sequence[tuple[Group, str]],
) -> Judged:
    """Judge the groups for the pods that wait. *groups* come with why they are skipped, or ""."""
    nodes = imagined(world, read, sight, now)
    left = left_over(pods, sight.trial(read, nodes))
    judged = Judged(left)
    if not left:
        return judged
    for group, skipped in groups:
        if skipped:
            for pod in left:
                judged.reasons.setdefault(pod["metadata"]["uid"], []).append((skipped,))
            continue
        room = _room(world, group)
        bench = _Bench(world, read, sight, now, group)
        option = bench.option(left, room, lambda: sight.trial(read, nodes), judged.reasons)
        if option is not None:
            judged.options.append(option)
    return judged


def _room(world: World, group: Group) -> int:
    most = group.pool.most
    return 0 if most is None else most - len(world.fleet.of(group.pool.name))


class _Bench:
    """One group's estimate: machines are added to a board one by one until no pod is helped."""

    def __init__(self, world: World, read: Reader, sight: Sight, now: int, group: Group) -> None:
        self._world, self._read, self._sight = world, read, sight
        self._now, self._group = now, group
        self._names: list[str] = []

    def option(
        self,
        pods: Sequence[Obj],
        room: int,
        board: Callable[[], Trial],
        reasons: dict[str, list[tuple[str, ...]]],
    ) -> Option | None:
        """Return what the group could do for *pods*; those it cannot help get their reasons."""
        trial = board()
        first = self._grow(trial)
        fitting = []
        for pod in pods:
            why = trial.why_not(pod, first)
            if why:
                reasons.setdefault(pod["metadata"]["uid"], []).append(why)
            else:
                fitting.append(pod)
        helped = self._pack(trial, _largest_first(fitting), room)
        if not helped:
            return None
        used = len({node for _, node in helped})
        node = template(self._world, self._group, self._sight, self._now, 0)
        placed = tuple(pod for pod, _ in helped)
        return Option(self._group, placed, used, _waste(node, placed, used))

    def _grow(self, trial: Trial) -> str:
        made = template(self._world, self._group, self._sight, self._now, len(self._names))
        name: str = made["metadata"]["name"]
        trial.add(made)
        self._names.append(name)
        for pod in daemons(self._read, name):
            if not trial.why_not(pod, name):
                trial.place(pod, name)
        return name

    def _pack(self, trial: Trial, pods: Sequence[Obj], room: int) -> list[tuple[Obj, str]]:
        helped: list[tuple[Obj, str]] = []
        used: dict[str, None] = {}
        for pod in pods:
            node = trial.fit(pod, among=self._names)
            # While the last one is empty, one more would not help either.
            if node is None and self._names[-1] in used and len(self._names) < room:
                name = self._grow(trial)
                node = name if not trial.why_not(pod, name) else None
            if node is not None:
                used[node] = None
                trial.place(pod, node)
                helped.append((pod, node))
        return helped


def _largest_first(pods: Sequence[Obj]) -> list[Obj]:
    """Return pods by what they ask for, the largest first. Source: estimator decreasing order."""
    asked = Requests()
    return sorted(pods, key=lambda pod: (-asked.of(pod)["cpu"], -asked.of(pod)["memory"]))


def _waste(node: Obj, pods: Sequence[Obj], count: int) -> float:
    """Return the share of CPU plus that of memory which stays idle on *count* new nodes."""
    offered, asked = node["status"]["allocatable"], Requests()
    cpu = quantity.milli(offered["cpu"]) * count
    memory = quantity.value(offered["memory"]) * count
    idle = (cpu - sum(asked.of(pod)["cpu"] for pod in pods)) / cpu
    idle += (memory - sum(asked.of(pod)["memory"] for pod in pods)) / memory
    return round(idle, 9)


def best(options: Sequence[Option]) -> Option:
    """Return the option that wastes least; of equal ones the first."""
    return min(options, key=lambda option: option.waste)


def shares(
    chosen: Option, options: Sequence[Option], sizes: Mapping[Group, int]
) -> dict[Group, int]:
    """Split an increase among the zones of a pool that help alike, the smallest first.

    Returns by how many machines each group grows.
    """
    alike = [
        option.group
        for option in options
        if option.group.pool is chosen.group.pool
        and option.count == chosen.count
        and len(option.helped) == len(chosen.helped)
    ]
    grown = dict.fromkeys(alike, 0)
    for _ in range(chosen.count):
        smallest = min(alike, key=lambda group: sizes[group] + grown[group])
        grown[smallest] += 1
    return {group: n for group, n in grown.items() if n}
