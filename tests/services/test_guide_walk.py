"""The integration guide walked from end to end against running services.

Every call of its section on the orchestrator, with fields, types and arithmetic; the numbers behind
a requirement (R…) are in the names. Both services run as processes; time is warped, not waited for.
"""

import contextlib
import http.client
import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import connect

from ecp.kube.times import nanoseconds, rfc3339

from .stack import Stack

ROOT = Path(__file__).resolve().parents[2]
TENANT = "test-tenant"
NUMBER = (int, float)
STATUSES = ("meeting", "at_risk", "breached", "insufficient_data", "no_data")
UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    found = Stack(tmp_path_factory.mktemp("stack"))
    found.start()
    yield found
    found.stop()


@pytest.fixture(scope="module")
def deployed(stack: Stack) -> dict[str, Any]:
    """Deploy as the guide's test scenario 2 does, on a fresh system, and let it start."""
    body = {"include_monitoring": True, "enable_sla_tracking": True}
    answer: dict[str, Any] = stack.post(f"/api/v1/simulator/deploy/{TENANT}", body)
    stack.warp("30m")
    return answer


def tenant_manifest() -> str:
    folder = ROOT / "tests/golden/manifests/ecp-tenant"
    return "---\n".join(f"{path.read_text().strip()}\n" for path in sorted(folder.iterdir()))


# -- phase 1: manifests ----------------------------------------------------------------------------


def test_r050_a_manifest_is_generated(stack: Stack) -> None:
    made = stack.post("/api/v1/tenants/generated/manifest")
    assert made["tenant_created"] is True
    assert made["manifest_digest"].startswith("sha256:")
    assert made["file_count"] == len(made["files"]) > 13
    answer = stack.call("orchestrator", "GET", "/api/v1/tenants/generated/manifest")
    assert answer.body == made["manifest_content"]
    assert "yaml" in answer.headers["content-type"]
    as_json = stack.get("/api/v1/tenants/generated/manifest?format=json")
    assert as_json["manifest_digest"] == made["manifest_digest"]


def test_r160_the_valid_manifest_is_valid(stack: Stack) -> None:
    body = json.loads((ROOT / "valid-manifest.json").read_text())
    found = stack.post("/api/v1/tenants/validate-manifest", {**body, "tenant_id": "r160"})
    assert found["valid"] is True
    assert found["warnings"] == []
    assert found["errors"] == []
    assert found["simulator_compatible"] is True
    summary = found["resource_summary"]
    assert (summary["deployments"], summary["services"], summary["configmaps"]) == (1, 1, 1)
    assert (summary["total_cpu"], summary["total_memory"]) == ("200m", "256Mi")
    assert (summary["estimated_pods"], summary["total_gpu"]) == (2, 0)


def test_r161_the_invalid_manifest_is_not_and_says_where(stack: Stack) -> None:
    body = json.loads((ROOT / "invalid-manifest.json").read_text())
    found = stack.post("/api/v1/tenants/validate-manifest", body)
    assert found["valid"] is False
    assert found["simulator_compatible"] is False
    assert len(found["errors"]) >= 4
    for error in found["errors"]:
        assert error["line"] > 0
        assert error["column"] > 0
        assert error["message"]
        assert error["remedy"]


# -- phase 2: deploy -------------------------------------------------------------------------------


def test_r073_a_deploy_answers_the_guides_fields(deployed: dict[str, Any]) -> None:
    assert deployed["status"] == "success"
    assert re.fullmatch(r"sim-deploy-\d+", deployed["deployment_id"])
    assert deployed["simulator_dashboard"].endswith(f"/dashboard/{TENANT}")
    assert deployed["resources_count"] > 13
    assert deployed["sla_monitoring"] is True
    assert deployed["tenant_created"] is True
    assert deployed["manifest_source"] == "generated"


