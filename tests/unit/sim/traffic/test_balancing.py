"""Customers that a load balancer sends to a node without power until its checks have failed."""

from typing import Any

import pytest

from ecp.kube import kinds
from ecp.sim import clusters
from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import SECOND
from ecp.sim.requests import Request
from ecp.sim.store.packing import pack, unpack
from ecp.sim.telemetry.ledger import chain
from ecp.sim.traffic.model import Result

SLOT = 5 * SECOND
PODS = 2


def ask(cluster: Cluster, verb: Any, resource: str, **fields: Any) -> Any:
    return cluster.submit(Request(verb, resource, **fields), cause="a1")


def started(
    service: dict[str, Any], after: str = "24s", healthy: str = "8s", *, by_ingress: bool = False
) -> Cluster:
    """Return a cluster of a chatbot of two pods on two nodes that customers reach by a Service."""
    model = clusters.model("default")
    balancer = {**model["dataPlane"]["loadBalancer"]}
    balancer |= {"unhealthyAfter": after, "healthyAfter": healthy}
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
    if by_ingress:
        backend = {"service": {"name": "chatbot", "port": {"number": 80}}}
        body = {
            "metadata": {"name": "door"},
            "spec": {"ingressClassName": "nginx", "defaultBackend": backend},
        }
        ask(cluster, "create", kinds.INGRESSES, namespace="t", body=body)
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


LOCAL = {"type": "LoadBalancer", "externalTrafficPolicy": "Local"}


def scaled(cluster: Cluster, replicas: int, slots: int) -> list[int]:
    """Scale the chatbot; return the bad requests (ppm) of the slots after that."""
    body = {"spec": {"replicas": replicas}}
    ask(cluster, "patch", kinds.DEPLOYMENTS, namespace="t", name="chatbot", body=body,
        patch="merge")  # fmt: skip
    found = []
    for _ in range(slots):
        cluster.run_until(cluster.now + SLOT)
        found.append(met(cluster).bad)
    return found


def test_customers_of_an_ingress_come_by_a_load_balancer_as_well() -> None:
    cluster = started({"type": "ClusterIP"}, by_ingress=True)
    nodes = [node["metadata"]["name"] for node in cluster.read.list(kinds.NODES)]
    empty = next(name for name in nodes if name not in on_nodes(cluster))
    part = round(1e6 / len(nodes))
    assert lost(cluster, empty, 6) == [part] * 4 + [0] * 2


@pytest.mark.parametrize(("after", "bad"), [("24s", 4), ("10s", 2)])
def test_with_local_a_node_that_lost_its_pod_is_sent_customers_until_its_checks_have_failed(
    after: str, bad: int
) -> None:
    cluster = started(LOCAL, after)
    assert len(set(on_nodes(cluster))) == PODS
    found = scaled(cluster, 1, 8)
    assert found[1:] == [500_000] * (bad - 1) + [0] * (8 - bad)


def test_what_a_node_without_a_pod_loses_follows_from_who_took_it_away() -> None:
    cluster = started(LOCAL)
    scaled(cluster, 1, 2)
    middle = unpack(pack(cluster.snapshot()))
    for told in (cluster, Cluster.restore(middle)):
        [share] = met(told).shares
        assert (share.kind, share.seen.reason, share.seen.cause) == ("network", "no-local", "a1")
        [(result, way)] = chain(told.flows.now("t"))
        assert (result.state, way.seen.cause) == ("D", "a1")
        told.run_until(told.now + 25 * SECOND)
        assert met(told).bad == 0


@pytest.mark.parametrize(("healthy", "later"), [("5s", 0), ("30s", 5)])
def test_with_local_a_node_is_taken_in_once_its_checks_have_passed(
    healthy: str, later: int
) -> None:
    cluster = started(LOCAL, "10s", healthy)
    scaled(cluster, 0, 6)
    found = scaled(cluster, 1, 14)
    back = found.index(0)
    assert found == [1_000_000] * back + [0] * (14 - back)
    quick = started(LOCAL, "10s", "5s")
    scaled(quick, 0, 6)
    assert back - scaled(quick, 1, 14).index(0) == later
