"""Nodes run out of pod addresses; pulls share the registry and find common layers."""

from typing import Any

import pytest

from ecp.kube import kinds
from ecp.sim.cluster import Cluster
from ecp.sim.engine.chance import Chance
from ecp.sim.engine.engine import SECOND
from ecp.sim.kubelet.images import repository_of
from ecp.sim.requests import Request
from ecp.sim.world import World

GBIT = 1_000_000_000


def ask(cluster: Cluster, verb: Any, resource: str, **fields: Any) -> None:
    cluster.submit(Request(verb, resource, **fields), cause="a1")


def pod(name: str, node: str, image: str = "nginx") -> dict[str, Any]:
    spec = {"nodeName": node, "containers": [{"name": "c", "image": image}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


def phases(cluster: Cluster) -> list[str]:
    return [found["status"]["phase"] for found in cluster.store.list(kinds.PODS, "default")]


def messages(cluster: Cluster, reason: str) -> list[str]:
    found = cluster.store.list(kinds.EVENTS, "default")
    return [event["message"] for event in found if event["reason"] == reason]


def test_a_node_without_addresses_says_so_until_one_is_free() -> None:
    cluster = Cluster.create(seed=1)
    like = cluster.store.get(kinds.NODES, "", "infra-1")
    assert like is not None
    node = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": "small"},
        "spec": {"podCIDR": "10.99.0.0/29", "podCIDRs": ["10.99.0.0/29"]},
        "status": like["status"],
    }
    ask(cluster, "create", kinds.NODES, body=node)
    for number in range(6):
        ask(cluster, "create", kinds.PODS, namespace="default", body=pod(f"p{number}", "small"))
    cluster.run_until(cluster.now + 60 * SECOND)
    assert sorted(phases(cluster)) == ["Pending"] + ["Running"] * 5
    said = messages(cluster, "FailedCreatePodSandBox")
    assert said
    assert all(
        text.startswith(
            "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup "
            'network for sandbox "'
        )
        and text.endswith(
            'plugin type="bridge" failed (add): failed to allocate for range 0: no IP addresses '
            "available in range set: 10.99.0.1-10.99.0.6"
        )
        for text in said
    )
    running = next(
        found["metadata"]["name"]
        for found in cluster.store.list(kinds.PODS, "default")
        if found["status"]["phase"] == "Running"
    )
    ask(cluster, "delete", kinds.PODS, namespace="default", name=running)
    cluster.run_until(cluster.now + 60 * SECOND)
    assert phases(cluster) == ["Running"] * 5


@pytest.mark.parametrize(
    ("others", "rate"),
    [
        pytest.param([], GBIT, id="alone it has its node's link"),
        pytest.param([90, 95], GBIT, id="those that have ended take nothing"),
        pytest.param([200], GBIT, id="two fit the registry"),
        pytest.param([200, 300, 400], GBIT // 2, id="of four each has a fourth"),
        pytest.param([105, 200, 300], 2 * GBIT // 3, id="who ends before it begins does not count"),
    ],
)
def test_the_registry_is_shared_by_pulls_at_once(others: list[int], rate: int) -> None:
    world = World(Chance(1))
    world.registry = 2 * GBIT
    world.pulls = others
    assert world.pull(110, 100, GBIT) == rate


@pytest.mark.parametrize(
    ("image", "repository"),
    [
        pytest.param("docker.io/library/nginx:1.27", "docker.io/library/nginx", id="a tag"),
        pytest.param("reg:5000/a/b", "reg:5000/a/b", id="a port is no tag"),
        pytest.param("reg:5000/a/b:1@sha256:ab", "reg:5000/a/b", id="tag and digest"),
    ],
)
def test_repository(image: str, repository: str) -> None:
    assert repository_of(image) == repository


def took(second: str) -> float:
    """Return how many seconds the pull of a second image took on a node that has app:1."""
    cluster = Cluster.create(seed=1)
    for name, image in (("first", "example.io/app:1"), ("second", second)):
        body = pod(name, "cpu-1", image)
        ask(cluster, "create", kinds.PODS, namespace="default", body=body)
        cluster.run_until(cluster.now + 30 * SECOND)
    pulled = messages(cluster, "Pulled")[-1].partition(" in ")[2].partition(" (")[0]
    return float(pulled.removesuffix("ms")) / 1000 if "ms" in pulled else float(pulled[:-1])


def test_another_image_of_the_repository_has_layers_in_common() -> None:
    assert took("example.io/app:2") < took("example.io/other:2") - 0.5