def test_c13_resources_count_is_what_was_applied(stack: Stack, deployed: dict[str, Any]) -> None:
    status = stack.get(f"/api/v1/simulator/status/{TENANT}")
    done = [step for step in status["steps"] if step["state"] == "done"]
    assert deployed["resources_count"] == len(done)
    assert deployed["not_simulated"] == []


def test_the_same_again_is_no_new_revision(stack: Stack, deployed: dict[str, Any]) -> None:
    again = stack.post(f"/api/v1/simulator/deploy/{TENANT}", {"include_monitoring": True})
    assert again["deployment_id"] == deployed["deployment_id"]
    assert again["new_revision"] is False
    assert again["revision"] == 1


def test_c12_wait_answers_once_it_is_ready(stack: Stack) -> None:
    config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: only}\n"
    body = {"manifest_content": config}
    done = stack.post("/api/v1/simulator/deploy/waits?wait=ready&timeout=120", body)
    assert done["phase"] == "ready"
    assert done["timed_out"] is False
    assert done["started"] is True
    assert done["resources_count"] == 1


def test_what_a_next_revision_lacks_is_pruned_but_never_a_claim(stack: Stack) -> None:
    def config(name: str) -> str:
        return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n"

    claim = (
        "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\n"
        "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n"
    )
    path = "/api/v1/simulator/deploy/prunes"
    stack.post(path, {"manifest_content": f"{config('a')}---\n{config('b')}---\n{claim}"})
    done = stack.post(path, {"manifest_content": config("b")})
    assert done["revision"] == 2
    assert [(row["kind"], row["name"]) for row in done["pruned"]] == [("ConfigMap", "a")]
    base = "/clusters/default/api/v1/namespaces/prunes-ecp-ai"
    found = stack.call("simulator", "GET", f"{base}/configmaps").body
    assert [o["metadata"]["name"] for o in found["items"]] in (["b"], ["b", "kube-root-ca.crt"])
    assert stack.call("simulator", "GET", f"{base}/persistentvolumeclaims/data").status == 200


def test_c07_an_invalid_manifest_is_refused_and_nothing_is_left(stack: Stack) -> None:
    body = json.loads((ROOT / "invalid-manifest.json").read_text())
    wanted = {"manifest_content": body["manifest_content"]}
    answer = stack.call("orchestrator", "POST", "/api/v1/simulator/deploy/nothing", wanted)
    assert answer.status == 422
    assert answer.body["error"]["code"] == "MANIFEST_INVALID"
    assert answer.body["error"]["details"][0]["line"] > 0
    assert stack.call("orchestrator", "GET", "/api/v1/tenants/nothing").status == 404
    there = stack.call("simulator", "GET", "/clusters/default/api/v1/namespaces/nothing-ecp-ai")
    assert there.status == 404


def test_c29_not_strict_unknown_fields_are_said_and_really_dropped(stack: Stack) -> None:
    manifest = (
        "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n"
        "spec:\n  clusterIP: None\n  portz: []\n  ports: [{port: 80, prot: TCP}]\n"
    )
    path = "/api/v1/simulator/deploy/lenient"
    body = {"manifest_content": manifest, "strict_validation": True}
    refused = stack.call("orchestrator", "POST", path, body)
    assert (refused.status, refused.body["error"]["code"]) == (422, "MANIFEST_INVALID")
    done = stack.post(path, {**body, "strict_validation": False})
    said = [(found["rule"], found["severity"], found["path"]) for found in done["warnings"]]
    assert said == [
        ("E0020", "warning", "spec.ports[0].prot"),
        ("E0020", "warning", "spec.portz"),
    ]
    where = "/clusters/default/api/v1/namespaces/lenient-ecp-ai/services/web"
    spec = stack.call("simulator", "GET", where).body["spec"]
    assert "portz" not in spec
    assert spec["ports"] == [{"port": 80, "protocol": "TCP", "targetPort": 80}]


