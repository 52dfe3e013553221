"""Agreement with a real API server, file by file."""

import json
from pathlib import Path
from typing import Any

import pytest

from ecp.validation import validate

GOLDEN = Path(__file__).parents[2] / "golden" / "verdicts"
VERDICTS: list[dict[str, Any]] = [
    json.loads(line) for line in (GOLDEN / "verdicts.jsonl").read_text("utf-8").splitlines()
]
NOT_YET = frozenset((GOLDEN / "not-yet.txt").read_text("utf-8").split())
REFUSED = [row for row in VERDICTS if row["verdict"] == "reject"]


def judge(file: str) -> Any:
    return validate((GOLDEN / "manifests" / file).read_bytes(), source=file)


@pytest.mark.parametrize(
    "file", [row["file"] for row in VERDICTS if row["verdict"] == "accept"], ids=str
)
def test_what_the_server_takes_has_no_error(file: str) -> None:
    report = judge(file)
    assert [(finding.rule, finding.message) for finding in report.errors] == []
    assert all(verdict.accepted for verdict in report.verdicts)


@pytest.mark.parametrize(
    "file", [row["file"] for row in REFUSED if row["file"] not in NOT_YET], ids=str
)
def test_what_the_server_refuses_has_an_error_at_a_line_of_the_file(file: str) -> None:
    report = judge(file)
    assert report.errors
    lines = (GOLDEN / "manifests" / file).read_text("utf-8-sig").count("\n") + 1
    for finding in report.errors:
        assert 1 <= finding.position.line <= finding.position.end_line <= lines
        assert finding.position.column >= 1


@pytest.mark.parametrize("file", sorted(NOT_YET), ids=str)
def test_the_list_of_files_not_yet_refused_only_shrinks(file: str) -> None:
    assert judge(file).valid, "it is refused now: take it off not-yet.txt"


@pytest.mark.parametrize(
    "row",
    [row for row in REFUSED if row["file"] not in NOT_YET and row.get("code")],
    ids=lambda row: row["file"],
)
def test_the_server_s_status_is_said_word_for_word(row: dict[str, Any]) -> None:
    (verdict,) = judge(row["file"]).verdicts
    assert (verdict.code, verdict.message) == (row["code"], row["message"])


@pytest.mark.parametrize(
    "row",
    [row for row in REFUSED if row.get("causes") and row["file"] not in NOT_YET],
    ids=lambda row: row["file"],
)
def test_every_cause_is_a_finding_at_the_field_that_the_server_names(row: dict[str, Any]) -> None:
    found = [(finding.field, finding.message) for finding in judge(row["file"]).errors]
    wanted = {(cause["field"], f"{cause['field']}: {cause['message']}") for cause in row["causes"]}
    assert set(found) == wanted
