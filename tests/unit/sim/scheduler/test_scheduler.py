"""The scheduler's rules one sentence each: who is tried, when again, and what is said."""

import json
from typing import Any

import pytest
from scheduler_stage import SECOND, START, Stage, node_object, pod_object

from ecp.kube.errors import Conflict
from ecp.kube.sizes import requests
from ecp.sim.plans import Bind
from ecp.sim.scheduler.plugins import PLUGINS, Why
from ecp.sim.scheduler.scheduler import enough_nodes, failure_message
from ecp.sim.scheduler.templates import Templates

HOST = "kubernetes.io/hostname"
ZONE = "topology.kubernetes.io/zone"
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
HELPLESS = "Preemption is not helpful for scheduling."
NO_VICTIMS = "No preemption victims found for incoming pod."


def stage_of(*nodes: Any, seed: int = 1) -> Stage:
    stage = Stage(seed)
    for node in nodes:
        stage.put("nodes", node)
    return stage


def needs(cpu: str) -> dict[str, Any]:
    return {"containers": [{"name": "c", "resources": {"requests": {"cpu": cpu}}}]}


def told(whys: str, tail: str, n: int = 1) -> str:
    head = f"0/{n} nodes are available:"
    return f"{head} {whys}. no new claims to deallocate, preemption: {head} {tail}"


def term(app: str, topology: str = HOST, **more: Any) -> dict[str, Any]:
    return {"labelSelector": {"matchLabels": {"app": app}}, "topologyKey": topology, **more}


def avoiding(app: str, **more: Any) -> dict[str, Any]:
    return {"affinity": {"podAntiAffinity": {REQUIRED: [term(app, **more)]}}}


def near(app: str, **more: Any) -> dict[str, Any]:
    return {"affinity": {"podAffinity": {REQUIRED: [term(app, **more)]}}}


# -- what a pod asks for ------------------------------------------------------------------------


def container(cpu: str, **more: Any) -> dict[str, Any]:
    return {"resources": {"requests": {"cpu": cpu}}, **more}


@pytest.mark.parametrize(
    ("spec", "cpu"),
    [
        pytest.param(
            {"containers": [container("1"), container("500m")]}, 1500, id="containers add up"
        ),
        pytest.param(
            {"containers": [container("1")], "initContainers": [container("3"), container("2")]},
            3000,
            id="init containers run one after the other, so the largest counts",
        ),
        pytest.param(
            {
                "containers": [container("1")],
                "initContainers": [container("2", restartPolicy="Always"), container("2")],
            },
            4000,
            id="a sidecar runs beside the init containers after it",
        ),
        pytest.param(
            {
                "containers": [container("3")],
                "initContainers": [container("2"), container("1", restartPolicy="Always")],
            },
            4000,
            id="a sidecar adds to the containers",
        ),
        pytest.param(
            {"containers": [container("1")], "resources": {"requests": {"cpu": "5"}}},
            5000,
            id="requests of the pod replace those of its containers",
        ),
        pytest.param(
            {"containers": [container("1")], "overhead": {"cpu": "250m"}},
            1250,
            id="the overhead comes on top",
        ),
    ],
)
def test_requests(spec: dict[str, Any], cpu: int) -> None:
    assert requests(spec)["cpu"] == cpu


def test_pods_that_differ_in_name_only_share_a_template() -> None:
    templates = Templates()
    one = templates.of(pod_object("one", labels={"app": "a"}))
    assert templates.of(pod_object("two", labels={"app": "a"})) is one
    assert templates.of(pod_object("two", labels={"app": "b"})) is not one
    assert templates.of(pod_object("two", needs("3"), labels={"app": "a"})) is not one


# -- the message --------------------------------------------------------------------------------


def test_reasons_are_sorted_as_texts_so_ten_comes_before_two() -> None:
    two, ten = Why(("b",), True), Why(("z",), False)
    assert failure_message([two] * 2 + [ten] * 10) == told(
        "10 z, 2 b",
        "10 Preemption is not helpful for scheduling, "
        "2 No preemption victims found for incoming pod.",
        12,
    )


