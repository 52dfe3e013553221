"""Who owns which field: managedFields for writes, and server-side apply.

``Owners`` live beside an object, not in it. A controller's own writes carry a constant ``Owner``
whose ``fields`` is None: it speaks for whatever nobody else does (below status for the subresource
"status", elsewhere otherwise), is made concrete only when a client's write must be compared with
it, and costs nothing until then.

Source: apimachinery pkg/util/managedfields/internal (structuredmerge.go, managedfieldsupdater.go,
stripmeta.go, capmanagers.go, skipnonapplied.go, lastappliedmanager.go, conflict.go);
sigs.k8s.io/structured-merge-diff merge/update.go, typed/merge.go, typed/validate.go; reset fields:
kubernetes pkg/registry/*/strategy.go.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, Final, NamedTuple

import orjson

from ecp.kube import openapi
from ecp.kube.errors import ApplyConflict, BadRequest, Cause, PlainError, go_quote
from ecp.kube.patch import fieldset
from ecp.kube.patch.fieldset import EMPTY, MISSING, FieldSet, difference, shape_of
from ecp.kube.patch.merge_keys import ANY, Type, empty_object, root

Object = dict[str, Any]

UPDATE: Final = "Update"
APPLY: Final = "Apply"
LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
BEFORE_FIRST_APPLY: Final = "before-first-apply"
ANCIENT: Final = "ancient-changes"
MAX_UPDATERS: Final = 10


class Owner(NamedTuple):
    """One entry of managedFields.

    ``time`` is RFC 3339 in UTC with seconds, or None; ``fields`` None means lazily everything
    that no other owner has, below status or outside it.
    """

    manager: str
    operation: str = UPDATE
    api_version: str = ""
    time: str | None = None
    subresource: str = ""
    fields: FieldSet | None = None

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """What makes two writes the same owner: an applier's version does not count."""
        version = "" if self.operation == APPLY else self.api_version
        return (self.manager, self.operation, version, self.subresource)

    @property
    def speaks_for(self) -> FieldSet:
        """The concrete fields. Raises ValueError for an owner that was not materialised."""
        if self.fields is None:
            raise ValueError(f"owner {self.manager} has no concrete fields")
        return self.fields


Owners = tuple[Owner, ...]

_STATUS: Final = fieldset.of(("f:status",))
_SPEC: Final = fieldset.of(("f:spec",))
_ALL_BUT_STATUS: Final = fieldset.of(("f:spec",), ("f:metadata",))
_RESETS: Final[Mapping[tuple[str, str], FieldSet]] = {
    ("certificates.k8s.io/v1", "CertificateSigningRequest"): fieldset.of(
        ("f:spec",), ("f:status",)
    ),
}
_STATUS_RESETS: Final[Mapping[tuple[str, str], FieldSet]] = {
    ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy"): _ALL_BUT_STATUS,
    ("flowcontrol.apiserver.k8s.io/v1", "FlowSchema"): _ALL_BUT_STATUS,
    ("flowcontrol.apiserver.k8s.io/v1", "PriorityLevelConfiguration"): _ALL_BUT_STATUS,
    ("networking.k8s.io/v1", "ServiceCIDR"): _ALL_BUT_STATUS,
    ("storage.k8s.io/v1", "VolumeAttachment"): _ALL_BUT_STATUS,
    ("apps/v1", "Deployment"): fieldset.of(("f:spec",), ("f:metadata", "f:labels")),
    ("v1", "Pod"): fieldset.of(
        ("f:spec",), ("f:metadata", "f:deletionTimestamp"), ("f:metadata", "f:ownerReferences")
    ),
}
_NO_STATUS: Final = frozenset(
    {"ConfigMap", "Secret", "ServiceAccount", "Event", "Lease", "EndpointSlice", "NetworkPolicy"}
)
_STRIPPED: Final = fieldset.of(
    ("f:apiVersion",),
    ("f:kind",),
    ("f:metadata",),
    *(
        ("f:metadata", f"f:{name}")
        for name in (
            "name",
            "namespace",
            "creationTimestamp",
            "selfLink",
            "uid",
            "clusterName",
            "generation",
            "managedFields",
            "resourceVersion",
        )
    ),
)


@lru_cache(maxsize=256)
def ignored_fields(api_version: str, kind: str, subresource: str = "") -> FieldSet:
    """Fields that a write through a (sub)resource cannot change, so that it cannot own them."""
    if subresource == "status":
        custom = not openapi.is_built_in(api_version.rpartition("/")[0])
        return _STATUS_RESETS.get((api_version, kind), _ALL_BUT_STATUS if custom else _SPEC)
    return EMPTY if kind in _NO_STATUS else _RESETS.get((api_version, kind), _STATUS)


