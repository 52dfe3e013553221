"""How an object stands, judged as Argo CD does, and how many of its parts are ready. Pure.

Source: argoproj/gitops-engine pkg/health, argoproj/argo-cd resource_customizations. What Argo CD
has no judgement of has none here. Both services call a workload by it.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, NamedTuple

from ecp.kube.pods import condition, is_ready, is_true

Obj = Mapping[str, Any]
State = Literal["healthy", "progressing", "degraded", "suspended", "missing", "unknown"]
WORST: Final = ("degraded", "missing", "unknown", "progressing", "suspended", "healthy")
"""From the worst on: what a group of objects is called by."""


class Health(NamedTuple):
    """A state, and why: a text key `resources.health.{why}` with its values, "" = nothing."""

    state: State
    why: str = ""
    values: Mapping[str, Any] = {}


_HEALTHY: Final = Health("healthy")


def judged(obj: Obj) -> Health | None:
    """Return how an object stands; None for a kind that cannot stand well or badly."""
    if obj["metadata"].get("deletionTimestamp"):
        held = obj["metadata"].get("finalizers") or ()
        if held:
            return Health("progressing", "going-held", {"finalizers": ", ".join(held)})
        return Health("progressing", "going")
    judge = _JUDGES.get(obj["kind"])
    return None if judge is None else judge(obj)


def _behind(obj: Obj) -> bool:
    """Whether nobody has seen the object as it is wanted now."""
    seen = (obj.get("status") or {}).get("observedGeneration", 0)
    return bool(seen < obj["metadata"].get("generation", 0))


def _deployment(obj: Obj) -> Health:
    status, wanted = obj.get("status") or {}, obj["spec"].get("replicas", 1)
    if obj["spec"].get("paused"):
        return Health("suspended", "paused")
    if _behind(obj):
        return Health("progressing", "not-seen")
    progress = condition(obj, "Progressing")
    if progress is not None and progress.get("reason") == "ProgressDeadlineExceeded":
        return Health("degraded", "deadline")
    updated, available = status.get("updatedReplicas", 0), status.get("availableReplicas", 0)
    if updated < wanted:
        return Health("progressing", "updating", {"done": updated, "of": wanted})
    if status.get("replicas", 0) > updated:
        return Health("progressing", "old-go", {"left": status["replicas"] - updated})
    if available < updated:
        return Health("progressing", "coming", {"done": available, "of": updated})
    return _HEALTHY


def _stateful_set(obj: Obj) -> Health:
    status, spec = obj.get("status") or {}, obj["spec"]
    wanted, ready = spec.get("replicas", 1), status.get("readyReplicas", 0)
    if _behind(obj):
        return Health("progressing", "not-seen")
    if ready < wanted:
        return Health("progressing", "coming", {"done": ready, "of": wanted})
    strategy = spec.get("updateStrategy") or {}
    if strategy.get("type") == "OnDelete":
        return _HEALTHY
    partition = (strategy.get("rollingUpdate") or {}).get("partition") or 0
    updated = status.get("updatedReplicas", 0)
    if partition:
        if updated < wanted - partition:
            return Health("progressing", "updating", {"done": updated, "of": wanted - partition})
        return _HEALTHY
    if status.get("updateRevision", "") != status.get("currentRevision", ""):
        return Health("progressing", "updating", {"done": updated, "of": wanted})
    return _HEALTHY


def _daemon_set(obj: Obj) -> Health:
    status = obj.get("status") or {}
    wanted = status.get("desiredNumberScheduled", 0)
    updated, available = status.get("updatedNumberScheduled", 0), status.get("numberAvailable", 0)
    if _behind(obj):
        return Health("progressing", "not-seen")
    if (obj["spec"].get("updateStrategy") or {}).get("type") == "OnDelete":
        return _HEALTHY
    if updated < wanted:
        return Health("progressing", "updating", {"done": updated, "of": wanted})
    if available < wanted:
        return Health("progressing", "coming", {"done": available, "of": wanted})
    return _HEALTHY


def _replica_set(obj: Obj) -> Health:
    status, wanted = obj.get("status") or {}, obj["spec"].get("replicas", 1)
    if _behind(obj):
        return Health("progressing", "not-seen")
    failure = condition(obj, "ReplicaFailure")
    if failure is not None and failure["status"] == "True":
        return _said(failure)
    available = status.get("availableReplicas", 0)
    if available < wanted:
        return Health("progressing", "coming", {"done": available, "of": wanted})
    return _HEALTHY


def _said(row: Obj) -> Health:
    """Return that an object is degraded, in the words of its condition."""
    words = row.get("message") or row.get("reason") or row["type"]
    return Health("degraded", "said", {"message": words})


def _stuck(reason: str) -> bool:
    return reason.startswith("Err") or reason.endswith(("Error", "BackOff"))


def _pod(obj: Obj) -> Health:
    status, policy = obj.get("status") or {}, obj["spec"].get("restartPolicy", "Always")
    phase, rows = status.get("phase", ""), status.get("containerStatuses") or ()
    if policy == "Always":
        for row in rows:
            waiting = (row.get("state") or {}).get("waiting") or {}
            if _stuck(waiting.get("reason", "")):
                said = {"reason": waiting["reason"], "container": row["name"]}
                return Health("degraded", "waits", said)
    if phase == "Failed":
        return Health("degraded", "failed", {"message": _failure(status)})
    if phase == "Succeeded" or (phase == "Running" and policy == "Always" and is_ready(obj)):
        return _HEALTHY
    if phase == "Pending":
        return Health("progressing", "pending")
    if phase != "Running":
        return Health("unknown", "phase", {"phase": phase or "-"})
    if policy != "Always":
        return Health("progressing", "works")
    if any((row.get("lastState") or {}).get("terminated") for row in rows):
        return Health("degraded", "ended-before")
    return Health("progressing", "not-ready")


def _failure(status: Obj) -> str:
    if status.get("message"):
        return str(status["message"])
    for field in ("initContainerStatuses", "containerStatuses"):
        for row in status.get(field) or ():
            ended = (row.get("state") or {}).get("terminated") or {}
            if ended.get("exitCode"):
                why = ended.get("message") or ended.get("reason") or "Error"
                return f"{row['name']}: {why} ({ended['exitCode']})"
    return str(status.get("reason") or "-")


def _service(obj: Obj) -> Health:
    if obj["spec"].get("type") != "LoadBalancer" or _addressed(obj):
        return _HEALTHY
    return Health("progressing", "no-address")


def _ingress(obj: Obj) -> Health:
    return _HEALTHY if _addressed(obj) else Health("progressing", "no-address")


def _addressed(obj: Obj) -> bool:
    return bool(((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress"))


def _claim(obj: Obj) -> Health:
    phase = (obj.get("status") or {}).get("phase", "")
    if phase == "Bound":
        return _HEALTHY
    states: dict[str, State] = {"Lost": "degraded", "Pending": "progressing"}
    return Health(states.get(phase, "unknown"), "phase", {"phase": phase or "-"})


_HPA_FAILS: Final = {
    ("AbleToScale", "FailedGetScale"),
    ("AbleToScale", "FailedUpdateScale"),
    ("ScalingActive", "FailedGetResourceMetric"),
    ("ScalingActive", "InvalidSelector"),
}
_HPA_FINE: Final = {
    ("AbleToScale", "SucceededRescale"),
    ("ScalingLimited", "DesiredWithinRange"),
    ("ScalingLimited", "TooFewReplicas"),
    ("ScalingLimited", "TooManyReplicas"),
}


def _autoscaler(obj: Obj) -> Health:
    for row in (obj.get("status") or {}).get("conditions") or ():
        key = row["type"], row.get("reason", "")
        if key in _HPA_FAILS:
            return _said(row)
        if key in _HPA_FINE:
            return _HEALTHY
    return Health("progressing", "not-scaled")


def _job(obj: Obj) -> Health:
    failed = condition(obj, "Failed")
    if failed is not None and failed["status"] == "True":
        return _said(failed)
    if is_true(obj, "Complete"):
        return _HEALTHY
    if is_true(obj, "Suspended"):
        return Health("suspended", "suspended")
    return Health("progressing", "works")


def _cron_job(obj: Obj) -> Health:
    return Health("suspended", "suspended") if obj["spec"].get("suspend") else _HEALTHY


def _budget(obj: Obj) -> Health:
    # A budget that allows no disruption may be meant so (argo-cd#20171).
    rows = (obj.get("status") or {}).get("conditions") or ()
    for row in rows:
        if row["status"] == "False" and row.get("reason") != "InsufficientPods":
            return _said(row)
    return _HEALTHY if rows else Health("progressing", "not-seen")


def _node(obj: Obj) -> Health:
    spec = obj.get("spec") or {}
    # The node lifecycle controller says by taints what the condition Ready says.
    for taint in spec.get("taints") or ():
        if taint["key"] in ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"):
            return Health("degraded", "node", {"what": taint["key"].rpartition("/")[2]})
    return Health("suspended", "cordoned") if spec.get("unschedulable") else _HEALTHY


_JUDGES: Final[Mapping[str, Callable[[Obj], Health]]] = {
    "Deployment": _deployment,
    "StatefulSet": _stateful_set,
    "DaemonSet": _daemon_set,
    "ReplicaSet": _replica_set,
    "ReplicationController": _replica_set,
    "Pod": _pod,
    "Service": _service,
    "Ingress": _ingress,
    "PersistentVolumeClaim": _claim,
    "HorizontalPodAutoscaler": _autoscaler,
    "Job": _job,
    "CronJob": _cron_job,
    "PodDisruptionBudget": _budget,
    "Node": _node,
}


def counted(obj: Obj) -> tuple[int, int] | None:
    """Return how many parts are ready and wanted: containers, pods; None where there are none."""
    kind, status, spec = obj["kind"], obj.get("status") or {}, obj.get("spec") or {}
    if kind == "Pod":
        rows = status.get("containerStatuses") or ()
        return sum(bool(row.get("ready")) for row in rows), len(spec.get("containers") or ())
    if kind in ("Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"):
        return status.get("readyReplicas", 0), spec.get("replicas", 1)
    if kind == "DaemonSet":
        return status.get("numberReady", 0), status.get("desiredNumberScheduled", 0)
    if kind == "Job":
        return status.get("succeeded", 0), spec.get("completions") or 1
    return None
