"""A release in waves: what is sent together, what a wave waits for, how far it is. Pure.

Foundation (namespace, configuration, storage, policies), then databases and infrastructure, then
support services, then main services, then what scales and opens them. What is pruned goes last.
"""

from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any, Final, NamedTuple

from ecp.kube.kinds import DAEMONSETS, DEPLOYMENTS, JOBS, STATEFULSETS
from ecp.kube.pods import condition
from ecp.kube.selectors import from_map
from ecp.kube.times import rfc3339
from ecp.orchestrator.ports import View
from ecp.orchestrator.records import Message, Obj, Release, Step

WAVES: Final = ("foundation", "infrastructure", "support", "main", "edge", "prune")
WAVE: Final = "ecp.ai/wave"
"""The annotation by which an object says its wave itself."""
ORDERED: Final = "ordered"
"""Waves in their order, none waited for: what a cluster whose clock is warped needs."""
WAITING: Final = "wait"
"""Each wave waits until all workloads of those before it are available."""
TIMEOUT_S: Final = 600.0

_SECOND: Final = 1_000_000_000
_NOT_UP: Final = 0.99
_FOUNDATION, _INFRASTRUCTURE, _SUPPORT, _MAIN, _EDGE, _PRUNE = range(len(WAVES))
_BY_KIND: Final = {
    **dict.fromkeys(
        (
            "PriorityClass", "Namespace", "NetworkPolicy", "ResourceQuota", "LimitRange",
            "PodDisruptionBudget", "ServiceAccount", "Secret", "ConfigMap", "StorageClass",
            "PersistentVolume", "PersistentVolumeClaim", "CustomResourceDefinition", "ClusterRole",
            "ClusterRoleBinding", "Role", "RoleBinding", "IngressClass", "RuntimeClass",
        ),
        _FOUNDATION,
    ),
    **dict.fromkeys(("HorizontalPodAutoscaler", "Ingress", "APIService"), _EDGE),
}  # fmt: skip
_RUN_PODS: Final = (
    "Pod", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController",
    "Job", "CronJob",
)  # fmt: skip
# What `app.kubernetes.io/component` and `tier` say of a workload.
_TIERS: Final = {
    **dict.fromkeys(
        ("infrastructure", "database", "db", "data", "cache", "queue", "storage", "gateway",
         "monitoring"),
        _INFRASTRUCTURE,
    ),
    **dict.fromkeys(("support", "ai-nlp", "ai_nlp", "analytics", "backend"), _SUPPORT),
    **dict.fromkeys(("main", "frontend", "web"), _MAIN),
}  # fmt: skip
_SAYS: Final = ("app.kubernetes.io/component", "tier")
AWAITED: Final = {
    "Deployment": DEPLOYMENTS,
    "StatefulSet": STATEFULSETS,
    "DaemonSet": DAEMONSETS,
    "Job": JOBS,
}
"""The kinds that later waves wait for, with their resources."""


# -- which wave -----------------------------------------------------------------------------------


def waves_of(objects: Sequence[Obj], tiers: Mapping[str, str]) -> list[int]:
    """Return the wave of each object, as an index of WAVES.

    It says so itself (annotation ecp.ai/wave), or its kind does; a workload goes by its labels
    component and tier, else by *tiers* (the tier of profiles, by workload name), else a StatefulSet
    is infrastructure and anything else a main service. A Service goes with what it selects.
    """
    own = [_own(obj, tiers) for obj in objects]
    behind = [
        (wave, _pod_labels(obj))
        for wave, obj in zip(own, objects, strict=True)
        if wave is not None and obj["kind"] in _RUN_PODS
    ]
    return [
        _in_front(obj, behind) if wave is None else wave
        for wave, obj in zip(own, objects, strict=True)
    ]


def _own(obj: Obj, tiers: Mapping[str, str]) -> int | None:
    meta = obj["metadata"]
    said = (meta.get("annotations") or {}).get(WAVE)
    if said in WAVES[:_PRUNE]:
        return WAVES.index(said)
    kind = obj["kind"]
    if kind == "Service":
        return None
    if kind not in _RUN_PODS:
        # What an operator makes of a kind of its own comes when all else is there.
        return _BY_KIND.get(kind, _EDGE)
    for labels in (meta.get("labels") or {}, _pod_labels(obj)):
        for name in _SAYS:
            if labels.get(name) in _TIERS:
                return _TIERS[labels[name]]
    known = tiers.get(meta["name"])
    if known is not None:
        return _TIERS.get(known, _MAIN)
    return _INFRASTRUCTURE if kind == "StatefulSet" else _MAIN


