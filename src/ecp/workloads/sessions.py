"""Calls in progress: how many outlast so many seconds, and when the last of them has ended.

Times in seconds. A duration is gamma distributed with a mean and a squared coefficient of variation
(1 = exponential), and calls begin as a Poisson stream. What is in progress at some instant has a
rest to go that is not a whole duration: long calls are met more often than short ones.

Source: D. R. Cox, Renewal Theory, 1962, ch. 5 (forward recurrence time); L. Takács 1962 (M/G/inf).
"""

from math import exp, inf, lgamma, log, sqrt


def gamma_below(shape: float, x: float) -> float:
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


def outlasting(mean: float, after: float, variability: float = 1.0) -> float:
    """Return the share of calls in progress that are still in progress so many seconds *after*.

    The tail of the rest of a duration, the integral of 1 - F beyond *after* over the mean; with
    F a gamma of shape k and scale s it is Q(k+1, t/s) - t/m Q(k, t/s). `outlasting(180, 30)` is
    0.846: of calls of three minutes 85 % outlast half a minute.
    """
    if after <= 0:
        return 1.0
    if mean <= 0:
        return 0.0
    if variability == 1.0:
        return exp(-after / mean)
    if variability <= 0:
        return max(0.0, 1 - after / mean)
    shape = 1 / variability
    x = after / (mean * variability)
    if shape + 1 + 12 * sqrt(shape + 1) + 40 < x:
        return 0.0
    tail = 1 - gamma_below(shape + 1, x) - after / mean * (1 - gamma_below(shape, x))
    return min(1.0, max(0.0, tail))


def in_progress(load: float, mean: float, since: float, variability: float = 1.0) -> float:
    """Return the calls in progress at a server that takes *load* Erlang *since* so many seconds.

    It began empty: as many are missing as would have been there and outlasted that time.
    """
    return load * (1 - outlasting(mean, since, variability))


def called_back(mean: float, delay: float, start: float, end: float) -> float:
    """Return the share of callers that are in a call from *start* to *end* s after they were cut.

    The mean over that time, of those who call back after an exponential time of mean *delay*, for
    an exponential call of that *mean*: the integral of m/(m-d) (e^(-t/m) - e^(-t/d)). With
    `called_back(180, 30, 60, 61)` 0.70 of them have called and not yet ended.
    Source: two exponential phases in a row; D. R. Cox, Renewal Theory, 1962, ch. 2.
    """
    if mean <= 0 or end <= start:
        return 0.0
    if abs(mean - delay) < 1e-6 * mean:
        delay *= 1 + 1e-4

    def spent(rate: float) -> float:
        return rate * (exp(-start / rate) - exp(-end / rate)) if rate > 0 else 0.0

    return mean / (mean - delay) * (spent(mean) - spent(delay)) / (end - start)


def drained(mean: float, calls: float, left: float = 0.01, variability: float = 1.0) -> float:
    """Return after how many seconds fewer than *left* of some *calls* in progress are expected.

    With 0.01 it is the time by which the last has ended in 99 of 100 cases; 0.0 if none is open.
    """
    if not 0 < left < inf or calls <= left or mean <= 0:
        return 0.0
    share = left / calls
    if variability == 1.0:
        return mean * log(1 / share)
    low, high = 0.0, mean
    while outlasting(mean, high, variability) > share:
        low, high = high, high * 2
    for _ in range(60):
        middle = (low + high) / 2
        if outlasting(mean, middle, variability) > share:
            low = middle
        else:
            high = middle
    return high
