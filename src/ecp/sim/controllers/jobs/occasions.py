"""The instants at which a CronJob starts a Job, and the Job of an instant.

Instants are ns since the epoch. Source: kubernetes pkg/controller/cronjob/utils.go (1.36).
"""

from datetime import datetime
from typing import Any, NamedTuple

from ecp.kube.pods import owner_reference
from ecp.kube.times import nanoseconds
from ecp.sim.controllers.jobs import schedule
from ecp.sim.controllers.jobs.schedule import BadSchedule, Calendar, Every
from ecp.sim.store import Obj

SECOND = 1_000_000_000

LATE = 100_000_000
"""From an instant of the schedule to the look (ns). Source: nextScheduleDelta."""

SCHEDULED = "batch.kubernetes.io/cronjob-scheduled-timestamp"


class Missed(NamedTuple):
    """What lies between the last start and now: `earliest` and `recent` in ns, `times` about."""

    earliest: int
    recent: int | None
    times: int


def missed(cron: Obj, now: int, plan: Every | Calendar, *, deadline: bool) -> Missed:
    """Return the most recent instant that should have started a Job.

    *deadline*: nothing before spec.startingDeadlineSeconds counts. Raises BadSchedule for one that
    never fires.
    """
    last = (cron.get("status") or {}).get("lastScheduleTime")
    earliest = nanoseconds(last or cron["metadata"]["creationTimestamp"])
    seconds = cron["spec"].get("startingDeadlineSeconds")
    if deadline and seconds is not None:
        earliest = max(earliest, now - seconds * SECOND)
    first = plan.next(earliest)
    if first is not None and now < first:
        return Missed(earliest, None, 0)
    second = None if first is None else plan.next(first)
    if first is not None and second is not None and now < second:
        return Missed(earliest, first, 0)
    if first is None or second is None:
        raise BadSchedule("time difference between two schedules is less than 1 second")
    between = round((second - first) / SECOND) * SECOND
    count = (now - first) // SECOND * SECOND // between + 1
    # Unevenly distributed instants: begin one distance early and let the schedule find the last.
    recent = None
    at = plan.next(first + (count - 2) * between)
    while at is not None and at <= now:
        recent, at = at, plan.next(at)
    return Missed(earliest, recent, count)


def next_look(cron: Obj, now: int, plan: Every | Calendar) -> int | None:
    """Return when to look again (ns), None for a schedule that has no next instant."""
    try:
        found = missed(cron, now, plan, deadline=False)
    except BadSchedule:
        since = now
    else:
        since = found.recent or (now if found.times else found.earliest)
    at = plan.next(since)
    return None if at is None else at + LATE


def plan_of(cron: Obj) -> Every | Calendar:
    """Return the CronJob's schedule, read. Raises BadSchedule."""
    return schedule.parse(cron["spec"]["schedule"], cron["spec"].get("timeZone"))


def job_name(cron: Obj, at: int) -> str:
    """Return the name of the Job for an instant: with the minutes since 1970."""
    return f"{cron['metadata']['name']}-{at // (60 * SECOND)}"


def new_job(cron: Obj, at: int) -> Obj:
    """Return the Job for the instant *at*."""
    template = cron["spec"]["jobTemplate"]
    meta = template.get("metadata") or {}
    zone = cron["spec"].get("timeZone")
    local = datetime.fromtimestamp(at // SECOND, schedule.time_zone(zone))
    stamp = local.isoformat()
    made: dict[str, Any] = {
        "name": job_name(cron, at),
        "namespace": cron["metadata"]["namespace"],
        "annotations": {
            **(meta.get("annotations") or {}),
            SCHEDULED: f"{stamp[:-6]}Z" if stamp.endswith("+00:00") else stamp,
        },
        "ownerReferences": [owner_reference(cron)],
    }
    if meta.get("labels"):
        made["labels"] = meta["labels"]
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": made, "spec": template["spec"]}


def reference(job: Obj) -> Obj:
    """Return what a CronJob's status says of an active Job."""
    meta = job["metadata"]
    return {
        "kind": "Job",
        "namespace": meta["namespace"],
        "name": meta["name"],
        "uid": meta["uid"],
        "apiVersion": "batch/v1",
        "resourceVersion": meta["resourceVersion"],
    }
