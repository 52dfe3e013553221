"""Each service while the other is away, addresses and settings tried for real, streams resumed."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

from .stack import Stack

pytestmark = pytest.mark.cluster

TENANT = "steady"
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: only}\n"
DEPLOY = f"/api/v1/simulator/deploy/{TENANT}"
STATUS = "/api/v1/simulator/status"
TEST = "/api/v1/settings/test-connection"


def dead_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    found = Stack(tmp_path_factory.mktemp("steady"))
    found.start()
    found.post(f"{DEPLOY}?wait=ready&timeout=60", {"manifest_content": CONFIG})
    found.warp("2m")
    yield found
    found.stop()


def watching(stack: Stack, query: str = "") -> ClientConnection:
    port = stack.ports["orchestrator"]
    url = f"ws://127.0.0.1:{port}/api/v1/simulator/realtime/{TENANT}{query}"
    return connect(url, proxy=None)


def heard(stream: ClientConnection, wanted: str, most: int = 20) -> dict[str, Any]:
    """Return the next message that has *wanted*, or an error of that code."""
    for _ in range(most):
        message: dict[str, Any] = json.loads(stream.recv(timeout=120))
        if wanted in message or message.get("error", {}).get("code") == wanted:
            return message
    raise AssertionError(f"no {wanted} among {most} messages")


# -- settings --------------------------------------------------------------------------------------


def test_settings_are_stored_survive_a_restart_and_can_be_sent_back(stack: Stack) -> None:
    before = stack.get("/api/v1/settings")
    changed = {**before, "slaTarget": 99.9, "validationStrict": False}
    put = stack.call("orchestrator", "PUT", "/api/v1/settings", changed)
    assert (put.status, put.body) == (200, changed)
    stack.kill("orchestrator")
    stack.start("orchestrator")
    assert stack.get("/api/v1/settings") == changed
    rows = {row["name"]: row for row in stack.get("/api/v1/settings/effective")["settings"]}
    assert rows["slaTarget"] == {
        "name": "slaTarget", "value": 99.9, "source": "stored", "variable": None,
        "stored": 99.9, "default": 99.5,
    }  # fmt: skip
    assert rows["deploymentEndpoint"]["variable"] == "ECP_SIMULATOR_URL"
    created = stack.post("/api/v1/tenants/", {"tenant_id": "after-settings"})
    assert created["sla_target"]["availability"] == 99.9
    unknown = CONFIG + "colour: blue\n"
    lenient = stack.post("/api/v1/tenants/validate-manifest", {"manifest_content": unknown})
    assert (lenient["valid"], lenient["strict_validation"]) == (True, False)
    stack.call("orchestrator", "PUT", "/api/v1/settings", {})
    strict = stack.post("/api/v1/tenants/validate-manifest", {"manifest_content": unknown})
    assert (strict["valid"], strict["strict_validation"]) == (False, True)


@pytest.mark.parametrize("body", [{"slaTarget": "much"}, {"deploymentEndpoint": "x"}, {"a": 1}])
def test_settings_that_are_none_are_refused(stack: Stack, body: dict[str, Any]) -> None:
    answer = stack.call("orchestrator", "PUT", "/api/v1/settings", body)
    assert (answer.status, answer.body["error"]["code"]) == (422, "VALIDATION_FAILED")


def test_c20_each_connection_is_tried_for_real(stack: Stack) -> None:
    simulator = f"http://127.0.0.1:{stack.ports['simulator']}"
    urls = {
        "deploymentEndpoint": simulator,
        "simulatorUrl": simulator,
        "customApiEndpoint": f"{simulator}/api/metrics",
    }
    found = stack.post(TEST, urls)
    assert found["ok"] is True, found
    rows = {row["setting"]: row for row in found["connections"]}
    assert list(rows) == list(urls)
    assert rows["deploymentEndpoint"]["answered_by"].startswith("ecp-simulator ")
    assert all(row["milliseconds"] > 0 and row["status"] == 200 for row in rows.values())

    wrong = stack.post(
        TEST,
        {
            "deploymentEndpoint": f"http://127.0.0.1:{stack.ports['orchestrator']}",
            "simulatorUrl": f"http://127.0.0.1:{dead_port()}",
            "customApiEndpoint": f"{simulator}/docs",
        },
    )
    assert wrong["ok"] is False
    other, nobody, page = wrong["connections"]
    assert (other["ok"], other["status"]) == (False, 200)
    assert (nobody["ok"], nobody["status"], nobody["milliseconds"]) == (False, None, None)
    assert page["ok"] is False
    assert all(row["message"] and row["remedy"] for row in wrong["connections"])
    assert stack.call("orchestrator", "POST", TEST, {"simulatorUrl": "nowhere"}).status == 422


# -- the other one is away -------------------------------------------------------------------------


def test_the_orchestrator_without_the_simulator(stack: Stack) -> None:
    """It says so, refuses what it cannot do, keeps what it has, and goes on by itself."""
    with watching(stack) as stream:
        stream.send(json.dumps({"action": "subscribe", "interval": 1000}))
        heard(stream, "timestamp")
        stack.take_away("simulator")
        assert "error" in heard(stream, "SIMULATOR_UNREACHABLE")
        stream.send(json.dumps({"action": "ping"}))
        assert heard(stream, "action")["action"] == "pong"

        status = stack.get(STATUS)
        assert (status["status"], status["simulator"]["status"]) == ("degraded", "unreachable")
        assert status["simulator"]["detail"]
        row = next(row for row in status["tenants"] if row["tenant_id"] == TENANT)
        assert (row["phase"], row["live"]) == ("ready", False)
        assert stack.get("/health")["status"] == "healthy"
        refused = stack.call("orchestrator", "POST", DEPLOY, {"manifest_content": CONFIG})
        assert (refused.status, refused.body["error"]["code"]) == (503, "SIMULATOR_UNREACHABLE")
        assert stack.get(f"/api/v1/tenants/{TENANT}")["tenant_id"] == TENANT
        judged = stack.post("/api/v1/tenants/validate-manifest", {"manifest_content": CONFIG})
        assert judged["valid"] is True
        nobody = stack.post(TEST)
        assert nobody["ok"] is False

        stack.start("simulator")
        assert heard(stream, "timestamp")["tenant_id"] == TENANT
    assert stack.get(STATUS)["status"] == "healthy"
    again = stack.post(DEPLOY, {"manifest_content": CONFIG})
    assert again["new_revision"] is False


def test_the_simulator_without_the_orchestrator(stack: Stack) -> None:
    """Its clusters and its ledger go on; what closed meanwhile is fetched afterwards."""
    stack.kill("orchestrator")
    stack.warp("20m")
    base = f"/api/v1/clusters/default/tenants/{TENANT}/minutes?limit=500"
    minutes = stack.call("simulator", "GET", base).body["minutes"]
    assert all(minute["tenant"]["slots"]["unknown"] == 0 for minute in minutes[1:])
    assert stack.call("simulator", "GET", "/health").body["status"] == "healthy"
    stack.start("orchestrator")
    assert stack.get(f"{STATUS}/{TENANT}")["phase"] == "ready"


def test_c02_the_outer_address_is_used_when_the_inner_one_is_dead(stack: Stack) -> None:
    stack.kill("orchestrator")
    outer = f"http://127.0.0.1:{stack.ports['simulator']}"
    inner = f"http://127.0.0.1:{dead_port()}"
    stack.settings.update(K8S_SIMULATOR_URL=inner, K8S_SIMULATOR_EXTERNAL_URL=outer)
    try:
        stack.start("orchestrator")
        status = stack.get(STATUS)
        assert status["simulator"] == {**status["simulator"], "status": "healthy", "url": outer}
        stack.take_away("simulator")
        assert stack.get(STATUS)["simulator"]["status"] == "unreachable"
        stack.start("simulator")
        assert stack.get(STATUS)["simulator"]["status"] == "healthy"
    finally:
        stack.settings.clear()
        stack.kill("orchestrator")
        stack.start("orchestrator")


# -- streams ---------------------------------------------------------------------------------------


def test_a_stream_resumes_by_sequence_without_a_gap(stack: Stack) -> None:
    """Also over a restart of the orchestrator: the sequence counts slots of the cluster's time."""
    with watching(stack) as stream:
        last = heard(stream, "timestamp")["sequence"]
    stack.kill("orchestrator")
    stack.warp("10m")
    stack.start("orchestrator")
    with watching(stack, f"?since={last}") as stream:
        frame = heard(stream, "timestamp")
        assert frame["recent"]["slots"]["count"] == frame["sequence"] - last >= 120
        stream.send(json.dumps({"action": "subscribe", "since": last, "interval": 1000}))
        again = heard(stream, "timestamp")
        assert again["recent"]["slots"]["count"] == again["sequence"] - last


