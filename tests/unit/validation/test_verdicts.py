"""Agreement with a real API server, file by file, against the cluster that it judged them in."""

import json
from pathlib import Path
from typing import Any

import pytest

from ecp.kube.yaml import read
from ecp.validation import Report, validate

GOLDEN = Path(__file__).parents[2] / "golden" / "verdicts"
VERDICTS: list[dict[str, Any]] = [
    json.loads(line) for line in (GOLDEN / "verdicts.jsonl").read_text("utf-8").splitlines()
]
BASELINE = [document.object for document in read((GOLDEN / "baseline.yaml").read_bytes())]
REFUSED = [row for row in VERDICTS if row["verdict"] == "reject"]
ACCEPTED = [row["file"] for row in VERDICTS if row["verdict"] == "accept"]
# What only kubectl says, before it asks the server.
CLIENT_S_WORDS = frozenset({"134-bad-list-item-unknown-field.yaml"})


def judge(file: str) -> Report:
    return validate((GOLDEN / "manifests" / file).read_bytes(), source=file, against=BASELINE)


def test_all_verdicts_are_agreed_with() -> None:
    agreed = [row for row in VERDICTS if judge(row["file"]).valid is (row["verdict"] == "accept")]
    assert len(agreed) == len(VERDICTS) == 253


@pytest.mark.parametrize("file", ACCEPTED, ids=str)
def test_what_the_server_takes_has_no_error(file: str) -> None:
    report = judge(file)
    assert [(finding.rule, finding.message) for finding in report.errors] == []
    assert all(verdict.accepted for verdict in report.verdicts)


@pytest.mark.parametrize("file", ACCEPTED, ids=str)
def test_nor_has_it_one_where_the_cluster_is_not_known(file: str) -> None:
    assert validate((GOLDEN / "manifests" / file).read_bytes()).errors == ()


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row["file"])
def test_what_the_server_refuses_has_an_error_at_a_line_of_the_file(row: dict[str, Any]) -> None:
    report = judge(row["file"])
    assert report.errors
    text = (GOLDEN / "manifests" / row["file"]).read_text("utf-8-sig")
    for finding in report.errors:
        position = finding.position
        assert 1 <= position.line <= position.end_line <= text.count("\n") + 1
        assert position.column >= 1


@pytest.mark.parametrize(
    "row", [row for row in REFUSED if row.get("code")], ids=lambda row: row["file"]
)
def test_the_server_s_status_is_said_word_for_word(row: dict[str, Any]) -> None:
    (verdict,) = judge(row["file"]).verdicts
    assert (verdict.code, verdict.message) == (row["code"], row["message"])


def _as_kubectl_says(kind: str, name: str, message: str) -> str:
    cause = message.partition(" is invalid: ")[2]
    return f'The {kind} "{name}" is invalid: {cause}' if cause else message


@pytest.mark.parametrize(
    "row",
    [row for row in REFUSED if not row.get("message") and row["file"] not in CLIENT_S_WORDS],
    ids=lambda row: row["file"],
)
def test_what_kubectl_was_answered_is_said_word_for_word(row: dict[str, Any]) -> None:
    verdict = next(one for one in judge(row["file"]).verdicts if not one.accepted)
    told = _as_kubectl_says(verdict.object.kind, verdict.object.name, verdict.message)
    # Of a pod's change the server goes on to print the difference of two Go structs.
    assert told.partition("\n@@")[0] in row["kubectl_message"]


@pytest.mark.parametrize(
    "row", [row for row in REFUSED if row.get("causes")], ids=lambda row: row["file"]
)
def test_every_cause_is_a_finding_at_the_field_that_the_server_names(row: dict[str, Any]) -> None:
    found = [(finding.field, finding.message) for finding in judge(row["file"]).errors]
    wanted = {(cause["field"], f"{cause['field']}: {cause['message']}") for cause in row["causes"]}
    if row["reason"] == "Forbidden":
        wanted = {(cause["field"], row["message"]) for cause in row["causes"]}
    assert set(found) == wanted
