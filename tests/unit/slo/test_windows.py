from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from ecp.slo.errors import InputError
from ecp.slo.windows import Window, birth_slot, calendar, instant, rolling, window_of


def at(zone: str, *parts: int) -> int:
    return int(datetime(*parts, tzinfo=ZoneInfo(zone)).timestamp())  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("unit", "zone", "day", "hours", "budget_minutes"),
    [
        ("month", "America/New_York", (2026, 3, 15), 743, 222.9),
        ("month", "America/New_York", (2026, 11, 30), 721, 216.3),
        ("month", "Asia/Seoul", (2026, 3, 1), 744, 223.2),
        ("month", "Asia/Seoul", (2028, 2, 29), 696, 208.8),
        ("month", "UTC", (2026, 12, 31), 744, 223.2),
        ("quarter", "UTC", (2026, 11, 2), 92 * 24, 662.4),
        ("year", "Asia/Seoul", (2027, 6, 1), 8760, 2628.0),
        ("week", "America/New_York", (2026, 3, 8), 167, 50.1),
    ],
)
def test_calendar_periods_have_their_real_length(
    unit: str, zone: str, day: tuple[int, int, int], hours: int, budget_minutes: float
) -> None:
    now = at(zone, *day, 12, 0, 3)
    window = calendar(unit, now, zone)
    seconds = (window.full_end - window.start) * 5
    assert seconds == hours * 3600
    assert seconds * 5 / 1000 / 60 == budget_minutes
    assert window.end == now // 5
    assert window.start <= window.end < window.full_end


def test_a_month_begins_at_local_midnight() -> None:
    window = window_of("calendar-month", at("Asia/Seoul", 2026, 3, 1, 0, 0, 0), "Asia/Seoul")
    assert (instant(window.start), window.slots) == ("2026-02-28T15:00:00Z", 0)


def test_rolling_windows_end_at_the_floored_slot() -> None:
    assert rolling("1h", 1_000_004) == Window(199_280, 200_000, 200_000, "rolling", "1h", "UTC")
    assert window_of("7d", 10_000_000).slots == 120_960
    assert Window.between(7, 21).slots == 3


@pytest.mark.parametrize("period", ["", "0h", "24", "1y", "3s", "calendar-day", "calendar-", "-1h"])
def test_unknown_periods_are_refused(period: str) -> None:
    with pytest.raises(InputError, match="period"):
        window_of(period, 1_000_000)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", ""])
def test_unknown_zones_are_refused(zone: str) -> None:
    with pytest.raises(InputError, match="timezone"):
        calendar("month", 0, zone)


@pytest.mark.parametrize(
    ("confirmed", "now", "slot"),
    [
        (None, 1599, None),
        (None, 1600, 320),
        (1021, 1100, 205),
        (1700, 1800, 320),
        (1020, 1020, 204),
    ],
    ids=["not-yet", "deadline", "confirmed", "deadline-before-start-up", "on-the-edge"],
)
def test_the_clock_begins_at_start_up_or_the_deadline(
    confirmed: int | None, now: int, slot: int | None
) -> None:
    assert birth_slot(1000, confirmed, now) == slot
