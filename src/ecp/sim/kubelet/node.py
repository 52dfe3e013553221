"""Nodes as their kubelets report them: object, status, heartbeats, lease.

Heartbeats are computed when somebody reads; nothing is written while all is well.
Source: kubernetes pkg/kubelet/nodestatus/setters.go, pkg/kubelet/kubelet_node_status.go,
component-helpers/apimachinery/lease.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Protocol

from ecp.kube import kinds, quantity
from ecp.kube.patch import fieldset
from ecp.kube.patch.apply import Owner
from ecp.kube.times import nanoseconds, rfc3339, rfc3339_micro
from ecp.sim.plans import NOTHING, Controller, EventNote, Plan, Reader, Update
from ecp.sim.store import Change, Key, Obj
from ecp.sim.world.fleet import Machine
from ecp.sim.world.world import HEARTBEAT_PERIOD, NODE_KUBELET, World
from ecp.workloads.images import facts, image_id

STATUS_PERIOD = 300_000_000_000
"""An unchanged node status is reported every 5 min (ns). Source: nodeStatusReportFrequency."""

LEASE_SECONDS = 40
GPU = "nvidia.com/gpu"

PATHS = "sim.ecp-ai.io/paths"
"""Annotation of a Node: paths on its disk, beside those that every node has."""

# Those of nodedeclaredfeatures/features/registry.go whose gates are on in 1.36.
_FEATURES = (
    "ExtendWebSocketsToKubelet",
    "InPlacePodLevelResourcesVerticalScaling",
    "InPlacePodVerticalScalingInitContainers",
    "RestartAllContainersOnContainerExits",
)
# What runc can under containerd 2.1.
_CAN = {"recursiveReadOnlyMounts": True, "userNamespaces": True}
_HANDLERS = frozenset(("", "runc"))
_EVICTION_MEMORY = 100 * 1024 * 1024  # evictionHard memory.available
_MAX_IMAGES = 50  # nodeStatusMaxImages


class NodeRow(Protocol):
    """What must be known of a machine; quantities as Kubernetes writes them."""

    @property
    def name(self) -> str: ...
    @property
    def address(self) -> str: ...
    @property
    def cpu(self) -> str: ...
    @property
    def memory(self) -> str: ...
    @property
    def storage(self) -> str: ...
    @property
    def pods(self) -> int: ...
    @property
    def gpus(self) -> int: ...
    @property
    def zone(self) -> str: ...
    @property
    def region(self) -> str: ...
    @property
    def pod_cidr(self) -> str: ...
    @property
    def labels(self) -> dict[str, str]: ...
    @property
    def taints(self) -> tuple[Obj, ...]: ...
    @property
    def version(self) -> str: ...
    @property
    def devices(self) -> Mapping[str, int]: ...


# type, status, reason, message of a node that is well
WELL = (
    (
        "MemoryPressure",
        "False",
        "KubeletHasSufficientMemory",
        "kubelet has sufficient memory available",
    ),
    ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
)


def node_object(row: NodeRow, now: int) -> Obj:
    """Return the Node object of a machine that has just joined."""
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": row.name,
            "creationTimestamp": rfc3339(now),
            "labels": {
                "beta.kubernetes.io/arch": "amd64",
                "beta.kubernetes.io/os": "linux",
                "kubernetes.io/arch": "amd64",
                "kubernetes.io/hostname": row.name,
                "kubernetes.io/os": "linux",
                "topology.kubernetes.io/region": row.region,
                "topology.kubernetes.io/zone": row.zone,
                **row.labels,
            },
            "annotations": {
                "node.alpha.kubernetes.io/ttl": "0",
                "volumes.kubernetes.io/controller-managed-attach-detach": "true",
            },
        },
        "spec": {
            "podCIDR": row.pod_cidr,
            "podCIDRs": [row.pod_cidr],
            **({"taints": [dict(taint) for taint in row.taints]} if row.taints else {}),
        },
        "status": node_status(row, now),
    }


def node_owners(node: Obj) -> tuple[Owner, ...]:
    """Return who owns a Node that has just joined: its kubelet, but for what controllers gave."""
    stamp = node["metadata"]["creationTimestamp"]
    spec = node.get("spec") or {}
    given: list[fieldset.Path] = [("f:metadata", "f:annotations", "f:node.alpha.kubernetes.io/ttl")]
    for cidr in spec.get("podCIDRs") or ():
        given += [
            ("f:spec", "f:podCIDR"),
            ("f:spec", "f:podCIDRs"),
            ("f:spec", "f:podCIDRs", f'v:"{cidr}"'),
        ]
    return (
        Owner("kube-controller-manager", "Update", "v1", stamp, "", fieldset.of(*given)),
        Owner("kubelet", "Update", "v1", stamp, "", None),
        Owner("kubelet", "Update", "v1", stamp, "status", None),
    )


def node_status(row: NodeRow, now: int) -> Obj:
    """Return the status a healthy kubelet reports of its machine."""
    memory, storage = quantity.value(row.memory), quantity.value(row.storage)
    capacity = {
        "cpu": quantity.canonical(row.cpu),
        "ephemeral-storage": f"{storage // 1024}Ki",
        "hugepages-1Gi": "0",
        "hugepages-2Mi": "0",
        "memory": f"{memory // 1024}Ki",
        "pods": str(row.pods),
    }
    allocatable = {
        **capacity,
        # evictionHard keeps 10 % of the disk and 100 Mi of memory back.
        "ephemeral-storage": str(storage * 9 // 10),
        "memory": f"{(memory - _EVICTION_MEMORY) // 1024}Ki",
    }
    for name, count in row.devices.items():
        capacity[name] = allocatable[name] = str(count)
    handlers = ("", "nvidia", "runc") if row.devices else ("", "runc")
    return {
        "addresses": [
            {"type": "InternalIP", "address": row.address},
            {"type": "Hostname", "address": row.name},
        ],
        "allocatable": allocatable,
        "capacity": capacity,
        "conditions": [condition_of(*well, now) for well in WELL],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
        "declaredFeatures": list(_FEATURES),
        "features": {"supplementalGroupsPolicy": True},
        "nodeInfo": {
            "architecture": "amd64",
            "bootID": _made_up(row.name, "boot"),
            "containerRuntimeVersion": "containerd://2.1.4",
            "kernelVersion": "6.8.0-79-generic",
            "kubeProxyVersion": "",
            "kubeletVersion": row.version,
            "machineID": _made_up(row.name, "machine").replace("-", ""),
            "operatingSystem": "linux",
            "osImage": "Ubuntu 24.04.3 LTS",
            "systemUUID": _made_up(row.name, "system"),
        },
        "runtimeHandlers": [{"name": name, "features": dict(_CAN)} for name in handlers],
    }


def condition_of(kind: str, status: str, reason: str, message: str, now: int) -> Obj:
    """Return a condition as a kubelet writes it that sees it for the first time."""
    stamp = rfc3339(now)
    return {
        "type": kind,
        "status": status,
        "lastHeartbeatTime": stamp,
        "lastTransitionTime": stamp,
        "reason": reason,
        "message": message,
    }


def _made_up(name: str, what: str) -> str:
    """Return a machine's identifier: the same for the same name."""
    text = sha256(f"{what}/{name}".encode()).hexdigest()
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:32]}"


