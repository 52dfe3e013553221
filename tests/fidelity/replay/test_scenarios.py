"""Every recorded scenario in the folders called traces is replayed and compared.

`python -m tests.fidelity.replay FOLDER` does the same for any folder. What is left different is
listed here with its reason, and only for as long as it is.
"""

import copy
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from replay.compare import Facets, differences, facets
from replay.player import CannotPlay, pick_nodes, played, recorded
from replay.runner import judge, nodes_of, scenarios

FOLDERS = sorted(Path(__file__).parents[1].glob("*/traces"))
LEFT = {
    "n17-daemonset-surge-taints": (
        "events",
        "A NoExecute taint makes two controllers delete a DaemonSet's pod. On a real control plane "
        "both do; here the taint manager is first, and one pod is told to go by one of them.",
    ),
}
"""Scenario -> (facet that differs first, why)."""


@cache
def found() -> dict[str, tuple[dict[str, Any], Any]]:
    return {
        name: (scenario, nodes_of(folder))
        for folder in FOLDERS
        for name, scenario in scenarios(folder)
    }


@pytest.mark.parametrize("name", sorted(found()))
def test_a_replay_is_equal_to_the_recording(name: str) -> None:
    verdict = judge(name, *found()[name])
    if name not in LEFT:
        assert verdict.equal, verdict.line()
        return
    assert not verdict.equal, f"{name} is equal now: take it off the list"
    assert verdict.left[0].facet == LEFT[name][0], verdict.line()


# -- the comparison can fail ------------------------------------------------------------------


def facets_of(name: str, change: Any = None) -> Facets:
    """The facets of a recording, *change*d before it is read."""
    scenario, nodes = found()[name]
    scenario = copy.deepcopy(scenario)
    trace = recorded(scenario)
    if change is not None:
        change(trace)
    return facets(trace, scenario["steps"], pick_nodes(nodes, scenario))


def a_message_reads_otherwise(trace: Any) -> None:
    row = next(r for r in trace.rows if r.get("reason") == "FailedScheduling")
    row["msg"] = row["msg"].replace("nodes are available", "nodes were available")


def a_pod_is_elsewhere(trace: Any) -> None:
    for row in trace.rows:
        if row["kind"] == "Pod" and row.get("node"):
            row["node"] = "w-0"


def one_more_is_made_at_once(trace: Any) -> None:
    for row in trace.rows:
        if row["kind"] == "ReplicaSet" and row["rev"] == "2" and row["spec"]:
            row["spec"] = min(10, row["spec"] + 1)
        if "to 1" in str(row.get("msg")):
            row["msg"] = row["msg"].replace("from 0 to 1", "from 0 to 2")


def an_answer_is_another(trace: Any) -> None:
    next(a for a in trace.answers if a and a["code"] == 429)["code"] = 201


def a_condition_is_missing(trace: Any) -> None:
    for row in trace.rows:
        row["conds"] = [c for c in row.get("conds", ()) if c[2] != "ProgressDeadlineExceeded"]


def the_other_pods_went(trace: Any) -> None:
    pods = [r for r in trace.rows if r["kind"] == "Pod" and r["ev"] == "ADDED"]
    names = {pods[0]["name"]: pods[-1]["name"], pods[-1]["name"]: pods[0]["name"]}
    for row in trace.rows:
        if row["kind"] == "Pod" and row["t"] > 5:
            row["name"] = names.get(row["name"], row["name"])


def a_timer_is_late(trace: Any) -> None:
    for row in trace.rows:
        if row["t"] > 290:
            row["t"] += 20


def a_taint_is_missing(trace: Any) -> None:
    for row in trace.rows:
        row["taints"] = [t for t in row.get("taints", ()) if t[1] != "NoExecute"]


def a_pod_that_stands_alone_went(trace: Any) -> None:
    """Of the pods at the first scale-down, one that went and one that stayed change their names."""
    pods = {r["name"]: r for r in trace.rows if r["kind"] == "Pod" and r["t"] < 3 and r["node"]}
    on = [row["node"] for row in pods.values()]
    went = next(
        r["name"] for r in trace.rows if r["kind"] == "Pod" and r["deleting"] and r["name"] in pods
    )
    alone = next(name for name, row in pods.items() if on.count(row["node"]) == 1)
    names = {went: alone, alone: went}
    for row in trace.rows:
        if row["kind"] == "Pod" and row["t"] < 1:
            row["name"] = names.get(row["name"], row["name"])


def an_endpoint_that_ends_serves_no_more(trace: Any) -> None:
    for row in trace.rows:
        for _, said in row.get("endpoints", ()):
            said["serving"] = said["serving"] and not said["terminating"]


def an_endpoint_is_for_anybody(trace: Any) -> None:
    for row in trace.rows:
        packed = row.get("slice") or {"for": {}}
        if len(packed["for"]) == 1:
            packed["for"] = {"anybody": sum(packed["for"].values())}


