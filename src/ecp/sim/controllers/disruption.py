"""PodDisruptionBudgets: how many of their pods may go by somebody's will, now.

Source: kubernetes pkg/controller/disruption/disruption.go (1.36). Not here: scales of custom
controllers, and the condition of a pod whose eviction came to nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ecp.kube.kinds import DEPLOYMENTS, PDBS, PODS, RCS, REPLICASETS, STATEFULSETS
from ecp.kube.pods import condition, is_ready, is_terminating
from ecp.kube.selectors import from_object
from ecp.kube.times import nanoseconds, rfc3339
from ecp.sim.plans import (
    NOTHING,
    Controller,
    EventNote,
    Plan,
    Reader,
    Update,
    controller_of,
    itself,
)
from ecp.sim.store import Change, Key, Obj

ALLOWED = "DisruptionAllowed"
_GONE_WITHIN = 120 * 1_000_000_000
"""An evicted pod is expected to be deleted within so many ns; then it counts again."""
_UNMANAGED = (
    "Pods selected by this PodDisruptionBudget (selector: {selector}) were found to be unmanaged. "
    "As a result, the status of the PDB cannot be calculated correctly, which may result in "
    'undefined behavior. To account for these pods please set ".spec.minAvailable" field of the '
    "PDB to an integer value."
)


class _NoController(Exception):
    """A pod names an owner that is not there: its scale cannot be known."""


def _reconcile(now: int, key: Key, read: Reader) -> Plan:
    budget = read.get(PDBS, *key)
    if budget is None:
        return NOTHING
    selected = from_object(budget["spec"].get("selector")).matches
    pods = [pod for pod in read.list(PODS, key[0]) if selected(pod["metadata"].get("labels") or {})]
    notes: list[EventNote] = []
    if not pods:
        notes.append(EventNote(budget, "Normal", "NoPods", "No matching pods found"))
    try:
        expected, wanted, unmanaged = _wanted(budget["spec"], pods, read)
    except _NoController as error:
        notes.append(
            EventNote(
                budget,
                "Warning",
                "CalculateExpectedPodCountFailed",
                f"Failed to calculate the number of expected pods: {error}",
            )
        )
        held = budget.get("status") or {}
        generation = held.get("observedGeneration", 0)
        return _written(
            now, budget, {**held, "disruptionsAllowed": 0}, generation, "SyncFailed", notes, error
        )
    if unmanaged:
        text = _UNMANAGED.format(selector=_as_go(budget["spec"].get("selector")))
        notes.append(EventNote(budget, "Warning", "UnmanagedPods", text))
    going = _going(now, budget, pods)
    healthy = sum(
        not is_terminating(pod) and pod["metadata"]["name"] not in going and is_ready(pod)
        for pod in pods
    )
    allowed = max(0, healthy - wanted) if expected > 0 else 0
    generation = budget["metadata"]["generation"]
    status = {
        "observedGeneration": generation,
        "disruptionsAllowed": allowed,
        "currentHealthy": healthy,
        "desiredHealthy": wanted,
        "expectedPods": expected,
        **({"disruptedPods": going} if going else {}),
    }
    reason = "SufficientPods" if allowed else "InsufficientPods"
    plan = _written(now, budget, status, generation, reason, notes)
    since = [nanoseconds(stamp) for stamp in going.values()]
    return plan._replace(wake_at=min(since) + _GONE_WITHIN) if since else plan


def _going(now: int, budget: Obj, pods: Iterable[Obj]) -> dict[str, str]:
    """Return the pods that were evicted and are not seen to go yet, with the instants of that."""
    evicted = (budget.get("status") or {}).get("disruptedPods") or {}
    return {
        pod["metadata"]["name"]: evicted[pod["metadata"]["name"]]
        for pod in pods
        if pod["metadata"]["name"] in evicted
        and not is_terminating(pod)
        and now < nanoseconds(evicted[pod["metadata"]["name"]]) + _GONE_WITHIN
    }


def _written(
    now: int,
    budget: Obj,
    status: Obj,
    generation: int,
    reason: str,
    notes: Sequence[EventNote],
    message: object = "",
) -> Plan:
    """Return the plan that makes the budget say *status*, with its one condition."""
    before = condition(budget, ALLOWED)
    entry: Obj = {
        "type": ALLOWED,
        "status": "True" if reason == "SufficientPods" else "False",
        "observedGeneration": generation,
        "lastTransitionTime": rfc3339(now),
        "reason": reason,
        "message": str(message),
    }
    if before is not None and before["status"] == entry["status"]:
        entry["lastTransitionTime"] = before["lastTransitionTime"]
    wanted = {**status, "conditions": [entry]}
    if wanted == budget.get("status"):
        return Plan((), tuple(notes))
    return Plan((Update(PDBS, {**budget, "status": wanted}, "status"),), tuple(notes))


def _as_go(selector: Obj | None) -> str:
    """Return a selector as Go prints it. Source: apimachinery meta/v1/generated.pb.go (String)."""
    if selector is None:
        return "nil"
    labels = selector.get("matchLabels") or {}
    pairs = "".join(f"{key}: {labels[key]}," for key in sorted(labels))
    wishes = "".join(
        f"LabelSelectorRequirement{{Key:{one['key']},Operator:{one['operator']},"
        f"Values:[{' '.join(one.get('values') or ())}],}},"
        for one in selector.get("matchExpressions") or ()
    )
    return (
        f"&LabelSelector{{MatchLabels:map[string]string{{{pairs}}},"
        f"MatchExpressions:[]LabelSelectorRequirement{{{wishes}}},}}"
    )


def _wanted(spec: Obj, pods: Sequence[Obj], read: Reader) -> tuple[int, int, list[str]]:
    """Return (pods expected, pods that have to be healthy, names of pods without a controller)."""
    most, least = spec.get("maxUnavailable"), spec.get("minAvailable")
    if most is None and isinstance(least, int):
        return len(pods), least, []
    if most is None and least is None:
        return 0, 0, []
    expected, unmanaged = _scale(pods, read)
    if most is not None:
        return expected, max(0, expected - _part(most, expected)), unmanaged
    return expected, _part(least, expected), unmanaged


def _part(value: Any, of: int) -> int:
    """Return an amount, or a percentage of *of*, rounded up."""
    if isinstance(value, int):
        return value
    return -(-int(str(value).removesuffix("%")) * of // 100)


def _scale(pods: Iterable[Obj], read: Reader) -> tuple[int, list[str]]:
    """Return the sum of the scales of the pods' controllers. Raises _NoController."""
    scales: dict[str, int] = {}
    unmanaged = []
    known: set[str] = set()
    for pod in pods:
        owner = controller_of(pod)
        if owner is None:
            unmanaged.append(pod["metadata"]["name"])
        elif owner["uid"] not in known:
            known.add(owner["uid"])
            found = _scale_of(owner, pod["metadata"]["namespace"], read)
            if found is None:
                raise _NoController(f'found no controllers for pod "{pod["metadata"]["name"]}"')
            scales[found[0]] = found[1]
    return sum(scales.values()), unmanaged


