"""What a tenant says of its demand: how it changes it, what sizes by it, what is refused."""

import math
from datetime import datetime
from statistics import fmean, pstdev
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecp.sim.engine.chance import Chance
from ecp.sim.traffic.demand import Curve
from ecp.workloads.demand import TenantDemand, rate
from ecp.workloads.profiles import profiles
from ecp.workloads.shapes import PLAIN, Reason, Shape, varied
from ecp.workloads.shaping import InvalidShape, read_shape, written
from ecp.workloads.sizing import size

KNOWN = profiles()
CALLBOT = KNOWN["callbot"]
QUARTER = 900 * 10**9
LAUNCH = {
    "name": "Launch",
    "start": "2026-03-03T09:30:00+09:00",
    "end": "2026-03-03T16:00:00+09:00",
    "factor": 3,
}


def at(month: int, day: int, hour: int, minute: int = 0) -> int:
    moment = datetime(2026, month, day, hour, minute, tzinfo=ZoneInfo("Asia/Seoul"))
    return int(moment.timestamp()) * 10**9


def factor(shape: Shape, instant: int, name: str = "callbot") -> float:
    """How many times a plain weekday's rate of that hour is asked."""
    plain = rate(KNOWN[name], 10, at(1, 5, 0) + (instant - at(1, 5, 0)) % (96 * QUARTER))
    mine = shape.profile(KNOWN[name])
    return round(shape.rate(mine, 10, instant) / plain, 6)


MONTH_END = {"month_end": {"days": 3, "factor": 1.3}}


@pytest.mark.parametrize(
    ("given", "instant", "expected"),
    [
        pytest.param(MONTH_END, at(3, 27, 10), 1.3, id="the third last working day of March"),
        pytest.param(MONTH_END, at(3, 26, 10), 1.0, id="the day before it"),
        pytest.param(MONTH_END, at(3, 28, 10), 0.6, id="a Saturday is no working day"),
        pytest.param(MONTH_END, at(3, 31, 10), 1.3, id="the last one"),
        pytest.param(
            MONTH_END | {"days": {"2026-03-30": "off"}}, at(3, 26, 10), 1.3, id="a day off moves it"
        ),
        pytest.param({"days": {"2026-03-03": "Founding day"}}, at(3, 3, 10), 0.6, id="a day off"),
        pytest.param({"days": {"2026-05-01": ""}}, at(5, 1, 10), 1.0, id="a holiday is worked"),
        pytest.param({"calendar": "none"}, at(5, 1, 10), 1.0, id="no calendar"),
        pytest.param({"weekdays": {"mon": 1.2}}, at(3, 9, 10), 1.2, id="busy Mondays"),
        pytest.param({"weekdays": {"mon": 1.2}}, at(3, 10, 10), 1.0, id="not Tuesdays"),
        pytest.param({"weekdays": {"mon": 1.2}}, at(3, 2, 10), 0.6, id="not when Monday is off"),
        pytest.param({"campaigns": [LAUNCH]}, at(3, 3, 9, 29), 1.0, id="before a campaign"),
        pytest.param({"campaigns": [LAUNCH]}, at(3, 3, 9, 30), 3.0, id="as it begins"),
        pytest.param({"campaigns": [LAUNCH]}, at(3, 3, 16), 1.0, id="as it ends"),
        pytest.param(
            {"campaigns": [LAUNCH | {"rise": "2h"}]}, at(3, 3, 10, 30), 2.125, id="it rises"
        ),
        pytest.param({"campaigns": [LAUNCH | {"fall": "1h"}]}, at(3, 3, 15, 45), 1.25, id="falls"),
        pytest.param(
            {"campaigns": [LAUNCH | {"profiles": ["chatbot"]}]}, at(3, 3, 10), 1, id="of another"
        ),
        pytest.param(
            {"campaigns": [LAUNCH, LAUNCH | {"factor": 0.5}]}, at(3, 3, 10), 1.5, id="two at once"
        ),
        pytest.param(
            {"profiles": {"callbot": {"sessions": 80, "holiday": 0}}}, at(3, 3, 10), 0.5, id="sheet"
        ),
        pytest.param(
            {"profiles": {"callbot": {"holiday": 0}}}, at(5, 1, 10), 0.0, id="closed on holidays"
        ),
    ],
)  # fmt: skip
def test_a_shape_multiplies_the_demand(
    given: dict[str, Any], instant: int, expected: float
) -> None:
    assert factor(read_shape(given), instant) == pytest.approx(expected)


HOUR_OF_CALLS = {
    "start": "2026-03-03T10:00:00+09:00", "step": "15m", "values": [1.0, None, 3.0, 4.0],
}  # fmt: skip


