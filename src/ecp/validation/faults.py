"""What a check yields: a rule's id, the server's field error, and the place to point at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ecp.kube import errors
from ecp.kube.errors import FieldError, FieldErrorType
from ecp.kube.yaml import Path


class At:
    """A place inside an object, as a path to look up and as the server writes it.

    ``At() / "spec" / "ports" / 0`` reads ``spec.ports[0]``; a key of a map is ``at.key("cpu")``
    and reads ``limits[cpu]``.
    """

    __slots__ = ("_is_key", "_parent", "_step")

    def __init__(
        self, parent: At | None = None, step: str | int = "", is_key: bool = False
    ) -> None:
        self._parent = parent
        self._step = step
        self._is_key = is_key

    def __truediv__(self, step: str | int) -> At:
        # Made at every field and rendered at a fault only.
        return At(self, step)

    def key(self, name: str) -> At:
        return At(self, name, True)

    @property
    def path(self) -> Path:
        return tuple(at._step for at in self._line())

    def __str__(self) -> str:
        texts = [
            f"[{at._step}]" if at._is_key or isinstance(at._step, int) else f".{at._step}"
            for at in self._line()
        ]
        return "".join(texts).removeprefix(".")

    def _line(self) -> list[At]:
        line: list[At] = []
        at: At | None = self
        while at is not None and at._parent is not None:
            line.append(at)
            at = at._parent
        return line[::-1]


class Fault(NamedTuple):
    """One broken rule inside one object.

    path     where to point, which may be nearer than what the server names
    on_key   point at the key rather than at its value
    """

    rule: str
    error: FieldError
    path: Path
    on_key: bool = False
    params: Mapping[str, str] = {}


def invalid(
    rule: str, at: At, value: Any, detail: str, *, point: At | None = None, on_key: bool = False
) -> Fault:
    """``path: Invalid value: value: detail``; *point* is nearer where the server is vague."""
    error = errors.invalid(str(at), value, detail)
    return Fault(rule, error, (point or at).path, on_key)


def invalid_struct(rule: str, at: At, value: Any, detail: str, *, point: At | None = None) -> Fault:
    """As `invalid` for a value whose keys the server prints in the order given, not sorted."""
    text = errors.go_json(value, sort=False)
    said = f"{text}: {detail}" if detail else text
    error = FieldError(FieldErrorType.INVALID, str(at), errors.OMITTED, said)
    return Fault(rule, error, (point or at).path)


def required(rule: str, at: At, detail: str = "") -> Fault:
    return Fault(rule, errors.required(str(at), detail), at.path)


def forbidden(rule: str, at: At, detail: str = "", *, on_key: bool = True) -> Fault:
    return Fault(rule, errors.forbidden(str(at), detail), at.path, on_key)


def duplicate(rule: str, at: At, value: Any) -> Fault:
    return Fault(rule, errors.duplicate(str(at), value), at.path)


def duplicate_struct(rule: str, at: At, value: Any) -> Fault:
    """As `duplicate` for a value whose keys the server prints in the order given, not sorted."""
    text = errors.go_json(value, sort=False)
    error = FieldError(FieldErrorType.DUPLICATE, str(at), errors.OMITTED, text)
    return Fault(rule, error, at.path)


def not_found(rule: str, at: At, value: Any) -> Fault:
    return Fault(rule, errors.not_found(str(at), value), at.path)


def unsupported(
    rule: str,
    at: At,
    value: Any,
    supported: Sequence[str],
    *,
    point: At | None = None,
    plain: bool = False,
) -> Fault:
    """``Unsupported value``; the order of *supported* is the server's: sorted where it says so.

    What may be one of several is of a type of its own in Go, save where *plain*.
    """
    shown = errors.Named(value) if isinstance(value, str) and not plain else value
    error = errors.not_supported(str(at), shown, supported)
    return Fault(rule, error, (point or at).path)


def unsupported_struct(
    rule: str, at: At, value: Any, supported: Sequence[str], *, point: At
) -> Fault:
    """As `unsupported` for a value whose keys the server prints in the order given."""
    text = errors.go_json(value, sort=False)
    listed = ", ".join(map(errors.go_quote, supported))
    detail = f"{text}: supported values: {listed}"
    error = FieldError(FieldErrorType.NOT_SUPPORTED, str(at), errors.OMITTED, detail)
    return Fault(rule, error, point.path)


def too_long(rule: str, at: At, limit: int) -> Fault:
    return Fault(rule, errors.too_long(str(at), limit), at.path)


def too_many(rule: str, at: At, actual: int, limit: int) -> Fault:
    return Fault(rule, errors.too_many(str(at), actual, limit), at.path)
