"""Roles and bindings. Source: kubernetes pkg/apis/rbac/validation/validation.go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ecp.kube import names
from ecp.validation.faults import At, Fault, invalid, required, unsupported
from ecp.validation.kinds.workload import selector_is_usable
from ecp.validation.metadata import check_selector
from ecp.validation.scope import Object, Scope, items, mapping

_GROUP: Final = "rbac.authorization.k8s.io"
_SUBJECTS: Final = ("ServiceAccount", "User", "Group")


def check_role(role: Object, scope: Scope) -> Iterator[Fault]:
    yield from _rules(role, namespaced=True)


def check_cluster_role(role: Object, scope: Scope) -> Iterator[Fault]:
    yield from _rules(role, namespaced=False)
    rule, here = role.get("aggregationRule"), At() / "aggregationRule" / "clusterRoleSelectors"
    selectors = items(mapping(rule).get("clusterRoleSelectors"))
    if rule is not None and not selectors:
        text = "at least one clusterRoleSelector required if aggregationRule is non-nil"
        yield required("E0610", here, text)
    for number, selector in enumerate(selectors):
        yield from check_selector(selector, here / number)
        if not selector_is_usable(selector):
            # What the server shows is the selector that it could not make.
            yield invalid("E0202", here / number, None, "invalid label selector.")


def _rules(role: Object, namespaced: bool) -> Iterator[Fault]:
    for number, rule in enumerate(items(role.get("rules"))):
        rule, at = mapping(rule), At() / "rules" / number
        if not items(rule.get("verbs")):
            yield required("E0610", at / "verbs", "verbs must contain at least one value")
        paths = items(rule.get("nonResourceURLs"))
        groups, resources = items(rule.get("apiGroups")), items(rule.get("resources"))
        if paths:
            here = at / "nonResourceURLs"
            if namespaced:
                text = "namespaced rules cannot apply to non-resource URLs"
                yield invalid("E0610", here, paths, text)
            if groups or resources or items(rule.get("resourceNames")):
                text = "rules cannot apply to both regular resources and non-resource URLs"
                yield invalid("E0610", here, paths, text)
            continue
        if not groups:
            text = "resource rules must supply at least one api group"
            yield required("E0610", at / "apiGroups", text)
        if not resources:
            text = "resource rules must supply at least one resource"
            yield required("E0610", at / "resources", text)


def check_role_binding(binding: Object, scope: Scope) -> Iterator[Fault]:
    yield from _binding(binding, ("Role", "ClusterRole"), needs_namespace=False)


def check_cluster_role_binding(binding: Object, scope: Scope) -> Iterator[Fault]:
    yield from _binding(binding, ("ClusterRole",), needs_namespace=True)


def _binding(binding: Object, kinds: tuple[str, ...], needs_namespace: bool) -> Iterator[Fault]:
    ref, at = mapping(binding.get("roleRef")), At() / "roleRef"
    group, kind, name = ref.get("apiGroup") or _GROUP, ref.get("kind") or "", ref.get("name") or ""
    if group != _GROUP:
        yield unsupported("E0611", at / "apiGroup", group, (_GROUP,), plain=True)
    if kind not in kinds:
        yield unsupported("E0611", at / "kind", kind, kinds, plain=True)
    if not name:
        yield required("E0611", at / "name")
    else:
        for text in names.path_segment(name):
            yield invalid("E0611", at / "name", name, text)
    for number, subject in enumerate(items(binding.get("subjects"))):
        yield from _subject(mapping(subject), At() / "subjects" / number, needs_namespace)


def _subject(subject: Object, at: At, needs_namespace: bool) -> Iterator[Fault]:
    kind, name = subject.get("kind") or "", subject.get("name") or ""
    group = subject.get("apiGroup") or ""
    if not name:
        yield required("E0612", at / "name")
    if kind == "ServiceAccount":
        for text in names.dns_subdomain(name) if name else ():
            yield invalid("E0612", at / "name", name, text)
        if group:
            yield unsupported("E0612", at / "apiGroup", group, ("",), plain=True)
        if needs_namespace and not subject.get("namespace"):
            yield required("E0612", at / "namespace")
    elif kind in ("User", "Group"):
        if group and group != _GROUP:
            yield unsupported("E0612", at / "apiGroup", group, (_GROUP,), plain=True)
    else:
        yield unsupported("E0612", at / "kind", kind, _SUBJECTS, plain=True)


CHECKS = {
    "ClusterRole": (check_cluster_role,),
    "ClusterRoleBinding": (check_cluster_role_binding,),
    "Role": (check_role,),
    "RoleBinding": (check_role_binding,),
}
