"""Definitions of custom kinds and their instances: the verdicts of a real server."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from ecp.validation import validate

GOLDEN = Path(__file__).parents[2] / "golden" / "custom" / "verdicts.jsonl"
ROWS: list[dict[str, Any]] = [
    json.loads(line) for line in GOLDEN.read_text(encoding="utf-8").splitlines()
]
DEFINITIONS = {row["name"]: row["definition"] for row in ROWS if "name" in row}
DEFINED = [row for row in ROWS if "name" in row]
INSTANCES = [row for row in ROWS if "of" in row]
_CAUSE = re.compile(
    r", (?=(?:<nil>|[\w.\[\]-]+): (?:Invalid value|Required value|Unsupported value|Forbidden|Too |"
    r"Duplicate value|Internal error))"
)


def causes(message: str) -> tuple[str, list[str]]:
    """A message without the order of its causes, and without the numbers of types."""
    message = re.sub(r"selfType\d+", "selfType", message)
    found = re.fullmatch(r"(.*? is invalid: )\[(.*)\]", message, re.DOTALL)
    if found is None:
        return message, []
    return found[1], sorted(_CAUSE.split(found[2]))


def verdict(objects: list[Any], against: list[Any] | None = None) -> tuple[int, str]:
    report = validate("\n---\n".join(map(json.dumps, objects)), against=against)
    last = report.verdicts[-1]
    return (201, "") if last.accepted else (last.code, last.message)


@pytest.mark.parametrize("row", DEFINED, ids=[row["name"] for row in DEFINED])
def test_definitions(row: dict[str, Any]) -> None:
    code, message = verdict([row["definition"]])
    assert (code, *causes(message)) == (row["code"], *causes(row["message"]))


@pytest.mark.parametrize(
    "row", INSTANCES, ids=[f"{row['of']}: {json.dumps(row['object'])[-60:]}" for row in INSTANCES]
)
def test_instances(row: dict[str, Any]) -> None:
    definition = DEFINITIONS[row["of"]]
    if "live" in row:
        code, message = verdict([row["object"]], [definition, row["live"]])
    else:
        code, message = verdict([definition, row["object"]])
    assert (code, *causes(message)) == (row["code"], *causes(row["message"]))
