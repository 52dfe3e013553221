"""Namespaces, garbage, nodes, taints, claims and definitions: tables over the store."""

from typing import Any

import pytest
from controller_objects import (
    DEPLOYMENTS,
    NODES,
    NOW,
    NS,
    PODS,
    REPLICASETS,
    SECOND,
    STAMP,
    Seen,
    deployment,
    meta,
    node,
    pod,
    replica_set,
)

from ecp.kube.kinds import BUILT_IN, CONFIGMAPS, CRDS, NAMESPACES, SERVICEACCOUNTS
from ecp.kube.times import rfc3339
from ecp.sim.controllers import (
    crd,
    garbage,
    namespace,
    nodelifecycle,
    podgc,
    serviceaccount,
    tainteviction,
)
from ecp.sim.engine.chance import Chance
from ecp.sim.plans import Create, Delete, Plan, Remove, Update
from ecp.sim.store import Obj

NAMESPACED = [kind.resource for kind in BUILT_IN.kinds if kind.namespaced]


def resources() -> list[str]:
    return NAMESPACED


def shape(plan: Plan) -> list[tuple[str, str, str]]:
    """(what, resource, name) of each action."""
    rows = []
    for action in plan.actions:
        if isinstance(action, Create | Update):
            name = action.obj["metadata"]["name"]
            what = type(action).__name__ + (".status" if getattr(action, "subresource", "") else "")
        else:
            assert isinstance(action, Delete | Remove)
            name, what = action.key[1], type(action).__name__
        rows.append((what, action.resource, name))
    return rows


# -- namespaces -----------------------------------------------------------------------------------


def going(**status: Any) -> Obj:
    found = {k: v for k, v in meta(NS, deletionTimestamp=STAMP).items() if k != "namespace"}
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": found,
        "spec": {"finalizers": ["kubernetes"]},
        "status": {"phase": "Terminating", **status},
    }


def empty(seen: Seen, after: int) -> Plan:
    return namespace.controller(resources).reconcile(NOW + after * SECOND, ("", NS), seen)


def thing(name: str, **more: Any) -> Obj:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta(name, **more)}


def test_a_namespace_is_looked_at_five_seconds_after_its_deletion() -> None:
    seen = Seen().take(NAMESPACES, going())
    assert empty(seen, 1) == Plan(wake_at=NOW + 5 * SECOND)
    assert empty(seen, 7) == Plan(wake_at=NOW + 10 * SECOND)


def test_pods_go_first_and_everything_else_waits_for_them() -> None:
    a = pod("a")
    a["spec"]["terminationGracePeriodSeconds"] = 30
    seen = Seen().take(NAMESPACES, going()).take(PODS, a).take(CONFIGMAPS, thing("c"))
    plan = empty(seen, 5)
    assert shape(plan) == [("Delete", PODS, "a"), ("Update.status", NAMESPACES, NS)]
    assert plan.wake_at == NOW + 10 * SECOND
    conditions = plan.actions[-1].obj["status"]["conditions"]  # type: ignore[union-attr]
    assert [(c["type"], c["status"], c["reason"]) for c in conditions] == [
        ("NamespaceDeletionDiscoveryFailure", "False", "ResourcesDiscovered"),
        ("NamespaceDeletionGroupVersionParsingFailure", "False", "ParsedGroupVersions"),
        ("NamespaceDeletionContentFailure", "False", "ContentDeleted"),
        ("NamespaceContentRemaining", "False", "ContentRemoved"),
        ("NamespaceFinalizersRemaining", "False", "ContentHasNoFinalizers"),
    ]


def test_an_emptied_namespace_goes_in_the_same_pass() -> None:
    seen = Seen().take(NAMESPACES, going()).take(CONFIGMAPS, thing("c"))
    assert shape(empty(seen, 5)) == [
        ("Delete", CONFIGMAPS, "c"),
        ("Update.status", NAMESPACES, NS),
        ("Remove", NAMESPACES, NS),
    ]


