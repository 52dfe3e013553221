"""Room for a critical pod: whom its kubelet ends, and what it says."""

from typing import Any

import pytest

from .driver import Node

APP = "docker.io/library/app:1"
CRITICAL = 2_000_001_000


def asks(**requests: str) -> dict[str, Any]:
    return {"resources": {"requests": requests}}


def test_a_critical_pod_comes_in_once_another_has_ended_for_it(node: Node) -> None:
    node.cached(APP)
    node.pod("low", asks(cpu="6"), qos="Burstable", terminationGracePeriodSeconds=20)
    node.run(10)
    node.pod("vital", asks(cpu="4"), qos="Burstable", priority=CRITICAL)
    node.run(30)
    assert node.status("vital")["phase"] == "Running"
    assert node.events("Preempting") == ["Preempted in order to admit critical pod"]
    low = node.status("low")
    assert (low["phase"], low["reason"]) == ("Failed", "Preempting")
    assert low["message"] == "Preempted in order to admit critical pod"
    told = node.condition("DisruptionTarget", "low")
    assert (told["reason"], told["message"]) == (
        "TerminationByKubelet",
        "Pod was preempted by Kubelet to accommodate a critical pod.",
    )
    ended = next(at for at, one in node.statuses if one.get("reason") == "Preempting")
    assert 0 <= node.when("Started")[1] - ended < 3


# name -> (what each pod asks for: cpu, memory, quality), who is ended for 4 cores and 4 Gi
SETS = {
    "as few as do": ({"a": ("1", "1Gi", 0), "b": ("5", "5Gi", 0), "c": ("1", "1Gi", 0)}, ["b"]),
    "the smaller of two that do": ({"a": ("4", "20Gi", 0), "b": ("4", "8Gi", 0)}, ["b"]),
    "burstable ones before guaranteed ones": (
        {"a": ("4", "16Gi", 2), "b": ("4", "15Gi", 1)},
        ["b"],
    ),
    "two where one does not do": (
        {"a": ("3", "1Gi", 1), "b": ("3", "1Gi", 1), "c": ("2", "1Gi", 1)},
        ["b", "c"],
    ),
}


@pytest.mark.parametrize(("pods", "ended"), SETS.values(), ids=SETS)
def test_whom_it_ends(node: Node, pods: dict[str, tuple[str, str, int]], ended: list[str]) -> None:
    node.cached(APP)
    qualities = ("BestEffort", "Burstable", "Guaranteed")
    for name, (cpu, memory, quality) in pods.items():
        node.pod(name, asks(cpu=cpu, memory=memory), qos=qualities[quality])
    node.run(10)
    node.pod("vital", asks(cpu="4", memory="4Gi"), priority=CRITICAL)
    node.run(40)
    assert [name for name in pods if node.status(name)["phase"] == "Failed"] == ended
    assert node.status("vital")["phase"] == "Running"


def test_one_that_nobody_can_make_room_for_is_refused(node: Node) -> None:
    node.cached(APP)
    node.pod("system", asks(cpu="6"), priority=CRITICAL)
    node.run(10)
    node.pod("vital", asks(cpu="4", memory="1Gi"), priority=CRITICAL)
    node.run(5)
    assert node.status("vital")["reason"] == "UnexpectedAdmissionError"
    assert node.events("UnexpectedAdmissionError") == [
        "Unexpected error while attempting to recover from admission failure: preemption: error "
        "finding a set of pods to preempt: no set of running pods found to reclaim resources: "
        "[(res: cpu, q: 2000), ]"
    ]


def test_nobody_ends_for_one_that_the_node_refuses_anyway(node: Node) -> None:
    node.cached(APP)
    node.pod("low", asks(cpu="6"))
    node.run(10)
    node.pod("vital", asks(cpu="4"), priority=CRITICAL, nodeSelector={"disk": "ssd"})
    node.run(30)
    assert node.status("vital")["reason"] == "NodeAffinity"
    assert node.status("low")["phase"] == "Running"


def test_what_is_about_to_go_need_not_be_made_to(node: Node) -> None:
    node.cached(APP)
    node.pod("leaves", asks(cpu="4"), annotations={"sim.ecp-ai.io/stop-after": "never"})
    node.pod("stays", asks(cpu="4"))
    node.run(10)
    node.delete("leaves", 20)
    node.pod("vital", asks(cpu="4"), priority=CRITICAL)
    node.run(10)
    assert node.status("vital")["phase"] == "Pending"
    node.run(20)
    assert node.status("vital")["phase"] == "Running"
    assert node.status("stays")["phase"] == "Running"
    assert not node.events("Preempting")
