"""Texts: both languages, the same blanks to fill, none missing, none twice."""

import ast
import re
import string
from collections import Counter
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest

from ecp.texts import _catalogue, keys, language_of_header, text, took


@pytest.mark.parametrize("key", keys())
def test_both_languages_fill_the_same_blanks(key: str) -> None:
    texts = _catalogue()[key]
    assert set(texts) == {"ko", "en"}
    blanks = [
        {field for _, field, _, _ in string.Formatter().parse(texts[language]) if field}
        for language in ("ko", "en")
    ]
    assert blanks[0] == blanks[1]


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("ko", "ko"),
        ("ko-KR,ko;q=0.9,en;q=0.8", "ko"),
        ("en-US,ko;q=0.5", "en"),
        ("de,ko;q=0.3", "ko"),
        ("en;q=0.2,ko;q=0.4", "ko"),
        ("de", "en"),
        ("ko;q=x", "en"),
    ],
)
def test_language_of_header(header: str, language: str) -> None:
    assert language_of_header(header) == language


@pytest.mark.parametrize(
    ("seconds", "english", "korean"),
    [
        (8.94, "8.9 s", "8.9초"),
        (0, "0 s", "0초"),
        (189.0, "3 min 9 s", "3분 9초"),
        (60.0, "1 min", "1분"),
        (11_827_800, "136 d 21 h", "136일 21시간"),
    ],
)
def test_a_duration_is_told_in_its_two_largest_parts(
    seconds: float, english: str, korean: str
) -> None:
    assert (took(seconds, "en"), took(seconds, "ko")) == (english, korean)


def test_an_unknown_key_is_our_mistake() -> None:
    with pytest.raises(KeyError):
        text("no.such-key")


def test_no_key_stands_twice() -> None:
    """YAML takes the last of two and says nothing."""
    content = resources.files("ecp.texts").joinpath("catalogue.yaml").read_text("utf-8")
    found = Counter(re.findall(r"^([^\s#][^:]*):$", content, re.MULTILINE))
    assert [key for key, times in found.items() if times > 1] == []
    assert sorted(found) == keys()


SRC = Path(__file__).resolve().parents[3] / "src" / "ecp"
FAMILIES = {key.partition(".")[0] for key in keys()}
# Calls whose first argument is the key of a text, or None for a message that is ready.
SAYS = {"said", "text", "say", "Failure"}
# Files whose `self.said` puts a family before the key.
WITHIN = {"slo/printed/sections.py": "statement."}


def named() -> Iterator[tuple[str, str]]:
    """Give every key that stands as such in a call that says it, with its file."""
    for file in sorted(SRC.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            first = node.args[0]
            if name in SAYS and isinstance(first, ast.Constant) and isinstance(first.value, str):
                place = str(file.relative_to(SRC))
                family = WITHIN.get(place, "") if name == "said" else ""
                yield place, family + first.value


def test_every_text_that_is_said_is_there() -> None:
    found = [(file, key) for file, key in named() if key.partition(".")[0] in FAMILIES]
    assert len(found) > 150
    assert [(file, key) for file, key in found if key not in keys()] == []


# A particle that depends on what fills the blank before it: (으)로, 이(가) … read like a form.
PARTICLE = re.compile(r"(을\(를\)|이\(가\)|은\(는\)|와\(과\)|\(으\)로|\(이\)라)")


def test_korean_needs_no_double_particle() -> None:
    assert [key for key in keys() if PARTICLE.search(text_of(key))] == []


def text_of(key: str) -> str:
    return _catalogue()[key]["ko"]


def test_korean_asks_in_one_register() -> None:
    assert [key for key in keys() if "십시오" in text_of(key)] == []