def with_heartbeat(node: Obj, world: World, now: int) -> Obj:
    """Return *node* as somebody reads it now: with the heartbeats and images of the moment."""
    name = node["metadata"]["name"]
    status = node.get("status") or {}
    conditions = []
    machine = world.nodes.get(name)
    last = now if machine is None or machine.stopped_at is None else machine.stopped_at
    beat = world.last_beat(f"status/{name}", last, STATUS_PERIOD)
    for condition in status.get("conditions") or ():
        stamp = condition.get("lastHeartbeatTime")
        if stamp is not None and nanoseconds(stamp) < beat:
            condition = {**condition, "lastHeartbeatTime": rfc3339(beat)}
        conditions.append(condition)
    images = [] if machine is None else node_images(machine.images, last)
    new = {**status, "conditions": conditions}
    if images:
        new["images"] = images
    return {**node, "status": new}


def node_images(cached: dict[str, int], now: int) -> list[Obj]:
    """Return status.images of what a node has on its disk now: biggest first, fifty at most."""
    rows = [
        {"names": [image_id(image), image], "sizeBytes": facts(image).size}
        for image, at in cached.items()
        if at <= now
    ]
    rows.sort(key=lambda row: (-row["sizeBytes"], row["names"]))  # type: ignore[operator]
    return rows[:_MAX_IMAGES]


