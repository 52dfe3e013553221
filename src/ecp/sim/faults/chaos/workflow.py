"""Workflow: experiments one after another, or beside one another, each until its deadline.

Every step is a WorkflowNode: what is there says how far the workflow is. Source: Chaos Mesh
pkg/workflow/controllers.
"""

from collections.abc import Iterator
from typing import Any, Final

from ecp.kube import durations
from ecp.kube.pods import owner_reference
from ecp.kube.times import nanoseconds, rfc3339
from ecp.sim.faults.chaos.definitions import NODES, SCHEDULES, WORKFLOWS, field_of
from ecp.sim.faults.chaos.kinds import CHAOS_MESH, KINDS, VERSION, resource_of
from ecp.sim.plans import Action, Create, Delete, EventNote, Plan, Reader, Update
from ecp.sim.store import Obj

ABORT: Final = "workflow.chaos-mesh.org/abort"
_OF_WORKFLOW: Final = "chaos-mesh.org/workflow"
_CONTROLLED_BY: Final = "chaos-mesh.org/controlled-by"
_API: Final = f"{CHAOS_MESH}/{VERSION}"


def reconcile(read: Reader, now: int, obj: Obj) -> Plan:
    """Bring a workflow one step further."""
    if "deletionTimestamp" in obj["metadata"]:
        return Plan()
    return _Look(read, now, obj).plan()


def holds(obj: Obj, kind: str) -> bool:
    """Whether a condition of an object is True."""
    conditions = (obj.get("status") or {}).get("conditions") or ()
    return any(one["type"] == kind and one["status"] == "True" for one in conditions)


