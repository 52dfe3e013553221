"""When the kube-proxy of each node knows what an EndpointSlice says.

A proxy hears of a write a little later, and writes its rules at once unless it has just done so:
then `min_sync` after the end of the sync before, with all that came meanwhile. All proxies hear of
the same writes, so what differs between nodes is how long hearing and writing take there. Nodes
are therefore put into CLASSES classes of equal size, each as fast as that part of a lognormal
spread; a write is worked out once a class, and nothing ticks.

Source: kubernetes pkg/proxy/runner/bounded_frequency_runner.go, pkg/proxy/iptables/proxier.go
(syncs without a change come once an hour: left out).
"""

from collections.abc import Mapping
from math import exp
from statistics import NormalDist
from typing import Final

from ecp.sim.clusters.plane import Plane
from ecp.sim.world import World

CLASSES: Final = 8
"""Classes of nodes, from the fastest to the slowest."""
SIGMA: Final = 0.6
"""Spread of the logarithm of a sync's time over nodes (assumed: four to one between the slowest
and the fastest tenth)."""
_MS: Final = 1_000_000

Known = tuple[int, ...]
"""The instants (ns) from which something is known, by class."""


class Proxies:
    """The proxies of one cluster's nodes: how far the newest sync of each class has come.

    `unhealthy` is after how long (ns) load balancers leave out a node that answers no more, 0 =
    there are none, `healthy` after how long they take it in again. `resolver` is how pods look
    names up that say nothing about it themselves, `tables` how many connections nodes track.
    """

    def __init__(self, world: World, plane: Plane) -> None:
        self._world = world
        self._min_sync = plane.min_sync
        self._dns_ttl = plane.dns_ttl
        self.resolver = plane.resolver
        self.tables = plane.tables
        balancers = plane.balancers
        self.unhealthy = 0 if balancers is None else balancers.unhealthy
        self.healthy = 0 if balancers is None else balancers.healthy
        normal = NormalDist()
        factors = [exp(SIGMA * normal.inv_cdf((n + 0.5) / CLASSES)) for n in range(CLASSES)]
        # Whole milliseconds, so that the last bit of a machine's exp() decides nothing.
        self._watch = tuple(_whole(plane.watch * factor) for factor in factors)
        self._sync = tuple(_whole(plane.sync * factor) for factor in factors)
        self._starts = [0] * CLASSES  # of the newest sync of a class, begun or planned

    def take(self, now: int) -> Known:
        """Take note of a write at *now*; return from when on the nodes of each class know it."""
        starts = self._starts
        for number in range(CLASSES):
            heard = now + self._watch[number]
            if heard > starts[number]:
                ended = starts[number] + self._sync[number]
                starts[number] = max(heard, ended + self._min_sync)
        return tuple(start + self._sync[n] for n, start in enumerate(starts))

    def answered(self, name: str, now: int) -> Known:
        """Return from when on the DNS answers with what was written at *now*.

        Its caches keep an answer for as long as its time to live, on a grid of the name's own.
        """
        ttl = self._dns_ttl
        phase = self._world.phase(f"dns/{name}", ttl) if ttl else 0
        after = now if not ttl else (now - phase) // ttl * ttl + phase + ttl
        return (after,) * CLASSES

    def class_of(self, node: str) -> int:
        """Return the class of a node: it follows from its name and the cluster's seed."""
        return self._world.phase(f"proxy/{node}", CLASSES)

    def snapshot(self) -> list[int]:
        """Return the state as plain data."""
        return list(self._starts)

    def restore(self, plain: list[int]) -> None:
        """Take over what `snapshot` returned."""
        self._starts = list(plain)


def shares(callers: Mapping[str, int], proxies: Proxies) -> tuple[float, ...]:
    """Return which share of new connections comes from nodes of each class.

    *callers* says how much of them comes from each node.
    """
    weights = [0] * CLASSES
    for node, weight in callers.items():
        weights[proxies.class_of(node)] += weight
    whole = sum(weights)
    return tuple(weight / whole for weight in weights) if whole else (1 / CLASSES,) * CLASSES


def _whole(nanoseconds: float) -> int:
    return round(nanoseconds / _MS) * _MS
