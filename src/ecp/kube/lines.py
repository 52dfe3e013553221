"""The quick way to read ordinary YAML: block style, a line a field, as nearly all manifests are.

One expression cuts a document into lines, indents, keys and values; one loop builds the object.
Whatever is not plainly ordinary (anchors, tags, flow over several lines, folded text, a key twice,
a tab, a line that continues another) is left to the exact reader of `ecp.kube.yaml`, which gives
the same value for everything that is read here.

Source: YAML 1.1 chapters 4 and 9, libyaml scanner.c for what may begin and end a plain scalar.
"""

from __future__ import annotations

import json
import math
import re
from functools import lru_cache
from typing import Any, Final

from ecp.kube.scalars import MEANT, resolve_plain

LEFT_OUT: Final = object()
"""What `read_lines` answers for text that it does not read."""

_FIRST: Final = r"""(?:[^\s\-?:,\[\]{}\#&*!|>'"%@`]|[-?](?=[^\s,\[\]{}]))"""
KEY: Final = r"""[A-Za-z0-9_.$/][A-Za-z0-9_.$/-]{0,200}+|"[^"\\\n]{0,200}+"|'[^'\n]{0,200}+'"""
"""What is read as a key; a colon and a blank or a line break follow."""
# indent, dash, key, plain value, literal text, any other rest; a match begins at every line.
_LINE: Final = re.compile(
    rf"""
    ([ ]{{0,150}}+)
    (-[ ]++(?=[^\s\#]))?+
    (?:({KEY}):(?=[ \n])[ ]*+)?+
    (?:
      ({_FIRST}[^\n:\#]*+(?:(?::(?=[^\s])|(?<=[^\s])\#)[^\n:\#]*+)*+)(?<![ ])\n
     |(\|[-+]?+\n(?:\1[ ][^\n]*+\n|[ ]*+\n)++)
     |([^\n]*+)\n
    )
    """,
    re.VERBOSE,
)
_DOUBLE: Final = re.compile(r'"((?:[^"\\]|\\["\\nt])*+)"[ ]*+(?:(?<=[ ])\#.*)?')
_SINGLE: Final = re.compile(r"'((?:[^']|'')*+)'[ ]*+(?:(?<=[ ])\#.*)?")
_BEFORE_COMMENT: Final = re.compile(
    rf"({_FIRST}[^:\#]*+(?:(?::(?=[^\s])|(?<=[^\s])\#)[^:\#]*+)*+)(?:(?<=[ ])\#.*|(?<=[ ]))", re.X
)
FLOW: Final = re.compile(
    r"""
    [ ]*+(?:
      ([\[\]{},])
      |"((?:[^"\\]|\\["\\nt])*+)"
      |'((?:[^']|'')*+)'
      |([A-Za-z0-9_./$(+~;^=<-][^,\[\]{}:\#"'&*!|>%@`?]*+(?::[A-Za-z0-9/][^,\[\]{}:\#"'&*!|>%@`?]*+)*+)
      |([^\n])
    )[ ]*+(:(?=[ ])[ ]*+)?+
    """,
    re.X,
)
# A plain scalar that begins so is text, if it is none of the words that mean something.
_TEXT: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ/_$(")
MOST_NESTED_FLOW: Final = 8

_resolved = lru_cache(maxsize=4096)(resolve_plain)


class _LeftOut(Exception):
    """Something that the quick way does not read."""


def read_lines(text: str, depth: int) -> Any:
    """Return the value of one document, or LEFT_OUT for text that is not plainly ordinary.

    text    ends with a line break
    depth   how many collections may be nested; more are left out
    """
    # What cannot be printed is refused, a line break, a blank of another kind or a mark.
    if not text.replace("\n", "").isprintable():
        return LEFT_OUT
    try:
        return _read(text, depth)
    except _LeftOut:
        return LEFT_OUT


def _read(text: str, depth: int) -> Any:
    root: dict[str, Any] = {"": None}
    here: Any = root
    column = -1
    # The field whose value the next line may begin.
    pending: str | None = ""
    outer: list[tuple[int, Any]] = []
    for indent, dash, key, plain, literal, rest in _LINE.findall(text):
        start = len(indent)
        if dash:
            if start > column:
                here, column = _opened(here, pending, column, start, [], outer)
            else:
                if column > start:
                    pending = None
                while column > start:
                    column, here = outer.pop()
                if column != start:
                    raise _LeftOut
                if type(here) is dict:
                    # A list that stands as far in as the field that holds it.
                    here, column = _opened(here, pending, column, start, [], outer)
            pending = None
            if not key:
                here.append(_plain(plain) if plain else _other(literal or rest, column))
                continue
            item: dict[str, Any] = {}
            here.append(item)
            outer.append((column, here))
            if len(outer) > depth:
                raise _LeftOut
            column, here = start + len(dash), item
        elif not key:
            if plain or literal or (rest and rest[0] != "#"):
                raise _LeftOut
            continue
        elif start != column:
            if start > column:
                here, column = _opened(here, pending, column, start, {}, outer)
                if len(outer) > depth:
                    raise _LeftOut
            else:
                while column > start:
                    column, here = outer.pop()
                if type(here) is list:
                    column, here = outer.pop()
                if column != start:
                    raise _LeftOut
        elif type(here) is list:
            column, here = outer.pop()
            if column != start:
                raise _LeftOut
        if key in MEANT or key[0] not in _TEXT:
            key = _key_text(key)
        if key in here:
            raise _LeftOut
        if plain:
            here[key] = plain if plain[0] in _TEXT and plain not in MEANT else _plain(plain)
            pending = None
        elif not literal and (not rest or rest[0] == "#"):
            here[key] = None
            pending = key
        else:
            here[key] = _other(literal or rest, column)
            pending = None
    return root[""]


def _opened(
    here: Any,
    pending: str | None,
    column: int,
    start: int,
    inner: Any,
    outer: list[tuple[int, Any]],
) -> tuple[Any, int]:
    """Begin a collection as the value of the pending field; return it and its column."""
    if pending is None:
        raise _LeftOut
    here[pending] = inner
    outer.append((column, here))
    return inner, start


def _key_text(text: str) -> str:
    if text[0] in "\"'":
        return text[1:-1]
    if type(_resolved(text)) is not str:
        raise _LeftOut
    return text


def _plain(text: str) -> Any:
    value = _resolved(text) if len(text) < 64 else resolve_plain(text)
    if type(value) is float and not math.isfinite(value):
        raise _LeftOut
    return value


def _other(rest: str, column: int) -> Any:
    """Return a value that is not plain, or followed by a comment or blanks."""
    first = rest[0]
    if first == "|":
        return _literal(rest, column)
    if first == '"':
        match = _DOUBLE.fullmatch(rest)
        if match is not None:
            return _unescaped(match[1])
    elif first == "'":
        match = _SINGLE.fullmatch(rest)
        if match is not None:
            return match[1].replace("''", "'")
    elif first in "[{":
        return _flow(rest)
    else:
        match = _BEFORE_COMMENT.fullmatch(rest)
        if match is not None:
            return _plain(match[1].rstrip(" "))
    raise _LeftOut


def _unescaped(text: str) -> str:
    return str(json.loads(f'"{text}"')) if "\\" in text else text


def _literal(text: str, column: int) -> str:
    """Return a literal text; its lines stand further in than *column*."""
    header, _, body = text.partition("\n")
    bare = body.lstrip(" ")
    inside = len(body) - len(bare)
    if bare[:1] == "\n" or not bare or inside <= max(column, 0):
        raise _LeftOut
    pad = " " * inside
    content = []
    for line in body[:-1].split("\n"):
        if line.startswith(pad):
            content.append(line[inside:])
        elif line.strip(" "):
            raise _LeftOut
        else:
            content.append("")
    value = "\n".join(content) + "\n"
    if header == "|+":
        return value
    value = value.rstrip("\n")
    return value if header == "|-" else value + "\n"


def _flow(rest: str) -> Any:
    """Return a list or map that is written in one line."""
    outer: list[Any] = []
    here: Any = None
    key: str | None = None
    # What may come next: a value, or a comma or an end.
    wants_value = True
    tokens = FLOW.finditer(rest)
    for token in tokens:
        mark, double, single, plain, odd = token.groups()[:5]
        is_key = token[6] is not None
        if odd is not None:
            raise _LeftOut
        if mark is not None:
            if is_key:
                raise _LeftOut
            if mark in "[{":
                if not wants_value or (type(here) is dict and key is None):
                    raise _LeftOut
                new: Any = [] if mark == "[" else {}
                if here is not None:
                    _put(here, key, new)
                    key = None
                outer.append(here)
                if len(outer) > MOST_NESTED_FLOW:
                    raise _LeftOut
                here, wants_value = new, True
                continue
            if mark == ",":
                if wants_value:
                    raise _LeftOut
                wants_value = True
                continue
            if (mark == "]") is not (type(here) is list) or (
                wants_value and (here or key is not None)
            ):
                raise _LeftOut
            done, here = here, outer.pop()
            wants_value = False
            if here is None:
                tail = rest[token.end() :]
                if tail and not (tail[0] == "#" and rest[token.end() - 1] == " "):
                    raise _LeftOut
                return done
            continue
        if not wants_value:
            raise _LeftOut
        if type(here) is dict and key is None:
            if not is_key:
                raise _LeftOut
            key = flow_key(double, single, plain)
            if key in here:
                raise _LeftOut
            continue
        if is_key:
            raise _LeftOut
        _put(here, key, _flow_value(double, single, plain))
        key, wants_value = None, False
    raise _LeftOut


def _put(here: Any, key: str | None, value: Any) -> None:
    if key is None:
        here.append(value)
    else:
        here[key] = value


def _flow_value(double: str | None, single: str | None, plain: str | None) -> Any:
    if double is not None:
        return _unescaped(double)
    if single is not None:
        return single.replace("''", "'")
    assert plain is not None
    if plain[0] == "-" and plain[1:2] in ("", " "):
        raise _LeftOut
    return _plain(plain.rstrip(" "))


def flow_key(double: str | None, single: str | None, plain: str | None) -> str:
    key = _flow_value(double, single, plain)
    if type(key) is not str or len(key) > 200 or plain == "<<":
        raise _LeftOut
    return key
