"""Versions as semver.org has them.

Source: kubernetes apiserver pkg/cel/library/semverlib.go; blang/semver.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from ecp.kube.cel.source import RunError, succeeds
from ecp.kube.cel.values import Opaque
from ecp.kube.errors import go_quote

_SEMVER: Final = "kubernetes.Semver"


class Version(NamedTuple):
    """A version as semver.org has it; what is after ``+`` makes no difference."""

    numbers: tuple[int, int, int]
    before: tuple[str, ...]

    def compared(self, other: Version) -> int:
        if self.numbers != other.numbers:
            return 1 if self.numbers > other.numbers else -1
        if not self.before or not other.before:
            return bool(other.before) - bool(self.before)
        for one, two in zip(self.before, other.before, strict=False):
            if one != two:
                return _part_order(one, two)
        return (len(self.before) > len(other.before)) - (len(self.before) < len(other.before))


def _part_order(one: str, two: str) -> int:
    if one.isdigit() != two.isdigit():
        return -1 if one.isdigit() else 1
    a, b = (int(one), int(two)) if one.isdigit() else (one, two)
    return 1 if a > b else -1  # type: ignore[operator]


def _semver(text: str, normalize: bool = False) -> Opaque:
    return Opaque(_SEMVER, _version(_normal(text) if normalize else text))


def _normal(text: str) -> str:
    parts = text.removeprefix("v").split(".", 2)
    for number, piece in enumerate(parts):
        if len(piece) > 1:
            piece = piece.lstrip("0")
            parts[number] = piece if piece and piece[0].isdigit() else f"0{piece}"
    if len(parts) < 3:
        if re.search(r"[+-]", parts[-1]):
            raise RunError("short version cannot contain PreRelease/Build meta data")
        parts += ["0"] * (3 - len(parts))
    return ".".join(parts)


def _version(text: str) -> Version:
    if not text:
        raise RunError("Version string empty")
    parts = text.split(".", 2)
    if len(parts) != 3:
        raise RunError("No Major.Minor.Patch elements found")
    names_of = ("Major", "Minor", "Patch")
    last, before, build = _tail(parts[2])
    numbers = [_number(part, name) for part, name in zip((*parts[:2], last), names_of, strict=True)]
    for part in before:
        if not part or not re.fullmatch(r"[0-9A-Za-z-]+", part):
            words = (
                "Prerelease is empty"
                if not part
                else (f"Invalid character(s) found in prerelease {go_quote(part)}")
            )
            raise RunError(words)
        if part.isdigit() and len(part) > 1 and part[0] == "0":
            words = f"Numeric PreRelease version must not contain leading zeroes {go_quote(part)}"
            raise RunError(words)
    for part in build:
        if not part:
            raise RunError("Build meta data is empty")
        if not re.fullmatch(r"[0-9A-Za-z-]+", part):
            raise RunError(f"Invalid character(s) found in build meta data {go_quote(part)}")
    major, minor, patch = numbers
    return Version((major, minor, patch), tuple(before))


def _tail(text: str) -> tuple[str, list[str], list[str]]:
    """Return patch, what comes before a release, and what its build says."""
    text, plus, build = text.partition("+")
    text, minus, before = text.partition("-")
    return text, before.split(".") if minus else [], build.split(".") if plus else []


def _number(text: str, name: str) -> int:
    if not re.fullmatch(r"[0-9]+", text):
        if not text:
            raise RunError('strconv.ParseUint: parsing "": invalid syntax')
        raise RunError(f"Invalid character(s) found in {name.lower()} number {go_quote(text)}")
    if len(text) > 1 and text[0] == "0":
        raise RunError(f"{name} number must not contain leading zeroes {go_quote(text)}")
    return int(text)


VERSIONS: Final[dict[str, Callable[..., Any]]] = {
    "semver": _semver,
    "isSemver": succeeds(_semver),
    "major": lambda version: version.value.numbers[0],
    "minor": lambda version: version.value.numbers[1],
    "patch": lambda version: version.value.numbers[2],
}
"""What each of these functions does, by name."""
