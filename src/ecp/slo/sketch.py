"""Response times that add up: percentiles within 1 % of any sum of minutes.

What is kept is a sketch: how many answers there were of each mark, a mean and a standard deviation
on a grid of 0.5 %. An answer that was timed is a mean without scatter; of modelled ones that came
together mean and deviation are those of their gamma distribution. A sketch has as many marks as
there were different loads, and two are merged by adding the counts of equal marks.

To be read, and printed, it is laid out in buckets: bucket i holds times in (w^(i-1), w^i] us for
w = 1.005², so that its middle is within 0.5 % of all in it; what lies below a hundredth of a mark's
mean is in the bucket there. Counts are whole numbers that add up to the answers.
Source: C. Masson, J. Rim, H. Lee, DDSketch, PVLDB 12 (2019), whose buckets these are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from math import log, log1p
from typing import Any, Final

from ecp.slo.figures import floored
from ecp.workloads.sessions import gamma_below

Mark = tuple[int, int]
"""Steps of the grid from 1 us: of the mean, and of the deviation (NO_SCATTER for none)."""
Row = tuple[int, int, int]
"""A mark and its answers."""
Sketch = Mapping[Mark, int]
Buckets = Mapping[int, int]

NO_SCATTER: Final = -1
SHARES: Final = (("p50_ms", 500_000), ("p95_ms", 950_000), ("p99_ms", 990_000))
"""The percentiles that are printed, and the share (ppm) of answers that does not exceed each."""
ACCURACY_PERCENT: Final = 1.0

_GRID: Final = 1.005
_STEP: Final = log1p(0.005)
_LOWEST: Final = 923
"""Steps below the mean from which on nothing is told apart: 1.005^923 is 100."""
_BILLION: Final = 1_000_000_000
_REST: Final = 100  # in 1e-9: so few are not laid out further
_LONGEST_US: Final = 3_600_000_000.0


def mark(mean_us: float, scatter_us: float = 0) -> Mark:
    """The mark of answers of this mean and standard deviation (us)."""
    return _step(mean_us), _step(scatter_us) if scatter_us >= 1 else NO_SCATTER


def _step(us: float) -> int:
    return round(log(min(max(us, 1.0), _LONGEST_US)) / _STEP)


def merged(sketches: Iterable[Iterable[Row]]) -> dict[Mark, int]:
    """The sum of sketches that are told as rows."""
    found: dict[Mark, int] = {}
    for sketch in sketches:
        for mean, scatter, answers in sketch:
            found[mean, scatter] = found.get((mean, scatter), 0) + answers
    return found


def rows_of(sketch: Sketch) -> tuple[Row, ...]:
    """A sketch as rows, ascending; marks without answers are left out."""
    return tuple((*key, sketch[key]) for key in sorted(sketch) if sketch[key])


def spelled(rows: Iterable[Row]) -> str | None:
    """Rows as text: "2489~2311x118 …"; None where there are none."""
    return " ".join(f"{mean}~{scatter}x{answers}" for mean, scatter, answers in rows) or None


def rows_from(text: str | None) -> Iterator[Row]:
    """Yield the rows that a text spells, or several texts with a space between."""
    for word in (text or "").split():
        at, _, answers = word.partition("x")
        mean, _, scatter = at.partition("~")
        yield int(mean), int(scatter), int(answers)


@lru_cache(maxsize=16_384)
def known_rows(text: str | None) -> tuple[Row, ...]:
    """The rows that a text spells, from memory where it is often read."""
    return tuple(rows_from(text))


def laid_out(sketch: Sketch) -> dict[int, int]:
    """Answers by bucket, ascending."""
    held: dict[int, int] = {}
    for (mean, scatter), answers in sketch.items():
        for bucket, share in _shares(mean, scatter):
            held[bucket] = held.get(bucket, 0) + answers * share
    found: dict[int, int] = {}
    sum_ = counted = 0
    for bucket in sorted(held):
        # Rounded sums, not sums of what was rounded: no mark is lost because it is small.
        sum_ += held[bucket]
        upto = (2 * sum_ + _BILLION) // (2 * _BILLION)
        if upto > counted:
            found[bucket] = upto - counted
        counted = upto
    return found


@lru_cache(maxsize=4096)
def _shares(mean: int, scatter: int) -> tuple[tuple[int, int], ...]:
    """(bucket, share in 1e-9) of the answers of a mark."""
    if scatter == NO_SCATTER:
        return ((-(-mean // 2), _BILLION),)
    found: dict[int, int] = {}
    before = 0
    for offset, below in enumerate(_below(mean - scatter), -_LOWEST):
        at = mean + offset
        if at % 2 == 0 or below == _BILLION:
            bucket = max(0, -(-at // 2))
            found[bucket] = found.get(bucket, 0) + below - before
            before = below
    return tuple((bucket, share) for bucket, share in found.items() if share)


@lru_cache(maxsize=1024)
def _below(narrow: int) -> tuple[int, ...]:
    """`_share` at each step from a hundredth of the mean on; the last is all."""
    found: list[int] = []
    while not found or found[-1] < _BILLION:
        found.append(_share_of(narrow, len(found) - _LOWEST))
    return tuple(found)


def _share_of(narrow: int, step: int) -> int:
    """The share (1e-9) of a gamma up to some steps above its mean; *narrow*: how many steps its
    deviation lies below its mean."""
    shape = _GRID ** (2 * narrow)
    share = round(_BILLION * gamma_below(shape, shape * _GRID**step))
    return share if share < _BILLION - _REST else _BILLION


_share = lru_cache(maxsize=65_536)(_share_of)


def percentile_ms(sketch: Sketch, ppm: int) -> float | None:
    """The middle of the bucket with the answer that a share (ppm) of all does not exceed.

    Milliseconds, three decimals, rounded down; None without answers. It is found without the
    buckets being laid out, and is what they say.
    """
    total = sum(sketch.values())
    if not total:
        return None
    low, high = -1, _step(_LONGEST_US)
    while high - low > 1:
        middle = (low + high) // 2
        if _upto(sketch, middle) * 1_000_000 < ppm * total:
            low = middle
        else:
            high = middle
    return middle_ms(high)


def _upto(sketch: Sketch, bucket: int) -> int:
    """How many answers lie in buckets up to this one."""
    sum_ = 0
    for (mean, scatter), answers in sketch.items():
        at = 2 * bucket - mean
        if scatter == NO_SCATTER:
            sum_ += answers * _BILLION if at >= 0 else 0
            continue
        if at >= -_LOWEST:
            sum_ += answers * _share(mean - scatter, at)
    return (2 * sum_ + _BILLION) // (2 * _BILLION)


@lru_cache(maxsize=4096)
def middle_ms(bucket: int) -> float:
    """What is as far (0.5 %) from either end of a bucket: 2·w^i / (w + 1), by whole numbers."""
    return float(floored(2000 * 1_010_025**bucket, 1_000_000**bucket * 2_010_025, 3))


def percentiles(sketch: Sketch) -> dict[str, Any] | None:
    """The percentiles of a sketch as a report gives them; None where nothing was answered."""
    answers = sum(sketch.values())
    if not answers:
        return None
    found = {name: percentile_ms(sketch, ppm) for name, ppm in SHARES}
    return {"answers": answers, **found, "within_percent": ACCURACY_PERCENT}


def of_buckets(buckets: Buckets) -> dict[Mark, int]:
    """The sketch that is laid out in these buckets."""
    return {(2 * bucket, NO_SCATTER): answers for bucket, answers in buckets.items()}
