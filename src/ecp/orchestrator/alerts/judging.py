"""The rules: what is known of a tenant becomes judgements. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from ecp.kube.times import nanoseconds
from ecp.orchestrator.alerts import expression
from ecp.orchestrator.alerts.limits import THRESHOLDS, Threshold, Within, thresholds_of
from ecp.orchestrator.alerts.model import Judged
from ecp.orchestrator.records import ROLLBACK, CustomRule, Minute, Release
from ecp.slo.burn import BurnAlert, Severity, alerts, forecast_seconds, may_fire
from ecp.slo.kept import KeptMinute, counts_of, series_of
from ecp.slo.objective import Objective
from ecp.slo.rollup import MINUTE_SLOTS
from ecp.slo.slots import CountSeries, SlotSeries
from ecp.slo.windows import instant

BURN_RATE: Final = "burn_rate"
NO_DATA: Final = "no_data"
RELEASE_FAILED: Final = "release_failed"
QUOTA_NEAR: Final = "quota_near"
CUSTOM: Final = "custom"
RULES: Final = (BURN_RATE, *THRESHOLDS.values(), NO_DATA, RELEASE_FAILED, QUOTA_NEAR)
"""The rules that every tenant has."""

LOOK_BACK_SLOTS: Final = 3 * 86_400 // 5
"""The longest window of a burn rate: three days."""
QUIET_S: Final = 180
"""After three minutes without one, minutes have stopped coming (a minute takes 10 s to close)."""
PUSHED_NS: Final = 600_000_000_000
"""For how long a figure that somebody pushed stands for now (assumed)."""
_BACK_NS: Final = 86_400_000_000_000
"""For how long it is said that a release went back by itself (assumed)."""
NEAR_PERCENT: Final = 90.0
"""Of a quota's limit (assumed)."""

_BURN: Final[Mapping[Severity, str]] = {"page": "critical", "ticket": "warning"}
_WINDOWS: Final = ((3600, "h"), (60, "m"))


class Quota(NamedTuple):
    """What is used of a resource of a ResourceQuota, both as quantities are written, in percent."""

    quota: str
    resource: str
    used: str
    hard: str
    percent: float


class Seen(NamedTuple):
    """What is known of a tenant.

    kept       its minutes of the last three days, ascending, for the burn rate
    minutes    the newest of them as they were told, ascending
    pushed     figures that somebody pushed, by name: value, instant (ns)
    quotas     None where the cluster was not asked now
    quiet      why no minutes come (a text key), "" while they do; None where nobody knows
    since      the instant (RFC 3339) from which on its cluster has gone at its pace, "" for always:
               what minutes before it say was lived through at another
    within     how soon its answers are to come; None where nobody says
    """

    tenant_id: str
    objective: Objective
    kept: Sequence[KeptMinute]
    minutes: Sequence[Minute]
    pushed: Mapping[str, tuple[float, int]]
    release: Release | None
    quotas: Sequence[Quota] | None
    quiet: str | None
    quiet_s: int
    simulated: bool
    at: str
    now: int
    since: str = ""
    within: Within | None = None


def judge(seen: Seen, preset: str, rules: Sequence[CustomRule], off: Sequence[str]) -> list[Judged]:
    """Return what every rule says; those that are *off* say that they do not hold.

    While no minutes come, nobody knows what they would say.
    """
    by_minutes = [
        *_burning(seen),
        *_over(seen, thresholds_of(preset, seen.within)),
        *_custom(seen, rules),
    ]
    by_minutes = [one._replace(simulated=_is_simulated(seen, one)) for one in by_minutes]
    if seen.quiet:
        by_minutes = [one._replace(holds=None) for one in by_minutes]
    found = [*by_minutes, *_quiet(seen), *_released(seen), *_near(seen)]
    return [one._replace(holds=False) if one.rule in off else one for one in found]


def _is_simulated(seen: Seen, judged: Judged) -> bool:
    """Whether what minutes say was lived through away from pace 1, now or when it happened."""
    at = judged.slot or judged.at
    if seen.simulated or not (seen.since and at):
        return seen.simulated
    return nanoseconds(at) < nanoseconds(seen.since)


def _said(seen: Seen, rule: str, severity: str, holds: bool | None, **fields: Any) -> Judged:
    values = fields.pop("values", {})
    subject = fields.pop("subject", "")
    return Judged(
        seen.tenant_id,
        rule,
        subject,
        severity,
        holds,
        values,
        simulated=seen.simulated,
        at=seen.at,
        **fields,
    )


# -- burn rate ------------------------------------------------------------------------------------


