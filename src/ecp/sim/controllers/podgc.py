"""The pod garbage collector: pods of nodes that are no more, and too many finished ones.

Source: kubernetes pkg/controller/podgc/gc_controller.go (1.36). The real one looks every 20 s and
waits 40 s more before it believes that a node is gone; here it looks on that grid, but only when
something gave cause to.
"""

from collections.abc import Iterable

from ecp.kube.kinds import NODES, PODS
from ecp.kube.pods import condition, is_terminal, with_condition
from ecp.sim.engine.chance import Chance
from ecp.sim.plans import NOTHING, Action, Controller, Delete, Plan, Reader, Update
from ecp.sim.store import Change, Key, Obj
from ecp.sim.store.store import DELETED, FIGURES

SECOND = 1_000_000_000

PERIOD = 20 * SECOND
QUARANTINE = 40 * SECOND
TERMINATED_THRESHOLD = 12_500
"""Finished pods that are kept. Source: --terminated-pod-gc-threshold."""

_OUT_OF_SERVICE = "node.kubernetes.io/out-of-service"
# The key of the look at finished pods; other keys are ("", node).
_FINISHED: Key = ("finished", "pods")


class PodGc:
    """The control loop; *phase* (ns) places its looks on the 20 s grid."""

    def __init__(self, phase: int) -> None:
        self._phase = phase

    def _next_look(self, instant: int) -> int:
        return -((self._phase - instant) // PERIOD) * PERIOD + self._phase

    def of_node(self, change: Change, read: Reader) -> Iterable[Key]:
        """A node that went, or was declared out of service."""
        gone = change.type == DELETED or _out_of_service(change.object)
        return (change.key,) if gone else ()

    def of_pod(self, change: Change, read: Reader) -> Iterable[Key]:
        """A pod that finished, or is bound to a node that is not there."""
        if change.type == DELETED:
            return ()
        pod, old = change.object, change.old
        node = pod["spec"].get("nodeName")
        bound = old is not None and old["spec"].get("nodeName")
        going = "deletionTimestamp" in pod["metadata"]
        found: list[Key] = []
        if is_terminal(pod) and not (old is not None and is_terminal(old)):
            found.append(_FINISHED)
        if node and (not bound or going):
            machine = read.get(NODES, "", node)
            if machine is None or (going and _out_of_service(machine)):
                found.append(("", node))
        return found

    def reconcile(self, now: int, key: Key, read: Reader) -> Plan:
        """Collect at a look of the grid; come back at one otherwise."""
        look = self._next_look(now)
        if key == _FINISHED:
            return Plan(tuple(_surplus(read))) if look == now else Plan(wake_at=look)
        node = read.get(NODES, *key)
        pods = read.on_node(key[1])
        if node is not None:
            pods = [p for p in pods if _lost_for_good(p, node)]
        if not pods:
            return NOTHING
        if look != now:
            return Plan(wake_at=look if node is not None else look + QUARANTINE)
        return Plan(tuple(a for pod in pods for a in _force(now, pod, orphan=node is None)))


def _out_of_service(node: Obj) -> bool:
    ready = condition(node, "Ready")
    taints = (node.get("spec") or {}).get("taints") or ()
    return (ready is None or ready["status"] != "True") and any(
        taint["key"] == _OUT_OF_SERVICE for taint in taints
    )


def _lost_for_good(pod: Obj, node: Obj) -> bool:
    return "deletionTimestamp" in pod["metadata"] and _out_of_service(node)


def _surplus(read: Reader) -> list[Action]:
    finished = [pod for pod in read.list(PODS) if is_terminal(pod)]
    surplus = len(finished) - TERMINATED_THRESHOLD
    if surplus <= 0:
        return []

    def evicted_then_oldest(pod: Obj) -> tuple[bool, str, str]:
        meta = pod["metadata"]
        return pod["status"].get("reason") != "Evicted", meta["creationTimestamp"], meta["name"]

    finished.sort(key=evicted_then_oldest)
    return [_deletion(pod) for pod in finished[:surplus]]


def _force(now: int, pod: Obj, *, orphan: bool) -> list[Action]:
    """Return the actions that make an unfinished pod Failed and take it away."""
    actions: list[Action] = []
    if not is_terminal(pod):
        failed = {**pod, "status": {**(pod.get("status") or {}), "phase": "Failed"}}
        if orphan:
            failed = with_condition(
                failed,
                "DisruptionTarget",
                "True",
                now,
                reason="DeletionByPodGC",
                message="PodGC: node no longer exists",
            )
        actions.append(Update(PODS, failed, "status"))
    return [*actions, _deletion(pod)]


def _deletion(pod: Obj) -> Delete:
    meta = pod["metadata"]
    return Delete(PODS, (meta["namespace"], meta["name"]), grace=0, uid=meta["uid"])


def _refused(now: int, key: Key, action: Action, error: Exception, read: Reader) -> Plan:
    """Somebody else was first: look again at the next look."""
    return Plan(wake_at=now + SECOND)


def controller(chance: Chance) -> Controller:
    """Return the pod garbage collector; *chance* draws the phase of its grid."""
    loop = PodGc(chance.below(PERIOD, "pod-gc/phase"))
    return Controller(
        name="pod-gc",
        component="pod-garbage-collector",
        watches={NODES: loop.of_node, PODS: loop.of_pod},
        deaf={PODS: FIGURES},
        reconcile=loop.reconcile,
        refused=_refused,
    )
