"""In words: the assumed figures that a verdict rests on, and what is not modelled at all."""

from collections.abc import Mapping
from typing import Any

from ecp.rehearsal.sheets import START
from ecp.texts import Language, text
from ecp.workloads.omissions import not_modelled


def restings(body: Mapping[str, Any], language: Language) -> list[str]:
    """Return lines for a terminal: what would flip the verdict; what is not modelled."""
    lines = []
    rows = body["figures"]
    if not body["tried"]:
        lines.append(text("assumed.untried", language, count=len(rows)))
    else:
        flips = [row for row in rows if row["flips"]]
        key = "assumed.flips" if flips else "assumed.none-flips"
        lines.append(text(key, language, count=len(rows), flips=len(flips)))
        lines += [f"  {_line(row, language)}" for row in flips or rows[:3] if row["swing"] or flips]
    return lines


def _line(row: Mapping[str, Any], language: Language) -> str:
    unit = 1e9 if row["field"] == START else 1
    bounds = "assumed.bounds" if row["own_bounds"] else "assumed.usual-bounds"
    return text(
        "assumed.figure",
        language,
        name=f"{row['of']}.{row['field']}",
        value=f"{row['value'] / unit:g}",
        low=f"{row['low'] / unit:g}",
        high=f"{row['high'] / unit:g}",
        at_low=_word(row["at_low"], language),
        at_high=_word(row["at_high"], language),
        bounds=text(bounds, language),
        source=row["source"],
    )


def _word(evidence: Mapping[str, Any], language: Language) -> str:
    held = evidence["exit_code"] == 0
    return text(f"scenario.word.{'passed' if held else 'failed'}", language)


def omissions(language: Language) -> list[dict[str, str]]:
    """Return what is not modelled, with its direction, as plain data."""
    return [
        {"id": row.id, "direction": row.direction, "text": row.ko if language == "ko" else row.en}
        for row in not_modelled()
    ]
