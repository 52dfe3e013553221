"""What a window adds up to: accounts, budgets, availability, and how far unknown slots move them.

The contract's figures leave out approved exclusions; the raw ones stand beside them, always.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from ecp.slo.budget import Account, Budget, account, request_budget, time_budget
from ecp.slo.figures import floored, percent
from ecp.slo.objective import MILLION, Objective, UnknownPolicy
from ecp.slo.slots import Totals

Basis: TypeAlias = Literal["requests", "time"]

BOUNDS: Final[tuple[tuple[str, UnknownPolicy], ...]] = (
    ("unknown_all_up", "good"),
    ("unknown_all_down", "bad"),
)


@dataclass(frozen=True, slots=True)
class Bound:
    """The account and budget if every unknown slot had been up, or down."""

    name: str
    seen: Account
    time: Budget


@dataclass(frozen=True, slots=True)
class Ratios:
    """Figures of one window against one objective.

    `seen` is the contract's account (approved exclusions left out), `raw` what was observed; the
    availabilities likewise. `requests` is the budget of an objective governed by occurrences, when
    there were any. `basis` says what the availability was computed from.
    """

    objective: Objective
    totals: Totals
    seen: Account
    raw: Account
    time: Budget
    requests: Budget | None
    availability: str | None
    availability_raw: str | None
    basis: Basis
    bounds: tuple[Bound, ...]

    @property
    def budget(self) -> Budget:
        """The governing one."""
        return self.time if self.requests is None else self.requests

    @property
    def current_sla(self) -> str | None:
        """The governing ratio in percent, rounded down to three decimals."""
        by_requests = self.objective.governing == "occurrences"
        return self.availability if by_requests else self.seen.uptime

    @property
    def sla_raw(self) -> str | None:
        """The same with nothing excluded."""
        by_requests = self.objective.governing == "occurrences"
        return self.availability_raw if by_requests else self.raw.uptime

    @property
    def burn(self) -> str | None:
        """D / E / (1 − T) over the window, four decimals rounded down; None when E = 0."""
        if not self.seen.eligible:
            return None
        return floored(self.seen.down * MILLION, self.seen.eligible * self.objective.budget_ppm, 4)


def ratios_of(
    totals: Totals, left_out: Totals, objective: Objective, calendar_seconds: int | None
) -> Ratios:
    """The ratios of a window's totals, of which `left_out` (down slots) are excluded."""
    seen = account(totals, objective, excluded=left_out.down)
    raw = account(totals, objective)
    good, total = totals.good - left_out.good, totals.total - left_out.total
    by_requests = objective.governing == "occurrences" and total > 0
    return Ratios(
        objective=objective,
        totals=totals,
        seen=seen,
        raw=raw,
        time=time_budget(seen, objective, calendar_seconds),
        requests=request_budget(good, total, objective) if by_requests else None,
        availability=_availability(good, total, seen),
        availability_raw=_availability(totals.good, totals.total, raw),
        basis="requests" if total and seen.eligible else "time",
        bounds=tuple(
            _bound(name, policy, totals, left_out, objective, calendar_seconds)
            for name, policy in BOUNDS
        ),
    )


def _availability(good: int, total: int, seen: Account) -> str | None:
    """By requests; by time when there were none (never NaN)."""
    return percent(good, total) if seen.eligible and total else seen.uptime


def _bound(
    name: str,
    policy: UnknownPolicy,
    totals: Totals,
    left_out: Totals,
    objective: Objective,
    calendar_seconds: int | None,
) -> Bound:
    seen = account(totals, objective, excluded=left_out.down, unknown=policy)
    return Bound(name, seen, time_budget(seen, objective, calendar_seconds, policy))
