"""Nodes without power to which load balancers still send customers: their health checks lag.

A cloud's load balancer asks each node (the proxy's own health check, or that of the Service with
externalTrafficPolicy Local) and leaves out one that has not answered for a while. Until then its
part of the new connections is lost. One that is asked again is taken back at its first answer.
Source: cloud-provider-gcp, pkg of the GCE load balancer: a check every 8 s, three in a row.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from ecp.kube.kinds import NODES, SERVICES
from ecp.sim.network.endpoints import listed
from ecp.sim.plans import Reader
from ecp.sim.store import Key
from ecp.sim.world import World


class Off(NamedTuple):
    """What a load balancer sends nowhere: its share of new connections, the first such node, and
    when (ns) it will have noticed one."""

    share: float = 0.0
    node: str = ""
    until: int = 0


NONE_OFF = Off()


class Balancing:
    """Looks at load balancers; `unhealthy` is how long (ns) a node is sent customers after its
    last answer, 0 = the cluster has no load balancers."""

    def __init__(self, read: Reader, world: World, now: Callable[[], int], unhealthy: int) -> None:
        self._read = read
        self._world = world
        self._now = now
        self.unhealthy = unhealthy

    def dark(self, touched: Mapping[Key, str]) -> dict[str, int]:
        """Return the nodes that lost their power a little while ago, and until when (ns) nobody
        has noticed; *touched* has ("", node) for each to which something was done."""
        found = {}
        for namespace, name in touched if self.unhealthy else ():
            node = None if namespace else self._world.nodes.get(name)
            if node is not None and node.stopped_at is not None:
                until = node.stopped_at + self.unhealthy
                if until > self._now():
                    found[name] = until
        return found

    def is_balanced(self, service: Key) -> bool:
        """Whether customers come to a Service by a load balancer."""
        obj = self._read.get(SERVICES, *service)
        return (
            obj is not None
            and obj["spec"].get("type") == "LoadBalancer"
            and bool(((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress"))
        )

    def off(self, service: Key, dark: Mapping[str, int]) -> Off:
        """Return what the load balancer of a Service sends to nodes that are *dark*."""
        if not dark or not self.is_balanced(service):
            return NONE_OFF
        obj = self._read.get(SERVICES, *service)
        assert obj is not None
        if obj["spec"].get("externalTrafficPolicy") == "Local":
            ports = obj["spec"].get("ports") or ()
            rows = [row for port in ports[:1] for row in listed(self._read, obj, port)]
            names = [name for name in dict.fromkeys(row.node for row in rows) if name]
        else:
            names = [node["metadata"]["name"] for node in self._read.list(NODES)]
        sent_to = [name for name in names if name in dark or self._world.node_is_up(name)]
        lost = [name for name in sent_to if name in dark]
        if not lost:
            return NONE_OFF
        return Off(len(lost) / len(sent_to), lost[0], min(dark[name] for name in lost))
