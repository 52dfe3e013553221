"""What keeps an object of a release from starting: the cause, its values, its sentences.

A cause is a machine word; `startup.cause.<cause>` and `startup.remedy.<cause>` say it to people,
`network.<cause>` where it is one of a connection.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ecp.kube import quantity
from ecp.kube.kinds import DEPLOYMENTS, EVENTS, JOBS, PODS, REPLICASETS
from ecp.kube.pods import condition, is_active, is_ready, is_true, ready_since
from ecp.kube.times import nanoseconds
from ecp.rehearsal import claims, fields
from ecp.rehearsal.bundle import Obj, Ref, replicas_of
from ecp.sim.plans import Reader
from ecp.texts import Language, is_key, text

_IMAGE = ("ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull")
_INSUFFICIENT = re.compile(r"Insufficient ([a-z0-9./-]+[a-z0-9])")
# With which codes a container ends that a probe had killed, and the probes that kill.
_KILLED = (0, 137, 143)
_KILLING = ("Liveness", "Startup")
_NAMED = 3
# Instants of containers are whole seconds, and a crash takes a moment to be seen.
_DOUBT = 5_000_000_000
# A container that ran for longer before it ended had started; its end is a failure of service.
_STARTED = 60_000_000_000
# (cause, what its message contains) -> the remedy that fits better, first match wins.
_REMEDIES = (
    ("unschedulable", r"nvidia\.com/gpu.*untolerated taint|untolerated taint.*nvidia\.com", "gpu"),
    ("unschedulable", r"Insufficient nvidia\.com/gpu", "gpu-more"),
    ("unschedulable", r"Insufficient ", "insufficient"),
    ("unschedulable", r"(?i)persistentvolumeclaim", "claim"),
    ("unschedulable", r"affinity/selector", "selector"),
    ("claim", r"storageclass\S* \".*\" not found", "claim-class"),
    ("claim", r"by the external provisioner|no volume plugin matched", "claim-driver"),
    ("claim", r"failed to provision volume", "claim-modes"),
    ("create-refused", r"exceeded quota", "quota"),
    ("create-refused", r"failed quota: .*must specify", "quota-unsaid"),
    ("create-refused", r"(?:minimum|maximum) \S+ usage per|ratio per", "bounds"),
)


class Trouble(NamedTuple):
    """The object, a machine word for the cause, its values."""

    ref: Ref
    cause: str
    values: Mapping[str, str]


def cause_text(trouble: Trouble, language: Language) -> str:
    """Say what keeps an object from starting."""
    key = trouble.cause
    if key == "unschedulable" and trouble.values.get("asks"):
        key = "waits-for"
    values = dict(trouble.values)
    if "reason" in values:
        values["reason"] = reason_text(values["reason"], language)
    family = "startup.cause" if is_key(f"startup.cause.{key}") else "network"
    return text(f"{family}.{key}", language, **values)


def of_pod_text(trouble: Trouble, language: Language) -> str:
    """Say what one pod waits for, or fails of."""
    key = trouble.cause
    if key == "unschedulable" and trouble.values.get("asks"):
        key = "waits-for"
    return text(f"resources.why.{key}", language, **trouble.values)


def remedy_text(trouble: Trouble, language: Language) -> str:
    """Say what to change."""
    key, message = trouble.cause, trouble.values.get("message", "")
    for cause, pattern, better in _REMEDIES:
        if trouble.cause == cause and re.search(pattern, message):
            key = better
            break
    if key == "selector" and not trouble.values.get("asks"):
        key = trouble.cause
    return text(f"startup.remedy.{key}", language, **trouble.values)


def reason_text(reason: str, language: Language) -> str:
    """Say in a few words how requests fail, from the machine word for it."""
    key = f"rehearsal.reason.{reason}"
    return text(key, language) if is_key(key) else reason


# -- of a workload ---------------------------------------------------------------------------------


def pods_of(read: Reader, ref: Ref) -> list[Obj]:
    """Return the pods of a workload that are not on their way out, oldest first."""
    if ref.resource == PODS:
        pod = read.get(PODS, ref.namespace, ref.name)
        return [] if pod is None else [pod]
    owner = read.get(ref.resource, ref.namespace, ref.name)
    if owner is None:
        return []
    return [
        pod
        for maker in _makers(read, ref, owner)
        for pod in read.owned(maker["metadata"]["uid"], PODS)
        if is_active(pod)
    ]


def _makers(read: Reader, ref: Ref, owner: Obj) -> Sequence[Obj]:
    if ref.resource == DEPLOYMENTS:
        return read.owned(owner["metadata"]["uid"], REPLICASETS)
    return [owner]


def of_workload(read: Reader, ref: Ref) -> list[Trouble]:
    """Group a workload's troubles by cause: one sentence for all pods that share it."""
    owner = read.get(ref.resource, ref.namespace, ref.name)
    if owner is None:
        return [Trouble(ref, "gone", {"name": ref.name})]
    pods = pods_of(read, ref)
    wanted = replicas_of(ref.resource, owner)
    if ref.resource == JOBS:
        failed = condition(owner, "Failed")
        if failed is not None and is_true(owner, "Failed"):
            return [Trouble(ref, "job-failed", _of_job(read, owner, failed))]
        if (owner.get("status") or {}).get("failed") and all(map(is_ready, pods)):
            return [Trouble(ref, "job-retries", _of_job(read, owner, {}))]
    groups: dict[tuple[str, str], list[dict[str, str]]] = {}
    warnings = _Warnings(read, ref.namespace)
    for pod in _telling(read, ref, owner, pods):
        if is_ready(pod):
            continue
        cause, values = _of_pod(read, pod, warnings)
        groups.setdefault((cause, values.get("message", "")), []).append(values)
    found = [
        Trouble(ref, cause, {**rows[0], "names": _names(rows), "pods": str(len(rows)),
                             "of": str(wanted)})
        for (cause, _), rows in groups.items()
    ]  # fmt: skip
    if len(pods) < wanted:
        refused = _refusal(read, ref, owner)
        if refused:
            missing = str(wanted - len(pods))
            values = {"message": refused, "pods": missing, "of": str(wanted)}
            found.append(Trouble(ref, "create-refused", values))
    if not found:
        found.append(Trouble(ref, "slow", {"pods": str(wanted), "of": str(wanted)}))
    return found


