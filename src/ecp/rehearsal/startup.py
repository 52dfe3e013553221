"""Start-up, judged from what happened: what became available when, and what did not and why."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ecp.kube.kinds import DEPLOYMENTS, ENDPOINTSLICES, EVENTS, PODS, REPLICASETS, SERVICES
from ecp.kube.pods import condition, is_active, is_ready
from ecp.rehearsal.bundle import Obj, Ref, selects
from ecp.sim.cluster import Cluster
from ecp.sim.network import listed
from ecp.sim.network.connect import Outcome
from ecp.sim.network.endpoints import SERVICE_NAME_LABEL
from ecp.sim.plans import Reader
from ecp.sim.store import Change

# How a Service fails when its pods do not run.
_FOLLOWS = ("none-ready", "selects-nothing", "no-process", "starting", "no-pod")
_IMAGE = ("ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull")


class Trouble(NamedTuple):
    """What keeps an object from starting: the object, a machine word for the cause, its values.

    `rehearsal.cause.<cause>` and `rehearsal.remedy.<cause>` are the sentences.
    """

    ref: Ref
    cause: str
    values: Mapping[str, str]


@dataclass(slots=True)
class StartUp:
    """Watches a deployed bundle until all of it runs.

    `at` holds for each workload the instant (ns) since which it is available, for each Service
    the instant since which every port has ready endpoints; what is not (any more) is missing.
    The owner calls `observe` with each change.
    """

    began: int
    workloads: list[Ref]
    services: list[Ref]
    at: dict[Ref, int] = field(default_factory=dict)
    confirmed: int | None = None
    moved: bool = True

    def observe(self, change: Change, read: Reader) -> None:
        """Look again at what *change* concerns."""
        resource, (namespace, name) = change.resource, change.key
        if resource in (DEPLOYMENTS, REPLICASETS, PODS):
            ref = Ref(resource, namespace, name)
            if ref in self.workloads:
                gone = change.type == "DELETED"
                self._note(ref, not gone and is_available(resource, change.object), change.at)
        elif resource == ENDPOINTSLICES:
            labels = change.object["metadata"].get("labels") or {}
            ref = Ref(SERVICES, namespace, labels.get(SERVICE_NAME_LABEL, ""))
            if ref in self.services:
                self._note(ref, has_endpoints(read, ref), change.at)

    def _note(self, ref: Ref, there: bool, at: int) -> None:
        if there:
            self.at.setdefault(ref, at)
        else:
            self.at.pop(ref, None)
        self.moved = True

    @property
    def whole(self) -> bool:
        """Whether everything is available now."""
        return len(self.at) == len(self.workloads) + len(self.services)

    def snapshot(self) -> dict[str, Any]:
        """Return the state as plain data."""
        return {
            "began": self.began,
            "workloads": [list(ref) for ref in self.workloads],
            "services": [list(ref) for ref in self.services],
            "at": [[*ref, at] for ref, at in self.at.items()],
            "confirmed": self.confirmed,
        }

    @classmethod
    def restored(cls, state: Mapping[str, Any]) -> "StartUp":
        """Return what `snapshot` wrote down."""
        return cls(
            state["began"],
            [Ref(*row) for row in state["workloads"]],
            [Ref(*row) for row in state["services"]],
            {Ref(*row[:3]): row[3] for row in state["at"]},
            state["confirmed"],
        )


def is_available(resource: str, obj: Obj) -> bool:
    """Whether a workload is as it was asked for: all replicas, of this generation, available."""
    status = obj.get("status") or {}
    if resource == PODS:
        return is_ready(obj) or status.get("phase") == "Succeeded"
    wanted = obj["spec"].get("replicas", 1)
    if status.get("observedGeneration", 0) < obj["metadata"].get("generation", 1):
        return False
    if resource == DEPLOYMENTS and status.get("updatedReplicas", 0) < wanted:
        return False
    return bool(status.get("availableReplicas", 0) >= wanted)


def has_endpoints(read: Reader, ref: Ref) -> bool:
    """Whether every port of a Service has an endpoint that is listed."""
    service = read.get(SERVICES, ref.namespace, ref.name)
    if service is None:
        return False
    return all(listed(read, service, port) for port in service["spec"].get("ports") or ())


def unanswered(cluster: Cluster, services: Iterable[Ref]) -> list[tuple[Ref, Outcome]]:
    """Return the Services of which a probe may fail now, with how."""
    found = []
    for ref in services:
        service = cluster.read.get(SERVICES, ref.namespace, ref.name)
        if service is None:
            found.append(
                (
                    ref,
                    Outcome(False, "no-service", {"service": ref.name, "namespace": ref.namespace}),
                )
            )
            continue
        for port in service["spec"].get("ports") or ():
            outcomes = cluster.prober.ways(service, port).outcomes
            bad = next((outcome for outcome in outcomes if not outcome.ok), None)
            if bad is not None:
                found.append((ref, bad))
                break
    return found


# -- why not ---------------------------------------------------------------------------------------


def troubles(cluster: Cluster, start: StartUp) -> list[Trouble]:
    """Say of everything that did not start which object, which cause.

    A Service whose pods are in trouble themselves is left out: it follows.
    """
    read = cluster.read
    ailing = [ref for ref in start.workloads if ref not in start.at]
    found = [trouble for ref in ailing for trouble in of_workload(read, ref)]
    for ref, outcome in unanswered(cluster, start.services):
        follows = outcome.cause in _FOLLOWS and any(
            behind in ailing for behind in workloads_behind(read, ref, start.workloads)
        )
        if not follows:
            found.append(Trouble(ref, outcome.cause, dict(outcome.values)))
    return found


def workloads_behind(read: Reader, service: Ref, workloads: Iterable[Ref]) -> list[Ref]:
    """Return those of *workloads* whose pods a Service selects."""
    found = read.get(SERVICES, service.namespace, service.name)
    if found is None:
        return []
    behind = []
    for ref in workloads:
        workload = read.get(*ref) if ref.namespace == service.namespace else None
        if workload is not None and selects(found, workload):
            behind.append(ref)
    return behind


def pods_of(read: Reader, ref: Ref) -> list[Obj]:
    """Return the pods of a workload that are not on their way out, oldest first."""
    if ref.resource == PODS:
        pod = read.get(PODS, ref.namespace, ref.name)
        return [] if pod is None else [pod]
    owner = read.get(ref.resource, ref.namespace, ref.name)
    if owner is None:
        return []
    makers = [owner]
    if ref.resource == DEPLOYMENTS:
        makers = read.owned(owner["metadata"]["uid"], REPLICASETS)
    return [
        pod
        for maker in makers
        for pod in read.owned(maker["metadata"]["uid"], PODS)
        if is_active(pod)
    ]


def of_workload(read: Reader, ref: Ref) -> list[Trouble]:
    """Group a workload's troubles by cause: one sentence for all pods that share it."""
    owner = read.get(ref.resource, ref.namespace, ref.name)
    if owner is None:
        return [Trouble(ref, "gone", {"name": ref.name})]
    pods = pods_of(read, ref)
    wanted = 1 if ref.resource == PODS else owner["spec"].get("replicas", 1)
    groups: dict[tuple[str, str], list[Mapping[str, str]]] = {}
    for pod in pods:
        if is_ready(pod):
            continue
        cause, values = _of_pod(read, pod)
        groups.setdefault((cause, values.get("message", "")), []).append(values)
    found = [
        Trouble(ref, cause, {**rows[0], "pods": str(len(rows)), "of": str(wanted)})
        for (cause, _), rows in groups.items()
    ]
    if len(pods) < wanted:
        refused = _refusal(read, ref, owner)
        if refused:
            missing = str(wanted - len(pods))
            values = {"message": refused, "pods": missing, "of": str(wanted)}
            found.append(Trouble(ref, "create-refused", values))
    if not found:
        found.append(Trouble(ref, "slow", {"pods": str(wanted), "of": str(wanted)}))
    return found


