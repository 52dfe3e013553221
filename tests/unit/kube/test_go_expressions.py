"""Regular expressions of Go: what they mean, what Go says of them, and that none takes long."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecp.kube.automaton import RISKY, Automaton, degree
from ecp.kube.expressions import (
    BadExpression,
    UnknownProperty,
    compiled,
    complaint,
    matches,
    searchable,
)

TEXTS = st.text(alphabet="abAB.-\n 01", max_size=8)
PATTERNS = [
    "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
    "(a|b)*0",
    "a{2,3}b?",
    "^(ab|a)+$",
    "(?i)A[b-d]+",
    "a.b",
    r"\bab\b",
    "(?m)^a$",
    "[^a]+b",
    "(a*)*b",
    "((a{0,2}b)+|0)*$",
    r"\d+\.\d*",
]


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        pytest.param("^a$", "a\n", False, id="the end is the end, also before a line break"),
        pytest.param(r"\s", "\v", False, id="a vertical tab is no blank"),
        pytest.param(r"\d", "٣", False, id="digits are those of ASCII"),
        pytest.param("[[:alpha:]]", "é", False, id="so are named classes"),
        pytest.param(r"^\pL+$", "é한", True, id="letters of Unicode have a class"),
        pytest.param("x{,3}", "x{,3}", True, id="a repetition without a least is a text"),
        pytest.param("a(?i)b|C", "c", True, id="flags hold in the alternatives after them"),
        pytest.param(r"\Qa.b\E", "axb", False, id="quoted text is text"),
        pytest.param("[]a]", "]", True, id="a bracket first is a character"),
        pytest.param("(?s).", "\n", True, id="a dot takes line breaks when told to"),
        pytest.param(r"\x{D55C}", "한", True, id="a code point in braces"),
    ],
)
def test_what_go_means(pattern: str, text: str, found: bool) -> None:
    assert matches(pattern, text) is found


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        pytest.param("(?=a)", "invalid or unsupported Perl syntax: `(?=`", id="looking ahead"),
        pytest.param("(?<!a)b", "invalid or unsupported Perl syntax: `(?<!`", id="looking back"),
        pytest.param("a**", "invalid nested repetition operator: `**`", id="repeated twice"),
        pytest.param("*a", "missing argument to repetition operator: `*`", id="nothing repeated"),
        pytest.param("(a", "missing closing ): `(a`", id="a group that stays open"),
        pytest.param("a)", "unexpected ): `a)`", id="a group that never opened"),
        pytest.param("[a", "missing closing ]: `[a`", id="a class that stays open"),
        pytest.param("[z-a]", "invalid character class range: `z-a`", id="a range upside down"),
        pytest.param(r"\1", r"invalid escape sequence: `\1`", id="a reference back"),
        pytest.param("a{1001}", "invalid repeat count: `{1001}`", id="too often"),
        pytest.param("(a{0,1000}){2}", "invalid repeat count: `{2}`", id="too often together"),
        pytest.param("((a{31}){32}){0,2}", "invalid repeat count: `{0,2}`", id="three together"),
        pytest.param(
            "(" * 1000 + "a" + ")" * 1000,
            f"expression nests too deeply: `{'(' * 1000}a{')' * 1000}`",
            id="too deep",
        ),
        pytest.param("a\\", "trailing backslash at end of expression: ``", id="half an escape"),
    ],
)
def test_what_go_refuses(pattern: str, words: str) -> None:
    assert complaint(pattern) == f"error parsing regexp: {words}"
    with pytest.raises(BadExpression):
        compiled(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param("(a{31}){32}", id="992 together"),
        pytest.param("(?:a{1000}){1}", id="once as often"),
        pytest.param("(?:a{1000}){0}", id="never as often"),
        pytest.param("(?:a{1000}b{1000})?", id="one after the other"),
        pytest.param("(" * 999 + "a" + ")" * 999, id="groups as deep as may be"),
    ],
)
def test_what_go_takes(pattern: str) -> None:
    assert complaint(pattern) == ""


@pytest.mark.parametrize("pattern", ["a*b", "a*a*a*b", "^a*a*a*b$", "a{1,500}b"])
def test_nor_do_repetitions_one_after_the_other(pattern: str) -> None:
    text = "a" * 20_000
    assert matches(pattern, text + "!") is False
    assert searchable(pattern, text + "!").search(text) is None
    assert matches(pattern, text + "b") is True


def test_a_script_that_is_not_known_is_said_to_be_unknown() -> None:
    assert complaint(r"\p{Armenian}") == ""
    with pytest.raises(UnknownProperty, match="Armenian"):
        matches(r"\p{Armenian}", "x")


@pytest.mark.parametrize("pattern", ["(a+)+$", "^(a|a)*$", "^(a*a*)*$", "(.*.*)*x"])
def test_no_text_takes_for_ever(pattern: str) -> None:
    assert degree(compiled(pattern).pattern) == RISKY
    assert matches(pattern, "a" * 5000 + "!") is False


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(PATTERNS), TEXTS)
def test_both_ways_to_run_an_expression_agree(pattern: str, text: str) -> None:
    translated = compiled(pattern).pattern
    assert Automaton(translated).matches(text) == bool(re.search(translated, text, re.ASCII))
