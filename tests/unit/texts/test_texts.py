"""Texts: both languages, the same blanks to fill."""

import string

import pytest

from ecp.texts import _catalogue, keys, language_of_header, text


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


def test_an_unknown_key_is_our_mistake() -> None:
    with pytest.raises(KeyError):
        text("no.such-key")
