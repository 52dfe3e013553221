"""What a caller sent, brought into the form in which the server goes on with it.

Source: kubernetes apiserver pkg/endpoints/handlers/{create,update,patch}.go,
pkg/registry/rest/{meta,update}.go.
"""

from typing import Any

from ecp.kube.errors import (
    BadRequest,
    Conflict,
    FieldError,
    FieldErrorType,
    Invalid,
    PlainError,
    go_quote,
)
from ecp.kube.kinds import Kind
from ecp.kube.patch import fieldset, json_patch, merge, strategic
from ecp.kube.patch.fieldset import FieldSet
from ecp.sim.requests import Request
from ecp.sim.store import Key, Obj

_NAMELESS = "the name of the object ({} based on URL) was undeterminable: name must be provided"
_WRONG_NAMESPACE = (
    "the namespace of the provided object does not match the namespace sent on the request"
)


def meta_of(body: Any) -> Obj:
    """Return the metadata of a body, {} where there is none."""
    meta = body.get("metadata") if isinstance(body, dict) else None
    return meta if isinstance(meta, dict) else {}


def create(kind: Kind, request: Request, body: Obj) -> tuple[Obj, list[Obj] | None]:
    """Return a new object as the path has it, and the managedFields that it brought along.

    Raises BadRequest.
    """
    meta, sent = _without_managed(meta_of(body))
    if kind.namespaced:
        if meta.get("namespace", request.namespace) != request.namespace:
            raise BadRequest(_WRONG_NAMESPACE)
        meta["namespace"] = request.namespace
    else:
        meta.pop("namespace", None)
    if request.name:
        meta.setdefault("name", request.name)
    obj = {**body, "apiVersion": kind.api_version, "kind": kind.kind, "metadata": meta}
    return obj, sent


def replacement(kind: Kind, key: Key, body: Obj) -> tuple[Obj, list[Obj] | None]:
    """Return the object that is to stand under *key*, and the managedFields that it brought.

    Raises BadRequest when it says that it is another.
    """
    meta, sent = _without_managed(meta_of(body))
    if meta.get("namespace", key[0]) != key[0]:
        raise BadRequest(_WRONG_NAMESPACE)
    check_name(key, {"metadata": meta})
    if key[0]:
        meta["namespace"] = key[0]
    obj = {**body, "apiVersion": kind.api_version, "kind": kind.kind, "metadata": meta}
    return obj, sent


def check_name(key: Key, obj: Obj) -> None:
    """Raises BadRequest when the object's name is not that of the path."""
    name = meta_of(obj).get("name")
    if not name:
        raise BadRequest(_NAMELESS.format(key[1]))
    if name != key[1]:
        raise BadRequest(
            f"the name of the object ({name}) does not match the name on the URL ({key[1]})"
        )


def place_of_changed(key: Key, obj: Obj) -> Key:
    """Return where a new object goes after policies changed it. Raises BadRequest."""
    meta = meta_of(obj)
    if meta.get("namespace", "") != key[0]:
        raise BadRequest(
            "the namespace of the provided object does not match the namespace sent on the request"
        )
    return key[0], meta.get("name", "")


def with_name(obj: Obj, key: Key) -> Obj:
    """Return the object with the name of the path where it has none: an apply may leave it out."""
    return {**obj, "metadata": {"name": key[1], **meta_of(obj)}}


def _without_managed(meta: Obj) -> tuple[Obj, list[Obj] | None]:
    kept = {k: v for k, v in meta.items() if k not in ("managedFields", "selfLink")}
    sent = meta.get("managedFields")
    return kept, sent if isinstance(sent, list) else None


# ---- versions and identities -----------------------------------------------------------------


def check_version(kind: Kind, key: Key, obj: Obj, live: Obj, *, unconditional: bool = True) -> None:
    """Raises Conflict when the object was made from another version than the stored one.

    Raises PlainError for a version that is no number, Invalid where one is demanded and absent.
    """
    sent = obj["metadata"].get("resourceVersion") or ""
    if sent and not (sent.isascii() and sent.isdigit()):
        raise PlainError(f"strconv.ParseUint: parsing {go_quote(sent)}: invalid syntax")
    if not int(sent or 0):
        if unconditional:
            return
        error = FieldError(
            FieldErrorType.INVALID,
            "metadata.resourceVersion",
            0,
            "must be specified for an update",
        )
        raise Invalid(kind.resource, key[1], [error])
    if sent != live["metadata"]["resourceVersion"]:
        raise Conflict(kind.resource, key[1])


