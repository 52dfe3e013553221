"""StatefulSets on the whole cluster: names, order, revisions, claims, what goes wrong."""

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_controllers_at_rest import NS, ask, fresh, wait

from ecp.kube.kinds import (
    CONTROLLERREVISIONS,
    ENDPOINTSLICES,
    EVENTS,
    HPAS,
    PDBS,
    PODS,
    PVCS,
    RESOURCEQUOTAS,
    SERVICES,
    STATEFULSETS,
)
from ecp.sim.cluster import Cluster
from ecp.sim.controllers.sets import history
from ecp.sim.network.names import resolve
from ecp.sim.plans import Delete
from ecp.sim.store import Obj

LABELS = {"app": "db"}
CLAIM = {
    "metadata": {"name": "data"},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
}


def stateful(replicas: int = 3, *, image: str = "db:1", **spec: Any) -> Obj:
    return {
        "metadata": {"name": "db"},
        "spec": {
            "replicas": replicas,
            "serviceName": "db",
            "selector": {"matchLabels": LABELS},
            "template": {
                "metadata": {"labels": LABELS},
                "spec": {"containers": [{"name": "c", "image": image}]},
            },
            **spec,
        },
    }


def started(replicas: int = 3, *, seconds: float = 60, **spec: Any) -> Cluster:
    cluster = fresh()
    ask(cluster, "create", STATEFULSETS, body=stateful(replicas, **spec))
    wait(cluster, seconds)
    return cluster


def patch(cluster: Cluster, resource: str = STATEFULSETS, name: str = "db", **body: Any) -> None:
    ask(cluster, "patch", resource, name, body=body, patch="merge")


def image(cluster: Cluster, name: str, **more: Any) -> None:
    container = {"name": "c", "image": name, **more}
    patch(cluster, spec={"template": {"spec": {"containers": [container]}}})


def the(cluster: Cluster) -> Obj:
    found = cluster.store.get(STATEFULSETS, NS, "db")
    assert found is not None
    return found


def pods(cluster: Cluster) -> dict[str, str]:
    """Image by name of every pod."""
    return {
        pod["metadata"]["name"]: pod["spec"]["containers"][0]["image"]
        for pod in cluster.store.list(PODS, NS)
    }


def said(cluster: Cluster, *reasons: str) -> list[str]:
    return [
        f"{one['reason']}: {one['message']}"
        for one in cluster.store.list(EVENTS, NS)
        if one["involvedObject"]["kind"] == "StatefulSet" and one["reason"] in reasons
    ]


def numbers(cluster: Cluster) -> list[int]:
    return sorted(one["revision"] for one in cluster.store.list(CONTROLLERREVISIONS, NS))


def story(cluster: Cluster, since: int) -> list[str]:
    """Births (+) and deletions (-) of pods, in order."""
    found = []
    for change in cluster.store.since(since):
        if change.resource != PODS:
            continue
        going = "deletionTimestamp" in change.object["metadata"]
        before = change.old is not None and "deletionTimestamp" in change.old["metadata"]
        if change.type == "ADDED":
            found.append(f"+{change.key[1]}")
        elif change.type == "MODIFIED" and going and not before:
            found.append(f"-{change.key[1]}")
    return found


def test_a_pod_carries_its_name_index_revision_host_and_subdomain() -> None:
    cluster = started(1)
    (pod,) = cluster.store.list(PODS, NS)
    revision = the(cluster)["status"]["currentRevision"]
    labels = pod["metadata"]["labels"].items()
    assert {k: v for k, v in labels if not k.startswith("topology.")} == {
        **LABELS,
        "statefulset.kubernetes.io/pod-name": "db-0",
        "apps.kubernetes.io/pod-index": "0",
        "controller-revision-hash": revision,
    }
    assert pod["metadata"]["generateName"] == "db-"
    assert (pod["spec"]["hostname"], pod["spec"]["subdomain"]) == ("db-0", "db")


