"""How the command line speaks: data to stdout, messages to stderr, exit codes that mean things.

0 ok, 1 error, 2 usage, 3 validation failed, 4 not found, 5 conflict, 6 timeout or SLA not met,
7 unreachable or unauthorised, 130 interrupted.
"""

import json
import sys
from collections.abc import Sequence
from typing import Any

from ecp.texts import Language, language_of_environment, text


class Failure(Exception):
    """A command cannot do what was asked: text key (or message) and exit code."""

    def __init__(self, key: str | None, code: int = 1, *, message: str = "", **values: Any) -> None:
        super().__init__(key or message)
        self.key, self.exit_code, self.message, self.values_ = key, code, message, values

    def spoken(self, language: Language) -> str:
        return text(self.key, language, **self.values_) if self.key else self.message


def say(key: str, **values: Any) -> None:
    """Print a message to stderr."""
    print(text(key, language_of_environment(), **values), file=sys.stderr)


def print_json(data: Any) -> None:
    print(json.dumps(data, ensure_ascii=False, indent=2))


def print_table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print columns as kubectl does: upper-case heads, three blanks between."""
    table = [list(headers), *map(list, rows)]
    widths = [max(len(row[column]) for row in table) for column in range(len(headers))]
    for row in table:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("   ".join(cells).rstrip())
