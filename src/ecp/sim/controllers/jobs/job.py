"""The Job controller: pods run until enough of them have succeeded, or too many have failed.

Source: kubernetes pkg/controller/job/job_controller.go (1.36).

A change of a Job's spec is looked at at once, one of a pod or of the status a second later, with
all that happened until then. The record of failures lives here, as in the real one, and not in
the status; so it is part of a snapshot.
"""

from collections.abc import Iterable
from typing import Any

from ecp.kube.errors import KubeError, NotFound
from ecp.kube.kinds import JOBS, PODS
from ecp.kube.selectors import from_object
from ecp.sim.controllers.jobs import conditions
from ecp.sim.controllers.jobs.backoff import Record
from ecp.sim.controllers.jobs.due import Due
from ecp.sim.controllers.jobs.sync import BATCH, SECOND, Sync
from ecp.sim.engine.chance import Chance
from ecp.sim.plans import (
    NOTHING,
    Action,
    Controller,
    Create,
    Delete,
    EventNote,
    Plan,
    Reader,
    Update,
    controller_of,
    shares,
)
from ecp.sim.store import Change, Key, Obj
from ecp.sim.store.store import DELETED

_BUILT_IN = "kubernetes.io/job-controller"
_RETRY_LEAST, _RETRY_MOST = SECOND, 60 * SECOND
_NO_RECORD = Record()


def is_elsewhere(job: Obj) -> bool:
    """Whether another controller is to manage the Job."""
    return job["spec"].get("managedBy") not in (None, _BUILT_IN)


def owning_job(pod: Obj, read: Reader) -> Obj | None:
    """Return the Job that controls a pod, None when there is none any more."""
    owner = controller_of(pod)
    if owner is None or owner["kind"] != "Job":
        return None
    job = read.get(JOBS, pod["metadata"]["namespace"], owner["name"])
    return job if job is not None and job["metadata"]["uid"] == owner["uid"] else None


class _Try:
    """The sync whose plan is being carried out: what it was about, and what stood before."""

    __slots__ = ("failures", "names", "record")

    def __init__(self, record: Record, failures: int, names: list[str]) -> None:
        self.record, self.failures, self.names = record, failures, names


