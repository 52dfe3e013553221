"""What is seen of faults: in the store's changes, in the figures of traffic, and when it is over.

Nothing here changes anything: a fault's proof and its recovery are read off what happened.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from ecp.kube import quantity
from ecp.kube.kinds import (
    DAEMONSETS,
    DEPLOYMENTS,
    ENDPOINTSLICES,
    EVENTS,
    NODES,
    PODS,
    REPLICASETS,
    STATEFULSETS,
)
from ecp.kube.pods import condition, is_active, is_ready
from ecp.sim.faults.catalogue import SEEN_IN_FIGURES
from ecp.sim.faults.effects import EFFECTS, GPU, PPM_A_PERCENT, Between, Hold
from ecp.sim.faults.injected import Injected
from ecp.sim.plans import Reader
from ecp.sim.store import Change, Obj
from ecp.sim.traffic.model import Result
from ecp.sim.world import World
from ecp.sim.world.troubles import felt

# What keeps pods running, and tells how many there are.
_KEEPING = (DEPLOYMENTS, REPLICASETS, STATEFULSETS, DAEMONSETS)
_MILLION = 1_000_000
_MEBI = 1024 * 1024
_SLOTS_A_MINUTE = 12
# The least share of the promised rise that proves it: demand moves by itself meanwhile.
_ENOUGH = 0.9
# The least share of requests that must fail where some shall (percent).
_LEAST = 0.1
# How long a leak must have gone on before its bytes are asked for (s).
_LEAKED_S = 20


class Watch:
    """The faults of which something is still to be seen.

    `figures(namespace)` gives what is known of the workloads' traffic there, by name.
    """

    def __init__(self, read: Reader, world: World) -> None:
        self._read = read
        self._world = world
        self.figures: Callable[[str], Mapping[str, Result]] = _unknown
        self.open: list[Injected] = []

    # -- changes ----------------------------------------------------------------------------------

    def observe(self, change: Change) -> None:
        """Note what *change* shows."""
        resource = change.resource
        if resource == PODS:
            for fault in list(self.open):
                self._see_pod(fault, change)
        elif resource in _KEEPING:
            for fault in list(self.open):
                self._see_workload(fault, change)
        elif resource == ENDPOINTSLICES:
            self._see_slice(change)
        elif resource == NODES:
            ready = condition(change.object, "Ready")
            if ready is not None and ready["status"] != "True":
                for fault in self.open:
                    if change.key[1] in fault.nodes:
                        fault.seen.setdefault("node-unknown", change.at)
            for fault in self.open:
                if change.key[1] in fault.nodes:
                    _see_node(fault, change)
        elif resource == EVENTS and change.object.get("reason") == "Unhealthy":
            uid = (change.object.get("involvedObject") or {}).get("uid")
            for fault in self.open:
                if any(uid == row[2] for row in fault.pods):
                    fault.seen.setdefault("probe-failed", change.at)

    def _see_pod(self, fault: Injected, change: Change) -> None:
        uid = change.object["metadata"]["uid"]
        if not any(uid == row[2] for row in fault.pods):
            return
        _follow(fault.courses.setdefault(uid, {}), change)
        if change.object["metadata"].get("deletionTimestamp") and fault.nodes:
            fault.seen.setdefault("evicted", change.at)
        if change.type == "DELETED":
            fault.seen.setdefault("pod-gone", change.at)
        if change.old is not None and _restarts(change.object) > _restarts(change.old):
            fault.seen.setdefault("restart-seen", change.at)
        if uid in fault.dips and (
            change.type == "DELETED"
            or not is_active(change.object)
            or (is_ready(change.object) and not self._gone(uid, change.at))
        ):
            self._whole_again(fault, uid, change.at)

    def _gone(self, uid: str, now: int) -> bool:
        """Whether a process of the pod's own is not there, or answers nobody."""
        run = self._world.pods.get(uid)
        if run is None:
            return False
        return run.hung or any(
            c.role in ("app", "sidecar") and not c.alive(now) for c in run.containers
        )

    def _see_workload(self, fault: Injected, change: Change) -> None:
        row = [change.resource, *change.key]
        if row not in fault.workloads:
            return
        name = "/".join(row)
        if change.type == "DELETED":
            fault.unserved.pop(change.key[1], None)
            self._whole_again(fault, name, change.at)
            return
        spec, status = change.object.get("spec") or {}, change.object.get("status") or {}
        wanted, there = spec.get("replicas", 1), status.get("availableReplicas", 0)
        if change.resource == DAEMONSETS:
            wanted = status.get("desiredNumberScheduled", 0)
            there = status.get("numberAvailable", 0)
        if there < wanted:
            fault.dips[name] = change.at
            fault.dipped = True
        else:
            self._whole_again(fault, name, change.at)

    def _whole_again(self, fault: Injected, name: str, now: int) -> None:
        if fault.dips.pop(name, None) is not None and not fault.dips:
            fault.recovered = now
            self.judge(fault, now)

    def _see_slice(self, change: Change) -> None:
        for fault in self.open:
            if "endpoints-left" in fault.seen:
                continue
            ours = {row[2]: None for row in fault.pods}
            before = _ready_uids(change.old)
            after = {} if change.type == "DELETED" else _ready_uids(change.object)
            if any(uid in ours and uid not in after for uid in before):
                fault.seen["endpoints-left"] = change.at

    # -- figures ----------------------------------------------------------------------------------

    def remember(self, fault: Injected) -> None:
        """Write down how well what it will hit is served right before it begins."""
        for _, namespace, name in fault.workloads:
            result = self.figures(namespace).get(name)
            if result is not None:
                fault.before[name] = result.bad

    def promise(self, fault: Injected) -> None:
        """Write down what the figures must come to, computed from what they are now."""
        wanted = [row.observe for row in fault.row.expect if row.observe in SEEN_IN_FIGURES]
        before = self._followed(fault) if wanted else None
        if before is None:
            return
        if "requests-rose" in wanted:
            times = int(fault.wish["parameters"]["percent"]) / 100
            asked = sum(_asked(self.figures(space).values()) for space in fault.spaces)
            # Of nobody so many times as many are nobody: that proves nothing.
            if asked:
                fault.promised["requests-rose"] = round(_ENOUGH * times * asked, 6)
            return
        lines = EFFECTS[fault.effect]
        if isinstance(lines, Between):
            self._promise_lines(fault, lines, before, wanted)
            return
        struck = [row for row in fault.pods if fault.levels.get(row[2])]
        pods = [p for p in (self._read.get(PODS, *row[:2]) for row in struck) if p is not None]
        if not pods or not before.pods:
            return
        share = min(1.0, len(pods) / max(before.pods, before.listed))
        level = min(fault.levels[row[2]] for row in struck)
        for what in wanted:
            promised = _promised(what, fault.effect, (level, share), before, pods[0])
            if promised is not None:
                fault.promised[what] = round(promised, 3)

    def _promise_lines(
        self, fault: Injected, effect: Between, before: Result, wanted: Sequence[str]
    ) -> None:
        """What lies on lines is felt by who calls over them, for as much as goes over them."""
        if fault.others or not before.pods:
            return  # who of them calls the other is not known here: what is seen is seen
        feels = felt(effect.strain(fault.wish["parameters"]))
        share = min(1.0, len(fault.pods) / max(before.pods, before.listed))
        if "requests-failed" in wanted and feels.failing:
            percent = _ENOUGH * share * feels.failing / PPM_A_PERCENT
            fault.promised["requests-failed"] = round(min(percent, 100 * share * _ENOUGH), 3)

    def _followed(self, fault: Injected) -> Result | None:
        """Return the figures of the first workload it hit whose traffic is followed."""
        found = (self.figures(ns).get(name) for _, ns, name in fault.workloads)
        return next((result for result in found if result is not None), None)

    def followed(self, fault: Injected) -> list[str]:
        """Return the workloads it hit whose traffic is followed."""
        return [name for _, ns, name in fault.workloads if name in self.figures(ns)]

    def looked(self, namespace: str, results: Sequence[Result], now: int) -> None:
        """Note what requests meet in *namespace* from now on."""
        for fault in list(self.open):
            names = [name for _, ns, name in fault.workloads if ns == namespace]
            if not names:
                continue
            by_name = {result.name: result for result in results}
            followed = next((by_name[name] for name in names if name in by_name), None)
            if followed is not None and not (fault.lasts and fault.ended is not None):
                for what, promised in fault.promised.items():
                    tells = followed.pods > 0 or what in ("requests-failed", "requests-rose")
                    if what not in fault.seen and tells:
                        fault.observed[what] = _figure(what, followed)
                        if what == "requests-rose":
                            fault.observed[what] = _asked(results)
                        if what == "requests-failed":
                            # A door fails nothing itself: who comes through it does.
                            lost = max(_lost_to(result, fault.id) for result in results)
                            fault.observed[what] = max(fault.observed[what], lost)
                        if fault.observed[what] >= promised:
                            fault.seen[what] = now
            if fault.over:
                for name in names:
                    result = by_name.get(name)
                    worse = result is not None and result.bad > fault.before.get(name, 0)
                    if result is not None and result.state == "D" and worse:
                        fault.unserved[name] = now
                        fault.dipped = True
                    else:
                        fault.unserved.pop(name, None)
                self.judge(fault, now)

    # -- recovery ---------------------------------------------------------------------------------

    def end(self, fault: Injected, now: int) -> None:
        """It has ended: from here on its recovery is waited for."""
        for namespace, name, uid in fault.pods:
            pod = self._read.get(PODS, namespace, name)
            if pod is not None and is_active(pod) and self._gone(uid, now):
                fault.dips[uid] = now
                fault.dipped = True
        if not fault.dipped and fault.recovered is None:
            # Nobody in the cluster noticed: it was whole again with the fault's own end.
            fault.recovered = now
        fault.restored = None
        fault.unserved = dict.fromkeys(self.followed(fault), now)
        self.judge(fault, now)

    def judge(self, fault: Injected, now: int) -> None:
        """Say when all is whole and served again; let go of what nothing is left to see of."""
        if fault.restored is None and fault.over and not fault.dips and not fault.unserved:
            # Of what nobody ends, or what fell once, harm must have been seen before.
            held = fault.lasts and fault.ended is not None
            if fault.dipped or held or not fault.took:
                fault.restored = now
        self.open = [
            each
            for each in self.open
            if each.recovered is None
            or each.restored is None
            or (each.ended is None and each.until is not None)
        ]


