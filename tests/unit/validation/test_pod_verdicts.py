"""Pods and what carries them, as kube-apiserver 1.36.2 answered: code and message."""

import json
from pathlib import Path
from typing import Any

import pytest

from ecp.kube.yaml import read
from ecp.validation import validate

GOLDEN = Path(__file__).parents[2] / "golden" / "verdicts"
ROWS: list[dict[str, Any]] = [
    json.loads(line) for line in (GOLDEN / "pods.jsonl").read_text("utf-8").splitlines()
]
BASELINE = [document.object for document in read((GOLDEN / "baseline.yaml").read_bytes())]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_the_server_s_verdict_is_said_word_for_word(row: dict[str, Any]) -> None:
    report = validate(row["manifest"], against=BASELINE)
    (verdict,) = report.verdicts
    assert (verdict.code, verdict.message) == (row["code"], row["message"])
    assert report.valid is verdict.accepted is (row["code"] == 0)
    assert bool(report.errors) is (row["code"] != 0)


def test_every_sentence_stands_once() -> None:
    assert len({row["id"] for row in ROWS}) == len(ROWS) > 150
