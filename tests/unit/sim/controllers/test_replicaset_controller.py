"""A ReplicaSet keeps as many pods as wanted, and takes the right ones away."""

from typing import Any

import pytest
from controller_objects import (
    NOW,
    NS,
    PODS,
    REPLICASETS,
    SECOND,
    Seen,
    deployment,
    pod,
    replica_set,
)

from ecp.kube.errors import Forbidden, NotFound
from ecp.sim.controllers import replicaset as module
from ecp.sim.engine.chance import Chance
from ecp.sim.plans import Create, Delete, Plan, Update
from ecp.sim.store import Obj

OWNER = deployment(10)


def make(size: int, *, exist: int = 0, **more: Any) -> Obj:
    rs = replica_set(OWNER, "app:1", size, exist=exist)
    rs["spec"] |= more
    return rs


def sync(seen: Seen, rs: Obj, now: int = NOW) -> Plan:
    loop = module.controller(Chance(1))
    return loop.reconcile(now, (NS, rs["metadata"]["name"]), seen)


def deleted(plan: Plan) -> list[str]:
    return [action.key[1] for action in plan.actions if isinstance(action, Delete)]


def test_pods_are_made_from_the_template_and_share_its_spec() -> None:
    rs = make(3)
    rs["spec"]["template"]["metadata"]["annotations"] = {"a": "b"}
    plan = sync(Seen().take(REPLICASETS, rs), rs)
    created = [a.obj for a in plan.actions if isinstance(a, Create)]
    assert len(created) == 3
    name = rs["metadata"]["name"]
    first = created[0]
    assert first["metadata"]["name"].startswith(f"{name}-")
    assert len(first["metadata"]["name"]) == len(name) + 6
    assert first["metadata"]["generateName"] == f"{name}-"
    assert first["metadata"]["annotations"] == {"a": "b"}
    assert first["metadata"]["labels"] == rs["spec"]["template"]["metadata"]["labels"]
    assert first["metadata"]["ownerReferences"] == [
        {
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "name": name,
            "uid": f"uid-{name}",
            "controller": True,
            "blockOwnerDeletion": True,
        }
    ]
    assert all(obj["spec"] is rs["spec"]["template"]["spec"] for obj in created)
    assert [note.message for note in plan.events] == [
        f"Created pod: {obj['metadata']['name']}" for obj in created
    ]


def test_names_differ_between_instants_and_never_clash() -> None:
    rs = make(3)
    seen = Seen().take(REPLICASETS, rs)
    first = {a.obj["metadata"]["name"] for a in sync(seen, rs).actions if isinstance(a, Create)}
    later = {
        a.obj["metadata"]["name"] for a in sync(seen, rs, NOW + 1).actions if isinstance(a, Create)
    }
    assert len(first) == len(later) == 3
    assert not first & later
    seen.take(PODS, *(pod(name, labels={"app": "x"}) for name in sorted(first)))
    again = {a.obj["metadata"]["name"] for a in sync(seen, rs).actions if isinstance(a, Create)}
    assert len(again) == 3
    assert not first & again


def test_five_hundred_at_most_in_one_sync() -> None:
    rs = make(1200)
    plan = sync(Seen().take(REPLICASETS, rs), rs)
    assert sum(isinstance(a, Create) for a in plan.actions) == 500


@pytest.mark.parametrize(
    ("doomed", "kept"),
    [
        pytest.param({"node": ""}, {}, id="an unassigned pod before an assigned one"),
        pytest.param(
            {"phase": "Pending", "ready": False},
            {"ready": False},
            id="a pending pod before a running one",
        ),
        pytest.param({"ready": False}, {}, id="an unready pod before a ready one"),
        pytest.param(
            {"annotations": {"controller.kubernetes.io/pod-deletion-cost": "-1"}},
            {},
            id="the lower deletion cost first",
        ),
        pytest.param(
            {},
            {"annotations": {"controller.kubernetes.io/pod-deletion-cost": "100"}},
            id="a pod that costs more stays",
        ),
        pytest.param(
            {"annotations": {"controller.kubernetes.io/pod-deletion-cost": "07"}},
            {"annotations": {"controller.kubernetes.io/pod-deletion-cost": "3"}},
            id="a cost that is no canonical number counts as none",
        ),
        pytest.param({"since": 10}, {"since": 1000}, id="the one that became ready later"),
        pytest.param(
            {"ready": False, "restarts": 4},
            {"ready": False},
            id="the one that restarted more often",
        ),
        pytest.param(
            {"ready": False, "age": 10}, {"ready": False, "age": 1000}, id="the younger one"
        ),
        pytest.param(
            {"since": 600},
            {"since": 600, "restarts": 0, "node": "n-1"},
            id="of two on one node one goes",
        ),
    ],
)
def test_the_order_of_deletion(doomed: dict[str, Any], kept: dict[str, Any]) -> None:
    rs = make(1, exist=2)
    seen = Seen().take(REPLICASETS, rs)
    neighbour = "node" in kept
    pods = [pod("kept", rs, **kept), pod("doomed", rs, **doomed)]
    if neighbour:
        rs["spec"]["replicas"] = 2
        pods.append(pod("third", rs, **(doomed | {"age": 10_000, "since": 10_000})))
    seen.take(PODS, *pods)
    plan = sync(seen, rs)
    assert deleted(plan) == ["doomed"]
    assert plan.events[0].message == "Deleted pod: doomed"
    assert plan.events[0].reason == "SuccessfulDelete"


