"""Percentiles of spans: exact where answers are counted, within 1 % elsewhere."""

import math

import pytest

from ecp.sim.telemetry.latency import percentile, within_ms
from ecp.sim.traffic.evaluation import evaluate
from ecp.sim.traffic.model import LATENCY_LIMITS, MILLION, Node, Offer, Result, Seen, Strain, Work


def served(service: float, rate: float = 0.0001) -> Result:
    """Return what one exponential server makes of so few requests that none waits."""
    work = Work("request", False, service, 1.0, 0.0, 1, 60.0, 0, 0, 0, 0)
    node = Node("a", 1, (Strain(),), Seen(), Seen(), None, 1, 0, 0, 0, work, True, 0, ())
    [result] = evaluate([node], [Offer(0.0, rate)], bad_ratio_ppm=100_000)
    return result


@pytest.mark.parametrize("limit", [10, 75, 310, 400, 900, 2500])
def test_a_limit_between_those_that_are_counted(limit: int) -> None:
    share = within_ms(served(0.3), limit) / MILLION
    assert share == pytest.approx(1 - math.exp(-limit / 300), rel=0.01)


def test_a_limit_that_is_counted_is_exact() -> None:
    result = served(0.3)
    for limit, ppm in zip(LATENCY_LIMITS, result.within, strict=True):
        assert within_ms(result, limit) == ppm
    shares = [within_ms(result, limit) for limit in range(1, 12_000, 7)]
    assert shares == sorted(shares)


@pytest.mark.parametrize("share", [0.5, 0.9, 0.95, 0.99])
def test_percentiles_of_one_server_are_within_a_hundredth(share: float) -> None:
    found = percentile([(1000, served(0.3))], share)
    assert found == pytest.approx(-300 * math.log(1 - share), rel=0.015)


def test_a_percentile_of_a_fast_and_a_slow_span() -> None:
    rows = [(9000, served(0.01)), (1000, served(1.0))]
    found = percentile(rows, 0.95)
    # Half of the slow tenth is above it, none of the fast ones are.
    assert found == pytest.approx(1000 * math.log(2), rel=0.02)
    assert percentile([], 0.95) is None
