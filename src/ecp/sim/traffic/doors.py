"""Services as their callers meet them, and what the trouble behind one follows from.

A fault that runs is to blame first, then what was done to the pod in question, then the last change
of the Service's endpoints, and where nothing came later the release of the workloads.
"""

from collections.abc import Callable, Iterator, Mapping

from ecp.kube.kinds import PODS, SERVICES
from ecp.kube.pods import is_ready
from ecp.sim.network.connect import Ways
from ecp.sim.network.endpoints import listed
from ecp.sim.network.topology import is_even, spread
from ecp.sim.plans import Reader
from ecp.sim.store import Key, Obj
from ecp.sim.traffic.gpus import GPU
from ecp.sim.traffic.graph import Part
from ecp.sim.traffic.model import MILLION, Seen, Strain
from ecp.sim.traffic.state import Door, State
from ecp.sim.world import World
from ecp.sim.world.records import PodRun
from ecp.sim.world.troubles import felt

RELEASE = "release"
"""The cause of what was so when the tenant was followed first, and nobody wrote down why."""

NOTHING = Seen()
Callers = tuple[Mapping[str, int], bool]
"""How many callers are on each node, and whether they are customers from outside."""
LEAK_LOOK_S = 15
"""Leaking memory is looked at again after so many seconds."""

_RELAXED = Strain()
# What hangs on one process: what was done to it is the cause.
_OF_PROCESS = ("no-pod", "no-process", "node-down", "unreachable", "hung", "starting")


