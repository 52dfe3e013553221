"""Slots of a service that is measured from outside: what sources say of it becomes one state.

Three sources may speak of a slot: a probe that asks the service as a customer does, the counters of
its requests, and its ready endpoints. Who could not look says nothing: that is unknown, not down.
Readiness is a promise and an answer is a fact: endpoints alone can say that nobody is there to
answer, never that somebody does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from ecp.slo.hours import Hours
from ecp.slo.objective import LIMITS_MS
from ecp.slo.rollup import MINUTE_SLOTS
from ecp.slo.slots import SLOT_SECONDS, STATE_NAMES, SlotSeries, Span, State, carry_gaps
from ecp.slo.windows import zone_of

Vote: TypeAlias = Literal["up", "down", ""]
"""What a source says of a service; "": it could not look."""

OBSERVED: Final = "observed"
"""The kind of a cause that was read off a cluster: objects, events and how a probe failed."""


class Sighting(NamedTuple):
    """What is known of one entry of a tenant in one slot.

    `probe`, `counters`, `endpoints` are the votes; `good` and `total` the requests that were
    counted, `reason` how a probe failed or why nobody could look.
    """

    probe: Vote = ""
    counters: Vote = ""
    endpoints: Vote = ""
    good: int = 0
    total: int = 0
    reason: str = ""

    @property
    def state(self) -> State:
        """The majority of those who say something; a tie is the probe's, then the counters'.

        >>> Sighting("down", "up", "up").state, Sighting(endpoints="up").state
        ('U', 'N')
        """
        votes = [vote for vote in (self.probe, self.counters, self.endpoints) if vote]
        ups, downs = votes.count("up"), votes.count("down")
        if downs > ups:
            return "D"
        if ups > downs:
            # Nobody was answered: a promise alone.
            return "U" if self.probe == "up" or self.counters == "up" else "N"
        if not votes:
            return "N"
        return "U" if votes[0] == "up" else "D"


def whole(states: Sequence[State]) -> State:
    """The state of a tenant from those of its entries: who is off duty has no say.

    Down where one is, else maintained, up where all are, else unknown.

    >>> whole(["U", "O"]), whole(["U", "N"]), whole(["U", "D"]), whole(["O"]), whole([])
    ('U', 'N', 'D', 'O', 'N')
    """
    on_duty = [state for state in states if state != "O"]
    if states and not on_duty:
        return "O"
    for state in ("D", "M"):
        if state in on_duty:
            return state
    return "U" if on_duty and set(on_duty) == {"U"} else "N"


class Seen(NamedTuple):
    """What was seen of a tenant in one slot: entries by name, and what down slots follow from."""

    entries: Mapping[str, Sighting]
    causes: tuple[str, ...] = ()


class Duty(NamedTuple):
    """When a tenant is on duty, and when it is under announced maintenance (seconds)."""

    hours: Hours | None = None
    timezone: str = "Asia/Seoul"
    windows: tuple[Span, ...] = ()

    def over(self, series: SlotSeries) -> SlotSeries:
        """The series with maintenance and slots off duty said over it."""
        found = series.overlaid("M", self.windows)
        if self.hours is None:
            return found
        zone = zone_of(self.timezone)
        at, off = series.start, []
        for span in self.hours.on_duty(series.start, series.end, zone):
            off.append((at, span.start))
            at = span.end
        off.append((at, series.end))
        spans = [
            Span(SLOT_SECONDS * first, SLOT_SECONDS * after)
            for first, after in off
            if first < after
        ]
        return found.overlaid("O", spans)


Duties: TypeAlias = Callable[[str], Duty]
"""The duty of an entry by its name; that of "" is said of the tenant beside its entries' own."""


def always(name: str) -> Duty:
    """On duty round the clock, never maintained."""
    return Duty()


class Before(NamedTuple):
    """How the minute before ended, by entry: the state that was seen last, and how many slots have
    passed since without a sight."""

    states: Mapping[str, tuple[State, int]] = {}


def minute_of(
    start: int,
    seen: Mapping[int, Seen],
    before: Before,
    *,
    counts_from: int = 0,
    duty: Duties = always,
) -> tuple[dict[str, Any], Before]:
    """The row of the minute at slot *start* as a ledger tells it, and how it ended.

    *seen* are slots that were looked at. One that nobody looked at, or in which nobody could tell,
    carries the state before it for at most two slots, then it is unknown. Source: `slots`.
    """
    slots = range(start, start + MINUTE_SLOTS)
    names = {name for at in slots if at in seen for name in seen[at].entries}
    names.update(before.states)
    after: dict[str, tuple[State, int]] = {}
    found: dict[str, SlotSeries] = {}
    for name in sorted(names):
        said = [_said(seen.get(at), name) for at in slots]
        last, missing = before.states.get(name, ("N", 0))
        carried = carry_gaps(start, ((s, 1) for s in said), before=last, missing_before=missing)
        found[name] = duty(name).over(carried)
        for state in said:
            last, missing = (last, missing + 1) if state is None else (state, 0)
        if missing < MINUTE_SLOTS:
            after[name] = last, missing
    each = [[series.at(at) for series in found.values()] for at in slots]
    of_all = duty("").over(SlotSeries.of(start, [(whole(states), 1) for states in each]))
    row = _row("", of_all, seen, counts_from)
    row |= {"counts": counts_from < MINUTE_SLOTS, "counts_from": counts_from}
    rest = [_row(name, series, seen, counts_from) for name, series in found.items()]
    return {"tenant": row, "workloads": rest}, Before(after)


def _said(seen: Seen | None, name: str) -> State | None:
    found = None if seen is None else seen.entries.get(name)
    return None if found is None or found.state == "N" else found.state


def _row(
    name: str, series: SlotSeries, seen: Mapping[int, Seen], counts_from: int
) -> dict[str, Any]:
    slots = dict.fromkeys(STATE_NAMES.values(), 0)
    good = total = 0
    causes: list[list[Any]] = []
    for state, first, end in series:
        slots[STATE_NAMES[state]] += end - first
        for at in range(first, end):
            if at not in seen:
                continue
            if state in ("U", "D") and at >= series.start + counts_from:
                for entry, sight in seen[at].entries.items():
                    if name in ("", entry):
                        good, total = good + sight.good, total + sight.total
            if state == "D":
                _add(causes, seen[at].causes, at - series.start)
    return {
        "name": name or None,
        "slots": slots,
        "runs": [[state, end - first] for state, first, end in series],
        "causes": causes,
        "good": good,
        "total": total,
        "excess": 0,
        "latency": {"le_ms": list(LIMITS_MS), "counts": [0] * len(LIMITS_MS), "count": 0},
    }


def _add(causes: list[list[Any]], said: Sequence[str], at: int) -> None:
    """Let causes hold for one slot more; those that did before go on."""
    for what in said:
        for row in causes:
            if row[1] == what and row[3] == at:
                row[3] = at + 1
                break
        else:
            causes.append([OBSERVED, what, at, at + 1])
