"""What an expression costs at most, before anything is run.

Source: google/cel-go checker/cost.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from ecp.kube.cel.bounds import BY_FUNCTION, BY_OVERLOAD
from ecp.kube.cel.check import Checked
from ecp.kube.cel.costs import LIST, MAP, MESSAGE, REGEX, TRAVERSAL
from ecp.kube.cel.declared import Declared
from ecp.kube.cel.sizes import MOST, UNKNOWN, Argument, Size, capped, times
from ecp.kube.cel.tree import (
    ACCUMULATOR,
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

_SCALARS: Final = ("bool", "double", "duration", "int", "timestamp", "uint")


class _Entries(NamedTuple):
    """How long the keys and values of a list or a map are."""

    kind: str
    key: Size
    value: Size


class _Variable(NamedTuple):
    path: tuple[str, ...]
    size: Size | None
    entries: _Entries | None


def estimate(node: Node, checked: Checked, root: Declared) -> int:
    """Return the most that running an expression over values of *root* may cost."""
    return _Estimator(checked, root).cost(node)


class _Estimator:
    def __init__(self, checked: Checked, root: Declared) -> None:
        self.checked = checked
        self.root = root
        self.paths: dict[int, tuple[str, ...]] = {}
        self.sizes: dict[int, Size] = {}
        self.entries: dict[int, _Entries] = {}
        self.variables: dict[str, list[_Variable]] = {}

    # ---- nodes -------------------------------------------------------------------------------

    def cost(self, node: Node) -> int:
        match node:
            case Ident():
                held = self.variables.get(node.name)
                self.paths[node.number] = held[-1].path if held else (node.name,)
                return 1
            case Select():
                return self._select(node)
            case Call():
                return self._call(node)
            case ListOf():
                return self._list(node)
            case MapOf():
                return self._map(node)
            case Message():
                return MESSAGE + sum(self.cost(entry.value) for entry in node.entries)
            case Fold():
                return self._bind(node) if node.is_bind else self._fold(node)
        return 0

    def _select(self, node: Select) -> int:
        if self.checked.type_of(node).kind == "type" and not node.test:
            self.paths[node.number] = (node.field,)
            return 1
        cost = self.cost(node.operand)
        if node.test:
            return cost
        if self.checked.type_of(node.operand).kind in ("map", "object", "param"):
            cost = capped(cost + 1)
        self.paths[node.number] = (*self.path(node.operand), node.field)
        return cost

    def _list(self, node: ListOf) -> int:
        cost = LIST
        item = Size(0 if not node.items else MOST, 0)
        for one in node.items:
            cost = capped(cost + self.cost(one))
            item = item.joined(self.size_or_unknown(one))
        self.entries[node.number] = _Entries("list", Size(1, 1), item)
        return cost

    def _map(self, node: MapOf) -> int:
        cost = MAP
        start = Size(0 if not node.entries else MOST, 0)
        key = value = start
        for entry in node.entries:
            cost = capped(cost + self.cost(entry.key) + self.cost(entry.value))
            key = key.joined(self.size_or_unknown(entry.key))
            value = value.joined(self.size_or_unknown(entry.value))
        self.entries[node.number] = _Entries("map", key, value)
        return cost

    def _push(self, name: str, variable: _Variable) -> None:
        self.variables.setdefault(name, []).append(variable)

    def _bind(self, node: Fold) -> int:
        cost = capped(self.cost(node.range) + self.cost(node.init))
        bound = _Variable(self.path(node.init), self.size_of(node.init), self.entries_of(node.init))
        self._push(node.accumulator, bound)
        cost = capped(cost + self.cost(node.result))
        self.variables[node.accumulator].pop()
        self._copy(node, node.result)
        return cost

    def _copy(self, node: Node, source: Node) -> None:
        size, entries = self.size_of(source), self.entries_of(source)
        if size is not None:
            self.sizes[node.number] = size
        if entries is not None:
            self.entries[node.number] = entries

    def _fold(self, node: Fold) -> int:
        cost = capped(self.cost(node.range) + self.cost(node.init))
        carried = _Variable(
            self.path(node.init), self.size_of(node.init), self.entries_of(node.init)
        )
        self._push(node.accumulator, carried)
        self._push_loop(node)
        looking, step = self.cost(node.condition), self.cost(node.step)
        self.variables[node.var].pop()
        if node.var2:
            self.variables[node.var2].pop()
        cost = capped(cost + self.cost(node.result))
        self.variables[node.accumulator].pop()
        count = self.size_or_unknown(node.range)
        cost = capped(cost + capped(count.most * capped(step + looking)))
        if isinstance(node.init, Literal):
            size = self.size_of(node.init)
            if size is not None:
                self.sizes[node.number] = size
        elif isinstance(node.init, ListOf | MapOf):
            self.sizes[node.number] = count
            entries = self.entries_of(node.step)
            if entries is not None:
                self.entries[node.number] = entries
        return cost

    def _push_loop(self, node: Fold) -> None:
        entries, path = self.entries_of(node.range), self.path(node.range)
        kind = entries.kind if entries else self.checked.type_of(node.range).kind
        listed = kind == "list"
        keys = entries.key if entries else None
        values = entries.value if entries else None
        if node.var2:
            at = "@indices" if listed else "@keys"
            self._push(node.var, _Variable((*path, at), keys, None))
            at = "@items" if listed else "@values"
            self._push(node.var2, _Variable((*path, at), values, None))
        elif listed:
            self._push(node.var, _Variable((*path, "@items"), values, None))
        else:
            self._push(node.var, _Variable((*path, "@keys"), keys, None))

    # ---- calls -------------------------------------------------------------------------------

    def _call(self, node: Call) -> int:
        if node.function == "dyn":
            cost = self.cost(node.args[0])
            self._copy(node, node.args[0])
            return capped(cost + 1)
        costs = [self.cost(arg) for arg in node.args]
        args = [self.argument(arg) for arg in node.args]
        if not node.overloads:
            return 0
        total, target = 0, None
        if node.target is not None:
            total = self.cost(node.target)
            target = self.argument(node.target)
        most = 0
        size: Size | None = None
        for overload in node.overloads:
            cost, made = self._overload(node, overload, target, args, costs)
            most = max(most, cost)
            if made is not None:
                size = made if size is None else size.joined(made)
            if overload in ("index_list", "index_map"):
                entries = self.entries_of(node.args[0])
                size = entries.value if entries else None
                at = "@items" if overload == "index_list" else "@values"
                self.paths[node.number] = (*self.path(node.args[0]), at)
            if size is None:
                size = self.size_of(node)
        if size is not None:
            self.sizes[node.number] = size
        return capped(total + most)

    def _overload(
        self, node: Call, overload: str, target: Argument | None, args: Sequence[Argument],
        costs: Sequence[int],
    ) -> tuple[int, Size | None]:  # fmt: skip
        """Return what a call costs with its arguments, and how long its result is."""
        spent = capped(sum(costs))
        rule = BY_OVERLOAD.get(overload) or BY_FUNCTION.get(node.function)
        if rule is not None:
            found = rule(self, overload, target, args)
            if found is not None:
                return capped(found[0] + spent), found[1]
        if overload in ("logical_or", "logical_and"):
            return spent, None
        if overload == "conditional":
            return self._conditional(node, args, costs)
        if overload in ("add_string", "add_bytes", "add_list"):
            return self._added(node, overload, args, spent)
        return capped(self._usual(overload, target, args) + spent), self._made(overload, args)

    def _conditional(
        self, node: Call, args: Sequence[Argument], costs: Sequence[int]
    ) -> tuple[int, Size | None]:
        size = _known(args[1]).joined(_known(args[2]))
        self._join_entries(node, args[1].node, args[2].node)
        return capped(costs[0] + max(costs[1], costs[2])), size

    def _added(
        self, node: Call, overload: str, args: Sequence[Argument], spent: int
    ) -> tuple[int, Size | None]:
        size = _known(args[0]).plus(_known(args[1]))
        self._join_entries(node, args[0].node, args[1].node)
        cost = 1 if overload == "add_list" else times(size.most, TRAVERSAL)
        return capped(cost + spent), size

    def _join_entries(self, node: Node, one: Node, other: Node) -> None:
        a, b = self.entries_of(one), self.entries_of(other)
        if a is not None and b is not None:
            joined = _Entries(a.kind, a.key.joined(b.key), a.value.joined(b.value))
            self.entries[node.number] = joined

    def _usual(self, overload: str, target: Argument | None, args: Sequence[Argument]) -> int:
        if overload in ("string_to_bytes", "bytes_to_string", "strings_quote"):
            return times(_known(args[0]).most, TRAVERSAL)
        if overload in ("starts_with_string", "ends_with_string"):
            return times(_known(args[0]).most, TRAVERSAL)
        if overload == "string_format" and target is not None:
            return times(_known(target).most, TRAVERSAL)
        if overload == "in_list":
            return _known(args[1]).most
        if overload == "matches_string" and target is not None and len(args) == 1:
            text = times(capped(_known(target).most + 1), TRAVERSAL)
            return capped(text * times(_known(args[0]).most, REGEX))
        if overload == "contains_string" and target is not None:
            text = times(_known(target).most, TRAVERSAL)
            return capped(text * times(_known(args[0]).most, TRAVERSAL))
        if overload in ("equals", "not_equals") or (
            overload.endswith(("_string", "_bytes")) and (overload.startswith(("less", "greater")))
        ):
            return times(min(_known(args[0]).most, _known(args[1]).most), TRAVERSAL)
        return 1

    def _made(self, overload: str, args: Sequence[Argument]) -> Size | None:
        if overload == "string_to_bytes":
            size = _known(args[0])
            return Size(size.least, (size.most * 4) & MOST)
        if overload == "bytes_to_string":
            size = _known(args[0])
            return Size(size.least // 4, size.most)
        if overload == "strings_quote":
            size = _known(args[0])
            return Size(size.least + 2, (size.most * 2 + 2) & MOST)
        return None

    # ---- sizes -------------------------------------------------------------------------------

    def argument(self, node: Node) -> Argument:
        path = self.path(node)
        if path and path[0] in (ACCUMULATOR, "__result__"):
            path = ()
        return Argument(node, path, self.checked.type_of(node), self.size_of(node))

    def path(self, node: Node) -> tuple[str, ...]:
        if isinstance(node, Ident) and self.variables.get(node.name):
            return self.variables[node.name][-1].path
        return self.paths.get(node.number, ())

    def size_or_unknown(self, node: Node) -> Size:
        return self.size_of(node) or UNKNOWN

    def size_of(self, node: Node) -> Size | None:
        known = self.sizes.get(node.number)
        if known is not None:
            return known
        own = _own_size(node)
        if own is not None:
            return own
        declared = self.declared_size(self.path(node))
        if declared is not None:
            self.sizes[node.number] = declared
            return declared
        type_ = self.checked.type_of(node)
        if _is_scalar(type_):
            return Size(1, 1)
        if isinstance(node, Ident) and self.variables.get(node.name):
            return self.variables[node.name][-1].size
        return None

    def declared_size(self, path: tuple[str, ...]) -> Size | None:
        """Return how long what is at a path may be, by its declaration."""
        if not path:
            return None
        found: Declared | None = self.root
        for step in path[1:]:
            assert found is not None
            if step in ("@items", "@values"):
                found = found.element
            elif step == "@keys":
                found = found.key
            else:
                found = (found.fields or {}).get(step)
            if found is None:
                return None
        assert found is not None
        return Size(0, found.most)

    def entries_of(self, node: Node) -> _Entries | None:
        known = self.entries.get(node.number)
        if known is not None:
            return known
        if isinstance(node, Ident) and self.variables.get(node.name):
            return self.variables[node.name][-1].entries
        return None

    def library_size(self, argument: Argument) -> Size:
        """Return an argument's size as Kubernetes' libraries see it."""
        return argument.size or self.declared_size(argument.path) or UNKNOWN


def _known(argument: Argument) -> Size:
    return argument.size or UNKNOWN


def _own_size(node: Node) -> Size | None:
    if isinstance(node, Literal):
        value = node.value
        size = len(value) if isinstance(value, str | bytes) else 1
    elif isinstance(node, ListOf):
        size = len(node.items)
    elif isinstance(node, MapOf):
        size = len(node.entries)
    else:
        return None
    return Size(size, size)


def _is_scalar(type_: Type) -> bool:
    if type_.is_optional:
        return _is_scalar(type_.params[0])
    return type_.kind in _SCALARS
