"""What clients of the first integration do, played to its end against running services.

Two flows: somebody who looks at a tenant and takes its manifest to production, by the generated
client; and somebody who calls by hand with a token and retries, as scripts do. Then the paths of
the first simulator.
"""

import asyncio
import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from websockets.sync.client import connect

from ecp.client import ApiError, AsyncOrchestrator, Orchestrator, Simulator, Unreachable

from .stack import Stack

pytestmark = pytest.mark.cluster

SIZES = {"callbot": 5, "chatbot": 10, "advisor": 2, "stt": 3, "tts": 3}
# Requirement keys of the examples that follow from the others.
MORE = {**SIZES, "nlp": 8, "aicm": 5}
WITHIN_S = 180


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    found = Stack(tmp_path_factory.mktemp("stack"))
    try:
        found.start()
        yield found
    finally:
        found.stop()
    assert "Traceback" not in found.complaints


def at(stack: Stack, service: str) -> str:
    return f"http://127.0.0.1:{stack.ports[service]}"


def away(stack: Stack, tenant: str) -> None:
    """Delete a tenant: the cluster's GPUs are for the next."""
    assert stack.call("orchestrator", "DELETE", f"/api/v1/tenants/{tenant}").status == 200
    stack.warp("2m")


def until(seen: Callable[[], Any], what: str) -> Any:
    end = time.monotonic() + WITHIN_S
    while not (found := seen()):
        assert time.monotonic() < end, what
        time.sleep(0.1)
    return found


# -- the flow of somebody who looks, then creates -------------------------------------------------


def test_a_tenant_is_looked_at_and_its_manifest_taken_to_production(
    stack: Stack, tmp_path: Path
) -> None:
    with Orchestrator(at(stack, "orchestrator"), demo=True) as demo:
        demo.deploy("seen", {"include_monitoring": True})
        stack.warp("10m", "demo")
        listed: Any = demo.list_tenants(limit=100)
        assert [row["tenant_id"] for row in listed["tenants"]] == ["seen"]
        assert (listed["demo_count"], listed["pagination"]["has_more"]) == (1, False)
        detail: Any = demo.get_tenant("seen")
        assert detail["sla_target"] == {"availability": 99.5}
        assert detail["services"]
        assert detail["resources"]["totals"]["pods"] > 0
        until(
            lambda: demo.list_monitoring_data("seen", hours=1, interval="1m")["metrics"]["cpu"],
            "no minute is kept",
        )
        sent: Any = {"cpu_usage": 45.2, "memory_usage": 61.0, "gpu_usage": 38.5, "error_rate": 0.1}
        assert demo.add_monitoring_data("seen", sent)["kept"] == 4
        read: Any = demo.list_monitoring_data("seen", hours=1, interval="1m")
        assert read["metrics"].keys() == {"cpu", "memory", "gpu"}
        assert [point["value"] for point in read["metrics"]["gpu"]] == [38.5]
        assert read["summary"]["max_gpu"] == 38.5
        assert read["summary"]["avg_memory"] <= read["summary"]["max_memory"]
        newest = {row["metric_name"]: row["metric_value"] for row in read["monitoring_data"]}
        assert newest["cpu_usage"] == 45.2
        manifest = demo.get_manifest("seen")
        assert isinstance(manifest, str)
        (tmp_path / "seen.yaml").write_text(manifest, "utf-8")
        judged: Any = demo.validate_manifest(
            {"tenant_id": "seen", "manifest_content": (tmp_path / "seen.yaml").read_text("utf-8")}
        )
        assert (judged["valid"], judged["errors"]) == (True, [])
        assert judged["resource_summary"]["namespaces"] == 1
        assert judged["resource_summary"]["estimated_pods"] > 0
        progress: Any = demo.deployment_status("seen")
        assert (progress["overall_status"], progress["progress"]) == ("ready", 100.0)
        assert progress["created_resources"]
        assert demo.system()["gpu"]["total"] > 0
    frames = subscribed(stack)
    assert [set(frame["metrics"]) - {"units"} for frame in frames] == [{"cpu", "memory"}] * 2
    asyncio.run(created_in_production(stack))
    away(stack, "made")


