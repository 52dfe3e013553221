"""Rules in CEL in the schema of a CustomResourceDefinition: do they compile, what may they cost?

Source: apiextensions-apiserver pkg/apis/apiextensions/validation/{validation,cel_validation}.go.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from ecp.kube.cel.declared import LARGEST_REQUEST, Declared
from ecp.kube.cel.sizes import MOST, capped
from ecp.kube.errors import internal
from ecp.kube.structural import item_schema
from ecp.kube.yaml import Path
from ecp.validation.custom.compiling import declared, try_message, try_rule
from ecp.validation.faults import At, Fault, forbidden, invalid, invalid_struct
from ecp.validation.scope import Object, items, mapping

_RULE: Final = "E0642"
_RULES: Final = "x-kubernetes-validations"
_EMBEDDED: Final = "x-kubernetes-embedded-resource"
_PER_RULE: Final = 10_000_000
_IN_ALL: Final = 100_000_000
_SHOWN: Final = 4
_ADVICE: Final = (
    "(try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, "
    "maps, and strings are declared)"
)
_UNREADABLE: Final = (
    "internal error: failed to construct type information for x-kubernetes-validations rules: "
    "unable to convert structural schema to CEL declarations"
)


class _Place(NamedTuple):
    """Where a schema stands.

    often   how many values it may have in one object, None for any number
    apart   the list within which old and new values cannot be told to be the same
    """

    at: At
    root: bool
    often: int | None
    apart: At | None


class _Spent(NamedTuple):
    at: At
    cost: int


def check_rules(schema: Object, at: At, wrong: Sequence[Path]) -> Iterator[Fault]:
    """Yield what is wrong with the rules of a schema; *wrong* are places not to look below of."""
    spent: list[_Spent] = []
    yield from _part(schema, _Place(at, True, 1, None), wrong, spent)
    total = 0
    for one in spent:
        total = capped(total + one.cost)
    if total <= _IN_ALL:
        return
    dear = [one for one in spent if one.cost >= _IN_ALL // 100]
    text = (
        "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema"
    )
    for one in sorted(dear, key=lambda one: -one.cost)[:_SHOWN]:
        yield forbidden(_RULE, one.at, text, on_key=False)
    name = "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema"
    yield forbidden(_RULE, at, _too_dear(name, total, _IN_ALL), on_key=False)


def _too_dear(name: str, cost: int, limit: int) -> str:
    factor = cost / limit
    if factor > 100:
        shown = "more than 100x"
    else:
        shown = f"{factor:.6f}x" if factor < 1.5 else f"{factor:.1f}x"
    return f"{name} exceeds budget by factor of {shown} {_ADVICE}"


def _part(
    schema: Object, place: _Place, wrong: Sequence[Path], spent: list[_Spent]
) -> Iterator[Fault]:
    extra = schema.get("additionalProperties")
    often = _times(place.often, _most(schema))
    if isinstance(extra, dict):
        here = place.at / "additionalProperties"
        yield from _part(extra, _Place(here, False, often, place.apart), wrong, spent)
    for name, part in sorted(mapping(schema.get("properties")).items()):
        here = (place.at / "properties").key(name)
        yield from _part(mapping(part), _Place(here, False, often, place.apart), wrong, spent)
    part = item_schema(schema)
    if part is not None:
        apart = place.apart
        if schema.get("x-kubernetes-list-type") != "map":
            apart = apart or place.at
        yield from _part(part, _Place(place.at / "items", False, often, apart), wrong, spent)
    rules = items(schema.get(_RULES))
    here_path = place.at.path
    if rules and not any(path[: len(here_path)] == here_path for path in wrong):
        yield from _rules(schema, [mapping(rule) for rule in rules], place, spent)


def _most(schema: Object) -> int | None:
    """Return how many values are inside one, None for any number."""
    kind = schema.get("type")
    if kind == "object" and schema.get("additionalProperties") is not None:
        limit = schema.get("maxProperties")
    elif kind == "array":
        limit = schema.get("maxItems")
    else:
        return 1
    return None if limit is None else max(limit, 0)


def _times(often: int | None, most: int | None) -> int | None:
    return None if often is None or most is None else capped(often * most)


def _rules(
    schema: Object, rules: Sequence[Object], place: _Place, spent: list[_Spent]
) -> Iterator[Fault]:
    root = place.root or bool(schema.get(_EMBEDDED))
    type_ = declared(schema, root)
    at = place.at / _RULES
    if type_ is None:
        yield Fault(_RULE, internal(str(at), _UNREADABLE), at.path)
        return
    often = place.often
    if often is None:
        often = LARGEST_REQUEST // (type_.size + 1)
    for number, rule in enumerate(rules):
        yield from _one(rule, type_, at / number, often, place.apart, spent)


def _one(
    rule: Object, type_: Declared, at: At, often: int, apart: At | None, spent: list[_Spent]
) -> Iterator[Fault]:
    optional = bool(rule.get("optionalOldSelf"))
    tried = try_rule(rule.get("rule") or "", type_, optional)
    cost = capped(tried.program.cost * often) if tried.program is not None else 0
    if cost > _PER_RULE:
        text = _too_dear("estimated rule cost", cost, _PER_RULE)
        yield forbidden(_RULE, at / "rule", text, on_key=False)
    spent.append(_Spent(at / "rule", cost))
    if tried.wrong:
        yield invalid_struct(_RULE, at / "rule", _struct(rule), tried.wrong)
    message = rule.get("messageExpression") or ""
    if message and tried.program is not None:
        yield from _message(rule, message, type_, at / "messageExpression", spent)
    if tried.program is not None and "oldSelf" in tried.program.uses:
        if apart is not None:
            text = "oldSelf cannot be used on the uncorrelatable portion of the schema within"
            yield invalid(_RULE, at / "rule", rule.get("rule") or "", f"{text} {apart}")
    elif rule.get("optionalOldSelf") is not None:
        text = "may not be set if oldSelf is not used in rule"
        yield invalid(_RULE, at / "optionalOldSelf", rule["optionalOldSelf"], text)


def _message(
    rule: Object, text: str, type_: Declared, at: At, spent: list[_Spent]
) -> Iterator[Fault]:
    told = try_message(text, type_, bool(rule.get("optionalOldSelf")))
    if told.program is None:
        yield invalid_struct(_RULE, at, _struct(rule), told.wrong)
        return
    cost = min(told.program.cost, MOST)
    if cost > _PER_RULE:
        words = _too_dear("estimated messageExpression cost", cost, _PER_RULE)
        yield forbidden(_RULE, at, words, on_key=False)
    spent.append(_Spent(at, cost))


def _struct(rule: Object) -> dict[str, Any]:
    """Return a rule as the server shows one."""
    return {
        "Rule": rule.get("rule") or "",
        "Message": rule.get("message") or "",
        "MessageExpression": rule.get("messageExpression") or "",
        "Reason": rule.get("reason"),
        "FieldPath": rule.get("fieldPath") or "",
        "OptionalOldSelf": rule.get("optionalOldSelf"),
    }
