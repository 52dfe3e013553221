"""One sync of a Deployment is one step: which, and what it says about it."""

from typing import Any

import pytest
from controller_objects import (
    DEPLOYMENTS,
    NOW,
    NS,
    PODS,
    REPLICASETS,
    SECOND,
    STAMP,
    Seen,
    deployment,
    meta,
    pod,
    replica_set,
    template,
)

from ecp.kube.errors import AlreadyExists, Forbidden
from ecp.kube.pods import HASH_LABEL, pod_template_hash
from ecp.kube.times import rfc3339
from ecp.sim.controllers import deployment as module
from ecp.sim.plans import Create, Delete, Plan, Update

LOOP = module.controller()
KEY = (NS, "web")
OLD, NEW = "app:1", "app:2"


def sync(seen: Seen, now: int = NOW) -> Plan:
    return LOOP.reconcile(now, KEY, seen)


def sizes(plan: Plan) -> dict[str, int]:
    """The ReplicaSets that the plan sizes, by image."""
    return {
        action.obj["spec"]["template"]["spec"]["containers"][0]["image"]: action.obj["spec"][
            "replicas"
        ]
        for action in plan.actions
        if isinstance(action, Create | Update) and action.resource == REPLICASETS
    }


def status(plan: Plan) -> dict[str, Any]:
    found = [
        a.obj["status"]
        for a in plan.actions
        if isinstance(a, Update) and a.resource == DEPLOYMENTS and a.subresource == "status"
    ]
    return found[-1] if found else {}


def reason(plan: Plan, kind: str = "Progressing") -> tuple[str, str]:
    entry = next(c for c in status(plan)["conditions"] if c["type"] == kind)
    return entry["status"], entry["reason"]


def said(plan: Plan) -> list[str]:
    return [note.message for note in plan.events]


def progressing(why: str = "ReplicaSetUpdated", at: int = NOW, state: str = "True") -> Any:
    return {
        "type": "Progressing",
        "status": state,
        "reason": why,
        "message": "m",
        "lastUpdateTime": rfc3339(at),
        "lastTransitionTime": rfc3339(at),
    }


def rolling(
    old: Any,
    new: Any,
    replicas: int = 10,
    surge: Any = "25%",
    unavailable: Any = "25%",
    **spec: Any,
) -> Seen:
    """A Deployment in mid-rollout; *old* and *new* are (wanted, available)."""
    d = deployment(replicas, surge=surge, unavailable=unavailable, image=NEW, **spec)
    seen = Seen().take(DEPLOYMENTS, d)
    seen.take(REPLICASETS, replica_set(d, OLD, old[0], available=old[1], revision=1, age=90))
    if new is not None:
        seen.take(REPLICASETS, replica_set(d, NEW, new[0], available=new[1], revision=2))
    return seen


@pytest.mark.parametrize(
    ("replicas", "surge", "unavailable", "expected"),
    [
        pytest.param(10, "25%", "25%", (3, 2), id="surge rounds up, unavailable rounds down"),
        pytest.param(1, "25%", "25%", (1, 0), id="one replica surges and stays available"),
        pytest.param(2, "1%", "0%", (1, 0), id="one per cent of two is one more"),
        pytest.param(10, 0, 0, (0, 1), id="both zero could never move: one may be unavailable"),
        pytest.param(2, 0, "1%", (0, 1), id="a percentage that rounds to nothing counts as zero"),
        pytest.param(4, 1, 9, (1, 4), id="no more can be unavailable than there are"),
        pytest.param(0, "25%", "25%", (0, 0), id="nothing wanted, nothing to spare"),
    ],
)
def test_fenceposts(replicas: int, surge: Any, unavailable: Any, expected: Any) -> None:
    d = deployment(replicas, surge=surge, unavailable=unavailable)
    assert module.fenceposts(d) == expected


