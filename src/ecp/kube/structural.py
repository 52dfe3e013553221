"""What the structural schema of a custom kind does to its objects before they are judged.

Fields that it does not know go, defaults come, and nulls that it does not allow go.
Source: apiextensions-apiserver pkg/apiserver/schema/{pruning,defaulting}/algorithm.go,
defaulting/prunenulls.go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

Schema = Mapping[str, Any]
Step = str | int

META: Final = ("apiVersion", "kind", "metadata")
_EMBEDDED: Final = "x-kubernetes-embedded-resource"
_KEEPS: Final = "x-kubernetes-preserve-unknown-fields"
_NONE: Final[Schema] = {}


def field_schema(schema: Schema | None, name: str) -> Schema | None:
    """Return the schema of a field: its own, or that of all additional ones; None for neither."""
    if schema is None:
        return None
    found = (schema.get("properties") or _NONE).get(name)
    if isinstance(found, dict):
        return found
    values = schema.get("additionalProperties")
    return values if isinstance(values, dict) else None


def item_schema(schema: Schema | None) -> Schema | None:
    """Return the schema of a list's items, None if there is none."""
    found = schema.get("items") if schema is not None else None
    return found if isinstance(found, dict) else None


def unknown_fields(obj: Any, schema: Schema, *, root: bool = True) -> list[tuple[Step, ...]]:
    """Return the paths of the fields that pruning would drop; metadata is not looked into."""
    return list(_unknown(obj, schema, (), root or bool(schema.get(_EMBEDDED)), False))


def _unknown(
    value: Any, schema: Schema | None, path: tuple[Step, ...], resource: bool, keeps: bool
) -> Iterator[tuple[Step, ...]]:
    if isinstance(value, list):
        items = item_schema(schema)
        for number, item in enumerate(value):
            yield from _below(item, items, (*path, number), keeps)
        return
    if not isinstance(value, dict):
        return
    keeps = bool(schema is not None and schema.get(_KEEPS)) or (keeps and schema is not None)
    properties = (schema or _NONE).get("properties") or _NONE
    values = (schema or _NONE).get("additionalProperties")
    for name in sorted(value):
        if resource and name in META:
            continue
        if name in properties:
            yield from _below(value[name], properties[name], (*path, name), keeps)
        elif values is not None and values is not False:
            inner = values if isinstance(values, dict) else None
            if inner is None and values is True:
                # Nothing is known of what is inside, so nothing of it stays.
                yield from _below(value[name], None, (*path, name), keeps)
            else:
                yield from _below(value[name], inner, (*path, name), keeps)
        elif not keeps:
            yield (*path, name)


def _below(
    value: Any, schema: Schema | None, path: tuple[Step, ...], keeps: bool
) -> Iterator[tuple[Step, ...]]:
    if keeps and schema is None:
        return
    embedded = bool(schema is not None and schema.get(_EMBEDDED))
    own = bool(schema is not None and schema.get(_KEEPS))
    yield from _unknown(value, schema, path, embedded, own)


def prepared(obj: Any, schema: Schema) -> Any:
    """Return an object as it is judged and stored: pruned, defaulted, without idle nulls."""
    return _without_nulls(_defaulted(_pruned(obj, schema, True, False), schema), schema)


def pruned(value: Any, schema: Schema, *, root: bool = False) -> Any:
    """Return a value without the fields that its schema does not know."""
    return _pruned(value, schema, root or bool(schema.get(_EMBEDDED)), False)


def _pruned(value: Any, schema: Schema | None, resource: bool, skips: bool) -> Any:
    """*skips*: what stands around keeps what it does not know, down to the next schema."""
    if isinstance(value, list):
        if schema is None and skips:
            return value
        items = item_schema(schema)
        return [_next(item, items, skips) for item in value]
    if not isinstance(value, dict):
        return value
    if schema is None:
        return value if skips else {}
    skips = bool(schema.get(_KEEPS))
    properties = schema.get("properties") or _NONE
    values = schema.get("additionalProperties")
    out: dict[str, Any] = {}
    for name, inner in value.items():
        if resource and name in META:
            out[name] = inner
        elif name in properties:
            out[name] = _next(inner, properties[name], skips)
        elif values is not None and values is not False:
            out[name] = _next(inner, values if isinstance(values, dict) else None, skips)
        elif skips:
            out[name] = inner
    return out


def _next(value: Any, schema: Schema | None, skips: bool) -> Any:
    embedded = bool(schema is not None and schema.get(_EMBEDDED))
    return _pruned(value, schema, embedded, skips)


def _defaulted(value: Any, schema: Schema | None) -> Any:
    if schema is None:
        return value
    if isinstance(value, list):
        items = item_schema(schema)
        if items is None:
            return value
        return [_defaulted(_filled(item, items), items) for item in value]
    if not isinstance(value, dict):
        return value
    properties = schema.get("properties") or _NONE
    values = schema.get("additionalProperties")
    out = dict(value)
    for name, part in properties.items():
        if part.get("default") is None:
            continue
        if name not in out or (out[name] is None and not part.get("nullable")):
            out[name] = part["default"]
    for name, inner in out.items():
        if name in properties:
            out[name] = _defaulted(inner, properties[name])
        elif isinstance(values, dict):
            out[name] = _defaulted(_filled(inner, values), values)
    return out


def _filled(value: Any, schema: Schema) -> Any:
    """Return the default in the place of a null that is not allowed."""
    return schema.get("default") if value is None and not schema.get("nullable") else value


def _without_nulls(value: Any, schema: Schema | None) -> Any:
    """Drop nulls of fields that may not be null and have no default."""
    if isinstance(value, list):
        items = item_schema(schema)
        return [_without_nulls(item, items) for item in value]
    if not isinstance(value, dict):
        return value
    out: dict[str, Any] = {}
    for name, inner in value.items():
        part = field_schema(schema, name)
        if inner is None and part is not None and not part.get("nullable"):
            if part.get("default") is None:
                continue
        out[name] = _without_nulls(inner, part)
    return out