def _burning(seen: Seen) -> Iterator[Judged]:
    if not seen.kept:
        yield _said(seen, BURN_RATE, "warning", False if seen.minutes else None)
        return
    end = seen.kept[-1].start + MINUTE_SLOTS
    judged = burning(seen, series_of(seen.kept), counts_of(seen.kept), end)
    yield judged._replace(slot=_last_down(seen.kept)) if judged.holds else judged


def burning(seen: Seen, series: SlotSeries, counts: CountSeries | None, end: int) -> Judged:
    """Return what the burn rate says at slot *end*, of slots and requests that reach back three
    days before it; without the slot whose causes are asked for."""
    firing: list[BurnAlert] = []
    if may_fire(series, end, seen.objective, counts):
        firing = [one for one in alerts(series, end, seen.objective, counts=counts) if one.firing]
    if not firing:
        return _said(seen, BURN_RATE, "warning", False)
    worst = min(firing, key=lambda one: one.tier.severity != "page")
    values = _burn_values(seen, worst, firing) | _left(seen, series, end)
    return _said(seen, BURN_RATE, _BURN[worst.tier.severity], True, values=values)


def _burn_values(seen: Seen, worst: BurnAlert, firing: Sequence[BurnAlert]) -> dict[str, Any]:
    tier = worst.tier
    return {
        "burn": _short(worst.long_burn),
        "short_burn": _short(worst.short_burn),
        "factor": _short(str(float(worst.factor))),
        "long": window(tier.long),
        "short": window(tier.short),
        "target": f"{seen.objective.target_ppm / 10_000:g}",
        "tiers": [f"{window(one.tier.long)}/{window(one.tier.short)}" for one in firing],
    }


def _left(seen: Seen, series: Any, end: int) -> dict[str, Any]:
    """Say in how many hours a whole budget is gone at this pace (the last six hours')."""
    whole = seen.objective.budget_ppm * seen.objective.period_seconds
    seconds = forecast_seconds(series, end, whole)
    return {} if seconds is None else {"gone_in_h": f"{seconds / 3600:.1f}"}


def _short(figure: str | None) -> str:
    return "-" if figure is None else f"{float(figure):.4g}"


def window(seconds: int) -> str:
    """Return a span as it is read: 6h, 30m."""
    for length, unit in _WINDOWS:
        if seconds % length == 0:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"


def _last_down(kept: Sequence[KeptMinute]) -> str:
    """Return the instant of the last down slot, "" without one."""
    for minute in reversed(kept):
        at, found = minute.start, None
        for state, slots in minute.runs:
            if state == "D":
                found = at + slots - 1
            at += slots
        if found is not None:
            return instant(found)
    return ""


# -- figures --------------------------------------------------------------------------------------


def figures_of(minute: Minute) -> dict[str, float | None]:
    """Return a minute's figures by the names of `expression.METRICS`; None where there is none."""
    whole: Mapping[str, Any] = minute.body["tenant"]
    slots = whole["slots"]
    eligible = slots["up"] + slots["down"]
    good, total = whole["good"], whole["total"]
    return {
        "cpu_usage": _percent(whole.get("cpu_millicores"), whole.get("cpu_limit_millicores")),
        "memory_usage": _percent(whole.get("memory_bytes"), whole.get("memory_limit_bytes")),
        "response_time": (whole.get("latency") or {}).get("p95_ms") if eligible else None,
        "error_rate": _percent(total - good, total),
        "request_rate": total / 60 if eligible else None,
        "availability": _percent(good, total) if total else _percent(slots["up"], eligible),
        "uptime_percentage": _percent(slots["up"], eligible),
    }


def _percent(part: float | None, whole: float | None) -> float | None:
    return 100 * part / whole if part is not None and whole else None


def _pushed(seen: Seen) -> dict[str, float | None]:
    """Return what was pushed lately, under its name and as `pushed.NAME`."""
    fresh = {name: value for name, (value, at) in seen.pushed.items() if seen.now - at <= PUSHED_NS}
    own = {name: value for name, value in fresh.items() if name in expression.METRICS}
    return {**own, **{f"{expression.PUSHED}{name}": value for name, value in fresh.items()}}


def _streak(
    seen: Seen, condition: expression.Expression
) -> tuple[bool | None, int | None, dict[str, float | None]]:
    """Return whether a condition holds now, for how many seconds it has, and the figures of now.

    Where it needs what was pushed, no minute says for how long: None.
    """
    pushed = _pushed(seen)
    told = [{**pushed, **_known(figures_of(minute))} for minute in seen.minutes]
    now: dict[str, float | None] = told[-1] if told else pushed
    holds = expression.holds(condition, now)
    if not holds:
        return holds, None, now
    minutes = [figures_of(minute) for minute in reversed(seen.minutes)]
    if any(figures.get(name) is None for figures in minutes[:1] for name in _of(condition)):
        return True, None, now
    held = 0
    for figures in minutes:
        if not expression.holds(condition, figures):
            break
        held += 60
    return True, held, now


