"""What the structural schema of a custom kind does to its objects before they are judged.

Fields that it does not know go, defaults come, and nulls that it does not allow go.
Source: apiextensions-apiserver pkg/apiserver/schema/{pruning,defaulting}/algorithm.go,
defaulting/prunenulls.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

Schema = Mapping[str, Any]
Path = tuple[str | int, ...]

META: Final = ("apiVersion", "kind", "metadata")
_EMBEDDED: Final = "x-kubernetes-embedded-resource"
_KEEPS: Final = "x-kubernetes-preserve-unknown-fields"
_NONE: Final[Schema] = {}
_RULES: Final = "x-kubernetes-validations"
_TEXTS: Final = (
    "type format pattern title description $ref id x-kubernetes-list-type x-kubernetes-map-type"
)
_COUNTS: Final = "maxLength minLength maxItems minItems maxProperties minProperties"
_NUMBERS: Final = "maximum minimum multipleOf"
_FLAGS: Final = (
    "nullable uniqueItems exclusiveMaximum exclusiveMinimum x-kubernetes-embedded-resource "
    "x-kubernetes-int-or-string x-kubernetes-preserve-unknown-fields"
)
_LISTS: Final = (
    "allOf anyOf oneOf enum required x-kubernetes-list-map-keys x-kubernetes-validations"
)
_MAPS: Final = "properties not"


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


def pruned(value: Any, schema: Schema, *, root: bool = False) -> tuple[Any, list[Path]]:
    """Return a value without the fields that its schema does not know, and their paths, sorted.

    root   the value is a resource, whose metadata is not looked into
    """
    unknown: list[Path] = []
    if root:
        schema = {**schema, _EMBEDDED: True}
    return _pruned(value, schema, (), unknown), sorted(unknown, key=written)


def written(path: Path) -> str:
    """Return a path as the server writes it in ``unknown field "spec.items[0].name"``."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def _pruned(value: Any, schema: Schema | None, path: Path, unknown: list[Path]) -> Any:
    if schema is not None and schema.get(_KEEPS):
        return _kept(value, schema, path, unknown)
    if isinstance(value, list):
        items = item_schema(schema)
        return [_pruned(item, items, (*path, number), unknown) for number, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    out: dict[str, Any] = {}
    for name, inner in value.items():
        if schema is not None and schema.get(_EMBEDDED) and name in META:
            out[name] = inner
        elif schema is not None and _speaks_of(schema, name):
            out[name] = _pruned(inner, field_schema(schema, name), (*path, name), unknown)
        else:
            unknown.append((*path, name))
    return out


def _kept(value: Any, schema: Schema | None, path: Path, unknown: list[Path]) -> Any:
    """As `_pruned` where unknown fields stay; what is known is looked into."""
    if schema is None:
        return value
    if isinstance(value, list):
        items = item_schema(schema)
        return [_kept(item, items, (*path, number), unknown) for number, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    out: dict[str, Any] = {}
    for name, inner in value.items():
        head = schema.get(_EMBEDDED) and name in META
        if not head and _speaks_of(schema, name):
            inner = _pruned(inner, field_schema(schema, name), (*path, name), unknown)
        out[name] = inner
    return out


def _speaks_of(schema: Schema, name: str) -> bool:
    return name in (schema.get("properties") or _NONE) or (
        schema.get("additionalProperties") is not None
    )


def prepared(obj: Any, schema: Schema) -> Any:
    """Return an object as it is judged and stored: pruned, defaulted, without idle nulls."""
    kept, _ = pruned(obj, schema, root=True)
    return _without_nulls(_defaulted(kept, schema), schema)


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
        idle = part is not None and not part.get("nullable") and part.get("default") is None
        if inner is None and idle:
            continue
        out[name] = _without_nulls(inner, part)
    return out


_TYPES: Final[Mapping[str, type | tuple[type, ...]]] = {
    **dict.fromkeys(_TEXTS.split(), str),
    **dict.fromkeys(_COUNTS.split(), int),
    **dict.fromkeys(_NUMBERS.split(), (int, float)),
    **dict.fromkeys(_FLAGS.split(), bool),
    **dict.fromkeys(_LISTS.split(), list),
    **dict.fromkeys(_MAPS.split(), dict),
    "additionalProperties": (dict, bool),
}


def ill_typed(schema: Any, path: Path = ()) -> Path | None:
    """Return where a schema, or one inside it, has a value of a wrong type; None for nowhere."""
    if not isinstance(schema, dict):
        return path
    for name, value in schema.items():
        wanted = _TYPES.get(name)
        if wanted is None or value is None:
            continue
        is_flag = isinstance(value, bool)
        if not isinstance(value, wanted) or (is_flag and wanted in (int, (int, float))):
            return (*path, name)
    for way, part in _inside(schema):
        found = ill_typed(part, (*path, *way))
        if found is not None:
            return found
    for number, rule in enumerate(schema.get(_RULES) or ()):
        for name, value in rule.items() if isinstance(rule, dict) else (("", 0),):
            wanted = bool if name == "optionalOldSelf" else str
            if value is not None and not isinstance(value, wanted):
                return (*path, _RULES, number, name)
    for name in ("required", "x-kubernetes-list-map-keys"):
        if any(not isinstance(one, str | None) for one in schema.get(name) or ()):
            return (*path, name)
    return None


def _inside(schema: Schema) -> list[tuple[Path, Any]]:
    """Return the schemas right inside one, with the way to each."""
    found: list[tuple[Path, Any]] = []
    for name, part in (schema.get("properties") or _NONE).items():
        found.append((("properties", name), part))
    for name in ("items", "additionalProperties", "not"):
        part = schema.get(name)
        if isinstance(part, dict):
            found.append(((name,), part))
    for name in ("allOf", "anyOf", "oneOf"):
        found += [((name, number), part) for number, part in enumerate(schema.get(name) or ())]
    return found
