"""One look at a Job: what its pods came to, which are to come or go, and what its status says.

A pod that ended is counted once although a sync may end halfway: it is written into the status'
uncountedTerminatedPods first, then loses its finalizer, then moves from there to the counts.

Source: kubernetes pkg/controller/job/job_controller.go (syncJob, manageJob,
trackJobStatusAndRemoveFinalizers; 1.36).
"""

from collections.abc import Iterable
from typing import Any

from ecp.kube.kinds import JOBS, PODS
from ecp.kube.pods import is_active, is_ready, is_terminating
from ecp.kube.times import nanoseconds, rfc3339
from ecp.sim.controllers.jobs import backoff, conditions, indexes, policies
from ecp.sim.controllers.jobs.backoff import Record
from ecp.sim.controllers.jobs.indexes import Intervals, completion_index
from ecp.sim.controllers.jobs.pods import (
    active_indexes,
    claimed,
    is_indexed,
    is_tracked,
    new_pods,
    per_index,
    to_remove,
    untracked,
)
from ecp.sim.engine.chance import Chance
from ecp.sim.plans import Action, Create, Delete, EventNote, Plan, Reader, Update
from ecp.sim.store import Obj

SECOND = 1_000_000_000
BATCH = SECOND
"""From a change of a pod to the sync (ns), so that what happens together is looked at once."""

BURST = 500
"""Pods created or deleted in one sync at most; and pods that wait to be counted."""

_LIMIT = "Job has reached the specified backoff limit"
_DEADLINE = "Job was active longer than specified deadline"
_INDEX_LIMIT = "Job has exceeded the specified maximal number of failed indexes"
_REACHED = "Reached expected number of succeeded pods"
_TOO_MANY = "Too many succeeded pods running after completion count reached"


