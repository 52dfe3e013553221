"""The rest of the integration guide's rows, one by one: each field with its type, unit and meaning.

The main way through the guide is `test_guide_walk`; here is what lies beside it. The numbers behind
a requirement (R…, C…) are in the names.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .stack import Stack

ROOT = Path(__file__).resolve().parents[2]
TENANT = "my-ai-service"
NUMBER = (int, float)
UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
STATUSES = ("meeting", "at_risk", "breached", "insufficient_data", "no_data")
METRICS = ("cpu", "memory", "network_rps", "response_time", "error_rate")
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    found = Stack(tmp_path_factory.mktemp("stack"))
    found.start()
    yield found
    found.stop()
    assert "Traceback" not in found.complaints


@pytest.fixture(scope="module")
def deployed(stack: Stack) -> dict[str, Any]:
    """Deploy with the guide's three fields and let an hour pass."""
    body = {"include_monitoring": True, "enable_sla_tracking": True, "failure_scenarios": False}
    answer: dict[str, Any] = stack.post(f"/api/v1/simulator/deploy/{TENANT}", body)
    stack.warp("1h")
    return answer


def simulator(stack: Stack, path: str, **options: Any) -> Any:
    answer = stack.call("simulator", "GET", path, **options)
    assert answer.status == 200, answer
    return answer.body


# -- manifests: R050, R060-R068, C04, C14, C18, C19, C29 -------------------------------------------


def test_r050_the_seven_counters_and_the_gpu_make_the_manifest(stack: Stack) -> None:
    path = "/api/v1/tenants/counted/manifest"
    small = stack.post(path, {"service_requirements": {"callbot": 5}})
    large = stack.post(path, {"service_requirements": {"callbot": 60, "qa": 5}, "gpu_type": "t4"})
    assert set(small["service_requirements"]) == {
        "callbot", "chatbot", "advisor", "stt", "tts", "ta", "qa",
    }  # fmt: skip
    assert small["manifest_digest"] != large["manifest_digest"]
    sizes = [made["resources"]["totals"]["cpu"] for made in (small, large)]
    assert sizes[0] < sizes[1]
    assert (small["tenant_created"], large["tenant_created"]) == (True, False)
    assert any("qa" in name for name in large["files"])
    assert large["resources"]["capacity"]["gpus"] == {"t4": 12}


def test_more_gpus_than_the_cluster_has_are_told_before_anything_is_deployed(stack: Stack) -> None:
    needs = {"callbot": 100, "chatbot": 500, "advisor": 50}
    sized = stack.post("/api/v1/tenants/calculate-resources", needs)
    assert sized["recommended_preset"] == "medium"
    (short,) = sized["resources"]["capacity"]["shortages"]
    assert short["message"] == "needs 25 GPUs, the cluster has 12"
    assert (short["needed"], short["available"]) == (25, 12)
    made = stack.post("/api/v1/tenants/too-big/manifest", {"service_requirements": needs})
    assert made["resources"]["capacity"]["shortages"] == [short]
    korean = {"Accept-Language": "ko"}
    said = stack.post("/api/v1/tenants/calculate-resources", needs, headers=korean)
    assert "GPU" in said["resources"]["capacity"]["shortages"][0]["message"]
    assert said["resources"]["capacity"]["shortages"][0]["message"] != short["message"]
    # So do creation and validation, and the deploy says it and goes on: 13 of 25 find no place.
    body = {"tenant_id": "too-big-2", "service_requirements": needs}
    assert stack.post("/api/v1/tenants/", body)["warnings"] == [short["message"]]
    checked = {"tenant_id": "too-big", "manifest_content": made["manifest_content"]}
    judged = stack.post("/api/v1/tenants/validate-manifest", checked)
    (row,) = [row for row in judged["errors"] if row["rule"] == "B0115"]
    assert (row["severity"], row["message"]) == ("broken", short["message"])
    verdict = (judged["valid"], judged["deployable"], judged["simulator_compatible"])
    assert verdict == (True, True, False)
    apart = stack.post("/api/v1/tenants/validate-manifest", {**checked, "target_simulator": False})
    assert apart["errors"] == []
    sent = stack.cli("deploy", "too-big")
    assert (sent.returncode, short["message"] in sent.stderr) == (0, True)
    stack.warp("15m")
    row = stack.get("/api/v1/simulator/status/too-big")
    assert row["started"] is False
    texts = [problem["text"] for problem in row["startup"]["problems"]]
    assert any("Insufficient nvidia.com/gpu" in text for text in texts)
    assert stack.call("orchestrator", "DELETE", "/api/v1/tenants/too-big").status == 200
    stack.warp("2m")