def test_a_finalizer_holds_a_namespace_and_is_named() -> None:
    seen = (
        Seen()
        .take(NAMESPACES, going())
        .take(CONFIGMAPS, thing("held", finalizers=["example.com/x"]))
    )
    plan = empty(seen, 10)
    found = {c["type"]: c["message"] for c in plan.actions[-1].obj["status"]["conditions"]}  # type: ignore[union-attr]
    assert found["NamespaceContentRemaining"] == (
        "Some resources are remaining: configmaps. has 1 resource instances"
    )
    assert found["NamespaceFinalizersRemaining"] == (
        "Some content in the namespace has finalizers remaining: example.com/x in 1 resource "
        "instances"
    )


def test_a_pod_past_its_grace_is_a_content_failure() -> None:
    lost = pod("lost", deletionTimestamp=STAMP)
    lost["spec"]["terminationGracePeriodSeconds"] = 30
    plan = empty(Seen().take(NAMESPACES, going()).take(PODS, lost), 30)
    found = {c["type"]: c["message"] for c in plan.actions[-1].obj["status"]["conditions"]}  # type: ignore[union-attr]
    assert found["NamespaceDeletionContentFailure"] == (
        "Failed to delete all resource types, 1 remaining: unexpected items still remain in "
        f"namespace: {NS} for gvr: /v1, Resource=pods"
    )


def test_each_active_namespace_gets_an_account_and_a_certificate() -> None:
    active = {**going(), "status": {"phase": "Active"}}
    seen = Seen().take(NAMESPACES, active)
    account = serviceaccount.service_account()
    root = serviceaccount.root_ca("PEM")
    assert shape(account.reconcile(NOW, ("", NS), seen)) == [("Create", SERVICEACCOUNTS, "default")]
    plan = root.reconcile(NOW, ("", NS), seen)
    assert shape(plan) == [("Create", CONFIGMAPS, "kube-root-ca.crt")]
    assert plan.actions[0].obj["data"] == {"ca.crt": "PEM"}  # type: ignore[union-attr]
    seen.take(NAMESPACES, going())
    assert account.reconcile(NOW, ("", NS), seen).actions == ()
    assert root.reconcile(NOW, ("", NS), seen).actions == ()


# -- garbage --------------------------------------------------------------------------------------


def collect(seen: Seen, resource: str, name: str) -> Plan:
    loop = garbage.controller(resources)
    return loop.reconcile(NOW, (f"{resource}/{NS}", name), seen)


def reference(obj: Obj, **more: Any) -> Obj:
    return {
        "apiVersion": obj["apiVersion"],
        "kind": obj["kind"],
        "name": obj["metadata"]["name"],
        "uid": obj["metadata"]["uid"],
        **more,
    }


def test_what_lost_its_owner_goes() -> None:
    d = deployment(1)
    rs = replica_set(d, "app:1", 1)
    seen = Seen().take(DEPLOYMENTS, d).take(REPLICASETS, rs)
    assert collect(seen, REPLICASETS, rs["metadata"]["name"]) == Plan()
    seen.delete(DEPLOYMENTS, (NS, "web"), at=NOW, cause="", actor="t")
    woken = list(garbage.controller(resources).watches["*"](seen.log[-1], seen))
    assert woken == [(f"{REPLICASETS}/{NS}", rs["metadata"]["name"])]
    plan = collect(seen, REPLICASETS, rs["metadata"]["name"])
    assert shape(plan) == [("Delete", REPLICASETS, rs["metadata"]["name"])]
    assert plan.actions[0].propagation == "Background"  # type: ignore[union-attr]


def test_an_owner_of_the_same_name_is_not_the_owner() -> None:
    d = deployment(1)
    rs = replica_set(d, "app:1", 1)
    d["metadata"]["uid"] = "another"
    seen = Seen().take(DEPLOYMENTS, d).take(REPLICASETS, rs)
    assert shape(collect(seen, REPLICASETS, rs["metadata"]["name"]))[0][0] == "Delete"


