"""DaemonSets on the whole cluster: nodes that fit, updates, failed pods, what goes wrong."""

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_controllers_at_rest import NS, ask, fresh, wait

from ecp.kube.kinds import CONTROLLERREVISIONS, DAEMONSETS, EVENTS, NODES, PODS, RESOURCEQUOTAS
from ecp.sim.cluster import Cluster
from ecp.sim.controllers.sets.daemonset import BACKOFF_LEAST, BACKOFF_MOST, Backoff, tolerations
from ecp.sim.store import Obj

LABELS = {"app": "agent"}
SECOND = 1_000_000_000


def daemon(*, image: str = "agent:1", pod: Obj | None = None, **spec: Any) -> Obj:
    return {
        "metadata": {"name": "agent"},
        "spec": {
            "selector": {"matchLabels": LABELS},
            "template": {
                "metadata": {"labels": LABELS},
                "spec": {"containers": [{"name": "c", "image": image}], **(pod or {})},
            },
            **spec,
        },
    }


def started(seconds: float = 30, **more: Any) -> Cluster:
    cluster = fresh()
    ask(cluster, "create", DAEMONSETS, body=daemon(**more))
    wait(cluster, seconds)
    return cluster


def patch(cluster: Cluster, resource: str = DAEMONSETS, name: str = "agent", **body: Any) -> None:
    space = "" if resource == NODES else NS
    ask(cluster, "patch", resource, name, namespace=space, body=body, patch="merge")


def image(cluster: Cluster, name: str) -> None:
    patch(cluster, spec={"template": {"spec": {"containers": [{"name": "c", "image": name}]}}})


def taint(cluster: Cluster, node: str, *effects: str) -> None:
    taints = [{"key": "a", "value": "b", "effect": effect} for effect in effects]
    patch(cluster, NODES, node, spec={"taints": taints})


def the(cluster: Cluster) -> Obj:
    found = cluster.store.get(DAEMONSETS, NS, "agent")
    assert found is not None
    return found


def nodes(cluster: Cluster) -> list[str]:
    return sorted(pod["spec"].get("nodeName", "") for pod in cluster.store.list(PODS, NS))


def images(cluster: Cluster) -> list[str]:
    return sorted(p["spec"]["containers"][0]["image"] for p in cluster.store.list(PODS, NS))


def figures(cluster: Cluster) -> tuple[int, ...]:
    """desired, current, misscheduled, ready"""
    status = the(cluster)["status"]
    names = (
        "desiredNumberScheduled",
        "currentNumberScheduled",
        "numberMisscheduled",
        "numberReady",
    )
    return tuple(status[name] for name in names)


def numbers(cluster: Cluster) -> list[int]:
    return sorted(one["revision"] for one in cluster.store.list(CONTROLLERREVISIONS, NS))


ALL = ["n-1", "n-2", "n-3", "n-4"]


@pytest.mark.parametrize(
    ("pod", "expected"),
    [
        pytest.param({}, ALL, id="everywhere"),
        pytest.param(
            {"nodeSelector": {"kubernetes.io/hostname": "n-2"}}, ["n-2"], id="where a label says"
        ),
        pytest.param(
            {
                "affinity": {
                    "nodeAffinity": {
                        "requiredDuringSchedulingIgnoredDuringExecution": {
                            "nodeSelectorTerms": [
                                {
                                    "matchExpressions": [
                                        {
                                            "key": "kubernetes.io/hostname",
                                            "operator": "NotIn",
                                            "values": ["n-1"],
                                        }
                                    ]
                                }
                            ]
                        }
                    }
                }
            },
            ["n-2", "n-3", "n-4"],
            id="where the affinity says",
        ),
        pytest.param({"nodeName": "n-3"}, ["n-3"], id="on the one node it names"),
    ],
)
def test_each_node_that_fits_has_one_pod(pod: Obj, expected: list[str]) -> None:
    cluster = started(pod=pod)
    assert nodes(cluster) == expected
    assert figures(cluster) == (len(expected), len(expected), 0, len(expected))


