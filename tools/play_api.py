"""Play every call of both services and hear what they answer: the examples of their documents.

`tools/make_api.py --record` calls it. Services of its own are started over a folder of its own, a
tenant goes through its life on a cluster that begins in January, four hours before a month ends,
and each call is made at the moment at which its answer says most. What is heard more than once
gives one example and a schema of all of it.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import httpx

ROOT = Path(__file__).resolve().parents[1]
MODULES = {"simulator": "ecp.simulator.app", "orchestrator": "ecp.orchestrator.app"}
# Four hours before the month ends in Seoul.
START = "2026-01-31T11:00:00Z"
TENANT = "my-ai-service"
ONE: Any = {"tenant_id": TENANT}
INSIDE: Any = {"name": "default", "tenant": TENANT}
_PATIENCE_S = 120.0
_STREAMED_BYTES = 900


class Heard(NamedTuple):
    """One call and its answer; `parts` are the values of the path's parts."""

    service: str
    call: str
    parts: dict[str, Any]
    query: dict[str, Any]
    body: Any
    status: int
    media: str
    answer: Any


class Player:
    """Both services, and the calls that were made of them; `heard` keeps them in their order."""

    def __init__(self, root: Path) -> None:
        self.heard: list[Heard] = []
        self.urls: dict[str, str] = {}
        listeners = {}
        for name in MODULES:
            listener = socket.socket()
            listener.bind(("127.0.0.1", 0))
            listener.listen(64)
            listeners[name] = listener
            self.urls[name] = f"http://127.0.0.1:{listener.getsockname()[1]}"
        environment = {
            **os.environ,
            "ECP_DATA_DIR": str(root),
            "ECP_SIMULATOR_URL": self.urls["simulator"],
            "ECP_ORCHESTRATOR_URL": self.urls["orchestrator"],
            "ECP_LANG": "en",
        }
        self.processes = []
        for name, listener in listeners.items():
            process = subprocess.Popen(
                [sys.executable, "-m", MODULES[name]],
                env={**environment, "ECP_SOCKETS": str(listener.fileno())},
                pass_fds=[listener.fileno()],
            )
            self.processes.append(process)
            listener.close()
        self.http = httpx.Client(timeout=_PATIENCE_S, trust_env=False)

    def stop(self) -> None:
        """End both services."""
        self.http.close()
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(20)

    def ask(
        self,
        service: str,
        call: str,
        /,
        body: Any = None,
        query: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        **parts: Any,
    ) -> Any:
        """Make a call, as in `GET /api/v1/tenants/{tenant_id}`, and keep it; return its answer.

        A refusal is no example: SystemExit says what it was.
        """
        method, path = call.split(" ", 1)
        filled = path.format(**parts)
        url = self.urls[service] + filled
        options: dict[str, Any] = {"params": query, "headers": headers or {}}
        if body is not None:
            options["json"] = body
        with self.http.stream(method, url, **options) as response:
            media = response.headers.get("content-type", "").partition(";")[0]
            if response.status_code >= 400:
                response.read()
                raise SystemExit(f"{call} {parts} {query}: {response.status_code} {response.text}")
            answer = _content(response, media)
        self.heard.append(
            Heard(service, call, parts, query or {}, body, response.status_code, media, answer)
        )
        return answer

    def until(self, seen: Callable[[], Any], what: str) -> Any:
        """Return what is *seen* once it is; SystemExit names *what* never came."""
        end = time.monotonic() + _PATIENCE_S
        while not (found := seen()):
            if time.monotonic() > end:
                raise SystemExit(f"never: {what}")
            time.sleep(0.2)
        return found

    def quietly(self, service: str, method: str, path: str, body: Any = None) -> Any:
        """Make a call that is no example, whatever it answers."""
        return self.http.request(method, self.urls[service] + path, json=body).json()

    def warp(self, duration: str, cluster: str = "default") -> None:
        """Let simulated time pass, and hear of it."""
        path = f"/api/v1/clusters/{cluster}/clock"
        clock = self.quietly("simulator", "POST", path, {"action": "warp", "to": f"+{duration}"})
        while clock["warping_to"]:
            time.sleep(0.05)
            clock = self.quietly("simulator", "GET", path)


def _content(response: httpx.Response, media: str) -> Any:
    if media == "text/event-stream":
        said = ""
        for piece in response.iter_text():
            said += piece
            if "\n\n" in said and "data:" in said:
                break
        return said[:_STREAMED_BYTES]
    response.read()
    if media == "application/json":
        # Where this player keeps its data is no part of an answer.
        folder = tempfile.gettempdir()
        return json.loads(re.sub(rf"{re.escape(folder)}/[^/\"]+", "/var/lib/ecp", response.text))
    if media in ("application/zip", "application/octet-stream", "application/pdf"):
        return None
    return response.text