def test_a_second_owner_keeps_it_and_the_lost_reference_goes() -> None:
    one, two = thing("one"), thing("two")
    owned = thing("owned", ownerReferences=[reference(one), reference(two)])
    seen = Seen().take(CONFIGMAPS, two, owned)
    (action,) = collect(seen, CONFIGMAPS, "owned").actions
    assert isinstance(action, Update)
    assert [r["name"] for r in action.obj["metadata"]["ownerReferences"]] == ["two"]


def test_an_owner_of_an_unknown_kind_is_left_alone() -> None:
    owned = thing(
        "owned",
        ownerReferences=[
            {"apiVersion": "example.com/v1", "kind": "Thing", "name": "x", "uid": "u"}
        ],
    )
    assert collect(Seen().take(CONFIGMAPS, owned), CONFIGMAPS, "owned") == Plan()


@pytest.mark.parametrize(
    ("blocks", "expected"),
    [
        pytest.param(
            True, [("Delete", CONFIGMAPS, "owned")], id="a blocking dependant is waited for"
        ),
        pytest.param(
            False,
            [("Delete", CONFIGMAPS, "owned"), ("Update", CONFIGMAPS, "owner")],
            id="one that does not block is not",
        ),
    ],
)
def test_foreground(blocks: bool, expected: Any) -> None:
    owner = thing("owner", finalizers=["foregroundDeletion"], deletionTimestamp=STAMP)
    owned = thing("owned", ownerReferences=[reference(owner, blockOwnerDeletion=blocks)])
    plan = collect(Seen().take(CONFIGMAPS, owner, owned), CONFIGMAPS, "owner")
    assert shape(plan) == expected


def test_foreground_ends_when_nobody_is_left() -> None:
    owner = thing("owner", finalizers=["foregroundDeletion"], deletionTimestamp=STAMP)
    (action,) = collect(Seen().take(CONFIGMAPS, owner), CONFIGMAPS, "owner").actions
    assert isinstance(action, Update)
    assert "finalizers" not in action.obj["metadata"]


def test_foreground_goes_down_the_chain() -> None:
    top = thing("top", finalizers=["foregroundDeletion"], deletionTimestamp=STAMP)
    middle = thing("middle", ownerReferences=[reference(top, blockOwnerDeletion=True)])
    leaf = thing("leaf", ownerReferences=[reference(middle, blockOwnerDeletion=True)])
    (action,) = collect(Seen().take(CONFIGMAPS, top, middle, leaf), CONFIGMAPS, "top").actions
    assert isinstance(action, Delete)
    assert (action.key[1], action.propagation) == ("middle", "Foreground")


def test_orphaning_frees_the_dependants_first() -> None:
    owner = thing("owner", finalizers=["orphan"], deletionTimestamp=STAMP)
    owned = thing("owned", ownerReferences=[reference(owner)])
    freed, let_go = collect(Seen().take(CONFIGMAPS, owner, owned), CONFIGMAPS, "owner").actions
    assert isinstance(freed, Update)
    assert isinstance(let_go, Update)
    assert "ownerReferences" not in freed.obj["metadata"]
    assert "finalizers" not in let_go.obj["metadata"]


# -- nodes ----------------------------------------------------------------------------------------

LIFE = nodelifecycle.NodeLifecycle(phase=2 * SECOND)


def look(seen: Seen, name: str, seconds: float) -> Plan:
    return LIFE.reconcile(NOW + int(seconds * SECOND), ("", name), seen)


def taints(plan: Plan) -> list[tuple[str, str]]:
    (action,) = [a for a in plan.actions if isinstance(a, Update) and a.resource == NODES]
    found = action.obj["spec"].get("taints") or ()
    return [(t["key"].removeprefix("node.kubernetes.io/"), t["effect"]) for t in found]


