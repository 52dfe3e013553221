"""Manifest files as the command line takes them.

A file, a folder, a pattern (`'apps/**/*.yaml'`), `-` for standard input, and folders that a
program renders: kustomizations and Helm charts.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Final, NamedTuple

from ecp.cli.output import Failure
from ecp.validation import Source

_SUFFIXES = (".yaml", ".yml", ".json")
_PATTERN = "*?["
_RENDER_SECONDS: Final = 60


class _Rendered(NamedTuple):
    """A folder that holds one of *files* is rendered by the first program that is there."""

    what: str
    files: tuple[str, ...]
    programs: tuple[tuple[str, ...], ...]


_RENDERED: Final = (
    _Rendered(
        "kustomization",
        ("kustomization.yaml", "kustomization.yml", "Kustomization"),
        (("kustomize", "build"), ("kubectl", "kustomize")),
    ),
    _Rendered("Helm chart", ("Chart.yaml",), (("helm", "template"),)),
)


def content_of(file: str) -> bytes:
    """Return what *file* holds, standard input for "-". Raises Failure."""
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        with open(file, "rb") as stream:
            return stream.read()
    except OSError as error:
        raise Failure("file.unreadable", 1, path=file, detail=error.strerror) from error


def sources(paths: Sequence[str]) -> list[Source]:
    """Return the texts of *paths* with their names; a folder gives its manifests, sorted.

    Raises Failure for what cannot be read or rendered, and for what holds no manifest.
    """
    found, failed = readable(paths)
    if failed:
        raise failed[0]
    return found


def readable(paths: Sequence[str]) -> tuple[list[Source], list[Failure]]:
    """As `sources`, with what cannot be had beside the rest; one bad file hides no other.

    Raises Failure for standard input that is asked for twice.
    """
    if paths.count("-") > 1:
        raise Failure("file.stdin-twice", 2)
    found: list[Source] = []
    failed: list[Failure] = []
    for path in paths:
        for piece in _pieces(path):
            try:
                found.append(piece())
            except Failure as error:
                failed.append(error)
    return found, failed


Piece = Callable[[], Source]


def _pieces(path: str) -> Iterable[Piece]:
    """Return what reads each text of a path; each raises Failure for its own."""
    if path == "-":
        return [lambda: Source(sys.stdin.buffer.read(), "<stdin>")]
    if not path:
        return [partial(_refused, Failure("file.no-name", 2))]
    try:
        if os.path.isdir(path):
            return _folder(path)
        if any(letter in path for letter in _PATTERN) and not os.path.exists(path):
            return _matching(path)
    except Failure as error:
        return [partial(_refused, error)]
    return [partial(_file, path)]


def _refused(error: Failure) -> Source:
    raise error


def _file(path: str) -> Source:
    return Source(_content(path), path)


def _folder(path: str) -> list[Piece]:
    for rendered in _RENDERED:
        if any(os.path.isfile(os.path.join(path, name)) for name in rendered.files):
            return [partial(_rendered, path, rendered)]
    names = sorted(name for name in _listed(path) if name.endswith(_SUFFIXES))
    files = [file for name in names if not os.path.isdir(file := os.path.join(path, name))]
    if not files:
        raise Failure("file.no-manifests", 2, path=path)
    return [partial(_file, file) for file in files]


def _listed(path: str) -> list[str]:
    try:
        return os.listdir(path)
    except OSError as error:
        raise Failure("file.unreadable", 1, path=path, detail=error.strerror) from error


def _matching(pattern: str) -> list[Piece]:
    from glob import glob

    files = [path for path in sorted(glob(pattern, recursive=True)) if not os.path.isdir(path)]
    if not files:
        raise Failure("file.none-match", 2, path=pattern)
    return [partial(_file, file) for file in files]


def _rendered(path: str, rendered: _Rendered) -> Source:
    return Source(_rendering(path, rendered), path)


def _rendering(path: str, rendered: _Rendered) -> bytes:
    """Return what a program makes of a folder. Raises Failure."""
    import shutil
    import subprocess

    command = next((one for one in rendered.programs if shutil.which(one[0])), None)
    if command is None:
        programs = ", ".join(one[0] for one in rendered.programs)
        raise Failure("file.no-renderer", 1, path=path, what=rendered.what, programs=programs)
    # A folder's name may look like an option.
    folder = path if os.path.isabs(path) else os.path.join(os.curdir, path)
    try:
        done = subprocess.run(
            [*command, folder],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_RENDER_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Failure(
            "file.not-rendered", 1, program=command[0], path=path, detail=error
        ) from error
    if done.returncode:
        detail = done.stderr.decode("utf-8", "replace").strip()
        raise Failure("file.not-rendered", 1, program=command[0], path=path, detail=detail)
    return done.stdout


def _content(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise Failure("file.unreadable", 1, path=path, detail=error.strerror) from error
