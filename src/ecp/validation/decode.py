"""The server's decoder: types, unknown fields, quantities, times, base64.

The server turns a manifest into JSON with sorted keys and decodes it into Go structs. The first
value of a wrong type is an error on its own; otherwise all unknown fields are listed. Here all of
them are found, in that order. Source: sigs.k8s.io/json, apimachinery runtime/serializer/json.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple

from ecp.kube.checkers import checker
from ecp.kube.errors import go_quote
from ecp.kube.quantity import InvalidQuantity, fmt_milli, milli
from ecp.kube.quantity import parse as parse_quantity
from ecp.kube.schema import Gvk, Node, Schema, go_field
from ecp.kube.times import time_complaint
from ecp.kube.yaml import Path

Sort = Literal["type", "unknown", "required"]


class Misfit(NamedTuple):
    """One place where an object does not fit its schema.

    sort      type: the decoder stops; unknown: strict decoding refuses; required: a field that the
              schema demands and the decoder does not
    message   the decoder's words
    meant     for an unknown field, the known one that comes nearest, or ""
    stops     the value reads itself (a quantity, a time, a port): the decoder goes no further
    """

    sort: Sort
    rule: str
    path: Path
    field: str
    message: str
    meant: str = ""
    stops: bool = False


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
_BASE64: Final = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")


class _Seen:
    """Counts the objects of this process; both ways to look at one say the same."""

    objects = 0


def fits(obj: Any, gvk: Gvk, known: Schema) -> bool:
    """Tell quickly that an object has no misfit but, perhaps, a field that is required.

    A no may be wrong. It is one until the process has seen enough objects: loading the compiled
    checkers costs more than looking at these.
    """
    _Seen.objects += 1
    return has_seen_enough() and bool(checker(gvk, known.version).is_valid(obj))


def has_seen_enough() -> bool:
    """Tell whether so many objects came that it pays to load and compile checkers."""
    return _Seen.objects > _COMPILE_FROM


def misfits(value: Any, node: Node, below: str = "") -> list[Misfit]:
    """Return where *value* does not fit *node*, in the order in which the server meets it.

    below   the field of the object that *value* is, when it is not the whole object
    """
    path: Path = (below,) if below else ()
    found = list(_walk(value, node, path, below))
    return [_worded(misfit, node, below) if not misfit.message else misfit for misfit in found]


def first_wrong(found: Iterable[Misfit]) -> Misfit | None:
    """Return the one value of a wrong type of which the server speaks, None where all fit.

    It notes the first it meets and reads on, until a value that reads itself stops it.
    """
    wrong = [misfit for misfit in found if misfit.sort == "type"]
    return next((misfit for misfit in wrong if misfit.stops), wrong[0] if wrong else None)


def without(value: Any, found: Iterable[Misfit]) -> Any:
    """Return an object without what does not fit: without unknown fields the server goes on."""
    dropped: dict[Any, Any] = {}
    for misfit in found:
        below = dropped
        for step in misfit.path[:-1]:
            below = below.setdefault(step, {})
        below[misfit.path[-1]] = None
    return _pruned(value, dropped) if dropped else value


_ZEROES: Final[Mapping[str, Any]] = {
    "boolean": False,
    "int-or-string": 0,
    "integer": 0,
    "number": 0,
    "object": {},
    "quantity": "0",
    "string": "",
}


def held(value: Any, node: Node) -> Any:
    """Return an object without misfits as Go's structs hold it; itself where nothing changes.

    Null in a list or a map is the zero value, bytes may be a list of numbers; the quantities of a
    map are rounded up to thousandths, as the kinds' defaults do.
    Source: Go encoding/json; kubernetes pkg/apis/core/v1/defaults.go `SetDefaults_ResourceList`.
    """
    kind = node.type
    if kind == "object" and isinstance(value, dict):
        values = node.values
        if values is None:
            known = node.properties
            below = {
                name: held(inner, known[name]) for name, inner in value.items() if name in known
            }
        else:
            below = {name: _held(inner, values) for name, inner in value.items()}
            if values.type == "quantity":
                below = {name: _thousandths(inner) for name, inner in below.items()}
        changed = {name: inner for name, inner in below.items() if inner is not value[name]}
        return {**value, **changed} if changed else value
    if kind == "array" and isinstance(value, list) and node.items is not None:
        found = [_held(item, node.items) for item in value]
        same = all(new is old for new, old in zip(found, value, strict=True))
        return value if same else found
    if kind == "string" and isinstance(value, list):
        from base64 import b64encode

        return b64encode(bytes(item or 0 for item in value)).decode()
    return value


def _held(value: Any, node: Node) -> Any:
    """As `held`, for an item of a list or the value of a map."""
    if value is None:
        return None if node.format == "byte" else _ZEROES.get(node.type)
    return held(value, node)


def _thousandths(quantity: Any) -> Any:
    exact = parse_quantity(quantity)
    return fmt_milli(milli(quantity)) if exact % 1_000_000 else quantity


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


def _walk(value: Any, node: Node, path: Path, field: str) -> Iterator[Misfit]:
    """Yield the misfits of one value; *field* is the path as strict decoding writes it."""
    if value is None or node.type == "any":
        return
    kind = node.type
    if kind == "object":
        if not isinstance(value, dict):
            yield _wrong_type(value, node, path, field)
        elif not node.is_open:
            yield from _fields(value, node, path, field)
    elif kind == "array":
        if not isinstance(value, list):
            yield _wrong_type(value, node, path, field)
            return
        items = node.items
        if items is not None:
            for number, item in enumerate(value):
                yield from _walk(item, items, (*path, number), f"{field}[{number}]")
    else:
        yield from _leaf(value, node, path, field)


def _fields(value: Mapping[str, Any], node: Node, path: Path, field: str) -> Iterator[Misfit]:
    values = node.values
    if values is not None:
        for name in sorted(value):
            where = f"{field}.{name}" if field else name
            yield from _walk(value[name], values, (*path, name), where)
        return
    known = node.properties
    for name in sorted(value):
        where = f"{field}.{name}" if field else name
        child = known.get(name)
        if child is None:
            meant = _nearest(name, known)
            text = f"unknown field {go_quote(where)}"
            yield Misfit("unknown", "E0020", (*path, name), where, text, meant)
        else:
            yield from _walk(value[name], child, (*path, name), where)
    for name in node.required:
        child = known.get(name)
        if child is None or value.get(name) is not None:
            continue
        if (node.go_struct, name) in _NOT_DEMANDED:
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


def _leaf(value: Any, node: Node, path: Path, field: str) -> Iterator[Misfit]:
    kind = node.type
    if kind == "string":
        if _are_bytes(value, node):
            return
        if not isinstance(value, str):
            yield _wrong_type(value, node, path, field)
        elif node.format == "byte":
            complaint = base64_complaint(value)
            if complaint:
                yield Misfit("type", "E0025", path, field, complaint)
    elif kind == "integer":
        if isinstance(value, bool) or not isinstance(value, int | float):
            yield _wrong_type(value, node, path, field)
        elif not _fits(value, node.format):
            yield _wrong_type(value, node, path, field, "E0022")
    elif kind == "boolean":
        if not isinstance(value, bool):
            yield _wrong_type(value, node, path, field)
    elif kind == "number":
        if isinstance(value, bool) or not isinstance(value, int | float):
            yield _wrong_type(value, node, path, field)
    elif kind == "int-or-string":
        if isinstance(value, str):
            return
        if isinstance(value, bool) or not isinstance(value, int | float):
            yield _wrong_type(value, node, path, field)
        elif not _fits(value, "int32"):
            yield _wrong_type(value, node, path, field, "E0022")
    elif kind == "quantity":
        try:
            parse_quantity("x" if isinstance(value, bool | dict | list) else value)
        except InvalidQuantity as error:
            yield Misfit("type", "E0023", path, field, str(error), stops=True)
    elif kind == "time":
        if not isinstance(value, str):
            yield _wrong_type(value, node, path, field)
        else:
            complaint = time_complaint(value, exact=node.go_struct == "MicroTime")
            if complaint:
                yield Misfit("type", "E0024", path, field, complaint, stops=True)


def _are_bytes(value: Any, node: Node) -> bool:
    """Bytes may be a list of small numbers: Go decodes one into a slice of them."""
    return (
        node.format == "byte"
        and isinstance(value, list)
        and all(type(item) in (int, type(None)) and 0 <= (item or 0) < 256 for item in value)
    )


def _fits(value: float, integer_format: str) -> bool:
    if isinstance(value, float):
        return False
    bits = 31 if integer_format == "int32" else 63
    return -(1 << bits) <= value < 1 << bits


def _wrong_type(value: Any, node: Node, path: Path, field: str, rule: str = "E0021") -> Misfit:
    """Return a type error that is worded once it is known to be wanted.

    encoding/json names a number only where a number is wanted.
    """
    wanted = node.type in ("integer", "number", "int-or-string")
    found = _json_kind(value)
    if found == "number" and wanted:
        found = f"number {value}"
    stops = node.type in ("int-or-string", "time")
    return Misfit("type", rule, path, field, "", found, stops)


def _worded(misfit: Misfit, root: Node, below: str) -> Misfit:
    """Word a type error, whose *meant* still is what was found, as encoding/json does.

    It says the path without indices and keys of maps, through the structs that Go embeds, and the
    struct that the last field of it belongs to.
    """
    node, struct, definition, go_type = root, root.go_struct, root.definition, ""
    steps = [below] if below else []
    for step in misfit.path[len(steps) :]:
        if isinstance(step, int):
            inner, go_type = node.items, go_type.removeprefix("[]")
        elif node.values is not None:
            inner, go_type = node.values, go_type.partition("]")[2]
        else:
            struct, definition = node.go_struct or struct, node.definition or definition
            within, go_type = go_field(definition, step)
            steps += [within, step] if within else [step]
            inner = node.properties.get(step)
        assert inner is not None
        node = inner
    text = (
        f"json: cannot unmarshal {misfit.meant} into Go struct field {struct}.{'.'.join(steps)} "
        f"of type {go_type or node.go_type}"
    )
    return misfit._replace(message=text, meant="")


def _json_kind(value: Any) -> str:
    kinds = ((bool, "bool"), (str, "string"), (dict, "object"), (list, "array"))
    return next((name for kind, name in kinds if isinstance(value, kind)), "number")


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
