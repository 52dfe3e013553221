"""In words: the assumed figures that a verdict rests on, and what is not modelled at all."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from ecp.rehearsal.plots import Axis, Bar, percent
from ecp.rehearsal.report import padded, width
from ecp.rehearsal.sheets import BATCHES, START
from ecp.texts import Language, text
from ecp.workloads.omissions import not_modelled

DIRECTIONS: Final = ("flatters", "either", "blackens")
"""Which way a verdict errs by what is not modelled, in the order in which it is told."""
_SHOWN: Final = 12  # bars
_BYTES: Final = ("memory", "slot_memory")
_CORES: Final = ("cpu", "slot_cpu")
_SECONDS: Final = ("time", "latency", "duration", "request_cpu", "period", "timeout", "startup")
_OF_CLUSTER: Final = ("dataPlane.", "boot.")
_COLUMNS: Final = 32  # of a terminal, for a bar


class Bounds(NamedTuple):
    """A figure in words: its value; its range; what comes of its low, and of its high value."""

    value: str
    range: str
    low: str
    high: str


# -- assumed figures -------------------------------------------------------------------------------


def resting(body: Mapping[str, Any], language: Language) -> str:
    """Return in a sentence whether assumed figures would flip the verdict."""
    rows = body["figures"]
    if not body["tried"]:
        return text("assumed.untried", language, count=len(rows))
    flips = sum(row["flips"] for row in rows)
    key = "assumed.flips" if flips else "assumed.none-flips"
    return text(key, language, count=len(rows), flips=flips)


def restings(body: Mapping[str, Any], language: Language) -> list[str]:
    """Return lines for a terminal: what would flip the verdict, what moves it, as bars."""
    lines = [resting(body, language)]
    shown = bars(body, language)
    if shown:
        lines += ["", text("assumed.margin", language), *_tornado(shown, body, language)]
    if body["tried"]:
        lines += [f"  {_line(row, language)}" for row in body["figures"] if row["flips"]]
    return lines


def bars(body: Mapping[str, Any], language: Language) -> list[Bar]:
    """Return the figures that move the verdict or its margin most; [] where none was varied."""
    if not body["tried"]:
        return []
    found = []
    for row in body["figures"]:
        if row["flips"] or row["swing"]:
            said = bounds(row, language)
            name = f"{row['of']}.{row['field']}"
            low, high = left_of(row["at_low"]), left_of(row["at_high"])
            found.append(Bar(name, said.low, said.high, low, high, row["flips"]))
    return found[:_SHOWN]


def left_of(evidence: Mapping[str, Any]) -> float | None:
    """Return the smallest margin of a run, as `Evidence.left`, from plain data."""
    found = [row["left"] for row in evidence["margins"]]
    return None if not found or None in found else float(min(found))


def bounds(row: Mapping[str, Any], language: Language) -> Bounds:
    """Return an assumed figure in words; what came of its bounds is "" where nobody tried."""
    value, low, high = (spelt(row["field"], row[name]) for name in ("value", "low", "high"))
    key = "assumed.bounds" if row["own_bounds"] else "assumed.usual-bounds"
    tried = "at_low" in row
    return Bounds(
        value,
        text("assumed.range", language, bounds=text(key, language), low=low, high=high),
        f"{low}: {_came(row['at_low'], language)}" if tried else "",
        f"{high}: {_came(row['at_high'], language)}" if tried else "",
    )


def spelt(field: str, value: float) -> str:
    """Return a figure with its unit: "256Mi", "100m" (milli-CPU), "0.03 s", "28"."""
    name = field.rpartition(".")[2]
    if field == START or field.startswith(_OF_CLUSTER):
        return f"{value / 1e9:g} s"
    if field == BATCHES:
        return f"{value:g}×"
    if name in _BYTES:
        return f"{value / 2**30:g}Gi" if value >= 2**30 else f"{value / 2**20:g}Mi"
    unit = "m" if name in _CORES else " s" if name in _SECONDS else ""
    return f"{value:g}{unit}"


def _came(evidence: Mapping[str, Any], language: Language) -> str:
    left = left_of(evidence)
    word = _word(evidence, language)
    return word if left is None else f"{word}, {percent(left)}"


def _tornado(shown: list[Bar], body: Mapping[str, Any], language: Language) -> list[str]:
    """Draw bars of letters: from the margin at the low to that at the high value, the bound (│)."""
    base = left_of(body["base"])
    axis = Axis.of(shown, base)

    def column(margin: float | None) -> int:
        return axis.place(margin, _COLUMNS - 1)

    wide, lines = max(width(bar.name) for bar in shown), []
    for bar in shown:
        ends = [column(row) for row in (bar.low, bar.high, base)]
        letters = ["━" if min(ends) <= n <= max(ends) else " " for n in range(_COLUMNS)]
        letters[column(0.0)] = "┿" if letters[column(0.0)] == "━" else "│"
        mark = f"  {text('assumed.turns', language)}" if bar.flips else ""
        said = " … ".join(map(percent, (bar.low, bar.high)))
        lines.append(f"  {padded(bar.name, wide)}  {''.join(letters)}  {said}{mark}")
    return lines


def _line(row: Mapping[str, Any], language: Language) -> str:
    said = "assumed.bounds" if row["own_bounds"] else "assumed.usual-bounds"
    return text(
        "assumed.figure",
        language,
        name=f"{row['of']}.{row['field']}",
        **{name: spelt(row["field"], row[name]) for name in ("value", "low", "high")},
        at_low=_word(row["at_low"], language),
        at_high=_word(row["at_high"], language),
        bounds=text(said, language),
        source=row["source"],
    )


def _word(evidence: Mapping[str, Any], language: Language) -> str:
    held = evidence["exit_code"] == 0
    return text(f"scenario.word.{'passed' if held else 'failed'}", language)


# -- what is not modelled --------------------------------------------------------------------------


def omissions(language: Language) -> list[dict[str, str]]:
    """Return what is not modelled, with its direction, as plain data."""
    return [
        {"id": row.id, "direction": row.direction, "text": row.ko if language == "ko" else row.en}
        for row in not_modelled()
    ]


def omitted(language: Language) -> list[str]:
    """Return lines for a terminal: what is not modelled, by the way in which a verdict errs."""
    lines = [text("omitted.title", language)]
    rows = omissions(language)
    for direction in DIRECTIONS:
        told = [row["text"] for row in rows if row["direction"] == direction]
        if told:
            lines.append(f"  {text(f'omitted.{direction}', language)}")
            lines += [f"  - {line}" for line in told]
    return lines
