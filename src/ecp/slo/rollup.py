"""Minutes and hours: sums of slots, so that any minute-aligned window is exact.

No averages and no percentiles are kept. Partial minutes at a window's edges are read from slots.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from ecp.slo.errors import SeriesError
from ecp.slo.slots import CountSeries, SlotSeries, Totals

MINUTE_SLOTS: Final = 12
HOUR_SLOTS: Final = 720


@dataclass(frozen=True, slots=True)
class Bucket:
    """The totals of `length` slots from `start` on; start is a multiple of the length."""

    start: int
    length: int
    totals: Totals

    def __post_init__(self) -> None:
        if self.totals.slots != self.length or self.start % self.length:
            raise SeriesError(
                f"a bucket of {self.length} slots at slot {self.start} holds {self.totals.slots}; "
                "its states must add up to its length and it must begin at a multiple of it"
            )


def minutes(series: SlotSeries, counts: CountSeries | None = None) -> Iterator[Bucket]:
    """The whole minutes of a series, ascending; one cut by its ends is left to the raw slots."""
    first, last = -(-series.start // MINUTE_SLOTS), series.end // MINUTE_SLOTS
    for minute in range(first, last):
        start = minute * MINUTE_SLOTS
        yield Bucket(start, MINUTE_SLOTS, series.totals(start, start + MINUTE_SLOTS, counts))


def hours(buckets: Iterable[Bucket]) -> Iterator[Bucket]:
    """Whole hours from ascending minutes without holes; incomplete hours are left out."""
    start, totals = 0, Totals()
    for bucket in buckets:
        if bucket.start % HOUR_SLOTS == 0:
            start, totals = bucket.start, Totals()
        totals += bucket.totals
        if bucket.start + bucket.length == start + HOUR_SLOTS and totals.slots == HOUR_SLOTS:
            yield Bucket(start, HOUR_SLOTS, totals)


def summed(buckets: Iterable[Bucket]) -> Totals:
    """The totals of some buckets."""
    total = Totals()
    for bucket in buckets:
        total += bucket.totals
    return total
