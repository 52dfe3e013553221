"""Public holidays: dated rows with their names and their source, and what a tenant changes of them.

Source: holidays/generated/kr.yaml, written by tools/make_holidays.py from the package `holidays`,
which follows the Korean act on public holidays: substitute days, elections, Labour Day from 2026
and Constitution Day from 2026 on.

Example: `between(date(2026, 7, 13), date(2026, 7, 20))` is one row, 2026-07-17, 제헌절.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SECOND: Final = 1_000_000_000
CALENDARS: Final = ("KR",)
TENANT: Final = "tenant"
"""The source of a day that the tenant itself is closed on."""


class Holiday(NamedTuple):
    """A day off: its names, and who says so."""

    day: date
    ko: str
    en: str
    source: str

    def to_json(self) -> dict[str, str]:
        """Return it as reports and answers show it."""
        names = {"ko": self.ko, "en": self.en}
        return {"date": self.day.isoformat(), **names, "source": self.source}


class Calendar(NamedTuple):
    """The days off of a country in the years `first` to `last`; beyond them none is known."""

    days: Mapping[date, Holiday]
    first: int
    last: int
    source: str


@cache
def calendar(code: str) -> Calendar:
    """Return a country's days. Raises KeyError for a code that is none of CALENDARS."""
    if code not in CALENDARS:
        raise KeyError(code)
    path = resources.files("ecp.workloads").joinpath(
        "holidays", "generated", f"{code.lower()}.yaml"
    )
    given: dict[str, Any] = yaml.load(path.read_text("utf-8"), Loader=_LOADER)
    source = given["source"]
    rows = {day: Holiday(day, ko, en, source) for day, ko, en in given["days"]}
    return Calendar(MappingProxyType(rows), given["first"], given["last"], source)


@lru_cache(maxsize=65_536)
def off(code: str, day: date) -> bool:
    """Whether a day is off in a calendar; code "" knows no days off."""
    return bool(code) and day in calendar(code).days


def between(
    first: date, last: date, *, code: str = "KR", changes: Mapping[date, str] | None = None
) -> tuple[Holiday, ...]:
    """Return the days off from *first* to *last* (both included), in order.

    code        "" = of no country: only what *changes* says
    changes     what a tenant says of single days: a name = off, "" = a working day

    Raises KeyError for an unknown code.
    """
    known = dict(calendar(code).days) if code else {}
    for day, name in (changes or {}).items():
        if name:
            known[day] = Holiday(day, name, name, TENANT)
        else:
            known.pop(day, None)
    return tuple(known[day] for day in sorted(known) if first <= day <= last)


def in_window(
    start: int,
    end: int,
    timezone: str,
    *,
    code: str = "KR",
    changes: Mapping[date, str] | None = None,
) -> tuple[Holiday, ...]:
    """Return the days off of which a part lies in [start, end) (ns since the epoch, UTC)."""
    if end <= start:
        return ()
    zone = ZoneInfo(timezone)
    first = datetime.fromtimestamp(start // _SECOND, zone).date()
    last = datetime.fromtimestamp(-(-end // _SECOND), zone) - timedelta(seconds=1)
    return between(first, last.date(), code=code, changes=changes)
