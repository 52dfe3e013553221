"""How long values may be, and arithmetic that stops at 64 bits. Source: cel-go checker/cost.go."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from ecp.kube.cel.tree import Node
from ecp.kube.cel.types import Type

MOST: Final = (1 << 64) - 1


def capped(number: int) -> int:
    return min(number, MOST)


def times(number: int, factor: float) -> int:
    """Return *number* times *factor*, rounded up, as the server does with doubles."""
    product = float(number) * factor
    if product >= 2.0**64 or (number and factor and float(number) > MOST / factor):
        return MOST
    return math.ceil(product)


class Size(NamedTuple):
    """How long a value is: at least and at most."""

    least: int
    most: int

    def plus(self, other: Size) -> Size:
        return Size(capped(self.least + other.least), capped(self.most + other.most))

    def by(self, other: Size) -> Size:
        return Size(capped(self.least * other.least), capped(self.most * other.most))

    def joined(self, other: Size) -> Size:
        return Size(min(self.least, other.least), max(self.most, other.most))


UNKNOWN: Final = Size(0, MOST)


class Argument(NamedTuple):
    """What is known of an argument: the node, its path in the declared type, its type and size."""

    node: Node
    path: tuple[str, ...]
    type: Type
    size: Size | None
