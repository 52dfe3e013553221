"""Slots: five seconds, one state each, kept as runs.

Slot k is [5k, 5k+5) seconds since the Unix epoch, UTC. A month is 518,400 slots but usually a few
hundred runs, so everything here costs O(runs), never O(slots).

A slot has exactly one state; where several could be said, the first of `PRECEDENCE` holds. A slot
without a sample carries the state before it for at most two slots, then it is unknown; unknown
never becomes up by interpolation.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final, Literal, NamedTuple, TypeAlias

from ecp.slo.errors import CountError, SeriesError

State: TypeAlias = Literal["U", "D", "M", "N", "O"]

SLOT_SECONDS: Final = 5
NANOSECONDS: Final = 1_000_000_000
CARRY_SLOTS: Final = 2
"""A gap is bridged for this many slots (10 s), then the state is N."""
WATERMARK_SECONDS: Final = 10
"""A slot closes this long after its end."""
LATE_SECONDS: Final = 3600
"""Samples later than this change nothing any more."""

STATE_NAMES: Final[dict[State, str]] = {
    "U": "up",
    "D": "down",
    "M": "maintenance",
    "N": "unknown",
    "O": "off_duty",
}
PRECEDENCE: Final[tuple[State, ...]] = ("O", "M", "D", "U", "N")
_RANK: Final[dict[State, int]] = {state: rank for rank, state in enumerate(PRECEDENCE)}


class Run(NamedTuple):
    """`slots` consecutive slots in one state."""

    state: State
    slots: int


class Placed(NamedTuple):
    """A run at its place: slots [start, end)."""

    state: State
    start: int
    end: int


class Span(NamedTuple):
    """Seconds [start, end) since the epoch."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over some slots: slots by state, and the requests of the up and down slots.

    Additive: the totals of [a,b) plus those of [b,c) are those of [a,c).
    """

    up: int = 0
    down: int = 0
    maint: int = 0
    unknown: int = 0
    off: int = 0
    good: int = 0
    total: int = 0

    @property
    def slots(self) -> int:
        return self.up + self.down + self.maint + self.unknown + self.off

    def __add__(self, other: Totals) -> Totals:
        return Totals(
            self.up + other.up,
            self.down + other.down,
            self.maint + other.maint,
            self.unknown + other.unknown,
            self.off + other.off,
            self.good + other.good,
            self.total + other.total,
        )


@dataclass(frozen=True, slots=True)
class SlotSeries:
    """The states of the slots from `start` on, without holes.

    Runs are normalised (no empty run, no two neighbours alike), so equal series are equal values
    however they were cut. Raises SeriesError for an unknown state or a negative run.
    """

    start: int
    runs: tuple[Run, ...]
    _edges: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        runs = _normalised(self.runs)
        object.__setattr__(self, "runs", runs)
        edges = tuple(accumulate((run.slots for run in runs), initial=self.start))
        object.__setattr__(self, "_edges", edges)

    @classmethod
    def of(cls, start: int, runs: Iterable[tuple[State, int]]) -> SlotSeries:
        """The series beginning at slot `start`, from (state, count) pairs."""
        return cls(start, tuple(Run(state, slots) for state, slots in runs))

    @property
    def end(self) -> int:
        """The slot after the last."""
        return self._edges[-1]

    @property
    def slots(self) -> int:
        return self.end - self.start

    def __iter__(self) -> Iterator[Placed]:
        for index, (state, _) in enumerate(self.runs):
            yield Placed(state, self._edges[index], self._edges[index + 1])

    def at(self, slot: int) -> State:
        """The state of one slot; N outside the series (nothing is known there)."""
        if not self.start <= slot < self.end:
            return "N"
        return self.runs[bisect_right(self._edges, slot) - 1].state

    def between(self, a: int, b: int) -> Iterator[Placed]:
        """The runs of slots [a, b), clipped to the series."""
        a, b = max(a, self.start), min(b, self.end)
        if a >= b:
            return
        index = bisect_right(self._edges, a) - 1
        while index < len(self.runs) and self._edges[index] < b:
            start, end = max(self._edges[index], a), min(self._edges[index + 1], b)
            yield Placed(self.runs[index].state, start, end)
            index += 1

    def covering(self, a: int, b: int) -> SlotSeries:
        """Exactly the slots [a, b): what lies outside the series is unknown."""
        if b < a:
            raise SeriesError(f"slots [{a}, {b}) end before they begin; give an end ≥ the start")
        if (a, b) == (self.start, self.end):
            return self
        if b <= self.start or a >= self.end:
            return SlotSeries.of(a, (("N", b - a),))
        inside = [(run.state, run.end - run.start) for run in self.between(a, b)]
        head, tail = max(0, self.start - a), max(0, b - self.end)
        return SlotSeries.of(a, (("N", head), *inside, ("N", tail)))

    def then(self, later: SlotSeries) -> SlotSeries:
        """This series and the one that begins where it ends."""
        if later.start != self.end:
            raise SeriesError(
                f"a series that begins at slot {later.start} cannot follow one that ends at slot "
                f"{self.end}; fill the gap with unknown slots first"
            )
        if not self.runs:
            return later
        return SlotSeries(self.start, self.runs + later.runs)

    def totals(self, a: int, b: int, counts: CountSeries | None = None) -> Totals:
        """Sums over slots [a, b), clipped to the series."""
        tally: dict[State, int] = dict.fromkeys(PRECEDENCE, 0)
        good = total = 0
        for state, start, end in self.between(a, b):
            tally[state] += end - start
            if counts is not None and state in ("U", "D"):
                more_good, more_total = counts.sums(start, end)
                good += more_good
                total += more_total
        return Totals(tally["U"], tally["D"], tally["M"], tally["N"], tally["O"], good, total)

    def overlaid(self, state: State, spans: Iterable[Span]) -> SlotSeries:
        """The series with `state` said over every slot whose start lies in one of the spans.

        Precedence decides slot by slot (M never covers O); overlapping spans are united.
        """
        runs: list[tuple[State, int]] = []
        cursor = self.start
        for start, end in united(slots_covered(spans)):
            start, end = max(start, cursor), min(end, self.end)
            if start >= end:
                continue
            runs += [(run.state, run.end - run.start) for run in self.between(cursor, start)]
            runs += [
                (prevailing(run.state, state), run.end - run.start)
                for run in self.between(start, end)
            ]
            cursor = end
        runs += [(run.state, run.end - run.start) for run in self.between(cursor, self.end)]
        return SlotSeries.of(self.start, runs)


@dataclass(frozen=True, slots=True)
class CountSeries:
    """Requests per slot as runs: each of `slots` slots had `total` requests, `good` of them good.

    Because a run says the same of each of its slots, any cut is exact. Slots outside have none.
    Build it with `of`; sums cost O(log runs).
    """

    start: int
    _edges: array[int] = field(repr=False)
    _good: array[int] = field(repr=False)
    _total: array[int] = field(repr=False)

    @classmethod
    def of(cls, start: int, runs: Iterable[tuple[int, int, int]]) -> CountSeries:
        """From (slots, good per slot, total per slot). Raises CountError when good > total."""
        edges, goods, totals = array("q", [start]), array("q", [0]), array("q", [0])
        for slots, good, total in runs:
            if slots < 0 or good < 0 or good > total:
                raise CountError(
                    f"{good} good of {total} requests over {slots} slots at slot {edges[-1]}: "
                    "good must lie between 0 and total; the slot is rejected"
                )
            edges.append(edges[-1] + slots)
            goods.append(goods[-1] + slots * good)
            totals.append(totals[-1] + slots * total)
        return cls(start, edges, goods, totals)

    @property
    def end(self) -> int:
        return self._edges[-1]

    def sums(self, a: int, b: int) -> tuple[int, int]:
        """(good, total) of slots [a, b)."""
        if b <= a:
            return 0, 0
        good_a, total_a = self._before(a)
        good_b, total_b = self._before(b)
        return good_b - good_a, total_b - total_a

    def _before(self, slot: int) -> tuple[int, int]:
        if slot <= self.start:
            return 0, 0
        index = bisect_right(self._edges, slot) - 1
        if index == len(self._edges) - 1:
            return self._good[index], self._total[index]
        offset, length = slot - self._edges[index], self._edges[index + 1] - self._edges[index]
        good = (self._good[index + 1] - self._good[index]) // length * offset
        total = (self._total[index + 1] - self._total[index]) // length * offset
        return self._good[index] + good, self._total[index] + total


def slot_of(seconds: int) -> int:
    """The slot that contains this second; window edges are floored with it."""
    return seconds // SLOT_SECONDS


def slot_of_ns(nanoseconds: int) -> int:
    """The slot that contains this instant of simulated time (ns since the epoch)."""
    return nanoseconds // (SLOT_SECONDS * NANOSECONDS)


def prevailing(one: State, other: State) -> State:
    """The state that holds when both are said of one slot; of two samples, the worse."""
    return one if _RANK[one] <= _RANK[other] else other


def slots_covered(spans: Iterable[Span]) -> list[Span]:
    """For spans in seconds, the slots [first, end) whose *start* lies in each."""
    return [Span(-(-start // SLOT_SECONDS), -(-end // SLOT_SECONDS)) for start, end in spans]


def united(spans: Iterable[Span]) -> list[Span]:
    """The union of spans, ascending and disjoint; what overlaps or touches becomes one."""
    union: list[Span] = []
    for start, end in sorted(spans):
        if start >= end:
            continue
        if union and start <= union[-1].end:
            union[-1] = Span(union[-1].start, max(union[-1].end, end))
        else:
            union.append(Span(start, end))
    return union


def carry_gaps(
    start: int,
    observed: Iterable[tuple[State | None, int]],
    *,
    before: State = "N",
    missing_before: int = 0,
) -> SlotSeries:
    """A series from observations in which None marks slots without a sample.

    `before` is the state last seen before `start` and `missing_before` how many slots have passed
    since without a sample, so that a series built minute by minute equals one built at once.
    """
    runs: list[tuple[State, int]] = []
    last, missing = before, missing_before
    for state, slots in observed:
        if state is not None:
            runs.append((state, slots))
            if slots:
                last, missing = state, 0
            continue
        carried = min(slots, max(0, CARRY_SLOTS - missing))
        runs += [(last, carried), ("N", slots - carried)]
        missing += slots
    return SlotSeries.of(start, runs)


def lateness(slot: int, arrival: int) -> Literal["open", "recompute", "drop"]:
    """What a sample for `slot` that arrives at second `arrival` does.

    open: the slot has not closed (10 s after its end); recompute: up to an hour late, its minute
    and the incidents that touch it are derived again; drop: counted as late and nothing else.
    """
    late = arrival - (slot + 1) * SLOT_SECONDS
    if late < WATERMARK_SECONDS:
        return "open"
    return "recompute" if late <= LATE_SECONDS else "drop"


def _normalised(runs: Sequence[tuple[State, int]]) -> tuple[Run, ...]:
    merged: list[Run] = []
    for state, slots in runs:
        if state not in _RANK:
            raise SeriesError(f"{state!r} is not a slot state; use one of U, D, M, N, O")
        if slots < 0:
            raise SeriesError(f"a run of {slots} slots of {state}; give a count ≥ 0")
        if not slots:
            continue
        if merged and merged[-1].state == state:
            merged[-1] = Run(state, merged[-1].slots + slots)
        else:
            merged.append(Run(state, slots))
    return tuple(merged)
