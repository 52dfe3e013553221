"""Resources of a whole pod: what counts, what its status says, what ends it, how they change."""

from typing import Any

import pytest

from ecp.kube import kinds
from ecp.kube.sizes import limits, requests, written
from ecp.sim.admission.pods import qos_class

from .driver import Node

APP = "docker.io/library/app:1"
NOTE = "sim.ecp-ai.io"


def sizes(field: str = "requests", **amounts: str) -> dict[str, Any]:
    return {field: amounts}


def has(**fields: Any) -> dict[str, Any]:
    return {"resources": fields}


SPELT = {
    "a sum is spelt as its first quantity": (
        {"containers": [has(requests={"memory": "1000M"}), has(requests={"memory": "24Mi"})]},
        {"memory": "1025165824"},
    ),
    "halves of a core make a core": (
        {"containers": [has(requests={"cpu": "500m"}), has(requests={"cpu": "0.5"})]},
        {"cpu": "1"},
    ),
    "what the pod itself asks for replaces the sum": (
        {
            "containers": [has(requests={"cpu": "1", "ephemeral-storage": "1Gi"})],
            "resources": sizes(cpu="3"),
        },
        {"cpu": "3", "ephemeral-storage": "1Gi"},
    ),
    "the overhead comes on top": (
        {"containers": [has(requests={"cpu": "1"})], "overhead": {"cpu": "250m"}},
        {"cpu": "1250m"},
    ),
    "who asks for nothing has nothing": ({"containers": [{}]}, {}),
}


@pytest.mark.parametrize(("spec", "texts"), SPELT.values(), ids=SPELT)
def test_what_a_pod_asks_for(spec: dict[str, Any], texts: dict[str, str]) -> None:
    assert written(spec, "requests") == texts


def test_limits_add_up_where_there_are_any() -> None:
    spec = {
        "containers": [has(limits={"cpu": "1"}), {}],
        "initContainers": [has(limits={"cpu": "5"})],
        "overhead": {"cpu": "1", "memory": "1Gi"},
    }
    assert limits(spec) == {"cpu": 6000}
    assert requests(spec)["memory"] == 1 << 30


CLASSES = {
    "equal requests and limits of the pod": (
        {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"cpu": "1", "memory": "1Gi"}},
        "Guaranteed",
    ),
    "requests alone": ({"requests": {"cpu": "1"}}, "Burstable"),
    "limits of one resource only": (
        {"limits": {"cpu": "1"}, "requests": {"cpu": "1"}},
        "Burstable",
    ),
}


@pytest.mark.parametrize(("resources", "name"), CLASSES.values(), ids=CLASSES)
def test_the_quality_of_service_is_that_of_the_pod(resources: dict[str, Any], name: str) -> None:
    container = has(limits={"cpu": "100m", "memory": "1Mi"})
    assert qos_class({"containers": [container, {}], "resources": resources}) == name


def test_the_status_says_what_the_pod_has(node: Node) -> None:
    node.cached(APP)
    asked = {"cpu": "500m", "memory": "1Gi", "ephemeral-storage": "1Gi"}
    node.pod("p", has(requests=asked, limits={"memory": "1Gi"}))
    node.pod("nothing")
    node.run(30)
    status = node.status()
    assert status["allocatedResources"] == asked
    assert status["resources"] == {
        "requests": {"cpu": "500m", "memory": "1Gi"},
        "limits": {"memory": "1Gi"},
    }
    assert node.status("nothing")["resources"] == {}
    assert "allocatedResources" not in node.status("nothing")


def test_a_pod_that_asks_for_more_than_the_node_has_is_refused(node: Node) -> None:
    node.pod("p", resources=sizes(cpu="9"))
    node.run(1)
    assert node.status()["reason"] == "OutOfcpu"


def test_a_limit_of_the_pod_ends_the_container_that_takes_most(node: Node) -> None:
    node.cached(APP)
    node.pod(
        "p",
        {"name": "small"},
        {"name": "big"},
        resources=sizes("limits", memory="1Gi"),
        annotations={f"{NOTE}/memory.small": "300Mi", f"{NOTE}/memory.big": "800Mi"},
    )
    node.run(30)
    small, big = node.status()["containerStatuses"]
    assert small["restartCount"] == 0
    assert big["restartCount"] > 0
    assert big["lastState"]["terminated"]["reason"] == "OOMKilled"


def resize(node: Node, **spec: Any) -> None:
    live = node.get(kinds.PODS, "d", "p")
    generation = live["metadata"]["generation"] + 1
    meta = {**live["metadata"], "generation": generation}
    node.put(kinds.PODS, {**live, "metadata": meta, "spec": {**live["spec"], **spec}})


def test_the_pod_itself_gets_another_size(node: Node) -> None:
    node.cached(APP)
    node.pod("p", resources=sizes(cpu="1"))
    node.run(30)
    resize(node, resources=sizes(cpu="2"))
    node.run(5)
    assert [row[1] for row in node.log if row[1].startswith("Resize")] == [
        "ResizeStarted",
        "ResizeCompleted",
    ]
    assert node.status()["resources"] == sizes(cpu="2")
    assert node.status()["allocatedResources"] == {"cpu": "2"}
    assert node.world.node("n1").used["cpu"] == 2000
    resize(node, resources=sizes(cpu="9"))
    node.run(5)
    pending = node.condition("PodResizePending")
    assert (pending["reason"], pending["message"]) == (
        "Deferred",
        "Node didn't have enough resource: cpu, requested: 9000, used: 0, capacity: 8000",
    )
    assert node.status()["resources"] == sizes(cpu="2")


def test_a_sidecar_gets_another_size(node: Node) -> None:
    node.cached(APP)
    row = {"name": "s", "image": "app:1", "restartPolicy": "Always"}
    node.pod("p", initContainers=[{**row, **has(requests={"cpu": "1"})}])
    node.run(30)
    resize(node, initContainers=[{**row, **has(requests={"cpu": "2"})}])
    node.run(5)
    assert node.status()["initContainerStatuses"][0]["resources"] == sizes(cpu="2")
    assert node.events("ResizeCompleted")


@pytest.mark.parametrize("handler", ["httpGet", "tcpSocket"])
def test_a_probe_of_a_port_that_the_container_does_not_name(node: Node, handler: str) -> None:
    node.cached(APP)
    node.pod("p", {"readinessProbe": {handler: {"port": "web"}}})
    node.run(30)
    assert set(node.events("Unhealthy")) == {
        "Readiness probe errored and resulted in unknown state: "
        'strconv.Atoi: parsing "web": invalid syntax'
    }
    assert not node.ready()
