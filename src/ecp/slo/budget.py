"""What counts, and the error budget.

Seconds are slots × 5. E = U + D is eligible; planned maintenance (M), off duty (O) and unknown (N)
leave it, as the objective's policies say. Budgets are kept in millionths of their unit, exactly:

rolling   B = (1 − T) · E
calendar  B = (1 − T) · (length − M − O − N), N only when the policy leaves it out, so that at the
          end of a month: breached ⇔ up time below target ⇔ a credit tier is reached
requests  B = (1 − T) · Σtotal so far
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from ecp.slo.figures import percent
from ecp.slo.objective import MILLION, Objective, UnknownPolicy
from ecp.slo.slots import SLOT_SECONDS, SlotSeries, Span, Totals, slots_covered, united


@dataclass(frozen=True, slots=True)
class Account:
    """Seconds of a window after the policies: up + down = eligible; the rest as it was seen.

    `excluded` is down time that the contract leaves out (approved corrections, rehearsed faults).
    """

    up: int
    down: int
    maintenance: int
    unknown: int
    off_duty: int
    excluded: int
    window: int

    @property
    def eligible(self) -> int:
        return self.up + self.down

    @property
    def uptime(self) -> str | None:
        """Percent, three decimals rounded down; None when nothing was eligible."""
        return percent(self.up, self.eligible)

    @property
    def coverage(self) -> str | None:
        """The known share of the window (0.000 to 1.000), rounded down; None of an empty window."""
        return percent(self.window - self.unknown, self.window * 100)


def account(
    totals: Totals,
    objective: Objective,
    *,
    excluded: int = 0,
    unknown: UnknownPolicy | None = None,
) -> Account:
    """The account of some slots. `excluded` slots of down time leave the eligible time.

    `unknown` overrides the objective's policy, for the two bounds.
    """
    policy = unknown or objective.unknown
    up = totals.up + (totals.unknown if policy == "good" else 0)
    down = totals.down + (totals.unknown if policy == "bad" else 0) - excluded
    if objective.maintenance == "count_as_up":
        up += totals.maint
    return Account(
        up * SLOT_SECONDS,
        down * SLOT_SECONDS,
        totals.maint * SLOT_SECONDS,
        totals.unknown * SLOT_SECONDS,
        totals.off * SLOT_SECONDS,
        excluded * SLOT_SECONDS,
        totals.slots * SLOT_SECONDS,
    )


@dataclass(frozen=True, slots=True)
class Budget:
    """An error budget in seconds or requests; `allowed_millionths` and its like are exact.

    `smallest` is the least that can be consumed (one slot, one request).
    """

    unit: Literal["seconds", "requests"]
    allowed_millionths: int
    consumed: int
    smallest: int

    @property
    def remaining_millionths(self) -> int:
        return self.allowed_millionths - self.consumed * MILLION

    @property
    def allowed(self) -> float:
        return self.allowed_millionths / MILLION

    @property
    def remaining(self) -> float:
        return self.remaining_millionths / MILLION

    @property
    def remaining_percent(self) -> str | None:
        """Of the budget, three decimals rounded down; None when there is none."""
        return percent(self.remaining_millionths, self.allowed_millionths)

    @property
    def exhausted(self) -> bool:
        """More was consumed than allowed: breached. Exactly on target is not."""
        return self.remaining_millionths < 0

    @property
    def too_small(self) -> bool:
        """It could not pay for one slot (or request), so it cannot judge anything."""
        return self.allowed_millionths < self.smallest * MILLION


def time_budget(
    seen: Account,
    objective: Objective,
    calendar_seconds: int | None = None,
    unknown: UnknownPolicy | None = None,
) -> Budget:
    """The budget in seconds; `calendar_seconds` is the whole length of a calendar window."""
    base = seen.eligible
    if calendar_seconds is not None:
        base = calendar_seconds - seen.off_duty - seen.excluded
        if objective.maintenance == "exclude":
            base -= seen.maintenance
        if (unknown or objective.unknown) == "exclude":
            base -= seen.unknown
    return Budget("seconds", objective.budget_ppm * base, seen.down, SLOT_SECONDS)


def request_budget(good: int, total: int, objective: Objective) -> Budget:
    """The budget in requests so far."""
    return Budget("requests", objective.budget_ppm * total, total - good, 1)


def overspent_at(
    history: SlotSeries,
    excluded: Sequence[Span],
    seen: tuple[int, int],
    objective: Objective,
    budget: Budget,
) -> int | None:
    """The slot in which the down time of the slots *seen* became more than their budget."""
    if not budget.exhausted:
        return None
    left = budget.allowed_millionths // (SLOT_SECONDS * MILLION)
    spared = united(slots_covered(excluded))
    for state, first, after in history.between(*seen):
        if objective.judged(state) != "D":
            continue
        for a, b in _without(first, after, spared if state == "D" else ()):
            if b - a > left:
                return a + left
            left -= b - a
    return None


def _without(first: int, after: int, spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The pieces of slots [first, after) that lie in none of the ascending spans."""
    for start, end in spans:
        if start >= after:
            break
        if start > first:
            yield first, start
        first = max(first, end)
    if first < after:
        yield first, after


BESIDE: Final = ("allowed_seconds", "consumed_seconds", "remaining_seconds", "remaining_pct")


def beside(report: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what of a report's budget stands beside its word, wherever that is said.

    None where it cannot say anything: nothing was eligible, or it could not pay for one slot.
    """
    budget = report.get("error_budget") or {}
    if report.get("status") == "no_data" or budget.get(BESIDE[0], 0) < SLOT_SECONDS:
        return None
    return {name: budget.get(name) for name in BESIDE}