def materialise(owners: Owners, obj: Object, type_: Type | None = None) -> Owners:
    """Owners with concrete fields: a lazy one gets what is left of its half of the object."""
    if all(owner.fields is not None for owner in owners):
        return owners
    outside, status = _halves(obj, type_)
    left = {"": outside, "status": status}
    for owner in owners:
        if owner.fields is not None:
            left = {half: found - owner.fields for half, found in left.items()}
    out: list[Owner] = []
    for owner in owners:
        if owner.fields is None:
            half = "status" if owner.subresource == "status" else ""
            share, left[half] = left[half], EMPTY
            if owner.operation == APPLY:
                # What is applied is leaves, and entries of lists.
                share = share & _leaves_of(obj, type_)
            if share.empty:
                continue
            owner = owner._replace(fields=share)
        out.append(owner)
    return _one_a_writer(out)


def _leaves_of(obj: Object, type_: Type | None) -> FieldSet:
    return fieldset.leaves(type_ or root(obj.get("apiVersion", ""), obj.get("kind", "")), obj)


def _one_a_writer(owners: list[Owner]) -> Owners:
    """Join what `with_whole_status` keeps apart: a writer's status and its fields outside of it."""
    found: dict[tuple[str, str, str, str], Owner] = {}
    for owner in owners:
        before = found.get(owner.identity)
        if before is not None:
            owner = owner._replace(fields=before.speaks_for | owner.speaks_for)
        found[owner.identity] = owner
    return tuple(found.values())


def with_whole_status(owners: Owners, writer: Owner) -> Owners:
    """The owners after *writer*, a lazy owner of a status, wrote it.

    What it owned below the status is in its lazy row from now on; fields that it owns elsewhere by
    the same subresource stay in a row of their own, until `materialise` joins the two.
    """
    out: list[Owner] = []
    for owner in owners:
        if owner.fields is not None and owner.identity == writer.identity:
            outside = owner.fields.without(_STATUS)
            if outside.empty:
                continue
            owner = owner._replace(fields=outside)
        out.append(owner)
    return (*out, writer)


def _halves(obj: Object, type_: Type | None) -> tuple[FieldSet, FieldSet]:
    """What can be owned of an object, outside of its status and below it."""
    api_version, kind = obj.get("apiVersion", ""), obj.get("kind", "")
    if (api_version, kind) == ("v1", "Pod"):
        return _halves_of_pod(obj)
    type_ = type_ or root(api_version, kind)
    empty = empty_object(api_version, kind)
    # Apart, because the first half is the same set for all objects of one template.
    rest = {name: value for name, value in obj.items() if name != "status"}
    below = {"status": obj["status"]} if "status" in obj else {}
    outside = _shared(fieldset.fields_beyond(type_, empty, rest))
    status = fieldset.fields_beyond(type_, empty, below)
    if kind in _COUNTED and obj.get("metadata", {}).get("generation", 1) > 1:
        status = status | _REPLICAS
    return outside, status - _SET_BY_SERVER.get(kind, EMPTY)


# ---- pods: a list may hold thousands, and those of one template are alike ---------------------

_Outline = tuple[tuple[str, ...], bytes]
"""Names of a map, and as JSON what is below those that are no leaves: all that decides its set."""
_TEMPLATES: Final = 256


def _outline(value: Object, leaves: frozenset[str] = frozenset()) -> _Outline:
    below = {
        name: inner
        for name, inner in value.items()
        if (type(inner) is dict or type(inner) is list) and name not in leaves
    }
    return tuple(value), orjson.dumps(below)


def _outlined(outline: _Outline) -> Object:
    """A map with this outline. Which scalar a leaf holds decides nothing."""
    names, below = outline
    outlined: Object = dict.fromkeys(names, "")
    outlined.update(orjson.loads(below))
    return outlined


def _halves_of_pod(pod: Object) -> tuple[FieldSet, FieldSet]:
    spec, status = pod.get("spec") or {}, pod.get("status") or {}
    outside = _outside_of_pod(
        _outline(pod.get("metadata") or {}),
        _outline(spec),
        spec.get("serviceAccountName") != "default",
    )
    found = _status_of_pod(_outline(status, _leaves_of_status()))
    addresses = status.get("podIPs")
    if addresses and not found.empty:
        below = found.below("f:status")
        of_pod = fieldset.fields_of(_status_type().child("podIPs") or ANY, addresses)
        found = found.having("f:status", below.having("f:podIPs", of_pod))
    return outside, found


