"""Preemption: who has to make room, where, and what is said of it."""

from typing import Any

import pytest
from scheduler_stage import START, Stage, node_object

from ecp.sim.plans import Delete, Update
from ecp.sim.scheduler import preemption
from ecp.sim.store import Obj


def needs(cpu: str, priority: int = 0, **more: Any) -> dict[str, Any]:
    container = {"name": "c", "resources": {"requests": {"cpu": cpu}}}
    return {"containers": [container], "priority": priority, **more}


def small(name: str) -> Obj:
    return node_object(name, "z", capacity={"cpu": "2", "memory": "8Gi", "pods": "110"})


def stage_of(*nodes: Obj, seed: int = 1) -> Stage:
    stage = Stage(seed)
    for node in nodes:
        stage.put("nodes", node)
    return stage


def on(stage: Stage, node: str, name: str, cpu: str, priority: int = 0, **meta: Any) -> None:
    """A pod that stands on *node*; `since` in its metadata says when it began."""
    since = meta.pop("since", "2026-01-01T00:00:00Z")
    pod = stage.pod(name, {**needs(cpu, priority), "nodeName": node}, **meta)
    stage.put("pods", {**pod, "status": {"phase": "Running", "startTime": since}})


def victims(stage: Stage) -> list[str]:
    return [a.key[1] for plan in stage.plans for a in plan.actions if isinstance(a, Delete)]


def test_the_lesser_pod_goes_and_the_greater_takes_its_place() -> None:
    stage = stage_of(small("n"))
    on(stage, "n", "low", "2", 1)
    stage.pod("high", needs("2", 10))
    stage.settle()
    assert victims(stage) == ["low"]
    assert stage.binds == [("high", "n")]
    reasons = [(reason, name) for reason, name, _ in stage.events]
    assert reasons == [("FailedScheduling", "high"), ("Preempted", "low"), ("Scheduled", "high")]
    assert stage.events[0][2] == "0/1 nodes are available: 1 Insufficient cpu."
    uid = (stage.get("pods", "default", "high") or {})["metadata"]["uid"]
    assert stage.events[1][2] == f"Preempted by pod {uid} on node n"


def test_a_victim_is_told_why() -> None:
    stage = stage_of(small("n"))
    on(stage, "n", "low", "2", 1)
    stage.pod("high", needs("2", 10))
    plan = stage.loop.reconcile(START, ("", ""), stage)
    written = {a.obj["metadata"]["name"]: a.obj for a in plan.actions if isinstance(a, Update)}
    said, nominee = written["low"], written["high"]
    (target,) = said["status"]["conditions"]
    assert (target["type"], target["reason"], target["message"]) == (
        "DisruptionTarget",
        "PreemptionByScheduler",
        "default-scheduler: preempting to accommodate a higher priority pod",
    )
    assert nominee["status"]["nominatedNodeName"] == "n"


@pytest.mark.parametrize(
    ("standing", "gone"),
    [
        pytest.param({"a": [("2", 5)], "b": [("2", 3)]}, ["b0"], id="the lowest highest priority"),
        pytest.param({"a": [("1", 3), ("1", 3)], "b": [("2", 3)]}, ["b0"], id="the smallest sum"),
        pytest.param(
            {"a": [("1", 3), ("1", 2)], "b": [("2", 3)]}, ["b0"], id="few rather than many"
        ),
        pytest.param({"a": [("1", 1), ("1", 2)]}, ["a0"], id="the more important one is spared"),
    ],
)
def test_the_node_is_taken_where_it_costs_least(
    standing: dict[str, list[tuple[str, int]]], gone: list[str]
) -> None:
    wanted = "1" if len(standing) == 1 else "2"
    for seed in (1, 2, 3):
        stage = stage_of(*(small(n) for n in standing), seed=seed)
        for node, pods in standing.items():
            for index, (cpu, priority) in enumerate(pods):
                on(stage, node, f"{node}{index}", cpu, priority)
        stage.pod("high", needs(wanted, 10))
        stage.settle()
        assert victims(stage) == gone


