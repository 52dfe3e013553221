"""Ingress. Source: kubernetes pkg/apis/networking/validation `ValidateIngressSpec`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ecp.kube import names
from ecp.validation.faults import At, Fault, invalid, required, unsupported
from ecp.validation.kinds.addresses import read_address
from ecp.validation.scope import Object, Scope, items, mapping

_SPEC: Final = At() / "spec"
_PATH_TYPES: Final = ("Exact", "ImplementationSpecific", "Prefix")
_SEQUENCES: Final = ("//", "/./", "/../", "%2f", "%2F")
_SUFFIXES: Final = ("/..", "/.")
_CLASS: Final = "kubernetes.io/ingress.class"


def check_ingress(ingress: Object, scope: Scope) -> Iterator[Fault]:
    spec = mapping(ingress.get("spec"))
    rules, default = items(spec.get("rules")), spec.get("defaultBackend")
    if not rules and default is None:
        text = "either `defaultBackend` or `rules` must be specified"
        yield invalid("E0520", _SPEC, spec.get("rules"), text)
    if default is not None:
        yield from _backend(mapping(default), _SPEC / "defaultBackend", scope)
    for number, rule in enumerate(rules):
        yield from _rule(mapping(rule), _SPEC / "rules" / number, scope)
    for number, tls in enumerate(items(spec.get("tls"))):
        here = _SPEC / "tls" / number
        for index, host in enumerate(items(mapping(tls).get("hosts"))):
            yield from _host(host or "", here / "hosts" / index)
        secret = mapping(tls).get("secretName") or ""
        for text in names.dns_subdomain(secret) if secret else ():
            yield invalid("E0520", here / "secretName", secret, text)
    name = spec.get("ingressClassName")
    for text in names.dns_subdomain(name) if name is not None else ():
        yield invalid("E0520", _SPEC / "ingressClassName", name, text)
    note = mapping(mapping(ingress.get("metadata")).get("annotations")).get(_CLASS)
    if scope.new and None not in (note, name) and note != name:
        text = "must match `ingressClassName` when both are specified"
        point = At() / "metadata" / "annotations" / _CLASS
        yield invalid("E0520", At() / "annotations" / _CLASS, note, text, point=point)


def _host(host: str, at: At) -> Iterator[Fault]:
    complaints = names.wildcard_subdomain(host) if "*" in host else names.dns_subdomain(host)
    for text in complaints:
        yield invalid("E0521", at, host, text)


def _rule(rule: Object, at: At, scope: Scope) -> Iterator[Fault]:
    host = rule.get("host") or ""
    if host:
        if read_address(host) is not None:
            text = "must be a DNS name, not an IP address"
            yield invalid("E0521", at / "host", host, text)
        yield from _host(host, at / "host")
    http = rule.get("http")
    if http is None:
        return
    paths = items(mapping(http).get("paths"))
    here = at / "http" / "paths"
    if not paths:
        yield required("E0522", here)
    for number, path in enumerate(paths):
        yield from _path(mapping(path), here / number, scope)


def _path(entry: Object, at: At, scope: Scope) -> Iterator[Fault]:
    kind, path = entry.get("pathType"), entry.get("path") or ""
    here = at / "path"
    if kind is None:
        yield required("E0522", at / "pathType", "pathType must be specified")
        return
    if kind in ("Exact", "Prefix"):
        if not path.startswith("/"):
            yield invalid("E0522", here, path, "must be an absolute path")
        for sequence in _SEQUENCES:
            if sequence in path:
                yield invalid("E0522", here, path, f"must not contain '{sequence}'")
        for suffix in _SUFFIXES:
            if path.endswith(suffix):
                yield invalid("E0522", here, path, f"cannot end with '{suffix}'")
    elif kind == "ImplementationSpecific":
        if path and not path.startswith("/"):
            yield invalid("E0522", here, path, "must be an absolute path")
    else:
        yield unsupported("E0522", at / "pathType", kind, _PATH_TYPES)
    yield from _backend(mapping(entry.get("backend")), at / "backend", scope)


def _backend(backend: Object, at: At, scope: Scope) -> Iterator[Fault]:
    service, resource = backend.get("service"), backend.get("resource")
    if service is not None and resource is not None:
        yield invalid("E0523", at, "", "cannot set both resource and service backends")
        return
    if resource is not None:
        yield from _resource(mapping(resource), at / "resource")
        return
    if service is None:
        yield invalid("E0523", at, "", "resource or service backend is required")
        return
    service, here = mapping(service), at / "service"
    name, relaxed = service.get("name") or "", scope.since(1, 36)
    if not name:
        yield required("E0523", here / "name")
    else:
        for text in names.dns_label(name) if relaxed else names.dns_1035_label(name):
            yield invalid("E0523", here / "name", name, text)
    port = mapping(service.get("port"))
    port_name, number = port.get("name") or "", port.get("number") or 0
    if port_name and number:
        point = here / "port"
        yield invalid("E0523", at, "", "cannot set both port name & port number", point=point)
    elif port_name:
        for text in names.port_name(port_name):
            yield invalid("E0305", here / "port" / "name", port_name, text)
    elif number:
        for text in names.port_number(number):
            yield invalid("E0304", here / "port" / "number", number, text)
    else:
        yield required("E0523", at, "port name or number is required")._replace(path=here.path)


def _resource(ref: Object, at: At) -> Iterator[Fault]:
    group = ref.get("apiGroup")
    for text in names.dns_subdomain(group) if group is not None else ():
        yield invalid("E0523", at / "apiGroup", group, text)
    for field in ("kind", "name"):
        value = ref.get(field) or ""
        if not value:
            yield required("E0523", at / field)
        for text in names.path_segment(value):
            yield invalid("E0523", at / field, value, text)


CHECKS = {"Ingress": (check_ingress,)}