def subscribed(stack: Stack) -> list[Any]:
    """Return two frames that hold only what was subscribed to."""
    url = f"ws://127.0.0.1:{stack.ports['orchestrator']}/ws/monitoring/seen?demo=true"
    with connect(url) as socket:
        asked = {"action": "subscribe", "metrics": ["cpu", "memory"], "interval": 1000}
        socket.send(json.dumps(asked))
        heard: list[Any] = []
        while not heard or heard[-1].get("action") != "subscribed":
            heard.append(json.loads(socket.recv(timeout=WITHIN_S)))
        return [json.loads(socket.recv(timeout=WITHIN_S)) for _ in range(2)]


async def created_in_production(stack: Stack) -> None:
    async with AsyncOrchestrator(at(stack, "orchestrator"), token="not-asked-for") as ecp:
        size: Any = await ecp.calculate_resources({**SIZES, "cloud_provider": "aws"})
        assert size["estimated_cost"]["krw"] > 0
        body: Any = {"tenant_id": "made", "preset": "small", "service_requirements": SIZES}
        made: Any = await ecp.create_tenant(body)
        assert made["estimated_resources"]["totals"]["pods"] > 0
        assert made["estimated_cost"]["krw"] > 0
        begun: Any = await ecp.deploy("made", {})
        url = f"ws://127.0.0.1:{stack.ports['orchestrator']}/ws/deployment/{begun['deployment_id']}"
        with connect(url) as socket:
            stack.warp("10m")
            states = set()
            while "ready" not in states:
                message = json.loads(socket.recv(timeout=WITHIN_S))
                states |= set(re.findall(r'"phase": ?"(\w+)"', json.dumps(message)))
        final = await ecp.get_manifest("made", include_ingress=True)
        assert isinstance(final, str)
        kinds = {document["kind"] for document in yaml.safe_load_all(final) if document}
        assert {"Ingress", "Deployment", "Service"} <= kinds
        with pytest.raises(ApiError) as refused:
            await ecp.create_tenant(body)
        assert (refused.value.status, refused.value.code) == (409, "TENANT_ALREADY_EXISTS")
        assert refused.value.request_id
        assert (await ecp.list_tenants())["demo_count"] == 0


@pytest.mark.parametrize("page", ["clients-and-agents.md", "clients-and-agents.ko.md"])
def test_the_guides_program_runs(
    stack: Stack, page: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (stack.repository / "docs/guides" / page).read_text("utf-8")
    (program,) = re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    exec(program.replace("http://localhost:8001", at(stack, "orchestrator")), {})
    size, refusal = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"small \d+", size)
    assert refusal.startswith("TENANT_NOT_FOUND ")


def test_a_service_that_is_away_is_named() -> None:
    with Orchestrator("http://127.0.0.1:9") as ecp, pytest.raises(Unreachable) as nobody:
        ecp.health()
    assert nobody.value.url == "http://127.0.0.1:9"


def test_a_stream_is_read_event_by_event(stack: Stack) -> None:
    with Orchestrator(at(stack, "orchestrator")) as ecp:
        ecp.deploy("streamed", {})
        row: Any = ecp.tenant_status("streamed")
        with closing(ecp.release_events(row["deployment_id"], since=0)) as events:
            first, second = next(events), next(events)
        assert int(first.id) < int(second.id)
        assert first.name
        assert isinstance(first.data, dict)
    away(stack, "streamed")


# -- the flow of somebody who runs production -----------------------------------------------------


