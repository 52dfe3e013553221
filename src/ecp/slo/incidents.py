"""Incidents (failures): when an outage begins, when it is over, and what it was not.

Rules, over the slots in order:
1  three consecutive D open one; it starts with the first of them. U, M, N or O breaks the run.
2  six U without a D between close it; it ends with the first of them. Fewer U stay inside.
3  N inside neither closes nor resets the U count; after five minutes of N its state is unknown.
4  M or O closes it, at the start of a running U count or else where M or O begins.
5  D that never reach rule 1 are downtime but no incident (micro-outages).

The detector is a fold over runs, so history before a window is seen and detection can be resumed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from ecp.slo.objective import Objective
from ecp.slo.slots import SLOT_SECONDS, Placed, SlotSeries

ClosedBy: TypeAlias = Literal["recovery", "maintenance", "off_duty"]


@dataclass(frozen=True, slots=True)
class CauseLink:
    """What an incident follows from: `kind` is fault, release or maintenance; `id` its own id."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class CauseSpan:
    """A fault, release or maintenance as it was in force: slots [start, end), end None = still."""

    link: CauseLink
    start: int
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Incident:
    """Slots [start, end) of one failure; end is None while it is open.

    detected: the slot at whose start the failure was known (the last opening slot is over).
    """

    start: int
    detected: int
    end: int | None = None
    closed_by: ClosedBy | None = None
    unknown: bool = False
    causes: tuple[CauseLink, ...] = ()

    @property
    def state(self) -> Literal["open", "unknown", "closed"]:
        if self.end is not None:
            return "closed"
        return "unknown" if self.unknown else "open"

    @property
    def seconds(self) -> int | None:
        """Its length, None while open."""
        return None if self.end is None else (self.end - self.start) * SLOT_SECONDS

    def touches(self, a: int, b: int) -> bool:
        """Whether it has a slot in [a, b)."""
        return self.start < b and (self.end is None or self.end > a)


@dataclass(frozen=True, slots=True)
class Watch:
    """Where detection stands between two slots; plain data, to be kept and resumed from.

    down_start/down: the unfinished opening run; up_start/up: the U count inside the open incident;
    unknown: the length of the present N run inside it.
    """

    incident: Incident | None = None
    down_start: int = 0
    down: int = 0
    up_start: int = 0
    up: int = 0
    unknown: int = 0


def detect(
    runs: Iterable[Placed], objective: Objective, watch: Watch | None = None
) -> tuple[list[Incident], Watch]:
    """The incidents closed in these runs, and the watch after them (with the open one, if any).

    The runs must be ascending and without holes, following on from `watch`. Any cut of the runs
    gives the same answer.
    """
    watch = watch or Watch()
    closed: list[Incident] = []
    for run in runs:
        over, watch = _step(run, objective, watch)
        if over is not None:
            closed.append(over)
    return closed, watch


def incidents_of(series: SlotSeries, objective: Objective) -> list[Incident]:
    """All incidents of a series, ascending; the last may be open."""
    closed, watch = detect(series, objective)
    return [*closed, watch.incident] if watch.incident is not None else closed


def linked(incident: Incident, causes: Sequence[CauseSpan], closes_after: int = 6) -> Incident:
    """The incident with the causes in force when it began, or that came into force during it.

    Where maintenance closed it, that is among them: it begins where the incident ends, or before
    the up slots in between would have closed it.
    """
    found = set()
    for span in causes:
        until = incident.end
        if until is not None and incident.closed_by == "maintenance" == span.link.kind:
            until += closes_after
        if (span.end is None or span.end >= incident.start) and (
            until is None or span.start < until
        ):
            found.add(span.link)
    return replace(incident, causes=tuple(sorted(found, key=lambda link: (link.kind, link.id))))


def micro_outages(series: SlotSeries, incidents: Sequence[Incident]) -> tuple[int, int]:
    """(how many, slots) of the D runs of a series that lie outside every incident.

    The series is judged (after the unknown policy); the incidents are ascending and disjoint.
    """
    count = slots = index = 0
    for state, start, end in series:
        if state != "D":
            continue
        while (
            index < len(incidents) and (edge := incidents[index].end) is not None and edge <= start
        ):
            index += 1
        # A D run lies wholly inside or wholly outside: an incident starts and ends at run edges.
        if index == len(incidents) or not incidents[index].touches(start, end):
            count += 1
            slots += end - start
    return count, slots


def _step(run: Placed, objective: Objective, watch: Watch) -> tuple[Incident | None, Watch]:
    """One run further: the incident that it closes, if any, and the watch after it."""
    state, slots = objective.judged(run.state), run.end - run.start
    incident = watch.incident
    if incident is None:
        return None, _outside(state, run.start, slots, objective, watch)
    if state == "D":
        return None, Watch(replace(incident, unknown=False))
    if state == "N":
        unknown = watch.unknown + slots
        lost = unknown >= objective.unknown_after
        return None, replace(watch, unknown=unknown, incident=replace(incident, unknown=lost))
    first_up = watch.up_start if watch.up else run.start
    if state == "U":
        up = watch.up + slots
        if up < objective.closes_after:
            still = replace(incident, unknown=False)
            return None, Watch(still, up_start=first_up, up=up)
        return _closed(incident, first_up, "recovery"), Watch()
    by: ClosedBy = "maintenance" if state == "M" else "off_duty"
    return _closed(incident, first_up, by), Watch()


def _outside(state: str, start: int, slots: int, objective: Objective, watch: Watch) -> Watch:
    if state != "D":
        return Watch()
    first = watch.down_start if watch.down else start
    down = watch.down + slots
    if down < objective.opens_after:
        return Watch(down_start=first, down=down)
    return Watch(Incident(first, first + objective.opens_after))


def _closed(incident: Incident, end: int, by: ClosedBy) -> Incident:
    return replace(incident, end=end, closed_by=by, unknown=False)
