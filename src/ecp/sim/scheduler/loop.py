"""The scheduler as a control loop with one key.

What it works with (numpy and its arrays) is loaded when the first pod waits for a node, and built
from the store then, as after a restart: a cluster starts in less time and memory without.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ecp.kube.kinds import (
    CSINODES,
    NAMESPACES,
    NODES,
    PODS,
    PVCS,
    PVS,
    REPLICASETS,
    SERVICES,
    STORAGECLASSES,
)
from ecp.sim.engine.engine import Phase
from ecp.sim.plans import Action, Controller, Plan, Reader
from ecp.sim.store import Change, Key
from ecp.sim.store.store import QUIET

if TYPE_CHECKING:
    from ecp.sim.scheduler.scheduler import Scheduler

NAME = "default-scheduler"
SELECTING = (SERVICES, REPLICASETS, "statefulsets.apps")
STORAGE = (PVCS, PVS, STORAGECLASSES, CSINODES)
WATCHED = (PODS, NODES, NAMESPACES, *STORAGE, *SELECTING)

_THE_KEY: Key = ("", "")
_WAKE: tuple[Key, ...] = (_THE_KEY,)
_REST: tuple[Key, ...] = ()


class _Loop:
    """A Scheduler that is made by *load* once it is needed; until then what it was told to keep."""

    def __init__(self, load: Callable[[], "Scheduler"]) -> None:
        self._load = load
        self._scheduler: Scheduler | None = None
        self._kept: Mapping[str, Any] = {
            "entries": [],
            "sequence": 0,
            "start": 0,
            "free_at": 0,
        }

    def _needed(self) -> "Scheduler":
        if self._scheduler is None:
            self._scheduler = self._load()
            self._scheduler.restore(self._kept)
        return self._scheduler

    def keys(self, change: Change, read: Reader) -> Iterable[Key]:
        """The one key, when some pod may be due."""
        scheduler = self._scheduler
        if scheduler is None:
            waits = change.resource == PODS and not change.object["spec"].get("nodeName")
            if not waits and not self._kept["entries"] and not self._kept.get("binding"):
                return _REST
            scheduler = self._needed()
        if not scheduler.built:
            scheduler.rebuild(read)
        return _WAKE if scheduler.observe(change) else _REST

    def reconcile(self, now: int, key: Key, read: Reader) -> Plan:
        return self._needed().cycle(now, read)

    def refused(self, now: int, key: Key, action: Action, error: Exception, read: Reader) -> Plan:
        return self._needed().refused(now, key, action, error, read)

    def snapshot(self) -> Mapping[str, Any]:
        return self._kept if self._scheduler is None else self._scheduler.snapshot()

    def restore(self, state: Mapping[str, Any]) -> None:
        self._kept = state
        if self._scheduler is not None:
            self._scheduler.restore(state)


def controller(load: Callable[[], "Scheduler"], *, delay: int = 5_000_000) -> Controller:
    """Return the control loop around the Scheduler that *load* makes.

    `delay` (ns) is the time from a change to the cycle. Source of the default: a pod is bound
    5-6 ms after its creation on a real, idle control plane.
    """
    loop = _Loop(load)
    return Controller(
        name="scheduler",
        component=NAME,
        watches=dict.fromkeys(WATCHED, loop.keys),
        deaf={PODS: QUIET},
        reconcile=loop.reconcile,
        refused=loop.refused,
        actor="kube-scheduler",
        delay=delay,
        phase=Phase.SCHEDULER,
        snapshot=loop.snapshot,
        restore=loop.restore,
    )
