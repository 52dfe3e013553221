"""The types of CEL expressions, and when one may stand for another.

Source: google/cel-go common/types/types.go, checker/{types,format}.go.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

_SCALARS: Final = ("bool", "bytes", "double", "int", "string", "uint", "duration", "timestamp")
_NULLABLE: Final = ("abstract", "object", "duration", "timestamp")


class Type(NamedTuple):
    """A type.

    kind     a scalar's name, ``null``, ``dyn``, ``error``, ``list``, ``map``, ``type``, ``param``,
             ``object`` (a message with fields) or ``abstract`` (optional_type, net.IP …)
    name     of an object, an abstract type or a parameter
    """

    kind: str
    name: str = ""
    params: tuple[Type, ...] = ()

    def __str__(self) -> str:
        if self.kind == "error":
            return "!error!"
        if self.kind == "function":
            result, *arguments = self.params
            return f"({', '.join(map(str, arguments))}) -> {result}"
        name = self.name or self.kind
        return f"{name}({', '.join(map(str, self.params))})" if self.params else name

    @property
    def is_optional(self) -> bool:
        return self.name == "optional_type"


BOOL: Final = Type("bool")
BYTES: Final = Type("bytes")
DOUBLE: Final = Type("double")
DURATION: Final = Type("duration")
DYN: Final = Type("dyn")
ERROR: Final = Type("error")
INT: Final = Type("int")
NULL: Final = Type("null")
STRING: Final = Type("string")
TIMESTAMP: Final = Type("timestamp")
UINT: Final = Type("uint")


def list_of(item: Type) -> Type:
    return Type("list", params=(item,))


def map_of(key: Type, value: Type) -> Type:
    return Type("map", params=(key, value))


def optional_of(value: Type) -> Type:
    return Type("abstract", "optional_type", (value,))


def unwrapped(type_: Type) -> tuple[Type, bool]:
    """Return what an optional holds and True, or the type itself and False."""
    return (type_.params[0], True) if type_.is_optional else (type_, False)


Mapping = dict[Type, Type]
"""What the parameters of types turned out to be."""


def substitute(known: Mapping, type_: Type, to_dyn: bool) -> Type:
    """Return *type_* with its parameters replaced; unknown ones become dyn if *to_dyn*."""
    found = known.get(type_)
    if found is not None:
        return substitute(known, found, to_dyn)
    if type_.kind == "param":
        return DYN if to_dyn else type_
    if type_.params:
        return type_._replace(
            params=tuple(substitute(known, param, to_dyn) for param in type_.params)
        )
    return type_


def assignable(known: Mapping, first: Iterable[Type], second: Iterable[Type]) -> Mapping | None:
    """Return what is known once every *second* stands for its *first*, None if it cannot."""
    one, other = tuple(first), tuple(second)
    tried = dict(known)
    return tried if _all_fit(tried, one, other) else None


def _all_fit(known: Mapping, first: tuple[Type, ...], second: tuple[Type, ...]) -> bool:
    if len(first) != len(second):
        return False
    return all(_fits(known, one, other) for one, other in zip(first, second, strict=True))


def _fits(known: Mapping, one: Type, other: Type) -> bool:
    if other.kind == "param":
        fits, bound = _binds(known, one, other)
        if fits or bound:
            return fits
    if one.kind == "param":
        return _binds(known, other, one)[0]
    if one.kind in ("dyn", "error") or other.kind in ("dyn", "error"):
        return True
    if "null" in (one.kind, other.kind):
        rest = other if one.kind == "null" else one
        return rest.kind in (*_NULLABLE, "null")
    if one.kind in (*_SCALARS, "object"):
        return one == other
    if one.kind == "type":
        return other.kind == "type"
    same = one.kind == other.kind and one.name == other.name
    return same and _all_fit(known, one.params, other.params)


def _binds(known: Mapping, type_: Type, param: Type) -> tuple[bool, bool]:
    """Return whether *param* may be *type_*, and whether it was something already."""
    if type_ == param:
        return True, True
    bound = known.get(param)
    if bound is not None:
        if type_ == bound:
            return True, True
        if _fits(known, type_, bound):
            general = most_general(type_, bound)
            if _is_free_of(known, param, general):
                known[param] = general
            return True, True
        return False, True
    if _is_free_of(known, param, type_):
        known[param] = type_
        return True, False
    return False, False


def most_general(one: Type, other: Type) -> Type:
    return one if _is_no_narrower(one, other) else other


def _is_no_narrower(one: Type, other: Type) -> bool:
    if one.kind in ("dyn", "param"):
        return True
    if other.kind in ("dyn", "param") or one.kind != other.kind:
        return False
    if one.kind == "type":
        return True
    if not one.params:
        return one == other
    return (
        one.name == other.name
        and len(one.params) == len(other.params)
        and all(map(_is_no_narrower, one.params, other.params))
    )


def _is_free_of(known: Mapping, param: Type, inside: Type) -> bool:
    if param == inside:
        return False
    if inside.kind == "param":
        bound = known.get(inside)
        return bound is None or _is_free_of(known, param, bound)
    return all(_is_free_of(known, param, part) for part in inside.params)
