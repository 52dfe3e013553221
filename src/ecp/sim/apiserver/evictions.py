"""Evictions: may a pod go by somebody's will? Its PodDisruptionBudget says.

Source: kubernetes pkg/registry/core/pod/storage/eviction.go (1.36).
"""

from collections.abc import Iterable

from ecp.kube.errors import Cause, PlainError, TooManyRequests
from ecp.kube.pods import condition, is_ready, is_terminal, is_terminating
from ecp.kube.selectors import from_object
from ecp.sim.store import Obj

_REFUSED = "Cannot evict pod as it would violate the pod's disruption budget."
_RETRY_S = 10


def budget_of(pod: Obj, budgets: Iterable[Obj]) -> Obj | None:
    """Return the budget that guards *pod*; None where it may go unasked. Raises PlainError for two.

    Who has not begun, has ended or goes already disrupts nobody.
    """
    labels = pod["metadata"].get("labels")
    pending = (pod.get("status") or {}).get("phase") == "Pending"
    if pending or is_terminal(pod) or is_terminating(pod) or not labels:
        return None
    found = [b for b in budgets if from_object(b["spec"].get("selector")).matches(labels)]
    if len(found) > 1:
        raise PlainError(
            "This pod has more than one PodDisruptionBudget, which the eviction subresource does "
            "not support."
        )
    return found[0] if found else None


def spent(budget: Obj, pod: Obj, stamp: str) -> Obj:
    """Return *budget* after *pod* was evicted (the same one: it costs nothing).

    Raises TooManyRequests.
    """
    status = budget.get("status") or {}
    if not is_ready(pod) and _unready_may_go(budget["spec"], status):
        return budget
    name = budget["metadata"]["name"]
    if status.get("observedGeneration", 0) < budget["metadata"]["generation"]:
        text = f"The disruption budget {name} is still being processed by the server."
        raise TooManyRequests(_REFUSED, _RETRY_S, (Cause("DisruptionBudget", text),))
    allowed = status.get("disruptionsAllowed", 0)
    if allowed <= 0:
        cause = Cause("DisruptionBudget", f"The disruption budget {name} {_why_not(budget)}")
        raise TooManyRequests(_REFUSED, causes=(cause,))
    disrupted = {**(status.get("disruptedPods") or {}), pod["metadata"]["name"]: stamp}
    new = {**status, "disruptionsAllowed": allowed - 1, "disruptedPods": disrupted}
    if allowed == 1:
        new["conditions"] = [_used_up(budget, status, stamp)]
    return {**budget, "status": new}


def _unready_may_go(spec: Obj, status: Obj) -> bool:
    if spec.get("unhealthyPodEvictionPolicy") == "AlwaysAllow":
        return True
    healthy, wanted = status.get("currentHealthy", 0), status.get("desiredHealthy", 0)
    return bool(healthy >= wanted > 0)


def _why_not(budget: Obj) -> str:
    status = budget["status"]
    said = condition(budget, "DisruptionAllowed") or {}
    told = said.get("message") if said.get("status") == "False" else ""
    healthy, wanted = status.get("currentHealthy", 0), status.get("desiredHealthy", 0)
    if told and said["reason"] == "SyncFailed":
        return f"does not allow evicting pods currently because it failed sync: {told}"
    if healthy <= wanted:
        return f"needs {wanted} healthy pods and has {healthy} currently"
    if told:
        return f"does not allow evicting pods currently ({said['reason']}): {told}"
    return "does not allow evicting pods currently"


def _used_up(budget: Obj, status: Obj, stamp: str) -> Obj:
    before = condition(budget, "DisruptionAllowed") or {}
    since = before["lastTransitionTime"] if before.get("status") == "False" else stamp
    return {
        "type": "DisruptionAllowed",
        "status": "False",
        "observedGeneration": status.get("observedGeneration", 0),
        "lastTransitionTime": since,
        "reason": "InsufficientPods",
        "message": "",
    }
