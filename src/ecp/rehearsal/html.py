"""An outcome as one HTML page: verdict, evidence, plots, incidents and why. Nothing is fetched.

Plots are SVG of whole coordinates, so that the bytes are the same on every machine.
"""

from collections.abc import Sequence
from html import escape
from typing import Any, Final

from ecp.kube.times import rfc3339
from ecp.rehearsal import report
from ecp.rehearsal.outcome import Outcome
from ecp.rehearsal.troubles import reason_text
from ecp.sim.traffic import SLOT
from ecp.texts import Language, text

_WIDE: Final = 800
_TALL: Final = 110
_LEFT: Final = 60
_MARKS: Final = 4
_STYLE: Final = (
    "body{font:15px/1.5 system-ui,'Noto Sans KR',sans-serif;max-width:920px;margin:2em auto;"
    "padding:0 1em;color:#1b1f24}table{border-collapse:collapse}td,th{padding:.2em .8em .2em 0;"
    "text-align:left;vertical-align:top}pre{background:#f4f5f7;padding:1em;overflow:auto}"
    ".passed{color:#116329}.failed{color:#b3261e}.undecided{color:#7a5b00}svg{width:100%;height:auto}"
    "figure{margin:1em 0}figcaption{font-weight:600}"
)
Points = Sequence[tuple[float, float]]


def render(outcome: Outcome, language: Language) -> str:
    """Return the page: the same bytes for the same outcome and language."""
    word = "passed" if outcome.passed else "failed"

    def say(key: str, **values: Any) -> str:
        return escape(text(key, language, **values))

    title = escape(outcome.scenario.called(language))
    parts = [
        f'<!DOCTYPE html>\n<html lang="{language}"><head><meta charset="utf-8">',
        f"<title>{title}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{title}</h1>",
        f'<p class="{word}"><b>{escape(outcome.said(language))}</b></p>',
    ]
    if outcome.verdicts:
        parts.append(f"<h2>{say('scenario.hypotheses')}</h2><table>")
        for row in outcome.verdicts:
            status = say(f"hypothesis.status.{row.status}")
            parts.append(
                f'<tr><td class="{row.status}">{status}</td>'
                f"<td><code>{escape(row.hypothesis.text)}</code></td>"
                f"<td>{escape(row.said(language))}</td></tr>"
            )
        parts.append("</table>")
    if outcome.measures is not None:
        series = outcome.measures.series(outcome.curves)
        if series:
            parts += _plots(series, outcome.scenario.target_ppm, language)
        parts += _incidents(outcome, language)
    parts += [
        f"<h2>{say('scenario.html.report')}</h2>",
        f"<pre>{escape(report.steps(outcome.found, language))}</pre>",
        "</body></html>",
    ]
    return "\n".join(parts) + "\n"


# -- incidents -------------------------------------------------------------------------------------


def _incidents(outcome: Outcome, language: Language) -> list[str]:
    measures = outcome.measures
    whole = None if measures is None else measures.level("")
    if measures is None or whole is None or not whole.report.failures.incidents:
        return []
    bundle = outcome.found.bundle
    rows = [f"<h2>{escape(text('scenario.html.incidents', language))}</h2><table>"]
    names = {fault.id: f"{fault.id} {fault.name}" for fault in measures.run.cluster.faults.all}
    for incident in whole.report.failures.incidents:
        begin = rfc3339(incident.start * SLOT)
        end = "…" if incident.end is None else rfc3339(incident.end * SLOT)
        causes = [names.get(link.id, link.id) for link in incident.causes]
        why = []
        if whole.evidence == "probes" and bundle is not None:
            for row in bundle.why(incident):
                causes.append(names.get(row.cause, row.cause))
                why.append(f"{reason_text(row.reason, language)} ({row.service} {row.seconds} s)")
        told = ", ".join(dict.fromkeys(cause for cause in causes if cause))
        rows.append(
            f"<tr><td>{begin}</td><td>{end}</td><td>{escape(told)}</td>"
            f"<td>{'<br>'.join(map(escape, why))}</td></tr>"
        )
    return [*rows, "</table>"]


# -- plots -----------------------------------------------------------------------------------------


