"""SLA arithmetic from a document: slots in, figures out, to check ours by hand or against others'.

A case:
    slots, pre               [[state, count], …], run-length; pre is history before the window
    unknown                  exclude (default) | bad | good
    calendar_seconds         length of the calendar period that the slots are the start of, or null
    page_alert_firing        whether a page-level burn alert fires at the end
or, in the place of slots, what was measured: requests and probes of single instants, of which the
slots are made by the rules for small tenants, gaps and late samples:
    samples                  [[second, good, total, probe, arrived], …]; probe true, false or null,
                             arrived a second; both may be left out
    from, to                 seconds of the window
and, where the objective differs from the default, target_ppm, incident_opens_after_slots,
incident_closes_after_slots, maintenance (exclude | count_as_up), forecast_exhausts.

Here alert and forecast are inputs, false unless said: a case states its circumstances.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, Final, cast

from ecp.slo.budget import Account
from ecp.slo.credits import CreditTerms, credit_of
from ecp.slo.errors import InputError
from ecp.slo.figures import floored
from ecp.slo.judge import Requests
from ecp.slo.objective import (
    MAINTENANCE_POLICIES,
    UNKNOWN_POLICIES,
    MaintenancePolicy,
    Objective,
    UnknownPolicy,
)
from ecp.slo.report import SlaReport, evaluate
from ecp.slo.samples import Samples
from ecp.slo.slots import PRECEDENCE, SLOT_SECONDS, CountSeries, SlotSeries, State, slot_of
from ecp.slo.windows import Window

_MOST_SLOTS: Final = 31 * 86_400 // SLOT_SECONDS
CASE_FIELDS: Final = (
    "slots",
    "pre",
    "unknown",
    "calendar_seconds",
    "page_alert_firing",
    "forecast_exhausts",
    "target_ppm",
    "incident_opens_after_slots",
    "incident_closes_after_slots",
    "maintenance",
    "slot_seconds",
    "samples",
    "from",
    "to",
)


def compute(document: object) -> dict[str, Any] | list[dict[str, Any]]:
    """A case, or a list of them, as `compute_case` answers; InputErrors name the case's index."""
    if not isinstance(document, list):
        return compute_case(document)
    results = []
    for index, case in enumerate(document):
        try:
            results.append(compute_case(case))
        except InputError as error:
            raise InputError(f"[{index}].{error.field}", error.problem, error.fix) from error
    return results


def compute_case(case: object) -> dict[str, Any]:
    """The figures of one case, by the names below; percentages and minutes as decimal text.

    uptime, up_s, down_s, maint_s, unknown_s, off_duty_s, downtime_min, budget_s, remaining_s,
    remaining_pct, burn, failure_count, overlapping, open, mttr, mtbf, status.

    Raises InputError naming the field, what is wrong with it and what to write.
    """
    if not isinstance(case, Mapping):
        raise InputError("case", f"is {_kind(case)}", "give an object with the field slots")
    for name in case:
        if name not in CASE_FIELDS:
            raise InputError(str(name), "is not a field of a case", _nearest(str(name)))
    pre = _runs([] if case.get("pre") is None else case["pre"], "pre")
    objective = _objective(case)
    samples = None
    if "samples" in case:
        samples, series, counts = _measured(case, objective)
    elif "slots" in case:
        series, counts = SlotSeries.of(0, _runs(case["slots"], "slots")), None
    else:
        raise InputError("slots", "is missing", 'give runs, e.g. [["U", 17280]]')
    seconds = case.get("slot_seconds", SLOT_SECONDS)
    if seconds != SLOT_SECONDS or isinstance(seconds, bool):
        raise InputError("slot_seconds", f"is {seconds!r}", f"write {SLOT_SECONDS} or leave it out")
    report = evaluate(
        series,
        objective,
        Window(series.start, series.end, series.end),
        pre=pre,
        counts=counts,
        calendar_seconds=_calendar(case.get("calendar_seconds"), series.slots * SLOT_SECONDS),
        page_alert_firing=_flag(case, "page_alert_firing"),
        forecast_exhausts=_flag(case, "forecast_exhausts"),
    )
    if samples is None:
        return _figures(report)
    return {
        **_figures(report),
        "availability": report.ratios.availability,
        "late_dropped_total": samples.late_dropped,
        "rejected_total": samples.rejected,
    }


def compute_credits(document: object) -> dict[str, int | None]:
    """Credit percentages of a month for some down times.

    tiers: [[up time percent, credit percent], …] descending; month_slots; down_seconds: a list.
    Answers {"13395 s down": 10, …}.
    """
    if not isinstance(document, Mapping):
        raise InputError("credits", f"is {_kind(document)}", "give an object with tiers")
    for name in ("tiers", "month_slots", "down_seconds"):
        if name not in document:
            raise InputError(name, "is missing", "give tiers, month_slots and down_seconds")
    tiers = document["tiers"]
    if not isinstance(tiers, list) or not all(isinstance(t, list) and len(t) == 2 for t in tiers):
        raise InputError("tiers", f"is {_kind(tiers)}", "give [[99.5, 0], [99.0, 10], …, [0, 50]]")
    terms = CreditTerms.of(
        ((tier[0], _whole(tier[1], f"tiers[{i}][1]")) for i, tier in enumerate(tiers)), cap=100
    )
    month = _whole(document["month_slots"], "month_slots") * SLOT_SECONDS
    answers: dict[str, int | None] = {}
    for index, value in enumerate(document["down_seconds"]):
        down = _whole(value, f"down_seconds[{index}]")
        if down > month:
            raise InputError(
                f"down_seconds[{index}]", f"{down} exceeds the month", f"give ≤ {month}"
            )
        seen = Account(month - down, down, 0, 0, 0, 0, month)
        answers[f"{down} s down"] = credit_of(seen, terms).percent
    return answers


