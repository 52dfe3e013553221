"""Services of type LoadBalancer get their address after a while, and give it back."""

from typing import Any

import pytest

from ecp.kube import kinds
from ecp.sim import clusters
from ecp.sim.cluster import Cluster
from ecp.sim.controllers.loadbalancer import FINALIZER
from ecp.sim.engine.engine import SECOND
from ecp.sim.requests import Request
from ecp.sim.store.packing import pack, unpack


def ask(cluster: Cluster, verb: Any, resource: str, **fields: Any) -> None:
    cluster.submit(Request(verb, resource, **fields), cause="a1")


def made(*names: str, plane: dict[str, Any] | None = None, **spec: Any) -> Cluster:
    model = clusters.model("default")
    if plane is not None:
        model = clusters.check({**model, "dataPlane": plane})
    cluster = Cluster.create(model, seed=1)
    for name in names:
        said = {"type": "LoadBalancer", "selector": {"a": "b"}, "ports": [{"port": 80}], **spec}
        body = {"metadata": {"name": name}, "spec": said}
        ask(cluster, "create", kinds.SERVICES, namespace="default", body=body)
    return cluster


def service(cluster: Cluster, name: str) -> dict[str, Any]:
    found = cluster.store.get(kinds.SERVICES, "default", name)
    assert found is not None
    return dict(found)


def address(cluster: Cluster, name: str) -> str | None:
    rows = service(cluster, name)["status"]["loadBalancer"].get("ingress") or ()
    return next((row["ip"] for row in rows), None)


def events(cluster: Cluster, name: str) -> list[tuple[str, str]]:
    return [
        (event["reason"], event["message"])
        for event in cluster.store.list(kinds.EVENTS, "default")
        if event["involvedObject"]["name"] == name
    ]


BEGUN = ("EnsuringLoadBalancer", "Ensuring load balancer")
DONE = ("EnsuredLoadBalancer", "Ensured load balancer")


def test_an_address_comes_after_the_delay_of_the_model() -> None:
    cluster = made("lb")
    cluster.run_until(cluster.now + 29 * SECOND)
    assert address(cluster, "lb") is None
    assert service(cluster, "lb")["metadata"]["finalizers"] == [FINALIZER]
    assert events(cluster, "lb") == [BEGUN]
    cluster = Cluster.restore(unpack(pack(cluster.snapshot())))
    cluster.run_until(cluster.now + 2 * SECOND)
    found = address(cluster, "lb")
    assert found is not None
    assert found.startswith("203.0.113.")
    assert service(cluster, "lb")["status"]["loadBalancer"]["ingress"][0]["ipMode"] == "VIP"
    assert events(cluster, "lb") == [BEGUN, DONE]


@pytest.mark.parametrize(
    ("plane", "spec"),
    [
        pytest.param({}, {}, id="in a cluster whose model has none"),
        pytest.param(None, {"loadBalancerClass": "example.io/x"}, id="of a class of somebody else"),
    ],
)
def test_without_a_controller_it_stays_pending(
    plane: dict[str, Any] | None, spec: dict[str, Any]
) -> None:
    cluster = made("lb", plane=plane, **spec)
    cluster.run_until(cluster.now + 300 * SECOND)
    assert address(cluster, "lb") is None
    assert "finalizers" not in service(cluster, "lb")["metadata"]
    assert events(cluster, "lb") == []


def test_a_service_is_gone_once_its_load_balancer_is() -> None:
    cluster = made("lb")
    cluster.run_until(cluster.now + 60 * SECOND)
    ask(cluster, "delete", kinds.SERVICES, namespace="default", name="lb")
    cluster.run_until(cluster.now + 9 * SECOND)
    assert "deletionTimestamp" in service(cluster, "lb")["metadata"]
    cluster.run_until(cluster.now + 2 * SECOND)
    assert cluster.store.get(kinds.SERVICES, "default", "lb") is None
    assert [reason for reason, _ in events(cluster, "lb")][2:] == [
        "DeletingLoadBalancer",
        "DeletedLoadBalancer",
    ]


def test_a_service_of_another_type_gives_its_address_back() -> None:
    cluster = made("lb")
    cluster.run_until(cluster.now + 60 * SECOND)
    live = service(cluster, "lb")
    body = {**live, "spec": {**live["spec"], "type": "ClusterIP"}}
    body["spec"]["ports"] = [{"port": 80, "protocol": "TCP", "targetPort": 80}]
    ask(cluster, "update", kinds.SERVICES, namespace="default", name="lb", body=body)
    cluster.run_until(cluster.now + 20 * SECOND)
    after = service(cluster, "lb")
    assert after["status"]["loadBalancer"] == {}
    assert "finalizers" not in after["metadata"]


def test_no_two_have_one_address_and_a_full_network_says_so() -> None:
    plane = {"loadBalancer": {"network": "203.0.113.0/28"}}
    cluster = made(*(f"lb{number}" for number in range(7)), plane=plane)
    cluster.run_until(cluster.now + 60 * SECOND)
    found = [address(cluster, f"lb{number}") for number in range(7)]
    given = [one for one in found if one]
    assert len(given) == len(set(given)) == 5
    without = f"lb{found.index(None)}"
    reason, message = events(cluster, without)[-1]
    assert reason == "SyncLoadBalancerFailed"
    assert message.endswith("no address is left in 203.0.113.0/28")