def _follow(course: dict[str, int], change: Change) -> None:
    """Note in a pod's course whether it is ready from now on."""
    if change.type == "DELETED":
        course.setdefault("gone", change.at)
    elif not is_ready(change.object):
        course.setdefault("unready", change.at)
        course.pop("ready", None)
    elif "unready" in course:
        course.setdefault("ready", change.at)


def _promised(
    what: str, effect: str, struck: tuple[int, float], before: Result, pod: Obj
) -> float | None:
    """Return the figure that proves it, None where the workload has no such figure.

    *struck*: the level, and the share of the workload's pods that it is on. Of each line of
    traffic/model.py it is the least consequence: a burner takes its share of the limit, a delay is
    added to each request, what is refused or not answered fails.
    """
    put, share = struck
    level = put * share
    if what == "usage-rose":
        return _ENOUGH * level / _MILLION * _cpu_ceiling(pod) if before.modelled else None
    if what == "memory-rose":
        held = level if effect == "hold" else level * _LEAKED_S
        if effect == "hold" and before.memory_limit and before.memory + put > before.memory_limit:
            return None  # the kernel ends it before anybody has seen it
        grown = before.memory + _ENOUGH * held
        return grown / _MEBI if before.modelled else None
    hold = EFFECTS[effect]
    # requests-failed: all that reach a hung pod, a part of those that reach one that aborts
    if effect in ("hang", "cut"):
        return _ENOUGH * 100 * level
    feels = felt({hold.strain: put} if isinstance(hold, Hold) else {})
    if what == "latency-rose":
        return before.mean + _ENOUGH * share * feels.delay / 1_000_000
    return max(_ENOUGH * share * feels.failing / PPM_A_PERCENT, _LEAST)


