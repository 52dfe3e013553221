"""What becomes of a Service: fields that hang together, what is carried over, what may not change.

Callers say what they want with a few of the fields; the rest is inferred from what was before.
Source: kubernetes pkg/registry/core/service/storage/storage.go (patchAllocatedValues,
normalizeClusterIPs), strategy.go (dropTypeDependentFields); pkg/apis/core/validation
`ValidateServiceUpdate`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ecp.kube import names
from ecp.validation.differences import IMMUTABLE
from ecp.validation.faults import At, Fault, forbidden, invalid
from ecp.validation.kinds.serviceaddresses import check_addresses
from ecp.validation.scope import Object, Scope, items, mapping

_SPEC: Final = At() / "spec"


# ---- which type has what ----------------------------------------------------------------------


def needs_cluster_ip(spec: Object) -> bool:
    return spec.get("type") != "ExternalName"


def needs_node_ports(spec: Object) -> bool:
    """Does the type come with node ports? A load balancer may do without them."""
    if spec.get("type") == "LoadBalancer":
        return spec.get("allocateLoadBalancerNodePorts") is not False
    return spec.get("type") == "NodePort"


def needs_health_port(spec: Object) -> bool:
    return spec.get("type") == "LoadBalancer" and spec.get("externalTrafficPolicy") == "Local"


def _may_have_node_ports(spec: Object) -> bool:
    return spec.get("type") in ("NodePort", "LoadBalancer")


def _reached_from_outside(spec: Object) -> bool:
    kind = spec.get("type", "ClusterIP")
    return kind in ("LoadBalancer", "NodePort") or (
        kind == "ClusterIP" and bool(spec.get("externalIPs"))
    )


# ---- what is carried over ---------------------------------------------------------------------


def service_carried(service: Object, old: Object) -> dict[str, Any]:
    """Return *service* as the server goes on with it in the place of *old*."""
    return without_fields_of_other_types(carried_over(service, old), old)


def carried_over(service: Object, old: Object) -> dict[str, Any]:
    """Return *service* with the addresses and ports that it left out but *old* was given."""
    spec, before = dict(mapping(service.get("spec"))), mapping(old.get("spec"))
    if needs_cluster_ip(before) and needs_cluster_ip(spec):
        for field in ("clusterIP", "clusterIPs"):
            if not spec.get(field) and before.get(field):
                spec[field] = before[field]
    if needs_node_ports(before) and needs_node_ports(spec) and spec.get("ports"):
        spec["ports"] = _ports_carried_over(spec, before)
    port = "healthCheckNodePort"
    both = needs_health_port(before) and needs_health_port(spec)
    if both and not spec.get(port) and before.get(port):
        spec[port] = before[port]
    return {**service, "spec": _addresses_in_step(spec, before)}


def _ports_carried_over(spec: Object, before: Object) -> list[Any]:
    ports = [mapping(port) for port in items(spec.get("ports"))]
    held = {
        port.get("name", ""): port.get("nodePort")
        for port in map(mapping, items(before.get("ports")))
    }
    wanted = {port.get("nodePort") for port in ports}
    out: list[Any] = []
    for port in ports:
        former = held.get(port.get("name", ""))
        if not port.get("nodePort") and former and former not in wanted:
            port = {**port, "nodePort": former}
        out.append(port)
    return out


def _addresses_in_step(spec: Object, before: Object) -> dict[str, Any]:
    """clusterIP and clusterIPs say the same; a client may have changed only the one."""
    address, addresses = spec.get("clusterIP") or "", spec.get("clusterIPs") or []
    former, formers = before.get("clusterIP") or "", before.get("clusterIPs") or []
    if formers and not addresses and address == former:
        addresses = formers
    if address != former and addresses == formers:
        addresses = [address] if address else []
    out = {key: spec[key] for key in spec if key not in ("clusterIP", "clusterIPs")}
    if address:
        out["clusterIP"] = address
    if addresses:
        out["clusterIPs"] = addresses
    return out


def without_fields_of_other_types(service: Object, old: Object) -> dict[str, Any]:
    """Return *service* without what only its former type had and the caller left untouched."""
    spec, before = dict(mapping(service.get("spec"))), mapping(old.get("spec"))
    if needs_cluster_ip(before) and not needs_cluster_ip(spec):
        if all(spec.get(key) == before.get(key) for key in ("clusterIP", "clusterIPs")):
            spec.pop("clusterIP", None)
            spec.pop("clusterIPs", None)
        _drop_unchanged(spec, before, "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy")
    if (
        _may_have_node_ports(before)
        and not _may_have_node_ports(spec)
        and _node_ports(spec) <= _node_ports(before)
    ):
        spec["ports"] = [
            {key: port[key] for key in port if key != "nodePort"}
            for port in map(mapping, items(spec.get("ports")))
        ]
    if needs_health_port(before) and not needs_health_port(spec):
        _drop_unchanged(spec, before, "healthCheckNodePort")
    if before.get("type") == "LoadBalancer" != spec.get("type"):
        _drop_unchanged(spec, before, "allocateLoadBalancerNodePorts", "loadBalancerClass")
    if _reached_from_outside(before) and not _reached_from_outside(spec):
        _drop_unchanged(spec, before, "externalTrafficPolicy")
    out = {**service, "spec": spec}
    if spec.get("type") != "LoadBalancer":
        out["status"] = {**mapping(service.get("status")), "loadBalancer": {}}
    return out


def _drop_unchanged(spec: dict[str, Any], before: Object, *fields: str) -> None:
    for field in fields:
        if field in spec and spec[field] == before.get(field):
            del spec[field]


def _node_ports(spec: Object) -> set[Any]:
    ports = map(mapping, items(spec.get("ports")))
    return {port["nodePort"] for port in ports if port.get("nodePort")}


# ---- what may not change ----------------------------------------------------------------------


def service_addresses(new: Object, old: Object, scope: Scope) -> Iterator[Fault]:
    """Check addresses and families, which are given out before an update is looked at.

    Source: kubernetes pkg/registry/core/service/storage/alloc.go `initIPFamilyFields`.
    """
    spec, before = mapping(new.get("spec")), mapping(old.get("spec"))
    if not needs_cluster_ip(spec):
        return
    wrong = list(check_addresses(spec, scope))
    yield from wrong or _stack(spec, before)


def _stack(spec: Object, before: Object) -> Iterator[Fault]:
    policy, at = spec.get("ipFamilyPolicy"), _SPEC / "ipFamilyPolicy"
    for field, fields, one in (
        ("clusterIPs", "cluster IPs", "cluster IP"),
        ("ipFamilies", "IP families", "IP family"),
    ):
        count, former = len(items(spec.get(field))), len(items(before.get(field)))
        if policy == "SingleStack":
            if count == 2 and spec.get(field) != before.get(field):
                text = (
                    "must be 'RequireDualStack' or 'PreferDualStack' when multiple "
                    f"{fields} are specified"
                )
                yield invalid("E0705", at, policy, text)
        elif former == 2 and count == 1:
            text = f"must be 'SingleStack' to release the secondary {one}"
            yield invalid("E0705", at, policy, text)


def service_change(new: Object, old: Object) -> Iterator[Fault]:
    spec, before = mapping(new.get("spec")), mapping(old.get("spec"))
    if "ExternalName" not in (spec.get("type"), before.get("type")):
        yield from _addresses(spec, before)
        yield from _families(spec, before)
    yield from _balancer_class(spec, before)
    port = "healthCheckNodePort"
    both = needs_health_port(spec) and needs_health_port(before)
    if both and spec.get(port) != before.get(port):
        yield forbidden("E0705", _SPEC / port, IMMUTABLE)


def _headless(spec: Object) -> bool:
    return spec.get("type", "ClusterIP") == "ClusterIP" and spec.get("clusterIP") == "None"


def _addresses(spec: Object, before: Object) -> Iterator[Fault]:
    if _headless(spec) and _headless(before):
        return
    wanted, held = items(spec.get("clusterIPs")), items(before.get("clusterIPs"))
    at = _SPEC / "clusterIPs"
    if held and not wanted:
        yield invalid("E0705", at / 0, None, "primary clusterIP can not be unset", point=at)
    for number, (address, former) in enumerate(zip(wanted, held, strict=False)):
        if address != former and (number == 0 or len(wanted) == len(held)):
            yield invalid("E0705", at / number, wanted, "may not change once set", point=at)


def _families(spec: Object, before: Object) -> Iterator[Fault]:
    """Check families; the server names the first and shows now these, now the addresses."""
    if _headless(spec) or _headless(before):
        return
    wanted, held = items(spec.get("ipFamilies")), items(before.get("ipFamilies"))
    at, changed = _SPEC / "ipFamilies", "may not change once set"
    if len(wanted) == len(held):
        for family, former in zip(wanted, held, strict=True):
            if family != former:
                yield invalid("E0705", at / 0, wanted, changed, point=at)
        return
    if wanted and held and wanted[0] != held[0]:
        yield invalid("E0705", at / 0, spec.get("clusterIPs"), changed, point=at)


def _balancer_class(spec: Object, before: Object) -> Iterator[Fault]:
    at, wanted = _SPEC / "loadBalancerClass", spec.get("loadBalancerClass")
    if spec.get("type") == "LoadBalancer":
        if before.get("type") == "LoadBalancer" and wanted != before.get("loadBalancerClass"):
            yield invalid("E0705", at, wanted, "may not change once set")
        for text in names.label_key(wanted) if wanted else ():
            yield invalid("E0705", at, wanted, text)
    elif wanted is not None:
        yield forbidden("E0705", at, "may only be used when `type` is 'LoadBalancer'")