@contextmanager
def players() -> Iterator[Player]:
    """Start both services; end them with the block."""
    with tempfile.TemporaryDirectory() as folder:
        player = Player(Path(folder))
        try:
            yield player
        finally:
            player.stop()


def play() -> list[Heard]:
    """Return every call of both services with what it answered."""
    with players() as player:
        _before(player)
        _tenants(player)
        _releases(player)
        _levels(player)
        _faults(player)
        _alerts(player)
        _monitoring(player)
        _rehearsals(player)
        _settings(player)
        _clusters(player)
        _pools(player)
        _compatible(player)
        _images(player)
        _twins(player)
        _schemas(player)
        _life(player)
        _demo(player)
        _audit(player)
        return player.heard


def _before(p: Player) -> None:
    for path in ("/health", "/healthz", "/livez", "/ready", "/readyz", "/metrics"):
        p.ask("orchestrator", f"GET {path}")
    for path in ("/health", "/healthz", "/livez", "/readyz", "/"):
        p.ask("simulator", f"GET {path}")
    p.quietly("simulator", "DELETE", "/api/v1/clusters/default")
    p.ask("simulator", "POST /api/v1/clusters", {"name": "default", "start": START, "seed": 7})
    p.ask("simulator", "GET /api/v1/clusters/{name}/tenants", name="default")


def _tenants(p: Player) -> None:
    base, one = "/api/v1/tenants", ONE
    valid = json.loads((ROOT / "valid-manifest.json").read_text("utf-8"))
    invalid = json.loads((ROOT / "invalid-manifest.json").read_text("utf-8"))
    needs = {"callbot": 10, "chatbot": 50, "advisor": 5}
    p.ask("orchestrator", f"POST {base}/validate-manifest", valid)
    p.ask("orchestrator", f"POST {base}/validate-manifest", invalid)
    p.ask("orchestrator", f"GET {base}/check-duplicate", query={"tenant_id": TENANT})
    p.ask("orchestrator", f"POST {base}/calculate-resources", {**needs, "cloud_provider": "ncp"})
    wanted = {"tenant_id": TENANT, "service_requirements": needs}
    p.ask("orchestrator", f"POST {base}/preview-manifest", wanted)
    p.ask("orchestrator", "GET /api/v1/presets")
    p.ask(
        "orchestrator",
        f"POST {base}/",
        {
            "tenant_id": TENANT,
            "name": "My AI service",
            "preset": "small",
            "service_requirements": needs,
            "sla_target": {"availability": 99.5},
            "owner": "team-voice",
            "labels": {"tier": "gold"},
        },
    )
    p.ask("orchestrator", f"GET {base}/check-duplicate", query={"tenant_id": TENANT})
    p.ask("orchestrator", f"GET {base}/", query={"limit": 2, "sort": "tenant_id"})
    p.ask("orchestrator", f"GET {base}/{{tenant_id}}", **one)
    p.ask("orchestrator", f"PUT {base}/{{tenant_id}}", {"description": "Voice and chat"}, **one)
    p.ask("orchestrator", f"PATCH {base}/{{tenant_id}}", {"labels": {"region": "kr"}}, **one)
    p.ask("orchestrator", f"POST {base}/{{tenant_id}}/manifest", {"include_ingress": True}, **one)
    manifest = f"GET {base}/{{tenant_id}}/manifest"
    for form in ("yaml", "json", "zip"):
        p.ask("orchestrator", manifest, query={"format": form}, **one)
    demand = f"{base}/{{tenant_id}}/demand"
    shape = {"calendar": "KR", "weekdays": {"mon": 1.2}, "month_end": {"days": 3, "factor": 1.3}}
    p.ask("orchestrator", f"PUT {demand}", shape, **one)
    p.ask("orchestrator", f"GET {demand}", **one)
    p.ask("orchestrator", f"DELETE {demand}", **one)


