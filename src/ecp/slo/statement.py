"""The statement of a tenant's period: what is printed, signed and checked.

It follows from its inputs alone: kept minutes, objective, what was agreed. There is no instant of
printing in it, so that the same inputs give the same bytes. `inputs_json` and `minutes_csv` are the
inputs as text, whose digest the statement names; `verify.py` computes it again from them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ecp.slo.agreed import Agreed
from ecp.slo.budget import account
from ecp.slo.credits import credit_of
from ecp.slo.errors import InputError
from ecp.slo.figures import floored, number
from ecp.slo.kept import KeptMinute, birth_of, report_of, series_of, times_of
from ecp.slo.levels import Level
from ecp.slo.maintenance import Maintenance, MaintenancePlan, plan
from ecp.slo.objective import MILLION, Objective
from ecp.slo.report import Evidence, Label, SlaReport
from ecp.slo.sketch import Sketch, laid_out, merged, percentiles
from ecp.slo.slots import SLOT_SECONDS, Span
from ecp.slo.windows import Window, calendar, instant

COMPOSITE: Final = ""
"""The name of the tenant as a whole among its services."""

VERSION: Final = 1
SUMMED: Final = ("up", "down", "maint", "unknown", "off", "good", "total")
"""What of a service's sums is printed: slots by state, requests."""
_CHART_POINTS: Final = 64
_CHART_STEPS: Final = (60, 300, 900, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 86_400)
_LEFT_OUT: Final = ("tenant_id", "service", "period", "window", "clock", "alerts", "evidence")
_REPEATED: Final = ("governing", "slice_seconds", "slo_version", "policies", "current_state")
_OF_NOW: Final = (
    "burn_rate",
    "tiers",
    "exhaustion_seconds",
    "exhaustion_at",
    "exhaustion_assumes",
    "overspent_since",
)


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a statement is computed from.

    `minutes` are ascending, by service; COMPOSITE is the tenant. They may reach back before the
    window, for the incident that was open when it began. `releases` are the tenant's revisions.
    `demand_holidays` are the days off that the simulated demand followed in the window, ascending:
    date, ko, en, source. They say why fewer asked; they change no figure and no promise.
    `times` are sketches of the window's response times, by service; None: those of the minutes.
    `sums` are those of services of which no minutes are kept, as the ledger of a simulated cluster
    has them: shown beside, no figure of the tenant follows from them.
    `causes` are the titles of what incidents name as their causes, by id and language.
    """

    tenant: str
    window: Window
    objective: Objective
    agreed: Agreed
    minutes: Mapping[str, Sequence[KeptMinute]]
    revision: int = 0
    evidence: Evidence = "simulated"
    demand_holidays: Sequence[Mapping[str, str]] = ()
    times: Mapping[str, Sketch] | None = None
    sums: Mapping[str, Level] = field(default_factory=dict)
    causes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def services(self) -> list[str]:
        return sorted(name for name in self.minutes if name != COMPOSITE)

    def sketch(self, service: str) -> Sketch:
        """The response times of a service in the window."""
        if self.times is not None:
            return self.times.get(service, {})
        return times_of(self.minutes[service], self.window)

    @property
    def closed(self) -> bool:
        """Whether the whole period is known."""
        return self.window.end == self.window.full_end


def statement(inputs: Inputs, digest: str = "") -> dict[str, Any]:
    """The statement as plain data: figures of the composite and of each service, and all else.

    `digest` is that of its inputs, where it is known. Raises SeriesError for minutes that do not
    ascend.
    """
    window, objective = inputs.window, inputs.objective
    whole = _report(inputs, COMPOSITE)
    return {
        "statement": VERSION,
        "tenant_id": inputs.tenant,
        "period": {
            "label": window.label,
            "type": window.kind,
            "from": instant(window.start),
            "known_until": instant(window.end),
            "until": instant(window.full_end),
            "timezone": window.timezone,
            "closed": inputs.closed,
        },
        "evidence": inputs.evidence,
        "revision": revision_of(inputs),
        "release_revision": inputs.revision,
        "objective": _objective(objective),
        "composite": _figures(whole),
        "services": [
            {"service": name, **_figures(_report(inputs, name))} for name in inputs.services
        ],
        **({"service_sums": list(_sums(inputs))} if inputs.sums else {}),
        **_titles(inputs),
        "exclusions": _exclusions(inputs),
        "maintenance_terms": {
            "notice_seconds": inputs.agreed.terms.notice,
            "monthly_cap_seconds": inputs.agreed.terms.monthly_cap,
        },
        "service_hours": dict(inputs.agreed.service_hours),
        "holidays": list(inputs.agreed.holidays),
        "demand_holidays": [dict(row) for row in inputs.demand_holidays],
        "budget_chart": _chart(inputs, whole),
        "credits": _credits(inputs, whole),
        "input_hash": digest or input_hash(inputs),
    }


def _sums(inputs: Inputs) -> Iterator[dict[str, Any]]:
    """Each service's sums, with what follows from sums alone."""
    for name, level in sorted(inputs.sums.items()):
        seen = account(level.totals, inputs.objective)
        timed = percentiles(merged((level.sketch,)))
        yield {
            "service": name,
            "uptime_percentage": number(seen.uptime),
            "requests": {"good": level.good, "total": level.total},
            "downtime_seconds": seen.down,
            "unknown_seconds": seen.unknown,
            "off_duty_seconds": seen.off_duty,
            **({"response_time": timed} if timed else {}),
        }