def test_r064_r068_a_validation_has_the_guides_fields_and_types(stack: Stack) -> None:
    body = {
        "tenant_id": "judged",
        "manifest_content": CONFIG,
        "strict_validation": True,
        "target_simulator": True,
    }
    found = stack.post("/api/v1/tenants/validate-manifest", body)
    assert (found["valid"], found["warnings"], found["errors"]) == (True, [], [])
    assert found["simulator_compatible"] is True
    summary = found["resource_summary"]
    assert summary["configmaps"] == 1
    # A kind that no server has any more is said once, by its rule.
    gone = CONFIG.replace("v1", "v0", 1)
    judged = stack.post("/api/v1/tenants/validate-manifest", {**body, "manifest_content": gone})
    assert [row["rule"] for row in judged["errors"] + judged["warnings"]] == ["E0011"]
    for name in ("total_cpu", "total_memory"):
        assert isinstance(summary[name], str)
    for name in ("total_gpu", "estimated_pods"):
        assert isinstance(summary[name], int)


def test_r062_c29_unknown_fields_are_errors_only_where_it_is_strict(stack: Stack) -> None:
    path = "/api/v1/tenants/validate-manifest"
    body = {"manifest_content": f"{CONFIG}dada: {{}}\n"}
    strict = stack.post(path, {**body, "strict_validation": True})
    lenient = stack.post(path, {**body, "strict_validation": False})
    assert (strict["valid"], lenient["valid"]) == (False, True)
    assert [row["rule"] for row in lenient["warnings"]] == [row["rule"] for row in strict["errors"]]


def test_c18_the_fixtures_lie_where_the_guide_calls_them() -> None:
    for name in ("valid-manifest.json", "invalid-manifest.json"):
        body = json.loads((ROOT / name).read_text())
        assert set(body) >= {"tenant_id", "manifest_content"}
        assert json.loads((ROOT / "examples" / name).read_text()) == body


def test_c19_both_verbs_speak_of_one_manifest(stack: Stack) -> None:
    made = stack.post("/api/v1/tenants/verbs/manifest")
    path = "/api/v1/tenants/verbs/manifest"
    assert stack.get(path) == made["manifest_content"]
    named = stack.get(f"{path}?format=json&digest={made['manifest_digest']}")
    assert named["manifest_content"] == made["manifest_content"]
    answer = stack.call("orchestrator", "GET", f"{path}?digest=sha256:none")
    assert (answer.status, answer.body["error"]["code"]) == (404, "MANIFEST_NOT_FOUND")


# -- deploy, status, SLA: R070-R077, R095-R101, C06, C07, C11, C13 ---------------------------------


def test_r071_without_tracking_there_is_no_sla(stack: Stack) -> None:
    body = {"manifest_content": CONFIG, "enable_sla_tracking": False}
    done = stack.post("/api/v1/simulator/deploy/untracked", body)
    assert (done["status"], done["sla_monitoring"]) == ("success", False)


def test_r070_without_monitoring_nothing_of_a_prometheus_operator_is_applied(stack: Stack) -> None:
    stack.post("/api/v1/tenants/bare/manifest", {"service_requirements": {"ta": 5}})
    done = stack.post("/api/v1/simulator/deploy/bare", {"include_monitoring": False})
    kinds = {step["kind"] for step in stack.get("/api/v1/simulator/status/bare")["steps"]}
    assert "Deployment" in kinds
    assert "ServiceMonitor" not in kinds
    assert done["resources_count"] == len(stack.get("/api/v1/simulator/status/bare")["steps"])


