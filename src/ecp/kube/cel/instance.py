"""Values of an instance, as its structural schema makes expressions see them.

Lists and maps are wrapped, so that only what an expression looks at is converted.
Source: kubernetes apiserver pkg/cel/common/valuesunstructured.go.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from ecp.kube.cel.declared import escape, unescape, with_meta
from ecp.kube.cel.source import RunError
from ecp.kube.cel.times import date_time, day
from ecp.kube.cel.values import Duration, Unknown
from ecp.kube.formats import loose_duration_ns

Schema = Mapping[str, Any]
_GO: Final = {str: "string", bool: "bool", int: "int64", float: "float64"}


def go_type(value: Any) -> str:
    """Return what Go calls the type of a value that was read from JSON."""
    if isinstance(value, dict):
        return "map[string]interface {}"
    if isinstance(value, list):
        return "[]interface {}"
    return _GO.get(type(value), "<nil>")


def to_value(value: Any, schema: Schema) -> Any:
    """Return *value* for expressions. Raises RunError for one that its schema does not allow."""
    if value is None:
        if schema.get("nullable"):
            return None
        raise RunError("invalid data, got null for schema with nullable=false")
    if schema.get("x-kubernetes-int-or-string"):
        if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        text = "invalid data, expected XIntOrString value to be either a string or integer"
        raise RunError(text)
    convert = _CONVERT.get(schema.get("type") or "")
    if convert is not None:
        return convert(value, schema)
    if schema.get("x-kubernetes-preserve-unknown-fields"):
        return Unknown(value)
    raise RunError(
        "invalid type, expected object, array, number, integer, boolean or string, or no type with "
        "x-kubernetes-int-or-string or x-kubernetes-preserve-unknown-fields is true, got "
    )


def _text(value: Any, schema: Schema) -> Any:
    if not isinstance(value, str):
        raise RunError(f"invalid data, expected string, got {go_type(value)}")
    form = schema.get("format")
    if form == "duration":
        ns = loose_duration_ns(value)
        if ns is None:
            why = f"unable to parse {value} as duration"
            raise RunError(f"Invalid duration {value}: {why}")
        return Duration(ns)
    if form == "date":
        return day(value)
    if form == "date-time":
        return date_time(value)
    if form == "byte":
        try:
            return base64.b64decode(value.translate(_URL_SAFE), validate=True)
        except (binascii.Error, ValueError):
            raise RunError(f"Invalid byte formatted string {value}: illegal base64 data") from None
    return value


_URL_SAFE: Final = str.maketrans("-_", "+/")


def _number(value: Any, schema: Schema) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RunError(f"invalid data, expected float, got {go_type(value)}")
    return float(value)


def _integer(value: Any, schema: Schema) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise RunError(f"invalid data, expected int, got {go_type(value)}")
    return value


def _boolean(value: Any, schema: Schema) -> bool:
    if not isinstance(value, bool):
        raise RunError(f"invalid data, expected bool, got {go_type(value)}")
    return value


def _object(value: Any, schema: Schema) -> Struct:
    if not isinstance(value, dict):
        raise RunError("invalid data, expected a map for the provided schema with type=object")
    if schema.get("x-kubernetes-embedded-resource"):
        schema = with_meta(schema)
    return Struct(value, schema)


def _array(value: Any, schema: Schema) -> Seq:
    if not isinstance(value, list):
        raise RunError("invalid data, expected an array for the provided schema with type=array")
    items = schema.get("items")
    if not isinstance(items, dict):
        raise RunError("invalid array type, expected Items with a non-empty Schema")
    kind = schema.get("x-kubernetes-list-type") or ""
    keys = tuple(schema.get("x-kubernetes-list-map-keys") or ())
    return Seq(value, items, kind, keys)


_CONVERT: Final[dict[str, Callable[[Any, Schema], Any]]] = {
    "object": _object,
    "array": _array,
    "string": _text,
    "number": _number,
    "integer": _integer,
    "boolean": _boolean,
}


class Seq:
    """A list of an instance.

    kind   how it is merged: ``set`` and ``map`` are equal in any order, and unite when added
    """

    __slots__ = ("items", "keys", "kind", "schema")
    type_name = "list"

    def __init__(self, items: list[Any], schema: Schema, kind: str, keys: tuple[str, ...]) -> None:
        self.items = items
        self.schema = schema
        self.kind = kind
        self.keys = keys

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Any]:
        return (to_value(item, self.schema) for item in self.items)

    def __getitem__(self, number: int) -> Any:
        return to_value(self.items[number], self.schema)

    def identity(self, item: Any) -> Any:
        """Return what tells an item from others: a set's item itself, a map's keys."""
        if self.kind == "set":
            return _frozen(item)
        if isinstance(item, dict):
            return tuple(_frozen(item.get(key)) for key in self.keys)
        return _frozen(item)

    def with_(self, others: list[Any]) -> Seq:
        """Return the list with others added; what is there already is not added again."""
        if self.kind not in ("set", "map"):
            return Seq([*self.items, *others], self.schema, self.kind, self.keys)
        merged = {self.identity(item): item for item in self.items}
        for item in others:
            if self.kind == "map" or self.identity(item) not in merged:
                merged[self.identity(item)] = item
        return Seq(list(merged.values()), self.schema, self.kind, self.keys)


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return tuple((key, _frozen(value[key])) for key in sorted(value))
    if isinstance(value, list):
        return tuple(map(_frozen, value))
    return (type(value).__name__, value)


class Struct:
    """An object or a map of an instance; an object's fields go by their escaped names."""

    __slots__ = ("is_object", "schema", "value")
    type_name = "map"

    def __init__(self, value: dict[str, Any], schema: Schema) -> None:
        self.value = value
        self.schema = schema
        self.is_object = schema.get("properties") is not None

    def __len__(self) -> int:
        return len(self.value)

    def part(self, name: str) -> Schema | None:
        """Return the schema of a field, by its real name; None for one that is not declared."""
        properties = self.schema.get("properties")
        if properties is not None or self.schema.get("x-kubernetes-embedded-resource"):
            found = (properties or {}).get(name)
            return found if isinstance(found, dict) else None
        values = self.schema.get("additionalProperties")
        return values if isinstance(values, dict) else None

    def find(self, key: Any) -> tuple[Any, bool]:
        """Return a field's value and whether there is one. Raises RunError for an odd key."""
        if not isinstance(key, str):
            raise RunError("no such overload")
        name = unescape(key) if self.is_object else key
        if name is None or name not in self.value:
            return None, False
        value = self.value[name]
        schema = self.part(name)
        if schema is None or (self.is_object and value is None):
            return None, False
        return to_value(value, schema), True

    def keys_of(self) -> list[Any]:
        found = []
        for name in sorted(self.value):
            if self.part(name) is not None:
                found.append((escape(name) or name) if self.is_object else name)
        return found
