"""A ConfigMap that changes means something to processes that start after that, and to no other."""

from typing import Any

import pytest

from ecp.kube import kinds
from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import SECOND
from ecp.sim.requests import Request
from ecp.sim.store.packing import pack, unpack

PODS = 3


def ask(cluster: Cluster, verb: Any, resource: str, **fields: Any) -> Any:
    return cluster.submit(Request(verb, resource, **fields), cause="a1")


def passes(cluster: Cluster, seconds: int) -> None:
    cluster.run_until(cluster.now + seconds * SECOND)


@pytest.fixture
def cluster() -> Cluster:
    """A chatbot of three pods that calls whom a ConfigMap says: `db`, which is there."""
    cluster = Cluster.create(seed=1)
    ask(cluster, "create", kinds.NAMESPACES, body={"metadata": {"name": "t"}})
    config = {"metadata": {"name": "settings"}, "data": {"DB_HOST": "db:80"}}
    ask(cluster, "create", kinds.CONFIGMAPS, namespace="t", body=config)
    for name, replicas in (("db", 1), ("chatbot", PODS)):
        labels = {"app": name}
        container = {
            "name": "c", "image": "example/app:1", "ports": [{"containerPort": 80}],
            "resources": {"requests": {"cpu": "2", "memory": "4Gi"}},
            "envFrom": [{"configMapRef": {"name": "settings"}}] if name != "db" else [],
        }  # fmt: skip
        pod = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
        spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": pod}
        body = {"metadata": {"name": name}, "spec": spec}
        ask(cluster, "create", kinds.DEPLOYMENTS, namespace="t", body=body)
        ports = {"selector": labels, "ports": [{"port": 80}]}
        body = {"metadata": {"name": name}, "spec": ports}
        ask(cluster, "create", kinds.SERVICES, namespace="t", body=body)
    ask(cluster, "track", "tenants", name="t", body={"namespace": "t", "demand": {"chatbot": 9}})
    passes(cluster, 120)
    return cluster


def calls_on(cluster: Cluster, host: str) -> None:
    body = {"data": {"DB_HOST": f"{host}:80"}}
    ask(cluster, "patch", kinds.CONFIGMAPS, namespace="t", name="settings", body=body,
        patch="merge")  # fmt: skip


def delete_pods(cluster: Cluster, number: int) -> None:
    pods = [pod["metadata"]["name"] for pod in cluster.read.list(kinds.PODS, "t")]
    for name in sorted(name for name in pods if name.startswith("chatbot"))[:number]:
        ask(cluster, "delete", kinds.PODS, namespace="t", name=name)
    passes(cluster, 60)


def met(cluster: Cluster) -> tuple[str, str]:
    [found] = [row for row in cluster.flows.now("t") if row.name == "chatbot"]
    return found.state, found.shares[0].seen.reason if found.shares else ""


def test_those_that_run_go_by_what_it_said_when_they_started(cluster: Cluster) -> None:
    assert met(cluster) == ("U", "")
    calls_on(cluster, "nowhere")
    passes(cluster, 3600)
    assert met(cluster) == ("U", "")


@pytest.mark.parametrize(
    ("number", "state"),
    [
        pytest.param(1, ("U", ""), id="one pod of three is not the most of them"),
        pytest.param(PODS, ("D", "no-such-name"), id="all of them"),
    ],
)
def test_those_that_start_later_go_by_the_new(
    cluster: Cluster, number: int, state: tuple[str, str]
) -> None:
    calls_on(cluster, "nowhere")
    passes(cluster, 10)
    cluster = Cluster.restore(unpack(pack(cluster.snapshot())))
    delete_pods(cluster, number)
    assert met(cluster) == state


def test_what_nobody_goes_by_any_more_is_forgotten(cluster: Cluster) -> None:
    for host in ("nowhere", "db"):
        calls_on(cluster, host)
    passes(cluster, 10)
    assert met(cluster) == ("U", "")
    assert len(cluster.flows.snapshot()["configs"][0][2]) == 2
    delete_pods(cluster, PODS)
    assert met(cluster) == ("U", "")
    assert cluster.flows.snapshot()["configs"] == []
