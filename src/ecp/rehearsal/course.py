"""What happened in one run, for a page: the budget, faults and what each cost, failures, curves.

Seconds count from the first probe on. Everything is simulated; nothing of it was measured.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from ecp.kube.times import rfc3339
from ecp.rehearsal.failures import LOAD, failures
from ecp.rehearsal.measures import Measures
from ecp.rehearsal.outcome import Outcome
from ecp.rehearsal.report import lasted
from ecp.rehearsal.service_levels import united_slots
from ecp.sim.engine.engine import SECOND
from ecp.sim.faults import Injected
from ecp.sim.telemetry.ledger import requests
from ecp.sim.traffic import SLOT
from ecp.slo.slots import SLOT_SECONDS
from ecp.texts import Language, text

HOUR: Final = 3600
_CROWD: Final = "crowd"
Points = Sequence[Sequence[float | None]]


def course(outcome: Outcome, language: Language) -> dict[str, Any] | None:
    """Return the course of a run in the words of a language; None where nothing was looked at."""
    measures = outcome.measures
    whole = None if measures is None else measures.level("")
    if measures is None or whole is None:
        return None
    body = whole.report.to_json()
    budget, series = body["error_budget"], measures.series(outcome.curves)
    failed = _failed_percent(measures)
    return {
        "evidence": "simulated",
        "looked": whole.evidence,
        "seed": outcome.scenario.seed,
        "from": rfc3339(measures.first * SLOT),
        "seconds": series["seconds"],
        "target": outcome.scenario.target_ppm / 10_000,
        "availability": body["uptime_percentage"],
        "down_seconds": whole.down * SLOT_SECONDS,
        "allowed_seconds": budget["allowed_seconds"],
        "remaining_seconds": budget["remaining_seconds"],
        "down": series["down"],
        "hypotheses": [
            {"text": row.hypothesis.text, "status": row.status, "evidence": row.said(language)}
            for row in outcome.verdicts
        ],
        "problems": [
            {"object": about, "text": said} for _, about, _, said in outcome.causes(language)
        ],
        "causes": [[*key, seconds] for key, seconds in sorted(measures.blame().items())],
        "faults": list(_faults(measures, language)),
        "failures": _failures(measures, language),
        "short": {"count": whole.report.failures.micro_outages,
                  "seconds": whole.report.failures.micro_outage_seconds},
        "worst": worst_hour(series["down"], failed, series["p95_ms"], series["seconds"]),
        "series": {
            "failed_percent": failed,
            "p95_ms": series["p95_ms"],
            "requests_per_second": series["requests_per_second"],
            "replicas": series["replicas"],
        },
    }  # fmt: skip


# -- what went wrong -------------------------------------------------------------------------------


def _faults(measures: Measures, language: Language) -> Iterator[dict[str, Any]]:
    """Yield the faults in the order in which they began; those that were asked for say so."""
    run = measures.run
    lost = _lost(measures)
    words = {fault.id: said for said, fault in run.asked}
    zero = measures.first * SLOT

    def since(instant: int | None) -> int | None:
        return None if instant is None else (instant - zero) // SECOND

    for fault in sorted(run.cluster.faults.all, key=lambda row: (row.started or row.at, row.id)):
        if fault.started is None and fault.problem is None:
            continue
        yield {
            "id": fault.id,
            "fault": fault.name,
            "name": fault.row.called(language),
            "asked": words.get(fault.id),
            "targets": list(fault.targets),
            "from": since(fault.started if fault.started is not None else fault.at),
            "to": since(fault.ended if fault.ended is not None else fault.until),
            "took": fault.took,
            "seen": _seen(fault, language),
            "lost_seconds": lost.get(fault.id, 0),
            "recovery_seconds": None if fault.recovery is None else fault.recovery // SECOND,
        }
    for word in run.idle:
        said = text("rehearsal.fault-failed", language)
        yield {"id": word, "fault": "", "name": word, "asked": word, "targets": [], "from": None,
               "to": None, "took": False, "seen": [said], "lost_seconds": 0,
               "recovery_seconds": None}  # fmt: skip


def _lost(measures: Measures) -> dict[str, int]:
    """Return the seconds of down time that each cause had a part in, by its id.

    What more requests than can be served lead to is also the doing of a crowd that came just then.
    """
    spans: dict[str, list[tuple[int, int]]] = {}
    crowds = [
        (fault.id, fault.started // SLOT, measures.after if end is None else -(-end // SLOT))
        for fault in measures.run.cluster.faults.all
        if fault.effect == _CROWD and fault.started is not None
        for end in (fault.ended,)
    ]
    for _, cause, first, after in measures.caused():
        spans.setdefault(cause, []).append((first, after))
        if cause == LOAD:
            for crowd, start, end in crowds:
                if (a := max(first, start)) < (b := min(after, end)):
                    spans.setdefault(crowd, []).append((a, b))
    return {cause: united_slots(rows) * SLOT_SECONDS for cause, rows in spans.items()}


def _seen(fault: Injected, language: Language) -> list[str]:
    if fault.problem is not None:
        return [text(fault.problem["text"], language, **fault.problem["values"])]
    if not fault.took:
        return [text("rehearsal.fault-failed", language)]
    began = fault.started or 0
    return [
        text(f"fault.seen.{what}", language, after=lasted(at - began))
        for what, at in fault.seen.items()
    ]


def _failures(measures: Measures, language: Language) -> list[dict[str, Any]]:
    whole = measures.level("")
    assert whole is not None, "asked before"
    rows = zip(whole.report.failures.incidents, failures(measures, language), strict=True)
    return [
        {
            "from": (incident.start - measures.first) * SLOT_SECONDS,
            "to": ((measures.after if incident.end is None else incident.end) - measures.first)
            * SLOT_SECONDS,
            "open": incident.end is None,
            "causes": list(told.causes),
            "why": list(told.why),
        }
        for incident, told in rows
    ]


def _failed_percent(measures: Measures) -> list[list[Any]]:
    """Return the share of what customers asked that failed, where it changes: [second, percent].

    None where nobody was on duty or looked; empty without traffic.
    """
    found: list[list[Any]] = []
    ledger = measures.ledger
    for first, _, told in ledger.said(measures.first, measures.after) if ledger else ():
        asked = [requests(row, True) for row in told.results or ()]
        rate = sum(one for one, _ in asked)
        share = sum(one * bad for one, bad in asked) / rate / 10_000 if rate else 0.0
        value = round(share, 3) if told.whole in ("U", "D") else None
        if not found or found[-1][1] != value:
            found.append([(first - measures.first) * SLOT_SECONDS, value])
    return found


# -- the worst hour --------------------------------------------------------------------------------


def worst_hour(
    down: Sequence[Sequence[int]], failed: Points, p95: Points, length: int
) -> dict[str, Any] | None:
    """Return the hour that was down longest, else the one around most failures, else the slowest.

    `by` says which. None for a run of an hour or less, which is looked at as a whole, and for one
    in which nothing of the kind was seen.
    """
    if length <= HOUR:
        return None
    if down:
        starts = {start for start, _ in down} | {end - HOUR for _, end in down}
        start = max(sorted(starts), key=lambda at: _within(down, at))
        hit = [(max(a, start), min(b, start + HOUR)) for a, b in down if b > start]
        hit = [(a, b) for a, b in hit if a < b]
        return _around((hit[0][0] + hit[-1][1]) // 2, length, "down", _within(down, start))
    for name, points in (("failed", failed), ("slow", p95)):
        peak = max(points, key=lambda row: row[1] or 0, default=None)
        if peak is not None and peak[1]:
            return _around(int(peak[0] or 0), length, name, 0)
    return None


def _within(down: Sequence[Sequence[int]], start: int) -> int:
    return sum(max(0, min(b, start + HOUR) - max(a, start)) for a, b in down)


def _around(middle: int, length: int, by: str, lost: int) -> dict[str, Any]:
    start = min(max(0, middle - HOUR // 2), length - HOUR)
    return {"from": start, "to": start + HOUR, "by": by, "down_seconds": lost}