class Sync:
    """The work of one sync. `record` is what is known of failures, `flushed` whether it stands.

    *creates* is False right after a pod was refused: then none is asked for again.
    """

    __slots__ = (
        "actions",
        "active",
        "chance",
        "conditions",
        "creates",
        "end",
        "events",
        "failed",
        "failed_indexes",
        "flushed",
        "full",
        "indexed",
        "job",
        "now",
        "pods",
        "read",
        "ready",
        "record",
        "replaced",
        "spec",
        "start",
        "status",
        "succeeded",
        "succeeded_indexes",
        "suspended",
        "terminating",
        "uncounted",
        "wake",
    )

    def __init__(
        self,
        now: int,
        job: Obj,
        read: Reader,
        chance: Chance,
        record: Record,
        *,
        creates: bool = True,
    ) -> None:
        self.now, self.job, self.read, self.chance = now, job, read, chance
        self.spec = job["spec"]
        self.status: dict[str, Any] = dict(job.get("status") or {})
        self.conditions: list[Obj] = list(self.status.get("conditions") or ())
        held = self.status.get("uncountedTerminatedPods") or {}
        self.uncounted: dict[str, list[str]] = {
            name: list(held.get(name) or ()) for name in ("succeeded", "failed")
        }
        self.record, self.creates = record, creates
        self.flushed = self.full = False
        self.indexed = is_indexed(job)
        self.suspended = bool(self.spec.get("suspend"))
        self.actions: list[Action] = []
        self.events: list[EventNote] = []
        self.wake: int | None = None
        self.end: Obj | None = None
        self.succeeded_indexes: Intervals = ()
        self.failed_indexes: Intervals | None = None
        self.replaced: dict[int, Obj] = {}

    def plan(self) -> Plan:
        """Return what is to be done."""
        self._count()
        self.end = self._ended_before() or self._ended_by_limits()
        if self.indexed:
            self._look_at_indexes()
        before = self.conditions
        if self.end is not None:
            self._delete(self.active, counted=False)
            active = 0
        else:
            active = self._manage()
        self._track(active, moved=self.conditions is not before)
        return Plan(tuple(self.actions), tuple(self.events), self.wake)

    def later(self, at: int) -> None:
        """Come back at *at* at the latest."""
        self.wake = at if self.wake is None else min(self.wake, at)

    def note(self, kind: str, reason: str, message: str) -> None:
        """Record an Event about the Job."""
        self.events.append(EventNote(self.job, kind, reason, message))

    # -- what is ------------------------------------------------------------------------------

    def _count(self) -> None:
        job = self.job
        self.pods = claimed(job, self.read, self.actions)
        self.active = [pod for pod in self.pods if is_active(pod)]
        self.ready = sum(is_ready(pod) for pod in self.active)
        self.terminating = sum(is_terminating(pod) for pod in self.pods)
        succeeded = [p for p in self._new("succeeded") if p["status"].get("phase") == "Succeeded"]
        failed = [p for p in self._new("failed") if policies.is_failed(p, job)]
        counted = sum(policies.verdict(job, pod).counted for pod in failed)
        held = {name: len(uids) for name, uids in self.uncounted.items()}
        self.succeeded = self.status.get("succeeded", 0) + len(succeeded) + held["succeeded"]
        self.failed = self.status.get("failed", 0) + counted + held["failed"]
        self.start: int | None = None
        if self.status.get("startTime"):
            self.start = nanoseconds(self.status["startTime"])
        elif not self.suspended:
            self._begin()
        self.record = backoff.after(self.record, succeeded, failed)

    def _begin(self) -> None:
        self.start = self.now
        self.status["startTime"] = rfc3339(self.now)

    def _new(self, kind: str) -> Iterable[Obj]:
        """Return the pods that neither the status nor its uncounted *kind* knows."""
        known = self.uncounted[kind]
        return (
            pod
            for pod in self.pods
            if is_tracked(pod) and pod["metadata"]["uid"] not in known and self._fits(pod)
        )

    def _fits(self, pod: Obj) -> bool:
        """Whether the pod's index is one of the Job's, if it has any."""
        if not self.indexed:
            return True
        index = completion_index(pod)
        return index is not None and index < self.spec["completions"]

    # -- is it over? --------------------------------------------------------------------------

    def _condition(self, kind: str, reason: str, message: str, status: str = "True") -> Obj:
        return conditions.new(kind, reason, message, self.now, status)

    def _failing(self, reason: str, message: str) -> Obj:
        return self._condition(conditions.FAILURE_TARGET, reason, message)

    def _ended_before(self) -> Obj | None:
        """Return the end that was found in an earlier sync, or that a failed pod brings now."""
        met = conditions.standing(self.conditions, conditions.SUCCESS_MET)
        if met is not None:
            return met
        target = conditions.standing(self.conditions, conditions.FAILURE_TARGET)
        if target is not None:
            return self._condition(conditions.FAILED, target["reason"], target["message"])
        for pod in self.pods if self.spec.get("podFailurePolicy") else ():
            if policies.is_failed(pod, self.job):
                message = policies.verdict(self.job, pod).message
                if message is not None:
                    return self._failing("PodFailurePolicy", message)
        return None

    def _ended_by_limits(self) -> Obj | None:
        if self.failed > self.spec["backoffLimit"] or self._restarted_too_often():
            return self._failing("BackoffLimitExceeded", _LIMIT)
        seconds = self.spec.get("activeDeadlineSeconds")
        if seconds is None or self.suspended or self.start is None:
            return None
        deadline = self.start + seconds * SECOND
        if self.now >= deadline:
            return self._failing("DeadlineExceeded", _DEADLINE)
        self.later(deadline)
        return None

    def _restarted_too_often(self) -> bool:
        if self.spec["template"]["spec"].get("restartPolicy") != "OnFailure":
            return False
        restarts: int = sum(
            container.get("restartCount", 0)
            for pod in self.pods
            if pod["status"].get("phase") in ("Running", "Pending")
            for field in ("initContainerStatuses", "containerStatuses")
            for container in pod["status"].get(field) or ()
        )
        most: int = self.spec["backoffLimit"]
        return restarts >= max(most, 1)

    def _look_at_indexes(self) -> None:
        completions = self.spec["completions"]
        tracked = [pod for pod in self.pods if is_tracked(pod) and self._fits(pod)]
        self.succeeded_indexes = indexes.with_indexes(
            indexes.parse(self.status.get("completedIndexes"), completions),
            (_index(pod) for pod in tracked if pod["status"].get("phase") == "Succeeded"),
        )
        self.succeeded = indexes.total(self.succeeded_indexes)
        if per_index(self.job):
            self.failed_indexes = indexes.with_indexes(
                indexes.parse(self.status.get("failedIndexes"), completions),
                (_index(pod) for pod in tracked if policies.fails_index(self.job, pod)),
            )
            if self.end is None:
                self.end = self._ended_by_indexes(indexes.total(self.failed_indexes))
            self.replaced = self._to_be_replaced(tracked, self.failed_indexes)
        if self.end is None:
            message = policies.success(self.job, self.succeeded_indexes)
            if message:
                self.end = self._condition(conditions.SUCCESS_MET, "SuccessPolicy", message)

    def _ended_by_indexes(self, failed: int) -> Obj | None:
        most = self.spec.get("maxFailedIndexes")
        if most is not None and failed > most:
            return self._failing("MaxFailedIndexesExceeded", _INDEX_LIMIT)
        if failed and failed + self.succeeded >= self.spec["completions"]:
            return self._failing("FailedIndexes", "Job has failed indexes")
        return None

    def _to_be_replaced(self, tracked: list[Obj], failed: Intervals) -> dict[int, Obj]:
        """Return the last failed pod of each index that is to be tried again.

        It stays until the one that replaces it has taken over the count of failures.
        """
        running = active_indexes(self.active)
        found: dict[int, Obj] = {}
        for pod in tracked:
            index = _index(pod)
            if not policies.is_failed(pod, self.job) or index in running:
                continue
            if indexes.holds(self.succeeded_indexes, index) or indexes.holds(failed, index):
                continue
            held = found.get(index)
            if held is None or (
                policies.all_failures(held) <= policies.all_failures(pod)
                and backoff.finished_at(pod) >= backoff.finished_at(held)
            ):
                found[index] = pod
        return found

    # -- pods come and go ---------------------------------------------------------------------

    def _manage(self) -> int:
        """Create or delete pods, see whether that was all, and say if the Job is suspended."""
        living = "deletionTimestamp" not in self.job["metadata"]
        active = self._pods_wanted() if living else len(self.active)
        completions = self.spec.get("completions")
        enough = self.succeeded > 0 if completions is None else self.succeeded >= completions
        if enough and active == 0:
            self.end = self._condition(conditions.SUCCESS_MET, "CompletionsReached", _REACHED)
        elif living:
            self._suspend_or_resume()
        return active

    def _suspend_or_resume(self) -> None:
        kind, message = conditions.SUSPENDED, "Job suspended" if self.suspended else "Job resumed"
        reason = "JobSuspended" if self.suspended else "JobResumed"
        status = "True" if self.suspended else "False"
        wanted = self._condition(kind, reason, message, status)
        ensured = conditions.ensured(self.conditions, wanted)
        if ensured is self.conditions:
            return
        self.conditions = ensured
        self.note("Normal", "Suspended" if self.suspended else "Resumed", message)
        if self.suspended:
            self.status.pop("startTime", None)
            self.start = None
        else:
            # A deadline counts from when the Job last went on.
            self._begin()

    def _pods_wanted(self) -> int:
        """Ask for the pods that are missing or too many; return how many are active then."""
        active = len(self.active)
        if self.suspended:
            self._delete(to_remove(self.job, self.active, active), counted=True)
            return 0
        wanted: int = self.spec["parallelism"]
        completions = self.spec.get("completions")
        if completions is not None:
            wanted = max(0, min(wanted, completions - self.succeeded))
        elif self.succeeded > 0:
            wanted = active
        going = to_remove(self.job, self.active, max(0, active - wanted))[:BURST]
        if going:
            self._delete(going, counted=True)
            return active - len(going)
        waits_for = self.terminating if policies.replaces_only_failed(self.job) else 0
        missing = wanted - waits_for - active
        return self._create(missing) if missing > 0 and self.creates else active

    def _create(self, missing: int) -> int:
        """Ask for pods, unless failures make it wait; return how many are active then."""
        remaining = 0
        if not per_index(self.job):
            remaining = backoff.remaining(*self.record, self.now)
        picked: list[int | None] = [None] * min(missing, BURST)
        if self.indexed and not remaining:
            picked, remaining = self._pick(len(picked))
        if remaining:
            # While it waits the real one counts no pod as active, whatever runs.
            self.later(self.now + max(remaining, BATCH))
            return 0
        for pod in new_pods(self.now, self.job, picked, self.replaced, self.chance, self.read):
            self.actions.append(Create(PODS, pod))
            self.note("Normal", "SuccessfulCreate", f"Created pod: {pod['metadata']['name']}")
        return len(self.active) + len(picked)

    def _pick(self, count: int) -> tuple[list[int | None], int]:
        """Return the indexes that may start now, or how long (ns) the first has to wait yet."""
        taken = indexes.with_indexes(self.succeeded_indexes, active_indexes(self.active))
        if policies.replaces_only_failed(self.job):
            going = (completion_index(pod) for pod in self.pods if is_terminating(pod))
            taken = indexes.with_indexes(taken, (index for index in going if index is not None))
        if self.failed_indexes is not None:
            taken = indexes.merged(taken, self.failed_indexes)
        missing = indexes.first_missing(taken, count, self.spec["completions"])
        waits = {index: self._wait_of(index) for index in missing}
        ready: list[int | None] = [index for index, wait in waits.items() if not wait]
        return ready, 0 if ready else min(waits.values(), default=0)

    def _wait_of(self, index: int) -> int:
        failed = self.replaced.get(index)
        if failed is None:
            return 0
        failures = policies.all_failures(failed) + 1
        return backoff.remaining(failures, backoff.finished_at(failed), self.now)

    def _delete(self, pods: list[Obj], *, counted: bool) -> None:
        """Delete pods; *counted*: nobody needs to count them any more."""
        for pod in pods:
            meta = pod["metadata"]
            if counted and is_tracked(pod):
                self.actions.append(untracked(pod))
            self.actions.append(Delete(PODS, (meta["namespace"], meta["name"]), uid=meta["uid"]))
            self.note("Normal", "SuccessfulDelete", f"Deleted pod: {meta['name']}")
            self.ready -= is_ready(pod)
            self.terminating += 1

    # -- counting what ended ------------------------------------------------------------------

    def _track(self, active: int, *, moved: bool) -> None:
        """Write the status, let counted pods go, write it again with them in the counts."""
        status = self.status
        figures = {"active": active, "ready": self.ready, "terminating": self.terminating}
        flush = moved or any(
            status.get(name, 0 if name == "active" else None) != value
            for name, value in figures.items()
        )
        status |= figures
        held = {pod["metadata"]["uid"]: None for pod in self.pods if is_tracked(pod)}
        flush |= self._counted(held)
        going, introduced = self._introduce()
        flush |= introduced
        flush |= self._write_indexes()
        flush |= self._write_target()
        if flush:
            self._flush()
            self.flushed = True
        for pod in going:
            self.actions.append(untracked(pod))
            held.pop(pod["metadata"]["uid"], None)
        flush = self._counted(held)
        # Who has more to count looks again.
        finished = not self.full and self._finish()
        if flush or finished:
            self._flush()

    def _uncounted_now(self) -> list[str]:
        return [*self.uncounted["succeeded"], *self.uncounted["failed"]]

    def _counted(self, held: dict[str, None]) -> bool:
        """Move pods without a finalizer from the uncounted to the counts."""
        moved = False
        for name, uids in self.uncounted.items():
            left = [uid for uid in uids if uid in held]
            if len(left) != len(uids):
                moved = True
                self.status[name] = self.status.get(name, 0) + len(uids) - len(left)
                self.uncounted[name] = left
        return moved

    def _introduce(self) -> tuple[list[Obj], bool]:
        """Note which pods have ended; return those that may go, and whether any is new."""
        going: list[Obj] = []
        introduced = by_index = 0
        pods = sorted(self.pods, key=_index) if self.indexed else self.pods
        for pod in pods:
            failed = policies.is_failed(pod, self.job)
            if not is_tracked(pod) or not self._may_go(pod, failed):
                continue
            going.append(pod)
            if self._enters(pod, failed):
                introduced += 1
                by_index += self.indexed and pod["status"].get("phase") == "Succeeded"
            if by_index + len(self._uncounted_now()) >= BURST:
                self.full = True
                break
        return going, bool(introduced)

    def _enters(self, pod: Obj, failed: bool) -> bool:
        """Whether the pod is one to be counted; it then stands among the uncounted."""
        uid = pod["metadata"]["uid"]
        known_failed = uid in self.uncounted["failed"]
        if pod["status"].get("phase") == "Succeeded" and not known_failed:
            if self.indexed:
                # Its index is enough to remember it by.
                known = indexes.parse(self.status.get("completedIndexes"), self._completions())
                return self._fits(pod) and not indexes.holds(known, _index(pod))
            if uid in self.uncounted["succeeded"]:
                return False
            self.uncounted["succeeded"].append(uid)
            return True
        met = self.end is not None and self.end["type"] == conditions.SUCCESS_MET
        lost = self.end is not None and not met
        if not (failed or lost) or known_failed or not self._fits(pod):
            return False
        if not policies.verdict(self.job, pod).counted:
            return False
        self.uncounted["failed"].append(uid)
        return True

    def _completions(self) -> int:
        found: int = self.spec["completions"]
        return found

    def _may_go(self, pod: Obj, failed: bool) -> bool:
        if "deletionTimestamp" in self.job["metadata"] or self.end is not None:
            return True
        if pod["status"].get("phase") == "Succeeded":
            return True
        if not failed:
            return False
        index = completion_index(pod)
        replaced = self.replaced.get(index) if index is not None else None
        return replaced is None or replaced["metadata"]["uid"] != pod["metadata"]["uid"]

    def _write_indexes(self) -> bool:
        if not self.indexed:
            return False
        said = indexes.text(self.succeeded_indexes)
        failed = None if self.failed_indexes is None else indexes.text(self.failed_indexes)
        moved = said != (self.status.get("completedIndexes") or "")
        moved |= failed != self.status.get("failedIndexes")
        self.status["succeeded"] = indexes.total(self.succeeded_indexes)
        self.status["completedIndexes"] = said
        self.status["failedIndexes"] = failed
        return moved

    def _write_target(self) -> bool:
        """Say how the Job will end, before the pods that show it are let go."""
        end = self.end
        if end is None or end["type"] == conditions.FAILED:
            return False
        moved = conditions.standing(self.conditions, end["type"]) is None
        if moved:
            self.conditions = [*self.conditions, end]
        met = end["type"] == conditions.SUCCESS_MET
        kind = conditions.COMPLETE if met else conditions.FAILED
        self.end = self._condition(kind, end["reason"], end["message"])
        return moved

    def _finish(self) -> bool:
        """Say how the Job ended, once nothing is left to count or to wait for."""
        end = self.end
        if end is None or self._uncounted_now() or self.terminating > 0:
            return False
        self.conditions = conditions.ensured(self.conditions, end)
        if end["type"] == conditions.COMPLETE:
            self.status["completionTime"] = end["lastTransitionTime"]
            completions = self.spec.get("completions")
            if completions is not None and self.status.get("succeeded", 0) > completions:
                self.note("Warning", "TooManySucceededPods", _TOO_MANY)
            self.note("Normal", "Completed", "Job completed")
        else:
            self.note("Warning", end["reason"], end["message"])
        return True

    def _flush(self) -> None:
        status = {k: v for k, v in self.status.items() if v or k not in _OMITTED}
        status = {k: v for k, v in status.items() if v is not None}
        if self.conditions:
            status["conditions"] = self.conditions
        status["uncountedTerminatedPods"] = {
            name: list(uids) for name, uids in self.uncounted.items() if uids
        }
        self.actions.append(Update(JOBS, {**self.job, "status": status}, "status"))


_OMITTED = ("active", "succeeded", "failed", "completedIndexes")


def _index(pod: Obj) -> int:
    index = completion_index(pod)
    return -1 if index is None else index
