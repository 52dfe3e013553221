"""The kill switch for chaos objects: experiments and schedules pause, workflows abort."""

from collections.abc import Iterator
from typing import Final

from ecp.sim.faults.chaos.definitions import SCHEDULES, WORKFLOWS
from ecp.sim.faults.chaos.experiment import PAUSE
from ecp.sim.faults.chaos.kinds import BY_RESOURCE
from ecp.sim.faults.chaos.workflow import ABORT, holds
from ecp.sim.plans import Reader, Update

_ORDER: Final = (WORKFLOWS, SCHEDULES, *BY_RESOURCE)


def halting(read: Reader, namespace: str = "") -> Iterator[Update]:
    """Yield the writes after which no object begins a fault any more, who begins others first.

    With a *namespace* no object in it.
    """
    for resource in _ORDER:
        note = ABORT if resource == WORKFLOWS else PAUSE
        for obj in read.list(resource, namespace or None):
            meta = obj["metadata"]
            notes = meta.get("annotations") or {}
            if notes.get(note) == "true" or "deletionTimestamp" in meta:
                continue
            if holds(obj, "Accomplished"):
                continue
            yield Update(
                resource, {**obj, "metadata": {**meta, "annotations": {**notes, note: "true"}}}
            )