@cache
def _status_type() -> Type:
    return root("v1", "Pod").child("status") or ANY


@cache
def _leaves_of_status() -> frozenset[str]:
    """What is owned as a whole, and the addresses: each pod has its own."""
    type_ = _status_type()
    fields = {name: type_.field(name) for name in type_.fields}
    whole = [name for name, field in fields.items() if field and field.relation == "atomic"]
    return frozenset([*whole, "podIPs"])


@lru_cache(maxsize=_TEMPLATES)
def _outside_of_pod(meta: _Outline, spec: _Outline, sent_account: bool) -> FieldSet:
    pod = _without_given({"metadata": _outlined(meta), "spec": _outlined(spec)})
    empty = empty_object("v1", "Pod")
    outside = fieldset.fields_beyond(root("v1", "Pod"), empty, pod) - _STRIPPED
    sent_tolerations = len(pod["spec"].get("tolerations") or ()) > _DEFAULT_TOLERATIONS
    return _as_sent(outside, sent_account, sent_tolerations)


@lru_cache(maxsize=_TEMPLATES)
def _status_of_pod(status: _Outline) -> FieldSet:
    pod = _without_given({"status": _outlined(status)})
    found = fieldset.fields_beyond(root("v1", "Pod"), empty_object("v1", "Pod"), pod)
    return found - _CONDITIONS


def _without_given(pod: Object) -> Object:
    """The pod without what is given to each by a name or value of its own, and owned by nobody."""
    spec, status = pod.get("spec"), pod.get("status")
    if spec and (volumes := spec.get("volumes")):
        volumes = [one for one in volumes if not one.get("name", "").startswith(_TOKEN_VOLUME)]
        spec = {name: value for name, value in spec.items() if name != "volumes"}
        pod = {**pod, "spec": {**spec, "volumes": volumes} if volumes else spec}
    if status:
        status = {name: value for name, value in status.items() if name != "qosClass"}
        if "conditions" in status:
            conditions = [one for one in status["conditions"] or () if one.get("type") != _BOUND]
            status["conditions"] = conditions
        pod = {**pod, "status": status}
    return pod


@lru_cache(maxsize=1024)
def _shared(outside: FieldSet) -> FieldSet:
    return outside - _STRIPPED


_TOKEN_MOUNT: Final = 'k:{"mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}'
_GIVEN: Final = fieldset.of(
    ("f:spec", "f:nodeName"),
    ("f:spec", "f:preemptionPolicy"),
    ("f:spec", "f:priority"),
    ("f:metadata", "f:labels", "f:topology.kubernetes.io/region"),
    ("f:metadata", "f:labels", "f:topology.kubernetes.io/zone"),
)
_SET_BY_SERVER: Final[Mapping[str, FieldSet]] = {
    "Namespace": fieldset.of(("f:status", "f:phase")),
    "PersistentVolume": fieldset.of(("f:status", "f:lastPhaseTransitionTime")),
    "CustomResourceDefinition": fieldset.of(("f:status", "f:storedVersions")),
}
"""What the strategies of a kind write into its status: no writer owns it."""
_COUNTED: Final = ("ReplicaSet", "ReplicationController", "StatefulSet")
_REPLICAS: Final = fieldset.of(("f:status", "f:replicas"))
"""A count that is written even when it is none: who scaled down to 0 owns it still."""
_TOKEN_VOLUME: Final = "kube-api-access-"
_BOUND: Final = "PodScheduled"
_CONDITIONS: Final = fieldset.of(("f:status", "f:conditions"))
_ACCOUNT: Final = fieldset.of(("f:spec", "f:serviceAccount"), ("f:spec", "f:serviceAccountName"))
_TOLERATIONS: Final = fieldset.of(("f:spec", "f:tolerations"))
_DEFAULT_TOLERATIONS: Final = 2


@lru_cache(maxsize=1024)
def _as_sent(outside: FieldSet, account: bool, tolerations: bool) -> FieldSet:
    """The fields of a pod without those that admission and binding gave it: nobody owns them."""
    found = outside.without(_GIVEN)
    if not account:
        found = found - _ACCOUNT
    if not tolerations:
        found = found.without(_TOLERATIONS)
    return found.without(_token_fields(found.below("f:spec")))


