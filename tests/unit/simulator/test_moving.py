"""Clusters that go from one store into another: whole, or not at all."""

import asyncio
import errno
import importlib.util
import io
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO

import orjson
import pytest

from ecp.kube import kinds
from ecp.sim import clusters
from ecp.sim.requests import Request
from ecp.simulator import moving
from ecp.simulator.directory import ClusterDirectory
from ecp.simulator.moving import Unmovable
from ecp.simulator.reopening import reopen
from ecp.simulator.rows import Database
from ecp.simulator.storage import Files, Folder, Store

SPEC = {"authorizationMode": "AlwaysAllow", **clusters.model("default")}
NOW = 1_800_000_000_000_000_000


def _servers() -> ModuleType:
    place = Path(__file__).parents[1] / "orchestrator" / "stores.py"
    spec = importlib.util.spec_from_file_location("stores", place)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


servers = _servers()


@pytest.fixture
def rows() -> Iterator[Database]:
    lacking = servers.missing()
    if lacking:
        pytest.skip(lacking)
    found = Database(servers.postgresql())
    found.open()
    yield found
    found.close()


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """A store with two clusters, killed: `team` has a journal, a named snapshot, a noted life."""
    store = Files(tmp_path_factory.mktemp("lived-in"))

    async def live() -> None:
        found = ClusterDirectory(store, lambda: NOW)
        team = found.create("team", SPEC, on_restart="resume", paused=True)
        found.create("other", SPEC, paused=True)
        await team.keep("before")
        for name in ("a", "b"):
            body = {"metadata": {"name": name}}
            await team.submit(Request("create", kinds.CONFIGMAPS, "default", body=body))
        team.shelf.note_lived(NOW + 7)
        for hosted in found.all():
            await hosted._cancel()
            hosted.close()

    asyncio.run(live())
    return store


def exported(store: Store, path: Path, *names: str) -> Path:
    with path.open("xb") as out:
        moving.write(store, names, out)
    return path


def imported(store: Store, path: Path, *names: str, force: bool = False) -> list[moving.Moved]:
    with path.open("rb") as file:
        return moving.read(store, names, file, force=force)


def digests(store: Store) -> dict[str, str]:
    return {name: moving.taken(store.shelf(name)).digest() for name in store.names()}


def state(store: Store, name: str) -> Any:
    """Return what a cluster is when it is opened: snapshot and journal after it."""

    async def opened() -> Any:
        hosted = reopen(name, store, lambda: NOW + 9)
        hosted.close()
        return hosted.state()

    return asyncio.run(opened())


def test_clusters_move_between_files_and_postgresql_whole(
    lived_in: Files, rows: Database, tmp_path: Path
) -> None:
    first = exported(lived_in, tmp_path / "first.tar")
    said = imported(rows, first)
    assert [(one.name, one.requests, one.labels) for one in said] == [
        ("other", 0, 0),
        ("team", 2, 1),
    ]
    back = Files(tmp_path / "back")
    imported(back, exported(rows, tmp_path / "second.tar"))
    assert digests(lived_in) == digests(rows) == digests(back)
    assert (tmp_path / "second.tar").read_bytes() == first.read_bytes()
    assert state(rows, "team") == state(back, "team")
    assert {"a", "b"} <= {
        row[1] for row in state(back, "team")["store"]["tables"][kinds.CONFIGMAPS]
    }
    assert back.shelf("team").lived_until() >= NOW + 7
    for name in rows.names():
        rows.shelf(name).remove()


def test_only_what_is_named_moves(lived_in: Files, tmp_path: Path) -> None:
    there = Files(tmp_path / "there")
    whole = exported(lived_in, tmp_path / "whole.tar")
    assert [one.name for one in imported(there, whole, "team")] == ["team"]
    exported(there, tmp_path / "one.tar", "team")
    assert there.names() == ["team"]


def test_what_is_there_is_replaced_only_where_that_is_said(lived_in: Files, tmp_path: Path) -> None:
    there = Files(tmp_path / "there")
    whole = exported(lived_in, tmp_path / "whole.tar")
    imported(there, whole)
    there.shelf("team").keep("own", b"mine")
    with pytest.raises(Unmovable) as refused:
        imported(there, whole)
    assert (refused.value.key, refused.value.values) == ("move.there", {"names": "other, team"})
    assert there.shelf("team").labels() == ["before", "own"]
    imported(there, whole, force=True)
    assert digests(there) == digests(lived_in)


