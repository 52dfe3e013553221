"""What a cluster's change log says of its past: what changed when, what was there at an instant,
how two instants differ. Pure: over lists of changes, oldest first, as the store's log has them.

A change has the object before and after, both whole and never changed; so what was there at an
instant is what is there now with the later changes taken back.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from ecp.kube import kinds
from ecp.kube.pods import is_ready, is_true
from ecp.sim.store import Change, Key, Obj

Named = tuple[str, Key]
"""An object: its resource, its namespace and name."""

FAILURES: Final = ("unready", "node-lost", "warning")
"""Marks at which something went wrong."""
_UNSAID: Final = ("managedFields", "resourceVersion", "generation")
"""Of the metadata: they move with every write and say nothing by themselves."""
_NAMES: Final = ("name", "type", "containerPort", "port", "ip", "uid", "key")
"""By the first of these that all entries of a list have, they are told apart."""


class Mark(NamedTuple):
    """What a change means to a reader: which kind, and from what to what, "" where that is all."""

    kind: str
    before: str = ""
    after: str = ""


class Search(NamedTuple):
    """Which changes and objects are meant; "" = any. `name` is a part of it, `marks` () = any."""

    namespace: str = ""
    resource: str = ""
    name: str = ""
    marks: tuple[str, ...] = ()

    def fits(self, named: Named) -> bool:
        """Whether an object is meant."""
        resource, (namespace, name) = named
        if self.resource and resource.partition(".")[0] != self.resource != resource:
            return False
        return self.namespace in ("", namespace) and self.name in name

    def found(self, change: Change) -> bool:
        """Whether a change is meant."""
        if not self.fits((change.resource, change.key)):
            return False
        if not self.marks:
            return True
        mark = mark_of(change)
        return mark is not None and mark.kind in self.marks


class Field(NamedTuple):
    """A field that differs: its path, and its value before and after; None where it is not."""

    path: str
    before: Any
    after: Any


# -- which of them ---------------------------------------------------------------------------------


def until(log: Sequence[Change], at: int) -> int:
    """Return how many changes of *log* happened no later than *at* (ns)."""
    return bisect_right(log, at, key=_at)


def _at(change: Change) -> int:
    return change.at


def mark_of(change: Change) -> Mark | None:
    """Return what a change means, None for one of those that keep a cluster going."""
    reader = _MARKS.get(change.resource)
    return None if reader is None else reader(change)


def _of_workload(change: Change) -> Mark | None:
    new, old = change.object, change.old
    if old is None:
        return Mark("release", "", _images(new))
    if change.type == "DELETED":
        return Mark("gone")
    spec, before = new["spec"], old["spec"]
    if spec is before:
        return None
    if spec.get("template") != before.get("template"):
        return Mark("release", _images(old), _images(new))
    if spec.get("replicas") != before.get("replicas"):
        return Mark("scaling", str(before.get("replicas", 1)), str(spec.get("replicas", 1)))
    return None


def _images(workload: Obj) -> str:
    spec = workload["spec"].get("template", {}).get("spec", {})
    return ", ".join(str(one.get("image", "")) for one in spec.get("containers", ()))


def _of_pod(change: Change) -> Mark | None:
    turned = readiness(change)
    if turned > 0:
        return Mark("ready")
    # Who is to go is not ready any more either: that is no failure.
    if turned < 0 and change.type != "DELETED" and _stays(change.object):
        return Mark("unready")
    return None


def _stays(pod: Obj) -> bool:
    phase = pod.get("status", {}).get("phase")
    return not pod["metadata"].get("deletionTimestamp") and phase != "Succeeded"


def readiness(change: Change) -> int:
    """Return by how many a change of a pod makes more pods ready: −1, 0 or 1."""
    if change.resource != kinds.PODS:
        return 0
    after = change.type != "DELETED" and is_ready(change.object)
    return int(after) - int(change.old is not None and is_ready(change.old))


def _of_node(change: Change) -> Mark | None:
    if change.old is None or change.type == "DELETED":
        return Mark("node-gone") if change.old is not None else Mark("node")
    before, after = is_true(change.old, "Ready"), is_true(change.object, "Ready")
    if before == after:
        return None
    return Mark("node" if after else "node-lost")


def _of_event(change: Change) -> Mark | None:
    # An event that is counted on is written again, one that is too old is deleted.
    if change.type == "DELETED" or change.object.get("type") != "Warning":
        return None
    said = change.object.get("regarding") or change.object.get("involvedObject") or {}
    about = f"{said.get('kind', '')}/{said.get('name', '')}"
    return Mark("warning", about, str(change.object.get("reason", "")))


_MARKS: Final[Mapping[str, Callable[[Change], Mark | None]]] = {
    kinds.DEPLOYMENTS: _of_workload,
    kinds.STATEFULSETS: _of_workload,
    kinds.DAEMONSETS: _of_workload,
    kinds.PODS: _of_pod,
    kinds.NODES: _of_node,
    kinds.EVENTS: _of_event,
}


# -- what was there --------------------------------------------------------------------------------


def taken_back(known: dict[Named, Obj | None], later: Iterable[Change]) -> None:
    """Note in *known* what each object was before the first of the *later* changes; None = not."""
    for change in later:
        known.setdefault((change.resource, change.key), change.old)


def settled(known: dict[Named, tuple[Obj | None, Obj | None]], meanwhile: Iterable[Change]) -> None:
    """Note in *known* what each object was before and after the changes *meanwhile*."""
    for change in meanwhile:
        named = (change.resource, change.key)
        now = None if change.type == "DELETED" else change.object
        known[named] = (known[named][0] if named in known else change.old, now)


def shape_of(obj: Obj) -> str:
    """Return in a word how an object stands: its phase, or how many of its replicas are ready."""
    status, spec = obj.get("status") or {}, obj.get("spec") or {}
    if "phase" in status:
        ready = status["phase"] == "Running" and not is_ready(obj) and "containers" in spec
        return "Unready" if ready else str(status["phase"])
    if "template" in spec and "replicas" in spec:
        return f"{status.get('readyReplicas', 0)}/{spec['replicas']}"
    if obj.get("kind") == "Node" or "nodeInfo" in status:
        return "Ready" if is_true(obj, "Ready") else "NotReady"
    return str(obj.get("reason", ""))


# -- how they differ -------------------------------------------------------------------------------


def fields(before: Any, after: Any, path: str = "") -> Iterator[Field]:
    """Yield the fields in which two objects differ, in order; bookkeeping of the metadata not."""
    if before is after or before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for key in dict.fromkeys((*before, *after)):
            if path == "metadata" and key in _UNSAID:
                continue
            yield from fields(before.get(key), after.get(key), f"{path}.{key}" if path else key)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _entries(before, after, path)
    else:
        yield Field(path, before, after)


def _entries(before: list[Any], after: list[Any], path: str) -> Iterator[Field]:
    key = _name_of([*before, *after])
    if key is None:
        yield Field(path, before, after)
        return
    old = {str(one[key]): one for one in before}
    new = {str(one[key]): one for one in after}
    for name in dict.fromkeys((*old, *new)):
        yield from fields(old.get(name), new.get(name), f"{path}[{name}]")


def _name_of(entries: list[Any]) -> str | None:
    if not all(isinstance(one, dict) for one in entries):
        return None
    return next((key for key in _NAMES if all(key in one for one in entries)), None)
