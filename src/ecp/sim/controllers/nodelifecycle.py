"""The node lifecycle controller: a silent node becomes Unknown, its pods unready, itself tainted.

Source: kubernetes pkg/controller/nodelifecycle/node_lifecycle_controller.go and
pkg/controller/util/node/controller_utils.go (1.36).

The real one looks at all nodes every 5 s. Here nothing ticks: the looks lie on a 5 s grid with a
phase of the run's own, and a node is looked at where on that grid something may follow. Whoever
stops or starts a node's heartbeat marks the key ("", node) of this controller.
"""

from collections.abc import Iterable, Sequence

from ecp.kube.kinds import NODES, PODS
from ecp.kube.pods import condition, is_ready, with_condition
from ecp.kube.times import nanoseconds, rfc3339
from ecp.sim.engine.chance import Chance
from ecp.sim.plans import (
    NOTHING,
    Action,
    Controller,
    EventNote,
    Plan,
    Reader,
    Update,
)
from ecp.sim.store import Change, Key, Obj
from ecp.sim.store.store import ADDED, DELETED, STATUS

SECOND = 1_000_000_000
MILLISECOND = 1_000_000

MONITOR_PERIOD = 5 * SECOND
GRACE = 50 * SECOND
"""Silence after which a node is Unknown. Source: nodelifecycle config defaults (1.36)."""
STARTUP_GRACE = 60 * SECOND
_EVICTION_PASS = 100 * MILLISECOND
# One NoExecute taint a zone in so many ns: 0.1/s, and 0.01/s in a large, half-broken zone.
_RATE = 10 * SECOND
_SLOW_RATE = 100 * SECOND
_LARGE_ZONE = 50
_BROKEN_SHARE = 0.55

NOT_READY = "node.kubernetes.io/not-ready"
UNREACHABLE = "node.kubernetes.io/unreachable"
_UNSCHEDULABLE = "node.kubernetes.io/unschedulable"
_EXCLUDED = "node.kubernetes.io/exclude-disruption"
_ZONE_LABELS = ("topology.kubernetes.io/region", "topology.kubernetes.io/zone")

# (condition, its status) -> the key of the NoSchedule taint that says so.
_TAINT_OF = {
    ("Ready", "False"): NOT_READY,
    ("Ready", "Unknown"): UNREACHABLE,
    ("MemoryPressure", "True"): "node.kubernetes.io/memory-pressure",
    ("DiskPressure", "True"): "node.kubernetes.io/disk-pressure",
    ("NetworkUnavailable", "True"): "node.kubernetes.io/network-unavailable",
    ("PIDPressure", "True"): "node.kubernetes.io/pid-pressure",
}
_OWN_TAINTS = (*_TAINT_OF.values(), _UNSCHEDULABLE)
_SILENT = ("Ready", "MemoryPressure", "DiskPressure", "PIDPressure")

# Keys of this namespace part carry news about a node instead of naming one.
_CAME, _WENT = "added", "deleted"


def _taints(node: Obj) -> Sequence[Obj]:
    return (node.get("spec") or {}).get("taints") or ()


def _ready_status(node: Obj) -> str | None:
    ready = condition(node, "Ready")
    return None if ready is None else ready["status"]


def _is_unready(node: Obj) -> bool:
    return _ready_status(node) not in ("True", None)


def _zone(node: Obj) -> tuple[str, ...]:
    labels = node["metadata"].get("labels") or {}
    return tuple(labels.get(label, "") for label in _ZONE_LABELS)


def _with_taints(node: Obj, taints: list[Obj]) -> Obj:
    spec = {k: v for k, v in (node.get("spec") or {}).items() if k != "taints"}
    if taints:
        spec["taints"] = taints
    return {**node, "spec": spec}


