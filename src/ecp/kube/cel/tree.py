"""Expressions as trees. Each node has a number of its own and its place in the text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

ACCUMULATOR = "@result"
UNUSED = "#unused"


@dataclass(slots=True)
class Node:
    number: int
    at: int


@dataclass(slots=True)
class Literal(Node):
    """value: None, bool, int, Uint, float, str or bytes."""

    value: Any


@dataclass(slots=True)
class Ident(Node):
    name: str


@dataclass(slots=True)
class Select(Node):
    """``operand.field``; with *test* it asks whether there is such a field."""

    operand: Node
    field: str
    test: bool = False


@dataclass(slots=True)
class Call(Node):
    """Operators are calls of functions such as ``_+_``; ``target`` is what a method is called on.

    The checker fills in the overloads that the types allow.
    """

    function: str
    target: Node | None
    args: list[Node]
    overloads: tuple[str, ...] = ()

    @property
    def everything(self) -> list[Node]:
        return self.args if self.target is None else [self.target, *self.args]


@dataclass(slots=True)
class ListOf(Node):
    items: list[Node]
    optional: frozenset[int]


@dataclass(slots=True)
class Entry:
    """An entry of a map, or a field of a message: then the key is its name."""

    at: int
    key: Node
    value: Node
    optional: bool


@dataclass(slots=True)
class MapOf(Node):
    entries: list[Entry]


@dataclass(slots=True)
class Message(Node):
    name: str
    entries: list[Entry]


@dataclass(slots=True)
class Fold(Node):
    """What macros such as ``all`` stand for: a loop over *range* that carries *accumulator*.

    macro   its name where running can do better than looping step by step, else ""
    """

    range: Node
    var: str
    var2: str
    accumulator: str
    init: Node
    condition: Node
    step: Node
    result: Node
    macro: str = ""

    @property
    def is_bind(self) -> bool:
        """Tell whether it only names a value."""
        return isinstance(self.range, ListOf) and not self.range.items and self.var == UNUSED


def children(node: Node) -> Iterator[Node]:
    """Yield the nodes right below one."""
    match node:
        case Select():
            yield node.operand
        case Call():
            yield from node.everything
        case ListOf():
            yield from node.items
        case MapOf() | Message():
            for entry in node.entries:
                if isinstance(node, MapOf):
                    yield entry.key
                yield entry.value
        case Fold():
            yield from (node.range, node.init, node.condition, node.step, node.result)


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and all below it, each after its parent."""
    yield node
    for child in children(node):
        yield from walk(child)
