"""Schedule: an experiment, or a workflow, begun again and again.

Source: Chaos Mesh controllers/schedule (cron, active, gc).
"""

from typing import Any, Final

from ecp.kube.pods import owner_reference
from ecp.kube.times import nanoseconds, rfc3339
from ecp.sim.controllers.jobs import occasions
from ecp.sim.controllers.jobs.schedule import BadSchedule, Calendar, Every, parse
from ecp.sim.faults.chaos.definitions import SCHEDULES, WORKFLOWS, field_of
from ecp.sim.faults.chaos.experiment import PAUSE, finished
from ecp.sim.faults.chaos.kinds import CHAOS_MESH, KINDS, OURS, VERSION, resource_of
from ecp.sim.plans import NOTHING, Action, Create, Delete, EventNote, Plan, Reader, Update
from ecp.sim.store import Obj

MANAGED_BY: Final = "managed-by"
_SECOND: Final = 1_000_000_000


def reconcile(read: Reader, now: int, obj: Obj) -> Plan:
    """Begin what is due, and let go of what is beyond the history."""
    notes = obj["metadata"].get("annotations") or {}
    if "deletionTimestamp" in obj["metadata"] or notes.get(PAUSE) == "true":
        return NOTHING
    return _Look(read, now, obj).plan()


def upcoming(plan: Every | Calendar, last: str | None, obj: Obj, now: int) -> int | None:
    """Return the first instant of a schedule after *now*, counted from its last one, else from when
    its object was made: "@every 5m" does not begin anew whenever somebody looks at it."""
    due = plan.next(nanoseconds(last or obj["metadata"]["creationTimestamp"]))
    while due is not None and due <= now:
        due = plan.next(due)
    return due


class _Look:
    """One look at one Schedule."""

    def __init__(self, read: Reader, now: int, obj: Obj) -> None:
        self.read, self.now, self.obj = read, now, obj
        self.spec: dict[str, Any] = obj["spec"]
        kind = self.spec["type"]
        self.resource = WORKFLOWS if kind == "Workflow" else resource_of(KINDS[kind])
        self.children = sorted(
            read.owned(obj["metadata"]["uid"], self.resource),
            key=lambda one: (
                nanoseconds(one["metadata"]["creationTimestamp"]),
                one["metadata"]["name"],
            ),
        )

    def plan(self) -> Plan:
        actions: list[Action] = [*self._beyond_history()]
        events: list[EventNote] = []
        status = dict(self.obj.get("status") or {})
        cron = {
            "metadata": self.obj["metadata"],
            "spec": {"schedule": self.spec["schedule"]},
            "status": {"lastScheduleTime": status.get("time")},
        }
        try:
            plan = parse(self.spec["schedule"], None)
            due = occasions.missed(cron, self.now, plan, deadline=False).recent
        except BadSchedule as error:
            said = f"Failed to get run time: {error}"
            return Plan((), (EventNote(self.obj, "Warning", "Failed", said),))
        if due is not None and self._in_time(due, events) and self._may(events):
            made = self._made()
            actions.append(Create(self.resource, made))
            said = f"Create new object: {made['metadata']['generateName']}"
            events.append(EventNote(self.obj, "Normal", "Spawned", said))
        if due is not None:
            status["time"] = rfc3339(self.now)
        status["active"] = [
            {
                "apiVersion": one["apiVersion"],
                "kind": one["kind"],
                "namespace": one["metadata"]["namespace"],
                "name": one["metadata"]["name"],
                "uid": one["metadata"]["uid"],
            }
            for one in self.children
            if not self._is_finished(one)
        ]
        if status != (self.obj.get("status") or {}):
            actions.append(Update(SCHEDULES, {**self.obj, "status": status}))
        after = upcoming(plan, status.get("time"), self.obj, self.now)
        return Plan(tuple(actions), tuple(events), after)

    def _in_time(self, due: int, events: list[EventNote]) -> bool:
        deadline = self.spec.get("startingDeadlineSeconds")
        if deadline is None or due + deadline * _SECOND >= self.now:
            return True
        said = f"Missed scheduled time to start a job: {rfc3339(due)}"
        events.append(EventNote(self.obj, "Warning", "MissSchedule", said))
        return False

    def _may(self, events: list[EventNote]) -> bool:
        """Whether another may begin beside what runs."""
        if self.spec.get("concurrencyPolicy", "Forbid") == "Allow":
            return True
        for one in self.children:
            if not self._is_finished(one):
                name = one["metadata"]["name"]
                said = f"Forbid spawning new job because: {name} is still running"
                events.append(EventNote(self.obj, "Warning", "Forbid", said))
                return False
        return True

    def _is_finished(self, one: Obj) -> bool:
        if self.resource == WORKFLOWS:
            conditions = (one.get("status") or {}).get("conditions") or ()
            return any(c["type"] == "Accomplished" and c["status"] == "True" for c in conditions)
        return finished(one, self.resource, self.now)

    def _beyond_history(self) -> list[Action]:
        """Source: Chaos Mesh controllers/schedule/gc: the oldest that are finished go."""
        beyond = len(self.children) - self.spec.get("historyLimit", 1)
        return [
            Delete(
                self.resource,
                (one["metadata"]["namespace"], one["metadata"]["name"]),
                uid=one["metadata"]["uid"],
            )
            for one in self.children[: max(beyond, 0)]
            if self._is_finished(one) and "deletionTimestamp" not in one["metadata"]
        ]

    def _made(self) -> Obj:
        kind, meta = self.spec["type"], self.obj["metadata"]
        group = OURS if kind in KINDS and KINDS[kind].group == OURS else CHAOS_MESH
        field = "workflow" if kind == "Workflow" else field_of(kind)
        return {
            "apiVersion": f"{group}/{VERSION}",
            "kind": kind,
            "metadata": {
                "generateName": f"{meta['name']}-",
                "namespace": meta["namespace"],
                "labels": {MANAGED_BY: meta["name"]},
                "ownerReferences": [owner_reference(self.obj)],
            },
            "spec": self.spec.get(field) or {},
        }
