"""The GPU that a pod computes on: what it asks for, and what its node has."""

from typing import Any

import pytest

from ecp.kube.kinds import DEPLOYMENTS, NODES
from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import SECOND
from ecp.sim.requests import Request
from ecp.sim.traffic import gpus
from ecp.sim.traffic.graph import BATCH_WAIT, draw
from ecp.sim.traffic.profiles import ShippedProfiles
from ecp.sim.traffic.serving import serve
from ecp.workloads.resolving import Resolver

PRODUCT = gpus.PRODUCT


def affinity(sort: str, *rules: tuple[str, list[str]], operator: str = "In") -> dict[str, Any]:
    term = {
        "matchExpressions": [
            {"key": key, "operator": operator, "values": values} for key, values in rules
        ]
    }
    if sort == "required":
        said: Any = {
            "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}
        }
    else:
        wish = {"weight": 1, "preference": term}
        said = {"preferredDuringSchedulingIgnoredDuringExecution": [wish]}
    return {"affinity": {"nodeAffinity": said}}


@pytest.mark.parametrize(
    ("spec", "kind"),
    [
        pytest.param({}, "t4", id="who says nothing gets the smallest"),
        pytest.param({"nodeSelector": {"accelerator": "nvidia-v100"}}, "v100", id="a selector"),
        pytest.param({"nodeSelector": {PRODUCT: "NVIDIA-L40S"}}, "l40s", id="a product selected"),
        pytest.param(
            affinity("required", ("accelerator", ["nvidia-l40s"])), "l40s", id="a demanded label"
        ),
        pytest.param(
            affinity("required", (PRODUCT, ["NVIDIA-L40S", "Tesla-V100-SXM2-16GB"])),
            "v100",
            id="of several the smallest",
        ),
        pytest.param(
            affinity("preferred", (PRODUCT, ["NVIDIA-L40S"])), "l40s", id="a label it prefers"
        ),
        pytest.param(
            affinity("required", (PRODUCT, ["NVIDIA-L40S"]), operator="NotIn"),
            "t4",
            id="what it will not have says nothing",
        ),
        pytest.param(
            {
                "nodeSelector": {"accelerator": "nvidia-t4"},
                **affinity("required", (PRODUCT, ["NVIDIA-L40S"])),
            },
            "t4",
            id="the selector comes first",
        ),
    ],
)
def test_what_a_pod_asks_for(spec: dict[str, Any], kind: str) -> None:
    assert gpus.asked(spec) == kind


@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        pytest.param({PRODUCT: "Tesla-T4"}, "t4", id="a T4"),
        pytest.param({PRODUCT: "Tesla-V100-SXM2-32GB"}, "v100", id="a V100"),
        pytest.param({PRODUCT: "NVIDIA-L40S-SHARED"}, "l40s", id="a shared L40S"),
        pytest.param({PRODUCT: "NVIDIA-A10G"}, "a10g", id="an A10G"),
        pytest.param({PRODUCT: "NVIDIA-A100-SXM4-40GB"}, None, id="one without figures"),
        pytest.param({PRODUCT: "NVIDIA-T400"}, None, id="another that begins alike"),
        pytest.param({"accelerator": "nvidia-v100"}, "v100", id="a provider's own label"),
        pytest.param({}, None, id="no label"),
    ],
)
def test_what_a_node_has(labels: dict[str, str], kind: str | None) -> None:
    assert gpus.of_labels(labels) == kind


def test_a_pod_serves_as_the_gpu_of_its_node_does() -> None:
    spec = {
        "tolerations": [{"operator": "Exists"}],
        "containers": [
            {
                "name": "c",
                "image": "example.com/nlp:1",
                "ports": [{"containerPort": 8080}],
                "resources": {"limits": {"cpu": "4", "memory": "16Gi", gpus.GPU: "1"}},
            }
        ],
    }
    labels = {"app": "nlp"}
    cluster = Cluster.create(seed=1)
    for node in list(cluster.store.list(NODES)):
        name, has = node["metadata"]["name"], node["metadata"]["labels"]
        if has.get("node-pool") == "gpu":
            new = {"metadata": {"labels": {PRODUCT: "NVIDIA-L40S", "accelerator": None}}}
            cluster.submit(Request("patch", NODES, name=name, body=new, patch="merge"))
    objects = (
        ("deployments.apps", {"metadata": {"name": "nlp"}, "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": spec}}}),
        ("services", {"metadata": {"name": "nlp"}, "spec": {
            "selector": labels, "ports": [{"port": 80, "targetPort": 8080}]}}),
    )  # fmt: skip
    for resource, obj in objects:
        cluster.submit(Request("create", resource, "default", body=obj))
    body = {"namespace": "default", "demand": {"chatbot": 1}}
    cluster.submit(Request("track", "tenants", name="acme", body=body), cause="a1")
    cluster.run_until(cluster.now + 600 * SECOND)
    state = cluster.flows._states["acme"]
    assert state.parts is not None
    (part,) = state.parts
    served = cluster.flows._nodes._work(part, state.doors["default", "nlp"])
    rows = ShippedProfiles()
    assert served == rows.work("nlp", spec, "l40s")
    assert served != rows.work("nlp", spec)


@pytest.mark.parametrize(
    ("env", "annotations", "servers", "fill"),
    [
        pytest.param([], {}, 32, 0.0, id="as the data sheet has it: no wait"),
        pytest.param([{"name": "BATCH_SIZE", "value": "8"}], {}, 8, 0.0, id="a largest batch"),
        pytest.param([{"name": "BATCH_SIZE", "value": "all"}], {}, 32, 0.0, id="that is no number"),
        pytest.param([], {BATCH_WAIT: "20ms"}, 32, 0.02, id="a wait for it to fill"),
        pytest.param([], {BATCH_WAIT: "1h"}, 32, 10.0, id="ten seconds at most"),
        pytest.param([], {BATCH_WAIT: "soon"}, 32, 0.0, id="that is no duration"),
    ],
)
def test_a_pod_says_how_it_batches(
    env: list[dict[str, str]], annotations: dict[str, str], servers: int, fill: float
) -> None:
    limits = {"limits": {gpus.GPU: "1"}}
    labels = {"app": "nlp"}
    container = {"name": "c", "image": "example.com/nlp:1", "resources": limits, "env": env}
    pod = {
        "metadata": {"labels": labels, "annotations": annotations},
        "spec": {"containers": [container], "nodeSelector": {PRODUCT: "Tesla-T4"}},
    }
    cluster = Cluster.create(seed=1)
    body = {
        "metadata": {"name": "nlp"},
        "spec": {"selector": {"matchLabels": labels}, "template": pod},
    }
    cluster.submit(Request("create", DEPLOYMENTS, "default", body=body))
    [part] = draw(
        cluster.read, "default", ShippedProfiles(), bool, Resolver(), lambda runs, space: _no_data
    )
    assert part.work is not None
    assert part.work_on is not None
    for work in (part.work, part.work_on("t4")):
        assert (work.servers, work.fill) == (servers, fill)


def _no_data(namespace: str, name: str) -> dict[str, str]:
    return {}


def test_who_waits_for_a_batch_to_fill_answers_later_when_few_ask() -> None:
    work = ShippedProfiles().work("nlp", {"containers": []}, "t4")
    waiting = work._replace(fill=0.05)
    few = [serve(one, 1, 0.0, 5.0, 1.0).mean for one in (work, waiting)]
    many = [serve(one, 1, 0.0, 140.0, 1.0).mean for one in (work, waiting)]
    assert 0.03 < few[1] - few[0] < 0.05
    assert many[1] == pytest.approx(many[0], rel=0.01)