def test_ages_in_one_power_of_two_are_told_apart_by_uid() -> None:
    rs = make(1, exist=2)
    seen = Seen().take(REPLICASETS, rs)
    older = pod("a", rs, since=601, uid="uid-1")
    younger = pod("b", rs, since=600, uid="uid-2")
    seen.take(PODS, younger, older)
    assert deleted(sync(seen, rs)) == ["a"]


def test_status_counts_what_is_before_the_actions() -> None:
    rs = make(5)
    seen = Seen().take(REPLICASETS, rs)
    label = {"extra": "x"} | rs["spec"]["template"]["metadata"]["labels"]
    seen.take(
        PODS,
        pod("ready", rs),
        pod("starting", rs, ready=False),
        pod("more-labels", rs, labels=label),
        pod("done", rs, phase="Succeeded"),
        pod("going", rs, deletionTimestamp="t"),
        pod("gone", rs, phase="Failed", deletionTimestamp="t"),
    )
    plan = sync(seen, rs)
    update = plan.actions[-1]
    assert isinstance(update, Update)
    assert update.obj["status"] == {
        "replicas": 3,
        "fullyLabeledReplicas": 3,
        "readyReplicas": 2,
        "availableReplicas": 2,
        "terminatingReplicas": 1,
        "observedGeneration": 1,
    }
    assert sum(isinstance(a, Create) for a in plan.actions) == 2


def test_min_ready_seconds_wait_and_wake() -> None:
    rs = make(2, exist=2, minReadySeconds=5)
    seen = Seen().take(REPLICASETS, rs)
    seen.take(PODS, pod("old", rs, since=5), pod("new", rs, since=2))
    plan = sync(seen, rs)
    (update,) = plan.actions
    assert isinstance(update, Update)
    assert (update.obj["status"]["readyReplicas"], update.obj["status"]["availableReplicas"]) == (
        2,
        1,
    )
    assert plan.wake_at == NOW + 3 * SECOND


def test_a_replica_set_being_deleted_replaces_nobody() -> None:
    rs = make(3)
    rs["metadata"]["deletionTimestamp"] = "t"
    plan = sync(Seen().take(REPLICASETS, rs), rs)
    assert not [a for a in plan.actions if isinstance(a, Create | Delete)]


def test_orphans_that_fit_are_adopted_and_misfits_released() -> None:
    rs = make(1)
    seen = Seen().take(REPLICASETS, rs)
    fits = rs["spec"]["selector"]["matchLabels"]
    seen.take(
        PODS,
        pod("orphan", labels=fits),
        pod("stranger", labels={"app": "x"}),
        pod("misfit", rs, labels={"app": "y"}),
    )
    plan = sync(seen, rs)
    changed = {
        a.obj["metadata"]["name"]: bool(a.obj["metadata"].get("ownerReferences"))
        for a in plan.actions
        if isinstance(a, Update) and a.resource == PODS
    }
    assert changed == {"misfit": False, "orphan": True}
    assert not [a for a in plan.actions if isinstance(a, Create)]


def test_an_adopted_pod_can_be_the_one_that_is_too_many() -> None:
    rs = make(1)
    seen = Seen().take(REPLICASETS, rs)
    orphan = pod("orphan", labels=rs["spec"]["selector"]["matchLabels"])
    orphan["status"]["phase"] = "Pending"
    seen.take(PODS, pod("own", rs), orphan)
    assert deleted(sync(seen, rs)) == ["orphan"]


