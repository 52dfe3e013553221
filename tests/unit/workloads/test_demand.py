"""Demand: by the hour, by the day, along the dependencies."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecp.workloads.demand import (
    TenantDemand,
    begun_at,
    busy_hour,
    daily_sessions,
    needed,
    next_change,
    offered,
    rate,
    request_rate,
)
from ecp.workloads.profiles import profiles

HOUR = 3600 * 10**9
SEOUL = ZoneInfo("Asia/Seoul")
KNOWN = profiles()


def at(day: int, hour: int, minute: int = 0) -> int:
    """An instant in Seoul in January 2026; the 5th is a Monday."""
    return int(datetime(2026, 1, day, hour, minute, tzinfo=SEOUL).timestamp()) * 10**9


@pytest.mark.parametrize(
    ("name", "units", "instant", "per_hour"),
    [
        pytest.param("callbot", 10, at(5, 8, 59), 0, id="before nine nobody calls"),
        pytest.param("callbot", 10, at(5, 9), 160.0, id="at nine it begins"),
        pytest.param("callbot", 10, at(5, 10, 30), 204.44, id="the busiest hour"),
        pytest.param("callbot", 10, at(5, 12, 30), 133.33, id="the lunch dip"),
        pytest.param("callbot", 10, at(5, 17, 59), 156.44, id="the last minute"),
        pytest.param("callbot", 10, at(5, 18), 0, id="at six it ends"),
        pytest.param("callbot", 10, at(10, 10, 30), 122.67, id="Saturday is six tenths"),
        pytest.param("chatbot", 50, at(5, 3), 1.77, id="somebody chats at night"),
        pytest.param("chatbot", 50, at(5, 13, 30), 9.04, id="most chat after noon"),
        pytest.param("ta", 10, at(5, 2, 30), 533.33, id="analysis runs at night"),
        pytest.param("nlp", 10, at(5, 10), 0, id="who is only called begins nothing"),
    ],
)  # fmt: skip
def test_sessions_an_hour(name: str, units: int, instant: int, per_hour: float) -> None:
    assert rate(KNOWN[name], units, instant) * 3600 == pytest.approx(per_hour, abs=0.05)


@pytest.mark.parametrize("name", [name for name, row in KNOWN.items() if row.demand])
@pytest.mark.parametrize("day", [5, 10], ids=["a weekday", "a weekend day"])
def test_the_hours_of_a_day_make_its_sessions(name: str, day: int) -> None:
    profile = KNOWN[name]
    total = sum(rate(profile, 7, at(day, hour, 17)) * 3600 for hour in range(24))
    assert total == pytest.approx(daily_sessions(profile, 7, weekend=day == 10))


def test_requests_are_sessions_times_turns() -> None:
    instant = at(5, 10)
    assert request_rate(KNOWN["callbot"], 3, instant) == 20 * rate(KNOWN["callbot"], 3, instant)


@given(st.integers(at(1, 0), at(31, 0)))
@settings(deadline=None)
def test_the_rate_is_constant_until_it_may_change(instant: int) -> None:
    profile = KNOWN["callbot"]
    change = next_change(profile, instant)
    assert instant < change <= instant + HOUR
    assert change % HOUR == 0
    assert rate(profile, 5, instant) == rate(profile, 5, change - 1)


def test_an_offset_of_half_an_hour_changes_at_its_own_hour() -> None:
    callbot = KNOWN["callbot"]
    assert callbot.demand is not None
    there = replace(callbot, demand=replace(callbot.demand, timezone="Asia/Kolkata"))
    change = next_change(there, at(5, 10))
    assert change % HOUR == HOUR // 2


def test_ten_channels_are_ten_erlang_and_all_that_hangs_on_them() -> None:
    loads = busy_hour(TenantDemand(callbot=10), KNOWN)
    assert loads["callbot"].streams == pytest.approx(10.222, abs=0.001)
    assert loads["stt"].streams == loads["tts"].streams == loads["callbot"].streams
    assert loads["nlp"].requests == pytest.approx(20 * 204.444 / 3600, rel=1e-4)
    assert loads["aicm"].requests == pytest.approx(3 * 204.444 / 3600, rel=1e-4)
    assert loads["vectordb"].requests == loads["aicm"].requests
    assert loads["nginx"].requests == loads["callbot"].entry == loads["api-gateway"].entry


def test_an_advisor_listens_to_both_sides() -> None:
    loads = busy_hour(TenantDemand(advisor=5), KNOWN)
    assert loads["advisor"].streams == pytest.approx(5 * 0.9422, rel=1e-3)
    assert loads["stt"].streams == pytest.approx(2 * loads["advisor"].streams)
    assert "tts" not in loads


def test_the_nightly_analysis_does_not_add_to_the_busy_day() -> None:
    day = busy_hour(TenantDemand(callbot=100), KNOWN)["nlp"].requests
    both = busy_hour(TenantDemand(callbot=100, ta=10), KNOWN)["nlp"].requests
    night = busy_hour(TenantDemand(ta=10_000), KNOWN)["nlp"].requests
    assert both == day
    assert busy_hour(TenantDemand(callbot=100, ta=10_000), KNOWN)["nlp"].requests == night


@pytest.mark.parametrize(
    ("tenant", "there", "absent"),
    [
        pytest.param(TenantDemand(), "", "nginx callbot nlp postgresql", id="no units"),
        pytest.param(
            TenantDemand(chatbot=5),
            "chatbot nlp aicm vectordb postgresql redis nginx api-gateway auth-service",
            "callbot advisor stt tts ta qa",
            id="a chatbot hears and says nothing",
        ),
        pytest.param(TenantDemand(advisor=1), "advisor stt nlp", "tts callbot", id="an advisor"),
        pytest.param(
            TenantDemand(stt=3), "stt nginx", "nlp tts aicm redis", id="speech recognition alone"
        ),
        pytest.param(TenantDemand(ta=3), "ta nlp postgresql", "tts callbot", id="analysis alone"),
    ],
)  # fmt: skip
def test_only_what_is_needed(tenant: TenantDemand, there: str, absent: str) -> None:
    found = needed(tenant, KNOWN)
    assert set(there.split()) <= set(found)
    assert not set(absent.split()) & set(found)


@given(
    st.builds(TenantDemand, *(st.integers(0, 500) for _ in range(7))), st.integers(0, 10 * 24 - 1)
)
@settings(deadline=None)
def test_no_hour_exceeds_the_busy_hour(tenant: TenantDemand, hour: int) -> None:
    busiest = busy_hour(tenant, KNOWN)
    for name, load in offered(begun_at(tenant, KNOWN, at(5, 0) + hour * HOUR), KNOWN).items():
        for value, most in zip(load, busiest[name], strict=True):
            assert value <= most * (1 + 1e-12)


@pytest.mark.parametrize("units", [-1, 1.5, True, "3"])
def test_a_counter_is_a_whole_number(units: object) -> None:
    with pytest.raises(ValueError, match=r"callbot: .* whole number"):
        TenantDemand(callbot=units)  # type: ignore[arg-type]
