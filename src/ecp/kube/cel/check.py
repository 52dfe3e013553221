"""Types of expressions: what each part is, which overloads are meant, and what cannot be.

Source: google/cel-go checker/{checker,env}.go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from ecp.kube.cel.declarations import FUNCTIONS, PATCHING, TYPES, Overload
from ecp.kube.cel.declared import Declared
from ecp.kube.cel.source import Issue
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
from ecp.kube.cel.types import (
    BOOL,
    BYTES,
    DOUBLE,
    DYN,
    ERROR,
    INT,
    NULL,
    STRING,
    UINT,
    Type,
    assignable,
    list_of,
    map_of,
    most_general,
    optional_of,
    substitute,
    unwrapped,
)
from ecp.kube.cel.values import Uint

_LITERALS: Final[tuple[tuple[type, Type], ...]] = (
    (bool, BOOL),
    (Uint, UINT),
    (int, INT),
    (float, DOUBLE),
    (str, STRING),
    (bytes, BYTES),
)
_DYNAMIC: Final = ("dyn", "error", "param")
_OPEN: Final = ("dyn", "error")


class Checked(NamedTuple):
    """types: by the number of a node; uses: the declared variables that are spoken of."""

    types: Mapping[int, Type]
    uses: frozenset[str]
    issues: tuple[Issue, ...]

    def type_of(self, node: Node) -> Type:
        return self.types.get(node.number, ERROR)


def check(
    node: Node,
    variables: Mapping[str, Type],
    objects: Mapping[str, Declared],
    *,
    patching: bool = False,
) -> Checked:
    """Return the types of all nodes, and what is wrong; fills in the calls' overloads.

    patching   the functions are known that only patches are made with
    """
    functions = {**FUNCTIONS, **PATCHING} if patching else FUNCTIONS
    checker = _Checker(variables, objects, functions)
    checker.check(node)
    types = {
        number: substitute(checker.known, type_, True) for number, type_ in checker.types.items()
    }
    return Checked(types, frozenset(checker.uses), tuple(checker.issues))


class _Checker:
    def __init__(
        self,
        variables: Mapping[str, Type],
        objects: Mapping[str, Declared],
        functions: Mapping[str, tuple[Overload, ...]],
    ) -> None:
        self.functions = functions
        self.declared = variables
        self.objects = objects
        self.scopes: list[dict[str, Type]] = []
        self.types: dict[int, Type] = {}
        self.known: dict[Type, Type] = {}
        self.issues: list[Issue] = []
        self.uses: set[str] = set()
        self.free = 0

    def check(self, node: Node) -> Type:
        match node:
            case Literal():
                type_ = _literal(node.value)
            case Ident():
                type_ = self._ident(node)
            case Select():
                type_ = self._select(node)
            case Call():
                type_ = self._call(node)
            case ListOf():
                type_ = self._list(node)
            case MapOf():
                type_ = self._map(node)
            case Message():
                type_ = self._message(node)
            case Fold():
                type_ = self._fold(node)
            case _:
                raise AssertionError(node)
        self.types[node.number] = type_
        return type_

    def said(self, node: Node, text: str) -> Type:
        self.issues.append(Issue(node.at, text))
        return ERROR

    def fits(self, *pairs: tuple[Type, Type]) -> bool:
        found = assignable(self.known, [one for one, _ in pairs], [other for _, other in pairs])
        if found is None:
            return False
        self.known = found
        return True

    def new_param(self) -> Type:
        self.free += 1
        return Type("param", f"_var{self.free - 1}")

    # ---- names -------------------------------------------------------------------------------

    def _named(self, name: str) -> Type | None:
        plain = name.removeprefix(".")
        if plain == name:
            for scope in reversed(self.scopes):
                if name in scope:
                    return scope[name]
        if plain in self.declared:
            self.uses.add(plain)
            return self.declared[plain]
        return TYPES.get(plain)

    def _ident(self, node: Ident) -> Type:
        found = self._named(node.name)
        if found is None:
            return self.said(node, _undeclared(node.name))
        return found

    def _select(self, node: Select) -> Type:
        name = "" if node.test else qualified(node)
        if name and name.split(".")[0] not in self._locals():
            plain = name.removeprefix(".")
            if plain in self.declared:
                self.uses.add(plain)
                return self.declared[plain]
            found = TYPES.get(plain)
            if found is not None:
                return found
        type_ = self._field(node, node.operand, node.field, False)
        return BOOL if node.test else substitute(self.known, type_, False)

    def _locals(self) -> set[str]:
        return {name for scope in self.scopes for name in scope}

    def _field(self, node: Node, operand: Node, field: str, optional: bool) -> Type:
        inside, held = unwrapped(substitute(self.known, self.check(operand), False))
        result = ERROR
        if inside.kind == "map":
            result = inside.params[1]
        elif inside.kind == "object":
            result = self._declared_field(node, inside.name, field)
        elif inside.kind == "param":
            self.fits((DYN, inside))
            result = DYN
        else:
            if inside.kind not in _OPEN:
                self.said(node, f"type '{inside}' does not support field selection")
            result = DYN
        return optional_of(result) if held or optional else result

    def _declared_field(self, node: Node, name: str, field: str) -> Type:
        found = self.objects.get(name)
        if found is None or found.fields is None:
            return self.said(node, f"unexpected failed resolution of '{name}'")
        part = found.fields.get(field)
        return self.said(node, f"undefined field '{field}'") if part is None else part.type

    # ---- calls -------------------------------------------------------------------------------

    def _call(self, node: Call) -> Type:
        if node.function == "_?._":
            operand, field = node.args
            assert isinstance(field, Literal)
            self.types[field.number] = STRING
            node.overloads = ("select_optional_field",)
            found = self._field(node, operand, field.value, True)
            return substitute(self.known, found, False)
        for arg in node.args:
            self.check(arg)
        if node.target is None:
            return self._resolved(node, node.function)
        whole = qualified(node.target)
        if whole:
            name = f"{whole}.{node.function}".removeprefix(".")
            if name in self.functions:
                node.function, node.target = name, None
                return self._resolved(node, name)
        self.check(node.target)
        return self._resolved(node, node.function)

    def _resolved(self, node: Call, name: str) -> Type:
        plain = name.removeprefix(".")
        overloads = self.functions.get(plain)
        if overloads is None:
            return self.said(node, _undeclared(name))
        name = node.function = plain
        given = [self.types[part.number] for part in node.everything]
        if name in ("_&&_", "_||_"):
            return self._logic(node, given)
        result: Type | None = None
        meant: list[str] = []
        for overload in overloads:
            if overload.is_method != (node.target is not None):
                continue
            fitting = self._fitting(overload, given)
            if fitting is None:
                continue
            meant.append(overload.name)
            if result is None:
                result = fitting
            elif result != DYN and result != fitting:
                result = DYN
        if result is None:
            shown = [substitute(self.known, type_, True) for type_ in given]
            signature = _signature(shown, node.target is not None)
            text = f"found no matching overload for '{name}' applied to '{signature}'"
            return self.said(node, text)
        node.overloads = tuple(meant)
        return result

    def _logic(self, node: Call, given: Sequence[Type]) -> Type:
        node.overloads = ("logical_and" if node.function == "_&&_" else "logical_or",)
        good = True
        for arg, type_ in zip(node.args, given, strict=True):
            if not self.fits((type_, BOOL)):
                self.said(arg, _mismatch(BOOL, type_))
                good = False
        return BOOL if good else ERROR

    def _fitting(self, overload: Overload, given: Sequence[Type]) -> Type | None:
        """Return the result that an overload has for *given*, None if it does not take it."""
        wanted, result = overload.args, overload.result
        if len(wanted) != len(given):
            return None
        if overload.params:
            fresh = {param: self.new_param() for param in overload.params}
            wanted = tuple(substitute(fresh, type_, False) for type_ in wanted)
            result = substitute(fresh, result, False)
        if not self.fits(*zip(given, wanted, strict=True)):
            return None
        return substitute(self.known, result, False)

    # ---- aggregates --------------------------------------------------------------------------

    def _list(self, node: ListOf) -> Type:
        joined: Type | None = None
        for number, item in enumerate(node.items):
            type_ = self.check(item)
            if number in node.optional:
                type_ = self._optional(item, type_)
            joined = self._joined(joined, type_)
        return list_of(self.new_param() if joined is None else joined)

    def _optional(self, node: Node, type_: Type) -> Type:
        inside, held = unwrapped(type_)
        if not held and inside.kind not in _DYNAMIC[:1]:
            self.said(node, _mismatch(optional_of(inside), inside))
        return inside

    def _joined(self, before: Type | None, type_: Type) -> Type:
        """Return the one type of both; what literals may mix is judged later."""
        if before is None:
            return type_
        return most_general(before, type_) if self.fits((before, type_)) else DYN

    def _map(self, node: MapOf) -> Type:
        key: Type | None = None
        value: Type | None = None
        for entry in node.entries:
            key = self._joined(key, self.check(entry.key))
            type_ = self.check(entry.value)
            if entry.optional:
                type_ = self._optional(entry.value, type_)
            value = self._joined(value, type_)
        if key is None or value is None:
            return map_of(self.new_param(), self.new_param())
        return map_of(key, value)

    def _message(self, node: Message) -> Type:
        name = node.name.removeprefix(".")
        found = self.objects.get(name)
        if found is None or found.fields is None:
            return self.said(node, _undeclared(node.name))
        for entry in node.entries:
            assert isinstance(entry.key, Literal)
            field = entry.key.value
            given = self.check(entry.value)
            part = found.fields.get(field)
            if part is None:
                self.issues.append(Issue(entry.at, f"undefined field '{field}'"))
            elif not self.fits((part.type, given)):
                text = (
                    f"expected type of field '{field}' is '{part.type}' but provided type is "
                    f"'{given}'"
                )
                self.issues.append(Issue(entry.at, text))
        return found.type

    # ---- loops -------------------------------------------------------------------------------

    def _fold(self, node: Fold) -> Type:
        self.check(node.range)
        carried = self.check(node.init)
        over = substitute(self.known, self.types[node.range.number], False)
        self.scopes.append({node.accumulator: carried})
        self.scopes.append(dict(self._variables(node, over)))
        self._expect(node.condition, BOOL)
        self._expect(node.step, carried)
        self.scopes.pop()
        result = self.check(node.result)
        self.scopes.pop()
        return substitute(self.known, result, False)

    def _expect(self, node: Node, wanted: Type) -> None:
        found = self.check(node)
        if not self.fits((wanted, found)):
            self.said(node, _mismatch(wanted, found))

    def _variables(self, node: Fold, over: Type) -> list[tuple[str, Type]]:
        types: tuple[Type, ...]
        if over.kind == "list":
            types = (INT, over.params[0]) if node.var2 else (over.params[0],)
        elif over.kind == "map":
            types = over.params if node.var2 else over.params[:1]
        elif over.kind in _DYNAMIC:
            self.fits((DYN, over))
            types = (DYN, DYN)
        else:
            text = (
                f"expression of type '{over}' cannot be range of a comprehension (must be list, "
                "map, or dynamic)"
            )
            self.said(node.range, text)
            types = (ERROR, ERROR)
        names = (node.var, node.var2) if node.var2 else (node.var,)
        return list(zip(names, types, strict=False))


def _literal(value: Any) -> Type:
    return next((type_ for kind, type_ in _LITERALS if isinstance(value, kind)), NULL)


def _undeclared(name: str) -> str:
    return f"undeclared reference to '{name}' (in container '')"


def _mismatch(wanted: Type, found: Type) -> str:
    return f"expected type '{wanted}' but found '{found}'"


def qualified(node: Node) -> str:
    """Return ``a.b.c`` for a chain of names, ``""`` for anything else."""
    parts: list[str] = []
    while isinstance(node, Select):
        if node.test:
            return ""
        parts.append(node.field)
        node = node.operand
    if not isinstance(node, Ident):
        return ""
    return ".".join((node.name, *reversed(parts)))


def _signature(given: Sequence[Type], is_method: bool) -> str:
    start, rest = (f"{given[0]}.", given[1:]) if is_method else ("", given)
    return f"{start}({', '.join(map(str, rest))})"