class Production:
    """Calls with a token, and again when nobody answers: three times at most."""

    def __init__(self, url: str, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}", "X-Demo-Mode": "false", "X-Debug": "true"}
        self.http = httpx.Client(base_url=url, headers=headers, timeout=60)
        self.number = 0

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        self.number += 1
        identity = f"flow-{self.number}"
        for left in (2, 1, 0):
            try:
                answer = self.http.request(
                    method, path, json=body, params=query, headers={"X-Request-ID": identity}
                )
            except httpx.TransportError:
                if not left:
                    raise
                continue
            break
        assert answer.headers["x-request-id"] == identity
        assert answer.status_code < 500, answer.text
        if answer.status_code >= 400:
            return answer.json()["error"]
        return answer.json() if "json" in answer.headers["content-type"] else answer.text


def test_a_platform_team_runs_a_tenant_from_its_size_to_its_end(
    stack: Stack, tmp_path: Path
) -> None:
    ecp = Production(at(stack, "orchestrator"), "token")
    assert ecp.ask("GET", "/health")["status"] == "healthy"
    size = ecp.ask("POST", "/api/v1/tenants/calculate-resources", MORE)
    assert {"recommended_preset", "resources", "gpu_type", "estimated_cost", "alternatives"} <= set(
        size
    )
    made = ecp.ask(
        "POST",
        "/api/v1/tenants/",
        {
            "tenant_id": "prod",
            "name": "Production",
            "preset": size["recommended_preset"],
            "service_requirements": MORE,
            "sla_target": {
                "availability": "99.5%", "response_time": "200ms", "concurrent_users": 100
            },
            "description": "by the flow",
        },
    )  # fmt: skip
    assert {"deployment_id", "estimated_resources", "estimated_cost", "deployment_time"} <= set(
        made
    )
    ecp.ask("POST", "/api/v1/simulator/deploy/prod", {})
    # The flow looks every 30 s for 20 minutes; here the cluster's minutes pass between two looks.
    for _ in range(20):
        stack.warp("1m")
        status = ecp.ask("GET", "/api/v1/tenants/prod/deployment-status")
        assert status["overall_status"] != "failed", status
        if status["overall_status"] == "ready":
            break
    assert (status["overall_status"], status["pending_resources"]) == ("ready", [])
    query = {"include_ingress": "true", "include_monitoring": "true"}
    manifest = ecp.ask("GET", "/api/v1/tenants/prod/manifest", **query)
    judged = ecp.ask(
        "POST", "/api/v1/tenants/validate-manifest",
        {"tenant_id": "prod", "manifest_content": manifest},
    )  # fmt: skip
    assert judged["valid"], judged["errors"]
    (tmp_path / "prod.yaml").write_text(manifest, "utf-8")
    rule = {
        "alert_name": "high-usage",
        "condition": "cpu_usage > 85 OR memory_usage > 90",
        "duration": "5m",
        "actions": [
            {"type": "webhook", "url": "https://hooks.example.com/ecp"},
            {"type": "email", "recipients": ["ops@example.com"]},
        ],
    }
    assert ecp.ask("POST", "/api/v1/tenants/prod/alerts", rule)["figures"]
    scaled = ecp.ask("PUT", "/api/v1/tenants/prod", {"service_requirements": {"callbot": 8}})
    assert scaled["service_requirements"]["callbot"] == 8
    assert scaled["release"]["revision"] == 2
    shown = ecp.ask("GET", "/monitoring/nothing")
    assert set(shown) == {"code", "message", "details", "timestamp", "request_id"}
    gone = ecp.ask("DELETE", "/api/v1/tenants/prod", force="true")
    assert (gone["deleted"], gone["deletion_id"]) == (True, "delete-prod")
    assert ecp.ask("GET", "/api/v1/tenants/prod")["code"] == "TENANT_NOT_FOUND"
    ecp.http.close()


# -- the first simulator's paths ------------------------------------------------------------------