@pytest.mark.parametrize(
    ("owned", "gone"),
    [
        pytest.param(True, "beside", id="of a Deployment: who has kin on the node goes"),
        pytest.param(False, "alone", id="of nobody: what is beside is not looked at"),
    ],
)
def test_only_who_has_an_owner_has_kin(owned: bool, gone: str) -> None:
    rs = make(2)
    if not owned:
        del rs["metadata"]["ownerReferences"]
    seen = Seen().take(REPLICASETS, rs)
    kept = pod("kept", rs, node="n-1")
    # Alike in all else, the lesser uid goes; "kept" is guarded by its cost.
    kept["metadata"]["annotations"] = {module.DELETION_COST: "9"}
    seen.take(PODS, kept, pod("alone", rs, node="n-2"), pod("beside", rs, node="n-1"))
    assert deleted(sync(seen, rs)) == [gone]


def test_a_refused_pod_is_an_event_a_condition_and_a_retry() -> None:
    rs = make(3)
    seen = Seen().take(REPLICASETS, rs)
    loop = module.controller(Chance(1))
    key = (NS, rs["metadata"]["name"])
    create = loop.reconcile(NOW, key, seen).actions[0]
    assert loop.refused is not None
    error = Forbidden(PODS, "p", "exceeded quota: none")
    plan = loop.refused(NOW, key, create, error, seen)
    text = 'pods "p" is forbidden: exceeded quota: none'
    assert [(n.reason, n.message) for n in plan.events] == [
        ("FailedCreate", f"Error creating: {text}")
    ]
    (update,) = plan.actions
    assert isinstance(update, Update)
    (condition,) = update.obj["status"]["conditions"]
    assert (condition["type"], condition["reason"], condition["message"]) == (
        "ReplicaFailure",
        "FailedCreate",
        text,
    )
    assert plan.wake_at == NOW + 5_000_000


def test_what_was_created_before_a_refusal_is_said() -> None:
    rs = make(3)
    seen = Seen().take(REPLICASETS, rs)
    loop = module.controller(Chance(1))
    key = (NS, rs["metadata"]["name"])
    creations = [a for a in loop.reconcile(NOW, key, seen).actions if isinstance(a, Create)]
    first, second, third = (action.obj["metadata"]["name"] for action in creations)
    seen.take(PODS, pod(first, rs, node=""))
    assert loop.refused is not None
    plan = loop.refused(NOW, key, creations[1], Forbidden(PODS, second, "no"), seen)
    assert [(n.reason, n.message) for n in plan.events] == [
        ("SuccessfulCreate", f"Created pod: {first}"),
        ("FailedCreate", f'Error creating: pods "{second}" is forbidden: no'),
        # Both of the second batch were tried.
        ("FailedCreate", f'Error creating: pods "{third}" is forbidden: no'),
    ]


def test_retries_grow_apart() -> None:
    rs = make(3)
    seen = Seen().take(REPLICASETS, rs)
    loop = module.controller(Chance(1))
    key = (NS, rs["metadata"]["name"])
    assert loop.refused is not None
    gaps = []
    now = NOW
    for _ in range(4):
        create = loop.reconcile(now, key, seen).actions[0]
        plan = loop.refused(now, key, create, Forbidden(PODS, "p", "no"), seen)
        assert plan.wake_at is not None
        gaps.append((plan.wake_at - now) // 1_000_000)
        now = plan.wake_at
    assert gaps == [5, 10, 20, 40]
    # What is remembered outlives a restart.
    assert loop.snapshot is not None
    again = module.controller(Chance(1))
    assert again.restore is not None
    again.restore(loop.snapshot())
    assert again.refused is not None
    plan = again.refused(now, key, create, Forbidden(PODS, "p", "no"), seen)
    assert plan.wake_at == now + 80_000_000


@pytest.mark.parametrize(
    ("error", "action"),
    [
        pytest.param(
            Forbidden(
                PODS,
                "p",
                "unable to create new content in namespace shop because it is being terminated",
            ),
            Create(PODS, {}),
            id="a namespace that goes away needs no pods",
        ),
        pytest.param(NotFound(PODS, "p"), Delete(PODS, (NS, "p")), id="a pod that is gone is gone"),
    ],
)
def test_refusals_that_are_no_failure(error: Exception, action: Any) -> None:
    rs = make(3)
    loop = module.controller(Chance(1))
    assert loop.refused is not None
    plan = loop.refused(
        NOW, (NS, rs["metadata"]["name"]), action, error, Seen().take(REPLICASETS, rs)
    )
    assert plan.events == ()
    assert plan.wake_at is None
