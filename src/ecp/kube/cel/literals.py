"""What can be said of literals once the types are known.

Source: google/cel-go cel/validator.go, ext/formatting.go `stringFormatValidator`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ecp.kube.cel.check import Checked
from ecp.kube.cel.conversions import CONVERSIONS, to_duration, to_timestamp
from ecp.kube.cel.formatting import BadClause, clause_complaint, fill
from ecp.kube.cel.source import Issue, RunError
from ecp.kube.cel.tree import Call, ListOf, Literal, MapOf, Node, children
from ecp.kube.cel.types import Type, unwrapped
from ecp.kube.expressions import BadExpression, UnknownProperty, compiled

_RUN_TIME: Final = {
    "duration": "google.protobuf.Duration",
    "timestamp": "google.protobuf.Timestamp",
    "null": "null_type",
}


def check_literals(node: Node, checked: Checked) -> list[Issue]:
    """Return what is wrong with the literals of a well typed expression."""
    return [
        *_arguments(node, "duration", to_duration),
        *_arguments(node, "timestamp", to_timestamp),
        *_arguments(node, "matches", _expression),
        *_aggregates(node, checked, False),
        *_formats(node, checked),
    ]


class NotStartable(ValueError):
    """A well typed expression that cannot be made to run; the message is the server's."""


def check_constants(node: Node) -> None:
    """Convert what is converted from a literal, as the server does once. Raises NotStartable."""
    for child in children(node):
        check_constants(child)
    if not isinstance(node, Call):
        return
    try:
        if node.function in CONVERSIONS and len(node.args) == 1:
            (arg,) = node.args
            if isinstance(arg, Literal):
                CONVERSIONS[node.function](arg.value)
        elif node.function in ("find", "findAll", "matches"):
            pattern = node.args[-1 if node.target is None else 0]
            if isinstance(pattern, Literal):
                _expression(pattern.value)
    except RunError as error:
        raise NotStartable(str(error)) from None


def _calls(node: Node, function: str) -> Iterator[Call]:
    if isinstance(node, Call) and node.function == function:
        yield node
    for child in children(node):
        yield from _calls(child, function)


def _expression(pattern: Any) -> None:
    try:
        compiled(pattern)
    except BadExpression as error:
        raise RunError(str(error)) from None
    except UnknownProperty:
        return


def _arguments(node: Node, function: str, read: Any) -> Iterator[Issue]:
    for call in _calls(node, function):
        first = call.args[0] if call.args else None
        if not isinstance(first, Literal):
            continue
        try:
            read(first.value)
        except RunError:
            yield Issue(first.at, f"invalid {function} argument")


def _aggregates(node: Node, checked: Checked, exempt: bool) -> Iterator[Issue]:
    """Items of a list are of one type, and so are the keys and values of a map."""
    exempt = exempt or (isinstance(node, Call) and node.function == "format")
    if isinstance(node, ListOf) and not exempt:
        first: Type | None = None
        for number, item in enumerate(node.items):
            type_ = checked.type_of(item)
            if number in node.optional:
                type_, _ = unwrapped(type_)
            first = first or type_
            if type_ != first:
                yield Issue(item.at, f"expected type '{first}' but found '{type_}'")
                break
    if isinstance(node, MapOf) and not exempt and node.entries:
        pairs = [
            (
                checked.type_of(entry.key),
                unwrapped(checked.type_of(entry.value))[0]
                if entry.optional
                else checked.type_of(entry.value),
            )
            for entry in node.entries
        ]
        for entry, (key, value) in zip(node.entries, pairs, strict=True):
            if key != pairs[0][0]:
                yield Issue(entry.key.at, f"expected type '{pairs[0][0]}' but found '{key}'")
            if value != pairs[0][1]:
                yield Issue(entry.value.at, f"expected type '{pairs[0][1]}' but found '{value}'")
    for child in children(node):
        yield from _aggregates(child, checked, exempt)


def _formats(node: Node, checked: Checked) -> Iterator[Issue]:
    for call in _calls(node, "format"):
        text, values = call.target, call.args[0] if call.args else None
        if not isinstance(text, Literal) or not isinstance(values, ListOf):
            continue
        if isinstance(text.value, str):
            yield from _format(call, text.value, values.items, checked)


def _format(call: Call, text: str, items: list[Node], checked: Checked) -> Iterator[Issue]:
    asked = 0

    def one(verb: str, precision: int | None, number: int) -> str:
        nonlocal asked
        asked = number + 1
        type_ = checked.type_of(items[number])
        if type_.kind not in ("dyn", "param"):
            name = type_.name or type_.kind
            complaint = clause_complaint(verb, _RUN_TIME.get(name, name), None)
            if complaint:
                raise BadClause(f"error during formatting: {complaint}", number)
        return ""

    try:
        fill(text, len(items), one)
    except BadClause as error:
        at = items[error.number].at if error.number >= 0 else call.at
        yield Issue(at, str(error))
        return
    if len(items) > asked:
        text = f"too many arguments supplied to string.format (expected {asked}, got {len(items)})"
        yield Issue(call.at, text)
