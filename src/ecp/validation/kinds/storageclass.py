"""StorageClass and VolumeAttributesClass.

Source: kubernetes pkg/apis/storage/validation/validation.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ecp.kube import names
from ecp.validation.faults import (
    At,
    Fault,
    duplicate,
    invalid,
    required,
    too_long,
    unsupported,
)
from ecp.validation.scope import Object, Scope, items, mapping

_MOST_PARAMETERS: Final = 512
_LARGEST: Final = 256 * 1024
_RECLAIM: Final = ("Delete", "Retain")
_BINDING: Final = ("Immediate", "WaitForFirstConsumer")


def check_storage_class(storage: Object, scope: Scope) -> Iterator[Fault]:
    yield from _driver("E0621", storage.get("provisioner") or "", At() / "provisioner")
    yield from _parameters("E0621", storage.get("parameters"), may_be_empty=True)
    policy, binding = storage.get("reclaimPolicy"), storage.get("volumeBindingMode")
    if policy and policy not in _RECLAIM:
        yield unsupported("E0621", At() / "reclaimPolicy", policy, _RECLAIM)
    if binding is not None and binding not in _BINDING:
        yield unsupported("E0621", At() / "volumeBindingMode", binding, _BINDING)
    yield from _topologies(items(storage.get("allowedTopologies")))


def check_attributes_class(attributes: Object, scope: Scope) -> Iterator[Fault]:
    yield from _driver("E0622", attributes.get("driverName") or "", At() / "driverName")
    yield from _parameters("E0622", attributes.get("parameters"), may_be_empty=False)


def _driver(rule: str, name: str, at: At) -> Iterator[Fault]:
    if not name:
        yield required(rule, at)
        return
    for text in names.label_key(name.lower()):
        yield invalid(rule, at, name.lower(), text)


def _parameters(rule: str, parameters: Any, *, may_be_empty: bool) -> Iterator[Fault]:
    at, given = At() / "parameters", mapping(parameters)
    if len(given) > _MOST_PARAMETERS:
        yield too_long(rule, at, _MOST_PARAMETERS)
        return
    if "" in given:
        yield invalid(rule, at, "", "field can not be empty.")
    size = sum(len(key.encode()) + len((value or "").encode()) for key, value in given.items())
    if size > _LARGEST:
        yield too_long(rule, at, _LARGEST)
    if not given and not may_be_empty:
        yield required(rule, at, "must contain at least one key/value pair")


def _topologies(terms: list[Any]) -> Iterator[Fault]:
    # The server compares with as many empty terms as there are terms, and then with those before.
    seen: list[dict[str, set[str]]] = [{} for _ in terms]
    for number, term in enumerate(terms):
        here = At() / "allowedTopologies" / number / "matchLabelExpressions"
        found: dict[str, set[str]] = {}
        for index, expression in enumerate(items(mapping(term).get("matchLabelExpressions"))):
            yield from _expression(mapping(expression), here / index, found)
        for other in seen:
            if other == found:
                yield duplicate("E0621", here, "")
        seen.append(found)


def _expression(expression: Object, at: At, found: dict[str, set[str]]) -> Iterator[Fault]:
    key, values = expression.get("key") or "", items(expression.get("values"))
    if not values:
        yield required("E0621", at / "values")
    seen: set[str] = set()
    for number, value in enumerate(values):
        if value in seen:
            yield duplicate("E0621", at / "values" / number, value)
        seen.add(value)
    for text in names.label_key(key):
        yield invalid("E0621", at / "key", key, text)
    if key in found:
        yield duplicate("E0621", at / "key", key)
    found[key] = seen


CHECKS = {
    "StorageClass": (check_storage_class,),
    "VolumeAttributesClass": (check_attributes_class,),
}
