"""Containers added to a running pod to look into it, and sizes changed while it runs."""

from typing import Any

import pytest

from ecp.kube import kinds
from ecp.sim.world.records import pod_from_plain, pod_to_plain

from .driver import Node

APP = "docker.io/library/app:1"
SMALL = {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}}
DEBUGGER = {"name": "dbg", "image": "busybox:1", "stdin": True, "imagePullPolicy": "IfNotPresent"}


def started(node: Node, **more: Any) -> Node:
    node.cached(APP, "docker.io/library/busybox:1")
    node.pod("p", {"resources": SMALL, **more})
    return node.run(30)


def change(node: Node, **spec: Any) -> Node:
    """Put the pod with another spec, as the API does: its generation counts."""
    pod = node.get(kinds.PODS, "d", "p")
    generation = pod["metadata"]["generation"] + 1
    meta = {**pod["metadata"], "generation": generation}
    node.put(kinds.PODS, {**pod, "metadata": meta, "spec": {**pod["spec"], **spec}})
    return node


def sized(node: Node, policy: str = "NotRequired", **resources: Any) -> Node:
    (container,) = node.get(kinds.PODS, "d", "p")["spec"]["containers"]
    policies = [{"resourceName": "memory", "restartPolicy": policy}]
    sizes = {**container["resources"], **resources}
    return change(node, containers=[{**container, "resources": sizes, "resizePolicy": policies}])


# -- ephemeral containers -------------------------------------------------------------------------


def test_an_ephemeral_container_is_started_beside_the_others_and_counts_for_nothing(
    node: Node,
) -> None:
    started(node)
    before = node.container()
    change(node, ephemeralContainers=[DEBUGGER]).run(10)
    (status,) = node.status()["ephemeralContainerStatuses"]
    assert "running" in status["state"]
    assert (status["ready"], "started" in status) == (False, False)
    assert node.container() == before
    assert node.ready()
    assert node.status()["phase"] == "Running"


def test_one_that_ends_is_not_started_again(node: Node) -> None:
    started(node)
    command = {"command": ["sh", "-c", "exit 3"], "stdin": False}
    change(node, ephemeralContainers=[{**DEBUGGER, **command}]).run(120)
    (status,) = node.status()["ephemeralContainerStatuses"]
    assert status["state"]["terminated"]["exitCode"] == 3
    assert status["restartCount"] == 0
    assert node.ready()


def test_it_does_not_keep_a_pod_that_is_over(node: Node) -> None:
    node.cached(APP, "docker.io/library/busybox:1")
    node.pod("p", {"command": ["sleep", "60"]}, restartPolicy="Never")
    node.run(20)
    change(node, ephemeralContainers=[DEBUGGER]).run(100)
    assert node.status()["phase"] == "Succeeded"
    (status,) = node.status()["ephemeralContainerStatuses"]
    assert status["state"]["terminated"]["exitCode"] == 137


def test_it_is_stopped_with_its_pod(node: Node) -> None:
    change(started(node), ephemeralContainers=[DEBUGGER]).run(10)
    node.delete(grace=1)
    node.run(60)
    assert node.get(kinds.PODS, "d", "p") is None
    assert "Stopping container dbg" in node.events("Killing")


# -- sizes ----------------------------------------------------------------------------------------


def test_more_cpu_is_given_without_a_restart(node: Node) -> None:
    used = started(node).world.node("n1").used["cpu"]
    sized(node, requests={"cpu": "300m", "memory": "64Mi"}).run(0.001)
    assert node.condition("PodResizeInProgress")["status"] == "True"
    assert node.container()["resources"]["requests"]["cpu"] == "100m"
    assert node.container()["allocatedResources"]["cpu"] == "300m"
    node.run(3)
    assert node.container()["resources"]["requests"]["cpu"] == "300m"
    assert node.container()["restartCount"] == 0
    assert "PodResizeInProgress" not in [c["type"] for c in node.status()["conditions"]]
    assert node.world.node("n1").used["cpu"] == used + 200
    assert [len(node.events(r)) for r in ("ResizeStarted", "ResizeCompleted")] == [1, 1]


def test_a_policy_that_asks_for_it_restarts_the_container(node: Node) -> None:
    sized(started(node), "RestartContainer", limits={"memory": "256Mi"}).run(90)
    assert node.container()["restartCount"] == 1
    assert node.events("Killing") == ["Container c resize requires restart"]
    assert node.container()["resources"]["limits"] == {"memory": "256Mi"}


def test_what_the_node_has_no_room_for_is_deferred_until_it_has(node: Node) -> None:
    started(node)
    node.pod("q", {"resources": {"requests": {"cpu": "7"}}})
    node.run(10)
    sized(node, requests={"cpu": "2", "memory": "64Mi"}).run(5)
    found = node.condition("PodResizePending")
    assert (found["reason"], found["message"]) == (
        "Deferred",
        "Node didn't have enough resource: cpu, requested: 2000, used: 7000, capacity: 8000",
    )
    assert node.container()["resources"] == SMALL
    assert node.container()["allocatedResources"] == SMALL["requests"]
    node.delete("q", grace=1)
    node.run(200)
    assert node.container()["resources"]["requests"]["cpu"] == "2"
    assert "PodResizePending" not in [c["type"] for c in node.status()["conditions"]]


