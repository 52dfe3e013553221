"""All controllers over the real cluster: they come to rest, and at rest they ask for nothing."""

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecp.kube.errors import NotFound
from ecp.kube.kinds import (
    CONFIGMAPS,
    CRDS,
    DAEMONSETS,
    DEPLOYMENTS,
    ENDPOINTSLICES,
    NAMESPACES,
    NODES,
    PDBS,
    PODS,
    PVCS,
    REPLICASETS,
    SERVICEACCOUNTS,
    SERVICES,
    STATEFULSETS,
)
from ecp.sim import clusters
from ecp.sim.cluster import Cluster
from ecp.sim.controllers import controllers
from ecp.sim.requests import Request
from ecp.sim.store import Key, Obj

SECOND = 1_000_000_000
NS = "shop"
SPEC = clusters.check(
    {
        "name": "small",
        "zones": ["z0", "z1"],
        "pools": [{"name": "n", "count": 4, "cpu": "8", "memory": "32Gi"}],
    }
)
# controller -> the resource whose keys it works on
PRIMARY = {
    "deployment": DEPLOYMENTS,
    "replicaset": REPLICASETS,
    "statefulset": STATEFULSETS,
    "daemonset": DAEMONSETS,
    "endpoint": SERVICES,
    "endpointslice": SERVICES,
    "endpointslicemirroring": SERVICES,
    "disruption": PDBS,
    "namespace": NAMESPACES,
    "serviceaccount": NAMESPACES,
    "root-ca-certificate": NAMESPACES,
    "nodelifecycle": NODES,
    "taint-eviction": PODS,
    "pod-gc": NODES,
    "persistentvolume-binder": PVCS,
    "pvc-protection": PVCS,
    "customresourcedefinition": CRDS,
}
EVERYTHING = (
    CONFIGMAPS,
    CRDS,
    DEPLOYMENTS,
    ENDPOINTSLICES,
    NAMESPACES,
    NODES,
    PODS,
    PVCS,
    REPLICASETS,
    SERVICEACCOUNTS,
    SERVICES,
)


def deployment(name: str = "web", replicas: int = 3, **spec: Any) -> Obj:
    labels = {"app": name}
    return {
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "containers": [
                        {"name": "c", "image": "app:1", "ports": [{"containerPort": 8080}]}
                    ]
                },
            },
            **spec,
        },
    }


def service(name: str = "web") -> Obj:
    return {
        "metadata": {"name": name},
        "spec": {"selector": {"app": name}, "ports": [{"port": 80, "targetPort": 8080}]},
    }


def budget(name: str = "web") -> Obj:
    selector = {"matchLabels": {"app": name}}
    return {"metadata": {"name": name}, "spec": {"maxUnavailable": "30%", "selector": selector}}


def fresh(seed: int = 1) -> Cluster:
    cluster = Cluster.create(SPEC, seed=seed)
    ask(cluster, "create", NAMESPACES, body={"metadata": {"name": NS}}, namespace="")
    wait(cluster, 1)
    return cluster


def ask(
    cluster: Cluster, verb: Any, resource: str, name: str = "", *, namespace: str = NS, **more: Any
) -> None:
    cluster.submit(Request(verb, resource, namespace, name, **more))


def wait(cluster: Cluster, seconds: float) -> None:
    cluster.run_until(cluster.now + int(seconds * SECOND))


def keys(cluster: Cluster, name: str) -> Iterable[Key]:
    if name == "garbage-collector":
        for resource in EVERYTHING:
            for obj in cluster.store.list(resource):
                meta = obj["metadata"]
                yield f"{resource}/{meta.get('namespace', '')}", meta["name"]
    elif name in PRIMARY:
        for obj in cluster.store.list(PRIMARY[name]):
            yield obj["metadata"].get("namespace", ""), obj["metadata"]["name"]


def asked_for(cluster: Cluster) -> list[Any]:
    """What the controllers ask for when nothing gave cause to."""
    found = []
    for name, controller in cluster.manager.controllers.items():
        for key in keys(cluster, name):
            plan = controller.reconcile(cluster.now, key, cluster.read)
            # A budget over no pods says so with every look. Source: disruption.go getPodsForPdb.
            if plan.actions or any(note.reason != "NoPods" for note in plan.events):
                found.append((name, key, plan))
    return found


