"""What a container's command does, as far as one can tell without running it.

Only plain words are understood: sleep, exit, true, false, echo and a shell around them. Anything
else is left to the image's facts.
"""

import re
from typing import NamedTuple

from ecp.kube.durations import InvalidDuration
from ecp.kube.durations import parse as duration

_SHELLS = ("sh", "bash", "ash", "dash")
_INSTANT = ("echo", "printf", "true", ":", "date", "set", "export", "cd", "test")
_FOREVER = re.compile(r"\b(while|until|for|tail\s+-[fF]|wait|trap|cat)\b")
_STEP = re.compile(r"\s*(?:;|&&|\n)\s*")


class Ends(NamedTuple):
    """A process that ends by itself after `after` ns (None: never) with `code`."""

    after: int | None
    code: int


def ends(argv: list[str]) -> Ends | None:
    """Return when the command ends, or None when that cannot be told."""
    if not argv:
        return None
    program = argv[0].rpartition("/")[2]
    if program in _SHELLS and len(argv) >= 3 and argv[1].lstrip("-").endswith("c"):
        return _script(argv[2])
    return _simple(program, argv[1:])


def sleeps(argv: list[str]) -> int:
    """Return how long a hook's command takes (ns): what it sleeps, else nothing."""
    found = ends(argv)
    return found.after or 0 if found is not None else 0


def _simple(program: str, arguments: list[str]) -> Ends | None:
    if program == "sleep" and arguments:
        after = _sleep(arguments)
        return Ends(after, 0)
    if program == "false":
        return Ends(0, 1)
    if program in _INSTANT:
        return Ends(0, 0)
    return None


def _sleep(arguments: list[str]) -> int | None:
    total = 0
    for argument in arguments:
        if argument.lower().startswith("inf"):
            return None
        try:
            total += duration(argument if argument[-1:].isalpha() else f"{argument}s")
        except InvalidDuration:
            return 0
    return total


def _script(script: str) -> Ends | None:
    if _FOREVER.search(script):
        return None
    total = 0
    for step in _STEP.split(script.strip()):
        words = step.split()
        if not words:
            continue
        if words[0] == "exit":
            code = int(words[1]) & 255 if len(words) > 1 and words[1].isdigit() else 0
            return Ends(total, code)
        program = "sleep" if words[0].endswith("/sleep") else words[0]
        found = _simple(program, words[1:])
        if found is None:
            return None
        if found.after is None:
            return Ends(None, 0)
        total += found.after
        if found.code:
            return Ends(total, found.code)
    return Ends(total, 0)
