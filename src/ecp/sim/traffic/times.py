"""How response times are distributed: sums of independent parts, as the gamma of their mean and
variance.

Exact for one exponential part, close for sums of them. Times in any one unit.
"""

from math import sqrt
from typing import NamedTuple

from ecp.workloads.sessions import gamma_below

_P95 = 0.95


def within(mean: float, variance: float, limit: float) -> float:
    """Return the share of a gamma distributed time with that mean and variance up to *limit*."""
    if mean <= 0:
        return 1.0
    if variance <= 1e-12 * mean * mean:
        return 1.0 if mean <= limit else 0.0
    return gamma_below(mean * mean / variance, limit * mean / variance)


class Times(NamedTuple):
    """Response times: gamma distributed, but a share `stalled` of them is so much longer: `stall`.

    What waits for a time-out is no part of a smooth distribution.
    """

    mean: float
    variance: float
    stalled: float = 0.0
    stall: float = 0.0

    def within(self, limit: float) -> float:
        """Return the share up to *limit*."""
        smooth = within(self.mean, self.variance, limit)
        if not self.stalled:
            return smooth
        late = within(self.mean, self.variance, limit - self.stall) if limit > self.stall else 0.0
        return (1 - self.stalled) * smooth + self.stalled * late

    def p95(self) -> float:
        """Return the time that 95 % do not exceed."""
        if not self.stalled and (self.mean <= 0 or self.variance <= 1e-12 * self.mean * self.mean):
            return max(self.mean, 0.0)
        low, high = 0.0 if self.stalled else self.mean, self.mean + 5 * sqrt(self.variance)
        high += self.stall
        while high - low > 1e-4 + 1e-4 * self.mean:
            middle = (low + high) / 2
            if self.within(middle) < _P95:
                low = middle
            else:
                high = middle
        return high

    def whole(self) -> tuple[float, float]:
        """Return mean and variance of all of them."""
        over = self.stalled * self.stall
        return self.mean + over, self.variance + over * self.stall * (1 - self.stalled)