def lease(node: Obj, world: World, now: int) -> Obj:
    """Return the node's Lease in kube-node-lease as somebody reads it now.

    It carries the node's own resourceVersion: renewals move none.
    """
    meta = node["metadata"]
    name = meta["name"]
    beat = world.heartbeat(name, now)
    if beat is None:
        beat = world.last_beat(name, now, HEARTBEAT_PERIOD)
    created = meta.get("creationTimestamp")
    if created is not None:
        beat = max(beat, nanoseconds(created))
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {
            "name": name,
            "namespace": "kube-node-lease",
            "uid": _made_up(f"{name}/{meta.get('uid', '')}", "lease"),
            "resourceVersion": meta.get("resourceVersion", ""),
            "creationTimestamp": created,
            "ownerReferences": [
                {"apiVersion": "v1", "kind": "Node", "name": name, "uid": meta.get("uid", "")}
            ],
        },
        "spec": {
            "holderIdentity": name,
            "leaseDurationSeconds": LEASE_SECONDS,
            "renewTime": rfc3339_micro(beat),
        },
    }


@dataclass(frozen=True, slots=True)
class NodeSeen:
    """What a kubelet needs of its own Node object.

    `network` is (first address as a number, how many); `allocatable` in milli units. `expelling`
    are its NoExecute taints, `handlers` what its runtime can run sandboxes with, `memory` and
    `storage` what it has, in bytes.
    """

    address: str
    network: tuple[int, int] | None
    allocatable: dict[str, int]
    name: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    expelling: tuple[Obj, ...] = ()
    handlers: frozenset[str] = _HANDLERS
    paths: tuple[str, ...] = ()
    memory: int = 0
    storage: int = 0


def see(node: Obj | None) -> NodeSeen:
    """Read a Node object; a pod may be bound to a node that nobody has registered."""
    if node is None:
        return NodeSeen("", None, {})
    status = node.get("status") or {}
    address = ""
    for row in status.get("addresses") or ():
        if row["type"] == "InternalIP":
            address = row["address"]
            break
    allocatable = {
        resource: quantity.milli(text)
        for resource, text in (status.get("allocatable") or {}).items()
    }
    meta, spec = node["metadata"], node.get("spec") or {}
    cidr = spec.get("podCIDR")
    handlers = {row.get("name") or "" for row in status.get("runtimeHandlers") or ()}
    if "nvidia.com/gpu" in allocatable:
        handlers.add("nvidia")  # its driver comes with the container toolkit
    paths = (meta.get("annotations") or {}).get(PATHS, "")
    return NodeSeen(
        address,
        _network(cidr) if cidr else None,
        allocatable,
        meta["name"],
        meta.get("labels") or {},
        tuple(one for one in spec.get("taints") or () if one.get("effect") == "NoExecute"),
        _HANDLERS | handlers,
        tuple(paths.replace(",", " ").split()),
        quantity.value((status.get("capacity") or {}).get("memory", 0)),
        quantity.value((status.get("capacity") or {}).get("ephemeral-storage", 0)),
    )


def _network(cidr: str) -> tuple[int, int] | None:
    """Return (first address as a number, how many); None for another family than IPv4."""
    if ":" in cidr:
        return None
    address, _, bits = cidr.partition("/")
    number = 0
    for part in address.split("."):
        number = number << 8 | int(part)
    return number, 1 << (32 - int(bits))