TAINTED = [{"key": "k", "effect": "NoExecute"}]
SMALL = {"cpu": "1", "memory": "1Gi", "pods": "1"}


@pytest.mark.parametrize(
    ("node", "spec", "message"),
    [
        pytest.param(
            node_object("n", unschedulable=True, taints=TAINTED),
            {},
            told("1 node(s) were unschedulable", f"1 {HELPLESS}"),
            id="a node counts under its first failing plug-in",
        ),
        pytest.param(
            node_object("n", taints=TAINTED),
            {},
            told("1 node(s) had untolerated taint(s)", f"1 {HELPLESS}"),
            id="a NoExecute taint keeps pods away",
        ),
        pytest.param(
            node_object("n", capacity=SMALL),
            needs("1500m"),
            told("1 Insufficient cpu", f"1 {HELPLESS}"),
            id="no victim helps on a node that is too small when empty",
        ),
        pytest.param(
            node_object("n", capacity={**SMALL, "pods": "0"}),
            {},
            told("1 Too many pods", f"1 {NO_VICTIMS}"),
            id="too many pods",
        ),
        pytest.param(
            node_object("n"),
            {"preemptionPolicy": "Never", "nodeSelector": {"a": "b"}},
            "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. no new "
            "claims to deallocate, preemption: not eligible due to preemptionPolicy=Never.",
            id="a pod that never preempts",
        ),
        pytest.param(
            node_object("n"),
            {
                "affinity": {
                    "nodeAffinity": {
                        REQUIRED: {
                            "nodeSelectorTerms": [
                                {
                                    "matchFields": [
                                        {
                                            "key": "metadata.name",
                                            "operator": "In",
                                            "values": ["other"],
                                        }
                                    ]
                                }
                            ]
                        }
                    }
                }
            },
            told("1 node(s) didn't satisfy plugin(s) [NodeAffinity]", f"1 {HELPLESS}"),
            id="a pod that names its node by a field looks at no other",
        ),
    ],
)
def test_why_a_pod_stays_pending(node: Any, spec: dict[str, Any], message: str) -> None:
    stage = stage_of(node)
    pod = stage.pod("p", spec)
    stage.settle()
    assert stage.messages() == [message]
    assert stage.scheduler.explain(pod, stage).message == message


def test_ports_of_the_host_are_given_once() -> None:
    stage = stage_of(node_object("n"))
    spec = {"containers": [{"name": "c", "ports": [{"containerPort": 80, "hostPort": 80}]}]}
    stage.pod("one", spec)
    stage.pod("two", spec)
    stage.settle()
    reason = "1 node(s) didn't have free ports for the requested pod ports"
    assert stage.messages() == [told(reason, f"1 {NO_VICTIMS}")]


def test_without_nodes_nothing_is_said_about_them() -> None:
    stage = stage_of()
    stage.pod("p")
    stage.settle()
    assert stage.messages() == ["no nodes available to schedule pods"]
    stage.put("nodes", node_object("n"))
    stage.settle()
    assert stage.node_of("p") == "n"


def test_a_long_message_is_cut_in_the_event_and_whole_in_the_condition() -> None:
    names = [f"example.com/{'x' * 50}-{i}" for i in range(30)]
    stage = stage_of(node_object("n"))
    asked = {"limits": dict.fromkeys(names, "1"), "requests": dict.fromkeys(names, "1")}
    stage.pod("p", {"containers": [{"name": "c", "resources": asked}]})
    stage.settle()
    (message,) = stage.messages()
    assert len(message) == 1024
    assert message.endswith(" ...")
    pod = stage.get("pods", "default", "p")
    assert pod is not None
    assert len(pod["status"]["conditions"][0]["message"]) > 1024


# -- who is tried -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pod",
    [
        pytest.param(pod_object("p", {"schedulerName": "mine"}), id="another scheduler's"),
        pytest.param(pod_object("p", {"nodeName": "gone"}), id="bound already"),
        pytest.param(pod_object("p", deletionTimestamp="2027-01-15T08:00:00Z"), id="being deleted"),
        pytest.param({**pod_object("p"), "status": {"phase": "Failed"}}, id="over"),
    ],
)
def test_pods_that_are_not_for_this_scheduler(pod: Any) -> None:
    stage = stage_of(node_object("n"))
    stage.put("pods", pod)
    assert not stage.dirty
    stage.dirty = True
    stage.settle()
    assert stage.binds == []