def test_a_pod_is_meant_for_its_node_by_name_and_goes_through_the_scheduler() -> None:
    cluster = started()
    for pod in cluster.store.list(PODS, NS):
        required = pod["spec"]["affinity"]["nodeAffinity"][
            "requiredDuringSchedulingIgnoredDuringExecution"
        ]
        field = {"key": "metadata.name", "operator": "In", "values": [pod["spec"]["nodeName"]]}
        assert required == {"nodeSelectorTerms": [{"matchFields": [field]}]}
        labels = pod["metadata"]["labels"]
        assert labels["pod-template-generation"] == "1"
        (revision,) = cluster.store.list(CONTROLLERREVISIONS, NS)
        key = "controller-revision-hash"
        assert labels[key] == revision["metadata"]["labels"][key]
        assert revision["metadata"]["name"] == f"agent-{labels[key]}"


@pytest.mark.parametrize(
    ("spec", "keys"),
    [
        pytest.param({}, 6, id="six that every one gets"),
        pytest.param({"hostNetwork": True}, 7, id="and one on the host's network"),
        pytest.param(
            {"tolerations": [{"key": "node.kubernetes.io/not-ready", "operator": "Exists",
                              "effect": "NoExecute", "tolerationSeconds": 5}]},
            6,
            id="one of its own is replaced: it tolerates without end",
        ),
        pytest.param({"tolerations": [{"operator": "Exists"}]}, 7, id="others stay, and first"),
    ],
)  # fmt: skip
def test_tolerations_are_added(spec: Obj, keys: int) -> None:
    found = tolerations(spec)
    assert len(found) == keys
    assert all("tolerationSeconds" not in one for one in found)
    if spec.get("tolerations") == [{"operator": "Exists"}]:
        assert found[0] == {"operator": "Exists"}


@pytest.mark.parametrize(
    ("effects", "left", "seen"),
    [
        pytest.param(["NoSchedule"], ALL, (4, 4, 0, 4), id="NoSchedule: it stays, nobody looks"),
        pytest.param(["NoExecute"], ["n-2", "n-3", "n-4"], (3, 3, 0, 3), id="NoExecute: it goes"),
        pytest.param(["PreferNoSchedule"], ALL, (4, 4, 0, 4), id="PreferNoSchedule: no matter"),
    ],
)
def test_a_taint_that_comes_later(effects: list[str], left: list[str], seen: Any) -> None:
    cluster = started()
    taint(cluster, "n-1", *effects)
    wait(cluster, 30)
    assert nodes(cluster) == left
    assert figures(cluster) == seen
    taint(cluster, "n-1")
    wait(cluster, 30)
    assert nodes(cluster) == ALL


def test_a_pod_on_a_node_that_takes_no_new_ones_is_misscheduled_once_it_is_looked_at() -> None:
    cluster = started()
    taint(cluster, "n-1", "NoSchedule")
    ask(cluster, "delete", PODS, cluster.store.list(PODS, NS)[-1]["metadata"]["name"])
    wait(cluster, 30)
    assert figures(cluster) == (3, 3, 1, 3)


def test_a_cordoned_node_keeps_and_gets_its_pod() -> None:
    cluster = started()
    patch(cluster, NODES, "n-1", spec={"unschedulable": True})
    wait(cluster, 5)
    gone = [p for p in cluster.store.list(PODS, NS) if p["spec"]["nodeName"] == "n-1"]
    ask(cluster, "delete", PODS, gone[0]["metadata"]["name"])
    wait(cluster, 30)
    assert nodes(cluster) == ALL
    assert figures(cluster) == (4, 4, 0, 4)


def test_a_node_whose_labels_no_longer_fit_loses_its_pod() -> None:
    cluster = started(pod={"nodeSelector": {"disk": "ssd"}})
    assert figures(cluster) == (0, 0, 0, 0)
    patch(cluster, NODES, "n-2", metadata={"labels": {"disk": "ssd"}})
    wait(cluster, 30)
    assert nodes(cluster) == ["n-2"]
    patch(cluster, NODES, "n-2", metadata={"labels": {"disk": None}})
    wait(cluster, 30)
    assert nodes(cluster) == []


