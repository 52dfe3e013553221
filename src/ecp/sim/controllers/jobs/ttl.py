"""Finished Jobs go when their time is over: spec.ttlSecondsAfterFinished.

Source: kubernetes pkg/controller/ttlafterfinished/ttlafterfinished_controller.go (1.36).
"""

from collections.abc import Iterable

from ecp.kube.kinds import JOBS
from ecp.kube.times import nanoseconds
from ecp.sim.controllers.jobs import conditions
from ecp.sim.plans import NOTHING, Controller, Delete, Plan, Reader
from ecp.sim.store import Change, Key, Obj
from ecp.sim.store.store import DELETED

SECOND = 1_000_000_000


def _expires_at(job: Obj) -> int | None:
    """Return when a Job is to be deleted (ns), None when it is not."""
    seconds = job["spec"].get("ttlSecondsAfterFinished")
    finish = conditions.finish(job)
    if seconds is None or finish is None or "deletionTimestamp" in job["metadata"]:
        return None
    return nanoseconds(finish["lastTransitionTime"]) + int(seconds) * SECOND


def _keys(change: Change, read: Reader) -> Iterable[Key]:
    expires = change.type != DELETED and _expires_at(change.object) is not None
    return (change.key,) if expires else ()


def _reconcile(now: int, key: Key, read: Reader) -> Plan:
    job = read.get(JOBS, *key)
    at = None if job is None else _expires_at(job)
    if job is None or at is None:
        return NOTHING
    if at > now:
        return Plan(wake_at=at)
    return Plan((Delete(JOBS, key, propagation="Foreground", uid=job["metadata"]["uid"]),))


def _refused(now: int, key: Key, action: object, error: Exception, read: Reader) -> Plan:
    """Somebody else was first: look again."""
    return Plan(wake_at=now + SECOND)


def controller() -> Controller:
    """Return the controller of finished Jobs' time to live."""
    return Controller(
        name="ttl-after-finished",
        component="ttl-after-finished-controller",
        watches={JOBS: _keys},
        reconcile=_reconcile,
        refused=_refused,
    )