def test_another_tenants_namespace_is_refused(stack: Stack, deployed: dict[str, Any]) -> None:
    manifest = (
        f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a, namespace: {TENANT}-ecp-ai}}\n"
    )
    path = "/api/v1/simulator/deploy/intruder"
    answer = stack.call("orchestrator", "POST", path, {"manifest_content": manifest})
    assert (answer.status, answer.body["error"]["code"]) == (422, "FOREIGN_NAMESPACE")


# -- phase 3: monitoring ---------------------------------------------------------------------------


def test_r080_the_stream_sends_the_guides_frame(stack: Stack, deployed: dict[str, Any]) -> None:
    port = stack.ports["orchestrator"]
    url = f"ws://127.0.0.1:{port}/api/v1/simulator/realtime/{TENANT}"
    with connect(url, proxy=None) as socket:
        frame = json.loads(socket.recv(timeout=120))
        assert UTC.fullmatch(frame["timestamp"])
        assert frame["tenant_id"] == TENANT
        assert set(frame["metrics"]) == {
            "cpu", "memory", "network_rps", "response_time", "error_rate",
        }  # fmt: skip
        assert all(isinstance(value, NUMBER) for value in frame["metrics"].values())
        assert 0 <= frame["metrics"]["error_rate"] <= 100
        sla = frame["sla_data"]
        assert sla["status"] in STATUSES
        assert 0 <= sla["availability"] <= 100
        assert 0 <= sla["uptime_percentage"] <= 100
        assert sla["downtime_minutes"] == pytest.approx(sla["downtime_seconds"] / 60, abs=0.01)

        socket.send(json.dumps({"action": "subscribe", "metrics": ["cpu"], "interval": 1000}))
        frames = [json.loads(socket.recv(timeout=120)) for _ in range(3)]
        assert {"v": 1, "action": "subscribed", "metrics": ["cpu"], "interval": 1000.0} in frames
        assert any(set(f.get("metrics") or ()) == {"cpu"} for f in frames if "timestamp" in f)

        socket.send("what?")
        socket.send(json.dumps({"action": "ping"}))
        said = [json.loads(socket.recv(timeout=120)) for _ in range(4)]
        assert any(m.get("error", {}).get("code") == "BAD_MESSAGE" for m in said)
        assert any(m.get("action") == "pong" for m in said)


def test_the_stream_of_nobody_says_so(stack: Stack) -> None:
    url = f"ws://127.0.0.1:{stack.ports['orchestrator']}/api/v1/simulator/realtime/nobody"
    with connect(url, proxy=None) as socket:
        assert json.loads(socket.recv(timeout=120))["error"]["code"] == "TENANT_NOT_FOUND"


def test_r120_minutes_become_rows_of_monitoring_data(
    stack: Stack, deployed: dict[str, Any]
) -> None:
    rows: list[dict[str, Any]] = []
    for _ in range(100):
        path = f"/api/v1/tenants/{TENANT}/monitoring?metric_type=sla&limit=200"
        rows = stack.get(path)["monitoring_data"]
        if rows:
            break
        stack.warp("10s")
    row = next(row for row in rows if row["metric_name"] == "availability")
    assert (row["tenant_id"], row["metric_type"]) == (TENANT, "sla")
    assert (row["data_source"], row["metric_unit"]) == ("k8s-simulator", "%")
    assert 0 <= row["metric_value"] <= 100
    assert UTC.fullmatch(row["timestamp"])
    minutes = [r["timestamp"] for r in rows if r["metric_name"] == "availability"]
    assert len(minutes) == len(set(minutes))


# -- phase 4: start-up, SLA ------------------------------------------------------------------------