def test_a_silent_node_is_unknown_fifty_seconds_after_the_look_that_saw_it_last() -> None:
    seen = Seen().take(NODES, node("a"), node("b"))
    seen.beats["a"] = NOW
    assert look(seen, "a", 10).wake_at == NOW + 52 * SECOND
    seen.take(PODS, pod("p", node="a"), pod("q", node="a", ready=False))
    plan = look(seen, "a", 52)
    assert shape(plan) == [("Update.status", NODES, "a"), ("Update.status", PODS, "p")]
    conditions = plan.actions[0].obj["status"]["conditions"]  # type: ignore[union-attr]
    assert {(c["status"], c["reason"], c["message"]) for c in conditions} == {
        ("Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status.")
    }
    assert [(n.type, n.reason, n.message) for n in plan.events] == [
        ("Normal", "NodeNotReady", "Node a status is now: NodeNotReady"),
        ("Warning", "NodeNotReady", "Node is not ready"),
    ]


def test_taints_follow_no_schedule_at_once_no_execute_at_the_next_pass() -> None:
    seen = Seen().take(NODES, node("a", "Unknown", since=-52), node("b"))
    seen.beats["a"] = NOW
    plan = look(seen, "a", 52.01)
    assert taints(plan) == [("unreachable", "NoSchedule")]
    assert plan.wake_at == NOW + 52 * SECOND + 100_000_000
    assert taints(look(seen, "a", 52.1)) == [
        ("unreachable", "NoSchedule"),
        ("unreachable", "NoExecute"),
    ]


def test_a_node_that_says_it_is_not_ready_is_tainted_at_the_next_look() -> None:
    seen = Seen().take(NODES, node("a", "False", since=0), node("b"))
    plan = look(seen, "a", 0.5)
    assert taints(plan) == [("not-ready", "NoSchedule")]
    assert plan.wake_at == NOW + 2 * SECOND + 100_000_000


TAINTED = [
    {"key": "node.kubernetes.io/unreachable", "effect": effect, "timeAdded": STAMP}
    for effect in ("NoSchedule", "NoExecute")
]


def test_recovery_takes_no_schedule_at_once_and_no_execute_at_the_next_look() -> None:
    seen = Seen().take(NODES, node("a", since=0, taints=TAINTED), node("b"))
    plan = look(seen, "a", 0.1)
    assert taints(plan) == [("unreachable", "NoExecute")]
    assert plan.wake_at == NOW + 2 * SECOND
    assert taints(look(seen, "a", 2)) == []


def test_one_node_of_a_zone_in_ten_seconds() -> None:
    seen = Seen().take(
        NODES,
        node("a", "Unknown", since=60, taints=TAINTED),
        node("b", "Unknown", since=60, taints=TAINTED[:1]),
        node("c"),
        node("d", zone="z1"),
    )
    seen.beats |= {"a": NOW - 120 * SECOND, "b": NOW - 120 * SECOND}
    assert look(seen, "b", 3).wake_at == NOW + 10 * SECOND
    assert taints(look(seen, "b", 10))[-1] == ("unreachable", "NoExecute")


def test_when_all_nodes_are_lost_nobody_is_evicted() -> None:
    seen = Seen().take(
        NODES, node("a", "Unknown", since=60, taints=TAINTED), node("b", "Unknown", since=60)
    )
    assert taints(look(seen, "a", 3)) == [("unreachable", "NoSchedule")]


def test_a_small_zone_that_is_half_broken_evicts_nobody() -> None:
    lost = [node(f"n{n}", "Unknown", since=60, taints=TAINTED[:1]) for n in range(3)]
    seen = Seen().take(NODES, *lost, node("ok"), node("far", zone="z1"))
    assert look(seen, "n0", 30) == Plan()


def test_a_zone_that_was_half_broken_waits_ten_seconds_from_the_look_that_sees_it_recover() -> None:
    lost = [node(f"n{n}", "Unknown", since=60, taints=TAINTED[:1]) for n in range(3)]
    seen = Seen().take(NODES, *lost, node("back", since=0), node("ok", since=900))
    seen.beats |= {f"n{n}": NOW - 120 * SECOND for n in range(3)}
    seen.take(NODES, node("far", zone="z1", since=900))
    # Three of five are broken still: nobody is evicted. Three of six were four of six until now.
    assert look(seen, "n0", 3) == Plan()
    seen.take(NODES, node("new", since=900))
    assert look(seen, "n0", 3).wake_at == NOW + 12 * SECOND
    assert taints(look(seen, "n0", 12))[-1] == ("unreachable", "NoExecute")


