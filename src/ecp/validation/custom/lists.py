"""Lists that are sets or maps: no item may be there twice.

Source: apiextensions-apiserver pkg/apiserver/schema/listtype/validation.go.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from ecp.kube.errors import go_json
from ecp.kube.structural import Schema, field_schema, item_schema
from ecp.validation.faults import At, Fault, duplicate, invalid

_RULE: Final = "E0643"
_TYPE: Final = "x-kubernetes-list-type"
_KEYS: Final = "x-kubernetes-list-map-keys"


def check_lists(value: Any, schema: Schema, at: At) -> Iterator[Fault]:
    """Yield the items that stand twice in a list which holds each once."""
    if isinstance(value, list):
        yield from _list(value, schema, at)
    if not isinstance(value, dict):
        return
    properties = schema.get("properties") or {}
    for name in sorted(value):
        part = field_schema(schema, name)
        if part is not None:
            here = at / name if name in properties else at.key(name)
            yield from check_lists(value[name], part, here)


def _list(value: list[Any], schema: Schema, at: At) -> Iterator[Fault]:
    sort = schema.get(_TYPE)
    if sort == "set":
        for number in _twice(value):
            yield duplicate(_RULE, at / number, value[number])
    elif sort == "map":
        yield from _map(value, schema.get(_KEYS) or (), at)
    items = item_schema(schema)
    if items is not None:
        for number, item in enumerate(value):
            yield from check_lists(item, items, at / number)


def _map(value: list[Any], keys: Sequence[str], at: At) -> Iterator[Fault]:
    for number, item in enumerate(value):
        if item is not None and not isinstance(item, dict):
            text = "must be an object for an array of list-type map"
            yield invalid(_RULE, at / number, item, text)
            return
    known = [{key: item[key] for key in keys if key in item} for item in (i or {} for i in value)]
    for number in _twice(known):
        yield duplicate(_RULE, at / number, known[number])


def _twice(values: Sequence[Any]) -> Iterator[int]:
    """Yield where a value comes for the second time; a third time is not said again."""
    seen: dict[str, int] = {}
    for number, value in enumerate(values):
        text = f"{type(value).__name__} {go_json(value)}"
        seen[text] = seen.get(text, 0) + 1
        if seen[text] == 2:
            yield number
