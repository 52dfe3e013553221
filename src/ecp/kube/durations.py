"""Durations as people and data files write them: `500ms`, `1.8s`, `5m`, `2h`, `7d`, `1h30m`."""

import re
from decimal import Decimal
from functools import lru_cache

_NANOSECONDS = {
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
def parse(text: str) -> int:
    """Return *text* in ns: `"1.5s"` gives 1_500_000_000, `"0"` needs no unit.

    Raises InvalidDuration.
    """
    text = text.strip()
    if text == "0":
        return 0
    total, at = Decimal(0), 0
    for part in _PART.finditer(text):
        if part.start() != at:
            break
        total += Decimal(part[1]) * _NANOSECONDS[part[2]]
        at = part.end()
    if at != len(text) or not text:
        raise InvalidDuration(
            f"{text!r} is not a duration: write a number with ns, us, ms, s, m, h or d, "
            'as in "1.5s", "500ms" or "1h30m"'
        )
    return int(total)


def spell(nanoseconds: int) -> str:
    """Return a duration in its largest whole units, at most two: 5_400 s gives `1h30m`."""
    if nanoseconds < 0:
        return "-" + spell(-nanoseconds)
    if nanoseconds < 1_000_000_000:
        return f"{nanoseconds / 1_000_000:g}ms"
    if nanoseconds < 60_000_000_000:
        return f"{round(nanoseconds / 1_000_000_000, 1):g}s"
    seconds = nanoseconds // 1_000_000_000
    parts = []
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts[:2])


def go_duration(ns: int) -> str:
    """Write a duration as Go's time.Duration does: 80 s is "1m20s", 1.234 s is "1.234s"."""
    if ns == 0:
        return "0s"
    if ns < 1_000_000_000:
        for unit in ("ms", "us", "ns"):
            if ns >= _NANOSECONDS[unit]:
                spelt = "µs" if unit == "us" else unit
                return f"{_decimal(ns, _NANOSECONDS[unit])}{spelt}"
    minutes, rest = divmod(ns, _NANOSECONDS["m"])
    hours, minutes = divmod(minutes, 60)
    seconds = f"{_decimal(rest, _NANOSECONDS['s'])}s"
    if hours:
        return f"{hours}h{minutes}m{seconds}"
    return f"{minutes}m{seconds}" if minutes else seconds


def _decimal(amount: int, unit: int) -> str:
    whole, rest = divmod(amount, unit)
    if not rest:
        return str(whole)
    digits = len(str(unit)) - 1
    return f"{whole}.{str(rest).zfill(digits).rstrip('0')}"
