"""How long a Job waits before it replaces a pod that failed: 10 s, doubled, at most 10 minutes.

Instants are ns since the epoch. Source: kubernetes pkg/controller/job/backoff_utils.go (1.36).
"""

from collections.abc import Sequence
from typing import NamedTuple

from ecp.kube.pods import condition
from ecp.kube.times import nanoseconds
from ecp.sim.store import Obj

SECOND = 1_000_000_000
LEAST = 10 * SECOND
MOST = 600 * SECOND


class Record(NamedTuple):
    """The failures of a Job since its last success, and the instant of the last one."""

    failures: int = 0
    last: int | None = None


def finished_at(pod: Obj) -> int:
    """Return when a pod ended: its last container, else what comes nearest to knowing."""
    by_containers = _containers_finished_at(pod)
    if by_containers is not None:
        return by_containers
    ready = condition(pod, "Ready")
    if ready is not None and ready["status"] == "False" and ready.get("lastTransitionTime"):
        return nanoseconds(ready["lastTransitionTime"])
    meta = pod["metadata"]
    if "deletionTimestamp" in meta:
        grace: int = meta.get("deletionGracePeriodSeconds") or 0
        return nanoseconds(meta["deletionTimestamp"]) - grace * SECOND
    return nanoseconds(meta["creationTimestamp"])


def _containers_finished_at(pod: Obj) -> int | None:
    sidecars = {
        container["name"]
        for container in pod["spec"].get("initContainers") or ()
        if container.get("restartPolicy") == "Always"
    }
    status = pod["status"]
    found = [
        *(status.get("containerStatuses") or ()),
        *(c for c in status.get("initContainerStatuses") or () if c["name"] in sidecars),
    ]
    ends = [((c.get("state") or {}).get("terminated") or {}).get("finishedAt") for c in found]
    if not all(ends):
        return None
    return max((nanoseconds(end) for end in ends), default=None)


def after(record: Record, succeeded: Sequence[Obj], failed: Sequence[Obj]) -> Record:
    """Return the record once pods that ended since the last look are in it."""
    if not succeeded and not failed:
        return record
    ends = sorted(finished_at(pod) for pod in failed)
    if not succeeded:
        return Record(record.failures + len(ends), ends[-1])
    success = max(finished_at(pod) for pod in succeeded)
    later = [end for end in ends if end > success]
    return Record(len(later), later[-1] if later else None)


def remaining(failures: int, last: int | None, now: int) -> int:
    """Return how long to wait yet (ns) after *failures*, the last of which was at *last*."""
    if not failures or last is None:
        return 0
    # Six doublings pass the longest wait.
    wait = min(LEAST << min(failures - 1, 6), MOST)
    return max(0, wait - (now - last))
