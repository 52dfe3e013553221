"""How a report is shown, in both languages, and the catalogue behind it."""

import json
import re
from pathlib import Path

import pytest

import ecp.validation
from ecp.texts import Language
from ecp.validation import validate
from ecp.validation.report import as_dict, text_report
from ecp.validation.rules import rule, rules

BAD = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\n  lables: {}\n"


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        (
            "en",
            [
                'f.yaml:5:3: error E0020 ConfigMap c: unknown field "metadata.lables"',
                "    5 |   lables: {}",
                "      |   ^^^^^^",
                '    remedy: Did you mean "labels"? '
                "Remove the field, or correct its name or its indent.",
                "1 document: 1 refused, 1 error, 0 broken, 0 warnings (Kubernetes 1.36)",
            ],
        ),
        (
            "ko",
            [
                'f.yaml:5:3: 오류 E0020 ConfigMap c: unknown field "metadata.lables"',
                "    5 |   lables: {}",
                "      |   ^^^^^^",
                '    해결: 혹시 "labels"인가요? 필드를 지우거나, 이름 또는 들여쓰기를 고치세요.',
                "문서 1개: 거부 1개, 오류 1건, 작동 불가 0건, 경고 0건 (Kubernetes 1.36)",
            ],
        ),
    ],
)
def test_text(language: Language, lines: list[str]) -> None:
    assert text_report(validate(BAD, source="f.yaml"), language).splitlines() == lines


def test_plain_data() -> None:
    data = json.loads(json.dumps(as_dict(validate(BAD, source="f.yaml"))))
    (finding,) = data["findings"]
    assert data["valid"] is False
    assert data["documents"][0]["verdict"] == "reject"
    assert data["documents"][0]["code"] == 400
    assert finding["path"] == "metadata.lables"
    assert [finding[name] for name in ("line", "column", "end_line", "end_column")] == [5, 3, 5, 9]
    assert finding["object"] == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "namespace": "default",
        "name": "c",
    }
    nothing = {"kinds": {}, "pods": 0, "cpu": "0", "memory": "0", "gpu": 0, "storage": "0"}
    counts = {"documents": 1, "refused": 1, "error": 1, "broken": 0, "warning": 0}
    assert data["summary"] == counts | nothing


def test_every_rule_that_is_used_is_in_the_catalogue_and_the_other_way_round() -> None:
    folder = Path(ecp.validation.__file__).parent
    used = {
        rule
        for file in folder.rglob("*.py")
        for rule in re.findall(r'"([EBW]\d{4})"', file.read_text("utf-8"))
    }
    assert used == set(rules())


@pytest.mark.parametrize("row", rules().values(), ids=lambda row: row.id)
def test_every_rule_has_both_languages_and_a_name_of_its_own(row: object) -> None:
    known = rules()
    named = [other for other in known.values() if other.name == getattr(row, "name", "")]
    assert len(named) == 1
    for texts in (named[0].title, named[0].remedy):
        assert re.search(r"[가-힣]", texts["ko"])
        assert not re.search(r"[가-힣]", texts["en"])


def test_a_row_that_is_read_alone_is_the_same() -> None:
    assert {name: rule(name) for name in rules()} == rules()
    for unknown in ("E9999", "", "E000"):
        with pytest.raises(KeyError):
            rule(unknown)
