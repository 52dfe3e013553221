"""What is kept of a service for long: minutes in the order of their slots, then sums of hours.

Sums only, no averages, so that hours are exact sums of minutes and any window of whole minutes is
exact; percentiles follow from sketches, which are sums too. Slots before the birth of the SLA clock
are counted apart: they are outside every window, and still the slots of a minute add up to twelve.
Response times are counted within fixed limits, exactly.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from operator import add
from typing import Any, Final, NamedTuple, cast

from ecp.slo.answering import Answering
from ecp.slo.errors import SeriesError
from ecp.slo.kept import KeptMinute
from ecp.slo.objective import LIMITS_MS
from ecp.slo.rollup import HOUR_SLOTS, MINUTE_SLOTS
from ecp.slo.sketch import Row, merged, rows_of
from ecp.slo.slots import PRECEDENCE, STATE_NAMES, Span, State, Totals

RAW_SLOTS: Final = 48 * HOUR_SLOTS
"""How long all that was said of a minute is kept, before its newest (48 h)."""
MINUTES_KEPT: Final = 90 * 24 * HOUR_SLOTS
"""How long minutes keep the order of their slots (90 d); longer until their month is closed."""
HOURS_KEPT: Final = 25 * 31 * 24 * HOUR_SLOTS
"""How long hours are kept (25 months of 31 days)."""

_ALONE: Final = 12
"""So many of the sums of a level stand by themselves."""
_STATES: Final[tuple[State, ...]] = ("U", "D", "M", "N", "O")
_CALLS: Final = ("calls", "answered", "cut")
_RUN: Final = re.compile(r"([UDMNO])(\d+)")


class Level(NamedTuple):
    """Sums over some slots: slots by state, `before` the birth, requests, telephone calls, good
    requests within each limit, and a sketch of their times.

    Additive: the level of [a,b) plus that of [b,c) is that of [a,c).
    """

    up: int = 0
    down: int = 0
    maint: int = 0
    unknown: int = 0
    off: int = 0
    before: int = 0
    good: int = 0
    total: int = 0
    excess: int = 0
    calls: int = 0
    answered: int = 0
    cut: int = 0
    within: tuple[int, ...] = (0,) * len(LIMITS_MS)
    sketch: tuple[Row, ...] = ()

    @property
    def slots(self) -> int:
        return sum(self[:6])

    @property
    def totals(self) -> Totals:
        """The slots that count, and their requests."""
        return Totals(*self[:5], self.good, self.total)

    def plus(self, other: Level) -> Level:
        """The sum of two."""
        sums = [*map(add, self[:_ALONE], other[:_ALONE]), *map(add, self.within, other.within)]
        return Level.of(sums, rows_of(merged((self.sketch, other.sketch))))

    @classmethod
    def of(cls, sums: Sequence[int], sketch: tuple[Row, ...] = ()) -> Level:
        """From its sums in order, those within the limits at the end."""
        up, down, maint, unknown, off, before, good, total, excess, calls, taken, cut, *rest = sums
        asked = (good, total, excess, calls, taken, cut)
        return cls(up, down, maint, unknown, off, before, *asked, tuple(rest), sketch)

    @classmethod
    def told(cls, row: Mapping[str, Any]) -> Level:
        """From a service's row that a ledger summed up: as one of a minute, and `before`."""
        slots, voice = row["slots"], Answering(**(row.get("voice") or dict.fromkeys(_CALLS, 0)))
        states = (*(slots[STATE_NAMES[state]] for state in _STATES), row["before"])
        sketch = rows_of(merged((row["latency"].get("sketch") or (),)))
        asked = (row["good"], row["total"], row["excess"], *voice)
        return cls.of([*states, *asked, *_within(row)], sketch)

    @property
    def sums(self) -> tuple[int, ...]:
        """Its sums in order, those within the limits at the end."""
        return (*self[:_ALONE], *self.within)

    @property
    def answering(self) -> Answering | None:
        """How calls were taken; None where nobody called."""
        return Answering(self.calls, self.answered, self.cut) if self.calls else None

    def filled(self, slots: int) -> Level:
        """This level of *slots* slots: those that nothing is kept of are unknown."""
        return self._replace(unknown=self.unknown + slots - self.slots)


class Rolled(NamedTuple):
    """A service's minute, and its good requests within each limit."""

    minute: KeptMinute
    within: tuple[int, ...]

    @property
    def level(self) -> Level:
        """The minute's sums."""
        minute = self.minute
        tally: dict[State, int] = dict.fromkeys(PRECEDENCE, 0)
        at = 0
        for state, slots in minute.runs:
            tally[state] += max(0, at + slots - max(at, minute.counts_from))
            at += slots
        states = (tally["U"], tally["D"], tally["M"], tally["N"], tally["O"], minute.counts_from)
        asked = (minute.good, minute.total, minute.excess, *minute.voice)
        return Level(*states, *asked, self.within, minute.sketch)


def rolled(start: int, body: Mapping[str, Any]) -> dict[str, Rolled]:
    """The minute at slot *start* as a ledger tells it, by service; "" is the tenant.

    Raises SeriesError where the order of its slots was not told, or where they are not twelve.
    """
    whole = body.get("tenant")
    if whole is None:
        raise SeriesError(f"the minute at slot {start} was kept without the order of its slots")
    found = {"": Rolled(KeptMinute.read(start, whole), _within(whole))}
    for row in body.get("workloads") or ():
        minute = KeptMinute.of_workload(start, whole["counts_from"], row)
        found[row["name"]] = Rolled(minute, _within(row))
    for name, one in found.items():
        slots = sum(slots for _, slots in one.minute.runs)
        if slots != MINUTE_SLOTS:
            raise SeriesError(f"the minute at slot {start} of {name or 'the whole'} has {slots}")
    return found


def _within(row: Mapping[str, Any]) -> tuple[int, ...]:
    latency = row.get("latency") or {}
    if tuple(latency.get("le_ms") or ()) != LIMITS_MS:
        return Level().within
    return tuple(latency["counts"])


@lru_cache(maxsize=4096)
def spelled(runs: tuple[tuple[State, int], ...]) -> str:
    """Runs as text: U4D8."""
    return "".join(f"{state}{slots}" for state, slots in runs)


@lru_cache(maxsize=4096)
def runs_of(text: str) -> tuple[tuple[State, int], ...]:
    """The runs that a text spells."""
    return tuple((cast(State, state), int(slots)) for state, slots in _RUN.findall(text))


class Cut(NamedTuple):
    """A window of slots as what sums it exactly: minutes, whole hours, minutes."""

    head: Span
    hours: Span
    tail: Span


def cut(first: int, after: int) -> Cut:
    """How slots [first, after), both at whole minutes, are summed; spans may be empty."""
    start, end = -(-first // HOUR_SLOTS) * HOUR_SLOTS, after // HOUR_SLOTS * HOUR_SLOTS
    if start >= end:
        return Cut(Span(first, after), Span(after, after), Span(after, after))
    return Cut(Span(first, start), Span(start, end), Span(end, after))


class Bounds(NamedTuple):
    """Slots before which is let go of: all that was said, minutes, hours."""

    raw: int
    minutes: int
    hours: int


def bounds(newest: int, needed: Sequence[int] = ()) -> Bounds:
    """What may go when *newest* is the newest slot; minutes stay from each slot *needed* on."""
    minutes = min((newest - MINUTES_KEPT, *needed))
    return Bounds(newest - RAW_SLOTS, minutes, min(newest - HOURS_KEPT, minutes))