class Jobs:
    """The control loop; *chance* draws the names of pods."""

    def __init__(self, chance: Chance) -> None:
        self._chance = chance
        self._due = Due()
        self._records: dict[Key, Record] = {}
        self._failures: dict[Key, int] = {}  # refused syncs in a row
        self._try = _Try(_NO_RECORD, 0, [])

    # what wakes it

    def of_job(self, change: Change, read: Reader) -> Iterable[Key]:
        """The Job: a new one or another spec at once, another status a second later."""
        job, old = change.object, change.old
        if change.type == DELETED:
            self._forget(change.key)
            return ()
        if conditions.finish(job) is not None:
            return ()
        same = old is not None and (
            job["metadata"].get("generation") == old["metadata"].get("generation")
        )
        return self._due.ask(change.key, change.at + BATCH if same else change.at)

    def of_pod(self, change: Change, read: Reader) -> Iterable[Key]:
        """The pod's Job, or those that could adopt it, a second later."""
        pod, old = change.object, change.old
        owner = controller_of(pod)
        kept = old is None or shares(pod, old, "ownerReferences")
        if owner is not None and owner["kind"] != "Job" and kept:
            return ()
        found: dict[Key, None] = {}
        for state in (pod, old):
            job = None if state is None else owning_job(state, read)
            if job is not None and conditions.finish(job) is None:
                found[change.key[0], job["metadata"]["name"]] = None
        moved = not kept or old is None or not shares(pod, old, "labels")
        if moved and owner is None and change.type != DELETED:
            labels = pod["metadata"].get("labels") or {}
            for job in read.list(JOBS, change.key[0]):
                if from_object(job["spec"]["selector"]).matches(labels):
                    found[change.key[0], job["metadata"]["name"]] = None
        return [key for one in found for key in self._due.ask(one, change.at + BATCH)]

    def _forget(self, key: Key) -> None:
        self._due.drop(key)
        self._records.pop(key, None)
        self._failures.pop(key, None)

    # reconcile

    def reconcile(self, now: int, key: Key, read: Reader) -> Plan:
        """Look at the Job when it is due."""
        due = self._due.waits(key, now)
        if due is not None:
            return Plan(wake_at=due)
        job = read.get(JOBS, *key)
        if job is None or conditions.finish(job) is not None:
            self._forget(key)
            return NOTHING
        if is_elsewhere(job):
            return NOTHING
        record = self._records.get(key, _NO_RECORD)
        failures = self._failures.pop(key, 0)
        sync = Sync(now, job, read, self._chance, record)
        plan = sync.plan()
        created = [a.obj["metadata"]["name"] for a in plan.actions if isinstance(a, Create)]
        self._try = _Try(record, failures, created)
        return self._settled(key, sync, plan)

    def _settled(self, key: Key, sync: Sync, plan: Plan) -> Plan:
        if sync.flushed and sync.record != _NO_RECORD:
            self._records[key] = sync.record
        elif sync.flushed:
            self._records.pop(key, None)
        if plan.wake_at is not None:
            self._due.ask(key, plan.wake_at)
        return plan

    # refusals

    def refused(self, now: int, key: Key, action: Action, error: Exception, read: Reader) -> Plan:
        """Say which pods could not be created, write the status, and come again later and later."""
        job = read.get(JOBS, *key)
        if job is None or (isinstance(action, Update) and action.resource == JOBS):
            return NOTHING
        tried = self._try
        _keep(self._records, key, tried.record)
        if isinstance(error, NotFound) and not isinstance(action, Create):
            # What was to go or to change has gone by itself.
            self._due.ask(key, now + BATCH)
            return Plan(wake_at=now + BATCH)
        said = _said(job, action, error, tried.names)
        sync = Sync(now, job, read, self._chance, tried.record, creates=False)
        plan = sync.plan()
        if not _is_ending(error):
            wait = min(_RETRY_LEAST << min(tried.failures, 6), _RETRY_MOST)
            self._failures[key] = tried.failures + 1
            sync.later(now + wait)
        # Nothing of this plan is asked for a third time.
        self._try = _Try(tried.record, tried.failures, [])
        return self._settled(key, sync, Plan(plan.actions, (*said, *plan.events), sync.wake))

    # state

    def snapshot(self) -> Any:
        return {
            "due": self._due.snapshot(),
            "records": [[*key, *record] for key, record in self._records.items()],
            "failures": [[*key, count] for key, count in self._failures.items()],
        }

    def restore(self, state: Any) -> None:
        self._due.restore(state["due"])
        self._records = {(ns, n): Record(*record) for ns, n, *record in state["records"]}
        self._failures = {(ns, n): count for ns, n, count in state["failures"]}


def _keep(records: dict[Key, Record], key: Key, record: Record) -> None:
    if record == _NO_RECORD:
        records.pop(key, None)
    else:
        records[key] = record


def _is_ending(error: Exception) -> bool:
    return isinstance(error, KubeError) and "is being terminated" in error.message


def _said(job: Obj, action: Action, error: Exception, names: list[str]) -> list[EventNote]:
    """Return the Events of pods that were created before one was refused, and of the refusals.

    Pods are created in batches of 1, 2, 4 …; one in which something fails is the last.
    """
    if _is_ending(error):
        return []
    if not isinstance(action, Create):
        if not isinstance(action, Delete):
            return []
        return [EventNote(job, "Warning", "FailedDelete", f"Error deleting: {error}")]
    refused = action.obj["metadata"]["name"]
    at = names.index(refused) if refused in names else 0
    end = 1
    while end <= at:
        end = 2 * end + 1
    created = [
        EventNote(job, "Normal", "SuccessfulCreate", f"Created pod: {name}") for name in names[:at]
    ]
    text = f"Error creating: {error}"
    failed = [
        EventNote(job, "Warning", "FailedCreate", text.replace(f'"{refused}"', f'"{name}"', 1))
        for name in names[at:end]
    ]
    return [*created, *failed]


def controller(chance: Chance) -> Controller:
    """Return the Job controller; *chance* draws the names of pods."""
    loop = Jobs(chance)
    return Controller(
        name="job",
        component="job-controller",
        watches={JOBS: loop.of_job, PODS: loop.of_pod},
        needs={PODS: JOBS},
        reconcile=loop.reconcile,
        refused=loop.refused,
        snapshot=loop.snapshot,
        restore=loop.restore,
    )