def _token_fields(spec: FieldSet) -> FieldSet:
    """Where a pod's service account token is mounted; the list, too, when that is all it holds."""
    paths: list[fieldset.Path] = []
    for field in ("f:containers", "f:initContainers"):
        for name, container in spec.below(field).children.items():
            mounts = container.below("f:volumeMounts")
            here = ("f:spec", field, name, "f:volumeMounts")
            if _TOKEN_MOUNT in mounts.children:
                alone = len(mounts.children) == 1
                paths.append(here if alone else (*here, _TOKEN_MOUNT))
    return fieldset.of(*paths)


def render(owners: Owners, obj: Object, type_: Type | None = None) -> list[Object]:
    """``metadata.managedFields`` of an object, in the server's order. [] for no owners.

    A lazy owner without a time wrote when the object was created.
    """
    created = obj.get("metadata", {}).get("creationTimestamp")
    concrete = materialise(
        tuple(
            owner._replace(time=created) if owner.fields is None and owner.time is None else owner
            for owner in owners
        ),
        obj,
        type_,
    )
    return [_entry(owner) for owner in _sorted(concrete)]


def _entry(owner: Owner) -> Object:
    entry: Object = {"manager": owner.manager, "operation": owner.operation}
    entry["apiVersion"] = owner.api_version
    if owner.time is not None:
        entry["time"] = owner.time
    entry["fieldsType"] = "FieldsV1"
    entry["fieldsV1"] = fieldset.encode(owner.speaks_for)
    if owner.subresource:
        entry["subresource"] = owner.subresource
    return entry


def _sorted(owners: Iterable[Owner]) -> Owners:
    return tuple(
        sorted(
            owners,
            key=lambda one: (
                one.operation,
                one.time or "",
                one.manager,
                one.api_version,
                one.subresource,
            ),
        )
    )


def read(managed_fields: Sequence[Mapping[str, Any]]) -> Owners:
    """Owners from managedFields. Raises ValueError with the server's words."""
    owners: dict[tuple[str, str, str, str], Owner] = {}
    for at, entry in enumerate(managed_fields):
        operation = entry.get("operation", "")
        if operation not in (UPDATE, APPLY):
            raise ValueError("operation must be `Apply` or `Update`")
        if not entry.get("apiVersion"):
            raise ValueError("apiVersion must not be empty")
        if entry.get("fieldsType") != "FieldsV1":
            given = entry.get("fieldsType")
            words = f"invalid fieldsType {go_quote(str(given))}" if given else "missing fieldsType"
            raise ValueError(f"{words} in managed fields entry {at}")
        owner = Owner(
            entry.get("manager", ""),
            operation,
            entry["apiVersion"],
            entry.get("time"),
            entry.get("subresource", ""),
            fieldset.decode(entry.get("fieldsV1") or {}),
        )
        owners[owner.identity] = owner
    return _sorted(owners.values())


def requested_owners(
    managed_fields: Sequence[Mapping[str, Any]] | None, live: Owners, subresource: str = ""
) -> Owners:
    """The owners to start from when a written object carries managedFields of its own.

    Absent or unreadable: the live ones. [] or [{}]: none, tracking stops. A subresource cannot
    set them.
    """
    if managed_fields is None or subresource:
        return live
    if not managed_fields or list(managed_fields) == [{}]:
        return ()
    try:
        return read(managed_fields) or live
    except ValueError:
        return live


def update_owners(
    old: Object | None,
    new: Object,
    owners: Owners,
    *,
    manager: str,
    time: str | None,
    api_version: str = "",
    operation: str = UPDATE,
    subresource: str = "",
    type_: Type | None = None,
) -> Owners:
    """The owners after a create, update or patch: the writer takes every field it changed.

    ``old`` None is a create. An object that lost all its owners is tracked no more.
    ``api_version`` is the version written in, the object's own by default. The result is ``owners``
    itself where nothing changed hands.
    """
    if old is not None and not owners:
        return owners
    version = api_version or new.get("apiVersion", "")
    kind = new.get("kind", "")
    type_ = type_ or root(version, kind)
    ignored = ignored_fields(version, kind, subresource)
    if old is None and not owners:
        created = fieldset.fields_beyond(type_, empty_object(version, kind), new)
        fields = _owned(created, ignored)
        row = Owner(manager or "unknown", operation, version, time, subresource, fields)
        return () if fields.empty else (row,)
    before = empty_object(version, kind) if old is None else old
    changes = difference(type_, before, new).outside(ignored)
    if changes.none:
        return owners
    taken = changes.added | changes.modified
    gone = taken | changes.removed
    writer = Owner(manager or "unknown", operation, version, time, subresource, taken - _STRIPPED)
    if old is not None:
        owners = materialise(owners, old, type_)
    out: list[Owner] = []
    for owner in owners:
        left = owner.speaks_for - gone
        if owner.identity == writer.identity:
            if writer.speaks_for.empty:
                writer = owner._replace(fields=left)
            else:
                writer = writer._replace(fields=writer.speaks_for | left)
        elif not left.empty:
            out.append(owner._replace(fields=left))
    if not writer.speaks_for.empty:
        out.append(writer)
    return _capped(_sorted(out))