def test_a_revision_of_a_template_has_the_name_that_the_real_controller_gives_it() -> None:
    """db-ff9b54b9d was read from kube-controller-manager 1.36.2."""
    mount = {"name": "data", "mountPath": "/d"}
    template = stateful()["spec"]["template"]
    container = {"name": "c", "image": "db:1", "volumeMounts": [mount]}
    template["spec"] = {"terminationGracePeriodSeconds": 0, "containers": [container]}
    cluster = started(1, seconds=1, template=template, volumeClaimTemplates=[CLAIM])
    (revision,) = cluster.store.list(CONTROLLERREVISIONS, NS)
    assert revision["metadata"]["name"] == "db-ff9b54b9d"
    assert revision["metadata"]["labels"] == {
        **LABELS,
        "controller.kubernetes.io/hash": "ff9b54b9d",
    }


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param({}, ["db-0", "db-1", "db-2"], id="from nought"),
        pytest.param({"ordinals": {"start": 5}}, ["db-5", "db-6", "db-7"], id="from five"),
    ],
)
def test_ordinals_run_from_where_they_are_said_to(spec: Obj, expected: list[str]) -> None:
    assert sorted(pods(started(**spec))) == expected


def test_in_order_a_pod_comes_only_once_the_one_before_is_ready() -> None:
    cluster = fresh()
    start = cluster.store.version
    ask(cluster, "create", STATEFULSETS, body=stateful())
    wait(cluster, 60)
    ready: dict[str, bool] = {}
    for change in cluster.store.since(start):
        if change.resource == PODS:
            if change.type == "ADDED":
                assert all(ready.values())
            conditions = change.object["status"].get("conditions") or ()
            ready[change.key[1]] = any(
                one["type"] == "Ready" and one["status"] == "True" for one in conditions
            )
    assert list(ready) == ["db-0", "db-1", "db-2"]


def test_in_parallel_all_come_at_one_instant_and_go_at_one() -> None:
    cluster = fresh()
    start = cluster.store.version
    ask(cluster, "create", STATEFULSETS, body=stateful(podManagementPolicy="Parallel"))
    wait(cluster, 1)
    born = [c for c in cluster.store.since(start) if c.resource == PODS and c.type == "ADDED"]
    assert len(born) == 3
    assert len({c.at for c in born}) == 1
    wait(cluster, 30)
    start = cluster.store.version
    patch(cluster, spec={"replicas": 0})
    wait(cluster, 1)
    assert story(cluster, start) == ["-db-2", "-db-1", "-db-0"]


@pytest.mark.parametrize(
    ("strategy", "moved"),
    [
        pytest.param(
            {"type": "RollingUpdate"},
            ["-db-2", "+db-2", "-db-1", "+db-1", "-db-0", "+db-0"],
            id="from the highest down, one at a time",
        ),
        pytest.param(
            {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}},
            ["-db-2", "+db-2"],
            id="a partition keeps those below it",
        ),
        pytest.param(
            {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 3}},
            ["-db-2", "+db-2", "-db-1", "+db-1", "-db-0", "+db-0"],
            id="the gate of maxUnavailable is off in 1.36",
        ),
        pytest.param({"type": "OnDelete"}, [], id="OnDelete touches nothing"),
    ],
)
def test_a_new_template_is_rolled_out_by_its_strategy(strategy: Obj, moved: list[str]) -> None:
    cluster = started(updateStrategy=strategy)
    start = cluster.store.version
    image(cluster, "db:2")
    wait(cluster, 90)
    assert story(cluster, start) == moved
    assert numbers(cluster) == [1, 2]
    status = the(cluster)["status"]
    assert (status["currentRevision"] == status["updateRevision"]) is (len(moved) == 6)
    assert status.get("updatedReplicas", 0) == len(moved) // 2


def test_a_pod_below_the_partition_comes_back_with_the_old_template() -> None:
    cluster = started(updateStrategy={"type": "RollingUpdate", "rollingUpdate": {"partition": 2}})
    image(cluster, "db:2")
    wait(cluster, 30)
    ask(cluster, "delete", PODS, "db-0")
    wait(cluster, 40)
    assert pods(cluster) == {"db-0": "db:1", "db-1": "db:1", "db-2": "db:2"}


def test_on_delete_a_deleted_pod_comes_back_with_the_new_template() -> None:
    cluster = started(updateStrategy={"type": "OnDelete"})
    image(cluster, "db:2")
    ask(cluster, "delete", PODS, "db-1")
    wait(cluster, 30)
    assert pods(cluster) == {"db-0": "db:1", "db-1": "db:2", "db-2": "db:1"}


