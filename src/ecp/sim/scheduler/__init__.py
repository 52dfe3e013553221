"""Filter, score, bind, explain: which pod goes to which node, and why."""

from typing import TYPE_CHECKING

from ecp.sim.engine.chance import Chance
from ecp.sim.scheduler.loop import controller

if TYPE_CHECKING:
    from ecp.sim.scheduler.scheduler import Scheduler

__all__ = ["controller", "load"]


def load(chance: Chance) -> "Scheduler":
    """Return a Scheduler. Imports numpy, which whoever has no pod to place need not wait for."""
    from ecp.sim.scheduler.scheduler import Scheduler

    return Scheduler(chance)
