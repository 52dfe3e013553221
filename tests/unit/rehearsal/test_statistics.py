"""Intervals, against tables and closed forms."""

from math import comb, isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecp.rehearsal.statistics import (
    beta_cdf,
    beta_quantile,
    clopper_pearson,
    mean,
    student_quantile,
    tolerated,
)


def binomial(most: int, n: int, p: float) -> float:
    return sum(comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(most + 1))


@given(st.integers(1, 60), st.data(), st.floats(0.001, 0.999))
def test_the_beta_function_is_the_tail_of_a_binomial(n: int, data: st.DataObject, p: float) -> None:
    # Abramowitz and Stegun 26.5.24.
    k = data.draw(st.integers(1, n))
    tail = 1 - binomial(k - 1, n, p)
    assert isclose(beta_cdf(p, k, n - k + 1), tail, rel_tol=1e-9, abs_tol=1e-12)


@given(st.floats(0.01, 0.99), st.floats(0.5, 200), st.floats(0.5, 200))
def test_a_quantile_undoes_the_function(p: float, a: float, b: float) -> None:
    assert isclose(beta_cdf(beta_quantile(p, a, b), a, b), p, rel_tol=1e-6)


@pytest.mark.parametrize(
    ("hits", "runs", "low", "high"),
    [
        (0, 100, 0.0, 0.0362),
        (0, 10, 0.0, 0.3085),
        (5, 50, 0.0333, 0.2181),
        (1, 10, 0.0025, 0.4450),
        (10, 10, 0.6915, 1.0),
    ],
    ids=[
        "none of a hundred: at most 3.6 percent",
        "none of ten",
        "five of fifty",
        "one of ten",
        "all of ten",
    ],
)
def test_clopper_pearson_gives_the_printed_tables(
    hits: int, runs: int, low: float, high: float
) -> None:
    found = clopper_pearson(hits, runs)
    assert found.low == pytest.approx(low, abs=5e-5)
    assert found.high == pytest.approx(high, abs=5e-5)


@pytest.mark.parametrize(
    ("freedom", "quantile"),
    [(1, 12.706), (2, 4.303), (10, 2.228), (30, 2.042), (120, 1.980)],
)
def test_student_gives_the_printed_table(freedom: int, quantile: float) -> None:
    assert student_quantile(0.975, freedom) == pytest.approx(quantile, abs=5e-4)


def test_a_mean_and_its_interval() -> None:
    found = mean([1.0, 2.0, 3.0, 4.0, 5.0])
    # 3 ± 2.776 · 1.5811 / √5
    assert (found.value, found.low, found.high) == pytest.approx((3, 1.0368, 4.9632), abs=1e-4)
    assert mean([7.0, 7.0]) == (7.0, 7.0, 7.0)


@pytest.mark.parametrize(
    ("runs", "misses"), [(58, None), (59, 0), (92, 0), (93, 1), (124, 2), (153, 3)]
)
def test_how_many_runs_may_miss_is_that_of_wilks(runs: int, misses: int | None) -> None:
    assert tolerated(runs) == misses