def a_window_is_another(trace: Any) -> None:
    for row in trace.rows:
        if row["kind"] == "HorizontalPodAutoscaler" and row["t"] > 330:
            for one in row["status"]["conditions"]:
                one["reason"] = one["reason"].replace("ScaleDownStabilized", "ReadyForNewScale")


def the_other_victim_went_first(trace: Any) -> None:
    for row in trace.rows:
        for key in ("name", "obj"):
            found = str(row.get(key))
            row[key] = found.replace("x2", "x?").replace("x3", "x2").replace("x?", "x3")


@pytest.mark.parametrize(
    ("name", "fault", "facet"),
    [
        pytest.param("r-ys-scale-down-ranks", a_pod_that_stands_alone_went, "chosen", id="a rank"),
        pytest.param(
            "r-yj-endpoints-terminating",
            an_endpoint_that_ends_serves_no_more,
            "endpoints",
            id="an endpoint's condition",
        ),
        pytest.param("r-e4-hints", an_endpoint_is_for_anybody, "slices", id="a hint"),
        pytest.param(
            "r-h01-hpa-up-and-stabilised-down", a_window_is_another, "conditions", id="a window"
        ),
        pytest.param("r-yr-victim-not-guarded", the_other_victim_went_first, "ends", id="a victim"),
        pytest.param("g02-nodeselector-none", a_message_reads_otherwise, "events", id="a message"),
        pytest.param("g00-plain-12", a_pod_is_elsewhere, "placement", id="a placement"),
        pytest.param("b2-rolling-1-0", one_more_is_made_at_once, "scaling", id="a size"),
        pytest.param("j-pdb-eviction", an_answer_is_another, "answers", id="a code"),
        pytest.param(
            "c-never-ready-deadline-30", a_condition_is_missing, "conditions", id="a word"
        ),
        pytest.param("i-statefulset", the_other_pods_went, "ends", id="an order of deletion"),
        pytest.param("f-node-not-ready", a_timer_is_late, "timers", id="a timer"),
        pytest.param("f-node-not-ready", a_taint_is_missing, "nodes", id="a taint"),
    ],
)
def test_a_recording_with_a_fault_is_told_from_the_true_one(
    name: str, fault: Any, facet: str
) -> None:
    true = facets_of(name)
    assert differences(true, true) == []
    assert facet in {one.facet for one in differences(facets_of(name, fault), true)}


def test_what_cannot_be_played_is_said() -> None:
    scenario, nodes = found()["a-deploy-create-10"]
    here = pick_nodes(nodes, scenario)
    for step, text in (
        ({"t": 1, "op": "levitate", "name": "web"}, "levitate"),
        ({"t": 1, "op": "create", "kind": "Balloon", "name": "x"}, "Balloon"),
    ):
        with pytest.raises(CannotPlay, match=text):
            played({**scenario, "steps": [*scenario["steps"], step]}, here, 1)
        verdict = judge("x", {**scenario, "steps": [step]}, nodes)
        assert not verdict.equal
        assert text in verdict.line()


STEPS: list[dict[str, Any]] = [
    {"op": "scale", "name": "web", "replicas": 12},
    {"op": "set-image", "name": "web", "image": "app:7"},
    {"op": "rollout-undo", "name": "web"},
    {"op": "pause", "name": "web"},
    {"op": "resume", "name": "web"},
    {"op": "restart", "name": "web"},
    {"op": "wait", "seconds": 2},
    {"op": "drain", "name": "n-1"},
    {"op": "uncordon", "name": "n-1"},
    {"op": "taint", "name": "n-2", "taint": "a=b:NoSchedule"},
    {"op": "untaint", "name": "n-2", "taint": "a:NoSchedule"},
    {"op": "annotate-node", "name": "n-3", "annotations": {"hollow/heartbeat": "off"}},
    {"op": "label-node", "name": "n-4", "label": {"late": "yes"}},
    {
        "op": "apply",
        "manifest": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: b}",
    },
    {
        "op": "patch",
        "kind": "ConfigMap",
        "name": "c",
        "type": "merge",
        "body": {"data": {"a": None}},
    },
    {"op": "annotate", "kind": "ConfigMap", "name": "c", "annotations": {"a": "b"}},
    {"op": "label", "name": "web", "labels": {"a": "b"}},
    {"op": "unlabel", "name": "n-4", "label": "late=yes"},
    {"op": "node-down", "name": "n-5"},
    {"op": "node-up", "name": "n-5"},
    {"op": "remove-node", "name": "n-6"},
    {"op": "add-node", "name": "n-6"},
    {"op": "delete-configmap", "name": "c"},
    {"op": "delete", "kind": "Deployment", "name": "web", "propagation": "Foreground"},
]


def test_every_kind_of_step_is_carried_out() -> None:
    scenario, nodes = found()["a-deploy-create-10"]
    steps = [{**step, "t": 5 + 3 * n} for n, step in enumerate(STEPS)]
    here = pick_nodes(nodes, scenario)
    trace = played({**scenario, "steps": [*scenario["steps"], *steps]}, here, 1)
    codes = [answer.get("code", 200) if answer else 200 for answer in trace.answers]
    assert set(codes) <= {200, 201}
