"""Where clusters live on disk: a snapshot, and the journal after it.

    <data>/clusters/<name>/snapshot-<n>.z    plain data, JSON, zlib; written whole, then renamed
    <data>/clusters/<name>/journal-<n>.log   what came in after snapshot n
    <data>/clusters/<name>/labels/<label>.z  snapshots that the user named
    <data>/clusters/<name>/lived             wall time (ns) until which it may have run; only of
                                             clusters that resume after a stop

State = the newest whole snapshot + its journal. A new snapshot starts a new journal; the pair
before it is removed only then.
"""

import hashlib
import os
import re
import shutil
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from ecp.sim.store.packing import DamagedSnapshot, unpack


@cache
def engine_version() -> str:
    """Return a digest of the code and data that decide what a cluster does.

    A journal is replayed exactly only under the version that wrote it.
    """
    digest = hashlib.sha256()
    for room in ("kube", "workloads", "slo", "sim"):
        for name, content in sorted(_files(resources.files("ecp").joinpath(room), room)):
            digest.update(name.encode())
            digest.update(hashlib.sha256(content).digest())
    return digest.hexdigest()[:16]


def _files(folder: Traversable, path: str) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for entry in folder.iterdir():
        if entry.is_dir():
            if entry.name != "__pycache__":
                found += _files(entry, f"{path}/{entry.name}")
        elif entry.name.endswith((".py", ".yaml", ".json")):
            found.append((f"{path}/{entry.name}", entry.read_bytes()))
    return found


def write_whole(path: Path, data: bytes) -> None:
    """Write *data* so that the file is there whole or not at all, and survives a power cut."""
    draft = path.with_suffix(".draft")
    try:
        with draft.open("wb", buffering=0) as file:
            rest = memoryview(data)
            while rest:
                rest = rest[file.write(rest) :]
            os.fsync(file.fileno())
        draft.rename(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _number(path: Path) -> int:
    """Return n of snapshot-n.z and journal-n.log, -1 for any other file."""
    found = re.fullmatch(r"(?:snapshot-(\d+)\.z)|(?:journal-(\d+)\.log)", path.name)
    return int(found[1] or found[2]) if found else -1


class Shelf:
    """The files of one cluster."""

    def __init__(self, root: Path, name: str) -> None:
        self.folder = root / "clusters" / name
        self.folder.mkdir(parents=True, exist_ok=True)

    def newest(self) -> int | None:
        """Return the number of the newest snapshot, None for a new shelf."""
        numbers = [_number(path) for path in self.folder.glob("snapshot-*.z")]
        return max((number for number in numbers if number >= 0), default=None)

    def snapshot_path(self, number: int) -> Path:
        return self.folder / f"snapshot-{number}.z"

    def journal_path(self, number: int) -> Path:
        return self.folder / f"journal-{number}.log"

    def load(self, number: int) -> dict[str, Any]:
        """Return snapshot *number* with what was stored beside it."""
        try:
            return unpack(self.snapshot_path(number).read_bytes())
        except DamagedSnapshot as error:
            raise DamagedSnapshot(f"{self.snapshot_path(number)}: {error}") from error

    def save(self, number: int, state: bytes) -> None:
        """Write snapshot *number*."""
        write_whole(self.snapshot_path(number), state)

    def drop_before(self, number: int) -> None:
        """Remove the snapshots and journals older than *number*."""
        for path in self.folder.iterdir():
            if 0 <= _number(path) < number:
                path.unlink()

    def note_lived(self, wall: int) -> None:
        """Note until which wall time (ns) the cluster may run. Raises OSError."""
        write_whole(self.folder / "lived", str(wall).encode())

    def lived_until(self) -> int:
        """Return until which wall time (ns) the cluster may have run; 0 where nothing is noted."""
        path = self.folder / "lived"
        noted = path.read_text() if path.exists() else ""
        return int(noted) if noted.isdigit() else 0

    def label_path(self, label: str) -> Path:
        (self.folder / "labels").mkdir(exist_ok=True)
        return self.folder / "labels" / f"{label}.z"

    def labels(self) -> list[str]:
        return sorted(p.stem for p in (self.folder / "labels").glob("*.z"))

    def remove(self) -> None:
        shutil.rmtree(self.folder)


def shelves(root: Path) -> list[str]:
    """Return the names of the clusters that have files under *root*, sorted."""
    folder = root / "clusters"
    if not folder.is_dir():
        return []
    return sorted(p.name for p in folder.iterdir() if any(p.glob("snapshot-*.z")))
