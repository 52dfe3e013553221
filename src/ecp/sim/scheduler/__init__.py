"""Filter, score, bind, explain: which pod goes to which node, and why."""

from ecp.sim.scheduler.scheduler import (
    Explanation,
    NodeVerdict,
    Scheduler,
    Score,
    controller,
)

__all__ = ["Explanation", "NodeVerdict", "Scheduler", "Score", "controller"]
