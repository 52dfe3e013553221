"""What kube-apiserver 1.36.2 said of objects that it took, in Warning headers."""

import json
from pathlib import Path
from typing import Any

import pytest

from ecp.validation import validate
from ecp.validation.remarks import texts

GOLDEN = Path(__file__).parents[2] / "golden" / "verdicts"
ROWS: list[dict[str, Any]] = [
    json.loads(line) for line in (GOLDEN / "warnings.jsonl").read_text("utf-8").splitlines()
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_the_server_s_warnings_are_said_word_for_word(row: dict[str, Any]) -> None:
    obj = row["object"]
    group = obj["apiVersion"].rpartition("/")[0]
    said = texts(obj, group, obj["kind"], row.get("old"))
    # The server says a text once.
    assert list(dict.fromkeys(said)) == row["warnings"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_every_one_is_a_finding_at_a_place_of_the_object(row: dict[str, Any]) -> None:
    there = [row["old"]] if "old" in row else None
    report = validate(json.dumps(row["object"], indent=1), against=there)
    # A variable that hides another has a rule of its own.
    found = [one for one in report.findings if one.rule in ("W0114", "W0203")]
    assert len(found) >= len(row["warnings"])
    assert report.valid
    assert all(finding.position.line > 1 for finding in found)


def test_a_careful_pod_is_not_spoken_of() -> None:
    box = {"name": "c", "image": "i", "env": [{"name": "A", "value": "1"}]}
    assert texts({"metadata": {"name": "p"}, "spec": {"containers": [box]}}, "", "Pod") == []


def test_the_grace_of_a_template_may_not_be_negative_and_a_pod_s_is_mended() -> None:
    spec = {"containers": [{"name": "c", "image": "i"}], "terminationGracePeriodSeconds": -1}
    assert texts({"spec": spec}, "", "Pod") == []
    (said,) = texts({"template": {"spec": spec}}, "", "PodTemplate")
    assert said.startswith("template.spec.terminationGracePeriodSeconds: must be >= 0")
