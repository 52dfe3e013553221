"""Faults as objects of the cluster: Chaos Mesh's, and in the same shape those that it lacks.

`kinds` says which objects there are and which faults each of them is, `definitions` writes their
CustomResourceDefinitions, `checks` is the webhook that refuses them, `controller` carries them out.
"""

from ecp.sim.faults.chaos.checks import refusal
from ecp.sim.faults.chaos.controller import CHAOS, chaos_loop
from ecp.sim.faults.chaos.definitions import definitions
from ecp.sim.faults.chaos.halting import halting
from ecp.sim.faults.chaos.kinds import GROUPS, KINDS, Unmodelled, bodies_of, resource_of
from ecp.sim.faults.chaos.reading import complaints

__all__ = [
    "CHAOS",
    "GROUPS",
    "KINDS",
    "Unmodelled",
    "bodies_of",
    "chaos_loop",
    "complaints",
    "definitions",
    "halting",
    "refusal",
    "resource_of",
]
