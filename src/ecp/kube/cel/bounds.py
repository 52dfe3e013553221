"""What the libraries say that their functions cost at most.

Source: google/cel-go ext/{lists,sets}.go; kubernetes apiserver pkg/cel/library/cost.go.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from ecp.kube.cel.costs import REGEX, TRAVERSAL
from ecp.kube.cel.sizes import MOST, UNKNOWN, Argument, Size, capped, times
from ecp.kube.cel.tree import Literal

_LIST: Final = 10
_FORMAT: Final = 128 * REGEX


class Sizes(Protocol):
    """What a bound may ask of the estimate that it is a part of."""

    def library_size(self, argument: Argument) -> Size: ...

    def declared_size(self, path: tuple[str, ...]) -> Size | None: ...


_Cost = tuple[int, Size | None]
_Rule = Callable[[Sizes, str, Argument | None, Sequence[Argument]], _Cost | None]


def _fixed(made: Sizes, overload: str, target: Argument | None, args: Sequence[Argument]) -> _Cost:
    return 1, None


def _authorized(
    made: Sizes, overload: str, target: Argument | None, args: Sequence[Argument]
) -> _Cost:
    return 350_000, None


def _whole(
    made: Sizes, overload: str, target: Argument | None, args: Sequence[Argument]
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
        made: Sizes, overload: str, target: Argument | None, args: Sequence[Argument]
    ) -> _Cost | None:
        if target is None:
            return None
        size = made.library_size(target)
        return times(size.most, factor), size

    return rule


def _on_argument(factor: float, keeps_size: bool = False) -> _Rule:
    def rule(
        made: Sizes, overload: str, target: Argument | None, args: Sequence[Argument]
    ) -> _Cost | None:
        if not args:
            return None
        size = made.library_size(args[0])
        return times(size.most, factor), size if keeps_size else None

    return rule


def _replace(
    made: Sizes, overload: str, target: Argument | None, args: Sequence[Argument]
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
    made: Sizes, overload: str, target: Argument | None, args: Sequence[Argument]
) -> _Cost | None:
    if target is None:
        return None
    size = made.library_size(target)
    most = size.most
    if len(args) > 1 and isinstance(args[1].node, Literal):
        most = int(args[1].node.value) & MOST
    return times(size.most, 2 * TRAVERSAL), Size(0, most)


def _join(
    made: Sizes, overload: str, target: Argument | None, args: Sequence[Argument]
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
    made: Sizes, overload: str, target: Argument | None, args: Sequence[Argument]
) -> _Cost | None:
    if target is None or not args:
        return None
    size = made.library_size(target)
    text = times(capped(size.most + 1), TRAVERSAL)
    cost = capped(text * times(made.library_size(args[0]).most, REGEX))
    return cost, Size(0, size.most)


def _ip(
    made: Sizes, overload: str, target: Argument | None, args: Sequence[Argument]
) -> _Cost | None:
    if overload == "cidr_ip":
        return 1, None
    return _on_argument(TRAVERSAL)(made, overload, target, args)


def _contains_net(cidr: bool) -> _Rule:
    def rule(
        made: Sizes, overload: str, target: Argument | None, args: Sequence[Argument]
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
    made: Sizes, overload: str, target: Argument | None, args: Sequence[Argument]
) -> _Cost | None:
    if not args:
        return None
    size = made.library_size(args[0]).most
    return times(times(size, TRAVERSAL), _FORMAT), None


def _equal(
    made: Sizes, overload: str, target: Argument | None, args: Sequence[Argument]
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


def _whole_number(argument: Argument, otherwise: int) -> int:
    node = argument.node
    if not isinstance(node, Literal) or type(node.value) is not int:
        return otherwise
    return max(node.value, 0)


def _new_list(factor: float, size: Size) -> _Cost:
    return capped(times(size.most, factor) + 1 + _LIST), size


def _slice(
    made: Sizes, overload: str, target: Argument | None, args: Sequence[Argument]
) -> _Cost | None:
    if target is None or len(args) != 2:
        return None
    end = _whole_number(args[1], made.library_size(target).most)
    length = (end - _whole_number(args[0], 0)) & MOST
    return _new_list(1, Size(length, length))


def _range(
    made: Sizes, overload: str, target: Argument | None, args: Sequence[Argument]
) -> _Cost | None:
    count = _whole_number(args[0], MOST)
    return _new_list(1, Size(count, count))


def _reverse(
    made: Sizes, overload: str, target: Argument | None, args: Sequence[Argument]
) -> _Cost | None:
    return None if target is None else _new_list(1, made.library_size(target))


def _flatten(
    made: Sizes, overload: str, target: Argument | None, args: Sequence[Argument]
) -> _Cost | None:
    if target is None:
        return None
    depth = _whole_number(args[0], MOST) if args else 1
    return _new_list(float(depth), made.library_size(target))


def _distinct(
    made: Sizes, overload: str, target: Argument | None, args: Sequence[Argument]
) -> _Cost | None:
    if target is None:
        return None
    size = made.library_size(target)
    return _new_list(2.0, size.by(size))


def _sort(
    made: Sizes, overload: str, target: Argument | None, args: Sequence[Argument]
) -> _Cost | None:
    if target is None:
        return None
    size = made.library_size(args[0] if args else target)
    texts = overload.startswith(("list_string", "list_bytes"))
    return _new_list(2.0 + (TRAVERSAL if texts else 0), size.by(size))


def _sets(factor: float) -> _Rule:
    def rule(
        made: Sizes, overload: str, target: Argument | None, args: Sequence[Argument]
    ) -> _Cost | None:
        if len(args) != 2:
            return None
        size = made.library_size(args[0]).by(made.library_size(args[1]))
        return capped(times(size.most, factor) + 1), None

    return rule


BY_OVERLOAD: Final[dict[str, _Rule]] = {
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
BY_FUNCTION: Final[dict[str, _Rule]] = {
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
