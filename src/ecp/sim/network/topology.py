"""Which of a Service's endpoints the proxy of each node chooses from.

All ready ones, but: with internalTrafficPolicy or externalTrafficPolicy Local only those of its own
node, and with hints those that are hinted for its node or zone, where each has such a hint and one
is for it. With sessionAffinity ClientIP a caller that has reached an endpoint comes back to it,
as long as it is listed; customers are so many that this evens out.
Source: kubernetes pkg/proxy/topology.go, pkg/proxy/iptables/proxier.go (recent).
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b

from ecp.kube.kinds import NODES
from ecp.sim.network.endpoints import Endpoint
from ecp.sim.plans import Reader
from ecp.sim.store import Obj

OUTSIDE = ("LoadBalancer", "NodePort")
"""Types of Services that customers reach by an address of the nodes or of a load balancer."""

_ZONE = "topology.kubernetes.io/zone"


def is_even(service: Obj, endpoints: Sequence[Endpoint]) -> bool:
    """Whether every node chooses from all of *endpoints*."""
    spec = service["spec"]
    if spec.get("clusterIP") == "None":
        return True
    local = spec.get("internalTrafficPolicy") == "Local"
    local |= spec.get("externalTrafficPolicy") == "Local"
    local |= spec.get("sessionAffinity") == "ClientIP"
    return not local and not any(row.for_zones or row.for_nodes for row in endpoints)


def spread(
    read: Reader,
    service: Obj,
    endpoints: Sequence[Endpoint],
    callers: Mapping[str, int],
    *,
    outside: bool,
) -> tuple[float, ...]:
    """Return which share of new connections each of *endpoints* gets.

    What is missing to 1 comes from nodes that may only use their own endpoints and have none.
    *callers* says how many call from each node; *outside*: they are customers, who come by the
    Service's own address: then it says to which nodes they are sent.
    """
    policy = "externalTrafficPolicy" if outside else "internalTrafficPolicy"
    local = service["spec"].get(policy) == "Local"
    shares = [0.0] * len(endpoints)
    whole = sum(callers.values())
    sticky = service["spec"].get("sessionAffinity") == "ClientIP" and not outside
    for node, weight in callers.items():
        chosen = _of_node(read, endpoints, node, local=local)
        if sticky and chosen:
            names = tuple(endpoints[index].uid or endpoints[index].address for index in chosen)
            of = f"{service['metadata'].get('uid', '')}/{node}"
            for place in _kept(of, weight, names):
                shares[chosen[place]] += 1 / whole
            continue
        for index in chosen:
            shares[index] += weight / whole / len(chosen)
    return tuple(shares)


@lru_cache(maxsize=4096)
def _kept(of: str, callers: int, endpoints: tuple[str, ...]) -> tuple[int, ...]:
    """Return the place of the endpoint that each caller of a node keeps to.

    Which one that is follows from their names, so that those whose endpoint goes choose anew and
    no others (highest random weight; Thaler and Ravishankar 1998).
    """

    def weight(caller: int, endpoint: str) -> bytes:
        return blake2b(f"{of}/{caller}/{endpoint}".encode(), digest_size=8).digest()

    places = range(len(endpoints))
    return tuple(
        max(places, key=lambda place: weight(caller, endpoints[place])) for caller in range(callers)
    )


def _of_node(
    read: Reader, endpoints: Sequence[Endpoint], node: str, *, local: bool
) -> Sequence[int]:
    """Return which of the endpoints a node chooses from, by their places."""
    every = range(len(endpoints))
    if local:
        return [index for index in every if endpoints[index].node == node]
    if all(row.for_nodes for row in endpoints):
        found = [index for index in every if node in endpoints[index].for_nodes]
        if found:
            return found
    if all(row.for_zones for row in endpoints):
        obj = read.get(NODES, "", node)
        zone = ((obj or {}).get("metadata", {}).get("labels") or {}).get(_ZONE, "")
        found = [index for index in every if zone in endpoints[index].for_zones]
        if found:
            return found
    return every