@pytest.mark.parametrize(
    ("old", "new", "kwargs", "expected"),
    [
        pytest.param(
            (10, 10),
            None,
            {},
            {NEW: 3, OLD: 8},
            id="the new one is created at the surge, and old ones go down to what must be there",
        ),
        pytest.param((10, 10), (3, 0), {}, {OLD: 8}, id="old ones go down to what must be there"),
        pytest.param((8, 8), (3, 0), {}, {NEW: 5}, id="the room that became free is filled"),
        pytest.param((8, 8), (5, 0), {}, {}, id="nothing moves until a new one is available"),
        pytest.param((8, 8), (5, 5), {}, {OLD: 3}, id="each new available one lets an old one go"),
        pytest.param((3, 3), (10, 10), {}, {OLD: 0}, id="at last the old ones go together"),
        pytest.param(
            (10, 7),
            (3, 0),
            {},
            {OLD: 8},
            id="unavailable old ones are dropped, and never past the floor",
        ),
        pytest.param(
            (5, 11),
            (4, 0),
            {"replicas": 6, "surge": 3, "unavailable": 2},
            {},
            id="figures that lag behind a size move nothing",
        ),
        pytest.param((0, 0), (12, 12), {}, {NEW: 10}, id="a new one that is too large shrinks"),
        pytest.param((1, 1), None, {"replicas": 1}, {NEW: 1}, id="one replica is doubled first"),
        pytest.param(
            (2, 2),
            None,
            {"replicas": 2, "surge": 0, "unavailable": "1%"},
            {NEW: 0, OLD: 1},
            id="without surge the new one is created empty and an old one goes first",
        ),
        pytest.param(
            (2, 2),
            (0, 0),
            {"replicas": 2, "surge": 0, "unavailable": "1%"},
            {OLD: 1},
            id="and an old one goes first",
        ),
        pytest.param(
            (10, 10),
            None,
            {"surge": "100%", "unavailable": 0},
            {NEW: 10},
            id="a full surge doubles at once",
        ),
    ],
)
def test_a_step_of_a_rolling_update(old: Any, new: Any, kwargs: Any, expected: Any) -> None:
    plan = sync(rolling(old, new, **kwargs))
    assert sizes(plan) == expected