def waits(node: Node, name: str, cpu: str, **spec: Any) -> None:
    """Let a pod ask for more than there is room for."""
    pod = node.get(kinds.PODS, "d", name)
    (container,) = pod["spec"]["containers"]
    wanted = {**container, "resources": {"requests": {"cpu": cpu}}}
    meta = {**pod["metadata"], "generation": pod["metadata"]["generation"] + 1}
    new = {**pod["spec"], **spec, "containers": [wanted]}
    node.put(kinds.PODS, {**pod, "metadata": meta, "spec": new})
    node.run(3)


def test_who_matters_most_gets_the_room_that_comes_free_at_once(node: Node) -> None:
    node.cached(APP)
    asked = {"resources": {"requests": {"cpu": "1"}}}
    for name, priority in (("low", 0), ("high", 9)):
        node.pod(name, asked, priority=priority)
    node.pod("q", {"resources": {"requests": {"cpu": "5"}}})
    node.run(30)
    waits(node, "low", "5")
    waits(node, "high", "4")
    assert list(node.world.node("n1").waiting) == [node.record(n).uid for n in ("high", "low")]
    node.delete("q", grace=1)
    node.run(10)
    assert node.container("high")["resources"] == {"requests": {"cpu": "4"}}
    found = node.condition("PodResizePending", "low")
    assert found["message"].endswith("cpu, requested: 5000, used: 4000, capacity: 8000")
    assert len(node.events("ResizeDeferred")) == 2, "another message alone is not told"
    waits(node, "high", "2")
    node.run(5)
    assert node.container("low")["resources"] == {"requests": {"cpu": "5"}}
    assert not node.world.node("n1").waiting


def test_a_limit_below_what_is_taken_is_not_given_until_less_is(node: Node) -> None:
    sizes = {"requests": SMALL["requests"], "limits": {"memory": "1Gi"}}
    node.cached(APP)
    node.pod("p", {"resources": sizes})
    node.run(30)
    node.world.use(("d", "p"), 1, 512 << 20, node.now)
    sized(node, limits={"memory": "256Mi"}).run(200)
    found = node.condition("PodResizeInProgress")
    assert found["reason"] == "Error"
    said = "memory limit (268435456) below current usage (536870912)"
    assert found["message"] == (
        f"cannot decrease memory limits: [attempting to set pod {said}, attempting to set "
        f'container "c" {said}]'
    )
    assert len(node.events("ResizeError")) == 1
    assert node.container()["resources"]["limits"] == {"memory": "1Gi"}
    assert node.container()["restartCount"] == 0
    node.world.use(("d", "p"), 1, 64 << 20, node.now)
    node.run(90)
    assert node.container()["resources"]["limits"] == {"memory": "256Mi"}
    assert len(node.events("ResizeCompleted")) == 1


def test_a_node_in_need_gives_nobody_more(node: Node) -> None:
    started(node)
    node.pod("writer", annotations={"sim.ecp-ai.io/disk": "90Gi"})
    node.run(30)
    sized(node, requests={"cpu": "300m", "memory": "64Mi"}).run(5)
    found = node.condition("PodResizePending")
    assert (found["reason"], found["message"]) == (
        "Deferred",
        "The node had condition: [DiskPressure]. ",
    )


def test_who_takes_a_wish_back_is_as_before(node: Node) -> None:
    sized(started(node), requests={"cpu": "900", "memory": "64Mi"}).run(5)
    sized(node, requests=SMALL["requests"]).run(5)
    assert "PodResizePending" not in [c["type"] for c in node.status()["conditions"]]
    assert node.container()["resources"] == SMALL


@pytest.mark.parametrize(
    ("limit", "restarts"),
    [("1Gi", 0), ("130Mi", 1)],
    ids=["a wider memory limit spares the process", "a narrower one ends it"],
)
def test_another_memory_limit_is_another_end(node: Node, limit: str, restarts: int) -> None:
    grows = {"sim.ecp-ai.io/memory": "100Mi", "sim.ecp-ai.io/memory-growth": "600Mi"}
    sizes = {"requests": SMALL["requests"], "limits": {"memory": "200Mi"}}
    node.cached(APP)
    node.pod("p", {"resources": sizes}, annotations=grows)
    node.run(60)
    sized(node, limits={"memory": limit}).run(900)
    assert node.container()["restartCount"] >= restarts
    assert (node.container()["restartCount"] == 0) == (restarts == 0)


def test_a_change_under_way_is_written_down(node: Node) -> None:
    sized(started(node), requests={"cpu": "900", "memory": "64Mi"}).run(5)
    again = pod_from_plain(pod_to_plain(node.record()))
    assert again.resize == node.record().resize != []
    assert again.held == {"c": SMALL}
