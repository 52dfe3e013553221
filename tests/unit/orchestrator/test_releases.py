"""From a bundle to the steps of a release: where objects go, in which order, what is pruned."""

from typing import Any

import pytest

from ecp.orchestrator.records import Ref
from ecp.orchestrator.releases import model


def obj(kind: str, name: str, namespace: str = "", api_version: str = "v1") -> dict[str, Any]:
    meta = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": api_version, "kind": kind, "metadata": meta}


def test_an_object_without_a_namespace_goes_to_the_tenants() -> None:
    placed = model.placed(
        [obj("Service", "web"), obj("Service", "db", "acme-ecp-ai")], "acme-ecp-ai"
    )
    assert [o["metadata"]["namespace"] for o in placed] == ["acme-ecp-ai", "acme-ecp-ai"]


@pytest.mark.parametrize(
    "foreign",
    [
        obj("Service", "web", "other-ecp-ai"),
        obj("Service", "web", "default"),
        obj("Namespace", "other-ecp-ai"),
        obj("ServiceMonitor", "m", "kube-system", "monitoring.coreos.com/v1"),
    ],
    ids=lambda o: f"{o['kind']} {o['metadata']}",
)
def test_another_namespace_is_refused(foreign: dict[str, Any]) -> None:
    with pytest.raises(model.ForeignNamespace):
        model.placed([foreign], "acme-ecp-ai")


def test_a_cluster_scoped_object_gets_no_namespace() -> None:
    role = obj("ClusterRole", "reader", api_version="rbac.authorization.k8s.io/v1")
    assert model.placed([role], "acme-ecp-ai") == [role]


def test_what_others_need_comes_first() -> None:
    objects = [
        obj("Deployment", "web", api_version="apps/v1"),
        obj("Service", "web"),
        obj("ConfigMap", "web"),
        obj("Namespace", "n"),
    ]
    assert [o["kind"] for o in model.placed(objects, "n")] == [
        "Namespace", "ConfigMap", "Service", "Deployment",
    ]  # fmt: skip


def test_the_objects_given_are_not_changed() -> None:
    given = obj("Service", "web")
    model.placed([given], "acme-ecp-ai")
    assert "namespace" not in given["metadata"]


def test_what_the_last_revision_had_and_this_lacks_is_pruned_last() -> None:
    bundle = [obj("Service", "web", "n")]
    standing = [
        Ref("v1", "Service", "n", "web"),
        Ref("v1", "Service", "n", "old"),
        Ref("v1", "Namespace", "", "n"),
        Ref("v1", "PersistentVolumeClaim", "n", "data"),
    ]
    steps = model.plan(bundle, standing, None)
    assert [(step.action, step.ref.kind, step.ref.name) for step in steps] == [
        ("apply", "Service", "web"),
        ("prune", "Service", "old"),
    ]


def test_an_object_in_a_newer_api_version_is_the_same_object() -> None:
    bundle = [obj("HorizontalPodAutoscaler", "web", "n", "autoscaling/v2")]
    standing = [Ref("autoscaling/v1", "HorizontalPodAutoscaler", "n", "web")]
    assert [step.action for step in model.plan(bundle, standing, None)] == ["apply"]


def test_a_bundle_without_a_namespace_gets_the_tenants_first() -> None:
    home = model.namespace_object("acme", "acme-ecp-ai")
    steps = model.plan([obj("Service", "web", "acme-ecp-ai")], [], home)
    assert [step.ref.kind for step in steps] == ["Namespace", "Service"]
    assert [step.position for step in steps] == [0, 1]


def test_a_digest_is_of_the_objects_not_of_their_spelling() -> None:
    left = [{"a": 1, "b": {"c": [1, 2]}}]
    right = [{"b": {"c": [1, 2]}, "a": 1}]
    assert model.digest(left) == model.digest(right) != model.digest([{"a": 2}])


@pytest.mark.parametrize(
    ("obj", "code"),
    [
        pytest.param(
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "a-"}},
            "MANIFEST_INVALID",
            id="no name to apply it by",
        ),
        pytest.param(
            {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "cpu-1"}},
            "FOREIGN_OBJECT",
            id="a machine of the cluster",
        ),
    ],
)
def test_what_no_release_can_have(obj: dict[str, Any], code: str) -> None:
    with pytest.raises(model.Unfit) as caught:
        model.placed([obj], "acme-ecp-ai")
    assert caught.value.code == code
    assert obj["metadata"].get("name", "a-") in caught.value.values["object"]


def test_what_others_may_rely_on_is_not_pruned() -> None:
    gone = [
        Ref("v1", "ConfigMap", "acme-ecp-ai", "a"),
        Ref("apiextensions.k8s.io/v1", "CustomResourceDefinition", "", "foos.example.com"),
        Ref("v1", "PersistentVolumeClaim", "acme-ecp-ai", "data"),
    ]
    steps = model.plan([], gone, None)
    assert [(step.action, step.ref.name) for step in steps] == [("prune", "a")]
