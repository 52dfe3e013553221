"""What a period may be, whom the simulator follows, and a report from kept minutes. Pure."""

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final

from ecp.orchestrator.records import CONTRACT, Release, Tenant
from ecp.slo.agreed import Agreed
from ecp.slo.budget import account
from ecp.slo.contract import promised
from ecp.slo.figures import number, percent
from ecp.slo.kept import KeptMinute, report_of
from ecp.slo.levels import Level
from ecp.slo.objective import LIMITS_MS, Objective
from ecp.slo.report import ClockReading, Evidence, Label
from ecp.slo.rollup import MINUTE_SLOTS
from ecp.slo.sketch import merged, percentiles
from ecp.slo.slots import LATE_SECONDS, SLOT_SECONDS, Span
from ecp.slo.statement import Inputs
from ecp.slo.windows import Window, calendar, instant, window_of, zone_of
from ecp.workloads.holidays import Holiday, in_window
from ecp.workloads.profiles import profiles
from ecp.workloads.shaping import read_shape

_PERIOD: Final = re.compile(r"([1-9][0-9]{0,5})([mhd])")
_MONTH: Final = re.compile(r"(19[89]\d|20\d\d|21\d\d)-(0[1-9]|1[0-2])")
_MINUTES: Final = {"m": 1, "h": 60, "d": 1440}
LONGEST_MINUTES: Final = 30 * 1440
CALENDAR_MONTH: Final = "calendar-month"
LATE: Final = "late_dropped_total"
"""The fact of a ledger that says how many of its minutes came too late to be counted."""

_STATES: Final = {
    "up": "up",
    "downtime": "down",
    "maintenance": "maint",
    "unknown": "unknown",
    "off_duty": "off",
    "unborn": "before",
}
"""The states of a level as the API names them."""

SECOND: Final = 1_000_000_000
"""In nanoseconds, in which demand counts."""

BEFORE_SLOTS: Final = 3 * 86_400 // SLOT_SECONDS
"""Budgets and burn rates look back at most three days before a window's end."""
TIMEZONE: Final = "Asia/Seoul"


def is_period(period: str) -> bool:
    """Whether it is 24h or the like (at most 30d), or calendar-month. Source: requirement C17."""
    match = _PERIOD.fullmatch(period)
    if match is None:
        return period == CALENDAR_MONTH
    return int(match[1]) * _MINUTES[match[2]] <= LONGEST_MINUTES


def followed(tenant: Tenant, release: Release) -> dict[str, Any]:
    """Return what the simulator is told of a tenant: demand, promise, contract.

    Raises InputError where answers are promised within none of the limits they are counted by.
    """
    contract = tenant.options.get(CONTRACT, {})
    return {
        "namespace": tenant.namespace,
        "demand": dict(tenant.requirements),
        "shape": tenant.options.get("shape"),
        "failure_scenarios": bool(release.options.get("failure_scenarios")),
        "failure_rates": release.options.get("failure_rates"),
        **promised(contract, tenant.target_ppm),
        **({"load": contract["load"]} if "load" in contract else {}),
        **(_of_stopped(tenant) if tenant.wanted == "stopped" else {}),
    }


def _of_stopped(tenant: Tenant) -> dict[str, Any]:
    """Whom its owner has stopped nobody calls, and no slot of it is on duty."""
    return {"service_hours": "never", "load": dict.fromkeys(tenant.requirements, 0)}


def window_at(period: str, end: int, facts: Mapping[str, Any]) -> Window:
    """Return the window of a period that ends with slot *end*, in the contract's zone."""
    return window_of(period, end * SLOT_SECONDS, facts.get("timezone") or TIMEZONE)


def month_at(month: str, end: int, facts: Mapping[str, Any]) -> Window | None:
    """Return the calendar month (2026-11) in the contract's zone, as far as slot *end*.

    None for what is no month. A month that has not begun has no slot.
    """
    if _MONTH.fullmatch(month) is None:
        return None
    zone = facts.get("timezone") or TIMEZONE
    first = datetime(int(month[:4]), int(month[5:]), 1, tzinfo=zone_of(zone))
    whole = calendar("month", int(first.timestamp()), zone)
    return replace(whole, end=min(max(end, whole.start), whole.full_end))


def months_due(known: Span, facts: Mapping[str, Any], closed: Container[str]) -> list[str]:
    """Return the calendar months (2026-11) that are over and not closed, oldest first.

    `known` are the slots of which minutes are kept. A month is over an hour after its end: until
    then a minute of it may come late.
    """
    zone = facts.get("timezone") or TIMEZONE
    found: list[str] = []
    at = known.start
    while True:
        month = calendar("month", at * SLOT_SECONDS, zone)
        if not is_over(month, known.end):
            return found
        name = name_of(month)
        if name not in closed:
            found.append(name)
        at = month.full_end


def is_over(month: Window, newest: int) -> bool:
    """Whether nothing can be said of a month any more when minutes up to slot *newest* are kept."""
    return month.full_end + LATE_SECONDS // SLOT_SECONDS <= newest


def name_of(month: Window) -> str:
    """Return the name of a calendar month: 2026-11."""
    # Its first instant may be the day before in UTC.
    first = datetime.fromtimestamp(month.start * SLOT_SECONDS, zone_of(month.timezone))
    return f"{first:%Y-%m}"


def needed_from(known: Span, facts: Mapping[str, Any], due: Sequence[str]) -> list[int]:
    """Return from which slots on minutes must stay: what months to be closed look back at.

    Source: `BEFORE_SLOTS`, before the beginning of the month that runs and of those that are due.
    """
    months = [month_at(name, known.end, facts) for name in due]
    running = window_at(CALENDAR_MONTH, known.end, facts)
    return [month.start - BEFORE_SLOTS for month in (*months, running) if month is not None]


