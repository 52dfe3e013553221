"""Why a pod is where it is, or waits: over HTTP, by the command, and without moving anything."""

from pathlib import Path
from typing import Any

import pytest

from ecp.kube.kinds import PODS
from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import SECOND
from ecp.sim.requests import Request
from ecp.sim.store.packing import pack

from .test_tenants import CLOCK, serving

PODS_URL = "/clusters/default/api/v1/namespaces/default/pods"
PLACEMENT = "/api/v1/clusters/default/placement/default"
GPUS = {"requests": {"nvidia.com/gpu": "64"}, "limits": {"nvidia.com/gpu": "64"}}


def pod(name: str, resources: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    container = {"name": "c", "image": "example/app:1", "resources": resources or {}}
    return {"metadata": {"name": name}, "spec": {"containers": [container], **spec}}


@pytest.mark.parametrize(
    ("body", "state", "message"),
    [
        pytest.param(pod("p"), "placed", "", id="a pod that is on a node"),
        pytest.param(
            pod("p", GPUS),
            "pending",
            "0/11 nodes are available: 3 node(s) had untolerated taint(s), 8 Insufficient nvidia",
            id="a pod for which no node has enough",
        ),
        pytest.param(
            pod("p", schedulingGates=[{"name": "example/wait"}]), "gated", "", id="a gated pod"
        ),
        pytest.param(pod("p", schedulerName="mine"), "foreign", "", id="another scheduler's pod"),
    ],
)
def test_every_node_is_judged(
    tmp_path: Path, body: dict[str, Any], state: str, message: str
) -> None:
    with serving(tmp_path) as client:
        client.post(CLOCK, json={"action": "pause"})
        assert client.post(PODS_URL, json=body).status_code == 201
        client.post(CLOCK, json={"action": "step", "duration": "10s"})
        while client.get(CLOCK).json()["warping_to"]:
            client.rest()
        found = client.get(f"{PLACEMENT}/p").json()
        told = client.get(f"{PODS_URL}/p").json()
    assert found["state"] == state
    assert len(found["nodes"]) == 11
    fit = [row for row in found["nodes"] if row["fits"]]
    for row in fit:
        assert row["total"] == sum(score["weighted"] for score in row["scores"])
    assert {row["node"] for row in fit if row["total"] == max(r["total"] for r in fit)} == set(
        found["best"]
    )
    for row in found["nodes"]:
        assert row["fits"] or (row["plugin"] and row["reasons"])
    if state == "placed":
        assert found["node"] in found["best"]
    if message:
        assert found["message"].startswith(message)
        conditions = {row["type"]: row for row in told["status"]["conditions"]}
        assert found["message"] == conditions["PodScheduled"]["message"]
    assert bool(message) == bool(found["message"])


@pytest.mark.parametrize(
    ("body", "wish", "change", "trouble"),
    [
        pytest.param(
            pod("p", nodeSelector={"accelerator": "h100"}),
            "nodeSelector accelerator=h100: no node has it; nearest: accelerator=nvidia-t4",
            "change nodeSelector accelerator=h100 to accelerator=nvidia-t4 and add a toleration "
            "for nvidia.com/gpu=present:NoSchedule; then it could go to gpu-1, gpu-2, gpu-3",
            None,
            id="a label that no node has",
        ),
        pytest.param(
            pod("p", {"requests": {"cpu": "500"}}),
            "request cpu 500: 0 of 11 nodes have so much free; the largest node has 64",
            "ask for at most 64 instead of cpu 500; then it could go to",
            None,
            id="more than any node has",
        ),
        pytest.param(
            pod("p", volumes=[{"name": "v", "configMap": {"name": "nowhere"}}]),
            "",
            None,
            "mount",
            id="a pod on a node that does not start",
        ),
    ],
)
def test_what_a_pod_asks_stands_beside_the_verdict_and_what_would_help(
    tmp_path: Path, body: dict[str, Any], wish: str, change: str | None, trouble: str | None
) -> None:
    with serving(tmp_path) as client:
        client.post(CLOCK, json={"action": "pause"})
        client.post(PODS_URL, json=body)
        client.post(CLOCK, json={"action": "step", "duration": "30s"})
        while client.get(CLOCK).json()["warping_to"]:
            client.rest()
        found = client.get(f"{PLACEMENT}/p").json()
    said = [f"{one['wish']}: {one['given']}" for one in found["wishes"]]
    assert any(row.startswith(wish) for row in said)
    told = [f"{one['text']}; {one['then']}" for one in found["changes"]]
    assert told[0].startswith(change) if change else told == []
    assert (found["trouble"] or {}).get("cause") == trouble


def test_a_workload_says_what_keeps_it_from_being_up(tmp_path: Path) -> None:
    quota = {"metadata": {"name": "small"}, "spec": {"hard": {"pods": "1"}}}
    labels = {"labels": {"app": "web"}}
    spec = {
        "replicas": 2,
        "selector": {"matchLabels": labels["labels"]},
        "template": {"metadata": labels, "spec": pod("p")["spec"]},
    }
    where = "/api/v1/clusters/default/troubles/default/Deployment"
    with serving(tmp_path) as client:
        client.post(CLOCK, json={"action": "pause"})
        client.post(PODS_URL.replace("pods", "resourcequotas"), json=quota)
        client.post(
            "/clusters/default/apis/apps/v1/namespaces/default/deployments",
            json={"metadata": {"name": "web"}, "spec": spec},
        )
        client.post(CLOCK, json={"action": "step", "duration": "30s"})
        while client.get(CLOCK).json()["warping_to"]:
            client.rest()
        found = client.get(f"{where}/web").json()
        nobody = client.get(f"{where}/nobody")
    assert found["health"] == "progressing"
    assert [one["cause"] for one in found["troubles"]] == ["create-refused"]
    assert "exceeded quota: small" in found["troubles"][0]["text"]
    assert found["troubles"][0]["at"] == {
        "object": "deployment/web",
        "field": "spec.template.spec.containers",
    }
    assert nobody.json()["error"]["code"] == "WORKLOAD_NOT_FOUND"


def test_a_pod_that_is_not_there_is_told_which_are(tmp_path: Path) -> None:
    with serving(tmp_path) as client:
        client.post(PODS_URL, json=pod("here"))
        answer = client.get(f"{PLACEMENT}/there")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "POD_NOT_FOUND"
    assert answer.json()["detail"].endswith("there are: here")


def test_who_asks_moves_nothing() -> None:
    def ran(*, asked: bool) -> bytes:
        cluster = Cluster.create(seed=3)
        for number in range(12):
            big = {"requests": {"cpu": "3"}} if number % 3 else GPUS
            body = pod(f"p{number}", big)
            cluster.submit(Request("create", PODS, "default", body=body), cause="a1")
            cluster.run_until(cluster.now + SECOND)
            if asked:
                for one in cluster.store.list(PODS, "default"):
                    cluster.explain(one)
        return pack(cluster.snapshot())

    assert ran(asked=True) == ran(asked=False)


def test_who_has_which_configuration_is_told(tmp_path: Path) -> None:
    config = {"metadata": {"name": "c"}, "data": {"a": "1"}}
    mount = {"name": "v", "mountPath": "/etc/app"}
    variable = {"name": "A", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "a"}}}
    container = {
        "name": "c",
        "image": "example/app:1",
        "volumeMounts": [mount],
        "env": [variable],
    }
    spec = {"containers": [container], "volumes": [{"name": "v", "configMap": {"name": "c"}}]}
    maps = PODS_URL.replace("pods", "configmaps")

    def step(client: Any, duration: str) -> dict[str, Any]:
        client.post(CLOCK, json={"action": "step", "duration": duration})
        while client.get(CLOCK).json()["warping_to"]:
            client.rest()
        return told(client)

    def told(client: Any) -> dict[str, Any]:
        found = client.get(f"{PLACEMENT}/p").json()["configuration"]
        own = [row for row in found if row["object"] == "configmaps/c"]
        assert len(own) < len(found), "the root certificate of its account comes as a file, too"
        return {row["way"]: row for row in own}

    with serving(tmp_path) as client:
        client.post(CLOCK, json={"action": "pause"})
        client.post(maps, json=config)
        client.post(PODS_URL, json={"metadata": {"name": "p"}, "spec": spec})
        before = step(client, "60s")
        client.put(f"{maps}/c", json={**config, "data": {"a": "2"}})
        # The clock stands: no look of the kubelet falls between.
        changed, after = told(client), step(client, "100s")
    assert [row["current"] for row in before.values()] == [True, True]
    assert [row["current"] for row in changed.values()] == [False, False]
    assert changed["environment"]["known_at"] is None, "not before it is started again"
    assert after["volume"]["current"]
    assert not after["environment"]["current"]
