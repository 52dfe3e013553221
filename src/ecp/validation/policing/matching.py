"""Whether a request is one that a policy, or its binding, is about.

Source: kubernetes apiserver pkg/admission/plugin/policy/matching/matching.go,
pkg/admission/plugin/webhook/predicates/{rules,namespace,object}.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ecp.kube.selectors import from_object
from ecp.validation.policing.requests import Asked, World, labels_of
from ecp.validation.scope import Object, items, mapping


class Match(NamedTuple):
    """The version of the resource by which a request was found to be meant."""

    version: str


def matches(criteria: Object, asked: Asked, world: World) -> Match | None:
    """Return how a request is meant by ``matchConstraints`` or ``matchResources``, None if not."""
    if not _namespace_selected(criteria.get("namespaceSelector"), asked, world):
        return None
    if not _object_selected(criteria.get("objectSelector"), asked):
        return None
    exact = criteria.get("matchPolicy") == "Exact"
    if _by_rules(items(criteria.get("excludeResourceRules")), asked, exact=exact):
        return None
    rules = items(criteria.get("resourceRules"))
    return _by_rules(rules, asked, exact=exact) if rules else Match(asked.version)


def _by_rules(rules: list[Object], asked: Asked, *, exact: bool) -> Match | None:
    for version in _versions(asked, exact=exact):
        for rule in map(mapping, rules):
            names = items(rule.get("resourceNames"))
            if _rule_matches(rule, asked, version) and (not names or asked.name in names):
                return Match(version)
    return None


def _versions(asked: Asked, *, exact: bool) -> Iterator[str]:
    yield asked.version
    if not exact:
        yield from (version for version in asked.versions if version != asked.version)


def _rule_matches(rule: Object, asked: Asked, version: str) -> bool:
    return (
        _in_scope(rule.get("scope") or "*", asked)
        and _named(rule.get("operations"), asked.operation)
        and _named(rule.get("apiGroups"), asked.group)
        and _named(rule.get("apiVersions"), version)
        and any(_is_meant(one, asked) for one in items(rule.get("resources")))
    )


def _in_scope(scope: str, asked: Asked) -> bool:
    inside = bool(asked.namespace) and not asked.is_namespace
    return scope == "*" or (scope == "Namespaced") is inside


def _named(words: object, word: str) -> bool:
    return any(one in ("*", word) for one in items(words))


def _is_meant(written: str, asked: Asked) -> bool:
    resource, _, part = written.partition("/")
    return resource in ("*", asked.resource) and part in ("*", asked.subresource)


def _namespace_selected(selector: object, asked: Asked, world: World) -> bool:
    if not mapping(selector) or not (asked.namespace or asked.is_namespace):
        return True
    if asked.is_namespace:
        return from_object(mapping(selector)).matches(labels_of(asked.object or asked.old))
    return from_object(mapping(selector)).matches(labels_of(world.namespace(asked.namespace)))


def _object_selected(selector: object, asked: Asked) -> bool:
    if not mapping(selector):
        return True
    return any(
        one is not None and from_object(mapping(selector)).matches(labels_of(one))
        for one in (asked.object, asked.old)
    )
