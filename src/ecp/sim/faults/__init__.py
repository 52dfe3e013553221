"""Faults: what may go wrong, as effects on the world; never on figures or objects.

A fault is a row of `catalog/` (data) and an effect (code). What follows from it is not written
anywhere: nodes fall silent, probes fail, endpoints leave, because the world is another.
"""

from ecp.sim.faults.background import Background, chosen_rates, shipped_rates
from ecp.sim.faults.catalogue import FaultRow, catalogue
from ecp.sim.faults.faults import Faults
from ecp.sim.faults.injected import Injected
from ecp.sim.faults.refusal import FaultRefused
from ecp.sim.faults.syntax import (
    BOUNDS,
    FaultPlan,
    ObjectPlan,
    Plan,
    bounded_line,
    object_line,
    parse,
    planned,
)

__all__ = [
    "BOUNDS",
    "Background",
    "FaultPlan",
    "FaultRefused",
    "FaultRow",
    "Faults",
    "Injected",
    "ObjectPlan",
    "Plan",
    "bounded_line",
    "catalogue",
    "chosen_rates",
    "object_line",
    "parse",
    "planned",
    "shipped_rates",
]
