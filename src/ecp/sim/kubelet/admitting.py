"""Taking a pod on: room on the node, volumes, sandbox, address.

Source: kubernetes pkg/kubelet/lifecycle/predicate.go, pkg/kubelet/volumemanager,
pkg/util/goroutinemap/exponentialbackoff, the CNI plug-in host-local.
"""

from typing import TYPE_CHECKING

from ecp.kube import kinds
from ecp.sim.kubelet import volumes
from ecp.sim.kubelet.template import Reference
from ecp.sim.kubelet.timing import draw

if TYPE_CHECKING:
    from ecp.sim.kubelet.loop import PodLoop


WARNING = "Warning"


def take_on(loop: "PodLoop", now: int) -> None:
    """Admit the pod: the node must have room for it."""
    run = loop.run
    for complaint in loop.template.complaints:
        loop.event(WARNING, "InvalidAnnotation", complaint)
    used = loop.machine.used
    for resource, amount in loop.template.requests.items():
        room = loop.node.allocatable.get(resource)
        if room is None or not amount:
            continue
        held = used.get(resource, 0)
        if held + amount > room:
            _refuse(loop, resource, amount, held, room)
            return
    for resource, amount in loop.template.requests.items():
        used[resource] = used.get(resource, 0) + amount
    run.used = dict(loop.template.requests)
    run.started_at = now
    run.dirty = True
    if loop.template.deadline is not None:
        loop.later(now + loop.template.deadline, "deadline")
    mount(loop, now)


def _refuse(loop: "PodLoop", resource: str, amount: int, held: int, room: int) -> None:
    if resource != "cpu":
        amount, held, room = amount // 1000, held // 1000, room // 1000
    reason = f"OutOf{resource}"
    message = (
        f"Pod was rejected: Node didn't have enough resource: {resource}, requested: "
        f"{amount}, used: {held}, capacity: {room}"
    )
    loop.event(WARNING, reason, message.removeprefix("Pod was rejected: "))
    loop.run.started_at = loop.now
    loop.run.end = ["Failed", reason, message]
    loop.run.dirty = True


def mount(loop: "PodLoop", at: int) -> None:
    """Set the volumes up, or find that one cannot be."""
    run = loop.run
    lacking = missing(loop, loop.template.mounts)
    if lacking is None:
        wanting = volumes.look(loop)
        if wanting is not None:
            volumes.wait(loop, at, wanting, over=False)
            return
        run.failures = 0
        loop.world.wait_for(run, [])
        if run.volumes:
            at += draw(loop.timing.mount, loop.chance, f"mount/{run.uid}", run.order)
        run.probed_from = at
        wait = draw(loop.timing.sandbox, loop.chance, f"sandbox/{run.uid}", run.order)
        loop.later(at + wait, "sandbox")
        return
    reference, message = lacking
    loop.event(
        WARNING,
        "FailedMount",
        f'MountVolume.SetUp failed for volume "{reference.volume}" : {message}',
    )
    timing = loop.timing
    wait = min(timing.mount_backoff << min(run.failures, 20), timing.mount_backoff_max)
    run.failures += 1
    loop.later(at + wait, "mount")


def out_of_patience(loop: "PodLoop", at: int) -> None:
    """The volumes were not there in time: say so, and look again."""
    wanting = volumes.look(loop)
    if wanting is None:
        mount(loop, at)
    else:
        volumes.wait(loop, at, wanting, over=True)


def mount_again(loop: "PodLoop", now: int) -> None:
    """Something that the volumes wait for has changed."""
    if loop.run.sandbox or volumes.look(loop) is not None:
        return
    agenda = loop.run.agenda
    waiting = [row for row in agenda if row[2] == "volumes"]
    if waiting:
        agenda.remove(waiting[0])
        mount(loop, now)


def missing(loop: "PodLoop", needs: tuple[Reference, ...]) -> tuple[Reference, str] | None:
    """Return the first needed object or key that is not there, with the kubelet's words."""
    namespace = loop.run.key[0]
    for need in needs:
        obj = loop.read.get(need.resource, namespace, need.name)
        word = "configmap" if need.resource == kinds.CONFIGMAPS else "secret"
        if obj is None:
            return need, f'{word} "{need.name}" not found'
        if need.key and need.key not in {
            **(obj.get("data") or {}),
            **(obj.get("binaryData") or {}),
        }:
            kind = "ConfigMap" if need.resource == kinds.CONFIGMAPS else "Secret"
            return need, f"couldn't find key {need.key} in {kind} {namespace}/{need.name}"
    return None


def sandbox(loop: "PodLoop", at: int) -> None:
    """The pod's network namespace stands: it has its address."""
    run = loop.run
    run.sandbox = True
    run.ip = loop.node.address if loop.template.host_network else _address(loop)
    loop.sync(at)
    # A short wait for the image is over before anybody could read about it.
    patience = at + loop.timing.unsaid_pull
    agenda = run.agenda
    if agenda and agenda[0][0] > patience and any(c.doing == "pull" for c in run.containers):
        run.dirty = True


def _address(loop: "PodLoop") -> str:
    """Take the next free address of the node, going round as host-local IPAM does."""
    machine, network = loop.machine, loop.node.network
    if network is None:
        return ""
    base, size = network
    for _ in range(size):
        machine.next_ip = machine.next_ip % (size - 3) + 1
        address = _dotted(base + 1 + machine.next_ip)
        if address not in machine.ips:
            machine.ips[address] = loop.run.uid
            return address
    return ""


def _dotted(address: int) -> str:
    return f"{address >> 24}.{address >> 16 & 255}.{address >> 8 & 255}.{address & 255}"
