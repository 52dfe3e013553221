"""Images on a node's disk, and those that the kubelet drops to make room.

Every 5 min it looks: once the disk is full to 85 % it drops images that no container uses, the one
longest unused first, until it is to 80 %. Before it ends a pod for a full disk it drops them all.
Whoever wants one of them later pulls it again. Source: kubernetes
pkg/kubelet/images/image_gc_manager.go, pkg/kubelet/kubelet.go (StartGarbageCollection).
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from ecp.sim.kubelet.timing import timing
from ecp.sim.world import PodRun, World
from ecp.sim.world.records import NodeRun
from ecp.workloads.images import facts

PERIOD: Final = 300_000_000_000
"""Source: ImageGCPeriod, and how often images are looked for at all (image_gc_manager.go Start)."""
UNPACKED: Final = 3
"""Bytes on the disk for one that was downloaded. Assumed: containerd keeps a layer as it came
beside its files, which are twice as big (gzip over binaries and interpreters: 2 to 2.7)."""


def repository_of(image: str) -> str:
    """Return an image's name without tag and digest."""
    name = image.partition("@")[0]
    head, colon, tag = name.rpartition(":")
    return head if colon and "/" not in tag else name


class Stored(NamedTuple):
    """All images of a node: what they take of its disk, and what was downloaded (bytes)."""

    taken: int
    size: int


def on_disk(machine: NodeRun, now: int) -> Stored:
    """Return what the images take that are on the disk now."""
    own = 1_000_000 - timing().common_layers  # of another one of the same repository
    of: dict[str, list[int]] = {}
    for image, at in machine.images.items():
        if at <= now:
            of.setdefault(repository_of(image), []).append(facts(image).size)
    size = sum(max(sizes) + (sum(sizes) - max(sizes)) * own // 1_000_000 for sizes in of.values())
    return Stored(size * UNPACKED, size)


def grid(world: World, node: str, at: int) -> int:
    """Return the kubelet's first look at its images that is not before *at* (ns)."""
    phase = world.phase(f"images/{node}", PERIOD) // 1_000_000 * 1_000_000
    return -(-(at - phase) // PERIOD) * PERIOD + phase


def left(machine: NodeRun, run: PodRun, now: int) -> None:
    """Note when the images of a pod's containers were last used: it is gone."""
    for container in run.containers:
        if container.image:
            machine.image_left[container.image] = now


def unused(world: World, name: str, machine: NodeRun, now: int, *, ended: bool) -> list[str]:
    """Return the images that may be dropped, the one longest unused first.

    *ended*: those count, too, whose containers are all of pods that are over: these are cleared
    away first. Images that nobody had looked at are seen now for the first time.
    """
    used: set[str] = set()
    for uid in machine.pods:
        run = world.pods[uid]
        if not (ended and run.end is not None):
            used.update(one.image for one in run.containers if one.attempt)
    rows = []
    for image, pulled in machine.images.items():
        if pulled > now:
            continue
        first = min(grid(world, name, pulled), machine.image_seen.setdefault(image, now))
        machine.image_seen[image] = first
        if image not in used:
            last = grid(world, name, machine.image_left.get(image, 0) + 1) - PERIOD
            rows.append((last if last >= pulled else 0, first, image))
    return [image for _, _, image in sorted(rows)]


def drop(machine: NodeRun, images: Iterable[str], wanted: int | None, age: int, now: int) -> int:
    """Drop images until *wanted* bytes are free (None: all of them), none seen after *age* ago.

    Returns what that freed as the runtime counts it: what was downloaded of each.
    """
    freed = 0
    for image in images:
        if wanted is not None and freed >= wanted:
            break
        if now - machine.image_seen[image] < age:
            continue
        freed += facts(image).size
        for of_image in (machine.images, machine.image_seen, machine.image_left):
            of_image.pop(image, None)
    return freed


def insufficient(percent: int, capacity: int, freed: int) -> str:
    """Return the kubelet's words where that did not make room enough."""
    return (
        "Insufficient free disk space on the node's image filesystem "
        f"({percent}% of {_size(capacity)} used). Failed to free sufficient space by deleting "
        f"unused images (freed {freed} bytes). Investigate disk usage, as it could be used by "
        "active images, logs, volumes, or other data."
    )


def _size(amount: int) -> str:
    """Return bytes as people read them: "100.0 GiB"."""
    if amount < 1024:
        return f"{amount} B"
    step = min((amount.bit_length() - 1) // 10, 4)
    return f"{amount / (1 << 10 * step):.1f} {'KMGT'[step - 1]}iB"
