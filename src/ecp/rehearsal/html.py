"""An outcome as one HTML page: verdict, evidence, plots, failures and why, what the verdict rests
on. Nothing is fetched; the bytes are the same for the same outcome and language."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any, Final

from ecp.rehearsal import plots, report
from ecp.rehearsal.failures import failures
from ecp.rehearsal.measures import Measures
from ecp.rehearsal.omitted import DIRECTIONS, bars, bounds, left_of, omissions, resting
from ecp.rehearsal.outcome import Outcome
from ecp.texts import Language, text

_STYLE: Final = (
    "body{font:15px/1.5 system-ui,'Noto Sans KR',sans-serif;max-width:920px;margin:2em auto;"
    "padding:0 1em;color:#1b1f24}table{border-collapse:collapse}td,th{padding:.2em .8em .2em 0;"
    "text-align:left;vertical-align:top}th{white-space:nowrap;font-weight:600;color:#50565e}"
    "pre{background:#f4f5f7;padding:1em;overflow:auto}"
    ".passed{color:#116329}.failed{color:#b3261e}.undecided{color:#7a5b00}svg{width:100%;height:auto}"
    "figure{margin:1em 0}figcaption{font-weight:600}small{color:#50565e}td.n{white-space:nowrap}"
)


def render(outcome: Outcome, language: Language) -> str:
    """Return the page: the same bytes for the same outcome and language."""
    return "\n".join(_Page(outcome, language).parts()) + "\n"


class _Page:
    def __init__(self, outcome: Outcome, language: Language) -> None:
        self.outcome, self.language = outcome, language

    def _t(self, key: str, **values: Any) -> str:
        return escape(text(key, self.language, **values))

    def parts(self) -> Iterator[str]:
        outcome = self.outcome
        title = escape(outcome.scenario.called(self.language))
        yield f'<!DOCTYPE html>\n<html lang="{self.language}"><head><meta charset="utf-8">'
        yield f"<title>{title}</title><style>{_STYLE}</style></head><body>"
        yield f"<h1>{title}</h1>"
        word = "passed" if outcome.passed else "failed"
        yield f'<p class="{word}"><b>{escape(outcome.said(self.language))}</b></p>'
        yield from self._hypotheses()
        measures = outcome.measures
        if measures is not None:
            series = measures.series(outcome.curves)
            if series:
                yield from self._plots(series)
            yield from self._failures(measures)
        if outcome.assumptions is not None:
            yield from self._assumptions(outcome.assumptions)
        if measures is not None and measures.ledger is not None:
            yield from self._omissions()
        yield f"<h2>{self._t('scenario.html.report')}</h2>"
        yield f"<pre>{escape(report.steps(outcome.found, self.language))}</pre>"
        yield "</body></html>"

    def _hypotheses(self) -> Iterator[str]:
        if not self.outcome.verdicts:
            return
        yield f"<h2>{self._t('scenario.hypotheses')}</h2>"
        yield f"<p>{escape(self.outcome.judged_by(self.language))}</p><table>"
        for row in self.outcome.verdicts:
            yield (
                f'<tr><td class="{row.status}">{self._t(f"hypothesis.status.{row.status}")}</td>'
                f"<td><code>{escape(row.hypothesis.text)}</code></td>"
                f"<td>{escape(row.said(self.language))}</td></tr>"
            )
        yield "</table>"

    # -- over time --------------------------------------------------------------------------------

    def _plots(self, series: Mapping[str, Any]) -> Iterator[str]:
        length, down = series["seconds"], series["down"]

        def said(key: str, **values: str) -> str:
            return text(f"scenario.html.{key}", self.language, **values)

        yield plots.strip(down, length, said("slots"))
        moves, still = plots.moving(series["replicas"])
        for name in moves:
            rows = series["replicas"][name]
            yield plots.curve(
                [(at, ready) for at, ready, _ in rows], length, said("replicas", name=name),
                down=down, beside=[(at, wanted) for at, _, wanted in rows], tall=60,
            )  # fmt: skip
        if still:
            told = ", ".join(f"{name} {series['replicas'][name][0][1]}" for name in still)
            yield f"<p><small>{self._t('scenario.html.still', names=told)}</small></p>"
        for key in ("requests_per_second", "p95_ms"):
            if series[key]:
                points = [(at, value) for at, value in series[key]]
                yield plots.curve(points, length, said(key), down=down)
        left = plots.budget(down, length, self.outcome.scenario.target_ppm)
        yield plots.curve(left, length, said("budget"), down=down, slope=True)

    def _failures(self, measures: Measures) -> Iterator[str]:
        rows = failures(measures, self.language)
        if not rows:
            return
        yield f"<h2>{self._t('scenario.html.incidents')}</h2><table>"
        yield self._head("begin", "end", "length", "cause", "why")
        for row in rows:
            cells = (row.begin, row.end or text("rehearsal.still-open", self.language), row.length,
                     ", ".join(row.causes))  # fmt: skip
            why = "<br>".join(map(escape, row.why))
            yield f"<tr>{_cells(cells)}<td>{why}</td></tr>"
        yield "</table>"

    # -- what it rests on -------------------------------------------------------------------------

    def _assumptions(self, body: Mapping[str, Any]) -> Iterator[str]:
        yield f"<h2>{self._t('assumed.title')}</h2><p>{escape(resting(body, self.language))}</p>"
        shown = bars(body, self.language)
        if shown:
            words = {key: text(f"assumed.{key}", self.language) for key in ("low", "high", "turns")}
            said = text("assumed.margin", self.language)
            yield plots.tornado(shown, left_of(body["base"]), said, words)
        moving = [
            row for row in body["figures"] if body["tried"] and (row["flips"] or row["swing"])
        ]
        still = [row for row in body["figures"] if row not in moving]
        if moving:
            yield from self._figures(moving, tried=True)
        if still:
            key = "assumed.still" if body["tried"] else "assumed.all"
            yield f"<details><summary>{self._t(key, count=len(still))}</summary>"
            yield from self._figures(still, tried=False)
            yield "</details>"

    def _figures(self, rows: Sequence[Mapping[str, Any]], *, tried: bool) -> Iterator[str]:
        yield "<table>"
        yield self._head("figure", "value", *(("low", "high") if tried else ("range",)))
        for row in rows:
            found = bounds(row, self.language)
            name = escape(f"{row['of']}.{row['field']}")
            came = (found.low, found.high) if tried else (found.range,)
            word = ' class="failed"' if tried and row["flips"] else ""
            yield (
                f"<tr{word}><td>{name}<br><small>{escape(row['source'])}</small></td>"
                f"{_cells((found.value, *came))}</tr>"
            )
        yield "</table>"

    def _omissions(self) -> Iterator[str]:
        rows = omissions(self.language)
        yield f"<h2>{self._t('omitted.title')}</h2>"
        for direction in DIRECTIONS:
            told = [row["text"] for row in rows if row["direction"] == direction]
            if told:
                items = "".join(f"<li>{escape(line)}</li>" for line in told)
                yield f"<h3>{self._t(f'omitted.{direction}')}</h3><ul>{items}</ul>"

    def _head(self, *columns: str) -> str:
        cells = "".join(f"<th>{self._t(f'scenario.column.{name}')}</th>" for name in columns)
        return f"<tr>{cells}</tr>"


def _cells(cells: Sequence[str]) -> str:
    return "".join(f'<td class="n">{escape(cell)}</td>' for cell in cells)
