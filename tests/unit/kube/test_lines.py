"""The quick reader: it reads what is ordinary and leaves the rest; it never differs."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecp.kube import yaml
from ecp.kube.lines import LEFT_OUT, read_lines
from ecp.kube.places import Place, places
from ecp.kube.yaml import Limits

ROOT = Path(__file__).parents[3]
GOLDEN = ROOT / "tests" / "golden"


def same(left: Any, right: Any) -> bool:
    """Equal in values, types and order of keys."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right)


def shown(mark: Place | yaml._Mark, path: tuple[str | int, ...] = ()) -> list[Any]:
    """Return where everything stands: value and key, by path, in the order of the text."""
    found: list[Any] = [(path, mark.start, mark.end)]
    for step in mark.steps():
        child = mark.child(step)
        assert child is not None
        found += [mark.key(step), *shown(child, (*path, step))]
    return found


def ways(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return the paths of everything, and of what is missing in each collection."""
    found: list[tuple[str | int, ...]] = [path]
    if isinstance(value, dict | list):
        found += [(*path, "missing"), (*path, "missing", 0), (*path, 99)]
    steps = value if isinstance(value, dict) else range(len(value) if type(value) is list else 0)
    for step in steps:
        found += ways(value[step], (*path, step))
    return found


def straight(text: str, value: Any, mark: Place | yaml._Mark) -> tuple[int, int]:
    """Return how many places were found straight away, of how many; fails where they differ."""
    whole, told, asked = places(text), 0, 0
    for path in ways(value):
        for key in (False, True):
            asked += 1
            spot = whole.spot(path, key)
            if spot is not None:
                told += 1
                assert tuple(at + 1 for at in spot) == yaml._find(mark, path, key), (path, key)
    return told, asked


def check(text: str) -> bool:
    """Tell whether *text* is read quickly; fails where the two readers differ."""
    quick = read_lines(text, 190)
    if quick is LEFT_OUT:
        return False
    built = yaml._build(text, Limits())
    assert built.problems == ()
    assert same(quick, built.value), (quick, built.value)
    # Where there is nothing, nothing is looked for.
    if built.mark is not None:
        assert shown(places(text)) == shown(built.mark)
        straight(text, built.value, built.mark)
    return True


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a: 1\nb:\n  c: x y\n  d: 'it''s'\n", id="maps, plain and quoted"),
        pytest.param("a:\n- b: 1\n  c: 2\n- b: 3\n", id="a list as far in as its field"),
        pytest.param("a:\n  - x\n  - 'y'\nb: 1\n", id="a list further in"),
        pytest.param("- a: 1\n- b: 2\n", id="a list as the whole document"),
        pytest.param("a: |\n  x\n\n    y\nb: |-\n  z\nc: |+\n  w\n\n", id="literal text"),
        pytest.param("a: [x, \"y\", 1, {b: c}]\nd: {e: 'f', g: []}\n", id="flow in one line"),
        pytest.param("a: x # c\n# d\n\nb: 'y' # e\nc: {} # f\n", id="comments"),
        pytest.param("a:\nb:\n  c:\n", id="nothing is null"),
        pytest.param('a: "x\\n\\"y\\\\"\n', id="simple escapes"),
        pytest.param("a: http://x:80/#y\nb: 12:30\nc: a#b\n", id="colons and hashes inside"),
        pytest.param("'a b': 1\n\"c\": 2\nd.e/f: 3\n", id="keys"),
        pytest.param("a: 파드 é 😀\n", id="any language"),
        pytest.param("a: 0755\nb: y\nc: 1e3\nd: ~\ne: 08\n", id="Kubernetes' own scalars"),
        pytest.param("  a: 1\n  b: 2\n", id="everything a little further in"),
    ],
)
def test_what_is_read_quickly(text: str) -> None:
    assert check(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a: &x 1\nb: *x\n", id="anchors"),
        pytest.param("a: !!str 1\n", id="tags"),
        pytest.param("<<: {a: 1}\n", id="merge keys"),
        pytest.param("a: {<<: x}\n", id="merge keys in flow"),
        pytest.param("a: 1\na: 2\n", id="a key twice"),
        pytest.param("a: {b: 1, b: 2}\n", id="a key twice in flow"),
        pytest.param("a: x\n  y\n", id="text that goes on"),
        pytest.param("a: >\n  x\n", id="folded text"),
        pytest.param("a: [x,\n  y]\n", id="flow over two lines"),
        pytest.param("a: |2\n   x\n", id="an indent that is given"),
        pytest.param("a: |\n\n  x\n", id="literal text with an empty beginning"),
        pytest.param("a:\tx\n", id="a tab"),
        pytest.param("a: x\r\n", id="carriage returns"),
        pytest.param('a: "\\u00e9"\n', id="other escapes"),
        pytest.param("y: 1\n", id="a key that is a boolean"),
        pytest.param("1: x\n", id="a key that is a number"),
        pytest.param("a: .inf\n", id="infinity"),
        pytest.param("a: x: y\n", id="two colons"),
        pytest.param("a: 'x' y\n", id="text behind a quote"),
        pytest.param("a:\n    b: 1\n  c: 2\n", id="a step back to nowhere"),
        pytest.param("? a\n: b\n", id="complex keys"),
        pytest.param("a: {\"b\":1}\n", id="JSON in flow"),
        pytest.param("".join(f"{' ' * n}a:\n" for n in range(160)), id="very deep"),
    ],
)  # fmt: skip
def test_what_is_left_to_the_exact_reader(text: str) -> None:
    assert read_lines(text, 190) is LEFT_OUT


def test_nearly_all_real_manifests_are_read_quickly() -> None:
    quick = []
    # Scenarios hold text in blocks, and one of them is read at a time.
    examples = [e for e in (ROOT / "examples").rglob("*.yaml") if e.parent.name != "scenarios"]
    for file in sorted([*GOLDEN.rglob("*.yaml"), *examples]):
        for document in yaml.read(file.read_bytes(), expand_lists=False):
            if document.reader != "json":
                quick.append(check(document.text.rstrip("\n") + "\n"))
    assert len(quick) > 300
    assert sum(quick) > 0.97 * len(quick)


def test_what_findings_point_at_is_nearly_always_found_straight_away() -> None:
    told = asked = 0
    for file in sorted((GOLDEN / "manifests" / "ecp-tenant").iterdir()):
        (document,) = yaml.read(file.read_bytes())
        text = document.text.rstrip("\n") + "\n"
        built = yaml._build(text, Limits())
        assert built.mark is not None
        found = straight(text, built.value, built.mark)
        told, asked = told + found[0], asked + found[1]
    assert told > 0.9 * asked


# --- everything else: agreement ------------------------------------------------------------------

KEYS = st.sampled_from(
    ["a: ", "b: ", "c: ", "d:", "e:  ", "'q': ", '"r": ', "n: ", "1: ", "x y: ", "", "<<: ", "? ",
     "a.b/c: ", '"": ', "~: "]
)  # fmt: skip
VALUES = st.sampled_from(
    [
        "", "x", "12", "1.5", "a b", "a  ", "# c", "x # c", "x #", "x#y", "a: b", "a:", "'q'",
        "'q''r'", "'q", '"d"', '"d\\n"', '"d\\x"', '"d" x', '"d" # c', '"d"# c', "'q'  ", "|", "|-",
        "|+", ">", "| # c", "|2", "[]", "{}", "[a, b]", "[a,b]", "{a: b, c: d}", "[a, [b], {d: e}]",
        "[a", "{a: }", "{a}", "{a: b,}", "[a,]", "[ a , 'b' ]", '{"a": 1}', '{"a":1}', "{a: b} # c",
        "[a]# c", "[a] x", "[-]", "[- a]", "[http://x, 1:2]", "[a#b]", "[a #b]", "- x", "-x", "?x",
        "&a x", "*a", "!t x", "%x", "@x", "`x", ".inf", "0755", "~", "=", "<<", "a,b", "(x)",
        "한 글",
        "\u3000", "a\u2028b", "\t", "::", "a:#b", "a::b", "-", "...", "---x", "{{ x }}", "{<<: x}",
        "[{a: b}, {c: d}]", "{1: 2}", "[y, no, ~]", "'a' 'b'", "- -1", "[a:b]", "[a: b]", "{a : b}",
        "{'': }", "{'': x}",
    ]
)  # fmt: skip
LINES = st.builds(
    lambda indent, dash, key, value: f"{indent}{dash}{key}{value}",
    st.sampled_from(["", "", "  ", "  ", "    ", "   ", " "]),
    st.sampled_from(["", "", "", "- ", "-  ", "-", "- - "]),
    KEYS,
    VALUES,
) | st.sampled_from(["", "  ", " # c", "# c", "    text", "     more", "  ", "   x"])


@settings(max_examples=600, deadline=None)
@given(st.lists(LINES, min_size=1, max_size=6))
def test_the_readers_agree_on_any_lines(lines: list[str]) -> None:
    check("\n".join(lines) + "\n")


LEAVES = st.sampled_from(
    ["", "x", "a b", "12", "# c", "x # c", "x#y ", "'q''r'", '"d\\"" # c', "[]", "{}", "[a, 'b']",
     '[ [x ] , {"k": v, q : [1, {s: t}]}] # c', "{a: 'b', c: {d: e}}", "http://x:1", "한 글  "]
)  # fmt: skip
BETWEEN = st.sampled_from(["", "", "", "", "", "\n", "# c\n", "      # - c: d\n", "\n \n#c: d\n"])


KEYS_OF_A_MAP = st.sampled_from(["k{}", "a.b/c{}", "'s s{}'", '"d{}"', "'{}'"])
LITERAL = st.sampled_from(["x", "# y", "k: v", "- z "])


@st.composite
def ordinary(draw: st.DrawFn, indent: int = 0, most: int = 3, dash: str = "") -> str:
    """Return a collection in block style, so far in; the first line may stand behind a dash."""
    pad = " " * indent
    is_list = not dash and draw(st.integers(0, 3)) == 0
    sorts = ["leaf", "leaf", "literal", "inside"] if most else ["leaf"]
    text = ""
    for number in range(draw(st.integers(1, 3))):
        head = dash if dash and number == 0 else pad
        head += "-" if is_list else draw(KEYS_OF_A_MAP).format(number) + ":"
        gap = " " * draw(st.integers(1, 3))
        sort = draw(st.sampled_from(sorts))
        if sort == "leaf":
            text += f"{head}{gap}{draw(LEAVES) or 'x' * is_list}\n"
        elif sort == "literal":
            inside = pad + " " * draw(st.integers(3, 5))
            more = draw(st.sampled_from(["", "\n", f"{inside}  more # z\n", "\n  \n"]))
            chomp = draw(st.sampled_from(["", "-", "+"]))
            text += f"{head}{gap}|{chomp}\n{inside}{draw(LITERAL)}\n{more}"
        elif is_list:
            text += draw(ordinary(len(head + gap), most - 1, head + gap))
        else:
            comment = draw(st.sampled_from(["", gap, f"{gap}# c"]))
            inside = draw(ordinary(indent + draw(st.integers(0, 3)), most - 1))
            text += f"{head}{comment}\n{draw(BETWEEN)}{inside}"
        text += draw(BETWEEN)
    return text


def test_the_readers_agree_on_ordinary_documents() -> None:
    quick = []

    @settings(max_examples=200, deadline=None)
    @given(ordinary())
    def agree(text: str) -> None:
        quick.append(check(text))

    agree()
    assert sum(quick) > len(quick) / 2


REAL = [
    document.text
    for file in sorted((GOLDEN / "manifests" / "ecp-tenant").iterdir())
    for document in yaml.read(file.read_bytes())
]


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(REAL),
    st.integers(0),
    st.integers(0, 2),
    st.text(" :#-'\"[]{}&|>?~\nyn0.", max_size=2),
)
def test_the_readers_agree_on_manifests_with_a_slip(text: str, at: int, cut: int, put: str) -> None:
    at %= len(text)
    check(text[:at] + put + text[at + cut :].rstrip("\n") + "\n")
