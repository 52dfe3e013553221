"""Ports and addresses that a Service asks for and another one has, or no network holds.

Source: kubernetes pkg/registry/core/service/storage/alloc.go, ipallocator.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ecp.kube.errors import Invalid, invalid
from ecp.kube.yaml import Path
from ecp.validation.scope import Object, items, mapping
from ecp.validation.state import State

PORT_TAKEN: Final = "provided port is already allocated"
ADDRESS_TAKEN: Final = "provided IP is already allocated"
_SERVICE: Final = ("", "Service")
_NETWORK: Final = ("networking.k8s.io", "ServiceCIDR")


def taken(state: State, namespace: str, name: str, spec: Object) -> Iterator[tuple[Path, Invalid]]:
    """Yield (where, the server's answer) of what a Service may not have."""
    address = spec.get("clusterIP")
    address = None if address in (None, "", "None") else str(address)
    outside = _outside(state, address) if address else ""
    if address and outside:
        yield _refused(name, address, outside)
    wanted = [(number, mapping(port)) for number, port in enumerate(items(spec.get("ports")))]
    for other in state.of(*_SERVICE):
        meta, there = mapping(other.get("metadata")), mapping(other.get("spec"))
        if meta.get("name") == name and state.place("Service", meta) == namespace:
            continue
        held = {_node_port(port) for port in map(mapping, items(there.get("ports")))}
        for number, port in wanted:
            if port.get("nodePort") and _node_port(port) in held:
                field = f"spec.ports[{number}].nodePort"
                error = Invalid("Service", name, [invalid(field, port["nodePort"], PORT_TAKEN)])
                yield ("spec", "ports", number, "nodePort"), error
        if address and address == there.get("clusterIP"):
            yield _refused(name, address, ADDRESS_TAKEN)


def _refused(name: str, address: str, why: str) -> tuple[Path, Invalid]:
    text = f"failed to allocate IP {address}: {why}"
    return ("spec", "clusterIP"), Invalid(
        "Service", name, [invalid("spec.clusterIPs", [address], text)]
    )


def _outside(state: State, address: str) -> str:
    """Say that no network of the cluster's Services holds an address, where they are known."""
    from ipaddress import ip_address, ip_network

    wanted = ip_address(address)
    networks = [
        str(network)
        for found in state.of(*_NETWORK)
        for network in items(mapping(found.get("spec")).get("cidrs"))
    ]
    alike = [one for one in networks if (":" in one) == (wanted.version == 6)]
    if not alike or any(wanted in ip_network(one) for one in alike):
        return ""
    return (
        f"the provided IP ({address}) is not in the valid range. The range of valid IPs is "
        f"{alike[0]}"
    )


def _node_port(port: Object) -> tuple[Any, str]:
    return port.get("nodePort") or None, str(port.get("protocol") or "TCP")
