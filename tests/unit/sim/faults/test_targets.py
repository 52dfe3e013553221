"""What the words of a caller aim at: short names, pods, nodes, and who comes into the scope."""

from typing import Any

import pytest

from ecp.kube.kinds import (
    DAEMONSETS,
    DEPLOYMENTS,
    NAMESPACES,
    NODES,
    PODS,
    SERVICES,
    STATEFULSETS,
)
from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import SECOND
from ecp.sim.faults import FaultRefused
from ecp.sim.requests import Request

MINUTE = 60 * SECOND


def deployment(name: str, replicas: int = 2, **labels: str) -> dict[str, Any]:
    """Return a Deployment whose pods answer at once."""
    labels = {"app": name, **labels}
    container = {"name": "c", "image": "example/app:1", "ports": [{"containerPort": 8080}]}
    return {
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": labels["app"]}},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }


@pytest.fixture(scope="module")
def town() -> dict[str, Any]:
    """Return the snapshot of a cluster with two tenants; tests go on from copies of it."""
    cluster = Cluster.create(seed=3)
    for namespace, names in (("acme", ("callbot", "stt-deployment", "web")), ("beta", ("web",))):
        body = {"metadata": {"name": namespace}}
        cluster.submit(Request("create", NAMESPACES, body=body))
        for name in names:
            cluster.submit(Request("create", DEPLOYMENTS, namespace, body=deployment(name)))
    labelled = deployment("speech-1", app="asr")
    cluster.submit(Request("create", DEPLOYMENTS, "acme", body=labelled))
    one = deployment("single", 1)
    cluster.submit(Request("create", DEPLOYMENTS, "beta", body=one))
    for name in ("chat-a", "chat-b"):
        cluster.submit(Request("create", DEPLOYMENTS, "beta", body=deployment(name, 1)))
    front = {
        "metadata": {"name": "front"},
        "spec": {"selector": {"app": "callbot"}, "ports": [{"port": 80, "targetPort": 8080}]},
    }
    cluster.submit(Request("create", SERVICES, "acme", body=front))
    cluster.submit(Request("create", NAMESPACES, body={"metadata": {"name": "gamma"}}))
    kept = deployment("store")
    kept["spec"]["serviceName"] = "store"
    cluster.submit(Request("create", STATEFULSETS, "gamma", body=kept))
    daemon = deployment("agent")
    del daemon["spec"]["replicas"]
    names = [node["metadata"]["name"] for node in cluster.store.list(NODES)][:2]
    hosts = {"key": "kubernetes.io/hostname", "operator": "In", "values": names}
    required = {"nodeSelectorTerms": [{"matchExpressions": [hosts]}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}
    daemon["spec"]["template"]["spec"] |= {
        "affinity": affinity,
        "tolerations": [{"operator": "Exists"}],
    }
    cluster.submit(Request("create", DAEMONSETS, "gamma", body=daemon))
    cluster.run_until(cluster.now + 2 * MINUTE)
    return cluster.snapshot()


def pods_of(cluster: Cluster, app: str) -> list[dict[str, Any]]:
    return [
        pod for pod in cluster.store.list(PODS) if (pod["metadata"]["labels"] or {})["app"] == app
    ]


def inject(cluster: Cluster, **body: Any) -> Any:
    answer = cluster.submit(Request("fault", "faults", body=body))
    assert answer.object is not None
    return cluster.faults.find(answer.object["id"])


@pytest.mark.parametrize(
    ("target", "namespaces", "hit"),
    [
        pytest.param("callbot", ["acme"], "callbot", id="the name of a Deployment"),
        pytest.param("deployment/callbot", ["acme"], "callbot", id="kind and name"),
        pytest.param("deploy/callbot", ["acme"], "callbot", id="kubectl's short kind"),
        pytest.param("acme/deployment/callbot", None, "callbot", id="namespace, kind and name"),
        pytest.param("stt", ["acme"], "stt-deployment", id="short for stt-deployment"),
        pytest.param("callbot-deployment", ["acme"], "callbot", id="long for callbot"),
        pytest.param("callbot-service", ["acme"], "callbot", id="the other suffix"),
        pytest.param("front", ["acme"], "callbot", id="a Service stands for its pods"),
        pytest.param("service/front", ["acme"], "callbot", id="a Service by kind"),
        pytest.param("asr", ["acme"], "asr", id="the app label"),
        pytest.param("speech", ["acme"], "asr", id="the beginning of one name only"),
        pytest.param("web", ["beta"], "web", id="unambiguous within the namespace"),
        pytest.param("store", ["gamma"], "store", id="the name of a StatefulSet"),
        pytest.param("sts/store", None, "store", id="a StatefulSet by kind"),
        pytest.param("gamma/daemonset/agent", None, "agent", id="a DaemonSet"),
    ],
)
def test_a_workload_by_any_name(
    town: dict[str, Any], target: str, namespaces: list[str] | None, hit: str
) -> None:
    cluster = Cluster.restore(town)
    more = {} if namespaces is None else {"namespaces": namespaces}
    fault = inject(cluster, fault="service_down", target=target, **more)
    found = {cluster.store.get(PODS, *row[:2])["metadata"]["labels"]["app"] for row in fault.pods}  # type: ignore[index]
    assert found == {hit}
    assert len(fault.pods) == 2


@pytest.mark.parametrize(
    ("body", "lists"),
    [
        pytest.param(
            {"fault": "service_down", "target": "web"},
            ["acme/deployment/web", "beta/deployment/web"],
            id="one name in two namespaces",
        ),
        pytest.param(
            {"fault": "cpu_spike", "target": "chat", "namespaces": ["beta"]},
            ["beta/deployment/chat-a", "beta/deployment/chat-b"],
            id="the beginning of two names",
        ),
    ],
)
def test_an_ambiguous_target_is_refused_with_what_it_may_be(
    town: dict[str, Any], body: dict[str, Any], lists: list[str]
) -> None:
    cluster = Cluster.restore(town)
    with pytest.raises(FaultRefused, match="may be any of") as refused:
        inject(cluster, **body)
    assert refused.value.targets == lists
    assert refused.value.said("ko")


@pytest.mark.parametrize(
    ("body", "lists"),
    [
        pytest.param(
            {"fault": "service_down", "target": "tts", "namespaces": ["beta"]},
            ["deployment/chat-a", "deployment/chat-b", "deployment/single", "deployment/web"],
            id="no such workload: those of the namespace",
        ),
        pytest.param(
            {"fault": "service_down", "target": "shop/web/x/y", "namespaces": ["beta"]},
            ["deployment/chat-a", "deployment/chat-b", "deployment/single", "deployment/web"],
            id="nonsense",
        ),
        pytest.param(
            {"fault": "service_down", "target": "gizmo/web", "namespaces": ["beta"]},
            ["deployment/chat-a", "deployment/chat-b", "deployment/single", "deployment/web"],
            id="a kind nobody knows",
        ),
        pytest.param(
            {"fault": "zone_down", "target": "deployment/web"},
            ["kr-1a", "kr-1b", "kr-1c"],
            id="a zone is named by its name",
        ),
    ],
)
def test_a_target_without_a_match_is_refused_with_the_targets(
    town: dict[str, Any], body: dict[str, Any], lists: list[str]
) -> None:
    cluster = Cluster.restore(town)
    with pytest.raises(FaultRefused, match="nothing to hit") as refused:
        inject(cluster, **body)
    assert refused.value.targets == lists


def test_a_pod_or_a_workload_stands_for_the_one_node_that_carries_it(town: dict[str, Any]) -> None:
    cluster = Cluster.restore(town)
    (pod,) = pods_of(cluster, "single")
    for target in ("single", pod["metadata"]["name"], f"beta/pod/{pod['metadata']['name']}"):
        fault = inject(cluster, fault="node_down", target=target)
        assert fault.nodes == [pod["spec"]["nodeName"]]
    spread = sorted({f"node/{pod['spec']['nodeName']}" for pod in pods_of(cluster, "callbot")})
    assert len(spread) == 2
    with pytest.raises(FaultRefused, match="may be any of") as refused:
        inject(cluster, fault="node_down", target="callbot")
    assert refused.value.targets == spread


def test_a_node_stands_for_the_pods_on_it(town: dict[str, Any]) -> None:
    cluster = Cluster.restore(town)
    node = pods_of(cluster, "single")[0]["spec"]["nodeName"]
    fault = inject(cluster, fault="network_latency", target=node, namespaces=["beta"])
    on_it = [pod["metadata"]["uid"] for pod in cluster.store.on_node(node)]
    assert fault.pods
    assert {row[0] for row in fault.pods} == {"beta"}
    assert all(uid in on_it for _, _, uid in fault.pods)


@pytest.mark.parametrize(
    ("target", "replacement_is_hit"),
    [
        pytest.param("pod", False, id="a pod's fault ends with the pod"),
        pytest.param("deployment/single", True, id="a Deployment's is there for who comes"),
        pytest.param("service/solo", True, id="a Service's is there for whom it selects"),
        pytest.param("node", True, id="a node's is there for who comes to it"),
    ],
)
def test_a_replaced_pod_is_hit_as_the_scope_says(
    town: dict[str, Any], target: str, replacement_is_hit: bool
) -> None:
    cluster = Cluster.restore(town)
    solo = {
        "metadata": {"name": "solo"},
        "spec": {"selector": {"app": "single"}, "ports": [{"port": 80, "targetPort": 8080}]},
    }
    cluster.submit(Request("create", SERVICES, "beta", body=solo))
    (pod,) = pods_of(cluster, "single")
    name, node = pod["metadata"]["name"], pod["spec"]["nodeName"]
    for other in cluster.store.list(NODES):
        if target == "node" and other["metadata"]["name"] != node:
            # The replacement must come back to this node.
            where = other["metadata"]["name"]
            body = {"spec": {"unschedulable": True}}
            cluster.submit(Request("patch", NODES, "", where, body=body, patch="merge"))
    wanted = {"pod": f"pod/{name}", "node": f"node/{node}"}.get(target, target)
    fault = inject(
        cluster, fault="service_down", target=wanted, duration="10m", namespaces=["beta"]
    )
    uid = pod["metadata"]["uid"]
    assert cluster.world.answers(uid, 8080, cluster.now) == "hung"
    cluster.submit(Request("delete", PODS, "beta", name))
    cluster.run_until(cluster.now + 2 * MINUTE)
    (fresh,) = pods_of(cluster, "single")
    assert fresh["metadata"]["uid"] != uid
    expected = "hung" if replacement_is_hit else None
    assert cluster.world.answers(fresh["metadata"]["uid"], 8080, cluster.now) == expected
    assert (fresh["metadata"]["uid"] in fault.levels) == replacement_is_hit
    cluster.run_until(cluster.now + 10 * MINUTE)
    assert fault.ended is not None
    assert cluster.world.answers(fresh["metadata"]["uid"], 8080, cluster.now) is None
