"""A text in CEL as tokens, and what its quoted texts mean.

Source: the grammar of google/cel-go, parser/gen/CEL.g4, and parser/unescape.go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from ecp.kube.cel.source import Issue

_ESCAPE: Final = (
    r"\\(?:[abfnrtv\"'\\?`]|[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2})"
)
_QUOTED: Final = (
    rf'"""(?:{_ESCAPE}|[^\\])*?"""',
    rf"'''(?:{_ESCAPE}|[^\\])*?'''",
    rf'"(?:{_ESCAPE}|[^\\"\n\r])*"',
    rf"'(?:{_ESCAPE}|[^\\'\n\r])*'",
    r'[rR]"""(?:.|\n)*?"""',
    r"[rR]'''(?:.|\n)*?'''",
    r'[rR]"[^"\n\r]*"',
    r"[rR]'[^'\n\r]*'",
)
_STRING: Final = "|".join(_QUOTED)
_TOKEN: Final = re.compile(
    "|".join(
        f"(?P<{kind}>{pattern})"
        for kind, pattern in (
            ("blank", r"[\t \r\n\f]+|//[^\n]*"),
            ("BYTES", f"[bB](?:{_STRING})"),
            ("STRING", _STRING),
            ("NUM_FLOAT", r"\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?"),
            ("NUM_UINT", r"(?:0x[0-9a-fA-F]+|\d+)[uU]"),
            ("NUM_INT", r"0x[0-9a-fA-F]+|\d+"),
            ("IDENTIFIER", r"[A-Za-z_][A-Za-z0-9_]*"),
            ("ESC_IDENTIFIER", r"`[A-Za-z0-9_.\-/ ]+`"),
            ("operator", r"==|!=|<=|>=|&&|\|\||[<>\[\]{}().,\-!?:+*/%]"),
        )
    )
)
_WORDS: Final = ("in", "true", "false", "null")
END: Final = "<EOF>"
# The characters that begin a token, so that what is no token can be told from its start.
_UNFINISHED: Final = re.compile(
    rf"[bBrR]{{0,2}}(?:\"\"\"|'''|[\"'])(?:{_ESCAPE}|[^\\\n\r])*(?:\\[^\n\r]?)?|`[^`\n]*|[&|=].?"
)


class Token(NamedTuple):
    """kind: that of the grammar, or the text itself of an operator or a word of the language."""

    kind: str
    text: str
    at: int


def tokenize(source: str) -> tuple[list[Token], list[Issue]]:
    """Return the tokens, END last, and what in the text is none."""
    issues: list[Issue] = []
    return list(_tokens(source, issues)), issues


def _tokens(source: str, issues: list[Issue]) -> Iterator[Token]:
    at = 0
    while at < len(source):
        match = _TOKEN.match(source, at)
        if match is None:
            bad = _UNFINISHED.match(source, at)
            length = len(bad[0]) if bad else 1
            shown = source[at : at + length]
            issues.append(Issue(at, f"Syntax error: token recognition error at: '{shown}'"))
            at += length
            continue
        kind, text = str(match.lastgroup), match[0]
        if kind == "operator" or (kind == "IDENTIFIER" and text in _WORDS):
            kind = text
        if kind != "blank":
            yield Token(kind, text, at)
        at = match.end()
    yield Token(END, END, len(source))


_SIMPLE: Final = {
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
}
_ESCAPED: Final = re.compile(_ESCAPE, re.DOTALL)


class BadEscape(ValueError):
    """The text has an escape that means nothing; the message is the server's."""


def unquoted(text: str) -> str:
    """Return what a quoted text means. Raises BadEscape."""
    body, raw = _body(text)
    return body if raw else _ESCAPED.sub(_meant, body)


def unquoted_bytes(text: str) -> bytes:
    """As `unquoted` for ``b"…"``, where an escape is one byte. Raises BadEscape."""
    body, raw = _body(text[1:])
    if raw:
        return body.encode()
    out = bytearray()
    at = 0
    for match in _ESCAPED.finditer(body):
        out += body[at : match.start()].encode()
        escape = match[0][1:]
        if escape[0] in "uU":
            raise BadEscape("unable to unescape string")
        number = _number(escape)
        out += bytes([number & 0xFF]) if number is not None else _meant(match).encode()
        at = match.end()
    return bytes(out + body[at:].encode())


def _body(text: str) -> tuple[str, bool]:
    raw = text[0] in "rR"
    text = text[1:] if raw else text
    quotes = 3 if text[:3] in ('"""', "'''") and len(text) >= 6 else 1
    return text[quotes:-quotes].replace("\r\n", "\n").replace("\r", "\n"), raw


def _number(escape: str) -> int | None:
    if escape[0] in "xXuU":
        return int(escape[1:], 16)
    return int(escape, 8) if escape[0] in "0123" else None


def _meant(match: re.Match[str]) -> str:
    escape = match[0][1:]
    number = _number(escape)
    if number is None:
        return _SIMPLE.get(escape, escape)
    if number > 0x10FFFF or 0xD800 <= number <= 0xDFFF:
        raise BadEscape("invalid unicode code point")
    return chr(number)