def test_c07_the_last_valid_manifest_is_deployed(stack: Stack) -> None:
    body = {"tenant_id": "order", "manifest_content": CONFIG}
    kept = stack.post("/api/v1/tenants/validate-manifest", body)
    done = stack.post("/api/v1/simulator/deploy/order")
    assert (done["manifest_source"], done["resources_count"]) == ("validated", 1)
    assert done["manifest_digest"] == kept["manifest_digest"]
    other = CONFIG.replace("name: a", "name: b")
    given = stack.post("/api/v1/simulator/deploy/order", {"manifest_content": other})
    assert (given["manifest_source"], given["revision"]) == ("given", 2)
    back = {"manifest_id": kept["manifest_digest"]}
    again = stack.post("/api/v1/simulator/deploy/order", back)
    assert (again["manifest_digest"], again["revision"]) == (kept["manifest_digest"], 3)


def test_c06_creation_at_first_use_can_be_switched_off(stack: Stack) -> None:
    path = "/api/v1/simulator/deploy/unborn"
    answer = stack.call("orchestrator", "POST", path, {"create_tenant": False})
    assert (answer.status, answer.body["error"]["code"]) == (404, "TENANT_NOT_FOUND")


def test_c11_the_status_is_one_document(stack: Stack, deployed: dict[str, Any]) -> None:
    found = stack.get("/api/v1/simulator/status")
    assert found["status"] == "healthy"
    assert set(found["simulator"]) >= {"url", "status", "version"}
    assert found["stores"] == {"production": "healthy"}
    row = next(row for row in found["tenants"] if row["tenant_id"] == TENANT)
    assert row["deployment_id"] == deployed["deployment_id"]
    assert row["phase"] == "ready"
    assert row["ready"] == row["desired"] == 27
    assert row["sla"]["target_sla"] == 99.5
    assert stack.call("orchestrator", "GET", "/api/v1/simulator/status/nobody").status == 404


def test_r095_r101_an_analysis_has_the_guides_fields_and_types(
    stack: Stack, deployed: dict[str, Any]
) -> None:
    found = stack.get(f"/api/v1/simulator/sla/{TENANT}/analysis")
    assert found["period"] == "24h"
    assert found["tenant_id"] == TENANT
    for name in ("current_sla", "target_sla", "uptime_percentage", "availability"):
        assert isinstance(found[name], NUMBER)
    assert found["status"] in STATUSES
    assert isinstance(found["failure_count"], int)
    assert found["recovery_time_avg"] is None or isinstance(found["recovery_time_avg"], NUMBER)
    up = found["uptime_seconds"] / found["eligible_seconds"]
    assert found["uptime_percentage"] == pytest.approx(100 * up, abs=0.001)
    good = found["requests"]["good"] / found["requests"]["total"]
    assert found["availability"] == pytest.approx(100 * good, abs=0.001)
    assert found["downtime_minutes"] == pytest.approx(found["downtime_seconds"] / 60, abs=0.05)


# -- failures: R102, R163, C16 ---------------------------------------------------------------------


def test_r163_a_cpu_spike_is_triggered_with_the_guides_one_field(
    stack: Stack, deployed: dict[str, Any]
) -> None:
    path = f"/api/v1/simulator/failures/{TENANT}/trigger"
    done = stack.post(path, {"failure_type": "cpu_spike"})
    assert (done["status"], done["failure_type"]) == ("success", "cpu_spike")
    assert done["tenant_id"] == TENANT
    assert done["failure_id"]


# -- the simulator: R110-R116, C03 -----------------------------------------------------------------


