"""Programs that do not live without somebody they call, and come back together.

A pod says so (`sim.ecp-ai.io/ends-without`). While the peer is not there a process of it ends
instead of listening, and one that listens ends once it has missed it for PATIENCE: by an exit of
its own, or by a liveness probe that asks for the peer. The kubelet starts it again and again, each
time later (CrashLoopBackOff). When the peer is back the pods wait for what is left of their
back-off, up to five minutes, and since they all ended for the same reason they come all at once.
"""

from collections.abc import Callable

from ecp.kube.kinds import PODS
from ecp.sim.engine.engine import Engine
from ecp.sim.plans import Reader
from ecp.sim.traffic.doors import Doors
from ecp.sim.traffic.graph import Part, Said
from ecp.sim.traffic.model import Seen
from ecp.sim.traffic.state import NO_DOOR, State
from ecp.sim.world import World

PATIENCE = 30_000_000_000
"""A process that listens lives for so long (ns) without whom it needs (assumed: three liveness
probes, one each ten seconds, or a pool of connections that gives up)."""


class Depending:
    """Tells the world of a tenant's pods which of them miss somebody; `cut(part, call)` says why a
    call does not get there whoever answers."""

    def __init__(
        self,
        engine: Engine,
        read: Reader,
        world: World,
        doors: Doors,
        cut: Callable[[State, Part, Said], Seen | None],
    ) -> None:
        self._engine = engine
        self._read = read
        self._world = world
        self._doors = doors
        self._cut = cut

    def settle(self, state: State) -> None:
        """Let processes end, or live again, as whom they need is there or not."""
        needy = {part.name: part for part in state.parts or () if part.needs}
        if not needy:
            return
        pods = self._read.list(PODS, state.tenant.namespace)
        now, before = self._engine.now, self._engine.cause
        for part in needy.values():
            missing = self._missing(state, part)
            for pod in pods:
                if not part.runs(pod):
                    continue
                run = self._world.pod((pod["metadata"]["namespace"], pod["metadata"]["name"]))
                if run is None or run.end is not None or run.terminating:
                    continue
                # What the kubelet does then follows from what keeps the peer away.
                self._engine.cause = missing or before
                self._world.orphan(run.uid, bool(missing), PATIENCE, now)
        self._engine.cause = before

    def _missing(self, state: State, part: Part) -> str:
        """Return what the absence of somebody whom a workload needs follows from, "" = none is."""
        for call in part.needs:
            cut = self._cut(state, part, call)
            if cut is not None:
                return cut.cause or self._doors.release(state)
            assert call.service is not None
            door = state.doors.get(call.service, NO_DOOR)
            if not door.answering:
                return door.dead.cause or self._doors.release(state)
        return ""