def _pod_labels(obj: Obj) -> Mapping[str, str]:
    spec = obj.get("spec") or {}
    if obj["kind"] == "CronJob":
        spec = (spec.get("jobTemplate") or {}).get("spec") or {}
    pod = obj if obj["kind"] == "Pod" else spec.get("template") or {}
    return (pod.get("metadata") or {}).get("labels") or {}


def _in_front(service: Obj, behind: Sequence[tuple[int, Mapping[str, str]]]) -> int:
    selector = (service.get("spec") or {}).get("selector")
    if not selector:
        return _INFRASTRUCTURE
    chosen = from_map(selector)
    return min((wave for wave, labels in behind if chosen.matches(labels)), default=_MAIN)


def in_waves(steps: Iterable[Step], tiers: Mapping[str, str]) -> list[tuple[int, list[Step]]]:
    """Return the steps of a release by wave, each that has any, in order."""
    rows = list(steps)
    bodies = [step.body for step in rows if step.body is not None]
    found = iter(waves_of(bodies, tiers))
    by_wave: dict[int, list[Step]] = {}
    for step in rows:
        wave = _PRUNE if step.body is None else next(found)
        by_wave.setdefault(wave, []).append(step)
    return sorted(by_wave.items())


# -- what is waited for ---------------------------------------------------------------------------


class Awaited(NamedTuple):
    """A workload that is not up: `object` as kubectl writes it, how many answer of how many.

    `failed`: it will not come up by itself.
    """

    object: str
    ready: int
    desired: int
    failed: bool = False


def awaited(view: View, bodies: Iterable[Obj]) -> list[Awaited]:
    """Return which workloads among *bodies* are not available in what *view* saw.

    Source: kubectl rollout status (Deployments, StatefulSets, DaemonSets); Jobs are awaited until
    they are complete. What starts no pods by itself, and bare pods, nobody waits for.
    """
    found = []
    for body in bodies:
        resource = AWAITED.get(body["kind"])
        if resource is None:
            continue
        meta = body["metadata"]
        seen = view.get(resource, meta.get("namespace", ""), meta["name"])
        name = f"{body['kind'].lower()}/{meta['name']}"
        row = Awaited(name, 0, 1) if seen is None else _state(name, body["kind"], seen)
        if row is not None:
            found.append(row)
    return found


def _state(name: str, kind: str, seen: Obj) -> Awaited | None:
    spec, status = seen["spec"], seen.get("status") or {}
    if kind == "Job":
        return _job(name, seen)
    if kind == "DaemonSet":
        desired = status.get("desiredNumberScheduled", 0)
        updated, ready = status.get("updatedNumberScheduled", 0), status.get("numberAvailable", 0)
    else:
        desired = spec.get("replicas", 1)
        updated = status.get("updatedReplicas", 0)
        ready = status.get("availableReplicas", 0)
    current = status.get("observedGeneration", 0) >= seen["metadata"].get("generation", 1)
    if current and ready >= desired and updated >= desired:
        return None
    progress = condition(seen, "Progressing") if kind == "Deployment" else None
    stuck = progress is not None and progress["status"] == "False"
    return Awaited(name, min(ready, updated) if current else 0, desired, stuck)


def _job(name: str, seen: Obj) -> Awaited | None:
    if (done := condition(seen, "Complete")) is not None and done["status"] == "True":
        return None
    failed = condition(seen, "Failed")
    wanted = seen["spec"].get("completions") or 1
    succeeded = (seen.get("status") or {}).get("succeeded", 0)
    return Awaited(name, succeeded, wanted, failed is not None and failed["status"] == "True")


def timed_out(since: int, now: int, timeout_s: float) -> bool:
    """Whether a wave that began to wait at *since* has waited too long at *now* (ns)."""
    return now - since > timeout_s * _SECOND


# -- how far it is --------------------------------------------------------------------------------


