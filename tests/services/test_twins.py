"""A twin of a running namespace: what is measured of the original is found again in its copy.

A simulated cluster whose profiles are known stands for the real one: the twin is told none of them.
"""

import asyncio
import base64
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from ecp.edge.problems import Problem
from ecp.orchestrator.adapters import probing
from ecp.orchestrator.adapters.address import Address
from ecp.orchestrator.adapters.twinning import Twins
from ecp.orchestrator.bootstrap import Bootstrap
from ecp.orchestrator.twins import usecases

from .running import Service
from .test_prometheus import prometheus

MIB = 1 << 20
ORIGINAL = """\
apiVersion: v1
kind: Secret
metadata: {name: db-password}
stringData: {password: very-secret}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {level: info}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 4
  selector: {matchLabels: {app: web}}
  template:
    metadata:
      labels: {app: web}
      annotations:
        sim.ecp-ai.io/start-after: 45s
        sim.ecp-ai.io/cpu: 250m
        sim.ecp-ai.io/memory: 300Mi
        sim.ecp-ai.io/image-size: 350M
    spec:
      priorityClassName: ours
      containers:
      - name: server
        image: registry.example/web:7
        ports: [{containerPort: 8080}]
        envFrom: [{configMapRef: {name: settings}}]
        readinessProbe: {httpGet: {path: /ready, port: 8080}, periodSeconds: 2}
        resources: {requests: {cpu: 300m, memory: 320Mi}, limits: {cpu: 500m, memory: 512Mi}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  replicas: 3
  podManagementPolicy: Parallel
  selector: {matchLabels: {app: db}}
  template:
    metadata:
      labels: {app: db}
      annotations:
        sim.ecp-ai.io/start-after: 20s
        sim.ecp-ai.io/cpu: 100m
        sim.ecp-ai.io/memory: 1000Mi
    spec:
      containers:
      - name: db
        image: registry.example/db:1
        ports: [{containerPort: 5432}]
        env: [{name: PASSWORD, valueFrom: {secretKeyRef: {name: db-password, key: password}}}]
        readinessProbe: {tcpSocket: {port: 5432}, periodSeconds: 1}
        volumeMounts: [{name: data, mountPath: /data}]
        resources: {requests: {cpu: 200m, memory: 1Gi}, limits: {cpu: 1, memory: 2Gi}}
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], storageClassName: fast-ssd,
           resources: {requests: {storage: 10Gi}}}
"""
PRIORITY = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass",
            "metadata": {"name": "ours"}, "value": 7}  # fmt: skip
PATHS = {"Secret": "/api/v1", "ConfigMap": "/api/v1", "Service": "/api/v1",
         "Deployment": "/apis/apps/v1", "StatefulSet": "/apis/apps/v1"}  # fmt: skip


