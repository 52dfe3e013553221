"""Whether a Job is over: what an earlier sync found, policies, limits, indexes.

An end is a condition: FailureTarget or SuccessCriteriaMet when it is found, Failed or Complete once
all is counted. Source: kubernetes pkg/controller/job/job_controller.go (syncJob; 1.36).
"""

from typing import TYPE_CHECKING

from ecp.sim.controllers.jobs import backoff, conditions, indexes, policies
from ecp.sim.controllers.jobs.indexes import Intervals, index_of
from ecp.sim.controllers.jobs.pods import active_indexes, is_tracked, per_index
from ecp.sim.store import Obj

if TYPE_CHECKING:
    from ecp.sim.controllers.jobs.sync import Sync

SECOND = 1_000_000_000

_LIMIT = "Job has reached the specified backoff limit"
_DEADLINE = "Job was active longer than specified deadline"
_INDEX_LIMIT = "Job has exceeded the specified maximal number of failed indexes"


def _condition(sync: "Sync", kind: str, reason: str, message: str, status: str = "True") -> Obj:
    return conditions.new(kind, reason, message, sync.now, status)


def _failing(sync: "Sync", reason: str, message: str) -> Obj:
    return _condition(sync, conditions.FAILURE_TARGET, reason, message)


def before(sync: "Sync") -> Obj | None:
    """Return the end that was found in an earlier sync, or that a failed pod brings now."""
    met = conditions.standing(sync.conditions, conditions.SUCCESS_MET)
    if met is not None:
        return met
    target = conditions.standing(sync.conditions, conditions.FAILURE_TARGET)
    if target is not None:
        return _condition(sync, conditions.FAILED, target["reason"], target["message"])
    for pod in sync.pods if sync.spec.get("podFailurePolicy") else ():
        if policies.is_failed(pod, sync.job):
            message = policies.verdict(sync.job, pod).message
            if message is not None:
                return _failing(sync, "PodFailurePolicy", message)
    return None


def by_limits(sync: "Sync") -> Obj | None:
    if sync.failed > sync.spec["backoffLimit"] or _restarted_too_often(sync):
        return _failing(sync, "BackoffLimitExceeded", _LIMIT)
    seconds = sync.spec.get("activeDeadlineSeconds")
    if seconds is None or sync.suspended or sync.start is None:
        return None
    deadline = sync.start + seconds * SECOND
    if sync.now >= deadline:
        return _failing(sync, "DeadlineExceeded", _DEADLINE)
    sync.later(deadline)
    return None


def _restarted_too_often(sync: "Sync") -> bool:
    if sync.spec["template"]["spec"].get("restartPolicy") != "OnFailure":
        return False
    restarts: int = sum(
        container.get("restartCount", 0)
        for pod in sync.pods
        if pod["status"].get("phase") in ("Running", "Pending")
        for field in ("initContainerStatuses", "containerStatuses")
        for container in pod["status"].get(field) or ()
    )
    most: int = sync.spec["backoffLimit"]
    return restarts >= max(most, 1)


def look_at_indexes(sync: "Sync") -> None:
    completions = sync.spec["completions"]
    tracked = [pod for pod in sync.pods if is_tracked(pod) and sync.fits(pod)]
    sync.succeeded_indexes = indexes.with_indexes(
        indexes.parse(sync.status.get("completedIndexes"), completions),
        (index_of(pod) for pod in tracked if pod["status"].get("phase") == "Succeeded"),
    )
    sync.succeeded = indexes.total(sync.succeeded_indexes)
    if per_index(sync.job):
        sync.failed_indexes = indexes.with_indexes(
            indexes.parse(sync.status.get("failedIndexes"), completions),
            (index_of(pod) for pod in tracked if policies.fails_index(sync.job, pod)),
        )
        if sync.end is None:
            sync.end = _ended_by_indexes(sync, indexes.total(sync.failed_indexes))
        sync.replaced = _to_be_replaced(sync, tracked, sync.failed_indexes)
    if sync.end is None:
        message = policies.success(sync.job, sync.succeeded_indexes)
        if message:
            sync.end = _condition(sync, conditions.SUCCESS_MET, "SuccessPolicy", message)


def _ended_by_indexes(sync: "Sync", failed: int) -> Obj | None:
    most = sync.spec.get("maxFailedIndexes")
    if most is not None and failed > most:
        return _failing(sync, "MaxFailedIndexesExceeded", _INDEX_LIMIT)
    if failed and failed + sync.succeeded >= sync.spec["completions"]:
        return _failing(sync, "FailedIndexes", "Job has failed indexes")
    return None


def _to_be_replaced(sync: "Sync", tracked: list[Obj], failed: Intervals) -> dict[int, Obj]:
    """Return the last failed pod of each index that is to be tried again.

    It stays until the one that replaces it has taken over the count of failures.
    """
    running = active_indexes(sync.active)
    found: dict[int, Obj] = {}
    for pod in tracked:
        index = index_of(pod)
        if not policies.is_failed(pod, sync.job) or index in running:
            continue
        if indexes.holds(sync.succeeded_indexes, index) or indexes.holds(failed, index):
            continue
        held = found.get(index)
        if held is None or (
            policies.all_failures(held) <= policies.all_failures(pod)
            and backoff.finished_at(pod) >= backoff.finished_at(held)
        ):
            found[index] = pod
    return found
