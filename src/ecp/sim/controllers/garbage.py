"""The garbage collector: what lost its owners goes, in the background, foreground or not at all.

Source: kubernetes pkg/controller/garbagecollector/{garbagecollector,graph_builder}.go (1.36).

Its keys name objects of any resource: ("<resource>/<namespace>", "<name>").
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from ecp.kube.kinds import BUILT_IN, CRDS, EVENTS, LEASES, Kind, custom_kinds, split_api_version
from ecp.sim.plans import NOTHING, Action, Controller, Delete, Plan, Reader, Update, nobody
from ecp.sim.store import Change, Key, Obj
from ecp.sim.store.store import DELETED, STATUS

ANY = "*"
"""As a watched resource: every resource, custom ones included."""

FOREGROUND = "foregroundDeletion"
ORPHAN = "orphan"

# Nothing is ever owned by one of these, and they come and go in numbers.
_NEVER_OWNERS = frozenset({EVENTS, LEASES})
_RETRY = 1_000_000_000

_BY_GROUP_KIND: dict[tuple[str, str], Kind] = {
    (kind.group, kind.kind): kind for kind in reversed(BUILT_IN.kinds)
}
_CLUSTER_SCOPED = tuple(kind.resource for kind in BUILT_IN.kinds if not kind.namespaced)


def _key(resource: str, obj: Obj) -> Key:
    meta = obj["metadata"]
    return f"{resource}/{meta.get('namespace', '')}", meta["name"]


def _kind_of(reference: Obj, read: Reader) -> Kind | None:
    """Return the row of the kind that an ownerReference names, None where it is not served."""
    group, _ = split_api_version(reference["apiVersion"])
    found = _BY_GROUP_KIND.get((group, reference["kind"]))
    if found is not None:
        return found
    for crd in read.list(CRDS):
        if crd["spec"]["group"] == group and crd["spec"]["names"]["kind"] == reference["kind"]:
            return next(iter(custom_kinds(crd)), None)
    return None


class _Owners(NamedTuple):
    """An object's owner references: `solid` stand, `dangling` are gone, `waiting` wait for it."""

    solid: list[Obj]
    dangling: list[Obj]
    waiting: list[Obj]


def _classify(obj: Obj, read: Reader) -> _Owners:
    owners = _Owners([], [], [])
    namespace = obj["metadata"].get("namespace", "")
    for reference in obj["metadata"].get("ownerReferences") or ():
        kind = _kind_of(reference, read)
        if kind is None or (kind.namespaced and not namespace):
            # Unknown, or impossible: never a reason to delete.
            owners.solid.append(reference)
            continue
        owner = read.get(kind.resource, namespace if kind.namespaced else "", reference["name"])
        if owner is None or owner["metadata"]["uid"] != reference["uid"]:
            owners.dangling.append(reference)
        elif _waits_for_dependants(owner):
            owners.waiting.append(reference)
        else:
            owners.solid.append(reference)
    return owners


def _waits_for_dependants(obj: Obj) -> bool:
    meta = obj["metadata"]
    return "deletionTimestamp" in meta and FOREGROUND in (meta.get("finalizers") or ())


def _without_owners(resource: str, obj: Obj, uids: Iterable[str]) -> Action:
    gone = frozenset(uids)
    kept = [r for r in obj["metadata"]["ownerReferences"] if r["uid"] not in gone]
    meta = {k: v for k, v in obj["metadata"].items() if k != "ownerReferences"}
    if kept:
        meta["ownerReferences"] = kept
    return Update(resource, {**obj, "metadata": meta})


def _without_finalizer(resource: str, obj: Obj, finalizer: str) -> Action:
    kept = [f for f in obj["metadata"].get("finalizers") or () if f != finalizer]
    meta = {k: v for k, v in obj["metadata"].items() if k != "finalizers"}
    if kept:
        meta["finalizers"] = kept
    return Update(resource, {**obj, "metadata": meta})


