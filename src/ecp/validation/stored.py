"""Objects of a cluster as a server can hold them.

A server has decoded all that it has. A file need not hold what a server would, nor an answer that
passed through other hands: what does not decode is left out and named, and every other room may
rely on the types of the rest, as it may with an object of the input.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from ecp.kube.schema import DEFAULT_VERSION, Gvk, Node, Schema, schema
from ecp.validation.decode import Misfit, first_wrong, fits, held, misfits, without
from ecp.validation.model import LeftOut, ObjectRef
from ecp.validation.scope import Object, mapping
from ecp.validation.state import GroupKind, State

_OBJECT_META: Final = "#/$defs/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"


def state_of(
    objects: Iterable[Any],
    namespace: str = "default",
    *,
    unseen: frozenset[GroupKind] = frozenset(),
    kubernetes_version: str = DEFAULT_VERSION,
) -> State:
    """Return a state of those *objects* that decode; it names the others in ``left_out``.

    Of a kind of which one was left out there is more than the state has, so it is unseen.
    Raises ecp.kube.schema.UnknownVersion.
    """
    known = schema(kubernetes_version)
    taken: list[Object] = []
    left_out: list[LeftOut] = []
    for number, obj in enumerate(objects):
        found = _decoded(obj, number, known)
        if isinstance(found, LeftOut):
            left_out.append(found)
        else:
            taken.append(found)
    kinds = frozenset(
        (Gvk.of(one.object.api_version, one.object.kind).group, one.object.kind)
        for one in left_out
        if one.object.kind
    )
    return State(taken, namespace, unseen=unseen | kinds, left_out=tuple(left_out))


def _decoded(obj: Any, number: int, known: Schema) -> Object | LeftOut:
    """Return an object as its decoder holds it, or why it cannot be held."""
    if not isinstance(obj, dict):
        return LeftOut(number, ObjectRef(), (), "", "an object is a map with apiVersion and kind")
    for name in ("apiVersion", "kind"):
        if not (isinstance(obj.get(name), str) and obj[name]):
            return LeftOut(number, _ref(obj), (name,), name, f"{name} not set, or no text")
    gvk = _carried(Gvk.of(obj["apiVersion"], obj["kind"]), known)
    node = known.node(gvk) if gvk is not None else None
    found: list[Misfit] = []
    if gvk is None or node is None:
        found = misfits(obj.get("metadata"), Node(known, {"$ref": _OBJECT_META}), "metadata")
    elif not fits(obj, gvk, known):
        found = misfits(obj, node)
    wrong = first_wrong(found)
    if wrong is None and not _text(mapping(obj.get("metadata")).get("name")):
        place = ("metadata", "name")
        return LeftOut(number, _ref(obj), place, ".".join(place), "an object of a cluster has one")
    if wrong is not None:
        return LeftOut(number, _ref(obj), wrong.path, wrong.field, wrong.message)
    more = [misfit for misfit in found if misfit.sort == "unknown"]
    kept: Object = without(obj, more)
    return kept if node is None else mapping(held(kept, node))


def _carried(gvk: Gvk, known: Schema) -> Gvk | None:
    """Return a kind, in another version of it where its own is not carried, None for no version.

    Rules look at a kind in whatever version it was written.
    """
    if gvk in known:
        return gvk
    same = [one for one in known.kinds() if (one.group, one.kind) == (gvk.group, gvk.kind)]
    return min(same, default=None)


def _ref(obj: dict[str, Any]) -> ObjectRef:
    meta = mapping(obj.get("metadata"))
    given = obj.get("apiVersion"), obj.get("kind"), meta.get("namespace"), meta.get("name")
    return ObjectRef(*map(_text, given))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
