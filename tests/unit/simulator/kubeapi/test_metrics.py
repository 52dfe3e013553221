"""metrics.k8s.io over a cluster that lives: who has metrics, in which words, and who reads them."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from conformance.bare import Client, Host, drive
from ecp.kube import kinds, quantity
from ecp.sim import clusters
from ecp.sim.access import RBAC
from ecp.sim.cluster import Cluster
from ecp.sim.requests import Request

SECOND = 1_000_000_000
ROOT = "/apis/metrics.k8s.io/v1beta1"
PODS = f"{ROOT}/namespaces/default/pods"
SPEC = {"name": "m", "pools": [{"name": "n", "count": 2, "cpu": "4", "memory": "8Gi"}]}
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
NOTES = {"sim.ecp-ai.io/cpu": "250m", "sim.ecp-ai.io/memory": "300Mi"}
Story = Callable[[Client, Cluster], Awaitable[None]]


def started(**more: Any) -> Cluster:
    """Return a cluster with two pods: `a` takes what it is told, `b` what its image takes."""
    cluster = Cluster.create(clusters.check({**SPEC, **more}), seed=1)
    for name, notes in (("a", NOTES), ("b", {})):
        meta = {"name": name, "labels": {"app": name}, "annotations": notes}
        container = {"name": "c", "image": "docker.io/library/redis"}
        body = {"metadata": meta, "spec": {"containers": [container]}}
        cluster.submit(Request("create", kinds.PODS, "default", body=body))
    cluster.run_until(cluster.now + 60 * SECOND)
    return cluster


def told(story: Story, cluster: Cluster | None = None) -> None:
    found = cluster or started()

    async def tell(client: Client, host: Host) -> None:
        await story(client, found)

    drive(tell, found)


def test_pods_are_listed_with_what_their_containers_take() -> None:
    async def story(client: Client, cluster: Cluster) -> None:
        got = await client.ask("GET", PODS)
        assert got.json["metadata"] == {}
        assert got.json["kind"] == "PodMetricsList"
        assert [one["containers"] for one in got.json["items"]] == [
            [{"name": "c", "usage": {"cpu": "250m", "memory": "300Mi"}}],
            [{"name": "c", "usage": {"cpu": "1m", "memory": "10Mi"}}],
        ]
        one = (await client.ask("GET", f"{PODS}/a")).json
        assert (one["kind"], one["apiVersion"]) == ("PodMetrics", "metrics.k8s.io/v1beta1")
        assert one["metadata"]["labels"]["app"] == "a"
        assert one["metadata"]["creationTimestamp"] == "2026-01-05T00:01:01Z"
        assert (one["timestamp"], one["window"]) == ("2026-01-05T00:01:00Z", "15s")
        assert (await client.ask("GET", f"{ROOT}/pods")).json["items"] == got.json["items"]

    told(story)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("labelSelector=app%3Db", ["b"]),
        ("labelSelector=app+notin+(b)", ["a"]),
        ("fieldSelector=metadata.name%3Da", ["a"]),
        ("limit=1", ["a", "b"]),
    ],
    ids=["by a label", "by what it is not", "by a field", "all at once, however many are asked"],
)
def test_lists_are_narrowed(query: str, names: list[str]) -> None:
    async def story(client: Client, cluster: Cluster) -> None:
        got = await client.ask("GET", f"{PODS}?{query}")
        assert [one["metadata"]["name"] for one in got.json["items"]] == names

    told(story)


def test_a_nodes_figure_is_that_of_its_pods_and_of_the_system() -> None:
    async def story(client: Client, cluster: Cluster) -> None:
        nodes = (await client.ask("GET", f"{ROOT}/nodes")).json["items"]
        assert [one["metadata"]["name"] for one in nodes] == ["n-1", "n-2"]
        # Two idle systems, and what two pods take and add to them.
        assert sum(quantity.nano(one["usage"]["cpu"]) for one in nodes) == 656 * quantity.MICRO
        memory = sum(quantity.value(one["usage"]["memory"]) for one in nodes)
        assert memory == pytest.approx((2 * 325 + 6.5 + 310) * (1 << 20), abs=2 * 4096)

    told(story)


@pytest.mark.parametrize(
    ("method", "path", "status", "message"),
    [
        ("GET", f"{PODS}/x", 404, 'pods "x" not found'),
        ("GET", f"{PODS}/late", 404, 'podmetrics.metrics.k8s.io "default/late" not found'),
        ("GET", f"{ROOT}/nodes/x", 404, 'node "x" not found'),
        ("GET", f"{ROOT}/nodes/n-1", 404, 'nodemetrics.metrics.k8s.io "n-1" not found'),
        (
            "GET",
            f"{PODS}?watch=true",
            405,
            'watch is not supported on resources of kind "pods.metrics.k8s.io"',
        ),
        (
            "DELETE",
            f"{PODS}/a",
            405,
            "the server does not allow this method on the requested resource",
        ),
    ],
    ids=["no pod", "a pod without a sample", "no node", "a node without one", "watch", "delete"],
)
def test_refusals(method: str, path: str, status: int, message: str) -> None:
    cluster = started()
    body = {"metadata": {"name": "late"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    cluster.submit(Request("create", kinds.PODS, "default", body=body))
    cluster.world.set_node("n-1", False, cluster.now)
    cluster.run_until(cluster.now + 16 * SECOND)
    cluster.world.crash(cluster.store.get(kinds.PODS, "default", "late")["metadata"]["uid"], "", 1,
                        "Error", cluster.now - 10 * SECOND)  # fmt: skip

    async def story(client: Client, cluster: Cluster) -> None:
        got = await client.ask(method, path)
        assert (got.status, got.json["message"]) == (status, message)

    told(story, cluster)


def test_the_table_is_metrics_servers() -> None:
    async def story(client: Client, cluster: Cluster) -> None:
        got = (await client.ask("GET", PODS, accept=TABLE)).json
        assert [one["name"] for one in got["columnDefinitions"]] == [
            "Name", "cpu", "memory", "Window",
        ]  # fmt: skip
        assert [row["cells"] for row in got["rows"]] == [
            ["a", "250m", "300Mi", "15s"],
            ["b", "1m", "10Mi", "15s"],
        ]

    told(story)


def test_the_group_is_discovered_last_and_registered() -> None:
    async def story(client: Client, cluster: Cluster) -> None:
        groups = (await client.ask("GET", "/apis")).json["groups"]
        assert groups[-1]["name"] == "metrics.k8s.io"
        resources = (await client.ask("GET", ROOT)).json["resources"]
        verbs = ["get", "list"]
        assert resources == [
            {"name": "nodes", "singularName": "", "namespaced": False, "kind": "NodeMetrics",
             "verbs": verbs},
            {"name": "pods", "singularName": "", "namespaced": True, "kind": "PodMetrics",
             "verbs": verbs},
        ]  # fmt: skip
        service = "/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io"
        got = (await client.ask("GET", service, accept=TABLE)).json
        assert got["rows"][0]["cells"][:3] == [
            "v1beta1.metrics.k8s.io", "kube-system/metrics-server", "True",
        ]  # fmt: skip

    told(story)


def test_a_cluster_without_it_knows_no_such_group() -> None:
    async def story(client: Client, cluster: Cluster) -> None:
        assert (await client.ask("GET", PODS)).status == 404
        groups = (await client.ask("GET", "/apis")).json["groups"]
        assert "metrics.k8s.io" not in [one["name"] for one in groups]
        service = "/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io"
        assert (await client.ask("GET", service)).status == 404

    told(story, started(metricsServer=False))


def test_a_viewer_may_read_metrics() -> None:
    found = started(authorizationMode=RBAC)
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"}
    subject = {"kind": "User", "name": "ann", "apiGroup": "rbac.authorization.k8s.io"}
    body = {"metadata": {"name": "ann"}, "roleRef": reference, "subjects": [subject]}
    found.submit(Request("create", "rolebindings.rbac.authorization.k8s.io", "default", body=body))

    async def story(client: Client, cluster: Cluster) -> None:
        for user, status in (("ann", 200), ("bob", 403)):
            got = await client.ask("GET", PODS, headers={"impersonate-user": user})
            assert got.status == status

    told(story, found)


HPA = {
    "metadata": {"name": "web"},
    "spec": {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
        "minReplicas": 1,
        "maxReplicas": 9,
        "metrics": [
            {"type": "Resource", "resource": {
                "name": name, "target": {"type": "Utilization", "averageUtilization": 50}}}
            for name in ("cpu", "memory")
        ],
    },
}  # fmt: skip


def scaled(**more: Any) -> Cluster:
    """Return a cluster in which a Deployment without traffic is scaled by what it takes."""
    cluster = Cluster.create(clusters.check({**SPEC, **more}), seed=1)
    asks = {"requests": {"cpu": "1", "memory": "600Mi"}}
    pod = {"containers": [{"name": "c", "image": "docker.io/library/redis", "resources": asks}]}
    template = {"metadata": {"labels": {"app": "web"}, "annotations": NOTES}, "spec": pod}
    spec = {"replicas": 1, "selector": {"matchLabels": {"app": "web"}}, "template": template}
    body = {"metadata": {"name": "web"}, "spec": spec}
    cluster.submit(Request("create", kinds.DEPLOYMENTS, "default", body=body))
    cluster.submit(Request("create", kinds.HPAS, "default", body=HPA))
    cluster.run_until(cluster.now + 120 * SECOND)
    return cluster


def test_autoscalers_read_what_is_shown() -> None:
    async def story(client: Client, cluster: Cluster) -> None:
        shown = (await client.ask("GET", PODS)).json["items"]
        assert [one["containers"][0]["usage"] for one in shown] == [
            {"cpu": "250m", "memory": "300Mi"}
        ]
        status = (cluster.store.get(kinds.HPAS, "default", "web") or {})["status"]
        assert [one["resource"]["current"] for one in status["currentMetrics"]] == [
            {"averageUtilization": 25, "averageValue": "250m"},
            {"averageUtilization": 50, "averageValue": "300Mi"},
        ]
        assert status["desiredReplicas"] == 1

    told(story, scaled())


def test_a_burner_shows_and_is_scaled_for() -> None:
    cluster = scaled()
    (pod,) = cluster.store.list(kinds.PODS, "default")
    cluster.world.strain(pod["metadata"]["uid"], "burn", 700_000, cluster.now)
    cluster.run_until(cluster.now + 40 * SECOND)

    async def story(client: Client, cluster: Cluster) -> None:
        one = (await client.ask("GET", f"{PODS}/{pod['metadata']['name']}")).json
        assert one["containers"][0]["usage"]["cpu"] == "950m"
        deployment = cluster.store.get(kinds.DEPLOYMENTS, "default", "web") or {}
        # 95 % of half: two; with a second at 25 %, 60 % on average: three.
        assert deployment["spec"]["replicas"] == 3

    told(story, cluster)


def test_without_metrics_server_an_autoscaler_says_so() -> None:
    cluster = scaled(metricsServer=False)
    status = (cluster.store.get(kinds.HPAS, "default", "web") or {})["status"]
    said = {one["type"]: one["message"] for one in status["conditions"]}
    assert said["ScalingActive"] == (
        "the HPA was unable to compute the replica count: failed to get cpu utilization: unable to "
        "get metrics for resource cpu: unable to fetch metrics from resource metrics API: the "
        "server could not find the requested resource (get pods.metrics.k8s.io)"
    )


@pytest.mark.parametrize(
    ("value", "message"),
    [("yes", "metricsServer: must be of type bool"), (1, "metricsServer: must be of type bool")],
)
def test_the_switch_is_true_or_false(value: Any, message: str) -> None:
    with pytest.raises(clusters.InvalidModel) as refused:
        clusters.check({**SPEC, "metricsServer": value})
    assert str(refused.value) == message


def test_what_is_measured_is_described_and_can_only_be_read() -> None:
    async def story(client: Client, cluster: Cluster) -> None:
        name = "openapi/v3/apis/metrics.k8s.io/v1beta1"
        assert (
            name.removeprefix("openapi/v3/")
            in (await client.ask("GET", "/openapi/v3")).json["paths"]
        )
        document = (await client.ask("GET", f"/{name}")).json
        assert {
            path: sorted(set(operations) - {"parameters"})
            for path, operations in document["paths"].items()
        } == {
            f"{ROOT}/namespaces/{{namespace}}/pods": ["get"],
            f"{ROOT}/namespaces/{{namespace}}/pods/{{name}}": ["get"],
            f"{ROOT}/nodes": ["get"],
            f"{ROOT}/nodes/{{name}}": ["get"],
            f"{ROOT}/pods": ["get"],
        }
        schemas = document["components"]["schemas"]
        described = {
            schema["x-kubernetes-group-version-kind"][0]["kind"]: schema["description"]
            for schema in schemas.values()
            if "Metrics" in schema.get("description", "")
            and not schema["x-kubernetes-group-version-kind"][0]["kind"].endswith("List")
        }
        assert described == {
            "NodeMetrics": "NodeMetrics sets resource usage metrics of a node.",
            "PodMetrics": "PodMetrics sets resource usage metrics of a pod.",
        }

    told(story)
