"""IngressClass. Source: kubernetes pkg/apis/networking/validation `ValidateIngressClass`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ecp.kube import names
from ecp.validation.faults import At, Fault, forbidden, invalid, required, too_long, unsupported
from ecp.validation.scope import Object, Scope, mapping

_SPEC: Final = At() / "spec"
_LONGEST: Final = 250
_SCOPES: Final = ("Cluster", "Namespace")
_PATH: Final = r"[A-Za-z0-9/\-._~%!$&'()*+,;=:]+"


def check_ingress_class(ingress_class: Object, scope: Scope) -> Iterator[Fault]:
    spec = mapping(ingress_class.get("spec"))
    controller = spec.get("controller") or ""
    if len(controller.encode()) > _LONGEST:
        yield too_long("E0623", _SPEC / "controller", _LONGEST)
    yield from _domain_and_path(controller, _SPEC / "controller")
    if spec.get("parameters") is not None:
        yield from _parameters(mapping(spec["parameters"]), _SPEC / "parameters")


def _domain_and_path(value: str, at: At) -> Iterator[Fault]:
    """Check ``example.com/name``. Source: apimachinery `IsDomainPrefixedPath`."""
    if not value:
        yield required("E0623", at)
        return
    host, _, path = value.partition("/")
    if not host or not path:
        text = 'must be a domain-prefixed path (such as "acme.io/foo")'
        yield invalid("E0623", at, value, text)
        return
    for text in names.dns_subdomain(host):
        yield invalid("E0623", at, host, text)
    if re.fullmatch(_PATH, path) is None:
        yield invalid("E0623", at, path, names.regex_complaint("Invalid path", _PATH))


def _parameters(parameters: Object, at: At) -> Iterator[Fault]:
    group = parameters.get("apiGroup")
    for text in names.dns_subdomain(group) if group is not None else ():
        yield invalid("E0623", at / "apiGroup", group, text)
    for field in ("kind", "name"):
        value = parameters.get(field) or ""
        if not value:
            yield required("E0623", at / field)
        for text in names.path_segment(value):
            yield invalid("E0623", at / field, value, text)
    scope, namespace = parameters.get("scope", "Cluster"), parameters.get("namespace")
    scope, here = "Cluster" if scope is None else scope, at / "namespace"
    if scope not in _SCOPES:
        yield unsupported("E0623", at / "scope", scope, _SCOPES)
    elif scope == "Cluster" and namespace is not None:
        yield forbidden("E0623", here, "`parameters.scope` is set to 'Cluster'")
    elif scope == "Namespace" and namespace is None:
        yield required("E0623", here, "`parameters.scope` is set to 'Namespace'")
    elif scope == "Namespace":
        for text in names.dns_label(namespace):
            yield invalid("E0623", here, namespace, text)


CHECKS = {"IngressClass": (check_ingress_class,)}
