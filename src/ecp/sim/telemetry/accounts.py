"""The ledgers of a cluster's tenants, what was agreed with them, and their reports."""

from array import array
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ecp.sim.engine.engine import SECOND
from ecp.sim.telemetry.contract import TENANT, Calendar
from ecp.sim.telemetry.ledger import Ledger, counted, requests
from ecp.sim.telemetry.minutes import MINUTE_SLOTS, Minute, causes_of, minutes, totals
from ecp.sim.traffic.model import LATENCY_LIMITS, count, part, unmeasured
from ecp.sim.traffic.tenants import Span
from ecp.slo import windows
from ecp.slo.announced import revoked
from ecp.slo.answering import Answering
from ecp.slo.contract import TIMEZONE
from ecp.slo.errors import InputError
from ecp.slo.incidents import CauseLink, CauseSpan
from ecp.slo.maintenance import Maintenance
from ecp.slo.objective import Objective
from ecp.slo.report import ClockReading, Label, SlaReport, evaluate
from ecp.slo.sketch import Mark, mark
from ecp.slo.slots import (
    SLOT_SECONDS,
    WATERMARK_SECONDS,
    CountSeries,
    SlotSeries,
    State,
)

_OBJECTIVE_FIELDS = (
    "target_ppm",
    "governing",
    "unknown",
    "maintenance",
    "opens_after",
    "closes_after",
    "min_events",
    "bad_ratio_ppm",
    "judges_latency",
    "latency_limit_ms",
    "period_seconds",
    "version",
)


def objective_of(fields: Mapping[str, Any]) -> Objective:
    """Return the objective that plain fields describe. Raises InputError for a bad value."""
    known = {name: fields[name] for name in _OBJECTIVE_FIELDS if name in fields}
    objective = Objective(**known)
    if objective.judges_latency and objective.latency_limit_ms not in LATENCY_LIMITS:
        raise InputError(
            "latency_limit_ms",
            f"{objective.latency_limit_ms} is no limit that requests are counted by",
            f"use one of {', '.join(map(str, LATENCY_LIMITS))}",
        )
    return objective


def objective_fields(fields: Mapping[str, Any]) -> list[str]:
    """Return the names in *fields* that no objective has."""
    return [name for name in fields if name not in _OBJECTIVE_FIELDS]


@dataclass(frozen=True, slots=True)
class RateSeries(CountSeries):
    """Entry requests by slot, from spans of rows (rate, bad share): any cut is exact."""

    spans: list[tuple[int, int, list[tuple[int, int]]]] = field(default_factory=list)

    def sums(self, a: int, b: int) -> tuple[int, int]:
        """(good, total) of slots [a, b)."""
        good = total = 0
        number = max(0, bisect_right(self.spans, a, key=lambda span: span[0]) - 1)
        while number < len(self.spans) and self.spans[number][0] < b:
            start, end, rows = self.spans[number]
            well, there = counted(rows, max(a, start), max(min(b, end), max(a, start)))
            good, total = good + well, total + there
            number += 1
        return good, total