def test_creating_the_first_replica_set_writes_what_the_real_one_writes() -> None:
    d = deployment(10, annotations={"team": "a", "deployment.kubernetes.io/revision": ""})
    plan = sync(Seen().take(DEPLOYMENTS, d))
    created, revised, announced, stated = plan.actions
    digest = pod_template_hash(template())
    assert isinstance(created, Create)
    rs = created.obj
    assert rs["metadata"]["name"] == f"web-{digest}"
    assert rs["metadata"]["labels"] == {"app": "web", HASH_LABEL: digest}
    assert rs["metadata"]["annotations"] == {
        "team": "a",
        "deployment.kubernetes.io/revision": "1",
        "deployment.kubernetes.io/desired-replicas": "10",
        "deployment.kubernetes.io/max-replicas": "13",
    }
    assert rs["metadata"]["ownerReferences"] == [
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "name": "web",
            "uid": "uid-web",
            "controller": True,
            "blockOwnerDeletion": True,
        }
    ]
    assert rs["spec"]["selector"]["matchLabels"] == {"app": "web", HASH_LABEL: digest}
    assert rs["spec"]["template"]["spec"] is d["spec"]["template"]["spec"]
    assert isinstance(revised, Update)
    assert revised.obj["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "1"
    assert isinstance(announced, Update)
    assert [c["reason"] for c in announced.obj["status"]["conditions"]] == ["NewReplicaSetCreated"]
    assert isinstance(stated, Update)
    assert stated.subresource == "status"
    assert stated.obj["status"] == {
        "observedGeneration": 1,
        "unavailableReplicas": 10,
        "terminatingReplicas": 0,
        "conditions": [
            {
                "type": "Progressing",
                "status": "True",
                "lastUpdateTime": STAMP,
                "lastTransitionTime": STAMP,
                "reason": "NewReplicaSetCreated",
                "message": f'Created new replica set "web-{digest}"',
            },
            {
                "type": "Available",
                "status": "False",
                "lastUpdateTime": STAMP,
                "lastTransitionTime": STAMP,
                "reason": "MinimumReplicasUnavailable",
                "message": "Deployment does not have minimum availability.",
            },
        ],
    }
    assert said(plan) == [f"Scaled up replica set web-{digest} from 0 to 10"]


def test_a_replica_set_that_is_found_is_reported_before_the_figures_are() -> None:
    d = deployment(3)
    seen = Seen().take(DEPLOYMENTS, d).take(REPLICASETS, replica_set(d, OLD, 3))
    written = [
        action.obj["status"]["conditions"]
        for action in sync(seen).actions
        if isinstance(action, Update) and action.subresource == "status"
    ]
    reasons = [[c["reason"] for c in one if c["type"] == "Progressing"] for one in written]
    assert reasons == [["FoundNewReplicaSet"], ["NewReplicaSetAvailable"]]


def test_a_step_renews_the_size_annotations_and_says_from_and_to() -> None:
    plan = sync(rolling((10, 10), (3, 0)))
    action = plan.actions[0]
    assert isinstance(action, Update)
    assert said(plan) == [f"Scaled down replica set {action.obj['metadata']['name']} from 10 to 8"]
    assert action.obj["metadata"]["annotations"]["deployment.kubernetes.io/max-replicas"] == "13"


@pytest.mark.parametrize(
    ("before", "wanted", "old", "new", "expected"),
    [
        pytest.param(10, 15, 8, 5, {OLD: 11, NEW: 7}, id="10 to 15: 8 and 5 become 11 and 7"),
        pytest.param(15, 6, 11, 7, {OLD: 5, NEW: 4}, id="15 to 6: 11 and 7 become 5 and 4"),
        pytest.param(10, 0, 8, 5, {OLD: 0, NEW: 0}, id="to nothing goes everything"),
    ],
)
def test_scaling_in_mid_rollout_is_proportional(
    before: int, wanted: int, old: int, new: int, expected: dict[str, int]
) -> None:
    d = deployment(wanted, surge=3, unavailable=2, image=NEW)
    most = before + 3
    sets = (
        replica_set(d, OLD, old, desired=before, most=most, age=90),
        replica_set(d, NEW, new, available=0, desired=before, most=most, revision=2),
    )
    assert sizes(sync(Seen().take(DEPLOYMENTS, d).take(REPLICASETS, *sets))) == expected


def test_scaling_one_replica_set_takes_it_all() -> None:
    d = deployment(15)
    seen = Seen().take(DEPLOYMENTS, d).take(REPLICASETS, replica_set(d, OLD, 10, desired=10))
    plan = sync(seen)
    assert sizes(plan) == {OLD: 15}
    assert [c["type"] for c in status(plan)["conditions"]] == ["Progressing", "Available"]


def test_a_template_seen_before_takes_its_replica_set_up_again_under_a_new_revision() -> None:
    d = deployment(10, image=OLD)
    seen = (
        Seen()
        .take(DEPLOYMENTS, d)
        .take(
            REPLICASETS,
            replica_set(d, OLD, 8, revision=1, age=90),
            replica_set(d, NEW, 5, available=0, revision=2),
        )
    )
    (action,) = sync(seen).actions
    assert isinstance(action, Update)
    annotations = action.obj["metadata"]["annotations"]
    assert annotations["deployment.kubernetes.io/revision"] == "3"
    assert annotations["deployment.kubernetes.io/revision-history"] == "1"


def test_all_former_revisions_are_remembered() -> None:
    d = deployment(10, image=OLD)
    again = replica_set(d, OLD, 8, revision=3, age=90)
    again["metadata"]["annotations"]["deployment.kubernetes.io/revision-history"] = "1"
    other = replica_set(d, NEW, 5, available=0, revision=4)
    (action,) = sync(Seen().take(DEPLOYMENTS, d).take(REPLICASETS, again, other)).actions
    assert isinstance(action, Update)
    annotations = action.obj["metadata"]["annotations"]
    assert annotations["deployment.kubernetes.io/revision"] == "5"
    assert annotations["deployment.kubernetes.io/revision-history"] == "1,3"


def test_a_condition_moves_its_transition_only_with_its_status() -> None:
    before = progressing("NewReplicaSetCreated", NOW - 60 * SECOND)
    plan = sync(rolling((3, 3), (10, 10), status={"conditions": [before]}))
    found = next(c for c in status(plan)["conditions"] if c["type"] == "Progressing")
    assert found["reason"] == "ReplicaSetUpdated"
    assert (found["lastTransitionTime"], found["lastUpdateTime"]) == (
        before["lastTransitionTime"],
        STAMP,
    )
    done = {
        "replicas": 10,
        "updatedReplicas": 10,
        "readyReplicas": 10,
        "availableReplicas": 10,
        "observedGeneration": 1,
        "conditions": [before],
    }
    plan = sync(rolling((0, 0), (10, 10), status=done))
    found = next(c for c in status(plan)["conditions"] if c["type"] == "Progressing")
    assert found["reason"] == "NewReplicaSetAvailable"
    assert found["lastTransitionTime"] == before["lastTransitionTime"]


def test_a_rollover_first_drops_the_half_started_set_in_between() -> None:
    d = deployment(10, image="app:3")
    seen = (
        Seen()
        .take(DEPLOYMENTS, d)
        .take(
            REPLICASETS,
            replica_set(d, OLD, 8, revision=1, age=90),
            replica_set(d, NEW, 5, available=0, revision=2, age=60),
            replica_set(d, "app:3", 0, revision=3, age=1),
        )
    )
    assert sizes(sync(seen)) == {NEW: 0}


@pytest.mark.parametrize(
    ("old", "pods", "expected"),
    [
        pytest.param((5, 5), 5, {OLD: 0}, id="old ones go all at once"),
        pytest.param((0, 0), 1, {}, id="an old pod that still terminates is waited for"),
        pytest.param((0, 0), 0, {NEW: 5}, id="then the new ones come all at once"),
    ],
)
def test_recreate(old: Any, pods: int, expected: dict[str, int]) -> None:
    d = deployment(5, image=NEW, strategy={"type": "Recreate"})
    rs = replica_set(d, OLD, old[0], available=old[1])
    seen = Seen().take(DEPLOYMENTS, d).take(REPLICASETS, rs)
    seen.take(PODS, *(pod(f"p{n}", rs, deletionTimestamp=STAMP) for n in range(pods)))
    assert sizes(sync(seen)) == expected


def test_recreate_does_not_wait_for_pods_that_failed() -> None:
    d = deployment(5, image=NEW, strategy={"type": "Recreate"})
    rs = replica_set(d, OLD, 0)
    seen = (
        Seen().take(DEPLOYMENTS, d).take(REPLICASETS, rs).take(PODS, pod("p", rs, phase="Failed"))
    )
    assert sizes(sync(seen)) == {NEW: 5}


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        pytest.param((10, 3, 8), ("True", "ReplicaSetUpdated"), id="more are updated"),
        pytest.param(
            (13, 5, 8), ("False", "ProgressDeadlineExceeded"), id="nothing moved for too long"
        ),
    ],
)
def test_progress_and_its_deadline(before: tuple[int, int, int], expected: Any) -> None:
    replicas, updated, available = before
    seen = rolling(
        (8, 8),
        (5, 0),
        progressDeadlineSeconds=30,
        status={
            "replicas": replicas,
            "updatedReplicas": updated,
            "readyReplicas": available,
            "availableReplicas": available,
            "observedGeneration": 1,
            "terminatingReplicas": 0,
            "conditions": [progressing(at=NOW - 31 * SECOND)],
        },
    )
    plan = sync(seen)
    assert reason(plan) == expected
    assert reason(plan, "Available") == ("True", "MinimumReplicasAvailable")


