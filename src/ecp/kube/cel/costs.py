"""What calls cost when they are run, in units of about a tenth of a microsecond.

Source: kubernetes apiserver pkg/cel/library/cost.go; google/cel-go interpreter/runtimecost.go,
ext/{lists,sets}.go.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

from ecp.kube.cel.addresses import Prefix
from ecp.kube.cel.kubernetes import format_size
from ecp.kube.cel.operators import is_list, is_map
from ecp.kube.cel.values import Opaque, Optional

LIST: Final = 10
MAP: Final = 30
MESSAGE: Final = 40
"""What it costs to make one."""

TRAVERSAL: Final = 0.1
REGEX: Final = 0.25
Price = Callable[[Sequence[Any], Any], int]


def size_of(value: Any) -> int:
    """Return how long a value is: characters, bytes, items, entries; 1 for anything else."""
    if isinstance(value, str | bytes) or is_list(value) or is_map(value):
        return len(value)
    if isinstance(value, Opaque):
        if isinstance(value.value, Prefix):
            return math.ceil(value.value.bits / 8)
        return len(value.value.packed) if value.kind == "net.IP" else 1
    if isinstance(value, Optional) and value.present:
        return size_of(value.value)
    return 1


def _traversal(value: Any) -> int:
    if isinstance(value, str):
        return int(len(value.encode()) * TRAVERSAL)
    if isinstance(value, bytes):
        return int(len(value) * TRAVERSAL)
    if is_list(value):
        return sum(map(_traversal, value))
    if is_map(value):
        return sum(_traversal(key) + _traversal(value.find(key)[0]) for key in value.keys_of())
    return 1


def _of_size(number: int, factor: float = TRAVERSAL) -> Price:
    return lambda args, result: math.ceil(size_of(args[number]) * factor)


def _regex(args: Sequence[Any], result: Any) -> int:
    text = math.ceil((1.0 + size_of(args[0])) * TRAVERSAL)
    return text * math.ceil(size_of(args[1]) * REGEX)


def _contains(args: Sequence[Any], result: Any) -> int:
    return math.ceil(size_of(args[0]) * TRAVERSAL) * math.ceil(size_of(args[1]) * TRAVERSAL)


def _compared(args: Sequence[Any], result: Any) -> int:
    if isinstance(args[0], Opaque):
        return 1
    return math.ceil(min(size_of(args[0]), size_of(args[1])) * TRAVERSAL)


def _ordered(args: Sequence[Any], result: Any) -> int:
    if isinstance(args[0], str | bytes):
        return _compared(args, result)
    return 1


def _added(args: Sequence[Any], result: Any) -> int:
    if isinstance(args[0], str | bytes):
        return math.ceil((size_of(args[0]) + size_of(args[1])) * TRAVERSAL)
    return 1


def _text_made(args: Sequence[Any], result: Any) -> int:
    return math.ceil(size_of(args[0]) * TRAVERSAL) if isinstance(args[0], bytes) else 1


def _bytes_made(args: Sequence[Any], result: Any) -> int:
    return math.ceil(size_of(args[0]) * TRAVERSAL) if isinstance(args[0], str) else 1


def _is_in(args: Sequence[Any], result: Any) -> int:
    return size_of(args[1]) if is_list(args[1]) else 1


def _contains_ip(args: Sequence[Any], result: Any) -> int:
    cost = math.ceil(size_of(args[0]) * 2 * TRAVERSAL)
    return cost + (math.ceil(len(args[1]) * TRAVERSAL) if isinstance(args[1], str) else 0)


def _contains_cidr(args: Sequence[Any], result: Any) -> int:
    return _contains_ip(args, result) + math.ceil(size_of(args[0]) * TRAVERSAL) + 1


def _validated(args: Sequence[Any], result: Any) -> int:
    text = math.ceil((1.0 + size_of(args[1])) * TRAVERSAL)
    return text * math.ceil(format_size(args[0]) * REGEX)


def _listed(args: Sequence[Any], result: Any) -> int:
    return size_of(result) + 11


def _flattened(args: Sequence[Any], result: Any) -> int:
    return size_of(args[0]) * (args[1] if len(args) > 1 else 1) + 11


def _self_compared(number: int) -> Price:
    def price(args: Sequence[Any], result: Any) -> int:
        held = args[number]
        size = size_of(held)
        factor = 2.0
        if size and isinstance(next(iter(held)), str | bytes):
            factor += TRAVERSAL
        return int(size * size * factor) + 11

    return price


def _sets(factor: int) -> Price:
    return lambda args, result: 1 + size_of(args[0]) * size_of(args[1]) * factor


def _authorization(args: Sequence[Any], result: Any) -> int:
    """Two of them are as many as one expression may have."""
    return 350_000


def _one(args: Sequence[Any], result: Any) -> int:
    return 1


def _whole(args: Sequence[Any], result: Any) -> int:
    return _traversal(args[0])


_BY_LENGTH: Final = (
    "url lowerAscii upperAscii substring trim startsWith endsWith format strings.quote "
    "cidr isIP isCIDR quantity isQuantity semver isSemver"
)
_PRICES: Final[dict[str, Price]] = {
    "_==_": _compared,
    "_!=_": _compared,
    "check": _authorization,
    "_<_": _ordered,
    "_<=_": _ordered,
    "_>_": _ordered,
    "_>=_": _ordered,
    "_+_": _added,
    "@in": _is_in,
    "string": _text_made,
    "bytes": _bytes_made,
    "matches": _regex,
    "find": _regex,
    "findAll": _regex,
    "contains": _contains,
    **dict.fromkeys(("isSorted", "sum", "max", "min", "indexOf", "lastIndexOf"), _whole),
    **dict.fromkeys(
        _BY_LENGTH.split(),
        _of_size(0),
    ),
    **dict.fromkeys(("replace", "split", "ip.isCanonical"), _of_size(0, 2 * TRAVERSAL)),
    "join": lambda args, result: math.ceil(size_of(result) * 2 * TRAVERSAL),
    "ip": lambda args, result: (
        1 if isinstance(args[0], Opaque) else math.ceil(size_of(args[0]) * TRAVERSAL)
    ),
    "containsIP": _contains_ip,
    "containsCIDR": _contains_cidr,
    "validate": _validated,
    "slice": _listed,
    "lists.range": _listed,
    "flatten": _flattened,
    "distinct": _self_compared(0),
    "sort": _self_compared(0),
    "@sortByAssociatedKeys": _self_compared(1),
    "sets.contains": _sets(1),
    "sets.intersects": _sets(1),
    "sets.equivalent": _sets(2),
}


STEEP: Final = frozenset(
    ("@sortByAssociatedKeys", "contains", "distinct", "find", "findAll", "matches", "sort")
) | frozenset(f"sets.{name}" for name in ("contains", "equivalent", "intersects"))
"""Functions whose work grows faster than what they are given: the price is asked for first."""


def call_cost(function: str, overloads: Sequence[str]) -> Price:
    """Return what a call costs, as a function of its arguments and its result."""
    if function == "reverse":
        return _listed
    return _PRICES.get(function, _one)