def _releases(p: Player) -> None:
    base, one = "/api/v1/tenants/{tenant_id}", ONE
    guide = {"include_monitoring": True, "enable_sla_tracking": True}
    deploy = "POST /api/v1/simulator/deploy/{tenant_id}"
    p.ask("orchestrator", f"GET {base}/diff", **one)
    made = p.ask("orchestrator", deploy, guide, **one)
    p.ask("orchestrator", f"GET {base}/deployment-status", **one)
    p.warp("10m")
    p.ask("orchestrator", "GET /api/v1/simulator/status/{tenant_id}", **one)
    p.ask("orchestrator", "GET /api/v1/simulator/status")
    p.ask("orchestrator", f"GET {base}/deployment-status", **one)
    p.ask("orchestrator", f"POST {base}/diff", {"include_monitoring": False}, **one)
    p.ask("orchestrator", deploy, {**guide, "include_monitoring": False}, **one)
    p.ask("orchestrator", f"PUT {base}", {"service_requirements": {"chatbot": 60}}, **one)
    p.warp("5m")
    p.ask("orchestrator", f"GET {base}/releases", **one)
    live = f"{base}/resources"
    p.ask("orchestrator", f"GET {live}", query={"kind": "Deployment"}, **one)
    logged = {"selector": "app=chatbot", "tail": 5}
    p.ask("orchestrator", f"GET {live}/logs", query=logged, **one)
    seen: Any = {"kind": "Deployment", "name": "chatbot", **one}
    p.ask("orchestrator", f"GET {live}/{{kind}}/{{name}}", **seen)
    p.ask("orchestrator", f"GET {live}/{{kind}}/{{name}}/metrics", query={"minutes": 2}, **seen)
    listed = p.ask("orchestrator", f"GET {live}", query={"kind": "Pod", "fields": "name"}, **one)
    pod = listed["nodes"][0]["name"]
    p.ask("orchestrator", f"GET {live}/pods/{{name}}/logs", name=pod, **one)
    p.ask("orchestrator", f"GET {base}/releases/compare", query={"from": 1, "to": 2}, **one)
    p.ask("orchestrator", f"GET {base}/releases/{{revision}}", revision=1, **one)
    by_id = "GET /api/v1/releases/{deployment_id}"
    p.ask("orchestrator", by_id, deployment_id=made["deployment_id"])
    p.ask("orchestrator", f"{by_id}/events", deployment_id=made["deployment_id"])
    back = f"POST {base}/releases/{{revision}}/rollback"
    p.ask("orchestrator", back, {"waves": "ordered"}, revision=1, **one)
    p.ask("orchestrator", deploy, guide, headers={"Prefer": "respond-async"}, **one)
    p.warp("15m")
    p.ask("orchestrator", f"GET {base}", **one)
    p.ask("orchestrator", "GET /api/v1/tenants/")
    p.ask("orchestrator", f"GET {base}/history", **one)


def _levels(p: Player) -> None:
    base, one = "/api/v1/simulator/sla/{tenant_id}", ONE
    contract = {
        "service_hours": {"callbot": "09:00-18:00"},
        "maintenance": {"notice_seconds": 0},
        "credits": {"tiers": [[99.5, 0], [99.0, 10], [95.0, 25], [0, 50]], "fee": "1000000"},
    }
    p.ask("orchestrator", f"PUT {base}/contract", contract, **one)
    p.ask("orchestrator", f"GET {base}/contract", **one)
    window = {
        "start": "2026-01-31T13:00:00Z",
        "end": "2026-01-31T13:10:00Z",
        "reason": "database upgrade",
    }
    kept = p.ask("orchestrator", f"POST {base}/maintenance", window, **one)
    p.ask("orchestrator", f"GET {base}/maintenance", **one)
    window_id = (kept.get("window") or kept).get("id")
    p.warp("1m")
    p.ask("orchestrator", f"DELETE {base}/maintenance/{{window_id}}", window_id=window_id, **one)
    inside = INSIDE
    path = "/api/v1/clusters/{name}/tenants/{tenant}/maintenance"
    later = {**window, "start": "2026-01-31T13:30:00Z", "end": "2026-01-31T13:40:00Z"}
    made = p.ask("simulator", f"POST {path}", later, **inside)
    p.ask("simulator", f"GET {path}", **inside)
    p.ask(
        "simulator", f"DELETE {path}/{{window}}", window=(made.get("window") or made)["id"],
        **inside,
    )  # fmt: skip


