"""Durations as data files and annotations write them: "1.5s", "500ms", "2m", "1h30m"."""

import re
from decimal import Decimal
from functools import lru_cache

_UNITS = {
    "ns": 1,
    "us": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
    "d": 86_400_000_000_000,
}
_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|ms|s|m|h|d)")


class InvalidDuration(ValueError):
    """The text is no duration; the message says what one looks like."""


@lru_cache(maxsize=4096)
def duration(text: str) -> int:
    """Return the duration in ns; "0" needs no unit. Raises InvalidDuration."""
    text = text.strip()
    if text == "0":
        return 0
    total, at = Decimal(0), 0
    for part in _PART.finditer(text):
        if part.start() != at:
            break
        total += Decimal(part[1]) * _UNITS[part[2]]
        at = part.end()
    if at != len(text) or not text:
        raise InvalidDuration(
            f"{text!r} is not a duration: write a number with ns, us, ms, s, m, h or d, "
            'as in "1.5s", "500ms" or "1h30m"'
        )
    return int(total)


def go_duration(ns: int) -> str:
    """Write a duration as Go's time.Duration does: 80 s is "1m20s", 1.234 s is "1.234s"."""
    if ns == 0:
        return "0s"
    if ns < 1_000_000_000:
        for unit in ("ms", "us", "ns"):
            if ns >= _UNITS[unit]:
                spelt = "µs" if unit == "us" else unit
                return f"{_decimal(ns, _UNITS[unit])}{spelt}"
    minutes, rest = divmod(ns, _UNITS["m"])
    hours, minutes = divmod(minutes, 60)
    seconds = f"{_decimal(rest, _UNITS['s'])}s"
    if hours:
        return f"{hours}h{minutes}m{seconds}"
    return f"{minutes}m{seconds}" if minutes else seconds


def _decimal(amount: int, unit: int) -> str:
    whole, rest = divmod(amount, unit)
    if not rest:
        return str(whole)
    digits = len(str(unit)) - 1
    return f"{whole}.{str(rest).zfill(digits).rstrip('0')}"
