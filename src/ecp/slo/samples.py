"""From samples as a collector brings them to slots: late ones, double ones, impossible ones.

A slot closes 10 s after its end. A sample that comes later, up to an hour, is taken in: everything
is derived anew from the samples, so that the order in which they came reaches no figure. An older
one is counted and changes nothing. Of two samples in one slot the worse is kept.
"""

from __future__ import annotations

from typing import Literal

from ecp.slo.judge import Requests, states_from_requests
from ecp.slo.objective import Objective
from ecp.slo.slots import CountSeries, SlotSeries, carry_gaps, lateness, slot_of


class Samples:
    """Samples by slot. `late_dropped` came too late, `recomputed` late, `rejected` cannot be."""

    def __init__(self) -> None:
        self._slots: dict[int, Requests] = {}
        self.late_dropped = self.recomputed = self.rejected = 0

    def take(
        self, at: int, sample: Requests, arrived: int | None = None
    ) -> Literal["open", "recompute", "drop", "reject"]:
        """Take a sample of second *at* that arrived at second *arrived* (None: in time).

        reject: more good requests than requests, which is a data-quality alert and no state.
        """
        if not 0 <= sample.good <= sample.total:
            self.rejected += 1
            return "reject"
        slot = slot_of(at)
        verdict = lateness(slot, at if arrived is None else arrived)
        if verdict == "drop":
            self.late_dropped += 1
            return verdict
        self.recomputed += verdict == "recompute"
        known = self._slots.get(slot)
        self._slots[slot] = sample if known is None else _worse(known, sample)
        return verdict

    def series(self, start: int, end: int, objective: Objective) -> SlotSeries:
        """The states of slots [start, end): gaps of up to two slots carry the state before."""
        samples = [self._slots.get(slot, Requests(0, 0)) for slot in range(start, end)]
        states = states_from_requests(samples, objective)
        return carry_gaps(start, ((state, 1) for state in states))

    def counts(self, start: int, end: int) -> CountSeries:
        """The requests of slots [start, end)."""
        samples = (self._slots.get(slot, Requests(0, 0)) for slot in range(start, end))
        return CountSeries.of(start, ((1, sample.good, sample.total) for sample in samples))


def _worse(one: Requests, other: Requests) -> Requests:
    """The one with the larger bad share, else with more requests; either's failed probe holds."""
    bad, their = (one.total - one.good) * other.total, (other.total - other.good) * one.total
    kept = max(one, other, key=lambda row: row.total) if bad == their else one
    if their > bad:
        kept = other
    probes = [probe for probe in (one.probe_ok, other.probe_ok) if probe is not None]
    return kept._replace(probe_ok=all(probes) if probes else None)