GREETER = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: greeter}
spec:
  replicas: 1
  selector: {matchLabels: {app: greeter}}
  template:
    metadata: {labels: {app: greeter}}
    spec: {containers: [{name: greeter, image: "registry.example.com/greeter:1"}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: words}
data: {hello: world}
"""


def test_the_first_simulators_paths_read_apply_list_and_delete(stack: Stack) -> None:
    with Simulator(at(stack, "simulator")) as sim:
        given: Any = {"manifest_content": GREETER, "namespace": "old"}
        parsed: Any = sim.parse_manifest(given)
        assert (parsed["valid"], parsed["documents"], parsed["errors"]) == (True, 2, [])
        tried: Any = sim.deploy_manifest({**given, "namespace": "default", "dry_run": True})
        assert tried["status"] == "success"
        empty: Any = sim.list_resources(namespace="default", kind="deployment")
        assert empty["total"] == 0
        done: Any = sim.deploy_manifest(given)
        assert [row["kind"] for row in done["applied"]] == ["Namespace", "ConfigMap", "Deployment"]
        assert (done["status"], done["failed"]) == ("success", [])
        again: Any = sim.deploy_manifest(given)
        assert {row["result"] for row in again["applied"]} == {"configured"}
        assert sim.list_resources(namespace="old", kind="deploy")["total"] == 1
        assert sim.delete_resource("deployment", "old", "greeter")["deleted"]
        assert sim.list_resources(namespace="old", kind="deployments")["total"] == 0


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        pytest.param(lambda sim: sim.deploy_manifest({"manifest_content": "a: ["}),
                     "MANIFEST_INVALID", id="text that is no YAML"),
        pytest.param(lambda sim: sim.deploy_manifest(
            {"manifest_content": GREETER.replace("replicas: 1", "replicas: one")}),
                     "MANIFEST_INVALID", id="a manifest that the server refuses"),
        pytest.param(lambda sim: sim.list_resources(kind="gizmo"), "KIND_NOT_FOUND",
                     id="a kind that nobody serves"),
        pytest.param(lambda sim: sim.delete_resource("deploy", "old", "nobody"),
                     "RESOURCE_NOT_FOUND", id="an object that is not there"),
        pytest.param(lambda sim: sim.monitoring_tenant("nobody"), "TENANT_NOT_FOUND",
                     id="a tenant that nobody follows"),
        pytest.param(lambda sim: sim.sla_status(cluster="nowhere"), "CLUSTER_NOT_FOUND",
                     id="a cluster that is not there"),
    ],
)  # fmt: skip
def test_the_first_simulators_paths_refuse_with_a_code(
    stack: Stack, asked: Callable[[Simulator], Any], code: str
) -> None:
    with Simulator(at(stack, "simulator")) as sim, pytest.raises(ApiError) as refused:
        asked(sim)
    assert refused.value.code == code
    assert refused.value.message


def test_the_first_simulators_figures_are_those_of_the_ledger(stack: Stack) -> None:
    with Orchestrator(at(stack, "orchestrator")) as ecp:
        ecp.deploy("ledger", {})
    stack.warp("10m")
    with Simulator(at(stack, "simulator")) as sim:
        health: Any = sim.monitoring_health()
        assert any(name.startswith("ledger/") for name in health["services"])
        one: Any = sim.monitoring_tenant("ledger")
        level: Any = sim.sla_status()
        (row,) = [row for row in level["tenants"] if row["tenant_id"] == "ledger"]
        assert row["uptime_percentage"] == one["sla_data"]["uptime_percentage"]
    with connect(f"ws://127.0.0.1:{stack.ports['simulator']}/ws/monitoring") as socket:
        assert json.loads(socket.recv(timeout=WITHIN_S))["action"] == "hello"
        assert "ledger" in json.loads(socket.recv(timeout=WITHIN_S))["tenants"]
        socket.send('{"action": "ping"}')
        assert json.loads(socket.recv(timeout=WITHIN_S))["action"] == "pong"
        socket.send("nonsense")
        assert json.loads(socket.recv(timeout=WITHIN_S))["error"]["code"] == "BAD_MESSAGE"
