"""A ReplicationController: a ReplicaSet with a plain selector, in a cluster, and who knows it."""

from typing import Any

import pytest

from ecp.kube.kinds import HPAS, PDBS, PODS, RCS
from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import SECOND
from ecp.sim.requests import Request
from ecp.sim.store import Obj

LABELS = {"app": "old"}
POD = {"metadata": {"labels": LABELS}, "spec": {"containers": [{"name": "c", "image": "app:1"}]}}
BUDGET = {
    "metadata": {"name": "b"},
    "spec": {"selector": {"matchLabels": LABELS}, "maxUnavailable": 1},
}
AUTOSCALER = {
    "metadata": {"name": "h"},
    "spec": {
        "scaleTargetRef": {"apiVersion": "v1", "kind": "ReplicationController", "name": "old"},
        "minReplicas": 4,
        "maxReplicas": 6,
    },
}


def ask(cluster: Cluster, verb: Any, resource: str, body: Any = None, **more: Any) -> None:
    cluster.submit(Request(verb, resource, "default", body=body, manager="t", **more))


def ran(cluster: Cluster, seconds: int = 60) -> Cluster:
    cluster.run_until(cluster.now + seconds * SECOND)
    return cluster


@pytest.fixture
def cluster() -> Cluster:
    """A cluster in which one has brought up its three pods."""
    found = Cluster.create(seed=1)
    body = {"metadata": {"name": "old"}, "spec": {"replicas": 3, "template": POD}}
    ask(found, "create", RCS, body)
    return ran(found)


def controller(cluster: Cluster) -> Obj:
    found = cluster.store.get(RCS, "default", "old")
    assert found is not None
    return found


def pods(cluster: Cluster) -> list[Obj]:
    return list(cluster.store.list(PODS, "default"))


def test_it_keeps_its_pods_and_says_so_in_its_own_words(cluster: Cluster) -> None:
    status = controller(cluster)["status"]
    figures = ("replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas")
    assert [status[figure] for figure in figures] == [3, 3, 3, 3]
    assert "terminatingReplicas" not in status
    owner = pods(cluster)[0]["metadata"]["ownerReferences"][0]
    assert (owner["apiVersion"], owner["kind"]) == ("v1", "ReplicationController")


def test_who_no_longer_fits_is_let_go_and_replaced(cluster: Cluster) -> None:
    name = pods(cluster)[0]["metadata"]["name"]
    ask(
        cluster, "patch", PODS, {"metadata": {"labels": {"app": "new"}}}, name=name, patch="merge",
        api_version="v1",
    )  # fmt: skip
    found = {pod["metadata"]["name"]: pod for pod in pods(ran(cluster))}
    assert len(found) == 4
    assert "ownerReferences" not in found[name]["metadata"]


def test_an_orphan_that_fits_is_adopted_and_the_surplus_goes(cluster: Cluster) -> None:
    ask(cluster, "create", PODS, {**POD, "metadata": {"name": "alone", "labels": LABELS}})
    assert len(pods(ran(cluster, 120))) == 3


def test_a_budget_counts_what_it_wants(cluster: Cluster) -> None:
    ask(cluster, "create", PDBS, BUDGET)
    budget = ran(cluster).store.get(PDBS, "default", "b")
    assert budget is not None
    assert budget["status"]["expectedPods"] == 3
    assert budget["status"]["disruptionsAllowed"] == 1


def test_an_autoscaler_holds_it_between_its_bounds(cluster: Cluster) -> None:
    ask(cluster, "create", HPAS, AUTOSCALER, api_version="autoscaling/v2")
    assert controller(ran(cluster))["spec"]["replicas"] == 4