def test_a_measured_series_takes_the_place_of_units_and_days_but_not_of_campaigns() -> None:
    shape = read_shape({"series": {"callbot": HOUR_OF_CALLS}, "weekdays": {"tue": 2}})
    assert shape.rate(CALLBOT, 10, at(3, 3, 10)) == 1.0
    assert factor(shape, at(3, 3, 10, 15)) == 2.0  # a gap: the profile's own
    launched = read_shape({"series": {"callbot": HOUR_OF_CALLS}, "campaigns": [LAUNCH]})
    assert launched.rate(CALLBOT, 10, at(3, 3, 10, 30)) == 9.0


SHAPES = st.fixed_dictionaries(
    {},
    optional={
        "weekdays": st.dictionaries(st.sampled_from(["mon", "wed", "sat"]), st.floats(0, 3)),
        "month_end": st.just({"days": 2, "factor": 1.4}),
        "days": st.just({"2026-03-04": "off", "2026-03-02": ""}),
        "campaigns": st.lists(
            st.sampled_from(
                [LAUNCH, LAUNCH | {"rise": "50m", "fall": "40m"}, LAUNCH | {"factor": 0}]
            ),
            max_size=2,
        ),
        "series": st.just({"callbot": HOUR_OF_CALLS}),
        "variation": st.sampled_from([0.15, "profile"]),
    },
)  # fmt: skip