def test_the_higher_priority_goes_first_then_who_waited_longer() -> None:
    stage = stage_of(node_object("n", capacity={"cpu": "4", "memory": "8Gi", "pods": "2"}))
    for name, priority in (("low", 0), ("high", 10), ("also-high", 10)):
        stage.pod(name, {"priority": priority})
        stage.now += SECOND
    stage.settle()
    assert [name for name, _ in stage.binds] == ["high", "also-high"]


def test_pods_of_one_cycle_see_one_another() -> None:
    stage = stage_of(node_object("n0"), node_object("n1"))
    for i in range(3):
        stage.pod(f"p{i}", avoiding("a"), labels={"app": "a"})
    stage.settle()
    assert stage.placement() == {"n0": 1, "n1": 1, "(pending)": 1}
    assert len(stage.plans) == 1


def test_a_gated_pod_is_tried_when_its_gates_are_gone() -> None:
    stage = stage_of(node_object("n"))
    pod = stage.pod("p", {"schedulingGates": [{"name": "g"}]})
    stage.settle()
    assert stage.events == []
    assert stage.wake_at is None
    gated = stage.get("pods", "default", "p")
    assert gated is not None
    assert gated["status"]["conditions"][0]["reason"] == "SchedulingGated"
    spec = {key: value for key, value in pod["spec"].items() if key != "schedulingGates"}
    stage.put("pods", {**gated, "spec": spec})
    stage.settle()
    assert stage.node_of("p") == "n"


# -- who counts ---------------------------------------------------------------------------------


def owned(stage: Stage, name: str) -> dict[str, Any]:
    """Return the metadata of a pod of ReplicaSet *name*, which is made."""
    labels = {"app": name}
    stage.put(
        "replicasets.apps",
        {
            "metadata": {"name": name, "namespace": "default"},
            "spec": {"selector": {"matchLabels": labels}},
        },
    )
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": name, "controller": True}
    return {"labels": labels, "ownerReferences": [{**owner, "uid": name}]}


HARD = {
    "topologySpreadConstraints": [
        {
            "maxSkew": 1,
            "topologyKey": HOST,
            "whenUnsatisfiable": "DoNotSchedule",
            "labelSelector": {"matchLabels": {"app": "a"}},
        }
    ]
}


def test_a_pod_being_deleted_holds_its_room_but_is_not_spread_from() -> None:
    stage = stage_of(node_object("n0"), node_object("n1", capacity=SMALL))
    for name in ("p0", "p1"):
        stage.pod(name, HARD, labels={"app": "a"})
        stage.settle()
    assert stage.placement() == {"n0": 1, "n1": 1}
    # One on each; the next could only go to n0, and goes there only once p on n0 is leaving.
    full = "1 Too many pods"
    stage.pod("p2", HARD, labels={"app": "a"})
    stage.settle()
    stage.pod("p3", HARD, labels={"app": "a"})
    stage.settle()
    skewed = "1 node(s) didn't match pod topology spread constraints"
    assert stage.messages()[-1] == told(f"{full}, {skewed}", f"2 {NO_VICTIMS}", 2)
    leaving = stage.get("pods", "default", "p2")
    assert leaving is not None
    meta = {**leaving["metadata"], "deletionTimestamp": "2027-01-15T08:00:30Z"}
    stage.put("pods", {**leaving, "metadata": meta})
    stage.pod("p4", HARD, labels={"app": "a"})
    stage.settle()
    assert stage.node_of("p4") == "n0"
    stage.delete("pods", ("default", "p2"))
    stage.pod("p5", HARD, labels={"app": "a"})
    stage.settle()
    assert stage.node_of("p5") is None


