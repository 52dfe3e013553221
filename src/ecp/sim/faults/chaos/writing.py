"""A fault of the catalogue as a chaos object that begins it again and again, and such objects read.

A Schedule; with an end a Workflow of one step that is a Schedule, which goes with its deadline.
Source: Chaos Mesh api/v1alpha1 (Schedule, Workflow), whose Schedules have no end themselves.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from ecp.kube import durations
from ecp.kube.kinds import DAEMONSETS, DEPLOYMENTS, STATEFULSETS
from ecp.kube.times import nanoseconds, rfc3339
from ecp.sim.controllers.jobs.schedule import BadSchedule, parse
from ecp.sim.faults.catalogue import FaultRow, catalogue
from ecp.sim.faults.chaos.definitions import NODES, SCHEDULES, WORKFLOWS, field_of
from ecp.sim.faults.chaos.experiment import PAUSE
from ecp.sim.faults.chaos.kinds import (
    CHAOS_MESH,
    KINDS,
    OURS,
    VERSION,
    ChaosKind,
    Unmodelled,
    camel,
)
from ecp.sim.faults.chaos.schedule import upcoming
from ecp.sim.faults.chaos.workflow import holds, workflow_of
from ecp.sim.faults.refusal import FaultRefused
from ecp.sim.faults.syntax import checked
from ecp.sim.plans import Reader
from ecp.sim.store import Obj

_SHORTEST: Final = 60_000_000_000
"""No more often than once a minute (ns), as cron has it."""
_WORKLOADS: Final = {
    "deployment": DEPLOYMENTS,
    "statefulset": STATEFULSETS,
    "daemonset": DAEMONSETS,
}
Spec = dict[str, Any]


class Repeated(NamedTuple):
    """A fault to be begun again and again in a namespace.

    every   10m, or a cron line (UTC)
    lasts   for how long it is begun again (a duration), "" until somebody takes it away
    wish    fault, target or selector with mode and value, duration, parameters, as they are said of
            one that is injected once
    """

    namespace: str
    every: str
    lasts: str
    wish: Mapping[str, Any]


def written(read: Reader, wanted: Repeated) -> tuple[str, Obj]:
    """Return the resource and the object that begin a fault again and again.

    Raises FaultRefused: unknown, no object says it, no target, no schedule.
    """
    row = catalogue().get(wanted.wish["fault"])
    if row is None:
        known = ", ".join(catalogue())
        raise FaultRefused("fault.unknown", name=str(wanted.wish["fault"]), known=known)
    kind, said = _said(row, wanted)
    spec = {**said, **_aimed(read, row, kind, wanted)}
    lasts = wanted.wish.get("duration") or (row.duration and durations.spell(row.duration))
    spec |= {"duration": _duration(lasts)} if lasts and not kind.once(spec) else {}
    schedule = {
        "schedule": _schedule(wanted.every),
        "concurrencyPolicy": "Forbid",
        "historyLimit": 1,
        "type": kind.kind,
        field_of(kind.kind): spec,
    }
    meta = {"generateName": f"{row.name.replace('_', '-')}-", "namespace": wanted.namespace}
    body = {"apiVersion": f"{CHAOS_MESH}/{VERSION}", "kind": "Schedule", "metadata": meta}
    if not wanted.lasts:
        return SCHEDULES, {**body, "spec": schedule}
    step = {
        "name": meta["generateName"].rstrip("-"),
        "templateType": "Schedule",
        "deadline": _duration(wanted.lasts),
        "schedule": schedule,
    }
    whole = {"entry": step["name"], "templates": [step]}
    return WORKFLOWS, {**body, "kind": "Workflow", "spec": whole}


def _schedule(every: str) -> str:
    """Return a schedule as its object says it. Raises FaultRefused."""
    text = every.strip()
    try:
        if durations.parse(text) < _SHORTEST:
            raise FaultRefused("fault.too-often", every=every)
        return f"@every {_duration(text)}"
    except durations.InvalidDuration:
        pass
    try:
        parse(text, None)
    except BadSchedule as error:
        raise FaultRefused("fault.bad-schedule", every=every, detail=str(error)) from error
    return text


def _duration(text: str) -> str:
    """Return a duration as an object says it: its reader, Go's, knows no days."""
    try:
        lasts = durations.parse(text)
    except durations.InvalidDuration as error:
        raise FaultRefused("fault.bad-schedule", every=text, detail=str(error)) from error
    return durations.go_duration(lasts) if "d" in text else text


# -- what it does ----------------------------------------------------------------------------------


