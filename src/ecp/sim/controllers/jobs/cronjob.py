"""The CronJob controller: a Job at each instant of a schedule.

Source: kubernetes pkg/controller/cronjob/{cronjob_controllerv2,utils}.go (1.36).

The reference to a new Job in status.active has its uid, which the server gives out: so it is
written in the look that follows the creation, with what stood in the status until then.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from ecp.kube.errors import AlreadyExists, KubeError, go_quote
from ecp.kube.kinds import CRONJOBS, JOBS
from ecp.kube.times import nanoseconds, rfc3339
from ecp.sim.controllers.jobs import conditions, schedule
from ecp.sim.controllers.jobs.due import Due
from ecp.sim.controllers.jobs.occasions import (
    job_name,
    missed,
    new_job,
    next_look,
    plan_of,
    reference,
)
from ecp.sim.controllers.jobs.schedule import BadSchedule
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
)
from ecp.sim.store import Change, Key, Obj
from ecp.sim.store.store import DELETED

SECOND = 1_000_000_000
MILLISECOND = 1_000_000

MANY = 100
"""More missed instants than these are warned of."""

# Source: client-go util/workqueue/default_rate_limiters.go
_RETRY_LEAST, _RETRY_MOST = 5 * MILLISECOND, 1000 * SECOND
_TOO_MANY = (
    "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew"
)
_UNSUPPORTED = (
    "CRON_TZ or TZ used in schedule {} is not officially supported, see "
    "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details"
)
_FORBIDDEN = "Not starting job because prior execution is running and concurrency policy is Forbid"


class _Look:
    """One look at a CronJob."""

    __slots__ = ("actions", "cron", "ended", "events", "now", "read", "started", "status")

    def __init__(self, now: int, cron: Obj, read: Reader, status: dict[str, Any]) -> None:
        self.now, self.cron, self.read, self.status = now, cron, read, status
        self.actions: list[Action] = []
        self.events: list[EventNote] = []
        self.started: int | None = None  # the instant for which a Job is created
        self.ended = False  # whether a Job was seen to end

    def note(self, kind: str, reason: str, message: str) -> None:
        self.events.append(EventNote(self.cron, kind, reason, message))

    @property
    def active(self) -> list[Obj]:
        return self.status.get("active") or []

    def leaves(self, uid: str) -> None:
        """Take a Job from the list of active ones."""
        left = [one for one in self.active if one["uid"] != uid]
        if left:
            self.status["active"] = left
        else:
            self.status.pop("active", None)

    def plan(self) -> Plan:
        """Return what is to be done, and when to look again."""
        jobs = _children(self.cron, self.read)
        self._clear(jobs)
        self._follow(jobs)
        wake = self._start()
        if self.started is None and self.status != (self.cron.get("status") or {}):
            self.actions.append(_with_status(self.cron, self.status))
        return Plan(tuple(self.actions), tuple(self.events), wake)

    # -- Jobs that are there ------------------------------------------------------------------

    def _clear(self, jobs: list[Obj]) -> None:
        """Delete finished Jobs beyond what is to be kept."""
        for kind, field in (
            (conditions.COMPLETE, "successfulJobsHistoryLimit"),
            (conditions.FAILED, "failedJobsHistoryLimit"),
        ):
            keep = self.cron["spec"].get(field)
            if keep is None:
                continue
            finished = [job for job in jobs if (conditions.finish(job) or {}).get("type") == kind]
            finished.sort(key=_by_start)
            for job in finished[: max(0, len(finished) - keep)]:
                self._delete(job)

    def _delete(self, job: Obj) -> None:
        meta = job["metadata"]
        self.actions.append(Delete(JOBS, (meta["namespace"], meta["name"]), uid=meta["uid"]))
        self.leaves(meta["uid"])
        self.note("Normal", "SuccessfulDelete", f"Deleted job {meta['name']}")

    def _follow(self, jobs: list[Obj]) -> None:
        """See which Jobs finished, are not known or are no more."""
        known = {one["uid"]: None for one in self.active}
        for job in jobs:
            meta, finish = job["metadata"], conditions.finish(job)
            if finish is None:
                if meta["uid"] not in known:
                    text = "Saw a job that the controller did not create or forgot"
                    self.note("Warning", "UnexpectedJob", f"{text}: {meta['name']}")
                continue
            if meta["uid"] in known and any(one["uid"] == meta["uid"] for one in self.active):
                self.leaves(meta["uid"])
                text = f"Saw completed job: {meta['name']}, condition: {finish['type']}"
                self.note("Normal", "SawCompletedJob", text)
                self.ended = True
            if conditions.is_complete(job):
                self._succeeded(job)
        found = {job["metadata"]["uid"]: None for job in jobs}
        for one in self.active:
            if one["uid"] in found:
                continue
            if self.read.get(JOBS, one["namespace"], one["name"]) is None:
                self.note("Normal", "MissingJob", f"Active job went missing: {one['name']}")
                self.leaves(one["uid"])

    def _succeeded(self, job: Obj) -> None:
        at = (job.get("status") or {}).get("completionTime")
        last = self.status.get("lastSuccessfulTime")
        if at is not None and (last is None or nanoseconds(at) > nanoseconds(last)):
            self.status["lastSuccessfulTime"] = at

    # -- the next one -------------------------------------------------------------------------

    def _start(self) -> int | None:
        """Start the Job that is due, if any; return when to look again (ns)."""
        spec = self.cron["spec"]
        if "deletionTimestamp" in self.cron["metadata"]:
            return None
        zone = spec.get("timeZone")
        try:
            schedule.time_zone(zone)
        except BadSchedule as error:
            self.note(
                "Warning", "UnknownTimeZone", f"invalid timeZone: {go_quote(str(zone))}: {error}"
            )
            return None
        if spec.get("suspend"):
            return None
        text = spec["schedule"]
        if "TZ" in text:
            self.note("Warning", "UnsupportedSchedule", _UNSUPPORTED.format(go_quote(text)))
        try:
            plan = plan_of(self.cron)
        except BadSchedule as error:
            said = f"unparseable schedule: {go_quote(text)} : {error}"
            self.note("Warning", "UnparseableSchedule", said)
            return None
        try:
            found = missed(self._as_written(), self.now, plan, deadline=True)
        except BadSchedule as error:
            self.note("Warning", "InvalidSchedule", f"invalid schedule: {text} : {error}")
            return None
        if found.recent is not None:
            self._decide(found.recent, found.times)
        return next_look(self._as_written(), self.now, plan)

    def _as_written(self) -> Obj:
        return {**self.cron, "status": self.status}

    def _decide(self, at: int, count: int) -> None:
        """Start the Job for *at*, unless something is against it."""
        spec = self.cron["spec"]
        if count > MANY:
            self.note("Warning", "TooManyMissedTimes", _TOO_MANY)
        deadline = spec.get("startingDeadlineSeconds")
        if deadline is not None and at + deadline * SECOND < self.now:
            said = datetime.fromtimestamp(at // SECOND, schedule.time_zone(None))
            text = f"{said:%a, %d %b %Y %H:%M:%S} +0000"
            self.note("Warning", "MissSchedule", f"Missed scheduled time to start a job: {text}")
            return
        name = job_name(self.cron, at)
        if any(one["name"] == name for one in self.active):
            return
        if self.status.get("lastScheduleTime") == rfc3339(at):
            return
        policy = spec.get("concurrencyPolicy")
        if policy == "Forbid" and self.active:
            self.note("Normal", "JobAlreadyActive", _FORBIDDEN)
            return
        if policy == "Forbid" and self.ended:
            # That its end is near a Job says one write before its end: this look was due then too.
            self.events.insert(0, EventNote(self.cron, "Normal", "JobAlreadyActive", _FORBIDDEN))
        if policy == "Replace":
            for one in self.active:
                job = self.read.get(JOBS, one["namespace"], one["name"])
                if job is not None:
                    self._delete(job)
        self.started = at
        self.actions.append(Create(JOBS, new_job(self.cron, at)))
        self.note("Normal", "SuccessfulCreate", f"Created job {name}")


def _children(cron: Obj, read: Reader) -> list[Obj]:
    """Return the Jobs whose controller has the CronJob's name."""
    meta = cron["metadata"]
    found = []
    for job in read.list(JOBS, meta["namespace"]):
        owner = controller_of(job)
        if owner is not None and owner["name"] == meta["name"]:
            found.append(job)
    return found