def check_uid(kind: Kind, key: Key, obj: Obj, live: Obj, root: str = "/registry") -> None:
    """Raises Conflict when an update names another object of this name; in the storage's words.

    *root* is where the storage says that it keeps its objects.
    """
    sent, held = obj["metadata"].get("uid"), live["metadata"]["uid"]
    if sent and sent != held:
        group = f"{kind.group}/" if kind.group and not kind.group.endswith(".k8s.io") else ""
        group = group if kind.custom else ""
        path = "/".join((root, f"{group}{kind.plural}", *filter(None, key)))
        raise Conflict(
            kind.resource,
            key[1],
            f"StorageError: invalid object, Code: 4, Key: {path}, ResourceVersion: 0, "
            f"AdditionalErrorMsg: Precondition failed: UID in precondition: {sent}, UID in object "
            f"meta: {held}",
        )


def nothing(request: Request) -> FieldSet:
    """Return the path of the replicas that a write through a scale sets to 0; empty for others."""
    path: list[str] = []
    value: Any = {k: v for k, v in request.body.items() if k in ("spec", "status")}
    while isinstance(value, dict) and value:
        field, value = next(iter(value.items()))
        path.append(f"f:{field}")
    return fieldset.of(tuple(path)) if value == 0 else fieldset.EMPTY


def check_uid_of_nothing(kind: Kind, key: Key, obj: Obj) -> None:
    """Raises Conflict when an object that is to be created claims to exist."""
    sent = obj["metadata"].get("uid")
    if sent:
        raise Conflict(
            kind.resource,
            key[1],
            f"uid mismatch: the provided object specified uid {sent}, and no existing object was "
            "found",
        )


def next_metadata(meta: Obj, live: Obj) -> Obj:
    """Return the metadata of an update with what the server keeps to itself.

    Marks of deletion that the object does not have are left in, to be refused.
    """
    out = dict(meta)
    for field in ("creationTimestamp", "generation", "resourceVersion"):
        _keep(out, live, field)
    if not out.get("uid"):
        out["uid"] = live["uid"]
    for field in ("deletionTimestamp", "deletionGracePeriodSeconds"):
        if field in live:
            out[field] = live[field]
    return out


def _keep(meta: Obj, live: Obj, field: str) -> None:
    if field in live:
        meta[field] = live[field]
    else:
        meta.pop(field, None)


# ---- patches ---------------------------------------------------------------------------------


def patched(live: Obj, request: Request) -> Obj:
    """Return *live* with the patch of a request applied. Raises what the patches raise."""
    match request.patch:
        case "json":
            return json_patch.apply(live, request.body)
        case "merge":
            return merge.apply(live, request.body)
        case _:
            return strategic.apply(live, request.body)


def looks_at_owners(request: Request) -> bool:
    """Does a patch read or write managedFields, so that they must be there to be patched?"""
    if request.patch == "json":
        return any(
            isinstance(step, dict)
            and any(
                str(step.get(end, "")).startswith("/metadata/managedFields")
                for end in ("path", "from")
            )
            for step in request.body
        )
    return "managedFields" in meta_of(request.body)


# ---- owners of objects -----------------------------------------------------------------------


def undoomed(obj: Obj) -> Obj:
    """Return a new object without what only a deletion says."""
    meta = {k: v for k, v in obj["metadata"].items() if k not in _DOOM}
    return {**obj, "metadata": meta}


_DOOM = ("deletionTimestamp", "deletionGracePeriodSeconds")


def without_twin_owners(obj: Obj) -> tuple[Obj, list[str]]:
    """Return the object with each owner reference once, and a warning where one came again."""
    references = obj["metadata"].get("ownerReferences") or []
    if len(references) < 2:
        return obj, []
    kept: list[Obj] = []
    twins: list[str] = []
    for reference in references:
        if reference in kept:
            twins.append(str(reference.get("uid", "")))
        else:
            kept.append(reference)
    if not twins:
        return obj, []
    text = (
        ".metadata.ownerReferences contains duplicate entries; API server dedups owner references "
        "in 1.20+, and may reject such requests as early as 1.24; please fix your requests; "
        f"duplicate UID(s) observed: {', '.join(dict.fromkeys(twins))}"
    )
    return {**obj, "metadata": {**obj["metadata"], "ownerReferences": kept}}, [text]
