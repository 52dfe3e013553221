"""Where the parts of a document stand that the quick way reads.

What `ecp.kube.lines` reads is so plainly written that a part is found by its indent alone. A
collection is looked through when something below it is asked for, so a finding costs the lines
around it and not the document. The places are those of the exact reader of `ecp.kube.yaml`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
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
_QUOTED: Final = re.compile(r""""(?:[^"\\]|\\.)*+"|'(?:[^']|'')*+'""")


class _Source:
    """A text, and where its lines begin once that pays."""

    __slots__ = ("_asked", "_starts", "text")

    def __init__(self, text: str) -> None:
        self.text = text
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

    def steps(self) -> list[Step]:
        """Return the keys of a map or the numbers of a list in their order."""
        return list(self._looked_through())

    def child(self, step: Step) -> Place | None:
        """Return the place of the value at *step*, None where there is none."""
        found = self._children.get(step)
        if found is None:
            if self._steps is None and self._column >= 0 and type(step) is str:
                part = self._sought(step)
                if part is not None:
                    found = self._children[step] = self._placed(part)
                    return found
            if step in self._looked_through():
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
        source = self._source
        key, key_stop, begin, stop = part
        text = source.text
        if self._column < 0:
            return Place(source, begin, stop)
        if key == key_stop and _KEY.match(text, begin):
            return Place(source, begin, stop, source.at(begin)[1])
        first = text[begin]
        if first in "\n#":
            match = _NEXT.search(text, begin, stop)
            if match is None:
                return Place(source, key_stop + 1, key_stop + 1)
            return Place(source, match.end(1), stop, len(match[1]))
        if first == "|":
            literal = _literal(self._column).match(text, begin, stop + 1)
            assert literal is not None
            return Place(source, begin, begin + len(literal[0].rstrip()))
        if first in "[{":
            return Place(source, begin, _flow_end(text, begin))
        if first in "\"'":
            quoted = _QUOTED.match(text, begin)
            assert quoted is not None
            return Place(source, begin, quoted.end())
        plain = text[begin : text.index("\n", begin)].partition(" #")[0]
        return Place(source, begin, begin + len(plain.rstrip(" ")))

    # --- block style ----------------------------------------------------------------------------

    def _sought(self, key: str) -> _Part | None:
        """Return the entry of a map that is searched for by its key, plainly written.

        None says nothing: the key may have quotes. Lines that are indented as the map is are its
        entries, or items of a list that stands as far in.
        """
        text, stop = self._source.text, self._stop
        if text.startswith(f"{key}:", self._begin):
            begin = self._begin
        else:
            before, after = _around(self._column)
            at = text.find(f"{before}{key}:", self._begin, stop)
            if at < 0:
                return None
            begin = at + len(before)
        match = _BLANK.match(text, begin + len(key) + 1)
        if match is None:
            return None
        following = _around(self._column)[1].search(text, match.end(), stop)
        key_stop = begin + len(key)
        return _Part(begin, key_stop, match.end(), stop if following is None else following.start())

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


@cache
def _entries(column: int, is_list: bool) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return what matches the first entry of a collection in block style, and what the others."""
    entry = r"()-[ ]++" if is_list else rf"({KEY}):(?=[ \n])[ ]*+"
    # What begins with plain letters is searched for quickly.
    return re.compile(entry), re.compile("\n" + " " * column + entry)


@cache
def _around(column: int) -> tuple[str, re.Pattern[str]]:
    """Return what stands before an entry of a map in block style, and what matches the next."""
    before = "\n" + " " * column
    return before, re.compile(f"{before}[^ \n#-]")


@cache
def _literal(column: int) -> re.Pattern[str]:
    """Return what matches literal text whose lines stand further in than *column*."""
    return re.compile(rf"\|[-+]?+\n(?:[ ]{{{column + 1}}}[^\n]*+\n|[ ]*+\n)++")


def places(text: str) -> Place:
    """Return the place of the value that `read_lines` reads from *text*, which is not None."""
    match = _CONTENT.search(text)
    assert match is not None
    return Place(_Source(text), match.end(1), len(text), len(match[1]))
