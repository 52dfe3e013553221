"""What a bisection and an advice come to, in lines for a terminal."""

import json
from collections.abc import Mapping
from typing import Any

from ecp.texts import Language, is_key, text

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
        lines.append(
            f"  {mark}  {row['object']} {_what(row['what'], language)}  {row['cost']:g}  {runs}"
        )
    return lines


def _change(row: Mapping[str, Any]) -> str:
    place = f"{row['kind']}/{row['name']} {row['field']}".rstrip()
    return f"{place}: {_value(row['before'])} → {_value(row['after'])}"


def _value(value: Any) -> str:
    said = "-" if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)
    return said if len(said) <= 100 else f"{said[:97]}…"


def _evidence(row: Mapping[str, Any], language: Language) -> str:
    word = text(f"scenario.word.{'passed' if row['exit_code'] == 0 else 'failed'}", language)
    claims = "; ".join(_margin(margin, language) for margin in row["margins"])
    return f"{word} ({claims or '-'}) {_short(row['digest'])}"


def _margin(row: Mapping[str, Any], language: Language) -> str:
    """Say how much of a bound is left, or by how much it is broken."""
    left = row["left"]
    if left is None:
        return text("seeking.unmeasured", language, claim=row["claim"])
    key = "left" if left >= 0 else "beyond"
    share = f"{100 * left:.0f}" if left >= 0 else f"{1 - left:.3g}"
    return text(f"seeking.{key}", language, claim=row["claim"], share=share)


def _what(said: str, language: Language) -> str:
    """Say what a step changes: a word of its own, or a word and its value."""
    word, _, value = said.partition(" ")
    for key, values in ((_WORDS.get(said, ""), {}), (word, {"value": value})):
        if key and is_key(f"advise.what.{key}"):
            return text(f"advise.what.{key}", language, **values)
    return said


_WORDS = {
    "spread": "spread",
    "disruption budget": "budget",
    "autoscaler": "autoscaler",
    "one replica less": "fewer",
    "readiness probe": "probe",
}


def _short(digest: str) -> str:
    return digest[: len("sha256:") + _SHOWN]
