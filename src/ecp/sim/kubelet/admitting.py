"""Taking a pod on: room on the node, volumes, sandbox, address.

Source: kubernetes pkg/kubelet/lifecycle/predicate.go, pkg/kubelet/volumemanager,
pkg/util/goroutinemap/exponentialbackoff, the CNI plug-in host-local.
"""

from hashlib import sha256
from typing import TYPE_CHECKING

from ecp.kube import kinds
from ecp.sim.kubelet import disk, fitting, hostpaths, volumes
from ecp.sim.kubelet.pressure import margin
from ecp.sim.kubelet.status import REJECTED
from ecp.sim.kubelet.template import Reference
from ecp.sim.kubelet.timing import draw
from ecp.sim.world.usage import SYSTEM

if TYPE_CHECKING:
    from ecp.sim.kubelet.loop import PodLoop


WARNING = "Warning"
_SECOND = 1_000_000_000
_NO_KEY = {
    kinds.CONFIGMAPS: "configmap references non-existent config key",
    kinds.SECRETS: "references non-existent secret key",
}
MOST_MEMORY = "most memory"
"""What a pod can take of its node's memory (bytes), beside what it asks for."""


def take_on(loop: "PodLoop", now: int) -> None:
    """Admit the pod: the node must have room for it."""
    run = loop.run
    for complaint in loop.template.complaints if not run.order else ():
        loop.event(WARNING, "InvalidAnnotation", complaint)
    refusal = fitting.judge(loop)
    if refusal is None and next(fitting.lacking(loop), None) is not None:
        refusal = fitting.make_room(loop)
        if refusal is None:
            loop.later(now + _SECOND, "door")
            return
    if refusal is not None:
        _refuse(loop, refusal)
        return
    used = loop.machine.used
    for resource, amount in loop.template.requests.items():
        used[resource] = used.get(resource, 0) + amount
    run.used = dict(loop.template.requests)
    _weigh(loop)
    run.started_at = now
    run.dirty = True
    if loop.template.deadline is not None:
        loop.later(now + loop.template.deadline, "deadline")
    mount(loop, now)


def _weigh(loop: "PodLoop") -> None:
    """Note whether the node's memory can run out now that it has this pod."""
    run, machine, most = loop.run, loop.machine, loop.template.most_memory
    if loop.template.disk is not None:
        run.writes = machine.writes = True
    run.loose = most is None or any(
        one.memory_limit is None for one in loop.template.containers if one.role != "init"
    )
    held = machine.used.get(MOST_MEMORY, 0) + (most or 0) + SYSTEM.memory_of_pod
    machine.used[MOST_MEMORY] = held
    run.used[MOST_MEMORY] = (most or 0) + SYSTEM.memory_of_pod
    if most is None or held + SYSTEM.memory > loop.node.memory - margin(
        loop.eviction, loop.node.memory
    ):
        machine.tight = True


def _refuse(loop: "PodLoop", refusal: fitting.Refusal) -> None:
    loop.event(WARNING, refusal.reason, refusal.message)
    loop.run.started_at = loop.now
    loop.run.end = ["Failed", refusal.reason, f"{REJECTED}{refusal.message}"]
    loop.run.dirty = True


def mount(loop: "PodLoop", at: int) -> None:
    """Set the volumes up, or find that one cannot be."""
    run = loop.run
    lacking = _unmounted(loop)
    if not lacking:
        wanting = volumes.look(loop)
        if wanting is not None:
            volumes.wait(loop, at, wanting, over=False)
            return
        if run.failures:
            run.failures = 0
            run.agenda[:] = [row for row in run.agenda if row[2] != "impatient"]
        loop.world.wait_for(run, [])
        if run.volumes:
            at += draw(loop.timing.mount, loop.chance, f"mount/{run.uid}", run.order)
        run.probed_from = at
        wait = draw(loop.timing.sandbox, loop.chance, f"sandbox/{run.uid}", run.order)
        loop.later(at + wait, "sandbox")
        return
    for volume, message in lacking.items():
        said = f'MountVolume.SetUp failed for volume "{volume}" : {message}'
        loop.event(WARNING, "FailedMount", said)
    if not any(row[2] == "impatient" for row in run.agenda):
        loop.later(at + volumes.PATIENCE, "impatient")
    timing = loop.timing
    wait = min(timing.mount_backoff << min(run.failures, 20), timing.mount_backoff_max)
    run.failures += 1
    loop.later(at + wait, "mount")


