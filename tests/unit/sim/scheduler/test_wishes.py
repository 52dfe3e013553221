"""What a pod asks of its node, who gives it, and which change would find it a node."""

from typing import Any

import pytest
from scheduler_stage import Stage, node_object, pod_object

from ecp.kube.kinds import NODES
from ecp.sim.scheduler.wishes import Change, Near, Place, Step, Wish, helping, wishes
from ecp.sim.store import Obj

GPU = {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}
CORDON = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
LARGE = {"cpu": "64", "memory": "256Gi", "pods": "110"}
SMALL = {"cpu": "8", "memory": "32Gi", "pods": "110"}
ASKS = {"cpu": 100, "memory": 64 << 20}


def cluster(*, cordoned: bool = False) -> list[Obj]:
    return [
        node_object("cpu-1", "a", capacity=LARGE, taints=[CORDON] if cordoned else ()),
        node_object("cpu-2", "b", capacity=SMALL, taints=[CORDON] if cordoned else ()),
        node_object("gpu-1", "a", capacity=LARGE, labels={"accelerator": "t4"}, taints=[GPU]),
    ]


def asking(**requests: str) -> dict[str, Any]:
    return {"containers": [{"name": "c", "image": "x:1", "resources": {"requests": requests}}]}


def required(key: str, value: str) -> dict[str, Any]:
    row = {"key": key, "operator": "In", "values": [value]}
    terms = {"nodeSelectorTerms": [{"matchExpressions": [row]}]}
    return {
        "affinity": {
            "nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms},
        }
    }


def placed(nodes: list[Obj], **free: int) -> list[Place]:
    """Return the nodes with all that they have free, but for what is said."""
    return [
        Place(node, {name: free.get(name, Place(node, {}).has(name)) for name in ("cpu", "memory")})
        for node in nodes
    ]


def helped(spec: dict[str, Any], nodes: list[Obj]) -> list[Change]:
    stage = Stage()
    for node in nodes:
        stage.put(NODES, node)

    def judge(pod: Obj) -> list[str]:
        rows = stage.scheduler.explain(pod, stage).nodes
        return [row.node for row in rows if row.plugin is None]

    return helping(pod_object("p", spec), placed(nodes), judge)


@pytest.mark.parametrize(
    ("spec", "first"),
    [
        pytest.param(
            {"nodeSelector": {"accelerator": "h100"}},
            Wish("selector", "accelerator=h100", 0, (Near("accelerator=t4", 1),)),
            id="a label that no node has, and which values there are",
        ),
        pytest.param(
            {"nodeSelector": {"disk": "gold"}},
            Wish("selector", "disk=gold", 0),
            id="a label whose key no node has",
        ),
        pytest.param(
            required("topology.kubernetes.io/zone", "a"),
            Wish("affinity", "topology.kubernetes.io/zone In a", 2),
            id="an affinity that two nodes satisfy",
        ),
        pytest.param(
            {"tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists"}]},
            Wish("tolerations", "nvidia.com/gpu=present:NoSchedule", 3),
            id="what it tolerates",
        ),
        pytest.param(
            {},
            Wish("tolerations", "", 2, (Near("nvidia.com/gpu=present:NoSchedule", 1),)),
            id="what it does not tolerate",
        ),
    ],
)
def test_a_wish_says_who_gives_it(spec: dict[str, Any], first: Wish) -> None:
    assert wishes(pod_object("p", spec), placed(cluster()))[0] == first


def test_a_request_says_the_largest_node_and_the_most_that_is_free() -> None:
    pod = pod_object("p", asking(cpu="500", memory="64Mi"))
    found = wishes(pod, placed(cluster(), cpu=3_500))[1:]
    assert found == [
        Wish("request", "cpu 500", 0, (Near("64", 2), Near("3500m", 3))),
        Wish("request", "memory 64Mi", 3, (Near("256Gi", 2), Near("256Gi", 2))),
    ]


@pytest.mark.parametrize(
    ("spec", "cordoned", "steps", "nodes"),
    [
        pytest.param(
            asking(cpu="500"),
            False,
            (Step("ask-less", "cpu 500", "64"),),
            ("cpu-1",),
            id="a request larger than any node: as much as the emptiest it may use has",
        ),
        pytest.param(
            {"nodeSelector": {"accelerator": "t4"}},
            False,
            (Step("tolerate", "", "nvidia.com/gpu=present:NoSchedule"),),
            ("gpu-1",),
            id="a taint on the only node that is asked for",
        ),
        pytest.param(
            {"nodeSelector": {"accelerator": "h100"}},
            False,
            (
                Step("set-selector", "accelerator=h100", "accelerator=t4"),
                Step("tolerate", "", "nvidia.com/gpu=present:NoSchedule"),
            ),
            ("gpu-1",),
            id="a label that no node has: the nearest, and what that node wants beside it",
        ),
        pytest.param(
            {"nodeSelector": {"disk": "gold"}},
            False,
            (Step("drop-selector", "disk=gold"),),
            ("cpu-1", "cpu-2"),
            id="a label with nothing near",
        ),
        pytest.param(
            required("topology.kubernetes.io/zone", "c"),
            False,
            (Step("drop-affinity", "topology.kubernetes.io/zone In c"),),
            ("cpu-1", "cpu-2"),
            id="an affinity to a zone that is not there",
        ),
        pytest.param(
            {},
            True,
            (Step("uncordon", "", "node.kubernetes.io/unschedulable:NoSchedule"),),
            ("cpu-1", "cpu-2"),
            id="nodes that are cordoned",
        ),
    ],
)
def test_what_is_named_finds_it_a_node(
    spec: dict[str, Any], cordoned: bool, steps: tuple[Step, ...], nodes: tuple[str, ...]
) -> None:
    assert helped(spec, cluster(cordoned=cordoned))[0] == Change(steps, nodes)


def test_nothing_is_named_where_no_two_changes_help() -> None:
    spec = {**asking(cpu="500", memory="9Ti"), "nodeSelector": {"disk": "gold"}}
    assert helped(spec, cluster()) == []
