"""What admission webhooks and policies apply to: rules of groups, versions, resources, operations.

Source: kubernetes pkg/apis/admissionregistration/validation/validation.go
`validateRuleWithOperations`, `validateMatchConditions`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from ecp.kube import names
from ecp.validation.faults import (
    At,
    Fault,
    duplicate,
    invalid,
    required,
    too_many,
    unsupported,
)
from ecp.validation.kinds.expressions import check_expression
from ecp.validation.metadata import check_selector
from ecp.validation.scope import Object, items, mapping

FAILURE: Final = ("Fail", "Ignore")
MATCH: Final = ("Equivalent", "Exact")
REINVOCATION: Final = ("IfNeeded", "Never")
_OPERATIONS: Final = ("*", "CONNECT", "CREATE", "DELETE", "UPDATE")
_SCOPES: Final = ("*", "Cluster", "Namespaced")
_MOST_CONDITIONS: Final = 64


def one_of(rule: str, value: Any, at: At, known: Sequence[str]) -> Iterator[Fault]:
    """Check a word that is put by the server where it is left out."""
    if value is not None and value not in known:
        yield unsupported(rule, at, value, known)


def check_rule(id_: str, rule: Object, at: At) -> Iterator[Fault]:
    """Check one rule of what a webhook or policy applies to; *id_* is the id of our own rule."""
    operations = items(rule.get("operations"))
    yield from _alone(id_, operations, at / "operations", "operations")
    for number, operation in enumerate(operations):
        if operation not in _OPERATIONS:
            yield unsupported(id_, at / "operations" / number, operation, _OPERATIONS)
    yield from _alone(id_, items(rule.get("apiGroups")), at / "apiGroups", "API groups")
    versions = items(rule.get("apiVersions"))
    yield from _alone(id_, versions, at / "apiVersions", "API versions")
    for number, version in enumerate(versions):
        if not version:
            yield required(id_, at / "apiVersions" / number)
    yield from _resources(id_, items(rule.get("resources")), at / "resources")
    yield from one_of(id_, rule.get("scope"), at / "scope", _SCOPES)


def _alone(id_: str, values: list[Any], at: At, others: str) -> Iterator[Fault]:
    if not values:
        yield required(id_, at)
    if len(values) > 1 and "*" in values:
        yield invalid(id_, at, values, f"if '*' is present, must not specify other {others}")


def _resources(id_: str, resources: list[Any], at: At) -> Iterator[Fault]:
    if not resources:
        yield required(id_, at)
    with_all_parts: set[str] = set()
    of_everything: set[str] = set()
    plain = False
    for number, name in enumerate(resources):
        if not name:
            yield required(id_, at / number)
            continue
        resource, slash, part = name.partition("/")
        if not slash:
            # Only the last one counts, as it does for the server.
            plain = name != "*"
            continue
        if resource in with_all_parts:
            text = f"if '{resource}/*' is present, must not specify {name}"
            yield invalid(id_, at / number, name, text)
        if part in of_everything:
            yield invalid(
                id_, at / number, name, f"if '*/{part}' is present, must not specify {name}"
            )
        if part == "*":
            with_all_parts.add(resource)
        if resource == "*":
            of_everything.add(part)
    if len(resources) > 1 and "*/*" in resources:
        text = "if '*/*' is present, must not specify other resources"
        yield invalid(id_, at, resources, text)
    if "*" in resources and plain:
        text = "if '*' is present, must not specify other resources without subresources"
        yield invalid(id_, at, resources, text)


def check_conditions(
    id_: str, conditions: list[Any], at: At, *, params: bool = False
) -> Iterator[Fault]:
    """Check the conditions of a webhook or policy; *params*: it has parameters."""
    from ecp.kube.cel.admission import Known

    if len(conditions) > _MOST_CONDITIONS:
        yield too_many(id_, at, len(conditions), _MOST_CONDITIONS)
    seen: set[str] = set()
    for number, condition in enumerate(map(mapping, conditions)):
        here, name = at / number, condition.get("name") or ""
        expression = (condition.get("expression") or "").strip()
        if expression:
            known = Known(params=params)
            yield from check_expression(
                id_, expression, here / "expression", known, wanted=("bool",)
            )
        else:
            yield required(id_, here / "expression")
        if not name:
            yield required(id_, here / "name")
            continue
        for text in names.label_key(name):
            yield invalid(id_, here / "name", name, text)
        if name in seen:
            yield duplicate(id_, here / "name", name)
        seen.add(name)


def check_matched(id_: str, found: Object, at: At) -> Iterator[Fault]:
    """Check what a policy or its binding applies to."""
    yield from one_of(id_, found.get("matchPolicy"), at / "matchPolicy", MATCH)
    for field in ("namespaceSelector", "objectSelector"):
        yield from check_selector(found.get(field), at / field)
    for field in ("resourceRules", "excludeResourceRules"):
        for number, rule in enumerate(map(mapping, items(found.get(field)))):
            here = at / field / number
            yield from _names(id_, items(rule.get("resourceNames")), here / "resourceNames")
            yield from check_rule(id_, rule, here)


def _names(id_: str, wanted: list[Any], at: At) -> Iterator[Fault]:
    for number, name in enumerate(wanted):
        for text in names.path_segment(name):
            yield invalid(id_, at / number, name, text)
        if name in wanted[:number]:
            yield duplicate(id_, at / number, name)
