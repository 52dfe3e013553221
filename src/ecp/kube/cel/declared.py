"""The types that a structural schema declares, with how big their values may become.

Source: kubernetes apiserver pkg/cel/{types,limits,escaping}.go, pkg/cel/common/schemas.go.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from ecp.kube.cel.types import (
    BOOL,
    BYTES,
    DOUBLE,
    DURATION,
    DYN,
    INT,
    STRING,
    TIMESTAMP,
    Type,
    list_of,
    map_of,
)

Object = Mapping[str, Any]

LARGEST_REQUEST: Final = 3 * 1024 * 1024
_LONGEST: Final = LARGEST_REQUEST - 2
_RESERVED: Final = (
    "true false null in as break const continue else for function if import let loop "
    "package namespace return var void while"
)
RESERVED: Final = frozenset(_RESERVED.split())
_TO_ESCAPE: Final = {"__": "underscores", ".": "dot", "-": "dash", "/": "slash"}
_ESCAPED: Final = {word: text for text, word in _TO_ESCAPE.items()}
_TIMES: Final = {"duration": (DURATION, 3, 32), "date": (TIMESTAMP, 12, 12)}


@lru_cache(maxsize=4096)
def escape(name: str) -> str | None:
    """Return the name of a property as expressions write it, None if they cannot."""
    if not name or (name[0].isdigit() and name[0].isascii()):
        return None
    if name in RESERVED:
        return f"__{name}__"
    if re.search(r"[^a-zA-Z0-9_./-]", name):
        return None
    return re.sub(r"__|[-./]", lambda match: f"__{_TO_ESCAPE[match[0]]}__", name)


@lru_cache(maxsize=4096)
def unescape(name: str) -> str | None:
    """Return the property that an expression calls *name*, None if there can be none."""
    good = True

    def meant(match: re.Match[str]) -> str:
        nonlocal good
        word = match[0][2:-2]
        if word in _ESCAPED:
            return _ESCAPED[word]
        good = good and word in RESERVED and match[0] == name
        return word

    found = re.sub(r"__[^_]+__", meant, name)
    return found if good else None


class Declared(NamedTuple):
    """A declared type.

    most     characters, items or entries that a value has at most, 0 where it has none
    size     bytes that the shortest value takes in JSON
    fields   of an object, by the names that expressions use; None for what is none
    """

    type: Type
    most: int = 0
    size: int = 2
    fields: Mapping[str, Declared] | None = None
    key: Declared | None = None
    element: Declared | None = None


_BOOL: Final = Declared(BOOL, size=4)
_INT: Final = Declared(INT, size=1)
_DOUBLE: Final = Declared(DOUBLE, size=1)
_KEY: Final = Declared(STRING)


def declare(schema: Object, name: str, root: bool = False) -> Declared | None:
    """Return the type of what *schema* describes, None where it says too little.

    name   what an object's type is called; those inside it are called after it
    root   it is a resource, which has metadata whether the schema says so or not
    """
    if schema.get("x-kubernetes-int-or-string"):
        length = schema.get("maxLength")
        return Declared(DYN, _LONGEST if length is None else max(length, 0) * 4, 1)
    kind = schema.get("type")
    if kind == "string":
        return _string(schema)
    if kind == "boolean":
        return _BOOL
    if kind in ("integer", "number"):
        return _INT if kind == "integer" else _DOUBLE
    if kind == "array":
        return _array(schema, name)
    if kind == "object":
        return _object(with_meta(schema) if root else schema, name)
    return None


def _array(schema: Object, name: str) -> Declared | None:
    items = schema.get("items")
    if not isinstance(items, dict):
        return None
    element = declare(items, f"{name}.@idx", bool(items.get("x-kubernetes-embedded-resource")))
    if element is None:
        return None
    limit = schema.get("maxItems")
    most = _LONGEST // (element.size + 1) if limit is None else max(limit, 0)
    return Declared(list_of(element.type), most, element=element)


def _object(schema: Object, name: str) -> Declared | None:
    values = schema.get("additionalProperties")
    if isinstance(values, dict):
        embedded = bool(values.get("x-kubernetes-embedded-resource"))
        element = declare(values, f"{name}.@elem", embedded)
        if element is None:
            return None
        limit = schema.get("maxProperties")
        most = _LONGEST // (element.size + 6) if limit is None else max(limit, 0)
        return Declared(map_of(STRING, element.type), most, key=_KEY, element=element)
    required = schema.get("required") or ()
    fields: dict[str, Declared] = {}
    size = 2
    for prop, part in (schema.get("properties") or {}).items():
        called = escape(prop)
        below = f"{name}.{called or prop}"
        field = declare(part, below, bool(part.get("x-kubernetes-embedded-resource")))
        if field is None:
            continue
        if called is not None:
            fields[called] = field
        if prop in required and part.get("default") is None:
            size += len(prop.encode()) + field.size + 4
    return Declared(Type("object", name), 0, size, fields)


def _string(schema: Object) -> Declared:
    form, length = schema.get("format"), schema.get("maxLength")
    if form == "byte":
        return Declared(BYTES, _LONGEST if length is None else max(length, 0))
    if form in _TIMES:
        type_, size, most = _TIMES[form]
        return Declared(type_, most, size)
    if form == "date-time":
        return Declared(TIMESTAMP, 32, 21)
    if length is not None:
        return Declared(STRING, max(length, 0) * 4)
    values = schema.get("enum")
    if values:
        texts = [len(value.encode()) for value in values if isinstance(value, str)]
        return Declared(STRING, max(texts, default=0))
    return Declared(STRING, _LONGEST)


_TEXT: Final = {"type": "string"}
_META: Final = {
    "kind": _TEXT,
    "apiVersion": _TEXT,
    "metadata": {"type": "object", "properties": {"name": _TEXT, "generateName": _TEXT}},
}


def with_meta(schema: Object) -> Object:
    """Return the schema of a resource with what every resource has: kind, apiVersion, a name."""
    properties = schema.get("properties") or {}
    return {**schema, "properties": {**properties, **_META}}


def objects_in(root: Declared) -> dict[str, Declared]:
    """Return all object types inside *root* by name."""
    found: dict[str, Declared] = {}
    left = [root]
    while left:
        one = left.pop()
        if one.fields is not None:
            found[one.type.name] = one
            left.extend(one.fields.values())
        if one.element is not None:
            left.append(one.element)
    return found
