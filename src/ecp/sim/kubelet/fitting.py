"""What a kubelet asks before it takes a pod on, in its order and its words.

Pods that the scheduler placed pass; those that name their node, and those of a node that changed
meanwhile, may not. For a critical pod that lacks nothing but room others are ended.
Source: kubernetes pkg/kubelet/lifecycle/predicate.go, pkg/kubelet/sysctl,
pkg/kubelet/cm/devicemanager/manager.go, pkg/scheduler/eventhandlers.go (AdmissionCheck),
framework/plugins/noderesources/fit.go.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ecp.kube import kinds, quantity
from ecp.kube.nodes import HostPort, NodeWish, host_ports, ports_clash, tolerates, wish_of
from ecp.sim.kubelet import preempting
from ecp.sim.store import Obj

if TYPE_CHECKING:
    from ecp.sim.kubelet.loop import PodLoop

_IPC: Final = "IPC"
_NETWORK: Final = "Net"
# Source: pkg/kubelet/sysctl/safe_sysctls.go, component-helpers node/util/sysctl (namespaces).
_SYSCTLS: Final[Mapping[str, str]] = {
    "kernel.shm_rmid_forced": _IPC,
    **dict.fromkeys(
        (
            f"net.ipv4.{name}"
            for name in (
                "ip_local_port_range", "tcp_syncookies", "ping_group_range",
                "ip_unprivileged_port_start", "ip_local_reserved_ports", "tcp_keepalive_time",
                "tcp_fin_timeout", "tcp_keepalive_intvl", "tcp_keepalive_probes", "tcp_rmem",
                "tcp_wmem",
            )
        ),
        _NETWORK,
    ),
}  # fmt: skip
_FIRST: Final = ("pods", "cpu", "memory", "ephemeral-storage")
_CRITICAL: Final = 2_000_000_000
_PRESSED: Final = {"key": "node.kubernetes.io/memory-pressure", "effect": "NoSchedule"}
_DEVICES: Final = "nvidia.com/"
"""Extended resources that a device plug-in gives out; of others a node only counts how many."""


class Refusal(NamedTuple):
    """Why a pod is not taken on."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Door:
    """What of a pod's spec the kubelet judges at its door, besides its requests.

    `sysctl` is its complaint about a sysctl, "" = none; `devices` what each container asks of a
    device plug-in. `wish` None = any node.
    """

    sysctl: str
    os: str
    wish: NodeWish | None
    ports: tuple[HostPort, ...]
    tolerations: Sequence[Mapping[str, Any]]
    devices: tuple[tuple[str, int], ...]


def door_of(pod: Obj) -> Door:
    """Read a pod's spec."""
    spec = pod["spec"]
    affinity = (spec.get("affinity") or {}).get("nodeAffinity")
    return Door(
        next(_bad_sysctls(spec), ""),
        (spec.get("os") or {}).get("name", "linux"),
        wish_of(spec) if spec.get("nodeSelector") or affinity else None,
        host_ports(spec),
        spec.get("tolerations") or (),
        tuple(_devices(spec)),
    )


def _bad_sysctls(spec: Obj) -> Iterator[str]:
    for row in (spec.get("securityContext") or {}).get("sysctls") or ():
        name = row["name"].replace("/", ".")
        space = _SYSCTLS.get(name)
        if space is None:
            yield f'"{name}" not allowlisted'
        elif spec.get("hostIPC" if space == _IPC else "hostNetwork"):
            yield f'"{name}" not allowed with host {space} enabled'


def _devices(spec: Obj) -> Iterator[tuple[str, int]]:
    for container in (*(spec.get("initContainers") or ()), *spec["containers"]):
        limits = (container.get("resources") or {}).get("limits") or {}
        for resource in sorted(limits):
            if resource.startswith(_DEVICES):
                yield resource, quantity.value(limits[resource])


