"""Releases from end to end: compared, rehearsed, sent in waves, undone, streamed; a real target."""

import json
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from .stack import Answer, Stack

REAL = "elsewhere"
MANIFEST = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec:
  replicas: {replicas}
  progressDeadlineSeconds: 60
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      nodeSelector: {selector}
      containers:
      - name: web
        image: nginx:1.27
        ports: [{{containerPort: 80}}]
        env: [{{name: DB_PASSWORD, value: {password}}}]
---
apiVersion: v1
kind: Service
metadata: {{name: web}}
spec: {{selector: {{app: web}}, ports: [{{port: 80}}]}}
"""
MORE = """\
---
apiVersion: v1
kind: Secret
metadata: {name: more}
stringData: {key: not-to-be-told}
"""


def manifest(replicas: int = 2, password: str = "hush", selector: str = "{}") -> str:
    return MANIFEST.format(replicas=replicas, password=password, selector=selector)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    found = Stack(tmp_path_factory.mktemp("releases"), ECP_CLUSTER_TOKEN="admin")
    found.start()
    yield found
    found.stop()


def deploy(stack: Stack, tenant: str, body: Any, **headers: str) -> Answer:
    return stack.call("orchestrator", "POST", f"/api/v1/simulator/deploy/{tenant}", body, headers)


def releases(stack: Stack, tenant: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = stack.get(f"/api/v1/tenants/{tenant}/releases")["releases"]
    return found


def ended(stack: Stack, tenant: str, revision: int) -> dict[str, Any]:
    """Let time pass until a revision has come to its end; return it."""
    deadline = time.monotonic() + 300
    while True:
        found = {row["revision"]: row for row in releases(stack, tenant)}.get(revision)
        if found is not None and found["phase"] not in ("rehearsing", "applying", "progressing"):
            return found
        assert time.monotonic() < deadline, found
        stack.warp("30s")
        time.sleep(0.1)


def test_a_release_is_compared_sent_in_waves_and_undone(stack: Stack) -> None:
    tenant = "t1"
    path = f"/api/v1/tenants/{tenant}"
    first = {"manifest_content": manifest()}
    new = stack.post(f"{path}/diff", first)
    assert (new["differs"], new["counts"]["create"], new["tenant_exists"]) == (True, 3, False)
    assert stack.call("orchestrator", "GET", path).status == 404  # to compare creates nobody

    done = deploy(stack, tenant, {**first, "waves": "wait"}).body
    assert [row["wave"] for row in done["waves"]] == ["foundation", "main"]
    begun = ended(stack, tenant, 1)
    assert (begun["phase"], begun["started"]) == ("ready", True)
    same = stack.get(f"{path}/diff")
    assert (same["differs"], same["tenant_exists"]) == (False, True)

    changed = {"manifest_content": manifest(replicas=3, password="other") + MORE}
    found = stack.post(f"{path}/diff", changed)
    fields = {c["path"]: c for row in found["objects"] for c in row["changes"]}
    assert found["counts"] == {"create": 1, "change": 1, "none": 1, "remove": 0, "refused": 0}
    assert fields["spec.replicas"]["after"] == 3
    assert "other" not in json.dumps(found)
    wrong = {"manifest_content": manifest().replace("port: 80", "port: 80, nodePort: 1")}
    refused = stack.call("orchestrator", "POST", f"{path}/diff", wrong)
    assert refused.status == 422

    later = deploy(stack, tenant, changed, Prefer="respond-async")
    assert (later.status, later.body["phase"]) == (202, "applying")
    assert later.headers["Location"] == f"/api/v1/releases/{later.body['deployment_id']}"
    assert ended(stack, tenant, 2)["started"] is True
    standing = stack.get(f"{path}/deployment-status")
    assert (standing["progress"], standing["phase"]) == (100.0, "ready")
    assert [row["sequence"] for row in standing["logs"]] == [1, 2, 3, 4]

    compared = stack.get(f"{path}/releases/compare?from=1&to=2")
    assert compared["counts"] == {"create": 1, "change": 1, "none": 1, "remove": 0, "refused": 0}
    back = stack.post(f"{path}/releases/1/rollback")
    assert (back["revision"], back["release_digest"]) == (3, done["release_digest"])
    assert [row["name"] for row in back["pruned"]] == ["more"]
    assert ended(stack, tenant, 3)["rollback"] == {"to": 1, "from": 2, "automatic": False}
    shown = stack.get(f"{path}/releases/2?objects=true")
    assert "not-to-be-told" not in json.dumps(shown)
    # A deploy without a manifest sends what was gone back to.
    assert stack.get(f"{path}/diff")["differs"] is False


def test_what_does_not_start_goes_back_by_itself_once(stack: Stack) -> None:
    tenant, bad = "t2", manifest(selector="{disk: none}")
    options = {"on_failure": "rollback", "allow_broken": True}
    deploy(stack, tenant, {"manifest_content": manifest(), **options})
    ended(stack, tenant, 1)
    deploy(stack, tenant, {"manifest_content": bad, **options})
    assert ended(stack, tenant, 2)["phase"] == "stalled"
    found = ended(stack, tenant, 3)
    assert found["rollback"] == {"to": 1, "from": 2, "automatic": True}
    assert found["started"] is True
    # The first of a tenant has nothing to go back to.
    deploy(stack, "t2b", {"manifest_content": bad, **options})
    assert ended(stack, "t2b", 1)["phase"] == "stalled"
    assert len(releases(stack, "t2b")) == 1
    assert len(releases(stack, tenant)) == 3


def test_a_gate_stops_what_does_not_hold_and_keeps_the_verdict(stack: Stack) -> None:
    tenant = "t3"
    gate = {"policy": "block", "horizon": "5m", "faults": ["service_down:deployment/web@1m"],
            "hypotheses": ["downtime <= 1s"]}  # fmt: skip
    deploy(stack, tenant, {"manifest_content": manifest()})
    wanted = {"manifest_content": manifest(replicas=1), "rehearse": gate}
    answer = deploy(stack, tenant, wanted)
    assert (answer.status, answer.body["phase"]) == (202, "rehearsing")
    # What runs meanwhile is the release before.
    assert stack.get(f"/api/v1/simulator/status/{tenant}")["revision"] == 1
    blocked = ended(stack, tenant, 2)
    assert (blocked["phase"], blocked["gate"]["passed"]) == ("blocked", False)
    status = stack.get(f"/api/v1/simulator/status/{tenant}")
    assert (status["revision"], status["coming"]["phase"]) == (1, "blocked")
    refused = stack.call("orchestrator", "POST", f"/api/v1/tenants/{tenant}/releases/2/rollback")
    assert refused.status == 409
    wanted["rehearse"] = {**gate, "policy": "warn"}
    deploy(stack, tenant, wanted)
    warned = ended(stack, tenant, 3)
    assert (warned["phase"], warned["gate"]["passed"]) == ("ready", False)
    bad = {**wanted, "manifest_content": manifest(), "rehearse": {**gate, "faults": ["nothing"]}}
    bad["manifest_content"] = manifest(replicas=4)
    assert deploy(stack, tenant, bad).body["error"]["code"] == "INVALID_SCENARIO"
    assert len(releases(stack, tenant)) == 3


def events(stack: Stack, deployment: str, last: int = 0) -> list[tuple[int | None, str]]:
    """Return the events of a release from after *last* until the stream ends."""
    url = f"http://127.0.0.1:{stack.ports['orchestrator']}/api/v1/releases/{deployment}/events"
    request = urllib.request.Request(url, headers={"Last-Event-ID": str(last)})
    with urllib.request.urlopen(request, timeout=120) as answer:
        blocks = answer.read().decode().split("\n\n")
    found = []
    for block in blocks:
        fields = dict(line.split(": ", 1) for line in block.splitlines())
        if "event" in fields:
            found.append((int(fields["id"]) if "id" in fields else None, fields["event"]))
    return found


def test_a_stream_goes_on_where_one_was(stack: Stack) -> None:
    tenant = "t4"
    done = deploy(stack, tenant, {"manifest_content": manifest()}).body
    ended(stack, tenant, 1)
    whole = events(stack, done["deployment_id"])
    assert [row for row in whole if row[0]] == [
        (1, "opened"), (2, "wave-applied"), (3, "wave-applied"), (4, "ready"),
    ]  # fmt: skip
    assert whole[-1] == (None, "progress")
    assert events(stack, done["deployment_id"], last=3) == [(4, "ready"), (None, "progress")]
    gone = stack.call("orchestrator", "GET", "/api/v1/releases/sim-deploy-99999/events")
    assert gone.status == 404


def test_the_command_line(stack: Stack) -> None:
    tenant, path = "t5", stack.root / "own.yaml"
    deploy(stack, tenant, {"manifest_content": manifest()})
    ended(stack, tenant, 1)
    path.write_text(manifest(replicas=3))
    other = stack.cli("diff", tenant, "-f", str(path))
    assert other.stdout.splitlines() == ["~ deployment/web   changed", "    ~ spec.replicas: 2 → 3"]
    assert other.returncode == 1
    watched = stack.cli("release", "watch", tenant)
    assert watched.returncode == 0, watched.stderr
    assert "100.0 %" in watched.stdout


def test_a_real_cluster_takes_what_is_confirmed_and_nothing_else(stack: Stack) -> None:
    tenant = "t6"
    body = {"name": REAL, "authorization_mode": "RBAC"}
    assert stack.call("simulator", "POST", "/api/v1/clusters", body).status == 201
    url = f"http://127.0.0.1:{stack.ports['simulator']}/clusters/{REAL}"
    settings = {"deploymentMethod": "kubernetes", "clusterUrl": url}
    name = f"127.0.0.1:{stack.ports['simulator']}"

    def settle(**more: Any) -> None:
        answer = stack.call("orchestrator", "PUT", "/api/v1/settings", {**settings, **more})
        assert answer.status == 200, answer

    # Who answers there is asked for a first request: here, the simulator itself.
    answers = f"metadata: {{name: web, annotations: {{ecp.ai/probe: 'http://{name}/health'}}}}"
    opened = manifest().replace(
        "metadata: {name: web}\nspec: {selector", f"{answers}\nspec: {{selector"
    )
    wanted = {"manifest_content": opened}
    try:
        settle()
        assert stack.post(f"/api/v1/tenants/{tenant}/diff", wanted)["counts"]["create"] == 3
        assert deploy(stack, tenant, wanted).body["error"]["code"] == "TARGET_READ_ONLY"
        settle(clusterReadOnly=False)
        assert deploy(stack, tenant, wanted).body["error"]["code"] == "TARGET_NOT_CONFIRMED"
        done = deploy(stack, tenant, {**wanted, "confirm": name})
        assert (done.status, done.body["resources_count"]) == (200, 2)
        role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
                "metadata": {"name": "wide"}, "rules": []}  # fmt: skip
        wide = {"manifest_content": manifest() + "---\n" + json.dumps(role) + "\n"}
        answer = deploy(stack, tenant, {**wide, "confirm": name})
        assert answer.body["error"]["code"] == "CLUSTER_SCOPED"
        stack.call("simulator", "POST", f"/api/v1/clusters/{REAL}/clock",
                   {"action": "warp", "to": "+2m"})  # fmt: skip
        assert ended(stack, tenant, 1)["phase"] == "ready"
        gone = f"/api/v1/tenants/{tenant}"
        unnamed = stack.call("orchestrator", "DELETE", gone)
        assert unnamed.body["error"]["code"] == "TARGET_NOT_CONFIRMED"
        named = stack.call("orchestrator", "DELETE", f"{gone}?confirm={name}")
        assert named.status == 200, named
        settle(clusterUrl="", kubeconfig=str(stack.root / "none"), clusterReadOnly=False)
        lost = deploy(stack, tenant, {**wanted, "confirm": name})
        assert lost.body["error"]["code"] == "TARGET_NOT_CONFIGURED"
        assert str(stack.root / "none") in lost.body["error"]["message"]
        compared = stack.call("orchestrator", "POST", f"/api/v1/tenants/{tenant}/diff", wanted)
        assert compared.status == 503
    finally:
        stack.call("orchestrator", "PUT", "/api/v1/settings", {})


def test_nothing_of_it_is_complained_of(stack: Stack) -> None:
    assert "Traceback" not in stack.complaints
