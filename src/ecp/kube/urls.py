"""A URL taken apart, without judging it. Source: RFC 3986, appendix B."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_PARTS: Final = re.compile(
    r"(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL
)


class Url(NamedTuple):
    """Each part is empty where the text has none; authority is ``user@host:port``."""

    scheme: str
    authority: str
    path: str
    query: str
    fragment: str


def split_url(text: str) -> Url:
    """Take *text* apart; every text has parts, so nothing is raised."""
    found = _PARTS.fullmatch(text)
    assert found is not None, "the pattern matches every text"
    scheme, *rest = (part or "" for part in found.groups())
    return Url(scheme.lower(), *rest)
