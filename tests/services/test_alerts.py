"""Alerts against both services: a fault pages with its causes, by webhook, WebSocket, SSE and CLI.

One walk, because what costs is the services and the minutes that have to go by.
"""

import json
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import connect

from .stack import Stack

ALERTS = "/api/v1/alerts"
OWN = "/api/v1/tenants/acme/alerts"
WITHIN_S = 120

pytestmark = pytest.mark.cluster


class Hook(ThreadingHTTPServer):
    """Keeps what is posted to it."""

    daemon_threads = True

    def __init__(self) -> None:
        self.got: list[Any] = []
        super().__init__(("127.0.0.1", 0), _Post)
        self.url = f"http://127.0.0.1:{self.server_address[1]}/hook"


class _Post(BaseHTTPRequestHandler):
    server: Hook

    def do_POST(self) -> None:
        self.server.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


def awaited(seen: Callable[[], Any], what: str) -> Any:
    until = time.monotonic() + WITHIN_S
    while not (found := seen()):
        assert time.monotonic() < until, what
        time.sleep(0.1)
    return found


def test_a_fault_is_told_with_its_causes_once(tmp_path: Path) -> None:
    stack = Stack(tmp_path)
    stack.start()
    with Hook() as hook:
        threading.Thread(target=hook.serve_forever, daemon=True).start()
        try:
            walk(stack, hook)
        finally:
            stack.stop()
            hook.shutdown()
    assert stack.complaints == ""


def walk(stack: Stack, hook: Hook) -> None:
    stack.post("/api/v1/simulator/deploy/acme", {})
    refused_with_its_place(stack)
    made = stack.post(
        OWN,
        {
            "alert_name": "high-usage",
            "condition": "cpu_usage > 85 OR memory_usage > 90",
            "duration": "5m",
            "actions": ["webhook", "email"],
        },
    )
    assert made["figures"] == ["cpu_usage", "memory_usage"]
    assert [words.split()[4] for words in made["warnings"]] == ["webhook", "email"]

    route = stack.post(
        f"{ALERTS}/routes",
        {
            "name": "on-call",
            "kind": "webhook",
            "target": hook.url,
            "severity": "critical",
            "simulated": True,
        },
    )
    assert route["target"] == hook.url.replace("/hook", "/***")
    tried = stack.post(f"{ALERTS}/routes/{route['id']}/test")
    assert (tried["ok"], hook.got.pop()["title"]) == (True, "[심각] -: 알림 경로 시험")
    run = stack.cli("alerts", "test", str(route["id"]))
    assert (run.returncode, run.stdout) == (0, "on-call took the message.\n")
    hook.got.clear()

    # Budgets count from the birth of the SLA clock: it has to be up before it goes down.
    stack.warp("6m")
    fault = {"failure_type": "service_down", "duration": "30m"}
    stack.post("/api/v1/simulator/failures/acme/trigger", fault)
    stack.warp("8m")
    # What was warped is simulated, for as long as the cluster stands; only who wants that is told.
    paused = {"action": "pause"}
    stack.call("simulator", "POST", "/api/v1/clusters/default/clock", paused)
    told = awaited(lambda: hook.got, "nobody is told")[0]
    assert told["alert"]["rule"] == "burn_rate"
    assert told["title"] == "[SIM] [심각] acme: 에러 버짓 급속 소진"
    found = stack.get(f"{ALERTS}?tenant_id=acme&state=firing&severity=critical")["alerts"]
    burning = next(alert for alert in found if alert["rule"] == "burn_rate")
    assert burning["simulated"] is True
    assert burning["why"]["en"], burning
    assert burning["why"]["en"] != burning["why"]["ko"]

    (looked,) = stack.get(f"{ALERTS}/policies/acme/backtest")["alerts"]
    assert (looked["severity"], looked["cause"], looked["resolved_at"]) == ("critical", "f1", None)
    assert "WOULD HAVE FIRED" in stack.cli("alerts", "backtest", "acme").stdout

    listed = stack.cli("alerts", "list", "--tenant", "acme")
    assert "critical   firing" in listed.stdout
    shown = stack.cli("alerts", "show", str(burning["id"]))
    assert burning["why"]["en"][0] in shown.stdout

    since = max(event["id"] for event in stack.get(f"{ALERTS}/{burning['id']}")["history"])
    base = f"127.0.0.1:{stack.ports['orchestrator']}"
    with (
        connect(f"ws://{base}/ws/alerts/acme?since={since}") as socket,
        urllib.request.urlopen(f"http://{base}{ALERTS}/stream?since={since}", timeout=180) as lines,
    ):
        assert json.loads(socket.recv(timeout=180)) == {
            "v": 1,
            "action": "subscribed",
            "sequence": since,
        }
        socket.send('{"action":"ping"}')
        done = stack.cli("alerts", "ack", str(burning["id"]), "--who", "kim")
        assert done.returncode == 0, done.stderr
        heard = [json.loads(socket.recv(timeout=180)) for _ in range(2)]
        assert {"v": 1, "action": "pong"} in heard
        (message,) = [one for one in heard if "topic" in one]
        assert message["topic"] == "tenants/acme/alerts"
        assert message["body"]["what"] == "acknowledged"
        assert message["body"]["alert"]["acknowledged_by"] == "kim"
        assert (
            next(line for line in lines if line[:3] == b"id:") == b"id: %d\n" % message["sequence"]
        )
    ahead = stack.call("orchestrator", "GET", f"{ALERTS}/stream?since=999999")
    assert ahead.status == 410

    # What was told is not told again by who comes back.
    stack.kill("orchestrator")
    stack.start("orchestrator")
    stack.warp("1m")
    newest = stack.get(f"{ALERTS}/{burning['id']}")
    assert [(row["what"], row["state"]) for row in newest["deliveries"]] == [("critical", "sent")]
    for service in ("simulator", "orchestrator"):
        text = stack.call(service, "GET", "/metrics").body
        judged = subprocess.run(
            ["promtool", "check", "metrics"], input=text, capture_output=True, text=True
        )
        assert (judged.returncode, judged.stderr) == (0, ""), service
    assert 'ecp_alerts{mode="production",severity="critical",state="acknowledged"} 1' in text
    assert len([1 for body in hook.got if body["alert"]["rule"] == "burn_rate"]) == 1


