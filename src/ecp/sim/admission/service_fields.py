"""A Service's fields that hang together: which belong to which type, what is carried over.

Callers say what they want with a few of them; the rest is inferred from what was before.
Source: kubernetes pkg/registry/core/service/strategy.go (normalizeClusterIPs,
dropTypeDependentFields, patchAllocatedValues), pkg/api/service/warnings.go.
"""

from typing import Any

from ecp.sim.store import Obj


def needs_cluster_ip(spec: Obj) -> bool:
    return spec.get("type") != "ExternalName"


def needs_node_ports(spec: Obj) -> bool:
    """Does the type come with node ports? A load balancer may do without them."""
    if spec.get("type") == "LoadBalancer":
        return spec.get("allocateLoadBalancerNodePorts") is not False
    return spec.get("type") == "NodePort"


def needs_health_port(spec: Obj) -> bool:
    return spec.get("type") == "LoadBalancer" and spec.get("externalTrafficPolicy") == "Local"


def _reached_from_outside(spec: Obj) -> bool:
    kind = spec.get("type", "ClusterIP")
    return kind in ("LoadBalancer", "NodePort") or (
        kind == "ClusterIP" and bool(spec.get("externalIPs"))
    )


def carried_over(service: Obj, old: Obj) -> Obj:
    """Return *service* with the addresses and ports that it left out but *old* was given."""
    spec, before = dict(service["spec"]), old["spec"]
    if needs_cluster_ip(before) and needs_cluster_ip(spec):
        if not spec.get("clusterIP") and before.get("clusterIP"):
            spec["clusterIP"] = before["clusterIP"]
        if not spec.get("clusterIPs") and before.get("clusterIPs"):
            spec["clusterIPs"] = before["clusterIPs"]
    if needs_node_ports(before) and needs_node_ports(spec):
        spec["ports"] = _ports_carried_over(spec, before)
    if needs_health_port(before) and needs_health_port(spec):
        spec.setdefault("healthCheckNodePort", before.get("healthCheckNodePort"))
    return {**service, "spec": _addresses_in_step(spec, before)}


def _ports_carried_over(spec: Obj, before: Obj) -> list[Obj]:
    held = {port.get("name", ""): port.get("nodePort") for port in before.get("ports") or ()}
    wanted = {port.get("nodePort") for port in spec.get("ports") or ()}
    out = []
    for port in spec.get("ports") or ():
        former = held.get(port.get("name", ""))
        if not port.get("nodePort") and former and former not in wanted:
            port = {**port, "nodePort": former}
        out.append(port)
    return out


def _addresses_in_step(spec: Obj, before: Obj) -> Obj:
    """clusterIP and clusterIPs say the same; a client may have changed only the one."""
    address, addresses = spec.get("clusterIP") or "", spec.get("clusterIPs") or []
    former, formers = before.get("clusterIP") or "", before.get("clusterIPs") or []
    if formers and not addresses and address == former:
        addresses = formers
    if address != former and addresses == formers:
        addresses = [address] if address else []
    out = {k: v for k, v in spec.items() if k not in ("clusterIP", "clusterIPs")}
    if address:
        out["clusterIP"] = address
    if addresses:
        out["clusterIPs"] = addresses
    return out


def without_fields_of_other_types(service: Obj, old: Obj) -> Obj:
    """Return *service* without what only its former type had and the caller left untouched."""
    spec, before = dict(service["spec"]), old["spec"]
    if needs_cluster_ip(before) and not needs_cluster_ip(spec):
        if all(spec.get(key) == before.get(key) for key in ("clusterIP", "clusterIPs")):
            spec.pop("clusterIP", None)
            spec.pop("clusterIPs", None)
        _drop_unchanged(spec, before, "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy")
    if needs_node_ports(before) and not needs_node_ports(spec) and _same_ports(spec, before):
        spec["ports"] = [
            {k: v for k, v in port.items() if k != "nodePort"} for port in spec.get("ports") or ()
        ]
    if needs_health_port(before) and not needs_health_port(spec):
        _drop_unchanged(spec, before, "healthCheckNodePort")
    if before.get("type") == "LoadBalancer" != spec.get("type"):
        _drop_unchanged(spec, before, "allocateLoadBalancerNodePorts", "loadBalancerClass")
    if _reached_from_outside(before) and not _reached_from_outside(spec):
        _drop_unchanged(spec, before, "externalTrafficPolicy")
    out = {**service, "spec": spec}
    if spec.get("type") != "LoadBalancer":
        out["status"] = {**(service.get("status") or {}), "loadBalancer": {}}
    return out


def _drop_unchanged(spec: Obj, before: Obj, *fields: str) -> None:
    for field in fields:
        if field in spec and spec[field] == before.get(field):
            del spec[field]


def _same_ports(spec: Obj, before: Obj) -> bool:
    def numbers(one: Obj) -> set[Any]:
        return {port.get("nodePort") for port in one.get("ports") or () if port.get("nodePort")}

    return numbers(spec) == numbers(before)


def service_warnings(service: Obj, old: Obj | None) -> list[str]:
    """Return what the server warns of: fields that have no effect, or will have none."""
    spec = service["spec"]
    kind = spec.get("type", "ClusterIP")
    headless = kind == "ClusterIP" and spec.get("clusterIP") == "None"
    external = bool(spec.get("externalIPs"))
    rows = (
        (
            headless and spec.get("loadBalancerIP"),
            "spec.loadBalancerIP is ignored for headless services",
        ),
        (headless and external, "spec.externalIPs is ignored for headless services"),
        (
            headless and spec.get("sessionAffinity") != "None",
            "spec.SessionAffinity is ignored for headless services",
        ),
        (
            external and not headless and kind != "ExternalName",
            "spec.externalIPs is deprecated and may no longer be implemented in some clusters",
        ),
        (
            kind == "ExternalName" and external,
            'spec.externalIPs is ignored when spec.type is "ExternalName"',
        ),
        (
            kind != "ExternalName" and spec.get("externalName"),
            'spec.externalName is ignored when spec.type is not "ExternalName"',
        ),
        (
            spec.get("trafficDistribution") == "PreferClose",
            'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"',
        ),
    )
    return [text for applies, text in rows if applies]
