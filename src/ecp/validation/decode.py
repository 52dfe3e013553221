"""The server's decoder: types, unknown fields, quantities, times, base64.

The server turns a manifest into JSON with sorted keys and decodes it into Go structs. The first
value of a wrong type is an error on its own; otherwise all unknown fields are listed. Here all of
them are found, in that order. Source: sigs.k8s.io/json, apimachinery runtime/serializer/json.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple

from ecp.kube.errors import go_quote
from ecp.kube.quantity import InvalidQuantity
from ecp.kube.quantity import parse as parse_quantity
from ecp.kube.schema import Gvk, Node, Schema, checker
from ecp.kube.yaml import Path

Sort = Literal["type", "unknown", "required"]


class Misfit(NamedTuple):
    """One place where an object does not fit its schema.

    sort      type: the decoder stops; unknown: strict decoding refuses; required: a field that the
              schema demands and the decoder does not
    message   the decoder's words
    meant     for an unknown field, the known one that comes nearest, or ""
    """

    sort: Sort
    rule: str
    path: Path
    field: str
    message: str
    meant: str = ""


# Fields that the schema demands and the server does without.
_NOT_DEMANDED: Final = frozenset(
    {
        ("HTTPHeader", "value"),
        ("Sysctl", "value"),
        ("Event", "metadata"),
        ("PodFailurePolicy", "rules"),
        ("CSINodeSpec", "drivers"),
        ("LimitRangeSpec", "limits"),
        ("Subject", "name"),
        ("RoleRef", "apiGroup"),
        ("PriorityClass", "value"),
        ("StatefulSetSpec", "serviceName"),
        ("CustomResourceDefinitionStatus", "conditions"),
    }
)
_COMPILE_FROM: Final = 128
_BASE64: Final = re.compile(r"(?:[A-Za-z0-9+/]{4})*+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_RFC3339: Final = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:[.,]\d+)?(?:Z|[-+]\d{2}:\d{2})"
)


class _Seen:
    """Counts the objects of this process; both ways to look at one say the same."""

    objects = 0


def fits(obj: Any, gvk: Gvk, known: Schema) -> bool:
    """Tell quickly that an object has no misfit but, perhaps, a field that is required.

    A no may be wrong. It is one until the process has seen enough objects: loading the compiled
    checkers costs more than looking at these.
    """
    _Seen.objects += 1
    return _Seen.objects > _COMPILE_FROM and bool(checker(gvk, known.version).is_valid(obj))


def misfits(value: Any, node: Node, below: str = "") -> list[Misfit]:
    """Return where *value* does not fit *node*, in the order in which the server meets it.

    below   the field of the object that *value* is, when it is not the whole object
    """
    path: Path = (below,) if below else ()
    return list(_walk(value, node, path, below, below, node.go_struct))


def without(value: Any, found: Iterable[Misfit]) -> Any:
    """Return an object without what does not fit: without unknown fields the server goes on."""
    dropped: dict[Any, Any] = {}
    for misfit in found:
        below = dropped
        for step in misfit.path[:-1]:
            below = below.setdefault(step, {})
        below[misfit.path[-1]] = None
    return _pruned(value, dropped) if dropped else value


def _pruned(value: Any, dropped: Mapping[Any, Any]) -> Any:
    """Return *value* without what *dropped* says None of."""
    if isinstance(value, list):
        return [
            _pruned(item, dropped[number]) if number in dropped else item
            for number, item in enumerate(value)
            if dropped.get(number, True) is not None
        ]
    return {
        name: _pruned(inner, dropped[name]) if name in dropped else inner
        for name, inner in value.items()
        if dropped.get(name, True) is not None
    }


def _walk(
    value: Any, node: Node, path: Path, field: str, go_path: str, struct: str
) -> Iterator[Misfit]:
    """Yield the misfits of one value.

    field     the path as strict decoding writes it, with indices
    go_path   the path as a Go type error writes it, without indices and map keys
    struct    the Go struct that the last field belongs to
    """
    if value is None or node.type == "any":
        return
    kind = node.type
    if kind == "object":
        if not isinstance(value, dict):
            yield _wrong_type(value, node, path, field, go_path, struct)
        elif not node.is_open:
            yield from _fields(value, node, path, field, go_path, struct)
    elif kind == "array":
        if not isinstance(value, list):
            yield _wrong_type(value, node, path, field, go_path, struct)
            return
        items = node.items
        if items is not None:
            for number, item in enumerate(value):
                where = f"{field}[{number}]"
                yield from _walk(item, items, (*path, number), where, go_path, struct)
    else:
        yield from _leaf(value, node, path, field, go_path, struct)


def _fields(
    value: Mapping[str, Any], node: Node, path: Path, field: str, go_path: str, struct: str
) -> Iterator[Misfit]:
    values = node.values
    if values is not None:
        for name in sorted(value):
            where = f"{field}.{name}" if field else name
            yield from _walk(value[name], values, (*path, name), where, go_path, struct)
        return
    own = node.go_struct or struct
    known = node.properties
    for name in sorted(value):
        where = f"{field}.{name}" if field else name
        child = known.get(name)
        if child is None:
            meant = _nearest(name, known)
            text = f"unknown field {go_quote(where)}"
            yield Misfit("unknown", "E0020", (*path, name), where, text, meant)
        else:
            below = f"{go_path}.{name}" if go_path else name
            yield from _walk(value[name], child, (*path, name), where, below, own)
    for name in node.required:
        child = known.get(name)
        if child is None or value.get(name) is not None or (own, name) in _NOT_DEMANDED:
            continue
        if child.type in ("string", "array") and path[:1] != ("status",):
            where = f"{field}.{name}" if field else name
            text = f"{where}: Required value"
            yield Misfit("required", "E0026", (*path, name), where, text)


def _nearest(name: str, known: Mapping[str, Node]) -> str:
    folded = {candidate.lower(): candidate for candidate in known}
    if name.lower() in folded:
        return folded[name.lower()]
    import difflib

    near = difflib.get_close_matches(name.lower(), list(folded), n=1, cutoff=0.72)
    return folded[near[0]] if near else ""


def _leaf(
    value: Any, node: Node, path: Path, field: str, go_path: str, struct: str
) -> Iterator[Misfit]:
    kind = node.type
    if kind == "string":
        if not isinstance(value, str):
            yield _wrong_type(value, node, path, field, go_path, struct)
        elif node.format == "byte":
            complaint = base64_complaint(value)
            if complaint:
                yield Misfit("type", "E0025", path, field, complaint)
    elif kind == "integer":
        if isinstance(value, bool) or not isinstance(value, int | float):
            yield _wrong_type(value, node, path, field, go_path, struct)
        elif not _fits(value, node.format):
            yield _wrong_type(value, node, path, field, go_path, struct, "E0022")
    elif kind == "boolean":
        if not isinstance(value, bool):
            yield _wrong_type(value, node, path, field, go_path, struct)
    elif kind == "number":
        if isinstance(value, bool) or not isinstance(value, int | float):
            yield _wrong_type(value, node, path, field, go_path, struct)
    elif kind == "int-or-string":
        if isinstance(value, str):
            return
        if isinstance(value, bool) or not isinstance(value, int | float):
            yield _wrong_type(value, node, path, field, go_path, struct)
        elif not _fits(value, "int32"):
            yield _wrong_type(value, node, path, field, go_path, struct, "E0022")
    elif kind == "quantity":
        if isinstance(value, bool | dict | list):
            yield _wrong_quantity(value, path, field)
            return
        try:
            parse_quantity(value)
        except InvalidQuantity as error:
            yield Misfit("type", "E0023", path, field, str(error))
    elif kind == "time":
        if not isinstance(value, str):
            yield _wrong_type(value, node, path, field, go_path, struct)
        else:
            complaint = time_complaint(value)
            if complaint:
                yield Misfit("type", "E0024", path, field, complaint)


def _wrong_quantity(value: Any, path: Path, field: str) -> Misfit:
    try:
        parse_quantity("x")
    except InvalidQuantity as error:
        return Misfit("type", "E0023", path, field, str(error))
    raise AssertionError(value)


def _fits(value: float, integer_format: str) -> bool:
    if isinstance(value, float):
        return False
    bits = 31 if integer_format == "int32" else 63
    return -(1 << bits) <= value < 1 << bits


def _wrong_type(
    value: Any,
    node: Node,
    path: Path,
    field: str,
    go_path: str,
    struct: str,
    rule: str = "E0021",
) -> Misfit:
    """Word a type error as encoding/json does, which names a number only if a number is wanted."""
    if isinstance(value, bool):
        found = "bool"
    elif isinstance(value, str):
        found = "string"
    elif isinstance(value, dict):
        found = "object"
    elif isinstance(value, list):
        found = "array"
    else:
        wanted = node.type in ("integer", "number", "int-or-string")
        found = f"number {value}" if wanted else "number"
    text = (
        f"json: cannot unmarshal {found} into Go struct field {struct}.{go_path} "
        f"of type {node.go_type}"
    )
    return Misfit("type", rule, path, field, text)


def base64_complaint(text: str) -> str:
    """Return Go's words for text that is not base64, ``""`` for good text."""
    clean = text.replace("\n", "").replace("\r", "")
    if _BASE64.fullmatch(clean):
        return ""
    return f"illegal base64 data at input byte {_bad_byte(text)}"


