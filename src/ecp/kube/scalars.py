"""Unquoted scalars, as Kubernetes resolves them: YAML 1.1 by way of go-yaml v2."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, Final

MEANT: Final[Mapping[str, Any]] = {
    **dict.fromkeys(
        ("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True
    ),
    **dict.fromkeys(
        ("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False
    ),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
"""The words that mean something else than themselves."""
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_INTEGER: Final = re.compile(
    r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))"
)
TIMESTAMP: Final = re.compile(
    r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
    r"(?:[Tt][0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(?:\.[0-9]+)?(?:Z|[-+][0-9]{2}:[0-9]{2})"
    r"| [0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(?:\.[0-9]+)?)?"
)


def resolve_plain(text: str) -> Any:
    """Return what Kubernetes takes an unquoted scalar for.

    ``y`` is True, ``0o755`` and ``0755`` are 493, ``1e3`` is 1000, ``08`` is 8, ``12:30`` and dates
    are text, an integer over 64 bits is a float. A whole float is an int, because it is
    one by the time it is JSON. Source: go-yaml v2 resolve.go.
    """
    if text in MEANT:
        return MEANT[text]
    first = text[0]
    if first == ".":
        return whole(float(text)) if _FLOAT.fullmatch(text) else text
    if first not in "+-0123456789" or TIMESTAMP.fullmatch(text):
        return text
    plain = text.replace("_", "")
    match = _INTEGER.fullmatch(plain)
    if match is not None:
        sign, hexadecimal, binary, octal, decimal = match.groups()
        if hexadecimal:
            number = int(hexadecimal, 16)
        elif binary:
            number = int(binary, 2)
        elif octal:
            number = int(octal, 8)
        else:
            number = int(decimal) if len(decimal) < 400 else 1 << 70
        number = -number if sign == "-" else number
        if -(1 << 63) <= number < 1 << 64 and not (sign == "+" and number >= 1 << 63):
            return number
    if _FLOAT.fullmatch(plain):
        number_ = float(plain)
        return whole(number_) if math.isfinite(number_) else text
    return text


def whole(number: float) -> int | float:
    """Return a whole float as the integer that Go's JSON encoder writes for it."""
    if not number.is_integer() or abs(number) >= 1e21:
        return number
    if abs(number) < 1 << 53:
        return int(number)
    digits, _, exponent = repr(number).partition("e")
    whole, _, fraction = digits.partition(".")
    fraction = fraction.rstrip("0")
    return int((whole + fraction).ljust(len(whole) + int(exponent or 0), "0"))