def test_a_lost_node_keeps_its_pod_which_counts_as_misscheduled_from_then_on() -> None:
    """Of its taints only unreachable:NoExecute is tolerated, unreachable:NoSchedule is not."""
    cluster = started()
    cluster.world.set_node("n-1", False, cluster.now)
    wait(cluster, 400)
    assert nodes(cluster) == ALL
    assert figures(cluster) == (3, 3, 1, 3)


def rollout(cluster: Cluster, since: int) -> list[str]:
    """Births (+) and deletions (-), by image and node."""
    found = []
    for change in cluster.store.since(since):
        pod = change.object
        if change.resource != PODS:
            continue
        going = "deletionTimestamp" in pod["metadata"]
        before = change.old is not None and "deletionTimestamp" in change.old["metadata"]
        tag = pod["spec"]["containers"][0]["image"][-1]
        if change.type == "ADDED":
            found.append(f"+{tag}")
        elif change.type == "MODIFIED" and going and not before:
            found.append(f"-{tag}")
    return found


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        pytest.param({}, ["-1", "+2"] * 4, id="one at a time by default"),
        pytest.param(
            {"rollingUpdate": {"maxUnavailable": "50%"}},
            ["-1", "-1", "+2", "+2", "-1", "+2", "-1", "+2"],
            id="two at a time",
        ),
        pytest.param(
            {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
            ["+2", "-1"] * 4,
            id="the new one first",
        ),
        pytest.param({"type": "OnDelete"}, [], id="OnDelete touches nothing"),
    ],
)
def test_a_new_template_is_rolled_out_by_its_strategy(strategy: Obj, expected: list[str]) -> None:
    cluster = started(updateStrategy={"type": "RollingUpdate", **strategy})
    start = cluster.store.version
    image(cluster, "agent:2")
    wait(cluster, 120)
    found = rollout(cluster, start)
    if "50%" in str(strategy):
        assert sorted(found) == sorted(expected)
        assert found[:2] == expected[:2]
    elif "maxSurge" in str(strategy):
        # A new pod that is ready lets its elder go, and the next one come, at once.
        assert sorted(found) == sorted(expected)
        assert found[0] == "+2"
    else:
        assert found == expected
    assert numbers(cluster) == [1, 2]


def test_a_surge_never_has_a_node_without_a_ready_pod() -> None:
    surge = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 2, "maxUnavailable": 0}}
    cluster = started(updateStrategy=surge)
    start = cluster.store.version
    image(cluster, "agent:2")
    wait(cluster, 120)
    serving = dict.fromkeys(ALL, 1)
    counted: dict[str, str] = {}
    for change in cluster.store.since(start):
        if change.resource == PODS and change.type == "MODIFIED":
            conditions = change.object["status"].get("conditions") or ()
            up = any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)
            going = "deletionTimestamp" in change.object["metadata"]
            node, name = change.object["spec"].get("nodeName", ""), change.key[1]
            if up and not going and change.object["spec"]["containers"][0]["image"] == "agent:2":
                serving[node] += name not in counted
                counted[name] = "up"
            elif going and counted.get(name) != "going":
                counted[name] = "going"
                serving[node] -= 1
                assert serving[node] >= 1
    assert images(cluster) == ["agent:2"] * 4


def test_the_update_waits_for_min_ready_seconds() -> None:
    cluster = started(seconds=60, minReadySeconds=20)
    assert the(cluster)["status"]["numberAvailable"] == 4
    start = cluster.store.version
    image(cluster, "agent:2")
    wait(cluster, 200)
    born = [c.at for c in cluster.store.since(start) if c.resource == PODS and c.type == "ADDED"]
    assert len(born) == 4
    assert all(later - one > 19 * SECOND for one, later in pairwise(born))


def test_an_update_that_never_gets_ready_stops_at_one_pod() -> None:
    cluster = started()
    probe = {"exec": {"command": ["no"]}, "periodSeconds": 1}
    container = {"name": "c", "image": "agent:2", "readinessProbe": probe}
    body = {"metadata": {"annotations": {"sim.ecp-ai.io/never-ready": "true"}}}
    patch(cluster, spec={"template": {**body, "spec": {"containers": [container]}}})
    wait(cluster, 120)
    assert images(cluster) == ["agent:1"] * 3 + ["agent:2"]
    assert figures(cluster) == (4, 4, 0, 3)


