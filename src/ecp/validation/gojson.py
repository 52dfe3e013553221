"""What Go's encoding/json says to text that is not JSON."""

from __future__ import annotations

import json
from typing import Final

_LITERALS: Final = {"t": "true", "f": "false", "n": "null"}


def json_complaint(text: str) -> str:
    """Return Go's words for *text* that Python's reader refuses.

    Literals, and the first character of a value, are worded exactly; deeper errors get the general
    sentence. Source: Go encoding/json scanner.go.
    """
    body = text.lstrip(" \t\r\n")
    if not body:
        return "unexpected end of JSON input"
    literal = _LITERALS.get(body[0])
    if literal is not None:
        for number, expected in enumerate(literal[1:], start=1):
            if number >= len(body):
                return "unexpected end of JSON input"
            if body[number] != expected:
                found = _char(body[number])
                return (
                    f"invalid character {found} in literal {literal} (expecting {_char(expected)})"
                )
        return f"invalid character {_char(body[len(literal)])} after top-level value"
    if body[0] not in '{["-0123456789':
        return f"invalid character {_char(body[0])} looking for beginning of value"
    if body == "-":
        return "unexpected end of JSON input"
    if body[0] == "-" and body[1:2] not in "0123456789":
        return f"invalid character {_char(body[1])} in numeric literal"
    try:
        json.loads(body)
    except json.JSONDecodeError as error:
        if error.pos >= len(body):
            return "unexpected end of JSON input"
        found = _char(body[error.pos])
        if error.msg.startswith("Extra data"):
            return f"invalid character {found} after top-level value"
        if error.msg.startswith("Expecting property name"):
            return f"invalid character {found} looking for beginning of object key string"
        if error.msg.startswith("Expecting ':'"):
            return f"invalid character {found} after object key"
        if error.msg.startswith("Expecting ','"):
            place = "object key:value pair" if "{" in body[: error.pos] else "array element"
            return f"invalid character {found} after {place}"
        return f"invalid character {found} looking for beginning of value"
    return ""


def _char(char: str) -> str:
    if char == "'":
        return r"'\''"
    if char == '"':
        return "'\"'"
    # Go looks at bytes, and shows one as the character of that number.
    char = chr(char.encode()[0])
    return f"'{char}'" if char.isprintable() else repr(char)
