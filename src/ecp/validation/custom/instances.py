"""An instance of a custom kind: everything the server says of it, in its order.

Source: apiextensions-apiserver pkg/registry/customresource/{strategy,validator}.go.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Final

from ecp.kube.errors import FieldError, FieldErrorType
from ecp.kube.structural import Schema, prepared
from ecp.validation.custom.definition import Served
from ecp.validation.custom.embedded import check_embedded
from ecp.validation.custom.lists import check_lists
from ecp.validation.custom.rules import Rules
from ecp.validation.custom.schema import NO_OLD, NOWHERE, RULE, check_schema
from ecp.validation.faults import At, Fault
from ecp.validation.scope import Object

_BLOCKING: Final = frozenset(
    {
        FieldErrorType.NOT_SUPPORTED,
        FieldErrorType.REQUIRED,
        FieldErrorType.TOO_LONG,
        FieldErrorType.TOO_MANY,
        FieldErrorType.TYPE_INVALID,
    }
)
_UNCHECKED: Final = (
    "some validation rules were not checked because the object was invalid; correct the existing "
    "errors to complete validation"
)
_MOST_REPLICAS: Final = (1 << 31) - 1
_GO: Final = {bool: "bool", int: "int64", float: "float64", str: "string"}


def as_created(obj: Object, kind: Served) -> dict[str, Any]:
    """Return an object as a create goes on with it: pruned, defaulted, without a status."""
    made: dict[str, Any] = prepared(dict(obj), kind.schema)
    if kind.has_status:
        made.pop("status", None)
    return made


def as_updated(obj: Object, old: Object, kind: Served) -> dict[str, Any]:
    """As `as_created` for an update, which leaves the status as it was."""
    made: dict[str, Any] = prepared(dict(obj), kind.schema)
    if kind.has_status:
        if "status" in old:
            made["status"] = old["status"]
        else:
            made.pop("status", None)
    return made


def faults_of_instance(
    obj: Object, kind: Served, before: Sequence[Fault] = (), old: Object | None = None
) -> list[Fault]:
    """Return what is wrong with an object besides its metadata.

    before   what is wrong with its metadata, which may keep the rules from being run
    old      the object in whose place it is to come
    """
    value, schema = dict(obj), kind.schema
    was = NO_OLD if old is None else dict(old)
    found = list(check_schema(value, schema, old=was))
    found += _scale(value, kind)
    found += check_embedded(value, schema, At(), root=True)
    if old is None or not list(check_lists(dict(old), schema, At())):
        found += check_lists(value, schema, At())
    rules = rules_of(schema)
    if not rules.any:
        return found
    if any(fault.error.type in _BLOCKING for fault in (*before, *found)):
        blocked = FieldError(FieldErrorType.INVALID, NOWHERE, None, _UNCHECKED)
        return [*found, Fault(RULE, blocked, ())]
    return [*found, *rules.check(value, was)]


def faults_of_status(obj: Object, kind: Served, old: Object) -> list[Fault]:
    """Return what is wrong with an object whose status alone is written, besides its metadata."""
    schema = (kind.schema.get("properties") or {}).get("status")
    found: list[Fault] = []
    if "status" in obj and isinstance(schema, dict):
        was = old.get("status", NO_OLD)
        found += check_schema(obj["status"], schema, old=was, at="status", path=("status",))
    found += _scale_status(obj, kind)
    value, before = dict(obj), dict(old)
    if not list(check_lists(before, kind.schema, At())):
        found += check_lists(value, kind.schema, At())
    rules = rules_of(kind.schema)
    if not rules.any:
        return found
    if any(fault.error.type in _BLOCKING for fault in found):
        blocked = FieldError(FieldErrorType.INVALID, NOWHERE, None, _UNCHECKED)
        return [*found, Fault(RULE, blocked, ())]
    return [*found, *rules.check(value, before)]


class _Known:
    """A schema that is a key by its identity, and held so that the identity stays its own."""

    __slots__ = ("schema",)

    def __init__(self, schema: Schema) -> None:
        self.schema = schema

    def __hash__(self) -> int:
        return hash(id(self.schema))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Known) and other.schema is self.schema


@lru_cache(maxsize=128)
def _rules(known: _Known) -> Rules:
    return Rules(known.schema)


def rules_of(schema: Schema) -> Rules:
    """Return the rules of a schema; what is compiled of them stays with it."""
    return _rules(_Known(schema))


# ---- scale -------------------------------------------------------------------------------------


def _scale(obj: Object, kind: Served) -> Iterator[Fault]:
    if kind.scale is not None:
        yield from _replicas(obj, kind.scale.get("specReplicasPath") or "")
    yield from _scale_status(obj, kind)


def _scale_status(obj: Object, kind: Served) -> Iterator[Fault]:
    if kind.scale is None:
        return
    yield from _replicas(obj, kind.scale.get("statusReplicasPath") or "")
    selector = kind.scale.get("labelSelectorPath")
    if selector:
        value, wrong = _nested(obj, selector, str)
        if wrong:
            yield _fault(selector, value if isinstance(value, str) else "", wrong)


def _replicas(obj: Object, path: str) -> Iterator[Fault]:
    value, wrong = _nested(obj, path, int)
    if wrong:
        yield _fault(path, 0, wrong)
    elif value is not None and value < 0:
        yield _fault(path, value, "should be a non-negative integer")
    elif value is not None and value > _MOST_REPLICAS:
        yield _fault(path, value, f"should be less than or equal to {_MOST_REPLICAS}")


def _fault(path: str, value: Any, text: str) -> Fault:
    error = FieldError(FieldErrorType.INVALID, path, value, text)
    return Fault(RULE, error, tuple(path.removeprefix(".").split(".")))


def _nested(obj: Object, path: str, wanted: type) -> tuple[Any, str]:
    """Return what is at a path, None for nothing, and what is wrong with it."""
    steps = path.removeprefix(".").split(".")
    value: Any = obj
    for number, step in enumerate(steps):
        if not isinstance(value, dict):
            where = ".".join(steps[:number])
            return None, (
                f".{'.'.join(steps)} accessor error: {_go(value)} is of the type "
                f"{_go_type(value)}, expected map[string]interface{{}}"
            ) if where else ""
        if step not in value:
            return None, ""
        value = value[step]
    if value is None or isinstance(value, bool) or not isinstance(value, wanted):
        name = "int64" if wanted is int else "string"
        return None, (
            f".{'.'.join(steps)} accessor error: {_go(value)} is of the type {_go_type(value)}, "
            f"expected {name}"
        )
    return value, ""


def _go(value: Any) -> str:
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return f"map[{' '.join(f'{key}:{_go(value[key])}' for key in sorted(value))}]"
    if isinstance(value, list):
        return f"[{' '.join(map(_go, value))}]"
    return str(value)


def _go_type(value: Any) -> str:
    if value is None:
        return "<nil>"
    if isinstance(value, dict):
        return "map[string]interface {}"
    return "[]interface {}" if isinstance(value, list) else _GO[type(value)]
