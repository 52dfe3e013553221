"""Filter, score, bind, explain: which pod goes to which node, and why."""

from typing import TYPE_CHECKING

from ecp.sim.engine.chance import Chance
from ecp.sim.scheduler.loop import controller

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecp.sim.plans import Reader
    from ecp.sim.scheduler.scheduler import Scheduler
    from ecp.sim.scheduler.trial import Trial
    from ecp.sim.store import Obj

__all__ = ["controller", "load", "trial_of"]


def load(chance: Chance) -> "Scheduler":
    """Return a Scheduler. Imports numpy, which whoever has no pod to place need not wait for."""
    from ecp.sim.scheduler.scheduler import Scheduler

    return Scheduler(chance)


def trial_of(read: "Reader", nodes: "Sequence[Obj]") -> "Trial":
    """Return a board on which to try where pods would fit, were *nodes* the cluster's."""
    from ecp.sim.scheduler.trial import Trial

    return Trial(read, nodes)
