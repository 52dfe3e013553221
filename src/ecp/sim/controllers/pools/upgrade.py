"""Rolling upgrades of pools: new machines come, old ones are drained and go, step by step.

At most `surge` machines more than there were, at most `unavailable` fewer that are ready. Source:
GKE "Node upgrade strategies" (surge upgrades: maxSurge 1 and maxUnavailable 0 by default; budgets
and grace periods are respected for up to an hour, then pods are deleted), Amazon EKS "Managed node
update behavior" (15 minutes, then the update fails with PodEvictionFailure, unless forced).
"""

from collections.abc import Iterable

from ecp.kube.kinds import NODES
from ecp.kube.pods import condition
from ecp.sim.plans import NOTHING, Controller, Plan, Reader
from ecp.sim.store import Change, Key
from ecp.sim.world import World
from ecp.sim.world.fleet import POOL_UPGRADE, UPGRADE, Leaving, Machine, Pool, Upgrade

SECOND = 1_000_000_000
HOUR = 3600 * SECOND
_ASKED_AGAIN = 300 * SECOND  # a provider that had no machine is asked again (assumed)
_SOON = 1_000_000


def is_ready(machine: Machine, read: Reader) -> bool:
    """Whether a machine has joined wholly and its Node is ready."""
    node = read.get(NODES, "", machine.name)
    ready = None if node is None else condition(node, "Ready")
    return machine.complete and ready is not None and ready["status"] == "True"


class Upgrading:
    """The loop over pools whose machines are being replaced; keys are ("", pool)."""

    def __init__(self, world: World) -> None:
        self._world = world

    def of_node(self, change: Change, read: Reader) -> Iterable[Key]:
        """The pool of a node, where that is being upgraded."""
        machine = self._world.fleet.machines.get(change.key[1])
        pool = None if machine is None else self._world.fleet.pools[machine.pool]
        if pool is None or pool.upgrade is None or pool.upgrade.state != "running":
            return ()
        return (("", pool.name),)

    def reconcile(self, now: int, key: Key, read: Reader) -> Plan:
        pool = self._world.fleet.pools.get(key[1])
        upgrade = None if pool is None else pool.upgrade
        if pool is None or upgrade is None or upgrade.state != "running":
            return NOTHING
        machines = self._world.fleet.machines
        there = [machines[n] for n in upgrade.old if n in machines]
        old = [one for one in there if one.retired_at is None]
        kept = next((one for one in old if one.kept), None)
        if kept is not None:
            return self._failed(now, upgrade, kept)
        self._dismiss(now, pool, upgrade)
        new = [machines[n] for n in upgrade.new]
        if not old and len(new) == len(upgrade.old) and all(is_ready(one, read) for one in new):
            upgrade.state, upgrade.ended_at = "done", now
            return NOTHING
        wake = self._launch(now, pool, upgrade, len(old))
        self._let_go(now, upgrade, old, new, read)
        return Plan(wake_at=wake)

    def _failed(self, now: int, upgrade: Upgrade, kept: Machine) -> Plan:
        upgrade.state, upgrade.ended_at = "failed", now
        upgrade.failure = f"PodEvictionFailure: {kept.name}: {kept.kept}"
        return NOTHING

    def _dismiss(self, now: int, pool: Pool, upgrade: Upgrade) -> None:
        """Forget the machines that the provider did not have, and those that went otherwise."""
        machines = self._world.fleet.machines
        for name in list(upgrade.new):
            machine = machines.get(name)
            if machine is None or machine.retired_at is not None:
                upgrade.new.remove(name)

    def _launch(self, now: int, pool: Pool, upgrade: Upgrade, old: int) -> int | None:
        """Ask for the machines that may come now; return when to ask again, if in vain."""
        wanted, fleet = len(upgrade.old), self._world.fleet
        upgrade.waits_for = ""
        while len(upgrade.new) < wanted and old + len(upgrade.new) < wanted + upgrade.surge:
            zone = upgrade.zones[len(upgrade.new)]
            if fleet.obstacle(pool, zone):
                zone = fleet.zone_for(pool)
            upgrade.waits_for = fleet.obstacle(pool, zone)
            if upgrade.waits_for:
                return now + _ASKED_AGAIN
            made = self._world.launch(pool, zone, now, by=UPGRADE, cause=upgrade.cause)
            upgrade.new.append(made.name)
        return None

    def _let_go(
        self, now: int, upgrade: Upgrade, old: list[Machine], new: list[Machine], read: Reader
    ) -> None:
        """Begin to drain as many old machines as may be missing."""
        least = len(upgrade.old) - upgrade.unavailable
        ready = sum(is_ready(one, read) for one in new)
        staying = [one for one in old if one.leaving is None]
        while staying and ready + len(staying) - 1 >= least:
            until = now + upgrade.timeout
            self._world.let_go(staying.pop(0), Leaving(UPGRADE, now, until, upgrade.force))


def controller(world: World) -> Controller:
    """Return the loop. Whoever begins an upgrade, or gives a machine back, marks its key."""
    loop = Upgrading(world)
    return Controller(
        name=POOL_UPGRADE,
        component="node-pool-manager",
        watches={NODES: loop.of_node},
        reconcile=loop.reconcile,
        actor="node-pool-manager",
    )