def test_a_broken_revision_stays_stuck_after_a_rollback_until_its_pod_is_deleted() -> None:
    cluster = started()
    never = {"exec": {"command": ["no"]}, "periodSeconds": 1}
    body = {"metadata": {"annotations": {"sim.ecp-ai.io/never-ready": "true"}}}
    container = {"name": "c", "image": "db:2", "readinessProbe": never}
    patch(cluster, spec={"template": {**body, "spec": {"containers": [container]}}})
    wait(cluster, 60)
    assert pods(cluster) == {"db-0": "db:1", "db-1": "db:1", "db-2": "db:2"}
    patch(
        cluster,
        spec={
            "template": {
                "metadata": {"annotations": None},
                "spec": {"containers": [{"name": "c", "image": "db:1"}]},
            }
        },
    )
    wait(cluster, 60)
    assert pods(cluster)["db-2"] == "db:2"
    ask(cluster, "delete", PODS, "db-2")
    wait(cluster, 60)
    assert set(pods(cluster).values()) == {"db:1"}
    assert numbers(cluster) == [2, 3]
    assert the(cluster)["status"]["readyReplicas"] == 3


@pytest.mark.parametrize("phase", ["Failed", "Succeeded"])
def test_a_finished_pod_is_deleted_to_come_back_under_its_name(phase: str) -> None:
    cluster = started()
    seen = cluster.store.owned(the(cluster)["metadata"]["uid"], PODS)

    class Finished:
        """The cluster, in which db-1 has finished."""

        def __getattr__(self, name: str) -> Any:
            return getattr(cluster.read, name)

        def owned(self, uid: str, resource: str) -> Any:
            if resource != PODS:
                return cluster.read.owned(uid, resource)
            return [
                {**pod, "status": {**pod["status"], "phase": phase}}
                if pod["metadata"]["name"] == "db-1"
                else pod
                for pod in seen
            ]

    loop = cluster.manager.controllers["statefulset"]
    plan = loop.reconcile(cluster.now, (NS, "db"), Finished())
    (deletion,) = [action for action in plan.actions if isinstance(action, Delete)]
    assert deletion.key == (NS, "db-1")
    (note,) = plan.events
    text = "Delete Pod db-1 in StatefulSet db successful"
    assert (note.type, note.reason, note.message) == ("Normal", "SuccessfulDelete", text)


def test_the_next_pod_waits_for_min_ready_seconds() -> None:
    cluster = fresh()
    start = cluster.store.version
    ask(cluster, "create", STATEFULSETS, body=stateful(2, minReadySeconds=20))
    wait(cluster, 90)
    born = [c.at for c in cluster.store.since(start) if c.resource == PODS and c.type == "ADDED"]
    assert 19e9 < born[1] - born[0] < 30e9
    assert the(cluster)["status"]["availableReplicas"] == 2


def test_scaling_down_waits_for_each_pod_to_be_gone() -> None:
    cluster = started()
    start = cluster.store.version
    patch(cluster, spec={"replicas": 1})
    wait(cluster, 60)
    gone = [
        (change.key[1], "gone" if change.type == "DELETED" else "going")
        for change in cluster.store.since(start)
        if change.resource == PODS
        and (change.type == "DELETED" or "deletionTimestamp" in change.object["metadata"])
    ]
    assert list(dict.fromkeys(gone)) == [
        ("db-2", "going"),
        ("db-2", "gone"),
        ("db-1", "going"),
        ("db-1", "gone"),
    ]


def test_an_old_template_gets_its_revision_back_under_a_new_number() -> None:
    cluster = started(1)
    image(cluster, "db:2")
    wait(cluster, 30)
    image(cluster, "db:1")
    wait(cluster, 30)
    assert numbers(cluster) == [2, 3]


def test_no_more_old_revisions_are_kept_than_asked_for() -> None:
    cluster = started(1, revisionHistoryLimit=2)
    for number in range(2, 7):
        image(cluster, f"db:{number}")
        wait(cluster, 30)
    assert numbers(cluster) == [4, 5, 6]


