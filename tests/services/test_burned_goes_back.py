"""A release that is up and fails its promise goes back by itself, killed on the way or not.

Two tenants live through the same minutes. The first goes back undisturbed; the orchestrator is
killed as soon as it has decided the same of the second.
"""

import time
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from .stack import Stack

pytestmark = pytest.mark.cluster

CLUSTER = "burns"
DEPLOY = "/api/v1/simulator/deploy"
CALM, KILLED = "a-calm", "b-killed"
WITHIN_S = 180
ON_ITS_WAY = ("applying", "progressing", "ready")
MANIFEST = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: chatbot}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: chatbot}}}}
  template:
    metadata: {{labels: {{app: chatbot}}}}
    spec:
      containers:
      - name: chatbot
        image: harbor.ecp-ai.com/ecp-ai/chatbot:v1.1.8
        ports: [{{containerPort: 8081}}]
        readinessProbe: {{tcpSocket: {{port: 8081}}}}
        resources:
          requests: {{cpu: 10m, memory: 1536Mi}}
          limits: {{cpu: {cpu}, memory: 3Gi}}
---
apiVersion: v1
kind: Service
metadata: {{name: chatbot-service}}
spec: {{selector: {{app: chatbot}}, ports: [{{port: 8081}}]}}
"""
ENOUGH, TOO_LITTLE = "1200m", "20m"
"""What the container is limited to; with the less, one request takes longer than anybody waits."""


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    found = Stack(tmp_path, ECP_CLUSTER=CLUSTER, ECP_DEMO="off")
    found.start()
    body = {"name": CLUSTER, "start": "2026-01-05T09:00:00Z", "seed": 7, "paused": True}
    assert found.call("simulator", "POST", "/api/v1/clusters", body).status == 201
    yield found
    found.stop()


def until(seen: Callable[[], Any], every_s: float = 0.25) -> Any:
    """Return what is seen, once something is."""
    deadline = time.monotonic() + WITHIN_S
    while not (found := seen()):
        assert time.monotonic() < deadline, found
        time.sleep(every_s)
    return found


def awaited(stack: Stack, tenant: str, revision: int, *phases: str) -> dict[str, Any]:
    """Wait until a revision is in one of the phases; return it as its page has it."""
    path = f"/api/v1/tenants/{tenant}/releases/{revision}"

    def found() -> Any:
        answer = stack.call("orchestrator", "GET", path)
        return answer.body if answer.status == 200 and answer.body["phase"] in phases else None

    return dict(until(found))


def kept(stack: Stack, tenant: str, downtime_s: int) -> bool:
    """Whether the orchestrator keeps as many seconds of downtime."""
    path = f"/api/v1/simulator/sla/{tenant}/levels?period=24h"
    found: bool = stack.get(path)["composite"]["downtime_seconds"] == downtime_s
    return found


def kinds(release: dict[str, Any]) -> list[str]:
    return [row["kind"] for row in release["messages"]]


def said(release: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what was said of a release, but for whose it is and under which number."""
    own = ("topic", "deployment_id", "tenant_id", "digest")
    return [{k: v for k, v in row.items() if k not in own} for row in release["messages"]]


def test_what_burns_goes_back_by_itself_killed_or_not(stack: Stack) -> None:
    for tenant in (CALM, KILLED):
        needs = {"tenant_id": tenant, "service_requirements": {"chatbot": 60}}
        stack.post("/api/v1/tenants/", needs)
        stack.post(f"{DEPLOY}/{tenant}", {"manifest_content": MANIFEST.format(cpu=ENOUGH)})
    stack.warp("5m", CLUSTER)
    for tenant in (CALM, KILLED):
        assert awaited(stack, tenant, 1, "ready")["started"]
        bad = {"manifest_content": MANIFEST.format(cpu=TOO_LITTLE)}
        burn = {"rate": 10, "least_s": 120, "window_s": 1800}
        stack.post(f"{DEPLOY}/{tenant}", {**bad, "burn": burn})
    stack.warp("15m", CLUSTER)

    until(lambda: "burned" in kinds(awaited(stack, KILLED, 2, *ON_ITS_WAY)), 0.05)
    stack.kill("orchestrator")
    stack.start("orchestrator")
    for tenant in (CALM, KILLED):
        awaited(stack, tenant, 3, "progressing")
    stack.warp("5m", CLUSTER)

    gone, back = {}, {}
    for tenant in (CALM, KILLED):
        back[tenant] = awaited(stack, tenant, 3, "ready")
        assert back[tenant]["rollback"] == {"to": 1, "from": 2, "automatic": True}
        gone[tenant] = awaited(stack, tenant, 2, "ready", "superseded")
        told = stack.get(f"/api/v1/simulator/sla/{tenant}/analysis?period=24h")
        assert told["downtime_seconds"] > 300
        until(partial(kept, stack, tenant, told["downtime_seconds"]))
        page = f"/api/v1/tenants/{tenant}/releases"
        assert len(stack.get(page)["releases"]) == 3
    assert kinds(gone[CALM])[-2:] == ["burned", "rolled-back"]
    assert said(gone[KILLED]) == said(gone[CALM])
    assert said(back[KILLED]) == said(back[CALM])
    told_of(stack, gone[CALM]["deployment_id"])
    assert "Traceback" not in stack.complaints


def told_of(stack: Stack, deployment: str) -> None:
    """The stream says it, and an alert that it was simulated: its cluster was warped."""
    base = f"http://127.0.0.1:{stack.ports['orchestrator']}"
    with urllib.request.urlopen(f"{base}/api/v1/releases/{deployment}/events") as stream:
        events = [line.split()[1] for line in stream.read().decode().split("\n")
                  if line.startswith("event:")]  # fmt: skip
    assert events[-3:] == ["burned", "rolled-back", "progress"]

    def burning() -> Any:
        found = stack.get(f"/api/v1/alerts?tenant_id={CALM}")["alerts"]
        return [alert for alert in found if alert["rule"] == "burn_rate"]

    (alert,) = until(burning)
    assert alert["simulated"] is True
    for language in ("en", "ko"):
        assert alert["message"][language].startswith("[SIM] ")
        assert alert["why"][language]
