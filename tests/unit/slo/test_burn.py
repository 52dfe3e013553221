from __future__ import annotations

from fractions import Fraction

import pytest

from ecp.slo.burn import (
    DAY_TIERS,
    MONTH_TIERS,
    WEEK_TIERS,
    Tier,
    alerts,
    burn_rate,
    exhaustion_seconds,
    page_fires,
    tiers_for,
)
from ecp.slo.objective import Objective
from ecp.slo.slots import CountSeries, SlotSeries, State

DAY = 86_400
OBJECTIVE = Objective()


@pytest.mark.parametrize(
    ("tiers", "days", "factors"),
    [
        (MONTH_TIERS, 30, ["14.4", "6", "3", "1"]),
        (MONTH_TIERS, 28, ["13.44", "5.6", "2.8", "14/15"]),
        (MONTH_TIERS, 31, ["14.88", "6.2", "3.1", "31/30"]),
        (MONTH_TIERS, 90, ["43.2", "18", "9", "3"]),
        (WEEK_TIERS, 7, ["13.44", "3.5", "1.4", "0.98"]),
        (DAY_TIERS, 1, ["12", "4", "2", "1"]),
    ],
    ids=["30d", "28d", "31d", "90d", "7d", "24h"],
)
def test_factors_follow_from_the_period(
    tiers: tuple[Tier, ...], days: int, factors: list[str]
) -> None:
    assert [tier.factor(days * DAY) for tier in tiers] == [Fraction(f) for f in factors]


def test_time_slices_use_three_tiers_and_requests_four() -> None:
    assert [float(t.factor(30 * DAY)) for t in tiers_for(OBJECTIVE)] == [14.4, 6.0, 1.0]
    assert len(tiers_for(Objective(governing="occurrences"))) == 4


def test_tiers_that_could_never_fire_or_fire_at_a_blip_are_left_out() -> None:
    loose = Objective(target_ppm=900_000)
    assert [float(t.factor(30 * DAY)) for t in tiers_for(loose)] == [6.0, 1.0]
    strict = Objective(target_ppm=999_900)
    assert [t.long for t in tiers_for(strict)] == [3 * DAY]
    assert {t.long for t in tiers_for(OBJECTIVE, 12 * 3600)} == {1800, 10_800, 21_600}


@pytest.mark.parametrize(
    ("long", "silent"),
    [(3600, 51), (21_600, 129), (3 * DAY, 259)],
    ids=["1h", "6h", "3d"],
)
def test_a_total_outage_fires_at_the_first_slot_beyond_the_threshold(
    long: int, silent: int
) -> None:
    for slots, fires in ((silent, False), (silent + 1, True)):
        series = SlotSeries.of(0, [("U", 60_000), ("D", slots)])
        found = {a.tier.long: a.firing for a in alerts(series, series.end, OBJECTIVE)}
        assert found[long] is fires


def test_exactly_at_the_factor_is_not_faster() -> None:
    # 12 × 2.5 % of 30 min are 540 s: 108 slots burn exactly as fast, 109 faster
    objective = Objective(target_ppm=975_000, period_seconds=DAY)
    for slots, fires in ((108, False), (109, True)):
        series = SlotSeries.of(0, [("U", 20_000), ("D", slots)])
        assert alerts(series, series.end, objective)[0].firing is fires


def test_a_young_service_pages_after_260_seconds_not_two_minutes() -> None:
    for slots in (24, 51, 52):
        series = SlotSeries.of(0, [("U", 720), ("D", slots)])
        assert page_fires(alerts(series, series.end, OBJECTIVE)) is (slots == 52)


def test_the_short_window_resets_the_page() -> None:
    series = SlotSeries.of(0, [("U", 60_000), ("D", 100), ("U", 60)])
    assert not page_fires(alerts(series, series.end, OBJECTIVE))


def test_unknown_is_not_bad_for_alerting_and_maintenance_shortens_the_window() -> None:
    def rate(*runs: tuple[State, int]) -> Fraction | None:
        series = SlotSeries.of(0, runs)
        return burn_rate(series, series.end, 3600, Objective(unknown="bad"))

    assert rate(("N", 720)) == 0
    assert rate(("M", 360), ("D", 18), ("U", 342)) == 10
    assert rate(("M", 720)) is None


def test_occurrences_burn_by_requests_and_not_by_a_handful() -> None:
    objective = Objective(governing="occurrences")
    series = SlotSeries.of(0, [("U", 720)])
    assert burn_rate(series, 720, 3600, objective, CountSeries.of(0, [(720, 9, 10)])) == 20
    assert burn_rate(series, 720, 3600, objective, CountSeries.of(0, [(9, 0, 1)])) is None


def test_time_to_exhaustion() -> None:
    assert exhaustion_seconds(9_792_000_000, 648, 21_600) == 326_400
    assert exhaustion_seconds(9_792_000_000, 0, 21_600) is None
    assert exhaustion_seconds(-1, 5, 21_600) == 0
