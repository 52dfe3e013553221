"""What an expression costs at most, before anything is run.

Source: google/cel-go checker/cost.go, ext/{lists,sets}.go; kubernetes apiserver
pkg/cel/library/cost.go.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from ecp.kube.cel.check import Checked
from ecp.kube.cel.costs import REGEX, TRAVERSAL
from ecp.kube.cel.declared import Declared
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

MOST: Final = (1 << 64) - 1
_LIST: Final = 10
_MAP: Final = 30
_MESSAGE: Final = 40
_SCALARS: Final = ("bool", "double", "duration", "int", "timestamp", "uint")
_FORMAT: Final = 128 * REGEX


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


class _Entries(NamedTuple):
    """How long the keys and values of a list or a map are."""

    kind: str
    key: Size
    value: Size


class _Variable(NamedTuple):
    path: tuple[str, ...]
    size: Size | None
    entries: _Entries | None


class _Argument(NamedTuple):
    node: Node
    path: tuple[str, ...]
    type: Type
    size: Size | None


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
                return _MESSAGE + sum(self.cost(entry.value) for entry in node.entries)
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
        cost = _LIST
        item = Size(0 if not node.items else MOST, 0)
        for one in node.items:
            cost = capped(cost + self.cost(one))
            item = item.joined(self.size_or_unknown(one))
        self.entries[node.number] = _Entries("list", Size(1, 1), item)
        return cost

    def _map(self, node: MapOf) -> int:
        cost = _MAP
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
        self, node: Call, overload: str, target: _Argument | None, args: Sequence[_Argument],
        costs: Sequence[int],
    ) -> tuple[int, Size | None]:  # fmt: skip
        """Return what a call costs with its arguments, and how long its result is."""
        spent = capped(sum(costs))
        rule = _BY_OVERLOAD.get(overload) or _BY_FUNCTION.get(node.function)
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
        self, node: Call, args: Sequence[_Argument], costs: Sequence[int]
    ) -> tuple[int, Size | None]:
        size = _known(args[1]).joined(_known(args[2]))
        self._join_entries(node, args[1].node, args[2].node)
        return capped(costs[0] + max(costs[1], costs[2])), size

    def _added(
        self, node: Call, overload: str, args: Sequence[_Argument], spent: int
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

    def _usual(self, overload: str, target: _Argument | None, args: Sequence[_Argument]) -> int:
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

    def _made(self, overload: str, args: Sequence[_Argument]) -> Size | None:
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

    def argument(self, node: Node) -> _Argument:
        path = self.path(node)
        if path and path[0] in (ACCUMULATOR, "__result__"):
            path = ()
        return _Argument(node, path, self.checked.type_of(node), self.size_of(node))

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

    def library_size(self, argument: _Argument) -> Size:
        """Return an argument's size as Kubernetes' libraries see it."""
        return argument.size or self.declared_size(argument.path) or UNKNOWN


def _known(argument: _Argument) -> Size:
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


# ---- what the libraries say of their functions -----------------------------------------------

_Cost = tuple[int, Size | None]
_Rule = Callable[[_Estimator, str, _Argument | None, Sequence[_Argument]], _Cost | None]


def _fixed(
    made: _Estimator, overload: str, target: _Argument | None, args: Sequence[_Argument]
) -> _Cost:
    return 1, None


def _authorized(
    made: _Estimator, overload: str, target: _Argument | None, args: Sequence[_Argument]
) -> _Cost:
    return 350_000, None


def _whole(
    made: _Estimator, overload: str, target: _Argument | None, args: Sequence[_Argument]
) -> _Cost | None:
    """All of a list is looked at, or of a text."""
    if target is None:
        return None
    size = made.library_size(target).most
    if not target.type.params:
        return times(size, TRAVERSAL), None
    item = target.type.params[0]
    each = 1
    if item.kind in ("string", "bytes"):
        path = (*target.path, "@items") if target.path else ()
        inner = made.declared_size(path) or UNKNOWN
        each = capped(1 + times(inner.most, TRAVERSAL))
    return capped(size * each), None


def _on_target(factor: float) -> _Rule:
    def rule(
        made: _Estimator, overload: str, target: _Argument | None, args: Sequence[_Argument]
    ) -> _Cost | None:
        if target is None:
            return None
        size = made.library_size(target)
        return times(size.most, factor), size

    return rule


def _on_argument(factor: float, keeps_size: bool = False) -> _Rule:
    def rule(
        made: _Estimator, overload: str, target: _Argument | None, args: Sequence[_Argument]
    ) -> _Cost | None:
        if not args:
            return None
        size = made.library_size(args[0])
        return times(size.most, factor), size if keeps_size else None

    return rule


def _replace(
    made: _Estimator, overload: str, target: _Argument | None, args: Sequence[_Argument]
) -> _Cost | None:
    if target is None or len(args) < 2:
        return None
    size, old, new = (made.library_size(one) for one in (target, args[0], args[1]))
    if old.least == 0:
        most, kept = capped(size.most + 1), size.most
    elif new.most <= old.least:
        most, kept = 0, size.most
    else:
        most, kept = math.ceil(float(size.most) / float(old.least)), 0
    if old.most == 0:
        least, held = capped(size.least + 1), size.least
    elif old.most <= new.least:
        least, held = 0, size.least
    else:
        least, held = math.ceil(float(size.least) / float(old.most)), 0
    result = Size(least, capped(most)).by(new).plus(Size(held, kept))
    return times(size.most, 2 * TRAVERSAL), result


def _split(
    made: _Estimator, overload: str, target: _Argument | None, args: Sequence[_Argument]
) -> _Cost | None:
    if target is None:
        return None
    size = made.library_size(target)
    most = size.most
    if len(args) > 1 and isinstance(args[1].node, Literal):
        most = int(args[1].node.value) & MOST
    return times(size.most, 2 * TRAVERSAL), Size(0, most)


def _join(
    made: _Estimator, overload: str, target: _Argument | None, args: Sequence[_Argument]
) -> _Cost | None:
    if target is None:
        return None
    count = made.library_size(target)
    path = (*target.path, "@items") if target.path else ()
    size = count.by(made.declared_size(path) or UNKNOWN)
    if args:
        between = Size(max(count.least - 1, 0), max(count.most - 1, 0))
        size = size.plus(made.library_size(args[0]).by(between))
    return times(size.most, TRAVERSAL), size


def _find(
    made: _Estimator, overload: str, target: _Argument | None, args: Sequence[_Argument]
) -> _Cost | None:
    if target is None or not args:
        return None
    size = made.library_size(target)
    text = times(capped(size.most + 1), TRAVERSAL)
    cost = capped(text * times(made.library_size(args[0]).most, REGEX))
    return cost, Size(0, size.most)


def _ip(
    made: _Estimator, overload: str, target: _Argument | None, args: Sequence[_Argument]
) -> _Cost | None:
    if overload == "cidr_ip":
        return 1, None
    return _on_argument(TRAVERSAL)(made, overload, target, args)


def _contains_net(cidr: bool) -> _Rule:
    def rule(
        made: _Estimator, overload: str, target: _Argument | None, args: Sequence[_Argument]
    ) -> _Cost | None:
        if not args:
            return None
        cost = times(32, TRAVERSAL)
        if cidr:
            cost += times(16, TRAVERSAL) + 1
        if overload.endswith("_string"):
            cost = capped(cost + times(made.library_size(args[0]).most, TRAVERSAL))
        return cost, None

    return rule


def _validate(
    made: _Estimator, overload: str, target: _Argument | None, args: Sequence[_Argument]
) -> _Cost | None:
    if not args:
        return None
    size = made.library_size(args[0]).most
    return times(times(size, TRAVERSAL), _FORMAT), None


def _equal(
    made: _Estimator, overload: str, target: _Argument | None, args: Sequence[_Argument]
) -> _Cost | None:
    if len(args) != 2 or args[0].type != args[1].type:
        return None
    name = args[0].type.name
    if name in ("net.IP", "net.CIDR", "kubernetes.Quantity", "kubernetes.Semver"):
        return 1, None
    if name == "kubernetes.NamedFormat":
        return times(64, TRAVERSAL), None
    if name == "kubernetes.URL":
        size = args[1].size
        return times(1 if size is None else size.most, TRAVERSAL), None
    return None


def _whole_number(argument: _Argument, otherwise: int) -> int:
    node = argument.node
    if not isinstance(node, Literal) or type(node.value) is not int:
        return otherwise
    return max(node.value, 0)


def _new_list(factor: float, size: Size) -> _Cost:
    return capped(times(size.most, factor) + 1 + _LIST), size


def _slice(
    made: _Estimator, overload: str, target: _Argument | None, args: Sequence[_Argument]
) -> _Cost | None:
    if target is None or len(args) != 2:
        return None
    end = _whole_number(args[1], made.library_size(target).most)
    length = (end - _whole_number(args[0], 0)) & MOST
    return _new_list(1, Size(length, length))


def _range(
    made: _Estimator, overload: str, target: _Argument | None, args: Sequence[_Argument]
) -> _Cost | None:
    count = _whole_number(args[0], MOST)
    return _new_list(1, Size(count, count))


def _reverse(
    made: _Estimator, overload: str, target: _Argument | None, args: Sequence[_Argument]
) -> _Cost | None:
    return None if target is None else _new_list(1, made.library_size(target))


def _flatten(
    made: _Estimator, overload: str, target: _Argument | None, args: Sequence[_Argument]
) -> _Cost | None:
    if target is None:
        return None
    depth = _whole_number(args[0], MOST) if args else 1
    return _new_list(float(depth), made.library_size(target))


def _distinct(
    made: _Estimator, overload: str, target: _Argument | None, args: Sequence[_Argument]
) -> _Cost | None:
    if target is None:
        return None
    size = made.library_size(target)
    return _new_list(2.0, size.by(size))


def _sort(
    made: _Estimator, overload: str, target: _Argument | None, args: Sequence[_Argument]
) -> _Cost | None:
    if target is None:
        return None
    size = made.library_size(args[0] if args else target)
    texts = overload.startswith(("list_string", "list_bytes"))
    return _new_list(2.0 + (TRAVERSAL if texts else 0), size.by(size))


def _sets(factor: float) -> _Rule:
    def rule(
        made: _Estimator, overload: str, target: _Argument | None, args: Sequence[_Argument]
    ) -> _Cost | None:
        if len(args) != 2:
            return None
        size = made.library_size(args[0]).by(made.library_size(args[1]))
        return capped(times(size.most, factor) + 1), None

    return rule


_BY_OVERLOAD: Final[dict[str, _Rule]] = {
    "list_slice": _slice,
    "list_flatten": _flatten,
    "list_flatten_int": _flatten,
    "lists_range": _range,
    "list_reverse": _reverse,
    "list_distinct": _distinct,
    "list_sets_contains_list": _sets(1),
    "list_sets_intersects_list": _sets(1),
    "list_sets_equivalent_list": _sets(2),
}
_CHEAP: Final = (
    "serviceAccount path group resource subresource namespace name allowed reason error "
    "errored masked prefixLength family isUnspecified isLoopback isLinkLocalMulticast "
    "isLinkLocalUnicast isGlobalUnicast format.named sign asInteger isInteger "
    "asApproximateFloat isGreaterThan isLessThan compareTo add sub major minor patch "
    "getScheme getHostname getHost getPort getEscapedPath getQuery"
)
_READ: Final = "cidr isIP isCIDR quantity isQuantity semver isSemver"
_BY_FUNCTION: Final[dict[str, _Rule]] = {
    "sort": _sort,
    "@sortByAssociatedKeys": _sort,
    "check": _authorized,
    **dict.fromkeys(
        _CHEAP.split(),
        _fixed,
    ),
    **dict.fromkeys(("isSorted", "sum", "max", "min", "indexOf", "lastIndexOf"), _whole),
    **dict.fromkeys(("lowerAscii", "upperAscii", "substring", "trim"), _on_target(TRAVERSAL)),
    "url": _on_argument(TRAVERSAL, keeps_size=True),
    **dict.fromkeys(_READ.split(), _on_argument(TRAVERSAL)),
    "ip.isCanonical": _on_argument(2 * TRAVERSAL),
    "ip": _ip,
    "replace": _replace,
    "split": _split,
    "join": _join,
    "find": _find,
    "findAll": _find,
    "containsIP": _contains_net(False),
    "containsCIDR": _contains_net(True),
    "validate": _validate,
    "_==_": _equal,
}