class Accounts:
    """The ledgers of one cluster's tenants; a SpanSink. History outlives the tracking."""

    def __init__(self) -> None:
        self.ledgers: dict[str, Ledger] = {}
        # What others told of a tenant: (source, name) -> [value, instant].
        self.external: dict[str, dict[str, list[Any]]] = {}
        self._windows = 0  # how many windows of maintenance were ever made

    # -- writing ----------------------------------------------------------------------------------

    def ledger(self, tenant: str) -> Ledger:
        """Return a tenant's ledger, a new one where there is none."""
        found = self.ledgers.get(tenant)
        if found is None:
            found = self.ledgers[tenant] = Ledger()
        return found

    def span(self, span: Span) -> None:
        """Take a span of slots."""
        ledger = self.ledger(span.tenant)
        ledger.skip(span.start)  # of the slots in which it was not tracked nothing is known
        if span.unseen is None:
            ledger.append(span.start, span.end, span.results)
        else:
            unknown = unmeasured(span.results, span.lost)
            ledger.lose(span.start, span.end, span.unseen, unknown)

    def tell(self, tenant: str, source: str, metrics: Mapping[str, Any], now: int) -> None:
        """Keep what *source* says of a tenant: the newest value of each name."""
        told = self.external.setdefault(tenant, {})
        for name, value in metrics.items():
            told[name] = [value, source, now]

    def heard(self, tenant: str, metric: str) -> tuple[float, int] | None:
        """Return the newest value that was told under a name, and when (ns); None = no number."""
        value, _, at = self.external.get(tenant, {}).get(metric, (None, "", 0))
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        return (float(value), at) if 0 <= value <= 1e9 else None

    def maintain(self, tenant: str, body: Mapping[str, Any], now: int) -> Maintenance | None:
        """Announce a window of maintenance, or take one back; instants in ns.

        The slots before must be closed. *body* is {start, end, reason, approved_by, services,
        retroactive, rrule} (seconds), or {cancel: id}. A window that runs ends now, one that recurs
        for good; one that is over stays as it is: closed slots are never
        said again. None where there is no such window.
        """
        calendar = self.ledger(tenant).calendar
        if "cancel" in body:
            return _cancelled(calendar, body["cancel"], -(-now // SECOND))
        self._windows += 1
        fields = {
            **body,
            "services": tuple(body.get("services") or ()),
            "timezone": calendar.contract.terms.timezone,
        }
        window = Maintenance(id=f"m{self._windows}", created=now // SECOND, **fields)
        calendar.keep(window)
        return window

    # -- reading ----------------------------------------------------------------------------------

    def report(
        self,
        tenant: str,
        fields: Mapping[str, Any],
        period: str,
        now: int,
        *,
        service: str = TENANT,
        timezone: str | None = None,
        clock: ClockReading | None = None,
    ) -> SlaReport | None:
        """Return the report of a period that ends at second *now*; None while nothing is known.

        Raises InputError for a bad period or objective.
        """
        ledger = self.ledgers.get(tenant)
        zone = timezone or (TIMEZONE if ledger is None else ledger.calendar.contract.timezone)
        window = windows.window_of(period, now, zone)
        label = Label(tenant, service, "simulated", clock or ClockReading())
        return self.report_of(tenant, objective_of(fields), window, label)

    def report_of(
        self,
        tenant: str,
        objective: Objective,
        window: windows.Window,
        label: Label,
        *,
        birth: int | None = None,
    ) -> SlaReport | None:
        """Return the report of a window, of the service that its label names; None while nothing is
        known. *birth* is the first slot of the SLA clock, where that is not the ledger's to say.
        """
        ledger, service = self.ledgers.get(tenant), label.service
        if ledger is None or ledger.start is None or ledger.end is None:
            return None
        runs: list[tuple[State, int]] = []
        rates: list[tuple[int, int, list[tuple[int, int]]]] = []
        causes: list[CauseSpan] = []
        excess = calls = answered = cut = 0
        times: dict[Mark, int] = {}
        born = ledger.born(window.end) if birth is None else birth
        first = max(window.start, window.end if born is None else born)
        # From the beginning, so that an incident that began before the window is seen whole.
        for start, end, told in ledger.said(ledger.start, window.end):
            state, chosen = told.of(service)
            runs.append((state, end - start))
            rows = [requests(result, not service) for result in chosen]
            if any(rate for rate, _ in rows):
                rates.append((start, end, rows))
            causes += (
                CauseSpan(CauseLink(kind, found), begin, after)
                for kind, found, begin, after in causes_of(ledger, told, service, start, end)
            )
            if state in ("U", "D") and end > first:
                since = max(start, first)
                excess += sum(count(r.excess, since, end) for r in chosen)
                for row in chosen:
                    if row.calls:
                        calls += count(row.calls, since, end)
                        answered += part(row.calls, row.answered, since, end)
                        cut += count(row.cut, since, end)
                    good, _ = counted([requests(row, not service)], since, end)
                    if good:
                        key = mark(row.mean_us, row.scatter_us)
                        times[key] = times.get(key, 0) + good
        plan = ledger.calendar.plan(service)
        return evaluate(
            SlotSeries.of(ledger.start, runs),
            objective,
            window,
            counts=_rate_series(ledger.start, rates),
            excess=excess,
            birth=born if born is not None else window.end,
            excluded=plan.corrections,
            causes=causes,
            label=label,
            answering=Answering(calls, answered, cut) if calls else None,
            times=times,
        )

    def requests(self, tenant: str, service: str, first: int, after: int) -> CountSeries:
        """Return the requests of slots [first, after) that count: those of up and down slots."""
        spans = []
        for start, end, told in self.ledger(tenant).said(first, after):
            state, chosen = told.of(service)
            if state in ("U", "D"):
                spans.append((start, end, [requests(result, not service) for result in chosen]))
        return _rate_series(first, spans) or CountSeries.of(first, ())

    def minutes(
        self, tenant: str, since: int, limit: int, now: int, *, workloads: bool = True
    ) -> tuple[list[Minute], int]:
        """Return the closed minutes after sequence *since*, at most *limit*, and the newest one.

        A minute closes 10 s after its end (second *now* is the cluster's).
        """
        ledger = self.ledgers.get(tenant)
        if ledger is None or ledger.start is None or ledger.end is None:
            return [], 0
        zero = ledger.start // MINUTE_SLOTS
        closed = min((now - WATERMARK_SECONDS) // SLOT_SECONDS, ledger.end) // MINUTE_SLOTS
        newest = max(0, closed - zero)
        first, last = min(since, newest), min(newest, since + limit)
        found = minutes(ledger, zero + first, zero + last, workloads=workloads)
        return [
            Minute(sequence, (zero + sequence - 1) * MINUTE_SLOTS, body)
            for sequence, body in enumerate(found, first + 1)
        ], newest

    def services(self, tenant: str, first: int, after: int) -> list[dict[str, Any]]:
        """Return the sums of slots [first, after) of each workload; none of who has no ledger."""
        ledger = self.ledgers.get(tenant)
        return [] if ledger is None else totals(ledger, first, after)

    def snapshot(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "ledgers": {name: ledger.snapshot() for name, ledger in self.ledgers.items()},
            "external": {
                name: {key: list(row) for key, row in told.items()}
                for name, told in self.external.items()
            },
            "windows": self._windows,
        }

    def restore(self, plain: Mapping[str, Any]) -> None:
        """Take over what `snapshot` returned."""
        self.ledgers = {name: Ledger.restored(row) for name, row in plain["ledgers"].items()}
        self.external = {
            name: {key: list(row) for key, row in told.items()}
            for name, told in plain["external"].items()
        }
        self._windows = plain.get("windows", 0)


def _cancelled(calendar: Calendar, window_id: str, now: int) -> Maintenance | None:
    window = next((w for w in calendar.windows if w.id == window_id), None)
    if window is None:
        return None
    left = revoked(window, now)
    if left is None:
        calendar.drop(window_id)
        return window
    calendar.keep(left)
    return left


def _rate_series(
    start: int, spans: list[tuple[int, int, list[tuple[int, int]]]]
) -> RateSeries | None:
    if not spans:
        return None
    zero = array("q", [0])
    return RateSeries(start, array("q", [start]), zero, zero, spans)
