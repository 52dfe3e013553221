"""Every rule has examples; the failing one breaks this rule alone, the passing one nothing."""

import re
from typing import Any

import pytest

from ecp.kube.schema import DEFAULT_VERSION
from ecp.kube.yaml import Limits, read
from ecp.validation import validate
from ecp.validation.rules import Example, Rule, examples, pages, rules
from ecp.validation.transitions import check_status

EXAMPLES = [example for found in examples().values() for example in found]
KOREAN = re.compile(r"[가-힣]")


def only(text: str) -> Any:
    (document,) = read(text)
    return document.object


def broken_by(text: str | bytes, example: Example) -> tuple[set[str], bool]:
    """Return the rules that a text breaks, and whether the server would accept it."""
    if example.status:
        assert isinstance(text, str)
        new, old = only(text), only(example.against)
        group = new["apiVersion"].rpartition("/")[0]
        found = {fault.rule for fault in check_status(group, new["kind"], new, old)}
        return found, not found
    there = [document.object for document in read(example.against)] if example.against else None
    version = example.version or DEFAULT_VERSION
    limits = Limits(size=4 << 20)
    report = validate(text, kubernetes_version=version, against=there, limits=limits)
    return {finding.rule for finding in report.findings}, report.valid


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: one.rule)
def test_the_failing_example_breaks_this_rule_alone(example: Example) -> None:
    text: str | bytes = example.grown(example.fail)
    if example.encoding != "utf-8":
        text = example.fail.encode(example.encoding)
    found, valid = broken_by(text, example)
    letter = example.rule[0]
    assert {rule for rule in found if rule[0] == letter} == {example.rule}
    assert valid is (letter != "E")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: one.rule)
def test_the_passing_example_is_accepted_and_does_not_break_it(example: Example) -> None:
    assert example.passing != example.fail or example.encoding != "utf-8"
    found, valid = broken_by(example.passing, example)
    assert valid
    assert example.rule not in found


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: one.rule)
def test_every_change_of_an_example_is_made(example: Example) -> None:
    text = example.fail
    for old, new in example.change.items():
        assert old in text
        text = text.replace(old, new, 1)
    assert text == example.passing
    assert all(word in example.fail for word in example.grow)


def test_every_rule_has_an_example_and_every_example_a_rule() -> None:
    assert set(examples()) == set(rules())


@pytest.mark.parametrize("row", rules().values(), ids=lambda row: row.id)
def test_a_rule_says_cause_and_remedy_in_both_languages_and_where_to_read_on(row: Rule) -> None:
    for texts in (row.title, row.cause, row.remedy):
        assert set(texts) == {"en", "ko"}
        assert all(len(text) > 6 and text.endswith(".") for text in texts.values())
        assert KOREAN.search(texts["ko"])
        assert not KOREAN.search(texts["en"])
    assert row.title["en"] != row.cause["en"]
    assert row.links("en")
    for language in ("en", "ko"):
        assert all(link.startswith("https://") for link in row.links(language))


def test_every_page_is_read_by_somebody() -> None:
    assert {name for row in rules().values() for name in row.docs} == set(pages())


NAMES = re.compile(r"{(\w+)}")


@pytest.mark.parametrize("row", [row for row in rules().values() if row.id[0] != "E"],
                         ids=lambda row: row.id)  # fmt: skip
def test_what_no_server_checks_is_said_in_both_languages_with_the_same_values(row: Rule) -> None:
    assert row.says
    for texts in row.says.values():
        assert sorted(NAMES.findall(texts["en"])) == sorted(NAMES.findall(texts["ko"]))
        assert KOREAN.search(texts["ko"]) or texts["ko"] == texts["en"]
        # Particles that depend on the word before are left to the reader of none of them.
        assert not re.search(r"이\(가\)|을\(를\)|은\(는\)|\(으\)로", texts["ko"])


def test_the_server_says_itself_what_it_refuses() -> None:
    assert not [row.id for row in rules().values() if row.id[0] == "E" and row.says]
