"""Controllers of machines: who asks for them, who empties them, what becomes of their Nodes."""

from ecp.sim.controllers.pools import autoscaler, draining, provider, upgrade
from ecp.sim.controllers.pools.seeing import Sight
from ecp.sim.engine.chance import Chance
from ecp.sim.plans import Controller
from ecp.sim.world import World
from ecp.sim.world.fleet import AUTOSCALER, DRAINS, OPERATOR

__all__ = ["Sight", "loops"]


def loops(chance: Chance, world: World, sight: Sight) -> tuple[Controller, ...]:
    """Return the loops that live by the machines of *world*."""
    return (
        provider.addresses(world),
        provider.cloud_nodes(chance, world),
        draining.controller(world, DRAINS[OPERATOR], "node-pool-manager"),
        draining.controller(world, DRAINS[AUTOSCALER], "cluster-autoscaler"),
        upgrade.controller(world),
        autoscaler.controller(chance, world, sight),
    )