def progress(
    waves: Sequence[tuple[int, list[Step]]],
    startup: Mapping[str, Any],
    messages: Iterable[Message],
    began: int = 0,
) -> list[Obj]:
    """Return how far each wave is: objects sent, pods ready, and when (the cluster's time).

    `ready` are pods of what this release sent: those of an earlier template, which serve until it
    is replaced, are not. Instants are the first since it *began* (ns): who sends the same again
    once it is up changes nothing of how it came up.

    state  pending, applying, waiting (sent, its workloads are not all up), ready, failed
    """
    pods = {row["object"]: row for row in startup.get("workloads") or ()}
    instants: dict[tuple[str, str], int] = {}
    for message in messages:
        if "wave" in message.body and message.at >= began:
            instants.setdefault((message.body["wave"], message.body["kind"]), message.at)
    found = []
    for number, steps in waves:
        name = WAVES[number]
        sent = [step for step in steps if step.state != "pending"]
        rows = [_of_it(step, pods[step.ref.word]) for step in steps if step.ref.word in pods]
        coming = [step for step in steps if step.ref.word not in pods]
        at = {kind: instants.get((name, kind)) for kind in ("wave-applied", "wave-ready")}
        found.append(
            {
                "wave": name,
                "state": _wave_state(steps, sent, rows),
                "objects": len(steps),
                "applied": sum(step.state == "done" for step in steps),
                "ready": sum(row["ready"] for row in rows),
                "desired": sum(row["desired"] for row in rows) + sum(map(_wished, coming)),
                "applied_at": _instant(at["wave-applied"]),
                "ready_at": _instant(at["wave-ready"]),
                "awaits": [row["object"] for row in rows if row["ready"] < row["desired"]],
            }
        )
    return found


def _of_it(step: Step, row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a workload's row with the pods that this release made so."""
    if step.state == "done":
        return {**row, "ready": row.get("updated", row["ready"])}
    # What is to come is nowhere yet, or there as it was: its pods are those that it asks for.
    return {**row, "ready": 0, "desired": _wished(step) or row["desired"]}


def _wished(step: Step) -> int:
    """Return how many pods a step that nobody has looked at asks for."""
    if step.body is None or step.ref.kind not in ("Deployment", "StatefulSet"):
        return 0
    return int((step.body.get("spec") or {}).get("replicas", 1))


def _wave_state(
    steps: Sequence[Step], sent: Sequence[Step], rows: Sequence[Mapping[str, Any]]
) -> str:
    if any(step.state == "failed" for step in steps):
        return "failed"
    if len(sent) < len(steps):
        return "applying" if sent else "pending"
    return "waiting" if any(row["ready"] < row["desired"] for row in rows) else "ready"


def _instant(at: int | None) -> str | None:
    return None if at is None else rfc3339(at)


def share(rows: Sequence[Mapping[str, Any]], *, up: bool = True) -> float:
    """Return how much of a release is done (0 to 1): half is sending, half is coming up.

    The last hundredth is being *up*: pods that are ready may have nobody's request answered yet.
    """
    objects = sum(row["objects"] for row in rows)
    desired = sum(row["desired"] for row in rows)
    sent = sum(row["applied"] for row in rows) / objects if objects else 1.0
    ready = sum(row["ready"] for row in rows) / desired if desired else sent
    return min((sent + min(ready, 1.0)) / 2, 1.0 if up else _NOT_UP)


def estimate(
    release: Release,
    names: Iterable[str],
    earlier: Sequence[Mapping[str, Any]],
    now: int,
) -> Obj | None:
    """Return when a release will be up, from start-ups that were observed; None without any.

    *earlier* are judged start-ups, each with the seconds that its workloads took; of each of the
    *names* of this one the median counts, the slowest makes the estimate. Seconds are the
    cluster's; once it takes longer than before `seconds_left` is 0, and nobody knows the end.
    """
    seen: dict[str, list[float]] = {}
    for startup in earlier:
        for row in startup.get("workloads") or ():
            if row.get("seconds") is not None:
                seen.setdefault(row["object"], []).append(row["seconds"])
    wanted = list(names)
    known = [median(seen[name]) for name in wanted if name in seen]
    if len(known) < len(wanted) or not known:
        # Something new is among them: as long as whole start-ups took, at least.
        known += [startup["seconds"] for startup in earlier if startup.get("seconds") is not None]
    if not known:
        return None
    whole = max(known)
    elapsed = max(0.0, (now - release.began) / _SECOND)
    return {
        "seconds": round(whole, 1),
        "seconds_left": round(max(0.0, whole - elapsed), 1),
        "estimated_completion": None
        if elapsed > whole
        else rfc3339(release.began + round(whole * _SECOND)),
        "observed": len(earlier),
    }
