"""Scaling down: which nodes nobody needs, because what little is on them has room elsewhere.

Source: cluster-autoscaler core/scaledown/eligibility/eligibility.go, simulator/utilization/info.go,
simulator/drainability/rules (which pods keep a node), core/scaledown/planner/planner.go.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ecp.kube import quantity
from ecp.kube.kinds import PDBS
from ecp.kube.pods import is_terminal
from ecp.kube.selectors import from_object
from ecp.sim.controllers.pools.marks import (
    SAFE_TO_EVICT,
    SCALE_DOWN_DISABLED,
    is_daemon,
    is_mirror,
)
from ecp.sim.controllers.pools.seeing import Requests, Trial
from ecp.sim.plans import Reader, controller_of
from ecp.sim.store import Obj

_LOCAL = "cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes"
_GPU = "nvidia.com/"


class Utilisation(NamedTuple):
    """Shares (0 to 1) of what a node offers that its pods request; `counts` is the one judged."""

    cpu: float
    memory: float
    gpu: float
    counts: str

    @property
    def share(self) -> float:
        return {"cpu": self.cpu, "memory": self.memory}.get(self.counts, self.gpu)

    def spell(self) -> str:
        """Return it as the autoscaler prints it."""
        parts = (self.cpu, self.memory, self.gpu, 0)
        numbers = " ".join(f"{round(part, 6):g}" for part in parts)
        return f"{{{numbers}  {self.counts} {round(self.share, 6):g}}}"


@dataclass(frozen=True, slots=True)
class Unneeded:
    """A node that could go: what is used of it, and the pods that would have to move."""

    node: Obj
    used: Utilisation
    pods: tuple[Obj, ...]

    @property
    def name(self) -> str:
        return str(self.node["metadata"]["name"])


def utilisation(node: Obj, pods: Iterable[Obj], asked: Requests) -> Utilisation:
    """Return what the pods of a node request of it; of a node with GPUs only those count."""
    offered = node["status"]["allocatable"]
    devices = {name: quantity.value(n) for name, n in offered.items() if name.startswith(_GPU)}
    taken = dict.fromkeys(("cpu", "memory", *devices), 0)
    for pod in pods:
        if not is_terminal(pod):
            wanted = asked.of(pod)
            for name in taken:
                taken[name] += wanted.get(name, 0)
    gpus = max((taken[name] / n for name, n in devices.items() if n), default=0.0)
    cpu = taken["cpu"] / quantity.milli(offered["cpu"])
    memory = taken["memory"] / quantity.value(offered["memory"])
    counts = next(iter(devices)) if any(devices.values()) else "cpu" if cpu > memory else "memory"
    return Utilisation(cpu, memory, gpus, counts)


def holds(pod: Obj, read: Reader) -> str:
    """Return why a pod keeps its node from going, "" where it may move.

    The reasons are those of the autoscaler: NotReplicated, UnmovableKubeSystemPod,
    LocalStorageRequested, NotSafeToEvictAnnotation, NotEnoughPdb.
    """
    meta = pod["metadata"]
    said = (meta.get("annotations") or {}).get(SAFE_TO_EVICT)
    if is_terminal(pod):
        return ""
    if said != "true":
        if controller_of(pod) is None:
            return "NotReplicated"
        if meta["namespace"] == "kube-system" and not _budgets(pod, read):
            return "UnmovableKubeSystemPod"
        if said == "false":
            return "NotSafeToEvictAnnotation"
        if _has_local_storage(pod):
            return "LocalStorageRequested"
    for budget in _budgets(pod, read):
        if (budget.get("status") or {}).get("disruptionsAllowed", 0) < 1:
            return "NotEnoughPdb"
    return ""


def _budgets(pod: Obj, read: Reader) -> list[Obj]:
    labels = pod["metadata"].get("labels") or {}
    return [
        budget
        for budget in read.list(PDBS, pod["metadata"]["namespace"])
        if from_object(budget["spec"].get("selector")).matches(labels)
    ]


def _has_local_storage(pod: Obj) -> bool:
    allowed = (pod["metadata"].get("annotations") or {}).get(_LOCAL, "")
    safe = {name.strip() for name in allowed.split(",")}
    return any(
        ("emptyDir" in volume or "hostPath" in volume) and volume["name"] not in safe
        for volume in pod["spec"].get("volumes") or ()
    )


def is_disabled(node: Obj) -> bool:
    """Whether somebody has excepted the node from scaling down."""
    annotations = node["metadata"].get("annotations") or {}
    return bool(annotations.get(SCALE_DOWN_DISABLED) == "true")


def unneeded(
    nodes: Sequence[Obj], read: Reader, board: Callable[[], Trial], threshold: int
) -> list[Unneeded]:
    """Return which of *nodes* could all go: under *threshold* percent, their pods movable.

    *board* makes one on which every pod stands; it is asked for when a pod has to be moved.
    """
    found: list[Unneeded] = []
    asked = Requests()
    trial: Trial | None = None
    gone: list[str] = []
    for node in nodes:
        name = node["metadata"]["name"]
        pods = read.on_node(name)
        used = utilisation(node, pods, asked)
        if used.share * 100 >= threshold or is_disabled(node):
            continue
        moving = [pod for pod in pods if not is_daemon(pod) and not is_mirror(pod)]
        if any(holds(pod, read) for pod in moving):
            continue
        living = [pod for pod in moving if not is_terminal(pod)]
        if living:
            trial = trial or board()
            if not _moved(trial, living, name, gone):
                continue
        gone.append(name)
        found.append(Unneeded(node, used, tuple(moving)))
    return found


def _moved(trial: Trial, pods: Sequence[Obj], name: str, gone: Sequence[str]) -> bool:
    """Find the pods of a node places on others that stay; put all back where one finds none."""
    for pod in pods:
        trial.lift(pod)
    for pod in pods:
        place = trial.fit(pod, but=(*gone, name))
        if place is None:
            for other in pods:
                trial.place(other, name)
            return False
        trial.place(pod, place)
    return True