def test_pods_of_a_replica_set_spread_although_nobody_said_so() -> None:
    stage = stage_of(*(node_object(f"n{i}", f"z{i % 2}") for i in range(4)))
    meta = owned(stage, "a")
    for i in range(8):
        stage.pod(f"p{i}", **meta)
    stage.settle()
    assert stage.placement() == {f"n{i}": 2 for i in range(4)}


def test_a_service_makes_pods_of_two_owners_spread_together() -> None:
    stage = stage_of(node_object("n0", "z0"), node_object("n1", "z1"))
    stage.put("pods", pod_object("old", {"nodeName": "n0", **needs("0")}, labels={"tier": "web"}))
    pod = pod_object("new", needs("0"), labels={"tier": "web"})
    ignorant = {v.node: v.total for v in stage.scheduler.explain(pod, stage).nodes}
    service = {
        "metadata": {"name": "s", "namespace": "default"},
        "spec": {"selector": {"tier": "web"}},
    }
    stage.put("services", service)
    aware = {v.node: v.total for v in stage.scheduler.explain(pod, stage).nodes}
    stage.delete("services", ("default", "s"))
    again = {v.node: v.total for v in stage.scheduler.explain(pod, stage).nodes}
    assert aware["n1"] - aware["n0"] > ignorant["n1"] - ignorant["n0"]
    assert again == ignorant


@pytest.mark.parametrize(
    ("labels", "pending"),
    [({"team": "x"}, True), ({"team": "y"}, False)],
    ids=["the selector means the namespace", "the selector does not mean the namespace"],
)
def test_a_term_chooses_namespaces_by_label(labels: dict[str, str], pending: bool) -> None:
    stage = stage_of(node_object("n"))
    stage.put("namespaces", {"metadata": {"name": "other", "labels": labels}})
    stage.pod("there", labels={"app": "a"}, namespace="other")
    stage.settle()
    chosen = {"namespaceSelector": {"matchLabels": {"team": "x"}}}
    stage.pod("here", avoiding("a", **chosen))
    stage.settle()
    assert (stage.node_of("here") is None) is pending
    # And the other way round, after the labels of the namespace have changed.
    turned = {"team": "y" if pending else "x"}
    stage.put("namespaces", {"metadata": {"name": "other", "labels": turned}})
    stage.pod("later", avoiding("a", **chosen))
    stage.settle()
    assert (stage.node_of("later") is None) is not pending


def test_pods_that_are_over_take_no_room() -> None:
    stage = stage_of(node_object("n", capacity=SMALL))
    pod = stage.pod("job")
    stage.settle()
    bound = stage.get("pods", "default", "job")
    assert bound is not None
    stage.put("pods", {**bound, "status": {"phase": "Succeeded"}})
    stage.pod("next")
    stage.settle()
    assert stage.node_of("next") == "n"
    assert pod["spec"].get("nodeName") is None


def test_an_image_that_is_there_draws_its_pods() -> None:
    nodes = [node_object(f"n{i}") for i in range(2)]
    image = {"names": ["big:1"], "sizeBytes": 900 * 2**20}
    nodes[1]["status"]["images"] = [image]
    stage = stage_of(*nodes)
    spec = {"containers": [{"name": "c", "image": "big:1"}]}
    scores = {
        verdict.node: {score.plugin: score.weighted for score in verdict.scores}["ImageLocality"]
        for verdict in stage.scheduler.explain(pod_object("p", spec), stage).nodes
    }
    # Half of the nodes have it, so half of its size counts: (450 - 23) / (1000 - 23).
    assert scores == {"n0": 0, "n1": 43}


# -- when again ---------------------------------------------------------------------------------


def freed(stage: Stage) -> None:
    stage.delete("pods", ("default", "first"))