def _known(figures: Mapping[str, float | None]) -> dict[str, float | None]:
    return {name: value for name, value in figures.items() if value is not None}


def _of(condition: expression.Expression) -> tuple[str, ...]:
    return expression.names(condition)


def _over(seen: Seen, thresholds: Sequence[Threshold]) -> Iterator[Judged]:
    for threshold in thresholds:
        rule = THRESHOLDS[threshold.metric]
        worst = None
        for severity in ("critical", "warning"):
            limit = threshold.limits.get(severity)
            if limit is None:
                continue
            condition = expression.Compare(threshold.metric, ">", limit)
            holds, held_s, now = _streak(seen, condition)
            value = now.get(threshold.metric)
            values = {
                "metric": threshold.metric,
                "value": None if value is None else f"{value:.4g}",
                "threshold": f"{limit:g}",
                "unit": condition.unit,
            }
            worst = _said(
                seen,
                rule,
                severity,
                holds,
                values=values,
                for_s=threshold.for_s,
                held_s=held_s,
                slot=_slot_of(seen) if threshold.metric in ("response_time", "error_rate") else "",
            )
            if holds and (held_s is None or held_s >= threshold.for_s):
                break
        if worst is not None:
            yield worst


def _slot_of(seen: Seen) -> str:
    return seen.minutes[-1].minute if seen.minutes else ""


def _custom(seen: Seen, rules: Sequence[CustomRule]) -> Iterator[Judged]:
    for rule in rules:
        condition = expression.parse(rule.condition)
        holds, held_s, now = _streak(seen, condition)
        yield _said(
            seen,
            CUSTOM,
            rule.severity,
            holds,
            subject=rule.name,
            values={
                "condition": rule.condition,
                "because": ", ".join(expression.reasons(condition, now)),
            },
            for_s=rule.duration_s,
            held_s=held_s,
            slot=_slot_of(seen),
        )


# -- the rest -------------------------------------------------------------------------------------


def _quiet(seen: Seen) -> Iterator[Judged]:
    """Judge that no figures come: no minutes, or minutes of which nothing is known."""
    if seen.quiet is None:
        yield _said(seen, NO_DATA, "warning", None)
        return
    if seen.quiet:
        values = {"because": seen.quiet, "minutes": seen.quiet_s // 60}
        holds = seen.quiet_s >= QUIET_S
        yield _said(seen, NO_DATA, "warning", holds, values=values, held_s=seen.quiet_s)
        return
    blind = 0
    for minute in reversed(seen.minutes):
        slots = minute.body["tenant"]["slots"]
        if slots["up"] or slots["down"] or not slots["unknown"]:
            break
        blind += 60
    values = {"because": "alert.quiet.unknown", "minutes": blind // 60}
    yield _said(
        seen,
        NO_DATA,
        "warning",
        blind >= QUIET_S,
        values=values,
        held_s=blind,
        slot=_slot_of(seen),
    )


def _released(seen: Seen) -> Iterator[Judged]:
    release = seen.release
    if release is None:
        return
    stuck = release.phase in ("failed", "stalled")
    back = release.options.get(ROLLBACK) or {}
    recent = bool(back.get("automatic")) and seen.now - release.created_at < _BACK_NS
    values = {
        "deployment": release.deployment_id,
        "revision": release.revision,
        "phase": f"phase.{release.phase}",
        "detail": release.detail or _problems(release),
    }
    if recent and not stuck:
        # The release that failed is not the last any more; nobody asked for what came after it.
        values |= {"revision": back["from"], "back_to": back["to"]}
    severity = "critical" if release.phase == "failed" else "warning"
    yield _said(seen, RELEASE_FAILED, severity, stuck or recent, values=values)


def _problems(release: Release) -> dict[str, str] | str:
    """Return what keeps a release from starting, by language, in the words that were kept of it."""
    problems = (release.startup.get("problems") or ())[:3]
    if not problems:
        return ""
    return {
        language: "; ".join(
            str(((one.get("words") or {}).get(language) or one).get("text", "")) for one in problems
        )
        for language in ("en", "ko")
    }


def _near(seen: Seen) -> Iterator[Judged]:
    for quota in seen.quotas or ():
        yield _said(
            seen,
            QUOTA_NEAR,
            "critical" if quota.percent >= 100 else "warning",
            quota.percent >= NEAR_PERCENT,
            subject=f"{quota.quota}/{quota.resource}",
            values={
                "resource": quota.resource,
                "quota": quota.quota,
                "used": quota.used,
                "hard": quota.hard,
                "percent": f"{quota.percent:.0f}",
            },
        )
