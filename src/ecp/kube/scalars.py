"""Unquoted scalars, as Kubernetes resolves them: YAML 1.1 by way of go-yaml v2."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from struct import pack, unpack
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
    """Return what Kubernetes takes an unquoted scalar for, once it is JSON.

    ``y`` is True, ``0o755`` and ``0755`` are 493, ``1e3`` is 1000, ``08`` is 8, ``12:30`` and dates
    are text, an integer over 64 bits is a float. A whole float is an int, because it is
    one by the time it is JSON. Source: go-yaml v2 resolve.go.
    """
    value = resolved(text)
    return whole(value) if type(value) is float and math.isfinite(value) else value


def resolved(text: str) -> Any:
    """As `resolve_plain`, before it is JSON: a float is one, whole or not."""
    if text in MEANT:
        return MEANT[text]
    first = text[0]
    if first == ".":
        return float(text) if _FLOAT.fullmatch(text) else text
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
        return number_ if math.isfinite(number_) else text
    return text


def key_text(key: Any) -> str | None:
    """Return a key as JSON has it, None for what Kubernetes refuses: null, and beyond 63 bits.

    A float is cut to 32 bits: 1e20 is ``1e+20``, 123456789.5 is ``1.2345679e+08``.
    Source: sigs.k8s.io/yaml yaml.go `convertToJSONableObject`.
    """
    if isinstance(key, str):
        return key
    if isinstance(key, bool):
        return "true" if key else "false"
    if isinstance(key, int):
        return str(key) if key < 1 << 63 else None
    return _single(key) if isinstance(key, float) else None


def _single(number: float) -> str:
    """Source: Go strconv.FormatFloat(number, 'g', -1, 32); YAML's words for what is no number."""
    if math.isnan(number):
        return ".nan"
    try:
        (single,) = unpack("f", pack("f", number))
    except OverflowError:
        single = math.copysign(math.inf, number)
    if math.isinf(single):
        return ".inf" if single > 0 else "-.inf"
    shown = next(
        text
        for most in range(9)
        if unpack("f", pack("f", float(text := f"{single:.{most}e}")))[0] == single
    )
    mantissa, _, power = shown.partition("e")
    if -4 <= int(power) < 6:
        behind = len(mantissa.partition(".")[2]) - int(power)
        return f"{float(shown):.{max(behind, 0)}f}"
    return f"{mantissa}e{power}"


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
