"""How the pods of a release came up: scheduled, pulled, started, ready. Pure.

Instants are those that Kubernetes wrote into a pod's status, in whole seconds, and the event of its
pull, which a cluster keeps for an hour. A container that was restarted has lost them: its pod tells
nothing of the start-up.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from ecp.kube.kinds import DAEMONSETS, DEPLOYMENTS, EVENTS, PODS, REPLICASETS, STATEFULSETS
from ecp.kube.pods import condition, is_ready
from ecp.kube.times import nanoseconds
from ecp.orchestrator.ports import View
from ecp.orchestrator.records import Obj

_SECOND: Final = 1_000_000_000
_GPU: Final = "nvidia.com/gpu"
_ROLLED_OUT: Final = {
    "deployment": DEPLOYMENTS, "statefulset": STATEFULSETS, "daemonset": DAEMONSETS,
}  # fmt: skip
_REVISION: Final = "deployment.kubernetes.io/revision"
_HASH: Final = "controller-revision-hash"
STAGES: Final = ("created", "scheduled", "pulled", "started", "ready")


def by_workload(view: View) -> dict[str, list[Obj]]:
    """Return the pods that a look saw by the object that wants them, as in deployment/stt."""
    makers = {obj["metadata"]["name"]: obj for obj in view.list(REPLICASETS)}
    found: dict[str, list[Obj]] = {}
    for pod in view.list(PODS):
        owner = _controller(pod)
        if owner is not None and owner["kind"] == "ReplicaSet" and owner["name"] in makers:
            owner = _controller(makers[owner["name"]]) or owner
        word = (
            f"pod/{pod['metadata']['name']}"
            if owner is None
            else f"{owner['kind'].lower()}/{owner['name']}"
        )
        found.setdefault(word, []).append(pod)
    return found


def tell(view: View, rows: Iterable[dict[str, Any]], began: int) -> None:
    """Add to each workload's row what its pods show of a release that began at *began* (ns).

    updated   how many are ready and of the newest template, not of the one before
    restarts  of their containers so far
    gpus      that the kubelet has bound to them; null where none is asked for
    stages    of the pod that was ready last, else of the one that is furthest behind: `pod` and
              seconds since the release began, null while a stage is not reached; null where the
              release made no pod anew, or all were restarted since
    """
    pulled = {
        event["involvedObject"].get("uid", ""): nanoseconds(at)
        for event in view.list(EVENTS)
        if event.get("reason") == "Pulled"
        and (at := event.get("lastTimestamp") or event.get("eventTime"))
    }
    pods = by_workload(view)
    for row in rows:
        own = pods.get(row["object"], [])
        row["updated"] = _updated(view, row, own)
        row["restarts"] = sum(_restarts(pod) for pod in own)
        row["gpus"] = _gpus(own)
        told = [_stages(pod, pulled, began) for pod in own if _is_of(pod, began)]
        row["stages"] = max(told, key=_lateness, default=None)


def _updated(view: View, row: Mapping[str, Any], own: Iterable[Obj]) -> int:
    if row["available"] or row["object"].partition("/")[0] not in _ROLLED_OUT:
        return int(row["ready"])  # as it was asked for: also by a strategy that leaves some behind
    return sum(is_ready(pod) for pod in own if _is_newest(view, row["object"], pod))


def _is_newest(view: View, word: str, pod: Obj) -> bool:
    """Whether a pod is of its workload's newest template, as far as its controller has seen that.

    Source: kubernetes pkg/controller/deployment/util (revision), statefulset (updateRevision),
    daemon/util (IsPodUpdated, by the template's generation).
    """
    kind, _, name = word.partition("/")
    wanted = view.get(_ROLLED_OUT[kind], pod["metadata"]["namespace"], name)
    if wanted is None:
        return False
    status, meta = wanted.get("status") or {}, wanted["metadata"]
    if status.get("observedGeneration", 0) < meta.get("generation", 1):
        return False
    labels, notes = pod["metadata"].get("labels") or {}, meta.get("annotations") or {}
    if kind == "statefulset":
        newest = status.get("updateRevision")
        return newest is None or labels.get(_HASH) == newest
    if kind == "daemonset":
        newest = notes.get("deprecated.daemonset.template.generation")
        return newest is None or labels.get("pod-template-generation") == newest
    owner = _controller(pod)
    made_by = (
        None
        if owner is None
        else view.get(REPLICASETS, pod["metadata"]["namespace"], owner["name"])
    )
    newest = notes.get(_REVISION)
    if made_by is None or newest is None:
        return True
    return bool((made_by["metadata"].get("annotations") or {}).get(_REVISION) == newest)


def _controller(obj: Obj) -> Mapping[str, Any] | None:
    owners = obj["metadata"].get("ownerReferences") or ()
    return next((owner for owner in owners if owner.get("controller")), None)


def _statuses(pod: Obj) -> list[Mapping[str, Any]]:
    return list((pod.get("status") or {}).get("containerStatuses") or ())


def _restarts(pod: Obj) -> int:
    return sum(int(status.get("restartCount", 0)) for status in _statuses(pod))


def _gpus(pods: Iterable[Obj]) -> dict[str, int] | None:
    bound = wanted = 0
    for pod in pods:
        for container in pod["spec"].get("containers") or ():
            limits = (container.get("resources") or {}).get("limits") or {}
            wanted += int(limits.get(_GPU, 0))
        for status in _statuses(pod):
            bound += int((status.get("allocatedResources") or {}).get(_GPU, 0))
    return {"bound": bound, "wanted": wanted} if wanted else None


def _is_of(pod: Obj, began: int) -> bool:
    # Written in whole seconds: the second in which the release began has passed when it ends.
    made = nanoseconds(pod["metadata"]["creationTimestamp"])
    return made + _SECOND > began and not _restarts(pod)


def _stages(pod: Obj, pulled: Mapping[str, int], began: int) -> dict[str, Any]:
    meta, statuses = pod["metadata"], _statuses(pod)
    running = [(status.get("state") or {}).get("running") for status in statuses]
    started = [nanoseconds(one["startedAt"]) for one in running if one]
    at: dict[str, int | None] = {
        "created": nanoseconds(meta["creationTimestamp"]),
        "scheduled": _since(pod, "PodScheduled"),
        "pulled": pulled.get(meta.get("uid", "")),
        "started": max(started) if started and len(started) == len(statuses) else None,
        "ready": _since(pod, "Ready"),
    }
    return {
        "pod": meta["name"],
        **{
            name: None if instant is None else max(0.0, round((instant - began) / _SECOND, 1))
            for name, instant in at.items()
        },
    }


def _since(pod: Obj, name: str) -> int | None:
    found = condition(pod, name)
    if found is None or found["status"] != "True":
        return None
    return nanoseconds(found["lastTransitionTime"])


def _lateness(stages: Mapping[str, Any]) -> tuple[int, float, str]:
    """Order pods: who lacks a stage comes after who has it, and the later after the earlier."""
    missing = sum(stages[name] is None for name in STAGES if name != "pulled")
    last = max(stages[name] for name in STAGES if stages[name] is not None)
    return missing, last, stages["pod"]
