"""Durations as people and data files write them: `500ms`, `1.8s`, `5m`, `2h`, `7d`, `1h30m`."""

import re
from decimal import Decimal

_PART = re.compile(r"(\d+(?:\.\d+)?)(ns|us|ms|s|m|h|d)")
_NANOSECONDS = {
    "ns": 1,
    "us": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
    "d": 86_400_000_000_000,
}


class InvalidDuration(ValueError):
    """Not a duration."""


def parse(text: str) -> int:
    """Return *text* in ns: `"1.5s"` gives 1_500_000_000. Raises InvalidDuration."""
    total, at = Decimal(0), 0
    for match in _PART.finditer(text):
        if match.start() != at:
            break
        total += Decimal(match[1]) * _NANOSECONDS[match[2]]
        at = match.end()
    if at == 0 or at != len(text):
        raise InvalidDuration(text)
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
