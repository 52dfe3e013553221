"""Windows: the seconds a report is about.

Rolling windows end now; calendar windows are a whole week, month, quarter or year in an IANA zone,
of which the part up to now has been seen. Edges are floored to slots. Calendar lengths are real
ones: March 2026 in New York has 743 hours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ecp.slo.errors import InputError
from ecp.slo.slots import SLOT_SECONDS, slot_of

WindowKind: TypeAlias = Literal["rolling", "calendar"]

_UNIT_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_MONTHS: Final[dict[str, int]] = {"month": 1, "quarter": 3, "year": 12}
_PERIOD: Final = re.compile(r"([1-9][0-9]{0,5})([smhdw])")


@dataclass(frozen=True, slots=True)
class Window:
    """Slots [start, end) that have been seen, of a period that ends at slot `full_end`.

    `label` is the period as asked for ("24h", "calendar-month").
    """

    start: int
    end: int
    full_end: int
    kind: WindowKind = "rolling"
    label: str = ""
    timezone: str = "UTC"

    def __post_init__(self) -> None:
        if not self.start <= self.end <= self.full_end:
            raise InputError(
                "window",
                f"slots {self.start} to {self.end} of {self.full_end} do not ascend",
                "give start ≤ end ≤ full_end",
            )

    @property
    def slots(self) -> int:
        return self.end - self.start

    @classmethod
    def between(cls, start: int, end: int, *, label: str = "", timezone: str = "UTC") -> Window:
        """Seconds [start, end), whole and closed."""
        first, last = slot_of(start), slot_of(end)
        return cls(first, last, last, "rolling", label, timezone)


def window_of(period: str, now: int, timezone: str = "UTC") -> Window:
    """The window that a period names at second `now`: "1h", "24h", "30d", "calendar-month" …

    Raises InputError for a period or zone that is not known.
    """
    if period.startswith("calendar-"):
        return calendar(period.removeprefix("calendar-"), now, timezone)
    return rolling(period, now, timezone)


def rolling(period: str, now: int, timezone: str = "UTC") -> Window:
    """The last `period` before second `now`."""
    end = slot_of(now)
    length = period_seconds(period) // SLOT_SECONDS
    return Window(end - length, end, end, "rolling", period, timezone)


def period_seconds(period: str) -> int:
    """Seconds of "90s", "5m", "24h", "7d", "4w"; a multiple of the slot."""
    match = _PERIOD.fullmatch(period)
    seconds = int(match[1]) * _UNIT_SECONDS[match[2]] if match else 0
    if not seconds or seconds % SLOT_SECONDS:
        raise InputError(
            "period",
            f"{period!r} is not a period of whole {SLOT_SECONDS}-second slots",
            "write 1h, 24h, 7d, 30d or calendar-week, -month, -quarter, -year",
        )
    return seconds


def calendar(unit: str, now: int, timezone: str = "UTC") -> Window:
    """The calendar week (from Monday), month, quarter or year of `timezone` that contains `now`."""
    zone = zone_of(timezone)
    local = datetime.fromtimestamp(now, zone)
    if unit == "week":
        monday = local.toordinal() - local.weekday()
        first, after = (datetime.fromordinal(monday), datetime.fromordinal(monday + 7))
    elif unit in _MONTHS:
        length = _MONTHS[unit]
        month = (local.month - 1) // length * length
        last = month + length
        first = datetime(local.year, month + 1, 1)
        after = datetime(local.year + last // 12, last % 12 + 1, 1)
    else:
        raise InputError(
            "period",
            f"calendar-{unit} is not known",
            "use calendar-week, -month, -quarter or -year",
        )
    start, full_end = (slot_of(int(day.replace(tzinfo=zone).timestamp())) for day in (first, after))
    return Window(start, slot_of(now), full_end, "calendar", f"calendar-{unit}", timezone)


def zone_of(name: str) -> ZoneInfo:
    """The IANA zone of this name; InputError when the machine's zone data do not have it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InputError(
            "timezone", f"{name!r} is not a known time zone", "use an IANA name, e.g. Asia/Seoul"
        ) from error


def instant(slot: int) -> str:
    """The start of a slot as RFC 3339 in UTC."""
    return datetime.fromtimestamp(slot * SLOT_SECONDS, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def slot_at(instant_: str) -> int:
    """The slot that contains an instant (RFC 3339)."""
    return slot_of(int(datetime.fromisoformat(instant_).timestamp()))


def birth_slot(
    first_release: int, first_confirmed: int | None, now: int, ready_deadline: int = 600
) -> int | None:
    """The first slot of a tenant's SLA clock, or None while it has not begun; arguments in seconds.

    It begins at the first confirmed start-up or when the ready deadline after the first release
    passes, whichever is earlier. The slot in which that happens began before it and is left out.
    """
    born = first_release + ready_deadline
    if first_confirmed is not None:
        born = min(born, first_confirmed)
    return -(-born // SLOT_SECONDS) if born <= now else None
