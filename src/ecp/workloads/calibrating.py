"""Fitting a workload's profile to what was measured of it: start-up, CPU, memory, response times.

Medians, which a few odd pods do not move. Each figure says of how many samples it is, between which
bounds it may lie, and what is assumed about it. All times in seconds.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from ecp.workloads.sessions import gamma_below

_NORMAL = 1.4826
"""The median deviation of normal samples, times this, is their standard deviation."""
_P95 = 1.6449
"""The standard normal's 95th percentile."""


class Fitted(NamedTuple):
    """A figure of so many samples, between `low` and `high`; `assumed` is a word for what is not
    measured about it, "" = nothing."""

    value: float
    samples: int
    low: float
    high: float
    assumed: str = ""


def median(values: Sequence[float]) -> float:
    """The middle of some values. Raises IndexError for none."""
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def typical(values: Iterable[float]) -> Fitted | None:
    """The median of some samples, two of its standard errors around it; None without a sample.

    Of one sample nobody knows how far it lies off: `assumed` says so.

    >>> typical([10.0, 11.0, 900.0])
    Fitted(value=11.0, samples=3, low=8.854377559983824, high=13.145622440016176, assumed='')
    """
    found = list(values)
    if not found:
        return None
    middle = median(found)
    spread = _NORMAL * median([abs(value - middle) for value in found])
    # Of a median, in large samples of a normal distribution.
    error = 2 * spread * math.sqrt(math.pi / 2 / len(found))
    alone = "one sample" if len(found) == 1 else ""
    return Fitted(middle, len(found), max(0.0, middle - error), middle + error, alone)


def started(
    ready: Iterable[float], *, period: float, delay: float, probed: bool = True
) -> Fitted | None:
    """How long a process takes from its start until it listens, by when its pods were ready.

    A probe sees it at the first tick afterwards: at most `period` late, which each pod bounds anew,
    and never before `delay`. Without a probe a pod is ready once it runs, which tells nothing.

    >>> started([46.0, 47.0, 48.0], period=5, delay=0)
    Fitted(value=44.5, samples=3, low=43.0, high=46.0, assumed='')
    """
    found = list(ready)
    if not found or not probed:
        return None
    middle = median(found)
    if middle <= delay + 1:
        # The first look found it up: it started within the delay, nobody knows when.
        return Fitted(middle / 2, len(found), 0.0, middle, "up at the first probe")
    low, high = max(max(found) - period, 0.0), min(found)
    if low > high:
        # They differ by more than a tick: what they have in common is their middle.
        low, high = max(middle - period, 0.0), middle
    return Fitted((low + high) / 2, len(found), low, high)


class Times(NamedTuple):
    """Response times as a lognormal distribution: mean, and squared coefficient of variation."""

    mean: float
    variability: float
    median: float
    p95: float


def answered(quantiles: Mapping[float, float]) -> Times | None:
    """The distribution with that median and that 95th percentile; None without them.

    Source: response times of services are near lognormal (assumed); mean = m e^(s²/2).

    >>> answered({0.5: 0.1, 0.95: 0.2}).mean
    0.10928461889571915
    """
    middle, slow = quantiles.get(0.5, 0.0), quantiles.get(0.95, 0.0)
    if not 0 < middle <= slow:
        return None
    sigma = math.log(slow / middle) / _P95
    return Times(middle * math.exp(sigma**2 / 2), math.exp(sigma**2) - 1, middle, slow)


def quantile(buckets: Sequence[tuple[float, float]], share: float) -> float | None:
    """A quantile of a Prometheus histogram: (upper limit, count so far), ascending; None of none.

    Source: Prometheus' histogram_quantile: linear within a bucket, the last limit beyond.
    """
    total = buckets[-1][1] if buckets else 0.0
    if not total:
        return None
    before, below = 0.0, 0.0
    for limit, count in buckets:
        if count >= share * total:
            if math.isinf(limit):
                return before
            return before + (limit - before) * (share * total - below) / max(count - below, 1e-12)
        before, below = limit, count
    return before


def quantile_of(mean: float, spread: float, share: float) -> float:
    """A quantile of gamma distributed times with that mean and squared coefficient of variation.

    Source: sums of independent parts, as `sim.traffic.times` has them.

    >>> round(quantile_of(1.0, 1.0, 0.95), 3)
    2.996
    """
    if spread <= 0:
        return mean
    low, high = 0.0, mean * (1 + 10 * math.sqrt(spread))
    while high - low > 1e-9 * mean:
        middle = (low + high) / 2
        if gamma_below(1 / spread, middle / mean / spread) < share:
            low = middle
        else:
            high = middle
    return high
