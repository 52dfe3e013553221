"""An SLA report in words: what was promised, what was kept, what it cost and why."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ecp.cli.api import download
from ecp.cli.options import LANGUAGE, said
from ecp.cli.output import Failure, aligned
from ecp.cli.tenants import path_of
from ecp.cli.words import budget, figure, instant, level, state

_CAUSES = ("fault", "load", "rollout", "maintenance", "release")
_KINDS = ("json", "csv", "html", "pdf", "zip")
_LANGUAGES = ("ko", "en")
_BASES = ("simulated", "wall")


def written(
    tenant: str, kind: str, output: str, asked: Mapping[str, str | int | None], *, demo: bool
) -> None:
    """Write the statement of a month or period to a file, or to standard output with `-`.

    *asked*: month, period, revision, language. Without a name the file has the one that the
    service gives. Raises Failure.
    """
    choices = (("--format", kind, _KINDS), ("--language", asked["language"], _LANGUAGES))
    for name, value, allowed in choices:
        if value is not None and value not in allowed:
            raise Failure("slo.bad-choice", 2, name=name, value=value, allowed=", ".join(allowed))
    content, name = download(
        path_of(tenant, "/api/v1/simulator/sla", "/report"),
        LANGUAGE,
        demo=demo,
        params={"format": kind, **{key: str(v) for key, v in asked.items() if v is not None}},
    )
    if output == "-":
        sys.stdout.buffer.write(content)
        return
    file = Path(output or name)
    try:
        file.write_bytes(content)
    except OSError as error:
        raise Failure("slo.unwritable", 1, path=file, detail=error.strerror) from error
    print(said("slo.written", path=file, size=f"{len(content):,}"))


def report_lines(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of a report: labels and values, then an incident a line."""
    yield from aligned([(said(f"slo.{key}"), value) for key, value in _rows(found)])
    incidents = found.get("incidents") or ()
    if incidents:
        yield ""
        yield said("slo.incidents")
    for incident in incidents:
        yield f"  {_incident(incident)}"


def _rows(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the rows: name of a text, value in words."""
    yield "status", _status(found)
    yield "by-time", figure(found.get("uptime_percentage"), "%")
    yield "by-requests", _by_requests(found)
    yield "target", figure(found["target_sla"], "%")
    yield from _asked(found)
    window = found.get("window")
    if window:
        period = found["period"]
        if window["type"] == "calendar":
            period += f", {window['timezone']}"
        yield "window", f"{instant(window['from'])} – {instant(window['to'])}   {period}"
    observed = _length(found.get("observed_seconds"))
    if found.get("provisional"):
        observed += f"   {said('slo.provisional')}"
    yield "observed", observed
    if window:
        yield from _times(found)
    yield from _worth(found)


def _asked(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """How telephone calls were taken, and how long answers took, where that is known."""
    voice, timed = found.get("voice"), found.get("response_time")
    if voice:
        shown = figure(voice["answer_rate"], "%")
        shown += f"   {said('slo.of', part=voice['answered'], whole=voice['calls'])}"
        yield "answer-rate", f"{shown}   {said('slo.cut-off', count=voice['cut_off'])}"
    if timed:
        names = ("p50", "p95", "p99")
        yield "response-time", "   ".join(f"{n} {timed[f'{n}_ms']:g} ms" for n in names)


def _times(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "coverage", f"{figure(found['coverage'] * 100, '%')}" if found["coverage"] else "-"
    yield "downtime", _length(found["downtime_seconds"])
    yield "budget", _budget(found)
    failures = str(found["failure_count"])
    if found["open_incidents"]:
        failures += f"   {said('slo.open', count=found['open_incidents'])}"
    yield "failures", failures
    yield "recovery", _length(found["recovery_time_avg"])
    yield "between", _length(found["mtbf_seconds"])
    short = found["micro_outages"]
    lasted = f"   {_length(short['seconds'])}" if short["count"] else ""
    yield "micro-outages", f"{short['count']}{lasted}"
    for name in ("maintenance", "off_duty", "unknown", "excluded"):
        yield name.replace("_", "-"), _length(found[f"{name}_seconds"])


def _worth(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What the figures are worth: evidence, whose clock, until when they are known."""
    yield "evidence", said(f"slo.evidence.{found['evidence']}")
    clock = found.get("clock")
    if clock and clock["basis"] in _BASES:
        pace = "" if clock["pace"] is None else f"   x{clock['pace']:g}"
        yield "clock", said(f"slo.clock.{clock['basis']}") + pace
    if found.get("source") == "kept minutes":
        until = found["known_until"]
        yield "known-until", said("slo.away", until=instant(until) if until else "-")


def _status(found: Mapping[str, Any]) -> str:
    now = found.get("current_state")
    return level(found["status"]) + (f"   {said('slo.state-now', state=state(now))}" if now else "")


def _by_requests(found: Mapping[str, Any]) -> str:
    asked = found.get("requests") or {}
    shown = figure(found.get("availability"), "%")
    if asked.get("total"):
        shown += f"   {said('slo.of', part=asked['good'], whole=asked['total'])}"
    if asked.get("excess"):
        above = said("slo.excess", count=asked["excess"], percent=f"{asked['excess_percent']:g}")
        shown += f"   {above}"
    return shown


def _budget(found: Mapping[str, Any]) -> str:
    """Return what is left of the budget, in minutes, and how fast it burns or since when it is
    overspent."""
    shown, told = budget(found), found["error_budget"]
    if not shown:
        return "-"
    if told.get("overspent_since"):
        shown += f"   {said('slo.overspent-since', at=instant(told['overspent_since']))}"
    rate = (told.get("burn_rate") or {}).get("1h")
    if rate:
        shown += f"   {said('slo.burn', rate=f'{rate:.3g}')}"
    if told.get("exhaustion_at") and told["remaining_seconds"] > 0:
        shown += f"   {said('slo.gone-at', at=instant(told['exhaustion_at']))}"
    return shown


def _length(seconds: float | None) -> str:
    """Return a time as 3m35s."""
    from ecp.kube.durations import spell

    if not seconds:
        return "-" if seconds is None else "0s"
    return spell(round(seconds * 10) * 100_000_000)


def _incident(incident: Mapping[str, Any]) -> str:
    ended = incident["ended_at"]
    span = f"{instant(incident['started_at'])} – {instant(ended) if ended else said('slo.now')}"
    lasted = incident["duration_seconds"] or incident.get("age_seconds")
    causes = ", ".join(_cause(cause) for cause in incident["causes"]) or "-"
    by = incident.get("closed_by")
    closed = "" if by in (None, "recovery") else f"   {said(f'slo.closed.{by}')}"
    return f"{span}   {_length(lasted)}   {causes}{closed}"


def _cause(cause: Mapping[str, Any]) -> str:
    if cause["kind"] not in _CAUSES:
        return f"{cause['kind']} {cause['id'] or ''}".strip()
    return said(f"slo.cause.{cause['kind']}", id=cause["id"] or "")
