"""What is said of a field that may not change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ecp.validation.faults import At, Fault, invalid
from ecp.validation.scope import mapping

IMMUTABLE: Final = "field is immutable"


def immutable(at: At, new: Any, old: Any, *, point: At | None = None) -> Iterator[Fault]:
    """Yield a fault when *new* is not as *old*. Source: apimachinery `ValidateImmutableField`."""
    if new != old:
        yield invalid("E0700", at, new, IMMUTABLE, point=point)


Shape = tuple[tuple[str, str, Any], ...]
"""A Go struct without JSON names: (its name, the API's name, what is inside) of each field.

Inside is a shape for a struct behind a pointer, [shape] for a list of them, else the value that
the field has when it is left out.
"""


def shown(value: Any, shape: Shape) -> dict[str, Any] | None:
    """Return a value as the server prints a struct of this shape, None where there is none."""
    if value is None:
        return None
    found: dict[str, Any] = {}
    for name, field, inside in shape:
        part = mapping(value).get(field)
        if isinstance(inside, tuple):
            found[name] = shown(part, inside)
        elif isinstance(inside, list):
            found[name] = None if part is None else [shown(one, inside[0]) for one in part]
        else:
            found[name] = inside if part is None else part
    return found