def judge(loop: "PodLoop") -> Refusal | None:
    """Return why the node does not take the pod on, None: it does."""
    door, node = loop.template.door, loop.node
    if loop.machine.shutdown:
        return Refusal("NodeShutdown", "Pod was rejected as the node is shutting down.")
    if loop.machine.pressed and not _bears_pressure(loop):
        said = " ".join(sorted(loop.machine.pressed))
        return Refusal("Evicted", f"The node had condition: [{said}]. ")
    if door.sysctl:
        return Refusal("SysctlForbidden", f"forbidden sysctl: {door.sysctl}")
    devices = _lacking_devices(loop)
    if devices:
        message = f"Allocate failed due to {devices}, which is unexpected"
        return Refusal("UnexpectedAdmissionError", message)
    if door.os != "linux":
        message = "Failed to admit pod as the OS field doesn't match node OS"
        return Refusal("PodOSNotSupported", message)
    critical = (loop.pod["spec"].get("priority") or 0) >= _CRITICAL
    short = None if critical else next(lacking(loop), None)
    if short is not None:
        return Refusal(f"OutOf{short.resource}", short.message)
    if door.wish is not None and not door.wish.admits(node.name, node.labels):
        return _predicate("NodeAffinity", "node(s) didn't match Pod's node affinity/selector")
    if door.ports and ports_clash(door.ports, _ports_in_use(loop)):
        return _predicate("NodePorts", "node(s) didn't have free ports for the requested pod ports")
    if any(not tolerates(door.tolerations, taint) for taint in node.expelling):
        return _predicate("TaintToleration", "node(s) had taints that the pod didn't tolerate")
    return None


def make_room(loop: "PodLoop") -> Refusal | None:
    """Let others end for a critical pod; None: it is to wait for them."""
    error = preempting.make_room(loop, list(lacking(loop)))
    if not error:
        return None
    return Refusal(
        "UnexpectedAdmissionError",
        "Unexpected error while attempting to recover from admission failure: preemption: error "
        f"finding a set of pods to preempt: {error}",
    )


def _bears_pressure(loop: "PodLoop") -> bool:
    """Whether a pod comes in though its node lacks something; memory alone is borne by many.

    Source: kubernetes pkg/kubelet/eviction/eviction_manager.go (Admit).
    """
    if (loop.pod["spec"].get("priority") or 0) >= _CRITICAL:
        return True
    return list(loop.machine.pressed) == ["MemoryPressure"] and (
        loop.pod["status"].get("qosClass") != "BestEffort"
        or tolerates(loop.template.door.tolerations, _PRESSED)
    )


def _predicate(name: str, why: str) -> Refusal:
    return Refusal(name, f"Predicate {name} failed: {why}")


class Shortage(NamedTuple):
    """A resource of which a node has too little for a pod; amounts in milli units."""

    resource: str
    asked: int
    used: int
    room: int

    @property
    def missing(self) -> int:
        """How much more would do."""
        return self.asked + self.used - self.room

    @property
    def message(self) -> str:
        """The kubelet's words."""
        unit = 1 if self.resource == "cpu" else 1000
        return (
            f"Node didn't have enough resource: {self.resource}, requested: {self.asked // unit}, "
            f"used: {self.used // unit}, capacity: {self.room // unit}"
        )


def lacking(loop: "PodLoop") -> Iterator[Shortage]:
    """Yield the resources of which the node has too little, in the kubelet's order."""
    asked = loop.template.requests
    for resource in (*_FIRST, *sorted(one for one in asked if one not in _FIRST)):
        amount, room = asked.get(resource, 0), loop.node.allocatable.get(resource)
        held = _held(loop, resource)
        if room is not None and amount and held + amount > room:
            yield Shortage(resource, amount, held, room)


def _held(loop: "PodLoop", resource: str) -> int:
    """Return what other pods hold of something (milli units)."""
    return loop.machine.used.get(resource, 0) - loop.run.used.get(resource, 0)


def _lacking_devices(loop: "PodLoop") -> str:
    left: dict[str, int] = {}
    for resource, needed in loop.template.door.devices:
        room = loop.node.allocatable.get(resource)
        if room is None:
            continue
        free = left.get(resource, (room - _held(loop, resource)) // 1000)
        if needed > free:
            return (
                f"requested number of devices unavailable for {resource}. "
                f"Requested: {needed}, Available: {max(free, 0)}"
            )
        left[resource] = free - needed
    return ""


def _ports_in_use(loop: "PodLoop") -> Iterator[HostPort]:
    """The ports that the pods hold which the kubelet has taken on."""
    world = loop.world
    for uid in loop.machine.pods:
        run = world.pods[uid]
        if run is loop.run or run.started_at is None or run.end is not None:
            continue
        pod = loop.read.get(kinds.PODS, *run.key)
        if pod is not None:
            yield from host_ports(pod["spec"])
