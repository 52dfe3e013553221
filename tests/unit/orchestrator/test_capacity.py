"""Whether a cluster is big enough: sums over its nodes, by what pods select."""

from typing import Any

import pytest

from ecp.orchestrator.tenants.capacity import GPU, Short, gpus, sentence, shortages

T4 = {"accelerator": "nvidia-t4"}
GI = 1024**3


def node(labels: dict[str, str] | None = None, **has: str) -> dict[str, Any]:
    allocatable = {
        "cpu": "8",
        "memory": "32Gi",
        **{k.replace("gpu", GPU): v for k, v in has.items()},
    }
    return {"metadata": {"labels": labels or {}}, "status": {"allocatable": allocatable}}


def workload(
    replicas: Any = 1, selector: dict[str, str] | None = None, kind: str = "Deployment", **asks: str
) -> dict[str, Any]:
    limits = {k.replace("gpu", GPU): v for k, v in asks.items()}
    pod = {"containers": [{"resources": {"limits": limits}}], "nodeSelector": selector or {}}
    if kind == "Pod":
        return {"kind": kind, "spec": pod}
    return {"kind": kind, "spec": {"replicas": replicas, "template": {"spec": pod}}}


NODES = [node(T4, gpu="4"), node(T4, gpu="4"), node()]


@pytest.mark.parametrize(
    ("objects", "short"),
    [
        pytest.param([], [], id="nothing needs nothing"),
        pytest.param([workload(8, T4, gpu="1")], [], id="as many GPUs as there are fit"),
        pytest.param(
            [workload(5, T4, gpu="1"), workload(4, T4, gpu="1")],
            [Short(GPU, 9, 8, "t4")],
            id="workloads with one selector are added up, and all nodes are not named again",
        ),
        pytest.param(
            [workload(9, gpu="1")], [Short(GPU, 9, 8, "")], id="without a selector all nodes count"
        ),
        pytest.param(
            [workload(1, {"accelerator": "nvidia-l40s"}, gpu="1")],
            [Short(GPU, 1, 0, "l40s")],
            id="a type that no node has",
        ),
        pytest.param(
            [workload(1, {"disk": "ssd"}, cpu="1")],
            [Short("cpu", 1000, 0, "disk=ssd")],
            id="labels that no node has",
        ),
        pytest.param(
            [workload(1, {"disk": "ssd"}, cpu="1"), workload(1, {"disk": "hdd"}, cpu="1")],
            [Short("cpu", 1000, 0, "disk=hdd"), Short("cpu", 1000, 0, "disk=ssd")],
            id="two selections are two findings",
        ),
        pytest.param([workload(25, cpu="1")], [Short("cpu", 25000, 24000, "")], id="CPU"),
        pytest.param(
            [workload(2, memory="49Gi")], [Short("memory", 98 * GI, 96 * GI, "")], id="memory"
        ),
        pytest.param([workload(kind="Pod", gpu="9")], [Short(GPU, 9, 8, "")], id="a pod alone"),
        pytest.param([workload("many", gpu="9")], [], id="replicas that are none"),
        pytest.param([workload(gpu="x")], [], id="a quantity that is none"),
        pytest.param([{"kind": "Deployment"}, {"kind": "Service"}], [], id="no pods"),
    ],
)
def test_what_is_short(objects: list[dict[str, Any]], short: list[Short]) -> None:
    assert shortages(objects, NODES) == short


def test_requests_count_before_limits() -> None:
    pod = workload(1, cpu="64")
    box = pod["spec"]["template"]["spec"]["containers"][0]
    box["resources"]["requests"] = {"cpu": "1"}
    assert shortages([pod], NODES) == []


def test_gpus_are_counted_by_the_type_that_labels_name() -> None:
    nodes = [*NODES, node({"cloud.google.com/gke-accelerator": "nvidia-tesla-v100"}, gpu="2")]
    assert gpus([*nodes, node({"accelerator": "unheard-of"}, gpu="2")]) == {"t4": 8, "v100": 2}


@pytest.mark.parametrize(
    ("short", "said"),
    [
        (Short(GPU, 14, 12, "t4"), "needs 14 GPUs (t4), the cluster has 12"),
        (Short(GPU, 14, 12, ""), "needs 14 GPUs, the cluster has 12"),
        (Short("cpu", 14_001, 12_999, ""), "needs 15 CPU cores, the cluster has 12"),
        (Short("memory", 2 * GI, GI, ""), "needs 2 GiB of memory, the cluster has 1"),
    ],
)
def test_it_is_said_by_how_much(short: Short, said: str) -> None:
    assert sentence(short, "en") == said
    assert sentence(short, "ko") != said
