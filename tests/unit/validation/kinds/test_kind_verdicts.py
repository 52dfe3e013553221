"""What a real server said to objects of the kinds that carry no pods, word for word."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from ecp.validation import Report, validate

GOLDEN = Path(__file__).parents[3] / "golden" / "more_verdicts" / "kinds.jsonl"
ROWS: list[dict[str, Any]] = [
    json.loads(line) for line in GOLDEN.read_text(encoding="utf-8").splitlines()
]
REMARKS = ("W0110", "W0114")


def judged(row: dict[str, Any]) -> Report:
    return validate(row["text"], namespace=row["namespace"])


def name(row: dict[str, Any]) -> str:
    kind = json.loads(row["text"])["kind"]
    return f"{kind}: {row['message'].partition(' is invalid: ')[2][:60] or row['code']}"


@pytest.mark.parametrize("row", ROWS, ids=name)
def test_the_server_s_answer_is_said_word_for_word(row: dict[str, Any]) -> None:
    (verdict,) = judged(row).verdicts
    found = (201, "") if verdict.accepted else (verdict.code, verdict.message)
    assert found == (row["code"], row["message"])


@pytest.mark.parametrize("row", [row for row in ROWS if row["code"] == 201], ids=name)
def test_the_server_s_warnings_are_said_word_for_word(row: dict[str, Any]) -> None:
    found = [finding.message for finding in judged(row).findings if finding.rule in REMARKS]
    assert found == row["warnings"]


def test_there_are_enough_of_every_sort() -> None:
    codes = Counter(row["code"] for row in ROWS)
    kinds = {json.loads(row["text"])["kind"] for row in ROWS}
    assert codes[422] > 300
    assert codes[201] > 50
    assert codes[400] > 10
    assert len(kinds) > 40
    assert sum(bool(row["warnings"]) for row in ROWS) > 20
