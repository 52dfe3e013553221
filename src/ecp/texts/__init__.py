"""What people read: message keys with Korean and English catalogues.

A text is named by a dotted key and filled with named values. `catalogue.yaml` has both
languages side by side, so that a missing translation shows at once (a test holds them equal).
"""

import os
from functools import cache
from typing import Any, Literal

Language = Literal["ko", "en"]
_UNITS = {"en": (" d", " h", " min", " s"), "ko": ("일", "시간", "분", "초")}
_WIDE = ("W", "F")
_NO_WIDTH = ("Mn", "Me", "Cf")


@cache
def _catalogue() -> dict[str, dict[str, str]]:
    # Most calls of the command line say nothing from here, and pay for none of it.
    import yaml

    with open(os.path.join(os.path.dirname(__file__), "catalogue.yaml"), encoding="utf-8") as file:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        loaded: dict[str, dict[str, str]] = yaml.load(file, Loader=loader)
    return loaded


def width(words: str) -> int:
    """Return the columns that *words* take in a terminal: Hangul takes two a letter.

    Source: Unicode Standard Annex 11, East Asian Width.
    """
    if words.isascii() and words.isprintable():
        return len(words)
    import unicodedata

    return sum(
        2 if unicodedata.east_asian_width(letter) in _WIDE else 1
        for letter in words
        if unicodedata.category(letter) not in _NO_WIDTH
    )


def text(key: str, language: Language = "en", **values: Any) -> str:
    """Return the text of *key*, filled. Raises KeyError for an unknown key or a missing value."""
    return _catalogue()[key][language].format_map(values)


def took(seconds: float, language: Language) -> str:
    """Return a duration as a reader writes it, its two largest parts: `3 min 9 s`, `3분 9초`.

    What is shorter than a minute keeps a tenth of a second.
    """
    if seconds < 60:
        return f"{round(seconds, 1):g}{_UNITS[language][-1]}"
    left, parts = round(seconds), []
    for size, unit in zip((86_400, 3_600, 60, 1), _UNITS[language], strict=True):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts[:2])


def is_key(key: str) -> bool:
    """Tell whether there is a text of that key."""
    return key in _catalogue()


def keys() -> list[str]:
    """Return every key, for the test that holds the languages equal."""
    return sorted(_catalogue())


def language_of_environment() -> Language:
    """Return the language that LC_ALL, LC_MESSAGES or LANG asks for; English unless Korean."""
    for variable in ("ECP_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(variable, "")
        if value:
            return "ko" if value.lower().startswith("ko") else "en"
    return "en"


def language_of_header(accept_language: str) -> Language:
    """Return the first of ko and en that an Accept-Language header prefers; English without."""
    ranked: list[tuple[float, int, Language]] = []
    for place, part in enumerate(accept_language.split(",")):
        tag, _, quality = part.strip().partition(";q=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            continue
        if tag.lower().startswith("ko"):
            ranked.append((-weight, place, "ko"))
        elif tag.lower().startswith("en"):
            ranked.append((-weight, place, "en"))
    return min(ranked)[2] if ranked else "en"