def test_r110_r111_what_is_told_is_shown_beside_what_is_measured(
    stack: Stack, deployed: dict[str, Any]
) -> None:
    before = simulator(stack, f"/api/v1/metrics/{TENANT}")
    told = {"business_requests": 1500, "active_sessions": 45, "revenue": 125000.0, "free.key": 1}
    body = {"tenant_id": TENANT, "source": "ecp-orchestrator", "metrics": told}
    answer = stack.call("simulator", "POST", "/api/v1/external-metrics", body)
    assert (answer.status, answer.body["status"], answer.body["received"]) == (200, "success", 4)
    after = simulator(stack, f"/api/v1/metrics/{TENANT}")
    shown = after["external_metrics"]
    assert {name: row["value"] for name, row in shown.items()} == told
    assert all(row["source"] == "ecp-orchestrator" for row in shown.values())
    assert after["metrics"].keys() == before["metrics"].keys()
    for name in METRICS:
        assert isinstance(after["metrics"][name], NUMBER)
        assert after["metrics"]["units"][name]
    assert after["tenant_id"] == TENANT
    assert UTC.fullmatch(after["timestamp"])
    sla = after["sla_data"]
    assert sla["status"] in STATUSES
    assert 0 <= sla["availability"] <= 100
    assert 0 <= sla["uptime_percentage"] <= 100


def test_r111_nobodys_metrics_are_not_found(stack: Stack) -> None:
    answer = stack.call("simulator", "GET", "/api/v1/metrics/nobody")
    assert answer.status == 404
    assert answer.body["error"]["code"] == "TENANT_NOT_FOUND"


def test_r112_the_systems_metrics_add_up(stack: Stack, deployed: dict[str, Any]) -> None:
    found = simulator(stack, "/api/v1/metrics/system")
    row = next(row for row in found["clusters"] if row["cluster"] == "default")
    assert (row["nodes"], row["gpu"]["allocatable"]) == ({"total": 11, "ready": 11}, 12)
    for name in ("cpu", "memory", "gpu"):
        share = 100 * row[name]["requested"] / row[name]["allocatable"]
        assert row[name]["requested_percent"] == pytest.approx(share, abs=0.01)


def test_c03_every_spelling_of_the_metrics_answers(stack: Stack, deployed: dict[str, Any]) -> None:
    collection = simulator(stack, "/api/metrics")
    assert simulator(stack, "/api/v1/metrics").keys() == collection.keys()
    texts = [
        stack.call("simulator", "GET", "/metrics"),
        stack.call("simulator", "GET", "/api/metrics?format=prometheus"),
        stack.call("simulator", "GET", "/api/metrics", headers={"Accept": "text/plain"}),
    ]
    for answer in texts:
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
        assert f'tenant="{TENANT}"' in answer.body


def test_r114_r116_the_simulators_root_and_health_answer(stack: Stack) -> None:
    assert simulator(stack, "/health")["status"] == "healthy"
    assert simulator(stack, "/")["service"] == "ecp-simulator"


# -- settings: R130-R138 ---------------------------------------------------------------------------

GIVEN = {
    "deploymentMethod": "k8s-simulator",
    "deploymentEndpoint": "http://localhost:6360",
    "simulatorUrl": "http://localhost:6390",
    "validationStrict": True,
    "monitoringStack": "custom",
    "customApiEndpoint": "http://localhost:6360/api/metrics",
    "slaTarget": 99.5,
    "realTimeMonitoring": True,
    "dataCollectionInterval": 5,
    # Where a real cluster is: not of the guide.
    "kubeContext": "",
    "kubeconfig": "",
    "clusterUrl": "",
    "clusterReadOnly": True,
    "auditDays": 365,
    "auditEntries": 100_000,
}


def test_r130_r138_the_settings_are_the_guides_and_are_kept(stack: Stack) -> None:
    assert stack.get("/api/v1/settings") == GIVEN
    changed = {**GIVEN, "slaTarget": 99.0, "dataCollectionInterval": 10}
    answer = stack.call("orchestrator", "PUT", "/api/v1/settings", changed)
    assert (answer.status, answer.body) == (200, changed)
    assert stack.get("/api/v1/settings") == changed
    # A tenant created from now on has the new target.
    assert stack.post("/api/v1/tenants/", {"tenant_id": "later"})["sla_target"] == {
        "availability": 99.0
    }
    assert stack.call("orchestrator", "PUT", "/api/v1/settings", {}).body == GIVEN


