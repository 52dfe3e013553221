"""Regular expressions run without going back, so that no text takes long.

Python tries one way after another, which takes for ever where a repetition is inside another:
``(a+)+$``. Here all ways are followed at once, a character at a time, as Go does; it says whether
there is a match, not where. Source: R. Cox, Regular Expression Matching Can Be Simple And Fast.
"""

from __future__ import annotations

import re
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser as reader  # type: ignore[attr-defined]
from typing import Any, Final, NamedTuple

_MOST_STATES: Final = 50_000
_MOST_SEEN: Final = 10_000
_REPEATS: Final = (op.MAX_REPEAT, op.MIN_REPEAT)
_WORD: Final = re.compile(r"\w", re.ASCII)


class TooLarge(ValueError):
    """The expression has more states than are kept."""


class _State(NamedTuple):
    """One step: a character that has to match, a place that has to be, or ways to go on."""

    test: re.Pattern[str] | None
    place: Any
    ways: list[int]


RISKY: Final = 99


def degree(pattern: str) -> int:
    """Return the power of a text's length that Python may take steps for: 1 for its length.

    RISKY where a repetition or a choice is inside a repetition without end.
    """
    tree = reader.parse(pattern, re.ASCII)
    if _risk(tree, False):
        return RISKY
    steps = list(tree)
    is_bound = bool(steps) and steps[0] == (op.AT, op.AT_BEGINNING_STRING)
    return _endless(tree) + (not is_bound)


def _endless(tree: Any) -> int:
    """Return how many repetitions without end may follow one another."""
    found = 0
    for code, value in tree:
        if code in _REPEATS:
            _, most, inner = value
            found += (most is op.MAXREPEAT or most > 16) or _endless(inner)
        elif code is op.BRANCH:
            found += max(map(_endless, value[1]))
        elif code is op.SUBPATTERN:
            found += _endless(value[-1])
    return found


def _risk(tree: Any, repeated: bool) -> bool:
    for code, value in tree:
        if code in _REPEATS:
            least, most, inner = value
            if repeated and least != most:
                return True
            if _risk(inner, repeated or most is op.MAXREPEAT or most > 16):
                return True
        elif code is op.BRANCH:
            if repeated or any(_risk(branch, repeated) for branch in value[1]):
                return True
        elif code is op.SUBPATTERN and _risk(value[-1], repeated):
            return True
    return False