def _refusal(read: Reader, ref: Ref, owner: Obj) -> str:
    """Return why the server refused to create pods of a workload; "" where it did not."""
    makers = [owner]
    if ref.resource == DEPLOYMENTS:
        makers = read.owned(owner["metadata"]["uid"], REPLICASETS)
    for maker in makers:
        failure = condition(maker, "ReplicaFailure")
        if failure is not None and failure["status"] == "True":
            return str(failure.get("message", ""))
    return ""


def _of_pod(read: Reader, pod: Obj) -> tuple[str, dict[str, str]]:
    """Return the cause that keeps one pod from being ready."""
    meta, status = pod["metadata"], pod.get("status") or {}
    said = {"pod": meta["name"], "node": pod["spec"].get("nodeName", "")}
    scheduled = condition(pod, "PodScheduled")
    if scheduled is not None and scheduled["status"] == "False":
        return "unschedulable", {**said, "message": scheduled.get("message", "")}
    for field_name, first in (("initContainerStatuses", True), ("containerStatuses", False)):
        for row in status.get(field_name) or ():
            if row.get("ready") or (first and _done(row)):
                continue
            cause = _of_container(row, pod, read)
            if cause is not None:
                return cause[0], {**said, "container": row["name"], **cause[1]}
            if first:
                return "init-waits", {**said, "container": row["name"]}
    last = _last_warning(read, pod, "FailedMount")
    if last:
        return "mount", {**said, "message": last}
    return "slow", said


def _done(row: Obj) -> bool:
    ended = (row.get("state") or {}).get("terminated")
    return ended is not None and ended.get("exitCode") == 0


def _of_container(row: Obj, pod: Obj, read: Reader) -> tuple[str, dict[str, str]] | None:
    state = row.get("state") or {}
    waiting = state.get("waiting") or {}
    reason, message = waiting.get("reason", ""), waiting.get("message", "")
    if reason in _IMAGE:
        return "image", {"image": row["image"], "message": ""}
    if reason == "InvalidImageName":
        return "image-name", {"image": row["image"], "message": ""}
    if reason == "CreateContainerConfigError":
        return "config", {"message": message}
    ended = state.get("terminated") or (row.get("lastState") or {}).get("terminated")
    if ended is not None and (reason == "CrashLoopBackOff" or not state.get("running")):
        values = {
            "code": str(ended.get("exitCode", "")),
            "restarts": str(row.get("restartCount", 0)),
            "message": "",
        }
        return ("oom" if ended.get("reason") == "OOMKilled" else "crash"), values
    if state.get("running") is not None:
        failing = _last_warning(read, pod, "Unhealthy")
        if failing:
            restarts = str(row.get("restartCount", 0))
            return "probe", {"probe": failing, "restarts": restarts, "message": ""}
    return None


def _last_warning(read: Reader, pod: Obj, reason: str) -> str:
    meta = pod["metadata"]
    found = ""
    for event in read.list(EVENTS, meta["namespace"]):
        about = event.get("involvedObject") or {}
        if about.get("uid") == meta["uid"] and event.get("reason") == reason:
            found = str(event.get("message", ""))
    return found
