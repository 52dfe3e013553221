"""The controllers' door: trusted actions, whose objects are whole, and who owns what they wrote."""

from ecp.kube import kinds
from ecp.kube.defaults import default
from ecp.kube.errors import (
    AlreadyExists,
    NotFound,
)
from ecp.kube.kinds import Kind
from ecp.kube.patch.apply import (
    Owner,
    update_owners,
    with_whole_status,
)
from ecp.sim.admission.deletion import may_go
from ecp.sim.admission.strategies import strategy, wants_generation
from ecp.sim.apiserver.writes import OWNED_BY_SERVER, Writes, key_of, same
from ecp.sim.plans import (
    Action,
    Bind,
    Create,
    Delete,
    Remove,
    Update,
)
from ecp.sim.requests import Request
from ecp.sim.store import Key, Obj, Stored

_SCHEDULER = "kube-scheduler"


class Controllers:
    """Carries out the actions of control loops over the shared *writes*."""

    def __init__(self, writes: Writes) -> None:
        self._writes = writes

    def carry_out(self, action: Action, actor: str) -> None:
        """Carry out a trusted action. Raises KubeError when the server would refuse it."""
        if isinstance(action, Update):
            key = key_of(action.obj)
            live = self._writes.store.stored(action.resource, key)
            if live is None:
                raise NotFound(action.resource, key[1])
            self._replace(self._writes.kind(action.resource), key, live, action, actor)
        elif isinstance(action, Create):
            kind = self._writes.kind(action.resource)
            owner = Owner(actor, "Update", kind.api_version, self._writes.stamp(), "", None)
            self._create(kind, action.obj, (owner,), actor)
        elif isinstance(action, Bind):
            self._writes.bind(action.key, action.node, actor)
        elif isinstance(action, Delete):
            request = Request(
                "delete",
                action.resource,
                *action.key,
                grace=action.grace,
                propagation=action.propagation,
                uid=action.uid,
                manager=actor,
            )
            self._writes.delete(self._writes.kind(action.resource), action.key, request, actor)
        elif isinstance(action, Remove):
            stored = self._writes.store.stored(action.resource, action.key)
            if stored is None:
                raise NotFound(action.resource, action.key[1])
            if action.uid in (None, stored.object["metadata"].get("uid")):
                self._writes.remove(action.resource, action.key, actor)

    def _create(self, kind: Kind, obj: Obj, owners: tuple[Owner, ...], actor: str) -> None:
        """Store a controller's new object, which is whole but for what every object gets."""
        obj, key = self._writes.begin(kind, obj)
        if kind.resource == kinds.PODS:
            # Its template went through `default` as part of its owner, but for what only pods get.
            obj["spec"] = self._writes.pods.defaulted(obj["spec"])
        else:
            obj = default(kind.resource, obj)
        obj = self._writes.admitted(kind, key, obj)
        obj = strategy(kind).created(obj)
        if kind.resource == kinds.SERVICES:
            obj = self._writes.addresses.allocate(key, obj)
        if self._writes.store.stored(kind.resource, key) is not None:
            raise AlreadyExists(kind.resource, key[1])
        self._writes.put(kind, key, obj, owners, actor)

    def _replace(
        self,
        kind: Kind,
        key: Key,
        stored: Stored,
        action: Update,
        actor: str,
    ) -> None:
        """Carry out a controller's Update, which was made from the object just read."""
        live, obj = stored.object, action.obj
        if action.subresource == "status":
            if obj.get("status") == live.get("status"):
                return
            new = {**live, "status": obj["status"]} if "status" in obj else _without_status(live)
        else:
            new = self._next(kind, obj, live)
            if same(new, live):
                return
            if kind.generation and wants_generation(kind, new, live, by_caller=False):
                generation = live["metadata"].get("generation", 0) + 1
                new["metadata"] = {**new["metadata"], "generation": generation}
        rows = self._lazy_owners(stored.owners, live, new, action, actor)
        if new["metadata"].get("deletionTimestamp") and may_go(kind, new):
            self._writes.remove(kind.resource, key, actor)
        else:
            self._writes.put(kind, key, new, rows, actor)

    def _next(self, kind: Kind, obj: Obj, live: Obj) -> Obj:
        meta = {k: v for k, v in obj["metadata"].items() if k != "managedFields"}
        for field in OWNED_BY_SERVER:
            if field in live["metadata"]:
                meta[field] = live["metadata"][field]
            else:
                meta.pop(field, None)
        meta["resourceVersion"] = live["metadata"]["resourceVersion"]
        new = {**obj, "apiVersion": live["apiVersion"], "kind": live["kind"], "metadata": meta}
        if "status" in kind.subresources or kind.resource == kinds.PODS:
            if "status" in live:
                new["status"] = live["status"]
            else:
                new.pop("status", None)
        return new

    def _lazy_owners(
        self, owners: tuple[Owner, ...], live: Obj, new: Obj, action: Update, actor: str
    ) -> tuple[Owner, ...]:
        """Give a controller its row without looking at fields, where it may own them wholly."""
        sub, stamp = action.subresource, self._writes.stamp()
        lazy = False
        for index, row in enumerate(owners):
            if row.subresource != sub:
                continue
            if row.manager == actor and row.fields is None:
                if row.time == stamp:
                    return owners
                again = Owner(actor, row.operation, row.api_version, stamp, sub, None)
                return (*owners[:index], again, *owners[index + 1 :])
            lazy = lazy or row.fields is None
        kind = self._writes.kind(action.resource)
        # The scheduler writes one condition of a status that the kubelet will come to own.
        if sub == "status" and not lazy and actor != _SCHEDULER:
            row = Owner(actor, "Update", kind.api_version, stamp, sub, None)
            return with_whole_status(owners, row)
        if kind.resource == kinds.DEPLOYMENTS and _same_but_metadata(new, live):
            # The controller writes its revision along with the status.
            sub = "status"
        # Somebody else's object: only what really changed becomes the controller's.
        return update_owners(
            live,
            new,
            owners,
            manager=actor,
            operation="Update",
            subresource=sub,
            time=stamp,
            api_version=kind.api_version,
        )


def _without_status(obj: Obj) -> Obj:
    return {k: v for k, v in obj.items() if k != "status"}


def _same_but_metadata(new: Obj, live: Obj) -> bool:
    return all(new.get(field) is live.get(field) for field in ("spec", "status"))
