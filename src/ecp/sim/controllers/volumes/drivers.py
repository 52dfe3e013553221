"""The drivers of a cluster, with all their loops."""

from ecp.sim.clusters.storage import Driver
from ecp.sim.controllers.volumes.attacher import Attacher, registrar
from ecp.sim.controllers.volumes.provisioner import Provisioner
from ecp.sim.controllers.volumes.resizer import NodeResizer, Resizer
from ecp.sim.controllers.volumes.users import Users
from ecp.sim.engine.chance import Chance
from ecp.sim.plans import Controller


def loops(chance: Chance, drivers: tuple[Driver, ...], users: Users) -> list[Controller]:
    """Return the loops of all drivers, and those by which nodes and kubelets do their part."""
    found = [
        part.controller()
        for driver in drivers
        for part in (Provisioner(chance, driver), Attacher(chance, driver), Resizer(chance, driver))
    ]
    if found:
        found += [registrar(drivers), NodeResizer(chance, users).controller()]
    return found
