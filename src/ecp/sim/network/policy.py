"""NetworkPolicies: does a connection between two pods pass, and which policy cuts it.

A pod that no policy selects in a direction is open in that direction; one that is selected takes
only what some policy allows. Both ends are asked. Source: the networking.k8s.io/v1 API reference;
where that leaves a choice (ipBlock and pod addresses, host network), the usual one of today's
plug-ins: ipBlock matches addresses of pods as well, host-network pods are not selected.
"""

from collections.abc import Mapping, Sequence
from ipaddress import ip_address, ip_network
from typing import Any, NamedTuple

from ecp.kube.kinds import NAMESPACES, NETWORKPOLICIES, SERVICES
from ecp.kube.selectors import from_object
from ecp.sim.plans import Reader
from ecp.sim.store import Obj

_NO_LABELS: Mapping[str, str] = {}
# The cluster's DNS as kubeadm sets it up: its pods' labels, the tenth address of the Services',
# of which the API server's own has the first.
_DNS_NAMESPACE = "kube-system"
_DNS_LABELS: Mapping[str, str] = {"k8s-app": "kube-dns"}
_DNS_PLACE = 10
_DNS_PORT = 53


class Peer(NamedTuple):
    """One end of a connection, as policies see it.

    `ports` gives the numbers of the named container ports, by (name, protocol). `address` is ""
    for a peer that is only thought of. `isolated` False: no policy selects it (host network).
    `resolves` False: its resolver asks somebody else than the cluster's DNS.
    """

    namespace: str
    labels: Mapping[str, str]
    namespace_labels: Mapping[str, str]
    address: str = ""
    ports: Mapping[tuple[str, str], int] = {}
    name: str = ""
    isolated: bool = True
    resolves: bool = True


class Cut(NamedTuple):
    """Why a connection does not pass: the policies that select that end and do not allow it."""

    direction: str  # "ingress" | "egress"
    namespace: str
    policies: tuple[str, ...]


def peer_of(read: Reader, pod: Obj) -> Peer:
    """Return the pod as one end of a connection."""
    meta, spec = pod["metadata"], pod["spec"]
    ports = {
        (port["name"], port.get("protocol", "TCP")): port["containerPort"]
        for container in (*(spec.get("initContainers") or ()), *spec["containers"])
        for port in container.get("ports") or ()
        if port.get("name")
    }
    return Peer(
        meta["namespace"],
        meta.get("labels") or _NO_LABELS,
        namespace_labels(read, meta["namespace"]),
        (pod.get("status") or {}).get("podIP", ""),
        ports,
        meta["name"],
        not spec.get("hostNetwork"),
        _resolves(read, spec),
    )


def _resolves(read: Reader, spec: Obj) -> bool:
    """Whether a pod asks the cluster's DNS. Source: kubernetes pkg/kubelet/network/dns/dns.go."""
    match spec.get("dnsPolicy", "ClusterFirst"):
        case "ClusterFirst":
            return not spec.get("hostNetwork")
        case "None":
            asked = (spec.get("dnsConfig") or {}).get("nameservers") or ()
            return dns_address(read) in asked
        case policy:
            return bool(policy != "Default")


def dns_address(read: Reader) -> str:
    """Return the address of the cluster's DNS, "" where the Services' network is not known."""
    server = read.get(SERVICES, "default", "kubernetes")
    first = "" if server is None else server["spec"].get("clusterIP", "")
    head, _, last = first.rpartition(".")
    return f"{head}.{int(last) - 1 + _DNS_PLACE}" if last.isdigit() else ""


def namespace_labels(read: Reader, name: str) -> Mapping[str, str]:
    """Return a namespace's labels; the one with its name is there even if the object is not."""
    found = read.get(NAMESPACES, "", name)
    labels = (found["metadata"].get("labels") if found is not None else None) or _NO_LABELS
    return {"kubernetes.io/metadata.name": name, **labels}


def cut_by(
    read: Reader, source: Peer, target: Peer, port: int, protocol: str = "TCP"
) -> Cut | None:
    """Return what cuts a connection from *source* to *port* of *target*; None where it passes."""
    for direction, end, other in (("egress", source, target), ("ingress", target, source)):
        if not end.isolated:
            continue
        policies = _selecting(read, end, direction)
        if policies and not any(
            _allows(policy, direction, end, other, target, port, protocol) for policy in policies
        ):
            names = tuple(sorted(policy["metadata"]["name"] for policy in policies))
            return Cut(direction, end.namespace, names)
    return None


def cut_from_names(read: Reader, source: Peer) -> Cut | None:
    """Return what keeps *source* from asking the cluster's DNS (UDP 53); None where it may.

    Without an answer no name can be called, whatever else its policies allow.
    """
    labels = namespace_labels(read, _DNS_NAMESPACE)
    dns = Peer(_DNS_NAMESPACE, _DNS_LABELS, labels, dns_address(read), {("dns", "UDP"): _DNS_PORT})
    return cut_by(read, source, dns, _DNS_PORT, "UDP")


def _selecting(read: Reader, end: Peer, direction: str) -> list[Obj]:
    return [
        policy
        for policy in read.list(NETWORKPOLICIES, end.namespace)
        if direction in _directions(policy["spec"])
        and from_object(policy["spec"].get("podSelector") or {}).matches(end.labels)
    ]


def _directions(spec: Obj) -> tuple[str, ...]:
    types: Sequence[str] | None = spec.get("policyTypes")
    if types:
        return tuple(kind.lower() for kind in types)
    return ("ingress", "egress") if spec.get("egress") is not None else ("ingress",)


def _allows(
    policy: Obj, direction: str, end: Peer, other: Peer, target: Peer, port: int, protocol: str
) -> bool:
    peers = "from" if direction == "ingress" else "to"
    for rule in policy["spec"].get(direction) or ():
        # An empty or missing list leaves nothing out.
        if rule.get(peers) and not any(_is_peer(row, end, other) for row in rule[peers]):
            continue
        if not rule.get("ports"):
            return True
        if any(_is_port(row, target, port, protocol) for row in rule["ports"]):
            return True
    return False


def _is_peer(row: Obj, end: Peer, other: Peer) -> bool:
    block = row.get("ipBlock")
    if block is not None:
        return _in_block(block, other.address)
    in_namespace = row.get("namespaceSelector")
    if in_namespace is None:
        if other.namespace != end.namespace:
            return False
    elif not from_object(in_namespace).matches(other.namespace_labels):
        return False
    pods = row.get("podSelector")
    return pods is None or from_object(pods).matches(other.labels)


def _in_block(block: Obj, address: str) -> bool:
    if not address:
        return False
    found = ip_address(address)
    if found not in ip_network(block["cidr"], strict=False):
        return False
    return not any(found in ip_network(hole, strict=False) for hole in block.get("except") or ())


def _is_port(row: dict[str, Any], target: Peer, port: int, protocol: str) -> bool:
    if row.get("protocol", "TCP") != protocol:
        return False
    wanted = row.get("port")
    if wanted is None:
        return True
    if isinstance(wanted, str):
        return target.ports.get((wanted, protocol)) == port
    return bool(wanted <= port <= row.get("endPort", wanted))
