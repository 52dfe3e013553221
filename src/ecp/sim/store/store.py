"""The store: immutable objects, one version counter, one log of changes, derived indexes.

Objects are JSON-shaped dicts that nobody mutates: a write brings a new dict that shares what it
did not touch. So a reader keeps what it read, and pinning a state costs one copy of pointers.
"""

from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from ecp.sim.store.labels import NO_LABELS, Labelled, labels_of
from ecp.sim.store.roots import Roots

Obj = dict[str, Any]
Key = tuple[str, str]  # (namespace or "", name)
# Named here because inside the class `list` is the method.
Objects = list[Obj]
Names = list[str]
References = list[tuple[str, Key]]

ADDED, MODIFIED, DELETED = "ADDED", "MODIFIED", "DELETED"

ALL, STATUS, FIGURES, QUIET = range(4)
"""How far a write went: to metadata or spec; to the status; to the status but not its phase; of
what is on a node, to neither its phase nor whether it is Ready.

Who writes hands on what he does not touch, so this is told by identity: most writes are STATUS or
beyond.
"""

_NO_STATUS: Obj = {}


def _version_of(change: "Change") -> int:
    return change.rv


def _nobody(change: "Change") -> None:
    pass


class Stored(NamedTuple):
    """An object and, beside it, who owns its fields (`ecp.kube.patch.apply.Owner` rows)."""

    object: Obj
    owners: tuple[Any, ...]


class Change(NamedTuple):
    """One entry of the log.

    `rv` is the resourceVersion it made, `at` the instant (ns), `cause` the id of what it
    follows from, `actor` who wrote it. `old` is the object before, None for ADDED. For DELETED
    `object` is the last state, carrying the deletion's own resourceVersion. `reach` says
    how far the write went: ALL, STATUS, FIGURES or QUIET.
    """

    rv: int
    type: str
    resource: str
    key: Key
    object: Obj
    old: Obj | None
    at: int
    cause: str
    actor: str
    owners: tuple[Any, ...]
    reach: int = 0


# Rows are made by the million: straight from the tuple, past the constructor's arguments.
_row = tuple.__new__


def _is_controlled(obj: Obj) -> bool:
    return any(owner.get("controller") for owner in obj["metadata"].get("ownerReferences") or ())


def _reach(obj: Obj, old: Obj) -> int:
    """Return how far a write went that did not touch the metadata."""
    spec = obj.get("spec")
    if spec is not old.get("spec"):
        return ALL
    now, before = obj.get("status") or _NO_STATUS, old.get("status") or _NO_STATUS
    if now.get("phase") != before.get("phase"):
        return STATUS
    if spec and spec.get("nodeName") and _readiness(now) == _readiness(before):
        return QUIET
    return FIGURES


def _readiness(status: Obj) -> str:
    for entry in status.get("conditions") or ():
        if entry["type"] == "Ready":
            ready: str = entry["status"]
            return ready
    return ""


class Expired(LookupError):
    """The log no longer reaches back to the asked version: 410, list again."""


