"""Clusters from one store into another: a file with all that is kept of each.

The file is a tar, so that anybody can look into it:

    NAME/snapshot.z      the newest snapshot, as `storage` has it
    NAME/journal.log     what came in after it, whole records
    NAME/lived           wall time (ns) until which the cluster may have run; not of every one
    NAME/labels/LABEL.z  snapshots that the user named
    index.json           last: which form this is, and the digest of each cluster

A cluster is the same on both sides when its digest is: SHA-256 over those parts. Nothing of a file
is taken that is not whole.
"""

import hashlib
import io
import os
import re
import tarfile
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, Final, NamedTuple

import orjson

from ecp.sim.store.packing import DamagedSnapshot, unpack
from ecp.simulator import journal
from ecp.simulator.storage import Shelf, Store, engine_version

FORM: Final = 1
_INDEX: Final = "index.json"
_FORM: Final = "ecp_clusters"
_MEMBER: Final = re.compile(
    r"([a-z0-9][-a-z0-9]{0,62})/(snapshot\.z|journal\.log|lived|labels/[a-z0-9][-.a-z0-9]{0,62}\.z)"
)
_DAMAGED: Final = (tarfile.TarError, EOFError, ValueError, KeyError, TypeError, AttributeError)


class Unmovable(Exception):
    """Clusters cannot be moved: text `key` with `values`; `code` is an exit code."""

    def __init__(self, key: str, code: int = 1, **values: Any) -> None:
        super().__init__(key)
        self.key, self.code, self.values = key, code, values


class Kept(NamedTuple):
    """All that is kept of one cluster: bytes as they are in a store."""

    number: int
    snapshot: bytes
    journal: bytes
    lived: int
    labels: tuple[tuple[str, bytes], ...]

    @property
    def bytes(self) -> int:
        return len(self.snapshot) + len(self.journal) + sum(len(one) for _, one in self.labels)

    def digest(self) -> str:
        """Return the SHA-256 of its parts, each with its length before it."""
        found = hashlib.sha256()
        parts = (self.snapshot, self.journal, str(self.lived).encode())
        for part in (*parts, *(p for label, one in self.labels for p in (label.encode(), one))):
            found.update(len(part).to_bytes(8))
            found.update(part)
        return found.hexdigest()


class Moved(NamedTuple):
    """What is said of a cluster that was written to a file, or read from one."""

    name: str
    digest: str
    bytes: int
    requests: int
    labels: int


def _moved(name: str, kept: Kept) -> Moved:
    return Moved(name, kept.digest(), kept.bytes, len(_records(kept.journal)), len(kept.labels))


# -- out of a store, into one ---------------------------------------------------------------------


def taken(shelf: Shelf) -> Kept:
    """Return what is kept on *shelf*; a torn tail of its journal, never answered, stays behind.

    Raises FileNotFoundError, OSError, DamagedJournal.
    """
    number = shelf.newest()
    if number is None:
        raise FileNotFoundError(shelf.place)
    came = journal.whole(shelf.journal(number))
    labels = ((label, shelf.kept(label) or b"") for label in shelf.labels())
    return Kept(number, shelf.packed(number), came, shelf.lived_until(), tuple(labels))


def put(store: Store, name: str, kept: Kept) -> None:
    """Make shelf *name* hold *kept* and nothing else; it is there once its snapshot is.

    Raises OSError; what was on the shelf is back then.
    """
    before = taken(store.shelf(name)) if name in store.names() else None
    try:
        _laid(store, name, kept)
    except OSError:
        store.shelf(name).remove()
        if before is not None:
            _laid(store, name, before)
        raise


def _laid(store: Store, name: str, kept: Kept) -> None:
    store.shelf(name).remove()
    shelf = store.shelf(name)
    for label, state in kept.labels:
        shelf.keep(label, state)
    if kept.lived:
        shelf.note_lived(kept.lived)
    if kept.journal:
        tape = shelf.journal(kept.number)
        tape.open(0)
        tape.write(kept.journal)
        tape.close()
    shelf.save(kept.number, kept.snapshot)


# -- a file ---------------------------------------------------------------------------------------


def write(store: Store, names: Iterable[str], out: BinaryIO) -> list[Moved]:
    """Write clusters (none named: all of them) to the file *out*; say what was written, by name.

    Raises Unmovable: one that is not there, or is damaged; OSError.
    """
    there = store.names()
    chosen = sorted(set(names)) or there
    for name in chosen:
        if name not in there:
            raise Unmovable("move.unknown", 4, name=name, known=", ".join(there) or "-")
    if not chosen:
        raise Unmovable("move.nothing", 4)
    found = []
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as file:
        for name in chosen:
            shelf = store.shelf(name)
            try:
                kept = taken(shelf)
                unpack(kept.snapshot)
            except (journal.DamagedJournal, DamagedSnapshot) as error:
                raise Unmovable("move.unreadable", name=name, detail=error) from error
            for member, content in _members(kept):
                _add(file, f"{name}/{member}", content)
            found.append(_moved(name, kept))
        said = {
            _FORM: FORM,
            "engine_version": engine_version(),
            "clusters": {one.name: one.digest for one in found},
        }
        _add(file, _INDEX, orjson.dumps(said))
    out.flush()
    os.fsync(out.fileno())
    return found


