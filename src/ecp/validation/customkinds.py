"""Kinds that are not built in: those of the CRDs in the input, and the few that are always served.

Only the envelope of a custom object is judged: its metadata, and that its spec is a map. What a
CRD's schema says of the rest is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from ecp.kube.schema import Gvk, Node, Schema
from ecp.validation.decode import Misfit, misfits

_OBJECT_META: Final = "#/$defs/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
ALWAYS_SERVED: Final = (Gvk("monitoring.coreos.com", "v1", "ServiceMonitor"),)


class CustomKinds:
    """The custom kinds that an input may use; `brought` are those of its own CRDs."""

    def __init__(self, objects: Iterable[Any]) -> None:
        self.brought = [
            gvk
            for obj in objects
            if isinstance(obj, dict) and obj.get("kind") == "CustomResourceDefinition"
            for gvk in _served(obj.get("spec"))
        ]
        self._known = {*ALWAYS_SERVED, *self.brought}

    def has(self, gvk: Gvk) -> bool:
        return gvk in self._known

    def misfits(self, obj: dict[str, Any], gvk: Gvk, known: Schema) -> list[Misfit]:
        """Return where the envelope of a custom object is not what every object has."""
        found = misfits(obj.get("metadata"), Node(known, {"$ref": _OBJECT_META}), "metadata")
        spec = obj.get("spec")
        if spec is not None and not isinstance(spec, dict):
            text = "spec: Invalid value: must be an object"
            found.append(Misfit("type", "E0021", ("spec",), "spec", text))
        if gvk in ALWAYS_SERVED and not found:
            found.extend(_service_monitor(obj))
        return found


def _served(spec: Any) -> Iterable[Gvk]:
    if not isinstance(spec, dict) or not isinstance(spec.get("names"), dict):
        return
    group, kind = spec.get("group"), spec["names"].get("kind")
    versions = spec.get("versions")
    if not (isinstance(group, str) and isinstance(kind, str) and isinstance(versions, list)):
        return
    for version in versions:
        if isinstance(version, dict) and version.get("served") and version.get("name"):
            yield Gvk(group, str(version["name"]), kind)


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