def _telling(read: Reader, ref: Ref, owner: Obj, pods: Sequence[Obj]) -> Sequence[Obj]:
    """Leave out pods of earlier templates of a Deployment where one of the newest is not ready.

    They go once it is: what is wrong with them keeps nothing from being up.
    """
    if ref.resource != DEPLOYMENTS:
        return pods
    makers = _makers(read, ref, owner)
    newest = max(makers, key=_revision, default=None)
    own = [] if newest is None else read.owned(newest["metadata"]["uid"], PODS)
    uids = {pod["metadata"]["uid"] for pod in own if is_active(pod)}
    told = [pod for pod in pods if pod["metadata"]["uid"] in uids]
    return pods if all(map(is_ready, told)) else told


def _revision(replica_set: Obj) -> int:
    notes = replica_set["metadata"].get("annotations") or {}
    return int(notes.get("deployment.kubernetes.io/revision", 0))


def _of_job(read: Reader, job: Obj, failed: Mapping[str, str]) -> dict[str, str]:
    """Return what a Job says of its end, and how containers of the pod that failed last ended."""
    pods = [
        pod
        for pod in read.owned(job["metadata"]["uid"], PODS)
        if (pod.get("status") or {}).get("phase") == "Failed"
    ]
    codes = [
        str(ended.get("exitCode", ""))
        for pod in pods[-1:]
        for row in pod["status"].get("containerStatuses") or ()
        if (ended := (row.get("state") or {}).get("terminated"))
    ]
    return {
        "reason": failed.get("reason", ""),
        "message": failed.get("message", ""),
        "failed": str((job.get("status") or {}).get("failed", 0)),
        "code": ", ".join(codes) or "-",
    }


