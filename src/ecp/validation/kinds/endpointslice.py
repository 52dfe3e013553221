"""EndpointSlice. Source: kubernetes pkg/apis/discovery/validation/validation.go."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any, Final

from ecp.kube import names
from ecp.validation.faults import At, Fault, duplicate, invalid, required, too_many, unsupported
from ecp.validation.kinds.container import PROTOCOLS
from ecp.validation.scope import Object, Scope, items, mapping

_TYPES: Final = ("FQDN", "IPv4", "IPv6")
_MOST_ENDPOINTS: Final = 1000
_MOST_ADDRESSES: Final = 100
_MOST_PORTS: Final = 20_000


def check_slice(found: Object, scope: Scope) -> Iterator[Fault]:
    kind = found.get("addressType") or ""
    if not kind:
        yield required("E0505", At() / "addressType")
    elif kind not in _TYPES:
        yield unsupported("E0505", At() / "addressType", kind, _TYPES)
    yield from _endpoints(items(found.get("endpoints")), kind)
    yield from _ports(items(found.get("ports")))


def _endpoints(endpoints: list[Any], kind: str) -> Iterator[Fault]:
    at = At() / "endpoints"
    if len(endpoints) > _MOST_ENDPOINTS:
        yield too_many("E0505", at, len(endpoints), _MOST_ENDPOINTS)
        return
    for number, endpoint in enumerate(endpoints):
        here = at / number / "addresses"
        addresses = items(mapping(endpoint).get("addresses"))
        if not addresses:
            yield required("E0505", here, "must contain at least 1 address")
        elif len(addresses) > _MOST_ADDRESSES:
            yield too_many("E0505", here, len(addresses), _MOST_ADDRESSES)
        for position, address in enumerate(addresses):
            yield from _address(address or "", kind, here / position)


def _address(address: str, kind: str, at: At) -> Iterator[Fault]:
    if kind == "FQDN":
        for text in names.dns_subdomain(address):
            yield invalid("E0505", at, address, text)
        return
    complaints = names.ip_address(address)
    for text in complaints:
        yield invalid("E0505", at, address, text)
    if not complaints and kind in _TYPES and f"IPv{ip_address(address).version}" != kind:
        yield invalid("E0505", at, address, f"must be an {kind} address")


def _ports(ports: list[Any]) -> Iterator[Fault]:
    at = At() / "ports"
    if len(ports) > _MOST_PORTS:
        yield too_many("E0505", at, len(ports), _MOST_PORTS)
        return
    seen: set[str] = set()
    for number, port in enumerate(map(mapping, ports)):
        here, name = at / number, port.get("name") or ""
        if name in seen:
            yield duplicate("E0505", here / "name", name)
        seen.add(name)
        for text in names.dns_label(name) if name else ():
            yield invalid("E0505", here / "name", name, text)
        protocol = port.get("protocol")
        if protocol and protocol not in PROTOCOLS:
            yield unsupported("E0306", here / "protocol", protocol, PROTOCOLS)


CHECKS = {"EndpointSlice": (check_slice,)}
