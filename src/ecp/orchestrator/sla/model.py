"""What a period may be. Source: requirement C17."""

import re
from typing import Final

_PERIOD: Final = re.compile(r"([1-9]\d{0,5})([mhd])")
_MINUTES: Final = {"m": 1, "h": 60, "d": 1440}
LONGEST_MINUTES: Final = 30 * 1440


def minutes_of(period: str) -> int | None:
    """Return the minutes of a period such as 24h; None for what is none or is too long."""
    match = _PERIOD.fullmatch(period)
    if match is None:
        return None
    minutes = int(match[1]) * _MINUTES[match[2]]
    return minutes if minutes <= LONGEST_MINUTES else None