def _figures(report: SlaReport) -> dict[str, Any]:
    ratios, failures = report.ratios, report.failures
    seen, budget = ratios.seen, ratios.time
    return {
        "uptime": seen.uptime,
        "up_s": seen.up,
        "down_s": seen.down,
        "maint_s": seen.maintenance,
        "unknown_s": seen.unknown,
        "off_duty_s": seen.off_duty,
        "downtime_min": floored(seen.down, 60, 4),
        "budget_s": budget.allowed,
        "remaining_s": budget.remaining,
        "remaining_pct": budget.remaining_percent,
        "burn": ratios.burn,
        "failure_count": len(failures.counted),
        "overlapping": len(failures.incidents),
        "open": len(failures.open),
        "mttr": failures.recovery_time_avg,
        "mtbf": failures.between_failures(seen.up),
        "status": report.status,
    }


def _measured(
    case: Mapping[str, Any], objective: Objective
) -> tuple[Samples, SlotSeries, CountSeries]:
    """The slots that measured samples make."""
    for name in ("slots", "pre"):
        if case.get(name):
            raise InputError(name, "stands beside samples", "give one of them")
    start, end = (slot_of(_whole(case.get(name), name)) for name in ("from", "to"))
    if not 0 < end - start <= _MOST_SLOTS:
        raise InputError(
            "to", f"{case['to']} is no end of a window", "give from < to, 31 days apart"
        )
    rows = case["samples"]
    if not isinstance(rows, list):
        raise InputError("samples", f"is {_kind(rows)}", "give [[second, good, total], …]")
    samples = Samples()
    for index, row in enumerate(rows):
        field = f"samples[{index}]"
        if not isinstance(row, list) or not 3 <= len(row) <= 5:
            raise InputError(field, "is no sample", "write [second, good, total, probe, arrived]")
        at, good, total = (_whole(row[n], f"{field}[{n}]") for n in range(3))
        probe = row[3] if len(row) > 3 else None
        if probe is not None and not isinstance(probe, bool):
            raise InputError(f"{field}[3]", f"{probe!r} is no probe", "write true, false or null")
        arrived = row[4] if len(row) > 4 else None
        late = None if arrived is None else _whole(arrived, f"{field}[4]")
        samples.take(at, Requests(good, total, probe), late)
    return samples, samples.series(start, end, objective), samples.counts(start, end)


def _objective(case: Mapping[str, Any]) -> Objective:
    default = Objective()
    target = _whole(case.get("target_ppm", default.target_ppm), "target_ppm")
    opens = "incident_opens_after_slots"
    closes = "incident_closes_after_slots"
    return Objective(
        target_ppm=target,
        unknown=cast(UnknownPolicy, _choice(case, "unknown", UNKNOWN_POLICIES)),
        maintenance=cast(MaintenancePolicy, _choice(case, "maintenance", MAINTENANCE_POLICIES)),
        opens_after=_whole(case.get(opens, default.opens_after), opens, least=1),
        closes_after=_whole(case.get(closes, default.closes_after), closes, least=1),
    )


def _runs(value: object, field: str) -> list[tuple[State, int]]:
    if not isinstance(value, list):
        raise InputError(field, f"is {_kind(value)}", 'give runs, e.g. [["U", 17280]]')
    runs: list[tuple[State, int]] = []
    for index, run in enumerate(value):
        if not isinstance(run, (list, tuple)) or len(run) != 2:
            raise InputError(f"{field}[{index}]", "is not a pair", 'write ["U", 12]')
        state, slots = run
        if state not in PRECEDENCE:
            raise InputError(
                f"{field}[{index}][0]",
                f"{state!r} is not a slot state",
                "use U up, D down, M planned maintenance, N unknown or O off duty",
            )
        runs.append((state, _whole(slots, f"{field}[{index}][1]")))
    return runs


def _calendar(value: object, seen: int) -> int | None:
    if value is None:
        return None
    seconds = _whole(value, "calendar_seconds")
    if seconds < seen:
        raise InputError(
            "calendar_seconds",
            f"{seconds} is less than the {seen} seconds of slots",
            "give the whole length of the period, or null for a rolling window",
        )
    if seconds % SLOT_SECONDS:
        raise InputError(
            "calendar_seconds",
            f"{seconds} is not whole slots",
            f"give a multiple of {SLOT_SECONDS}",
        )
    return seconds


def _whole(value: object, field: str, *, least: int = 0) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise InputError(field, f"{value!r} is not a whole number ≥ {least}", "give a whole number")
    return value


def _flag(case: Mapping[str, Any], field: str) -> bool:
    value = case.get(field, False)
    if not isinstance(value, bool):
        raise InputError(field, f"{value!r} is not a truth value", "give true or false")
    return value


def _choice(case: Mapping[str, Any], field: str, allowed: tuple[str, ...]) -> str:
    value = case.get(field, allowed[0])
    if not isinstance(value, str) or value not in allowed:
        raise InputError(field, f"{value!r} is not a policy", f"use one of {', '.join(allowed)}")
    return value


def _nearest(name: str) -> str:
    if name in ("input", "expected", "cases"):
        return "give the object under input itself, or a list of such"
    close = difflib.get_close_matches(name, CASE_FIELDS, 1)
    return f"write {close[0]}" if close else f"use {', '.join(CASE_FIELDS)}"


def _kind(value: object) -> str:
    names = {
        dict: "an object",
        list: "a list",
        str: "text",
        bool: "a truth value",
        type(None): "null",
    }
    return names.get(type(value), f"{type(value).__name__}")