def _without_index(content: bytes) -> bytes:
    return (
        content[: content.index(b"index.json") - content.index(b"index.json") % 512] + b"\0" * 1024
    )


def _renamed(content: bytes) -> bytes:
    """A file whose first member would be written elsewhere."""
    out = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(content)) as old,
        tarfile.open(fileobj=out, mode="w") as new,
    ):
        for number, member in enumerate(old):
            read = old.extractfile(member)
            member.name = "../escaped.z" if number == 0 else member.name
            new.addfile(member, read)
    return out.getvalue()


def _of_form(form: int) -> Callable[[bytes], bytes]:
    return lambda content: content.replace(b'"ecp_clusters":1', b'"ecp_clusters":%d' % form)


@pytest.mark.parametrize(
    ("spoil", "key"),
    [
        pytest.param(lambda _: b"", "move.none", id="an empty file"),
        pytest.param(lambda _: b"apiVersion: v1\n" * 99, "move.none", id="another file"),
        pytest.param(lambda c: c[: len(c) // 2], "move.damaged", id="the first half"),
        pytest.param(_without_index, "move.damaged", id="cut between two parts"),
        pytest.param(
            lambda c: c.replace(b"configmaps", b"configmapz", 1),
            "move.damaged",
            id="a changed byte",
        ),
        pytest.param(_renamed, "move.none", id="a part with a path of its own"),
        pytest.param(_of_form(2), "move.none", id="another form"),
    ],
)
def test_a_damaged_or_foreign_file_is_refused_whole(
    spoil: Callable[[bytes], bytes], key: str, lived_in: Files, tmp_path: Path
) -> None:
    there = Files(tmp_path / "there")
    path = exported(lived_in, tmp_path / "whole.tar")
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(Unmovable) as refused:
        imported(there, path)
    assert (refused.value.key, there.names()) == (key, [])


@pytest.mark.parametrize("names", [("nobody",), ("team", "nobody")])
def test_who_is_not_there_is_named(names: tuple[str, ...], lived_in: Files, tmp_path: Path) -> None:
    with pytest.raises(Unmovable) as refused, (tmp_path / "x").open("xb") as out:
        moving.write(lived_in, names, out)
    assert refused.value.values == {"name": "nobody", "known": "other, team"}


class Full(Files):
    """A store without room for one snapshot."""

    too_much = b""

    def shelf(self, name: str) -> Folder:
        full = self

        class Shelf(Folder):
            def save(self, number: int, state: bytes) -> None:
                if state == full.too_much:
                    raise OSError(errno.ENOSPC, "No space left on device")
                super().save(number, state)

        return Shelf(self._root, name)


def test_a_full_disk_leaves_what_was_there(lived_in: Files, tmp_path: Path) -> None:
    there = Full(tmp_path / "there")
    moving.put(there, "team", moving.taken(lived_in.shelf("other")))
    before = digests(there)
    kept = moving.taken(lived_in.shelf("team"))
    there.too_much = kept.snapshot
    with pytest.raises(OSError, match="No space"):
        moving.put(there, "team", kept)
    assert digests(there) == before


def test_a_torn_tail_stays_behind(lived_in: Files, tmp_path: Path) -> None:
    there = Files(tmp_path / "there")
    imported(there, exported(lived_in, tmp_path / "whole.tar"))
    (log,) = (tmp_path / "there/clusters/team").glob("journal-*.log")
    log.write_bytes(log.read_bytes() + b"\0\0\1")
    assert digests(there) == digests(lived_in)


def test_the_index_says_form_version_and_digests(lived_in: Files, tmp_path: Path) -> None:
    with tarfile.open(exported(lived_in, tmp_path / "whole.tar")) as file:
        index: BinaryIO | Any = file.extractfile("index.json")
        said = orjson.loads(index.read())
    assert said["ecp_clusters"] == moving.FORM
    assert said["clusters"] == digests(lived_in)
