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

# Possessive is what repeats one class: Python before 3.11.5 loses letters of groups that are.
_FIRST: Final = r"""(?:[^\s\-?:,\[\]{}\#&*!|>'"%@`]|[-?](?=[^\s,\[\]{}]))"""
KEY: Final = r"""[A-Za-z0-9_.$/][A-Za-z0-9_.$/-]{0,200}+|"[^"\\\n]{0,200}+"|'[^'\n]{0,200}+'"""
"""What is read as a key; a colon and a blank or a line break follow."""
# indent, dash, key, plain value, any other rest; every line matches.
_LINE: Final = re.compile(
    rf"""
    ([ ]{{0,150}}+)
    (-[ ]++(?=[^\s\#]))?
    (?:({KEY}):(?=[ ]|\Z)[ ]*+)?
    (?:
      ({_FIRST}[^\n:\#]*+(?:(?::(?=[^\s])|(?<=[^\s])\#)[^\n:\#]*+)*)(?<![ ])\Z
     |([^\n]*+)
    )
    """,
    re.VERBOSE,
)
_HEADERS: Final = ("|", "|-", "|+")
_DOUBLE: Final = re.compile(r'"([^"\\]*+(?:\\["\\nt][^"\\]*+)*)"[ ]*+(?:(?<=[ ])\#.*)?')
_SINGLE: Final = re.compile(r"'([^']*+(?:''[^']*+)*)'(?!')[ ]*+(?:(?<=[ ])\#.*)?")
_BEFORE_COMMENT: Final = re.compile(
    rf"({_FIRST}[^:\#]*+(?:(?::(?=[^\s])|(?<=[^\s])\#)[^:\#]*+)*)(?:(?<=[ ])\#.*|(?<=[ ]))", re.X
)
FLOW: Final = re.compile(
    r"""
    [ ]*+(?:
      ([\[\]{},])
      |"([^"\\]*+(?:\\["\\nt][^"\\]*+)*)"
      |'([^']*+(?:''[^']*+)*)'(?!')
      |([A-Za-z0-9_./$(+~;^=<-][^,\[\]{}:\#"'&*!|>%@`?]*+(?::[A-Za-z0-9/][^,\[\]{}:\#"'&*!|>%@`?]*+)*)
      |([^\n])
    )[ ]*+(:(?=[ ])[ ]*+)?
    """,
    re.X,
)
_NESTED: Final = (dict, list)
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
    lines = text[:-1].split("\n")
    # Lines before this one belong to a literal text.
    past = 0
    for number, line in enumerate(lines):
        if number < past:
            continue
        start, inside, key, sort, value = (
            _line(line) if len(line) < _LONGEST_KNOWN else _taken_apart(line)
        )
        if inside:
            if start < column:
                pending = None
                while column > start:
                    column, here = outer.pop()
                if column != start:
                    raise _LeftOut
            if start > column or type(here) is dict:
                # A list may stand as far in as the field that holds it.
                if pending is None:
                    raise _LeftOut
                outer.append((column, here))
                here[pending] = here = []
                column = start
            pending = None
            if not key:
                if sort == _VALUE:
                    here.append(value)
                elif sort == _FLOW:
                    here.append(_copied(value))
                else:
                    past, value = _literal(lines, number, value, start, column)
                    here.append(value)
                continue
            item: dict[str, Any] = {}
            here.append(item)
            outer.append((column, here))
            if len(outer) > depth:
                raise _LeftOut
            column, here = inside, item
        elif not key:
            continue
        elif start > column:
            if pending is None:
                raise _LeftOut
            outer.append((column, here))
            if len(outer) > depth:
                raise _LeftOut
            here[pending] = here = {}
            column = start
        elif start < column or type(here) is list:
            while column > start:
                column, here = outer.pop()
            if type(here) is list:
                column, here = outer.pop()
            if column != start:
                raise _LeftOut
        if key in here:
            raise _LeftOut
        pending = None
        if sort == _VALUE:
            here[key] = value
        elif sort == _OPENS:
            here[key] = None
            pending = key
        elif sort == _FLOW:
            here[key] = _copied(value)
        else:
            past, here[key] = _literal(lines, number, value, start, column)
    return root[""]