def is_late(slot: int, newest: int) -> bool:
    """Whether the minute at a slot ended more than an hour before the newest slot's end."""
    return newest - slot - MINUTE_SLOTS > LATE_SECONDS // SLOT_SECONDS


def demand_holidays(tenant: Tenant, window: Window) -> tuple[dict[str, str], ...]:
    """Return the days off that a tenant's demand followed in a window, ascending; of all profiles.

    A day is in it where a part of it lies in the window, by the demand's own clock and calendar.
    """
    shape = read_shape(tenant.options.get("shape"))
    start, end = (at * SLOT_SECONDS * SECOND for at in (window.start, window.end))
    found: dict[tuple[date, str], Holiday] = {}
    for name, units in tenant.requirements.items():
        demand = shape.profile(profiles()[name]).demand
        if not units or demand is None:
            continue
        for row in in_window(
            start, end, demand.timezone, code=demand.calendar, changes=shape.changes
        ):
            found[row.day, row.ko] = row
    return tuple(found[key].to_json() for key in sorted(found))


def inputs_of(
    tenant: Tenant,
    release: Release,
    minutes: Mapping[str, Sequence[KeptMinute]],
    window: Window,
    facts: Mapping[str, Any],
) -> Inputs:
    """Return what a statement is computed from. Raises InputError for bad terms of credits."""
    zone = facts.get("timezone") or TIMEZONE
    slo = facts.get("slo") or {"target_ppm": tenant.target_ppm}
    terms = (tenant.options.get(CONTRACT) or {}).get("credits")
    return Inputs(
        tenant.tenant_id,
        window,
        Objective(**slo),
        Agreed.read(facts.get("agreed") or {}, zone, terms),
        minutes,
        release.revision,
        evidence=evidence_of(facts),
        demand_holidays=() if evidence_of(facts) == "measured" else demand_holidays(tenant, window),
    )


def levels_report(
    tenant: Tenant,
    window: Window,
    sums: Mapping[str, Level],
    facts: Mapping[str, Any],
    source: str | None,
) -> dict[str, Any]:
    """Return the sums of a window, with the two ratios that follow from sums alone.

    *source* is where the sums of the services are from; None: nobody can say them now.
    """
    slo = facts.get("slo") or {"target_ppm": tenant.target_ppm}
    objective = Objective(**slo)
    return {
        "tenant_id": tenant.tenant_id,
        "period": window.label,
        "window": {
            "from": instant(window.start),
            "to": instant(window.end),
            "type": window.kind,
            "timezone": window.timezone,
        },
        "target_sla": objective.target_ppm / 10_000,
        **({"composite": _level(sums[""], objective)} if "" in sums else {}),
        "services": [
            {"service": name, **_level(level, objective)} for name, level in sums.items() if name
        ],
        "services_source": source,
        LATE: facts.get(LATE, 0),
        "evidence": evidence_of(facts),
    }


def _level(level: Level, objective: Objective) -> dict[str, Any]:
    seen = account(level.totals, objective)
    asked = percent(level.good, level.total) if seen.eligible else None
    timed = percentiles(merged((level.sketch,)))
    states = {
        f"{name}_seconds": getattr(level, field) * SLOT_SECONDS for name, field in _STATES.items()
    }
    return {
        "uptime_percentage": number(seen.uptime),
        "availability": number(asked or seen.uptime),
        **states,
        "requests": {"good": level.good, "total": level.total, "excess": level.excess},
        "latency": {"le_ms": list(LIMITS_MS), "counts": list(level.within), "count": level.good},
        **({"voice": level.answering.to_json()} if level.answering else {}),
        **({"response_time": timed} if timed else {}),
    }


def kept_report(
    tenant: Tenant,
    minutes: Sequence[KeptMinute],
    window: Window,
    facts: Mapping[str, Any],
    wall_time: str,
) -> dict[str, Any]:
    """Return the analysis of kept minutes: until when it knows, and why no further."""
    slo = facts.get("slo") or {"target_ppm": tenant.target_ppm}
    evidence = evidence_of(facts)
    measured = evidence == "measured"
    reading = ClockReading(
        "wall" if measured else "simulated", 1.0 if measured else None, wall_time
    )
    report = report_of(
        minutes,
        Objective(**slo),
        window,
        excluded=[Span(start, end) for start, end in facts.get("corrections") or ()],
        label=Label(tenant.tenant_id, "", evidence, reading),
    )
    return {**report.to_json(), "known_until": instant(window.end), "source": "kept minutes"}


def evidence_of(facts: Mapping[str, Any]) -> Evidence:
    """Return what the figures of kept minutes are worth: their ledger says so."""
    return "measured" if facts.get("evidence") == "measured" else "simulated"


def nothing_known(tenant: Tenant, period: str, evidence: Evidence = "simulated") -> dict[str, Any]:
    """Return the analysis of a tenant of which no minute is kept yet."""
    return {
        "tenant_id": tenant.tenant_id,
        "period": period,
        "status": "no_data",
        "current_sla": None,
        "target_sla": tenant.target_ppm / 10_000,
        "uptime_percentage": None,
        "availability": None,
        "failure_count": 0,
        "recovery_time_avg": None,
        "observed_seconds": 0,
        "provisional": True,
        "known_until": None,
        "source": "kept minutes",
        "evidence": evidence,
    }
