"""Checked expressions as functions of their variables, with what running them costs.

Source: google/cel-go interpreter/{planner,interpretable,attributes,runtimecost}.go.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from ecp.kube.cel.check import Checked, qualified
from ecp.kube.cel.conversions import CONVERSIONS
from ecp.kube.cel.costs import LIST, MAP, MESSAGE, STEEP, call_cost
from ecp.kube.cel.declarations import FUNCTIONS, PATCHING, TYPES, UNDEFINED
from ecp.kube.cel.library import LIBRARY
from ecp.kube.cel.literals import NotStartable
from ecp.kube.cel.loops import (
    MISSING,
    PER_CALL,
    Frame,
    Run,
    binding,
    collected,
    counted,
    inserting,
    pairs,
    quantified,
    too_costly,
)
from ecp.kube.cel.operators import (
    NO_OVERLOAD,
    OPERATORS,
    has,
    is_in,
    is_list,
    is_map,
    select,
    select_optional,
)
from ecp.kube.cel.source import RunError
from ecp.kube.cel.tree import (
    Call,
    Fold,
    Ident,
    ListOf,
    Literal,
    MapOf,
    Message,
    Node,
    Select,
)
from ecp.kube.cel.types import Type
from ecp.kube.cel.values import (
    Made,
    MapValue,
    Optional,
    TypeValue,
    is_patch_type,
    type_name,
)

_TYPE_NAMES: Final = {
    "duration": "google.protobuf.Duration",
    "timestamp": "google.protobuf.Timestamp",
    "null": "null_type",
}


def compile_node(node: Node, checked: Checked) -> Run:
    """Return a function that runs an expression. It raises RunError and CostExceeded."""
    return _Compiler(checked).run(node)


class _Compiler:
    def __init__(self, checked: Checked) -> None:
        self.checked = checked
        self.names: list[str] = []

    def run(self, node: Node) -> Run:
        match node:
            case Literal():
                value = node.value
                return lambda frame: value
            case Ident():
                return self._ident(node)
            case Select():
                return self._select(node)
            case Call():
                return self._call(node)
            case ListOf():
                return self._list(node)
            case MapOf():
                return self._map(node)
            case Fold():
                return self._fold(node)
            case Message():
                return self._message(node)
        raise AssertionError(node)

    def _ident(self, node: Ident) -> Run:
        name = node.name.removeprefix(".")
        if name in TYPES and name not in self.names:
            if name in UNDEFINED:
                raise NotStartable(f"reference to undefined type: {name}")
            return _constant(_type_value(name))
        return self._variable(name)

    def _variable(self, name: str) -> Run:
        def run(frame: Frame) -> Any:
            frame.cost += 1
            return frame.variables[name]

        return run

    def _select(self, node: Select) -> Run:
        type_ = self.checked.type_of(node)
        if type_.kind == "type" and not node.test:
            return _constant(_type_value(str(type_.params[0]) if type_.params else "type"))
        whole = "" if node.test else qualified(node).removeprefix(".")
        if whole in self.checked.uses:
            return self._variable(whole)
        operand, field = self.run(node.operand), node.field
        if node.test:
            return lambda frame: has(operand(frame), field)

        def run(frame: Frame) -> Any:
            value = operand(frame)
            frame.cost += 1
            return select(value, field)

        return run

    # ---- calls -------------------------------------------------------------------------------

    def _call(self, node: Call) -> Run:
        special = _SPECIAL.get(node.function)
        if special is not None:
            return special(self, node)
        args = [self.run(part) for part in node.everything]
        name = node.function
        operator = OPERATORS.get(name) or CONVERSIONS.get(name)
        if operator is None:
            return _charged(node, self._library(node), args)
        if name in CONVERSIONS and isinstance(node.args[0], Literal):
            return _constant(operator(node.args[0].value))
        if name == "@in" and isinstance(node.args[1], ListOf) and _is_constant(node.args[1]):
            return _membership(*args)
        return _charged(node, operator, args)

    def _library(self, node: Call) -> Callable[..., Any]:
        """Return what a function does, guarded where its arguments' types are not known."""
        named = LIBRARY.get(node.overloads[0]) if len(node.overloads) == 1 else None
        does = named or LIBRARY.get(node.function)
        overloads = [
            overload for overload in FUNCTIONS.get(node.function) or PATCHING[node.function]
            if overload.is_method == (node.target is not None)
        ]  # fmt: skip
        given = [self.checked.type_of(part) for part in node.everything]
        if does is not None and len(node.overloads) == 1 and not any(map(_is_loose, given)):
            return does
        name = node.function

        def guarded(*args: Any) -> Any:
            for overload in overloads:
                if len(overload.args) == len(args) and all(map(_is_of, overload.args, args)):
                    found = LIBRARY.get(overload.name) or LIBRARY[name]
                    return found(*args)
            raise RunError(f"no such overload: {name}({', '.join(map(type_name, args))})")

        return guarded

    def _logic(self, node: Call) -> Run:
        terms = [self.run(part) for part in node.args]
        decisive = node.function == "_||_"

        def run(frame: Frame) -> Any:
            failed: RunError | None = None
            for term in terms:
                try:
                    value = term(frame)
                except RunError as error:
                    failed = failed or error
                    continue
                if value is decisive:
                    return decisive
                if not isinstance(value, bool):
                    failed = failed or RunError(NO_OVERLOAD)
            if failed is not None:
                raise failed
            return not decisive

        return run

    def _conditional(self, node: Call) -> Run:
        condition, chosen, other = (self.run(part) for part in node.args)

        def run(frame: Frame) -> Any:
            value = condition(frame)
            if not isinstance(value, bool):
                raise RunError(NO_OVERLOAD)
            return chosen(frame) if value else other(frame)

        return run

    def _optional_or(self, node: Call) -> Run:
        held, other = (self.run(part) for part in node.everything)
        unwraps = node.function == "orValue"

        def run(frame: Frame) -> Any:
            value = held(frame)
            if not isinstance(value, Optional):
                return value
            if value.present:
                return value.value if unwraps else value
            return other(frame)

        return run

    def _optional_select(self, node: Call) -> Run:
        operand, name = self.run(node.args[0]), node.args[1]
        assert isinstance(name, Literal)
        field = name.value

        def run(frame: Frame) -> Any:
            found = select_optional(operand(frame), field)
            frame.cost += found.present
            return found

        return run

    def _index(self, node: Call) -> Run:
        operand, key = (self.run(part) for part in node.args)
        operator = OPERATORS[node.function]

        def run(frame: Frame) -> Any:
            value, at = operand(frame), key(frame)
            frame.cost += 1
            return operator(value, at)

        return run

    # ---- aggregates --------------------------------------------------------------------------

    def _list(self, node: ListOf) -> Run:
        items = [
            (self.run(item), number in node.optional) for number, item in enumerate(node.items)
        ]
        price = 0 if _is_constant(node) else LIST

        def run(frame: Frame) -> Any:
            found = []
            for item, optional in items:
                value = item(frame)
                if not optional:
                    found.append(value)
                elif not isinstance(value, Optional):
                    text = "cannot initialize optional list element from non-optional value"
                    raise RunError(f"{text} {value}")
                elif value.present:
                    found.append(value.value)
            frame.spend(price)
            return found

        return run

    def _map(self, node: MapOf) -> Run:
        entries = [
            (self.run(entry.key), self.run(entry.value), entry.optional) for entry in node.entries
        ]

        price = 0 if _is_constant(node) else MAP

        def run(frame: Frame) -> Any:
            made = MapValue()
            for key, value, optional in entries:
                name, held = key(frame), value(frame)
                if not optional:
                    made.put(name, held)
                elif isinstance(held, Optional) and held.present:
                    made.put(name, held.value)
            frame.spend(price)
            return made

        return run

    def _message(self, node: Message) -> Run:
        name = node.name.removeprefix(".")
        if not is_patch_type(name):

            def never(frame: Frame) -> Any:
                frame.spend(MESSAGE)
                raise RunError(f"unknown type '{node.name}'")

            return never
        entries = [
            (_field_name(entry.key), self.run(entry.value), entry.optional)
            for entry in node.entries
        ]

        def run(frame: Frame) -> Any:
            made = Made(name)
            for field, value, optional in entries:
                held = value(frame)
                if not optional:
                    made.put(field, held)
                elif isinstance(held, Optional) and held.present:
                    made.put(field, held.value)
            frame.spend(MESSAGE)
            return made

        return run

    # ---- loops -------------------------------------------------------------------------------

    def _fold(self, node: Fold) -> Run:
        over, init = self.run(node.range), self.run(node.init)
        names = [node.accumulator, node.var, *([node.var2] if node.var2 else [])]
        if node.is_bind:
            self.names.append(node.accumulator)
            result = self.run(node.result)
            self.names.pop()
            return binding(node.accumulator, init, result)
        self.names += names
        inner = self._body(node)
        del self.names[-len(names) :]

        def run(frame: Frame) -> Any:
            holder = over(frame)
            found = pairs(holder, bool(node.var2))
            saved = {name: frame.variables.get(name, MISSING) for name in names}
            try:
                return inner(frame, found)
            finally:
                for name, value in saved.items():
                    if value is MISSING:
                        frame.variables.pop(name, None)
                    else:
                        frame.variables[name] = value

        return run

    def _body(self, node: Fold) -> Callable[[Frame, list[tuple[Any, Any]]], Any]:
        step = node.step
        assert isinstance(step, Call)
        if node.macro in ("all", "exists"):
            return quantified(node, self.run(step.args[1]), node.macro == "exists")
        guard: Run | None = None
        if step.function == "_?_:_":
            guard, step = self.run(step.args[0]), step.args[1]
            assert isinstance(step, Call)
        if node.macro == "exists_one":
            assert guard is not None
            return counted(node, guard)
        if node.macro == "insert":
            return inserting(node, guard, [self.run(part) for part in step.args[1:]])
        (item,) = (part.items[0] for part in step.args[1:] if isinstance(part, ListOf))
        return collected(node, guard, self.run(item))


