"""One window of one service against one objective: every figure, exactly, and the word about it.

`evaluate` is the only place where the parts meet: slots → ratios → failures → pace → status.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from ecp.slo.answering import Answering
from ecp.slo.budget import overspent_at
from ecp.slo.burn import BurnAlert, Pace, pace_of, page_fires
from ecp.slo.errors import SeriesError
from ecp.slo.failures import Failures, failures_of
from ecp.slo.figures import floored, number, percent
from ecp.slo.incidents import CauseSpan, Incident
from ecp.slo.objective import Objective
from ecp.slo.ratios import Bound, Ratios, ratios_of
from ecp.slo.sketch import Sketch, percentiles
from ecp.slo.slots import (
    SLOT_SECONDS,
    STATE_NAMES,
    CountSeries,
    SlotSeries,
    Span,
    State,
    Totals,
    slots_covered,
    united,
)
from ecp.slo.status import Status, status_of
from ecp.slo.windows import Window, instant

Evidence: TypeAlias = Literal["simulated", "measured", "mixed"]

SIMULATED: Final = "[SIM] "
"""What the alerts begin with whose figures are not all measured."""

_FORESEEABLE_SECONDS: Final = 100 * 365 * 86_400
"""A budget that lasts longer is given in seconds only."""


@dataclass(frozen=True, slots=True)
class ClockReading:
    """Whose time the report's instants are in.

    `basis` is simulated or wall; `pace` simulated seconds per wall second (None: warped);
    `wall_time` an RFC 3339 instant given by the caller (None inside a rehearsal).
    """

    basis: Literal["simulated", "wall"] = "simulated"
    pace: float | None = None
    wall_time: str | None = None


class Label(NamedTuple):
    """Whose report it is and what its figures are worth; nothing here reaches a figure."""

    tenant_id: str = ""
    service: str = ""
    evidence: Evidence = "simulated"
    clock: ClockReading = ClockReading()


@dataclass(frozen=True, slots=True)
class SlaReport:
    """The report of slots [start, end), the observed part of `window`.

    `overspent`: the slot in which more than the budget's time was gone, None while some is left;
    `provisional`: the window is not full yet; `current_state`: the state of its last slot;
    `excess`: requests above the contracted units, which no figure contains. `answering`: how its
    telephone calls were taken, None where nobody can call. `times`: the
    sketch of its response times.
    """

    window: Window
    start: int
    end: int
    ratios: Ratios
    failures: Failures
    pace: Pace
    status: Status
    overspent: int | None
    provisional: bool
    current_state: State
    excess: int
    label: Label
    answering: Answering | None = None
    times: Sketch = field(default_factory=dict)

    @property
    def objective(self) -> Objective:
        return self.ratios.objective

    def to_json(self) -> dict[str, Any]:
        """The report as the API gives it: a superset of the guide's sla_data. Instants in UTC."""
        response_time = percentiles(self.times)
        return {
            "tenant_id": self.label.tenant_id,
            **({"service": self.label.service} if self.label.service else {}),
            **self._agreement(),
            "period": self.window.label,
            "window": {
                "from": instant(self.start),
                "to": instant(self.end),
                "until": instant(self.window.full_end),
                "type": self.window.kind,
                "timezone": self.window.timezone,
            },
            **self._times(),
            **({"voice": self.answering.to_json()} if self.answering else {}),
            **({"response_time": response_time} if response_time else {}),
            **self._failures(),
            "error_budget": self._budget(),
            "alerts": self._alerts(),
            "bounds": {bound.name: _bound(bound) for bound in self.ratios.bounds},
            "governing": self.objective.governing,
            "slice_seconds": SLOT_SECONDS,
            "slo_version": self.objective.version,
            "policies": {
                "unknown": self.objective.unknown,
                "maintenance": self.objective.maintenance,
            },
            "evidence": self.label.evidence,
            "clock": {
                "basis": self.label.clock.basis,
                "pace": self.label.clock.pace,
                "wall_time": self.label.clock.wall_time,
            },
        }

    def _alerts(self) -> list[dict[str, Any]]:
        governing = "" if self.objective.governing == "timeslices" else "Request"
        found = [(governing, alert) for alert in self.pace.alerts]
        found += [("Request", alert) for alert in self.pace.beside]
        return [_alert(what, alert, self.label.evidence) for what, alert in found if alert.firing]

    def _agreement(self) -> dict[str, Any]:
        ratios = self.ratios
        return {
            "current_sla": number(ratios.current_sla),
            "target_sla": self.objective.target_ppm / 10_000,
            "status": self.status,
            "uptime_percentage": number(ratios.seen.uptime),
            "availability": number(ratios.availability),
            "availability_basis": ratios.basis,
            "sla_raw": number(ratios.sla_raw),
            "sla_adjusted": number(ratios.current_sla),
            "requests": {
                "good": ratios.totals.good,
                "total": ratios.totals.total,
                "excess": self.excess,
                "excess_percent": number(percent(self.excess, ratios.totals.total + self.excess)),
            },
        }

    def _times(self) -> dict[str, Any]:
        seen = self.ratios.seen
        return {
            "eligible_seconds": seen.eligible,
            "uptime_seconds": seen.up,
            "downtime_seconds": seen.down,
            "downtime_minutes": float(floored(seen.down, 60, 4)),
            "maintenance_seconds": seen.maintenance,
            "unknown_seconds": seen.unknown,
            "off_duty_seconds": seen.off_duty,
            "excluded_seconds": seen.excluded,
            "observed_seconds": seen.window,
            "provisional": self.provisional,
            "coverage": number(seen.coverage),
            "current_state": STATE_NAMES[self.current_state],
            "in_maintenance": self.current_state == "M",
        }

    def _failures(self) -> dict[str, Any]:
        failures = self.failures
        return {
            "failure_count": len(failures.counted),
            "recovery_time_avg": failures.recovery_time_avg,
            "mtbf_seconds": failures.between_failures(self.ratios.seen.up),
            "mttd_seconds": failures.detection_time_avg,
            "open_incidents": len(failures.open),
            "overlapping_incidents": len(failures.incidents),
            "incident_seconds": failures.seconds,
            "incidents": [self._incident(incident) for incident in failures.incidents],
            "micro_outages": {
                "count": failures.micro_outages,
                "seconds": failures.micro_outage_seconds,
            },
        }

    def _budget(self) -> dict[str, Any]:
        time, requests = self.ratios.time, self.ratios.requests
        exhaustion = self.pace.exhaustion
        foreseeable = exhaustion is not None and exhaustion <= _FORESEEABLE_SECONDS
        body: dict[str, Any] = {
            "allowed_seconds": time.allowed,
            "consumed_seconds": time.consumed,
            "remaining_seconds": time.remaining,
            "remaining_pct": number(time.remaining_percent),
            "burn": number(self.ratios.burn),
            "burn_rate": {name: number(rate) for name, rate in self.pace.rates},
            "tiers": [{**_tier(alert), "firing": alert.firing} for alert in self.pace.alerts],
            "exhaustion_seconds": exhaustion,
            "exhaustion_at": instant(self.end + (exhaustion or 0) // SLOT_SECONDS)
            if foreseeable
            else None,
            "overspent_since": None if self.overspent is None else instant(self.overspent),
        }
        if self.window.kind == "rolling":
            body["exhaustion_assumes"] = "no old downtime leaves the window"
        if requests is not None:
            body |= {
                "allowed_requests": requests.allowed,
                "consumed_requests": requests.consumed,
                "remaining_requests": requests.remaining,
                "remaining_requests_pct": number(requests.remaining_percent),
                "requests_basis": "so far",
            }
        return body

    def _incident(self, incident: Incident) -> dict[str, Any]:
        end = incident.end
        return {
            "started_at": instant(incident.start),
            "detected_at": instant(incident.detected),
            "ended_at": None if end is None else instant(end),
            "duration_seconds": incident.seconds,
            "age_seconds": (self.end - incident.start) * SLOT_SECONDS if end is None else None,
            "state": incident.state,
            "closed_by": incident.closed_by,
            "counted": incident.start >= self.start,
            "causes": [{"kind": link.kind, "id": link.id} for link in incident.causes],
        }


def evaluate(
    series: SlotSeries,
    objective: Objective,
    window: Window,
    *,
    pre: Sequence[tuple[State, int]] = (),
    counts: CountSeries | None = None,
    excess: int = 0,
    calendar_seconds: int | None = None,
    birth: int | None = None,
    excluded: Sequence[Span] = (),
    causes: Sequence[CauseSpan] = (),
    page_alert_firing: bool | None = None,
    forecast_exhausts: bool | None = None,
    label: Label | None = None,
    answering: Answering | None = None,
    times: Sketch | None = None,
) -> SlaReport:
    """The report of a window as known at its end. Costs O(runs).

    series             slots, which may reach back before the window; what of the window it does not
                       cover is unknown. Nothing after the window is looked at
    pre                runs just before the series, for incidents and burn rates
    counts             entry requests per slot, for the availability by requests
    excess             requests of the window above the contracted units, shown only
    calendar_seconds   the whole length of a calendar period; follows from a calendar window
    birth              first slot of the service's SLA clock; slots before are outside every window
    excluded           approved spans (seconds) whose down time the contract leaves out
    causes             faults, releases, maintenance to link incidents with
    answering, times   telephone calls and response times of the window, shown only
    page_alert_firing, forecast_exhausts
                       what puts a met objective at risk; None: judged from the series itself
                       (page-level burn alerts; for calendar windows, the pace of the last 6 h)

    Raises SeriesError when a calendar period is shorter than what was seen of it.
    """
    end = window.end
    start = window.start if birth is None else min(max(window.start, birth), end)
    history = _history(series, pre, start, end, birth)
    whole = _whole_period(window, calendar_seconds)
    length = _length(whole, start - window.start, end - start)

    left_out = _left_out(history, excluded, start, end, counts)
    ratios = ratios_of(history.totals(start, end, counts), left_out, objective, length)
    period = whole or objective.period_seconds
    pace = pace_of(history, end, objective, period, counts, ratios.time.remaining_millionths)
    if page_alert_firing is None:
        page_alert_firing = page_fires(pace.alerts)
    if forecast_exhausts is None:
        forecast_exhausts = _runs_out(pace, length, end - start)
    full = (whole or (window.full_end - window.start) * SLOT_SECONDS) // SLOT_SECONDS
    return SlaReport(
        window=window,
        start=start,
        end=end,
        ratios=ratios,
        failures=failures_of(history, objective, start, end, causes),
        pace=pace,
        status=status_of(
            ratios.seen,
            ratios.budget,
            objective,
            page_alert_firing=page_alert_firing,
            forecast_exhausts=forecast_exhausts,
        ),
        overspent=overspent_at(history, excluded, (start, end), objective, ratios.time),
        provisional=end - start < full,
        current_state=history.at(end - 1),
        excess=excess,
        label=label or Label(),
        answering=answering,
        times=times or {},
    )


def _history(
    series: SlotSeries,
    pre: Sequence[tuple[State, int]],
    start: int,
    end: int,
    birth: int | None,
) -> SlotSeries:
    """Everything known up to `end`: from before the window, but never from before the birth."""
    earlier = SlotSeries.of(series.start - sum(slots for _, slots in pre), pre)
    known = earlier.then(series)
    first = min(known.start, start)
    return known.covering(first if birth is None else min(max(first, birth), end), end)


def _whole_period(window: Window, given: int | None) -> int | None:
    """Seconds of the calendar period, None for a rolling window."""
    if given is None and window.kind == "calendar":
        return (window.full_end - window.start) * SLOT_SECONDS
    return given


def _length(whole: int | None, unborn: int, seen: int) -> int | None:
    """Seconds of the calendar period in which the service exists; the arguments are slots."""
    if whole is None:
        return None
    if whole < (unborn + seen) * SLOT_SECONDS:
        raise SeriesError("the calendar period is shorter than the slots seen of it")
    return whole - unborn * SLOT_SECONDS


def _runs_out(pace: Pace, length: int | None, seen: int) -> bool:
    """Whether a calendar period's budget is gone before the period ends, at the present pace."""
    if length is None or pace.exhaustion is None:
        return False
    return pace.exhaustion < length - seen * SLOT_SECONDS


def _left_out(
    history: SlotSeries,
    excluded: Sequence[Span],
    start: int,
    end: int,
    counts: CountSeries | None,
) -> Totals:
    """Down slots, and their requests, inside the excluded spans."""
    left_out = Totals()
    for first, after in united(slots_covered(excluded)):
        for state, a, b in history.between(max(first, start), min(after, end)):
            if state == "D":
                left_out += history.totals(a, b, counts)
    return left_out


def _bound(bound: Bound) -> dict[str, Any]:
    return {
        "uptime_percentage": number(bound.seen.uptime),
        "downtime_seconds": bound.seen.down,
        "allowed_seconds": bound.time.allowed,
        "remaining_seconds": bound.time.remaining,
    }


def _alert(what: str, alert: BurnAlert, evidence: Evidence) -> dict[str, Any]:
    """An alert by the name that its Prometheus rule has; one of figures that were not all measured
    says so in front, wherever it goes."""
    mark = "" if evidence == "measured" else SIMULATED
    return {
        "alert": f"{mark}EcpSla{what}Burn{alert.tier.severity.capitalize()}",
        **_tier(alert),
    }


def _tier(alert: BurnAlert) -> dict[str, Any]:
    """Both burn rates of a tier, and the factor that both have to pass for it to fire."""
    return {
        "severity": alert.tier.severity,
        "long_seconds": alert.tier.long,
        "short_seconds": alert.tier.short,
        "factor": float(floored(alert.factor.numerator, alert.factor.denominator, 4)),
        "long_burn": number(alert.long_burn),
        "short_burn": number(alert.short_burn),
    }