def _members(kept: Kept) -> Iterator[tuple[str, bytes]]:
    yield "snapshot.z", kept.snapshot
    yield "journal.log", kept.journal
    if kept.lived:
        yield "lived", str(kept.lived).encode()
    for label, state in kept.labels:
        yield f"labels/{label}.z", state


def _add(file: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    file.addfile(member, io.BytesIO(content))


def read(store: Store, names: Iterable[str], file: BinaryIO, *, force: bool) -> list[Moved]:
    """Put clusters of *file* (none named: all) into a store; say what was put there, by name.

    The whole file is looked at before anything is written. Raises Unmovable: a file that is
    damaged or none of ours, a cluster that is not in it, or is in the store already and no
    *force*; OSError.
    """
    found = dict(_checked(file))
    chosen = sorted(set(names)) or sorted(found)
    for name in chosen:
        if name not in found:
            raise Unmovable("move.unknown", 4, name=name, known=", ".join(sorted(found)))
    there = [name for name in chosen if name in store.names()]
    if there and not force:
        raise Unmovable("move.there", 5, names=", ".join(there))
    for name in chosen:
        put(store, name, found[name])
        if taken(store.shelf(name)).digest() != found[name].digest():
            raise Unmovable("move.differs", name=name, place=store.shelf(name).place)
    return [_moved(name, found[name]) for name in chosen]


def _checked(file: BinaryIO) -> list[tuple[str, Kept]]:
    """Return the clusters of *file*, all of them as their digests say. Raises Unmovable."""
    try:
        parts, index = _parts(file)
        if index is None:
            raise Unmovable("move.damaged" if parts else "move.none", detail=_INDEX)
        said = orjson.loads(index)
        if said[_FORM] != FORM:
            raise Unmovable("move.none")
        found = [(name, _kept(members)) for name, members in parts.items()]
        digests = {name: kept.digest() for name, kept in found}
        for name in sorted(digests | said["clusters"]):
            if digests.get(name) != said["clusters"].get(name):
                raise Unmovable("move.damaged", detail=name)
        for _, kept in found:
            unpack(kept.snapshot)
            _records(kept.journal)
    except _DAMAGED as error:
        raise Unmovable("move.damaged", detail=str(error) or type(error).__name__) from error
    return found


def _parts(file: BinaryIO) -> tuple[dict[str, dict[str, bytes]], bytes | None]:
    """Return what a file has by cluster and part, and its index, None for none.

    Raises Unmovable, TarError.
    """
    parts: dict[str, dict[str, bytes]] = {}
    index = None
    try:
        opened = tarfile.open(fileobj=file, mode="r:")  # noqa: SIM115 - entered below
    except tarfile.TarError as error:
        raise Unmovable("move.none") from error
    with opened as members:
        for member in members:
            place = _MEMBER.fullmatch(member.name)
            if not member.isreg() or (place is None and member.name != _INDEX):
                raise Unmovable("move.none")
            content = members.extractfile(member)
            assert content is not None, "a regular file has content"
            if place is None:
                index = content.read()
            else:
                parts.setdefault(place[1], {})[place[2]] = content.read()
    return parts, index


def _kept(members: dict[str, bytes]) -> Kept:
    labels = {
        part.removeprefix("labels/").removesuffix(".z"): content
        for part, content in members.items()
        if part.startswith("labels/")
    }
    lived = int(members.get("lived", b"0"))
    # Whoever opens it goes on counting: a shelf that is new begins with one.
    return Kept(
        1, members["snapshot.z"], members["journal.log"], lived, tuple(sorted(labels.items()))
    )


class _Bytes:
    """A journal that is in memory. Fulfils what `journal.read` asks of a tape."""

    place = "journal.log"

    def __init__(self, content: bytes) -> None:
        self._content = content

    def read(self) -> bytes:
        return self._content

    def open(self, end: int) -> None: ...

    def write(self, data: bytes) -> None: ...

    def close(self) -> None: ...


def _records(content: bytes) -> list[dict[str, Any]]:
    """Return the records of a journal's bytes. Raises DamagedJournal, also for a torn tail."""
    tape = _Bytes(content)
    if journal.whole(tape) != content:
        raise journal.DamagedJournal(f"{tape.place}: cut short")
    return list(journal.read(tape))
