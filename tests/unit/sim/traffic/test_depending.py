"""Programs that do not live without a database: they crash, wait, and come back all at once."""

from typing import Any

from ecp.kube import kinds
from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import SECOND
from ecp.sim.requests import Request
from ecp.sim.store.packing import pack, unpack

SLOT = 5 * SECOND
PODS = 3


def ask(cluster: Cluster, verb: Any, resource: str, **fields: Any) -> Any:
    return cluster.submit(Request(verb, resource, **fields), cause="a1")


def deploy(cluster: Cluster, name: str, replicas: int, **annotations: str) -> None:
    labels = {"app": name}
    container = {
        "name": "c", "image": "example/app:1", "ports": [{"containerPort": 80}],
        "env": [{"name": "DB_HOST", "value": "db:80"}] if name != "db" else [],
        "readinessProbe": {"httpGet": {"path": "/", "port": 80}, "periodSeconds": 5},
    }  # fmt: skip
    notes = {f"sim.ecp-ai.io/{key.replace('_', '-')}": text for key, text in annotations.items()}
    pod = {
        "metadata": {"labels": labels, "annotations": notes},
        "spec": {"containers": [container]},
    }
    body = {"metadata": {"name": name}, "spec": {
        "replicas": replicas, "selector": {"matchLabels": labels}, "template": pod}}  # fmt: skip
    ask(cluster, "create", kinds.DEPLOYMENTS, namespace="t", body=body)
    service = {"metadata": {"name": name}, "spec": {"selector": labels, "ports": [{"port": 80}]}}
    ask(cluster, "create", kinds.SERVICES, namespace="t", body=service)


def started(**annotations: str) -> Cluster:
    cluster = Cluster.create(seed=1)
    ask(cluster, "create", kinds.NAMESPACES, body={"metadata": {"name": "t"}})
    deploy(cluster, "db", 1)
    cluster.run_until(cluster.now + 30 * SECOND)
    deploy(cluster, "chatbot", PODS, **annotations)
    ask(cluster, "track", "tenants", name="t", body={"namespace": "t", "demand": {"chatbot": 9}})
    cluster.run_until(cluster.now + 120 * SECOND)
    return cluster


def lose_database(cluster: Cluster, duration: str) -> None:
    body = {"fault": "service_down", "target": "deployment/db", "namespaces": ["t"],
            "duration": duration}  # fmt: skip
    ask(cluster, "fault", "faults", body=body)


def restarts(cluster: Cluster) -> list[int]:
    return [
        pod["status"]["containerStatuses"][0]["restartCount"]
        for pod in cluster.read.list(kinds.PODS, "t")
        if pod["metadata"]["labels"]["app"] == "chatbot"
    ]


def ready(cluster: Cluster) -> int:
    [found] = [row for row in cluster.flows.now("t") if row.name == "chatbot"]
    return found.pods


def test_who_does_without_stays() -> None:
    cluster = started()
    lose_database(cluster, "4m")
    cluster.run_until(cluster.now + 300 * SECOND)
    assert restarts(cluster) == [0] * PODS


def test_a_short_absence_ends_nobody() -> None:
    cluster = started(ends_without="db")
    lose_database(cluster, "20s")
    cluster.run_until(cluster.now + 300 * SECOND)
    assert restarts(cluster) == [0] * PODS


def test_pods_that_missed_the_same_peer_come_back_late_and_together() -> None:
    cluster = started(ends_without="db")
    assert restarts(cluster) == [0] * PODS
    lose_database(cluster, "7m")
    cluster.run_until(cluster.now + 430 * SECOND)
    assert min(restarts(cluster)) >= 4
    assert ready(cluster) == 0
    middle = unpack(pack(cluster.snapshot()))
    for told in (cluster, Cluster.restore(middle)):
        # The database is back; they still wait for what is left of their back-off.
        found = []
        for _ in range(60):
            told.run_until(told.now + SLOT)
            found.append(ready(told))
        late, all_there = found.count(0), found.index(PODS)
        assert 6 <= late <= 60
        assert all_there - late <= 6
        assert found[-1] == PODS


def test_their_trouble_follows_from_what_took_the_peer_away() -> None:
    cluster = started(ends_without="db")
    lose_database(cluster, "3m")
    cluster.run_until(cluster.now + 215 * SECOND)
    [found] = [row for row in cluster.flows.now("t") if row.name == "chatbot"]
    assert found.state == "D"
    assert {share.seen.cause for share in found.shares} == {"f1"}
