"""A text in CEL, places in it, and what is said of them.

Source: google/cel-go common/{errors,error,source}.go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

_MOST: Final = 100
_LONGEST_LINE: Final = 16_384


class Issue(NamedTuple):
    """What is wrong at one place; *at* counts characters from the start, -1 for no place."""

    at: int
    text: str


class CompileError(ValueError):
    """The text is no expression of this language; the message is the server's."""

    def __init__(self, source: str, issues: Iterable[Issue]) -> None:
        self.issues = tuple(issues)
        super().__init__(display(source, self.issues))


class RunError(ArithmeticError):
    """Running an expression came to no value; the message is the server's."""


class Unsupported(Exception):
    """The expression asks for something that is not done here; the message says for what."""


class TooMuchWork(Unsupported):
    """The server would go on, and finish; here it would take too long."""


class CostExceeded(ArithmeticError):
    """An expression cost more than it may."""


def succeeds(read: Callable[..., Any]) -> Callable[..., bool]:
    """Return a function that tells whether *read* raises nothing."""

    def is_good(*args: Any) -> bool:
        try:
            read(*args)
        except RunError:
            return False
        return True

    return is_good


def place(source: str, at: int) -> tuple[int, int]:
    """Return line, from 1, and column, from 0."""
    before = source[: max(at, 0)]
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1)


def display(source: str, issues: Iterable[Issue]) -> str:
    """Return all issues with the lines they point at, in the order of the text."""
    placed = [((-1, -1) if at < 0 else place(source, at), text) for at, text in issues]
    lines = source.split("\n")
    shown = [
        _shown(line, column, text, lines)
        for (line, column), text in sorted(placed[:_MOST], key=lambda one: one[0])
    ]
    if len(placed) > _MOST:
        shown.append(f"{len(placed) - _MOST} more errors were truncated")
    return "\n".join(shown)


def _shown(line: int, column: int, text: str, lines: list[str]) -> str:
    if lines == [""]:
        # The end of nothing is nowhere.
        return f"ERROR: <input>:1:0: {text}"
    shown = f"ERROR: <input>:{line}:{column + 1}: {text}"
    if not 1 <= line <= len(lines) or len(lines[line - 1]) > _LONGEST_LINE:
        return shown
    snippet = lines[line - 1].replace("\t", " ")
    marks = "".join("\uff0e" if ord(char) > 127 else "." for char in snippet[:column])
    wide = column < len(snippet) and ord(snippet[column]) > 127
    return f"{shown}\n | {snippet}\n | {marks}{chr(0xFF3E) if wide else '^'}"
