"""The line of a finding as it stands in the source, with carets below what is meant."""

from __future__ import annotations

from typing import Final

from ecp.kube.yaml import Document, Position
from ecp.texts import width

_WIDEST: Final = 96
_BEFORE: Final = 32


class Excerpts:
    """Excerpts of one report; a document's text is split once."""

    def __init__(self) -> None:
        self._lines: dict[int, list[str]] = {}

    def of(self, document: Document, position: Position) -> tuple[str, str] | None:
        """Return (line, carets), both behind a margin with the line's number; None without a line.

        Of a long line the part around the place is shown. Letters that a terminal would act on
        are blanks.
        """
        lines = self._lines.get(document.index)
        if lines is None:
            lines = self._lines[document.index] = document.text.split("\n")
        at = position.line - document.first_line
        if not 0 <= at < len(lines):
            return None
        line = lines[at].rstrip("\r")
        start = min(position.column - 1, len(line))
        end = position.end_column - 1 if position.end_line == position.line else len(line)
        first = max(0, start - _BEFORE) if len(line) > _WIDEST else 0
        shown = _plain(line[first : first + _WIDEST])
        begin, end = start - first, min(max(end, start + 1) - first, _WIDEST)
        number = str(position.line)
        marked = max(width(shown[begin:end]), 1)
        carets = " " * width(shown[:begin]) + "^" * marked
        return f"{number} | {shown}".rstrip(), f"{' ' * len(number)} | {carets}"


def _plain(line: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in line)