def _faults(p: Player) -> None:
    base, one = "/api/v1/simulator/failures/{tenant_id}", ONE
    trigger = f"POST {base}/trigger"
    p.ask("orchestrator", "GET /api/v1/faults")
    p.ask("orchestrator", trigger, {"failure_type": "cpu_spike", "dry_run": True}, **one)
    spike = p.ask("orchestrator", trigger, {"failure_type": "cpu_spike"}, **one)
    p.ask("orchestrator", trigger, {"failure_type": "service_down", "duration": "20m"}, **one)
    p.warp("12m")
    now = p.quietly("simulator", "GET", "/api/v1/clusters/default/clock")["now"]
    minute = datetime.fromisoformat(now).replace(second=0, microsecond=0) - timedelta(minutes=1)
    slot = minute.strftime("%Y-%m-%dT%H:%M:%SZ")
    sla = "/api/v1/simulator/sla/{tenant_id}"
    p.ask("orchestrator", f"GET {sla}/why", query={"slot": slot}, **one)
    inside = INSIDE
    path = "/api/v1/clusters/{name}/tenants/{tenant}"
    p.ask("simulator", f"GET {path}/why", query={"slot": slot}, **inside)
    p.ask("simulator", "GET /api/v1/clusters/{name}/faults", name="default")
    often = {"failure_type": "pod_kill", "every": "10m", "lasts": "2h"}
    repeated = p.ask("orchestrator", f"POST {base}/repeating", often, **one)
    again = "/api/v1/clusters/{name}/fault-schedules"
    body = {"fault": "pod_kill", "namespace": "default", "every": "30 2 * * *"}
    made = p.ask("simulator", f"POST {again}", body, name="default")
    p.ask("simulator", f"GET {again}", name="default")
    p.ask("simulator", f"DELETE {again}/{{namespace}}/{{schedule}}", name="default",
          namespace="default", schedule=made["name"])  # fmt: skip
    p.ask("orchestrator", f"GET {base}", **one)
    one_of: Any = {**one, "injection_id": spike["failure_id"]}
    p.ask("orchestrator", f"GET {base}/{{injection_id}}", **one_of)
    p.ask("orchestrator", f"GET {base}/{{injection_id}}/report", **one_of)
    p.ask("orchestrator", "GET /api/v1/simulator/failures", query={"limit": 2})
    p.ask("orchestrator", f"DELETE {base}/repeating/{{name}}", **one, name=repeated["name"])
    still = p.ask("orchestrator", trigger, {"failure_type": "memory_leak"}, **one)
    p.ask("orchestrator", f"DELETE {base}/{{injection_id}}", **one,
          injection_id=still["failure_id"])  # fmt: skip


def _alerts(p: Player) -> None:
    base, one = "/api/v1/alerts", ONE
    own = "/api/v1/tenants/{tenant_id}/alerts"
    rule = {
        "alert_name": "high-usage",
        "condition": "cpu_usage > 85 OR memory_usage > 90",
        "duration": "5m",
        "actions": ["webhook", "email"],
    }
    p.ask("orchestrator", f"POST {own}", rule, **one)
    p.ask("orchestrator", f"POST {own}", rule, **one)
    route = {
        "name": "on-call",
        "kind": "webhook",
        "target": "http://127.0.0.1:9/ecp",
        "severity": "warning",
    }
    number: Any = {"route_id": p.ask("orchestrator", f"POST {base}/routes", route)["id"]}
    p.ask("orchestrator", f"PUT {base}/routes/{{route_id}}", route, **number)
    p.ask("orchestrator", f"GET {base}/routes")
    p.ask("orchestrator", f"POST {base}/routes/{{route_id}}/test", **number)
    p.warp("8m")
    found = p.until(
        lambda: p.quietly("orchestrator", "GET", f"{base}?tenant_id={TENANT}")["alerts"], "an alert"
    )
    alert: Any = {"alert_id": found[0]["id"]}
    p.ask("orchestrator", f"GET {base}", query={"state": "firing"})
    p.ask("orchestrator", f"GET {base}", query=one)
    p.ask("orchestrator", f"GET {base}/{{alert_id}}", **alert)
    said = {"who": "kim", "note": "looking at it"}
    p.ask("orchestrator", f"POST {base}/{{alert_id}}/acknowledge", said, **alert)
    p.ask("orchestrator", f"GET {base}/stream", query={"since": 0})
    p.ask("orchestrator", f"GET {base}/deliveries")
    p.ask("orchestrator", f"GET {base}/rules")
    p.ask("orchestrator", f"GET {own}", **one)
    p.ask("orchestrator", f"PUT {base}/policies/{{tenant_id}}", {"preset": "standard"}, **one)
    p.ask("orchestrator", f"GET {base}/policies/{{tenant_id}}", **one)
    p.ask("orchestrator", f"GET {base}/policies/{{tenant_id}}/backtest", **one)
    silence = {
        "matchers": {"tenant_id": TENANT, "rule": "cpu_high"},
        "duration": "2h",
        "why": "load test",
    }
    quiet = p.ask("orchestrator", f"POST {base}/silences", silence)
    p.ask("orchestrator", f"GET {base}/silences")
    p.ask("orchestrator", f"DELETE {base}/silences/{{silence_id}}", silence_id=quiet["id"])
    p.ask("orchestrator", f"DELETE {base}/routes/{{route_id}}", **number)
    p.ask("orchestrator", f"DELETE {own}/{{alert_name}}", alert_name="high-usage", **one)


