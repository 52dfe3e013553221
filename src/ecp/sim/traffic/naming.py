"""Looking up whom a workload calls: what its pods' resolvers and the cluster's DNS make of it.

Without objects of its own the DNS always answers. Where kube-system has the Service kube-dns, it is
as good as what stands behind that: a pod of CoreDNS whose node is gone, or that hangs, is silent
until its endpoint is left out, one without a process is refused. Faults put more on it: names that
are not answered, and packets that the caller's own line loses.

What a pod was told before goes on being used for as long as it keeps answers; then its calls fail.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache

from ecp.kube.kinds import SERVICES
from ecp.sim.network.names import is_address
from ecp.sim.network.resolver import NAMES
from ecp.sim.plans import Reader
from ecp.sim.store import Key
from ecp.sim.traffic.blocks import SLOT
from ecp.sim.traffic.doors import Doors
from ecp.sim.traffic.graph import Part, Said
from ecp.sim.traffic.model import MILLION, Names, Seen
from ecp.sim.traffic.state import Door, State
from ecp.sim.world import World
from ecp.sim.world.records import PodRun
from ecp.sim.world.troubles import felt, matches
from ecp.workloads.resolving import Resolver, lookup, questions

_SECOND = 1_000_000_000
_SILENT = ("node-down", "unreachable", "hung")
"""How a server is that lets its callers wait; others refuse."""


class Naming:
    """Finds out what lookups come to."""

    def __init__(self, read: Reader, world: World, now: Callable[[], int], doors: Doors) -> None:
        self._read = read
        self._world = world
        self._now = now
        self._doors = doors

    @property
    def is_object(self) -> bool:
        """Whether the cluster's DNS is a Service that can be looked at."""
        return self._read.get(SERVICES, *NAMES) is not None

    def of(self, state: State, part: Part, callers: Sequence[PodRun], call: Said) -> Names | None:
        """Return what it takes the pods of a workload to look up whom they call.

        None where it is an address, or nobody is there to look up. *callers* are its pods.
        """
        if call.service is None or not callers or is_address(call.host):
            return None
        strained = any(run.strain for run in callers)
        door = state.doors.get(NAMES)
        well = not strained and not part.resolver.lost and not self._world.troubles.lines
        if well and (door is None or not door.failing):
            if state.unnamed:
                state.unnamed.pop((part.name, call.host), None)
            return _usual(call.host, call.service, state.tenant.namespace, part.resolver)
        refused, fault = self._unnamed(callers, call.host)
        silent, dead = 0.0, Seen()
        if door is not None and door.failing:
            dead = self._doors.blamed(state, door.dead)
            if dead.reason in _SILENT:
                silent = door.failing * (1 - refused)
            else:
                refused = 1 - (1 - refused) * (1 - door.failing)
        resolver, line = part.resolver, ""
        lost = sum((run.strain or {}).get("loss", 0) for run in callers) / len(callers) / MILLION
        if lost:
            hit = next(run for run in callers if "loss" in (run.strain or {}))
            line = self._doors.blame(hit.key, "strained")
            through = (1 - resolver.lost) * (1 - lost) ** 2  # a question and its answer
            resolver = resolver._replace(lost=1 - through)
        asked = _asked(call.host, call.service, state.tenant.namespace, resolver)
        found = lookup(resolver, asked, silent, min(refused, 1 - silent))
        cause = fault or dead.cause or line or self._doors.release(state)
        seen = Seen("name-lost" if found.failing else "name-slow", cause, "", call.host)
        if not found.failing and not found.stalled:
            seen = Seen()
        fade = self._fade(state, (part.name, call.host), found.failing, resolver.kept)
        return Names(
            found.failing, found.mean, found.stalled, found.stall, resolver.kept, fade, seen
        )

    def _unnamed(self, callers: Sequence[PodRun], host: str) -> tuple[float, str]:
        """Return the share of lookups that faults let fail, and the last of these faults."""
        answered, why = 1.0, ""
        for fault, line in self._world.troubles.lines.items():
            if line.others is not None:
                continue
            if line.patterns and not any(matches(pattern, host) for pattern in line.patterns):
                continue
            hit = sum(run.uid in line.ends for run in callers) / len(callers)
            failing = hit * felt(line.strain).failing / MILLION
            if failing:
                answered, why = answered * (1 - failing), fault
        return 1 - answered, why

    def _fade(self, state: State, key: tuple[str, str], failing: float, kept: float) -> float:
        """Return what is left, of 1, of the answers from before lookups began to fail.

        They are of every age alike; taken in the middle of the slot that begins.
        """
        if not failing:
            state.unnamed.pop(key, None)
            return 0.0
        since = state.unnamed.setdefault(key, self._now())
        if kept <= 0:
            return 0.0
        return max(0.0, 1 - (self._now() - since + SLOT // 2) / _SECOND / kept)

    def fades(self, state: State) -> bool:
        """Whether some callers still go by answers from before."""
        parts = {part.name: part.resolver.kept for part in state.parts or ()}
        now = self._now()
        return any(
            (now - since) / _SECOND < parts.get(name, 0.0)
            for (name, _), since in state.unnamed.items()
        )


def _asked(host: str, service: Key, namespace: str, resolver: Resolver) -> int:
    # A call that no variable tells of: by the Service's own name.
    name = host if service[1] in host.split(".") else service[1]
    return questions(name, f"{service[1]}.{service[0]}.svc.cluster.local", namespace, resolver)


@lru_cache(maxsize=4096)
def _usual(host: str, service: Key, namespace: str, resolver: Resolver) -> Names:
    found = lookup(resolver, _asked(host, service, namespace, resolver))
    return Names(found.failing, found.mean, found.stalled, found.stall, resolver.kept)


def pods_of(world: World, door: Door) -> list[PodRun]:
    """Return the pods of a workload that may call others."""
    found = (world.pod(key) for key in door.pods or door.answering)
    return [run for run in found if run is not None]