@lru_cache(maxsize=1024)
def _owned(created: FieldSet, ignored: FieldSet) -> FieldSet:
    return created.without(ignored) - _STRIPPED


def without(owners: Owners, fields: FieldSet) -> Owners:
    """Return concrete *owners* as they are when nobody owns *fields* any more."""
    if fields.empty:
        return owners
    left = (owner._replace(fields=owner.speaks_for - fields) for owner in owners)
    return tuple(owner for owner in left if not owner.speaks_for.empty)


def _capped(owners: Owners) -> Owners:
    """Merge the oldest updaters until ten are left, one bucket a version."""
    updaters = [owner for owner in owners if owner.operation == UPDATE]
    excess = len(updaters) - MAX_UPDATERS
    if excess <= 0:
        return owners
    updaters.sort(key=lambda one: (one.time or "", _identifier(one)))
    kept = {owner.identity: owner for owner in owners}
    bucket_of: dict[str, Owner] = {}
    for owner in updaters:
        if excess <= 0:
            break
        first = bucket_of.get(owner.api_version)
        if first is None:
            bucket_of[owner.api_version] = owner
            continue
        kept.pop(first.identity)
        kept.pop(owner.identity)
        fields = first.speaks_for | owner.speaks_for
        bucket = Owner(ANCIENT, UPDATE, owner.api_version, owner.time, "", fields)
        if bucket.identity in kept:
            bucket = bucket._replace(fields=fields | kept[bucket.identity].speaks_for)
        kept[bucket.identity] = bucket_of[owner.api_version] = bucket
        excess -= 1
    return _sorted(kept.values())


def _identifier(owner: Owner) -> str:
    """The text by which the server sorts owners of one second."""
    manager, operation, version, subresource = owner.identity
    parts = {"manager": manager, "operation": operation, "apiVersion": version}
    parts["subresource"] = subresource
    return json.dumps({key: text for key, text in parts.items() if text}, separators=(",", ":"))


# ---- server-side apply ----------------------------------------------------------------------


def apply(
    live: Object | None,
    owners: Owners,
    applied: Object,
    manager: str,
    force: bool = False,
    *,
    api_version: str,
    kind: str,
    time: str | None,
    subresource: str = "",
    type_: Type | None = None,
) -> tuple[Object, Owners]:
    """Server-side apply: the object and its owners when ``manager`` wants ``applied``.

    ``live`` None creates. ``api_version`` and ``kind`` are what the URL serves. The result is not
    defaulted; it is ``live`` itself when nothing changed (then no time moves either).

    Raises BadRequest (wrong type, managedFields given), PlainError 500 (unknown or mistyped
    fields), ApplyConflict 409 (fields of others, unless ``force``).
    """
    type_ = type_ or root(api_version, kind)
    check_applied(applied, api_version, kind, type_)
    if live is not None and not owners:
        owners = update_owners(
            None,
            live,
            (),
            manager=BEFORE_FIRST_APPLY,
            time=time,
            api_version=api_version,
            subresource=subresource,
            type_=type_,
        )
    elif live is not None:
        owners = materialise(owners, live, type_)
    request = _Request(
        live,
        owners,
        applied,
        Owner(manager, APPLY, api_version, time, subresource),
        ignored_fields(api_version, kind, subresource),
        type_,
    )
    conflicts = request.conflicts
    if conflicts and not force and manager == "kubectl" and live is not None:
        conflicts = _without_client_side(conflicts, live, api_version, type_)
    if conflicts and not force:
        if subresource == "scale":
            spoken = "autoscaling/v1"
            conflicts = [(one._replace(api_version=spoken), fields) for one, fields in conflicts]
        raise _conflict_error(conflicts)
    obj, owners = request.result()
    if manager == "kubectl" and _last_applied(obj):
        obj = _with_last_applied(obj, applied)
    return obj, owners