class Automaton:
    """An expression as Python reads it, made to run in step. Raises TooLarge."""

    def __init__(self, pattern: str) -> None:
        self._states: list[_State] = []
        end = self._add(None, None, [])
        self._end = end
        self._start = self._sequence(reader.parse(pattern, re.ASCII), end, False)
        self._seen: dict[tuple[frozenset[int], str], frozenset[int]] = {}
        self._is_plain = all(
            state.place in (None, op.AT_BEGINNING_STRING, op.AT_END_STRING)
            for state in self._states
        )

    def _add(self, test: re.Pattern[str] | None, place: Any, ways: list[int]) -> int:
        if len(self._states) >= _MOST_STATES:
            raise TooLarge("a regular expression with too many repetitions")
        self._states.append(_State(test, place, ways))
        return len(self._states) - 1

    def _sequence(self, tree: Any, after: int, caseless: bool) -> int:
        """Add the states of a sequence that goes on at *after*; return where it begins."""
        for code, value in reversed(list(tree)):
            after = self._step(code, value, after, caseless)
        return after

    def _step(self, code: Any, value: Any, after: int, caseless: bool) -> int:
        if code in _REPEATS:
            return self._repeat(value, after, caseless)
        if code is op.BRANCH:
            ways = [self._sequence(branch, after, caseless) for branch in value[1]]
            return self._add(None, None, ways)
        if code is op.SUBPATTERN:
            _, on, off, inner = value
            flags = (caseless or bool(on & re.IGNORECASE)) and not off & re.IGNORECASE
            return self._sequence(inner, after, flags)
        if code is op.AT:
            return self._add(None, value, [after])
        return self._add(_test(code, value, caseless), None, [after])

    def _repeat(self, value: Any, after: int, caseless: bool) -> int:
        least, most, inner = value
        if most is op.MAXREPEAT:
            loop = self._add(None, None, [after])
            self._states[loop].ways.append(self._sequence(inner, loop, caseless))
            start = loop
        else:
            start = after
            for _ in range(most - least):
                again = self._sequence(inner, start, caseless)
                start = self._add(None, None, [again, after])
        for _ in range(least):
            start = self._sequence(inner, start, caseless)
        return start

    def matches(self, text: str) -> bool:
        """Tell whether there is a match anywhere in *text*."""
        current: frozenset[int] = frozenset()
        found: set[int] = set()
        self._enter(self._start, text, 0, found)
        current = frozenset(found)
        for at, char in enumerate(text):
            if self._end in current:
                return True
            # Where no place but the ends is asked for, a step depends on the character alone.
            same = self._is_plain and at + 1 < len(text)
            following = self._seen.get((current, char)) if same else None
            if following is None:
                following = self._next(current, text, at)
                if same and len(self._seen) < _MOST_SEEN:
                    self._seen[current, char] = following
            current = following
        return self._end in current

    def _next(self, current: frozenset[int], text: str, at: int) -> frozenset[int]:
        following: set[int] = set()
        for number in current:
            state = self._states[number]
            if state.test is not None and state.test.match(text, at):
                self._enter(state.ways[0], text, at + 1, following)
        self._enter(self._start, text, at + 1, following)
        return frozenset(following)

    def _enter(self, number: int, text: str, at: int, into: set[int]) -> None:
        left = [number]
        while left:
            one = left.pop()
            if one in into:
                continue
            into.add(one)
            state = self._states[one]
            if state.test is None and (state.place is None or _is_at(state.place, text, at)):
                left.extend(state.ways)


def _test(code: Any, value: Any, caseless: bool) -> re.Pattern[str]:
    """Return an expression for the one character that a step takes."""
    if code is op.LITERAL:
        text = re.escape(chr(value))
    elif code is op.NOT_LITERAL:
        text = f"[^{re.escape(chr(value))}]"
    elif code is op.ANY:
        text = "[^\\n]"
    elif code is op.IN:
        text = _set(value)
    else:
        text = "(?!)"
    return re.compile(text, re.ASCII | re.DOTALL | (re.IGNORECASE if caseless else 0))


_CATEGORIES: Final = {
    op.CATEGORY_DIGIT: r"\d",
    op.CATEGORY_NOT_DIGIT: r"\D",
    op.CATEGORY_SPACE: r"\s",
    op.CATEGORY_NOT_SPACE: r"\S",
    op.CATEGORY_WORD: r"\w",
    op.CATEGORY_NOT_WORD: r"\W",
}


def _set(parts: Any) -> str:
    inside = ""
    negative = ""
    for code, value in parts:
        if code is op.NEGATE:
            negative = "^"
        elif code is op.LITERAL:
            inside += re.escape(chr(value))
        elif code is op.RANGE:
            inside += f"{re.escape(chr(value[0]))}-{re.escape(chr(value[1]))}"
        else:
            inside += _CATEGORIES[value]
    return f"[{negative}{inside}]"


def _is_at(place: Any, text: str, at: int) -> bool:
    if place is op.AT_BEGINNING_STRING:
        return at == 0
    if place is op.AT_END_STRING:
        return at == len(text)
    if place in (op.AT_BEGINNING, op.AT_BEGINNING_LINE):
        return at == 0 or text[at - 1] == "\n"
    if place in (op.AT_END, op.AT_END_LINE):
        return at == len(text) or text[at] == "\n"
    before = at > 0 and _WORD.match(text[at - 1]) is not None
    after = at < len(text) and _WORD.match(text[at]) is not None
    return (before != after) == (place is op.AT_BOUNDARY)
