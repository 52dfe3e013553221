"""Service hours: what a text means, slot by slot, in the zone of the contract."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecp.slo.errors import InputError
from ecp.slo.hours import DAY_MINUTES, Hours, hours_of

SEOUL, NEW_YORK = ZoneInfo("Asia/Seoul"), ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("09:00-18:00", Hours(540, 1080)),
        (" Mon-Fri  9:30-18:00 ", Hours(570, 1080, (0, 1, 2, 3, 4))),
        ("sat 10:00-24:00", Hours(600, 1440, (5,))),
        ("fri-mon 22:00-06:00", Hours(1320, 360, (0, 4, 5, 6))),
        ("00:00-24:00", Hours(0, 1440)),
    ],
)
def test_hours_are_read(text: str, hours: Hours) -> None:
    assert hours_of(text) == hours


@pytest.mark.parametrize(
    "text", ["", "9-18", "09:00-09:00", "24:00-06:00", "09:00-25:00", "xyz 09:00-18:00", None, 9]
)
def test_what_is_no_hours_names_the_field(text: object) -> None:
    with pytest.raises(InputError, match=r"service_hours\.callbot"):
        hours_of(text, "service_hours.callbot")


def naive(hours: Hours, slot: int, zone: ZoneInfo) -> bool:
    """Whether the local wall clock at the slot's start reads within the hours."""
    local = datetime.fromtimestamp(slot * 5, zone)
    minute = local.hour * 60 + local.minute
    today, yesterday = local.weekday(), (local.weekday() - 1) % 7
    if hours.begin < hours.end:
        return today in hours.days and hours.begin <= minute < hours.end
    return (today in hours.days and minute >= hours.begin) or (
        yesterday in hours.days and minute < hours.end
    )


@given(
    st.integers(353_000_000, 354_000_000),
    st.integers(0, DAY_MINUTES - 1),
    st.integers(1, DAY_MINUTES),
    st.sets(st.integers(0, 6)),
)
@settings(max_examples=60, deadline=None)
def test_slots_on_duty_are_those_at_which_the_wall_clock_says_so(
    a: int, begin: int, end: int, days: set[int]
) -> None:
    if begin == end:
        return
    hours = Hours(begin, end, tuple(sorted(days)))
    spans = list(hours.on_duty(a, a + 3 * 17_280, SEOUL))
    assert all(one.end <= other.start for one, other in pairwise(spans))
    for slot in range(a, a + 3 * 17_280, 97):
        on = any(first <= slot < after for first, after in spans)
        assert on == naive(hours, slot, SEOUL)


def test_summer_time_moves_the_hours() -> None:
    midnight = int(datetime(2026, 3, 8, tzinfo=NEW_YORK).timestamp()) // 5
    (before,) = hours_of("00:00-06:00").on_duty(midnight, midnight + 6 * 720, NEW_YORK)
    assert before.end - before.start == 5 * 720