def test_revisions_are_numbered_kept_and_reused() -> None:
    cluster = started(revisionHistoryLimit=1)
    for tag in (2, 3):
        image(cluster, f"agent:{tag}")
        wait(cluster, 60)
    assert numbers(cluster) == [2, 3]
    image(cluster, "agent:2")
    wait(cluster, 60)
    assert numbers(cluster) == [3, 4]


def test_a_hash_that_is_taken_is_counted_as_a_collision_and_another_one_is_taken() -> None:
    cluster = started()
    (first,) = cluster.store.list(CONTROLLERREVISIONS, NS)
    ask(cluster, "delete", DAEMONSETS, "agent")
    wait(cluster, 30)
    name = first["metadata"]["name"]
    other = {"metadata": {"name": name}, "data": {"spec": {}}, "revision": 9}
    ask(cluster, "create", CONTROLLERREVISIONS, body=other)
    ask(cluster, "create", DAEMONSETS, body=daemon())
    wait(cluster, 30)
    assert the(cluster)["status"]["collisionCount"] == 1
    assert figures(cluster) == (4, 4, 0, 4)


def test_pods_that_may_not_be_created_are_told_and_come_once_they_may() -> None:
    cluster = fresh()
    quota = {"metadata": {"name": "none"}, "spec": {"hard": {"pods": "1"}}}
    ask(cluster, "create", RESOURCEQUOTAS, body=quota)
    wait(cluster, 2)
    ask(cluster, "create", DAEMONSETS, body=daemon())
    wait(cluster, 20)
    assert figures(cluster) == (4, 1, 0, 1)
    failed = [e for e in cluster.store.list(EVENTS, NS) if e["reason"] == "FailedCreate"]
    assert all(
        "is forbidden: exceeded quota: none, requested: pods=1, used: pods=1, limited: pods=1"
        in one["message"]
        and one["message"]
        .removeprefix("(combined from similar events): ")
        .startswith('Error creating: pods "agent-')
        for one in failed
    )
    assert failed
    patch(cluster, RESOURCEQUOTAS, "none", spec={"hard": {"pods": "9"}})
    wait(cluster, 60)
    assert nodes(cluster) == ALL


def test_orphans_are_taken_over_by_the_next_set_of_the_name() -> None:
    cluster = started()
    uids = sorted(pod["metadata"]["uid"] for pod in cluster.store.list(PODS, NS))
    ask(cluster, "delete", DAEMONSETS, "agent", propagation="Orphan")
    wait(cluster, 5)
    ask(cluster, "create", DAEMONSETS, body=daemon())
    wait(cluster, 30)
    assert sorted(pod["metadata"]["uid"] for pod in cluster.store.list(PODS, NS)) == uids
    assert numbers(cluster) == [1]
    ask(cluster, "delete", DAEMONSETS, "agent")
    wait(cluster, 30)
    assert (nodes(cluster), numbers(cluster)) == ([], [])


# -- failed pods ----------------------------------------------------------------------------------

SET: Obj = {"metadata": {"uid": "u"}, "status": {"observedGeneration": 1}}


def test_a_failed_pod_waits_twice_as_long_each_time_up_to_a_quarter_of_an_hour() -> None:
    backoff, now = Backoff(), 0
    assert backoff.due(SET, "n-1", now) is None
    waits = []
    for _ in range(13):
        due = backoff.due(SET, "n-1", now)
        assert due is not None
        assert backoff.due(SET, "n-1", due - 1) == due
        waits.append((due - now) // SECOND)
        now = due
        assert backoff.due(SET, "n-1", now) is None
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]


@pytest.mark.parametrize(
    ("node", "generation", "later"),
    [
        pytest.param("n-2", 1, 0, id="another node"),
        pytest.param("n-1", 2, 0, id="another generation"),
        pytest.param("n-1", 1, 2 * BACKOFF_MOST + 1, id="half an hour later"),
        pytest.param("n-1", 1, BACKOFF_LEAST, id="once it has waited"),
    ],
)
def test_a_failed_pod_does_not_wait(node: str, generation: int, later: int) -> None:
    backoff = Backoff()
    assert backoff.due(SET, "n-1", 0) is None
    other = {**SET, "status": {"observedGeneration": generation}}
    assert backoff.due(other, node, later) is None