def test_conditions_and_cordons_become_taints() -> None:
    found = node("a", unschedulable=True)
    found["status"]["conditions"][0]["status"] = "True"
    assert taints(look(Seen().take(NODES, found, node("b")), "a", 1)) == [
        ("memory-pressure", "NoSchedule"),
        ("unschedulable", "NoSchedule"),
    ]


def test_coming_and_going_is_said() -> None:
    seen = Seen().take(NODES, node("a"))
    loop = nodelifecycle.controller(Chance(1))
    keys = list(loop.watches[NODES](seen.log[-1], seen))
    said = [n.message for key in keys for n in loop.reconcile(NOW, key, seen).events]
    assert said == ["Node a event: Registered Node a in Controller"]


# -- taints ---------------------------------------------------------------------------------------

KEY = (NS, "p")


def tolerating(seconds: int | None) -> Obj:
    found = pod("p", node="a")
    if seconds is not None:
        found["spec"]["tolerations"] = [
            {
                "key": "node.kubernetes.io/unreachable",
                "operator": "Exists",
                "effect": "NoExecute",
                **({} if seconds < 0 else {"tolerationSeconds": seconds}),
            }
        ]
    return found


def test_a_pod_stays_as_long_as_it_tolerates_and_is_then_deleted() -> None:
    seen = Seen().take(NODES, node("a", taints=TAINTED)).take(PODS, tolerating(15))
    loop = tainteviction.controller()
    assert loop.reconcile(NOW, KEY, seen) == Plan(wake_at=NOW + 15 * SECOND)
    assert loop.reconcile(NOW + SECOND, KEY, seen) == Plan(wake_at=NOW + 15 * SECOND)
    plan = loop.reconcile(NOW + 15 * SECOND, KEY, seen)
    assert shape(plan) == [("Update.status", PODS, "p"), ("Delete", PODS, "p")]
    target = plan.actions[0].obj["status"]["conditions"][-1]  # type: ignore[union-attr]
    assert (target["type"], target["reason"], target["message"]) == (
        "DisruptionTarget",
        "DeletionByTaintManager",
        "Taint manager: deleting due to NoExecute taint",
    )
    assert [(n.reason, n.message) for n in plan.events] == [
        ("TaintManagerEviction", f"Marking for deletion Pod {NS}/p")
    ]
    # Looked at once more, for other taints, one that takes its time to go is told again.
    assert loop.reconcile(NOW + 16 * SECOND, KEY, seen).wake_at == NOW + 31 * SECOND


def test_what_is_due_stays_due_and_a_taint_that_is_not_tolerated_comes_before() -> None:
    seen = Seen().take(NODES, node("a", taints=TAINTED)).take(PODS, tolerating(15))
    loop = tainteviction.controller()
    loop.reconcile(NOW, KEY, seen)
    seen.take(PODS, tolerating(3))
    assert loop.reconcile(NOW + SECOND, KEY, seen) == Plan(wake_at=NOW + 15 * SECOND)
    other = {"key": "other", "effect": "NoExecute", "timeAdded": STAMP}
    seen.take(NODES, node("a", taints=[*TAINTED, other]))
    plan = loop.reconcile(NOW + 2 * SECOND, KEY, seen)
    assert shape(plan) == [("Update.status", PODS, "p"), ("Delete", PODS, "p")]
    assert [n.message for n in plan.events] == [
        f"Cancelling deletion of Pod {NS}/p",
        f"Marking for deletion Pod {NS}/p",
    ]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        pytest.param(None, True, id="no toleration: at once"),
        pytest.param(0, True, id="none left: at once"),
        pytest.param(-1, False, id="for ever"),
    ],
)
def test_tolerance(seconds: int | None, expected: bool) -> None:
    seen = Seen().take(NODES, node("a", taints=TAINTED)).take(PODS, tolerating(seconds))
    assert bool(tainteviction.controller().reconcile(NOW, KEY, seen).actions) is expected