def test_every_controller_of_this_folder_is_covered() -> None:
    names = set(fresh().manager.controllers)
    assert {*PRIMARY, "garbage-collector"} <= names


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    seed=st.integers(0, 2**32),
    wishes=st.lists(
        st.tuples(
            st.sampled_from(["scale", "image", "pause", "resume", "recreate", "node", "pod"]),
            st.integers(0, 6),
            st.floats(0, 20),
        ),
        max_size=6,
    ),
)
def test_after_whatever_happened_all_come_to_rest(
    seed: int, wishes: list[tuple[str, int, float]]
) -> None:
    cluster = fresh(seed)
    ask(cluster, "create", DEPLOYMENTS, body=deployment(minReadySeconds=2))
    ask(cluster, "create", SERVICES, body=service())
    ask(cluster, "create", PDBS, body=budget())
    for what, number, pause in wishes:
        wait(cluster, pause)
        wish(cluster, what, number)
    for node in cluster.store.list(NODES):
        cluster.world.set_node(node["metadata"]["name"], True, cluster.now)
    wait(cluster, 120)
    assert asked_for(cluster) == []
    found = cluster.store.get(DEPLOYMENTS, NS, "web")
    assert found is not None
    if not found["spec"].get("paused") and not stuck_in_recreate(cluster):
        wanted = found["spec"]["replicas"]
        assert found["status"].get("updatedReplicas", 0) == wanted
        assert found["status"].get("availableReplicas", 0) == wanted
        assert len(cluster.store.list(PODS, NS)) == wanted


def stuck_in_recreate(cluster: Cluster) -> bool:
    """Whether a Recreate was scaled before its old ReplicaSets were told to go.

    A real 1.36 controller never leaves that state: it takes the stale desired-replicas annotation
    for a scaling each time, and scales several active ReplicaSets for RollingUpdate alone.
    Source: kubernetes pkg/controller/deployment/sync.go (isScalingEvent, scale).
    """
    found = cluster.store.get(DEPLOYMENTS, NS, "web")
    assert found is not None
    sized_for = [
        rs["metadata"]["annotations"]["deployment.kubernetes.io/desired-replicas"]
        for rs in cluster.store.list(REPLICASETS, NS)
        if rs["spec"]["replicas"] > 0
    ]
    wanted = str(found["spec"]["replicas"])
    recreates = found["spec"]["strategy"]["type"] == "Recreate"
    return recreates and len(sized_for) > 1 and any(size != wanted for size in sized_for)


def test_a_recreate_scaled_before_it_began_stays_where_it_is_as_the_real_controller_does() -> None:
    cluster = fresh()
    ask(cluster, "create", DEPLOYMENTS, body=deployment(minReadySeconds=2))
    wait(cluster, 1)
    wish(cluster, "image", 2)
    wait(cluster, 1)
    wish(cluster, "recreate", 0)
    wish(cluster, "scale", 1)
    wait(cluster, 600)
    assert stuck_in_recreate(cluster)
    assert [rs["spec"]["replicas"] for rs in cluster.store.list(REPLICASETS, NS)] == [3, 1]
    wish(cluster, "scale", 3)
    wait(cluster, 120)
    assert not stuck_in_recreate(cluster)
    assert sorted(rs["spec"]["replicas"] for rs in cluster.store.list(REPLICASETS, NS)) == [0, 3]


