"""Service. Source: kubernetes pkg/apis/core/validation/validation.go `ValidateService`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ecp.kube import names
from ecp.validation.faults import (
    At,
    Fault,
    duplicate,
    duplicate_struct,
    forbidden,
    invalid,
    required,
    unsupported,
)
from ecp.validation.kinds.container import PROTOCOLS, port_or_name
from ecp.validation.metadata import check_labels
from ecp.validation.scope import Object, Scope, items, mapping

_SPEC: Final = At() / "spec"
_TYPES: Final = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
_AFFINITY: Final = ("ClientIP", "None")
_TRAFFIC: Final = ("Cluster", "Local")


def is_headless(spec: Object) -> bool:
    return spec.get("clusterIP") == "None" or items(spec.get("clusterIPs")) == ["None"]


def check_service(service: Object, scope: Scope) -> Iterator[Fault]:
    spec = mapping(service.get("spec"))
    kind = spec.get("type") or "ClusterIP"
    ports = [mapping(port) for port in items(spec.get("ports"))]
    if not ports and not is_headless(spec) and kind != "ExternalName":
        yield required("E0500", _SPEC / "ports")
    yield from _by_type(spec, kind)
    seen: set[str] = set()
    for number, port in enumerate(ports):
        yield from _port(port, _SPEC / "ports" / number, len(ports) > 1, seen)
    yield from check_labels(spec.get("selector"), _SPEC / "selector")
    yield from _affinity(spec)
    if kind != "ExternalName":
        yield from _addresses(spec)
    for number, address in enumerate(items(spec.get("externalIPs"))):
        for text in names.ip_address(address or ""):
            yield invalid("E0503", _SPEC / "externalIPs" / number, address, text)
    if kind not in _TYPES:
        yield unsupported("E0502", _SPEC / "type", kind, _TYPES)
    yield from _node_ports(ports, kind)
    yield from _same_ports(ports)
    yield from _source_ranges(spec, kind)
    yield from _policies(spec)


def _by_type(spec: Object, kind: str) -> Iterator[Fault]:
    if kind in ("LoadBalancer", "NodePort") and is_headless(spec):
        where = _SPEC / "clusterIPs" / 0
        text = f"may not be set to 'None' for {kind} services"
        point = _SPEC / ("clusterIPs" if "clusterIPs" in spec else "clusterIP")
        yield invalid("E0503", where, "None", text, point=point)
    if kind == "ExternalName":
        if items(spec.get("clusterIPs")) or spec.get("clusterIP"):
            text = "may not be set for ExternalName services"
            yield forbidden("E0503", _SPEC / "clusterIPs", text)
        target = (spec.get("externalName") or "").removesuffix(".")
        if target:
            for text in names.dns_subdomain(target):
                yield invalid("E0503", _SPEC / "externalName", target, text)
        else:
            yield required("E0503", _SPEC / "externalName")


def _port(port: Object, at: At, needs_name: bool, seen: set[str]) -> Iterator[Fault]:
    name = port.get("name") or ""
    if name:
        for text in names.dns_label(name):
            yield invalid("E0501", at / "name", name, text)
        if name in seen:
            yield duplicate("E0501", at / "name", name)
        seen.add(name)
    elif needs_name:
        yield required("E0501", at / "name")
    number = port.get("port") or 0
    for text in names.port_number(number):
        yield invalid("E0304", at / "port", number, text)
    protocol = port.get("protocol")
    if protocol and protocol not in PROTOCOLS:
        yield unsupported("E0306", at / "protocol", protocol, PROTOCOLS)
    target = port.get("targetPort")
    if target not in (None, "", 0):
        yield from port_or_name("E0304", target, at / "targetPort")


def _addresses(spec: Object) -> Iterator[Fault]:
    """Check the cluster's own addresses, where the manifest chooses them."""
    at = _SPEC / "clusterIPs"
    single = spec.get("clusterIP") or ""
    addresses = items(spec.get("clusterIPs")) or ([single] if single else [])
    point = None if spec.get("clusterIPs") else _SPEC / "clusterIP"
    if single and addresses[0] != single:
        yield invalid("E0503", at, addresses, "first value must match `clusterIP`")
    for number, address in enumerate(addresses):
        if number == 0 and address == "None":
            if len(addresses) > 1:
                yield invalid("E0503", at, addresses, "'None' must be the first and only value")
            continue
        for text in names.ip_address(address or ""):
            yield invalid("E0503", at / number, address, text, point=point)
    if len(addresses) > 2:
        yield invalid("E0503", at, addresses, "may only hold up to 2 values")


def _affinity(spec: Object) -> Iterator[Fault]:
    affinity = spec.get("sessionAffinity")
    if affinity and affinity not in _AFFINITY:
        yield unsupported("E0502", _SPEC / "sessionAffinity", affinity, _AFFINITY)
    config = mapping(mapping(spec.get("sessionAffinityConfig")).get("clientIP"))
    seconds = config.get("timeoutSeconds")
    if affinity == "ClientIP" and seconds is not None and not 0 < seconds <= 86400:
        where = _SPEC / "sessionAffinityConfig" / "clientIP" / "timeoutSeconds"
        yield invalid("E0503", where, seconds, "must be greater than 0 and less than 86400")
    if affinity != "ClientIP" and spec.get("sessionAffinityConfig") is not None:
        text = f"must not be set when session affinity is {affinity or 'None'}"
        yield forbidden("E0503", _SPEC / "sessionAffinityConfig", text)


def _node_ports(ports: list[Any], kind: str) -> Iterator[Fault]:
    seen: set[tuple[str, int]] = set()
    for number, port in enumerate(ports):
        node_port = port.get("nodePort") or 0
        if not node_port:
            continue
        here = _SPEC / "ports" / number / "nodePort"
        if kind == "ClusterIP":
            yield forbidden("E0504", here, "may not be used when `type` is 'ClusterIP'")
        key = (port.get("protocol") or "TCP", node_port)
        if key in seen:
            yield duplicate("E0504", here, node_port)
        seen.add(key)


def _same_ports(ports: list[Any]) -> Iterator[Fault]:
    seen: set[tuple[str, int]] = set()
    for number, port in enumerate(ports):
        key = (port.get("protocol") or "TCP", port.get("port") or 0)
        if key in seen:
            shown = {
                "Name": "",
                "Protocol": key[0],
                "AppProtocol": None,
                "Port": key[1],
                "TargetPort": 0,
                "NodePort": 0,
            }
            yield duplicate_struct("E0501", _SPEC / "ports" / number, shown)
        seen.add(key)


def _source_ranges(spec: Object, kind: str) -> Iterator[Fault]:
    ranges = items(spec.get("loadBalancerSourceRanges"))
    where = _SPEC / "LoadBalancerSourceRanges"
    point = _SPEC / "loadBalancerSourceRanges"
    if ranges and kind != "LoadBalancer":
        text = "may only be used when `type` is 'LoadBalancer'"
        yield Fault("E0503", forbidden("E0503", where, text).error, point.path, True)
        return
    for number, value in enumerate(ranges):
        for text in names.cidr((value or "").strip()):
            yield invalid("E0503", where / number, value, text, point=point / number)


def _policies(spec: Object) -> Iterator[Fault]:
    for field in ("externalTrafficPolicy", "internalTrafficPolicy"):
        value = spec.get(field)
        if value and value not in _TRAFFIC:
            yield unsupported("E0502", _SPEC / field, value, _TRAFFIC)


CHECKS = {"Service": (check_service,)}