def _names(rows: Sequence[Mapping[str, str]]) -> str:
    """Name the first pods of a group: a, b, c … (+7)."""
    named = ", ".join(row["pod"] for row in rows[:_NAMED])
    return named if len(rows) <= _NAMED else f"{named} … (+{len(rows) - _NAMED})"


def _refusal(read: Reader, ref: Ref, owner: Obj) -> str:
    """Return why the server refused to create pods of a workload; "" where it did not."""
    for maker in _makers(read, ref, owner):
        failure = condition(maker, "ReplicaFailure")
        if failure is not None and failure["status"] == "True":
            return str(failure.get("message", ""))
    return ""


def _of_pod(read: Reader, pod: Obj, warnings: "_Warnings") -> tuple[str, dict[str, str]]:
    """Return the cause that keeps one pod from being ready."""
    meta, status = pod["metadata"], pod.get("status") or {}
    said = {"pod": meta["name"], "node": pod["spec"].get("nodeName", "")}
    scheduled = condition(pod, "PodScheduled")
    if not said["node"]:
        waits = claims.unbound(read, pod, (scheduled or {}).get("message", ""))
        if waits is not None:
            return "claim", {**said, **waits}
    if scheduled is not None and scheduled["status"] == "False":
        message = scheduled.get("message", "")
        return "unschedulable", {**said, "message": message, "asks": _asks(pod, message)}
    ending = {
        container["name"]
        for container in pod["spec"].get("initContainers") or ()
        if container.get("restartPolicy") != "Always"
    }
    for field_name in ("initContainerStatuses", "containerStatuses"):
        among = field_name.removesuffix("Statuses") + "s"
        for row in status.get(field_name) or ():
            if row.get("ready"):
                continue
            cause = _of_container(row, pod, warnings)
            if cause is not None:
                return cause[0], {**said, "container": row["name"], "among": among, **cause[1]}
            if field_name == "initContainerStatuses" and row["name"] in ending:
                return "init-waits", {**said, "container": row["name"], "among": among}
    taken = warnings.last(pod, "FailedAttachVolume")
    last = warnings.last(pod, "FailedMount")
    if taken and (not last or "unattached volumes=[]" not in last):
        return "attach", {**said, "message": taken}
    if last:
        # "Unable to attach or mount volumes" tells which ones wait; what fails says why.
        why = warnings.last(pod, "FailedMount", ("MountVolume.",))
        return "mount", {**said, "message": why or last}
    return "slow", said


def _asks(pod: Obj, message: str) -> str:
    """Return what a pod asks and no node has (left): "nvidia.com/gpu 4", "disk=gold"."""
    rows = []
    if "node affinity/selector" in message:
        chosen = pod["spec"].get("nodeSelector") or {}
        rows = [f"{label}={value}" for label, value in sorted(chosen.items())]
    for resource in dict.fromkeys(_INSUFFICIENT.findall(message)):
        amounts = [
            amount
            for container in pod["spec"]["containers"]
            if (amount := _request(container, resource)) is not None
        ]
        if len(amounts) == 1:
            rows.append(f"{resource} {amounts[0]}")
        elif amounts:
            milli = sum(quantity.milli(amount) for amount in amounts)
            rows.append(f"{resource} {milli // 1000 if milli % 1000 == 0 else f'{milli}m'}")
    return ", ".join(rows)


def _request(container: Obj, resource: str) -> str | None:
    said = container.get("resources") or {}
    for sort in ("requests", "limits"):
        amount = (said.get(sort) or {}).get(resource)
        if amount is not None:
            return str(amount)
    return None


