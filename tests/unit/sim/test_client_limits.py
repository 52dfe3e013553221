"""Clients of the control plane that send no more than they may: how long it takes, and after what.

A kube-controller-manager and a kube-scheduler 1.36.2 with their stock limits and 100 hollow nodes
took 50.4 s for 1,000 pods of 10 Deployments and 4.1 s for 100; without limits they took 7 and 1 s.
"""

from typing import Any

import pytest

from ecp.kube.kinds import DEPLOYMENTS, EVENTS, NAMESPACES, PODS
from ecp.sim import clusters
from ecp.sim.cluster import Cluster
from ecp.sim.clusters import InvalidModel
from ecp.sim.clusters.clients import Limit, check, limit_of
from ecp.sim.plans import MANAGER
from ecp.sim.requests import Request
from ecp.sim.store.packing import pack, unpack

SECOND = 1_000_000_000
STOCK: dict[str, Any] = {"clientLimits": "stock"}
SLOW_SCHEDULER = {"clientLimits": {"scheduler": {"qps": 10, "burst": 5}}}


def made(control_plane: dict[str, Any] | None) -> Cluster:
    spec: dict[str, Any] = {
        "name": "limited",
        "pools": [{"name": "cpu", "count": 12, "cpu": "64", "memory": "256Gi"}],
    }
    if control_plane is not None:
        spec["controlPlane"] = control_plane
    return Cluster.create(clusters.check(spec))


def wish(cluster: Cluster, deployments: int, replicas: int) -> None:
    for number in range(deployments):
        labels = {"app": f"d{number}"}
        template = {
            "metadata": {"labels": labels},
            "spec": {"containers": [{"name": "c", "image": "example/app:1"}]},
        }
        spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
        body = {"metadata": {"name": f"d{number}"}, "spec": spec}
        cluster.submit(Request("create", DEPLOYMENTS, "default", body=body, manager="kubectl"))


def pods(cluster: Cluster) -> int:
    return len(cluster.read.list(PODS, "default"))


def bound(cluster: Cluster) -> int:
    return sum(1 for pod in cluster.read.list(PODS, "default") if pod["spec"].get("nodeName"))


def said(cluster: Cluster) -> Any:
    """Return what there is, and how far clients have come: the bytes of it."""
    snapshot = cluster.snapshot()
    return pack({"store": snapshot["store"], "clients": snapshot["manager"]["clients"]})


