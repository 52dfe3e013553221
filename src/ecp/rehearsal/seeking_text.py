"""What a bisection and an advice come to, in lines for a terminal."""

import json
from collections.abc import Mapping
from typing import Any

from ecp.texts import Language, text

_SHOWN = 16  # letters of a digest that tell two runs apart


def of_bisect(body: Mapping[str, Any], language: Language) -> list[str]:
    """Return the lines of `Bisected.to_json`."""
    smallest = body["smallest"]
    lines = [
        text("bisect.found", language, count=len(smallest), of=body["differences"],
             runs=body["runs"])
    ]  # fmt: skip
    lines += [f"  {_change(row)}" for row in smallest]
    lines.append("")
    for key in ("good", "breach", "bad"):
        lines.append(f"{text(f'bisect.{key}', language)}: {_evidence(body[key], language)}")
    for row in body["without"]:
        lines.append(
            f"{text('bisect.without', language, field=row['field'])}: {_evidence(row, language)}"
        )
    return lines + [f"- {cause}" for cause in body["breach"]["causes"]]


def of_advice(body: Mapping[str, Any], language: Language) -> list[str]:
    """Return the lines of `Advice.to_json`."""
    cost = body["cost"]
    key = "advise.holds" if body["holds"] else "advise.fails"
    lines = [
        text(key, language, before=f"{cost['before']:g}", after=f"{cost['after']:g}",
             runs=body["runs"])
    ]  # fmt: skip
    if body["exhausted"]:
        lines.append(text("advise.exhausted", language))
    if not body["changes"]:
        lines.append(text("advise.nothing", language))
    lines += [f"  {_change(row)}" for row in body["changes"]]
    lines.append("")
    for key in ("before", "after"):
        lines += [f"{text(f'advise.{key}', language)}: {_evidence(row, language)}"
                  for row in body[key]]  # fmt: skip
    lines += ["", text("advise.steps", language)]
    for row in body["steps"]:
        mark = text(f"advise.{'kept' if row['kept'] else 'refused'}", language)
        runs = ", ".join(_short(digest) for digest in row["digests"])
        lines.append(f"  {mark}  {row['object']} {row['what']}  {row['cost']:g}  {runs}")
    return lines


def _change(row: Mapping[str, Any]) -> str:
    place = f"{row['kind']}/{row['name']} {row['field']}".rstrip()
    return f"{place}: {_value(row['before'])} → {_value(row['after'])}"


def _value(value: Any) -> str:
    said = "-" if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)
    return said if len(said) <= 100 else f"{said[:97]}…"


def _evidence(row: Mapping[str, Any], language: Language) -> str:
    word = text(f"scenario.word.{'passed' if row['exit_code'] == 0 else 'failed'}", language)
    claims = "; ".join(_margin(margin) for margin in row["margins"])
    return f"{word} ({claims or '-'}) {_short(row['digest'])}"


def _margin(row: Mapping[str, Any]) -> str:
    left = "?" if row["left"] is None else f"{100 * row['left']:.0f} %"
    return f"{row['claim']}: {left}"


def _short(digest: str) -> str:
    return digest[: len("sha256:") + _SHOWN]