def test_r054_the_status_confirms_the_start_up(stack: Stack, deployed: dict[str, Any]) -> None:
    status = stack.get("/api/v1/simulator/status")
    assert status["status"] == "healthy"
    assert status["simulator"]["status"] == "healthy"
    row = next(row for row in status["tenants"] if row["tenant_id"] == TENANT)
    assert row["phase"] == "ready"
    assert row["ready"] == row["desired"] > 0
    assert row["started"] is True
    assert row["startup"]["problems"] == []
    assert row["startup"]["seconds"] > 0
    assert all(w["seconds"] is not None for w in row["startup"]["workloads"])
    assert row["startup"]["entry_requests_served"] > 0
    conditions = row["startup"]["conditions"]
    assert all(condition["met"] for condition in conditions.values())
    served = conditions["entry_requests_served"]
    assert row["startup"]["seconds"] == served["seconds"], row["startup"]
    assert {entry["object"] for entry in row["startup"]["entries"]} == {
        "deployment/callbot", "deployment/chatbot", "deployment/advisor",
    }  # fmt: skip
    assert row["startup"]["dependencies"]["failing"] == 0
    one = stack.get(f"/api/v1/simulator/status?tenant_id={TENANT}")
    assert [r["tenant_id"] for r in one["tenants"]] == [TENANT]


@pytest.mark.parametrize("period", ["1h", "24h", "7d", "30d", "90m"])
def test_r055_the_sla_adds_up(stack: Stack, deployed: dict[str, Any], period: str) -> None:
    found = stack.get(f"/api/v1/simulator/sla/{TENANT}/analysis?period={period}")
    assert found["tenant_id"] == TENANT
    assert found["target_sla"] == 99.5
    assert found["status"] in STATUSES
    assert isinstance(found["current_sla"], NUMBER)
    assert found["uptime_percentage"] == found["current_sla"]
    assert isinstance(found["failure_count"], int)
    assert found["recovery_time_avg"] is None or found["recovery_time_avg"] >= 15
    assert found["downtime_seconds"] == found["eligible_seconds"] - found["uptime_seconds"]
    assert found["downtime_seconds"] % 5 == 0
    states = ("uptime", "downtime", "maintenance", "unknown", "off_duty")
    assert sum(found[f"{state}_seconds"] for state in states) == found["observed_seconds"]
    assert found["evidence"] == "simulated"


@pytest.mark.parametrize("period", ["", "0h", "24", "1w", "-1h", "31d", "9" * 40 + "h"])
def test_c17_what_is_no_period_is_refused(stack: Stack, deployed: Any, period: str) -> None:
    path = f"/api/v1/simulator/sla/{TENANT}/analysis?period={period}"
    answer = stack.call("orchestrator", "GET", path)
    assert (answer.status, answer.body["error"]["code"]) == (422, "INVALID_PERIOD")


# -- failures --------------------------------------------------------------------------------------


def test_c16_an_unknown_failure_lists_those_there_are(stack: Stack, deployed: Any) -> None:
    path = f"/api/v1/simulator/failures/{TENANT}/trigger"
    answer = stack.call("orchestrator", "POST", path, {"failure_type": "volcano"})
    assert answer.status == 422
    assert "pod_crash" in answer.body["error"]["details"][0]["failure_types"]


def test_c16_a_failure_of_what_is_not_deployed_is_a_conflict(stack: Stack) -> None:
    stack.post("/api/v1/tenants/", {"tenant_id": "idle"})
    path = "/api/v1/simulator/failures/idle/trigger"
    answer = stack.call("orchestrator", "POST", path, {"failure_type": "cpu_spike"})
    assert (answer.status, answer.body["error"]["code"]) == (409, "NOT_DEPLOYED")


def test_c16_the_guide_s_failure_needs_its_type_only(stack: Stack, deployed: Any) -> None:
    path = f"/api/v1/simulator/failures/{TENANT}"
    done = stack.post(f"{path}/trigger", {"failure_type": "cpu_spike"})
    assert done["status"] == "success"
    assert done["targets"]
    assert done["expected_effect"]
    assert done["recovery_seconds"] is None
    stack.warp("10m")
    shown = stack.get(f"{path}/{done['injection_id']}")
    assert shown["verdict"] == "confirmed"
    assert shown["failure"]["proof"][0]["observed"] > 0
    assert shown["recovery_seconds"] >= 0
    assert done["injection_id"] in [row["id"] for row in stack.get(path)["failures"]]