def _monitoring(p: Player) -> None:
    one = ONE
    p.ask("orchestrator", "DELETE /api/v1/simulator/failures/{tenant_id}", **one)
    p.ask("orchestrator", "DELETE /api/v1/simulator/failures")
    p.warp("26h")
    sla = "/api/v1/simulator/sla/{tenant_id}"
    listed = f"/api/v1/simulator/sla/{TENANT}/statements"
    p.until(lambda: p.quietly("orchestrator", "GET", listed)["statements"], "a statement")
    p.ask("orchestrator", f"GET {sla}/statements", **one)
    p.ask("orchestrator", f"POST {sla}/statements", {"month": "2026-01"}, **one)
    p.ask("orchestrator", f"GET {sla}/analysis", query={"period": "24h"}, **one)
    p.ask("orchestrator", f"GET {sla}/report", query={"month": "2026-01"}, **one)
    p.ask("orchestrator", f"GET {sla}/levels", query={"period": "24h"}, **one)
    rows = "/api/v1/tenants/{tenant_id}/monitoring"
    row = {"metric_name": "availability", "metric_value": 99.7}
    p.ask("orchestrator", f"POST {rows}", row, **one)
    p.ask("orchestrator", f"GET {rows}", query={"hours": 1, "interval": "5m"}, **one)
    base = "/api/v1/monitoring"
    terms = {"currency": "KRW", "revenue_per_request": 12.5, "requests_per_session": 20}
    p.ask("orchestrator", f"PUT {base}/business/{{tenant_id}}", terms, **one)
    p.ask("orchestrator", f"GET {base}/business/{{tenant_id}}", **one)
    p.ask("orchestrator", f"GET {base}/statistics/{{tenant_id}}", query={"hours": 24}, **one)
    p.ask("orchestrator", f"GET {base}/comparison", query={"hours": 1})


def _rehearsals(p: Player) -> None:
    base = "/api/v1/rehearsals"
    scenario = {"scenario": "first", "manifests": ["bot.yaml"], "for": "10m",
                "faults": ["pod_crash:deployment/bot@2m"],
                "hypotheses": ["ready within 5m"]}  # fmt: skip
    new = {"scenario": scenario, "files": {"bot.yaml": _BOT}}
    p.ask("orchestrator", f"GET {base}/samples")
    p.ask("orchestrator", f"POST {base}/check", new)
    number: Any = {"rehearsal_id": p.ask("orchestrator", f"POST {base}", new)["rehearsal_id"]}
    at = f"{base}/{{rehearsal_id}}"
    p.ask("orchestrator", f"GET {at}", **number)

    def ended() -> bool:
        state = p.quietly("orchestrator", "GET", at.format(**number))["state"]
        return state not in ("queued", "running")

    p.until(ended, "the end of a rehearsal")
    p.ask("orchestrator", f"GET {at}", **number)
    p.ask("orchestrator", f"GET {base}", query={"state": "done"})
    p.ask("orchestrator", f"GET {at}/report", query={"format": "json"}, **number)
    p.ask("orchestrator", f"GET {at}/course", **number)
    p.ask("orchestrator", f"GET {at}/runs", **number)
    p.ask("orchestrator", f"POST {base}/check", new)  # it is known by now how long one takes
    again = p.ask("orchestrator", f"POST {at}/again", {"seed": 1}, **number)
    other: Any = {"rehearsal_id": again["rehearsal_id"]}
    first, number = number, other
    p.until(ended, "the end of a rehearsal")
    p.ask("orchestrator", f"GET {at}/against/{{other_id}}", other_id=other["rehearsal_id"], **first)
    crashes = [f"pod_crash:deployment/bot@{hour}h" for hour in range(1, 300)]
    long = {"scenario": {**scenario, "faults": crashes, "for": "60d"}, "files": {"bot.yaml": _BOT}}
    number = {"rehearsal_id": p.quietly("orchestrator", "POST", base, long)["rehearsal_id"]}
    p.ask("orchestrator", f"POST {at}/cancel", **number)
    p.until(ended, "a cancelled rehearsal")
    p.ask("orchestrator", f"POST {at}/resume", **number)
    p.quietly("orchestrator", "POST", at.format(**number) + "/cancel")
    p.until(ended, "a cancelled rehearsal")
    p.ask("orchestrator", f"DELETE {at}", **number)


