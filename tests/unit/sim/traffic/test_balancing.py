"""Customers that a load balancer sends to a node without power until its checks have failed."""

from typing import Any

import pytest

from ecp.kube import kinds
from ecp.sim import clusters
from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import SECOND
from ecp.sim.requests import Request
from ecp.sim.store.packing import pack, unpack
from ecp.sim.traffic.model import Result

SLOT = 5 * SECOND
PODS = 2


def ask(cluster: Cluster, verb: Any, resource: str, **fields: Any) -> Any:
    return cluster.submit(Request(verb, resource, **fields), cause="a1")


def started(service: dict[str, Any], after: str = "24s") -> Cluster:
    """Return a cluster of a chatbot of two pods on two nodes that customers reach by a Service."""
    model = clusters.model("default")
    balancer = {**model["dataPlane"]["loadBalancer"], "unhealthyAfter": after}
    plane = {**model["dataPlane"], "loadBalancer": balancer}
    cluster = Cluster.create(clusters.check({**model, "dataPlane": plane}), seed=1)
    ask(cluster, "create", kinds.NAMESPACES, body={"metadata": {"name": "t"}})
    labels = {"app": "chatbot"}
    container = {"name": "c", "image": "nginx:1", "ports": [{"containerPort": 80}]}
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    spec = {"replicas": PODS, "selector": {"matchLabels": labels}, "template": pod}
    body = {"metadata": {"name": "chatbot"}, "spec": spec}
    ask(cluster, "create", kinds.DEPLOYMENTS, namespace="t", body=body)
    body = {
        "metadata": {"name": "chatbot"},
        "spec": {"selector": labels, "ports": [{"port": 80}], **service},
    }
    ask(cluster, "create", kinds.SERVICES, namespace="t", body=body)
    ask(cluster, "track", "tenants", name="t", body={"namespace": "t", "demand": {"chatbot": 1}})
    cluster.run_until(cluster.now + 60 * SECOND)
    cluster.run_until((cluster.now // SLOT + 1) * SLOT)
    return cluster


def on_nodes(cluster: Cluster) -> list[str]:
    return [pod["spec"]["nodeName"] for pod in cluster.read.list(kinds.PODS, "t")]


def met(cluster: Cluster) -> Result:
    [found] = cluster.flows.now("t")
    return found


def lost(cluster: Cluster, node: str, slots: int) -> list[int]:
    """Take a node's power; return the bad requests (ppm) of the slots after the one that runs."""
    body = {"fault": "node_down", "target": f"node/{node}", "duration": "30m"}
    ask(cluster, "fault", "faults", body=body)
    found = []
    for _ in range(slots):
        cluster.run_until(cluster.now + SLOT)
        found.append(met(cluster).bad)
    return found


@pytest.mark.parametrize(
    ("service", "after", "slots"),
    [
        pytest.param({"type": "LoadBalancer"}, "24s", 4, id="three checks of eight seconds"),
        pytest.param({"type": "LoadBalancer"}, "10s", 1, id="as soon as the model says"),
        pytest.param({"type": "ClusterIP"}, "24s", 0, id="nobody comes by a load balancer"),
        pytest.param({"type": "NodePort"}, "24s", 0, id="nobody knows who asks a node's port"),
        pytest.param(
            {"type": "LoadBalancer", "externalTrafficPolicy": "Local"}, "24s", 0,
            id="with Local, only nodes of its pods are asked",
        ),
    ],
)  # fmt: skip
def test_a_node_s_part_of_the_customers_is_lost_until_its_checks_have_failed(
    service: dict[str, Any], after: str, slots: int
) -> None:
    cluster = started(service, after)
    nodes = [node["metadata"]["name"] for node in cluster.read.list(kinds.NODES)]
    empty = next(name for name in nodes if name not in on_nodes(cluster))
    part = round(1e6 / len(nodes))
    assert met(cluster).bad == 0
    assert lost(cluster, empty, 8) == [part] * slots + [0] * (8 - slots)


def test_what_is_lost_follows_from_the_fault_and_from_where_it_was_kept() -> None:
    cluster = started({"type": "LoadBalancer"})
    nodes = [node["metadata"]["name"] for node in cluster.read.list(kinds.NODES)]
    empty = next(name for name in nodes if name not in on_nodes(cluster))
    lost(cluster, empty, 2)
    for told in (cluster, Cluster.restore(unpack(pack(cluster.snapshot())))):
        [share] = met(told).shares
        assert (share.seen.reason, share.seen.cause, share.seen.pod) == ("node-down", "f1", empty)
        told.run_until(told.now + 30 * SECOND)
        assert met(told).bad == 0


def test_with_local_a_node_with_a_pod_takes_its_whole_part_until_then() -> None:
    cluster = started({"type": "LoadBalancer", "externalTrafficPolicy": "Local"})
    first, second = on_nodes(cluster)
    assert first != second
    assert lost(cluster, first, 1)[0] >= 500_000
