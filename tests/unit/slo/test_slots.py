from __future__ import annotations

from collections import Counter
from itertools import combinations_with_replacement

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecp.slo.errors import CountError, SeriesError
from ecp.slo.rollup import HOUR_SLOTS, hours, minutes, summed
from ecp.slo.slots import (
    PRECEDENCE,
    CountSeries,
    Run,
    SlotSeries,
    Span,
    State,
    carry_gaps,
    lateness,
    prevailing,
    slot_of,
    slot_of_ns,
    united,
)

from .naive import RUNS, STATES, expand, per_slot

OVERLAYS: st.SearchStrategy[State] = st.sampled_from(["M", "O"])
COUNTS = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 9), st.integers(0, 9)).map(
        lambda run: (run[0], min(run[1:]), max(run[1:]))
    ),
    max_size=40,
)


@given(RUNS, st.integers(-50, 50))
def test_however_a_series_is_cut_it_is_the_same_value(runs: list[Run], start: int) -> None:
    series = SlotSeries.of(start, runs)
    assert per_slot(start, expand(series)) == series
    assert [series.at(slot) for slot in range(start, series.end)] == expand(series)


@given(RUNS, COUNTS, st.integers(-5, 5), st.integers(0, 100), st.integers(0, 100))
def test_windows_add_up_and_states_sum_to_the_window(
    runs: list[Run], counted: list[tuple[int, int, int]], shift: int, cut: int, length: int
) -> None:
    series, counts = SlotSeries.of(0, runs), CountSeries.of(shift, counted)
    a, c = sorted((cut, length))
    b = (a + c) // 2
    whole = series.totals(a, c, counts)
    assert series.totals(a, b, counts) + series.totals(b, c, counts) == whole
    states = expand(series.covering(a, c))
    assert len(states) == c - a
    inside = Counter(expand(series)[a:c])
    by_slot = [pair for slots, *pair in counted for _ in range(slots)]
    requests = [
        by_slot[slot - shift]
        for slot in range(a, c)
        if series.at(slot) in "UD" and 0 <= slot - shift < len(by_slot)
    ]
    assert (whole.up, whole.down, whole.maint, whole.unknown, whole.off) == tuple(
        inside[state] for state in STATES
    )
    assert whole.good == sum(good for good, _ in requests)
    assert whole.total == sum(total for _, total in requests)


@given(RUNS, COUNTS, st.integers(0, 20))
def test_minutes_and_hours_are_additive(
    runs: list[Run], counted: list[tuple[int, int, int]], start: int
) -> None:
    series = SlotSeries.of(start, [*runs, Run("U", 1500), *runs])
    counts = CountSeries.of(start, counted)
    buckets = list(minutes(series, counts))
    first, last = buckets[0].start, buckets[-1].start + 12
    assert summed(buckets) == series.totals(first, last, counts)
    whole_hours = list(hours(buckets))
    assert whole_hours
    for hour in whole_hours:
        assert hour.totals == series.totals(hour.start, hour.start + HOUR_SLOTS, counts)


def test_a_day_of_minutes_keeps_its_slots() -> None:
    day = SlotSeries.of(0, [("U", 100), ("D", 25), ("U", 17_155)])
    buckets = list(minutes(day))
    assert len(buckets) == 1440
    assert (summed(buckets).up, summed(buckets).down) == (17_255, 25)


@given(RUNS, st.lists(st.tuples(st.integers(-10, 400), st.integers(0, 200))), OVERLAYS)
def test_an_overlay_is_precedence_slot_by_slot(
    runs: list[Run], marks: list[tuple[int, int]], state: State
) -> None:
    series = SlotSeries.of(0, runs)
    spans = [Span(start, start + length) for start, length in marks]
    expected = [
        prevailing(now, state) if any(a <= slot * 5 < b for a, b in spans) else now
        for slot, now in enumerate(expand(series))
    ]
    assert expand(series.overlaid(state, spans)) == expected