class _Request:
    """One apply, worked out: the object it leads to, what it takes, and from whom."""

    def __init__(
        self,
        live: Object | None,
        owners: Owners,
        applied: Object,
        applier: Owner,
        ignored: FieldSet,
        type_: Type,
    ) -> None:
        self.live = live
        base: Object = live if live is not None else {}
        last: Owner | None = None
        self.others: list[Owner] = []
        for owner in owners:
            if owner.identity == applier.identity:
                last = owner
            else:
                self.others.append(owner)
        wanted = fieldset.leaves(type_, applied).without(ignored)
        merged = merge(type_, base, applied)
        if last is not None and not last.speaks_for.empty:
            merged = _pruned(type_, merged, last.speaks_for, self.others, wanted)
        self.obj: Object = _without_nulls(type_, merged)
        self.unchanged = live is not None and fieldset.same(live, self.obj)
        changes = difference(type_, base, self.obj).outside(ignored)
        self.taken = changes.added | changes.modified
        self.removed = changes.removed
        self.applier = applier._replace(fields=wanted - _STRIPPED)
        if self.unchanged:
            self.applier = self.applier._replace(time=last.time if last is not None else None)
        self.conflicts: list[tuple[Owner, FieldSet]] = [
            (owner, shared)
            for owner in sorted(self.others, key=_identifier)
            if not (shared := owner.speaks_for & self.taken).empty
        ]

    def result(self) -> tuple[Object, Owners]:
        gone = self.taken | self.removed
        owners = [
            owner._replace(fields=left)
            for owner in self.others
            if not (left := owner.speaks_for - gone).empty
        ]
        if not self.applier.speaks_for.empty:
            owners.append(self.applier)
        obj = self.live if self.unchanged and self.live is not None else self.obj
        return obj, _sorted(owners)


def _pruned(
    type_: Type, merged: Object, last: FieldSet, others: Sequence[Owner], wanted: FieldSet
) -> Object:
    """Take away what the applier owned and wants no more, unless somebody else owns it."""

    def of_value(value: Any) -> FieldSet:
        return fieldset.with_structs(type_, fieldset.leaves(type_, value))

    last = fieldset.with_structs(type_, last)
    managed = wanted
    for owner in others:
        managed = managed | owner.speaks_for
    managed = fieldset.with_structs(type_, managed)
    whole = of_value(merged)
    pruned: Any = fieldset.remove(type_, merged, last) or {}
    pruned = fieldset.remove(type_, merged, whole - (of_value(pruned) | managed)) or {}
    left: Object = fieldset.remove(type_, merged, (whole - of_value(pruned)) & last) or {}
    return left


def merged(type_: Type, old: Object, new: Object) -> Object:
    """``old`` with everything that ``new`` says, whoever owns it."""
    found: Object = _without_nulls(type_, merge(type_, old, new))
    return found


def merge(type_: Type, old: Any, new: Any) -> Any:
    """``old`` with everything that ``new`` says; nothing is removed. MISSING is absent."""
    if new is MISSING:
        return old
    if old is MISSING or old is None:
        return new
    before, after = shape_of(type_, old), shape_of(type_, new)
    if after.shape == "scalar" or after.relation == "atomic" or before.shape != after.shape:
        return new
    if not old and not new:
        return new
    if isinstance(old, dict) and isinstance(new, dict):
        out = dict(old)
        for name, value in new.items():
            out[name] = merge(after.child(name) or ANY, old.get(name, MISSING), value)
        return out
    if isinstance(old, list) and isinstance(new, list):
        return _merge_items(after, old, new)
    # A null list or map says that the field is wanted, not what is in it.
    return old if new is None else new


def _merge_items(type_: Type, old: list[Any], new: list[Any]) -> list[Any]:
    """Merge two keyed lists or sets: in the applied order where the two disagree."""
    old_names, new_names = fieldset.named(type_, old), fieldset.named(type_, new)
    element_type = type_.value_type()
    if old_names == new_names and len(set(old_names)) == len(old_names):
        return [
            _merge_item(element_type, ours, theirs) for ours, theirs in zip(old, new, strict=True)
        ]
    left = list(zip(old_names, old, strict=True))
    right = list(zip(new_names, new, strict=True))
    ours: dict[str, Any] = {}
    for element, item in left:
        # Items that share a name are not merged with anything.
        ours[element] = MISSING if element in ours else item
    theirs = dict(right)
    shared = [element for element, _ in right if element in ours]
    shared.reverse()
    out: list[Any] = []
    taken: set[str] = set()

    def take(element: str) -> None:
        taken.add(element)
        out.append(_merge_item(element_type, ours.get(element, MISSING), theirs[element]))
        if shared and shared[-1] == element:
            shared.pop()

    at, to = 0, 0
    while at < len(left) or to < len(right):
        if at < len(left):
            element = left[at][0]
            if element not in theirs:
                out.append(left[at][1])
                at += 1
                continue
            if to < len(right) and right[to][0] == element:
                take(element)
                at, to = at + 1, to + 1
                continue
            # An item of both that is not next in the applied order waits for its turn there.
            if element in taken or (to < len(right) and shared and shared[-1] != element):
                at += 1
                continue
        if to < len(right):
            take(right[to][0])
            to += 1
    return out


