"""What a provider's controllers do with Nodes: addresses for those that come, an end for others.

Source: kubernetes pkg/controller/nodeipam/ipam/range_allocator.go, pkg/controller/ttl,
k8s.io/cloud-provider controllers/nodelifecycle/node_lifecycle_controller.go: every 5 s a node that
is not ready is looked up, and deleted where its machine is no more.
"""

from collections.abc import Iterable

from ecp.kube.kinds import NODES
from ecp.kube.pods import condition
from ecp.sim.clusters.pools import row
from ecp.sim.controllers.pools.grid import Grid
from ecp.sim.engine.chance import Chance
from ecp.sim.plans import NOTHING, Controller, Delete, EventNote, Plan, Reader, Update
from ecp.sim.store import Change, Key
from ecp.sim.store.store import ADDED
from ecp.sim.world import World
from ecp.sim.world.fleet import CLOUD_NODES

SECOND = 1_000_000_000
_MONITOR_PERIOD = 5 * SECOND
_PODS_GO = 60 * SECOND  # how often a machine that is gone is asked whether its pods are, too


def addresses(world: World) -> Controller:
    """Return the loop that gives the Node of a new machine its share of the pod network."""

    def of_node(change: Change, read: Reader) -> Iterable[Key]:
        new = change.type == ADDED and not (change.object.get("spec") or {}).get("podCIDR")
        return (change.key,) if new and change.key[1] in world.fleet.machines else ()

    def reconcile(now: int, key: Key, read: Reader) -> Plan:
        node, machine = read.get(NODES, *key), world.fleet.machines.get(key[1])
        if node is None or machine is None or (node.get("spec") or {}).get("podCIDR"):
            return NOTHING
        fleet, meta = world.fleet, node["metadata"]
        cidr = row(fleet.model, fleet.pools[machine.pool].shape, machine).pod_cidr
        annotations = {**(meta.get("annotations") or {}), "node.alpha.kubernetes.io/ttl": "0"}
        spec = {"podCIDR": cidr, "podCIDRs": [cidr], **(node.get("spec") or {})}
        new = {**node, "metadata": {**meta, "annotations": annotations}, "spec": spec}
        return Plan((Update(NODES, new),))

    return Controller(
        name="node-ipam", component="cidrAllocator", watches={NODES: of_node}, reconcile=reconcile
    )


def cloud_nodes(chance: Chance, world: World) -> Controller:
    """Return the loop that deletes the Nodes of machines that were given back."""
    grid = Grid(_MONITOR_PERIOD, chance, "cloud-node-lifecycle/phase")

    def of_node(change: Change, read: Reader) -> Iterable[Key]:
        return (change.key,) if world.fleet.is_gone(change.key[1]) else ()

    def reconcile(now: int, key: Key, read: Reader) -> Plan:
        name = key[1]
        if not world.fleet.is_gone(name):
            return NOTHING
        node = read.get(NODES, *key)
        if node is None:
            record = world.nodes.get(name)
            if record is not None and record.pods:
                return Plan(wake_at=now + _PODS_GO)
            world.forget_node(name)
            return NOTHING
        if (condition(node, "Ready") or {}).get("status") == "True":
            return NOTHING
        look = grid.at_or_after(now)
        if look != now:
            return Plan(wake_at=look)
        text = f"Deleting node {name} because it does not exist in the cloud provider"
        return Plan((Delete(NODES, key),), (EventNote(node, "Normal", "DeletingNode", text),))

    return Controller(
        name=CLOUD_NODES,
        component="cloud-node-lifecycle-controller",
        watches={NODES: of_node},
        reconcile=reconcile,
        actor="cloud-controller-manager",
    )
