"""Macros: calls that stand for something longer.

Source: google/cel-go parser/macro.go, ext/{comprehensions,lists}.go, cel/library.go.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, Final

from ecp.kube.cel.source import Issue
from ecp.kube.cel.tree import (
    ACCUMULATOR,
    UNUSED,
    Call,
    Fold,
    Ident,
    ListOf,
    Literal,
    MapOf,
    Node,
    Select,
)

_OVERWRITES: Final = "iteration variable overwrites accumulator variable"
_NO_NAME: Final = "argument must be a simple name"
_NO_IDENTIFIER: Final = "argument is not an identifier"
SORT_INPUT: Final = "@__sortBy_input__"


class Maker:
    """Makes nodes with numbers of their own, at the place of the macro that is expanded."""

    def __init__(self) -> None:
        self._last = 0
        self.at = 0

    def number(self) -> int:
        self._last += 1
        return self._last

    def literal(self, value: Any, at: int | None = None) -> Node:
        return Literal(self.number(), self.at if at is None else at, value)

    def ident(self, name: str, at: int | None = None) -> Node:
        return Ident(self.number(), self.at if at is None else at, name)

    def carried(self) -> Node:
        return self.ident(ACCUMULATOR)

    def call(self, function: str, *args: Node) -> Node:
        return Call(self.number(), self.at, function, None, list(args))

    def method(self, function: str, target: Node, *args: Node) -> Node:
        return Call(self.number(), self.at, function, target, list(args))

    def items(self, *items: Node) -> Node:
        return ListOf(self.number(), self.at, list(items), frozenset())

    def empty_map(self) -> Node:
        return MapOf(self.number(), self.at, [])

    def copied(self, node: Node) -> Node:
        """Return a tree like *node* with numbers of its own."""
        made = copy.deepcopy(node)
        self._renumber(made)
        return made

    def _renumber(self, node: Node) -> None:
        from ecp.kube.cel.tree import walk

        for one in walk(node):
            one.number = self.number()

    def fold(
        self, over: Node, names: tuple[str, str], init: Node, condition: Node, step: Node,
        result: Node, macro: str = "",
    ) -> Node:  # fmt: skip
        return Fold(
            self.number(), self.at, over, *names, ACCUMULATOR, init, condition, step, result, macro
        )

    def bind(self, name: str, value: Node, result: Node) -> Node:
        """Return ``result`` in which *name* stands for *value*."""
        return Fold(
            self.number(), self.at, self.items(), UNUSED, "", name, value, self.literal(False),
            self.ident(name), result, "bind",
        )  # fmt: skip


Macro = Callable[[Maker, Node | None, list[Node]], Node | Issue]


def _names(args: list[Node], two: bool, complaint: str) -> tuple[str, str] | Issue:
    """Return the names of the loop's variables, the second one empty without *two*."""
    found = []
    for arg in args[: 2 if two else 1]:
        if not isinstance(arg, Ident):
            return Issue(arg.at, complaint)
        found.append(arg.name)
    if two and found[0] == found[1]:
        return Issue(args[1].at, f"duplicate variable name: {found[0]}")
    for arg, name in zip(args, found, strict=False):
        if name in (ACCUMULATOR, "__result__"):
            return Issue(arg.at, _OVERWRITES)
    return (found[0], found[1] if two else "")


def _has(make: Maker, target: Node | None, args: list[Node]) -> Node | Issue:
    (arg,) = args
    if not isinstance(arg, Select):
        return Issue(arg.at, "invalid argument to has() macro")
    return Select(make.number(), make.at, arg.operand, arg.field, True)


def _quantifier(macro: str, two: bool) -> Macro:
    def expand(make: Maker, target: Node | None, args: list[Node]) -> Node | Issue:
        names = _names(args, two, _NO_NAME)
        if isinstance(names, Issue):
            return names
        assert target is not None
        test = args[-1]
        if macro == "exists_one":
            init, condition = make.literal(0), make.literal(True)
            more = make.call("_+_", make.carried(), make.literal(1))
            step = make.call("_?_:_", test, more, make.carried())
            result = make.call("_==_", make.carried(), make.literal(1))
            return make.fold(target, names, init, condition, step, result, macro)
        every = macro == "all"
        init = make.literal(every)
        held = make.carried() if every else make.call("!_", make.carried())
        condition = make.call("@not_strictly_false", held)
        step = make.call("_&&_" if every else "_||_", make.carried(), test)
        return make.fold(target, names, init, condition, step, make.carried(), macro)

    return expand


