"""PodDisruptionBudgets: how many of their pods may go by somebody's will, now.

Source: kubernetes pkg/controller/disruption/disruption.go (1.36). Not here: scales of custom
controllers, and the condition of a pod whose eviction came to nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ecp.kube.kinds import BUILT_IN, DEPLOYMENTS, PDBS, PODS, RCS, REPLICASETS, STATEFULSETS
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
    shares,
)
from ecp.sim.store import Change, Key, Obj
from ecp.sim.store.store import ALL, DELETED

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


class _Tally:
    """The figures of one budget's pods, kept up with their changes."""

    __slots__ = ("healthy", "matches", "owners", "pods", "selector", "unmanaged")

    def __init__(self, selector: Obj | None, pods: Iterable[Obj]) -> None:
        self.selector = selector
        self.matches = from_object(selector).matches
        self.pods = self.healthy = self.unmanaged = 0
        # uid of a controller -> how many of the pods are its, the reference to it
        self.owners: dict[str, tuple[int, Mapping[str, Any]]] = {}
        for pod in pods:
            self.count(pod, 1)

    def count(self, pod: Obj, n: int) -> None:
        """Add a pod that the budget selects, or with *n* = -1 take it off."""
        self.pods += n
        if not is_terminating(pod) and is_ready(pod):
            self.healthy += n
        owner = controller_of(pod)
        if owner is None:
            self.unmanaged += n
            return
        uid = owner["uid"]
        held, first = self.owners.get(uid, (0, owner))
        if held + n:
            self.owners[uid] = (held + n, first)
        else:
            del self.owners[uid]


class Budgets:
    """The control loop, and what it keeps count of instead of counting anew each time.

    The figures say nothing that the store does not say: a restored cluster counts once.
    """

    def __init__(self) -> None:
        self._tallies: dict[str, dict[str, _Tally]] = {}  # by namespace, by name of the budget

    def of_budget(self, change: Change, read: Reader) -> Iterable[Key]:
        """The budget itself."""
        if change.type == DELETED:
            self._tallies.get(change.key[0], {}).pop(change.key[1], None)
        return (change.key,)

    def of_pod(self, change: Change, read: Reader) -> Iterable[Key]:
        """The budgets that select the pod, as it is or was."""
        namespace = change.key[0]
        budgets = read.list(PDBS, namespace)
        if not budgets:
            return ()
        new, old = change.object, change.old
        labels = new["metadata"].get("labels") or {}
        before = labels
        if old is not None and not shares(new, old, "labels"):
            before = old["metadata"].get("labels") or {}
        moved = change.reach == ALL or old is None or is_ready(new) != is_ready(old)
        tallies = self._tallies.get(namespace, {})
        found = []
        for budget in budgets:
            name, selector = budget["metadata"]["name"], budget["spec"].get("selector")
            tally = tallies.get(name)
            if tally is not None and tally.selector is not selector:
                del tallies[name]
                tally = None
            matches = from_object(selector).matches if tally is None else tally.matches
            now = matches(labels)
            was = now if before is labels else matches(before)
            if not now and not was:
                continue
            if now:  # whose labels do not match any more is not looked at: the real one's, too
                found.append((namespace, name))
            if tally is not None and moved:
                if was and old is not None:
                    tally.count(old, -1)
                if now and change.type != DELETED:
                    tally.count(new, 1)
        return found

    def _tally_of(self, key: Key, budget: Obj, read: Reader) -> _Tally:
        tallies = self._tallies.setdefault(key[0], {})
        tally, selector = tallies.get(key[1]), budget["spec"].get("selector")
        if tally is None or tally.selector is not selector:
            tally = tallies[key[1]] = _Tally(selector, _selected(selector, key[0], read))
        return tally

    def reconcile(self, now: int, key: Key, read: Reader) -> Plan:
        """Write how many of the budget's pods may go."""
        budget = read.get(PDBS, *key)
        if budget is None:
            return NOTHING
        tally = self._tally_of(key, budget, read)
        notes: list[EventNote] = []
        if not tally.pods:
            notes.append(EventNote(budget, "Normal", "NoPods", "No matching pods found"))
        try:
            expected, wanted, unmanaged = _wanted(budget, tally, read)
        except _NoController as error:
            text = f"Failed to calculate the number of expected pods: {error}"
            notes.append(EventNote(budget, "Warning", "CalculateExpectedPodCountFailed", text))
            held = budget.get("status") or {}
            generation = held.get("observedGeneration", 0)
            status = {**held, "disruptionsAllowed": 0}
            return _written(now, budget, status, generation, "SyncFailed", notes, error)
        if unmanaged:
            text = _UNMANAGED.format(selector=_as_go(budget["spec"].get("selector")))
            notes.append(EventNote(budget, "Warning", "UnmanagedPods", text))
        going, lost = _going(now, budget, read)
        healthy = tally.healthy - lost
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


def _selected(selector: Obj | None, namespace: str, read: Reader) -> list[Obj]:
    matches = from_object(selector).matches
    return [p for p in read.list(PODS, namespace) if matches(p["metadata"].get("labels") or {})]