class Doors:
    """Looks at Services, and remembers why what is behind them changed.

    `hits` are causes of what was done to pods, `why` of the last change of Services' endpoints,
    `made` of the last release in a namespace.
    """

    def __init__(
        self,
        read: Reader,
        world: World,
        now: Callable[[], int],
        *,
        ways: Callable[[Obj, Obj], Ways],
        root: Callable[[str], str],
    ) -> None:
        self._read = read
        self._world = world
        self._now = now
        self._ways = ways
        self.root = root
        self.blame: Callable[[Key, str], str] = _blameless
        self.hits: dict[Key, str] = {}
        self.why: dict[Key, str] = {}
        self.made: dict[str, str] = {}

    def look(self, key: Key, callers: Callers | None = None) -> Door:
        """Look at a Service: which pods connections go to, and which of them answer.

        *callers* says where its callers are; None = they are not known, or it is all one.
        """
        service = self._read.get(SERVICES, *key)
        if service is None:
            return Door(0, (), Seen("no-service", self.absent(key)), ())
        worst: Door | None = None
        least = 1.0
        pods: dict[Key, None] = {}
        for port in service["spec"].get("ports") or ():
            ways = self._ways(service, port)
            name = port.get("name") or str(port["port"])
            good = [outcome.pod for outcome in ways.outcomes if outcome.ok]
            bad = next((outcome for outcome in ways.outcomes if not outcome.ok), None)
            sent_to = [outcome.pod for outcome in ways.outcomes if outcome.uid]
            pods.update(dict.fromkeys(sent_to))
            dead = NOTHING
            if bad is not None:
                cause = self.blame(bad.pod, bad.cause)
                if not cause:
                    hit = self.hits.get(bad.pod, "") if bad.cause in _OF_PROCESS else ""
                    cause = self.root(hit) if hit else self.absent(key)
                dead = Seen(bad.cause, cause, name, bad.pod[1])
            # Where none is listed there is one outcome all the same: that there is none.
            there = len(ways.outcomes) if sent_to or good else 0
            share = len(good) / len(ways.outcomes)
            door = Door(there, tuple(good), dead, ())
            if callers is not None and there:
                door = self._uneven(service, port, ways, door, callers)
                share = 1 - door.failing
            if worst is None or share < least:
                worst, least = door, share
        if worst is None:
            return Door(0, (), Seen("no-such-port"), ())
        if len(worst.answering) == worst.listed and not any(self._strained(pod) for pod in pods):
            # What was done to these pods is over; their next trouble is another one.
            for pod in pods:
                self.hits.pop(pod, None)
        return worst._replace(pods=tuple(pods))

    def uneven(self, key: Key) -> bool:
        """Whether it matters for a Service on which nodes its callers are."""
        service = self._read.get(SERVICES, *key)
        if service is None:
            return False
        ports = service["spec"].get("ports") or ()
        return not all(is_even(service, listed(self._read, service, port)) for port in ports)

    def _uneven(self, service: Obj, port: Obj, ways: Ways, door: Door, callers: Callers) -> Door:
        """Return a door at which each pod gets what the callers' nodes send to it."""
        endpoints = listed(self._read, service, port)
        if is_even(service, endpoints) or len(endpoints) != len(ways.outcomes):
            return door
        nodes, outside = callers
        parts = spread(self._read, service, endpoints, nodes, outside=outside)
        pairs = list(zip(ways.outcomes, parts, strict=True))
        reached = sum(part for outcome, part in pairs if outcome.ok)
        dead = door.dead
        if 1 - sum(parts) > 1e-9 and not dead.reason:
            dead = Seen("no-local", self.absent(_key(service)), port.get("name") or "")
        if reached <= 0:
            return door._replace(lost=MILLION, dead=dead)
        return door._replace(
            lost=max(0, round((1 - reached) * MILLION)),
            shares=tuple(round(p / reached * MILLION) for outcome, p in pairs if outcome.ok),
            dead=dead,
        )

    def _strained(self, pod: Key) -> bool:
        run = self._world.pod(pod)
        return run is not None and bool(run.strain)

    def absent(self, service: Key) -> str:
        return self.root(self.why.get(service, ""))

    def strained_by(self, state: State, door: Door) -> Seen:
        """Name the first pod that a fault strains. Leaked memory fails nothing before it kills."""
        for pod in door.answering:
            if self.strain_of(pod)._replace(leaked=0) != _RELAXED:
                cause = self.blame(pod, "strained") or self.root(self.hits.get(pod, ""))
                return self.blamed(state, Seen("strained", cause, "", pod[1]))
        return NOTHING

    def is_cold(self, pod: Key, warm_up: float) -> bool:
        """Whether a process of a pod began to listen less than so many seconds ago."""
        run, now = self._world.pod(pod), self._now()
        return run is not None and any(now < at for at in warm_at(run, warm_up))

    def begun(self, state: State, pod: Key) -> Seen:
        """Return what a pod's being new follows from."""
        seen = Seen("warming-up", self.root(self.hits.get(pod, "")), "", pod[1])
        return self.blamed(state, seen)

    def blamed(self, state: State, seen: Seen) -> Seen:
        """Let what was seen follow from the release where nothing later led to it."""
        return seen if seen.cause or not seen.reason else seen._replace(cause=self.release(state))

    def release(self, state: State) -> str:
        """Return the id of what released the tenant's workloads as they are."""
        return self.root(self.made.get(state.tenant.namespace, "")) or RELEASE

    def unserved(self, state: State, part: Part) -> Door:
        """A workload without a Service: its pods that are Ready do its work."""
        found = []
        for pod in self._read.list(PODS, state.tenant.namespace):
            if part.runs(pod) and is_ready(pod):
                found.append((pod["metadata"]["namespace"], pod["metadata"]["name"]))
        if not found:
            return Door(0, (), Seen("none-ready"), ())
        return Door(len(found), tuple(found), NOTHING, ())

    def strain_of(self, pod: Key) -> Strain:
        run = self._world.pod(pod)
        if run is None:
            return _RELAXED
        cold = self._throttled(run)
        if not run.strain:
            return _RELAXED if cold == 1.0 else _RELAXED._replace(cold=cold)
        strain = run.strain
        feels = felt(strain)
        return Strain(
            strain.get("burn", 0) / 1_000_000,
            feels.delay / 1_000_000_000,
            feels.failing / 1_000_000,
            self._leaked(run),
            cold,
        )

    def _throttled(self, run: PodRun) -> float:
        """Return how many times as long a pod computes on GPUs whose clock is taken down."""
        lost = self._world.troubles.throttled.get(run.node, 0)
        return MILLION / (MILLION - lost) if lost and run.used.get(GPU) else 1.0

    def _leaked(self, run: PodRun) -> int:
        """Return the bytes that a pod has leaked, as they were when it was last time to look."""
        step = (run.strain or {}).get("leak", 0) * LEAK_LOOK_S
        leaked = self._world.leaked(run, self._now())
        return leaked // step * step if step else leaked


def warm_at(run: PodRun, warm_up: float) -> Iterator[int]:
    """Yield when (ns) the processes of a pod are as fast as they will be."""
    for container in run.containers:
        if container.role == "app" and container.listens_at is not None:
            yield container.listens_at + round(warm_up * 1_000_000_000)


def _key(service: Obj) -> Key:
    meta = service["metadata"]
    return meta["namespace"], meta["name"]


def _blameless(pod: Key, reason: str) -> str:
    """Stand in until there are faults."""
    return ""
