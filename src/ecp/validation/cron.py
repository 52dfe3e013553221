"""Cron schedules as the CronJob API takes them.

Source: robfig/cron v3 parser.go `ParseStandard`, kubernetes pkg/apis/batch/validation.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from ecp.kube.errors import go_quote
from ecp.kube.numbers import whole


class _Field(NamedTuple):
    low: int
    high: int
    names: tuple[str, ...] = ()


_MONTHS: Final = (
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
)
_DAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS: Final = (
    _Field(0, 59),
    _Field(0, 23),
    _Field(1, 31),
    _Field(1, 12, _MONTHS),
    _Field(0, 6, _DAYS),
)
_DESCRIPTORS: Final = frozenset(
    ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")
)
_NANOSECONDS: Final = {
    "ns": 1,
    "us": 1_000,
    "\u00b5s": 1_000,
    "\u03bcs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}


class _Bad(ValueError):
    pass


class Part(NamedTuple):
    """One field of a schedule: the values it lets through, and whether it was left open."""

    values: tuple[int, ...]
    star: bool


def fields(schedule: str) -> tuple[Part, ...]:
    """Return minutes, hours, days, months and week days of a schedule without complaints."""
    found = []
    for part, field in zip(schedule.split(), _FIELDS, strict=True):
        values: dict[int, None] = {}
        star = False
        for expression in part.split(","):
            if expression:
                low, high, step = _range(expression, field)
                values |= dict.fromkeys(range(low, high + 1, step))
                star |= expression[0] in "*?" and step == 1
        found.append(Part(tuple(values), star))
    return tuple(found)


def every(schedule: str) -> int:
    """Return the distance (ns) of an ``@every 1h30m`` without complaints; negative if it is."""
    text = schedule.removeprefix("@every ")
    total = sum(
        round(float(number) * _NANOSECONDS[unit])
        for number, unit in re.findall(r"([0-9.]+)([^0-9.+-]+)", text)
    )
    return -total if text.startswith("-") else total


@lru_cache(maxsize=1024)
def schedule_complaints(schedule: str) -> tuple[str, ...]:
    """Return the server's words for a schedule it refuses, none for a good one."""
    found = _parsed(schedule)
    if "TZ" in schedule:
        zoned = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"
        return (found, zoned) if found else (zoned,)
    return (found,) if found else ()


def _parsed(schedule: str) -> str:
    if schedule.startswith(("TZ=", "CRON_TZ=")):
        zone, _, schedule = schedule.partition(" ")
        zone = zone.partition("=")[2]
        if _unknown(zone):
            return f"provided bad location {zone}: unknown time zone {zone}"
        schedule = schedule.strip()
    if schedule.startswith("@"):
        return _descriptor(schedule)
    parts = schedule.split()
    if len(parts) != 5:
        return f"expected exactly 5 fields, found {len(parts)}: [{' '.join(parts)}]"
    try:
        for part, field in zip(parts, _FIELDS, strict=True):
            for expression in part.split(","):
                if expression:
                    _range(expression, field)
    except _Bad as error:
        return str(error)
    return ""


def _descriptor(schedule: str) -> str:
    if schedule in _DESCRIPTORS:
        return ""
    if not schedule.startswith("@every "):
        return f"unrecognized descriptor: {schedule}"
    complaint = _duration_complaint(schedule.removeprefix("@every "))
    return complaint and f"failed to parse duration {schedule}: {complaint}"


def _duration_complaint(text: str) -> str:
    """Say what Go says of a duration such as ``1h30m``. Source: Go time.ParseDuration."""
    rest = text[1:] if text[:1] in ("+", "-") else text
    if rest == "0":
        return ""
    invalid = f"time: invalid duration {go_quote(text)}"
    if not rest:
        return invalid
    while rest:
        number = re.match(r"[0-9]+\.?[0-9]*|\.[0-9]+", rest)
        if number is None:
            return invalid
        rest = rest[number.end() :]
        unit = re.match("[^0-9.]*", rest)
        assert unit is not None
        if not unit[0]:
            return f"time: missing unit in duration {go_quote(text)}"
        if unit[0] not in _NANOSECONDS:
            return f"time: unknown unit {go_quote(unit[0])} in duration {go_quote(text)}"
        rest = rest[unit.end() :]
    return ""


def _range(expression: str, field: _Field) -> tuple[int, int, int]:
    """Return the first value, the last and the step. Raises _Bad."""
    head, *steps = expression.split("/")
    low_text, *highs = head.split("-")
    if low_text in ("*", "?"):
        low, high = field.low, field.high
    else:
        low = _number(low_text, field)
        if len(highs) > 1:
            raise _Bad(f"too many hyphens: {expression}")
        high = _number(highs[0], field) if highs else low
    if len(steps) > 1:
        raise _Bad(f"too many slashes: {expression}")
    step = 1
    if steps:
        step = _plain(steps[0])
        if not highs and low_text not in ("*", "?"):
            high = field.high
    if low < field.low:
        raise _Bad(f"beginning of range ({low}) below minimum ({field.low}): {expression}")
    if high > field.high:
        raise _Bad(f"end of range ({high}) above maximum ({field.high}): {expression}")
    if low > high:
        raise _Bad(f"beginning of range ({low}) beyond end of range ({high}): {expression}")
    if step == 0:
        raise _Bad(f"step of range should be a positive number: {expression}")
    return low, high, step


def _number(text: str, field: _Field) -> int:
    if text.lower() in field.names:
        return field.low + field.names.index(text.lower())
    return _plain(text)


def _plain(text: str) -> int:
    number = whole(text)
    if number is None:
        # Digits that are refused are too many.
        why = "value out of range" if re.fullmatch("[+-]?[0-9]+", text) else "invalid syntax"
        raise _Bad(
            f"failed to parse int from {text}: strconv.Atoi: parsing {go_quote(text)}: {why}"
        )
    if number < 0:
        raise _Bad(f"negative number ({number}) not allowed: {text}")
    return number


@lru_cache(maxsize=256)
def time_zone_complaints(zone: str) -> tuple[str, ...]:
    """Return the server's words for a time zone it refuses, none for a good one.

    Where this machine has no time zone data, nothing but the form is judged.
    """
    if not zone:
        return ("timeZone must be nil or non-empty string",)
    unknown = f"unknown time zone {zone}"
    for part in zone.split("/"):
        well_formed = re.fullmatch(r"[A-Za-z._0-9+-]{1,14}", part) is not None
        if part in (".", "..") or part.startswith("-") or not well_formed:
            return (unknown,)
    if zone.lower() != "local":
        return (unknown,) if _unknown(zone) else ()
    text = "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"
    return (text,) if zone == "Local" else (text, unknown)


def _unknown(zone: str) -> bool:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    if zone in ("", "UTC"):
        return False
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return _has_zones()
    return False


@lru_cache(maxsize=1)
def _has_zones() -> bool:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo("Europe/London")
    except ZoneInfoNotFoundError:
        return False
    return True