def test_a_failure_is_looked_at_first_bounded_and_ended_with_all_others(
    stack: Stack, deployed: Any
) -> None:
    path = f"/api/v1/simulator/failures/{TENANT}"
    body = {"failure_type": "service_down", "selector": {"labelSelectors": {"app": "nlp"}}}
    reach = stack.post(f"{path}/trigger", {**body, "dry_run": True})
    assert (reach["status"], reach["tenants"]) == ("dry_run", [TENANT])
    assert reach["pods"]
    assert reach["ready_endpoints_percent"] == 100
    for bound, code in (({"max_percent": 50}, 409), ({"abort": ["soon"]}, 422)):
        answer = stack.call("orchestrator", "POST", f"{path}/trigger", {**body, **bound})
        assert (answer.status, answer.body["error"]["code"]) == (code, "FAULT_REFUSED")
    others = {**body, "selector": {"namespaces": ["kube-system"]}}
    assert stack.call("orchestrator", "POST", f"{path}/trigger", others).status == 422
    done = stack.post(f"{path}/trigger", {**body, "abort": ["availability < 1 for 10m"]})
    planned = stack.post(f"{path}/trigger", {**body, "at": "+30m"})
    stopped = stack.call("orchestrator", "DELETE", path).body
    assert stopped["stopped"] == [done["injection_id"], planned["injection_id"]]
    assert stack.call("orchestrator", "DELETE", "/api/v1/simulator/failures").body["stopped"] == []


def test_a_failure_s_target_may_be_short_and_it_may_be_stopped(stack: Stack, deployed: Any) -> None:
    path = f"/api/v1/simulator/failures/{TENANT}"
    done = stack.post(f"{path}/trigger", {"failure_type": "network-latency", "target": "nlp"})
    assert "nlp" in done["targets"][0]
    stopped = stack.call("orchestrator", "DELETE", f"{path}/{done['injection_id']}").body
    assert stopped["failure"]["state"] == "ended"
    answer = stack.call("orchestrator", "DELETE", f"{path}/{done['injection_id']}")
    assert answer.status == 409
    missing = {"failure_type": "cpu_spike", "target": "nobody"}
    answer = stack.call("orchestrator", "POST", f"{path}/trigger", missing)
    assert answer.status == 422
    assert "stt" in answer.body["error"]["message"]


def test_failure_scenarios_bring_failures_and_a_deploy_without_them_ends_it(
    stack: Stack, deployed: Any
) -> None:
    rates = {"container-crash": {"mtbf": "1h"}, "node-failure": None, "node-restart": None}
    wish = {"failure_scenarios": True, "failure_rates": rates}
    path = f"/api/v1/simulator/failures/{TENANT}"
    stack.post(f"/api/v1/simulator/deploy/{TENANT}", wish)
    stack.warp("2h")
    came = [row for row in stack.get(path)["failures"] if row["origin"]["kind"] == "background"]
    assert {row["origin"]["mtbf"] for row in came if row["fault"] == "pod_crash"} == {"1h"}
    assert all(row["origin"]["source"]["mtbf"] for row in came)
    stack.post(f"/api/v1/simulator/deploy/{TENANT}", {"failure_scenarios": False})
    before = len(stack.get(path)["failures"])
    stack.warp("2h")
    assert len(stack.get(path)["failures"]) == before
    wrong = {"failure_scenarios": True, "failure_rates": {"meteor": None}}
    answer = stack.call("orchestrator", "POST", f"/api/v1/simulator/deploy/{TENANT}", wrong)
    assert (answer.status, answer.body["error"]["code"]) == (422, "INVALID_FAILURE_RATE")


