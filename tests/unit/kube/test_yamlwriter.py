"""What is written as YAML is read back the same, and looks as one expects."""

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecp.kube import yaml
from ecp.kube.yaml import Limits, read
from ecp.kube.yamlwriter import dump

WORDS = (
    "y n yes on off null ~ 0755 0o7 08 1e3 1_0 1.0 1.5 .5 5. +1 -0 = << 12:30 2020-01-01 true 0x1f "
    "0b1 .inf a-b a:b http://x 'q' \"q\" 123456789012345678901 {} [] | > & * ! % @ ` # - ? : é 한"
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: not x.is_integer()),
    st.text(max_size=20),
    st.sampled_from(WORDS.split()),
    st.sampled_from(["a\nb", "a\nb\n", "a\n\nb\n\n", "\n", " a\nb", "a \nb", "- x", "x #y", "x:"]),
)
# What some reader of YAML 1.1 takes for something else, and letters that lines end or begin with.
ODD_WORDS = [
    "yes", "No", "OFF", "NULL", "~", "", "0o7", "0755", "08", "1_000", "1e400", "+.5", ".nan",
    "-.Inf", "12:30:45", "190:20.5", "2020-1-1", "2020-01-01 1:2:3", "=", "<<", "!", "*a", "&a",
    "? a", "- - a", "---", "...", "--- a", "%a", "@a", "`a", "# a", "a #b", "a:", ": a", "a: b",
    "{a", "[a]", "'", '"', "\\", "\\/", " a", "a ", "\ta", "a\t", "a\tb", "\n\ta", "a\n b", " \na",
    "a\n\n\n", "a\n...\n", "---\na", "# a\nb", "a\r\nb", "a\x85b", "a\n\u2028b", "\ufeffa", "a\xa0",
    "\x00", "\x1b", "\x7f", "\x80", "\ufffe", "\U0010ffff", "\u202e", "\u3000", "한 글", "😀",
]  # fmt: skip
ODD_LETTERS = " \t\n\r:#-?*&!|>%@`'\"{}[],=<~.019eExyN_+/\\é한\x85\u2028\ufeff"
ODD = st.sampled_from(ODD_WORDS) | st.text(ODD_LETTERS, max_size=6)
VALUES = st.recursive(
    SCALARS | ODD,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.text(min_size=1, max_size=8) | ODD, VALUES, max_size=4))
def test_what_is_written_is_read_back(value: dict[str, Any]) -> None:
    if not value:
        return
    (document,) = read(dump(value), expand_lists=False)
    assert document.errors == ()
    assert document.object == value
    assert yaml._build(dump(value), Limits()).value == value


@pytest.mark.parametrize("text", ["y", "n", "on", "0o755", "0755", "1e3", "12:30:45", "=", "~", ""])
def test_what_kubernetes_would_misread_is_quoted(text: str) -> None:
    assert dump({"a": text}) == f'a: "{text}"\n'


def test_objects_are_written_in_the_usual_order() -> None:
    objects = [
        {"spec": {"b": [1, {"c": []}]}, "metadata": {"name": "x"}, "kind": "K", "apiVersion": "v1"},
        {"kind": "L", "data": {"f": "one\ntwo\n"}},
    ]
    assert dump(objects) == (
        "apiVersion: v1\nkind: K\nmetadata:\n  name: x\nspec:\n  b:\n  - 1\n  - c: []\n"
        "---\nkind: L\ndata:\n  f: |\n    one\n    two\n"
    )


def test_only_json_shaped_values_are_written() -> None:
    with pytest.raises(TypeError):
        dump({"a": object()})
    with pytest.raises(TypeError):
        dump({"a": math.inf})
