"""Planned maintenance: which announced windows take their slots out of the agreement.

A window counts as planned when it was approved and announced early enough; otherwise it is visible
but its slots contribute. Overlaps are united, never summed, and only so many seconds of a calendar
month count; what exceeds the cap contributes. A retroactive correction needs a reason and an
approver; it does not make slots M but an exclusion, so that both figures, raw and adjusted, stand.
Of a window that recurs each occurrence is judged by itself: the first may come too early for the
notice when the others do not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal, TypeAlias

from ecp.slo.errors import InputError
from ecp.slo.recurrence import starts
from ecp.slo.slots import SLOT_SECONDS, Span, slots_covered, united
from ecp.slo.windows import calendar

Judgement: TypeAlias = Literal["planned", "late_notice", "not_approved", "correction", "refused"]


@dataclass(frozen=True, slots=True)
class Maintenance:
    """One announced window; instants in seconds since the epoch.

    `services` it covers: the dependants it names; empty means the whole tenant. With an `rrule` it
    recurs in the wall time of `timezone`; taken back at `until`, it has no occurrence from then on.
    """

    id: str
    start: int
    end: int
    created: int
    approved_by: str = ""
    reason: str = ""
    services: tuple[str, ...] = ()
    retroactive: bool = False
    rrule: str = ""
    timezone: str = "UTC"
    until: int | None = None

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise InputError(
                f"maintenance {self.id}", "ends before it begins", "give an end after the start"
            )

    def occurrences(self) -> tuple[Maintenance, ...]:
        """The window itself, or each of its occurrences as a window ("m1.1", "m1.2", …).

        Raises InputError for a rule that cannot be followed.
        """
        return _occurrences(self) if self.rrule else (self,)

    def covers(self, service: str) -> bool:
        return not self.services or service in self.services


@lru_cache(maxsize=1024)
def _occurrences(window: Maintenance) -> tuple[Maintenance, ...]:
    length, until = window.end - window.start, window.until
    return tuple(
        replace(
            window,
            id=f"{window.id}.{number}",
            start=start,
            end=start + length if until is None else min(start + length, until),
            rrule="",
            until=None,
        )
        for number, start in enumerate(starts(window.rrule, window.start, window.timezone), 1)
        if until is None or start < until
    )


@dataclass(frozen=True, slots=True)
class MaintenanceTerms:
    """Notice and monthly cap in seconds (cap None: unlimited), months in `timezone`."""

    notice: int = 24 * 3600
    monthly_cap: int | None = 4 * 3600
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class MaintenancePlan:
    """What counts: `planned` spans become M, `corrections` are excluded, `excess` contributes.

    `judged` says of every window (or occurrence) of the service what became of it.
    """

    planned: tuple[Span, ...]
    corrections: tuple[Span, ...]
    excess: tuple[Span, ...]
    judged: tuple[tuple[str, Judgement], ...]


def plan(
    windows: Iterable[Maintenance], service: str, terms: MaintenanceTerms | None = None
) -> MaintenancePlan:
    """The plan of one service, in whole slots: those whose start a window covers."""
    terms = terms or MaintenanceTerms()
    concerned = [
        one for window in windows if window.covers(service) for one in window.occurrences()
    ]
    judged = tuple((window.id, _judge(window, terms)) for window in concerned)
    spans: dict[Judgement, list[Span]] = {"planned": [], "correction": []}
    for window, (_, judgement) in zip(concerned, judged, strict=True):
        if judgement in spans:
            spans[judgement].append(_whole_slots(window))
    planned, excess = _capped(united(spans["planned"]), terms)
    return MaintenancePlan(
        tuple(planned), tuple(united(spans["correction"])), tuple(excess), judged
    )


def _judge(window: Maintenance, terms: MaintenanceTerms) -> Judgement:
    if window.retroactive:
        return "correction" if window.approved_by and window.reason else "refused"
    if not window.approved_by:
        return "not_approved"
    return "planned" if window.start - window.created >= terms.notice else "late_notice"


def _whole_slots(window: Maintenance) -> Span:
    """The slots whose start the window covers, in seconds."""
    (slots,) = slots_covered([Span(window.start, window.end)])
    return Span(slots.start * SLOT_SECONDS, slots.end * SLOT_SECONDS)


def _capped(spans: list[Span], terms: MaintenanceTerms) -> tuple[list[Span], list[Span]]:
    """(within, beyond) the monthly cap, first come first counted; spans are split at month ends."""
    if terms.monthly_cap is None:
        return spans, []
    within: list[Span] = []
    beyond: list[Span] = []
    left: dict[int, int] = {}
    for start, end in spans:
        while start < end:
            month = calendar("month", start, terms.timezone)
            until = min(end, month.full_end * SLOT_SECONDS)
            cap = left.setdefault(month.start, terms.monthly_cap // SLOT_SECONDS * SLOT_SECONDS)
            edge = min(until, start + cap)
            left[month.start] = cap - (edge - start)
            within.append(Span(start, edge))
            beyond.append(Span(edge, until))
            start = until
    return united(within), united(beyond)