def _merge_item(type_: Type, old: Any, new: Any) -> Any:
    if type(old) is dict and fieldset.flat(type_, new) is not None:
        return {**old, **new}
    return merge(type_, old, new)


def _without_nulls(type_: Type, value: Any) -> Any:
    """Nulls that were applied mean absence; those that the server itself writes stay."""
    type_ = shape_of(type_, value)
    if isinstance(value, dict):
        out: Object = {}
        for name, child in value.items():
            below = type_.child(name) or ANY
            if child is not None:
                out[name] = _without_nulls(below, child)
            elif below.present == "^":
                out[name] = None
        same = len(out) == len(value) and all(out[name] is value[name] for name in out)
        return value if same else out
    if isinstance(value, list):
        if type_.relation != "atomic" and fieldset.items_of(type_, value).leaves is not None:
            return value
        element = type_.value_type()
        items = [_without_nulls(element, item) for item in value]
        same = all(new is old for new, old in zip(items, value, strict=True))
        return value if same else items
    return value


# ---- conflicts ------------------------------------------------------------------------------

Conflicts = list[tuple[Owner, FieldSet]]


def _conflict_error(conflicts: Conflicts) -> ApplyConflict:
    causes: list[Cause] = []
    lines: list[str] = []
    for owner, fields in conflicts:
        lines.append(f"conflicts with {_owner_text(owner)}:")
        for path in fields.paths():
            text = fieldset.path_text(path)
            causes.append(
                Cause("FieldManagerConflict", f"conflict with {_owner_text(owner)}", text)
            )
            lines.append(f"- {text}")
    if len(causes) == 1:
        message = f"Apply failed with 1 conflict: {causes[0].message}: {causes[0].field}"
    else:
        message = f"Apply failed with {len(causes)} conflicts: " + "\n".join(lines)
    return ApplyConflict(message, tuple(causes))


def _owner_text(owner: Owner) -> str:
    text = go_quote(owner.manager)
    if owner.subresource:
        text += f" with subresource {go_quote(owner.subresource)}"
    if owner.operation == UPDATE:
        text += f" using {owner.api_version}"
    return text


def _last_applied(obj: Object) -> str:
    annotations = obj.get("metadata", {}).get("annotations") or {}
    return str(annotations.get(LAST_APPLIED, ""))


def _without_client_side(
    conflicts: Conflicts, live: Object, api_version: str, type_: Type
) -> Conflicts:
    """Drop conflicts over fields that kubectl's client-side apply set and nobody changed since."""
    text = _last_applied(live)
    try:
        last = json.loads(text) if text else None
    except ValueError:
        last = None
    if not isinstance(last, dict) or last.get("apiVersion") != api_version:
        return conflicts
    changes = difference(type_, last, live)
    allowed = fieldset.leaves(type_, last) - changes.modified - changes.added - changes.removed
    left = [(owner, fields - allowed) for owner, fields in conflicts]
    return [(owner, fields) for owner, fields in left if not fields.empty]


def _with_last_applied(obj: Object, applied: Object) -> Object:
    metadata = applied.get("metadata", {})
    annotations = {
        k: v for k, v in (metadata.get("annotations") or {}).items() if k != LAST_APPLIED
    }
    metadata = {k: v for k, v in metadata.items() if k != "annotations"}
    if annotations:
        metadata["annotations"] = annotations
    text = json.dumps(
        {**applied, "metadata": metadata},
        separators=(",", ":"),
        sort_keys=True,
        ensure_ascii=False,
    )
    kept = {**obj["metadata"]["annotations"], LAST_APPLIED: f"{text}\n"}
    return {**obj, "metadata": {**obj["metadata"], "annotations": kept}}


# ---- checking what is applied ---------------------------------------------------------------


def _group_kind(api_version: str, kind: str) -> str:
    group, _, version = api_version.rpartition("/")
    return f"{group}/{version}, Kind={kind}"