def _report(inputs: Inputs, service: str) -> SlaReport:
    covered = plan(inputs.agreed.windows, service, inputs.agreed.terms)
    return report_of(
        inputs.minutes[service],
        inputs.objective,
        inputs.window,
        excluded=covered.corrections,
        label=Label(inputs.tenant, service, inputs.evidence),
        settled=True,
        times=inputs.sketch(service),
    )


def _figures(report: SlaReport) -> dict[str, Any]:
    """The figures of a report that follow from its own period."""
    body = report.to_json()
    for name in (*_LEFT_OUT, *_REPEATED, "in_maintenance"):
        body.pop(name, None)
    for name in _OF_NOW:
        body["error_budget"].pop(name, None)
    return body


def _objective(objective: Objective) -> dict[str, Any]:
    return {
        "version": objective.version,
        "target_ppm": objective.target_ppm,
        "governing": objective.governing,
        "unknown": objective.unknown,
        "maintenance": objective.maintenance,
        "opens_after": objective.opens_after,
        "closes_after": objective.closes_after,
        "unknown_after": objective.unknown_after,
        "coverage_ppm": objective.coverage_ppm,
        "at_risk_ppm": objective.at_risk_ppm,
        "slice_seconds": SLOT_SECONDS,
    }


# -- maintenance and corrections ------------------------------------------------------------------


def _touching(inputs: Inputs) -> list[Maintenance]:
    """The windows (occurrences) that have a second in the window, by their start."""
    first, after = inputs.window.start * SLOT_SECONDS, inputs.window.full_end * SLOT_SECONDS
    every = (one for known in inputs.agreed.windows for one in known.occurrences())
    found = [one for one in every if one.start < after and one.end > first]
    return sorted(found, key=lambda one: (one.start, one.id))


