"""Defaults in the schema of a CustomResourceDefinition: each has to be a good value itself.

Source: apiextensions-apiserver pkg/apiserver/schema/defaulting/validation.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ecp.kube.structural import item_schema, pruned
from ecp.validation.custom.embedded import check_embedded
from ecp.validation.custom.rules import Rules
from ecp.validation.custom.schema import check_schema
from ecp.validation.faults import At, Fault, invalid
from ecp.validation.scope import Object, mapping

_RULE: Final = "E0641"
_EMBEDDED: Final = "x-kubernetes-embedded-resource"
_META: Final = ("apiVersion", "kind", "metadata")


def check_defaults(schema: Object, at: At) -> Iterator[Fault]:
    """Yield what is wrong with the defaults in a structural schema."""
    yield from _part(schema, at, True, False)


def _part(schema: Object, at: At, root: bool, in_metadata: bool) -> Iterator[Fault]:
    whole = root or bool(schema.get(_EMBEDDED))
    value = schema.get("default")
    if value is not None and not in_metadata:
        for fault in _default(value, schema, at / "default", whole):
            yield fault._replace(rule=_RULE)
    part = item_schema(schema)
    if part is not None:
        yield from _part(part, at / "items", False, in_metadata and not whole)
    for name, inner in sorted(mapping(schema.get("properties")).items()):
        below = (whole and name in _META) or (in_metadata and not whole)
        yield from _part(mapping(inner), (at / "properties").key(name), False, below)


def _default(value: Any, schema: Object, at: At, whole: bool) -> Iterator[Fault]:
    if whole:
        schema = {**schema, _EMBEDDED: True}
    kept, unknown = pruned(value, schema)
    if unknown or kept != value:
        yield invalid(_RULE, at, value, "must not have unknown fields")
    found = list(check_embedded(value, schema, at))
    if not found:
        found = list(check_schema(value, schema, at=str(at), path=at.path))
    if not found:
        rules = Rules(schema)
        found = rules.check(value, value, root=whole, at=at)
        found = found or rules.check(value, root=whole, at=at)
    yield from found
