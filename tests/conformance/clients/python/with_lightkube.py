"""lightkube, unchanged, sync and async: typed models, apply, waits, watches, generic resources."""

import asyncio
import itertools
import os
from collections.abc import Iterator

import pytest
from lightkube import ApiError, AsyncClient, Client, KubeConfig, codecs, operators
from lightkube.generic_resource import create_namespaced_resource
from lightkube.models.apps_v1 import DeploymentSpec
from lightkube.models.core_v1 import Container, PodSpec, PodTemplateSpec
from lightkube.models.meta_v1 import LabelSelector, ObjectMeta
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.core_v1 import ConfigMap, Event, Namespace, Node, Pod
from lightkube.types import CascadeType, PatchType

CONFIG = KubeConfig.from_file(os.environ["KUBECONFIG"])
NUMBERS = itertools.count(1)
FILES = """
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {a: "1"}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: lamps.GROUP}
spec:
  group: GROUP
  scope: Namespaced
  names: {plural: lamps, singular: lamp, kind: Lamp}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
"""


@pytest.fixture
def lightkube() -> Iterator[Client]:
    """A client whose namespace is its own."""
    name = f"lightkube-{next(NUMBERS)}"
    client = Client(config=CONFIG, namespace=name, field_manager="lightkube")
    client.create(Namespace(metadata=ObjectMeta(name=name)))
    yield client
    client.delete(Namespace, name)


def web(replicas: int) -> Deployment:
    labels = {"app": "web"}
    containers = [Container(name="app", image="registry.example/app:1.0")]
    template = PodTemplateSpec(
        metadata=ObjectMeta(labels=labels), spec=PodSpec(containers=containers)
    )
    spec = DeploymentSpec(
        replicas=replicas, selector=LabelSelector(matchLabels=labels), template=template
    )
    return Deployment(metadata=ObjectMeta(name="web"), spec=spec)


def test_a_deployment_is_applied_waited_for_and_gone(lightkube: Client) -> None:
    made = lightkube.apply(web(2))
    assert made.metadata.managedFields[0].operation == "Apply"
    ready = lightkube.wait(Deployment, "web", for_conditions=["Available"])
    assert ready.status.readyReplicas == 2
    scale = lightkube.get(Deployment.Scale, "web")
    scale.spec.replicas = 3
    assert lightkube.replace(scale, "web").spec.replicas == 3
    for _, seen in lightkube.watch(Deployment, server_timeout=60):
        if seen.status.readyReplicas == 3:
            break
    pods = list(lightkube.list(Pod, labels={"app": operators.in_(["web"])}, chunk_size=1))
    assert len(pods) == 3
    others = lightkube.list(Pod, fields={"status.phase": operators.not_equal("Running")})
    assert list(others) == []
    assert "ready\n" in list(lightkube.log(pods[0].metadata.name, tail_lines=1))
    assert {one.reason for one in lightkube.list(Event)} >= {"Scheduled", "ScalingReplicaSet"}
    lightkube.delete(Deployment, "web", cascade=CascadeType.FOREGROUND)
    for kind, _ in lightkube.watch(Deployment, server_timeout=60):
        if kind == "DELETED":
            break
    assert list(lightkube.list(Pod)) == []


def test_patches_and_refusals(lightkube: Client) -> None:
    lightkube.create(web(1))
    merged = lightkube.patch(
        Deployment, "web", {"spec": {"replicas": 4}}, patch_type=PatchType.MERGE
    )
    assert merged.spec.replicas == 4
    replace = [{"op": "replace", "path": "/spec/replicas", "value": 2}]
    patched = lightkube.patch(Deployment, "web", replace, patch_type=PatchType.JSON)
    assert patched.spec.replicas == 2
    with pytest.raises(ApiError) as refused:
        lightkube.apply(web(3), field_manager="other")
    assert refused.value.status.code == 409
    assert 'conflict with "lightkube" using apps/v1: .spec.replicas' in refused.value.status.message
    assert lightkube.apply(web(3), field_manager="other", force=True).spec.replicas == 3
    with pytest.raises(ApiError) as refused:
        lightkube.get(Pod, "nope")
    assert refused.value.status.message == 'pods "nope" not found'


def test_files_with_a_definition_and_its_instances(lightkube: Client) -> None:
    group = f"{lightkube.namespace}.example.io"
    settings, definition = codecs.load_all_yaml(FILES.replace("GROUP", group))
    assert lightkube.create(settings).metadata.namespace == lightkube.namespace
    lightkube.create(definition)
    lightkube.wait(type(definition), f"lamps.{group}", for_conditions=["Established"])
    lamp = create_namespaced_resource(group, "v1", "Lamp", "lamps")
    lightkube.create(lamp(metadata=ObjectMeta(name="desk"), spec={"watts": 7}))
    assert [one.spec["watts"] for one in lightkube.list(lamp)] == [7]
    lightkube.deletecollection(ConfigMap)
    assert "settings" not in {one.metadata.name for one in lightkube.list(ConfigMap)}
    lightkube.delete(type(definition), f"lamps.{group}")


def test_the_same_asynchronously(lightkube: Client) -> None:
    async def live() -> None:
        client = AsyncClient(config=CONFIG, namespace=lightkube.namespace)
        assert [one async for one in client.list(Node)]
        await client.create(web(1))
        await client.wait(Deployment, "web", for_conditions=["Available"])
        async for kind, pod in client.watch(Pod, server_timeout=60):
            if kind in ("ADDED", "MODIFIED") and pod.status.phase == "Running":
                break
        await client.delete(Deployment, "web")
        await client.close()

    asyncio.run(live())
