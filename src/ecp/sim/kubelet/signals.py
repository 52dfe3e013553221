"""What a kubelet sees of its node before it ends pods: memory, disk, files and processes.

Of each it knows what the node has, what is taken, and what that gains an hour, so that the instant
at which something runs out is known beforehand. Images lie on the node's own disk: a share of what
they are unpacked to, and the layers as they came. What pods write is what annotations say (`disk`).
Source: kubernetes pkg/kubelet/eviction/helpers.go (makeSignalObservations).
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from ecp.kube import quantity
from ecp.sim.clusters.eviction import DISK, FILES, MEMORY, PROCESSES
from ecp.sim.kubelet.images import on_disk
from ecp.sim.kubelet.writes import Disk
from ecp.sim.store import Obj
from ecp.sim.world import PodRun, World
from ecp.sim.world.records import NodeRun
from ecp.sim.world.usage import SYSTEM

HOUR: Final = 3_600_000_000_000
PAGE: Final = 4096
BARE: Final = 8 << 10
"""What a container takes of the disk that writes nothing: its empty layer and log (bytes).
Assumed: a directory and a file of ext4."""
SYSTEM_DISK: Final = 4 << 30
"""What a node's system, kubelet and runtime take of its disk (bytes). Assumed: Ubuntu 24.04 server
as a cloud image 2.5 GiB, kubelet and containerd 0.5 GiB, journals 1 GiB."""
SYSTEM_FILES: Final = 150_000
"""Assumed: files of such a system."""
BYTES_A_FILE: Final = 16 << 10
"""Bytes of a disk for each file that it can have. Source: e2fsprogs mke2fs.conf, inode_ratio."""
BYTES_AN_IMAGE_FILE: Final = 10_000
"""Downloaded bytes of an image for each of its files. Assumed: 20,000 files in one of 200 MB."""
SYSTEM_PROCESSES: Final = 300
PROCESSES_OF_POD: Final = 12
"""Assumed: tasks of such a system, and what a pod's shim and sandbox add."""
BYTES_A_PROCESS: Final = 128 << 10
MOST_PROCESSES: Final = 4_194_304
"""A node has room for as many processes as its kernel lets it: an eighth of its memory in stacks of
16 KiB, and never more than this. Source: linux kernel/fork.c (set_max_threads), kernel.pid_max."""

Writes = Callable[[PodRun], Disk | None]
"""What is known of what a pod writes, None: nothing."""


class Seen(NamedTuple):
    """What a node has of something, what of it is taken, and what that gains an hour."""

    capacity: int
    taken: int
    growth: int

    @property
    def available(self) -> int:
        """What is left, never less than nothing."""
        return max(self.capacity - self.taken, 0)

    def falls_below(self, least: int, now: int) -> int | None:
        """Return when (ns) less than *least* is left, None: never as things are."""
        left = self.capacity - self.taken - least
        if left < 0:
            return now
        return now + (left + 1) * HOUR // self.growth + 1 if self.growth > 0 else None


def memory_of(world: World, run: PodRun, now: int) -> list[tuple[str, int]]:
    """Return (container, bytes) of what runs in a pod."""
    alive = [one for one in run.containers if one.alive(now)]
    said = next((row[2] for row in reversed(run.usage) if row[0] <= now), None)
    asked = [one.takes.asks_memory if one.takes else 0 for one in alive]
    total = sum(asked)
    found = []
    for number, container in enumerate(alive):
        takes = container.takes
        if said is None:
            memory = takes.memory if takes is not None else 0
        elif total:
            memory = said * asked[number] // total
        else:
            memory = said if number == 0 else 0
        if takes is not None and takes.growth and container.started_at is not None:
            grown = max(0, now - container.started_at - takes.settles)
            memory += takes.growth * grown // HOUR
        if number == 0:
            memory += world.leaked(run, now)
        found.append((container.name, memory // PAGE * PAGE))
    return found


def disk_of(writes: Disk | None, run: PodRun, now: int) -> list[tuple[str, bool, int]]:
    """Return (container or emptyDir, whether it is one, bytes) of what a pod has written."""
    rows = writes.rows(run, now) if writes is not None else []
    found = [
        (one.name, one.volume, _blocks(one.base + one.growth * max(0, now - begin) // HOUR))
        for one, begin in rows
        if one.local
    ]
    said = {name for name, volume, _ in found if not volume}
    bare = [
        (one.name, False, BARE) for one in run.containers if one.alive(now) and one.name not in said
    ]
    return [*found, *bare]


def _blocks(amount: int) -> int:
    return -(-amount // PAGE) * PAGE


def takes_of(world: World, run: PodRun, writes: Disk | None, resource: str, now: int) -> int:
    """Return what a pod takes of something now."""
    if resource == MEMORY:
        return sum(amount for _, amount in memory_of(world, run, now))
    if resource == DISK:
        return sum(amount for _, _, amount in disk_of(writes, run, now))
    base, growth = _counted(writes, resource)
    begun = [one.started_at for one in run.containers if one.started_at and one.alive(now)]
    return base + growth * max(0, now - min(begun, default=now)) // HOUR


def _counted(writes: Disk | None, resource: str) -> tuple[int, int]:
    if writes is None:
        return 0, 0
    return writes.files if resource == FILES else writes.processes


def observe(
    world: World, machine: NodeRun, node: Obj, writes: Writes, now: int
) -> Mapping[str, Seen]:
    """Return what there is of each resource on a node."""
    capacity = (node.get("status") or {}).get("capacity") or {}
    memory = quantity.value(capacity.get(MEMORY, 0))
    disk = quantity.value(capacity.get(DISK, 0))
    stored = on_disk(machine, now)
    # What somebody else has written brings all that is taken to that share of the disk.
    share = world.troubles.filled.get((node.get("metadata") or {}).get("name", ""), 0)
    filled = max(disk * share // 100 - SYSTEM_DISK - stored.taken, 0)
    begun = SYSTEM_PROCESSES + PROCESSES_OF_POD * len(machine.pods)
    found = {
        MEMORY: [memory, SYSTEM.memory, 0],
        DISK: [disk, SYSTEM_DISK + stored.taken + filled, 0],
        FILES: [disk // BYTES_A_FILE, SYSTEM_FILES + stored.size // BYTES_AN_IMAGE_FILE, 0],
        PROCESSES: [min(memory // BYTES_A_PROCESS, MOST_PROCESSES), begun, 0],
    }
    for uid in machine.pods:
        run = world.pods[uid]
        held = memory_of(world, run, now)
        if not held:
            continue
        row = found[MEMORY]
        row[1] += SYSTEM.memory_of_pod + sum(amount for _, amount in held)
        row[2] += _growth(run, None, MEMORY, now)
        said = writes(run) if run.writes else None
        if said is None:
            continue
        for resource in (DISK, FILES, PROCESSES):
            found[resource][1] += takes_of(world, run, said, resource, now)
            found[resource][2] += _growth(run, said, resource, now)
    return {resource: Seen(*row) for resource, row in found.items()}


def _growth(run: PodRun, writes: Disk | None, resource: str, now: int) -> int:
    """Return what a pod's share gains an hour."""
    if resource == MEMORY:
        grows = sum(one.takes.growth for one in run.containers if one.takes and one.alive(now))
        return grows + (run.strain or {}).get("leak", 0) * 3600
    if writes is None:
        return 0
    if resource == DISK:
        return sum(one.growth for one, _ in writes.rows(run, now) if one.local)
    return _counted(writes, resource)[1]
