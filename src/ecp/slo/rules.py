"""Prometheus rules of one tenant: slots become ratios, budgets and alerts.

They read the counters `ecp_sla_slots_total{tenant,service,state}` and
`ecp_requests_total{tenant,service,result}`. Service "" is the tenant as a whole, said slot by slot;
a sum over several services would hide which outages came together, so it is taken instead only
where there is exactly one service, and only of slots. Requests are judged beside time, with a tier
more; which of the two governs is the objective's.

An increase over a window is the difference of two samples, not `increase()`: that one extrapolates
to the window's edges, each series differently, and no ratio would be exact. Where the window begins
before the first sample, that sample takes the place of the missing one (the counters begin at 0).
`increase()` is asked only where a counter was reset.

    error ratio   D_w / (w − M_w), the denominator nominal as in `burn`; of requests bad / all, from
                  `min_events` requests on
    up time       100 · (1 − D / E) over 24 h and over the period, E after the objective's policies
    budget left   1 − D / ((1 − T) · E); of a calendar month (1 − T) · (length − M − O − N)
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from typing import Final

from ecp.slo.burn import Severity, Tier, tiers_for
from ecp.slo.errors import InputError
from ecp.slo.objective import MILLION, Objective
from ecp.slo.report import SIMULATED
from ecp.slo.slots import SLOT_SECONDS
from ecp.slo.windows import Window
from ecp.texts import Language, text, took

COUNTER: Final = "ecp_sla_slots_total"
REQUESTS: Final = "ecp_requests_total"
RATIO_GROUP: Final = "ecp-sla-ratio"
ALERT_GROUP: Final = "ecp-sla-alerts"
DAY: Final = 86_400
_SEVERITIES: Final[tuple[Severity, ...]] = ("page", "ticket")
_UNITS: Final = (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1))
_NAME: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
_COVERAGE_FOR: Final = "15m"
_NO_DATA_FOR: Final = "15m"


@dataclass(frozen=True, slots=True)
class Period:
    """What the budget is promised for: its length, its name in metrics, and where it begins.

    `begins_at` is the second since the epoch at which a calendar period begins; None of a rolling
    one.
    """

    seconds: int
    name: str
    begins_at: int | None = None

    @classmethod
    def rolling(cls, seconds: int) -> Period:
        """The last `seconds`; a day is called 24h, as in the contract."""
        return cls(seconds, "24h" if seconds == DAY else duration(seconds))

    @classmethod
    def calendar(cls, window: Window) -> Period:
        """The calendar period of a window, in its real length."""
        name = window.label.replace("-", "_")
        start, end = (slot * SLOT_SECONDS for slot in (window.start, window.full_end))
        return cls(end - start, name, start)

    def said(self, language: Language) -> str:
        """As a reader says it: 30 d and 30일; of a calendar 2026-11."""
        rolls = self.begins_at is None
        return took(self.seconds, language) if rolls else self.name.replace("_", "-")


@dataclass(frozen=True, slots=True)
class Rule:
    """A recording rule, or an alert where it has a severity; `held_for` as Prometheus writes it."""

    name: str
    expr: str
    severity: Severity | None = None
    held_for: str = ""
    summary: str = ""


def duration(seconds: int) -> str:
    """Seconds as Prometheus writes them, in the largest unit that divides them: 3600 is 1h."""
    unit, size = next((unit, size) for unit, size in _UNITS if seconds % size == 0)
    return f"{seconds // size}{unit}"


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of a tenant. `cluster` narrows them to one, where several know the tenant.

    Alerts of a `simulated` cluster carry their summary as an annotation, [SIM] in front. Without
    `requests` only time is judged.
    Raises InputError for a name that is none, and where requests govern that are not judged.
    """

    tenant: str
    objective: Objective
    period: Period
    cluster: str = ""
    simulated: bool = False
    requests: bool = True

    def __post_init__(self) -> None:
        for field, name in (("tenant", self.tenant), ("cluster", self.cluster)):
            if name and not _NAME.fullmatch(name):
                raise InputError(
                    field, f"{name!r} is no name", "use letters, digits and hyphens, 63 at most"
                )
        if self.objective.governing == "occurrences" and not self.requests:
            raise InputError("requests", "govern this objective", "let them be judged")

    @property
    def tiers(self) -> tuple[Tier, ...]:
        """The burn-rate tiers of time that make sense for the period."""
        return tiers_for(replace(self.objective, governing="timeslices"), self.period.seconds)

    @property
    def request_tiers(self) -> tuple[Tier, ...]:
        """The burn-rate tiers of requests that make sense for the period."""
        if not self.requests:
            return ()
        return tiers_for(replace(self.objective, governing="occurrences"), self.period.seconds)

    # -- expressions ------------------------------------------------------------------------------

    def increase(self, window: str, states: str, begins_at: int | None = None) -> str:
        """Slots in *states* (a regular expression) within a window, by tenant and state."""
        whole = self._series(COUNTER, f'service="",state=~"{states}"')
        single = self._series(COUNTER, f'service!="",state=~"{states}"')
        services = self._series(COUNTER, 'service!=""')
        alone = f"count by (tenant) (group by (tenant, service) ({services})) == 1"
        return (
            f"sum by (tenant, state) ({_grown(whole, window, begins_at)}) or "
            f"(sum by (tenant, state) ({_grown(single, window, begins_at)}) and on (tenant) "
            f"({alone}))"
        )

    def asked(self, window: str, results: str, begins_at: int | None = None) -> str:
        """The customers' requests with some results within a window, by tenant and result."""
        asked = self._series(REQUESTS, f'service="",result=~"{results}"')
        return f"sum by (tenant, result) ({_grown(asked, window, begins_at)})"

    def _series(self, counter: str, matchers: str) -> str:
        where = f'cluster="{self.cluster}",' if self.cluster else ""
        return f'{counter}{{{where}tenant="{self.tenant}",{matchers}}}'

    def _recorded(self, name: str) -> str:
        return f'{name}{{tenant="{self.tenant}"}}'

    def _slots(self, name: str, states: str, *, inline: bool) -> str:
        """The sum of what was recorded of some states; *inline* the expression it came from."""
        if not inline:
            matcher = f'tenant="{self.tenant}",state=~"{states}"'
            return f"sum by (tenant) (ecp:sla_slots:increase{name}{{{matcher}}})"
        begins_at = self.period.begins_at if name == self.period.name else None
        seconds = self.period.seconds if name == self.period.name else DAY
        return f"sum by (tenant) ({self.increase(duration(seconds), states, begins_at)})"

    def _asked(self, name: str, results: str, *, inline: bool) -> str:
        """The sum of requests with some results; as `_slots`."""
        if not inline:
            matcher = f'tenant="{self.tenant}",result=~"{results}"'
            return f"sum by (tenant) (ecp:sla_requests:increase{name}{{{matcher}}})"
        begins_at = self.period.begins_at if name == self.period.name else None
        seconds = self.period.seconds if name == self.period.name else DAY
        return f"sum by (tenant) ({self.asked(duration(seconds), results, begins_at)})"

    @property
    def _up(self) -> str:
        return "|".join(
            (
                "up",
                *(("unknown",) if self.objective.unknown == "good" else ()),
                *(("maintenance",) if self.objective.maintenance == "count_as_up" else ()),
            )
        )

    @property
    def _down(self) -> str:
        return "down|unknown" if self.objective.unknown == "bad" else "down"

    def uptime(self, name: str, *, inline: bool = False) -> str:
        """Percent of the eligible slots of a window that were up; nothing where none was."""
        bad = self._slots(name, self._down, inline=inline)
        eligible = self._slots(name, f"{self._up}|{self._down}", inline=inline)
        return f"100 * (1 - {bad} / ({eligible} > 0))"

    def availability(self, name: str, *, inline: bool = False) -> str:
        """Percent of the requests of a window that were good; nothing where there was none."""
        bad = self._asked(name, "bad", inline=inline)
        every = self._asked(name, "good|bad", inline=inline)
        return f"100 * (1 - {bad} / ({every} > 0))"

    def requests_remaining(self, *, inline: bool = False) -> str:
        """The share that is left of what may fail of the period's requests so far."""
        name = self.period.name
        bad = self._asked(name, "bad", inline=inline)
        every = self._asked(name, "good|bad", inline=inline)
        return f"1 - {bad} * {MILLION} / ({self.objective.budget_ppm} * {every} > 0)"

    def downtime(self, name: str, *, inline: bool = False) -> str:
        """Minutes of down slots in a window."""
        return f"{self._slots(name, self._down, inline=inline)} * {SLOT_SECONDS} / 60"

    def remaining(self, *, inline: bool = False) -> str:
        """The share of the period's budget that is left; negative once it is overspent."""
        name, budget = self.period.name, self.objective.budget_ppm
        down = self._slots(name, self._down, inline=inline)
        if self.period.begins_at is None:
            base = self._slots(name, f"{self._up}|{self._down}", inline=inline)
        else:
            gone = self._slots(name, self._left_out, inline=inline)
            base = f"({self.period.seconds // SLOT_SECONDS} - {gone})"
        return f"1 - {down} * {MILLION} / ({budget} * {base} > 0)"

    @property
    def _left_out(self) -> str:
        """What a calendar budget is not allowed for."""
        return "|".join(
            (
                "off_duty",
                *(("maintenance",) if self.objective.maintenance == "exclude" else ()),
                *(("unknown",) if self.objective.unknown == "exclude" else ()),
            )
        )

    def _breached(self, name: str) -> str:
        if self.objective.governing == "occurrences":
            good, every = (self._asked(name, r, inline=False) for r in ("good", "good|bad"))
            return f"{MILLION} * {good} < {self.objective.target_ppm} * {every}"
        up = self._slots(name, self._up, inline=False)
        eligible = self._slots(name, f"{self._up}|{self._down}", inline=False)
        return f"{MILLION} * {up} < {self.objective.target_ppm} * {eligible}"

    def _error(self, seconds: int) -> str:
        name = duration(seconds)
        down = self._slots(name, "down", inline=False)
        maintained = self._slots(name, "maintenance", inline=False)
        slots = seconds // SLOT_SECONDS
        return f"{down} / (({slots} - ({maintained} or 0 * {down})) > 0)"

    def _request_error(self, seconds: int) -> str:
        bad, every = (self._asked(duration(seconds), r, inline=False) for r in ("bad", "good|bad"))
        return f"{bad} / ({every} >= {self.objective.min_events})"

    def _burning(self, tier: Tier, error: str) -> str:
        threshold = tier.factor(self.period.seconds) * self.objective.budget_ppm / MILLION
        rates = (f"ecp:{error}:ratio_rate{duration(s)}" for s in (tier.long, tier.short))
        both = " and ".join(f"{self._recorded(rate)} > {_number(threshold)}" for rate in rates)
        return f"({both})"

    # -- rules ------------------------------------------------------------------------------------

    @property
    def windows(self) -> dict[str, tuple[int, int | None]]:
        """The windows of up time: name → seconds, and where a calendar period begins."""
        rows: dict[str, tuple[int, int | None]] = {"24h": (DAY, None)}
        rows[self.period.name] = (self.period.seconds, self.period.begins_at)
        return rows

    def recorded(self) -> Iterator[Rule]:
        """Yield the recording rules, each behind those that it reads."""
        tiers = (*self.tiers, *self.request_tiers)
        rates = dict.fromkeys(s for tier in tiers for s in (tier.short, tier.long))
        for seconds in sorted({300, 3600, 21_600, *rates}):
            name = duration(seconds)
            yield Rule(f"ecp:sla_slots:increase{name}", self.increase(name, ".+"))
            yield Rule(f"ecp:sla_error:ratio_rate{name}", self._error(seconds))
            if self.requests:
                yield Rule(f"ecp:sla_requests:increase{name}", self.asked(name, "good|bad"))
                yield Rule(f"ecp:sla_request_error:ratio_rate{name}", self._request_error(seconds))
        for name, (seconds, begins_at) in self.windows.items():
            window = duration(seconds)
            yield Rule(f"ecp:sla_slots:increase{name}", self.increase(window, ".+", begins_at))
            yield Rule(f"ecp:sla_uptime_percentage:{name}", self.uptime(name))
            yield Rule(f"ecp:sla_downtime_minutes:{name}", self.downtime(name))
            if self.requests:
                asked = self.asked(window, "good|bad", begins_at)
                yield Rule(f"ecp:sla_requests:increase{name}", asked)
                yield Rule(f"ecp:sla_availability:{name}", self.availability(name))
        known = self._slots("24h", "up|down|maintenance|off_duty", inline=False)
        every = self._slots("24h", ".+", inline=False)
        yield Rule("ecp:sla_coverage:ratio24h", f"{known} / ({every} > 0)")
        yield Rule(f"ecp:sla_budget_remaining:ratio{self.period.name}", self.remaining())
        if self.requests:
            left = self.requests_remaining()
            yield Rule(f"ecp:sla_request_budget_remaining:ratio{self.period.name}", left)

    @property
    def _burns(self) -> tuple[tuple[str, str, tuple[Tier, ...], str], ...]:
        """What burns: name of the alert, the ratio, tiers, the text."""
        return (
            ("EcpSlaBurn", "sla_error", self.tiers, "slo.rules.burn"),
            (
                "EcpSlaRequestBurn",
                "sla_request_error",
                self.request_tiers,
                "slo.rules.request-burn",
            ),
        )

    def alerts(self, language: Language) -> Iterator[Rule]:
        """Yield the alerts, their summaries in *language*."""
        for severity, (name, error, every, said) in product(_SEVERITIES, self._burns):
            tiers = [tier for tier in every if tier.severity == severity]
            if not tiers:
                continue
            gone = min(int(tier.long * MILLION / tier.budget_ppm) for tier in tiers)
            yield Rule(
                f"{name}{severity.capitalize()}",
                " or ".join(self._burning(tier, error) for tier in tiers),
                severity,
                summary=text(
                    said,
                    language,
                    tenant=self.tenant,
                    period=self.period.said(language),
                    gone=took(gone, language),
                ),
            )
        for name, (seconds, begins_at) in self.windows.items():
            yield Rule(
                f"EcpSlaBreached{_camel(name)}",
                self._breached(name),
                "ticket",
                summary=text(
                    "slo.rules.breached",
                    language,
                    tenant=self.tenant,
                    window=Period(seconds, name, begins_at).said(language),
                    target=_number(Fraction(self.objective.target_ppm, MILLION // 100)),
                ),
            )
        least = _number(Fraction(self.objective.coverage_ppm, MILLION))
        yield Rule(
            "EcpSlaLowCoverage",
            f"{self._recorded('ecp:sla_coverage:ratio24h')} < {least}",
            "ticket",
            _COVERAGE_FOR,
            text("slo.rules.coverage", language, tenant=self.tenant),
        )
        yield Rule(
            "EcpSlaNoData",
            f"absent({self._recorded('ecp:sla_slots:increase5m')}) or "
            f"{self._slots('5m', '.+', inline=False)} == 0",
            "ticket",
            _NO_DATA_FOR,
            text("slo.rules.no-data", language, tenant=self.tenant),
        )

    def to_yaml(self, language: Language = "en") -> str:
        """The rule file: recording rules, then alerts; the same bytes for the same objective."""
        lines = ["groups:", f"- name: {RATIO_GROUP}", "  rules:"]
        for rule in self.recorded():
            lines += [f"  - record: {rule.name}", f"    expr: '{rule.expr}'"]
        lines += [f"- name: {ALERT_GROUP}", "  rules:"]
        for rule in self.alerts(language):
            lines += [f"  # {rule.summary}", f"  - alert: {rule.name}", f"    expr: '{rule.expr}'"]
            if rule.held_for:
                lines.append(f"    for: {rule.held_for}")
            lines.append(
                f"    labels: {{severity: {rule.severity}, tenant: {json.dumps(self.tenant)}}}"
            )
            if self.simulated:
                said = json.dumps(f"{SIMULATED}{rule.summary}", ensure_ascii=False)
                lines.append(f"    annotations: {{summary: {said}}}")
        return "\n".join(lines) + "\n"


def _grown(series: str, window: str, begins_at: int | None) -> str:
    before = f"{series} offset {window}" if begins_at is None else f"{series} @ {begins_at}"
    first = f"min_over_time({series}[{window}])"
    return f"({series} - ({before} or {first})) >= 0 or increase({series}[{window}])"


def _number(value: Fraction) -> str:
    """A number as PromQL reads it: the nearest double, so that equal shares compare equal."""
    number = float(value)
    return str(int(number)) if number.is_integer() else repr(number)


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))
