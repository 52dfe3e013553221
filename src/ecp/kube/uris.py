"""URIs as Go's net/url reads them, and what it says of those it does not.

Source: Go net/url/url.go.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from ecp.kube.errors import go_quote

_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(.*)", re.DOTALL)
_ESCAPES: Final = re.compile(r"%(?![0-9A-Fa-f]{2}).{0,2}", re.DOTALL)
_IN_HOST: Final = re.compile(r"[A-Za-z0-9\-._~!$&'()*+,;=:\[\]<>\"%\x80-\U0010ffff]*")
_IN_PATH: Final = re.compile(r"[A-Za-z0-9\-._~$&+,/:;=@]")
_RAW_PATH: Final = "!'()*[]"


class InvalidUri(ValueError):
    """The text is no URI; the message is Go's."""

    def __init__(self, text: str, why: str) -> None:
        super().__init__(f"parse {go_quote(text)}: {why}")


class Uri(NamedTuple):
    """host is as written, with its port; path is as written."""

    scheme: str
    host: str
    path: str
    query: str
    text: str

    @property
    def hostname(self) -> str:
        name, _ = _apart(self.host)
        return name[1:-1] if name.startswith("[") and name.endswith("]") else name

    @property
    def port(self) -> str:
        return _apart(self.host)[1]

    @property
    def escaped_path(self) -> str:
        """The path with whatever may not stand in one escaped."""
        raw = self.path
        if all(_IN_PATH.match(char) or char in f"{_RAW_PATH}%" for char in raw):
            return raw
        return "".join(
            char if _IN_PATH.match(char) or char == "%" else _percent(char) for char in raw
        )

    def queries(self) -> dict[str, list[str]]:
        """The query's values by name; what cannot be read is left out."""
        found: dict[str, list[str]] = {}
        for pair in self.query.split("&"):
            if not pair or ";" in pair:
                continue
            name, _, value = pair.partition("=")
            if _ESCAPES.search(name) or _ESCAPES.search(value):
                continue
            found.setdefault(_unescaped(name), []).append(_unescaped(value))
        return found


def _percent(char: str) -> str:
    return "".join(f"%{byte:02X}" for byte in char.encode())


def _unescaped(text: str) -> str:
    data = text.replace("+", " ").encode()
    return re.sub(rb"%([0-9A-Fa-f]{2})", lambda m: bytes([int(m[1], 16)]), data).decode(
        errors="replace"
    )


def _apart(host: str) -> tuple[str, str]:
    found = re.fullmatch(r"(\[.*\]|[^:]*)(?::(\d*))?", host, re.DOTALL)
    return (host, "") if found is None else (found[1], found[2] or "")


def request_uri(text: str) -> Uri:
    """Return what a request to *text* would ask for: absolute, or a path. Raises InvalidUri."""
    if any(ord(char) < 0x20 or ord(char) == 0x7F for char in text):
        raise InvalidUri(text, "net/url: invalid control character in URL")
    if not text:
        raise InvalidUri(text, "empty url")
    if text == "*":
        return Uri("", "", "*", "", text)
    scheme, rest = _scheme(text)
    rest, _, query = rest.partition("?")
    if not rest.startswith("/"):
        if scheme:
            return Uri(scheme, "", "", query, text)
        raise InvalidUri(text, "invalid URI for request")
    host, path = "", rest
    if rest.startswith("//") and (scheme or not rest.startswith("///")):
        authority, slash, path = rest[2:].partition("/")
        path = slash + path
        host = _host(authority, text)
    bad = _ESCAPES.search(path)
    if bad is not None:
        raise InvalidUri(text, f"invalid URL escape {go_quote(bad[0])}")
    return Uri(scheme, host, path, query, text)


def _scheme(text: str) -> tuple[str, str]:
    found = _SCHEME.fullmatch(text)
    if found is not None:
        return found[1].lower(), found[2]
    if text.startswith(":"):
        raise InvalidUri(text, "missing protocol scheme")
    return "", text


def _host(authority: str, text: str) -> str:
    user, at, host = authority.rpartition("@")
    if at and not re.fullmatch(r"[A-Za-z0-9\-._~:!$&'()*+,;=%@]*", user):
        raise InvalidUri(text, "net/url: invalid userinfo")
    if host.startswith("["):
        if "]" not in host:
            raise InvalidUri(text, "missing ']' in host")
        port = host[host.rfind("]") + 1 :]
    else:
        colon = host.find(":")
        port = host[colon:] if colon >= 0 else ""
    if port and not re.fullmatch(r":\d*", port):
        raise InvalidUri(text, f"invalid port {go_quote(port)} after host")
    bad = _ESCAPES.search(host)
    if bad is not None:
        raise InvalidUri(text, f"invalid URL escape {go_quote(bad[0])}")
    good = _IN_HOST.match(host)
    end = good.end() if good else 0
    if end < len(host):
        raise InvalidUri(text, f"invalid character {go_quote(host[end])} in host name")
    return host