def _bad_byte(text: str) -> int:
    """Return the index at which Go's decoder gives up. Source: Go encoding/base64 decodeQuantum."""
    alphabet = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    data = text.encode()
    at, in_group = 0, 0
    while at < len(data):
        char = chr(data[at])
        if char in "\r\n":
            at += 1
            continue
        if char in alphabet:
            in_group = (in_group + 1) % 4
            at += 1
            continue
        if char != "=" or in_group < 2:
            return at
        at += 1
        if in_group == 2:
            while at < len(data) and chr(data[at]) in "\r\n":
                at += 1
            if at == len(data):
                return len(data)
            if chr(data[at]) != "=":
                return at
            at += 1
        while at < len(data) and chr(data[at]) in "\r\n":
            at += 1
        return at
    return len(data) - in_group if in_group else len(data)


def time_complaint(text: str) -> str:
    """Return Go's words for text that is not RFC 3339, ``""`` for a good time or an empty text."""
    layout = "2006-01-02T15:04:05Z07:00"
    match = _RFC3339.fullmatch(text)
    if match is None:
        wanted, rest = _time_expected(text)
        quoted = go_quote(text)
        return (
            f"parsing time {quoted} as {go_quote(layout)}: "
            f"cannot parse {go_quote(rest)} as {go_quote(wanted)}"
        )
    month, day, hour, minute, second = (int(match[number]) for number in range(2, 7))
    leap = int(match[1]) % 4 == 0 and (int(match[1]) % 100 != 0 or int(match[1]) % 400 == 0)
    days = (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    if not 1 <= month <= 12:
        part = "month"
    elif not 1 <= day <= days[month - 1]:
        part = "day"
    elif hour > 23:
        part = "hour"
    elif minute > 59:
        part = "minute"
    elif second > 59:
        part = "second"
    else:
        return ""
    return f"parsing time {go_quote(text)}: {part} out of range"


_PARTS: Final = (
    ("2006", r"\d{4}"),
    ("-", "-"),
    ("01", r"\d{2}"),
    ("-", "-"),
    ("02", r"\d{2}"),
    ("T", "T"),
    ("15", r"\d{2}"),
    (":", ":"),
    ("04", r"\d{2}"),
    (":", ":"),
    ("05", r"\d{2}(?:[.,]\d+)?"),
    ("Z07:00", r"Z|[-+]\d{2}:\d{2}"),
)


def _time_expected(text: str) -> tuple[str, str]:
    at = 0
    for layout, pattern in _PARTS:
        match = re.compile(pattern).match(text, at)
        if match is None:
            return layout, text[at:]
        at = match.end()
    return "", text[at:]
