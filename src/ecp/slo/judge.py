"""From what was observed in a slot to its state.

A slot is down when no endpoint is ready, a probe failed or timed out, or, from `min_events`
requests on, the bad (or, if the objective says so, the slow) share reaches the bad ratio. Otherwise
it is up if anything was observed at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from ecp.slo.errors import CountError
from ecp.slo.objective import MILLION, Objective
from ecp.slo.slots import State

LOOK_BACK_SLOTS: Final = 12
"""A small tenant's requests are sought in the last 60 s, the slot itself included."""
PROBES_TO_CONFIRM: Final = 2


@dataclass(frozen=True, slots=True)
class Observed:
    """What one slot showed; None means not looked at. `slow` counts requests over the limit."""

    ready_endpoints: int | None = None
    probe_ok: bool | None = None
    good: int | None = None
    total: int | None = None
    slow: int = 0


class Requests(NamedTuple):
    """Entry requests of one slot, and how its probe ended (None: no probe)."""

    good: int
    total: int
    probe_ok: bool | None = None


def state_of(observed: Observed, objective: Objective) -> State | None:
    """U or D, or None when there was no sample. Raises CountError for impossible counts."""
    good, total = observed.good, observed.total
    if (good is None) != (total is None):
        raise CountError("requests need both good and total; the slot is rejected")
    if good is not None and total is not None and not 0 <= good <= total:
        raise CountError(f"{good} good of {total} requests; the slot is rejected")
    if observed.ready_endpoints is None and observed.probe_ok is None and total is None:
        return None
    if observed.ready_endpoints == 0 or observed.probe_ok is False:
        return "D"
    if good is not None and total is not None and total >= objective.min_events:
        if _reaches(total - good, total, objective):
            return "D"
        if objective.judges_latency and _reaches(observed.slow, total, objective):
            return "D"
    return "U"


def states_from_requests(slots: Iterable[Requests], objective: Objective) -> Iterator[State | None]:
    """The states of consecutive slots of a small tenant, from its requests and probes alone.

    For each slot, requests are sought backwards for up to 60 s until `min_events` are found. A slot
    with a bad one is down if the bad ratio of those found is reached. Two consecutive failed probes
    make a slot down as well (in an outage nobody may call); a lone one does not. None: no sample.
    """
    recent: list[Requests] = []
    failed = 0
    for requests in slots:
        good, total, probe_ok = requests
        if not 0 <= good <= total:
            raise CountError(f"{good} good of {total} requests; the slot is rejected")
        recent = [*recent[1 - LOOK_BACK_SLOTS :], requests]
        if probe_ok is not None:
            failed = 0 if probe_ok else failed + 1
        if probe_ok is False and failed >= PROBES_TO_CONFIRM:
            yield "D"
        elif not total and probe_ok is None:
            yield None
        else:
            bad, found = _found(recent, objective.min_events)
            enough = found >= objective.min_events
            yield "D" if good < total and enough and _reaches(bad, found, objective) else "U"


def _found(recent: Sequence[Requests], wanted: int) -> tuple[int, int]:
    """(bad, all) requests of the newest slots that together hold `wanted` of them, or of all."""
    bad = found = 0
    for requests in reversed(recent):
        found += requests.total
        bad += requests.total - requests.good
        if found >= wanted:
            break
    return bad, found


def _reaches(part: int, whole: int, objective: Objective) -> bool:
    return part * MILLION >= objective.bad_ratio_ppm * whole