def test_the_deadline_is_looked_for_a_second_late() -> None:
    at = NOW - 10 * SECOND
    seen = rolling(
        (8, 8),
        (5, 0),
        progressDeadlineSeconds=30,
        status={
            "replicas": 13,
            "updatedReplicas": 5,
            "readyReplicas": 8,
            "availableReplicas": 8,
            "observedGeneration": 1,
            "terminatingReplicas": 0,
            "conditions": [progressing(at=at)],
        },
    )
    assert sync(seen).wake_at == at + 31 * SECOND


def test_complete_is_said_and_old_revisions_beyond_the_limit_go() -> None:
    done = {
        "replicas": 3,
        "updatedReplicas": 3,
        "readyReplicas": 3,
        "availableReplicas": 3,
        "observedGeneration": 1,
        "terminatingReplicas": 0,
        "conditions": [progressing()],
    }
    d = deployment(3, image="app:5", revisionHistoryLimit=2, status=done)
    seen = (
        Seen()
        .take(DEPLOYMENTS, d)
        .take(
            REPLICASETS,
            *(replica_set(d, f"app:{n}", 0, revision=n, age=100 - n) for n in (2, 1, 4, 3)),
            replica_set(d, "app:5", 3, revision=5),
        )
    )
    plan = sync(seen)
    gone = [a.key[1] for a in plan.actions if isinstance(a, Delete)]
    assert gone == [f"web-{pod_template_hash(template(f'app:{n}'))}" for n in (1, 2)]
    assert reason(plan) == ("True", "NewReplicaSetAvailable")