class _Look:
    """One look at one workflow and its nodes."""

    def __init__(self, read: Reader, now: int, obj: Obj) -> None:
        self.read, self.now, self.obj = read, now, obj
        meta = obj["metadata"]
        self.space, self.name = meta["namespace"], meta["name"]
        self.templates = {one["name"]: one for one in obj["spec"]["templates"]}
        self.nodes = sorted(
            (
                node
                for node in read.list(NODES, self.space)
                if (node["metadata"].get("labels") or {}).get(_OF_WORKFLOW) == self.name
            ),
            key=lambda node: (nanoseconds(node["spec"]["startTime"]), node["metadata"]["name"]),
        )
        self.actions: list[Action] = []
        self.events: list[EventNote] = []
        self.wakes: list[int] = []

    def plan(self) -> Plan:
        entries = [one for one in self.nodes if not self._parent(one)]
        if not entries:
            self._spawn(self.obj["spec"]["entry"], self.obj)
            status = {"startTime": rfc3339(self.now)}
            self._say(WORKFLOWS, self.obj, status, {"Scheduled": ("True", "")})
            return self._done()
        aborted = (self.obj["metadata"].get("annotations") or {}).get(ABORT) == "true"
        for node in self.nodes:
            if not holds(node, "Accomplished"):
                self._step(node, aborted=aborted)
        entry = entries[0]
        if holds(entry, "Accomplished") and not holds(self.obj, "Accomplished"):
            status = {"entryNode": entry["metadata"]["name"], "endTime": rfc3339(self.now)}
            self._event(self.obj, "WorkflowAccomplished", "workflow accomplished")
            self._say(
                WORKFLOWS, self.obj, status, {"Accomplished": ("True", "WorkflowAccomplished")}
            )
        elif (self.obj.get("status") or {}).get("entryNode") is None:
            name = entry["metadata"]["name"]
            self._event(self.obj, "EntryCreated", f"entry node created, entry node {name}")
            self._say(WORKFLOWS, self.obj, {"entryNode": name}, {})
        return self._done()

    def _done(self) -> Plan:
        return Plan(tuple(self.actions), tuple(self.events), min(self.wakes, default=None))

    # -- nodes ------------------------------------------------------------------------------------

    def _step(self, node: Obj, *, aborted: bool) -> None:
        late = node["spec"].get("deadline")
        above = self._parent(node)
        parent = next((one for one in self.nodes if one["metadata"]["name"] == above), None)
        if aborted or (parent is not None and holds(parent, "Aborted")):
            self._end(node, "Aborted", "WorkflowAborted")
        elif parent is not None and holds(parent, "DeadlineExceed"):
            self._end(node, "DeadlineExceed", "ParentNodeDeadlineExceed")
        elif late is not None and nanoseconds(late) <= self.now:
            self._end(node, "DeadlineExceed", "NodeDeadlineExceed")
        else:
            if late is not None:
                self.wakes.append(nanoseconds(late))
            self._go_on(node)

    def _go_on(self, node: Obj) -> None:
        kind, template = node["spec"]["type"], self.templates[node["spec"]["templateName"]]
        children = [o for o in self.nodes if self._parent(o) == node["metadata"]["name"]]
        wanted = template.get("children") or []
        if kind in ("Serial", "Parallel"):
            finished = [one for one in children if holds(one, "Accomplished")]
            if len(finished) == len(wanted):
                self._event(node, "NodeAccomplished", "node accomplished")
                self._say_of_node(node, children, {"Accomplished": ("True", "")})
            elif kind == "Serial" and len(children) == len(finished):
                self._spawn(wanted[len(finished)], node)
                self._say_of_node(node, children, {})
            elif kind == "Parallel" and not children:
                for name in wanted:
                    self._spawn(name, node)
            else:
                self._say_of_node(node, children, {})
        elif kind != "Suspend" and not (node.get("status") or {}).get("chaosResource"):
            self._inject(node, template, kind)

    def _inject(self, node: Obj, template: dict[str, Any], kind: str) -> None:
        """Make the object of a step, which goes with it."""
        group = CHAOS_MESH if kind == "Schedule" else KINDS[kind].group
        spec = template["schedule"] if kind == "Schedule" else template[field_of(kind)]
        meta = node["metadata"]
        made = {
            "apiVersion": f"{group}/{VERSION}",
            "kind": kind,
            "metadata": {
                "name": meta["name"],
                "namespace": self.space,
                "labels": {_CONTROLLED_BY: meta["name"], _OF_WORKFLOW: self.name},
                "ownerReferences": [owner_reference(node)],
            },
            "spec": spec,
        }
        self.actions.append(Create(_resource(kind), made))
        self._event(node, "ChaosCRCreated", f"chaos CR {meta['name']} created")
        said = {"chaosResource": {"apiGroup": group, "kind": kind, "name": meta["name"]}}
        self._say(NODES, node, said, {"ChaosInjected": ("True", "ChaosCRCreated")})

    def _end(self, node: Obj, why: str, reason: str) -> None:
        """A step is over: what it injected goes, and so do the steps below."""
        made = (node.get("status") or {}).get("chaosResource")
        if made is not None:
            key = (self.space, made["name"])
            if self.read.get(_resource(made["kind"]), *key) is not None:
                self.actions.append(Delete(_resource(made["kind"]), key))
                self._event(node, "ChaosCRDeleted", f"chaos CR {made['name']} deleted")
        said = "deadline exceed" if reason == "NodeDeadlineExceed" else f"ended: {reason}"
        self._event(node, reason, said)
        self._say(NODES, node, {}, {why: ("True", reason), "Accomplished": ("True", reason)})

    def _spawn(self, name: str, parent: Obj) -> None:
        template = self.templates[name]
        deadline = template.get("deadline")
        labels = {_OF_WORKFLOW: self.name}
        if parent is not self.obj:
            labels[_CONTROLLED_BY] = parent["metadata"]["name"]
        spec: dict[str, Any] = {
            "templateName": name,
            "workflowName": self.name,
            "type": template["templateType"],
            "startTime": rfc3339(self.now),
        }
        if deadline:
            spec["deadline"] = rfc3339(self.now + durations.parse(deadline))
        if template.get("children"):
            spec["children"] = template["children"]
        made = {
            "apiVersion": _API,
            "kind": "WorkflowNode",
            "metadata": {
                "generateName": f"{name}-",
                "namespace": self.space,
                "labels": labels,
                "ownerReferences": [owner_reference(parent)],
            },
            "spec": spec,
        }
        self.actions.append(Create(NODES, made))

    def _parent(self, node: Obj) -> str:
        return str((node["metadata"].get("labels") or {}).get(_CONTROLLED_BY, ""))

    # -- saying -----------------------------------------------------------------------------------

    def _say_of_node(
        self, node: Obj, children: list[Obj], said: dict[str, tuple[str, str]]
    ) -> None:
        lists = {
            "activeChildren": [c for c in children if not holds(c, "Accomplished")],
            "finishedChildren": [c for c in children if holds(c, "Accomplished")],
        }
        named = {
            name: [{"name": child["metadata"]["name"]} for child in found]
            for name, found in lists.items()
        }
        self._say(NODES, node, named, said)

    def _say(
        self, resource: str, obj: Obj, fields: dict[str, Any], said: dict[str, tuple[str, str]]
    ) -> None:
        old = obj.get("status") or {}
        conditions = [one for one in old.get("conditions") or () if one["type"] not in said]
        conditions += [{"type": k, "status": s, "reason": r} for k, (s, r) in said.items()]
        status = {**old, **fields, "conditions": conditions}
        if status != old:
            self.actions.append(Update(resource, {**obj, "status": status}, "status"))

    def _event(self, about: Obj, reason: str, message: str) -> None:
        self.events.append(EventNote(about, "Normal", reason, message))


def _resource(kind: str) -> str:
    return SCHEDULES if kind == "Schedule" else resource_of(KINDS[kind])


def workflow_of(obj: Obj) -> Iterator[str]:
    """Yield the name of the workflow that an object is a part of."""
    name = (obj["metadata"].get("labels") or {}).get(_OF_WORKFLOW)
    if name:
        yield str(name)
