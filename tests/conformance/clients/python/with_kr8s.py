"""kr8s, unchanged, sync and async: objects with verbs of their own, waits, watches, logs."""

import asyncio
import itertools
import os
from collections.abc import Iterator

import kr8s
import pytest
from kr8s.asyncio.objects import Deployment as AsyncDeployment
from kr8s.asyncio.objects import Pod as AsyncPod
from kr8s.objects import ConfigMap, Deployment, Namespace, Node, Pod, Service

CONFIG = os.environ["KUBECONFIG"]
NUMBERS = itertools.count(1)
PATIENCE = 60


@pytest.fixture
def namespace() -> Iterator[str]:
    api = kr8s.api(kubeconfig=CONFIG)
    home = Namespace({"metadata": {"name": f"kr8s-{next(NUMBERS)}"}}, api=api)
    home.create()
    yield home.name
    home.delete()


def web(namespace: str, replicas: int) -> dict[str, object]:
    labels = {"app": "web"}
    container = {"name": "app", "image": "registry.example/app:1.0"}
    return {
        "metadata": {"name": "web", "namespace": namespace},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }


def test_a_deployment_is_waited_for_scaled_and_looked_into(namespace: str) -> None:
    api = kr8s.api(kubeconfig=CONFIG)
    assert api.version()["gitVersion"] == "v1.36.2"
    assert {"pods", "deployments", "leases"} <= {one["name"] for one in api.api_resources()}
    deployment = Deployment(web(namespace, 2), api=api)
    deployment.create()
    deployment.wait("condition=Available", timeout=PATIENCE)
    assert deployment.ready()
    deployment.scale(3)
    deployment.wait("jsonpath='{.status.readyReplicas}'=3", timeout=PATIENCE)
    pods = deployment.pods()
    assert len(pods) == 3
    assert "ready" in list(pods[0].logs(tail_lines=1))
    service = Service(
        {
            "metadata": {"name": "web", "namespace": namespace},
            "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]},
        },
        api=api,
    )
    service.create()
    assert {pod.name for pod in service.ready_pods()} == {pod.name for pod in pods}
    deployment.label(tier="front")
    deployment.annotate({"note": "seen"})
    found = Deployment.get("web", namespace=namespace, api=api)
    assert (found.labels["tier"], found.annotations["note"]) == ("front", "seen")
    reasons = {one.raw["reason"] for one in api.get("events", namespace=namespace)}
    assert {"ScalingReplicaSet", "SuccessfulCreate", "Started"} <= reasons


def test_refusals_come_in_the_servers_words(namespace: str) -> None:
    api = kr8s.api(kubeconfig=CONFIG)
    data = {"metadata": {"name": "c", "namespace": namespace}, "data": {"a": "1"}}
    made = ConfigMap(data, api=api)
    made.create()
    with pytest.raises(kr8s.ServerError, match='configmaps "c" already exists'):
        ConfigMap(data, api=api).create()
    made.patch([{"op": "replace", "path": "/data/a", "value": "2"}], type="json")
    assert made.data.a == "2"
    made.delete()
    assert not made.exists()
    with pytest.raises(kr8s.NotFoundError):
        ConfigMap.get("c", namespace=namespace, api=api)
    empty = {"metadata": {"name": "p", "namespace": namespace}, "spec": {}}
    with pytest.raises(kr8s.ServerError, match=r"spec\.containers: Required value"):
        Pod(empty, api=api).create()


def test_a_node_is_cordoned() -> None:
    api = kr8s.api(kubeconfig=CONFIG)
    name = next(iter(api.get("nodes"))).name
    node = Node.get(name, api=api)
    node.cordon()
    assert Node.get(name, api=api).unschedulable
    node.uncordon()
    assert not Node.get(name, api=api).unschedulable


def test_the_same_asynchronously(namespace: str) -> None:
    async def live() -> None:
        api = await kr8s.asyncio.api(kubeconfig=CONFIG)
        deployment = await AsyncDeployment(web(namespace, 2), api=api)
        await deployment.create()
        await deployment.wait("condition=Available", timeout=PATIENCE)
        first = await anext(api.get("pods", namespace=namespace))
        seen = asyncio.Event()

        async def look() -> None:
            async for kind, pod in api.watch("pods", namespace=namespace):
                if kind == "MODIFIED" and pod.annotations.get("nudge"):
                    seen.set()
                    break

        async with asyncio.timeout(PATIENCE):
            watching = asyncio.create_task(look())
            for nudge in itertools.count():
                await first.annotate({"nudge": str(nudge)})
                if seen.is_set():
                    break
            await watching
        await first.delete()
        await first.wait("delete", timeout=PATIENCE)
        with pytest.raises(kr8s.NotFoundError):
            await AsyncPod.get(first.name, namespace=namespace, api=api)
        await deployment.delete(propagation_policy="Foreground")
        await deployment.wait("delete", timeout=PATIENCE)

    asyncio.run(live())