def test_a_node_that_recovers_cancels_evictions_across_a_snapshot() -> None:
    seen = Seen().take(NODES, node("a", taints=TAINTED)).take(PODS, tolerating(15))
    first, second = tainteviction.controller(), tainteviction.controller()
    first.reconcile(NOW, KEY, seen)
    assert first.snapshot is not None
    assert second.restore is not None
    second.restore(first.snapshot())
    seen.take(NODES, node("a"))
    plan = second.reconcile(NOW + SECOND, KEY, seen)
    assert [n.message for n in plan.events] == [f"Cancelling deletion of Pod {NS}/p"]
    assert second.reconcile(NOW + SECOND, KEY, seen) == Plan()


# -- pods nobody looks after ----------------------------------------------------------------------


def test_pods_of_a_node_that_is_gone_are_collected_after_quarantine() -> None:
    loop = podgc.PodGc(phase=0)
    seen = Seen().take(PODS, pod("p", node="gone"))
    base = -(-NOW // (20 * SECOND)) * 20 * SECOND
    assert loop.reconcile(base + 1, ("", "gone"), seen) == Plan(wake_at=base + 60 * SECOND)
    plan = loop.reconcile(base + 60 * SECOND, ("", "gone"), seen)
    assert shape(plan) == [("Update.status", PODS, "p"), ("Delete", PODS, "p")]
    assert plan.actions[0].obj["status"]["phase"] == "Failed"  # type: ignore[union-attr]
    assert plan.actions[1].grace == 0  # type: ignore[union-attr]


# -- definitions -----------------------------------------------------------------------------------


def definition(name: str, **names: Any) -> Obj:
    found = {k: v for k, v in meta(f"{name}.example.com").items() if k != "namespace"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": found,
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": {
                "plural": name,
                "singular": name[:-1],
                "kind": name[:-1].title(),
                "listKind": f"{name[:-1].title()}List",
                **names,
            },
            "versions": [{"name": "v1", "served": True, "storage": True}],
        },
        "status": {
            "conditions": None,
            "storedVersions": ["v1"],
            "acceptedNames": {"plural": "", "kind": ""},
        },
    }


def settle(seen: Seen, name: str) -> list[tuple[str, str, str]]:
    plan = crd.controller().reconcile(NOW, ("", name), seen)
    (action,) = plan.actions
    assert isinstance(action, Update)
    seen.take(CRDS, action.obj)
    return [(c["type"], c["status"], c["reason"]) for c in action.obj["status"]["conditions"]]


def test_a_definition_is_established_in_two_steps() -> None:
    seen = Seen().take(CRDS, definition("gadgets"))
    name = "gadgets.example.com"
    assert settle(seen, name) == [
        ("NamesAccepted", "True", "NoConflicts"),
        ("Established", "False", "Installing"),
    ]
    assert settle(seen, name) == [
        ("NamesAccepted", "True", "NoConflicts"),
        ("Established", "True", "InitialNamesAccepted"),
    ]
    found = seen.get(CRDS, "", name)
    assert found is not None
    assert found["status"]["acceptedNames"] == found["spec"]["names"]
    (service,) = crd.controller().reconcile(NOW, ("", name), seen).actions
    assert isinstance(service, Create)
    assert service.resource == "apiservices.apiregistration.k8s.io"
    assert service.obj["metadata"]["name"] == "v1.example.com"


def test_a_taken_name_is_a_conflict_and_not_established() -> None:
    seen = Seen().take(CRDS, definition("gadgets"))
    settle(seen, "gadgets.example.com")
    seen.take(CRDS, definition("widgets", kind="Gadget"))
    assert settle(seen, "widgets.example.com") == [
        ("NamesAccepted", "False", "KindConflict"),
        ("Established", "False", "NotAccepted"),
    ]
    found = seen.get(CRDS, "", "widgets.example.com")
    assert found is not None
    assert found["status"]["conditions"][0]["message"] == '"Gadget" is already in use'
    assert rfc3339(NOW) == found["status"]["conditions"][0]["lastTransitionTime"]
