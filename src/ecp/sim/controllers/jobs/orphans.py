"""Pods that no Job will count any more lose the finalizer that kept them for it.

Source: kubernetes pkg/controller/job/job_controller.go (syncOrphanPod, handleSingleOrphanPod).
"""

from collections.abc import Iterable

from ecp.kube.kinds import JOBS, PODS
from ecp.kube.selectors import from_object
from ecp.sim.controllers.jobs import conditions
from ecp.sim.controllers.jobs.job import is_elsewhere, owning_job
from ecp.sim.controllers.jobs.pods import is_tracked, untracked
from ecp.sim.plans import NOTHING, Controller, Plan, Reader, controller_of
from ecp.sim.store import Change, Key, Obj
from ecp.sim.store.store import DELETED, STATUS


def _of_job(change: Change, read: Reader) -> Iterable[Key]:
    """The pods of a Job that finished or went."""
    job = change.object
    if change.type != DELETED and conditions.finish(job) is None:
        return ()
    meta = job["metadata"]
    selector = from_object(job["spec"]["selector"])
    orphans = (
        pod
        for pod in read.orphans(PODS, meta["namespace"])
        if selector.matches(pod["metadata"].get("labels") or {})
    )
    return [_key(pod) for pod in (*read.owned(meta["uid"], PODS), *orphans) if is_tracked(pod)]


def _of_pod(change: Change, read: Reader) -> Iterable[Key]:
    gone = change.type == DELETED
    return () if gone or not _is_orphan(change.object, read) else (change.key,)


def _key(pod: Obj) -> Key:
    return pod["metadata"]["namespace"], pod["metadata"]["name"]


def _is_orphan(pod: Obj, read: Reader) -> bool:
    """Whether a pod is kept for a Job that will not look at it."""
    if not is_tracked(pod):
        return False
    owner = controller_of(pod)
    if owner is None:
        return True
    if (owner["kind"], owner["apiVersion"]) != ("Job", "batch/v1"):
        return False
    job = owning_job(pod, read)
    return job is None or (conditions.finish(job) is not None and not is_elsewhere(job))


def _reconcile(now: int, key: Key, read: Reader) -> Plan:
    pod = read.get(PODS, *key)
    return NOTHING if pod is None or not _is_orphan(pod, read) else Plan((untracked(pod),))


def controller() -> Controller:
    """Return the loop that clears away after Jobs."""
    return Controller(
        name="job-orphans",
        component="job-controller",
        watches={JOBS: _of_job, PODS: _of_pod},
        reconcile=_reconcile,
        deaf={PODS: STATUS},
    )