def test_a_failure_of_a_dependency_costs_up_time_and_why_names_it(
    stack: Stack, deployed: dict[str, Any]
) -> None:
    before = stack.get(f"/api/v1/simulator/sla/{TENANT}/analysis?period=24h")
    body = {"failure_type": "service_down", "target": "deployment/stt", "duration": "10m"}
    done = stack.post(f"/api/v1/simulator/failures/{TENANT}/trigger", body)
    assert done["status"] == "success"
    assert done["failure_type"] == "service_down"
    stack.warp("5m")
    clock = stack.call("simulator", "GET", "/api/v1/clusters/default/clock").body["now"]
    why = stack.get(f"/api/v1/simulator/sla/{TENANT}/why?slot={_earlier(clock, 60)}")
    assert "stt" in json.dumps(why["chain"])
    assert why["cause"]["id"] == done["failure_id"]
    assert [link["level"] for link in why["links"]] == ["cause", "pods", "endpoints", "requests"]
    stack.warp("25m")
    after = stack.get(f"/api/v1/simulator/sla/{TENANT}/analysis?period=24h")
    assert after["downtime_seconds"] > before["downtime_seconds"]
    assert after["failure_count"] > before["failure_count"]
    assert after["recovery_time_avg"] >= 15


def _earlier(instant: str, seconds: int) -> str:
    return rfc3339(nanoseconds(instant) - seconds * 1_000_000_000)


# -- start-up that fails ---------------------------------------------------------------------------


def test_the_13_object_tenant_is_ready_and_not_started(stack: Stack) -> None:
    body = {"manifest_content": tenant_manifest()}
    done = stack.post("/api/v1/simulator/deploy/test-download", body)
    assert done["resources_count"] == 13
    assert done["desired"] >= 65
    stack.warp("3m")
    row = stack.get("/api/v1/simulator/status/test-download")
    assert row["phase"] == "ready"
    assert row["started"] is False
    said = [problem["text"] for problem in row["startup"]["problems"]]
    assert "callbot calls stt-service, which does not exist" in said
    assert any("maxReplicas 8 is below the 10 replicas" in text for text in said)
    assert all(problem["remedy"] for problem in row["startup"]["problems"])


def test_an_image_that_cannot_be_pulled_is_named(stack: Stack) -> None:
    manifest = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n"
        "spec: {containers: [{name: web, image: 'NGINX:latest'}]}\n"
    )
    done = stack.post("/api/v1/simulator/deploy/bad-image", {"manifest_content": manifest})
    assert done["status"] == "success"
    stack.warp("5m")
    row = stack.get("/api/v1/simulator/status/bad-image")
    assert row["started"] is False
    assert [p["cause"] for p in row["startup"]["problems"]] == ["image-name"]


def test_more_gpus_than_there_are_is_told(stack: Stack) -> None:
    manifest = """apiVersion: apps/v1
kind: Deployment
metadata: {name: hungry}
spec:
  replicas: 2
  selector: {matchLabels: {app: hungry}}
  template:
    metadata: {labels: {app: hungry}}
    spec:
      tolerations: [{key: nvidia.com/gpu, operator: Exists}]
      containers:
      - {name: c, image: nginx, resources: {limits: {nvidia.com/gpu: 64}}}
"""
    stack.post("/api/v1/simulator/deploy/hungry", {"manifest_content": manifest})
    stack.warp("2m")
    row = stack.get("/api/v1/simulator/status/hungry")
    problem = row["startup"]["problems"][0]
    assert row["started"] is False
    assert (problem["object"], problem["cause"]) == ("deployment/hungry", "unschedulable")
    assert "Insufficient nvidia.com/gpu" in problem["text"]
    assert "2 of 2 pods (hungry-" in problem["text"]
    assert "nvidia.com/gpu 64 each" in problem["text"]
    status = stack.get("/api/v1/tenants/hungry/deployment-status")
    assert status["startup"]["problems"] == row["startup"]["problems"]


