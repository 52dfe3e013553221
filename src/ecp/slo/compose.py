"""Composition: the tenant as one pseudo-service, computed slot by slot.

It cannot be derived from percentages: two services at 99.699 % with disjoint outages give 99.398 %,
with the same outage 99.699 %.

Only services on duty in a slot take part; the slot is off duty where none is. With `need` of them:
up when that many are up; else maintenance when planned work explains what is missing; else down.
Unknown services are tried both ways: where the answer depends on them, the slot is unknown. For
`need` = all of them this is the serial rule: any D → D, else any N → N, else any M → M, else U.
"""

from __future__ import annotations

from collections.abc import Sequence

from ecp.slo.errors import SeriesError
from ecp.slo.slots import SlotSeries, State


def serial(services: Sequence[SlotSeries]) -> SlotSeries:
    """Every service on duty is needed."""
    return k_of_n(services, len(services))


def k_of_n(services: Sequence[SlotSeries], need: int) -> SlotSeries:
    """`need` of the services (or all that are on duty, if fewer) must be up.

    Costs O(runs · log runs). Raises SeriesError unless all series cover the same slots.
    """
    if not services:
        raise SeriesError("nothing to compose; give at least one series")
    if not 1 <= need <= len(services):
        raise SeriesError(f"{need} of {len(services)} services cannot be needed")
    start, end = services[0].start, services[0].end
    for series in services:
        if (series.start, series.end) != (start, end):
            raise SeriesError(
                f"series over slots [{series.start}, {series.end}) and [{start}, {end}) cannot be "
                "composed; cut or fill them to the same slots"
            )
    # Every service enters a run at a change; between two changes the tally is constant.
    changes: list[tuple[int, State, State | None]] = []
    for series in services:
        before: State | None = None
        for state, at, _ in series:
            changes.append((at, state, before))
            before = state
    changes.sort(key=lambda change: change[0])
    tally: dict[State, int] = {"U": 0, "D": 0, "M": 0, "N": 0, "O": 0}
    runs: list[tuple[State, int]] = []
    for index, (at, state, previous) in enumerate(changes):
        tally[state] += 1
        if previous is not None:
            tally[previous] -= 1
        until = changes[index + 1][0] if index + 1 < len(changes) else end
        if until > at:
            runs.append((_state(tally, need), until - at))
    return SlotSeries.of(start, runs)


def _state(tally: dict[State, int], need: int) -> State:
    on_duty = tally["U"] + tally["D"] + tally["M"] + tally["N"]
    if not on_duty:
        return "O"
    need = min(need, on_duty)
    best = _known(tally["U"] + tally["N"], tally["M"], need)
    worst = _known(tally["U"], tally["M"], need)
    return best if best == worst else "N"


def _known(up: int, maintenance: int, need: int) -> State:
    if up >= need:
        return "U"
    return "M" if up + maintenance >= need else "D"
