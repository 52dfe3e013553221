"""Memory that runs out for a whole node before its kubelet looks: the kernel ends a container.

It takes the one with the highest score: the bytes it takes, moved by a thousandth of the node's
memory for each point of its oom_score_adj. All its processes go (memory.oom.group), and the runtime
says OOMKilled. Each container is taken for one process of which nothing is shared or swapped.
Source: kubernetes pkg/kubelet/qos/policy.go (GetContainerOOMScoreAdjust),
pkg/kubelet/oom/oom_watcher_linux.go; linux mm/oom_kill.c (oom_badness).
"""

from hashlib import sha256
from typing import Final

from ecp.kube import quantity, sizes
from ecp.sim.kubelet.images import repository_of
from ecp.sim.kubelet.signals import memory_of
from ecp.sim.plans import EventNote, Reader
from ecp.sim.store import Obj
from ecp.sim.world import PodRun, World
from ecp.sim.world.records import NodeRun
from ecp.sim.world.world import OOM_KILLED

GUARANTEED: Final = -997
BEST_EFFORT: Final = 1000
_NODE_CRITICAL: Final = "system-node-critical"
_NAME: Final = 15  # bytes that the kernel keeps of a process's name
_PIDS: Final = 4_000_000


def score_adjust(pod: Obj, name: str, capacity: int) -> int:
    """Return the oom_score_adj of a container of *pod* on a node with *capacity* bytes."""
    spec = pod["spec"]
    if spec.get("priorityClassName") == _NODE_CRITICAL:
        return GUARANTEED
    quality = (pod.get("status") or {}).get("qosClass")
    if quality in ("Guaranteed", "BestEffort"):
        return GUARANTEED if quality == "Guaranteed" else BEST_EFFORT
    mains, inits = spec["containers"], spec.get("initContainers") or ()
    own = {one["name"]: _asks(one) for one in (*mains, *inits)}
    share = 0
    whole = quantity.value(_asked(spec.get("resources")))
    if whole:
        bare = {key: value for key, value in spec.items() if key not in ("overhead", "resources")}
        share = (whole - sizes.requests(bare).get("memory", 0)) // len(own)
    adjust = _adjust(own.get(name, 0) + share, capacity)
    if any(one["name"] == name and one.get("restartPolicy") == "Always" for one in inits):
        adjust = min(adjust, _adjust(min(map(_asks, mains)) + share, capacity))
    return max(1000 + GUARANTEED, min(adjust, BEST_EFFORT - 1))


def _asked(resources: Obj | None) -> quantity.Quantity:
    found: quantity.Quantity = ((resources or {}).get("requests") or {}).get("memory", 0)
    return found


def _asks(container: Obj) -> int:
    return quantity.value(_asked(container.get("resources")))


def _adjust(asks: int, capacity: int) -> int:
    return 1000 - 1000 * asks // capacity


def kill(
    world: World, machine: NodeRun, node: Obj, lack: int, now: int, read: Reader
) -> list[EventNote]:
    """End containers until *lack* bytes more are free; return what the kubelet says of it."""
    capacity = quantity.value(node["status"]["capacity"]["memory"])
    events = []
    while lack > 0:
        rows = []
        for number, uid in enumerate(machine.pods):
            run = world.pods[uid]
            pod = read.get("pods", *run.key)
            if pod is None:
                continue
            for name, takes in memory_of(world, run, now):
                points = takes + score_adjust(pod, name, capacity) * capacity // 1000
                rows.append((-points, -number, name, takes, run))
        if not rows:
            break
        *_, name, takes, run = min(rows, key=lambda row: row[:3])
        lack -= takes
        if not world.crash(run.uid, name, 137, OOM_KILLED, now):
            break
        events.append(EventNote(node, "Warning", "SystemOOM", _said(run, name)))
    return events


def _said(run: PodRun, name: str) -> str:
    """Name the process by its image: what it was started as nobody knows."""
    container = next(one for one in run.containers if one.name == name)
    process = repository_of(container.image).rpartition("/")[2][:_NAME] or name[:_NAME]
    made_up = sha256(f"pid/{run.uid}/{name}/{container.attempt}".encode()).digest()
    pid = 1000 + int.from_bytes(made_up[:4], "big") % _PIDS
    return f"System OOM encountered, victim process: {process}, pid: {pid}"
