"""One look at a Job: what its pods came to, which are to come or go, and what its status says.

Source: kubernetes pkg/controller/job/job_controller.go (syncJob, manageJob; 1.36).
"""

from collections.abc import Iterable
from typing import Any

from ecp.kube.kinds import PODS
from ecp.kube.pods import is_active, is_ready, is_terminating
from ecp.kube.times import nanoseconds, rfc3339
from ecp.sim.controllers.jobs import backoff, conditions, endings, indexes, policies, tracking
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
from ecp.sim.plans import Action, Create, Delete, EventNote, Plan, Reader
from ecp.sim.store import Obj

SECOND = 1_000_000_000
BATCH = SECOND
"""From a change of a pod to the sync (ns), so that what happens together is looked at once."""

BURST = 500
"""Pods created or deleted in one sync at most."""

_REACHED = "Reached expected number of succeeded pods"


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
        self.end = endings.before(self) or endings.by_limits(self)
        if self.indexed:
            endings.look_at_indexes(self)
        before = self.conditions
        if self.end is not None:
            self._delete(self.active, counted=False)
            active = 0
        else:
            active = self._manage()
        if self.ready <= active:
            tracking.track(self, active, moved=self.conditions is not before)
        # Else the server would refuse the status, and nothing is counted until the wait is over.
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
            if is_tracked(pod) and pod["metadata"]["uid"] not in known and self.fits(pod)
        )

    def fits(self, pod: Obj) -> bool:
        """Whether the pod's index is one of the Job's, if it has any."""
        if not self.indexed:
            return True
        index = completion_index(pod)
        return index is not None and index < self.spec["completions"]

    # -- pods come and go ---------------------------------------------------------------------

    def _manage(self) -> int:
        """Create or delete pods, see whether that was all, and say if the Job is suspended."""
        living = "deletionTimestamp" not in self.job["metadata"]
        active = self._pods_wanted() if living else len(self.active)
        completions = self.spec.get("completions")
        enough = self.succeeded > 0 if completions is None else self.succeeded >= completions
        if enough and active == 0:
            self.end = conditions.new(
                conditions.SUCCESS_MET, "CompletionsReached", _REACHED, self.now
            )
        elif living:
            self._suspend_or_resume()
        return active

    def _suspend_or_resume(self) -> None:
        kind, message = conditions.SUSPENDED, "Job suspended" if self.suspended else "Job resumed"
        reason = "JobSuspended" if self.suspended else "JobResumed"
        status = "True" if self.suspended else "False"
        wanted = conditions.new(kind, reason, message, self.now, status)
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
            # While it waits the real one takes no pod for active, whatever runs.
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