def _no_schedule(node: Obj, now: int) -> list[Obj]:
    """Return the node's taints with the NoSchedule ones as its conditions ask for."""
    wanted: dict[str, None] = {}
    for entry in (node.get("status") or {}).get("conditions") or ():
        key = _TAINT_OF.get((entry["type"], entry["status"]))
        if key is not None:
            wanted[key] = None
    if (node.get("spec") or {}).get("unschedulable"):
        wanted[_UNSCHEDULABLE] = None
    kept = []
    for taint in _taints(node):
        if taint["effect"] != "NoSchedule" or taint["key"] not in _OWN_TAINTS:
            kept.append(taint)
        elif taint["key"] in wanted:
            kept.append(taint)
            del wanted[taint["key"]]
    return [*kept, *(_taint(key, "NoSchedule", now) for key in wanted)]


def _taint(key: str, effect: str, now: int) -> Obj:
    return {"key": key, "effect": effect, "timeAdded": rfc3339(now)}


def _unknown(node: Obj, now: int) -> list[Obj]:
    """Return the node's conditions with all that its kubelet reports Unknown."""
    conditions = list((node.get("status") or {}).get("conditions") or ())
    found = {entry["type"]: index for index, entry in enumerate(conditions)}
    stamp = rfc3339(now)
    for kind in _SILENT:
        if kind not in found:
            conditions.append(
                {
                    "type": kind,
                    "status": "Unknown",
                    "lastHeartbeatTime": node["metadata"]["creationTimestamp"],
                    "lastTransitionTime": stamp,
                    "reason": "NodeStatusNeverUpdated",
                    "message": "Kubelet never posted node status.",
                }
            )
        elif conditions[found[kind]]["status"] != "Unknown":
            conditions[found[kind]] = {
                **conditions[found[kind]],
                "status": "Unknown",
                "lastTransitionTime": stamp,
                "reason": "NodeStatusUnknown",
                "message": "Kubelet stopped posting node status.",
            }
    return conditions