def _figure(what: str, result: Result) -> float:
    """Return what the figures say."""
    return {
        "usage-rose": float(result.cpu),
        "memory-rose": round(result.memory / _MEBI, 1),
        "latency-rose": float(result.mean),
        "requests-failed": result.bad / PPM_A_PERCENT,
        "requests-rose": _asked((result,)),
    }[what]


def _lost_to(result: Result, fault: str) -> float:
    """Return how many percent of the requests fail because of a fault."""
    lost = sum(share.ppm for share in result.shares if share.seen.cause == fault)
    return lost / PPM_A_PERCENT


def _asked(results: Iterable[Result]) -> float:
    """Return how many requests a minute come from outside, to all of them together."""
    return sum(result.entered for result in results if result.entry) * _SLOTS_A_MINUTE / _MILLION


def _see_node(fault: Injected, change: Change) -> None:
    pressed = condition(change.object, "DiskPressure")
    if pressed is not None and pressed["status"] == "True":
        fault.seen.setdefault("disk-pressure", change.at)
    status = change.object.get("status") or {}
    there = (status.get("capacity") or {}).get(GPU)
    if there is not None and (status.get("allocatable") or {}).get(GPU) != there:
        fault.seen.setdefault("gpus-fell", change.at)


def _cpu_ceiling(pod: Obj) -> int:
    """Return what a burner in the pod can take (milli-CPU): its limit, else request, else a core.

    As the traffic's model has it: 0 where one of the containers says nothing.
    """
    for sort in ("limits", "requests"):
        said = [
            ((container.get("resources") or {}).get(sort) or {}).get("cpu")
            for container in pod["spec"]["containers"]
        ]
        if None not in said:
            return sum(quantity.milli(str(amount)) for amount in said)
    return 1000


def _restarts(pod: Obj) -> int:
    rows = (pod.get("status") or {}).get("containerStatuses") or ()
    return sum(row.get("restartCount", 0) for row in rows)


def _ready_uids(found: Obj | None) -> dict[str, None]:
    if found is None:
        return {}
    return {
        (endpoint.get("targetRef") or {}).get("uid", ""): None
        for endpoint in found.get("endpoints") or ()
        if (endpoint.get("conditions") or {}).get("ready", True)
    }


def _unknown(namespace: str) -> Mapping[str, Result]:
    return {}
