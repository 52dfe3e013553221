"""Numbers as Go reads and writes them."""

from __future__ import annotations

import math
import re
from typing import Final

_DECIMAL: Final = re.compile(r"([+-]?)0*([0-9]+)")
_MOST_DIGITS: Final = 19


def go_float(value: float) -> str:
    """Return a double as ``%v`` writes it: as few digits as tell it, 1e+21 from there on."""
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if math.isnan(value):
        return "NaN"
    digits = repr(float(value))
    mantissa, _, exponent = digits.partition("e")
    if not exponent:
        return mantissa.removesuffix(".0")
    if 1e16 <= abs(value) < 1e21:
        return f"{value:.0f}"
    power = int(exponent)
    return f"{mantissa.removesuffix('.0')}e{'-' if power < 0 else '+'}{abs(power):02d}"


def whole(text: str, bits: int = 64) -> int | None:
    """Return the decimal number that *text* spells, None for other text and beyond *bits*.

    Python's `int` takes more (blanks, underscores, any digits of Unicode), and has an error of its
    own for too many digits. Source: Go strconv `ParseInt(text, 10, bits)`, `Atoi`.
    """
    match = _DECIMAL.fullmatch(text)
    if match is None or len(match[2]) > _MOST_DIGITS:
        return None
    number = int(match[1] + match[2])
    return number if -(1 << bits - 1) <= number < 1 << bits - 1 else None