def _of_container(row: Obj, pod: Obj, warnings: "_Warnings") -> tuple[str, dict[str, str]] | None:
    state = row.get("state") or {}
    waiting = state.get("waiting") or {}
    reason, message = waiting.get("reason", ""), waiting.get("message", "")
    restarts = str(row.get("restartCount", 0))
    if reason in _IMAGE:
        return "image", {"image": row["image"], "message": ""}
    if reason == "InvalidImageName":
        return "image-name", {"image": row["image"], "message": ""}
    if reason == "CreateContainerConfigError":
        return "config", {
            "message": message, "field": fields.referring(pod, row["name"], message)
        }  # fmt: skip
    ended = state.get("terminated") or (row.get("lastState") or {}).get("terminated")
    if ended is not None and (reason == "CrashLoopBackOff" or not state.get("running")):
        code = ended.get("exitCode", "")
        if ended.get("reason") == "OOMKilled":
            return "oom", {"code": str(code), "restarts": restarts, "message": ""}
        killed = warnings.last(pod, "Unhealthy", _KILLING) if code in _KILLED else ""
        if killed:
            return "probe", {"probe": killed, "restarts": restarts, "message": ""}
        return "crash", {"code": str(code), "restarts": restarts, "message": ""}
    failing = warnings.last(pod, "Unhealthy")
    if state.get("running") is not None and failing:
        return "probe", {"probe": failing, "restarts": restarts, "message": ""}
    return None


class _Warnings:
    """What a namespace's events warn of, by pod: read once, and only where it is asked for."""

    def __init__(self, read: Reader, namespace: str) -> None:
        self._read, self._namespace = read, namespace
        self._found: dict[tuple[str, str], list[str]] | None = None

    def last(self, pod: Obj, reason: str, begins: tuple[str, ...] = ("",)) -> str:
        """Return the message of the last one for *reason* that begins with one of *begins*."""
        if self._found is None:
            self._found = {}
            for event in self._read.list(EVENTS, self._namespace):
                uid = (event.get("involvedObject") or {}).get("uid", "")
                said = self._found.setdefault((uid, event.get("reason", "")), [])
                said.append(str(event.get("message", "")))
        for message in reversed(self._found.get((pod["metadata"]["uid"], reason), ())):
            if message.startswith(begins):
                return message
        return ""


def wavering(read: Reader, ref: Ref, now: int) -> list[Trouble]:
    """Find the pods of an available workload whose container ended wrongly, and may end again.

    A container is over it once it has run for longer than it did before it ended; one that ended
    after more than a minute had started. A Job at work may fail as soon as it has begun, too.
    """
    if ref.resource == JOBS:
        return _young(read, ref, now)
    groups: dict[tuple[str, str], list[dict[str, str]]] = {}
    pods = pods_of(read, ref)
    for pod in pods:
        for row in (pod.get("status") or {}).get("containerStatuses") or ():
            since = ((row.get("state") or {}).get("running") or {}).get("startedAt")
            ended = (row.get("lastState") or {}).get("terminated") or {}
            if not since or not ended.get("exitCode") or not ended.get("startedAt"):
                continue
            lasted = nanoseconds(ended["finishedAt"]) - nanoseconds(ended["startedAt"])
            if lasted > _STARTED or now - nanoseconds(since) > lasted + _DOUBT:
                continue
            cause = "oom" if ended.get("reason") == "OOMKilled" else "crash"
            groups.setdefault((cause, row["name"]), []).append(
                {
                    "pod": pod["metadata"]["name"],
                    "container": row["name"],
                    "code": str(ended["exitCode"]),
                    "restarts": str(row.get("restartCount", 0)),
                    "runs": "yes",
                }
            )
    return [
        Trouble(ref, cause, {**rows[0], "pods": str(len(rows)), "of": str(len(pods))})
        for (cause, _), rows in groups.items()
    ]


def _young(read: Reader, ref: Ref, now: int) -> list[Trouble]:
    """Doubt a Job at work until its pods have been so for a minute."""
    owner = read.get(*ref)
    if owner is None or owner["spec"].get("suspend") or is_true(owner, "Complete"):
        return []
    pods = [pod for pod in pods_of(read, ref) if is_ready(pod)]
    begun = max((since for pod in pods if (since := ready_since(pod)) is not None), default=now)
    if now - begun >= _STARTED:
        return []
    return [Trouble(ref, "job-began", {"pods": str(len(pods)), "runs": "yes"})]