def wish(cluster: Cluster, what: str, number: int) -> None:
    def patch(spec: Obj) -> None:
        ask(cluster, "patch", DEPLOYMENTS, "web", body={"spec": spec}, patch="merge")

    if what == "scale":
        patch({"replicas": number})
    elif what == "image":
        image = {"name": "c", "image": f"app:{number}", "ports": [{"containerPort": 8080}]}
        patch({"template": {"spec": {"containers": [image]}}})
    elif what == "recreate":
        patch({"strategy": {"type": "Recreate", "rollingUpdate": None}})
    elif what in ("pause", "resume"):
        patch({"paused": what == "pause"})
    elif what in ("label", "orphan") and cluster.store.list(PODS, NS):
        found = cluster.store.list(PODS, NS)
        changed = {"labels": {"app": "other"}} if what == "label" else {"ownerReferences": None}
        name = found[number % len(found)]["metadata"]["name"]
        ask(cluster, "patch", PODS, name, body={"metadata": changed}, patch="merge")
    elif what == "node":
        cluster.world.set_node(f"n-{number % 4 + 1}", False, cluster.now)
    elif pods := cluster.store.list(PODS, NS):
        ask(cluster, "delete", PODS, pods[number % len(pods)]["metadata"]["name"])


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    seed=st.integers(0, 2**32),
    wishes=st.lists(
        st.tuples(
            st.sampled_from(["scale", "image", "label", "orphan", "node", "pod"]),
            st.integers(0, 6),
            st.integers(0, 120),
        ),
        min_size=1,
        max_size=8,
    ),
)
def test_what_is_derived_from_changes_equals_what_is_counted(
    seed: int, wishes: list[tuple[str, int, int]]
) -> None:
    cluster = fresh(seed)
    ask(cluster, "create", DEPLOYMENTS, body=deployment(replicas=4))
    ask(cluster, "create", SERVICES, body=service())
    for what, number, timers in wishes:
        cluster.run_until(cluster.now + 30 * SECOND, max_timers=timers)
        wish(cluster, what, number)
        counted = {c.name: c for c in controllers(cluster.chance)}
        for name in ("replicaset", "endpointslice"):
            live = cluster.manager.controllers[name]
            for key in keys(cluster, name):
                mine = live.reconcile(cluster.now, key, cluster.read)
                assert mine == counted[name].reconcile(cluster.now, key, cluster.read)


def test_a_reconcile_is_a_function_of_what_it_sees() -> None:
    cluster = fresh()
    ask(cluster, "create", DEPLOYMENTS, body=deployment())
    for _ in range(60):
        cluster.run_until(cluster.now + 10 * SECOND, max_timers=1)
        for name, controller in cluster.manager.controllers.items():
            if name == "taint-eviction" or name not in PRIMARY:
                continue
            for key in keys(cluster, name):
                first = controller.reconcile(cluster.now, key, cluster.read)
                assert controller.reconcile(cluster.now, key, cluster.read) == first


@pytest.mark.parametrize(
    ("propagation", "left"),
    [
        pytest.param("Background", (0, 0), id="in the background everything goes"),
        pytest.param("Foreground", (0, 0), id="in the foreground the pods go first"),
        pytest.param("Orphan", (1, 3), id="orphaned, everything stays"),
    ],
)
def test_deleting_a_deployment(propagation: str, left: tuple[int, int]) -> None:
    cluster = fresh()
    ask(cluster, "create", DEPLOYMENTS, body=deployment())
    wait(cluster, 30)
    ask(cluster, "delete", DEPLOYMENTS, "web", propagation=propagation)
    gone_at_once = cluster.store.get(DEPLOYMENTS, NS, "web") is None
    assert gone_at_once is (propagation == "Background")
    wait(cluster, 60)
    assert cluster.store.get(DEPLOYMENTS, NS, "web") is None
    sets, pods = cluster.store.list(REPLICASETS, NS), cluster.store.list(PODS, NS)
    assert (len(sets), len(pods)) == left
    assert all("ownerReferences" not in rs["metadata"] for rs in sets)
    assert asked_for(cluster) == []


def test_in_the_foreground_the_owner_is_the_last_to_go() -> None:
    cluster = fresh()
    ask(cluster, "create", DEPLOYMENTS, body=deployment())
    wait(cluster, 30)
    start = cluster.store.version
    ask(cluster, "delete", DEPLOYMENTS, "web", propagation="Foreground")
    wait(cluster, 60)
    gone = [c.resource for c in cluster.store.since(start) if c.type == "DELETED"]
    assert [r for r in gone if r in (PODS, REPLICASETS, DEPLOYMENTS)] == [
        PODS,
        PODS,
        PODS,
        REPLICASETS,
        DEPLOYMENTS,
    ]