def _going(now: int, budget: Obj, read: Reader) -> tuple[dict[str, str], int]:
    """Return the pods that were evicted and are not seen to go yet, with the instants of that.

    Beside it how many of them are ready.
    """
    evicted = (budget.get("status") or {}).get("disruptedPods")
    if not evicted:
        return {}, 0
    found, ready = {}, 0
    namespace = budget["metadata"]["namespace"]
    for pod in _selected(budget["spec"].get("selector"), namespace, read):
        stamp = evicted.get(pod["metadata"]["name"])
        if stamp is None or is_terminating(pod) or now >= nanoseconds(stamp) + _GONE_WITHIN:
            continue
        found[pod["metadata"]["name"]] = stamp
        ready += is_ready(pod)
    return found, ready


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


def _wanted(budget: Obj, tally: _Tally, read: Reader) -> tuple[int, int, bool]:
    """Return (pods expected, pods that have to be healthy, whether some have no controller)."""
    spec = budget["spec"]
    most, least = spec.get("maxUnavailable"), spec.get("minAvailable")
    if most is None and isinstance(least, int):
        return tally.pods, least, False
    if most is None and least is None:
        return 0, 0, False
    expected = _scale(budget, tally, read)
    if most is not None:
        return expected, max(0, expected - _part(most, expected)), tally.unmanaged > 0
    return expected, _part(least, expected), tally.unmanaged > 0


def _part(value: Any, of: int) -> int:
    """Return an amount, or a percentage of *of*, rounded up."""
    if isinstance(value, int):
        return value
    return -(-int(str(value).removesuffix("%")) * of // 100)


def _scale(budget: Obj, tally: _Tally, read: Reader) -> int:
    """Return the sum of the scales of the pods' controllers. Raises _NoController."""
    namespace = budget["metadata"]["namespace"]
    scales: dict[str, int] = {}
    lost: set[str] = set()
    for uid, (_, owner) in tally.owners.items():
        _check(owner)
        found = _scale_of(owner, namespace, read)
        if found is None:
            lost.add(uid)
        else:
            scales[found[0]] = found[1]
    if lost:
        for pod in _selected(tally.selector, namespace, read):
            its = controller_of(pod)
            if its is not None and its["uid"] in lost:
                raise _NoController(f'found no controllers for pod "{pod["metadata"]["name"]}"')
    return sum(scales.values())


def _check(owner: Mapping[str, Any]) -> None:
    """Raise _NoController where pods have an owner of a built-in kind that has no scale."""
    kind = BUILT_IN.by_gvk.get((owner["apiVersion"], owner["kind"]))
    if kind is not None and kind.kind not in (*_BY_ITSELF, "Deployment", "ReplicaSet"):
        raise _NoController(f"{kind.group_resource} does not implement the scale subresource")


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


def _of_scale(change: Change, read: Reader) -> Iterable[Key]:
    """Every budget of the namespace, when a workload is scaled."""
    old = change.old
    if old is not None and old["spec"].get("replicas") == change.object["spec"].get("replicas"):
        return ()
    return [(change.key[0], b["metadata"]["name"]) for b in read.list(PDBS, change.key[0])]


def _of_guarded(change: Change, read: Reader) -> Iterable[Key]:
    """The pod itself, where its namespace has several budgets."""
    if change.type == DELETED or len(read.list(PDBS, change.key[0])) < 2:
        return ()
    return (change.key,)


def _guards(now: int, key: Key, read: Reader) -> Plan:
    """Say of a pod that several budgets select it: an eviction would be refused."""
    pod = read.get(PODS, *key)
    labels = {} if pod is None else pod["metadata"].get("labels") or {}
    if pod is None or not labels:
        return NOTHING
    budgets = [
        budget["metadata"]["name"]
        for budget in read.list(PDBS, key[0])
        if from_object(budget["spec"].get("selector")).matches(labels)
    ]
    if len(budgets) < 2:
        return NOTHING
    text = (
        f'Pod "{key[0]}"/"{key[1]}" matches multiple PodDisruptionBudgets.  '
        f'Chose "{min(budgets)}" arbitrarily.'
    )
    return Plan((), (EventNote(pod, "Warning", "MultiplePodDisruptionBudgets", text),))


def guards() -> Controller:
    """Return the loop that warns of pods with several budgets, at each of their changes."""
    return Controller(
        name="disruption-guards",
        component="controllermanager",
        watches={PODS: _of_guarded},
        needs={PODS: PDBS},
        reconcile=_guards,
    )


def controller() -> Controller:
    """Return the controller."""
    loop = Budgets()
    return Controller(
        name="disruption",
        component="controllermanager",
        watches={
            PDBS: loop.of_budget,
            PODS: loop.of_pod,
            DEPLOYMENTS: _of_scale,
            REPLICASETS: _of_scale,
            STATEFULSETS: _of_scale,
        },
        needs=dict.fromkeys((PODS, DEPLOYMENTS, REPLICASETS, STATEFULSETS), PDBS),
        reconcile=loop.reconcile,
    )
