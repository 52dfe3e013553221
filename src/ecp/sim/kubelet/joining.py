"""A machine that joins: its kubelet registers a Node, which becomes ready, which gets its devices.

Source: kubernetes pkg/kubelet/kubelet_node_status.go (tryRegisterWithAPIServer),
pkg/kubelet/nodestatus/setters.go (ReadyCondition), pkg/kubelet/cm/devicemanager: a device's
resource is in the status from the registration of its plug-in on.
"""

from ecp.kube import kinds
from ecp.sim.clusters.pools import NodeRow, row
from ecp.sim.kubelet.node import WELL, condition_of, node_object
from ecp.sim.plans import NOTHING, Action, Create, EventNote, Plan, Update
from ecp.sim.store import Obj
from ecp.sim.world import World
from ecp.sim.world.fleet import Machine

NO_NETWORK = (
    "Ready",
    "False",
    "KubeletNotReady",
    "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady "
    "message:Network plugin returns error: cni plugin not initialized",
)


def row_of(world: World, machine: Machine) -> NodeRow:
    """Return the node that a machine is."""
    fleet = world.fleet
    return row(fleet.model, fleet.pools[machine.pool].shape, machine)


def registered(node_row: NodeRow, now: int) -> Obj:
    """Return the Node as its kubelet posts it: no network yet, no devices, no addresses for pods.

    What controllers give (a podCIDR, the ttl) they give when they see it.
    """
    whole = node_object(node_row, now)
    status, spec = whole["status"], whole["spec"]
    wells = [one for one in status["conditions"] if one["type"] != "Ready"]
    for amounts in ("capacity", "allocatable"):
        given = {k: v for k, v in status[amounts].items() if k not in node_row.devices}
        status = {**status, amounts: given}
    annotations = {k: v for k, v in whole["metadata"]["annotations"].items() if "ttl" not in k}
    return {
        **whole,
        "metadata": {**whole["metadata"], "annotations": annotations},
        "spec": {k: v for k, v in spec.items() if not k.startswith("podCIDR")},
        "status": {**status, "conditions": [*wells, condition_of(*NO_NETWORK, now)]},
    }


def join(world: World, machine: Machine, node: Obj | None, now: int) -> Plan:
    """Return what a kubelet does at *now* on a machine that is not complete yet."""
    if machine.failure or machine.retired_at is not None:
        return NOTHING
    if node is None:
        if machine.registered:
            return NOTHING  # somebody deleted it; a kubelet registers when it starts
        if now < machine.registers_at:
            return Plan(wake_at=machine.registers_at)
        machine.registered = True
        made = registered(row_of(world, machine), now)
        return Plan((Create(kinds.NODES, made),), _started(made), machine.network_at)
    return _next(world, machine, node, now)


def _next(world: World, machine: Machine, node: Obj, now: int) -> Plan:
    """Return the step that is due on a registered Node: ready, then devices."""
    if now < machine.network_at:
        return Plan(wake_at=machine.network_at)
    status = node.get("status") or {}
    events: tuple[EventNote, ...] = ()
    ready = next((c for c in status.get("conditions") or () if c["type"] == "Ready"), None)
    if ready is None or ready["status"] != "True":
        well = condition_of(*WELL[-1], now)
        others = [c for c in status.get("conditions") or () if c is not ready]
        status = {**status, "conditions": [*others, well]}
        text = f"Node {machine.name} status is now: NodeReady"
        events = (EventNote(node, "Normal", "NodeReady", text),)
    due = machine.devices_at
    if due is not None and due <= now:
        given = {name: str(n) for name, n in row_of(world, machine).devices.items()}
        for amounts in ("capacity", "allocatable"):
            status = {**status, amounts: {**(status.get(amounts) or {}), **given}}
    machine.complete = due is None or due <= now
    actions: tuple[Action, ...] = ()
    if status != node.get("status"):
        actions = (Update(kinds.NODES, {**node, "status": status}, "status"),)
    return Plan(actions, events, None if machine.complete else due)


def _started(node: Obj) -> tuple[EventNote, ...]:
    """Return what a kubelet says when it starts: of its node it knows the name only, no uid."""
    name = node["metadata"]["name"]
    node = {**node, "metadata": {"name": name, "uid": name}}
    now_is = [f"NodeHas{one[2].removeprefix('KubeletHas')}" for one in WELL[:-1]]
    return (
        EventNote(node, "Normal", "Starting", "Starting kubelet."),
        *(
            EventNote(node, "Normal", reason, f"Node {name} status is now: {reason}")
            for reason in now_is
        ),
        EventNote(
            node,
            "Normal",
            "NodeAllocatableEnforced",
            "Updated Node Allocatable limit across pods",
        ),
    )