def test_paused_edits_wait_but_sizes_follow() -> None:
    d = deployment(4, image=NEW, paused=True)
    seen = Seen().take(DEPLOYMENTS, d).take(REPLICASETS, replica_set(d, OLD, 3, desired=3))
    plan = sync(seen)
    assert sizes(plan) == {OLD: 4}
    assert reason(plan) == ("Unknown", "DeploymentPaused")
    # Its own word on pausing makes the sync's later writes conflict: the next one makes them.
    assert plan.wake_at == NOW + 5_000_000


def test_paused_old_revisions_go_all_the_same() -> None:
    d = deployment(3, image=NEW, paused=True, revisionHistoryLimit=0)
    sets = (replica_set(d, OLD, 0, age=90), replica_set(d, NEW, 3, revision=2))
    plan = sync(Seen().take(DEPLOYMENTS, d).take(REPLICASETS, *sets))
    assert [a.key[1] for a in plan.actions if isinstance(a, Delete)] == [
        sets[0]["metadata"]["name"]
    ]


def test_resumed_starts_the_timer_afresh() -> None:
    paused = {
        "replicas": 13,
        "updatedReplicas": 3,
        "readyReplicas": 10,
        "availableReplicas": 10,
        "conditions": [progressing("DeploymentPaused", NOW - 900 * SECOND, "Unknown")],
    }
    plan = sync(rolling((10, 10), (3, 0), status=paused))
    assert reason(plan) == ("Unknown", "DeploymentResumed")


def test_a_failing_replica_set_shows_in_the_deployment() -> None:
    failure = {
        "type": "ReplicaFailure",
        "status": "True",
        "reason": "FailedCreate",
        "message": "exceeded quota",
        "lastTransitionTime": STAMP,
    }
    d = deployment(3)
    seen = (
        Seen()
        .take(DEPLOYMENTS, d)
        .take(REPLICASETS, replica_set(d, OLD, 3, exist=0, conditions=[failure]))
    )
    assert reason(sync(seen), "ReplicaFailure") == ("True", "FailedCreate")


def test_orphans_that_fit_are_adopted_and_strangers_released() -> None:
    d = deployment(3)
    orphan = replica_set(d, OLD, 3)
    del orphan["metadata"]["ownerReferences"]
    stranger = replica_set(d, NEW, 1)
    stranger["metadata"]["labels"] = {"app": "other"}
    actions = sync(Seen().take(DEPLOYMENTS, d).take(REPLICASETS, orphan, stranger)).actions
    owners = [bool(a.obj["metadata"]["ownerReferences"]) for a in actions]  # type: ignore[union-attr]
    assert owners == [True, False]