def refused_with_its_place(stack: Stack) -> None:
    body = {"alert_name": "x", "condition": "cpu_usage > 85 AND mem > 3", "duration": "5m"}
    answer = stack.call("orchestrator", "POST", OWN, body)
    assert answer.status == 422
    assert answer.body["error"]["code"] == "INVALID_CONDITION"
    assert answer.body["error"]["details"][0]["column"] == 20
    for method, path, sent, status in (
        ("POST", OWN, {**body, "condition": "cpu_usage > 1", "duration": "x"}, 422),
        ("POST", f"{ALERTS}/routes", {"name": "a", "kind": "jandi", "target": "ftp://x"}, 422),
        ("POST", f"{ALERTS}/routes", {"name": "a", "kind": "webhook"}, 422),
        ("POST", f"{ALERTS}/silences", {"matchers": {}, "why": "x"}, 422),
        ("POST", f"{ALERTS}/silences", {"matchers": {"rule": "*"}, "why": "x"}, 422),
        ("GET", f"{ALERTS}/7", None, 404),
        ("POST", f"{ALERTS}/7/acknowledge", None, 404),
        ("DELETE", f"{ALERTS}/routes/7", None, 404),
        ("GET", "/api/v1/tenants/nobody/alerts", None, 404),
        ("PUT", f"{ALERTS}/policies/acme", {"preset": "gold"}, 422),
        ("GET", f"{ALERTS}/policies/nobody/backtest", None, 404),
        ("GET", f"{ALERTS}/policies/acme/backtest?days=31", None, 422),
    ):
        answer = stack.call("orchestrator", method, path, sent)
        assert answer.status == status, (path, answer)
