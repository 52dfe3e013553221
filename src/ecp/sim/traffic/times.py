"""How response times are distributed: sums of independent parts, as the gamma of their mean and
variance.

Exact for one exponential part, close for sums of them. Times in any one unit.
"""

from math import sqrt

from ecp.workloads.sessions import gamma_below

_P95 = 0.95


def within(mean: float, variance: float, limit: float) -> float:
    """Return the share of a gamma distributed time with that mean and variance up to *limit*."""
    if mean <= 0:
        return 1.0
    if variance <= 1e-12 * mean * mean:
        return 1.0 if mean <= limit else 0.0
    return gamma_below(mean * mean / variance, limit * mean / variance)


def p95(mean: float, variance: float) -> float:
    """Return the time that 95 % do not exceed."""
    if mean <= 0 or variance <= 1e-12 * mean * mean:
        return max(mean, 0.0)
    low, high = mean, mean + 5 * sqrt(variance)
    while high - low > 1e-4 + 1e-4 * mean:
        middle = (low + high) / 2
        if within(mean, variance, middle) < _P95:
            low = middle
        else:
            high = middle
    return high
