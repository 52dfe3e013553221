"""NetworkPolicy. Source: kubernetes pkg/apis/networking/validation/validation.go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ecp.kube import names
from ecp.validation.faults import At, Fault, forbidden, invalid, required, unsupported
from ecp.validation.kinds.addresses import legacy_network, read_network
from ecp.validation.metadata import check_selector
from ecp.validation.scope import Object, Scope, items, mapping

_SPEC: Final = At() / "spec"
_PROTOCOLS: Final = ("TCP", "UDP", "SCTP")
_TYPES: Final = ("Ingress", "Egress")


def check_networkpolicy(policy: Object, scope: Scope) -> Iterator[Fault]:
    spec = mapping(policy.get("spec"))
    yield from check_selector(spec.get("podSelector"), _SPEC / "podSelector")
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        for number, rule in enumerate(items(spec.get(direction))):
            here = _SPEC / direction / number
            for index, port in enumerate(items(mapping(rule).get("ports"))):
                yield from _port(mapping(port), here / "ports" / index)
            for index, peer in enumerate(items(mapping(rule).get(peers))):
                yield from _peer(mapping(peer), here / peers / index, scope)
    types = items(spec.get("policyTypes"))
    if len(types) > len(_TYPES):
        text = "may not specify more than two policyTypes"
        yield invalid("E0530", _SPEC / "policyTypes", types, text)
        return
    for number, kind in enumerate(types):
        if kind not in _TYPES:
            yield unsupported("E0530", _SPEC / "policyTypes" / number, kind, _TYPES)


def _port(port: Object, at: At) -> Iterator[Fault]:
    protocol = port.get("protocol")
    if protocol is not None and protocol not in _PROTOCOLS:
        yield unsupported("E0306", at / "protocol", protocol, _PROTOCOLS)
    number, end = port.get("port"), port.get("endPort")
    where = at / "endPort"
    if isinstance(number, str):
        if end is not None:
            text = "may not be specified when `port` is non-numeric"
            yield invalid("E0304", where, end, text)
        for text in names.port_name(number):
            yield invalid("E0305", at / "port", number, text)
    elif number is not None:
        for text in names.port_number(number):
            yield invalid("E0304", at / "port", number, text)
        if end is not None and end < number:
            yield invalid("E0304", where, number, "must be greater than or equal to `port`")
        if end is not None:
            for text in names.port_number(end):
                yield invalid("E0304", where, end, text)
    elif end is not None:
        yield invalid("E0304", where, end, "may not be specified when `port` is not specified")


def _peer(peer: Object, at: At, scope: Scope) -> Iterator[Fault]:
    found = 0
    for field in ("podSelector", "namespaceSelector"):
        if peer.get(field) is not None:
            found += 1
            yield from check_selector(peer[field], at / field)
    block = peer.get("ipBlock")
    if block is not None:
        found += 1
        yield from _block(mapping(block), at / "ipBlock", scope)
    if not found:
        yield required("E0531", at, "must specify a peer")
    elif found > 1 and block is not None:
        text = "may not specify both ipBlock and another peer"
        yield forbidden("E0531", at, text, on_key=False)


def _block(block: Object, at: At, scope: Scope) -> Iterator[Fault]:
    cidr = block.get("cidr") or ""
    if not cidr:
        yield required("E0531", at / "cidr")
        return
    for text in legacy_network(cidr, scope):
        yield invalid("E0531", at / "cidr", cidr, text)
    whole = read_network(cidr)
    if whole is None:
        return
    for number, part in enumerate(items(block.get("except"))):
        here = at / "except" / number
        for text in legacy_network(part or "", scope):
            yield invalid("E0531", here, part, text)
        hole = read_network(part or "")
        if hole is None:
            continue
        inside = hole.version == whole.version and hole.network_address in whole
        if not inside or hole.prefixlen <= whole.prefixlen:
            yield invalid("E0531", here, part, "must be a strict subset of `cidr`")


CHECKS = {"NetworkPolicy": (check_networkpolicy,)}
