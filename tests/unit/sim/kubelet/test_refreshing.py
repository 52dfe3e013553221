"""Configuration that changes under a running pod: who has which, and from when on."""

from typing import Any

import pytest

from ecp.kube import kinds
from ecp.sim.kubelet.refreshing import configured, synced_after

from .driver import SECOND, Node

APP = "docker.io/library/app:1"
POSTGRES = "docker.io/library/postgres:16"
FILES = [{"name": "cfg", "configMap": {"name": "c"}}]
MOUNT = {"name": "cfg", "mountPath": "/etc/app"}
VARIABLE = {"name": "A", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "a"}}}

WAYS: dict[str, tuple[dict[str, Any], str, str, bool]] = {
    "files of a volume": ({"volumeMounts": [MOUNT]}, "volume", "cfg", True),
    "one file by subPath": (
        {"volumeMounts": [{**MOUNT, "subPath": "a"}]},
        "subPath",
        "cfg",
        False,
    ),
    "a variable": ({"env": [VARIABLE]}, "environment", "A", False),
    "all variables": ({"envFrom": [{"configMapRef": {"name": "c"}}]}, "environment", "", False),
}


def configure(node: Node, **data: str) -> None:
    node.put("configmaps", {"metadata": {"name": "c", "namespace": "d"}, "data": data})


@pytest.mark.parametrize(("container", "way", "name", "refreshed"), WAYS.values(), ids=WAYS)
def test_a_change_reaches(
    node: Node, container: dict[str, Any], way: str, name: str, refreshed: bool
) -> None:
    node.cached(APP)
    configure(node, a="1")
    node.pod("p", container, volumes=FILES)
    node.run(100)
    pod = node.get(kinds.PODS, "d", "p")
    changed = node.now - 20 * SECOND
    (row,) = configured(node.world, pod, lambda *_: changed)
    assert (row.source.way, row.source.name, row.changed) == (way, name, changed)
    if not refreshed:
        assert row.known is None, "not before it is started again"
        node.world.crash(node.record().uid, "c", 1, "Error", node.now)
        node.run(30)
        (row,) = configured(node.world, pod, lambda *_: changed)
        assert row.known == node.record().containers[0].started_at
        return
    assert row.known is not None
    assert 0 < row.known - changed <= 90 * SECOND


def test_files_are_written_anew_every_60_to_90_s_at_a_pace_of_the_pods_own(node: Node) -> None:
    node.cached(APP)
    periods = []
    for name in "abcdefgh":
        node.pod(name, volumes=FILES)
    configure(node)
    node.run(60)
    for name in "abcdefgh":
        run = node.record(name)
        first = synced_after(node.world, run, node.now)
        periods.append((synced_after(node.world, run, first) - first) // SECOND)
    assert min(periods) >= 60
    assert max(periods) < 90
    assert len(set(periods)) > 4


def test_who_started_after_the_change_has_it(node: Node) -> None:
    node.cached(APP)
    configure(node)
    node.pod("p", {"env": [VARIABLE], "volumeMounts": [MOUNT]}, volumes=FILES)
    assert configured(node.world, node.get(kinds.PODS, "d", "p"), lambda *_: node.now) == []
    configure(node, a="1")
    node.run(60)
    began = node.record().containers[0].started_at
    rows = configured(node.world, node.get(kinds.PODS, "d", "p"), lambda *_: began)
    assert [row.known for row in rows] == [began, began]
    assert not configured(node.world, node.get(kinds.PODS, "d", "p"), lambda *_: None)


def test_a_program_that_lacks_a_variable_of_an_object_ends_until_it_has_it(node: Node) -> None:
    node.cached(POSTGRES)
    node.put("secrets", {"metadata": {"name": "s", "namespace": "d"}, "data": {"OTHER": "eA=="}})
    source = {"secretRef": {"name": "s"}, "prefix": "POSTGRES_"}
    node.pod("p", {"image": POSTGRES, "envFrom": [source]})
    node.run(60)
    assert node.container()["restartCount"] >= 2
    assert node.container()["lastState"]["terminated"]["exitCode"] == 1
    node.put("secrets", {"metadata": {"name": "s", "namespace": "d"}, "data": {"PASSWORD": "eA=="}})
    node.run(60)
    restarts = node.container()["restartCount"]
    assert "running" in node.container()["state"]
    node.run(600)
    assert node.container()["restartCount"] == restarts