def test_a_revision_name_that_is_taken_is_a_collision() -> None:
    cluster = started(1)
    (first,) = cluster.store.list(CONTROLLERREVISIONS, NS)
    template = {**the(cluster)["spec"]["template"]}
    container = {**template["spec"]["containers"][0], "image": "db:2"}
    template["spec"] = {**template["spec"], "containers": [container]}
    data = {"spec": {"template": {**template, "$patch": "replace"}}}
    name = f"db-{history.digest(data, 0)}"
    other = {"metadata": {"name": name}, "data": first["data"], "revision": 7}
    ask(cluster, "create", CONTROLLERREVISIONS, body=other)
    image(cluster, "db:2")
    wait(cluster, 30)
    status = the(cluster)["status"]
    assert status["collisionCount"] == 1
    assert status["updateRevision"] == f"db-{history.digest(data, 1)}"
    assert pods(cluster) == {"db-0": "db:2"}


def test_a_pod_that_may_not_be_created_is_told_and_comes_once_it_may() -> None:
    cluster = fresh()
    quota = {"metadata": {"name": "none"}, "spec": {"hard": {"pods": "0"}}}
    ask(cluster, "create", RESOURCEQUOTAS, body=quota)
    wait(cluster, 2)
    ask(cluster, "create", STATEFULSETS, body=stateful(1))
    wait(cluster, 20)
    (event,) = [e for e in cluster.store.list(EVENTS, NS) if e["reason"] == "FailedCreate"]
    assert event["message"] == (
        'Create Pod db-0 in StatefulSet db failed error: pods "db-0" is forbidden: '
        "exceeded quota: none, requested: pods=1, used: pods=0, limited: pods=0"
    )
    assert event["type"] == "Warning"
    assert 10 <= event["count"] <= 14  # 5 ms, 10 ms, 20 ms … in 20 s
    assert the(cluster)["status"]["observedGeneration"] == 1
    patch(cluster, RESOURCEQUOTAS, "none", spec={"hard": {"pods": "5"}})
    wait(cluster, 60)
    assert pods(cluster) == {"db-0": "db:1"}


def test_a_strange_pod_of_the_name_is_left_alone_and_waited_for() -> None:
    cluster = fresh()
    spec = {"containers": [{"name": "c", "image": "other:1"}]}
    ask(cluster, "create", PODS, body={"metadata": {"name": "db-0"}, "spec": spec})
    ask(cluster, "create", STATEFULSETS, body=stateful(1))
    wait(cluster, 5)
    assert pods(cluster) == {"db-0": "other:1"}
    assert said(cluster, "FailedCreate") == []
    ask(cluster, "delete", PODS, "db-0")
    wait(cluster, 60)
    assert pods(cluster) == {"db-0": "db:1"}


def test_orphaned_pods_and_revisions_are_taken_over_by_the_next_set_of_the_name() -> None:
    cluster = started(2)
    uids = [pod["metadata"]["uid"] for pod in cluster.store.list(PODS, NS)]
    ask(cluster, "delete", STATEFULSETS, "db", propagation="Orphan")
    wait(cluster, 5)
    assert len(pods(cluster)) == 2
    ask(cluster, "create", STATEFULSETS, body=stateful(2))
    wait(cluster, 30)
    assert [pod["metadata"]["uid"] for pod in cluster.store.list(PODS, NS)] == uids
    assert numbers(cluster) == [1]
    ask(cluster, "delete", STATEFULSETS, "db")
    wait(cluster, 30)
    assert pods(cluster) == {}
    assert numbers(cluster) == []


def test_a_pod_whose_labels_no_longer_fit_is_let_go_and_its_name_waited_for() -> None:
    cluster = started(1)
    patch(cluster, PODS, "db-0", metadata={"labels": {"app": "other"}})
    wait(cluster, 5)
    (pod,) = cluster.store.list(PODS, NS)
    assert "ownerReferences" not in pod["metadata"]


def test_a_label_that_was_taken_away_is_put_back() -> None:
    cluster = started(1)
    key = "statefulset.kubernetes.io/pod-name"
    patch(cluster, PODS, "db-0", metadata={"labels": {key: None}})
    wait(cluster, 5)
    (pod,) = cluster.store.list(PODS, NS)
    assert pod["metadata"]["labels"][key] == "db-0"
    assert said(cluster, "SuccessfulUpdate") == [
        "SuccessfulUpdate: Update Pod db-0 in StatefulSet db successful"
    ]


# -- claims ---------------------------------------------------------------------------------------