def test_overlapping_maintenance_is_united() -> None:
    day = SlotSeries.of(0, [("U", 17_280)])
    spans = [Span(36_000, 39_600), Span(37_800, 41_400)]
    assert day.overlaid("M", spans).totals(0, 17_280).maint * 5 == 5400
    assert united(spans) == [Span(36_000, 41_400)]


def test_maintenance_covers_a_slot_by_its_start() -> None:
    series = SlotSeries.of(0, [("U", 4)])
    assert series.overlaid("M", [Span(4, 11)]).runs == (Run("U", 1), Run("M", 2), Run("U", 1))


def test_precedence_of_two_statements() -> None:
    assert PRECEDENCE == ("O", "M", "D", "U", "N")
    for stronger, weaker in combinations_with_replacement(PRECEDENCE, 2):
        assert prevailing(stronger, weaker) == prevailing(weaker, stronger) == stronger


@pytest.mark.parametrize(
    ("observed", "expected"),
    [
        ([("U", 3), (None, 2), ("D", 1)], [("U", 5), ("D", 1)]),
        ([("U", 3), (None, 5), ("U", 1)], [("U", 5), ("N", 3), ("U", 1)]),
        ([("D", 1), (None, 4)], [("D", 3), ("N", 2)]),
        ([(None, 4), ("U", 1)], [("N", 4), ("U", 1)]),
        ([("U", 1), (None, 1), (None, 2)], [("U", 3), ("N", 1)]),
    ],
    ids=["bridged", "two-then-unknown", "down-is-carried", "nothing-before", "cut-gap"],
)
def test_a_gap_carries_two_slots(
    observed: list[tuple[State | None, int]], expected: list[tuple[State, int]]
) -> None:
    assert carry_gaps(0, observed) == SlotSeries.of(0, expected)


@given(
    st.lists(st.sampled_from(["U", "D", None]), max_size=30),
    st.integers(0, 30),
)
def test_a_gap_is_the_same_when_the_series_is_built_in_two(
    observed: list[State | None], cut: int
) -> None:
    at_once = carry_gaps(0, [(state, 1) for state in observed])
    first, second = observed[:cut], observed[cut:]
    seen = [(state, index) for index, state in enumerate(first) if state is not None]
    state, index = seen[-1] if seen else ("N", -1)
    later = carry_gaps(
        len(first),
        [(s, 1) for s in second],
        before=state,
        missing_before=len(first) - 1 - index,
    )
    assert carry_gaps(0, [(s, 1) for s in first]).then(later) == at_once


def test_more_good_than_all_is_rejected() -> None:
    with pytest.raises(CountError, match="11 good of 10"):
        CountSeries.of(0, [(1, 11, 10)])


def test_what_does_not_fit_is_refused() -> None:
    series = SlotSeries.of(0, [("U", 3)])
    with pytest.raises(SeriesError, match="cannot follow"):
        series.then(SlotSeries.of(4, [("U", 1)]))
    with pytest.raises(SeriesError, match="not a slot state"):
        SlotSeries.of(0, [("X", 1)])  # type: ignore[list-item]
    with pytest.raises(SeriesError, match="-1 slots"):
        SlotSeries.of(0, [("U", -1)])
    assert {series.at(slot) for slot in (-1, 3)} == {"N"}


def test_slots_are_floored() -> None:
    assert [slot_of(second) for second in (-1, 0, 4, 5)] == [-1, 0, 0, 1]
    assert slot_of_ns(4_999_999_999) == 0
    assert slot_of_ns(5_000_000_000) == 1


@pytest.mark.parametrize(
    ("arrival", "what"),
    [(5, "open"), (14, "open"), (15, "recompute"), (3605, "recompute"), (3606, "drop")],
)
def test_late_samples(arrival: int, what: str) -> None:
    assert lateness(0, arrival) == what


def test_all_states_are_named() -> None:
    assert sorted(STATES) == sorted(PRECEDENCE)
