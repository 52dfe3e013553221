"""Instants and durations: reading, writing, and the parts of them.

Source: google/cel-go common/types/{timestamp,duration}.go; kube-openapi strfmt/time.go.
"""

from __future__ import annotations

import re
from calendar import timegm
from time import gmtime
from typing import Final

from ecp.kube.cel.source import RunError
from ecp.kube.cel.values import Duration, Timestamp
from ecp.kube.formats import is_date
from ecp.kube.times import time_complaint

_SECOND: Final = 1_000_000_000
_INSTANT: Final = re.compile(
    r"(\d{4}-\d{2}-\d{2})T(\d{2}):(\d{2}):(\d{2})(?:[.,](\d+))?(Z|[+-]\d{2}:\d{2})?"
)
_OFFSET: Final = re.compile(r"([+-]?)(\d{1,2}):(\d{2})")
_FIRST: Final = -62_135_596_800 * _SECOND
_LAST: Final = 253_402_300_799 * _SECOND + _SECOND - 1
_LARGEST: Final = (1 << 63) - 1


def day(text: str) -> Timestamp:
    """Return the midnight that ``2026-02-28`` begins with. Raises RunError."""
    if not is_date(text):
        raise RunError(f"Invalid date formatted string {text}")
    year, month, number = map(int, text.split("-"))
    return Timestamp(_seconds(year, month, number) * _SECOND)


def date_time(text: str) -> Timestamp:
    """Return an instant that a schema's date-time says; without a zone it is UTC."""
    if not text:
        return Timestamp(0)
    found = _read(text, zoned=False)
    if found is None:
        raise RunError(f"Invalid date-time formatted string {text}: {time_complaint(text)}")
    return found


def timestamp(text: str) -> Timestamp | None:
    """Return the instant that an RFC 3339 text says, None for any other text."""
    return _read(text, zoned=True)


def _seconds(year: int, month: int, number: int) -> int:
    return timegm((year, month, number, 0, 0, 0, 0, 0, 0))


def _read(text: str, zoned: bool) -> Timestamp | None:
    found = _INSTANT.fullmatch(text)
    if found is None or (zoned and not found[6]) or not is_date(found[1]):
        return None
    hour, minute, second = int(found[2]), int(found[3]), int(found[4])
    if hour > 23 or minute > 59 or second > 59:
        return None
    offset = 0
    if found[6] and found[6] != "Z":
        sign = -1 if found[6][0] == "-" else 1
        hours, minutes = int(found[6][1:3]), int(found[6][4:6])
        if hours > 24 or minutes > 60:
            return None
        offset = sign * (hours * 3600 + minutes * 60)
    whole = _seconds(*map(int, found[1].split("-"))) + hour * 3600 + minute * 60 + second - offset
    fraction = int((found[5] or "0")[:9].ljust(9, "0"))
    return Timestamp(whole * _SECOND + fraction, offset)


def in_range(instant: Timestamp) -> Timestamp:
    """Return the instant if it is in the years 1 to 9999. Raises RunError."""
    if not _FIRST <= instant.ns <= _LAST:
        raise RunError("timestamp overflow")
    return instant


def checked(ns: int, what: str = "duration overflow") -> Duration:
    """Return a duration that fits 64 bits. Raises RunError."""
    if not -_LARGEST - 1 <= ns <= _LARGEST:
        raise RunError(what)
    return Duration(ns)


def written(instant: Timestamp) -> str:
    """Return an instant as RFC 3339, in the zone that it was written in."""
    seconds, fraction = divmod(instant.ns, _SECOND)
    parts = gmtime(seconds + instant.offset)
    text = (
        f"{parts[0]:04d}-{parts[1]:02d}-{parts[2]:02d}T{parts[3]:02d}:{parts[4]:02d}:{parts[5]:02d}"
    )
    if fraction:
        text += f".{fraction:09d}".rstrip("0")
    if not instant.offset:
        return f"{text}Z"
    sign, minutes = ("-" if instant.offset < 0 else "+"), abs(instant.offset) // 60
    return f"{text}{sign}{minutes // 60:02d}:{minutes % 60:02d}"


def part(instant: Timestamp, name: str, zone: str = "UTC") -> int:
    """Return a part of an instant: ``year``, ``month`` (from 0), ``yday``, … Raises RunError."""
    seconds, fraction = divmod(instant.ns, _SECOND)
    if name == "milliseconds":
        return fraction // 1_000_000
    local = gmtime(seconds + _offset(zone, seconds))
    numbers = {
        "year": local.tm_year,
        "month": local.tm_mon - 1,
        "yday": local.tm_yday - 1,
        "date": local.tm_mday,
        "day": local.tm_mday - 1,
        "weekday": (local.tm_wday + 1) % 7,
        "hours": local.tm_hour,
        "minutes": local.tm_min,
        "seconds": local.tm_sec,
    }
    return numbers[name]


def _offset(zone: str, seconds: int) -> int:
    if zone in ("UTC", ""):
        return 0
    found = _OFFSET.fullmatch(zone)
    if found is not None:
        size = int(found[2]) * 3600 + int(found[3]) * 60
        return -size if found[1] == "-" else size
    import datetime
    import zoneinfo

    try:
        info = zoneinfo.ZoneInfo(zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        raise RunError(f"unknown time zone {zone}") from None
    there = datetime.datetime.fromtimestamp(seconds, info).utcoffset()
    assert there is not None
    return int(there.total_seconds())