def _list(two: bool, filtered: bool, macro: str) -> Macro:
    def expand(make: Maker, target: Node | None, args: list[Node]) -> Node | Issue:
        names = _names(args, two, _NO_NAME if two else _NO_IDENTIFIER)
        if isinstance(names, Issue):
            return names
        assert target is not None
        first = 2 if two else 1
        init, condition = make.items(), make.literal(True)
        item = args[0] if macro == "filter" else args[-1]
        step = make.call("_+_", make.carried(), make.items(item))
        if filtered:
            step = make.call("_?_:_", args[first], step, make.carried())
        return make.fold(target, names, init, condition, step, make.carried(), macro)

    return expand


def _map(filtered: bool, entry: bool) -> Macro:
    def expand(make: Maker, target: Node | None, args: list[Node]) -> Node | Issue:
        names = _names(args, True, _NO_NAME)
        if isinstance(names, Issue):
            return names
        assert target is not None
        init, condition = make.empty_map(), make.literal(True)
        keyed = () if entry else (make.ident(names[0]),)
        step = make.call("cel.@mapInsert", make.carried(), *keyed, args[-1])
        if filtered:
            step = make.call("_?_:_", args[2], step, make.carried())
        return make.fold(target, names, init, condition, step, make.carried(), "insert")

    return expand


def _optional_map(flat: bool) -> Macro:
    name = "optFlatMap" if flat else "optMap"

    def expand(make: Maker, target: Node | None, args: list[Node]) -> Node | Issue:
        variable, mapped = args
        if not isinstance(variable, Ident):
            return Issue(variable.at, f"{name}() variable name must be a simple identifier")
        assert target is not None
        has = make.method("hasValue", target)
        bound = make.bind(variable.name, make.method("value", make.copied(target)), mapped)
        chosen = bound if flat else make.call("optional.of", bound)
        return make.call("_?_:_", has, chosen, make.call("optional.none"))

    return expand


def _sort_by(make: Maker, target: Node | None, args: list[Node]) -> Node | Issue:
    assert target is not None
    if not isinstance(target, ListOf | Select | Ident | Fold | Call):
        text = (
            "sortBy can only be applied to a list, identifier, comprehension, call or select "
            "expression"
        )
        return Issue(target.at, text)
    keys = _list(False, False, "map")(make, make.ident(SORT_INPUT), args)
    if isinstance(keys, Issue):
        return keys
    sorted_ = make.method("@sortByAssociatedKeys", make.ident(SORT_INPUT), keys)
    return make.bind(SORT_INPUT, target, sorted_)


MACROS: Final[dict[tuple[str, int, bool], Macro]] = {
    ("has", 1, False): _has,
    ("all", 2, True): _quantifier("all", False),
    ("all", 3, True): _quantifier("all", True),
    ("exists", 2, True): _quantifier("exists", False),
    ("exists", 3, True): _quantifier("exists", True),
    ("exists_one", 2, True): _quantifier("exists_one", False),
    ("exists_one", 3, True): _quantifier("exists_one", True),
    ("existsOne", 3, True): _quantifier("exists_one", True),
    ("map", 2, True): _list(False, False, "map"),
    ("map", 3, True): _list(False, True, "map"),
    ("filter", 2, True): _list(False, True, "filter"),
    ("transformList", 3, True): _list(True, False, "map"),
    ("transformList", 4, True): _list(True, True, "map"),
    ("transformMap", 3, True): _map(False, False),
    ("transformMap", 4, True): _map(True, False),
    ("transformMapEntry", 3, True): _map(False, True),
    ("transformMapEntry", 4, True): _map(True, True),
    ("optMap", 2, True): _optional_map(False),
    ("optFlatMap", 2, True): _optional_map(True),
    ("sortBy", 2, True): _sort_by,
}
"""Macros by name, number of arguments, and whether they are called on something."""