def until_bound(cluster: Cluster, wanted: int, most: float = 80) -> float:
    """Let time pass until *wanted* pods have nodes; return how long that took (s)."""
    began = cluster.now
    while bound(cluster) < wanted:
        assert cluster.now < began + most * SECOND
        cluster.run_until(cluster.now + SECOND // 10)
    return (cluster.now - began) / SECOND


@pytest.mark.parametrize(
    ("said", "deployments", "replicas", "least", "most"),
    [
        pytest.param(None, 10, 100, 0, 1.5, id="without limits at once"),
        pytest.param(STOCK, 10, 100, 47.5, 52, id="stock limits make 1,000 pods take 50 s"),
        pytest.param(STOCK, 1, 100, 3.5, 4.5, id="and 100 pods 4 s"),
        pytest.param(STOCK, 1, 28, 0, 1, id="a burst goes at once"),
        pytest.param(SLOW_SCHEDULER, 1, 55, 4.5, 5.5, id="a slow scheduler binds ten a second"),
    ],
)
def test_how_long_pods_take(
    said: Any, deployments: int, replicas: int, least: float, most: float
) -> None:
    cluster = made(said)
    wish(cluster, deployments, replicas)
    assert least <= until_bound(cluster, deployments * replicas) <= most


def test_a_cluster_amid_its_work_goes_on_from_a_snapshot_as_if_never_written_down() -> None:
    straight, paused = made(STOCK), made(STOCK)
    for cluster in (straight, paused):
        wish(cluster, 2, 60)
    for _ in range(40):
        paused.run_until(paused.now + SECOND // 7)
        paused = Cluster.restore(unpack(pack(paused.snapshot())))
    straight.run_until(paused.now)
    assert bound(straight) > 0
    assert said(straight) == said(paused)
    for cluster in (straight, paused):
        cluster.run_until(cluster.now + 10 * SECOND)
    assert said(straight) == said(paused)
    assert bound(straight) == 120


def test_each_controller_has_a_bucket_of_its_own() -> None:
    cluster = made(STOCK)
    wish(cluster, 1, 400)
    cluster.run_until(cluster.now + SECOND)
    body = {"metadata": {"name": "beside"}}
    cluster.submit(Request("create", NAMESPACES, body=body, manager="kubectl"))
    cluster.run_until(cluster.now + SECOND)
    assert pods(cluster) < 100
    assert cluster.read.get("serviceaccounts", "beside", "default") is not None


def test_events_come_with_what_they_tell() -> None:
    cluster = made(STOCK)
    wish(cluster, 1, 400)
    cluster.run_until(cluster.now + SECOND)
    told = [one["message"] for one in cluster.read.list(EVENTS) if one["reason"].endswith("Create")]
    names = [pod["metadata"]["name"] for pod in cluster.read.list(PODS, "default")]
    assert len(told) == 10  # the tenth for all that are similar
    assert {message.rpartition("Created pod: ")[2] for message in told} <= set(names)


def test_a_scale_down_in_the_midst_is_seen_after_the_batch_in_hand() -> None:
    cluster = made(STOCK)
    wish(cluster, 1, 200)
    cluster.run_until(cluster.now + SECOND)
    body = {"spec": {"replicas": 10}}
    request = Request(
        "patch", DEPLOYMENTS, "default", "d0", body=body, patch="merge", manager="kubectl"
    )
    cluster.submit(request)
    cluster.run_until(cluster.now + 60 * SECOND)
    assert pods(cluster) == 10
    deployment = cluster.read.get(DEPLOYMENTS, "default", "d0")
    assert deployment is not None
    assert deployment["status"]["replicas"] == 10


@pytest.mark.parametrize(
    ("said", "loop", "actor", "expected"),
    [
        pytest.param({}, "replicaset", MANAGER, None, id="nothing said"),
        pytest.param(STOCK, "replicaset", MANAGER, Limit(SECOND // 20, 30), id="controllers"),
        pytest.param(STOCK, "namespace", MANAGER, Limit(SECOND // 400, 3000), id="namespaces"),
        pytest.param(STOCK, "garbage-collector", MANAGER, Limit(SECOND // 40, 30), id="garbage"),
        pytest.param(
            STOCK, "scheduler", "kube-scheduler", Limit(SECOND // 50, 100), id="the scheduler"
        ),
        pytest.param(STOCK, "kubelet", "kubelet", None, id="kubelets have none here"),
        pytest.param(
            {"clientLimits": {"controllerManager": {"qps": 100}}},
            "job",
            MANAGER,
            Limit(SECOND // 100, 30),
            id="one figure of one's own",
        ),
    ],
)
def test_who_is_limited(said: Any, loop: str, actor: str, expected: Limit | None) -> None:
    assert limit_of(check(said), loop, actor) == expected


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        pytest.param([], "controlPlane: must be of type dict", id="no mapping"),
        pytest.param({"x": 1}, "controlPlane: must be a mapping of clientLimits", id="unknown"),
        pytest.param(
            {"clientLimits": "fast"},
            "controlPlane.clientLimits: use one of none, stock, or a mapping",
            id="an unknown word",
        ),
        pytest.param(
            {"clientLimits": {"scheduler": {"qps": 0}}},
            "controlPlane.clientLimits.scheduler.qps: must be a number from 1 to 100000",
            id="nothing a second",
        ),
        pytest.param(
            {"clientLimits": {"kubelet": {}}},
            "controlPlane.clientLimits: must be a mapping of controllerManager, scheduler",
            id="somebody else",
        ),
    ],
)
def test_what_a_model_may_not_say(said: Any, complaint: str) -> None:
    with pytest.raises(InvalidModel) as caught:
        made(said)
    assert str(caught.value) == complaint
