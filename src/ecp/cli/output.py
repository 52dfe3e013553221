"""How the command line speaks: data to stdout, messages to stderr, exit codes that mean things.

0 ok, 1 error, 2 usage, 3 validation failed, 4 not found, 5 conflict, 6 timeout or SLA not met,
7 unreachable or unauthorised, 130 interrupted.
"""

import json
import os
import re
import sys
from collections.abc import Sequence
from typing import Any

from ecp.texts import Language, language_of_environment, text, width

JSONPATH = "jsonpath="
"""What a form of output begins with that is followed by a template."""
_CALLS_ITSELF = re.compile(r"`ecp(?=[ `])")


class Failure(Exception):
    """A command cannot do what was asked: text key (or message) and exit code."""

    def __init__(self, key: str | None, code: int = 1, *, message: str = "", **values: Any) -> None:
        super().__init__(key or message)
        self.key, self.exit_code, self.message, self.values_ = key, code, message, values

    def spoken(self, language: Language) -> str:
        return text(self.key, language, **self.values_) if self.key else self.message


def program() -> str:
    """Return how this command is typed: `ecp` where a shell finds it, else as it was started.

    A clone has it in `.venv/bin` only, and a hint is there to be pasted.
    """
    started = sys.argv[0]
    if os.path.basename(started) != "ecp":
        return "ecp"
    import shutil

    found = shutil.which("ecp")
    known = found is not None and os.path.exists(started) and os.path.samefile(found, started)
    return "ecp" if known else started


def typed(message: str) -> str:
    """Return *message* with its hints (`ecp …`) as they can be typed here."""
    return _CALLS_ITSELF.sub(lambda _: f"`{program()}", message)


def say(key: str, **values: Any) -> None:
    """Print a message to stderr."""
    print(typed(text(key, language_of_environment(), **values)), file=sys.stderr, flush=True)


def print_json(data: Any) -> None:
    """Print *data* as JSON, indented, letters as they are."""
    print(json.dumps(data, ensure_ascii=False, indent=2))


def print_yaml(data: Any) -> None:
    """Print *data* as YAML, fields in their order."""
    import yaml

    print(yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=1000), end="")


def printed(data: Any, output: str) -> bool:
    """Print *data* where *output* is json, yaml or a template; return whether it was.

    Raises Failure for a template that cannot be read.
    """
    if output.startswith(JSONPATH):
        _print_path(data, output.removeprefix(JSONPATH))
        return True
    form = {"json": print_json, "yaml": print_yaml}.get(output)
    if form is not None:
        form(data)
    return form is not None


def _print_path(data: Any, template: str) -> None:
    from ecp.cli.jsonpath import BadTemplate, rendered

    # As a shell hands it over where it was quoted twice.
    if template[:1] in ("'", '"') and template[-1:] == template[:1]:
        template = template[1:-1]
    try:
        made = rendered(template, data)
    except BadTemplate as error:
        raise Failure("cli.bad-jsonpath", 2, part=error) from error
    print(made, end="" if made.endswith("\n") else "\n")


def padded(words: str, columns: int) -> str:
    """Return *words* with blanks up to *columns* of a terminal."""
    return words + " " * max(0, columns - width(words))


def print_table(
    headers: Sequence[str], rows: Sequence[Sequence[str]], language: Language | None = None
) -> None:
    """Print columns as kubectl does, three blanks between; heads in the reader's language.

    A head is the English one (`SLA TARGET`); its text is `column.sla-target`.
    """
    language = language or language_of_environment()
    heads = [text(f"column.{head.lower().replace(' ', '-')}", language) for head in headers]
    for line in aligned([heads, *rows]):
        print(line)


def aligned(rows: Sequence[Sequence[str]], between: str = "   ") -> list[str]:
    """Return rows of equally many cells as lines whose columns begin under one another."""
    if not rows:
        return []
    widths = [max(width(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        between.join(padded(cell, wide) for cell, wide in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
