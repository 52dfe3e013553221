"""Endpoints. Source: kubernetes pkg/apis/core/validation `ValidateEndpoints`."""

from __future__ import annotations

from collections.abc import Iterator

from ecp.kube import names
from ecp.validation.faults import At, Fault, invalid, required, unsupported
from ecp.validation.kinds.addresses import check_endpoint_address, legacy_address
from ecp.validation.kinds.container import PROTOCOLS
from ecp.validation.scope import Object, Scope, items, mapping


def check_endpoints(endpoints: Object, scope: Scope) -> Iterator[Fault]:
    for number, subset in enumerate(map(mapping, items(endpoints.get("subsets")))):
        at = At() / "subsets" / number
        fields = ("addresses", "notReadyAddresses")
        if not any(items(subset.get(field)) for field in fields):
            yield required("E0506", at, "must specify `addresses` or `notReadyAddresses`")
        for field in fields:
            for index, address in enumerate(items(subset.get(field))):
                yield from _address(mapping(address), at / field / index, scope)
        ports = items(subset.get("ports"))
        for index, port in enumerate(ports):
            yield from _port(mapping(port), len(ports) > 1, at / "ports" / index)


def _address(address: Object, at: At, scope: Scope) -> Iterator[Fault]:
    text = address.get("ip") or ""
    for complaint in legacy_address(text, scope):
        yield invalid("E0506", at / "ip", text, complaint)
    host = address.get("hostname") or ""
    for complaint in names.dns_label(host) if host else ():
        yield invalid("E0506", at / "hostname", host, complaint)
    node = address.get("nodeName")
    for complaint in names.dns_subdomain(node) if node is not None else ():
        yield invalid("E0506", at / "nodeName", node, complaint)
    yield from check_endpoint_address("E0506", text, at / "ip")


def _port(port: Object, needs_name: bool, at: At) -> Iterator[Fault]:
    name = port.get("name") or ""
    if needs_name and not name:
        yield required("E0506", at / "name")
    for text in names.dns_label(name) if name else ():
        yield invalid("E0506", at / "name", name, text)
    number = port.get("port") or 0
    for text in names.port_number(number):
        yield invalid("E0304", at / "port", number, text)
    protocol = port.get("protocol")
    if protocol and protocol not in PROTOCOLS:
        yield unsupported("E0306", at / "protocol", protocol, PROTOCOLS)
    application = port.get("appProtocol")
    for text in names.label_key(application) if application is not None else ():
        yield invalid("E0506", at / "appProtocol", application, text)


CHECKS = {"Endpoints": (check_endpoints,)}
