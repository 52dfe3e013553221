"""Conditions of a Job, and what they say of it.

Source: kubernetes pkg/controller/job/job_controller.go (newCondition, ensureJobConditionStatus)
and pkg/controller/job/util/utils.go (1.36).
"""

from collections.abc import Iterable

from ecp.kube.times import rfc3339
from ecp.sim.store import Obj

COMPLETE, FAILED, SUSPENDED = "Complete", "Failed", "Suspended"
SUCCESS_MET, FAILURE_TARGET = "SuccessCriteriaMet", "FailureTarget"


def new(kind: str, reason: str, message: str, now: int, status: str = "True") -> Obj:
    """Return a condition that came to be at *now* (ns)."""
    stamp = rfc3339(now)
    return {
        "type": kind,
        "status": status,
        "lastProbeTime": stamp,
        "lastTransitionTime": stamp,
        "reason": reason,
        "message": message,
    }


def of_type(conditions: Iterable[Obj], kind: str) -> Obj | None:
    """Return the condition of a type, None when there is none."""
    return next((one for one in conditions if one["type"] == kind), None)


def standing(conditions: Iterable[Obj], kind: str) -> Obj | None:
    """Return the condition of a type when it is True."""
    found = of_type(conditions, kind)
    return found if found is not None and found["status"] == "True" else None


def ensured(conditions: list[Obj], wanted: Obj) -> list[Obj]:
    """Return the conditions with *wanted* in them; the same list when that changes nothing.

    What was never there is not said to be False.
    """
    held = of_type(conditions, wanted["type"])
    if held is None:
        return conditions if wanted["status"] == "False" else [*conditions, wanted]
    if all(held.get(field) == wanted[field] for field in ("status", "reason", "message")):
        return conditions
    return [wanted if one is held else one for one in conditions]


def finish(job: Obj) -> Obj | None:
    """Return the condition with which a Job finished, None while it has not."""
    for one in (job.get("status") or {}).get("conditions") or ():
        if one["type"] in (COMPLETE, FAILED) and one["status"] == "True":
            return one  # type: ignore[no-any-return]
    return None


def is_complete(job: Obj) -> bool:
    """Whether a Job finished well."""
    return standing((job.get("status") or {}).get("conditions") or (), COMPLETE) is not None
