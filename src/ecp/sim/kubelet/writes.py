"""What is known of what a pod writes: its annotations `disk`, `volume`, `files`, `processes`."""

from typing import TYPE_CHECKING, Final, NamedTuple

from ecp.kube import quantity, sizes
from ecp.sim.store import Obj
from ecp.sim.world.records import PodRun

if TYPE_CHECKING:
    from ecp.sim.kubelet.template import Notes

_STORAGE: Final = "ephemeral-storage"


class Writer(NamedTuple):
    """A container, or an emptyDir, that writes: bytes at its start, bytes an hour, its limit.

    `limit` 0 = none; `shown` is that limit as the kubelet writes it. `local`: it is the node's
    disk that holds it, not its memory.
    """

    name: str
    volume: bool
    base: int
    growth: int
    limit: int
    shown: str
    local: bool = True


class Disk(NamedTuple):
    """What a pod writes, its emptyDirs first, and the limit of all (0 = none).

    `files` and `processes` are how many it has of them, and how many more an hour.
    """

    writers: tuple[Writer, ...]
    limit: int
    shown: str
    files: tuple[int, int] = (0, 0)
    processes: tuple[int, int] = (0, 0)

    def rows(self, run: PodRun, at: int) -> list[tuple[Writer, int]]:
        """Return who writes at *at*, and since when (ns)."""
        since = {one.name: one.started_at for one in run.containers if one.alive(at)}
        found = []
        for one in self.writers:
            begin = run.probed_from if one.volume else since.get(one.name)
            if begin is not None:
                found.append((one, begin))
        return found


def writes_of(spec: Obj, notes: "Notes") -> Disk | None:
    """Read a pod's spec and annotations; None: nothing is known to be written."""
    writers = []
    for volume in spec.get("volumes") or ():
        name, empty = volume["name"], volume.get("emptyDir")
        written = _amounts(notes, "volume", name)
        if empty is not None and any(written):
            local = not empty.get("medium")
            writers.append(_writer(name, True, written, empty.get("sizeLimit"), local=local))
    files = processes = (0, 0)
    for container in spec["containers"]:
        name = container["name"]
        written = _amounts(notes, "disk", name)
        if any(written):
            limits = (container.get("resources") or {}).get("limits") or {}
            writers.append(_writer(name, False, written, limits.get(_STORAGE)))
        files = _more(files, _amounts(notes, "files", name))
        processes = _more(processes, _amounts(notes, "processes", name))
    if not (writers or any(files) or any(processes)):
        return None
    limit = sizes.limits(spec).get(_STORAGE, 0)
    return Disk(tuple(writers), limit, quantity.fmt_binary(limit), files, processes)


def _amounts(notes: "Notes", what: str, name: str) -> tuple[int, int]:
    """Return what a container or volume has of something, and what that gains an hour."""
    base, growth = (notes.read(one, name, quantity.value) or 0 for one in (what, f"{what}-growth"))
    return base, growth


def _more(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    return one[0] + other[0], one[1] + other[1]


def _writer(
    name: str, volume: bool, writes: tuple[int, int], limit: str | None, *, local: bool = True
) -> Writer:
    if limit is None:
        return Writer(name, volume, *writes, 0, "", local)
    shown = quantity.canonical(limit)
    return Writer(name, volume, *writes, quantity.value(limit), shown, local)