# -- tenants, demo, the rest -----------------------------------------------------------------------


def test_deleting_a_tenant_touches_nothing_else(stack: Stack, deployed: dict[str, Any]) -> None:
    manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
    stack.post("/api/v1/simulator/deploy/goes", {"manifest_content": manifest})
    answer = stack.call("orchestrator", "DELETE", "/api/v1/tenants/goes")
    assert answer.body["deleted"] is True
    stack.warp("1m")
    base = "/clusters/default/api/v1/namespaces"
    assert stack.call("simulator", "GET", f"{base}/goes-ecp-ai").status == 404
    assert stack.call("simulator", "GET", f"{base}/{TENANT}-ecp-ai").status == 200
    assert stack.get(f"/api/v1/simulator/status/{TENANT}")["phase"] == "ready"


def test_c05_the_demo_has_its_own_store_and_cluster(stack: Stack) -> None:
    demo = {"X-Demo-Mode": "true"}
    manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
    path = "/api/v1/simulator/deploy/show"
    done = stack.post(path, {"manifest_content": manifest}, headers=demo)
    assert done["mode"] == "demo"
    assert stack.call("orchestrator", "GET", "/api/v1/tenants/show").status == 404
    where = "api/v1/namespaces/show-ecp-ai/configmaps/a"
    assert stack.call("simulator", "GET", f"/clusters/demo/{where}").status == 200
    assert stack.call("simulator", "GET", f"/clusters/default/{where}").status == 404


def test_r057_metrics_are_prometheus_text(stack: Stack, deployed: dict[str, Any]) -> None:
    answer = stack.call("orchestrator", "GET", "/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    sample = re.compile(r'[a-z_]+(\{([a-z]+="[^"]*",?)+\})? -?[\d.]+')
    lines = [line for line in answer.body.splitlines() if not line.startswith("#")]
    assert lines
    assert all(sample.fullmatch(line) for line in lines)


@pytest.mark.parametrize("path", ["/health", "/healthz", "/livez", "/ready", "/readyz"])
def test_r059_health(stack: Stack, path: str) -> None:
    assert stack.get(path)["status"] in ("healthy", "ready")


@pytest.mark.parametrize("service", ["orchestrator", "simulator"])
@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_r024_r025_the_docs_answer(stack: Stack, service: str, path: str) -> None:
    answer = stack.call(service, "GET", path)
    assert answer.status == 200
    assert "https://" not in answer.body


def test_the_command_line_walks_the_same_way(stack: Stack, tmp_path: Path) -> None:
    manifest = tmp_path / "web.yaml"
    manifest.write_text(json.loads((ROOT / "valid-manifest.json").read_text())["manifest_content"])
    assert stack.cli("tenant", "create", "cli", "--callbot", "3").returncode == 0
    assert stack.cli("tenant", "create", "cli").returncode == 5
    assert stack.cli("tenant", "create", "Bad ID").returncode == 2
    assert "tenant/cli" in stack.cli("tenant", "list", "-o", "name").stdout.split()
    assert stack.cli("tenant", "get", "nobody").returncode == 4
    done = stack.cli("deploy", "cli", "-f", str(manifest), "-o", "json")
    assert json.loads(done.stdout)["resources_count"] == 3
    stack.warp("2m")
    waited = stack.cli("deploy", "cli", "--wait", "--timeout", "30")
    assert waited.returncode == 0, waited.stderr
    shown = stack.cli("status", "cli").stdout
    assert "deployment/greeter" in shown
    report = json.loads(stack.cli("slo", "report", "cli", "--period", "1h", "-o", "json").stdout)
    assert report["tenant_id"] == "cli"
    bad = tmp_path / "bad.yaml"
    bad.write_text(json.loads((ROOT / "invalid-manifest.json").read_text())["manifest_content"])
    assert stack.cli("deploy", "cli", "-f", str(bad)).returncode == 3
    frame = stack.cli("watch", "cli", "--count", "1", "-o", "json").stdout
    assert json.loads(frame)["tenant_id"] == "cli"
    assert stack.cli("tenant", "delete", "cli").returncode == 2
    assert stack.cli("tenant", "delete", "cli", "--yes").returncode == 0