_BOT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: bot, namespace: bots}
spec:
  replicas: 2
  selector: {matchLabels: {app: bot}}
  template:
    metadata: {labels: {app: bot}}
    spec:
      containers:
        - name: bot
          image: registry.example.com/bot:1
          readinessProbe: {httpGet: {path: /ready, port: 8080}}
          ports: [{containerPort: 8080}]
---
apiVersion: v1
kind: Service
metadata: {name: bot, namespace: bots}
spec: {selector: {app: bot}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Namespace
metadata: {name: bots}
"""


def _settings(p: Player) -> None:
    base = "/api/v1/settings"
    p.ask("orchestrator", f"GET {base}")
    p.ask("orchestrator", f"PUT {base}", {"slaTarget": 99.5, "dataCollectionInterval": 5})
    p.ask("orchestrator", f"GET {base}/effective")
    where = {"deploymentEndpoint": "http://localhost:6360"}
    p.ask("orchestrator", f"POST {base}/test-connection", where)


def _clusters(p: Player) -> None:
    base = "/api/v1/clusters"
    at: Any = {"name": "default"}
    one = f"{base}/{{name}}"
    inside = INSIDE
    followed = f"{one}/tenants/{{tenant}}"
    p.ask("simulator", f"GET {base}")
    p.ask("simulator", f"GET {one}", **at)
    p.ask("simulator", f"GET {one}/clock", **at)
    p.ask("simulator", f"POST {one}/clock", {"action": "step", "duration": "5m"}, **at)
    p.ask("simulator", f"POST {one}/clock", {"action": "resume"}, **at)
    p.ask("simulator", f"GET {followed}", **inside)
    p.ask("simulator", f"GET {one}/tenants", **at)
    p.ask("simulator", f"GET {followed}/minutes", query={"limit": 2}, **inside)
    p.ask("simulator", f"GET {followed}/sla", query={"period": "24h"}, **inside)
    hour = {"from": "2026-01-31T13:00:00Z", "to": "2026-01-31T14:00:00Z"}
    p.ask("simulator", f"GET {followed}/services", query=hour, **inside)
    p.ask("simulator", f"GET {followed}/startup", query={"since": START}, **inside)
    version = p.quietly("simulator", "GET", f"{base}/default")["resource_version"]
    p.ask("simulator", f"GET {one}/changes/{{version}}/why", version=version, **at)
    p.ask("simulator", f"GET {one}/changes", query={"since": version - 3}, **at)
    past = f"GET {one}/history"
    p.ask("simulator", past, query={"buckets": 12}, **at)
    p.ask("simulator", f"{past}/changes", query={"mark": "release", "limit": 2}, **at)
    p.ask("simulator", f"{past}/changes/{{version}}", version=version, **at)
    p.ask("simulator", f"{past}/objects", query={"resource": "deployments", "limit": 2}, **at)
    named = {"resource": "namespaces", "named": f"{TENANT}-ecp-ai"}
    p.ask("simulator", f"{past}/object", query=named, **at)
    p.ask("simulator", f"{past}/diff", query={"resource": "pods", "limit": 2}, **at)
    p.ask("simulator", f"GET {followed}/demand", query={"points": 4}, **inside)
    p.ask("simulator", f"GET {followed}/what-if", query={"times": [1, 3]}, **inside)
    p.ask("simulator", f"PUT {followed}/load", {"load": {}}, **inside)
    p.ask("simulator", f"GET {followed}/series", query={"points": 4}, **inside)
    p.ask("simulator", "GET /api/v1/system")
    space = f"{TENANT}-ecp-ai"
    pods = p.quietly("simulator", "GET", f"/clusters/default/api/v1/namespaces/{space}/pods")
    pod = pods["items"][0]["metadata"]["name"]
    placement = f"GET {one}/placement/{{namespace}}/{{pod}}"
    p.ask("simulator", placement, namespace=space, pod=pod, **at)
    troubles = f"GET {one}/troubles/{{namespace}}/{{kind}}/{{workload}}"
    p.ask("simulator", troubles, namespace=space, kind="Deployment", workload="chatbot", **at)
    p.ask("simulator", f"GET {one}/overview", **at)
    p.ask("simulator", f"GET {one}/pods", query={"namespace": space, "limit": "3"}, **at)
    p.ask("simulator", f"GET {one}/workloads", query={"namespace": space}, **at)
    p.ask("simulator", f"GET {one}/topology", query={"namespace": space}, **at)
    p.ask("simulator", "GET /api/v1/faults")
    faults = f"{one}/faults"
    p.ask("simulator", f"POST {faults}/preview", {"fault": "node_down"}, **at)
    made = p.ask("simulator", f"POST {faults}", {"fault": "node_down", "duration": "30m"}, **at)
    number = made.get("fault_id") or made.get("id")
    p.ask("simulator", f"GET {faults}/{{fault_id}}", fault_id=number, **at)
    p.warp("1m")
    p.ask("simulator", f"DELETE {faults}/{{fault_id}}", fault_id=number, **at)
    p.ask("simulator", f"DELETE {faults}", **at)
    p.ask("simulator", f"POST {one}/snapshots", {"label": "before-rollout"}, **at)
    p.ask("simulator", f"GET {one}/snapshots", **at)
    p.ask("simulator", f"GET {one}/snapshot", query={"label": "before-rollout"}, **at)
    p.ask("simulator", f"POST {one}/fork", {"name": "rehearsal"}, **at)
    fork: Any = {"name": "rehearsal"}
    label: Any = {"label": "before-rollout"}
    p.quietly("simulator", "POST", "/api/v1/clusters/rehearsal/snapshots", label)
    p.ask("simulator", f"POST {one}/snapshots/{{label}}/restore", **label, **fork)
    p.ask("simulator", f"DELETE {one}", **fork)
    told = {
        "tenant_id": TENANT,
        "source": "ecp-orchestrator",
        "metrics": {"business_requests": 1500, "active_sessions": 45, "revenue": 125000.0},
    }
    p.ask("simulator", "POST /api/v1/external-metrics", told)
    p.ask("simulator", "GET /api/v1/metrics/system")
    p.ask("simulator", "GET /api/v1/metrics/{tenant}", tenant=TENANT)
    for path in ("/api/v1/metrics", "/api/metrics", "/metrics"):
        p.ask("simulator", f"GET {path}")
    bare = {"namespace": "side-ecp-ai", "demand": {"chatbot": 5}}
    side: Any = {"name": "default", "tenant": "side"}
    p.ask("simulator", f"PUT {followed}", bare, **side)
    p.ask("simulator", f"PUT {followed}", bare, **side)
    p.ask("simulator", f"DELETE {followed}", **side)


def _pools(p: Player) -> None:
    spec = {
        "name": "team-a",
        "pools": [
            {"name": "cpu", "cpu": "8", "memory": "32Gi", "count": 2,
             "autoscaling": {"min": 2, "max": 4}},
        ],
    }  # fmt: skip
    at: Any = {"name": "team-a"}
    new = {"name": "team-a", "spec": spec, "seed": 7, "start": "2026-01-05T00:30:00Z"}
    p.ask("simulator", "POST /api/v1/clusters", new)
    base = "/api/v1/clusters/{name}"
    pool = f"{base}/pools/{{pool}}"
    named: Any = {**at, "pool": "cpu"}
    p.ask("simulator", f"POST {base}/faults/install", **at)
    p.ask("simulator", f"GET {base}/pools", **at)
    p.ask("simulator", f"PUT {base}/quota", {"nodes": 6, "cpu": "64"}, **at)
    p.ask("simulator", f"GET {pool}", **named)
    p.ask("simulator", f"PATCH {pool}", {"autoscaling": {"min": 2, "max": 5}}, **named)
    p.ask("simulator", f"POST {pool}/nodes", {}, **named)
    p.warp("10m", "team-a")
    nodes = p.quietly("simulator", "GET", "/clusters/team-a/api/v1/nodes")["items"]
    node = nodes[-1]["metadata"]["name"]
    p.ask("simulator", f"DELETE {pool}/nodes/{{node}}", node=node, **named)
    p.warp("10m", "team-a")
    p.ask("simulator", f"POST {pool}/upgrade", {"version": "v1.36.2"}, **named)
    p.warp("2h", "team-a")
    p.ask("simulator", f"GET {pool}", **named)


def _compatible(p: Player) -> None:
    """What clients of the first integration call."""
    p.ask("orchestrator", "GET /api/v1/monitoring/system")
    kept = {"cpu_usage": 45.2, "memory_usage": 61.0, "gpu_usage": 38.5, "response_time": 120}
    p.ask("orchestrator", "POST /api/v1/tenants/{tenant_id}/monitoring", kept, **ONE)
    p.ask("orchestrator", "GET /api/v1/tenants/{tenant_id}/monitoring", query={"hours": 1}, **ONE)
    text = json.loads((ROOT / "valid-manifest.json").read_text("utf-8"))["manifest_content"]
    given = {"manifest_content": text, "namespace": "greeter"}
    p.ask("simulator", "POST /k8s/manifest/parse", given)
    p.ask("simulator", "POST /k8s/manifest/deploy", given)
    p.ask("simulator", "GET /k8s/resources", query={"namespace": "greeter"})
    where: Any = {"kind": "deployment", "namespace": "greeter", "name": "greeter"}
    p.ask("simulator", "DELETE /k8s/resources/{kind}/{namespace}/{name}", **where)
    p.ask("simulator", "GET /monitoring/health")
    p.ask("simulator", "GET /monitoring/tenant/{tenant}", tenant=TENANT)
    p.ask("simulator", "GET /sla/status")


def _images(p: Player) -> None:
    base = "/api/v1/images"
    registry: Any = {"name": "mirror"}
    body = {"host": "harbor.internal:5000", "prefix": "mirror", "username": "robot"}
    p.ask("orchestrator", f"PUT {base}/registries/{{name}}", body, **registry)
    p.ask("orchestrator", f"PUT {base}/registries/{{name}}", body, **registry)
    p.ask("orchestrator", f"GET {base}/registries")
    p.ask("orchestrator", f"GET {base}/registries/{{name}}", **registry)
    version: Any = {"service": "chatbot"}
    image = "harbor.ecp-ai.com/ecp-ai/chatbot:1.4.2"
    new = {"version": "1.4.2", "image": image, "facts": {"size": "900M", "start": "12s"}}
    p.ask("orchestrator", f"POST {base}/{{service}}/versions", new, **version)
    p.ask("orchestrator", f"GET {base}")
    one: Any = {**version, "version": "1.4.2"}
    p.ask("orchestrator", f"GET {base}/{{service}}/versions/{{version}}", **one)
    chosen = {"versions": {"chatbot": "1.4.2"}}
    p.ask("orchestrator", "PUT /api/v1/tenants/{tenant_id}/versions", chosen, **ONE)
    p.ask("orchestrator", "GET /api/v1/tenants/{tenant_id}/versions", **ONE)
    spare = {**new, "version": "1.4.1"}
    p.ask("orchestrator", f"POST {base}/{{service}}/versions", spare, **version)
    old: Any = {**version, "version": "1.4.1"}
    p.ask("orchestrator", f"DELETE {base}/{{service}}/versions/{{version}}", **old)
    p.ask("orchestrator", f"DELETE {base}/registries/{{name}}", **registry)


def _audit(p: Player) -> None:
    """All that was done before is in it."""
    p.ask("orchestrator", "GET /api/v1/audit", query={"limit": 3})
    p.ask("orchestrator", "GET /api/v1/audit/actions")


def _twins(p: Player) -> None:
    """The simulated cluster stands for the real one."""
    where = {"clusterUrl": f"{p.urls['simulator']}/clusters/default@simulated"}
    p.quietly("orchestrator", "PUT", "/api/v1/settings", where)
    p.warp("5m")
    p.ask("orchestrator", "POST /api/v1/twins", {
        "namespace": f"{TENANT}-ecp-ai", "into": "twin", "start": START, "seed": 7,
    })  # fmt: skip
    p.quietly("orchestrator", "PUT", "/api/v1/settings", {})


def _schemas(p: Player) -> None:
    base = "/api/v1/schemas"
    p.ask("orchestrator", f"GET {base}")
    query = {"api_version": "apps/v1", "path": "spec.strategy"}
    p.ask("orchestrator", f"GET {base}/{{kind}}", query=query, kind="Deployment")


def _demo(p: Player) -> None:
    base = "/api/v1/demo"

    def ready() -> bool:
        return bool(p.quietly("orchestrator", "GET", base)["state"] == "ready")

    p.ask("orchestrator", f"POST {base}", {"days": 1, "seed": 7})
    p.until(ready, "the demo")
    p.ask("orchestrator", f"GET {base}")
    p.ask("orchestrator", f"GET {base}/manifest")
    p.ask("orchestrator", f"POST {base}/reset", {"days": 1, "seed": 7})
    p.until(ready, "the demo once more")


def _life(p: Player) -> None:
    base, one = "/api/v1/tenants/{tenant_id}", ONE
    p.ask("orchestrator", f"POST {base}/restart", **one)
    p.ask("orchestrator", f"POST {base}/stop", **one)
    p.warp("2m")
    p.ask("orchestrator", f"POST {base}/start", **one)
    p.ask("orchestrator", f"POST {base}/clone", {"tenant_id": f"{TENANT}-2"}, **one)
    p.ask("orchestrator", f"GET {base}/history", **one)
    p.ask("orchestrator", f"DELETE {base}", tenant_id=f"{TENANT}-2")