class Collector:
    """The control loop; *resources* names all namespaced resources."""

    def __init__(self, resources: Callable[[], Sequence[str]]) -> None:
        self._resources = resources

    def _dependants(self, uid: str, read: Reader) -> list[tuple[str, Obj]]:
        return [
            (resource, obj)
            for resource in (*self._resources(), *_CLUSTER_SCOPED)
            if resource not in _NEVER_OWNERS
            for obj in read.owned(uid, resource)
        ]

    # what wakes it

    def keys(self, change: Change, read: Reader) -> Iterable[Key]:
        """Keys of what *change* makes a case: itself, its dependants, owners that wait for it."""
        resource = change.resource
        meta = change.object["metadata"]
        references = meta.get("ownerReferences")
        if change.type == DELETED:
            found = self._of_loss(change, read)
            return (*found, *self._waiting_owners(references, meta, read)) if references else found
        old = change.old["metadata"].get("ownerReferences") if change.old is not None else None
        if "deletionTimestamp" in meta:
            waiting = self._waiting_owners(references, meta, read)
            finalizers = meta.get("finalizers") or ()
            if FOREGROUND in finalizers or ORPHAN in finalizers:
                return (_key(resource, change.object), *waiting)
            return waiting
        if references is not old and references != old:
            owners = _classify(change.object, read) if references else None
            released = self._waiting_owners(old, meta, read) if old else []
            if owners is not None and (owners.dangling or owners.waiting):
                return (_key(resource, change.object), *released)
            return released
        return ()

    def _of_loss(self, change: Change, read: Reader) -> list[Key]:
        uid = change.object["metadata"].get("uid")
        # Pods own nothing in practice, but may; they cost one look-up a resource.
        return [_key(resource, obj) for resource, obj in self._dependants(uid, read)]

    def _waiting_owners(
        self, references: Sequence[Obj] | None, meta: Obj, read: Reader
    ) -> list[Key]:
        found = []
        for reference in references or ():
            kind = _kind_of(reference, read)
            if kind is None:
                continue
            namespace = meta.get("namespace", "") if kind.namespaced else ""
            owner = read.get(kind.resource, namespace, reference["name"])
            if owner is not None and _waits_for_dependants(owner):
                found.append(_key(kind.resource, owner))
        return found

    # reconcile

    def reconcile(self, now: int, key: Key, read: Reader) -> Plan:
        """Settle one object: collect it, or do what its deletion waits for."""
        resource, _, namespace = key[0].rpartition("/")
        obj = read.get(resource, namespace, key[1])
        if obj is None:
            return NOTHING
        meta = obj["metadata"]
        finalizers = meta.get("finalizers") or ()
        if "deletionTimestamp" not in meta:
            return Plan(tuple(self._collect(resource, obj, read)))
        if ORPHAN in finalizers:
            actions: list[Action] = [
                _without_owners(of, dependant, (meta["uid"],))
                for of, dependant in self._dependants(meta["uid"], read)
            ]
            return Plan((*actions, _without_finalizer(resource, obj, ORPHAN)))
        if FOREGROUND in finalizers:
            return self._foreground(resource, obj, read)
        return NOTHING

    def _foreground(self, resource: str, obj: Obj, read: Reader) -> Plan:
        uid = obj["metadata"]["uid"]
        dependants = self._dependants(uid, read)
        actions: list[Action] = []
        for of, dependant in dependants:
            if "deletionTimestamp" not in dependant["metadata"]:
                actions += self._collect(of, dependant, read)
        if not any(_blocks(dependant, uid) for _, dependant in dependants):
            actions.append(_without_finalizer(resource, obj, FOREGROUND))
        return Plan(tuple(actions))

    def _collect(self, resource: str, obj: Obj, read: Reader) -> list[Action]:
        meta = obj["metadata"]
        owners = _classify(obj, read)
        if owners.solid:
            lost = [reference["uid"] for reference in (*owners.dangling, *owners.waiting)]
            return [_without_owners(resource, obj, lost)] if lost else []
        if not owners.dangling and not owners.waiting:
            return []
        actions: list[Action] = []
        propagation = "Background"
        if owners.waiting and (below := self._dependants(meta["uid"], read)):
            # Two that wait for each other would wait for ever.
            if any(_waits_for_dependants(dependant) for _, dependant in below):
                actions.append(_unblocked(resource, obj))
            propagation = "Foreground"
        elif ORPHAN in (meta.get("finalizers") or ()):
            propagation = "Orphan"
        elif FOREGROUND in (meta.get("finalizers") or ()):
            propagation = "Foreground"
        key = (meta.get("namespace", ""), meta["name"])
        actions.append(Delete(resource, key, propagation=propagation, uid=meta["uid"]))
        return actions


def _blocks(dependant: Obj, uid: str) -> bool:
    return any(
        reference["uid"] == uid and reference.get("blockOwnerDeletion")
        for reference in dependant["metadata"].get("ownerReferences") or ()
    )


def _unblocked(resource: str, obj: Obj) -> Action:
    references: list[dict[str, Any]] = [
        {**reference, "blockOwnerDeletion": False}
        if reference.get("blockOwnerDeletion")
        else reference
        for reference in obj["metadata"]["ownerReferences"]
    ]
    return Update(resource, {**obj, "metadata": {**obj["metadata"], "ownerReferences": references}})


def _refused(now: int, key: Key, action: Action, error: Exception, read: Reader) -> Plan:
    """Something moved in between: look again."""
    return Plan(wake_at=now + _RETRY)


def controller(resources: Callable[[], Sequence[str]]) -> Controller:
    """Return the garbage collector; *resources* names all namespaced resources."""
    loop = Collector(resources)
    return Controller(
        name="garbage-collector",
        component="garbage-collector-controller",
        watches={ANY: loop.keys, **dict.fromkeys(_NEVER_OWNERS, nobody)},
        reconcile=loop.reconcile,
        refused=_refused,
        deaf={ANY: STATUS},
    )
