"""Lists and maps in the schema of a CustomResourceDefinition: how they are merged.

Source: apiextensions-apiserver pkg/apis/apiextensions/validation
`ValidateCustomResourceDefinitionOpenAPISchema`, `validateMapListKeysMapSet`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ecp.validation.faults import At, Fault, forbidden, invalid, required, unsupported
from ecp.validation.scope import Object, items, mapping

_MAP: Final = "x-kubernetes-map-type"
_LIST: Final = "x-kubernetes-list-type"
_KEYS: Final = "x-kubernetes-list-map-keys"
_LISTS: Final = ("atomic", "set", "map")
_MAPS: Final = ("atomic", "granular")


def check_map(schema: Object, at: At) -> Iterator[Fault]:
    sort = schema.get(_MAP)
    if sort is None:
        return
    yield from _typed(schema, "object", f"must be object if {_MAP} is specified", at)
    if sort not in _MAPS:
        yield unsupported("E0641", at / _MAP, sort, _MAPS)


def _typed(schema: Object, wanted: str, text: str, at: At) -> Iterator[Fault]:
    kind = schema.get("type") or ""
    if not kind:
        yield required("E0641", at / "type", text)
    elif kind != wanted:
        yield invalid("E0641", at / "type", kind, text)


def check_list(schema: Object, at: At) -> Iterator[Fault]:
    sort, keys = schema.get(_LIST), items(schema.get(_KEYS))
    part = schema.get("items")
    inner = part if isinstance(part, dict) else None
    if sort is not None and schema.get("type") != "array":
        yield from _typed(schema, "array", f"must be array if {_LIST} is specified", at)
    elif sort == "set" and inner is not None:
        yield from _atomic(inner, at / "items")
    if sort is not None and sort not in _LISTS:
        yield unsupported("E0641", at / _LIST, sort, _LISTS)
    if keys and sort != "map":
        text = f"must be map if {_KEYS} is non-empty"
        here = at / _LIST
        yield required("E0641", here, text) if sort is None else invalid("E0641", here, sort, text)
    if sort == "map":
        yield from _keyed(schema, keys, at)
    if sort in ("set", "map") and inner is not None:
        yield from _identities(inner, sort, keys, at / "items")


def _atomic(inner: Object, at: At) -> Iterator[Fault]:
    """The server shows the list's type where it means the map's."""
    text = f"must be atomic as item of a list with {_LIST}=set"
    if inner.get("type") == "array" and inner.get(_LIST) not in (None, "atomic"):
        yield invalid("E0641", at / _LIST, inner[_LIST], text)
    if inner.get("type") == "object" and inner.get(_MAP) != "atomic":
        yield invalid("E0641", at / _MAP, inner.get(_LIST), text)


def _keyed(schema: Object, keys: list[Any], at: At) -> Iterator[Fault]:
    if not keys:
        yield required("E0641", at / _KEYS, f"must not be empty if {_LIST} is map")
    part = schema.get("items")
    if part is None:
        yield required("E0641", at / "items", f"must have a schema if {_LIST} is map")
    if not isinstance(part, dict):
        return
    kind = part.get("type") or ""
    if kind != "object":
        text = f"must be object if parent array's {_LIST} is map"
        yield invalid("E0641", at / "items" / "type", kind, text)
        return
    properties = mapping(part.get("properties"))
    for number, key in enumerate(keys):
        if key not in properties:
            text = "entries must all be names of item properties"
            yield invalid("E0641", at / _KEYS, keys, text, point=at / _KEYS / number)
        elif mapping(properties[key]).get("type") in ("array", "object"):
            here = (at / "items" / "properties").key(key) / "type"
            text = f"must be a scalar type if parent array's {_LIST} is map"
            yield invalid("E0641", here, kind, text)
        if key in keys[:number]:
            text = "must not contain duplicate entries"
            yield invalid("E0641", at / _KEYS, keys, text, point=at / _KEYS / number)


def _identities(inner: Object, sort: str, keys: list[Any], at: At) -> Iterator[Fault]:
    """What tells the items of a list apart has to be there in every item."""
    if inner.get("nullable"):
        yield forbidden("E0641", at / "nullable", f"cannot be nullable when {_LIST} is {sort}")
    properties = mapping(inner.get("properties"))
    for key in keys if sort == "map" else ():
        if key not in properties:
            continue
        field, here = mapping(properties[key]), (at / "properties").key(key)
        if key not in items(inner.get("required")) and field.get("default") is None:
            text = (
                f"this property is in {_KEYS}, so it must have a default or be a required property"
            )
            yield required("E0641", here / "default", text)
        if field.get("nullable"):
            text = f"this property is in {_KEYS}, so it cannot be nullable"
            yield forbidden("E0641", here / "nullable", text)