def _by_start(job: Obj) -> tuple[bool, str, str]:
    start = (job.get("status") or {}).get("startTime") or ""
    return not start, start, job["metadata"]["name"]


def _with_status(cron: Obj, status: Obj) -> Update:
    return Update(CRONJOBS, {**cron, "status": status}, "status")


class _Created(NamedTuple):
    """A Job that was asked for, for an instant `at` (ns), and the status that it goes into."""

    name: str
    at: int
    status: dict[str, Any]


class CronJobs:
    """The control loop."""

    def __init__(self) -> None:
        self._due = Due()
        self._created: dict[Key, _Created] = {}
        self._failures: dict[Key, int] = {}

    # what wakes it

    def of_cron_job(self, change: Change, read: Reader) -> Iterable[Key]:
        """The CronJob at once; when its schedule changed, at the next instant of that."""
        cron, old = change.object, change.old
        if change.type == DELETED:
            self._forget(change.key)
            return ()
        if old is not None and any(
            cron["spec"].get(field) != old["spec"].get(field) for field in ("schedule", "timeZone")
        ):
            try:
                at = next_look(cron, change.at, plan_of(cron))
            except BadSchedule:
                at = change.at
            return () if at is None else self._due.ask(change.key, at)
        return self._due.ask(change.key, change.at)

    def of_job(self, change: Change, read: Reader) -> Iterable[Key]:
        """The CronJob that controls the Job, or did."""
        found: dict[Key, None] = {}
        for state in (change.object, change.old):
            owner = None if state is None else controller_of(state)
            if owner is None or owner["kind"] != "CronJob":
                continue
            cron = read.get(CRONJOBS, change.key[0], owner["name"])
            if cron is not None and cron["metadata"]["uid"] == owner["uid"]:
                found[change.key[0], owner["name"]] = None
        return [key for one in found for key in self._due.ask(one, change.at)]

    def _forget(self, key: Key) -> None:
        self._due.drop(key)
        self._created.pop(key, None)
        self._failures.pop(key, None)

    # reconcile

    def reconcile(self, now: int, key: Key, read: Reader) -> Plan:
        """Look at the CronJob when it is due."""
        due = self._due.waits(key, now)
        if due is not None:
            return Plan(wake_at=due)
        cron = read.get(CRONJOBS, *key)
        if cron is None:
            self._forget(key)
            return NOTHING
        status = dict(cron.get("status") or {})
        created = self._created.pop(key, None)
        job = None if created is None else read.get(JOBS, key[0], created.name)
        if created is not None and job is not None:
            self._failures.pop(key, None)
            status = _started(created.status, job, created.at)
        look = _Look(now, cron, read, status)
        return self._settled(key, look, look.plan())

    def _settled(self, key: Key, look: _Look, plan: Plan) -> Plan:
        if look.started is not None:
            name = job_name(look.cron, look.started)
            self._created[key] = _Created(name, look.started, look.status)
        if plan.wake_at is not None:
            self._due.ask(key, plan.wake_at)
        return plan

    # refusals

    def refused(self, now: int, key: Key, action: Action, error: Exception, read: Reader) -> Plan:
        """Say why a Job was not created, and come again; one that is there already is taken."""
        cron = read.get(CRONJOBS, *key)
        created = self._created.pop(key, None)
        if cron is None or not isinstance(action, Create) or created is None:
            wake = now + _RETRY_LEAST
            self._due.ask(key, wake)
            return Plan(wake_at=wake)
        if isinstance(error, AlreadyExists):
            job = read.get(JOBS, key[0], created.name)
            owner = None if job is None else controller_of(job)
            if job is None or owner is None or owner["uid"] != cron["metadata"]["uid"]:
                return NOTHING
            return Plan((_with_status(cron, _started(created.status, job, created.at)),))
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        wake = now + min(_RETRY_LEAST << min(failures, 20), _RETRY_MOST)
        self._due.ask(key, wake)
        actions: tuple[Action, ...] = ()
        if created.status != (cron.get("status") or {}):
            actions = (_with_status(cron, created.status),)
        if isinstance(error, KubeError) and "is being terminated" in error.message:
            return Plan(actions, (), wake)
        said = EventNote(cron, "Warning", "FailedCreate", f"Error creating job: {error}")
        return Plan(actions, (said,), wake)

    # state

    def snapshot(self) -> Any:
        return {
            "due": self._due.snapshot(),
            "created": [[*key, *created] for key, created in self._created.items()],
            "failures": [[*key, count] for key, count in self._failures.items()],
        }

    def restore(self, state: Any) -> None:
        self._due.restore(state["due"])
        self._created = {
            (ns, n): _Created(name, at, dict(status))
            for ns, n, name, at, status in state["created"]
        }
        self._failures = {(ns, n): count for ns, n, count in state["failures"]}


def _started(status: dict[str, Any], job: Obj, at: int) -> dict[str, Any]:
    """Return a status in which *job* is active, for the instant *at*."""
    active = status.get("active") or []
    if any(one["uid"] == job["metadata"]["uid"] for one in active):
        return dict(status)
    return {**status, "active": [*active, reference(job)], "lastScheduleTime": rfc3339(at)}


def controller() -> Controller:
    """Return the CronJob controller."""
    loop = CronJobs()
    return Controller(
        name="cronjob",
        component="cronjob-controller",
        watches={CRONJOBS: loop.of_cron_job, JOBS: loop.of_job},
        reconcile=loop.reconcile,
        refused=loop.refused,
        snapshot=loop.snapshot,
        restore=loop.restore,
    )