def _unmounted(loop: "PodLoop") -> dict[str, str]:
    """Return the volumes that cannot be set up, each with the kubelet's words.

    Source: kubernetes pkg/volume/{configmap/configmap,secret/secret,projected/projected}.go.
    """
    found: dict[str, list[str]] = {}
    told: dict[tuple[str, str, str], None] = {}
    for need in loop.template.mounts:
        lacks = missing(loop, (need,))
        source = (need.volume, need.resource, need.name)
        if lacks is not None and source not in told:
            told[source] = None
            found.setdefault(need.volume, []).append(lacks[1])
    path = hostpaths.missing(loop)
    if path is not None:
        found.setdefault(path[0].volume, []).append(path[1])
    return {
        name: words[0] if len(words) == 1 else f"[{', '.join(words)}]"
        for name, words in found.items()
    }


def impatient(loop: "PodLoop", at: int) -> None:
    """The volumes of a pod could not be set up in time: say which, and give it as long again."""
    lacking = _unmounted(loop)
    if loop.run.sandbox or not lacking:
        return
    volumes.complain(loop, sorted(lacking), [], [], volumes.TOO_LATE)
    loop.later(at + volumes.pause(loop, at) + volumes.PATIENCE, "impatient")


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
            if need.volume:
                return need, f"{_NO_KEY[need.resource]}: {need.key}"
            kind = "ConfigMap" if need.resource == kinds.CONFIGMAPS else "Secret"
            return need, f"couldn't find key {need.key} in {kind} {namespace}/{need.name}"
    return None


def _handler_lacking(loop: "PodLoop") -> str:
    """Return why no sandbox can be made with the pod's RuntimeClass, "" = one can."""
    name = loop.template.runtime_class
    if not name:
        return ""
    found = loop.read.get(kinds.RUNTIMECLASSES, "", name)
    if found is None:
        return f'runtimeclass.node.k8s.io "{name}" not found'
    if found["handler"] in loop.node.handlers:
        return ""
    tried = sha256(f"sandbox/{loop.run.uid}/{loop.run.order}".encode()).hexdigest()
    return (
        f'rpc error: code = Unknown desc = unable to get OCI runtime for sandbox "{tried}": '
        f'no runtime for "{found["handler"]}" is configured'
    )


def sandbox(loop: "PodLoop", at: int) -> None:
    """The pod's network namespace stands: it has its address."""
    run = loop.run
    lacking = _handler_lacking(loop) or _take_address(loop)
    if lacking:
        loop.event(WARNING, "FailedCreatePodSandBox", f"Failed to create pod sandbox: {lacking}")
        run.failures += 1
        unit = loop.chance.unit(f"sandboxed/{run.uid}", run.failures)
        often = run.failures < loop.timing.event_burst
        wait = loop.timing.backoff if often else loop.timing.event_refill
        loop.later(at + wait + int(wait * unit / 2) // 1_000_000 * 1_000_000, "sandbox")
        return
    run.sandbox = True
    disk.look(loop, at)
    loop.sync(at)
    # A short wait for the image is over before anybody could read about it.
    patience = at + loop.timing.unsaid_pull
    agenda = run.agenda
    if agenda and agenda[0][0] > patience and any(c.doing == "pull" for c in run.containers):
        run.dirty = True


def _take_address(loop: "PodLoop") -> str:
    """Give the pod its address; return the plug-in's words where the node has none left.

    Source: the CNI plug-in host-local (backend/allocator), which goes round; the first address of
    the node's network is its bridge's own.
    """
    run, machine, network = loop.run, loop.machine, loop.node.network
    if loop.template.host_network or network is None:
        run.ip = loop.node.address if loop.template.host_network else ""
        return ""
    base, size = network
    for _ in range(size - 3):
        machine.next_ip = machine.next_ip % (size - 3) + 1
        address = _dotted(base + 1 + machine.next_ip)
        if address not in machine.ips:
            machine.ips[address] = run.uid
            run.ip = address
            return ""
    made_up = sha256(f"sandbox/{run.uid}/{run.failures}".encode()).hexdigest()
    return (
        "rpc error: code = Unknown desc = failed to setup network for sandbox "
        f'"{made_up}": plugin type="bridge" failed (add): failed to allocate for range 0: no IP '
        f"addresses available in range set: {_dotted(base + 1)}-{_dotted(base + size - 2)}"
    )


def _dotted(address: int) -> str:
    return f"{address >> 24}.{address >> 16 & 255}.{address >> 8 & 255}.{address & 255}"