def check_applied(applied: Object, api_version: str, kind: str, type_: Type) -> None:
    """Raises BadRequest for another kind, PlainError for what *type_* does not declare."""
    given = (applied.get("apiVersion", ""), applied.get("kind", ""))
    if given != (api_version, kind):
        raise BadRequest(f"invalid object type: {_group_kind(*given)}")
    metadata = applied.get("metadata") or {}
    if metadata.get("managedFields") is not None:
        raise BadRequest("metadata.managedFields must be nil")
    if text := type_complaint(type_, applied):
        where = f"{metadata.get('namespace', '')}/{metadata.get('name', '')}"
        raise PlainError(
            f"failed to create typed patch object ({where}; {_group_kind(api_version, kind)}): "
            f"{text}"
        )


def type_complaint(type_: Type, value: Any) -> str:
    """Return what *type_* does not declare of *value*, in the server's words; "" when all is."""
    found = _mistyped(type_, value)
    errors = [f"{path}: {message}" if path else message for path, message in found]
    return "\n  ".join(["errors:", *errors]) if len(errors) > 1 else "".join(errors)


def _mistyped(type_: Type, value: Any) -> Iterable[tuple[str, str]]:
    if value is None or type_.shape == "any":
        return
    if type_.shape == "scalar":
        if message := _mistyped_scalar(type_.scalar, value):
            yield "", message
    elif type_.shape == "list":
        if isinstance(value, list):
            yield from _mistyped_items(type_, value)
        else:
            yield "", f"expected list, got &{{{_go(value)}}}"
    elif not isinstance(value, dict):
        yield "", f"expected map, got &{{{_go(value)}}}"
    else:
        for name, child in value.items():
            below = type_.child(name)
            if below is None:
                # The server looks no further into a map after its first unknown field.
                yield f".{name}", "field not declared in schema"
                return
            for path, message in _mistyped(below, child):
                yield f".{name}{path}", message


def _mistyped_items(type_: Type, items: list[Any]) -> Iterable[tuple[str, str]]:
    element_type = type_.value_type()
    if type_.relation == "atomic":
        for at, item in enumerate(items):
            for path, message in _mistyped(element_type, item):
                yield f"[{at}]{path}", message
        return
    found = fieldset.items_of(type_, items)
    if found.leaves is not None:
        return
    seen: set[str] = set()
    for at, (element, item) in enumerate(zip(found.elements, items, strict=True)):
        if element is None:
            yield "", f"element {at}: {_why_nameless(type_, item)}"
            return
        if element in seen:
            yield "", f"duplicate entries for key {fieldset.path_text((element,))}"
        seen.add(element)
        for path, message in _mistyped(element_type, item):
            yield f"{fieldset.path_text((element,))}{path}", message


def _why_nameless(type_: Type, item: Any) -> str:
    try:
        return fieldset.item_element(type_, item)
    except fieldset.BadItem as error:
        return str(error)


def _mistyped_scalar(scalar: str, value: Any) -> str:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if scalar == "s" and not isinstance(value, str):
        return f"expected string, got &value.valueUnstructured{{Value:{_go_sharp(value)}}}"
    if scalar == "n" and not is_number:
        return f"expected numeric (int or float), got {_go_type(value)}"
    if scalar == "b" and not isinstance(value, bool):
        return f"expected boolean, got &{{{_go(value)}}}"
    if scalar == "u" and not isinstance(value, str | int | float):
        return f"expected any scalar, got &{{{_go(value)}}}"
    return ""


def _go_type(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, dict):
        return "map[string]interface {}"
    return "[]interface {}" if isinstance(value, list) else "string"


def _go(value: Any) -> str:
    """Go's %v of a JSON value."""
    if isinstance(value, dict):
        return "map[" + " ".join(f"{key}:{_go(value[key])}" for key in sorted(value)) + "]"
    if isinstance(value, list):
        return "[" + " ".join(map(_go, value)) + "]"
    if value is None:
        return "<nil>"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _go_sharp(value: Any) -> str:
    """Go's %#v of a JSON value."""
    if isinstance(value, str):
        return go_quote(value)
    if isinstance(value, dict):
        pairs = ", ".join(f"{go_quote(key)}:{_go_sharp(value[key])}" for key in sorted(value))
        return f"map[string]interface {{}}{{{pairs}}}"
    if isinstance(value, list):
        return "[]interface {}{" + ", ".join(map(_go_sharp, value)) + "}"
    return "interface {}(nil)" if value is None else _go(value)
