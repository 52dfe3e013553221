"""Allocation of cluster IPs and node ports, each by chance under the Service's own name.

Source: kubernetes pkg/registry/core/service/storage/alloc.go and
pkg/registry/core/service/{ipallocator,portallocator}.
"""

from ipaddress import AddressValueError, IPv4Address, IPv4Network
from itertools import count
from typing import Any

from ecp.kube.errors import FieldError, FieldErrorType, Invalid
from ecp.sim.engine.chance import Chance
from ecp.sim.store import Key, Obj
from ecp.validation.addresses import ADDRESS_TAKEN, PORT_TAKEN
from ecp.validation.servicechanges import (
    needs_cluster_ip,
    needs_health_port,
    needs_node_ports,
)

FIRST_NODE_PORT, LAST_NODE_PORT = 30_000, 32_767
# What a server answers to a dry run, which reserves nothing: the base of the network, and the
# first number after the range and its offset.
_DRY_PORT = 32_769
_OUT_OF_RANGE = (
    "provided port is not in the valid range. The range of valid ports is "
    f"{FIRST_NODE_PORT}-{LAST_NODE_PORT}"
)


class Addresses:
    """Which cluster IPs and node ports are taken, and by whom. Derived from the Services."""

    def __init__(self, chance: Chance, network: str) -> None:
        self._chance = chance
        self._network = IPv4Network(network)
        self._ips: dict[str, Key] = {}
        self._ports: dict[tuple[int, str], Key] = {}

    def take(self, key: Key, service: Obj) -> None:
        """Note what a stored Service holds."""
        spec = service["spec"]
        if spec.get("clusterIP") not in (None, "", "None"):
            self._ips[spec["clusterIP"]] = key
        for held in _ports_of(spec):
            self._ports[held] = key

    def free(self, service: Obj) -> None:
        """Give back what a deleted or former Service held."""
        spec = service["spec"]
        self._ips.pop(spec.get("clusterIP", ""), None)
        for held in _ports_of(spec):
            self._ports.pop(held, None)

    def allocate(self, key: Key, service: Obj, *, dry: bool = False) -> Obj:
        """Return *service* with the clusterIP and nodePorts that its type needs.

        Raises Invalid when an address that the Service names is taken or cannot be had here.
        """
        spec = dict(service["spec"])
        if not needs_cluster_ip(spec):
            return service
        self._check_families(key, spec)
        self._cluster_ip(key, spec, dry)
        if needs_node_ports(spec):
            spec["ports"] = self._node_ports(key, spec, dry)
        if needs_health_port(spec):
            self._health_port(key, spec, dry)
        return {**service, "spec": spec}

    def check_owner(self, key: Key, service: Obj, *, dry: bool = False) -> None:
        """Raises Invalid for a new Service without a name: its address would be nobody's.

        A dry run writes no address, so that the name is missed later.
        Source: kubernetes pkg/registry/core/service/storage/alloc.go, ipallocator.go.
        """
        spec = service.get("spec") or {}
        if key[1] or dry or spec.get("clusterIP") == "None" or not needs_cluster_ip(spec):
            return
        given = spec.get("clusterIP") or ""
        address, why = given or self._free_address(key), ""
        if given:
            why = self._complaint(key, given)
        why = why or (
            f'IPAddress.networking.k8s.io "{address}" is invalid: '
            "spec.parentRef.name: Required value"
        )
        text = f"failed to allocate IP{f' {given}' if given else ''}: {why}"
        raise Invalid("Service", "", [_invalid("spec.clusterIPs", [given], text)])

    def _check_families(self, key: Key, spec: Obj) -> None:
        """The cluster has one network, of IPv4."""
        if spec.get("clusterIP") == "None" and not spec.get("selector"):
            return
        policy, errors = spec.get("ipFamilyPolicy"), []
        if policy == "RequireDualStack":
            text = "this cluster is not configured for dual-stack services"
            errors.append(_invalid("spec.ipFamilyPolicy", policy, text))
        for number, family in enumerate(spec.get("ipFamilies") or ()):
            if family != "IPv4":
                path = f"spec.ipFamilies[{number}]"
                errors.append(_invalid(path, family, "not configured on this cluster"))
        if errors:
            raise Invalid("Service", key[1], errors)

    def _cluster_ip(self, key: Key, spec: Obj, dry: bool) -> None:
        wanted = spec.get("clusterIP")
        if wanted and wanted != "None":
            complaint = self._complaint(key, wanted)
            if complaint:
                text = f"failed to allocate IP {wanted}: {complaint}"
                raise Invalid("Service", key[1], [_invalid("spec.clusterIPs", [wanted], text)])
        if not wanted and dry:
            wanted = str(self._network[0])
        wanted = wanted or self._free_address(key)
        spec["clusterIP"] = wanted
        spec["clusterIPs"] = [wanted]

    def _free_address(self, key: Key) -> str:
        # The first addresses are kept for system Services, as the real allocator prefers.
        span, stream = self._network.num_addresses - 257, f"cluster-ip/{key[0]}/{key[1]}"
        numbers = (256 + self._chance.below(span, stream, draw) for draw in count())
        candidates = (str(self._network[number]) for number in numbers)
        return next(one for one in candidates if one not in self._ips)

    def _complaint(self, key: Key, address: str) -> str:
        try:
            inside = IPv4Address(address) in self._network
        except AddressValueError:
            inside = False
        if not inside:
            return "the provided network does not match the current range"
        if self._ips.get(address, key) != key:
            return ADDRESS_TAKEN
        return ""

    def _node_ports(self, key: Key, spec: Obj, dry: bool) -> list[Obj]:
        out: list[Obj] = []
        # Ports of one number and different protocols share a node port.
        shared: dict[int, int] = {}
        taken = {port.get("nodePort") or 0 for port in spec.get("ports") or ()}
        for index, port in enumerate(spec.get("ports") or ()):
            protocol = port.get("protocol", "TCP")
            wanted = port.get("nodePort") or shared.get(port["port"]) or 0
            if wanted:
                self._check_port(key, f"spec.ports[{index}].nodePort", wanted, protocol)
            else:
                name = f"node-port/{key[0]}/{key[1]}/{port['port']}"
                wanted = _DRY_PORT if dry else self._free_port(name, protocol, taken)
            taken.add(wanted)
            shared.setdefault(port["port"], wanted)
            out.append({**port, "nodePort": wanted})
        return out

    def _health_port(self, key: Key, spec: Obj, dry: bool) -> None:
        wanted = spec.get("healthCheckNodePort")
        if wanted:
            self._check_port(key, "spec.healthCheckNodePort", wanted, "TCP")
            return
        taken = {port.get("nodePort") or 0 for port in spec.get("ports") or ()}
        name = f"health-port/{key[0]}/{key[1]}"
        spec["healthCheckNodePort"] = _DRY_PORT if dry else self._free_port(name, "TCP", taken)

    def _check_port(self, key: Key, path: str, wanted: int, protocol: str) -> None:
        if not FIRST_NODE_PORT <= wanted <= LAST_NODE_PORT:
            raise Invalid("Service", key[1], [_invalid(path, wanted, _OUT_OF_RANGE)])
        if self._ports.get((wanted, protocol), key) != key:
            raise Invalid("Service", key[1], [_invalid(path, wanted, PORT_TAKEN)])

    def _free_port(self, name: str, protocol: str, taken: set[int]) -> int:
        draw = 0
        while True:
            span = LAST_NODE_PORT - FIRST_NODE_PORT + 1
            candidate = FIRST_NODE_PORT + self._chance.below(span, name, draw)
            draw += 1
            if candidate not in taken and (candidate, protocol) not in self._ports:
                return candidate


def _ports_of(spec: Obj) -> list[tuple[int, str]]:
    held = [
        (port["nodePort"], port.get("protocol", "TCP"))
        for port in spec.get("ports") or ()
        if port.get("nodePort")
    ]
    if spec.get("healthCheckNodePort"):
        held.append((spec["healthCheckNodePort"], "TCP"))
    return held


def _invalid(path: str, value: Any, detail: str) -> FieldError:
    return FieldError(FieldErrorType.INVALID, path, value, detail)