def _said(row: FaultRow, wanted: Repeated) -> tuple[ChaosKind, Spec]:
    """Return the kind and the fields that say what happens: the fault's own, else those of another
    with the same effect. Raises FaultRefused where none say all of it, or a parameter is wrong."""
    given = {**row.parameters, **checked(row.name, wanted.wish.get("parameters") or {})}
    alike = [one for one in catalogue().values() if one.effect == row.effect and one != row]
    for one in (row, *(one for one in alike if one.takes.keys() == row.takes.keys())):
        kind = KINDS[one.chaos.kind]
        spec = _own(one, given) if kind.group == OURS else _MESH[kind.kind](one.chaos.action, given)
        try:
            bodies = kind.bodies(spec)
        except (Unmodelled, KeyError):
            continue
        if len(bodies) == 1 and _same(row, given, bodies[0]):
            return kind, spec
    raise FaultRefused("fault.no-object", name=row.name, kind=row.chaos.kind)


def _same(row: FaultRow, given: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
    """Whether a fault that an object comes to does what was wanted: its name may be another."""
    other = catalogue()[body["fault"]]
    found = {**other.parameters, **body["parameters"]}
    return other.effect == row.effect and {k: str(v) for k, v in found.items()} == {
        k: str(v) for k, v in given.items()
    }


def _own(row: FaultRow, given: Mapping[str, Any]) -> Spec:
    said = {camel(name): value for name, value in given.items() if value != row.parameters[name]}
    return {**said, **({"action": row.chaos.action} if row.chaos.action else {})}


def _pod(action: str, given: Mapping[str, Any]) -> Spec:
    found: Spec = {"action": action}
    if given.get("grace_period"):
        found["gracePeriod"] = given["grace_period"]
    if given.get("container"):
        found["containerNames"] = [given["container"]]
    return found


_PARTS: Final[Mapping[str, tuple[str, str, str]]] = {
    "delay": ("latency", "latency_ms", "ms"),
    "loss": ("loss", "loss_percent", ""),
    "corrupt": ("corrupt", "corrupt_percent", ""),
    "duplicate": ("duplicate", "duplicate_percent", ""),
    "bandwidth": ("rate", "rate", ""),
}
_BUCKET: Final = {"limit": 20_971_520, "buffer": 10_000}
"""What a limit of bandwidth has beside its rate. Source: Chaos Mesh's examples; not simulated."""


def _network(action: str, given: Mapping[str, Any]) -> Spec:
    found: Spec = {"action": action, "direction": "to"}
    if action in _PARTS:
        field, name, unit = _PARTS[action]
        bucket = _BUCKET if action == "bandwidth" else {}
        found[action] = {field: f"{given[name]}{unit}", **bucket}
    return found


def _stress(action: str, given: Mapping[str, Any]) -> Spec:
    if action == "memory":
        return {"stressors": {"memory": {"workers": 1, "size": str(given["size"])}}}
    cpu = {"workers": given["workers"], "load": given["load_percent"]}
    return {"stressors": {"cpu": cpu}}


def _io(action: str, given: Mapping[str, Any]) -> Spec:
    found: Spec = {"action": action, "percent": given["percent"], "volumePath": "/"}
    if action == "latency":
        return {**found, "delay": f"{given['delay_ms']}ms"}
    return {**found, "errno": 5}


def _http(action: str, given: Mapping[str, Any]) -> Spec:
    what = {"delay": f"{given['latency_ms']}ms"} if action == "delay" else {"abort": True}
    return {"target": "Request", "port": given.get("port", 0), **what}


_MESH: Final[Mapping[str, Callable[[str, Mapping[str, Any]], Spec]]] = {
    "PodChaos": _pod,
    "NetworkChaos": _network,
    "StressChaos": _stress,
    "IOChaos": _io,
    "HTTPChaos": _http,
    "DNSChaos": lambda action, given: {
        "action": action,
        "patterns": str(given["patterns"]).split(","),
    },
    "TimeChaos": lambda action, given: {"timeOffset": given["offset"]},
}
"""How the parameters of a fault are fields of a kind of Chaos Mesh: `kinds` read back."""


# -- whom it hits ----------------------------------------------------------------------------------


def _aimed(read: Reader, row: FaultRow, kind: ChaosKind, wanted: Repeated) -> Spec:
    wish, space = wanted.wish, wanted.namespace
    target = str(wish.get("target") or "")
    if not kind.selects:
        return {"target": target} if target else {}
    mode = {"mode": wish.get("mode") or row.mode}
    mode |= {"value": wish["value"]} if wish.get("value") else {}
    name = target.rpartition("/")[2]
    if kind.selects == "node":
        # Without a target the nodes that the namespace's pods run on, as where it is injected once.
        selector = wish.get("selector") or (
            {"nodes": [name]} if target else {"namespaces": [space]}
        )
        return {"selector": selector, **mode}
    if wish.get("selector"):
        return {"selector": {**wish["selector"], "namespaces": [space]}, **mode}
    if target.startswith("pod/"):
        return {"selector": {"pods": {space: [name]}}, **mode}
    if target:
        return {"selector": {"namespaces": [space], **_labels(read, row, space, target)}, **mode}
    if row.target == "workload":
        raise FaultRefused("fault.repeat-target", name=row.name)
    return {"selector": {"namespaces": [space]}, **mode}


def _labels(read: Reader, row: FaultRow, space: str, target: str) -> Spec:
    """Return what selects the pods of a workload. Raises FaultRefused where there is none."""
    kind, _, name = target.rpartition("/")
    for word, resource in _WORKLOADS.items():
        obj = read.get(resource, space, name) if kind in ("", word) else None
        labels = ((obj or {}).get("spec") or {}).get("selector", {}).get("matchLabels")
        if labels:
            return {"labelSelectors": labels}
    there = [
        f"{word}/{obj['metadata']['name']}"
        for word, resource in _WORKLOADS.items()
        for obj in read.list(resource, space)
    ]
    raise FaultRefused("fault.no-target", targets=there, name=row.name, target=target)


# -- what there is ---------------------------------------------------------------------------------


class Repeating(NamedTuple):
    """A Schedule that begins faults: its own name, that of what takes it away (itself, or its
    Workflow), when it begins the next (ns; None while it pauses, or its end is nearer)."""

    namespace: str
    name: str
    resource: str
    owner: str
    fault: str
    schedule: str
    spec: Mapping[str, Any]
    kind: str
    last: int | None
    next: int | None
    until: int | None
    paused: bool
    active: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return it as the API gives it."""
        return {
            "namespace": self.namespace,
            "name": self.owner,
            "schedule": self.schedule,
            "fault": self.fault or None,
            "kind": self.kind,
            "duration": self.spec.get("duration"),
            "selector": self.spec.get("selector"),
            "target": self.spec.get("target"),
            "last_at": None if self.last is None else rfc3339(self.last),
            "next_at": None if self.next is None else rfc3339(self.next),
            "until": None if self.until is None else rfc3339(self.until),
            "paused": self.paused,
            "active": list(self.active),
        }


def repeating(read: Reader, now: int, namespace: str = "") -> Iterator[Repeating]:
    """Yield what begins faults again and again, whoever wrote it; with a *namespace* in that."""
    for obj in read.list(SCHEDULES, namespace or None):
        if "deletionTimestamp" not in obj["metadata"]:
            yield _read(read, now, obj)


def _read(read: Reader, now: int, obj: Obj) -> Repeating:
    meta, spec, status = obj["metadata"], obj["spec"], obj.get("status") or {}
    kind = spec["type"]
    of = spec.get("workflow" if kind == "Workflow" else field_of(kind)) or {}
    owner = next(workflow_of(obj), "")
    workflow = read.get(WORKFLOWS, meta["namespace"], owner) if owner else None
    until = _until(read, meta["namespace"], meta["name"]) if owner else None
    notes = meta.get("annotations") or {}
    paused = notes.get(PAUSE) == "true" or (
        workflow is not None and holds(workflow, "Accomplished")
    )
    last = nanoseconds(status["time"]) if status.get("time") else None
    due = None if paused else _next(obj, status.get("time"), now)
    return Repeating(
        meta["namespace"],
        meta["name"],
        WORKFLOWS if workflow is not None else SCHEDULES,
        owner if workflow is not None else meta["name"],
        _fault_of(kind, of),
        spec["schedule"],
        of,
        kind,
        last,
        None if due is not None and until is not None and due >= until else due,
        until,
        paused,
        tuple(one["name"] for one in status.get("active") or ()),
    )


def _fault_of(kind: str, spec: Mapping[str, Any]) -> str:
    if kind not in KINDS:
        return ""
    try:
        bodies = KINDS[kind].bodies(spec)
    except (Unmodelled, KeyError):
        return ""
    return str(bodies[0]["fault"]) if bodies else ""


def _until(read: Reader, space: str, node: str) -> int | None:
    """Return when the step of a workflow is over; its object has its name."""
    found = read.get(NODES, space, node)
    late = None if found is None else found["spec"].get("deadline")
    return None if late is None else nanoseconds(late)


def _next(obj: Obj, last: str | None, now: int) -> int | None:
    try:
        return upcoming(parse(obj["spec"]["schedule"], None), last, obj, now)
    except BadSchedule:
        return None
