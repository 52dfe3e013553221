"""The loop that carries chaos objects out: experiments, schedules, workflows.

Where nobody installed their definitions there are none, and the loop has nothing to look at.
"""

from collections.abc import Callable, Iterable
from typing import Final

from ecp.sim.engine.chance import Chance
from ecp.sim.faults.chaos import experiment, schedule, workflow
from ecp.sim.faults.chaos.definitions import NODES, SCHEDULES, WORKFLOWS
from ecp.sim.faults.chaos.kinds import BY_RESOURCE
from ecp.sim.faults.faults import Faults
from ecp.sim.plans import NOTHING, Controller, Plan, Reader
from ecp.sim.store import Change, Key

CHAOS: Final = "chaos"
"""The loop's name."""
_ACTOR: Final = "chaos-controller-manager"


def chaos_loop(chance: Chance, faults: Callable[[], Faults]) -> Controller:
    """Return the loop; *faults* are those of the cluster.

    A key is (namespace, "resource/name"); of an object that is gone "resource/name/uid".
    """

    def reconcile(now: int, key: Key, read: Reader) -> Plan:
        resource, name, *uid = key[1].split("/")
        work = experiment.Work(faults(), chance.unit, read, now)
        if uid:
            return experiment.gone(work, uid[0])
        obj = read.get(resource, key[0], name)
        if obj is None:
            return NOTHING
        if resource == SCHEDULES:
            return schedule.reconcile(read, now, obj)
        if resource == WORKFLOWS:
            return workflow.reconcile(read, now, obj)
        return experiment.reconcile(work, resource, obj)

    watches = dict.fromkeys((*BY_RESOURCE, SCHEDULES, WORKFLOWS, NODES), _keys)
    return Controller(
        name=CHAOS,
        component=_ACTOR,
        watches=watches,
        reconcile=reconcile,
        actor=_ACTOR,
    )


def _keys(change: Change, read: Reader) -> Iterable[Key]:
    """Return the object's own key, and that of what began it."""
    space, name = change.key
    found = [] if change.resource == NODES else [(space, f"{change.resource}/{name}")]
    if change.type == "DELETED" and change.resource in BY_RESOURCE:
        found = [(space, f"{change.resource}/{name}/{change.object['metadata']['uid']}")]
    found += [(space, f"{WORKFLOWS}/{one}") for one in workflow.workflow_of(change.object)]
    for owner in change.object["metadata"].get("ownerReferences") or ():
        if owner["kind"] == "Schedule":
            found.append((space, f"{SCHEDULES}/{owner['name']}"))
    return found