def _exclusions(inputs: Inputs) -> list[dict[str, Any]]:
    plans: dict[str, MaintenancePlan] = {}
    rows = []
    for one in _touching(inputs):
        service = one.services[0] if one.services else COMPOSITE
        if service not in plans:
            plans[service] = plan(inputs.agreed.windows, service, inputs.agreed.terms)
        judged = dict(plans[service].judged)[one.id]
        inside = _inside(inputs.window, one)
        beyond = sum(_common(inside, span) for span in plans[service].excess)
        rows.append(
            {
                "id": one.id,
                "services": list(one.services),
                "from": instant(one.start // SLOT_SECONDS),
                "to": instant(one.end // SLOT_SECONDS),
                "reason": one.reason,
                "approved_by": one.approved_by,
                "announced_at": instant(one.created // SLOT_SECONDS),
                "notice_seconds": one.start - one.created,
                "retroactive": one.retroactive,
                "judgement": judged,
                "counts": judged in ("planned", "correction"),
                "seconds": inside.end - inside.start,
                "beyond_cap_seconds": beyond if judged == "planned" else 0,
            }
        )
    return rows


def _inside(window: Window, one: Maintenance) -> Span:
    """The seconds of the whole slots whose start a window covers, within the period."""
    first, after = (-(-at // SLOT_SECONDS) for at in (one.start, one.end))
    first, after = max(first, window.start), min(after, window.full_end)
    return Span(first * SLOT_SECONDS, max(first, after) * SLOT_SECONDS)


def _common(one: Span, other: Span) -> int:
    return max(0, min(one.end, other.end) - max(one.start, other.start))


def revision_of(inputs: Inputs) -> int:
    """The statement's revision: 1, and one more for each correction that was approved after the
    period was over."""
    end = inputs.window.full_end * SLOT_SECONDS
    return 1 + sum(
        one.retroactive and bool(one.approved_by and one.reason) and one.created >= end
        for one in _touching(inputs)
    )


# -- budget and credits ---------------------------------------------------------------------------


def _chart(inputs: Inputs, whole: SlaReport) -> dict[str, Any]:
    """What was left of the time budget, from the first slot on, at equal steps."""
    start, end = whole.start, whole.end
    length = inputs.window.full_end - start
    step = next(
        (s // SLOT_SECONDS for s in _CHART_STEPS if s * _CHART_POINTS >= length * SLOT_SECONDS),
        _CHART_STEPS[-1] // SLOT_SECONDS,
    )
    gone = _consumed(inputs, whole)
    allowed = whole.ratios.time.allowed_millionths
    points = [
        [instant(at), (allowed - gone(at) * SLOT_SECONDS * MILLION) / MILLION]
        for at in [*range(start, end, step), end]
    ]
    return {"step_seconds": step * SLOT_SECONDS, "remaining_seconds": points}


def _consumed(inputs: Inputs, whole: SlaReport) -> Callable[[int], int]:
    """A function: the slots that were down before a slot, exclusions left out."""
    excluded = plan(inputs.agreed.windows, COMPOSITE, inputs.agreed.terms).corrections
    left_out = [Span(-(-a // SLOT_SECONDS), -(-b // SLOT_SECONDS)) for a, b in excluded]
    seen = series_of(inputs.minutes[COMPOSITE]).covering(whole.start, whole.end)
    down = [run for run in seen if whole.objective.judged(run.state) == "D"]

    def gone(slot: int) -> int:
        slots = 0
        for state, first, after in down:
            part = Span(first, min(after, slot))
            if part.start < part.end:
                slots += part.end - part.start
                # Only what was seen down can be left out, never what is unknown.
                slots -= sum(_common(part, span) for span in left_out) if state == "D" else 0
        return slots

    return gone


def _credits(inputs: Inputs, whole: SlaReport) -> dict[str, Any]:
    """The tiers line by line, and what follows: 1e6·U is held against floor·E in integers."""
    terms, seen = inputs.agreed.credits, whole.ratios.seen
    credit = credit_of(seen, terms.tiers)
    lines = []
    applied = False
    for tier in terms.tiers.tiers:
        reached = bool(seen.eligible) and MILLION * seen.up >= tier.floor_ppm * seen.eligible
        lines.append(
            {
                "floor_ppm": tier.floor_ppm,
                "credit_percent": tier.percent,
                "up_millionths": MILLION * seen.up,
                "needed_millionths": tier.floor_ppm * seen.eligible,
                "reached": reached,
                "applies": reached and not applied,
            }
        )
        applied = applied or reached
    return {
        "lines": lines,
        "cap_percent": terms.tiers.cap,
        "percent": credit.percent,
        "manual_review": credit.manual_review,
        "final": inputs.closed and inputs.window.label == "calendar-month",
        "fee": terms.fee,
        "currency": terms.currency,
        "amount": terms.amount(credit.percent),
        "claim_within_days": terms.claim_days,
        "source": terms.source,
    }


# -- inputs as text -------------------------------------------------------------------------------


def input_hash(inputs: Inputs) -> str:
    """The digest of the inputs as text."""
    return hash_of(texts_of(inputs).values())


def hash_of(texts: Iterable[bytes]) -> str:
    """SHA-256 over the files of the inputs, one after the other."""
    digest = hashlib.sha256()
    for content in texts:
        digest.update(content)
    return f"sha256:{digest.hexdigest()}"


def texts_of(inputs: Inputs) -> dict[str, bytes]:
    """The files of the inputs by name, in the order in which they are hashed."""
    return {
        "inputs.json": inputs_json(inputs).encode(),
        "minutes.csv": "".join(minutes_csv(inputs)).encode(),
        "latency.csv": "".join(latency_csv(inputs)).encode(),
    }


def inputs_json(inputs: Inputs) -> str:
    """What was agreed and asked, as canonical JSON; windows that recur occurrence by occurrence."""
    window, agreed = inputs.window, inputs.agreed
    months = _months(inputs)
    first, after = months[0][0], months[-1][1]
    every = (one for known in agreed.windows for one in known.occurrences())
    birth = birth_of(inputs.minutes[COMPOSITE])
    body = {
        "tenant_id": inputs.tenant,
        "window": {
            "label": window.label,
            "type": window.kind,
            "timezone": window.timezone,
            "start": window.start,
            "end": window.end,
            "full_end": window.full_end,
        },
        "birth": birth,
        "objective": _objective(inputs.objective),
        "terms": {
            "notice_seconds": agreed.terms.notice,
            "monthly_cap_seconds": agreed.terms.monthly_cap,
            "months": months,
        },
        "windows": [
            {
                "id": one.id,
                "start": one.start,
                "end": one.end,
                "created": one.created,
                "approved_by": one.approved_by,
                "reason": one.reason,
                "services": list(one.services),
                "retroactive": one.retroactive,
            }
            for one in sorted(every, key=lambda one: (one.start, one.id))
            if one.start < after and one.end > first
        ],
        "credits": agreed.credits.to_json(),
        "service_hours": dict(agreed.service_hours),
        "holidays": list(agreed.holidays),
        "demand_holidays": [dict(row) for row in inputs.demand_holidays],
        "services": inputs.services,
        **({"sums": _plain_sums(inputs.sums)} if inputs.sums else {}),
        **_titles(inputs),
        "evidence": inputs.evidence,
        "release_revision": inputs.revision,
    }
    return json.dumps(body, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _titles(inputs: Inputs) -> dict[str, Any]:
    found = {name: dict(words) for name, words in inputs.causes.items()}
    return {"causes": found} if found else {}


def _plain_sums(sums: Mapping[str, Level]) -> dict[str, Any]:
    return {
        name: {
            **{field: getattr(level, field) for field in SUMMED},
            "latency": {str(b): n for b, n in laid_out(merged((level.sketch,))).items()},
        }
        for name, level in sorted(sums.items())
    }


def _months(inputs: Inputs) -> list[list[int]]:
    """The calendar months (seconds) that windows touching the period may share a cap in."""
    at = inputs.window.start * SLOT_SECONDS
    until = max(
        [inputs.window.full_end * SLOT_SECONDS, *(one.end for one in _touching(inputs))],
    )
    at = min([at, *(one.start for one in _touching(inputs))])
    found = []
    while at < until:
        month = calendar("month", at, inputs.agreed.terms.timezone)
        found.append([month.start * SLOT_SECONDS, month.full_end * SLOT_SECONDS])
        at = month.full_end * SLOT_SECONDS
    return found


MINUTES_HEAD: Final = "service,slot,states,good,total,excess,causes,calls,answered,cut\n"
LATENCY_HEAD: Final = "service,bucket,answers\n"


def minutes_csv(inputs: Inputs) -> Iterator[str]:
    """The minutes, a line each: service, first slot, twelve states, requests, causes, calls.

    The service is empty for the composite; causes are kind|id|first|after, joined by ";".
    """
    yield MINUTES_HEAD
    words: dict[tuple[Any, ...], str] = {}
    for service in (COMPOSITE, *inputs.services):
        before = None
        for minute in inputs.minutes[service]:
            if before is not None and minute.start <= before:
                raise InputError("minutes", f"slot {minute.start} stands twice", "let them ascend")
            before = minute.start
            states = words.get(minute.runs)
            if states is None:
                states = words[minute.runs] = "".join(s * slots for s, slots in minute.runs)
            causes = ";".join(
                f"{kind}|{_safe(name)}|{first}|{after}"
                for kind, name, first, after in minute.causes
            ) if minute.causes else ""  # fmt: skip
            calls, answered, cut = minute.voice
            yield (
                f"{service},{minute.start},{states},{minute.good},{minute.total},"
                f"{minute.excess},{causes},{calls},{answered},{cut}\n"
            )


def latency_csv(inputs: Inputs) -> Iterator[str]:
    """The response times of good requests in the window, a line a bucket: service, bucket, answers.

    Bucket i holds times in (w^(i-1), w^i] us for w = 1.010025.
    """
    yield LATENCY_HEAD
    for service in (COMPOSITE, *inputs.services):
        for bucket, answers in laid_out(inputs.sketch(service)).items():
            yield f"{service},{bucket},{answers}\n"


def _safe(name: str) -> str:
    """An id without the letters that part things in a line."""
    for letter in '%,;|"\n\r':
        name = name.replace(letter, f"%{ord(letter):02X}")
    return name


def floor_percent(ppm: int) -> str:
    """A share in parts per million as percent: 995000 is 99.5."""
    return floored(ppm, 10_000, 4).rstrip("0").rstrip(".")
