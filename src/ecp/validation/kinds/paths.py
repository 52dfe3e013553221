"""Paths that must stay where they are put.

Source: kubernetes pkg/apis/core/validation `validateLocalDescendingPath`,
`ValidateLocalNonReservedPath`.
"""

from __future__ import annotations

from typing import Final

Complaints = tuple[str, ...]
BACKSTEPS: Final = ("must not contain '..'",)


def no_backsteps(path: str) -> Complaints:
    return BACKSTEPS if ".." in path and ".." in path.split("/") else ()


def below(path: str) -> Complaints:
    """Return what is wrong with a path that must stay below a directory."""
    relative = ("must be a relative path",) if path.startswith("/") else ()
    return relative + no_backsteps(path)


def file_name(path: str) -> Complaints:
    """As `below`, for a path that is made in a volume: ``..data`` and its like are taken."""
    if path.startswith("..") and not path.startswith("../"):
        return (*below(path), "must not start with '..'")
    return below(path)
