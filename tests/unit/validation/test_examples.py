"""Every rule has an example; the failing one breaks this rule alone, the passing one nothing."""

import pytest

from ecp.kube.schema import DEFAULT_VERSION
from ecp.kube.yaml import read
from ecp.validation import Report, validate
from ecp.validation.rules import Example, examples, rules

EXAMPLES = [example for found in examples().values() for example in found]

WITHOUT = {
    "E0006": "bytes that are no UTF-8",
    "E0105": "an annotation of more than 256 KiB",
    "E0605": "a ConfigMap of more than 1 MiB",
    "E0706": "a status, which no manifest sets",
    "E0615": "told by the Pod Security admission, for a Namespace",
}
"""Rules that no example of a few lines can show, and why."""


def judged(text: str, example: Example) -> Report:
    there = [document.object for document in read(example.against)] if example.against else None
    version = example.version or DEFAULT_VERSION
    return validate(text, kubernetes_version=version, against=there)


def broken(report: Report, letter: str) -> set[str]:
    """Return the rules of that letter that *report* finds broken."""
    return {finding.rule for finding in report.findings if finding.rule[0] == letter}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: one.rule)
def test_the_failing_example_breaks_this_rule_alone(example: Example) -> None:
    report = judged(example.fail, example)
    assert broken(report, example.rule[0]) == {example.rule}, report.findings
    if example.rule[0] != "E":
        assert report.valid


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: one.rule)
def test_the_passing_example_is_accepted_and_does_not_break_it(example: Example) -> None:
    assert example.passing != example.fail
    report = judged(example.passing, example)
    assert report.valid, report.findings
    assert example.rule not in {finding.rule for finding in report.findings}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: one.rule)
def test_every_change_of_an_example_is_made(example: Example) -> None:
    text = example.fail
    for old, new in example.change.items():
        assert old in text
        text = text.replace(old, new, 1)
    assert text == example.passing


def test_every_rule_has_an_example_and_every_example_a_rule() -> None:
    assert set(examples()) | set(WITHOUT) == set(rules())
    assert not set(examples()) & set(WITHOUT)
