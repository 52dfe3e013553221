"""The official Python client, unchanged: typed calls, watches, the dynamic client, elections."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from kubernetes import client, dynamic, utils, watch
from kubernetes.config import new_client_from_config
from kubernetes.leaderelection import electionconfig, leaderelection
from kubernetes.leaderelection.resourcelock.leaselock import LeaseLock

CONFIG = os.environ["KUBECONFIG"]
PATIENCE = 60
MANY = """
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {a: "1"}}
- {apiVersion: v1, kind: Secret, metadata: {name: pin}, stringData: {pin: "1234"}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: once}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: work, image: "busybox:1.36", command: [sh, -c, "sleep 1"]}]
"""


class Home(NamedTuple):
    """A namespace of its own and the ways to it."""

    api: client.ApiClient
    core: client.CoreV1Api
    apps: client.AppsV1Api
    namespace: str


@pytest.fixture
def home() -> Iterator[Home]:
    with new_client_from_config(CONFIG) as api:
        core = client.CoreV1Api(api)
        body = client.V1Namespace(metadata=client.V1ObjectMeta(generate_name="python-"))
        name = core.create_namespace(body).metadata.name
        yield Home(api, core, client.AppsV1Api(api), name)
        core.delete_namespace(name)


def web(replicas: int) -> client.V1Deployment:
    labels = {"app": "web"}
    container = client.V1Container(name="app", image="registry.example/app:1.0")
    template = client.V1PodTemplateSpec(
        metadata=client.V1ObjectMeta(labels=labels), spec=client.V1PodSpec(containers=[container])
    )
    spec = client.V1DeploymentSpec(
        replicas=replicas, selector=client.V1LabelSelector(match_labels=labels), template=template
    )
    return client.V1Deployment(metadata=client.V1ObjectMeta(name="web"), spec=spec)


def follow(listing: Callable[..., Any], *arguments: Any, **more: Any) -> Iterator[tuple[str, Any]]:
    """Yield (type, object) of a watch; it fails the test rather than wait for ever."""
    more.setdefault("timeout_seconds", PATIENCE)
    for event in watch.Watch().stream(listing, *arguments, **more):
        yield event["type"], event["object"]
    raise AssertionError("the watch ended before what was waited for")


def rolled_out(home: Home, made: Any, replicas: int) -> Any:
    """Watch a Deployment from a version on until so many replicas are available."""
    version = made.metadata.resource_version
    for _, seen in follow(
        home.apps.list_namespaced_deployment, home.namespace, resource_version=version
    ):
        status = seen.status
        current = status.observed_generation == seen.metadata.generation
        if current and status.updated_replicas == status.available_replicas == replicas:
            return seen
    return None


def test_a_rollout_is_waited_for_and_its_pods_looked_at(home: Home) -> None:
    made = home.apps.create_namespaced_deployment(home.namespace, web(3))
    assert rolled_out(home, made, 3).status.replicas == 3
    first = home.core.list_namespaced_pod(home.namespace, label_selector="app=web", limit=2)
    rest = home.core.list_namespaced_pod(
        home.namespace, label_selector="app=web", limit=2, _continue=first.metadata._continue
    )
    assert (len(first.items), len(rest.items)) == (2, 1)
    name = first.items[0].metadata.name
    assert "started" in home.core.read_namespaced_pod_log(name, home.namespace)
    stamped = home.core.read_namespaced_pod_log(name, home.namespace, tail_lines=1, timestamps=True)
    assert stamped[:2] == "20"
    events = home.core.list_namespaced_event(
        home.namespace, field_selector=f"involvedObject.name={name}"
    )
    assert {"Scheduled", "Pulled", "Created", "Started"} <= {one.reason for one in events.items}
    running = home.core.list_pod_for_all_namespaces(field_selector="status.phase=Running")
    assert name in {pod.metadata.name for pod in running.items}
    assert client.VersionApi(home.api).get_code().git_version == "v1.36.2"


def test_patches_scales_and_conflicts(home: Home) -> None:
    made = home.apps.create_namespaced_deployment(home.namespace, web(1))
    patch, where = home.apps.patch_namespaced_deployment, ("web", home.namespace)
    assert patch(*where, {"spec": {"replicas": 2}}).spec.replicas == 2
    replace = [{"op": "replace", "path": "/spec/replicas", "value": 4}]
    assert patch(*where, replace).spec.replicas == 4
    assert (
        home.apps.patch_namespaced_deployment_scale(*where, {"spec": {"replicas": 2}}).spec.replicas
        == 2
    )
    assert home.apps.read_namespaced_deployment_scale(*where).status.selector == "app=web"
    made.spec.replicas = 7
    with pytest.raises(client.ApiException) as refused:
        home.apps.replace_namespaced_deployment(*where, made)
    assert (refused.value.status, refused.value.reason) == (409, "Conflict")
    assert "the object has been modified" in refused.value.body
    with pytest.raises(client.ApiException) as refused:
        home.core.read_namespaced_pod("nope", home.namespace)
    assert refused.value.status == 404
    with pytest.raises(client.ApiException) as refused:
        patch(*where, {"spec": {"replicas": -1}})
    assert refused.value.status == 422


def test_a_deletion_is_watched_to_its_end(home: Home) -> None:
    made = home.apps.create_namespaced_deployment(home.namespace, web(2))
    version = rolled_out(home, made, 2).metadata.resource_version
    home.apps.delete_namespaced_deployment("web", home.namespace, propagation_policy="Foreground")
    gone = 0
    for kind, _ in follow(home.core.list_namespaced_pod, home.namespace, resource_version=version):
        gone += kind == "DELETED"
        if gone == 2:
            break
    for kind, _ in follow(
        home.apps.list_namespaced_deployment, home.namespace, resource_version=version
    ):
        if kind == "DELETED":
            break
    assert home.apps.list_namespaced_deployment(home.namespace).items == []


def test_the_dynamic_client_applies_and_watches(home: Home) -> None:
    dynamically = dynamic.DynamicClient(home.api)
    deployments = dynamically.resources.get(api_version="apps/v1", kind="Deployment")
    body = home.api.sanitize_for_serialization(web(2))
    body |= {"apiVersion": "apps/v1", "kind": "Deployment"}

    def apply(manager: str, wanted: Any, **more: Any) -> Any:
        return dynamically.server_side_apply(
            deployments, body=wanted, name="web", namespace=home.namespace,
            field_manager=manager, **more,
        )  # fmt: skip

    assert apply("one", body).metadata.managedFields[0].operation == "Apply"
    less = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}}
    with pytest.raises(dynamic.exceptions.ConflictError) as refused:
        apply("two", less | {"spec": {"replicas": 1}})
    assert b'conflict with \\"one\\": .spec.replicas' in refused.value.body.encode()
    assert apply("two", less | {"spec": {"replicas": 1}}, force_conflicts=True).spec.replicas == 1
    pods = dynamically.resources.get(api_version="v1", kind="Pod")
    for event in pods.watch(namespace=home.namespace, timeout=PATIENCE):
        if event["object"].status.phase == "Running":
            break
    assert len(dynamically.resources.search(kind="Pod")) >= 1
    with pytest.raises(dynamic.exceptions.NotFoundError):
        pods.get(name="nope", namespace=home.namespace)


def test_files_become_objects_and_are_refused_the_second_time(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "many.yaml"
    path.write_text(MANY)
    made = utils.create_from_yaml(home.api, str(path), namespace=home.namespace)
    assert [one.kind for row in made for one in row] == ["ConfigMap", "Secret", "Job"]
    with pytest.raises(utils.FailToCreateError) as refused:
        utils.create_from_yaml(home.api, str(path), namespace=home.namespace)
    assert len(refused.value.api_exceptions) == 3
    batch = client.BatchV1Api(home.api)
    for _, job in follow(batch.list_namespaced_job, home.namespace):
        if job.status.succeeded == 1:
            break


def test_instances_of_a_definition(home: Home) -> None:
    group = f"{home.namespace}.example.io"
    schema = {
        "type": "object",
        "properties": {
            "spec": {"type": "object", "properties": {"size": {"type": "integer"}}},
            "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        },
    }
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
        "subresources": {"status": {}},
    }
    names = {"plural": "widgets", "singular": "widget", "kind": "Widget"}
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"widgets.{group}"},
        "spec": {"group": group, "scope": "Namespaced", "names": names, "versions": [version]},
    }
    definitions = client.ApiextensionsV1Api(home.api)
    definitions.create_custom_resource_definition(definition)
    for _, found in follow(definitions.list_custom_resource_definition):
        conditions = (found.status and found.status.conditions) or []
        mine = found.metadata.name == f"widgets.{group}"
        if mine and any(c.type == "Established" and c.status == "True" for c in conditions):
            break
    custom = client.CustomObjectsApi(home.api)
    where = (group, "v1", home.namespace, "widgets")
    body = {"apiVersion": f"{group}/v1", "kind": "Widget", "metadata": {"name": "w"}}
    made = custom.create_namespaced_custom_object(*where, body | {"spec": {"size": 1}})
    assert made["metadata"]["generation"] == 1
    with pytest.raises(client.ApiException) as refused:
        custom.create_namespaced_custom_object(
            *where, body | {"metadata": {"name": "bad"}, "spec": {"size": "big"}}
        )
    assert refused.value.status == 422
    patched = custom.patch_namespaced_custom_object_status(*where, "w", {"status": {"ok": True}})
    assert (patched["status"], patched["metadata"]["generation"]) == ({"ok": True}, 1)
    dynamically = dynamic.DynamicClient(home.api)
    widgets = dynamically.resources.get(api_version=f"{group}/v1", kind="Widget")
    assert widgets.get(namespace=home.namespace).items[0].spec.size == 1
    definitions.delete_custom_resource_definition(f"widgets.{group}")


def test_a_lease_passes_from_one_leader_to_the_next(home: Home) -> None:
    began = {name: threading.Event() for name in ("first", "second")}
    ends = {name: threading.Event() for name in began}

    class LeftOffice(Exception):
        """What ends a term: the client leads as long as its callback has not failed."""

    def candidate(name: str) -> threading.Thread:
        def lead() -> None:
            began[name].set()
            ends[name].wait(PATIENCE)
            raise LeftOffice

        lock = LeaseLock("operator", home.namespace, name)
        lock.api_instance = client.CoordinationV1Api(home.api)
        settings = electionconfig.Config(
            lock, lease_duration=4, renew_deadline=3, retry_period=1,
            onstarted_leading=lead, onstopped_leading=lambda: None,
        )  # fmt: skip
        thread = threading.Thread(target=leaderelection.LeaderElection(settings).run, daemon=True)
        thread.start()
        return thread

    first = candidate("first")
    assert began["first"].wait(PATIENCE)
    second = candidate("second")
    leases = client.CoordinationV1Api(home.api)
    holder = leases.read_namespaced_lease("operator", home.namespace).spec.holder_identity
    assert holder == "first"
    ends["first"].set()
    assert began["second"].wait(PATIENCE)
    lease = leases.read_namespaced_lease("operator", home.namespace)
    assert lease.spec.holder_identity == "second"
    ends["second"].set()
    for thread in (first, second):
        thread.join(PATIENCE)
        assert not thread.is_alive()


def test_evictions_and_reviews(home: Home) -> None:
    rolled_out(home, home.apps.create_namespaced_deployment(home.namespace, web(1)), 1)
    (pod,) = home.core.list_namespaced_pod(home.namespace).items
    meta = client.V1ObjectMeta(name=pod.metadata.name, namespace=home.namespace)
    home.core.create_namespaced_pod_eviction(
        pod.metadata.name, home.namespace, client.V1Eviction(metadata=meta)
    )
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        left = [one.metadata.uid for one in home.core.list_namespaced_pod(home.namespace).items]
        if pod.metadata.uid not in left:
            break
    else:
        raise AssertionError("the pod is still there")
    asked = client.V1ResourceAttributes(verb="list", resource="pods", namespace=home.namespace)
    review = client.V1SelfSubjectAccessReview(
        spec=client.V1SelfSubjectAccessReviewSpec(resource_attributes=asked)
    )
    access = client.AuthorizationV1Api(home.api)
    assert access.create_self_subject_access_review(review).status.allowed


def test_metrics_are_listed_as_custom_objects(home: Home) -> None:
    home.apps.create_namespaced_deployment(home.namespace, web(2))
    custom = client.CustomObjectsApi(home.api)
    where = ("metrics.k8s.io", "v1beta1", home.namespace, "pods")
    until = time.monotonic() + PATIENCE
    listed: dict[str, Any] = {"items": []}
    while len(listed["items"]) < 2 and time.monotonic() < until:
        listed = custom.list_namespaced_custom_object(*where, label_selector="app=web")
        time.sleep(0.2)
    assert listed["kind"] == "PodMetricsList"
    assert [one["containers"] for one in listed["items"]] == [
        [{"name": "app", "usage": {"cpu": "1m", "memory": "64Mi"}}]
    ] * 2
    nodes = custom.list_cluster_custom_object("metrics.k8s.io", "v1beta1", "nodes")["items"]
    assert {one["metadata"]["name"] for one in nodes} == {
        one.metadata.name for one in home.core.list_node().items
    }
