"""Sketches: percentiles within 1 %, sums that are what was summed, whole numbers that add up."""

from __future__ import annotations

from bisect import bisect_left
from math import log

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ecp.slo.sketch import (
    NO_SCATTER,
    SHARES,
    laid_out,
    mark,
    merged,
    middle_ms,
    of_buckets,
    percentile_ms,
    percentiles,
    rows_from,
    rows_of,
    spelled,
)
from ecp.workloads.sessions import gamma_below

MARKS = st.tuples(st.integers(1200, 3400), st.integers(-300, 700)).map(
    lambda row: (row[0], NO_SCATTER if row[1] > 600 else max(0, row[0] - row[1]))
)
SKETCHES = st.dictionaries(MARKS, st.integers(1, 10**6), min_size=1, max_size=6)


@pytest.mark.parametrize(("_", "ppm"), SHARES)
@pytest.mark.parametrize(
    ("mean", "scatter"),
    [(210_000, 210_000), (95_500, 31_000), (1_200_000, 2_000_000), (30_010, 400)],
    ids=["exponential", "of five parts", "scattered widely", "hardly scattered"],
)
def test_percentiles_of_what_was_modelled(mean: int, scatter: int, ppm: int, _: str) -> None:
    found = percentile_ms({mark(mean, scatter): 1_000_000}, ppm)
    assert found is not None
    shape, scale = (mean / scatter) ** 2, scatter**2 / mean

    def reached(ms: float) -> float:
        return gamma_below(shape, 1000 * ms / scale)

    assert reached(found / 1.01) <= ppm / 1e6 <= reached(found * 1.01)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(2.0, 3e8), min_size=1, max_size=60))
@example([95.5])
def test_percentiles_of_what_was_timed(times: list[float]) -> None:
    sketch = merged(((*mark(us), 1),) for us in times)
    ordered = sorted(times)
    for _, ppm in SHARES:
        exact = ordered[bisect_left(range(1, len(times) + 1), ppm * len(times) / 1e6)]
        found = percentile_ms(sketch, ppm)
        assert found is not None
        # Within 1 %, and then told in whole microseconds.
        assert abs(1000 * found - exact) <= 0.01 * exact + 1


@settings(max_examples=60, deadline=None)
@given(SKETCHES, SKETCHES)
def test_a_sum_is_what_was_summed_and_is_laid_out_whole(one: dict, other: dict) -> None:  # type: ignore[type-arg]
    whole = merged((rows_of(one), rows_of(other)))
    assert sum(whole.values()) == sum(one.values()) + sum(other.values())
    assert merged((rows_of(other), rows_of(one))) == whole
    assert merged([rows_from(spelled(rows_of(whole)))]) == whole
    buckets = laid_out(whole)
    assert sum(buckets.values()) == sum(whole.values())
    assert min(buckets.values()) > 0
    # Laid out or not, the percentiles are the same; a bucket is its own mark.
    again = of_buckets(buckets)
    assert percentiles(again) == percentiles(whole)
    assert laid_out(again) == buckets


def test_a_mark_that_few_answers_have_is_not_lost_among_many() -> None:
    sketch = {(2000 + n, 1990 + n): 3 for n in range(300)}
    assert sum(laid_out(sketch).values()) == 900
    assert percentiles({}) is None
    assert spelled(()) is None


def test_the_middle_of_a_bucket_is_within_half_a_hundredth_of_its_ends() -> None:
    for bucket in (900, 1500, 2100):
        low, high = (1.010025**at / 1000 for at in (bucket - 1, bucket))
        assert log(middle_ms(bucket) / low) == pytest.approx(
            log(high / middle_ms(bucket)), rel=0.06
        )
