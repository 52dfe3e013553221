"""A URL taken apart, and why Go cannot. Source: RFC 3986, appendix B."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from ecp.kube.errors import go_quote

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


def misread(text: str) -> str:
    """Return why Go cannot take a text apart, in its words, or ``""``.

    Source: net/url `Parse`, `parseAuthority`, `parseHost`.
    """
    if any(ord(char) < 0x20 or ord(char) == 0x7F for char in text):
        return "net/url: invalid control character in URL"
    if text.startswith(":"):
        return "missing protocol scheme"
    rest, _, fragment = text.partition("#")
    scheme = _SCHEME.match(rest)
    rest = rest[scheme.end() :] if scheme else rest
    if not scheme and not rest.startswith("/") and ":" in rest.partition("?")[0].partition("/")[0]:
        return "first path segment in URL cannot contain colon"
    if rest.startswith("//"):
        authority = re.split("[/?]", rest[2:], maxsplit=1)[0]
        user, at, host = authority.rpartition("@")
        wrong = _misread_host(host)
        if wrong or (at and not _USER.fullmatch(user)):
            return wrong or "net/url: invalid userinfo"
        rest = rest[2 + len(authority) :]
    path = "" if scheme and rest[:1] not in ("/", "") else rest.partition("?")[0]
    return _misread_escape(path) or _misread_escape(fragment)


def _misread_host(host: str) -> str:
    if host.startswith("["):
        if "]" not in host:
            return "missing ']' in host"
        port = host.rpartition("]")[2]
    else:
        host, colon, number = host.partition(":")
        port = colon + number
    if port and not _PORT.fullmatch(port):
        return f"invalid port {go_quote(port)} after host"
    for char in host:
        if char.isascii() and not _HOST.fullmatch(char):
            return f"invalid character {go_quote(char)} in host name"
    found = _ESCAPE.search(host)
    return f"invalid URL escape {go_quote(found[0])}" if found else ""


def _misread_escape(text: str) -> str:
    found = _BAD_ESCAPE.search(text)
    return f"invalid URL escape {go_quote(found[0])}" if found else ""


_SCHEME: Final = re.compile("[a-zA-Z][-a-zA-Z0-9+.]*:")
_PORT: Final = re.compile(":[0-9]*")
_HOST: Final = re.compile(r"[-a-zA-Z0-9_.~!$&'()*+,;=:\[\]<>\"%]")
_USER: Final = re.compile(r"[-a-zA-Z0-9._:~!$&'()*+,;=%@]*")
_ESCAPE: Final = re.compile("%(?!25).{0,2}")
_BAD_ESCAPE: Final = re.compile("%(?![0-9a-fA-F]{2}).{0,2}")