def test_what_is_waited_for_outlives_a_snapshot() -> None:
    backoff, restored = Backoff(), Backoff()
    backoff.due(SET, "n-1", 0)
    backoff.due(SET, "n-1", 5)
    restored.restore(backoff.snapshot())
    assert restored.snapshot() == backoff.snapshot()
    assert restored.due(SET, "n-1", 6) == backoff.due(SET, "n-1", 6) == 5 + BACKOFF_LEAST


@pytest.mark.parametrize(
    ("phase", "kind", "reason", "text"),
    [
        pytest.param("Failed", "Warning", "FailedDaemonPod", "failed", id="killed"),
        pytest.param("Succeeded", "Normal", "SucceededDaemonPod", "succeeded", id="deleted"),
    ],
)
def test_a_finished_pod_is_told_and_deleted(phase: str, kind: str, reason: str, text: str) -> None:
    cluster = started()
    (one, *rest) = cluster.store.list(PODS, NS)

    class Finished:
        """The cluster, in which the first pod has finished."""

        def __getattr__(self, name: str) -> Any:
            return getattr(cluster.read, name)

        def owned(self, uid: str, resource: str) -> Any:
            if resource != PODS:
                return cluster.read.owned(uid, resource)
            return [{**one, "status": {**one["status"], "phase": phase}}, *rest]

    loop = cluster.manager.controllers["daemonset"]
    plan = loop.reconcile(cluster.now, (NS, "agent"), Finished())
    name, node = one["metadata"]["name"], one["spec"]["nodeName"]
    verb = "kill" if phase == "Failed" else "delete"
    found = f"Found {text} daemon pod {NS}/{name} on node {node}, will try to {verb} it"
    assert [(note.type, note.reason, note.message) for note in plan.events] == [
        (kind, reason, found),
        ("Normal", "SuccessfulDelete", f"Deleted pod: {name}"),
    ]


# -- properties -----------------------------------------------------------------------------------


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    seed=st.integers(0, 2**32),
    surge=st.booleans(),
    wishes=st.lists(
        st.tuples(
            st.sampled_from(["image", "pod", "taint", "free", "label", "node", "cordon"]),
            st.integers(0, 3),
            st.floats(0, 15),
        ),
        max_size=6,
    ),
)
def test_after_whatever_happened_each_node_that_fits_has_one_pod_of_the_last_template(
    seed: int, surge: bool, wishes: Iterable[tuple[str, int, float]]
) -> None:
    cluster = fresh(seed)
    rolling = {"maxSurge": 1, "maxUnavailable": 0} if surge else {"maxUnavailable": 2}
    strategy = {"type": "RollingUpdate", "rollingUpdate": rolling}
    ask(cluster, "create", DAEMONSETS, body=daemon(updateStrategy=strategy))
    for what, number, pause in wishes:
        wait(cluster, pause)
        node = ALL[number]
        mine = cluster.store.list(PODS, NS)
        if what == "image":
            image(cluster, f"agent:{number}")
        elif what == "taint":
            taint(cluster, node, "NoExecute")
        elif what == "free":
            taint(cluster, node)
        elif what == "node":
            cluster.world.set_node(node, False, cluster.now)
        elif what == "cordon":
            patch(cluster, NODES, node, spec={"unschedulable": True})
        elif mine and what == "pod":
            ask(cluster, "delete", PODS, mine[number % len(mine)]["metadata"]["name"])
        elif mine:
            name = mine[number % len(mine)]["metadata"]["name"]
            patch(cluster, PODS, name, metadata={"labels": {"app": "agent", "more": "x"}})
    for node in ALL:
        cluster.world.set_node(node, True, cluster.now)
        taint(cluster, node)
    wait(cluster, 400)
    loop = cluster.manager.controllers["daemonset"]
    plan = loop.reconcile(cluster.now, (NS, "agent"), cluster.read)
    assert (plan.actions, plan.events) == ((), ())
    assert nodes(cluster) == ALL
    assert figures(cluster) == (4, 4, 0, 4)
    wanted = the(cluster)["spec"]["template"]["spec"]["containers"][0]["image"]
    assert images(cluster) == [wanted] * 4
