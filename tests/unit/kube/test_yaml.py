"""Kubernetes' YAML dialect: values, documents, positions, limits."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecp.kube import yaml
from ecp.kube.yaml import Limits, read


def only(text: str | bytes, **options: Any) -> Any:
    (document,) = read(text, **options)
    assert document.errors == ()
    return document.object


def exact(text: str) -> Any:
    return yaml._build(text, Limits()).value


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        *[
            pytest.param(word, True, id=f"{word} is true")
            for word in ["yes", "Yes", "YES", "on", "On", "ON"]
        ],
        *[pytest.param(word, False, id=f"{word} is false") for word in ["no", "No", "off", "OFF"]],
        *[pytest.param(word, True, id=f"{word} is true") for word in ("y", "Y", "true", "TRUE")],
        *[pytest.param(word, False, id=f"{word} is false") for word in ("n", "N", "False")],
        *[pytest.param(word, None, id=f"{word} is null") for word in ("null", "~", "NULL")],
        pytest.param("yEs", "yEs", id="odd capitals are text"),
        pytest.param("0755", 493, id="a leading zero is octal"),
        pytest.param("0o755", 493, id="0o is octal"),
        pytest.param("08", 8, id="no octal digit makes it a float, which is whole"),
        pytest.param("0b101", 5, id="binary"),
        pytest.param("-0b101", -5, id="negative binary"),
        pytest.param("0x1F", 31, id="hexadecimal"),
        pytest.param("1_000", 1000, id="underscores are skipped"),
        pytest.param("+5", 5, id="a plus sign"),
        pytest.param("1e3", 1000, id="an exponent"),
        pytest.param("1e-3", 0.001, id="a negative exponent"),
        pytest.param("3.0", 3, id="a whole float is an integer in JSON"),
        pytest.param(".5", 0.5, id="a float without a whole part"),
        pytest.param("5.", 5, id="a float without a fraction"),
        pytest.param("1.5", 1.5, id="a float"),
        pytest.param("12:30:45", "12:30:45", id="base 60 is text"),
        pytest.param("190:20", "190:20", id="base 60 in two parts is text"),
        pytest.param("2020-01-01", "2020-01-01", id="a date is text"),
        pytest.param("2020-01-01T10:00:00Z", "2020-01-01T10:00:00Z", id="a time is text"),
        pytest.param("=", "=", id="an equals sign is text"),
        pytest.param("12345678901234567890", 12345678901234567890, id="64 bits without a sign"),
        pytest.param("123456789012345678901", 123456789012345680000, id="more bits are a float"),
        pytest.param("1.36", 1.36, id="a version is a float"),
        pytest.param("1.36.2", "1.36.2", id="a patch version is text"),
        pytest.param("500m", "500m", id="a quantity is text"),
        pytest.param("'yes'", "yes", id="quoted words are text"),
        pytest.param('"0755"', "0755", id="quoted numbers are text"),
        pytest.param("!!str 5", "5", id="a tag makes it text"),
        pytest.param("!!int '5'", 5, id="a tag makes it a number"),
        pytest.param("!!binary aGk=", "hi", id="binary is decoded"),
        pytest.param("", None, id="nothing is null"),
    ],
)
def test_what_an_unquoted_scalar_is_to_kubernetes(scalar: str, value: Any) -> None:
    for text in (f"a: {scalar}\n", f"a: {scalar}\nb:\n  - {scalar}\n" if scalar else "a:\n"):
        found = only(text)["a"]
        assert (type(found), found) == (type(value), value)
        assert exact(text)["a"] == value


@pytest.mark.parametrize(
    ("key", "text"),
    [
        pytest.param("123", "123", id="a number"),
        pytest.param("1.5", "1.5", id="a float"),
        pytest.param("true", "true", id="a boolean"),
        pytest.param("on", "true", id="a YAML 1.1 boolean"),
        pytest.param("n", "false", id="a single letter"),
        pytest.param("0x10", "16", id="a hexadecimal number"),
        pytest.param(".5", "0.5", id="a float without a whole part"),
        pytest.param("-0.0", "-0", id="a negative nothing"),
        pytest.param("100000.0", "100000", id="a whole float of six digits"),
        pytest.param("1e6", "1e+06", id="a float of more digits"),
        pytest.param("1e-5", "1e-05", id="a small float"),
        pytest.param("123456789.5", "1.2345679e+08", id="a float cut to 32 bits"),
        pytest.param("1e39", ".inf", id="a float beyond 32 bits"),
        pytest.param(".nan", ".nan", id="no number"),
        pytest.param("9223372036854775807", "9223372036854775807", id="63 bits"),
    ],
)
def test_keys_become_text(key: str, text: str) -> None:
    assert only(f"{key}: 1\n") == {text: 1}
    assert only(f"a:\n  {key}: 1\n") == {"a": {text: 1}}
    assert only(f"a: {{{key}: 1}}\n") == {"a": {text: 1}}


@pytest.mark.parametrize(
    ("text", "code", "line", "column", "words"),
    [
        pytest.param("a: .inf\n", "unsupported-value", 1, 4, "+Inf", id="infinity"),
        pytest.param("a: 1\nb: .nan\n", "unsupported-value", 2, 4, "NaN", id="not a number"),
        pytest.param("a: {{ .V }}\n", "invalid-key", 1, 5, "invalid map key", id="a template"),
        pytest.param("~: 1\n", "invalid-key", 1, 1, "unsupported map key", id="a null key"),
        pytest.param(
            "9223372036854775808: 1\n",
            "invalid-key",
            1,
            1,
            "uint64, key: 0x8000000000000000",
            id="a key of 64 bits",
        ),
        pytest.param(
            "a: [x,\n  http://y/?q]\n",
            "syntax",
            2,
            12,
            "line 1: did not find expected ',' or ']'",
            id="a question mark in a list of one line",
        ),
        pytest.param(
            "a: {b: !t c?}\n",
            "syntax",
            1,
            12,
            "did not find expected ',' or '}'",
            id="a question mark in a map of one line",
        ),
        pytest.param(
            'a:\n- "x\\/"\n',
            "syntax",
            2,
            5,
            "line 2: found unknown escape character",
            id="an escape that only JSON has",
        ),
        pytest.param("a: !!binary aG k=\n", "syntax", 1, 4, "base64", id="a blank in base64"),
        pytest.param("a:\n\tb: 1\n", "syntax", 2, 1, "line 2: found character", id="a tab"),
        pytest.param("a: b: c\n", "syntax", 1, 5, "mapping values", id="two colons"),
        pytest.param("a: *x\n", "alias", 1, 4, "unknown anchor 'x'", id="an unknown alias"),
        pytest.param("a: &x [*x]\n", "alias", 1, 8, "contains itself", id="a recursive alias"),
        pytest.param("a: !!int x\n", "syntax", 1, 4, "cannot decode", id="a wrong tag"),
        pytest.param("--- b\n", "separator", 1, 4, "document separator: b", id="after dashes"),
        pytest.param("a: 'x'---\n", "syntax", 1, 7, "did not find expected key", id="glued dashes"),
    ],
)
def test_what_cannot_be_read(text: str, code: str, line: int, column: int, words: str) -> None:
    (document,) = read(text)
    (problem,) = document.errors
    assert (problem.code, problem.position[:2], document.object) == (code, (line, column), None)
    assert words in problem.message


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("[a:]", ["a:"], id="at the end of a list"),
        pytest.param("[a:, b]", ["a:", "b"], id="before a comma"),
        pytest.param("{a:}", {"a:": None}, id="at the end of a map"),
        pytest.param("{a: [b :], c: 'd:]'}", {"a": ["b :"], "c": "d:]"}, id="behind a blank"),
        pytest.param('{"a":[b:], "c":{d: e}}', {"a": ["b:"], "c": {"d": "e"}}, id="beside JSON"),
    ],
)
def test_a_colon_may_end_a_word_in_flow_style(text: str, value: Any) -> None:
    """As go-yaml v2 reads it, and libyaml does not."""
    (document,) = read(f"x: {text}\nz: 1 # é\n")
    assert document.object == {"x": value, "z": 1}
    assert document.locate(("z",)) == (2, 4, 2, 5)


def test_half_a_surrogate_pair_in_json_is_a_replacement_character() -> None:
    text = '{"a": "\\ud83d\\ude00 \\ud800 \\\\ud800 \x7f\u2028", "b\\udc00": 1,\n"c": [2]}'
    (document,) = read(text)
    assert document.object == {"a": "😀 \ufffd \\ud800 \x7f\u2028", "b\ufffd": 1, "c": [2]}
    assert document.locate(("c", 0)) == (2, 7, 2, 8)


def test_one_bad_document_never_hides_the_others() -> None:
    text = "a: 1\n---\nb: [\n---\n# only a comment\n---\n\n---\nc: 'x'---\n---\nd: 2\n"
    documents = read(text)
    assert [document.object for document in documents] == [{"a": 1}, None, None, {"d": 2}]
    assert [document.index for document in documents] == [0, 1, 2, 3]
    assert [document.errors[0].position.line for document in documents[1:3]] == [3, 9]
    assert documents[3].locate(("d",)) == (11, 4, 11, 5)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        pytest.param("a: 1\nb: 2\na: 3\n", ("a",), id="at the root"),
        pytest.param("x:\n  - {a: 1}\n  - b: 1\n    b: 2\n", ("x", 1, "b"), id="in a list"),
        pytest.param('{"x": {"a": 1, "a": 2}}', ("x", "a"), id="in JSON"),
    ],
)
def test_duplicate_keys_are_found_and_the_last_one_wins(text: str, key: Any) -> None:
    (document,) = read(text)
    (problem,) = document.errors
    assert (problem.code, problem.fatal, problem.path) == ("duplicate-key", False, key)
    value = document.object
    for step in key:
        value = value[step]
    assert value in (2, 3)


def test_merge_keys_fill_in_and_are_no_duplicates() -> None:
    text = "base: &b {x: 1, y: 2}\nuse:\n  <<: *b\n  y: 3\nboth:\n  <<: [{x: 9}, *b]\n"
    assert only(text) == {
        "base": {"x": 1, "true": 2},
        "use": {"x": 1, "true": 3},
        "both": {"x": 9, "true": 2},
    }


def test_a_merge_after_a_key_overrides_it_as_in_go_yaml_v2() -> None:
    assert only("b: &b {k: 1}\nu:\n  k: 2\n  <<: *b\n")["u"] == {"k": 1}


@pytest.mark.parametrize(
    ("text", "limits", "code"),
    [
        pytest.param("a: " + "x" * 100, Limits(size=50), "size", id="too many bytes"),
        pytest.param("[" * 300 + "]" * 300, Limits(), "depth", id="flow too deep"),
        pytest.param("a: " + "[" * 100_000, Limits(), "syntax", id="flow far too deep"),
        pytest.param(
            "".join(f"{' ' * depth}a:\n" for depth in range(300)), Limits(), "depth", id="block"
        ),
        pytest.param("- " * 300 + "a", Limits(), "depth", id="dashes too deep"),
        pytest.param('{"a":' * 300 + "1" + "}" * 300, Limits(), "depth", id="JSON too deep"),
        pytest.param('{"a":' * 100_000, Limits(), "depth", id="JSON far too deep"),
        pytest.param("a: [" + "1, " * 500 + "]", Limits(nodes=100), "nodes", id="too many nodes"),
        pytest.param(
            "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
            + "".join(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)),
            Limits(),
            "alias",
            id="a billion laughs",
        ),
    ],
)
def test_limits(text: str, limits: Limits, code: str) -> None:
    documents = read(text, limits=limits)
    assert documents[-1].errors[-1].code == code
    assert documents[-1].object is None


def test_lists_are_expanded_with_positions_and_typed_lists_lend_their_kind() -> None:
    text = "apiVersion: v1\nkind: ConfigMapList\nitems:\n- metadata: {name: a}\n- kind: Other\n"
    first, second = read(text)
    assert first.object == {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}
    assert second.object["kind"] == "Other"
    assert first.locate(("metadata", "name")) == (4, 20, 4, 21)
    assert len(read(text, expand_lists=False)) == 1


def test_json_streams_are_read_object_by_object() -> None:
    text = '{"a": 1}\n{"b":\n\t{"c": 2.0}} {"d": "\\ud83d\\ude00"}'
    documents = read(text)
    assert [document.object for document in documents] == [{"a": 1}, {"b": {"c": 2}}, {"d": "😀"}]
    assert documents[1].locate(("b", "c"))[:2] == (3, 8)


def test_a_flow_mapping_is_not_mistaken_for_json() -> None:
    assert only("{a: yes, b: [1, 2]}") == {"a": True, "b": [1, 2]}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("\ufeffa: 1\n".encode(), id="a byte order mark"),
        pytest.param(b"a: 1\r\n", id="carriage returns"),
        pytest.param("a: 1\n".encode("utf-16"), id="UTF-16"),
        pytest.param(b"# c\n---\na: 1\n...\n", id="comment and end of document"),
    ],
)
def test_ways_to_write_a_file(text: bytes) -> None:
    assert only(text) == {"a": 1}


def test_bytes_that_are_no_text() -> None:
    (document,) = read(b"a: 1\nb: \xff\n")
    assert (document.errors[0].code, document.errors[0].position.line) == ("encoding", 2)


SAMPLE = """\
kind: Deployment
spec:
  replicas: 3
  template:
    containers:
    - name: web
      args: [one, "two three"]
      script: |
        line
        line
    - name: side
