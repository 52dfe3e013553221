"""Contracted service hours: when a service has to be there at all; the rest is off duty (O).

Written "09:00-18:00", with days "mon-fri 09:00-18:00", over midnight "22:00-06:00", or always
"00:00-24:00"; hours of the contract's own zone, so that summer time moves them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from ecp.slo.errors import InputError
from ecp.slo.slots import SLOT_SECONDS, Span, slots_covered

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES: Final = 24 * 60

_HOURS: Final = re.compile(
    r"(?:([a-z]{3})(?:-([a-z]{3}))? +)?([0-2]?\d):([0-5]\d)-([0-2]?\d):([0-5]\d)"
)


@dataclass(frozen=True, slots=True)
class Hours:
    """Minutes [begin, end) of the local day, on `days` (0 = Monday), of the day they begin on.

    An end at or before the begin lies on the next day.
    """

    begin: int
    end: int
    days: tuple[int, ...] = tuple(range(7))

    @property
    def always(self) -> bool:
        return len(self.days) == 7 and self.end - self.begin == DAY_MINUTES

    def on_duty(self, a: int, b: int, zone: ZoneInfo) -> Iterator[Span]:
        """Slots [first, after) on duty within slots [a, b), ascending: those that start in it."""
        end = self.end if self.end > self.begin else self.end + DAY_MINUTES
        local = datetime.fromtimestamp(a * SLOT_SECONDS, zone).date() - timedelta(days=1)
        while True:
            opens = _instant(local, self.begin, zone)
            if opens >= b * SLOT_SECONDS:
                return
            if local.weekday() in self.days:
                (slots,) = slots_covered([Span(opens, _instant(local, end, zone))])
                first, after = max(slots.start, a), min(slots.end, b)
                if first < after:
                    yield Span(first, after)
            local += timedelta(days=1)


ALWAYS: Final = Hours(0, DAY_MINUTES)
NEVER: Final = Hours(0, DAY_MINUTES, ())
"""Off duty round the clock, as a service that was stopped is."""


def hours_of(text: object, field: str = "service_hours") -> Hours:
    """The hours that a text names. Raises InputError naming the field."""
    match = _HOURS.fullmatch(text.strip().lower()) if isinstance(text, str) else None
    if match is None:
        raise _refused(field, text)
    first, last, *clock = match.groups()
    begin, end = (int(clock[i]) * 60 + int(clock[i + 1]) for i in (0, 2))
    if max(begin, end) > DAY_MINUTES or begin in (end, DAY_MINUTES):
        raise _refused(field, text)
    if not first:
        return Hours(begin, end)
    if first not in DAYS or (last or first) not in DAYS:
        raise _refused(field, text)
    start, stop = DAYS.index(first), DAYS.index(last or first)
    days = {(start + n) % 7 for n in range((stop - start) % 7 + 1)}
    return Hours(begin, end, tuple(sorted(days)))


def _instant(day: date, minutes: int, zone: ZoneInfo) -> int:
    """Seconds since the epoch of the local wall clock's reading."""
    day += timedelta(days=minutes // DAY_MINUTES)
    hour, minute = divmod(minutes % DAY_MINUTES, 60)
    return int(datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone).timestamp())


def _refused(field: str, text: object) -> InputError:
    return InputError(
        field, f"{text!r} are no service hours", 'write "09:00-18:00" or "mon-fri 09:00-18:00"'
    )
