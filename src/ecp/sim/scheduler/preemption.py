"""Preemption: whom a pod that fits nowhere may push off a node, and which node it costs least on.

Nothing here changes anything for good: a dry run takes pods off the board and puts them back.

Source: kubernetes pkg/scheduler/framework/preemption/preemption.go,
plugins/defaultpreemption/default_preemption.go, pkg/scheduler/util/utils.go (1.36).
"""

from collections import Counter as Tally
from collections.abc import Callable, Sequence
from typing import NamedTuple

from ecp.kube.kinds import PDBS, PODS
from ecp.kube.pods import condition
from ecp.kube.selectors import from_object
from ecp.kube.times import rfc3339
from ecp.sim.plans import Action, Delete, EventNote, Reader, Update
from ecp.sim.scheduler.board import Board
from ecp.sim.scheduler.plugins import Why
from ecp.sim.store import Key, Obj

NO_VICTIMS = "No preemption victims found for incoming pod"
NOT_HELPFUL = "Preemption is not helpful for scheduling"
NEVER = "not eligible due to preemptionPolicy=Never."
WAITING = "not eligible due to a terminating pod on the nominated node."

_REASON = "PreemptionByScheduler"
_LEAST_CANDIDATES = 100
_CANDIDATES_PERCENT = 10
_ABOVE_ALL_NEGATIVE = 1 << 31
_DAWN = "0000"


class Victims(NamedTuple):
    """Who would have to go from one node, the most important first; `violations` of budgets."""

    node: str
    pods: tuple[Obj, ...]
    violations: int


def enough_candidates(n: int) -> int:
    """Return how many candidates are looked for among *n* nodes that may be cured."""
    return min(n, max(n * _CANDIDATES_PERCENT // 100, _LEAST_CANDIDATES))


def priority_of(pod: Obj) -> int:
    return int(pod["spec"].get("priority") or 0)


def _started(pod: Obj) -> str:
    return str((pod.get("status") or {}).get("startTime") or "9999")


def _importance(pod: Obj) -> tuple[int, str]:
    """Sort the most important first: the higher priority, then the longer life."""
    return -priority_of(pod), _started(pod)


def is_going_for(pods: Sequence[Obj], priority: int) -> bool:
    """Whether one of *pods*, of lesser priority, is on its way out because of a preemption."""
    for pod in pods:
        target = condition(pod, "DisruptionTarget") or {}
        if (
            priority_of(pod) < priority
            and pod["metadata"].get("deletionTimestamp")
            and (target.get("status"), target.get("reason")) == ("True", _REASON)
        ):
            return True
    return False


def select_victims(
    board: Board,
    node: str,
    pods: Sequence[Obj],
    priority: int,
    budgets: Sequence[Obj],
    why_not: Callable[[], Why | None],
) -> Victims | tuple[str, ...]:
    """Return the fewest that must leave *node*, or the reasons why that would not help.

    *why_not* says why the pod does not fit on the node as the board now is; None = it fits.
    """
    lesser = [pod for pod in pods if priority_of(pod) < priority and _key(pod) in board.records]
    if not lesser:
        return (NO_VICTIMS,)
    records = {}
    for pod in lesser:
        records[_key(pod)] = board.lift(_key(pod))

    def put_back(key: Key) -> None:
        record = records[key]
        assert record is not None
        board.place(key, record.template, record.node, record.live)

    gone = list(records)
    try:
        why = why_not()
        if why is not None:
            return why.reasons
        lesser.sort(key=_importance)
        violating = _violating(lesser, budgets)
        victims: list[Obj] = []
        violations = 0
        for guarded in (True, False):
            for pod in lesser:
                key = _key(pod)
                if (key in violating) is not guarded:
                    continue
                put_back(key)
                gone.remove(key)
                if why_not() is not None:
                    board.lift(key)
                    gone.append(key)
                    victims.append(pod)
                    violations += guarded
        victims.sort(key=_importance)
        return Victims(node, tuple(victims), violations)
    finally:
        for key in gone:
            put_back(key)


def _violating(pods: Sequence[Obj], budgets: Sequence[Obj]) -> set[Key]:
    """Return the keys of those pods whose going would break a budget, asked in their order."""
    allowed = [(b.get("status") or {}).get("disruptionsAllowed", 0) for b in budgets]
    found: set[Key] = set()
    for pod in pods:
        labels = pod["metadata"].get("labels")
        if not labels:
            continue
        for index, budget in enumerate(budgets):
            selector = from_object(budget["spec"].get("selector"))
            # Who is on this list has been taken off the budget already.
            charged = (budget.get("status") or {}).get("disruptedPods") or ()
            if (
                budget["metadata"]["namespace"] != pod["metadata"]["namespace"]
                or not selector.requirements
                or not selector.matches(labels)
                or pod["metadata"]["name"] in charged
            ):
                continue
            allowed[index] -= 1
            if allowed[index] < 0:
                found.add(_key(pod))
                break
    return found


def cheapest(candidates: Sequence[Victims]) -> list[Victims]:
    """Return the candidates among which only chance decides."""

    def cost(one: Victims) -> tuple[int, int, int, int]:
        priorities = [priority_of(pod) for pod in one.pods]
        return (
            one.violations,
            priorities[0],
            sum(priority + _ABOVE_ALL_NEGATIVE for priority in priorities),
            len(priorities),
        )

    least = min(map(cost, candidates))
    left = [one for one in candidates if cost(one) == least]

    def latest(one: Victims) -> str:
        highest = priority_of(one.pods[0])
        return min(_started(pod) for pod in one.pods if priority_of(pod) == highest)

    last = max(map(latest, left), default=_DAWN)
    return [one for one in left if latest(one) == last]


def tail(n: int, reasons: Sequence[tuple[str, ...]]) -> Tally[str]:
    """Count what the dry runs said of the nodes that might have been cured; *n* nodes in all."""
    found: Tally[str] = Tally()
    for said in reasons:
        found.update(said)
    if n > len(reasons):
        found[NOT_HELPFUL] = n - len(reasons)
    return found


def evict(
    victims: Victims, preemptor: Obj, now: int, going: set[Key]
) -> tuple[list[Action], list[EventNote]]:
    """Return what makes *victims* go; who goes already is left alone. *going* gets their keys."""
    actions: list[Action] = []
    events: list[EventNote] = []
    text = f"Preempted by pod {preemptor['metadata']['uid']} on node {victims.node}"
    for pod in victims.pods:
        if pod["metadata"].get("deletionTimestamp") or _key(pod) in going:
            continue
        going.add(_key(pod))
        status = pod.get("status") or {}
        others = [c for c in status.get("conditions") or () if c["type"] != "DisruptionTarget"]
        target = {
            "type": "DisruptionTarget",
            "status": "True",
            "lastProbeTime": None,
            "lastTransitionTime": rfc3339(now),
            "reason": _REASON,
            "message": "default-scheduler: preempting to accommodate a higher priority pod",
        }
        generation = pod["metadata"].get("generation")
        if generation:
            target["observedGeneration"] = generation
        said = {**pod, "status": {**status, "conditions": [*others, target]}}
        actions.append(Update(PODS, said, "status"))
        actions.append(Delete(PODS, _key(pod), uid=pod["metadata"]["uid"]))
        events.append(EventNote(pod, "Normal", "Preempted", text))
    return actions, events


def budgets(read: Reader) -> list[Obj]:
    return read.list(PDBS)


def _key(pod: Obj) -> Key:
    return pod["metadata"]["namespace"], pod["metadata"]["name"]