@pytest.mark.parametrize(
    "wrong",
    [
        {"slaTarget": 100},
        {"slaTarget": "high"},
        {"dataCollectionInterval": 0},
        {"validationStrict": "perhaps"},
        {"deploymentEndpoint": "javascript:alert(1)"},
        {"simulatorUrl": "localhost"},
        {"deploymentMethod": "by-hand"},
        {"monitoringStack": "none"},
        {"unheard": 1},
    ],
    ids=lambda wrong: str(next(iter(wrong.items()))),
)
def test_r130_r138_what_no_setting_can_be_is_refused(stack: Stack, wrong: dict[str, Any]) -> None:
    answer = stack.call("orchestrator", "PUT", "/api/v1/settings", wrong)
    assert (answer.status, answer.body["error"]["code"]) == (422, "VALIDATION_FAILED")
    assert answer.body["error"]["details"][0]["field"] == f"body.{next(iter(wrong))}"


# -- environment: R140-R143, C02 -------------------------------------------------------------------


class Elsewhere(Stack):
    """An orchestrator whose first address of the simulator is one where nobody answers."""

    def environment(self) -> dict[str, str]:
        found = super().environment()
        found["K8S_SIMULATOR_URL"] = "http://127.0.0.1:9"
        found["K8S_SIMULATOR_EXTERNAL_URL"] = found.pop("ECP_SIMULATOR_URL")
        return found


def test_r140_r143_the_external_address_stands_in_and_is_shown(tmp_path: Path) -> None:
    stack = Elsewhere(tmp_path)
    try:
        stack.start()
        stack.warp("1s")  # the simulator answers
        found = stack.get("/api/v1/simulator/status")
        while found["simulator"]["status"] != "healthy":
            found = stack.get("/api/v1/simulator/status")
        assert found["simulator"]["url"] == f"http://127.0.0.1:{stack.ports['simulator']}"
    finally:
        stack.stop()


def test_the_counters_of_the_example_clients_are_taken_and_what_has_no_effect_is_said(
    stack: Stack,
) -> None:
    given = {"callbot": 20, "chatbot": 50, "advisor": 10, "stt": 15, "tts": 15}
    more = {**given, "nlp": 80, "aicm": 50}
    sized = stack.post("/api/v1/tenants/calculate-resources", more)
    plain = stack.post("/api/v1/tenants/calculate-resources", given)
    assert sized["resources"] == plain["resources"]
    (said,) = [words for words in sized["warnings"] if "nlp" in words]
    assert "aicm" in said
    assert said not in plain["warnings"]
    body = {"tenant_id": "example", "service_requirements": more}
    made = stack.post("/api/v1/tenants/", body)
    assert said in made["warnings"]
    assert made["service_requirements"] == {**given, "ta": 0, "qa": 0}
    assert made["estimated_resources"]["totals"] == sized["resources"]["totals"]
    changed = stack.call("orchestrator", "PUT", "/api/v1/tenants/example", {
        "service_requirements": {**more, "callbot": 21}
    })  # fmt: skip
    assert (changed.status, changed.body["service_requirements"]["callbot"]) == (200, 21)


def test_an_ingress_is_written_when_it_is_asked_for(stack: Stack) -> None:
    path = "/api/v1/tenants/door/manifest"
    stack.post(path, {"service_requirements": {"chatbot": 5}})
    assert "kind: Ingress" not in stack.get(path)
    manifest = stack.get(f"{path}?include_ingress=true")
    assert "kind: Ingress" in manifest
    assert "kind: ServiceMonitor" in manifest
    bare = stack.get(f"{path}?include_monitoring=false&namespace=door-ecp-ai")
    assert "ServiceMonitor" not in bare
    foreign = stack.call("orchestrator", "GET", f"{path}?namespace=default")
    assert (foreign.status, foreign.body["error"]["code"]) == (422, "FOREIGN_NAMESPACE")
    checked = stack.post("/api/v1/tenants/validate-manifest", {"manifest_content": manifest})
    assert checked["valid"]
    made = stack.post(path, {"include_ingress": True})
    assert any("ingress" in name for name in made["files"])


