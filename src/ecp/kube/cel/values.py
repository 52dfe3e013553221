"""The values of CEL expressions.

int, bool, float, str, bytes and None are themselves. A list is a list, or a `Seq` over JSON with a
schema; a map is a `MapValue`, or a `Struct` over JSON with a schema.
Source: google/cel-go common/types; kubernetes apiserver pkg/cel/common/valuesunstructured.go.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple


class Uint(int):
    """A whole number that is not negative, of 64 bits."""

    __slots__ = ()


class Duration(NamedTuple):
    ns: int


class Timestamp(NamedTuple):
    """ns since 1970; offset is what its text had, in seconds east."""

    ns: int
    offset: int = 0


class TypeValue(NamedTuple):
    name: str


class Optional(NamedTuple):
    """A value, or none."""

    value: Any
    present: bool = True


ABSENT: Final = Optional(None, False)


class Opaque(NamedTuple):
    """A value of a library: *kind* its type's name, *value* what the library keeps."""

    kind: str
    value: Any


class MapValue(dict[Any, Any]):
    """A map made by an expression; its keys are as `key_of` makes them, its values (key, value)."""

    __slots__ = ()

    def keys_of(self) -> list[Any]:
        return [key for key, _ in self.values()]

    def find(self, key: Any) -> tuple[Any, bool]:
        held = self.get(key_of(key))
        return (None, False) if held is None else (held[1], True)

    def put(self, key: Any, value: Any) -> None:
        self[key_of(key)] = (key, value)


class Made(MapValue):
    """An object that an expression of a patch made, of a type named in it."""

    __slots__ = ("type_name",)

    def __init__(self, type_name: str) -> None:
        super().__init__()
        self.type_name = type_name


def is_patch_type(name: str) -> bool:
    """Tell whether a type is one of those that patches are made of."""
    return name in ("JSONPatch", "Object") or name.startswith("Object.")


def key_of(key: Any) -> Any:
    """Return what tells *key* from others: 1, 1u and 1.0 are one key, true is another."""
    return ("bool", key) if isinstance(key, bool) else key


class Unknown(NamedTuple):
    """A value that its schema says nothing of."""

    value: Any


_NAMES: Final[tuple[tuple[type, str], ...]] = (
    (bool, "bool"),
    (Uint, "uint"),
    (int, "int"),
    (float, "double"),
    (str, "string"),
    (bytes, "bytes"),
    (list, "list"),
    (MapValue, "map"),
    (Duration, "google.protobuf.Duration"),
    (Timestamp, "google.protobuf.Timestamp"),
    (TypeValue, "type"),
    (Optional, "optional_type"),
)


def type_name(value: Any) -> str:
    """Return the name of a value's type as it is known at run time."""
    if value is None:
        return "null_type"
    if isinstance(value, Opaque):
        return value.kind
    name = getattr(value, "type_name", None)
    if name is not None:
        return str(name)
    return next((name for kind, name in _NAMES if isinstance(value, kind)), "unknown")
