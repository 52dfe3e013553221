"""The controllers' door: trusted actions, whose objects are whole, and who owns what they wrote."""

from collections.abc import Callable
from functools import lru_cache

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
from ecp.sim.admission.judgements import Judgements
from ecp.sim.admission.policies import Policies, Writing
from ecp.sim.admission.policies import controller_of as account_of
from ecp.sim.admission.strategies import strategy, wants_generation
from ecp.sim.apiserver.writes import OWNED_BY_SERVER, Writes, key_of, same
from ecp.sim.plans import (
    Action,
    Apply,
    Bind,
    Create,
    Delete,
    Evict,
    Remove,
    Update,
)
from ecp.sim.requests import Answer, Request
from ecp.sim.store import Key, Obj, Stored

_SCHEDULER = "kube-scheduler"
_SHARED = (kinds.RESOURCEQUOTAS, kinds.CRDS)
"""Kinds whose status two write, each what it changes."""
_Rows = tuple[Owner, ...]
_REMEMBERED = 4096


class Controllers:
    """Carries out the actions of control loops over the shared *writes*.

    What they apply or evict goes the callers' way, by *submit*.
    """

    def __init__(
        self, writes: Writes, submit: Callable[[Request], Answer], policies: Policies
    ) -> None:
        self._writes = writes
        self._policies = policies
        self._submit = submit
        self._judgements = Judgements()
        # Owners and a whole write → the owners after it, by identity: pods that are written alike
        # in one second share their rows.
        self._steps: dict[tuple[int, str, str, str, str], tuple[_Rows, _Rows]] = {}

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
            owners = _sole_owner(actor, kind.api_version, self._writes.stamp())
            self._create(kind, action.obj, owners, actor)
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
                self._remove(action, stored.object, actor)
        elif isinstance(action, Evict):
            options = {"gracePeriodSeconds": action.grace, "preconditions": {"uid": action.uid}}
            body = {"deleteOptions": options}
            pod = Request("evict", kinds.PODS, *action.key, body=body, manager=actor)
            self._submit(pod)
        elif isinstance(action, Apply):
            self._submit(
                Request(
                    "patch",
                    action.resource,
                    *action.key,
                    subresource=action.subresource,
                    patch="apply",
                    body=action.obj,
                    manager=actor,
                    force=True,
                )
            )

    def _remove(self, action: Remove, live: Obj, actor: str) -> None:
        """Take an object away; a pod that somebody has yet to look at stays, without grace."""
        if action.resource == kinds.PODS and live["metadata"].get("finalizers"):
            request = Request("delete", action.resource, *action.key, grace=0, uid=action.uid)
            self._writes.delete(self._writes.kind(action.resource), action.key, request, actor)
        else:
            self._writes.remove(action.resource, action.key, actor)

    def _create(self, kind: Kind, obj: Obj, owners: tuple[Owner, ...], actor: str) -> None:
        """Store a controller's new object, which is whole but for what every object gets."""
        obj, key = self._writes.begin(kind, obj)
        if kind.resource == kinds.PODS:
            # Its template went through `default` as part of its owner, but for what only pods get.
            obj["spec"] = self._writes.pods.defaulted(obj["spec"])
        else:
            obj = default(kind.resource, obj)
        obj = self._changed(kind, key, self._writes.admitted(kind, key, obj))
        obj = strategy(kind).created(obj)
        self._judgements.check(kind, obj)
        self._writes.limits.check(kind.resource, key, obj)
        self._writes.check_security(kind, key, obj)
        self._ask(kind, key, obj, None)
        if kind.resource == kinds.SERVICES:
            obj = self._writes.addresses.allocate(key, obj)
        charged = self._writes.charged(kind, key, obj)
        if self._writes.store.stored(kind.resource, key) is not None:
            raise AlreadyExists(kind.resource, key[1])
        self._writes.spend(charged)
        self._writes.put(kind, key, obj, owners, actor)

    def _ask(self, kind: Kind, key: Key, new: Obj, old: Obj | None) -> None:
        """Ask the admission policies; nobody reads what they warn of. Raises KubeError."""
        if self._policies.judge:
            writing = Writing(kind, key, new, old, account_of(new))
            self._policies.asked(self._writes.catalogue, writing)

    def _changed(self, kind: Kind, key: Key, obj: Obj) -> Obj:
        """Return a new object as admission policies leave it. Raises KubeError."""
        if not self._policies.change:
            return obj
        shape = self._writes.shape(kind)
        writing = Writing(kind, key, obj, None, account_of(obj), shape=shape)

        def again(seen: Obj) -> Obj:
            return default(kind.resource, self._writes.admitted(kind, key, seen))

        return self._policies.changed(self._writes.catalogue, writing, again)

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
            status = obj.get("status")
            if status == live.get("status"):
                return
            new = {**live, "status": status} if "status" in obj else _without_status(live)
        else:
            new = self._next(kind, obj, live)
            if same(new, live):
                return
            if kind.generation and wants_generation(kind, new, live, by_caller=False):
                generation = live["metadata"].get("generation", 0) + 1
                new["metadata"] = {**new["metadata"], "generation": generation}
            self._ask(kind, key, new, live)
        rows = self._owners(kind, stored.owners, live, new, action.subresource, actor)
        if "deletionTimestamp" in new["metadata"] and may_go(kind, new):
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

    def _owners(
        self, kind: Kind, owners: _Rows, live: Obj, new: Obj, sub: str, actor: str
    ) -> _Rows:
        """Give a controller its row without looking at fields, where it may own them wholly."""
        if kind.resource == kinds.CSRS:
            return ()  # the server keeps no owners of these
        stamp = self._writes.stamp()
        step = (id(owners), actor, kind.api_version, sub, stamp)
        known = self._steps.get(step)
        if known is not None and known[0] is owners:
            return known[1]
        rows = None
        if kind.resource not in _SHARED:
            rows = _whole(owners, Owner(actor, "Update", kind.api_version, stamp, sub, None))
        if rows is not None:
            if len(self._steps) >= _REMEMBERED:
                self._steps.clear()
            self._steps[step] = (owners, rows)
            return rows
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


@lru_cache(maxsize=1024)
def _sole_owner(actor: str, api_version: str, stamp: str) -> _Rows:
    return (Owner(actor, "Update", api_version, stamp, "", None),)


def _whole(owners: _Rows, writer: Owner) -> _Rows | None:
    """Return the rows after *writer* wrote all of a half of an object; None = it may not."""
    lazy = False
    for index, row in enumerate(owners):
        if row.subresource != writer.subresource:
            continue
        if row.manager == writer.manager and row.fields is None:
            if row.time == writer.time:
                return owners
            again = row._replace(time=writer.time)
            return (*owners[:index], again, *owners[index + 1 :])
        lazy = lazy or row.fields is None
    # The scheduler writes one condition of a status that the kubelet will come to own.
    if writer.subresource == "status" and not lazy and writer.manager != _SCHEDULER:
        return with_whole_status(owners, writer)
    return None


def _without_status(obj: Obj) -> Obj:
    return {k: v for k, v in obj.items() if k != "status"}


def _same_but_metadata(new: Obj, live: Obj) -> bool:
    return all(new.get(field) is live.get(field) for field in ("spec", "status"))
