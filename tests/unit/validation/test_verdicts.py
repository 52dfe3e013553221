"""Agreement with a real API server, file by file and case by case; tests/golden/verdicts."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from ecp.kube.yaml import read
from ecp.validation import Report, validate

GOLDEN = Path(__file__).parents[2] / "golden" / "verdicts"
VERDICTS: list[dict[str, Any]] = [
    json.loads(line) for line in (GOLDEN / "files.jsonl").read_text("utf-8").splitlines()
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
    # The recorded pod was given a volume more, which moves the lines of a difference.
    lines = re.compile(r"@@ [^@]+ @@")
    assert lines.sub("@@", told).rstrip("\n") in lines.sub("@@", row["kubectl_message"])


@pytest.mark.parametrize(
    "row", [row for row in REFUSED if row.get("causes")], ids=lambda row: row["file"]
)
def test_every_cause_is_a_finding_at_the_field_that_the_server_names(row: dict[str, Any]) -> None:
    found = [(finding.field, finding.message) for finding in judge(row["file"]).errors]
    wanted = {(cause["field"], f"{cause['field']}: {cause['message']}") for cause in row["causes"]}
    if row["reason"] == "Forbidden":
        wanted = {(cause["field"], row["message"]) for cause in row["causes"]}
    assert set(found) == wanted


# ---- cases ------------------------------------------------------------------------------------


def rows(name: str) -> list[dict[str, Any]]:
    lines = (GOLDEN / f"{name}.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


TAKEN = (200, 201)
REMARKS = ("W0110", "W0114")
UPDATES = rows("updates")
STATES: dict[str, Any] = {row["state"]: row["objects"] for row in UPDATES if "objects" in row}
STATES |= {"baseline": BASELINE, "": None}
CASES = {
    "pods": rows("pods"),
    "kinds": rows("kinds"),
    "updates": [row for row in UPDATES if "case" in row],
}
EVERY = [row for found in CASES.values() for row in found]


def judged(row: dict[str, Any]) -> Report:
    manifest = row["manifest"]
    text = manifest if isinstance(manifest, str) else json.dumps(manifest)
    return validate(text, namespace=row["namespace"], against=STATES[row["state"]])


@pytest.mark.parametrize("row", EVERY, ids=lambda row: row["case"])
def test_the_server_s_answer_to_a_case_is_said_word_for_word(row: dict[str, Any]) -> None:
    report = judged(row)
    (verdict,) = report.verdicts
    taken = row["code"] in TAKEN
    assert (verdict.code, verdict.message) == (0 if taken else row["code"], row["message"])
    assert report.valid is verdict.accepted is taken


@pytest.mark.parametrize(
    "row",
    [row for row in CASES["kinds"] if row["code"] in TAKEN],
    ids=lambda row: row["case"],
)
def test_the_server_s_warnings_are_said_word_for_word(row: dict[str, Any]) -> None:
    found = [finding.message for finding in judged(row).findings if finding.rule in REMARKS]
    assert found == row["warnings"]


@pytest.mark.parametrize(
    ("name", "taken", "refused"), [("pods", 10, 100), ("kinds", 50, 300), ("updates", 100, 100)]
)
def test_there_are_enough_of_both_sorts(name: str, taken: int, refused: int) -> None:
    codes = Counter(row["code"] in TAKEN for row in CASES[name])
    assert (codes[True] > taken, codes[False] > refused) == (True, True)


def test_every_sentence_stands_once() -> None:
    assert [
        case for case, times in Counter(row["case"] for row in EVERY).items() if times > 1
    ] == []


def test_there_are_many_kinds() -> None:
    assert len({json.loads(row["manifest"])["kind"] for row in CASES["kinds"]}) > 40
    assert sum(bool(row["warnings"]) for row in CASES["kinds"]) > 20
