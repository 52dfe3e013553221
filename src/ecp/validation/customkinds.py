"""Kinds that are not built in: those of the CRDs at hand, and the few that are always served.

Of the latter only the envelope is judged: metadata, and that the spec is a map.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from ecp.kube.errors import go_json, go_quote
from ecp.kube.schema import Gvk, Node, Schema, schema
from ecp.kube.structural import Path, field_schema, ill_typed, item_schema, pruned, written
from ecp.validation.custom.definition import Served, served
from ecp.validation.decode import Misfit, misfits
from ecp.validation.faults import Fault
from ecp.validation.scope import Object

if TYPE_CHECKING:
    from ecp.kube.structural import Schema as Structural

_OBJECT_META: Final = "#/$defs/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
_EMBEDDED: Final = "x-kubernetes-embedded-resource"
_DEFINITION: Final = Gvk("apiextensions.k8s.io", "v1", "CustomResourceDefinition")
ALWAYS_SERVED: Final = (Gvk("monitoring.coreos.com", "v1", "ServiceMonitor"),)


class CustomKinds:
    """The custom kinds that an input may use: those of its CRDs, and of the cluster's."""

    def __init__(self, objects: Iterable[Any], known: Schema | None = None) -> None:
        self._kinds: dict[Gvk, Served] = {}
        self._unread: set[Gvk] = set()
        for obj in objects:
            if not isinstance(obj, dict) or obj.get("kind") != _DEFINITION.kind:
                continue
            # What does not decode says nothing that could be held against an object.
            node = (known or schema()).node(_DEFINITION)
            unread = isinstance(node, Node) and any(
                one.sort == "type" for one in misfits(obj, node)
            )
            for kind in served(obj):
                self._kinds.pop(kind.gvk, None)
                self._unread.discard(kind.gvk)
                if unread or ill_typed(kind.schema) is not None:
                    self._unread.add(kind.gvk)
                else:
                    self._kinds[kind.gvk] = kind

    @property
    def brought(self) -> list[Gvk]:
        return [*self._kinds, *sorted(self._unread)]

    def has(self, gvk: Gvk) -> bool:
        return gvk in self._kinds or gvk in self._unread or gvk in ALWAYS_SERVED

    def kinds(self) -> Iterable[Gvk]:
        return self._kinds

    def find(self, gvk: Gvk) -> Served | None:
        """Return what the definition of a kind says, None where there is none."""
        return self._kinds.get(gvk)

    def misfits(self, obj: dict[str, Any], gvk: Gvk, known: Schema) -> list[Misfit]:
        """Return where an object is not what every object is, or has what its kind has not."""
        kind = self._kinds.get(gvk)
        if kind is not None:
            return misfits_of(obj, kind, known)
        meta = Node(known, {"$ref": _OBJECT_META})
        found = list(_metadata(obj.get("metadata"), (), meta))
        return [*found, *_envelope(obj, gvk, bool(found))]

    def as_created(self, obj: Object, gvk: Gvk) -> Object:
        """Return an object as a create goes on with it, by the schema of its kind."""
        kind = self._kinds.get(gvk)
        if kind is None:
            return obj
        from ecp.validation.custom.instances import as_created

        return as_created(obj, kind)

    def as_updated(self, obj: Object, old: Object, gvk: Gvk) -> Object:
        """Return an object as an update of *old* goes on with it."""
        kind = self._kinds.get(gvk)
        if kind is None:
            return obj
        from ecp.validation.custom.instances import as_updated

        return as_updated(obj, old, kind)

    def faults(
        self, obj: Object, gvk: Gvk, before: Sequence[Fault], old: Object | None = None
    ) -> list[Fault]:
        """Return what is wrong with an object by its definition, none for other kinds.

        before   what is wrong with its metadata
        old      the object in whose place it is to come
        """
        kind = self._kinds.get(gvk)
        if kind is None:
            return []
        from ecp.validation.custom.instances import faults_of_instance

        return faults_of_instance(obj, kind, before, old)


