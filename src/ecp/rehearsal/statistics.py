"""What some runs say of all that could have been: intervals of a mean and of a probability.

The regularised incomplete beta function is worked out here by its continued fraction, so that no
numerical library is needed; values are held to tables in the tests.
"""

from collections.abc import Sequence
from math import exp, fsum, lgamma, log, log1p, sqrt
from typing import NamedTuple

CONFIDENCE = 0.95
_TINY = 1e-300
_PRECISION = 1e-15
_STEPS = 2_000


class Interval(NamedTuple):
    """A mean or a share with the bounds of its interval."""

    value: float
    low: float
    high: float


def beta_cdf(x: float, a: float, b: float) -> float:
    """Return the regularised incomplete beta function I_x(a, b), for a, b > 0.

    Continued fraction 26.5.8 of Abramowitz and Stegun, Handbook of Mathematical Functions (1964),
    evaluated by Lentz's method (Applied Optics 15, 1976, as modified by Thompson and Barnett);
    where it would converge slowly, through I_x(a, b) = 1 - I_{1-x}(b, a) (26.5.2).
    """
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    if x > (a + 1) / (a + b + 2):
        return 1.0 - beta_cdf(1 - x, b, a)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a
    c, d = 1.0, 1.0 / _away(1.0 - (a + b) * x / (a + 1))
    found = d
    for m in range(1, _STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1.0 / _away(1.0 + term * d)
            c = _away(1.0 + term / c)
            found *= c * d
        if abs(c * d - 1.0) < _PRECISION:
            break
    return front * found


def _away(value: float) -> float:
    """Keep a denominator from zero."""
    return value if abs(value) > _TINY else _TINY


def beta_quantile(p: float, a: float, b: float) -> float:
    """Return the x with I_x(a, b) = p, by halving: to the last digit, on any machine alike."""
    low, high = 0.0, 1.0
    while True:
        middle = (low + high) / 2
        if middle in (low, high):
            return middle
        if beta_cdf(middle, a, b) < p:
            low = middle
        else:
            high = middle


def clopper_pearson(hits: int, runs: int, confidence: float = CONFIDENCE) -> Interval:
    """Return the share of *hits* in *runs* with its exact two-sided interval.

    Source: Clopper and Pearson, Biometrika 26 (1934): the bounds are quantiles of Beta(k, n-k+1)
    and Beta(k+1, n-k). None of 100 gives an upper bound of 3.62 %.
    """
    rest = (1 - confidence) / 2
    low = 0.0 if hits == 0 else beta_quantile(rest, hits, runs - hits + 1)
    high = 1.0 if hits == runs else beta_quantile(1 - rest, hits + 1, runs - hits)
    return Interval(hits / runs, low, high)


def student_quantile(p: float, freedom: int) -> float:
    """Return the quantile of Student's t for p > 1/2 (Abramowitz and Stegun 26.7.1)."""
    x = beta_quantile(2 * (1 - p), freedom / 2, 0.5)
    return sqrt(freedom * (1 - x) / x)


def mean(values: Sequence[float], confidence: float = CONFIDENCE) -> Interval:
    """Return the mean with its interval by Student's t (Student, Biometrika 6, 1908).

    One value has none: both bounds are the value itself, and the reader is told the number of runs.
    """
    n = len(values)
    middle = fsum(values) / n
    if n == 1:
        return Interval(middle, middle, middle)
    spread = sqrt(fsum((value - middle) ** 2 for value in values) / (n - 1))
    half = student_quantile((1 + confidence) / 2, n - 1) * spread / sqrt(n) if spread else 0.0
    return Interval(middle, middle - half, middle + half)


def tolerated(runs: int, share: float = 0.05, confidence: float = CONFIDENCE) -> int | None:
    """Return how many of *runs* may miss a bound that all but *share* keep, at that confidence.

    Source: Wilks, Annals of Mathematical Statistics 12 (1941): the one-sided limit of Clopper and
    Pearson for k of n, 1-confidence = I_{1-share}(n-k, k+1), stays below *share*. None: not even
    0 of so few runs will do (59 are needed for 5 % at 95 %).
    """
    found = None
    for misses in range(runs):
        if beta_cdf(1 - share, runs - misses, misses + 1) > 1 - confidence:
            break
        found = misses
    return found