def test_what_a_stream_no_longer_reaches_is_said(stack: Stack) -> None:
    with watching(stack, "?since=1000") as stream:  # of 1970
        assert "error" in heard(stream, "STREAM_EXPIRED", 1)
        heard(stream, "timestamp", 1)
        stream.send(json.dumps({"action": "subscribe", "since": 1_450_000_000}))
        assert "error" in heard(stream, "STREAM_EXPIRED")


@pytest.mark.parametrize(
    "said",
    [
        "what?",
        "[]",
        '{"action": "dance"}',
        '{"action": "subscribe", "metrics": ["beauty"]}',
        '{"action": "subscribe", "interval": 10}',
        '{"action": "subscribe", "since": "yesterday"}',
        '{"action": "subscribe", "since": -1}',
        '{"action": "metrics"}',
        '"' + "x" * 70_000 + '"',
    ],
    ids=lambda said: said[:44],
)
def test_c15_what_is_not_understood_is_answered_by_an_error(stack: Stack, said: str) -> None:
    with watching(stack) as stream:
        stream.send(said)
        assert heard(stream, "BAD_MESSAGE")["error"]["message"]
        stream.send(json.dumps({"action": "ping"}))
        assert heard(stream, "action") == {"v": 1, "action": "pong"}


def test_r137_live_figures_can_be_switched_off(stack: Stack) -> None:
    stack.call("orchestrator", "PUT", "/api/v1/settings", {"realTimeMonitoring": False})
    with watching(stack) as stream:
        assert "error" in heard(stream, "MONITORING_OFF", 1)
    stack.call("orchestrator", "PUT", "/api/v1/settings", {})
    with watching(stack) as stream:
        heard(stream, "timestamp", 1)