CLAIMED = {"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "c"}}]}
CLAIM = {"metadata": {"name": "c", "namespace": "default"}, "spec": {}}
BOUND_CLAIM = {
    "metadata": {**CLAIM["metadata"], "annotations": {"pv.kubernetes.io/bind-completed": "yes"}},
    "spec": {"volumeName": "v"},
    "status": {"phase": "Bound"},
}


@pytest.mark.parametrize(
    ("first", "spec", "change"),
    [
        pytest.param(needs("4"), needs("1"), freed, id="a pod made room"),
        pytest.param(
            needs("0"),
            {**avoiding("first"), **needs("0")},
            freed,
            id="the pod it keeps away from is gone",
        ),
        pytest.param(
            {**avoiding("second"), **needs("0")},
            needs("0"),
            freed,
            id="the pod that kept it away is gone",
        ),
        pytest.param(
            needs("0"),
            near("third"),
            lambda stage: stage.pod("third", needs("0"), labels={"app": "third"}),
            id="its friend has come",
        ),
        pytest.param(
            needs("4"),
            needs("1"),
            lambda stage: stage.put("nodes", node_object("m")),
            id="a node was added",
        ),
        pytest.param(
            needs("4"),
            needs("1"),
            lambda stage: stage.put(
                "nodes", node_object("n", capacity={"cpu": "8", "memory": "8Gi", "pods": "9"})
            ),
            id="the node has grown",
        ),
        pytest.param(
            needs("0"),
            {**CLAIMED, **needs("0")},
            lambda stage: (
                stage.put("persistentvolumes", {"metadata": {"name": "v"}, "spec": {}}),
                stage.put("persistentvolumeclaims", BOUND_CLAIM),
            ),
            id="its claim is bound",
        ),
    ],
)
def test_a_change_that_may_help_brings_the_pod_back(
    first: dict[str, Any], spec: dict[str, Any], change: Any
) -> None:
    stage = stage_of(node_object("n"))
    stage.pod("first", first, labels={"app": "first"})
    stage.settle()
    stage.pod("second", spec, labels={"app": "second"})
    stage.settle()
    assert stage.node_of("second") is None
    change(stage)
    assert stage.dirty
    stage.settle()
    assert stage.node_of("second") is not None


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(
            lambda stage: stage.put("nodes", node_object("n", unschedulable=True)), id="a cordon"
        ),
        pytest.param(
            lambda stage: stage.put("nodes", node_object("m", capacity=SMALL)),
            id="a new node that is too small",
        ),
        pytest.param(
            lambda stage: stage.put("pods", {**stage.get("pods", "default", "first"), "x": 1}),
            id="a status of another pod",
        ),
        pytest.param(
            lambda stage: stage.put("pods", {**stage.get("pods", "default", "second"), "x": 1}),
            id="its own status",
        ),
        pytest.param(
            lambda stage: stage.put("persistentvolumeclaims", CLAIM), id="a claim it has not"
        ),
    ],
)
def test_a_change_that_cannot_help_lets_the_pod_wait(change: Any) -> None:
    stage = stage_of(node_object("n"))
    stage.pod("first", needs("3"), labels={"app": "first"})
    stage.pod("second", needs("2"), labels={"app": "second"})
    stage.settle()
    assert len(stage.messages()) == 1
    change(stage)
    stage.settle()
    assert len(stage.messages()) == 1