class Store:
    """Tables by resource, a version counter, the newest *window* changes, indexes.

    `version` is the resourceVersion of the newest change, `roots` what changes follow from, those
    before the window too. The log may begin before `horizon`, with changes that can be looked at
    only: who saw no more than those must list again. Iteration over a table is in order of
    creation; the API sorts by key when it answers.
    """

    __slots__ = (
        "_by_label",
        "_by_namespace",
        "_by_node",
        "_by_owner",
        "_orphans",
        "_tables",
        "horizon",
        "log",
        "notify",
        "roots",
        "version",
    )

    def __init__(self, *, version: int = 1, window: int = 100_000) -> None:
        self.version = version
        self.horizon = version
        self.log: deque[Change] = deque(maxlen=window)
        self.roots = Roots()
        # Called with each change right after it was written; one listener, the cluster.
        self.notify: Callable[[Change], None] = _nobody
        self._tables: dict[str, dict[Key, Stored]] = {}
        # Indexes hold insertion-ordered dicts used as ordered sets.
        self._by_namespace: dict[tuple[str, str], dict[Key, None]] = {}
        self._by_owner: dict[tuple[str, str], dict[Key, None]] = {}
        self._by_node: dict[str, dict[Key, None]] = {}
        # Begun when somebody asks, per resource and namespace.
        self._orphans: dict[tuple[str, str], dict[Key, None]] = {}
        self._by_label: dict[tuple[str, str], Labelled] = {}

    # -- reading ------------------------------------------------------------------------------

    def get(self, resource: str, namespace: str, name: str) -> Obj | None:
        """Return the object, or None."""
        table = self._tables.get(resource)
        stored = table.get((namespace, name)) if table is not None else None
        return stored[0] if stored is not None else None

    def stored(self, resource: str, key: Key) -> Stored | None:
        """Return the object with its owners, or None."""
        table = self._tables.get(resource)
        return table.get(key) if table is not None else None

    def list(self, resource: str, namespace: str | None = None) -> Objects:
        """Return the objects of a resource, of one namespace or of all, oldest first."""
        table = self._tables.get(resource)
        if not table:
            return []
        if namespace is None:
            return [stored.object for stored in table.values()]
        keys = self._by_namespace.get((resource, namespace), {})
        return [table[key].object for key in keys]

    def items(self, resource: str) -> dict[Key, Stored]:
        """Return a pinned copy of a whole table: later writes do not show in it."""
        return dict(self._tables.get(resource, {}))

    def resources(self) -> Names:
        """Return the resources that have objects, sorted."""
        return sorted(resource for resource, table in self._tables.items() if table)

    def count(self, resource: str) -> int:
        return len(self._tables.get(resource, ()))

    def owned(self, uid: str, resource: str) -> Objects:
        """Return the objects of *resource* with an ownerReference to *uid*, oldest first."""
        keys = self._by_owner.get((uid, resource))
        if not keys:
            return []
        table = self._tables[resource]
        return [table[key].object for key in keys]

    def orphans(self, resource: str, namespace: str) -> Objects:
        """Return the objects of a namespace that no controller owns, in order of name."""
        known = self._orphans.get((resource, namespace))
        if known is None:
            known = self._orphans[resource, namespace] = {
                key: None
                for key in self._by_namespace.get((resource, namespace), ())
                if not _is_controlled(self._tables[resource][key].object)
            }
        return [self._tables[resource][key].object for key in sorted(known)] if known else []

    def labelled(self, resource: str, namespace: str, label: tuple[str, str]) -> Objects:
        """Return the objects of a namespace that carry a *label* (key, value), oldest first."""
        at = (resource, namespace)
        table, members = self._tables.get(resource, {}), self._by_namespace.get(at, {})
        index = self._by_label.get(at)
        if index is None:
            index = self._by_label[at] = Labelled()
            for key in members:
                index.add(key, labels_of(table[key].object))
        keys = index.keys(
            label,
            lambda: [
                key for key in members if labels_of(table[key].object).get(label[0]) == label[1]
            ],
        )
        return [table[key].object for key in keys]

    def dependants(self, uid: str) -> References:
        """Return (resource, key) of everything owned by *uid*, in order of resource name."""
        found = []
        for resource in sorted(self._tables):
            found += [(resource, key) for key in self._by_owner.get((uid, resource), ())]
        return found

    def on_node(self, node: str) -> Objects:
        """Return the pods bound to *node*, in order of binding."""
        table = self._tables.get("pods", {})
        return [table[key].object for key in self._by_node.get(node, ())]

    def since(self, version: int) -> Iterator[Change]:
        """Yield the changes after *version*, oldest first.

        Raises Expired when the window no longer holds them all.
        """
        newer = self.version - version
        if newer <= 0:
            return iter(())
        if version < self.oldest:
            raise Expired(f"version {version} is older than the window")
        found = list(islice(reversed(self.log), newer))
        found.reverse()
        return iter(found)

    @property
    def oldest(self) -> int:
        """The oldest version whose later changes are all in the window."""
        return max(self.version - len(self.log), self.horizon)

    def change(self, version: int) -> Change | None:
        """Return the change that made *version*, while the log holds it."""
        back = self.version - version
        if version > self.horizon:
            return self.log[-1 - back] if 0 <= back < len(self.log) else None
        # Before the horizon versions may be missing.
        at = bisect_left(self.log, version, key=_version_of)
        found = self.log[at] if at < len(self.log) else None
        return found if found is not None and found.rv == version else None

    # -- writing ------------------------------------------------------------------------------

    def put(
        self,
        resource: str,
        key: Key,
        obj: Obj,
        owners: tuple[Any, ...],
        *,
        at: int,
        cause: str,
        actor: str,
        fresh: bool = False,
    ) -> Change:
        """Write *obj* under the next version, which is stamped into its metadata.

        *fresh*: nobody else holds the object or its metadata, which need not be copied then.
        """
        rv = self.version + 1
        meta = obj["metadata"]
        if fresh:
            meta["resourceVersion"] = str(rv)
        else:
            obj = {**obj, "metadata": {**meta, "resourceVersion": str(rv)}}
        table = self._tables.get(resource)
        if table is None:
            table = self._tables[resource] = {}
        before = table.get(key)
        table[key] = _row(Stored, (obj, owners))
        if before is None:
            old, kind, reach = None, ADDED, ALL
        else:
            old, kind = before.object, MODIFIED
            reach = _reach(obj, old) if meta is old["metadata"] else ALL
        if reach == ALL:
            self._index(resource, key, obj, old)
        change: Change = _row(
            Change, (rv, kind, resource, key, obj, old, at, cause, actor, owners, reach)
        )
        self.version = rv
        self.log.append(change)
        self.roots.note(rv, cause)
        self.notify(change)
        return change

    def delete(self, resource: str, key: Key, *, at: int, cause: str, actor: str) -> Change:
        """Remove the object. Raises KeyError when there is none."""
        before = self._tables[resource].pop(key)
        rv = self.version + 1
        self._unindex(resource, key, before.object)
        last = {
            **before.object,
            "metadata": {**before.object["metadata"], "resourceVersion": str(rv)},
        }
        change = Change(
            rv, DELETED, resource, key, last, before.object, at, cause, actor, before.owners
        )
        self.version = rv
        self.log.append(change)
        self.roots.note(rv, cause)
        self.notify(change)
        return change

    def _index(self, resource: str, key: Key, obj: Obj, old: Obj | None) -> None:
        at = (resource, key[0])
        if old is None:
            members = self._by_namespace.get(at)
            if members is None:
                members = self._by_namespace[at] = {}
            members[key] = None
            before = None
        else:
            before = old["metadata"].get("ownerReferences")
        owners = obj["metadata"].get("ownerReferences")
        if owners is not before and owners != before:
            for reference in before or ():
                self._by_owner.get((reference["uid"], resource), {}).pop(key, None)
            for reference in owners or ():
                self._by_owner.setdefault((reference["uid"], resource), {})[key] = None
        orphans = self._orphans.get(at)
        if orphans is not None:
            if _is_controlled(obj):
                orphans.pop(key, None)
            else:
                orphans[key] = None
        labelled = self._by_label.get((resource, key[0]))
        if labelled is not None:
            if old is None:
                labelled.add(key, labels_of(obj))
            else:
                labelled.move(key, labels_of(old), labels_of(obj))
        if resource == "pods":
            node = obj["spec"].get("nodeName")
            if node and (old is None or not old["spec"].get("nodeName")):
                self._by_node.setdefault(node, {})[key] = None

    def _unindex(self, resource: str, key: Key, obj: Obj) -> None:
        orphans = self._orphans.get((resource, key[0]))
        if orphans is not None:
            orphans.pop(key, None)
        labelled = self._by_label.get((resource, key[0]))
        if labelled is not None:
            labelled.move(key, labels_of(obj), NO_LABELS)
        members = self._by_namespace.get((resource, key[0]))
        if members is not None:
            members.pop(key, None)
            if not members:
                del self._by_namespace[resource, key[0]]
        for reference in obj["metadata"].get("ownerReferences") or ():
            members = self._by_owner.get((reference["uid"], resource))
            if members is not None:
                members.pop(key, None)
                if not members:
                    del self._by_owner[reference["uid"], resource]
        if resource == "pods" and obj["spec"].get("nodeName"):
            self._by_node.get(obj["spec"]["nodeName"], {}).pop(key, None)

    # -- state --------------------------------------------------------------------------------

    def skip_to(self, version: int) -> None:
        """Go on with the version after *version*, so that none is given out twice: nothing that
        was read before can be followed.

        As a restored etcd does. Source: etcdutl snapshot restore --bump-revision --mark-compacted.
        """
        self.version = self.horizon = version

    def snapshot(self) -> dict[str, Any]:
        """Return tables, index orders and roots as plain rows; the log is not kept.

        Objects are shared, not copied. Owners are left as they are: who writes the snapshot to
        disk encodes them.
        """
        return {
            "version": self.version,
            "tables": {
                resource: [[*key, stored.object, stored.owners] for key, stored in table.items()]
                for resource, table in self._tables.items()
            },
            "owned": [[*at, [list(k) for k in keys]] for at, keys in self._by_owner.items()],
            "bound": [[node, [list(k) for k in keys]] for node, keys in self._by_node.items()],
            "roots": self.roots.snapshot(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over *state*. The window starts empty: watchers of before must list again."""
        self.version = self.horizon = state["version"]
        self.log.clear()
        self.roots.restore(state["roots"])
        self._tables = {
            resource: {(ns, name): Stored(obj, tuple(owners)) for ns, name, obj, owners in rows}
            for resource, rows in state["tables"].items()
        }
        self._by_namespace = {}
        for resource, table in self._tables.items():
            for key in table:
                self._by_namespace.setdefault((resource, key[0]), {})[key] = None
        self._by_owner = {
            (uid, resource): {(k[0], k[1]): None for k in keys}
            for uid, resource, keys in state["owned"]
        }
        self._orphans = {}
        self._by_label = {}
        self._by_node = {node: {(k[0], k[1]): None for k in keys} for node, keys in state["bound"]}