def test_slo_compute_answers_the_names_of_the_cases() -> None:
    case = {"slots": [["U", 17194], ["D", 86]]}
    done = subprocess.run(
        [sys.executable, "-m", "ecp.cli.main", "slo", "compute", "-", "-o", "json"],
        input=json.dumps(case),
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    assert (found["down_s"], found["status"]) == (430, "at_risk")


# -- nothing lost ----------------------------------------------------------------------------------


def test_killed_in_the_middle_of_a_deploy_the_release_goes_on(tmp_path: Path) -> None:
    """The orchestrator dies while its steps are taken: started again, it takes the rest."""
    stack = Stack(tmp_path)
    stack.start()
    try:
        stack.post("/api/v1/tenants/", {"tenant_id": "lasting"})

        def deploy() -> None:
            with contextlib.suppress(OSError, http.client.HTTPException):  # it dies meanwhile
                stack.call("orchestrator", "POST", "/api/v1/simulator/deploy/lasting")

        caller = threading.Thread(target=deploy)
        caller.start()
        base = "/clusters/default/api/v1/namespaces/lasting-ecp-ai"
        while stack.call("simulator", "GET", f"{base}/services").body.get("items", []) == []:
            time.sleep(0.005)
        stack.kill("orchestrator")
        caller.join()
        deployments = "/clusters/default/apis/apps/v1/namespaces/lasting-ecp-ai/deployments"
        half = len(stack.call("simulator", "GET", deployments).body["items"])
        stack.start("orchestrator")
        deadline = time.monotonic() + 60
        while True:
            status = stack.get("/api/v1/simulator/status/lasting")
            states = {step["state"] for step in status["steps"]}
            if states == {"done"} and status["phase"] != "applying":
                break
            assert time.monotonic() < deadline, status
            time.sleep(0.1)
        whole = len(stack.call("simulator", "GET", deployments).body["items"])
        assert half < whole
        assert status["revision"] == 1
        stack.warp("10m")
        assert stack.get("/api/v1/simulator/status/lasting")["started"] is True
    finally:
        stack.stop()


def test_the_simulator_killed_in_the_middle_of_a_deploy_loses_nothing(tmp_path: Path) -> None:
    """The simulator dies while it is written to: once it is back the release goes on by itself."""
    stack = Stack(tmp_path)
    stack.start()
    try:
        stack.post("/api/v1/tenants/", {"tenant_id": "lasting"})
        answers: list[int] = []

        def deploy() -> None:
            path = "/api/v1/simulator/deploy/lasting"
            answers.append(stack.call("orchestrator", "POST", path).status)

        caller = threading.Thread(target=deploy)
        caller.start()
        base = "/clusters/default/api/v1/namespaces/lasting-ecp-ai"
        while stack.call("simulator", "GET", f"{base}/services").body.get("items", []) == []:
            time.sleep(0.005)
        stack.kill("simulator")
        time.sleep(0.5)
        stack.start("simulator")
        caller.join()
        assert answers[0] in (200, 503)
        deadline = time.monotonic() + 60
        while True:
            status = stack.get("/api/v1/simulator/status/lasting")
            states = {step["state"] for step in status["steps"]}
            if states == {"done"} and status["phase"] != "applying":
                break
            assert time.monotonic() < deadline, status
            time.sleep(0.1)
        assert status["revision"] == 1
        stack.warp("10m")
        assert stack.get("/api/v1/simulator/status/lasting")["started"] is True
    finally:
        stack.stop()
