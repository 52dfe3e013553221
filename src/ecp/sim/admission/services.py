"""Allocation of cluster IPs and node ports, each by chance under the Service's own name.

Source: kubernetes pkg/registry/core/service/{ipallocator,portallocator}.
"""

from ipaddress import IPv4Network

from ecp.kube.errors import FieldError, FieldErrorType, Invalid
from ecp.sim.engine.chance import Chance
from ecp.sim.store import Key, Obj

FIRST_NODE_PORT, LAST_NODE_PORT = 30_000, 32_767


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
        for port in spec.get("ports") or ():
            if port.get("nodePort"):
                self._ports[port["nodePort"], port.get("protocol", "TCP")] = key

    def free(self, service: Obj) -> None:
        """Give back what a deleted or former Service held."""
        spec = service["spec"]
        self._ips.pop(spec.get("clusterIP", ""), None)
        for port in spec.get("ports") or ():
            self._ports.pop((port.get("nodePort", 0), port.get("protocol", "TCP")), None)

    def allocate(self, key: Key, service: Obj, old: Obj | None) -> Obj:
        """Return *service* with its clusterIP and nodePorts.

        Raises Invalid when an address that the Service names is taken or out of range.
        """
        spec = dict(service["spec"])
        kind = spec.get("type", "ClusterIP")
        if kind == "ExternalName":
            for field in ("clusterIP", "clusterIPs"):
                spec.pop(field, None)
            return {**service, "spec": spec}
        self._cluster_ip(key, spec, old)
        if kind in ("NodePort", "LoadBalancer"):
            spec["ports"] = self._node_ports(key, spec, old)
        elif old is not None and old["spec"].get("type") in ("NodePort", "LoadBalancer"):
            # Back to ClusterIP: ports that the caller only carried over are released.
            held = {p.get("nodePort") for p in old["spec"].get("ports") or ()}
            spec["ports"] = [
                {k: v for k, v in port.items() if k != "nodePort" or v not in held}
                for port in spec.get("ports") or ()
            ]
        return {**service, "spec": spec}

    def _cluster_ip(self, key: Key, spec: Obj, old: Obj | None) -> None:
        wanted = spec.get("clusterIP")
        if not wanted and old is not None and old["spec"].get("clusterIP"):
            wanted = old["spec"]["clusterIP"]
        if wanted and wanted != "None":
            holder = self._ips.get(wanted, key)
            if holder != key:
                raise self._refuse(
                    key,
                    FieldError(
                        FieldErrorType.INVALID,
                        "spec.clusterIPs",
                        [wanted],
                        "failed to allocate IP " + wanted + ": provided IP is already allocated",
                    ),
                )
        draw = 0
        while not wanted:
            # The first addresses are kept for system Services, as the real allocator prefers.
            span = self._network.num_addresses - 257
            number = 256 + self._chance.below(span, f"cluster-ip/{key[0]}/{key[1]}", draw)
            draw += 1
            candidate = str(self._network[number])
            wanted = candidate if candidate not in self._ips else None
        spec["clusterIP"] = wanted
        spec["clusterIPs"] = [wanted]

    def _node_ports(self, key: Key, spec: Obj, old: Obj | None) -> list[Obj]:
        held = {
            (p.get("name", ""), p["port"], p.get("protocol", "TCP")): p.get("nodePort")
            for p in (old["spec"].get("ports") or () if old is not None else ())
        }
        out: list[Obj] = []
        for index, port in enumerate(spec.get("ports") or ()):
            protocol = port.get("protocol", "TCP")
            wanted = port.get("nodePort") or held.get(
                (port.get("name", ""), port["port"], protocol)
            )
            path = f"spec.ports[{index}].nodePort"
            if wanted and not FIRST_NODE_PORT <= wanted <= LAST_NODE_PORT:
                raise self._refuse(
                    key,
                    FieldError(
                        FieldErrorType.INVALID,
                        path,
                        wanted,
                        "provided port is not in the valid range. The range of valid ports is "
                        f"{FIRST_NODE_PORT}-{LAST_NODE_PORT}",
                    ),
                )
            if wanted and self._ports.get((wanted, protocol), key) != key:
                raise self._refuse(
                    key,
                    FieldError(
                        FieldErrorType.INVALID, path, wanted, "provided port is already allocated"
                    ),
                )
            taken = {n for n, p in self._ports if p == protocol}
            taken |= {p.get("nodePort", 0) for p in out}
            draw = 0
            while not wanted:
                span = LAST_NODE_PORT - FIRST_NODE_PORT + 1
                name = f"node-port/{key[0]}/{key[1]}/{port['port']}"
                candidate = FIRST_NODE_PORT + self._chance.below(span, name, draw)
                draw += 1
                wanted = candidate if candidate not in taken else 0
            out.append({**port, "nodePort": wanted})
        return out

    @staticmethod
    def _refuse(key: Key, error: FieldError) -> Invalid:
        return Invalid("Service", key[1], [error])
