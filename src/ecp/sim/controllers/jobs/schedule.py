"""When a cron schedule fires next.

A schedule's words are judged elsewhere (`ecp.validation.cron`); here they are only read.
Source: robfig/cron v3 spec.go (Next, dayMatches), parser.go, constantdelay.go.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import NamedTuple

from ecp.validation import cron

SECOND = 1_000_000_000
_YEARS = 5
"""How far the search goes. Source: robfig/cron v3 spec.go."""

_DESCRIPTORS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}


class BadSchedule(ValueError):
    """A schedule or a time zone that cannot be read; the message is the server's."""


class Every(NamedTuple):
    """A schedule that counts from the instant before: "@every 90s"; `delay` in ns."""

    delay: int

    def next(self, after: int) -> int | None:
        """Return the next instant (ns)."""
        return after - after % SECOND + self.delay


class Calendar(NamedTuple):
    """A schedule of minutes, hours, days, months and week days, in a time zone.

    `any_day` says that a day of the month, or of the week, is left open: then both must match.
    """

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    week_days: frozenset[int]
    any_day: bool
    zone: tzinfo

    def next(self, after: int) -> int | None:
        """Return the first instant (ns) that is later than *after*, None if there is none soon."""
        at = self._local(after // SECOND + 1)
        limit = at.year + _YEARS
        while at.year <= limit:
            if at.month not in self.months:
                at = self._month_after(at)
            elif not self._fits(at):
                at = self._day_after(at)
            elif at.hour not in self.hours:
                at = self._moved(at, 3600 - at.minute * 60 - at.second)
            elif at.minute not in self.minutes or at.second:
                at = self._moved(at, 60 - at.second)
            else:
                return round(at.timestamp()) * SECOND
        return None

    def _local(self, seconds: int) -> datetime:
        return datetime.fromtimestamp(seconds, self.zone)

    def _moved(self, at: datetime, seconds: int) -> datetime:
        return self._local(round(at.timestamp()) + seconds)

    def _midnight(self, at: datetime) -> datetime:
        """Return the beginning of a day: its first hour where clocks skip midnight."""
        plain = datetime(at.year, at.month, at.day, tzinfo=self.zone)
        return self._local(round(plain.timestamp()))

    def _month_after(self, at: datetime) -> datetime:
        year, month = divmod(at.year * 12 + at.month, 12)
        return self._midnight(datetime(year, month + 1, 1, tzinfo=self.zone))

    def _day_after(self, at: datetime) -> datetime:
        return self._midnight(datetime(at.year, at.month, at.day) + timedelta(days=1))

    def _fits(self, at: datetime) -> bool:
        of_month, of_week = at.day in self.days, at.isoweekday() % 7 in self.week_days
        return (of_month and of_week) if self.any_day else (of_month or of_week)


@lru_cache(maxsize=256)
def parse(text: str, zone: str | None) -> Every | Calendar:
    """Read a schedule, for *zone* (None: UTC). Raises BadSchedule."""
    complaints = cron.schedule_complaints(text)
    if complaints:
        raise BadSchedule(complaints[0])
    if text.startswith("@every "):
        delay = max(cron.every(text), SECOND)
        return Every(delay - delay % SECOND)
    fields = cron.fields(_DESCRIPTORS.get(text, text))
    minutes, hours, days, months, week_days = (frozenset(field.values) for field in fields)
    any_day = fields[2].star or fields[4].star
    return Calendar(minutes, hours, days, months, week_days, any_day, time_zone(zone))


@lru_cache(maxsize=256)
def time_zone(name: str | None) -> tzinfo:
    """Return a time zone by its name, UTC for none. Raises BadSchedule."""
    if name in (None, "", "UTC"):
        return UTC
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadSchedule(f"unknown time zone {name}") from error
