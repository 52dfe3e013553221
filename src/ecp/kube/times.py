"""Instants as Kubernetes writes them: RFC 3339 in UTC, from integer nanoseconds."""

import re
from functools import lru_cache
from time import gmtime, strptime
from typing import Final

from ecp.kube.errors import go_quote

_SECOND = 1_000_000_000


@lru_cache(maxsize=4096)
def _seconds(seconds: int) -> str:
    t = gmtime(seconds)
    return f"{t[0]:04d}-{t[1]:02d}-{t[2]:02d}T{t[3]:02d}:{t[4]:02d}:{t[5]:02d}Z"


@lru_cache(maxsize=4096)
def rfc3339(instant: int) -> str:
    """Return *instant* (ns since the epoch) in whole seconds, cut: metav1.Time."""
    return _seconds(instant // _SECOND)


def rfc3339_micro(instant: int) -> str:
    """Return *instant* (ns since the epoch) with six decimals: metav1.MicroTime."""
    return f"{_seconds(instant // _SECOND)[:-1]}.{instant % _SECOND // 1000:06d}Z"


@lru_cache(maxsize=4096)
def nanoseconds(text: str) -> int:
    """Return an RFC 3339 UTC instant, with or without a fraction, in ns since the epoch.

    Raises ValueError for anything else.
    """
    # It brings what is known of calendars and places, which who only writes instants need not load.
    from calendar import timegm

    whole, _, fraction = text.removesuffix("Z").partition(".")
    seconds = timegm(strptime(whole, "%Y-%m-%dT%H:%M:%S"))
    return seconds * _SECOND + (int(fraction[:9].ljust(9, "0")) if fraction else 0)


def time_complaint(text: str, *, exact: bool = False) -> str:
    """Return Go's words for text that is not RFC 3339, ``""`` for a good time.

    exact   the time has to have six decimals, as that of a lease or an event
    """
    layout = "2006-01-02T15:04:05.000000Z07:00" if exact else "2006-01-02T15:04:05Z07:00"
    at, read = 0, {}
    for part, pattern in _EXACT_PARTS if exact else _PARTS:
        match = re.compile(pattern).match(text, at)
        if match is None:
            return (
                f"parsing time {go_quote(text)} as {go_quote(layout)}: "
                f"cannot parse {go_quote(text[at:])} as {go_quote(part)}"
            )
        at = match.end()
        if part not in _RANGES:
            continue
        name, least, most = _RANGES[part]
        read[name] = int(match[0][:4])
        if not least <= read[name] <= most:
            return f"parsing time {go_quote(text)}: {name} out of range"
    if at != len(text):
        return f"parsing time {go_quote(text)}: extra text: {go_quote(text[at:])}"
    if not 1 <= read["day"] <= _days(read["year"], read["month"]):
        return f"parsing time {go_quote(text)}: day out of range"
    return ""


def _days(year: int, month: int) -> int:
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]


_PARTS: Final = (
    ("2006", r"\d{4}"),
    ("-", "-"),
    ("01", r"\d{2}"),
    ("-", "-"),
    ("02", r"\d{2}"),
    ("T", "T"),
    ("15", r"\d{2}"),
    (":", ":"),
    ("04", r"\d{2}"),
    (":", ":"),
    ("05", r"\d{2}"),
    ("", r"(?:[.,]\d+)?"),
    ("Z07:00", r"Z|[-+]\d{2}:\d{2}"),
)
_EXACT_PARTS: Final = (*_PARTS[:-2], (".000000", r"[.,]\d{6}"), _PARTS[-1])
# What the numbers of a layout are called, and from where to where they go.
_RANGES: Final = {
    "2006": ("year", 0, 9999),
    "01": ("month", 1, 12),
    "02": ("day", 0, 99),
    "15": ("hour", 0, 23),
    "04": ("minute", 0, 59),
    "05": ("second", 0, 59),
}