class NodeLifecycle:
    """The control loop over nodes; *phase* (ns) places its looks on the 5 s grid."""

    def __init__(self, phase: int) -> None:
        self._phase = phase
        # Names of the nodes that are not ready; None = to be looked for.
        self._waiting: set[str] | None = None

    def look_at(self, instant: int) -> int:
        """Return the first look at or after *instant*."""
        return -((self._phase - instant) // MONITOR_PERIOD) * MONITOR_PERIOD + self._phase

    # what wakes it

    def of_node(self, change: Change, read: Reader) -> Iterable[Key]:
        """The node; where its readiness changed, all that are not ready: rates hang on it."""
        name = change.key[1]
        if change.type == DELETED:
            return ((_WENT, name), *self._unready(change, read))
        if change.type == ADDED:
            return (("", name), (_CAME, name), *self._unready(change, read))
        old = change.old
        if old is not None and _ready_status(old) != _ready_status(change.object):
            return dict.fromkeys((("", name), *self._unready(change, read)))
        return (("", name),)

    def _unready(self, change: Change, read: Reader) -> list[Key]:
        """Return the nodes that are not ready after a change; mostly there is none to look for."""
        if self._waiting is not None:
            self._waiting.discard(change.key[1])
            if change.type != DELETED and _is_unready(change.object):
                self._waiting.add(change.key[1])
            if not self._waiting:
                return []
        found = [node["metadata"]["name"] for node in read.list(NODES) if _is_unready(node)]
        self._waiting = set(found)
        return [("", name) for name in found]

    def of_pod(self, change: Change, read: Reader) -> Iterable[Key]:
        """The node that a pod was just bound to, where that is not ready."""
        node_name = change.object["spec"].get("nodeName")
        if not node_name or change.type == DELETED:
            return ()
        if change.old is not None and change.old["spec"].get("nodeName"):
            return ()
        node = read.get(NODES, "", node_name)
        unready = node is not None and _ready_status(node) == "Unknown"
        return (("", node_name),) if unready else ()

    # reconcile

    def reconcile(self, now: int, key: Key, read: Reader) -> Plan:
        """Judge the node's silence, keep its taints, and mark its pods."""
        if key[0]:
            return self._news(key, read)
        node = read.get(NODES, *key)
        if node is None:
            return NOTHING
        wakes: list[int] = []
        silent_at = self._silent_at(node, read)
        if silent_at is not None and _ready_status(node) != "Unknown":
            if silent_at <= now:
                return self._silence(now, node, read)
            wakes.append(silent_at)
        taints = self._no_execute(now, node, _no_schedule(node, now), read, wakes)
        actions: list[Action] = []
        if taints != list(_taints(node)):
            actions.append(Update(NODES, _with_taints(node, taints)))
        events: list[EventNote] = []
        if _ready_status(node) == "Unknown":
            self._mark_pods(now, key[1], read, actions, events)
        return Plan(tuple(actions), tuple(events), min(wakes, default=None))

    def _news(self, key: Key, read: Reader) -> Plan:
        kind, name = key
        node = read.get(NODES, "", name)
        if kind == _CAME and node is not None:
            text = f"Node {name} event: Registered Node {name} in Controller"
            return Plan(events=(EventNote(node, "Normal", "RegisteredNode", text),))
        if kind == _WENT and node is None:
            text = f"Node {name} event: Removing Node {name} from Controller"
            gone = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}}
            return Plan(events=(EventNote(gone, "Normal", "RemovingNode", text),))
        return NOTHING

    def _silent_at(self, node: Obj, read: Reader) -> int | None:
        """Return the look at which the node's silence has lasted too long; None while it posts."""
        meta = node["metadata"]
        if _ready_status(node) is None:
            created = nanoseconds(meta["creationTimestamp"])
            return self.look_at(created + STARTUP_GRACE)
        beat = read.heartbeat(meta["name"])
        # A heartbeat counts from the look that sees it.
        return None if beat is None else self.look_at(beat) + GRACE

    def _silence(self, now: int, node: Obj, read: Reader) -> Plan:
        name = node["metadata"]["name"]
        status = {**(node.get("status") or {}), "conditions": _unknown(node, now)}
        actions: list[Action] = [Update(NODES, {**node, "status": status}, "status")]
        events: list[EventNote] = []
        if _ready_status(node) == "True":
            text = f"Node {name} status is now: NodeNotReady"
            events.append(EventNote(node, "Normal", "NodeNotReady", text))
        self._mark_pods(now, name, read, actions, events)
        return Plan(tuple(actions), tuple(events), now + MILLISECOND)

    def _mark_pods(
        self, now: int, node: str, read: Reader, actions: list[Action], events: list[EventNote]
    ) -> None:
        for pod in read.on_node(node):
            if not is_ready(pod):
                continue
            ready = condition(pod, "Ready") or {}
            unready = with_condition(
                pod,
                "Ready",
                "False",
                now,
                reason=ready.get("reason", ""),
                message=ready.get("message", ""),
            )
            actions.append(Update(PODS, unready, "status"))
            events.append(EventNote(pod, "Warning", "NodeNotReady", "Node is not ready"))

    # NoExecute taints

    def _no_execute(
        self, now: int, node: Obj, taints: list[Obj], read: Reader, wakes: list[int]
    ) -> list[Obj]:
        """Return *taints* with the NoExecute one that is due; *wakes* gets when one will be."""
        status = _ready_status(node)
        key = {"False": NOT_READY, "Unknown": UNREACHABLE}.get(status or "True")
        if key is not None and self._all_down(read):
            # When all seem lost, it is the controller that sees nothing: evict nobody.
            key = None
        present = [t for t in taints if _evicts(t)]
        if [t["key"] for t in present] == ([] if key is None else [key]):
            return taints
        due: int | None = now
        if key is None:
            due = self._look_of(node, read) if status == "True" else now
        elif present:
            due = self._look_of(node, read)
        else:
            free = self._free_at(now, node, read)
            due = None if free is None else max(self._look_of(node, read) + _EVICTION_PASS, free)
        if due is None or due > now:
            wakes += [] if due is None else [due]
            return taints
        others = [t for t in taints if not _evicts(t)]
        return others if key is None else [*others, _taint(key, "NoExecute", now)]

    def _look_of(self, node: Obj, read: Reader) -> int:
        """Return the look that saw the node's readiness change."""
        if _ready_status(node) == "Unknown":
            silent_at = self._silent_at(node, read)
            if silent_at is not None:
                return silent_at
        ready = condition(node, "Ready") or {}
        # Transitions are written in whole seconds: the look must not come before the fact.
        return self.look_at(nanoseconds(ready["lastTransitionTime"]) + SECOND - 1)

    def _all_down(self, read: Reader) -> bool:
        nodes = [node for node in read.list(NODES) if not _excluded(node)]
        return bool(nodes) and not any(_ready_status(node) == "True" for node in nodes)

    def _free_at(self, now: int, node: Obj, read: Reader) -> int | None:
        """Return when the node's zone may get its next NoExecute taint, None for not at all."""
        zone, nodes = _zone(node), read.list(NODES)
        rate = _rate(zone, nodes)
        if rate is None:
            return None
        added = [
            nanoseconds(taint["timeAdded"])
            for other in nodes
            if other is not node and _zone(other) == zone
            for taint in _taints(other)
            if _evicts(taint) and taint.get("timeAdded")
        ]
        last = max(added, default=None)
        swapped, before = self._swapped(now - rate, zone, nodes, rate)
        if swapped is not None and (last is None or last <= swapped):
            # A new limiter starts empty where the old one could not have let anybody through.
            used = last is not None and before is not None and last + before > swapped
            return swapped + rate if before is None or used else swapped
        return 0 if last is None else last + rate

    def _swapped(
        self, since: int, zone: tuple[str, ...], nodes: Sequence[Obj], rate: int
    ) -> tuple[int | None, int | None]:
        """Return the last look after *since* at which the zone got this *rate*, None: there is
        none; and the rate that it had before."""
        moved = sorted({_moved_at(other) for other in nodes}, reverse=True)
        for at, unknown in moved:
            look = self.look_at(at if unknown else at + SECOND - 1)
            if look <= since:
                break
            before = _rate(zone, nodes, at)
            if before != rate:
                return look, before
        return None, None


