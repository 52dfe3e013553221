"""Korean days off: dated rows, substitutes, what a tenant changes, what a window has."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from ecp.workloads.demand import rate
from ecp.workloads.holidays import TENANT, between, calendar, in_window, off
from ecp.workloads.profiles import profiles

CALLBOT = profiles()["callbot"]


def seoul(*when: int) -> int:
    return int(datetime(*when, tzinfo=ZoneInfo("Asia/Seoul")).timestamp()) * 10**9  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("day", "name"),
    [
        pytest.param("2026-05-01", "노동절", id="Labour Day is off for all from 2026"),
        pytest.param("2026-06-03", "지방선거일", id="local elections of 2026"),
        pytest.param("2026-07-17", "제헌절", id="Constitution Day is off again from 2026"),
        pytest.param("2027-07-19", "제헌절 대체 휴일", id="its substitute, as it is a Saturday"),
        pytest.param("2026-02-17", "설날", id="New Year by the moon"),
        pytest.param("2026-03-02", "삼일절 대체 휴일", id="a substitute for a Sunday"),
        pytest.param("2025-05-01", "", id="Labour Day of 2025 was no public holiday"),
        pytest.param("2025-07-17", "", id="Constitution Day of 2025 was none"),
        pytest.param("2026-05-04", "", id="a plain Monday"),
    ],
)
def test_a_day_is_off_with_its_name(day: str, name: str) -> None:
    when = date.fromisoformat(day)
    assert off("KR", when) == bool(name)
    assert [row.ko for row in between(when, when)] == ([name] if name else [])
    # As the traffic sees it: at half past ten, 160 x 0.128 calls a channel, 0.6 on days off.
    begun = rate(CALLBOT, 10, seoul(when.year, when.month, when.day, 10, 30)) * 3600
    assert begun == pytest.approx(122.67 if name else 204.44, abs=0.05)


def test_every_row_says_its_source_and_the_years_are_whole() -> None:
    found = calendar("KR")
    assert {row.source for row in found.days.values()} == {found.source}
    assert "holidays 0.109" in found.source
    for year in range(found.first, found.last + 1):
        assert sum(day.year == year for day in found.days) >= 15


def test_what_a_tenant_says_of_single_days_wins() -> None:
    changes = {date(2026, 5, 4): "창립기념일", date(2026, 5, 5): ""}
    found = between(date(2026, 5, 1), date(2026, 5, 6), changes=changes)
    assert [(row.day.day, row.ko) for row in found] == [(1, "노동절"), (4, "창립기념일")]
    assert found[1].to_json() == {
        "date": "2026-05-04", "ko": "창립기념일", "en": "창립기념일", "source": TENANT,
    }  # fmt: skip
    assert between(date(2026, 5, 1), date(2026, 5, 6), code="") == ()


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        pytest.param((2026, 7, 17), (2026, 7, 18), [17], id="the day itself"),
        pytest.param((2026, 7, 16), (2026, 7, 17), [], id="a window ends before its last midnight"),
        pytest.param((2026, 7, 17, 23, 59), (2026, 7, 17, 23, 59, 5), [17], id="a slot of it"),
        pytest.param((2026, 7, 17), (2026, 7, 17), [], id="an empty window"),
    ],
)
def test_days_off_in_a_window_are_those_of_its_zone(
    start: tuple[int, ...], end: tuple[int, ...], days: list[int]
) -> None:
    found = in_window(seoul(*start), seoul(*end), "Asia/Seoul")
    assert [row.day.day for row in found] == days


def test_an_unknown_calendar_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        calendar("XX")
