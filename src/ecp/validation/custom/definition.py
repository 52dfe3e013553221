"""What a CustomResourceDefinition says of the objects of its kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ecp.kube.schema import Gvk
from ecp.kube.structural import Schema
from ecp.validation.scope import items, mapping


class Served(NamedTuple):
    """A version of a kind that is served.

    schema      the structural schema of its objects
    has_status  the status is a subresource, so a create or an update does not write it
    scale       the paths of the scale subresource, None for none
    namespaced  its objects are in namespaces
    """

    gvk: Gvk
    plural: str
    schema: Schema
    has_status: bool
    scale: Mapping[str, Any] | None
    namespaced: bool


def served(definition: Any) -> Iterable[Served]:
    """Yield the served versions of a CustomResourceDefinition; nothing of one that has no shape."""
    spec = mapping(mapping(definition).get("spec"))
    called = mapping(spec.get("names"))
    group, kind = spec.get("group"), called.get("kind")
    if not (isinstance(group, str) and isinstance(kind, str)):
        return
    for version in map(mapping, items(spec.get("versions"))):
        name = version.get("name")
        if not version.get("served") or not isinstance(name, str) or not name:
            continue
        parts = mapping(version.get("subresources"))
        yield Served(
            Gvk(group, name, kind),
            str(called.get("plural") or ""),
            mapping(mapping(version.get("schema")).get("openAPIV3Schema")),
            parts.get("status") is not None,
            parts["scale"] if isinstance(parts.get("scale"), dict) else None,
            spec.get("scope") == "Namespaced",
        )
