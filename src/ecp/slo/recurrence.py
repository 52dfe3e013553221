"""Windows that recur: a subset of RFC 5545's RRULE, in the wall time of the contract's zone.

FREQ is DAILY, WEEKLY, MONTHLY or YEARLY; INTERVAL, COUNT or UNTIL, BYDAY (with a number in a month:
1SU, -1FR), BYMONTHDAY, BYMONTH, BYSETPOS and WKST narrow it. The start is the first occurrence. A
rule without an end stands for five years or a thousand occurrences, whichever comes first.
Source: RFC 5545, 3.3.10 and 3.8.5.3; an hour that summer time skips is read with the offset before.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final

from ecp.slo.errors import InputError
from ecp.slo.windows import zone_of

MOST: Final = 1000
YEARS: Final = 5

_DAY: Final = r"(MO|TU|WE|TH|FR|SA|SU)"
_PARTS: Final = {
    "FREQ": re.compile(r"DAILY|WEEKLY|MONTHLY|YEARLY"),
    "INTERVAL": re.compile(r"[1-9]\d{0,2}"),
    "COUNT": re.compile(r"[1-9]\d{0,3}"),
    "UNTIL": re.compile(r"\d{8}(T\d{6}Z?)?"),
    "BYDAY": re.compile(rf"([+-]?[1-5])?{_DAY}(,([+-]?[1-5])?{_DAY})*"),
    "BYMONTHDAY": re.compile(r"-?([1-9]|[12]\d|3[01])(,-?([1-9]|[12]\d|3[01]))*"),
    "BYMONTH": re.compile(r"([1-9]|1[0-2])(,([1-9]|1[0-2]))*"),
    "BYSETPOS": re.compile(r"-?[1-9]\d{0,2}(,-?[1-9]\d{0,2})*"),
    "WKST": re.compile(_DAY),
}
_EXAMPLE: Final = "write e.g. FREQ=WEEKLY;BYDAY=SU or FREQ=MONTHLY;BYDAY=1SU;COUNT=12"


@lru_cache(maxsize=256)
def starts(rule: str, start: int, timezone: str) -> tuple[int, ...]:
    """The starts (seconds since the epoch) of all occurrences, ascending; the first is `start`.

    Raises InputError (field rrule) for what is outside the subset, for a start that the rule does
    not name, and for more than a thousand occurrences.
    """
    parts = _read(rule)
    zone = zone_of(timezone)
    first = datetime.fromtimestamp(start, zone)
    until = _until(parts.pop("UNTIL"), first) if "UNTIL" in parts else None
    endless = until is None and "COUNT" not in parts
    last = until or first + timedelta(days=366 * YEARS)
    from dateutil.rrule import rrulestr

    text = ";".join(f"{name}={value}" for name, value in parts.items())
    try:
        # Naive wall time: what it is in the zone is asked of each occurrence.
        named = rrulestr(text, dtstart=first.replace(tzinfo=None))
    except ValueError as error:
        raise _refused(rule, f"is no rule ({error})") from None
    found: list[int] = []
    for local in named:
        at = local.replace(tzinfo=zone)
        if at.timestamp() > last.timestamp():
            break
        if len(found) == MOST:
            if endless:
                break
            raise _refused(rule, f"names more than {MOST} occurrences")
        found.append(int(at.timestamp()))
    if not found or found[0] != start:
        there = (
            datetime.fromtimestamp(found[0], UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if found else "-"
        )
        raise InputError(
            "rrule",
            f"{rule!r} does not name the start as its first occurrence (that is {there})",
            "let start be the first occurrence",
        )
    return tuple(found)


def _read(rule: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for part in rule.strip().upper().removeprefix("RRULE:").split(";"):
        name, _, value = part.partition("=")
        if name not in _PARTS:
            raise _refused(rule, f"has {name or 'an empty part'!r}, not one of {', '.join(_PARTS)}")
        if name in parts or not _PARTS[name].fullmatch(value):
            raise _refused(rule, f"says {part!r}")
        parts[name] = value
    if "FREQ" not in parts:
        raise _refused(rule, "has no FREQ")
    if "COUNT" in parts and "UNTIL" in parts:
        raise _refused(rule, "has COUNT and UNTIL, of which only one may stand")
    if parts["FREQ"] in ("DAILY", "WEEKLY") and re.search(r"\d", parts.get("BYDAY", "")):
        raise _refused(rule, "numbers days where there is no month to count them in")
    return parts


def _until(text: str, first: datetime) -> datetime:
    """The last instant that an occurrence may begin at; a day counts whole."""
    try:
        if "T" not in text:
            day = date(int(text[:4]), int(text[4:6]), int(text[6:]))
            return datetime.combine(day, time(23, 59, 59), first.tzinfo)
        at = datetime.strptime(text[:15], "%Y%m%dT%H%M%S")
    except ValueError:
        raise _refused(f"UNTIL={text}", "names no day") from None
    return at.replace(tzinfo=UTC if text.endswith("Z") else first.tzinfo)


def _refused(rule: str, problem: str) -> InputError:
    return InputError("rrule", f"{rule!r} {problem}", _EXAMPLE)