def test_of_equals_the_one_goes_that_began_last() -> None:
    for seed in (1, 2, 3):
        stage = stage_of(*(small(n) for n in ("a", "b")), seed=seed)
        on(stage, "a", "young", "2", since="2026-01-02T00:00:00Z")
        on(stage, "b", "old", "2", since="2026-01-01T00:00:00Z")
        stage.pod("high", needs("2", 10))
        stage.settle()
        assert victims(stage) == ["young"]


def test_a_budget_is_kept_where_another_node_will_do() -> None:
    for seed in (1, 2, 3):
        stage = stage_of(*(small(n) for n in ("a", "b")), seed=seed)
        on(stage, "a", "guarded", "2", 1, labels={"app": "web"})
        on(stage, "b", "free", "2", 5)
        stage.put(
            "poddisruptionbudgets.policy",
            {
                "metadata": {"name": "web", "namespace": "default"},
                "spec": {"selector": {"matchLabels": {"app": "web"}}},
                "status": {"disruptionsAllowed": 0},
            },
        )
        stage.pod("high", needs("2", 10))
        stage.settle()
        assert victims(stage) == ["free"]


@pytest.mark.parametrize(
    ("spec", "tail"),
    [
        pytest.param(
            needs("2", 10, preemptionPolicy="Never"), preemption.NEVER, id="one that never preempts"
        ),
        pytest.param(
            needs("2", 1),
            "0/1 nodes are available: 1 No preemption victims found for incoming pod.",
            id="equals are no victims",
        ),
        pytest.param(
            needs("4", 10),
            "0/1 nodes are available: 1 Preemption is not helpful for scheduling.",
            id="the node is too small for it",
        ),
    ],
)
def test_nobody_goes_in_vain(spec: dict[str, Any], tail: str) -> None:
    stage = stage_of(small("n"))
    on(stage, "n", "low", "2", 1)
    stage.pod("high", spec)
    stage.settle()
    assert victims(stage) == []
    assert [text.partition("preemption: ")[2] for _, _, text in stage.events] == [tail]


def test_nobody_goes_where_it_would_not_fit_without_them_either() -> None:
    stage = stage_of(small("n"))
    on(stage, "n", "low", "1", 1)
    on(stage, "n", "strong", "1", 20)
    stage.pod("high", needs("2", 10))
    stage.settle()
    assert victims(stage) == []
    text = stage.events[0][2].partition("preemption: ")[2]
    assert text == "0/1 nodes are available: 1 Insufficient cpu."


class Slow(Stage):
    """Victims take their time."""

    def delete(self, resource: str, key: tuple[str, str]) -> Any:
        pod = self.store.get(resource, *key)
        assert pod is not None
        meta = {**pod["metadata"], "deletionTimestamp": "2026-01-01T00:00:00Z"}
        return self.put(resource, {**pod, "metadata": meta})


def test_the_room_that_is_made_is_kept_for_whom_it_is_made() -> None:
    stage = Slow(1)
    stage.put("nodes", small("n"))
    on(stage, "n", "low", "2", 1)
    stage.pod("high", needs("2", 10))
    stage.settle()
    assert victims(stage) == ["low"]
    # While the victim goes, nobody else is pushed off, and the seat is not taken by a lesser one.
    stage.pod("other", needs("2", 5))
    stage.settle()
    assert victims(stage) == ["low"]
    Stage.delete(stage, "pods", ("default", "low"))
    stage.settle()
    assert stage.binds == [("high", "n")]


def test_two_that_come_together_share_what_one_victim_leaves() -> None:
    stage = stage_of(small("n"))
    on(stage, "n", "low", "2", 1)
    stage.pod("high-1", needs("1", 10))
    stage.pod("high-2", needs("1", 10))
    stage.settle()
    assert victims(stage) == ["low"]
    assert sorted(stage.binds) == [("high-1", "n"), ("high-2", "n")]
