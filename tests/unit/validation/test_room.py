"""Whether nodes are enough for what pods ask for: sums over nodes, by what pods select."""

from itertools import count
from typing import Any

import pytest

from ecp.validation import validate
from ecp.validation.fits import GPU, lacking
from ecp.validation.report import finding_dict
from ecp.validation.rules import words

T4 = {"accelerator": "nvidia-t4"}


_numbers = count()


def node(labels: dict[str, str] | None = None, **has: str) -> dict[str, Any]:
    named = {name.replace("gpu", GPU): much for name, much in has.items()}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": str(next(_numbers)), "labels": labels or {}},
        "status": {"allocatable": {"cpu": "8", "memory": "32Gi", **named}},
    }


def workload(
    replicas: Any = 1, selector: dict[str, str] | None = None, kind: str = "Deployment", **asks: str
) -> dict[str, Any]:
    limits = {name.replace("gpu", GPU): much for name, much in asks.items()}
    pod = {"containers": [{"resources": {"limits": limits}}], "nodeSelector": selector or {}}
    name = f"{replicas}-{'-'.join((selector or {}).values())}-{'-'.join(asks.values())}"
    found = {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name}}
    if kind == "Pod":
        return {**found, "apiVersion": "v1", "spec": pod}
    return {**found, "spec": {"replicas": replicas, "template": {"spec": pod}}}


NODES = [node(T4, gpu="4"), node(T4, gpu="4"), node()]


@pytest.mark.parametrize(
    ("objects", "short"),
    [
        pytest.param([], [], id="nothing needs nothing"),
        pytest.param([workload(8, T4, gpu="1")], [], id="as many GPUs as there are fit"),
        pytest.param(
            [workload(5, T4, gpu="1"), workload(4, T4, gpu="1"), workload(5, T4, gpu="1", cpu="1")],
            ["needs 14 GPUs, the cluster has 8"],
            id="workloads with one selector are added up, all of them, and all nodes are not named",
        ),
        pytest.param(
            [workload(9, gpu="1")],
            ["needs 9 GPUs, the cluster has 8"],
            id="without a selector all nodes count",
        ),
        pytest.param(
            [workload(9, T4, gpu="1", cpu="2")],
            ["needs 9 GPUs, the cluster has 8"],
            id="of nodes that lack GPUs only these are told",
        ),
        pytest.param(
            [workload(1, {"accelerator": "nvidia-l40s"}, gpu="1")],
            ["no node may take a pod of Deployment 1-nvidia-l40s-1: node selector, affinity, "
             "taints and cordons leave none"],
            id="a type that no node has",
        ),
        pytest.param(
            [workload(17, T4, cpu="1"), workload(18, T4, cpu="1")],
            ["needs 35 CPUs, the nodes with accelerator=nvidia-t4 have 16"],
            id="nodes that are not all are told by their labels",
        ),
        pytest.param([workload(25, cpu="1")], ["needs 25 CPUs, the cluster has 24"], id="CPU"),
        pytest.param(
            [workload(4, memory="25Gi", cpu="100m")],
            ["needs 100Gi of memory, the cluster has 96Gi"],
            id="memory",
        ),
        pytest.param(
            [workload(2, memory="33Gi")],
            ["one pod of Deployment 2--33Gi needs 33Gi of memory, and the largest node that may "
             "take it has 32Gi"],
            id="pieces that fit on no single node",
        ),
        pytest.param(
            [workload(1, memory="20Gi", cpu="6", gpu="1"), workload(1, cpu="3", gpu="5")],
            ["one pod of Deployment 1--3-5 needs 5 of nvidia.com/gpu, and the largest node that "
             "may take it has 4"],
            id="GPUs of two nodes are of no use to one pod",
        ),
        pytest.param(
            [workload(kind="Pod", gpu="9")], ["needs 9 GPUs, the cluster has 8"], id="a pod alone"
        ),
        pytest.param([workload("many", gpu="9")], ["needs 9 GPUs, the cluster has 8"],
                     id="replicas that are none count as one"),
        pytest.param([workload(gpu="x")], [], id="a quantity that is none"),
        pytest.param(
            [{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"}}],
            [],
            id="no pods",
        ),
    ],
)  # fmt: skip
def test_what_is_lacking(objects: list[dict[str, Any]], short: list[str]) -> None:
    notes = [note for _, note in lacking(objects, NODES)]
    assert [words(note.rule, note.says, note.params) for note in notes] == short


def test_requests_count_before_limits() -> None:
    pod = workload(1, cpu="64")
    box = pod["spec"]["template"]["spec"]["containers"][0]
    box["resources"]["requests"] = {"cpu": "1"}
    assert lacking([pod], NODES) == []


MANIFEST = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  replicas: 14
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: 'registry.example/web:1', resources: {limits: {nvidia.com/gpu: 1}}}
"""


@pytest.mark.parametrize(
    ("room", "found"),
    [
        pytest.param([], [], id="nothing is said of nodes that are not known"),
        pytest.param([node(gpu="14")], [], id="there is room"),
        pytest.param(
            [node(gpu="12")],
            [("needs 14 GPUs, the cluster has 12", 6, "spec.replicas", "broken")],
            id="there is not",
        ),
    ],
)
def test_nodes_alone_may_be_known(room: list[Any], found: list[Any]) -> None:
    report = validate(MANIFEST, nodes=room)
    assert report.valid
    assert [
        (row["message"], row["line"], row["path"], row["severity"])
        for row in (finding_dict(finding, "en") for finding in report.findings)
        if row["rule"] == "B0115"
    ] == found
