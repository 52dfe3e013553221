"""Mutating policies, and webhooks that nobody reaches: what kube-apiserver 1.36.2 answered."""

import json
from pathlib import Path
from typing import Any

import pytest

from ecp.kube.errors import KubeError
from ecp.kube.kinds import BUILT_IN, NAMESPACES, SERVICES
from ecp.sim import clusters
from ecp.sim.cluster import Cluster
from ecp.sim.requests import Request
from ecp.sim.store import Obj

GOLDEN = Path(__file__).parents[2] / "golden" / "verdicts"
SPEC: Obj = {
    "name": "small",
    "zones": ["z0"],
    "pools": [{"name": "n", "count": 1, "cpu": "8", "memory": "32Gi"}],
}
OWN = ("uid", "creationTimestamp", "resourceVersion", "managedFields")
RESOURCES = {kind.plural: kind.resource for kind in BUILT_IN.kinds}
SERVICES_THERE = {
    "wrongport": {"ports": [{"port": 80}]},
    "headless": {"clusterIP": "None", "ports": [{"port": 443}]},
}


def rows(name: str) -> list[Any]:
    lines = (GOLDEN / name).read_text("utf-8").splitlines()
    return [pytest.param(row, id=row["id"]) for row in map(json.loads, lines)]


def small(namespace: str) -> Cluster:
    cluster = Cluster.create(clusters.check(SPEC), seed=1)
    create(cluster, NAMESPACES, {"metadata": {"name": namespace}}, "")
    cluster.run_until(cluster.now + 2_000_000_000)
    return cluster


def create(
    cluster: Cluster, resource: str, body: Obj, namespace: str, **more: Any
) -> tuple[int, Obj]:
    try:
        answer = cluster.submit(Request("create", resource, namespace, "", body=body, **more))
    except KubeError as error:
        return error.code, error.status()
    assert answer is not None
    assert answer.object is not None
    return 201, answer.object


def bare(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: bare(part) for name, part in value.items() if name not in OWN}
    return [bare(part) for part in value] if isinstance(value, list) else value


def shown(answer: Obj, wanted: Obj) -> Obj:
    """Of a pod only its containers are compared, of a drawn name nothing."""
    if "names" in wanted:
        containers = [
            one
            for field in ("initContainers", "containers")
            for one in answer["spec"].get(field, ())
        ]
        return {
            "names": [one["name"] for one in containers],
            "mounts": [len(one.get("volumeMounts", ())) for one in containers],
        }
    found: Obj = bare(answer)
    if "generateName" in found.get("metadata", {}):
        del found["metadata"]["name"]
    return found


@pytest.mark.parametrize("row", rows("mutating.jsonl"))
def test_policies_change_what_is_written(row: Obj) -> None:
    cluster = small("api-map")
    for plural, body in row["setup"]:
        assert create(cluster, RESOURCES[plural], body, "")[0] == 201
    code, answer = create(cluster, RESOURCES[row["resource"]], row["body"], "api-map", dry_run=True)
    assert (code, shown(answer, row["answer"])) == (row["code"], row["answer"])


@pytest.mark.parametrize("row", rows("webhooks.jsonl"))
def test_webhooks_are_not_reached(row: Obj) -> None:
    cluster = small("api-wh")
    for name, spec in SERVICES_THERE.items():
        create(cluster, SERVICES, {"metadata": {"name": name}, "spec": spec}, "api-wh")
    for plural, body in row["setup"]:
        assert create(cluster, RESOURCES[plural], body, "")[0] == 201
    code, answer = create(cluster, RESOURCES[row["resource"]], row["body"], "api-wh", dry_run=True)
    assert (code, shown(answer, row["answer"])) == (row["code"], row["answer"])


def test_what_a_controller_makes_is_changed_and_refused_as_well() -> None:
    cluster = small("shop")
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"]}
    constraints = {"resourceRules": [{**rule, "resources": ["pods"]}]}
    text = 'Object{metadata: Object.metadata{labels: {"team": "a"}}}'
    mutation = {"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": text}}
    spec = {
        "matchConstraints": constraints,
        "mutations": [mutation],
        "reinvocationPolicy": "Never",
    }
    policy, bound = "mutatingadmissionpolicies", "mutatingadmissionpolicybindings"
    create(cluster, RESOURCES[policy], {"metadata": {"name": "p"}, "spec": spec}, "")
    body = {"metadata": {"name": "p"}, "spec": {"policyName": "p"}}
    create(cluster, RESOURCES[bound], body, "")
    pod = {"containers": [{"name": "a", "image": "nginx"}]}
    template = {"metadata": {"labels": {"a": "b"}}, "spec": pod}
    spec = {"selector": {"matchLabels": {"a": "b"}}, "template": template}
    create(cluster, RESOURCES["deployments"], {"metadata": {"name": "d"}, "spec": spec}, "shop")
    cluster.run_until(cluster.now + 2_000_000_000)
    pods = cluster.store.list("pods", "shop")
    assert [one["metadata"]["labels"]["team"] for one in pods] == ["a"]


def test_a_name_that_a_policy_gave_is_the_one_it_is_stored_by() -> None:
    cluster = small("shop")
    row = next(one.values[0] for one in rows("mutating.jsonl") if one.id == "another name set")
    for plural, body in row["setup"]:
        spec = body["spec"]
        if "matchConstraints" in spec:
            constraints = {"resourceRules": spec["matchConstraints"]["resourceRules"]}
            body = {**body, "spec": {**spec, "matchConstraints": constraints}}
        create(cluster, RESOURCES[plural], body, "")
    create(cluster, "configmaps", row["body"], "shop")
    assert cluster.store.get("configmaps", "shop", "q") is not None
    assert cluster.store.get("configmaps", "shop", "c") is None
