"""Burn rates, multi-window alerts and the time until the budget is gone.

burn rate over w = (D_w / (w − M_w)) / (1 − T). The denominator is nominal: slots from before the
service existed, or unknown ones, count as not bad, so a young service does not page at its first
hiccup. For occurrences it is the bad share of the requests instead, from `min_events` requests on.
An alert fires when both its windows burn *strictly* faster than its factor:

    factor = budget share × period / long window

The 3× tier (1 d / 2 h) is implied by the 1× tier (3 d / 6 h) for time slices and only kept for
request-weighted objectives. Source: Google SRE Workbook, "Alerting on SLOs", table 5-8 (30 days).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import Final, Literal, NamedTuple, TypeAlias

from ecp.slo.figures import floored
from ecp.slo.objective import MILLION, Objective
from ecp.slo.slots import SLOT_SECONDS, CountSeries, SlotSeries

Severity: TypeAlias = Literal["page", "ticket"]

FORECAST_SECONDS: Final = 6 * 3600
SHOWN_WINDOWS: Final[dict[str, int]] = {"5m": 300, "1h": 3600, "6h": 21_600, "1d": 86_400}
_LEAST_SLOTS: Final = 3
"""A threshold below this many slots of the long window would fire at a blip."""


class Tier(NamedTuple):
    """Alert when `budget_ppm` of the budget burns within `long` seconds; `short` resets it."""

    severity: Severity
    long: int
    short: int
    budget_ppm: int
    requests_only: bool = False

    def factor(self, period_seconds: int) -> Fraction:
        """How many times faster than allowed the budget must burn."""
        return Fraction(self.budget_ppm * period_seconds, MILLION * self.long)


_MINUTE, _HOUR, _DAY = 60, 3600, 86_400

DAY_TIERS: Final = (
    Tier("page", 30 * _MINUTE, 3 * _MINUTE, 250_000),
    Tier("page", 3 * _HOUR, 15 * _MINUTE, 500_000),
    Tier("ticket", 6 * _HOUR, 30 * _MINUTE, 500_000),
    Tier("ticket", 24 * _HOUR, 2 * _HOUR, 1_000_000),
)
WEEK_TIERS: Final = (
    Tier("page", _HOUR, 5 * _MINUTE, 80_000),
    Tier("page", 6 * _HOUR, 30 * _MINUTE, 125_000),
    Tier("ticket", _DAY, 2 * _HOUR, 200_000, requests_only=True),
    Tier("ticket", 3 * _DAY, 6 * _HOUR, 420_000),
)
MONTH_TIERS: Final = (
    Tier("page", _HOUR, 5 * _MINUTE, 20_000),
    Tier("page", 6 * _HOUR, 30 * _MINUTE, 50_000),
    Tier("ticket", _DAY, 2 * _HOUR, 100_000, requests_only=True),
    Tier("ticket", 3 * _DAY, 6 * _HOUR, 100_000),
)


@dataclass(frozen=True, slots=True)
class BurnAlert:
    """One tier as it stands: both burn rates (four decimals, rounded down) and whether it fires."""

    tier: Tier
    factor: Fraction
    long_burn: str | None
    short_burn: str | None
    firing: bool


@lru_cache(maxsize=256)
def tiers_for(objective: Objective, period_seconds: int | None = None) -> tuple[Tier, ...]:
    """The tiers that make sense for an objective and its period (a calendar month's real length).

    Tiers are left out that could never fire (factor above 1/(1 − T)), that would fire at fewer than
    three bad slots, whose long window is longer than the period, or that only requests justify.
    """
    period = period_seconds or objective.period_seconds
    table = DAY_TIERS if period <= _DAY else WEEK_TIERS if period <= 7 * _DAY else MONTH_TIERS
    return tuple(
        tier
        for tier in table
        if tier.long <= period
        and (objective.governing == "occurrences" or not tier.requests_only)
        and tier.factor(period) <= Fraction(MILLION, objective.budget_ppm)
        and _threshold(tier, period, objective) >= _LEAST_SLOTS * SLOT_SECONDS
    )


def burn_rate(
    series: SlotSeries,
    end: int,
    seconds: int,
    objective: Objective,
    counts: CountSeries | None = None,
) -> Fraction | None:
    """The burn rate over the `seconds` before slot `end`.

    None when it says nothing: all maintenance or, for occurrences, too few requests.
    """
    by_requests = counts is not None and objective.governing == "occurrences"
    totals = series.totals(end - seconds // SLOT_SECONDS, end, counts if by_requests else None)
    if by_requests:
        if totals.total < objective.min_events:
            return None
        bad = totals.total - totals.good
        return Fraction(bad * MILLION, totals.total * objective.budget_ppm)
    nominal = seconds - totals.maint * SLOT_SECONDS
    if nominal <= 0:
        return None
    return Fraction(totals.down * SLOT_SECONDS * MILLION, nominal * objective.budget_ppm)


def shown(rate: Fraction | None) -> str | None:
    """A burn rate with four decimals, rounded down."""
    return None if rate is None else floored(rate.numerator, rate.denominator, 4)


def alerts(
    series: SlotSeries,
    end: int,
    objective: Objective,
    period_seconds: int | None = None,
    counts: CountSeries | None = None,
) -> list[BurnAlert]:
    """Every tier of the objective, judged at slot `end`; `series` reaches back as far as known."""
    period = period_seconds or objective.period_seconds
    judged = []
    for tier in tiers_for(objective, period):
        factor = tier.factor(period)
        long, short = (
            burn_rate(series, end, w, objective, counts) for w in (tier.long, tier.short)
        )
        firing = long is not None and short is not None and long > factor and short > factor
        judged.append(BurnAlert(tier, factor, shown(long), shown(short), firing))
    return judged


def may_fire(
    series: SlotSeries, end: int, objective: Objective, counts: CountSeries | None = None
) -> bool:
    """Whether a tier's short window burns fast enough at slot `end`: else none of `alerts` fires.

    It spares who judges many slots the long windows of those at which all is well.
    """
    period = objective.period_seconds
    rates = (
        (tier, burn_rate(series, end, tier.short, objective, counts))
        for tier in tiers_for(objective, period)
    )
    return any(rate is not None and rate > tier.factor(period) for tier, rate in rates)


def page_fires(judged: Sequence[BurnAlert]) -> bool:
    """Whether a page-level alert is among those firing."""
    return any(alert.firing and alert.tier.severity == "page" for alert in judged)


def exhaustion_seconds(remaining_millionths: int, bad: int, nominal: int) -> int | None:
    """remaining / e with e = bad / nominal seconds of the last 6 h, rounded down; None when e = 0.

    For a rolling window this is the conservative value: no old down time leaves the window.
    """
    if bad <= 0 or nominal <= 0:
        return None
    return max(0, remaining_millionths * nominal // (bad * MILLION))


def forecast_seconds(series: SlotSeries, end: int, remaining_millionths: int) -> int | None:
    """Seconds from slot `end` until the budget is gone at the pace of the last six hours."""
    totals = series.totals(end - FORECAST_SECONDS // SLOT_SECONDS, end)
    nominal = FORECAST_SECONDS - totals.maint * SLOT_SECONDS
    return exhaustion_seconds(remaining_millionths, totals.down * SLOT_SECONDS, nominal)


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast the budget burns: rates by window, every alert as it stands, seconds until gone.

    `beside` are the alerts by requests where time governs: shown, never part of the status.
    """

    rates: tuple[tuple[str, str | None], ...]
    alerts: tuple[BurnAlert, ...]
    exhaustion: int | None
    beside: tuple[BurnAlert, ...] = ()


def pace_of(
    series: SlotSeries,
    end: int,
    objective: Objective,
    period_seconds: int,
    counts: CountSeries | None,
    remaining_millionths: int,
) -> Pace:
    """The pace at slot `end`, with `remaining_millionths` of a second of the time budget left."""
    beside: Sequence[BurnAlert] = ()
    if counts is not None and objective.governing == "timeslices":
        by_requests = replace(objective, governing="occurrences")
        beside = alerts(series, end, by_requests, period_seconds, counts)
    return Pace(
        rates=tuple(
            (name, shown(burn_rate(series, end, seconds, objective, counts)))
            for name, seconds in SHOWN_WINDOWS.items()
        ),
        alerts=tuple(alerts(series, end, objective, period_seconds, counts)),
        exhaustion=forecast_seconds(series, end, remaining_millionths),
        beside=tuple(beside),
    )


def _threshold(tier: Tier, period: int, objective: Objective) -> Fraction:
    """Bad seconds in the long window that the tier tolerates."""
    return tier.factor(period) * objective.budget_ppm * tier.long / MILLION
