"""What a pod writes on its node's disk, and that it is ended for more than it may.

A container writes what annotations say (`disk`, `disk-growth`), an emptyDir holds what they say
(`volume.{name}`, `volume-growth.{name}`); nothing else is known of. The kubelet looks every 10 s.
Source: kubernetes pkg/kubelet/eviction/eviction_manager.go (localStorageEviction).
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from ecp.kube import quantity, sizes
from ecp.sim.kubelet import pressure
from ecp.sim.store import Obj

if TYPE_CHECKING:
    from ecp.sim.kubelet.loop import PodLoop
    from ecp.sim.kubelet.template import Notes

_HOUR: Final = 3_600_000_000_000
_STORAGE: Final = "ephemeral-storage"


class Writer(NamedTuple):
    """A container, or an emptyDir, that writes: bytes at its start, bytes an hour, its limit.

    `limit` 0 = none; `shown` is that limit as the kubelet writes it.
    """

    name: str
    volume: bool
    base: int
    growth: int
    limit: int
    shown: str


class Disk(NamedTuple):
    """What a pod writes, its emptyDirs first, and the limit of all (0 = none)."""

    writers: tuple[Writer, ...]
    limit: int
    shown: str


def disk_of(spec: Obj, notes: "Notes") -> Disk | None:
    """Read a pod's spec and annotations; None: nothing is known to be written."""
    writers = []
    for volume in spec.get("volumes") or ():
        name, empty = volume["name"], volume.get("emptyDir")
        base = notes.read("volume", name, quantity.value) or 0
        growth = notes.read("volume-growth", name, quantity.value) or 0
        if empty is not None and (base or growth):
            writers.append(_writer(name, True, (base, growth), empty.get("sizeLimit")))
    for container in spec["containers"]:
        name = container["name"]
        base = notes.read("disk", name, quantity.value) or 0
        growth = notes.read("disk-growth", name, quantity.value) or 0
        if base or growth:
            limits = (container.get("resources") or {}).get("limits") or {}
            writers.append(_writer(name, False, (base, growth), limits.get(_STORAGE)))
    if not writers:
        return None
    limit = sizes.limits(spec).get(_STORAGE, 0)
    return Disk(tuple(writers), limit, quantity.fmt_binary(limit))


def _writer(name: str, volume: bool, writes: tuple[int, int], limit: str | None) -> Writer:
    if limit is None:
        return Writer(name, volume, *writes, 0, "")
    return Writer(name, volume, *writes, quantity.value(limit), quantity.canonical(limit))


def look(loop: "PodLoop", at: int) -> None:
    """See to it that the kubelet looks when the first limit is passed."""
    disk = loop.template.disk
    if disk is None:
        return
    times = [when for when, _ in _passed(loop, disk, at) if when is not None]
    if times:
        when = pressure.next_look(loop.world, loop.run.node, max(min(times), at + 1))
        if not any(row[0] == when and row[2] == "full" for row in loop.run.agenda):
            loop.later(when, "full")


def full(loop: "PodLoop", at: int) -> None:
    """Look at what the pod has written; end it for the first limit that it passes."""
    disk, run = loop.template.disk, loop.run
    if disk is None or run.end is not None or run.terminating or run.verdict:
        return
    priority = loop.pod["spec"].get("priority") or 0
    for when, message in _passed(loop, disk, at):
        if when is not None and when <= at and priority < pressure.CRITICAL:
            pressure.condemn(loop.world, run, pressure.EVICTED, message, disrupts=False)
            return
    look(loop, at)


def _passed(loop: "PodLoop", disk: Disk, at: int) -> Iterator[tuple[int | None, str]]:
    """Yield when each limit is passed (None: never), in the order in which they are looked at."""
    since = {one.name: one.started_at for one in loop.run.containers if one.alive(at)}
    rows = []
    for one in disk.writers:
        begin = loop.run.probed_from if one.volume else since.get(one.name)
        if begin is not None:
            rows.append((one, begin))
    for one, begin in rows:
        if one.volume and one.limit:
            text = f'Usage of EmptyDir volume "{one.name}" exceeds the limit "{one.shown}". '
            yield _when([(one, begin)], one.limit, at), text
    if disk.limit:
        yield (
            _when(rows, disk.limit, at),
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
