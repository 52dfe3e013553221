"""A pod with readiness gates is Ready once others have said so in its status.

Source: kubernetes pkg/kubelet/status/generate.go (GeneratePodReadyCondition).
"""

import pytest

from ecp.kube.kinds import ENDPOINTSLICES, PODS, SERVICES
from ecp.kube.pods import condition
from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import SECOND
from ecp.sim.requests import Request
from ecp.sim.store import Obj

GATE = "example.com/in-service"


@pytest.fixture
def cluster() -> Cluster:
    cluster = Cluster.create(seed=1)
    pod = {
        "metadata": {"name": "p", "labels": {"app": "p"}},
        "spec": {
            "readinessGates": [{"conditionType": GATE}],
            "containers": [{"name": "c", "image": "app:1", "ports": [{"containerPort": 80}]}],
        },
    }
    service = {
        "metadata": {"name": "p"},
        "spec": {"selector": {"app": "p"}, "ports": [{"port": 80}]},
    }
    cluster.submit(Request("create", PODS, "default", body=pod))
    cluster.submit(Request("create", SERVICES, "default", body=service))
    cluster.run_until(cluster.now + 60 * SECOND)
    return cluster


def said(cluster: Cluster, status: str) -> None:
    """Write the gate's condition, as a load balancer's controller does."""
    row = {"type": GATE, "status": status}
    body = {"status": {"conditions": [row]}}
    cluster.submit(Request("patch", PODS, "default", "p", "status", body=body, patch="strategic"))
    cluster.run_until(cluster.now + 30 * SECOND)


def ready(cluster: Cluster) -> Obj:
    pod = cluster.store.get(PODS, "default", "p")
    assert pod is not None
    found = condition(pod, "Ready")
    assert found is not None
    return dict(found)


def served(cluster: Cluster) -> list[bool]:
    return [
        one["conditions"]["ready"]
        for found in cluster.store.list(ENDPOINTSLICES, "default")
        if found["metadata"]["labels"].get("kubernetes.io/service-name") == "p"
        for one in found.get("endpoints") or ()
    ]


def test_until_somebody_says_so_it_is_not_ready(cluster: Cluster) -> None:
    found = ready(cluster)
    assert (found["status"], found["reason"]) == ("False", "ReadinessGatesNotReady")
    assert (
        found["message"]
        == f'corresponding condition of pod readiness gate "{GATE}" does not exist.'
    )
    assert served(cluster) == [False]


def test_it_is_ready_and_served_while_it_is_said(cluster: Cluster) -> None:
    said(cluster, "True")
    assert ready(cluster)["status"] == "True"
    assert served(cluster) == [True]
    said(cluster, "False")
    found = ready(cluster)
    assert (found["status"], found["reason"]) == ("False", "ReadinessGatesNotReady")
    assert found["message"] == f'the status of pod readiness gate "{GATE}" is not "True", but False'
    assert served(cluster) == [False]
