"""``'%s'.format([…])``. Source: google/cel-go ext/formatting.go."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any, Final

from ecp.kube.cel.conversions import to_string
from ecp.kube.cel.operators import is_list, is_map, shown
from ecp.kube.cel.source import RunError, Unsupported
from ecp.kube.cel.values import Duration, Opaque, Timestamp, TypeValue, Uint, type_name
from ecp.kube.errors import go_quote

_CLAUSE: Final = re.compile(r"%(?:(%)|(?:\.(\d+))?([a-zA-Z]))")
_VERBS: Final = "sdfebxXo"
_MOST_DIGITS: Final = 1000


class BadClause(ValueError):
    """A clause that does not fit; number is that of the argument, -1 for none."""

    def __init__(self, text: str, number: int = -1) -> None:
        super().__init__(text)
        self.number = number


def formatted(text: str, values: Any) -> str:
    """Return *text* with its clauses replaced. Raises RunError."""
    held = list(values)
    try:
        return fill(
            text, len(held), lambda verb, precision, number: _one(verb, precision, held, number)
        )
    except BadClause as error:
        raise RunError(str(error)) from None


def fill(text: str, count: int, one: Callable[[str, int | None, int], str]) -> str:
    """Return *text* with what *one* makes of each clause, of *count* values. Raises BadClause."""
    out: list[str] = []
    at = number = 0
    while at < len(text):
        start = text.find("%", at)
        if start < 0:
            break
        out.append(text[at:start])
        if start + 1 == len(text):
            raise BadClause("unexpected end of string")
        if text[start + 1] != "%" and number >= count:
            raise BadClause(f"index {number} out of range")
        found = _CLAUSE.match(text, start)
        if found is None or (not found[1] and found[3] not in _VERBS):
            shown_clause = text[start + 1]
            raise BadClause(
                "could not parse formatting clause: unrecognized formatting clause "
                f"{go_quote(shown_clause)}"
            )
        at = found.end()
        if found[1]:
            out.append("%")
            continue
        out.append(one(found[3], int(found[2]) if found[2] else None, number))
        number += 1
    out.append(text[at:])
    return "".join(out)


def _one(verb: str, precision: int | None, values: list[Any], number: int) -> str:
    value = values[number]
    complaint = clause_complaint(verb, type_name(value), value)
    if complaint:
        raise BadClause(f"error during formatting: {complaint}", number)
    digits = 6 if precision is None else precision
    if digits > _MOST_DIGITS:
        raise Unsupported(f"a number with more than {_MOST_DIGITS} digits")
    if verb == "s":
        return _text(value)
    if verb == "d":
        return str(int(value))
    if verb in "fe":
        return _point(value, verb, digits)
    return _based(value, verb)


_ALLOWED: Final = {
    "s": (
        "bool", "bytes", "double", "google.protobuf.Duration", "google.protobuf.Timestamp", "int",
        "list", "map", "null_type", "string", "type", "uint",
    ),
    "d": ("int", "uint"),
    "f": ("double",),
    "e": ("double",),
    "b": ("bool", "int", "uint"),
    "x": ("bytes", "int", "string", "uint"),
    "X": ("bytes", "int", "string", "uint"),
    "o": ("int", "uint"),
}  # fmt: skip
_WORDS: Final = {
    "s": "string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, "
    "types, durations, and timestamps",
    "d": "decimal clause can only be used on integers",
    "f": "fixed-point clause can only be used on doubles",
    "e": "scientific clause can only be used on doubles",
    "b": "only integers and bools can be formatted as binary",
    "x": "only integers, byte buffers, and strings can be formatted as hex",
    "X": "only integers, byte buffers, and strings can be formatted as hex",
    "o": "octal clause can only be used on integers",
}


def clause_complaint(verb: str, name: str, value: Any = None) -> str:
    """Return what is said of a clause for a value of the type *name*, ``""`` if it fits."""
    if name in _ALLOWED[verb]:
        return ""
    if verb in "fe" and value in ("NaN", "Infinity", "-Infinity"):
        return ""
    return f"{_WORDS[verb]}, was given {name}"


def _point(value: Any, verb: str, digits: int) -> str:
    number = float(value)
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "∞" if number > 0 else "-∞"
    if verb == "f":
        return f"{number:,.{digits}f}"
    mantissa, _, power = f"{number:.{digits}e}".partition("e")
    return f"{mantissa}\u202f×\u202f10{_raised(int(power))}"


def _raised(power: int) -> str:
    small = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
    text = f"{abs(power):02d}"
    return (f"-{text}" if power < 0 else text).translate(small)


def _based(value: Any, verb: str) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, str | bytes):
        data = value.encode() if isinstance(value, str) else value
        text = data.hex()
        return text.upper() if verb == "X" else text
    return format(int(value), verb)


def _text(value: Any) -> str:
    if value is None:
        return "null"
    if is_list(value):
        return f"[{', '.join(_inner(item) for item in value)}]"
    if is_map(value):
        pairs = sorted((_key(key), _inner(value.find(key)[0])) for key in value.keys_of())
        return f"{{{', '.join(f'{key}:{inner}' for key, inner in pairs)}}}"
    if isinstance(value, Opaque):
        raise BadClause(f"error during formatting: {clause_complaint('s', value.kind)}")
    return to_string(value)


def _key(key: Any) -> str:
    return go_quote(key) if isinstance(key, str) else shown(key)


def _inner(value: Any) -> str:
    """Return an item of a list, or a map's value, quoted where it is a text."""
    if isinstance(value, str):
        return go_quote(value)
    if isinstance(value, bytes):
        return f"b{go_quote(value.decode(errors='replace'))}"
    if isinstance(value, Timestamp):
        return f"timestamp({go_quote(to_string(value))})"
    if isinstance(value, Duration):
        return f"duration({go_quote(to_string(value))})"
    if isinstance(value, float):
        if math.isnan(value) or math.isinf(value):
            return go_quote(shown(value))
        return f"{value:.6f}"
    if isinstance(value, Uint | int | TypeValue) or value is None:
        return _text(value)
    if is_list(value) or is_map(value):
        return _text(value)
    raise BadClause(f"no formatting function for {type_name(value)}")
