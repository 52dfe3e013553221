"""Machines come and go alike in one go, in steps, and with a stop in the middle of any of it."""

import copy
from hashlib import sha256
from typing import Any

import orjson
import pytest

from ecp.kube import kinds
from ecp.sim import clusters
from ecp.sim.cluster import Cluster
from ecp.sim.requests import Request
from ecp.sim.store import Change
from ecp.sim.store.packing import pack, unpack

SECOND = 1_000_000_000
LENGTH = 1800
SPEC = clusters.check(
    {
        "name": "t",
        "zones": ["a", "b"],
        "quota": {"nodes": 9},
        "pools": [
            {
                "name": "cpu",
                "count": 2,
                "cpu": "4",
                "memory": "16Gi",
                "autoscaling": {"min": 1, "max": 5},
                "stock": {"b": 0},
            },
            {"name": "old", "count": 2, "cpu": "8", "memory": "32Gi"}
            | {"kubernetesVersion": "v1.35.0", "gpus": 1},
        ],
    }
)


def begin() -> Cluster:
    """A cluster in which an upgrade, a drain and a scale-up are under way at once."""
    cluster = Cluster.create(copy.deepcopy(SPEC), seed=5)
    for name, replicas in (("web", 20), ("api", 3)):
        container = {
            "name": "c",
            "image": "example/app:1",
            "resources": {"requests": {"cpu": "1900m"}},
        }
        labels = {"app": name}
        body = {
            "metadata": {"name": name},
            "spec": {
                "replicas": replicas,
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
            },
        }
        cluster.submit(Request("create", kinds.DEPLOYMENTS, "default", body=body), cause="a1")
    budget = {"minAvailable": 2, "selector": {"matchLabels": {"app": "api"}}}
    body = {"metadata": {"name": "api"}, "spec": budget}
    cluster.submit(Request("create", kinds.PDBS, "default", body=body), cause="a2")
    cluster.run_until(cluster.now + 2 * SECOND)
    upgrade = {"do": "upgrade", "version": "v1.36.2"}
    cluster.submit(Request("pool", "pools", name="old", body=upgrade), cause="a3")
    return cluster


def log_of(cluster: Cluster) -> list[bytes]:
    rows: list[bytes] = []

    def note(change: Change) -> None:
        row = (change.rv, change.type, change.resource, change.object, change.at, change.cause)
        rows.append(orjson.dumps(row))

    cluster.listeners.append(note)
    return rows


def digest(rows: list[bytes]) -> str:
    return sha256(b"\n".join(rows)).hexdigest()


def less(cluster: Cluster) -> None:
    """Half an hour later there is less to do, and machines go."""
    body = {"spec": {"replicas": 1}}
    request = Request("patch", kinds.DEPLOYMENTS, "default", "web", body=body, patch="merge")
    cluster.submit(request, cause="a4")


@pytest.fixture(scope="module")
def whole() -> str:
    cluster = begin()
    start, rows = cluster.now, log_of(cluster)
    cluster.run_until(start + LENGTH * SECOND)
    less(cluster)
    cluster.run_until(start + 2 * LENGTH * SECOND)
    said = b"\n".join(rows)
    for word in (b"ScaledUpGroup", b"ScaleUpFailed", b"DeletingNode", b"ScaleDown", b"v1.36.2"):
        assert word in said, "the scenario is busy"
    return digest(rows)


def test_steps_of_any_length_change_nothing(whole: str) -> None:
    cluster = begin()
    start, rows = cluster.now, log_of(cluster)
    while cluster.now < start + 2 * LENGTH * SECOND:
        if cluster.now == start + LENGTH * SECOND:
            less(cluster)
        cluster.run_until(cluster.now + 9 * SECOND)
    assert digest(rows) == whole


@pytest.mark.parametrize("at", [1, 12, 55, 90, 113, 114, 700, 1799])
def test_a_stop_in_the_middle_changes_nothing(whole: str, at: int) -> None:
    cluster = begin()
    start, before = cluster.now, log_of(cluster)
    cluster.run_until(start + at * SECOND)
    kept: dict[str, Any] = unpack(pack(cluster.snapshot()))
    again = Cluster.restore(kept)
    after = log_of(again)
    again.run_until(start + LENGTH * SECOND)
    less(again)
    again.run_until(start + 2 * LENGTH * SECOND)
    assert digest([*before, *after]) == whole


def test_a_snapshot_from_before_there_were_pools_is_read() -> None:
    cluster = Cluster.create(copy.deepcopy(SPEC), seed=5)
    old = unpack(pack(cluster.snapshot()))
    del old["world"]["fleet"]
    names = [row for row in old["manager"]["controllers"] if row == "cluster-autoscaler"]
    for name in names:
        del old["manager"]["controllers"][name]
    again = Cluster.restore(old)
    assert list(again.world.fleet.machines) == ["cpu-1", "cpu-2", "old-1", "old-2"]
    again.submit(Request("pool", "pools", name="cpu", body={"do": "add"}), cause="a1")
    again.run_until(again.now + 120 * SECOND)
    assert again.store.get(kinds.NODES, "", "cpu-3") is not None