def _field_name(key: Node) -> str:
    assert isinstance(key, Literal)
    return str(key.value)


def _constant(value: Any) -> Run:
    return lambda frame: value


def _is_constant(node: Node) -> bool:
    """Tell whether a node is a literal, or a list or a map of literals alone: those are free."""
    if isinstance(node, ListOf):
        return not node.optional and all(map(_is_constant, node.items))
    if isinstance(node, MapOf):
        return all(
            not entry.optional and _is_constant(entry.key) and _is_constant(entry.value)
            for entry in node.entries
        )
    return isinstance(node, Literal)


def _type_value(name: str) -> TypeValue:
    return TypeValue(_TYPE_NAMES.get(name, name))


def _membership(item: Run, holder: Run) -> Run:
    """Whether a list of literals has an item costs nothing."""
    return lambda frame: is_in(item(frame), holder(frame))


def _charged(node: Call, does: Callable[..., Any], args: Sequence[Run]) -> Run:
    price = call_cost(node.function, node.overloads)
    steep = node.function in STEEP

    def run(frame: Frame) -> Any:
        values = [arg(frame) for arg in args]
        if steep and frame.cost + price(values, None) > PER_CALL:
            raise too_costly()
        result = does(*values)
        frame.spend(price(values, result))
        frame.weigh(values, result)
        return result

    return run


def _is_loose(type_: Type) -> bool:
    return type_.kind in ("dyn", "error", "param") or any(map(_is_loose, type_.params))


def _is_of(type_: Type, value: Any) -> bool:
    """Tell whether a value may stand for a type, as deep as a guard looks."""
    if type_.kind in ("dyn", "param"):
        return True
    if type_.kind == "list":
        return is_list(value)
    if type_.kind == "map":
        return is_map(value)
    name = type_.name or type_.kind
    return type_name(value) == _TYPE_NAMES.get(name, name)


_SPECIAL: Final[dict[str, Callable[[_Compiler, Call], Run]]] = {
    "_&&_": _Compiler._logic,
    "_||_": _Compiler._logic,
    "_?_:_": _Compiler._conditional,
    "or": _Compiler._optional_or,
    "orValue": _Compiler._optional_or,
    "_?._": _Compiler._optional_select,
    "_[_]": _Compiler._index,
    "_[?_]": _Compiler._index,
}