_BY_ITSELF = {"ReplicationController": RCS, "StatefulSet": STATEFULSETS}


def _scale_of(owner: Mapping[str, Any], namespace: str, read: Reader) -> tuple[str, int] | None:
    """Return (uid, replicas) of what scales its pods itself, or the Deployment above it."""
    by_itself = _BY_ITSELF.get(owner["kind"])
    if by_itself is not None:
        found = read.get(by_itself, namespace, owner["name"])
        if found is None or found["metadata"]["uid"] != owner["uid"]:
            return None
        return owner["uid"], found["spec"].get("replicas", 1)
    if owner["kind"] != "ReplicaSet":
        return None
    replica_set = read.get(REPLICASETS, namespace, owner["name"])
    if replica_set is None or replica_set["metadata"]["uid"] != owner["uid"]:
        return None
    above = controller_of(replica_set)
    if above is not None and above["kind"] == "Deployment":
        deployment = read.get(DEPLOYMENTS, namespace, above["name"])
        if deployment is not None and deployment["metadata"]["uid"] == above["uid"]:
            return above["uid"], deployment["spec"].get("replicas", 1)
    return owner["uid"], replica_set["spec"].get("replicas", 1)


def _of_pod(change: Change, read: Reader) -> Iterable[Key]:
    """The budgets that select the pod, as it is or was."""
    budgets = read.list(PDBS, change.key[0])
    if not budgets:
        return ()
    states = [change.object] if change.old is None else [change.object, change.old]
    labels = [state["metadata"].get("labels") or {} for state in states]
    return [
        (change.key[0], budget["metadata"]["name"])
        for budget in budgets
        if any(map(from_object(budget["spec"].get("selector")).matches, labels))
    ]


def _of_scale(change: Change, read: Reader) -> Iterable[Key]:
    """Every budget of the namespace, when a workload is scaled."""
    old = change.old
    if old is not None and old["spec"].get("replicas") == change.object["spec"].get("replicas"):
        return ()
    return [(change.key[0], b["metadata"]["name"]) for b in read.list(PDBS, change.key[0])]


def controller() -> Controller:
    """Return the controller."""
    return Controller(
        name="disruption",
        component="controllermanager",
        watches={
            PDBS: itself,
            PODS: _of_pod,
            DEPLOYMENTS: _of_scale,
            REPLICASETS: _of_scale,
            STATEFULSETS: _of_scale,
        },
        reconcile=_reconcile,
    )
