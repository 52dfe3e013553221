"""A node that shuts down in order: who ends when, and what is said."""

from typing import Any

import pytest

from ecp.kube import kinds
from ecp.sim.kubelet.shutdown import MESSAGE, SHUTDOWN

from .driver import Node

APP = "docker.io/library/app:1"
NOTE = "sim.ecp-ai.io"
DEAF = {f"{NOTE}/stop-after": "never"}


def told(node: Node, text: str | None) -> None:
    live = node.get(kinds.NODES, "", "n1")
    rest = {k: v for k, v in (live["metadata"].get("annotations") or {}).items() if k != SHUTDOWN}
    notes = rest if text is None else {**rest, SHUTDOWN: text}
    node.put(kinds.NODES, {**live, "metadata": {**live["metadata"], "annotations": notes}})


def ready(node: Node) -> Any:
    live = node.get(kinds.NODES, "", "n1")
    return next(c for c in live["status"]["conditions"] if c["type"] == "Ready")


def test_pods_end_in_order_and_then_the_power_goes(node: Node) -> None:
    node.cached(APP)
    node.pod("quick")
    node.pod("slow", annotations=DEAF)
    node.pod("vital", priority=2_000_000_000)
    node.run(60)
    told(node, "30s 10s")
    node.run(2)
    assert (ready(node)["status"], ready(node)["message"]) == ("False", "node is shutting down")
    assert node.events("Shutdown") == ["Shutdown manager detected shutdown event"]
    node.pod("late")
    node.run(1)
    assert (node.status("late")["reason"], node.status("late")["message"]) == (
        "NodeShutdown",
        "Pod was rejected: Pod was rejected as the node is shutting down.",
    )
    quick = node.status("quick")
    assert (quick["phase"], quick["reason"], quick["message"]) == ("Failed", "Terminated", MESSAGE)
    assert node.condition("DisruptionTarget", "quick")["reason"] == "TerminationByKubelet"
    assert node.status("vital")["phase"] == "Running", "critical ones wait"
    node.run(20)
    assert node.status("slow")["reason"] == "Terminated"
    assert node.status("vital")["reason"] == "Terminated"
    assert not node.world.node_is_up("n1")
    killed = node.when("Killing")
    assert killed[-1] - killed[0] == pytest.approx(20), "the part of those that are not critical"


def test_power_returns_when_the_word_is_taken_back(node: Node) -> None:
    node.cached(APP)
    node.pod("p")
    node.run(60)
    told(node, "30s")
    node.run(10)
    assert not node.world.node_is_up("n1")
    told(node, None)
    node.run(5)
    assert ready(node)["status"] == "True"
    node.pod("next")
    node.run(30)
    assert node.status("next")["phase"] == "Running"
    assert node.status("p")["phase"] == "Failed", "who was ended stays ended"


def test_a_pods_own_grace_holds_where_it_is_shorter(node: Node) -> None:
    node.cached(APP)
    node.pod("p", annotations=DEAF, terminationGracePeriodSeconds=5)
    node.run(60)
    begin = node.now
    told(node, "60s")
    node.run(0)
    assert node.record().containers[0].exit_at - begin == 5_000_000_000


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("soon", "soon"),
        ("10s 30s", "30s for critical pods is more than 10s for all"),
        ("1s 1s 1s", "'1s 1s 1s' is not one or two durations, \"30s 10s\""),
    ],
    ids=["no duration", "more for some than for all", "too many words"],
)
def test_a_word_that_nobody_understands_is_named(node: Node, text: str, message: str) -> None:
    told(node, text)
    node.run(5)
    assert message in node.events("InvalidAnnotation")[0]
    assert ready(node)["status"] == "True"
