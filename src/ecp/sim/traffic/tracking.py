"""The tables in which nodes track connections, and new ones that find no room there.

Each connection of a customer has an entry on the node of the pod that answers, while it lasts and
for `time_wait` after; a packet that would need another entry is dropped. A table is a loss system:
so many entries, Poisson arrivals, any holding time, so the share lost is Erlang's (M/G/c/c).
Connections between workloads are kept and few, and other tenants' are not counted.

Source: kube-proxy's conntrack.maxPerCore and min (pkg/proxy/apis/config/v1alpha1/defaults.go);
kernel nf_conntrack_tcp_timeout_time_wait; what the kernel logs: "nf_conntrack: table full, dropping
packet".
"""

from collections.abc import Mapping
from functools import lru_cache

from ecp.kube import quantity
from ecp.kube.kinds import NODES
from ecp.sim.clusters.plane import Tables
from ecp.sim.plans import Reader
from ecp.sim.world import World
from ecp.sim.world.records import PodRun
from ecp.workloads.queueing import erlang_b

_NEARLY = 0.9
"""Below that share of a table nobody is lost (of a hundred thousand entries)."""


class Tracking:
    """Finds out what is lost to full tables."""

    def __init__(self, read: Reader, world: World, tables: Tables) -> None:
        self._read = read
        self._world = world
        self._tables = tables

    def is_near(self, begun: Mapping[str, tuple[float, float]]) -> bool:
        """Whether so many begin that one table might be full if all of them met there."""
        return sum(self._loads(begun).values()) >= _NEARLY * self._tables.least

    def _loads(self, begun: Mapping[str, tuple[float, float]]) -> dict[str, float]:
        wait = self._tables.time_wait
        return {name: rate * (lasts + wait) for name, (rate, lasts) in begun.items()}

    def lost(
        self, begun: Mapping[str, tuple[float, float]], pods: Mapping[str, list[PodRun]]
    ) -> dict[str, float]:
        """Return by workload the share of its new connections that is lost, where some are.

        *begun* has by workload what customers begin a second and how long each lasts (s), *pods*
        those that answer.
        """
        if not self.is_near(begun):
            return {}
        loads = self._loads(begun)
        on: dict[str, float] = {}
        for name, load in loads.items():
            for run in pods[name]:
                on[run.node] = on.get(run.node, 0.0) + load / len(pods[name])
        full = {node: self._full(node, load) for node, load in on.items()}
        found = {
            name: sum(full[run.node] for run in pods[name]) / len(pods[name])
            for name in loads
            if pods[name]
        }
        return {name: share for name, share in found.items() if share > 1e-6}

    def _full(self, name: str, load: float) -> float:
        node = self._read.get(NODES, "", name)
        cores = quantity.milli(node["status"]["capacity"]["cpu"]) // 1000 if node else 0
        room = max(self._tables.per_core * cores, self._tables.least)
        return _refused(room, float(f"{load:.3g}")) if load > _NEARLY * room else 0.0


_refused = lru_cache(maxsize=256)(erlang_b)
