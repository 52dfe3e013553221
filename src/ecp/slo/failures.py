"""The incidents of a window, and what they amount to: count, recovery, detection, micro-outages.

An incident belongs to the window in which it began. Incident time and down time are different
figures: an incident contains short recoveries, and a micro-outage is down time without an incident.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ecp.slo.incidents import CauseSpan, Incident, incidents_of, linked, micro_outages
from ecp.slo.objective import Objective
from ecp.slo.slots import SLOT_SECONDS, SlotSeries


@dataclass(frozen=True, slots=True)
class Failures:
    """Incidents that touch a window, ascending; `counted` of them began in it.

    `seconds` is their time inside the window; micro-outages are the down runs outside them.
    """

    incidents: tuple[Incident, ...]
    counted: tuple[Incident, ...]
    seconds: int
    micro_outages: int
    micro_outage_seconds: int

    @property
    def open(self) -> tuple[Incident, ...]:
        return tuple(incident for incident in self.incidents if incident.end is None)

    @property
    def recovery_time_avg(self) -> float | None:
        """MTTR: the mean length of the closed incidents counted, in seconds."""
        lengths = [length for i in self.counted if (length := i.seconds) is not None]
        return sum(lengths) / len(lengths) if lengths else None

    @property
    def detection_time_avg(self) -> float | None:
        """MTTD, in seconds."""
        delays = [(i.detected - i.start) * SLOT_SECONDS for i in self.counted]
        return sum(delays) / len(delays) if delays else None

    def between_failures(self, up_seconds: int) -> float | None:
        """MTBF: up time per failure."""
        return up_seconds / len(self.counted) if self.counted else None


def failures_of(
    history: SlotSeries,
    objective: Objective,
    start: int,
    end: int,
    causes: Sequence[CauseSpan] = (),
) -> Failures:
    """The failures of slots [start, end); history reaches back before them and ends with them."""
    incidents = tuple(
        linked(incident, causes, objective.closes_after)
        for incident in incidents_of(history, objective)
        if incident.touches(start, end)
    )
    count, slots = micro_outages(_judged(history.covering(start, end), objective), incidents)
    return Failures(
        incidents=incidents,
        counted=tuple(incident for incident in incidents if incident.start >= start),
        seconds=sum(_inside(incident, start, end) for incident in incidents) * SLOT_SECONDS,
        micro_outages=count,
        micro_outage_seconds=slots * SLOT_SECONDS,
    )


def _inside(incident: Incident, start: int, end: int) -> int:
    last = end if incident.end is None else min(incident.end, end)
    return last - max(incident.start, start)


def _judged(series: SlotSeries, objective: Objective) -> SlotSeries:
    """The series as detection saw it: after the unknown policy."""
    if objective.unknown == "exclude":
        return series
    return SlotSeries.of(
        series.start, ((objective.judged(run.state), run.slots) for run in series.runs)
    )
