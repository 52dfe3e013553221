"""Whole numbers in texts, as Go's strconv reads them.

A module of its own, because Python's `int` takes more (blanks, underscores, any digits of Unicode)
and refuses what has too many digits with an error of its own.
"""

import re
from typing import Final

_DECIMAL: Final = re.compile(r"([+-]?)0*([0-9]+)")
_MOST_DIGITS: Final = 19


def whole(text: str, bits: int = 64) -> int | None:
    """Return the decimal number that *text* spells, None for other text and beyond *bits*.

    Source: Go strconv `ParseInt(text, 10, bits)`, `Atoi`.
    """
    match = _DECIMAL.fullmatch(text)
    if match is None or len(match[2]) > _MOST_DIGITS:
        return None
    number = int(match[1] + match[2])
    return number if -(1 << bits - 1) <= number < 1 << bits - 1 else None
