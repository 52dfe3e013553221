"""Node pools: on how many machines of which kind a tenant's pods find room.

Pods that need GPUs go to a pool of machines with that GPU, all others to one without, as taints
have it. A kind of machine is tried by first fit, the largest pods first, into what a node may be
filled with; the cheapest wins, at equal price the fewer machines. Nodes come in equal numbers for
each zone, since what is sized to lose a zone has to be spread over zones.
"""

import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ecp.workloads.fitting import Unsizable
from ecp.workloads.offers import Machine, Offer
from ecp.workloads.sizing import GIB, Sized

# Assumed: what of a machine the kubelet, the system and DaemonSets take (GKE and EKS reserve 1 to
# 6 % of the cores and 2 to 25 % of the memory; agents for logs and metrics come on top).
RESERVED_CPU, RESERVED_CPU_SHARE = 300, 0.03
RESERVED_MEMORY, RESERVED_MEMORY_SHARE = GIB, 0.05
# Assumed: how far a pool is filled in the busy hour. The rest is what a rollout adds for a while,
# and what is left over in pieces when the scheduler does not place as first fit does.
FULL = 0.85
MOST_PODS = 100
"""A node; a kubelet takes 110, some of them the system's."""
GENERAL = "general"


class Pod(NamedTuple):
    """What a pod asks for: millicores, bytes, GPUs."""

    cpu: int
    memory: int
    gpus: int


class Pool(NamedTuple):
    """Nodes of one kind: `nodes` for the busy hour, `most` where all autoscalers are at theirs."""

    name: str
    machine: Machine
    nodes: int
    most: int
    pods: int


class Room(NamedTuple):
    """What pods find on a machine: millicores, bytes, GPUs."""

    cpu: int
    memory: int
    gpus: int


def room_of(machine: Machine) -> Room:
    """Return what is left of a machine for pods."""
    cpu = 1000 * machine.cores * (1 - RESERVED_CPU_SHARE) - RESERVED_CPU
    memory = machine.memory * (1 - RESERVED_MEMORY_SHARE) - RESERVED_MEMORY
    return Room(int(cpu), int(memory), machine.gpus)


def pools(rows: Iterable[Sized], gpu_type: str, offer: Offer, zones: int) -> tuple[Pool, ...]:
    """Return the node pools for some workloads, GPUs last.

    Raises Unsizable where no machine of the offer is large enough, or none has such a GPU.
    """
    found: list[Pool] = []
    rows = list(rows)
    for kind in ("", gpu_type):
        mine = [row for row in rows if bool(row.gpus) == bool(kind)]
        if mine and (kind or not found):
            found.append(_pool(mine, kind, offer, zones))
    return tuple(found)


def _pool(rows: list[Sized], kind: str, offer: Offer, zones: int) -> Pool:
    now = _pods({row.workload: row.replicas for row in rows}, rows)
    later = _pods({row.workload: row.most for row in rows}, rows)
    best: tuple[float, int, Pool] | None = None
    for machine in offer.machines:
        if machine.gpu != kind:
            continue
        count = _nodes(now, machine, zones)
        if count is None:
            continue
        most = _nodes(later, machine, zones) if later != now else count
        assert most is not None
        name = f"gpu-{kind}" if kind else GENERAL
        pool = Pool(name, machine, count, max(count, most), len(now))
        price = (count * machine.monthly, count)
        if best is None or price < best[:2]:
            best = (*price, pool)
    if best is None:
        raise Unsizable(
            "sizing.no-machine", provider=offer.provider, gpu=kind or "-",
            cpu=f"{max(pod.cpu for pod in now) / 1000:g}",
            memory=f"{max(pod.memory for pod in now) / GIB:.0f}",
        )  # fmt: skip
    return best[2]


def _pods(counts: Mapping[str, int], rows: Iterable[Sized]) -> list[Pod]:
    """Return the pods, the largest first."""
    pods = [Pod(row.cpu, row.memory, row.gpus) for row in rows for _ in range(counts[row.workload])]
    return sorted(pods, key=lambda pod: (-pod.gpus, -pod.cpu, -pod.memory))


def _nodes(pods: list[Pod], machine: Machine, zones: int) -> int | None:
    """Return how many machines hold the pods, as many in each zone; None where one is too small."""
    room = room_of(machine)
    # One pod may have a machine to itself.
    largest = Room(max(p.cpu for p in pods), max(p.memory for p in pods), pods[0].gpus)
    if any(asked > has for asked, has in zip(largest, room, strict=True)):
        return None
    cpu = max(int(room.cpu * FULL), largest.cpu)
    memory = max(int(room.memory * FULL), largest.memory)
    nodes: list[list[int]] = []
    for pod in pods:
        for node in nodes:
            fits = node[0] >= pod.cpu and node[1] >= pod.memory and node[2] >= pod.gpus
            if fits and node[3] > 0:
                break
        else:
            node = [cpu, memory, room.gpus, MOST_PODS]
            nodes.append(node)
        node[0] -= pod.cpu
        node[1] -= pod.memory
        node[2] -= pod.gpus
        node[3] -= 1
    return math.ceil(len(nodes) / zones) * zones