def _rate(zone: tuple[str, ...], nodes: Sequence[Obj], before: int | None = None) -> int | None:
    """Return the least time (ns) between two NoExecute taints in a zone, None: there are none.

    As things are, or as they were *before* an instant (ns).
    """
    counted = [other for other in nodes if not _excluded(other)]
    ready = {other["metadata"]["name"]: _was_ready(other, before) for other in counted}
    if counted and not any(ready.values()):
        return None
    in_zone = [ready[other["metadata"]["name"]] for other in counted if _zone(other) == zone]
    broken = in_zone.count(False)
    if 2 < broken < len(in_zone) and broken / len(in_zone) >= _BROKEN_SHARE:
        return None if len(in_zone) <= _LARGE_ZONE else _SLOW_RATE
    return _RATE


def _was_ready(node: Obj, before: int | None) -> bool:
    ready = _ready_status(node) == "True"
    return ready if before is None or _moved_at(node)[0] < before else not ready


def _moved_at(node: Obj) -> tuple[int, bool]:
    """Return when the node turned ready or not (ns, whole seconds), and whether it was at a look.

    A kubelet says so some time in that second; that a node is Unknown is said at a look.
    """
    ready = condition(node, "Ready")
    if ready is None or not ready.get("lastTransitionTime"):
        return 0, False
    return nanoseconds(ready["lastTransitionTime"]), ready["status"] == "Unknown"


def _evicts(taint: Obj) -> bool:
    return taint["effect"] == "NoExecute" and taint["key"] in (NOT_READY, UNREACHABLE)


def _excluded(node: Obj) -> bool:
    return _EXCLUDED in (node["metadata"].get("labels") or {})


def controller(chance: Chance) -> Controller:
    """Return the node lifecycle controller; *chance* draws the phase of its 5 s grid."""
    loop = NodeLifecycle(chance.below(MONITOR_PERIOD, "node-monitor/phase"))
    return Controller(
        name="nodelifecycle",
        component="node-controller",
        watches={NODES: loop.of_node, PODS: loop.of_pod},
        deaf={PODS: STATUS},
        reconcile=loop.reconcile,
        refused=_refused,
    )


def _refused(now: int, key: Key, action: Action, error: Exception, read: Reader) -> Plan:
    """A pod was gone: go on with the others."""
    return Plan(wake_at=now + MILLISECOND)