@pytest.fixture
def house_of(running: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The settings of an orchestrator that knows the original as the context `prod`."""
    url = f"http://127.0.0.1:{running.port}"
    config = {
        "current-context": "other",
        "contexts": [{"name": "prod", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": f"{url}/clusters/origin"}}],
        "users": [{"name": "u", "user": {"token": "admin"}}],
    }
    path = tmp_path / "config"
    path.write_text(yaml.safe_dump(config))
    monkeypatch.setenv("ECP_KUBECONFIG", str(path))
    monkeypatch.setenv("K8S_SIMULATOR_URL", url)
    return lambda: Bootstrap(tmp_path)


def asked(house_of: Any, **given: Any) -> Any:
    async def work() -> Any:
        house = house_of()
        try:
            return await usecases.imported(house, "production", given, "en")
        finally:
            await house.close()

    return asyncio.run(work())


def test_what_was_measured_is_found_again(running: Service, house_of: Any) -> None:
    # Its clock stands still but for what is told: no figure hangs on the machine's pace.
    running.create("origin", seed=3, start="2026-03-02T09:00:00Z", paused=True)
    headers = {"authorization": "Bearer admin"}

    def post(path: str, body: Any) -> None:
        answer = running.call("POST", f"/clusters/origin{path}", body, **headers)
        assert answer.is_success, answer.text

    post("/api/v1/namespaces", {"metadata": {"name": "shop"}})
    post("/apis/scheduling.k8s.io/v1/priorityclasses", PRIORITY)
    for obj in yaml.safe_load_all(ORIGINAL):
        post(f"{PATHS[obj['kind']]}/namespaces/shop/{obj['kind'].lower()}s", obj)
    running.clock("origin", "step", duration="10m")
    before = running.ok("GET", "/api/v1/clusters/origin")["resource_version"]

    found = asked(
        house_of,
        namespace="shop",
        context="prod",
        into="twin-of-shop",
        tolerance=0.05,
        start="2026-03-02T09:00:00Z",
        seed=3,
    )

    assert found["verdict"] == "faithful", found["figures"]
    assert (found["refused"], found["missing"], found["evidence"]) == ([], [], "mixed")
    profiles = {row["workload"]: row for row in found["profiles"]}
    for workload, start, cpu, memory, pods in (
        ("deployment/web", 45, 250, 300 * MIB, 4),
        ("statefulset/db", 20, 100, 1000 * MIB, 3),
    ):
        row = profiles[workload]
        assert row["start_seconds"]["value"] == pytest.approx(start, rel=0.05)
        assert row["start_seconds"]["samples"] == pods
        assert row["cpu_millicores"]["value"] == pytest.approx(cpu, rel=0.02)
        assert row["memory_bytes"]["value"] == pytest.approx(memory, rel=0.02)
    assert profiles["deployment/web"]["image_bytes"]["value"] == 350e6
    # It began when the original did: what is cut to whole seconds is cut alike.
    for row in found["figures"]:
        assert row["simulated"] == pytest.approx(row["measured"], rel=0.05), row

    secret = running.kube("twin-of-shop", "GET", "/api/v1/namespaces/shop/secrets/db-password")
    assert base64.b64decode(secret["data"]["password"]) == b"not the real value"
    nodes = running.kube("twin-of-shop", "GET", "/api/v1/nodes")["items"]
    assert len(nodes) == 11
    # The original was looked at and nothing else: only its leases and events may go on.
    changed = [c for c in running.changes("origin", before) if "shop" in str(c)]
    assert not changed

    for given, code in (
        ({"namespace": "nobody", "context": "prod"}, "NAMESPACE_NOT_FOUND"),
        ({"namespace": "default", "context": "prod"}, "NOTHING_TO_COPY"),
        ({"namespace": "shop", "context": "stage"}, "TARGET_NOT_CONFIGURED"),
        ({"namespace": "shop", "context": "prod", "into": "twin-of-shop"}, "TWIN_REFUSED"),
    ):
        with pytest.raises(Problem) as caught:
            asked(house_of, **given)
        assert caught.value.code == code


# -- a Prometheus ---------------------------------------------------------------------------------


def recorded(now: int) -> str:
    """An hour of a namespace as OpenMetrics, a sample a minute: two pods, and one of another."""
    times = [now - 3600 + 60 * n for n in range(61)]
    lines = ["# TYPE container_cpu_usage_seconds counter"]
    pods = (("web-1", "server", 0.12), ("web-2", "server", 0.12), ("db-0", "db", 0.4))
    for pod, container, cores in pods:
        labels = f'namespace="shop",pod="{pod}",container="{container}"'
        lines += [
            f"container_cpu_usage_seconds_total{{{labels}}} {cores * 60 * (n + 1000):.3f} {at}"
            for n, at in enumerate(times)
        ]
    lines.append("# TYPE container_memory_working_set_bytes gauge")
    for namespace, size in (("shop", 64 * MIB), ("other", 9 * MIB)):
        labels = f'namespace="{namespace}",pod="web-1",container="server"'
        lines += [f"container_memory_working_set_bytes{{{labels}}} {size} {at}" for at in times]
    lines.append("# TYPE http_request_duration_seconds histogram")
    for limit, share in (("0.1", 50), ("0.3", 95), ("+Inf", 100)):
        labels = f'namespace="shop",service="web",le="{limit}"'
        lines += [
            f"http_request_duration_seconds_bucket{{{labels}}} {share * n} {at}"
            for n, at in enumerate(times)
        ]
    lines.append("# TYPE http_requests counter")
    for code, each in (("200", 90), ("503", 10)):
        labels = f'namespace="shop",service="web",code="{code}"'
        lines += [f"http_requests_total{{{labels}}} {each * n} {at}" for n, at in enumerate(times)]
    return "\n".join([*lines, "# EOF", ""])


@pytest.mark.cluster
def test_an_hour_of_a_prometheus_is_read_as_it_was_recorded(tmp_path: Path) -> None:
    now = int(time.time())
    (tmp_path / "shop.om").write_text(recorded(now), "utf-8")
    subprocess.run(
        ["promtool", "tsdb", "create-blocks-from", "openmetrics", "shop.om", "data"],
        cwd=tmp_path, check=True, capture_output=True, timeout=300,
    )  # fmt: skip

    async def work(address: str) -> None:
        async with httpx.AsyncClient() as client:
            twins = Twins(client, Address([""]), lambda _: pytest.fail("not asked"), connect_s=1)
            used, quantiles = await twins.recorded(f"http://{address}/", "shop")
            query = {"query": probing.query_of("shop")}
            answer = await client.get(f"http://{address}/api/v1/query", params=query)
        # Both figures of a container have to be there: of the others nobody knows enough.
        assert {(one.pod, one.container) for one in used} == {("web-1", "server")}
        assert len(used) >= 55
        assert {one.memory for one in used} == {64 * MIB}
        for one in used:
            assert one.cpu == pytest.approx(120, rel=0.02)
        assert quantiles == {"web": {0.5: pytest.approx(0.1), 0.95: pytest.approx(0.3)}}
        counted = probing.counted(answer.json())
        # A scrape that was recorded in whole minutes: the last of them is what is counted so far.
        assert counted == {("web", True): 90 * 60, ("web", False): 10 * 60}

    with prometheus(tmp_path, "{}") as address:
        asyncio.run(work(address))
