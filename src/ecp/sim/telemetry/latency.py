"""Response times of spans of slots: exact at the limits that are counted, else a sketch of 1 %.

Buckets of the sketch are 2 % wide, so that the middle of one is within 1 % of all in it; sums of
them are what was said of several spans. Source: C. Masson, J. Rim, H. Lee, DDSketch, PVLDB 12
(2019), whose buckets these are.
"""

from collections.abc import Sequence
from math import ceil, log

from ecp.sim.traffic.model import LATENCY_LIMITS, MILLION, Result
from ecp.sim.traffic.times import within

_WIDTH = 1.02
_LONGEST = ceil(log(600_000_000) / log(_WIDTH))  # bucket of ten minutes, in us


def within_ms(result: Result, limit: int) -> int:
    """Return the share of requests (ppm) that are answered well within so many milliseconds."""
    if limit in LATENCY_LIMITS:
        return result.within[LATENCY_LIMITS.index(limit)]
    good = MILLION - result.bad
    share = within(result.mean_us, float(result.scatter_us) ** 2, limit * 1000)
    # Between those that are counted exactly.
    least = max((n for ms, n in zip(LATENCY_LIMITS, result.within, strict=True) if ms < limit),
                default=0)  # fmt: skip
    most = min((n for ms, n in zip(LATENCY_LIMITS, result.within, strict=True) if ms > limit),
               default=good)  # fmt: skip
    return min(max(round(good * share), least), most)


def percentile(rows: Sequence[tuple[int, Result]], share: float) -> float | None:
    """Return the time (ms) that a *share* of answers does not exceed, within 1 %.

    *rows* are (answers, result of those); None where there is no answer.
    """
    total = sum(count for count, _ in rows)
    if not total:
        return None
    low, high = -1, _LONGEST
    while high - low > 1:
        middle = (low + high) // 2
        edge = float(_WIDTH**middle)
        below = sum(n * within(r.mean_us, float(r.scatter_us) ** 2, edge) for n, r in rows)
        if below < share * total:
            low = middle
        else:
            high = middle
    return float(round(_WIDTH ** (high - 0.5) / 1000, 3))
