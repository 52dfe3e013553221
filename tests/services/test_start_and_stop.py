"""What a stop keeps, what a start finds, and what it does with files that are not right."""

import resource
import shutil
import signal
import threading
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from ecp.sim.cluster import SNAPSHOT_VERSION
from ecp.sim.store import packing
from ecp.simulator import hosting, journal, reopening, storage
from ecp.simulator.reopening import reopen

from .running import CLUSTERS, Service, service

pytestmark = pytest.mark.cluster

SMALL = {"name": "small", "pools": [{"name": "n", "cpu": "4", "memory": "16Gi", "count": 2}]}
CONFIGMAPS = "/api/v1/namespaces/default/configmaps"
STOPPED_S = 12
"""What holds a stop holds it for as long as it is there; a busy machine needs its seconds."""


def files(root: Path, cluster: str = "default") -> list[str]:
    return sorted(p.name for p in (root / "simulator" / "clusters" / cluster).iterdir())


def journal_of(root: Path, cluster: str = "default") -> Path:
    (found,) = (root / "simulator" / "clusters" / cluster).glob("journal-*.log")
    return found


def snapshot_of(root: Path, cluster: str = "default") -> Path:
    (found,) = (root / "simulator" / "clusters" / cluster).glob("snapshot-*.z")
    return found


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a simulator with two clusters that was killed in mid-life."""
    root = tmp_path_factory.mktemp("lived")
    running = Service(root)
    running.create("other", spec=SMALL, start="2026-01-05T00:00:00Z")
    for name in ("default", "other"):
        running.clock(name, "pause")
        running.deploy(name, "web")
        running.clock(name, "step", duration="2m")
        running.ok("POST", f"{CLUSTERS}/{name}/faults", {"fault": "pod_crash"})
        running.clock(name, "step", duration="2m")
    running.kill()
    return root


@pytest.fixture
def root(lived: Path, tmp_path: Path) -> Path:
    """A copy of those files."""
    return shutil.copytree(lived, tmp_path / "lived")


def test_a_stop_writes_a_snapshot_and_the_next_start_is_where_it_was(tmp_path: Path) -> None:
    running = Service(tmp_path)
    running.clock("default", "pause")
    running.deploy("default", "web", 5)
    for _ in range(5):
        running.clock("default", "step", duration="1h")
    before = running.ok("GET", f"{CLUSTERS}/default")
    assert files(tmp_path) == ["journal-1.log", "snapshot-1.z"]
    assert journal_of(tmp_path).stat().st_size > 0
    assert running.stop() < STOPPED_S
    assert files(tmp_path) == ["journal-2.log", "snapshot-2.z"]
    assert journal_of(tmp_path).stat().st_size == 0
    with service(tmp_path) as again:
        assert again.ok("GET", f"{CLUSTERS}/default") == before
        assert again.took < 60


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_open_streams_and_watches_do_not_hold_a_stop(tmp_path: Path, signum: int) -> None:
    running = Service(tmp_path)
    url = f"http://127.0.0.1:{running.port}"
    ended: list[str] = []
    begun = threading.Semaphore(0)

    def follow(path: str) -> None:
        with httpx.stream("GET", url + path, timeout=120) as stream:
            begun.release()
            for _ in stream.iter_lines():
                pass
        ended.append(path)

    paths = [f"{CLUSTERS}/default/changes", "/clusters/default/api/v1/pods?watch=1"]
    threads = [threading.Thread(target=follow, args=(path,)) for path in paths]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert begun.acquire(timeout=60)
    took = running.stop(signum)
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(ended) == sorted(paths)
    assert took < STOPPED_S
    assert running.stderr == ""


def test_a_restart_replays_faults_and_immediate_deletes(tmp_path: Path) -> None:
    running = Service(tmp_path)
    running.clock("default", "pause")
    running.deploy("default", "web", 3)
    running.clock("default", "step", duration="1m")
    running.ok("POST", f"{CLUSTERS}/default/faults", {"fault": "node_down", "duration": "10m"})
    running.clock("default", "step", duration="1m")
    (first, *_) = running.kube("default", "GET", "/api/v1/namespaces/default/pods")["items"]
    pod = f"/api/v1/namespaces/default/pods/{first['metadata']['name']}"
    running.kube("default", "DELETE", f"{pod}?gracePeriodSeconds=0")
    running.clock("default", "step", duration="5m")
    before = running.ok("GET", f"{CLUSTERS}/default/faults")
    pods = running.kube("default", "GET", "/api/v1/pods")["items"]
    running.kill()
    with service(tmp_path) as again:
        assert again.ok("GET", f"{CLUSTERS}/default/faults") == before
        assert again.kube("default", "GET", "/api/v1/pods")["items"] == pods
        assert before["faults"][0]["verdict"] == "confirmed"


# -- files that are not right ---------------------------------------------------------------------


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 0xFF
    path.write_bytes(bytes(data))


def damage_snapshot(root: Path) -> None:
    flip(snapshot_of(root), snapshot_of(root).stat().st_size // 2)


def cut_snapshot(root: Path) -> None:
    path = snapshot_of(root)
    path.write_bytes(path.read_bytes()[:100])


def empty_snapshot(root: Path) -> None:
    snapshot_of(root).write_bytes(b"")


def other_snapshot(root: Path) -> None:
    snapshot_of(root).write_bytes(zlib.compress(b'{"store": {"tables": []}}'))


def rewrite(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    state = packing.unpack(path.read_bytes())
    change(state)
    path.write_bytes(packing.pack(state))


def snapshot_of_a_later_version(root: Path) -> None:
    rewrite(snapshot_of(root), lambda state: state.update(version=SNAPSHOT_VERSION + 1))


def damage_journal(root: Path) -> None:
    flip(journal_of(root), 40)


def senseless_journal(root: Path) -> None:
    with journal_of(root).open("ab") as file:
        file.write(journal.encode({"at": [0, 0], "cause": "a9"}))


@pytest.mark.parametrize(
    "damage",
    [
        damage_snapshot,
        cut_snapshot,
        empty_snapshot,
        other_snapshot,
        snapshot_of_a_later_version,
        damage_journal,
        senseless_journal,
    ],
)
def test_a_damaged_cluster_is_named_and_the_others_serve(
    root: Path, damage: Callable[[Path], None]
) -> None:
    damage(root)
    folder = root / "simulator" / "clusters" / "default"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with service(root) as running:
        listed = running.ok("GET", CLUSTERS)
        assert [row["name"] for row in listed["clusters"]] == ["other"]
        assert list(listed["damaged"]) == ["default"]
        health = running.ok("GET", "/health")
        assert (health["status"], health["failed_clusters"]) == ("degraded", ["default"])
        assert len(running.kube("other", "GET", "/api/v1/pods")["items"]) == 2
        answer = running.call("GET", f"{CLUSTERS}/default")
        assert (answer.status_code, answer.json()["title"]) == (503, "CLUSTER_DAMAGED")
        assert str(folder) in answer.json()["detail"]
        assert running.call("POST", CLUSTERS, {"name": "default"}).status_code == 409
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
        running.ok("DELETE", f"{CLUSTERS}/default")
        running.create("default")
        assert running.ok("GET", CLUSTERS)["damaged"] == {}


def test_strange_files_beside_a_snapshot_are_left_alone(root: Path) -> None:
    folder = root / "simulator" / "clusters"
    for name in ("snapshot-x.z", "notes.log", "snapshot-1.draft", "snapshot-1.z.bak"):
        (folder / "default" / name).write_text("mine")
    (folder / "README").write_text("mine")
    with service(root) as running:
        assert running.ok("GET", CLUSTERS)["damaged"] == {}
        running.stop()
    assert {"snapshot-x.z", "notes.log", "snapshot-1.z.bak"} <= set(files(root))


# -- another version ------------------------------------------------------------------------------


@pytest.fixture
def another_version(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (hosting, reopening, storage):
        monkeypatch.setattr(module, "engine_version", lambda: "another")


@pytest.mark.usefixtures("another_version")
def test_after_an_upgrade_the_journal_is_replayed_by_instant(
    root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # What the new version no longer accepts is said and left out.
    now = max(record["at"][0] for record in journal.read(journal.File(journal_of(root))))
    request = {"verb": "delete", "resource": "pods", "namespace": "default", "name": "none"}
    with journal_of(root).open("ab") as file:
        file.write(journal.encode({"at": [now, 0], "cause": "a99", "request": request}))
    opened = reopen("default", storage.Files(root / "simulator"), time.time_ns)
    assert "after an upgrade a99 no longer applies" in caplog.text
    pods = [p["status"]["phase"] for p in opened.cluster.store.list("pods")]
    assert pods == ["Running", "Running"]
    # From here on the files are of the new version: what it writes is replayed exactly.
    assert packing.unpack(snapshot_of(root).read_bytes())["engine_version"] == "another"
    assert journal_of(root).stat().st_size == 0
    opened.close()
    caplog.clear()
    again = reopen("default", storage.Files(root / "simulator"), time.time_ns)
    assert again.cluster.snapshot() == opened.cluster.snapshot()
    assert caplog.text == ""
    again.close()


def first_version(state: dict[str, Any]) -> None:
    """Write a snapshot as the first version did: Events counted otherwise, no roots."""
    state["version"] = 1
    state["engine_version"] = "0123456789abcdef"
    del state["store"]["roots"]
    names = state["recorder"]["names"]
    state["recorder"] = {"buckets": {}, "similar": {}, "written": {}, "names": names}


def test_after_an_upgrade_a_snapshot_of_the_first_version_goes_on(root: Path) -> None:
    rewrite(snapshot_of(root), first_version)
    with service(root) as running:
        assert running.ok("GET", CLUSTERS)["damaged"] == {}
        assert len(running.kube("default", "GET", "/api/v1/pods")["items"]) == 2
        running.ok("POST", f"{CLUSTERS}/default/snapshots", {"label": "old"})
        running.clock("default", "step", duration="2m")
        labels = root / "simulator" / "clusters" / "default" / "labels"
        rewrite(labels / "old.z", first_version)
        forked = running.ok(
            "POST", f"{CLUSTERS}/default/fork", {"name": "again", "snapshot": "old"}
        )
        assert forked["name"] == "again"
        rewrite(labels / "old.z", lambda state: state.update(version=SNAPSHOT_VERSION + 1))
        body = {"name": "never", "snapshot": "old"}
        answer = running.call("POST", f"{CLUSTERS}/default/fork", body)
        assert answer.json()["title"] == "SNAPSHOT_DAMAGED"
        assert f"version {SNAPSHOT_VERSION + 1}" in answer.json()["detail"]
    written = packing.unpack(snapshot_of(root).read_bytes())
    assert written["version"] == SNAPSHOT_VERSION
    assert written["engine_version"] != "0123456789abcdef"


# -- a disk that is full --------------------------------------------------------------------------


def test_a_full_disk_stops_one_cluster_loudly_and_loses_nothing(tmp_path: Path) -> None:
    running = Service(tmp_path)
    running.create("other", spec=SMALL)
    pid = running.process.pid
    answered = []
    for number in range(20):
        if number == 10:
            limit = journal_of(tmp_path).stat().st_size + 20_000
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        body = {"metadata": {"name": f"c{number}"}, "data": {"x": "y" * 5000}}
        answer = running.call("POST", f"/clusters/default{CONFIGMAPS}", body)
        if answer.is_success:
            answered.append(f"c{number}")
            continue
        assert (answer.status_code, answer.json()["reason"]) == (503, "ServiceUnavailable")
        assert "File too large" in answer.json()["message"]
    assert 10 < len(answered) < 19
    assert answered == [f"c{number}" for number in range(len(answered))]
    clock = running.call("POST", f"{CLUSTERS}/default/clock", {"action": "pause"})
    assert (clock.status_code, clock.json()["title"]) == (503, "CLUSTER_FAILED")
    assert running.ok("GET", f"{CLUSTERS}/default")["state"] == "failed"
    assert running.ok("GET", "/health")["failed_clusters"] == ["default"]
    running.kube("other", "POST", CONFIGMAPS, {"metadata": {"name": "here"}})
    running.stop()
    assert "Traceback" not in running.stderr
    with service(tmp_path) as again:
        kept = again.kube("default", "GET", CONFIGMAPS)["items"]
        names = [row["metadata"]["name"] for row in kept]
        assert [name for name in names if name != "kube-root-ca.crt"] == sorted(answered)
        again.kube("other", "GET", f"{CONFIGMAPS}/here")


def test_a_snapshot_that_does_not_fit_is_refused_clearly(tmp_path: Path) -> None:
    running = Service(tmp_path)
    resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, (2_000, resource.RLIM_INFINITY))
    for path, body in (
        ("/default/snapshots", {"label": "s"}),
        ("/default/fork", {"name": "f"}),
        ("", {"name": "new"}),
    ):
        answer = running.call("POST", CLUSTERS + path, body)
        assert (answer.status_code, answer.json()["title"]) == (507, "STORAGE_FAILED"), answer.text
        assert "File too large" in answer.json()["detail"]
    assert [row["name"] for row in running.ok("GET", CLUSTERS)["clusters"]] == ["default"]
    running.kube("default", "POST", CONFIGMAPS, {"metadata": {"name": "small"}})
    running.stop()
    assert "Traceback" not in running.stderr
    with service(tmp_path) as again:
        assert again.kube("default", "GET", f"{CONFIGMAPS}/small")


# -- another cluster of the same name -------------------------------------------------------------


def test_a_ledger_tells_a_cluster_made_anew_from_one_that_was_restarted(tmp_path: Path) -> None:
    def made(running: Service) -> None:
        running.create("c", spec=SMALL, start="2026-01-05T00:00:00Z")
        running.ok("PUT", f"{CLUSTERS}/c/tenants/acme", {"namespace": "default"})

    def ledger(running: Service) -> str:
        found: str = running.ok("GET", f"{CLUSTERS}/c/tenants/acme/minutes")["ledger"]
        return found

    running = Service(tmp_path)
    made(running)
    first = ledger(running)
    running.kill()
    with service(tmp_path) as again:
        assert ledger(again) == first
        again.stop()
    with service(tmp_path) as again:
        assert ledger(again) == first
        again.ok("DELETE", f"{CLUSTERS}/c")
        made(again)
        assert ledger(again) not in ("", first)
