"""Start-up as it happens: which workload is available, which Service has endpoints, since when."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ecp.kube.kinds import (
    DAEMONSETS,
    DEPLOYMENTS,
    ENDPOINTSLICES,
    JOBS,
    PODS,
    SERVICES,
    STATEFULSETS,
)
from ecp.kube.pods import is_ready, is_true
from ecp.rehearsal.bundle import WORKLOADS, Obj, Ref, replicas_of, selects
from ecp.sim.network import listed
from ecp.sim.network.endpoints import SERVICE_NAME_LABEL
from ecp.sim.plans import Reader
from ecp.sim.store import Change

READY_DEADLINE = 600_000_000_000
"""From the deployment on (ns); when it passes, the SLA clock begins all the same."""


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
        if resource in WORKLOADS:
            ref = Ref(resource, namespace, name)
            if ref in self.workloads:
                # A Job may go once it has ended (its time to live).
                gone = change.type == "DELETED" and resource != JOBS
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


_UPDATED = {
    DEPLOYMENTS: "updatedReplicas",
    STATEFULSETS: "updatedReplicas",
    DAEMONSETS: "updatedNumberScheduled",
}
"""The figure of the pods of the present template. Source: kubectl pkg/polymorphichelpers."""


def is_available(resource: str, obj: Obj) -> bool:
    """Whether a workload is as it was asked for: all replicas, of this generation, available.

    A Job is once it is complete, or while its pods run and none has failed: how long its work
    takes is its own.
    """
    status = obj.get("status") or {}
    if resource == PODS:
        return is_ready(obj) or status.get("phase") == "Succeeded"
    if resource == JOBS:
        if obj["spec"].get("suspend") or is_true(obj, "Complete"):
            return True
        working = status.get("active", 0)
        return not status.get("failed") and 0 < working == status.get("ready", 0)
    asked = replicas_of(resource, obj)
    if status.get("observedGeneration", 0) < obj["metadata"].get("generation", 1):
        return False
    strategy = obj["spec"].get("updateStrategy") or {}
    updated = _UPDATED.get(resource)
    if updated is not None and strategy.get("type") != "OnDelete":
        partition = (strategy.get("rollingUpdate") or {}).get("partition", 0)
        if status.get(updated, 0) < asked - partition:
            return False
    figure = "numberAvailable" if resource == DAEMONSETS else "availableReplicas"
    return bool(status.get(figure, 0) >= asked)


def has_endpoints(read: Reader, ref: Ref) -> bool:
    """Whether every port of a Service has an endpoint that is listed."""
    service = read.get(SERVICES, ref.namespace, ref.name)
    if service is None:
        return False
    return all(listed(read, service, port) for port in service["spec"].get("ports") or ())


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
