"""Counting a Job's pods that ended, each once, and writing its status.

A sync may end halfway: so a pod is written into the status' uncountedTerminatedPods first, then
loses its finalizer, then moves from there to the counts.
Source: kubernetes pkg/controller/job/job_controller.go (trackJobStatusAndRemoveFinalizers; 1.36).
"""

from typing import TYPE_CHECKING

from ecp.kube.kinds import JOBS
from ecp.sim.controllers.jobs import conditions, indexes, policies
from ecp.sim.controllers.jobs.indexes import completion_index, index_of
from ecp.sim.controllers.jobs.pods import is_tracked, untracked
from ecp.sim.plans import Update
from ecp.sim.store import Obj

if TYPE_CHECKING:
    from ecp.sim.controllers.jobs.sync import Sync

MOST_UNCOUNTED = 500
"""Pods that wait to be counted at most, so that a status stays small."""

_OMITTED = ("active", "succeeded", "failed", "completedIndexes")
_TOO_MANY = "Too many succeeded pods running after completion count reached"


def track(sync: "Sync", active: int, *, moved: bool) -> None:
    """Write the status, let counted pods go, write it again with them in the counts."""
    status = sync.status
    figures = {"active": active, "ready": sync.ready, "terminating": sync.terminating}
    flush = moved or any(
        status.get(name, 0 if name == "active" else None) != value
        for name, value in figures.items()
    )
    status |= figures
    held = {pod["metadata"]["uid"]: None for pod in sync.pods if is_tracked(pod)}
    flush |= _counted(sync, held)
    going, introduced = _introduce(sync)
    flush |= introduced
    flush |= _write_indexes(sync)
    flush |= _write_target(sync)
    if flush:
        _flush(sync)
        sync.flushed = True
    for pod in going:
        sync.actions.append(untracked(pod))
        held.pop(pod["metadata"]["uid"], None)
    flush = _counted(sync, held)
    # Who has more to count looks again.
    finished = not sync.full and _finish(sync)
    if flush or finished:
        _flush(sync)


def _uncounted_now(sync: "Sync") -> list[str]:
    return [*sync.uncounted["succeeded"], *sync.uncounted["failed"]]


def _counted(sync: "Sync", held: dict[str, None]) -> bool:
    """Move pods without a finalizer from the uncounted to the counts."""
    moved = False
    for name, uids in sync.uncounted.items():
        left = [uid for uid in uids if uid in held]
        if len(left) != len(uids):
            moved = True
            sync.status[name] = sync.status.get(name, 0) + len(uids) - len(left)
            sync.uncounted[name] = left
    return moved


def _introduce(sync: "Sync") -> tuple[list[Obj], bool]:
    """Note which pods have ended; return those that may go, and whether any is new."""
    going: list[Obj] = []
    introduced = by_index = 0
    pods = sorted(sync.pods, key=index_of) if sync.indexed else sync.pods
    for pod in pods:
        failed = policies.is_failed(pod, sync.job)
        if not is_tracked(pod) or not _may_go(sync, pod, failed):
            continue
        going.append(pod)
        if _enters(sync, pod, failed):
            introduced += 1
            by_index += sync.indexed and pod["status"].get("phase") == "Succeeded"
        if by_index + len(_uncounted_now(sync)) >= MOST_UNCOUNTED:
            sync.full = True
            break
    return going, bool(introduced)


def _enters(sync: "Sync", pod: Obj, failed: bool) -> bool:
    """Whether the pod is one to be counted; it then stands among the uncounted."""
    uid = pod["metadata"]["uid"]
    known_failed = uid in sync.uncounted["failed"]
    if pod["status"].get("phase") == "Succeeded" and not known_failed:
        if sync.indexed:
            # Its index is enough to remember it by.
            known = indexes.parse(sync.status.get("completedIndexes"), sync.spec["completions"])
            return sync.fits(pod) and not indexes.holds(known, index_of(pod))
        if uid in sync.uncounted["succeeded"]:
            return False
        sync.uncounted["succeeded"].append(uid)
        return True
    met = sync.end is not None and sync.end["type"] == conditions.SUCCESS_MET
    lost = sync.end is not None and not met
    if not (failed or lost) or known_failed or not sync.fits(pod):
        return False
    if not policies.verdict(sync.job, pod).counted:
        return False
    sync.uncounted["failed"].append(uid)
    return True


def _may_go(sync: "Sync", pod: Obj, failed: bool) -> bool:
    if "deletionTimestamp" in sync.job["metadata"] or sync.end is not None:
        return True
    if pod["status"].get("phase") == "Succeeded":
        return True
    if not failed:
        return False
    index = completion_index(pod)
    replaced = sync.replaced.get(index) if index is not None else None
    return replaced is None or replaced["metadata"]["uid"] != pod["metadata"]["uid"]


def _write_indexes(sync: "Sync") -> bool:
    if not sync.indexed:
        return False
    said = indexes.text(sync.succeeded_indexes)
    failed = None if sync.failed_indexes is None else indexes.text(sync.failed_indexes)
    moved = said != (sync.status.get("completedIndexes") or "")
    moved |= failed != sync.status.get("failedIndexes")
    sync.status["succeeded"] = indexes.total(sync.succeeded_indexes)
    sync.status["completedIndexes"] = said
    sync.status["failedIndexes"] = failed
    return moved


def _write_target(sync: "Sync") -> bool:
    """Say how the Job will end, before the pods that show it are let go."""
    end = sync.end
    if end is None or end["type"] == conditions.FAILED:
        return False
    moved = conditions.standing(sync.conditions, end["type"]) is None
    if moved:
        sync.conditions = [*sync.conditions, end]
    met = end["type"] == conditions.SUCCESS_MET
    kind = conditions.COMPLETE if met else conditions.FAILED
    sync.end = conditions.new(kind, end["reason"], end["message"], sync.now)
    return moved


def _finish(sync: "Sync") -> bool:
    """Say how the Job ended, once nothing is left to count or to wait for."""
    end = sync.end
    if end is None or _uncounted_now(sync) or sync.terminating > 0:
        return False
    sync.conditions = conditions.ensured(sync.conditions, end)
    if end["type"] == conditions.COMPLETE:
        sync.status["completionTime"] = end["lastTransitionTime"]
        completions = sync.spec.get("completions")
        if completions is not None and sync.status.get("succeeded", 0) > completions:
            sync.note("Warning", "TooManySucceededPods", _TOO_MANY)
        sync.note("Normal", "Completed", "Job completed")
    else:
        sync.note("Warning", end["reason"], end["message"])
    return True


def _flush(sync: "Sync") -> None:
    status = {k: v for k, v in sync.status.items() if v or k not in _OMITTED}
    status = {k: v for k, v in status.items() if v is not None}
    if sync.conditions:
        status["conditions"] = sync.conditions
    status["uncountedTerminatedPods"] = {
        name: list(uids) for name, uids in sync.uncounted.items() if uids
    }
    sync.actions.append(Update(JOBS, {**sync.job, "status": status}, "status"))
