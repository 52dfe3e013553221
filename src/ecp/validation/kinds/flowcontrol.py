"""FlowSchema and PriorityLevelConfiguration.

The fixed specs of the schemas and levels that every cluster has are not compared.
Source: kubernetes pkg/apis/flowcontrol/validation/validation.go.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Final

from ecp.kube import names
from ecp.validation.faults import (
    At,
    Fault,
    forbidden,
    invalid,
    required,
    unsupported,
    unsupported_struct,
)
from ecp.validation.scope import Object, Scope, items, mapping

_RULE: Final = "E0653"
_SPEC: Final = At() / "spec"
_VERBS: Final = (
    "create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch",
)  # fmt: skip
_DISTINGUISHERS: Final = ("ByNamespace", "ByUser")
_SUBJECTS: Final = {"Group": "group", "ServiceAccount": "serviceAccount", "User": "user"}
_MOST_QUEUES: Final = 10_000_000
_HASH_BITS: Final = 60
_PRECEDENCE: Final = 10_000


def check_schema(schema: Object, scope: Scope) -> Iterator[Fault]:
    spec = mapping(schema.get("spec"))
    precedence, at = spec.get("matchingPrecedence") or 1000, _SPEC / "matchingPrecedence"
    if precedence <= 0:
        yield invalid(_RULE, at, precedence, "must be a positive value")
    if precedence > _PRECEDENCE:
        yield invalid(_RULE, at, precedence, f"must not be greater than {_PRECEDENCE}")
    if precedence == 1 and mapping(schema.get("metadata")).get("name") != "exempt":
        text = "only the schema named 'exempt' may have matchingPrecedence 1"
        yield invalid(_RULE, at, precedence, text)
    method = spec.get("distinguisherMethod")
    kind = mapping(method).get("type") or ""
    if method is not None and kind not in _DISTINGUISHERS:
        at = _SPEC / "distinguisherMethod" / "type"
        yield unsupported_struct(_RULE, at, {"Type": kind}, _DISTINGUISHERS, point=at)
    level, at = mapping(spec.get("priorityLevelConfiguration")).get("name") or "", _SPEC
    at = _SPEC / "priorityLevelConfiguration" / "name"
    if not level:
        yield required(_RULE, at, "must reference a priority level")
    for text in names.dns_subdomain(level) if level else ():
        yield invalid(_RULE, at, level, text)
    for number, rule in enumerate(map(mapping, items(spec.get("rules")))):
        yield from _rule(rule, _SPEC / "rules" / number)


def _rule(rule: Object, at: At) -> Iterator[Fault]:
    subjects = items(rule.get("subjects"))
    if not subjects:
        yield required(_RULE, at / "subjects", "subjects must contain at least one value")
    for number, subject in enumerate(map(mapping, subjects)):
        yield from _subject(subject, at / "subjects" / number)
    resources, others = items(rule.get("resourceRules")), items(rule.get("nonResourceRules"))
    if not resources and not others:
        text = "at least one of resourceRules and nonResourceRules has to be non-empty"
        yield required(_RULE, at, text)
    for number, one in enumerate(map(mapping, resources)):
        yield from _resource_rule(one, at / "resourceRules" / number)
    for number, one in enumerate(map(mapping, others)):
        yield from _other_rule(one, at / "nonResourceRules" / number)


def _subject(subject: Object, at: At) -> Iterator[Fault]:
    kind = subject.get("kind") or ""
    if kind not in _SUBJECTS:
        yield unsupported(_RULE, at / "kind", kind, tuple(_SUBJECTS))
        return
    field = _SUBJECTS[kind]
    named, here = subject.get(field), at / field
    if named is None:
        yield required(_RULE, here, f"{field} is required when subject kind is '{kind}'")
    else:
        yield from _name(mapping(named), kind == "ServiceAccount", here)
    # The server forbids them in this order.
    for other in ("ServiceAccount", "User", "Group"):
        if other != kind and subject.get(_SUBJECTS[other]) is not None:
            text = f"{_SUBJECTS[other]} is forbidden when subject kind is not '{other}'"
            yield forbidden(_RULE, at / _SUBJECTS[other], text)


def _name(named: Object, is_account: bool, at: At) -> Iterator[Fault]:
    name, namespace = named.get("name") or "", named.get("namespace") or ""
    if not name:
        yield required(_RULE, at / "name")
    if not is_account:
        return
    for text in names.dns_subdomain(name) if name not in ("", "*") else ():
        yield invalid(_RULE, at / "name", name, text)
    if not namespace:
        yield required(_RULE, at / "namespace", "must specify namespace for service account")
    for text in names.dns_label(namespace) if namespace else ():
        yield invalid(_RULE, at / "namespace", namespace, text)


def _verbs(verbs: list[Any], at: At) -> Iterator[Fault]:
    if not verbs:
        yield required(_RULE, at, "verbs must contain at least one value")
    elif "*" in verbs:
        yield from _alone(verbs, at, "verbs")
    elif any(verb not in _VERBS for verb in verbs):
        yield unsupported(_RULE, at, verbs, _VERBS)


def _alone(values: list[Any], at: At, others: str) -> Iterator[Fault]:
    if len(values) > 1 and "*" in values:
        yield invalid(_RULE, at, values, f"if '*' is present, must not specify other {others}")


def _resource_rule(rule: Object, at: At) -> Iterator[Fault]:
    yield from _verbs(items(rule.get("verbs")), at / "verbs")
    for field, one, others in (
        ("apiGroups", "api group", "api groups"),
        ("resources", "resource", "resources"),
    ):
        values = items(rule.get(field))
        if not values:
            yield required(_RULE, at / field, f"resource rules must supply at least one {one}")
        yield from _alone(values, at / field, others)
    namespaces, here = items(rule.get("namespaces")), at / "namespaces"
    if not namespaces and not rule.get("clusterScope"):
        text = "resource rules that are not cluster scoped must supply at least one namespace"
        yield required(_RULE, here, text)
    yield from _alone(namespaces, here, "namespaces")
    for number, namespace in enumerate(namespaces if "*" not in namespaces else ()):
        for text in names.dns_label(namespace):
            said = f"each member of this list must be '*' or a DNS-1123 label; {text}"
            yield invalid(_RULE, here / number, namespace, said)


def _other_rule(rule: Object, at: At) -> Iterator[Fault]:
    yield from _verbs(items(rule.get("verbs")), at / "verbs")
    paths, here = items(rule.get("nonResourceURLs")), at / "nonResourceURLs"
    if not paths:
        yield required(_RULE, here, "nonResourceURLs must contain at least one value")
    yield from _alone(paths, here, "non-resource URLs")
    for number, path in enumerate(paths if "*" not in paths else ()):
        text = _path_complaint(path)
        if text:
            yield invalid(_RULE, here / number, path, text)


def _path_complaint(path: str) -> str:
    if path == "/":
        return ""
    complaints = (
        (not path, "must not be empty"),
        (not path.startswith("/"), "must start with slash"),
        (" " in path, "must not contain white-space"),
        ("//" in path, "must not contain double slash"),
        ("*" in path.removesuffix("/*"), "wildcard can only do suffix matching"),
    )
    return next((text for wrong, text in complaints if wrong), "")


def check_level(level: Object, scope: Scope) -> Iterator[Fault]:
    spec, name = mapping(level.get("spec")), mapping(level.get("metadata")).get("name")
    kind, at = spec.get("type") or "", _SPEC / "type"
    if (name == "exempt") != (kind == "Exempt"):
        yield invalid(_RULE, at, kind, "must be 'Exempt' if and only if `name` is 'exempt'")
    limited, exempt = spec.get("limited"), spec.get("exempt")
    if kind == "Exempt":
        if limited is not None:
            text = "must be nil if the type is not Limited"
            yield forbidden(_RULE, _SPEC / "limited", text)
        yield from _shares(mapping(exempt), _SPEC / "exempt")
        yield from _lendable(mapping(exempt), _SPEC / "exempt")
    elif kind == "Limited":
        if exempt is not None:
            yield forbidden(_RULE, _SPEC / "exempt", "must be nil if the type is Limited")
        if limited is None:
            text = "must not be empty when type is Limited"
            yield required(_RULE, _SPEC / "limited", text)
        else:
            yield from _limited(mapping(limited), _SPEC / "limited")
    else:
        yield unsupported(_RULE, at, kind, ("Exempt", "Limited"))


def _shares(found: Object, at: At) -> Iterator[Fault]:
    shares = found.get("nominalConcurrencyShares")
    if shares is not None and shares < 0:
        where = at / "nominalConcurrencyShares"
        yield invalid(_RULE, where, shares, "must be a non-negative integer")


def _lendable(found: Object, at: At) -> Iterator[Fault]:
    percent = found.get("lendablePercent")
    if percent is not None and not 0 <= percent <= 100:
        text = "must be between 0 and 100, inclusive"
        yield invalid(_RULE, at / "lendablePercent", percent, text)


def _limited(limited: Object, at: At) -> Iterator[Fault]:
    yield from _shares(limited, at)
    response, here = mapping(limited.get("limitResponse")), at / "limitResponse"
    kind, queuing = response.get("type") or "", response.get("queuing")
    if kind == "Reject":
        if queuing is not None:
            text = "must be nil if limited.limitResponse.type is not Limited"
            yield forbidden(_RULE, here / "queuing", text)
    elif kind != "Queue":
        yield unsupported(_RULE, here / "type", kind, ("Queue", "Reject"))
    elif queuing is None:
        text = "must not be empty if limited.limitResponse.type is Limited"
        yield required(_RULE, here / "queuing", text)
    else:
        yield from _queuing(mapping(queuing), here / "queuing")
    yield from _lendable(limited, at)
    borrowed = limited.get("borrowingLimitPercent")
    if borrowed is not None and borrowed < 0:
        text = "if specified, must be a non-negative integer"
        yield invalid(_RULE, at / "borrowingLimitPercent", borrowed, text)


def _queuing(queuing: Object, at: At) -> Iterator[Fault]:
    length, queues = queuing.get("queueLengthLimit") or 50, queuing.get("queues") or 64
    hand = queuing.get("handSize") or 8
    if length <= 0:
        yield invalid(_RULE, at / "queueLengthLimit", length, "must be positive")
    if queues <= 0:
        yield invalid(_RULE, at / "queues", queues, "must be positive")
    elif queues > _MOST_QUEUES:
        text = f"must not be greater than {_MOST_QUEUES}"
        yield invalid(_RULE, at / "queues", queues, text)
    if hand <= 0:
        yield invalid(_RULE, at / "handSize", hand, "must be positive")
    elif hand > queues:
        text = f"should not be greater than queues ({queues})"
        yield invalid(_RULE, at / "handSize", hand, text)
    elif math.ceil(math.log2(queues)) * hand > _HASH_BITS:
        text = (
            f"required entropy bits of deckSize {queues} and handSize {hand} should not be "
            f"greater than {_HASH_BITS}"
        )
        yield invalid(_RULE, at / "handSize", hand, text)


CHECKS = {"FlowSchema": (check_schema,), "PriorityLevelConfiguration": (check_level,)}