# What stands behind a key or a dash.
_VALUE: Final = 0
_OPENS: Final = 1
_FLOW: Final = 2
_LITERAL: Final = 3
_LONGEST_KNOWN: Final = 200

_Line = tuple[int, int, str, int, Any]
"""Column of a line, column behind its dash or 0, key, what stands behind it, and its value."""


def _taken_apart(line: str) -> _Line:
    """Return what one line says; without key and dash it says nothing."""
    match = _LINE.fullmatch(line)
    # What cannot be printed is refused: a tab, a blank of another kind, a mark.
    if match is None or not line.isprintable():
        raise _LeftOut
    indent, dash, key, plain, rest = match.groups(default="")
    start = len(indent)
    inside = start + len(dash) if dash else 0
    if not dash and not key:
        if plain or (rest and rest[0] != "#"):
            raise _LeftOut
        return 0, 0, "", _VALUE, None
    if key and (key in MEANT or key[0] not in _TEXT):
        key = _key_text(key)
        if not key:
            raise _LeftOut
    if plain:
        value = plain if plain[0] in _TEXT and plain not in MEANT else _plain(plain)
        return start, inside, key, _VALUE, value
    if not rest or rest[0] == "#":
        return start, inside, key, _OPENS, None
    if rest[0] in "[{":
        return start, inside, key, _FLOW, _flow(rest)
    if rest in _HEADERS:
        return start, inside, key, _LITERAL, rest
    return start, inside, key, _VALUE, _other(rest)


# Most lines of most manifests are those of others, too.
_line = lru_cache(maxsize=8192)(_taken_apart)


def _copied(value: Any) -> Any:
    """Return a list or map as one of the reader's own."""
    if type(value) is dict:
        return {
            key: inner if type(inner) not in _NESTED else _copied(inner)
            for key, inner in value.items()
        }
    return [inner if type(inner) not in _NESTED else _copied(inner) for inner in value]


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


def _other(rest: str) -> Any:
    """Return a scalar that is not plain, or followed by a comment or blanks."""
    first = rest[0]
    if first == '"':
        match = _DOUBLE.fullmatch(rest)
        if match is not None:
            return _unescaped(match[1])
    elif first == "'":
        match = _SINGLE.fullmatch(rest)
        if match is not None:
            return match[1].replace("''", "'")
    else:
        match = _BEFORE_COMMENT.fullmatch(rest)
        if match is not None:
            return _plain(match[1].rstrip(" "))
    raise _LeftOut


def _unescaped(text: str) -> str:
    return str(json.loads(f'"{text}"')) if "\\" in text else text


def _literal(
    lines: list[str], number: int, header: str, start: int, column: int
) -> tuple[int, str]:
    """Return the number of the line behind a literal text, and the text.

    Its lines follow the one that begins it, and stand further in than *column*.
    """
    further = " " * (start + 1)
    past = number + 1
    while past < len(lines) and (lines[past].startswith(further) or not lines[past].strip(" ")):
        past += 1
    body = lines[number + 1 : past]
    bare = body[0].lstrip(" ") if body else ""
    if not bare:
        raise _LeftOut
    inside = len(body[0]) - len(bare)
    if inside <= max(column, 0):
        raise _LeftOut
    pad = " " * inside
    content = []
    for line in body:
        if line.startswith(pad):
            content.append(line[inside:])
        elif line.strip(" "):
            raise _LeftOut
        else:
            content.append("")
    if not "".join(content).isprintable():
        raise _LeftOut
    value = "\n".join(content) + "\n"
    if header == "|+":
        return past, value
    value = value.rstrip("\n")
    return past, value if header == "|-" else value + "\n"


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