def test_r138_frames_come_at_the_interval_of_the_settings(stack: Stack) -> None:
    stack.call("orchestrator", "PUT", "/api/v1/settings", {"dataCollectionInterval": 1})
    with watching(stack) as stream:
        heard(stream, "timestamp")
        began = time.monotonic()
        for _ in range(2):
            heard(stream, "timestamp")
        # Two seconds, and what a busy machine takes; unasked it would be ten.
        assert 1.0 < time.monotonic() - began < 9
    stack.call("orchestrator", "PUT", "/api/v1/settings", {})


# -- deleted and created again ---------------------------------------------------------------------


def test_a_tenant_deleted_and_deployed_again_at_once(stack: Stack) -> None:
    """Its pods take their grace period to go: the next deploy waits for the namespace."""
    web = json.loads((stack.repository / "valid-manifest.json").read_text())["manifest_content"]
    path = "/api/v1/simulator/deploy/phoenix"
    first = stack.post(path, {"manifest_content": web})
    stack.warp("3m")
    other = stack.get(f"{STATUS}/{TENANT}")
    assert stack.call("orchestrator", "DELETE", "/api/v1/tenants/phoenix").status == 200
    answers: list[Any] = []
    again = threading.Thread(
        target=lambda: answers.append(stack.post(path, {"manifest_content": web}))
    )
    again.start()
    time.sleep(0.5)
    stack.warp("2m")
    again.join()
    assert answers[0]["tenant_created"] is True
    assert answers[0]["revision"] == 1
    assert answers[0]["deployment_id"] != first["deployment_id"]
    stack.warp("3m")
    assert stack.get(f"{STATUS}/phoenix")["started"] is True
    after = stack.get(f"{STATUS}/{TENANT}")
    assert (after["deployment_id"], after["phase"]) == (other["deployment_id"], "ready")


def test_a_namespace_that_cannot_go_is_a_clear_conflict(stack: Stack) -> None:
    """While the clock stands no pod ends, so the namespace stays."""
    web = json.loads((stack.repository / "valid-manifest.json").read_text())["manifest_content"]
    path = "/api/v1/simulator/deploy/frozen"
    stack.post(path, {"manifest_content": web})
    stack.warp("3m")
    clock = "/api/v1/clusters/default/clock"
    stack.call("simulator", "POST", clock, {"action": "pause"})
    try:
        assert stack.call("orchestrator", "DELETE", "/api/v1/tenants/frozen").status == 200
        answer = stack.call("orchestrator", "POST", path, {"manifest_content": web})
        assert (answer.status, answer.body["error"]["code"]) == (409, "NAMESPACE_TERMINATING")
        assert "frozen-ecp-ai" in answer.body["error"]["message"]
        assert stack.call("orchestrator", "GET", "/api/v1/tenants/frozen").status == 404
    finally:
        stack.call("simulator", "POST", clock, {"action": "resume"})
    stack.warp("2m")
    assert stack.post(path, {"manifest_content": web})["status"] == "success"
