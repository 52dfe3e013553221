"""A release of other kinds than Deployments: each must come up, and is told when it does not."""

from collections.abc import Iterator
from typing import Any

import pytest

from .stack import Stack

pytestmark = pytest.mark.cluster

DEPLOY = "/api/v1/simulator/deploy/kinds"
POD = "{containers: [{name: c, image: 'registry.example/a:1', ports: [{containerPort: 80}]}]}"
OF_DB = "spec:\n  selector: {matchLabels: {app: db}}\n"
DB = (
    f"apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: db}}\n{OF_DB}"
    "  serviceName: db\n  replicas: 2\n"
    f"  template: {{metadata: {{labels: {{app: db}}}}, spec: {POD}}}\n"
    "---\napiVersion: v1\nkind: Service\nmetadata: {name: db}\n"
    "spec: {selector: {app: db}, ports: [{port: 80}]}\n"
)
AGENT = (
    "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: agent}\nspec:\n"
    "  selector: {matchLabels: {app: agent}}\n"
    f"  template: {{metadata: {{labels: {{app: agent}}}}, spec: {POD}}}\n"
)
JOB = """\
apiVersion: batch/v1
kind: Job
metadata: {name: migrate}
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      containers: [{name: c, image: 'registry.example/a:1', command: [sh, -c, 'exit %d']}]
"""


@pytest.fixture
def stack(tmp_path: Any) -> Iterator[Stack]:
    found = Stack(tmp_path)
    found.start()
    yield found
    found.stop()
    assert "Traceback" not in found.complaints


def test_sets_and_a_job_start_up(stack: Stack) -> None:
    clock = {"action": "speed", "factor": 20}
    assert stack.call("simulator", "POST", "/api/v1/clusters/default/clock", clock).status == 200
    manifest = "---\n".join([DB, AGENT, JOB % 0])
    done = stack.post(f"{DEPLOY}?wait=ready&timeout=60", {"manifest_content": manifest})
    print(done)
    assert (done["phase"], done["started"], done["startup"]["problems"]) == ("ready", True, [])
    rows = {row["object"]: row["desired"] for row in done["startup"]["workloads"]}
    assert rows.pop("daemonset/agent") > 1
    assert rows == {"statefulset/db": 2, "job/migrate": 1}
    followed = stack.call("simulator", "GET", "/api/v1/clusters/default/tenants/kinds").body
    workloads = {row["name"]: row for row in followed["workloads"]}
    assert {name: row["kind"] for name, row in workloads.items()} == {
        "db": "StatefulSet",
        "agent": "DaemonSet",
    }
    assert all(row["ready"] == row["desired"] for row in workloads.values())


def test_a_job_that_fails_keeps_a_release_from_starting(stack: Stack) -> None:
    clock = {"action": "speed", "factor": 20}
    assert stack.call("simulator", "POST", "/api/v1/clusters/default/clock", clock).status == 200
    manifest = "---\n".join([DB, JOB % 7])
    done = stack.post(f"{DEPLOY}?wait=ready&timeout=60", {"manifest_content": manifest})
    assert (done["phase"], done["started"]) == ("stalled", False)
    [problem] = done["startup"]["problems"]
    assert (problem["object"], problem["cause"]) == ("job/migrate", "job-failed")
    assert "BackoffLimitExceeded" in problem["text"]
    assert "exit code 7" in problem["text"]