def misfits_of(obj: dict[str, Any], kind: Served, known: Schema) -> list[Misfit]:
    """Return where an object is not what every object is, or has what *kind* has not."""
    meta = Node(known, {"$ref": _OBJECT_META})
    found = list(_metadata(obj.get("metadata"), (), meta))
    _, unknown = pruned(obj, kind.schema, root=True)
    for path in unknown:
        meant = _nearest(path, kind.schema)
        text = f"unknown field {go_quote(written(path))}"
        found.append(Misfit("unknown", "E0020", path, written(path), text, meant))
    found.extend(_inner_metadata(obj, kind.schema, (), meta))
    return found


def _envelope(obj: dict[str, Any], gvk: Gvk, wrong: bool) -> Iterable[Misfit]:
    spec = obj.get("spec")
    if spec is not None and not isinstance(spec, dict):
        text = "spec: Invalid value: must be an object"
        yield Misfit("type", "E0021", ("spec",), "spec", text)
    elif gvk in ALWAYS_SERVED and not wrong:
        yield from _service_monitor(obj)


def _metadata(value: Any, path: Path, meta: Node) -> Iterable[Misfit]:
    """Yield what is wrong with the metadata of the object at *path*."""
    at = written((*path, "metadata"))
    for misfit in misfits(value, meta):
        place = (*path, "metadata", *misfit.path)
        field = f"{at}.{misfit.field}" if misfit.field else at
        text = misfit.message
        if misfit.sort == "unknown":
            text = f"unknown field {go_quote(field)}"
        elif misfit.sort == "type" and path:
            text = f"{at}: Invalid value: {go_json(value)}: {text}"
        yield misfit._replace(path=place, field=field, message=text)


def _nearest(path: Path, schema: Structural) -> str:
    """Return the known field that comes nearest to an unknown one."""
    from difflib import get_close_matches

    part: Structural | None = schema
    for step in path[:-1]:
        part = item_schema(part) if isinstance(step, int) else field_schema(part, step)
    names = list((part or {}).get("properties") or ())
    near = get_close_matches(str(path[-1]), names, n=1, cutoff=0.72)
    return near[0] if near else ""


def _inner_metadata(value: Any, schema: Structural, path: Path, meta: Node) -> Iterable[Misfit]:
    """Yield what is wrong with the metadata of objects inside an object."""
    if isinstance(value, list):
        part = item_schema(schema)
        for number, item in enumerate(value if part is not None else ()):
            assert part is not None
            yield from _inner_metadata(item, part, (*path, number), meta)
    if not isinstance(value, dict):
        return
    if path and schema.get(_EMBEDDED):
        for name in ("apiVersion", "kind"):
            if name in value and not isinstance(value[name], str):
                field = written((*path, name))
                text = f"{field}: Invalid value: {go_json(value[name])}: must be a string"
                yield Misfit("type", "E0643", (*path, name), field, text)
        if "metadata" in value:
            yield from _metadata(value["metadata"], path, meta)
    for name in sorted(value):
        inner = field_schema(schema, name)
        if inner is not None:
            yield from _inner_metadata(value[name], inner, (*path, name), meta)


def _service_monitor(obj: dict[str, Any]) -> Iterable[Misfit]:
    """Source: the ServiceMonitor CRD of prometheus-operator: spec needs selector and endpoints."""
    spec = obj.get("spec")
    if not isinstance(spec, dict):
        yield Misfit("required", "E0026", ("spec",), "spec", "spec: Required value")
        return
    kinds: tuple[tuple[str, type], ...] = (("selector", dict), ("endpoints", list))
    for name, kind in kinds:
        value = spec.get(name)
        field = f"spec.{name}"
        if value is None:
            yield Misfit("required", "E0026", ("spec", name), field, f"{field}: Required value")
        elif not isinstance(value, kind):
            noun = "object" if kind is dict else "array"
            text = f"{field}: Invalid value: {field} in body must be of type {noun}"
            yield Misfit("type", "E0021", ("spec", name), field, text)
