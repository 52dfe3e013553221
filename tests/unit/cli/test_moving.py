"""`ecp cluster export` and `import`: what they say, and what they refuse."""

import asyncio
import time
from pathlib import Path

import pytest

from ecp.cli import process
from ecp.cli.main import main
from ecp.simulator.directory import ClusterDirectory
from ecp.simulator.storage import Files

CALLS = (
    ("new", "export {}/none.tar", 4, "no cluster here yet"),
    ("old", "export {}/a.tar", 0, "number of clusters: 1"),
    ("old", "export {}/a.tar", 5, "nothing is written over"),
    ("old", "export {}/no/where.tar", 1, "where.tar: No such file"),
    ("new", "import {}/a.tar", 0, "number of clusters: 1"),
    ("new", "import {}/a.tar", 5, "has default already"),
    ("new", "import {}/a.tar --force -o json", 0, '"digest": "'),
    ("new", "import {}/old/ecp.pid", 1, "no export of clusters"),
)


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with a cluster, as a service leaves it that was ended before it served."""
    monkeypatch.setenv("ECP_LANG", "en")
    monkeypatch.delenv("ECP_SIMULATOR_DATABASE_URL", raising=False)
    kept = ClusterDirectory(Files(tmp_path / "old/simulator"), time.time_ns)
    kept.ready()
    asyncio.run(kept.close())
    return tmp_path / "old"


def test_clusters_are_exported_and_imported(
    old: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder, call, code, words in CALLS:
        monkeypatch.setenv("ECP_DATA_DIR", str(old.parent / folder))
        monkeypatch.setattr("sys.argv", ["ecp", "cluster", *call.format(old.parent).split()])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        assert ended.value.code == code, (call, said)
        assert words in said.out + said.err, (call, said)
    assert sorted(p.name for p in old.parent.iterdir()) == ["a.tar", "new", "old"]


def test_nothing_moves_while_ecp_runs(
    old: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ECP_DATA_DIR", str(old))
    monkeypatch.setattr("sys.argv", ["ecp", "cluster", "export", str(old.parent / "a.tar")])
    running = process.Lock(old)
    running.take()
    try:
        with pytest.raises(SystemExit) as ended:
            main()
    finally:
        running.close()
    assert (ended.value.code, "ECP is running" in capsys.readouterr().err) == (5, True)
    assert not (old.parent / "a.tar").exists()


def test_a_first_start_without_room_says_where_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ecp.simulator import storage

    def full(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage, "write_whole", full)
    with pytest.raises(storage.Unusable) as refused:
        ClusterDirectory(Files(tmp_path), time.time_ns).ready()
    assert (refused.value.key, refused.value.values["place"]) == ("store.unwritable", str(tmp_path))
    assert list((tmp_path / "clusters").iterdir()) == []