def claims(cluster: Cluster) -> dict[str, list[str]]:
    """Kinds of the owners of each claim."""
    return {
        claim["metadata"]["name"]: [
            one["kind"] for one in claim["metadata"].get("ownerReferences") or ()
        ]
        for claim in cluster.store.list(PVCS, NS)
    }


def claiming(scaled: str, deleted: str) -> Cluster:
    return started(
        2,
        seconds=10,
        podManagementPolicy="Parallel",
        volumeClaimTemplates=[CLAIM],
        persistentVolumeClaimRetentionPolicy={"whenScaled": scaled, "whenDeleted": deleted},
    )


def test_claims_come_before_their_pods_with_the_labels_of_the_selector() -> None:
    cluster = claiming("Retain", "Retain")
    assert claims(cluster) == {"data-db-0": [], "data-db-1": []}
    claim = cluster.store.get(PVCS, NS, "data-db-0")
    assert claim is not None
    assert claim["metadata"]["labels"] == LABELS
    (volume,) = [
        one
        for one in cluster.store.list(PODS, NS)[0]["spec"]["volumes"]
        if "persistentVolumeClaim" in one
    ]
    assert volume == {"name": "data", "persistentVolumeClaim": {"claimName": "data-db-0"}}
    assert said(cluster, "SuccessfulCreate")[:2] == [
        "SuccessfulCreate: Create Claim data-db-0 Pod db-0 in StatefulSet db success",
        "SuccessfulCreate: Create Pod db-0 in StatefulSet db successful",
    ]


@pytest.mark.parametrize(
    ("scaled", "deleted", "owners", "after_scaling", "after_deletion"),
    [
        pytest.param("Retain", "Retain", [], 2, 2, id="kept whatever happens"),
        pytest.param("Retain", "Delete", ["StatefulSet"], 2, 0, id="go with the set"),
        pytest.param("Delete", "Retain", [], 1, 1, id="go with a pod that is scaled away"),
        pytest.param("Delete", "Delete", ["StatefulSet"], 1, 0, id="go with either"),
    ],
)
def test_claims_are_kept_or_go_by_policy(
    scaled: str, deleted: str, owners: list[str], after_scaling: int, after_deletion: int
) -> None:
    cluster = claiming(scaled, deleted)
    assert claims(cluster) == {"data-db-0": owners, "data-db-1": owners}
    patch(cluster, spec={"replicas": 1})
    wait(cluster, 60)
    assert len(claims(cluster)) == after_scaling
    ask(cluster, "delete", STATEFULSETS, "db")
    wait(cluster, 60)
    assert len(claims(cluster)) == after_deletion


# -- others that look at it -----------------------------------------------------------------------


def test_a_disruption_budget_knows_how_many_pods_a_stateful_set_has() -> None:
    cluster = started(4)
    spec = {"minAvailable": "50%", "selector": {"matchLabels": LABELS}}
    ask(cluster, "create", PDBS, body={"metadata": {"name": "db"}, "spec": spec})
    wait(cluster, 5)
    budget = cluster.store.get(PDBS, NS, "db")
    assert budget is not None
    figures = ("expectedPods", "desiredHealthy", "currentHealthy", "disruptionsAllowed")
    assert [budget["status"][name] for name in figures] == [4, 2, 4, 2]
    patch(cluster, spec={"replicas": 2})
    wait(cluster, 60)
    budget = cluster.store.get(PDBS, NS, "db")
    assert budget is not None
    assert [budget["status"][name] for name in figures] == [2, 1, 2, 1]


def test_an_autoscaler_scales_a_stateful_set() -> None:
    cluster = started(1)
    target = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "db"}
    spec = {"minReplicas": 3, "maxReplicas": 5, "scaleTargetRef": target}
    hpa = {"apiVersion": "autoscaling/v2", "metadata": {"name": "db"}, "spec": spec}
    ask(cluster, "create", HPAS, body=hpa)
    wait(cluster, 90)
    assert sorted(pods(cluster)) == ["db-0", "db-1", "db-2"]


