"""Instants as Kubernetes writes them: RFC 3339 in UTC, from integer nanoseconds."""

import re
from calendar import timegm
from functools import lru_cache
from time import gmtime, strptime
from typing import Final

from ecp.kube.errors import go_quote

_SECOND = 1_000_000_000
_RFC3339: Final = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:[.,]\d+)?(?:Z|[-+]\d{2}:\d{2})"
)


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
    whole, _, fraction = text.removesuffix("Z").partition(".")
    seconds = timegm(strptime(whole, "%Y-%m-%dT%H:%M:%S"))
    return seconds * _SECOND + (int(fraction[:9].ljust(9, "0")) if fraction else 0)


def time_complaint(text: str, *, exact: bool = False) -> str:
    """Return Go's words for text that is not RFC 3339, ``""`` for a good time.

    exact   the time has to have six decimals, as that of a lease or an event
    """
    layout = "2006-01-02T15:04:05.000000Z07:00" if exact else "2006-01-02T15:04:05Z07:00"
    match = _RFC3339.fullmatch(text)
    wanted, rest = _time_expected(text, exact) if exact or match is None else ("", "")
    if match is None or wanted:
        quoted = go_quote(text)
        return (
            f"parsing time {quoted} as {go_quote(layout)}: "
            f"cannot parse {go_quote(rest)} as {go_quote(wanted)}"
        )
    month, day, hour, minute, second = (int(match[number]) for number in range(2, 7))
    leap = int(match[1]) % 4 == 0 and (int(match[1]) % 100 != 0 or int(match[1]) % 400 == 0)
    days = (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    if not 1 <= month <= 12:
        part = "month"
    elif not 1 <= day <= days[month - 1]:
        part = "day"
    elif hour > 23:
        part = "hour"
    elif minute > 59:
        part = "minute"
    elif second > 59:
        part = "second"
    else:
        return ""
    return f"parsing time {go_quote(text)}: {part} out of range"


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
    ("05", r"\d{2}(?:[.,]\d+)?"),
    ("Z07:00", r"Z|[-+]\d{2}:\d{2}"),
)
_EXACT_PARTS: Final = (
    *_PARTS[:-2],
    ("05", r"\d{2}"),
    (".000000", r"[.,]\d{6}"),
    _PARTS[-1],
)


def _time_expected(text: str, exact: bool) -> tuple[str, str]:
    at = 0
    for layout, pattern in _EXACT_PARTS if exact else _PARTS:
        match = re.compile(pattern).match(text, at)
        if match is None:
            return layout, text[at:]
        at = match.end()
    return "", text[at:]