def test_an_orphaned_replica_set_is_taken_over_by_a_new_deployment() -> None:
    cluster = fresh()
    ask(cluster, "create", DEPLOYMENTS, body=deployment())
    wait(cluster, 30)
    before = [pod["metadata"]["uid"] for pod in cluster.store.list(PODS, NS)]
    ask(cluster, "delete", DEPLOYMENTS, "web", propagation="Orphan")
    wait(cluster, 5)
    ask(cluster, "create", DEPLOYMENTS, body=deployment())
    wait(cluster, 30)
    assert [pod["metadata"]["uid"] for pod in cluster.store.list(PODS, NS)] == before


def test_a_namespace_goes_in_five_to_ten_seconds_when_its_pods_stop_at_once() -> None:
    cluster = fresh()
    ask(cluster, "create", CONFIGMAPS, body={"metadata": {"name": "c"}, "data": {}})
    wait(cluster, 10)
    start, version = cluster.now, cluster.store.version
    ask(cluster, "delete", NAMESPACES, NS, namespace="")
    wait(cluster, 30)
    changes = [c for c in cluster.store.since(version) if c.resource == NAMESPACES]
    assert changes[-1].type == "DELETED"
    assert 4 <= (changes[-1].at - start) / SECOND <= 10
    assert not [r for r in EVERYTHING if cluster.store.list(r, NS)]


def test_a_namespace_waits_for_its_pods() -> None:
    cluster = fresh()
    ask(cluster, "create", DEPLOYMENTS, body=deployment())
    ask(cluster, "create", SERVICES, body=service())
    wait(cluster, 30)
    ask(cluster, "delete", NAMESPACES, NS, namespace="")
    wait(cluster, 120)
    assert cluster.store.get(NAMESPACES, "", NS) is None
    assert not [r for r in EVERYTHING if cluster.store.list(r, NS)]
    with pytest.raises(NotFound):
        ask(cluster, "create", CONFIGMAPS, body={"metadata": {"name": "c"}})
    assert asked_for(cluster) == []


def test_the_slices_of_a_service_follow_its_pods_and_go_with_it() -> None:
    cluster = fresh()
    ask(cluster, "create", DEPLOYMENTS, body=deployment())
    ask(cluster, "create", SERVICES, body=service())
    wait(cluster, 30)

    def ready() -> int:
        return sum(
            endpoint["conditions"]["ready"]
            for found in cluster.store.list(ENDPOINTSLICES, NS)
            for endpoint in found["endpoints"]
        )

    assert ready() == 3
    ask(cluster, "patch", DEPLOYMENTS, "web", body={"spec": {"replicas": 5}}, patch="merge")
    wait(cluster, 30)
    assert ready() == 5
    ask(cluster, "delete", SERVICES, "web")
    wait(cluster, 5)
    assert cluster.store.list(ENDPOINTSLICES, NS) == []


def test_a_run_resumed_from_a_snapshot_goes_on_the_same() -> None:
    cluster = fresh()
    ask(cluster, "create", DEPLOYMENTS, body=deployment())
    ask(cluster, "create", SERVICES, body=service())
    wait(cluster, 20)
    ask(
        cluster,
        "patch",
        DEPLOYMENTS,
        "web",
        body={"spec": {"template": {"spec": {"terminationGracePeriodSeconds": 5}}}},
        patch="merge",
    )
    cluster.world.set_node("n-1", False, cluster.now)
    wait(cluster, 3)
    start = cluster.store.version
    other = Cluster.restore(cluster.snapshot())
    for one in (cluster, other):
        wait(one, 400)

    def written(one: Cluster) -> list[Any]:
        return [
            (change.type, change.resource, change.key, change.at)
            for change in one.store.since(start)
            if change.actor == "kube-controller-manager"
        ]

    assert len(written(cluster)) > 30
    assert written(other) == written(cluster)
