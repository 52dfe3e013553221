"""What a kubelet asks before it takes a pod on, in its order and its words.

Pods that the scheduler placed pass; those that name their node, and those of a node that changed
meanwhile, may not. A critical pod that lacks room is refused as any other (a real kubelet makes
room for it). Source: kubernetes pkg/kubelet/lifecycle/predicate.go, pkg/kubelet/sysctl,
pkg/kubelet/cm/devicemanager/manager.go, pkg/scheduler/eventhandlers.go (AdmissionCheck),
framework/plugins/noderesources/fit.go.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ecp.kube import kinds, quantity
from ecp.kube.nodes import HostPort, NodeWish, host_ports, ports_clash, tolerates, wish_of
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
    if loop.machine.pressed_at is not None and not _bears_pressure(loop):
        return Refusal("Evicted", "The node had condition: [MemoryPressure]. ")
    if door.sysctl:
        return Refusal("SysctlForbidden", f"forbidden sysctl: {door.sysctl}")
    lacking = _lacking_devices(loop)
    if lacking:
        message = f"Allocate failed due to {lacking}, which is unexpected"
        return Refusal("UnexpectedAdmissionError", message)
    if door.os != "linux":
        message = "Failed to admit pod as the OS field doesn't match node OS"
        return Refusal("PodOSNotSupported", message)
    short = lacking_room(loop)
    if short is not None:
        return Refusal(f"OutOf{short[0]}", short[1])
    if door.wish is not None and not door.wish.admits(node.name, node.labels):
        return _predicate("NodeAffinity", "node(s) didn't match Pod's node affinity/selector")
    if door.ports and ports_clash(door.ports, _ports_in_use(loop)):
        return _predicate("NodePorts", "node(s) didn't have free ports for the requested pod ports")
    if any(not tolerates(door.tolerations, taint) for taint in node.expelling):
        return _predicate("TaintToleration", "node(s) had taints that the pod didn't tolerate")
    return None


def _bears_pressure(loop: "PodLoop") -> bool:
    """Whether a pod comes in though its node lacks memory. Source: eviction_manager.go Admit."""
    spec = loop.pod["spec"]
    return (
        (spec.get("priority") or 0) >= _CRITICAL
        or loop.pod["status"].get("qosClass") != "BestEffort"
        or tolerates(loop.template.door.tolerations, _PRESSED)
    )


def _predicate(name: str, why: str) -> Refusal:
    return Refusal(name, f"Predicate {name} failed: {why}")


def lacking_room(loop: "PodLoop") -> tuple[str, str] | None:
    """Return (the first resource that the node has too little of, the kubelet's words)."""
    run, asked, used = loop.run, loop.template.requests, loop.machine.used
    for resource in (*_FIRST, *sorted(one for one in asked if one not in _FIRST)):
        amount, room = asked.get(resource, 0), loop.node.allocatable.get(resource)
        held = used.get(resource, 0) - run.used.get(resource, 0)
        if room is None or not amount or held + amount <= room:
            continue
        if resource != "cpu":
            amount, held, room = amount // 1000, held // 1000, room // 1000
        return resource, (
            f"Node didn't have enough resource: {resource}, requested: {amount}, used: {held}, "
            f"capacity: {room}"
        )
    return None


def _lacking_devices(loop: "PodLoop") -> str:
    left: dict[str, int] = {}
    for resource, needed in loop.template.door.devices:
        room = loop.node.allocatable.get(resource)
        if room is None:
            continue
        free = left.get(resource, (room - loop.machine.used.get(resource, 0)) // 1000)
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