def _plots(series: dict[str, Any], target_ppm: int, language: Language) -> list[str]:
    length = series["seconds"]
    found = [_strip(series["down"], length, text("scenario.html.slots", language))]
    for name, rows in series["replicas"].items():
        said = text("scenario.html.replicas", language, name=name)
        found.append(_curve([(at, ready) for at, ready, _ in rows], length, said))
    for key in ("requests_per_second", "p95_ms"):
        if series[key]:
            points = [(at, value) for at, value in series[key]]
            found.append(_curve(points, length, text(f"scenario.html.{key}", language)))
    said = text("scenario.html.budget", language)
    return [*found, _curve(_budget(series["down"], length, target_ppm), length, said, slope=True)]


def _budget(
    down: Sequence[Sequence[int]], length: int, target_ppm: int
) -> list[tuple[float, float]]:
    """Return how much of the error budget is left (percent) at the edges of down time."""
    budget = length * (1_000_000 - target_ppm) / 1_000_000
    if not budget:
        return [(0, 0), (length, 0)]
    points, lost = [(0.0, 100.0)], 0
    for start, end in down:
        points.append((start, 100 - 100 * lost / budget))
        lost += end - start
        points.append((end, 100 - 100 * lost / budget))
    return [*points, (length, 100 - 100 * lost / budget)]


def _x(at: float, length: int) -> int:
    return _LEFT + round(at * _WIDE / length) if length else _LEFT


def _strip(down: Sequence[Sequence[int]], length: int, said: str) -> str:
    bars = "".join(
        f'<rect x="{_x(start, length)}" y="4" '
        f'width="{max(1, _x(end, length) - _x(start, length))}" height="20" fill="#b3261e"/>'
        for start, end in down
    )
    body = f'<rect x="{_LEFT}" y="4" width="{_WIDE}" height="20" fill="#7cb98b"/>{bars}'
    return _figure(body + _axis(length, 24), said, 44)


def _curve(points: Points, length: int, said: str, *, slope: bool = False) -> str:
    """Draw a curve: steps, or straight lines where it has a *slope*."""
    top = max((value for _, value in points), default=0)
    bottom = min(0.0, min((value for _, value in points), default=0))
    reach = (top - bottom) or 1

    def y(value: float) -> int:
        return 8 + round((top - value) * (_TALL - 8) / reach)

    path: list[str] = []
    last = None
    for at, value in points:
        if last is not None and not slope:
            path.append(f"{_x(at, length)},{last}")
        last = y(value)
        path.append(f"{_x(at, length)},{last}")
    if last is not None:
        path.append(f"{_x(length, length)},{last}")
    # A point that stands where the one before it does says nothing.
    line = " ".join(point for n, point in enumerate(path) if not n or point != path[n - 1])
    body = (
        f'<line x1="{_LEFT}" y1="{y(0)}" x2="{_LEFT + _WIDE}" y2="{y(0)}" stroke="#c9ced6"/>'
        f'<polyline points="{line}" fill="none" stroke="#0b57d0" stroke-width="1.5"/>'
        f'<text x="{_LEFT - 6}" y="14" text-anchor="end">{_number(top)}</text>'
        f'<text x="{_LEFT - 6}" y="{_TALL}" text-anchor="end">{_number(bottom)}</text>'
    )
    return _figure(body + _axis(length, _TALL), said, _TALL + 20)


def _axis(length: int, y: int) -> str:
    marks = [length * number // _MARKS for number in range(_MARKS + 1)]
    return "".join(
        f'<text x="{_x(at, length)}" y="{y + 16}" '
        f'text-anchor="{"start" if not at else "end" if at == length else "middle"}">'
        f"{_clock(at)}</text>"
        for at in marks
    )


def _clock(seconds: int) -> str:
    hours, rest = divmod(seconds, 3600)
    return (
        f"{hours}:{rest // 60:02d}"
        if rest % 60 == 0
        else f"{hours}:{rest // 60:02d}:{rest % 60:02d}"
    )


def _number(value: float) -> str:
    return f"{value:.4g}" if abs(value) < 10_000 else f"{value:.0f}"


def _figure(body: str, said: str, tall: int) -> str:
    told = escape(said, quote=True)
    return (
        f'<figure><figcaption>{told}</figcaption><svg viewBox="0 0 {_LEFT + _WIDE + 10} {tall}" '
        f'role="img" aria-label="{told}" font-size="11" fill="#50565e">{body}</svg></figure>'
    )
