"""Where clusters are kept: a snapshot, and the journal after it; in files, as it is here.

    <data>/clusters/<name>/snapshot-<n>.z    plain data, JSON, zlib; written whole, then renamed
    <data>/clusters/<name>/journal-<n>.log   what came in after snapshot n
    <data>/clusters/<name>/labels/<label>.z  snapshots that the user named
    <data>/clusters/<name>/lived             wall time (ns) until which it may have run; only of
                                             clusters that resume after a stop

State = the newest whole snapshot + its journal. A new snapshot starts a new journal; the pair
before it is removed only then. `rows` keeps the same in a PostgreSQL database.
"""

import hashlib
import os
import re
import shutil
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Protocol

from ecp.edge.services import BadSetting
from ecp.sim.store.packing import DamagedSnapshot, unpack
from ecp.simulator.journal import File, Tape
from ecp.texts import text


class Shelf(Protocol):
    """What is kept of one cluster; `place` says to people where. All raise OSError.

    What is written is there whole or not at all, and durable when the call returns.
    """

    place: str

    def newest(self) -> int | None:
        """Return the number of the newest snapshot, None for a new shelf."""
        ...

    def load(self, number: int) -> dict[str, Any]:
        """Return snapshot *number* with what was stored beside it. Raises DamagedSnapshot."""
        ...

    def packed(self, number: int) -> bytes:
        """Return snapshot *number* as it was written."""
        ...

    def save(self, number: int, state: bytes) -> None:
        """Write snapshot *number*."""
        ...

    def drop_before(self, number: int) -> None:
        """Remove the snapshots and journals older than *number*."""
        ...

    def journal(self, number: int) -> Tape:
        """Return what the journal after snapshot *number* is written to; not open yet."""
        ...

    def note_lived(self, wall: int) -> None:
        """Note until which wall time (ns) the cluster may run."""
        ...

    def lived_until(self) -> int:
        """Return until which wall time (ns) the cluster may have run; 0 where nothing is noted."""
        ...

    def keep(self, label: str, state: bytes) -> None:
        """Write a snapshot that the user named, over one of the same name."""
        ...

    def kept(self, label: str) -> bytes | None:
        """Return the snapshot of that name, None where there is none."""
        ...

    def labels(self) -> list[str]:
        """Return the names of the snapshots that the user named, sorted."""
        ...

    def remove(self) -> None:
        """Remove all of it."""
        ...


class Store(Protocol):
    """The shelves of one simulator, between `open` and `close`; `place` says to people where.

    All raise OSError.
    """

    place: str

    def open(self) -> None:
        """Get ready; does nothing when it is. Raises Unusable."""
        ...

    def close(self) -> None: ...

    def names(self) -> list[str]:
        """Return the names of the clusters that have a snapshot, sorted."""
        ...

    def shelf(self, name: str) -> Shelf: ...


class Unusable(OSError):
    """A store that cannot be opened; `key` and `values` fill the text, `code` is an exit code."""

    def __init__(self, key: str, code: int, **values: Any) -> None:
        self.key, self.code, self.values = key, code, values
        super().__init__(text(key, "en", **values))


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


class Folder:
    """The files of one cluster. Fulfils `Shelf`."""

    def __init__(self, root: Path, name: str) -> None:
        self.folder = root / "clusters" / name
        self.place = str(self.folder)
        self.folder.mkdir(parents=True, exist_ok=True)

    def newest(self) -> int | None:
        numbers = [_number(path) for path in self.folder.glob("snapshot-*.z")]
        return max((number for number in numbers if number >= 0), default=None)

    def _snapshot(self, number: int) -> Path:
        return self.folder / f"snapshot-{number}.z"

    def load(self, number: int) -> dict[str, Any]:
        try:
            return unpack(self.packed(number))
        except DamagedSnapshot as error:
            raise DamagedSnapshot(f"{self._snapshot(number)}: {error}") from error

    def packed(self, number: int) -> bytes:
        return self._snapshot(number).read_bytes()

    def save(self, number: int, state: bytes) -> None:
        write_whole(self._snapshot(number), state)

    def drop_before(self, number: int) -> None:
        for path in self.folder.iterdir():
            if 0 <= _number(path) < number:
                path.unlink()

    def journal(self, number: int) -> File:
        return File(self.folder / f"journal-{number}.log")

    def note_lived(self, wall: int) -> None:
        write_whole(self.folder / "lived", str(wall).encode())

    def lived_until(self) -> int:
        path = self.folder / "lived"
        noted = path.read_text() if path.exists() else ""
        return int(noted) if noted.isdigit() else 0

    def _label(self, label: str) -> Path:
        return self.folder / "labels" / f"{label}.z"

    def keep(self, label: str, state: bytes) -> None:
        path = self._label(label)
        path.parent.mkdir(exist_ok=True)
        write_whole(path, state)

    def kept(self, label: str) -> bytes | None:
        path = self._label(label)
        return path.read_bytes() if path.exists() else None

    def labels(self) -> list[str]:
        return sorted(p.stem for p in (self.folder / "labels").glob("*.z"))

    def remove(self) -> None:
        shutil.rmtree(self.folder)


class Files:
    """Clusters in folders below *root*. Fulfils `Store`."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.place = str(root)

    def open(self) -> None: ...

    def close(self) -> None: ...

    def names(self) -> list[str]:
        folder = self._root / "clusters"
        if not folder.is_dir():
            return []
        return sorted(p.name for p in folder.iterdir() if any(p.glob("snapshot-*.z")))

    def shelf(self, name: str) -> Folder:
        return Folder(self._root, name)


def chosen(root: Path) -> Store:
    """Return where a simulator keeps its clusters: ECP_SIMULATOR_DATABASE_URL, else below *root*.

    Not open yet. Raises BadSetting.
    """
    url = os.environ.get("ECP_SIMULATOR_DATABASE_URL", "")
    if not url:
        return Files(root / "simulator")
    scheme = url.partition("://")[0]
    if scheme not in ("postgresql", "postgres"):
        raise BadSetting("ECP_SIMULATOR_DATABASE_URL", f"{scheme}:…", "setting.postgresql")
    from ecp.simulator.rows import Database

    return Database(url)
