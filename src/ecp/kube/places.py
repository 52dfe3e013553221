"""Where the parts of a document stand that the quick way reads.

What `ecp.kube.lines` reads is so plainly written that a part is found by its indent alone. A
collection is looked through when something below it is asked for, so a finding costs the lines
around it and not the document. The places are those of the exact reader of `ecp.kube.yaml`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import cache
from itertools import accumulate
from typing import Final, NamedTuple

from ecp.kube.lines import FLOW, KEY, flow_key

Step = str | int
Span = tuple[int, int, int, int]

_KEY: Final = re.compile(rf"({KEY}):(?=[ \n])[ ]*+")
_CONTENT: Final = re.compile(r"^([ ]*+)[^ \n#]", re.MULTILINE)
_BLANK: Final = re.compile(r"[ ]++|(?=\n)")
_NEXT: Final = re.compile(r"\n([ ]*+)(?=[^ \n#])")
# So many places of one text are told by counting its lines.
_COUNTED: Final = 32
_QUOTED: Final = re.compile(r""""[^"\\]*+(?:\\.[^"\\]*+)*"|'[^']*+(?:''[^']*+)*'(?!')""")


class _Source:
    """A text; where its lines begin, once that pays; and the collections that were on a way."""

    __slots__ = ("_asked", "_starts", "text", "ways")

    def __init__(self, text: str) -> None:
        self.text = text
        self.ways: _Ways = {}
        self._asked = 0
        self._starts: list[int] = []

    def at(self, offset: int) -> tuple[int, int]:
        """Return line and column, both from 0."""
        # The quick way reads no text with another break of lines.
        if not self._starts:
            self._asked += 1
            if self._asked <= _COUNTED:
                line = self.text.count("\n", 0, offset)
                return line, offset - self.text.rfind("\n", 0, offset) - 1
            self._starts = [0, *accumulate(map(len, self.text.splitlines(keepends=True)))]
        line = bisect_right(self._starts, offset) - 1
        return line, offset - self._starts[line]

    def span(self, begin: int, stop: int) -> Span:
        """Return line and column of two places, from 0."""
        line, column = self.at(begin)
        if self.text.find("\n", begin, stop) < 0:
            return line, column, line, column + stop - begin
        return line, column, *self.at(stop)


_Offsets = tuple[int, int, int, int]
"""As `_Part` names them."""
_Extent = tuple[int, int, int]
"""Begin, stop and column of a value, as in `Place`."""
_Ways = dict[Step, tuple[_Offsets, _Extent, "_Ways"]]
"""Entries that have a collection in block style, its extent, and those below it."""


class _Part(NamedTuple):
    """An entry of a collection, by offsets: its key, and what its value stands between.

    An item of a list has no key: it ends where it begins.
    """

    key: int
    key_stop: int
    begin: int
    stop: int


class Place:
    """Where a value stands, and what is in it.

    begin    offset of its first character
    stop     offset behind its last one; of a collection in block style, behind all that is indented
             as it is
    column   of a collection in block style; -1 for anything else
    """

    __slots__ = ("_begin", "_children", "_column", "_entries", "_source", "_steps", "_stop")

    def __init__(self, source: _Source, begin: int, stop: int, column: int = -1) -> None:
        self._source = source
        self._begin = begin
        self._stop = stop
        self._column = column
        # What is in it in its order, and the number of each; once somebody asks.
        self._steps: dict[Step, int] | None = None
        self._entries: list[re.Match[str]] | list[_Part] = []
        self._children: dict[Step, Place] = {}

    @property
    def start(self) -> tuple[int, int]:
        """Line and column of the first character, both from 0."""
        return self._source.at(self._begin)

    @property
    def end(self) -> tuple[int, int]:
        """Line and column behind the last character, both from 0."""
        last: Place = self
        while last._column >= 0:
            last = last._value(next(reversed(last._looked_through())))
        return self._source.at(last._stop)

    def spot(self, path: Sequence[Step], key: bool) -> Span | None:
        """Return where *path* stands in a whole document, lines and columns from 0.

        The nearest existing parent where it does not exist; *key*: of the key, not of the value.
        None says nothing: it is to be looked for step by step, as where there are quotes or flow.
        What several findings have before them is gone through once.
        """
        if not path or self._column < 0:
            return None
        source = self._source
        text, known = source.text, source.ways
        held: _Offsets | None = None
        block = self._begin, self._stop, self._column
        for step in path[:-1]:
            there = known.get(step)
            if there is None:
                part = _stepped(text, block, step)
                inner = None if part is None else _block(text, part)
                if part is None or inner is None:
                    return _nearest(source, held, block) if part is None else None
                there = known[step] = part, inner, {}
            held, block, known = there
        part = _stepped(text, block, path[-1])
        if part is None:
            return _nearest(source, held, block)
        if key and part[0] != part[1]:
            return source.span(part[0], part[1])
        begin, stop, column = _extent(text, part, block[2])
        if column < 0:
            return source.span(begin, stop)
        found = Place(source, begin, stop, column)
        return (*found.start, *found.end)

    def steps(self) -> list[Step]:
        """Return the keys of a map or the numbers of a list in their order."""
        return list(self._looked_through())

    def child(self, step: Step) -> Place | None:
        """Return the place of the value at *step*, None where there is none."""
        found = self._children.get(step)
        if found is None and step in self._looked_through():
            found = self._value(step)
        return found

    def key(self, step: Step) -> Span | None:
        """Return where the key *step* of a map stands, lines and columns from 0."""
        number = self._looked_through().get(step)
        if number is None:
            return None
        part = self._part(number)
        if part.key == part.key_stop:
            return None
        return (*self._source.at(part.key), *self._source.at(part.key_stop))

    def _looked_through(self) -> dict[Step, int]:
        if self._steps is None:
            first = self._source.text[self._begin : self._begin + 1]
            if self._column >= 0:
                self._steps = self._lines(first == "-")
            else:
                self._steps = self._flow(first == "[") if first in ("[", "{") else {}
        return self._steps

    def _part(self, number: int) -> _Part:
        entry = self._entries[number]
        if isinstance(entry, _Part):
            return entry
        after = self._entries[number + 1] if number + 1 < len(self._entries) else None
        stop = after.start() if isinstance(after, re.Match) else self._stop
        return _Part(*entry.span(1), entry.end(), stop)

    def _value(self, step: Step) -> Place:
        found = self._children.get(step)
        if found is None:
            number = self._looked_through()[step]
            found = self._children[step] = self._placed(self._part(number))
        return found

    def _placed(self, part: _Part) -> Place:
        if self._column < 0:
            return Place(self._source, part.begin, part.stop)
        return Place(self._source, *_extent(self._source.text, part, self._column))

    # --- block style ----------------------------------------------------------------------------

    def _lines(self, is_list: bool) -> dict[Step, int]:
        text, begin = self._source.text, self._begin
        first, other = _entries(self._column, is_list)
        found = first.match(text, begin)
        assert found is not None
        self._entries = entries = [found, *other.finditer(text, begin, self._stop)]
        if is_list:
            return dict(zip(range(len(entries)), range(len(entries)), strict=True))
        keys = [entry[1] for entry in entries]
        keys = [key[1:-1] if key[0] in "\"'" else key for key in keys]
        return dict(zip(keys, range(len(keys)), strict=True))

    # --- flow style -----------------------------------------------------------------------------

    def _flow(self, is_list: bool) -> dict[Step, int]:
        text = self._source.text
        found: dict[Step, _Part] = {}
        key: tuple[str, int, int] | None = None
        at = self._begin + 1
        while at < self._stop - 1:
            token = FLOW.match(text, at)
            assert token is not None
            at = token.end()
            if token[1] == ",":
                continue
            begin, stop = _bounds(token)
            if token[1] is not None:
                stop = at = _flow_end(text, begin)
            if is_list:
                found[len(found)] = _Part(begin, begin, begin, stop)
            elif key is None:
                key = flow_key(token[2], token[3], token[4]), begin, stop
            else:
                found[key[0]] = _Part(*key[1:], begin, stop)
                key = None
        self._entries = list(found.values())
        return {step: number for number, step in enumerate(found)}


def _bounds(token: re.Match[str]) -> tuple[int, int]:
    """Return where a token of flow style begins and ends, with its quotes, without its blanks."""
    for quoted in (2, 3):
        if token[quoted] is not None:
            return token.start(quoted) - 1, token.end(quoted) + 1
    which = 1 if token[1] is not None else 4
    return token.start(which), token.start(which) + len(token[which].rstrip(" "))


def _flow_end(text: str, begin: int) -> int:
    """Return the offset behind the collection that is opened at *begin*."""
    depth = 0
    for token in FLOW.finditer(text, begin):
        if token[1] in ("[", "{"):
            depth += 1
        elif token[1] in ("]", "}"):
            depth -= 1
        if depth == 0:
            return token.end(1)
    raise AssertionError(begin)


def _extent(text: str, part: _Offsets, column: int) -> _Extent:
    """Return what the value of an entry takes, of a collection in block style at *column*."""
    key, key_stop, begin, stop = part
    if key == key_stop and _KEY.match(text, begin):
        return begin, stop, begin - text.rfind("\n", 0, begin) - 1
    first = text[begin]
    if first in "\n#":
        match = _NEXT.search(text, begin, stop)
        if match is None:
            return key_stop + 1, key_stop + 1, -1
        return match.end(1), stop, len(match[1])
    if first == "|":
        literal = _literal(column).match(text, begin, stop + 1)
        assert literal is not None
        return begin, begin + len(literal[0].rstrip()), -1
    if first in "[{":
        return begin, _flow_end(text, begin), -1
    if first in "\"'":
        quoted = _QUOTED.match(text, begin)
        assert quoted is not None
        return begin, quoted.end(), -1
    plain = text[begin : text.index("\n", begin)].partition(" #")[0]
    return begin, begin + len(plain.rstrip(" ")), -1


@cache
def _entries(column: int, is_list: bool) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return what matches the first entry of a collection in block style, and what the others."""
    entry = r"()-[ ]++" if is_list else rf"({KEY}):(?=[ \n])[ ]*+"
    # What begins with plain letters is searched for quickly.
    return re.compile(entry), re.compile("\n" + " " * column + entry)


@cache
def _literal(column: int) -> re.Pattern[str]:
    """Return what matches literal text whose lines stand further in than *column*."""
    return re.compile(rf"\|[-+]?+\n(?:[ ]{{{column + 1}}}[^\n]*+\n|[ ]*+\n)+")


# --- one place, straight to it ------------------------------------------------------------------


def _stepped(text: str, block: _Extent, step: Step) -> _Offsets | None:
    """Return an item of a list, or the entry of a map whose key is written without quotes.

    None where none is found. Lines that are indented as a map is are its entries, or items of a
    list that stands as far in.
    """
    begin, stop, column = block
    before, after = _around(column)
    if isinstance(step, int):
        if text[begin] != "-":
            return None
        dash = f"{before}- "
        for _ in range(step):
            begin = text.find(dash, begin, stop) + len(before)
            if begin < len(before):
                return None
        at = begin + 1
        while text[at] == " ":
            at += 1
        following = text.find(dash, at, stop)
        return at, at, at, stop if following < 0 else following
    if not text.startswith(f"{step}:", begin):
        begin = text.find(f"{before}{step}:", begin, stop) + len(before)
        if begin < len(before):
            return None
    key_stop = begin + len(step)
    at = key_stop + 1
    while text[at] == " ":
        at += 1
    if at == key_stop + 1 and text[at] != "\n":
        return None
    next_ = after.search(text, at, stop)
    return begin, key_stop, at, stop if next_ is None else next_.start()


def _block(text: str, part: _Offsets) -> _Extent | None:
    """Return the collection in block style that an entry has, None where it has another value."""
    key, key_stop, begin, stop = part
    if key == key_stop:
        column = begin - text.rfind("\n", 0, begin) - 1
        return (begin, stop, column) if _KEY.match(text, begin) else None
    match = _NEXT.search(text, begin, stop) if text[begin] in "\n#" else None
    return None if match is None else (match.end(1), stop, len(match[1]))


def _nearest(source: _Source, held: _Offsets | None, block: _Extent) -> Span | None:
    """Return where a collection is pointed at that lacks something: its key, if it has one.

    None where what is looked for may stand in quotes.
    """
    begin, stop, column = block
    text, (before, _) = source.text, _around(column)
    if text[begin] in "\"'" or any(text.find(before + mark, begin, stop) >= 0 for mark in "\"'"):
        return None
    if held is not None and held[0] != held[1]:
        return source.span(held[0], held[1])
    return source.span(begin, begin + 1)


@cache
def _around(column: int) -> tuple[str, re.Pattern[str]]:
    """Return what stands before an entry of a collection, and what matches the next of a map."""
    before = "\n" + " " * column
    return before, re.compile(f"{before}[^ \n#-]")


def places(text: str) -> Place:
    """Return the place of the value that `read_lines` reads from *text*, which is not None."""
    match = _CONTENT.search(text)
    assert match is not None
    return Place(_Source(text), match.end(1), len(text), len(match[1]))
