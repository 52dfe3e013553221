"""Service. Source: kubernetes pkg/apis/core/validation/validation.go `validateService`."""

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
from ecp.validation.kinds.addresses import (
    check_endpoint_address,
    legacy_address,
    legacy_network,
)
from ecp.validation.kinds.container import PROTOCOLS
from ecp.validation.kinds.probe import port_or_name
from ecp.validation.kinds.serviceaddresses import (
    check_addresses,
    check_new_stack,
    cluster_addresses,
    is_headless,
)
from ecp.validation.metadata import check_labels, check_metadata
from ecp.validation.scope import Object, Scope, items, mapping

_SPEC: Final = At() / "spec"
_NOTES: Final = At() / "metadata" / "annotations"
_TYPES: Final = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
_AFFINITY: Final = ("ClientIP", "None")
_TRAFFIC: Final = ("Cluster", "Local")
_DISTRIBUTION: Final = ("PreferClose", "PreferSameZone", "PreferSameNode")
_RANGES_NOTE: Final = "service.beta.kubernetes.io/load-balancer-source-ranges"
_MODE_NOTE: Final = "service.kubernetes.io/topology-mode"
_HINTS_NOTE: Final = "service.kubernetes.io/topology-aware-hints"
NOTES: Final = (_RANGES_NOTE, _MODE_NOTE, _HINTS_NOTE)
"""The annotations that mean something here."""
_BALANCER_ONLY: Final = "may only be used when `type` is 'LoadBalancer'"


def check_service(service: Object, scope: Scope) -> Iterator[Fault]:
    spec = mapping(service.get("spec"))
    notes = mapping(mapping(service.get("metadata")).get("annotations"))
    kind = spec.get("type") or "ClusterIP"
    mode, hints = notes.get(_MODE_NOTE), notes.get(_HINTS_NOTE)
    if mode is not None and hints is not None and mode != hints:
        text = f"must match annotations[{_HINTS_NOTE}] when both are specified"
        yield invalid("E0503", _NOTES.key(_MODE_NOTE), mode, text)
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
        yield from check_addresses(spec, scope)
    for number, address in enumerate(items(spec.get("externalIPs"))):
        yield from _external_address(address or "", _SPEC / "externalIPs" / number, scope)
    if kind not in _TYPES:
        yield unsupported("E0502", _SPEC / "type", kind, _TYPES)
    yield from _node_ports(ports, kind)
    yield from _same_ports(ports)
    yield from _source_ranges(spec, notes.get(_RANGES_NOTE), kind, scope)
    yield from _balancer(spec, kind)
    yield from _policies(spec, kind, scope)


def new_service(service: Object, scope: Scope) -> Iterator[Fault]:
    """Addresses and ports are given out before anything else is looked at.

    Source: kubernetes pkg/registry/core/service/storage/alloc.go `allocateCreate`.
    """
    spec = mapping(service.get("spec"))
    early: list[Fault] = []
    if spec.get("type") != "ExternalName":
        early = [*check_addresses(spec, scope)] or [*check_new_stack(spec)] or _given_twice(spec)
    yield from early
    if not early:
        yield from check_metadata(service, "", "Service", scope)
        yield from check_service(service, scope)


def _given_twice(spec: Object) -> list[Fault]:
    """Return the first node port that two ports of a Service are to have.

    Two of one number may share theirs, as they do where one is for TCP and one for UDP.
    """
    if spec.get("type") not in ("LoadBalancer", "NodePort"):
        return []
    ports = [mapping(port) for port in items(spec.get("ports"))]
    holders: dict[Any, Any] = {}
    given: list[Any] = []
    for number, port in enumerate(ports):
        held, wanted = holders.get(port.get("port")), port.get("nodePort")
        if not held:
            alike = (one.get("nodePort") for one in ports if one.get("port") == port.get("port"))
            wanted = held = next(filter(None, alike), None)
            holders[port.get("port")] = held
        elif not wanted or wanted == held:
            continue
        if wanted and wanted in given:
            text = "provided port is already allocated"
            return [invalid("E0504", _SPEC / "ports" / number / "nodePort", wanted, text)]
        given.append(wanted)
    return []


def _by_type(spec: Object, kind: str) -> Iterator[Fault]:
    if kind in ("LoadBalancer", "NodePort") and is_headless(spec):
        where = _SPEC / "clusterIPs" / 0
        text = f"may not be set to 'None' for {kind} services"
        point = _SPEC / ("clusterIPs" if "clusterIPs" in spec else "clusterIP")
        yield invalid("E0503", where, "None", text, point=point)
    if kind != "ExternalName":
        return
    text = "may not be set for ExternalName services"
    if cluster_addresses(spec):
        yield forbidden("E0503", _SPEC / "clusterIPs", text)
    if spec.get("ipFamilies"):
        yield forbidden("E0503", _SPEC / "ipFamilies", text)
    if spec.get("ipFamilyPolicy") is not None:
        yield forbidden("E0503", _SPEC / "ipFamilyPolicy", text)
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
    # Where none is given the server puts the port itself.
    yield from port_or_name("E0304", port.get("targetPort") or number, at / "targetPort")
    protocol = port.get("appProtocol")
    for text in names.label_key(protocol) if protocol is not None else ():
        yield invalid("E0501", at / "appProtocol", protocol, text)


