"""EndpointSlice. Source: kubernetes pkg/apis/discovery/validation/validation.go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ecp.kube import names
from ecp.validation.faults import At, Fault, duplicate, invalid, required, too_many, unsupported
from ecp.validation.kinds.addresses import (
    canonical_address,
    check_endpoint_address,
    legacy_address,
    read_address,
)
from ecp.validation.kinds.container import PROTOCOLS
from ecp.validation.metadata import check_labels
from ecp.validation.scope import Object, Scope, items, mapping

_TYPES: Final = ("FQDN", "IPv4", "IPv6")
_MOST_ENDPOINTS: Final = 1000
_MOST_ADDRESSES: Final = 100
_MOST_PORTS: Final = 20_000
_MOST_LABELS: Final = 16
_MOST_HINTS: Final = 8


def check_slice(found: Object, scope: Scope) -> Iterator[Fault]:
    kind = found.get("addressType") or ""
    if not kind:
        yield required("E0505", At() / "addressType")
    elif kind not in _TYPES:
        yield unsupported("E0505", At() / "addressType", kind, _TYPES)
    yield from _ports(items(found.get("ports")))
    endpoints, at = items(found.get("endpoints")), At() / "endpoints"
    if len(endpoints) > _MOST_ENDPOINTS:
        yield too_many("E0505", at, len(endpoints), _MOST_ENDPOINTS)
        return
    for number, endpoint in enumerate(endpoints):
        yield from _endpoint(mapping(endpoint), kind, at / number, scope)


def _endpoint(endpoint: Object, kind: str, at: At, scope: Scope) -> Iterator[Fault]:
    addresses, here = items(endpoint.get("addresses")), at / "addresses"
    if not addresses:
        yield required("E0505", here, "must contain at least 1 address")
    elif len(addresses) > _MOST_ADDRESSES:
        yield too_many("E0505", here, len(addresses), _MOST_ADDRESSES)
    for number, address in enumerate(addresses):
        if kind == "FQDN":
            yield from _domain(address or "", here / number)
        elif kind in _TYPES:
            yield from _address(address or "", kind, here, number, scope)
    node = endpoint.get("nodeName")
    for text in names.dns_subdomain(node) if node is not None else ():
        yield invalid("E0505", at / "nodeName", node, text)
    # A new slice's deprecatedTopology is dropped before it is looked at.
    topology = {} if scope.new else mapping(endpoint.get("deprecatedTopology"))
    if len(topology) > _MOST_LABELS:
        yield too_many("E0505", at / "deprecatedTopology", len(topology), _MOST_LABELS)
    yield from check_labels(topology, at / "deprecatedTopology")
    host = endpoint.get("hostname")
    for text in names.dns_label(host) if host is not None else ():
        yield invalid("E0505", at / "hostname", host, text)
    yield from _hints(mapping(endpoint.get("hints")), at / "hints")


def _address(address: str, kind: str, at: At, number: int, scope: Scope) -> Iterator[Fault]:
    here = at / number
    judged = legacy_address if kind == "IPv4" else canonical_address
    complaints = judged(address, scope)
    for text in complaints:
        yield invalid("E0505", here, address, text)
    found = read_address(address)
    if complaints or found is None:
        return
    if f"IPv{found.version}" != kind:
        yield invalid("E0505", at, address, f"must be an {kind} address", point=here)
    yield from check_endpoint_address("E0505", address, here)


def _domain(name: str, at: At) -> Iterator[Fault]:
    """Source: apimachinery pkg/util/validation `IsFullyQualifiedDomainName`."""
    if not name:
        yield required("E0505", at)
        return
    name = name.removesuffix(".")
    complaints = names.dns_subdomain(name)
    if complaints:
        yield invalid("E0505", at, name, ",".join(complaints))
    elif "." not in name:
        text = "should be a domain with at least two segments separated by dots"
        yield invalid("E0505", at, name, text)
    else:
        wrong = next((label for label in name.split(".") if names.dns_label(label)), None)
        if wrong is not None:
            yield invalid("E0505", at, wrong, ",".join(names.dns_label(wrong)))


def _hints(hints: Object, at: At) -> Iterator[Fault]:
    for field, rule in (("forZones", names.label_value), ("forNodes", names.dns_subdomain)):
        wanted, here = items(hints.get(field)), at / field
        if len(wanted) > _MOST_HINTS:
            yield too_many("E0505", here, len(wanted), _MOST_HINTS)
            return
        seen: set[str] = set()
        for number, hint in enumerate(map(mapping, wanted)):
            name = hint.get("name") or ""
            if name in seen:
                yield duplicate("E0505", here / number / "name", name)
            seen.add(name)
            for text in rule(name):
                yield invalid("E0505", here / number / "name", name, text)


def _ports(ports: list[Any]) -> Iterator[Fault]:
    at = At() / "ports"
    if len(ports) > _MOST_PORTS:
        yield too_many("E0505", at, len(ports), _MOST_PORTS)
        return
    seen: set[str] = set()
    for number, port in enumerate(map(mapping, ports)):
        here, name = at / number, port.get("name") or ""
        for text in names.dns_label(name) if name else ():
            yield invalid("E0505", here / "name", name, text)
        if name in seen:
            yield duplicate("E0505", here / "name", name)
        seen.add(name)
        protocol = port.get("protocol")
        if protocol is not None and protocol not in PROTOCOLS:
            yield unsupported("E0306", here / "protocol", protocol, PROTOCOLS)
        application = port.get("appProtocol")
        for text in names.label_key(application) if application is not None else ():
            yield invalid("E0505", here / "appProtocol", application, text)


CHECKS = {"EndpointSlice": (check_slice,)}
