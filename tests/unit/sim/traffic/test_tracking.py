"""Tables of connections that are full: new ones find no room, and it is said why."""

from typing import Any

import pytest

from ecp.kube import kinds
from ecp.sim import clusters
from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import SECOND
from ecp.sim.requests import Request
from ecp.sim.traffic.model import Result, Seen
from ecp.slo.slots import SLOT_SECONDS
from ecp.workloads.queueing import erlang_b

PODS = 2
# Monday, 2026-01-05, 11:00 in Seoul.
LATE_MORNING = 1_767_578_400 * SECOND


def ask(cluster: Cluster, verb: Any, resource: str, **fields: Any) -> Any:
    return cluster.submit(Request(verb, resource, **fields), cause="a1")


def met(least: int) -> Result:
    """What customers of a chatbot on two nodes meet, with so many entries a node."""
    model = clusters.model("default")
    plane = {**model["dataPlane"], "conntrack": {"perCore": 1, "least": least}}
    cluster = Cluster.create(
        clusters.check({**model, "dataPlane": plane}), seed=1, now=LATE_MORNING
    )
    ask(cluster, "create", kinds.NAMESPACES, body={"metadata": {"name": "t"}})
    labels = {"app": "chatbot"}
    container = {"name": "c", "image": "example/app:1", "ports": [{"containerPort": 80}],
                 "resources": {"requests": {"cpu": "40", "memory": "160Gi"}}}  # fmt: skip
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    spec = {"replicas": PODS, "selector": {"matchLabels": labels}, "template": pod}
    body = {"metadata": {"name": "chatbot"}, "spec": spec}
    ask(cluster, "create", kinds.DEPLOYMENTS, namespace="t", body=body)
    body = {
        "metadata": {"name": "chatbot"},
        "spec": {"selector": labels, "ports": [{"port": 80}]},
    }
    ask(cluster, "create", kinds.SERVICES, namespace="t", body=body)
    body = {"namespace": "t", "demand": {"chatbot": 10_000}}
    ask(cluster, "track", "tenants", name="t", body=body)
    cluster.run_until(cluster.now + 600 * SECOND)
    [found] = cluster.flows.now("t")
    assert found.pods == PODS
    return found


@pytest.mark.parametrize("least", [64, 20], ids=["a small table", "a tiny one: by its cores"])
def test_as_many_connections_find_no_room_in_a_full_table_as_erlang_says(least: int) -> None:
    found = met(least)
    # A session of eight minutes has twelve requests; its entry stays for two minutes more.
    begun = found.entered / 1e6 / SLOT_SECONDS / 12
    load = begun * (480 + 120) / PODS
    [lost] = [part for part in found.shares if part.kind == "network"]
    assert lost.seen == Seen("table-full", "load")
    assert lost.ppm / 1e6 == pytest.approx(erlang_b(64, load), rel=0.01)
    assert found.state == "D"


def test_the_tables_of_usual_nodes_have_room() -> None:
    assert met(131_072).bad == 0