def test_a_deployment_being_deleted_only_counts_what_there_is() -> None:
    d = deployment(3, image=NEW)
    d["metadata"]["deletionTimestamp"] = STAMP
    seen = Seen().take(DEPLOYMENTS, d).take(REPLICASETS, replica_set(d, OLD, 2, ready=2))
    plan = sync(seen)
    assert [(type(a), a.subresource) for a in plan.actions if isinstance(a, Update)] == [
        (Update, "status")
    ]
    assert len(plan.actions) == 1
    assert status(plan)["readyReplicas"] == 2
    assert plan.events == ()
    assert plan.wake_at is None


def test_a_taken_name_gives_another_hash_next_time() -> None:
    d = deployment(3, status={"collisionCount": 1})
    seen = Seen().take(DEPLOYMENTS, d)
    created = sync(seen).actions[0]
    assert LOOP.refused is not None
    plan = LOOP.refused(NOW, KEY, created, AlreadyExists(REPLICASETS, "web-x"), seen)
    assert status(plan)["collisionCount"] == 2
    assert pod_template_hash(template(), 1) != pod_template_hash(template(), 2)


def test_a_refused_replica_set_is_a_condition_and_an_event() -> None:
    seen = Seen().take(DEPLOYMENTS, deployment(3))
    created = sync(seen).actions[0]
    assert LOOP.refused is not None
    plan = LOOP.refused(NOW, KEY, created, Forbidden(REPLICASETS, "x", "no"), seen)
    assert reason(plan) == ("False", "ReplicaSetCreateError")
    assert plan.events[0].reason == "ReplicaSetCreateError"
    assert plan.wake_at is not None


def test_unequal_meta_is_another_template() -> None:
    d = deployment(3)
    other = replica_set(d, OLD, 3)
    d["spec"]["template"] = {
        **d["spec"]["template"],
        "metadata": {
            "labels": {"app": "web"},
            "annotations": {"kubectl.kubernetes.io/restartedAt": "now"},
        },
    }
    plan = sync(Seen().take(DEPLOYMENTS, d).take(REPLICASETS, other))
    assert isinstance(plan.actions[0], Create)
    assert plan.actions[0].obj["metadata"] != meta("web")


# -- what wakes it --------------------------------------------------------------------------------


def woken(before: dict[str, Any], after: dict[str, Any], actor: str) -> bool:
    store = Seen()
    for obj in (before, after):
        change = store.put(DEPLOYMENTS, KEY, obj, (), at=NOW, cause="", actor=actor)
    return list(LOOP.watches[DEPLOYMENTS](change, store)) == [KEY]


_GOING = {"replicas": 4, "updatedReplicas": 4, "observedGeneration": 1}
_COMPLETE = {**_GOING, "availableReplicas": 4}


@pytest.mark.parametrize(
    ("status", "more", "actor", "wakes"),
    [
        pytest.param(_GOING, {}, "kube-controller-manager", False, id="its own status"),
        pytest.param(_GOING, {}, "kubectl", True, id="a status that somebody else wrote"),
        pytest.param(_COMPLETE, {}, "kube-controller-manager", True, id="complete: history goes"),
        pytest.param(
            {**_GOING, "collisionCount": 1}, {}, "kube-controller-manager", True,
            id="a collision: another name is tried",
        ),
        pytest.param(
            None, {"paused": True}, "kube-controller-manager", True, id="anything but a status"
        ),
    ],
)  # fmt: skip
def test_a_status_of_its_own_wakes_it_only_where_something_follows(
    status: dict[str, Any] | None, more: dict[str, Any], actor: str, wakes: bool
) -> None:
    before = deployment(4)
    after = {**before, "spec": {**before["spec"], **more}} if more else before
    if status is not None:
        after = {**after, "status": status}
    assert woken(before, after, actor) is wakes