@given(SHAPES, st.integers(0, 7 * 96 * 15 - 1))
@settings(deadline=None, max_examples=60)
def test_between_two_steps_of_a_curve_nothing_changes(given: Any, minute: int) -> None:
    now = at(2, 28, 0) + minute * 60 * 10**9 // 15
    chance = Chance(7)
    curve = Curve(CALLBOT, 10, read_shape(given), chance.unit)
    step, before = curve.next_step(now), curve.offer(now)
    assert now < step <= now + 8 * 86_400 * 10**9
    for part in range(1, 40):
        assert curve.offer(now + (step - now) * part // 40) == before
    assert curve.offer(step - 1) == before


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"campaigns": [LAUNCH]}, id="a campaign that begins at half past"),
        pytest.param({"campaigns": [LAUNCH | {"rise": "50m", "fall": "40m"}]}, id="that rises"),
        pytest.param({"series": {"callbot": HOUR_OF_CALLS}}, id="a series with a gap"),
        pytest.param(
            {"series": {"callbot": HOUR_OF_CALLS | {"step": "5m"}}}, id="a series of five minutes"
        ),
    ],
)
def test_no_change_of_a_day_lies_between_two_steps(given: dict[str, Any]) -> None:
    curve, now = Curve(CALLBOT, 10, read_shape(given)), at(3, 3, 8)
    found = {}
    while now < at(3, 3, 20):
        found[now] = curve.offer(now)
        now = curve.next_step(now)
    every = range(at(3, 3, 8), at(3, 3, 20), QUARTER // 3)
    known = [max(step for step in found if step <= instant) for instant in every]
    assert [curve.offer(instant) for instant in every] == [found[step] for step in known]


@given(SHAPES.filter(lambda given: "variation" not in given), st.integers(0, 12 * 96))
@settings(deadline=None, max_examples=60)
def test_no_quarter_exceeds_what_the_tenant_is_sized_for(given: Any, quarter: int) -> None:
    shape, now = read_shape(given), at(2, 24, 0) + quarter * QUARTER
    hour = datetime.fromtimestamp(now // 10**9, ZoneInfo("Asia/Seoul")).hour
    busy = shape.busy_rates(TenantDemand(callbot=10), KNOWN)["callbot"][hour]
    assert shape.rate(CALLBOT, 10, now) <= busy + 1e-12


def test_a_campaign_makes_the_tenant_larger_and_nothing_said_leaves_it() -> None:
    tenant = TenantDemand(callbot=40)
    plain = size(tenant, gpu_type="t4")
    assert size(tenant, gpu_type="t4", shape=read_shape({})) == plain
    assert size(tenant, gpu_type="t4", shape=read_shape({"weekdays": {"sun": 0.1}})) == plain
    launched = size(tenant, gpu_type="t4", shape=read_shape({"campaigns": [LAUNCH]}))
    for name in ("callbot", "stt", "tts"):
        few, many = plain.workloads[name], launched.workloads[name]
        assert many.replicas * many.slots > 2 * few.replicas * few.slots


# --- days that vary ------------------------------------------------------------------------------


def test_whole_days_vary_by_the_stated_coefficient_around_the_mean() -> None:
    shape, chance = read_shape({"variation": 0.1}), Chance(3)
    days = [
        row.factor
        for day in range(2000)
        for row in shape.reasons(CALLBOT, at(3, 3, 10) + day * 96 * QUARTER, chance.unit)
        if row.kind == "variation"
    ]
    assert len(days) == 2000
    assert fmean(days) == pytest.approx(1, abs=0.01)
    assert pstdev(days) == pytest.approx(0.1, abs=0.006)


@pytest.mark.parametrize(
    ("day", "ko", "en"),
    [
        pytest.param((2, 17), "설날", "Lunar New Year (Seollal)", id="a holiday in both languages"),
        pytest.param(
            (2, 16), "설날 전날", "The day preceding Lunar New Year (Seollal)", id="its eve"
        ),
        pytest.param((3, 7), "sat", "sat", id="a weekday's name is a word of the machine"),
    ],
)
def test_a_reason_has_its_name_in_both_languages(day: tuple[int, int], ko: str, en: str) -> None:
    [reason] = read_shape({}).reasons(CALLBOT, at(*day, 10))
    assert (reason.called("ko"), reason.called("en")) == (ko, en)
    assert (reason.to_json()["name"], reason.to_json()["name_en"]) == (ko, en)


def test_a_day_s_factor_follows_seed_profile_and_date_and_its_name_says_so() -> None:
    shape = read_shape({"variation": "profile"})
    morning, night = at(3, 3, 9), at(3, 3, 23)
    one = shape.reasons(CALLBOT, morning, Chance(1).unit)
    assert one == [Reason("variation", "demand/callbot/2026-03-03", one[0].factor)]
    assert one == shape.reasons(CALLBOT, night, Chance(1).unit)
    others = [
        shape.reasons(CALLBOT, morning, Chance(2).unit),
        shape.reasons(CALLBOT, morning + 96 * QUARTER, Chance(1).unit),
        shape.reasons(KNOWN["chatbot"], morning, Chance(1).unit),
    ]
    assert all(other[0].factor != one[0].factor for other in others)
    assert PLAIN.reasons(CALLBOT, morning, Chance(1).unit) == []


@given(st.floats(0.01, 0.3), st.floats(0, 1, exclude_max=True))
def test_a_day_s_factor_is_never_negative_and_rises_with_the_draw(
    spread: float, unit: float
) -> None:
    assert 0 <= varied(spread, unit / 2) <= varied(spread, unit) < math.inf


# --- written and refused -------------------------------------------------------------------------


def test_what_is_kept_reads_as_what_was_given() -> None:
    given = {
        "days": {"2026-05-04": "off"}, "calendar": None, "variation": "profile",
        "series": {"chatbot": {"csv": "time,value\n0,9\n900,18\n", "unit": "count"}},
    }  # fmt: skip
    kept = written(given)
    assert kept is not None
    assert kept["series"]["chatbot"] == {
        "start": "1970-01-01T00:00:00Z", "step": "15m", "values": [0.01, 0.02], "repeat": False,
    }  # fmt: skip
    assert read_shape(kept) == read_shape(given)
    assert written(kept) == kept
    assert written(None) is None is written({"calendar": None})


@pytest.mark.parametrize(
    ("unit", "value", "rate"),
    [
        pytest.param("per-second", 2, 2.0, id="two calls a second"),
        pytest.param("per-minute", 90, 1.5, id="90 calls a minute"),
        pytest.param("per-hour", 1800, 0.5, id="1800 calls an hour"),
        pytest.param("held", 90, 0.5, id="90 calls of three minutes held at once"),
    ],
)
def test_a_figure_that_is_told_is_the_demand_as_long_as_it_holds(
    unit: str, value: float, rate: float
) -> None:
    shape = read_shape({"follow": {"callbot": {"metric": "calls", "unit": unit, "hold": "10m"}}})
    curve, told = Curve(CALLBOT, 10, shape), at(3, 3, 10) + 7 * 10**9
    plain = curve.offer(told)
    curve.heard = {"calls": (float(value), told)}.get
    assert curve.offer(told - 1) == plain
    assert curve.offer(told).held == pytest.approx(rate * 180)
    assert curve.next_step(told) == told + 600 * 10**9
    assert curve.offer(told + 600 * 10**9) == plain
    factor = round(rate * 180 / plain.held, 6)
    assert curve.reasons(told) == [Reason("followed", "calls", pytest.approx(factor, abs=1e-6))]
    assert curve.reasons(told - 1) == []


FOLLOW = {"metric": "calls", "unit": "held"}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        pytest.param({"follow": []}, "follow", id="followed figures as a list"),
        pytest.param({"follow": {"web": FOLLOW}}, "follow.web", id="of no profile"),
        pytest.param({"follow": {"nlp": FOLLOW}}, "follow.nlp", id="of one nobody calls"),
        pytest.param(
            {"follow": {"callbot": {"unit": "held"}}}, "follow.callbot.metric", id="no figure"
        ),
        pytest.param(
            {"follow": {"callbot": FOLLOW | {"unit": "count"}}}, "follow.callbot.unit",
            id="a count of which nobody knows the time",
        ),
        pytest.param(
            {"follow": {"callbot": FOLLOW | {"hold": "2d"}}}, "follow.callbot.hold", id="held long"
        ),
        pytest.param(
            {"follow": {"callbot": FOLLOW | {"by": 1}}}, "follow.callbot.by", id="an unknown field"
        ),
        pytest.param([], "shape", id="a list"),
        pytest.param({"holidays": 1}, "shape.holidays", id="an unknown part"),
        pytest.param({"calendar": "US"}, "calendar", id="an unknown calendar"),
        pytest.param({"days": {"5/4": "x"}}, "days.5/4", id="no date"),
        pytest.param({"days": {"2026-05-04": 1}}, "days.2026-05-04", id="no name"),
        pytest.param({"weekdays": {"monday": 1}}, "weekdays.monday", id="no weekday"),
        pytest.param({"weekdays": {"mon": -1}}, "weekdays.mon", id="a negative factor"),
        pytest.param({"weekdays": {"mon": math.nan}}, "weekdays.mon", id="not a number"),
        pytest.param({"month_end": {"days": 0, "factor": 1}}, "month_end.days", id="no days"),
        pytest.param({"month_end": {"days": 2}}, "month_end.factor", id="no factor"),
        pytest.param({"variation": "high"}, "variation", id="a word"),
        pytest.param({"variation": True}, "variation", id="a truth"),
        pytest.param({"campaigns": {}}, "campaigns", id="no list"),
        pytest.param({"campaigns": [{}]}, "campaigns[0].name", id="a campaign without a name"),
        pytest.param(
            {"campaigns": [LAUNCH | {"start": "2026-03-03T09:00:00"}]}, "campaigns[0].start",
            id="an instant without an offset",
        ),
        pytest.param(
            {"campaigns": [LAUNCH | {"end": LAUNCH["start"]}]}, "campaigns[0].end", id="no time"
        ),
        pytest.param(
            {"campaigns": [LAUNCH | {"rise": "7h"}]}, "campaigns[0].rise", id="too slow a rise"
        ),
        pytest.param(
            {"campaigns": [LAUNCH | {"rise": "soon"}]}, "campaigns[0].rise", id="no duration"
        ),
        pytest.param(
            {"campaigns": [LAUNCH | {"profiles": ["nlp"]}]}, "campaigns[0].profiles[0]",
            id="a profile without a demand of its own",
        ),
        pytest.param({"profiles": {"x": {}}}, "profiles.x", id="an unknown profile"),
        pytest.param(
            {"profiles": {"callbot": {"turns": 3}}}, "profiles.callbot.turns", id="a figure kept"
        ),
        pytest.param(
            {"profiles": {"callbot": {"duration": "0s"}}}, "profiles.callbot.duration", id="none"
        ),
        pytest.param(
            {"profiles": {"callbot": {"weights": [0] * 24}}}, "profiles.callbot.weights", id="zero"
        ),
        pytest.param(
            {"profiles": {"callbot": {"timezone": "Seoul"}}}, "profiles.callbot.timezone", id="zone"
        ),
        pytest.param({"series": {"nlp": {}}}, "series.nlp", id="a series of what is called"),
        pytest.param({"series": {"callbot": {}}}, "series.callbot", id="a series of nothing"),
        pytest.param(
            {"series": {"callbot": {"csv": "time,value\n"}}}, "series.callbot.unit", id="no unit"
        ),
        pytest.param(
            {"series": {"callbot": {"csv": "", "unit": "count"}}}, "series.callbot.csv", id="empty"
        ),
        pytest.param(
            {"series": {"callbot": {"prometheus": {}, "unit": "held"}}},
            "series.callbot.prometheus", id="no answer",
        ),
        pytest.param(
            {"series": {"callbot": HOUR_OF_CALLS | {"step": "7m"}}}, "series.callbot.step", id="7m"
        ),
        pytest.param(
            {"series": {"callbot": HOUR_OF_CALLS | {"repeat": True}}},
            "series.callbot.repeat", id="an hour is no week",
        ),
        pytest.param(
            {"series": {"callbot": HOUR_OF_CALLS | {"values": [1, "2"]}}},
            "series.callbot.values[1]", id="a text among numbers",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_its_place(given: Any, field: str) -> None:
    with pytest.raises(InvalidShape) as refused:
        read_shape(given)
    assert refused.value.field == field
    assert refused.value.why