def test_each_pod_has_a_name_of_its_own_behind_a_headless_service() -> None:
    cluster = started(2)
    spec = {"clusterIP": "None", "selector": LABELS, "ports": [{"port": 80}]}
    ask(cluster, "create", SERVICES, body={"metadata": {"name": "db"}, "spec": spec})
    wait(cluster, 5)
    (slice_,) = cluster.store.list(ENDPOINTSLICES, NS)
    assert sorted(one["hostname"] for one in slice_["endpoints"]) == ["db-0", "db-1"]
    found = resolve(cluster.read, "db-1.db", NS)
    assert found.kind == "pod"
    assert found.pod is not None
    assert found.pod["metadata"]["name"] == "db-1"


def test_a_run_that_is_interrupted_in_mid_update_ends_as_one_that_is_not() -> None:
    cluster = started(podManagementPolicy="Parallel")
    quota = {"metadata": {"name": "few"}, "spec": {"hard": {"pods": "2"}}}
    ask(cluster, "create", RESOURCEQUOTAS, body=quota)
    image(cluster, "db:2")
    wait(cluster, 10)
    again = Cluster.restore(cluster.snapshot())
    for one in (cluster, again):
        one.run_until(one.now + 30 * 1_000_000_000)
    assert again.snapshot() == cluster.snapshot()
    assert any("exceeded quota" in text for text in said(cluster, "FailedCreate"))


# -- properties -----------------------------------------------------------------------------------


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    seed=st.integers(0, 2**32),
    policy=st.sampled_from(["OrderedReady", "Parallel"]),
    wishes=st.lists(
        st.tuples(
            st.sampled_from(["scale", "image", "partition", "pod", "label", "node"]),
            st.integers(0, 4),
            st.floats(0, 15),
        ),
        max_size=6,
    ),
)
def test_after_whatever_happened_it_comes_to_rest_with_what_was_wanted(
    seed: int, policy: str, wishes: Iterable[tuple[str, int, float]]
) -> None:
    cluster = fresh(seed)
    body = stateful(podManagementPolicy=policy, revisionHistoryLimit=2)
    ask(cluster, "create", STATEFULSETS, body=body)
    for what, number, pause in wishes:
        wait(cluster, pause)
        names = list(pods(cluster))
        if what == "scale":
            patch(cluster, spec={"replicas": number})
        elif what == "image":
            image(cluster, f"db:{number}")
        elif what == "partition":
            patch(cluster, spec={"updateStrategy": {"rollingUpdate": {"partition": number}}})
        elif what == "node":
            cluster.world.set_node(f"n-{number % 4 + 1}", False, cluster.now)
        elif names and what == "pod":
            ask(cluster, "delete", PODS, names[number % len(names)])
        elif names:
            labels = {"statefulset.kubernetes.io/pod-name": None}
            patch(cluster, PODS, names[number % len(names)], metadata={"labels": labels})
    for number in range(1, 5):
        cluster.world.set_node(f"n-{number}", True, cluster.now)
    wait(cluster, 400)
    spec, status = the(cluster)["spec"], the(cluster)["status"]
    loop = cluster.manager.controllers["statefulset"]
    plan = loop.reconcile(cluster.now, (NS, "db"), cluster.read)
    assert (plan.actions, plan.events) == ((), ())
    assert sorted(pods(cluster)) == [f"db-{n}" for n in range(spec["replicas"])]
    assert status.get("readyReplicas", 0) == spec["replicas"]
    wanted = spec["template"]["spec"]["containers"][0]["image"]
    first = spec["updateStrategy"]["rollingUpdate"].get("partition", 0)
    assert all(pods(cluster)[f"db-{n}"] == wanted for n in range(first, spec["replicas"]))
    assert len(numbers(cluster)) <= 2 + 2 + spec["replicas"]


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32), steps=st.lists(st.integers(0, 3), min_size=1, max_size=4))
def test_in_order_an_update_never_has_two_pods_away(seed: int, steps: list[int]) -> None:
    cluster = fresh(seed)
    ask(cluster, "create", STATEFULSETS, body=stateful(4))
    wait(cluster, 60)
    start = cluster.store.version
    for number in steps:
        image(cluster, f"db:{number}")
        wait(cluster, 7)
    wait(cluster, 60)
    away: dict[str, bool] = {}
    for change in cluster.store.since(start):
        if change.resource == PODS:
            conditions = change.object["status"].get("conditions") or ()
            ready = any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)
            going = "deletionTimestamp" in change.object["metadata"]
            away[change.key[1]] = going or not ready or change.type == "DELETED"
            assert sum(away.values()) <= 1