"""


@pytest.mark.parametrize(
    ("path", "key", "where"),
    [
        pytest.param(("spec", "replicas"), False, (3, 13, 3, 14), id="a value"),
        pytest.param(("spec", "replicas"), True, (3, 3, 3, 11), id="its key"),
        pytest.param(
            ("spec", "template", "containers", 0, "args", 1), False, (7, 19, 7, 30), id="an item"
        ),
        pytest.param(
            ("spec", "template", "containers", 0, "script"), False, (8, 15, 10, 13), id="a block"
        ),
        pytest.param(
            ("spec", "template", "containers", 1), False, (11, 7, 11, 17), id="a mapping in a list"
        ),
        pytest.param(("spec", "selector"), False, (2, 1, 2, 5), id="a missing field: its parent"),
        pytest.param((), False, (1, 1, 11, 17), id="the document"),
    ],
)
def test_positions(path: Any, key: bool, where: tuple[int, int, int, int]) -> None:
    (document,) = read(SAMPLE)
    assert document.locate(path, key=key) == where


# --- the two ways to read agree ---------------------------------------------------------------

WORDS = (
    "y n yes on off null ~ 0755 0o7 08 1e3 1_0 1.0 1.5 .5 5. +1 -0 = << 12:30 2020-01-01 true 0x1f "
    "0b1 .inf a-b a:b http://x 'q' \"q\" 123456789012345678901 {} [] | > & * ! % @ ` # - ? : é 한"
)
TOKENS = st.sampled_from(["", *WORDS.split()])


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["", "- ", "  "]), TOKENS, st.sampled_from([": ", ":\n  "]), TOKENS
        ),
        min_size=1,
        max_size=5,
    )
)
def test_fast_and_exact_reader_agree(rows: list[tuple[str, str, str, str]]) -> None:
    text = "".join(f"{indent}{key}{colon}{value}\n" for indent, key, colon, value in rows)
    chunk = yaml._read_piece(text, 1, False, Limits())
    built = yaml._build(text, Limits())
    fatal = any(problem.fatal for problem in built.problems)
    assert (chunk.value, chunk.fatal) == (None if fatal else built.value, fatal)