def _affinity(spec: Object) -> Iterator[Fault]:
    """The settings of an affinity that is not asked for are dropped by the server."""
    affinity = spec.get("sessionAffinity")
    if affinity and affinity not in _AFFINITY:
        yield unsupported("E0502", _SPEC / "sessionAffinity", affinity, _AFFINITY)
    config = mapping(mapping(spec.get("sessionAffinityConfig")).get("clientIP"))
    seconds = config.get("timeoutSeconds")
    if affinity == "ClientIP" and seconds is not None and not 0 < seconds <= 86400:
        where = _SPEC / "sessionAffinityConfig" / "clientIP" / "timeoutSeconds"
        yield invalid("E0503", where, seconds, "must be greater than 0 and less than 86400")


def _external_address(address: str, at: At, scope: Scope) -> Iterator[Fault]:
    complaints = legacy_address(address, scope)
    for text in complaints:
        yield invalid("E0503", at, address, text)
    if not complaints:
        yield from check_endpoint_address("E0503", address, at)


def _node_ports(ports: list[Any], kind: str) -> Iterator[Fault]:
    given = [
        (number, port.get("protocol") or "TCP", port["nodePort"])
        for number, port in enumerate(ports)
        if port.get("nodePort")
    ]
    for number, _, _ in given if kind == "ClusterIP" else ():
        here = _SPEC / "ports" / number / "nodePort"
        yield forbidden("E0504", here, "may not be used when `type` is 'ClusterIP'")
    seen: set[tuple[str, int]] = set()
    for number, protocol, node_port in given:
        if (protocol, node_port) in seen:
            yield duplicate("E0504", _SPEC / "ports" / number / "nodePort", node_port)
        seen.add((protocol, node_port))


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


def _source_ranges(spec: Object, note: str | None, kind: str, scope: Scope) -> Iterator[Fault]:
    """Check who may reach a load balancer, told by the field or, before it, an annotation."""
    ranges = items(spec.get("loadBalancerSourceRanges"))
    where, point = _SPEC / "LoadBalancerSourceRanges", _SPEC / "loadBalancerSourceRanges"
    if not ranges:
        if note is not None:
            yield from _noted_ranges(note, kind, scope)
        return
    if kind != "LoadBalancer":
        yield forbidden("E0503", where, _BALANCER_ONLY)._replace(path=point.path)
    for number, value in enumerate(ranges):
        value = (value or "").strip()
        for text in legacy_network(value, scope):
            yield invalid("E0503", where / number, value, text, point=point / number)


def _noted_ranges(note: str, kind: str, scope: Scope) -> Iterator[Fault]:
    at = _NOTES.key(_RANGES_NOTE)
    if kind != "LoadBalancer":
        yield forbidden("E0503", at, _BALANCER_ONLY)
    for value in map(str.strip, note.split(",")) if note.strip() else ():
        for text in legacy_network(value, scope):
            yield invalid("E0503", at, value, text)


def _balancer(spec: Object, kind: str) -> Iterator[Fault]:
    field = "allocateLoadBalancerNodePorts"
    if spec.get(field) is not None and kind != "LoadBalancer":
        yield forbidden("E0503", _SPEC / field, _BALANCER_ONLY)
    field, wanted = "loadBalancerClass", spec.get("loadBalancerClass")
    if wanted is None:
        return
    if kind != "LoadBalancer":
        yield forbidden("E0503", _SPEC / field, _BALANCER_ONLY)
        return
    for text in names.label_key(wanted):
        yield invalid("E0503", _SPEC / field, wanted, text)


def _policies(spec: Object, kind: str, scope: Scope) -> Iterator[Fault]:
    field, policy = "externalTrafficPolicy", spec.get("externalTrafficPolicy")
    outside = kind in ("LoadBalancer", "NodePort") or (
        kind == "ClusterIP" and bool(items(spec.get("externalIPs")))
    )
    if policy and not outside:
        text = "may only be set for externally-accessible services"
        yield invalid("E0503", _SPEC / field, policy, text)
    elif policy and policy not in _TRAFFIC:
        yield unsupported("E0502", _SPEC / field, policy, _TRAFFIC)
    health, at = spec.get("healthCheckNodePort"), _SPEC / "healthCheckNodePort"
    if health and (kind != "LoadBalancer" or policy != "Local"):
        text = (
            "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
        )
        yield invalid("E0503", at, health, text)
    elif health:
        for text in names.port_number(health):
            yield invalid("E0503", at, health, text)
    policy = spec.get("internalTrafficPolicy")
    if policy is not None and policy not in _TRAFFIC:
        yield unsupported("E0502", _SPEC / "internalTrafficPolicy", policy, _TRAFFIC)
    wanted = spec.get("trafficDistribution")
    known = _DISTRIBUTION if scope.since(1, 34) else _DISTRIBUTION[:1]
    if wanted is not None and wanted not in known:
        yield unsupported("E0502", _SPEC / "trafficDistribution", wanted, known, plain=True)


CHECKS = {"Service": (check_service,)}
NEW = {"Service": new_service}
