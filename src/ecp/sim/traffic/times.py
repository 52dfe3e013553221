"""How response times are distributed: sums of independent parts, as the gamma of their mean and
variance.

Exact for one exponential part, close for sums of them. Times in any one unit.
"""

from math import exp, lgamma, log, sqrt

_P95 = 0.95


def within(mean: float, variance: float, limit: float) -> float:
    """Return the share of a gamma distributed time with that mean and variance up to *limit*."""
    if mean <= 0:
        return 1.0
    if variance <= 1e-12 * mean * mean:
        return 1.0 if mean <= limit else 0.0
    return _gamma_below(mean * mean / variance, limit * mean / variance)


def _gamma_below(shape: float, x: float) -> float:
    """Return the regularised lower incomplete gamma function P(shape, x).

    Source: Abramowitz and Stegun 6.5.29 (series) and 6.5.31 (continued fraction, evaluated from
    the front as by W. J. Lentz 1976).
    """
    spread = sqrt(shape)
    if x <= 0 or x < shape - 12 * spread:
        return 0.0
    if x > shape + 12 * spread + 40:
        return 1.0
    front = exp(shape * log(x) - x - lgamma(shape))
    if x < shape + 1:
        term = total = 1 / shape
        n = shape
        while term > 1e-12 * total:
            n += 1
            term *= x / n
            total += term
        return min(1.0, front * total)
    b = x + 1 - shape
    c, d = 1e300, 1 / b
    fraction = d
    for i in range(1, 500):
        a = i * (shape - i)
        b += 2
        d = 1 / (a * d + b)
        c = b + a / c
        step = d * c
        fraction *= step
        if abs(step - 1) < 1e-12:
            break
    return max(0.0, 1 - front * fraction)


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
