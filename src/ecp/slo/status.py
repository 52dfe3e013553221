"""The one word about an objective, in a fixed order of questions.

no_data → insufficient_data (budget under one slot) → breached → insufficient_data (coverage) →
at_risk → meeting. Exactly on target leaves 0 of the budget: at_risk, not breached. Unknown is grey,
never green.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from ecp.slo.budget import Account, Budget
from ecp.slo.objective import MILLION, Objective

Status: TypeAlias = Literal["no_data", "insufficient_data", "breached", "at_risk", "meeting"]


def status_of(
    seen: Account,
    budget: Budget,
    objective: Objective,
    *,
    page_alert_firing: bool = False,
    forecast_exhausts: bool = False,
) -> Status:
    """The status of a window from its account and the governing budget.

    `page_alert_firing`: a page-level burn alert fires; `forecast_exhausts`: the budget of a
    calendar window will be gone before the period ends, at the present pace.
    """
    if not seen.eligible:
        return "no_data"
    if budget.too_small:
        return "insufficient_data"
    if budget.exhausted:
        return "breached"
    if (seen.window - seen.unknown) * MILLION < objective.coverage_ppm * seen.window:
        return "insufficient_data"
    low = budget.remaining_millionths * MILLION <= objective.at_risk_ppm * budget.allowed_millionths
    if low or page_alert_firing or forecast_exhausts:
        return "at_risk"
    return "meeting"