def test_a_size_is_priced_and_what_else_would_do_is_ranked(stack: Stack) -> None:
    needs = {"callbot": 10, "chatbot": 50, "advisor": 5}
    path = "/api/v1/tenants/calculate-resources"
    found = stack.post(path, {**needs, "cloud_provider": "aws"})
    assert (found["recommended_preset"], found["gpu_type"]) == ("small", "t4")
    assert set(found) >= {"resources", "estimated_cost", "alternatives", "node_pools", "summary"}
    cost = found["estimated_cost"]
    assert (cost["provider"], cost["currency"], cost["vat_included"]) == ("aws", "USD", False)
    assert isinstance(cost["krw"], int)
    assert cost["price_date"]
    assert cost["price_source"]
    costs = [row["krw"] for row in found["alternatives"]]
    assert costs == sorted(costs)
    assert {"gpu_type", "provider", "infrastructure"} == {
        what for row in found["alternatives"] for what in row["differs_in"]
    }
    korean = stack.post(path, needs, headers={"Accept-Language": "ko"})
    assert all("원" in row["text"] for row in korean["alternatives"])
    shared = stack.post(path, {**needs, "cloud_provider": "aws", "infrastructure": "shared"})
    assert shared["estimated_cost"]["krw"] < cost["krw"]
    for wrong, status in (({"cloud_provider": "moon"}, 422), ({"infrastructure": "x"}, 422)):
        assert stack.call("orchestrator", "POST", path, {**needs, **wrong}).status == status
    lacking = stack.call(
        "orchestrator", "POST", path, {**needs, "cloud_provider": "azure", "gpu_type": "l40s"}
    )
    assert (lacking.status, lacking.body["error"]["code"]) == (422, "INVALID_TENANT")


def test_passwords_are_hidden_where_they_are_listed_and_filled_in_where_they_run(
    stack: Stack,
) -> None:
    path = "/api/v1/tenants/hides/manifest"
    whole = stack.post(path, {"include_secrets": True, "service_requirements": {"chatbot": 1}})
    shown = stack.post(path)
    (line,) = re.findall(r"database-password: (\S+)", whole["manifest_content"])
    assert (whole["secrets"], shown["secrets"]) == ("included", "hidden")
    assert shown["manifest_digest"] == whole["manifest_digest"]
    for form in ("yaml", "json"):
        assert line not in json.dumps(stack.get(f"{path}?format={form}"))
    assert line not in json.dumps(shown)
    body = {"manifest_content": shown["manifest_content"]}
    stack.post("/api/v1/simulator/deploy/hides", body)
    base = "/clusters/default/api/v1/namespaces/hides-ecp-ai/secrets/ecp-credentials"
    running = stack.call("simulator", "GET", base).body
    assert running["data"]["database-password"] == line


def test_archives_are_handed_out_and_say_what_is_wrong(stack: Stack, tmp_path: Path) -> None:
    path = "/api/v1/tenants/packed/manifest"
    made = stack.post(path, {"service_requirements": {"chatbot": 1}})
    assert stack.cli("manifest", "packed").stdout == made["manifest_content"]
    file = tmp_path / "packed.zip"
    saved = stack.cli("manifest", "packed", "--format", "zip", "-o", str(file))
    assert (saved.returncode, saved.stderr) == (0, "")
    assert file.read_bytes() == stack.get(f"{path}?format=zip")
    for form in ("zip", "kustomize", "offline"):
        answer = stack.call("orchestrator", "GET", f"{path}?format={form}&cloud_provider=ncp")
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "application/zip"
        assert answer.headers["X-Secrets"] == "hidden"
        assert f"packed-{form}.zip" in answer.headers["Content-Disposition"]
    for query, code in (
        ("format=offline&registry=https://r", "INVALID_REGISTRY"),
        ("format=zip&digest=sha256:x", "GENERATED_ONLY"),
        ("format=zip&cloud_provider=moon", "INVALID_OPTION"),
        ("format=tar", "VALIDATION_FAILED"),
    ):
        answer = stack.call("orchestrator", "GET", f"{path}?{query}")
        assert answer.status == 422
        assert answer.body["error"]["code"] == code
