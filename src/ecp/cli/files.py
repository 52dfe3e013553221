"""Manifest files as the command line takes them: files, folders, `-` for standard input."""

import sys
from collections.abc import Sequence
from pathlib import Path

from ecp.cli.output import Failure
from ecp.validation import Source

_SUFFIXES = (".yaml", ".yml", ".json")


def sources(paths: Sequence[str]) -> list[Source]:
    """Return the texts of *paths* with their names; a folder gives its manifests, sorted.

    Raises Failure for what cannot be read or a folder without manifests.
    """
    found: list[Source] = []
    for path in paths:
        if path == "-":
            found.append(Source(sys.stdin.buffer.read(), "<stdin>"))
            continue
        if not path:
            raise Failure("file.no-name", 2)
        folder = Path(path)
        if not folder.is_dir():
            found.append(Source(_content(folder), path))
            continue
        files = sorted(f for f in folder.iterdir() if f.suffix in _SUFFIXES and not f.is_dir())
        if not files:
            raise Failure("file.no-manifests", 2, path=path)
        found += [Source(_content(file), str(file)) for file in files]
    return found


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Failure("file.unreadable", 1, path=path, detail=error.strerror) from error
