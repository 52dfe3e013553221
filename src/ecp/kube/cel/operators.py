"""What operators and conversions do to values.

Source: google/cel-go common/types, common/types/overflow.go.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

from ecp.kube.cel.instance import Seq, Struct
from ecp.kube.cel.source import RunError
from ecp.kube.cel.times import checked, in_range
from ecp.kube.cel.values import (
    Duration,
    MapValue,
    Optional,
    Timestamp,
    TypeValue,
    Uint,
    Unknown,
    key_of,
    type_name,
)
from ecp.kube.numbers import go_float

NO_OVERLOAD: Final = "no such overload"
_INT: Final = 1 << 63
_UINT: Final = 1 << 64
_SECOND: Final = 1_000_000_000


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_list(value: Any) -> bool:
    return isinstance(value, list | Seq)


def is_map(value: Any) -> bool:
    return isinstance(value, MapValue | Struct)


def raw(value: Any) -> Any:
    """Return a value as JSON has it, for lists of an instance to hold."""
    if isinstance(value, Seq):
        return value.items
    if isinstance(value, Struct | Unknown):
        return value.value
    if isinstance(value, list):
        return [raw(item) for item in value]
    if isinstance(value, MapValue):
        return {key: raw(held) for key, held in value.values()}
    return value


# ---- equality and order ------------------------------------------------------------------------


def equal(one: Any, other: Any) -> bool:
    """Tell whether two values are equal; numbers are compared across their types."""
    if one is None or other is None:
        return one is None and other is None
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if is_number(one) and is_number(other):
        return bool(one == other)
    if is_list(one) and is_list(other):
        return _equal_lists(one, other)
    if is_map(one) and is_map(other):
        return _equal_maps(one, other)
    if isinstance(one, Unknown) or isinstance(other, Unknown):
        return bool(raw(one) == raw(other))
    if isinstance(one, Timestamp) and isinstance(other, Timestamp):
        return one.ns == other.ns
    if isinstance(one, Optional) and isinstance(other, Optional):
        return one.present == other.present and (not one.present or equal(one.value, other.value))
    return type(one) is type(other) and bool(one == other)


def _equal_lists(one: Any, other: Any) -> bool:
    if len(one) != len(other):
        return False
    if isinstance(one, Seq) and one.kind in ("set", "map"):
        items = raw(other)
        held = {one.identity(item): item for item in one.items}
        if any(one.identity(item) not in held for item in items):
            return False
        if one.kind == "set":
            return True
        mine = {one.identity(item): number for number, item in enumerate(one.items)}
        return all(equal(one[mine[one.identity(raw(item))]], item) for item in other)
    return all(equal(a, b) for a, b in zip(one, other, strict=True))


def _equal_maps(one: Any, other: Any) -> bool:
    if len(one) != len(other):
        return False
    for key in one.keys_of():
        value, _ = one.find(key)
        theirs, found = other.find(key)
        if not found or not equal(value, theirs):
            return False
    if isinstance(one, Struct) and isinstance(other, Struct):
        loose = [name for name in one.value if one.part(name) is None]
        return all(
            name not in other.value or one.value[name] == other.value[name] for name in loose
        )
    return True


def compare(one: Any, other: Any) -> int:
    """Return -1, 0 or 1. Raises RunError for what has no order."""
    if is_number(one) and is_number(other):
        if math.isnan(one) or math.isnan(other):
            raise RunError("NaN values cannot be ordered")
    elif isinstance(one, Timestamp) and isinstance(other, Timestamp):
        one, other = one.ns, other.ns
    elif type(one) is not type(other) or not isinstance(one, bool | str | bytes | Duration):
        raise RunError(NO_OVERLOAD)
    if isinstance(one, str):
        one, other = one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass")
    return int(one > other) - int(one < other)


def is_in(item: Any, holder: Any) -> bool:
    """Tell whether a list has an item, or a map a key. Raises RunError for anything else."""
    if is_map(holder):
        if isinstance(holder, Struct) and not isinstance(item, str):
            raise RunError(NO_OVERLOAD)
        return bool(holder.find(item)[1])
    if is_list(holder):
        return any(equal(one, item) for one in holder)
    raise RunError(NO_OVERLOAD)


# ---- arithmetic --------------------------------------------------------------------------------


def whole_number(value: int, kind: type) -> int:
    """Return a number that fits 64 bits. Raises RunError."""
    if kind is Uint:
        if not 0 <= value < _UINT:
            raise RunError("unsigned integer overflow")
        return Uint(value)
    if not -_INT <= value < _INT:
        raise RunError("integer overflow")
    return value


def _kind(one: Any, other: Any) -> type:
    """Return the one number type of both. Raises RunError if there is none."""
    for kind in (Uint, float, int):
        if type(one) is kind and type(other) is kind:
            return kind
    raise RunError(NO_OVERLOAD)


def add(one: Any, other: Any) -> Any:
    if isinstance(one, str) and isinstance(other, str):
        return one + other
    if isinstance(one, bytes) and isinstance(other, bytes):
        return one + other
    if is_list(one) and is_list(other):
        if isinstance(one, Seq):
            return one.with_([raw(item) for item in other])
        return [*one, *other]
    if isinstance(one, Duration) and isinstance(other, Duration):
        return checked(one.ns + other.ns)
    if isinstance(one, Duration) and isinstance(other, Timestamp):
        one, other = other, one
    if isinstance(one, Timestamp) and isinstance(other, Duration):
        return in_range(Timestamp(one.ns + other.ns, one.offset))
    kind = _kind(one, other)
    return one + other if kind is float else whole_number(int(one) + int(other), kind)


def subtract(one: Any, other: Any) -> Any:
    if isinstance(one, Duration) and isinstance(other, Duration):
        return checked(one.ns - other.ns)
    if isinstance(one, Timestamp) and isinstance(other, Timestamp):
        return checked(one.ns - other.ns)
    if isinstance(one, Timestamp) and isinstance(other, Duration):
        return in_range(Timestamp(one.ns - other.ns, one.offset))
    kind = _kind(one, other)
    return one - other if kind is float else whole_number(int(one) - int(other), kind)


def multiply(one: Any, other: Any) -> Any:
    kind = _kind(one, other)
    return one * other if kind is float else whole_number(int(one) * int(other), kind)


def divide(one: Any, other: Any) -> Any:
    kind = _kind(one, other)
    if kind is float:
        if other == 0:
            if one == 0 or math.isnan(one):
                return math.nan
            return math.copysign(math.inf, one) * math.copysign(1, other)
        return one / other
    if other == 0:
        raise RunError("division by zero")
    return whole_number(_truncated(int(one), int(other)), kind)


def modulo(one: Any, other: Any) -> Any:
    kind = _kind(one, other)
    if kind is float:
        raise RunError(NO_OVERLOAD)
    if other == 0:
        raise RunError("modulus by zero")
    return whole_number(int(one) - int(other) * _truncated(int(one), int(other)), kind)


def _truncated(one: int, other: int) -> int:
    quotient = abs(one) // abs(other)
    return quotient if (one < 0) == (other < 0) else -quotient


def negate(value: Any) -> Any:
    if type(value) is int:
        return whole_number(-value, int)
    if isinstance(value, float):
        return -value
    raise RunError(NO_OVERLOAD)


def reject(value: Any) -> bool:
    if isinstance(value, bool):
        return not value
    raise RunError(NO_OVERLOAD)


# ---- access ------------------------------------------------------------------------------------


def field(value: Any, name: Any) -> tuple[Any, bool]:
    """Return what a map has under a name, and whether it has it."""
    return value.find(name) if is_map(value) else (None, False)


def select(value: Any, name: str) -> Any:
    """Return ``value.name``. Raises RunError."""
    if isinstance(value, Optional):
        return select_optional(value, name)
    found, present = field(value, name)
    if not present:
        raise RunError(f"no such key: {name}")
    return found


def select_optional(value: Any, name: str) -> Optional:
    """Return ``value.?name``: what is there, or none."""
    if isinstance(value, Optional):
        if not value.present:
            return value
        value = value.value
    found, present = field(value, name)
    return Optional(found, present)


def has(value: Any, name: str) -> bool:
    if isinstance(value, Optional):
        return select_optional(value, name).present
    return field(value, name)[1]


def index(value: Any, key: Any) -> Any:
    """Return ``value[key]``. Raises RunError."""
    if isinstance(value, Optional):
        return index_optional(value, key)
    if is_map(value):
        found, present = value.find(key)
        if not present:
            raise RunError(f"no such key: {shown(key)}")
        return found
    if is_list(value):
        number = _index(key)
        if 0 <= number < len(value):
            return value[number]
        raise RunError(f"index out of bounds: {shown(key)}")
    raise RunError(f"no such key: {shown(key)}")


def index_optional(value: Any, key: Any) -> Optional:
    """Return ``value[?key]``: what is there, or none."""
    if isinstance(value, Optional):
        if not value.present:
            return value
        value = value.value
    if is_map(value):
        return Optional(*value.find(key))
    if is_list(value):
        number = _index(key)
        inside = 0 <= number < len(value)
        return Optional(value[number] if inside else None, inside)
    return Optional(None, False)


def _index(key: Any) -> int:
    if isinstance(key, float) and key.is_integer():
        return int(key)
    if isinstance(key, float):
        raise RunError(f"unsupported index value {shown(key)} in list")
    if isinstance(key, int) and not isinstance(key, bool):
        return key
    raise RunError(f"unsupported index type '{type_name(key)}' in list")


def insert(holder: MapValue, key: Any, value: Any) -> MapValue:
    """Return a map with one entry more. Raises RunError for a key that is there."""
    made = MapValue(holder)
    put_new(made, key, value)
    return made


def put_new(made: MapValue, key: Any, value: Any) -> None:
    """Put an entry into a map that nobody else holds. Raises RunError for a key that is there."""
    if key_of(key) in made:
        raise RunError(f"insert failed: key {shown(key)} already exists")
    made.put(key, value)


def shown(value: Any) -> str:
    """Return a value as messages show it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return go_float(value)
    return "null" if value is None else str(value)


OPERATORS: Final[dict[str, Callable[..., Any]]] = {
    "_==_": equal,
    "_!=_": lambda one, other: not equal(one, other),
    "_<_": lambda one, other: compare(one, other) < 0,
    "_<=_": lambda one, other: compare(one, other) <= 0,
    "_>_": lambda one, other: compare(one, other) > 0,
    "_>=_": lambda one, other: compare(one, other) >= 0,
    "_+_": add,
    "_-_": subtract,
    "_*_": multiply,
    "_/_": divide,
    "_%_": modulo,
    "-_": negate,
    "!_": reject,
    "@in": is_in,
    "_[_]": index,
    "_[?_]": index_optional,
    "_?._": select_optional,
    "dyn": lambda value: value,
    "type": lambda value: TypeValue(type_name(value)),
}
"""What each operator does; they look at the types of their values themselves."""
