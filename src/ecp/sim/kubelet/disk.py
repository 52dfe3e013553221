"""What a pod writes on its node's disk, and that it is ended for more than it may.

A container writes what annotations say (`disk`, `disk-growth`), an emptyDir holds what they say
(`volume.{name}`, `volume-growth.{name}`); nothing else is known of. The kubelet looks every 10 s.
Source: kubernetes pkg/kubelet/eviction/eviction_manager.go (localStorageEviction).
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from ecp.sim.kubelet import images, pressure
from ecp.sim.kubelet.writes import Disk, Writer
from ecp.sim.world.world import PRESSURE_KUBELET

if TYPE_CHECKING:
    from ecp.sim.kubelet.loop import PodLoop

_HOUR: Final = 3_600_000_000_000


def look(loop: "PodLoop", at: int) -> None:
    """See to it that the kubelet looks when the first limit is passed."""
    disk = loop.template.disk
    if disk is None:
        return
    loop.world.touch(PRESSURE_KUBELET, ("", loop.run.node))
    times = [when for when, _ in _passed(loop, disk, at) if when is not None]
    if times:
        when = pressure.next_look(loop.world, loop.run.node, max(min(times), at + 1))
        if not any(row[0] == when and row[2] == "full" for row in loop.run.agenda):
            loop.later(when, "full")


def filled(loop: "PodLoop", at: int) -> None:
    """An image was pulled: see to it that the kubelet looks where it could fill the disk."""
    if loop.machine.writes or 2 * images.on_disk(loop.machine, at).taken > loop.node.storage:
        loop.world.touch(PRESSURE_KUBELET, ("", loop.run.node))


def full(loop: "PodLoop", at: int) -> None:
    """Look at what the pod has written; end it for the first limit that it passes."""
    disk, run = loop.template.disk, loop.run
    if disk is None or run.end is not None or run.terminating or run.verdict:
        return
    priority = loop.pod["spec"].get("priority") or 0
    for when, message in _passed(loop, disk, at):
        if when is not None and when <= at and priority < pressure.CRITICAL:
            pressure.condemn(loop.world, run, pressure.EVICTED, message)
            return
    look(loop, at)


def _passed(loop: "PodLoop", disk: Disk, at: int) -> Iterator[tuple[int | None, str]]:
    """Yield when each limit is passed (None: never), in the order in which they are looked at."""
    rows = disk.rows(loop.run, at)
    for one, begin in rows:
        if one.volume and one.limit:
            text = f'Usage of EmptyDir volume "{one.name}" exceeds the limit "{one.shown}". '
            yield _when([(one, begin)], one.limit, at), text
    if disk.limit:
        yield (
            _when([row for row in rows if row[0].local], disk.limit, at),
            "Pod ephemeral local storage usage exceeds the total limit of containers "
            f"{disk.shown}. ",
        )
    for one, begin in rows:
        if not one.volume and one.limit:
            yield (
                _when([(one, begin)], one.limit, at),
                f'Container {one.name} exceeded its local ephemeral storage limit "{one.shown}". ',
            )


def _when(rows: list[tuple[Writer, int]], limit: int, at: int) -> int | None:
    used = sum(one.base + one.growth * max(0, at - begin) // _HOUR for one, begin in rows)
    growth = sum(one.growth for one, _ in rows)
    if used > limit:
        return at
    return at + -(-(limit + 1 - used) * _HOUR // growth) if growth else None
