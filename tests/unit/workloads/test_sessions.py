"""Calls in progress against calls that are simulated one by one."""

import math

import pytest

from ecp.workloads.sessions import called_back, drained, gamma_below, in_progress, outlasting

from .simulated import calls, dialled_again


@pytest.mark.parametrize(
    ("grace", "cut"),
    [
        pytest.param(0, 1.0, id="killed at once: all"),
        pytest.param(30, 0.846, id="thirty seconds: 85 %"),
        pytest.param(180, 0.368, id="a mean duration: a third"),
        pytest.param(600, 0.036, id="ten minutes: under 4 %"),
    ],
)
def test_calls_of_three_minutes_that_outlast_a_grace_period(grace: float, cut: float) -> None:
    assert outlasting(180, grace) == pytest.approx(cut, abs=5e-4)


@pytest.mark.parametrize(
    "variability",
    [
        pytest.param(0.0, id="all of one length"),
        pytest.param(0.25, id="regular"),
        pytest.param(1.0, id="exponential"),
        pytest.param(2.0, id="a few very long ones"),
    ],
)
def test_simulated_calls_in_progress(variability: float) -> None:
    begun, ends = calls(variability, rate=100_000)
    assert len(ends) == pytest.approx(100_000, rel=0.02)
    for after in (0.2, 0.5, 1.0):
        share = (ends > after).mean()
        assert share == pytest.approx(outlasting(1.0, after, variability), rel=0.02, abs=1e-3)
    # Of a server that began half a mean duration ago, all calls that are older are missing.
    young = (begun > -0.5).sum()
    assert young == pytest.approx(in_progress(100_000, 1.0, 0.5, variability), rel=0.02)


@pytest.mark.parametrize("variability", [0.25, 1.0, 2.0])
def test_drained_is_when_so_few_are_left(variability: float) -> None:
    after = drained(180, 10, 0.05, variability)
    assert 10 * outlasting(180, after, variability) == pytest.approx(0.05, rel=1e-6)
    assert drained(180, 0.04, 0.05, variability) == 0.0


@pytest.mark.parametrize(
    ("mean", "delay"), [(180.0, 30.0), (60.0, 60.0), (20.0, 90.0)],
    ids=["soon, for long", "as long as it takes to dial", "late, for a short while"],
)  # fmt: skip
def test_callers_who_call_back_are_there_as_often_as_is_simulated(
    mean: float, delay: float
) -> None:
    for start, end in ((0.0, 10.0), (20.0, 40.0), (80.0, 160.0)):
        seen = dialled_again(mean, delay, start, end)
        assert called_back(mean, delay, start, end) == pytest.approx(seen, rel=0.02)
    assert called_back(0.0, delay, 0.0, 1.0) == called_back(mean, delay, 5.0, 5.0) == 0.0


def test_nothing_lasts_for_ever_and_nothing_ends_before_it_began() -> None:
    assert outlasting(180, -1) == 1.0
    assert outlasting(0, 1) == 0.0
    assert outlasting(180, 1e9, 0.5) == 0.0
    assert in_progress(10, 180, 0) == 0.0
    assert in_progress(10, 180, math.inf) == 10
    assert gamma_below(1, 2) == pytest.approx(1 - math.exp(-2))