_CORDONED = "cordoned"  # the namespace part of a key that carries this news about a node
Join = Callable[[World, Machine, Obj | None, int], Plan]


def node_kubelet(world: World, join: Join | None = None) -> Controller:
    """Return the loop by which a kubelet that is back says that its node is well.

    *join* says what a kubelet does on a machine that has not joined wholly yet.
    """

    def keys(change: Change, read: Reader) -> tuple[Key, ...]:
        found = () if _is_well(change.object) else (change.key,)
        old = change.old
        if old is not None and _is_cordoned(old) != _is_cordoned(change.object):
            found = (*found, (_CORDONED, change.key[1]))
        return found

    def reconcile(now: int, key: Key, read: Reader) -> Plan:
        node = read.get(kinds.NODES, "", key[1])
        if key[0] == _CORDONED:
            return _told_cordon(node) if node is not None and world.node_is_up(key[1]) else NOTHING
        machine = world.fleet.machines.get(key[1])
        if join is not None and machine is not None and not machine.complete:
            return join(world, machine, node, now) if world.node_is_up(key[1]) else NOTHING
        if node is None or not world.node_is_up(key[1]):
            return NOTHING
        node, counted = _counted(node, world)
        if _is_well(node):
            return Plan((Update(kinds.NODES, node, "status"),)) if counted else NOTHING
        if world.node(key[1]).shutdown:
            return NOTHING
        status = node.get("status") or {}
        owned = {well[0]: well for well in WELL}
        conditions: list[Any] = []
        for condition in status.get("conditions") or ():
            well = owned.pop(condition["type"], None)
            if well is not None and condition["status"] != well[1]:
                condition = condition_of(*well, now)
            conditions.append(condition)
        conditions += [condition_of(*well, now) for well in owned.values()]
        name = key[1]
        reasons = [well[2] for well in WELL if well[0] != "Ready"]
        now_is = [f"NodeHas{reason.removeprefix('KubeletHas')}" for reason in reasons]
        events = (
            EventNote(node, "Normal", "Starting", "Starting kubelet."),
            *(
                EventNote(node, "Normal", reason, f"Node {name} status is now: {reason}")
                for reason in (*now_is, "NodeReady")
            ),
        )
        new = {**node, "status": {**status, "conditions": conditions}}
        return Plan((Update(kinds.NODES, new, "status"),), events)

    return Controller(
        name=NODE_KUBELET,
        component="kubelet",
        watches={kinds.NODES: keys},
        reconcile=reconcile,
        actor="kubelet",
        phase=2,
    )


def _counted(node: Obj, world: World) -> tuple[Obj, bool]:
    """Return *node* with the GPUs that are well as allocatable, and whether that is another number.

    Source: kubernetes pkg/kubelet/cm/devicemanager: an unhealthy device stays in the capacity.
    """
    lost = world.troubles.devices.get(node["metadata"]["name"])
    status = node.get("status") or {}
    capacity, allocatable = status.get("capacity") or {}, status.get("allocatable") or {}
    if lost is None or GPU not in capacity:
        return node, False
    left = str(max(int(capacity[GPU]) - lost, 0))
    if allocatable.get(GPU) == left:
        return node, False
    return {**node, "status": {**status, "allocatable": {**allocatable, GPU: left}}}, True


def _told_cordon(node: Obj) -> Plan:
    """Say that a node takes pods no more, or again. Source: recordNodeSchedulableEvent."""
    reason = "NodeNotSchedulable" if _is_cordoned(node) else "NodeSchedulable"
    text = f"Node {node['metadata']['name']} status is now: {reason}"
    return Plan(events=(EventNote(node, "Normal", reason, text),))


def _is_cordoned(node: Obj) -> bool:
    return bool((node.get("spec") or {}).get("unschedulable"))


def _is_well(node: Obj) -> bool:
    for condition in (node.get("status") or {}).get("conditions") or ():
        if condition["type"] == "Ready":
            return bool(condition["status"] == "True")
    return False
