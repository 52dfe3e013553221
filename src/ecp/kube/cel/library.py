"""The functions of CEL and of Kubernetes' libraries on strings, lists, optionals and instants.

Source: google/cel-go ext/{strings,lists,sets}.go, cel/library.go, common/stdlib; kubernetes
apiserver pkg/cel/library/{lists,regex}.go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cmp_to_key
from itertools import pairwise
from typing import Any, Final

from ecp.kube.cel.authorizer import AUTHORIZER
from ecp.kube.cel.formatting import formatted
from ecp.kube.cel.kubernetes import KUBERNETES
from ecp.kube.cel.loops import PER_CALL, too_costly
from ecp.kube.cel.operators import (
    NO_OVERLOAD,
    add,
    compare,
    equal,
    insert,
    is_in,
    is_list,
    shown,
)
from ecp.kube.cel.source import RunError, Unsupported
from ecp.kube.cel.times import part
from ecp.kube.cel.values import (
    ABSENT,
    Duration,
    MapValue,
    Opaque,
    Optional,
    Timestamp,
    Uint,
    type_name,
)
from ecp.kube.expressions import BadExpression, UnknownProperty, matches, searchable

_HOUR: Final = 3_600_000_000_000
LONGEST: Final = 1 << 24
"""Characters of a text that is made of others; what one costs is only known once it is there."""


# ---- strings -----------------------------------------------------------------------------------


def _at(text: str, number: int) -> str:
    if not 0 <= number <= len(text):
        raise RunError(f"index out of range: {number}")
    return text[number : number + 1]


def _index_of(text: Any, wanted: Any, start: int = 0) -> int:
    if is_list(text):
        return next((n for n, item in enumerate(text) if equal(item, wanted)), -1)
    if not wanted:
        return start
    if start < 0:
        raise RunError(f"index out of range: {start}")
    return int(text.find(wanted, start))


def _last_index_of(text: Any, wanted: Any, start: int | None = None) -> int:
    if is_list(text):
        found = [number for number, item in enumerate(text) if equal(item, wanted)]
        return found[-1] if found else -1
    if not wanted:
        return len(text) if start is None else start
    if start is None:
        start = len(text) - 1
    elif start < 0:
        raise RunError(f"index out of range: {start}")
    elif start >= len(text):
        return -1
    return int(text.rfind(wanted, 0, start + len(wanted)))


def _ascii(change: Callable[[str], str]) -> Callable[[str], str]:
    return lambda text: "".join(change(char) if char.isascii() else char for char in text)


def _replace(text: str, old: str, new: str, count: int = -1) -> str:
    places = text.count(old) if count < 0 else min(count, text.count(old))
    if len(text) + places * (len(new) - len(old)) > LONGEST:
        raise Unsupported(f"a text of more than {LONGEST} characters")
    return text.replace(old, new, count if count >= 0 else -1)


def _split(text: str, separator: str, count: int = -1) -> list[str]:
    if count == 0:
        return []
    if not separator:
        letters = list(text)
        if 0 < count < len(letters):
            return [*letters[: count - 1], "".join(letters[count - 1 :])]
        return letters
    return text.split(separator, count - 1 if count > 0 else -1)


def _substring(text: str, start: int, end: int | None = None) -> str:
    if end is not None and start > end:
        raise RunError(f"invalid substring range. start: {start}, end: {end}")
    for number in (start,) if end is None else (start, end):
        if not 0 <= number <= len(text):
            raise RunError(f"index out of range: {number}")
    return text[start:end]


def _join(items: Iterable[Any], separator: str = "") -> str:
    texts = []
    for item in items:
        if not isinstance(item, str):
            raise RunError(f"join: invalid input: {shown(item)}")
        texts.append(item)
    if sum(map(len, texts)) + len(separator) * (len(texts) - 1) > LONGEST:
        raise too_costly()
    return separator.join(texts)


def _quote(text: str) -> str:
    simple = {"\a": "a", "\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t", "\v": "v"}
    return '"' + "".join(
        f"\\{simple[char]}" if char in simple else f"\\{char}" if char in '\\"' else char
        for char in text
    ) + '"'  # fmt: skip


def _looked(look: Callable[[str, str], Any], pattern: str, text: str, prefix: str = "") -> Any:
    try:
        return look(pattern, text)
    except BadExpression as error:
        raise RunError(f"{prefix}{error}") from None
    except UnknownProperty as error:
        raise Unsupported(str(error)) from None


def _matches(text: str, pattern: str) -> bool:
    return bool(_looked(matches, pattern, text))


def _find(text: str, pattern: str) -> str:
    found = _looked(searchable, pattern, text, "Illegal regex: ").search(text)
    return found[0] if found else ""


def _find_all(text: str, pattern: str, count: int = -1) -> list[str]:
    looking = _looked(searchable, pattern, text, "Illegal regex: ")
    found = [match[0] for match in looking.finditer(text)]
    return found if count < 0 else found[:count]


def _size(value: Any) -> int:
    return len(value)


# ---- lists -------------------------------------------------------------------------------------


def _range(count: int) -> list[int]:
    if count > PER_CALL:
        raise too_costly()
    return list(range(count))


def _is_sorted(items: Any) -> bool:
    held = list(items)
    return all(compare(one, other) <= 0 for one, other in pairwise(held))


def _sum(zero: Any) -> Callable[[Any], Any]:
    def total(items: Any) -> Any:
        found = zero
        for item in items:
            found = add(found, item)
        return found

    return total


def _extreme(name: str, sign: int) -> Callable[[Any], Any]:
    def best(items: Any) -> Any:
        held = list(items)
        if not held:
            raise RunError(f"{name} called on empty list")
        found = held[0]
        for item in held[1:]:
            if compare(found, item) == -sign:
                found = item
        return found

    return best


def _sorted_by(items: Any, keys: Any) -> list[Any]:
    keyed, held = list(keys), list(items)
    if keyed:
        if not isinstance(keyed[0], bool | int | float | str | bytes | Duration | Timestamp):
            raise RunError("list elements must be comparable")
        first = type_name(keyed[0])
        if any(type_name(key) != first for key in keyed):
            raise RunError("list elements must have the same type")

    def before(a: int, b: int) -> int:
        return compare(keyed[a], keyed[b])

    order = sorted(range(len(held)), key=cmp_to_key(before))
    return [held[number] for number in order]


def _slice(items: Any, start: int, end: int) -> list[Any]:
    call = f"cannot slice({start}, {end})"
    if start < 0 or end < 0:
        raise RunError(f"{call}, negative indexes not supported")
    if start > end:
        raise RunError(f"{call}, start index must be less than or equal to end index")
    if len(items) < end:
        raise RunError(f"{call}, list is length {len(items)}")
    return [items[number] for number in range(start, end)]


def _flatten(items: Any, depth: int = 1) -> list[Any]:
    if depth < 0:
        raise RunError("level must be non-negative")
    found: list[Any] = []
    for item in items:
        found.extend(_flatten(item, depth - 1) if is_list(item) and depth else [item])
        if len(found) > PER_CALL:
            raise Unsupported(f"a list of more than {PER_CALL} items")
    return found


def _distinct(items: Any) -> list[Any]:
    found: list[Any] = []
    for item in items:
        if not any(equal(item, one) for one in found):
            found.append(item)
    return found


def _contains_all(items: Any, wanted: Any) -> bool:
    return all(is_in(item, items) for item in wanted)


def _inserted(holder: MapValue, key: Any, *value: Any) -> MapValue:
    if value:
        return insert(holder, key, value[0])
    for one in key.keys_of():
        holder = insert(holder, one, key.find(one)[0])
    return holder


# ---- optionals ---------------------------------------------------------------------------------


def _value(held: Optional) -> Any:
    if not held.present:
        raise RunError("optional.none() dereference")
    return held.value


def _non_zero(value: Any) -> Optional:
    if isinstance(value, Duration):
        empty = value.ns == 0
    elif isinstance(value, Opaque | Timestamp):
        empty = False
    elif hasattr(value, "__len__"):
        empty = len(value) == 0
    else:
        empty = not value
    return ABSENT if empty else Optional(value)


def _unwrapped(items: Any) -> list[Any]:
    found = []
    for item in items:
        if not isinstance(item, Optional):
            raise RunError(f"value {shown(item)} is not optional")
        if item.present:
            found.append(item.value)
    return found


# ---- instants ----------------------------------------------------------------------------------


def _part(name: str, unit: int = 0) -> Callable[..., int]:
    def get(value: Any, *zone: str) -> int:
        if isinstance(value, Duration):
            whole = abs(value.ns) // unit
            return -whole if value.ns < 0 else whole
        if not isinstance(value, Timestamp):
            raise RunError(NO_OVERLOAD)
        return part(value, name, *zone)

    return get


LIBRARY: Final[dict[str, Callable[..., Any]]] = {
    **KUBERNETES,
    "size": _size,
    "charAt": _at,
    "contains": lambda text, part: part in text,
    "startsWith": lambda text, start: text.startswith(start),
    "endsWith": lambda text, end: text.endswith(end),
    "indexOf": _index_of,
    "lastIndexOf": _last_index_of,
    "lowerAscii": _ascii(str.lower),
    "upperAscii": _ascii(str.upper),
    "replace": _replace,
    "split": _split,
    "substring": _substring,
    "trim": lambda text: text.strip(),
    "join": _join,
    "format": formatted,
    "strings.quote": _quote,
    "matches": _matches,
    "find": _find,
    "findAll": _find_all,
    "isSorted": _is_sorted,
    "list_int_sum_int": _sum(0),
    "list_uint_sum_uint": _sum(Uint(0)),
    "list_double_sum_double": _sum(0.0),
    "list_duration_sum_duration": _sum(Duration(0)),
    "max": _extreme("max", 1),
    "min": _extreme("min", -1),
    "sort": lambda items: _sorted_by(items, items),
    "@sortByAssociatedKeys": _sorted_by,
    "slice": _slice,
    "flatten": _flatten,
    "reverse": lambda items: list(items)[::-1],
    "distinct": _distinct,
    "first": lambda items: Optional(items[0]) if len(items) else ABSENT,
    "last": lambda items: Optional(items[len(items) - 1]) if len(items) else ABSENT,
    "lists.range": _range,
    "sets.contains": _contains_all,
    "sets.equivalent": lambda a, b: _contains_all(a, b) and _contains_all(b, a),
    "sets.intersects": lambda a, b: any(is_in(item, b) for item in a),
    "cel.@mapInsert": _inserted,
    "optional.of": Optional,
    "optional.none": lambda: ABSENT,
    "optional.ofNonZeroValue": _non_zero,
    "optional.unwrap": _unwrapped,
    "unwrapOpt": _unwrapped,
    "hasValue": lambda held: held.present,
    "value": _value,
    "getFullYear": _part("year"),
    "getMonth": _part("month"),
    "getDayOfYear": _part("yday"),
    "getDayOfMonth": _part("day"),
    "getDate": _part("date"),
    "getDayOfWeek": _part("weekday"),
    "getHours": _part("hours", _HOUR),
    "getMinutes": _part("minutes", 60_000_000_000),
    "getSeconds": _part("seconds", 1_000_000_000),
    "getMilliseconds": _part("milliseconds", 1_000_000),
    **AUTHORIZER,
    "jsonpatch.escapeKey": lambda key: key.replace("~", "~0").replace("/", "~1"),
}
"""What functions do, by their names; by an overload's where only that one is meant."""