CORDONED = [{"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}]


@pytest.mark.parametrize(
    ("spec", "taints", "tries"),
    [
        pytest.param(needs("100"), [], 2, id="no room: who waits for a node is stirred"),
        pytest.param({"nodeSelector": {"a": "b"}}, [], 2, id="no such label"),
        pytest.param({}, TAINTED, 1, id="kept off by taints: asked whether these went"),
    ],
)
def test_taints_that_move_bring_back_who_waits_for_a_node(
    spec: dict[str, Any], taints: list[dict[str, str]], tries: int
) -> None:
    stage = stage_of(node_object("n", taints=taints), node_object("m", taints=taints))
    stage.pod("p", spec)
    stage.settle()
    stage.put("nodes", node_object("n", unschedulable=True, taints=[*taints, *CORDONED]))
    stage.settle()
    assert len(stage.messages()) == tries


def test_a_stuck_pod_is_tried_every_five_minutes_and_its_status_written_once() -> None:
    stage = stage_of(node_object("n", taints=TAINTED))
    stage.pod("p")
    stage.settle()
    assert stage.wake_at == START + 300 * SECOND
    before = stage.get("pods", "default", "p")
    stage.settle(at=START + 300 * SECOND)
    assert len(stage.messages()) == 2
    assert stage.wake_at == START + 600 * SECOND
    assert stage.get("pods", "default", "p") is before


def test_a_new_reason_changes_the_message_but_not_the_time_of_the_transition() -> None:
    stage = stage_of(node_object("n", taints=TAINTED))
    stage.pod("p", needs("100"), generation=3)
    stage.settle()
    stage.now += 10 * SECOND
    stage.put("nodes", node_object("n"))
    stage.settle()
    pod = stage.get("pods", "default", "p")
    assert pod is not None
    assert pod["status"]["conditions"] == [
        {
            "type": "PodScheduled",
            "status": "False",
            "reason": "Unschedulable",
            "message": told("1 Insufficient cpu", f"1 {HELPLESS}"),
            "lastProbeTime": None,
            "lastTransitionTime": "2027-01-15T08:00:00Z",
            "observedGeneration": 3,
        }
    ]


def test_a_refused_binding_waits_for_its_back_off_and_the_rest_of_the_plan_is_made_anew() -> None:
    stage = stage_of(node_object("n"))
    for name in ("one", "two"):
        stage.pod(name, needs("3"))
    plan = stage.loop.reconcile(stage.now, ("", ""), stage)
    refused, *_ = plan.actions
    assert refused == Bind(("default", "one"), "n")
    assert stage.loop.refused is not None
    error = Conflict("pods", "one", "changed")
    stage.carry_out(stage.loop.refused(stage.now, ("", ""), refused, error, stage))
    assert stage.binds == [("two", "n")]
    assert stage.wake_at == START + SECOND
    stage.delete("pods", ("default", "two"))
    stage.dirty = False
    stage.settle(at=START + SECOND)
    assert stage.node_of("one") == "n"


# -- many nodes ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("nodes", "enough"), [(5, 5), (99, 99), (100, 100), (250, 120), (1000, 420), (6000, 300)]
)
def test_how_many_feasible_nodes_are_enough(nodes: int, enough: int) -> None:
    assert enough_nodes(nodes) == enough


def test_the_search_goes_on_where_the_last_one_ended() -> None:
    stage = stage_of(*(node_object(f"n{i}") for i in range(250)))
    for i in range(25):
        stage.pod(f"p{i}", needs("2"))
    stage.settle()
    found = [int(node[1:]) for _, node in stage.binds]
    windows = [range(120 * i, 120 * (i + 1)) for i in range(25)]
    assert all(
        any(n % 250 == node for n in window) for node, window in zip(found, windows, strict=True)
    )


# -- the same again -----------------------------------------------------------------------------


def script(stage: Stage, between: Any) -> list[tuple[str, str]]:
    """Six workloads that act at one instant, a lost node, pods that wait and come back."""
    for i in range(8):
        stage.put("nodes", node_object(f"n{i}", f"z{i % 3}"))
        between(stage)
    metas = [owned(stage, f"app-{app}") for app in range(6)]
    for i in range(30):
        stage.pod(f"p{i}", needs("900m"), **metas[i % 6])
        between(stage)
    stage.settle()
    between(stage)
    for i in range(30, 40):
        stage.now += SECOND
        stage.pod(f"p{i}", {**needs("2"), "priority": i % 3}, **metas[i % 6])
        between(stage)
        stage.settle()
    for name in [name for name, node in stage.binds if node in ("n0", "n1")]:
        if stage.get("pods", "default", name) is None:
            continue  # it had to make room for another
        stage.now += SECOND
        stage.delete("pods", ("default", name))
        between(stage)
        stage.settle()
    stage.put("nodes", node_object("n8", "z0"))
    between(stage)
    stage.settle()
    stage.settle(at=START + 400 * SECOND)
    return stage.binds


def nothing(stage: Stage) -> None:
    pass


def resume(stage: Stage) -> None:
    assert stage.loop.snapshot is not None
    assert stage.loop.restore is not None
    stage.loop.restore(json.loads(json.dumps(stage.loop.snapshot())))


def test_a_run_resumed_from_a_snapshot_at_every_step_is_the_same_run() -> None:
    straight, resumed = Stage(3), Stage(3)
    assert script(straight, nothing) == script(resumed, resume)
    assert straight.events == resumed.events
    assert straight.wake_at == resumed.wake_at


def test_another_seed_breaks_ties_otherwise() -> None:
    assert script(Stage(3), nothing) != script(Stage(4), nothing)


def test_explaining_changes_nothing() -> None:
    stage = stage_of(*(node_object(f"n{i}", f"z{i % 2}") for i in range(4)))
    meta = owned(stage, "a")
    for i in range(6):
        stage.pod(f"p{i}", **meta)
    stage.settle()
    before = stage.loop.snapshot() if stage.loop.snapshot else None
    pod = stage.get("pods", "default", "p0")
    assert pod is not None
    explained = stage.scheduler.explain(pod, stage)
    assert explained.message == ""
    assert pod["spec"]["nodeName"] in {verdict.node for verdict in explained.nodes}
    assert explained == stage.scheduler.explain(pod, stage)
    assert before == (stage.loop.snapshot() if stage.loop.snapshot else None)


def test_an_explanation_adds_up() -> None:
    stage = stage_of(node_object("n0", "z0"), node_object("n1", "z1", taints=TAINTED))
    explained = stage.scheduler.explain(pod_object("p"), stage)
    here, there = explained.nodes
    assert (there.node, there.plugin) == ("n1", "TaintToleration")
    assert there.reasons == ("node(s) had untolerated taint(s)",)
    weights = {plugin.name: plugin.weight for plugin in PLUGINS}
    assert all(s.weighted == s.normalised * weights[s.plugin] for s in here.scores)
    assert here.total == sum(score.weighted for score in here.scores)
    assert explained.best == ("n0",)


def test_who_keeps_away_from_whom_survives_a_new_node() -> None:
    stage = stage_of(node_object("n0", capacity=SMALL | {"pods": "2"}))
    stage.pod("grump", avoiding("b"))
    stage.settle()
    stage.pod("b1", labels={"app": "b"})
    stage.settle()
    assert stage.node_of("b1") is None
    stage.put("nodes", node_object("n1", capacity=SMALL))
    stage.settle()
    # As on a real cluster: a pod that others keep away is not woken by a new node.
    assert stage.node_of("b1") is None
    stage.settle(at=START + 300 * SECOND)
    assert stage.node_of("b1") == "n1"
    stage.delete("pods", ("default", "grump"))
    stage.pod("b2", labels={"app": "b"})
    stage.settle()
    assert stage.node_of("b2") == "n0"


@pytest.mark.parametrize("between", [nothing, resume], ids=["straight", "resumed"])
@pytest.mark.parametrize(
    ("order", "busy_ms", "versions"),
    [("friend waiting", 5, "AAB"), ("waiting friend", 5, "ABC"), ("friend waiting", 32, "ABB")],
    ids=["woken before its own condition is seen", "woken after it", "woken before, tried later"],
)
def test_which_version_of_the_pod_is_spoken_of(
    order: str, busy_ms: int, versions: str, between: Any
) -> None:
    # Where its friend is there is no room.
    stage = stage_of(node_object("n0", capacity=SMALL), node_object("n1"))
    specs = {"waiting": near("c"), "friend": {"nodeSelector": {HOST: "n0"}}}
    for name in order.split():
        stage.pod(name, specs[name], labels={"app": "c"} if name == "friend" else {})
    stage.dirty = False
    stage.carry_out(stage.loop.reconcile(stage.now, ("", ""), stage))
    between(stage)
    stage.now += busy_ms * SECOND // 1000
    stage.settle()
    between(stage)
    stage.now += 10 * SECOND
    stage.pod("another", {"nodeName": "n0"}, labels={"app": "c"})
    stage.settle()
    said = [
        int(note.regarding["metadata"]["resourceVersion"])
        for plan in stage.plans
        for note in plan.events
        if note.reason == "FailedScheduling"
    ]
    known = sorted(set(said))
    assert "".join("ABC"[known.index(one)] for one in said) == versions
