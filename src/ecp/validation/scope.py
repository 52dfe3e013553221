"""What a check may know besides the object: the target version."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from ecp.validation.faults import Fault


class Scope(NamedTuple):
    """version is that of the target cluster, such as (1, 36)."""

    version: tuple[int, int] = (1, 36)

    def since(self, major: int, minor: int) -> bool:
        return self.version >= (major, minor)


Object = Mapping[str, Any]
Check = Callable[[Object, Scope], Iterator[Fault]]


def mapping(value: Any) -> Mapping[str, Any]:
    """Return a field as a map; the decoder has judged types, so anything else is absent."""
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    """Return a field as a list, absent and null as an empty one."""
    return value if isinstance(value, list) else []
