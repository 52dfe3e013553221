"""A tenant's life on a cluster: its state follows the pods; stopped it is off duty, not down."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from .stack import Stack

pytestmark = pytest.mark.cluster

CLUSTER = "/api/v1/clusters/default"
APPS = "/clusters/default/apis/apps/v1/namespaces/{}-ecp-ai/deployments"
WITHIN_S = 60


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    found = Stack(tmp_path_factory.mktemp("stack"))
    found.start()
    for name in ("life", "other"):
        found.post(f"/api/v1/simulator/deploy/{name}?wait=ready", {"manifest_content": manifest()})
    yield found
    found.stop()
    assert "Traceback" not in found.complaints


def manifest() -> str:
    return (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n"
        "  replicas: 2\n"
        "  selector: {matchLabels: {app: web}}\n"
        "  template: {metadata: {labels: {app: web}}, "
        "spec: {containers: [{name: c, image: 'registry.example/a:1', ports: [{containerPort: 80}],"
        " readinessProbe: {httpGet: {path: /, port: 80}}}]}}\n"
        "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\n"
        "spec: {selector: {app: web}, ports: [{port: 80}]}\n"
    )


def until(found: Callable[[], Any], what: str) -> Any:
    """Return the first thing found that is one."""
    deadline = time.monotonic() + WITHIN_S
    while not (seen := found()):
        assert time.monotonic() < deadline, what
        time.sleep(0.05)
    return seen


def reaches(stack: Stack, name: str, state: str) -> None:
    def there() -> bool:
        warp(stack, 5)
        return bool(stack.get(f"/api/v1/tenants/{name}")["state"] == state)

    until(there, f"{name} {state}: {stack.get(f'/api/v1/tenants/{name}/history')}")


def warp(stack: Stack, seconds: int) -> None:
    call = {"action": "step", "duration": f"{seconds}s"}
    assert stack.call("simulator", "POST", f"{CLUSTER}/clock", call).status == 200
    until(
        lambda: not stack.call("simulator", "GET", f"{CLUSTER}/clock").body["warping_to"], "a step"
    )


def states(stack: Stack, name: str) -> list[str]:
    history = stack.get(f"/api/v1/tenants/{name}/history")["history"]
    return [row["state"] for row in history if row["state"] != row["from"]][::-1]


def replicas(stack: Stack, name: str) -> Any:
    (row,) = stack.call("simulator", "GET", APPS.format(name)).body["items"]
    return row["spec"]["replicas"]


def test_a_stopped_tenant_keeps_its_objects_and_is_off_duty(stack: Stack) -> None:
    reaches(stack, "life", "running")
    reaches(stack, "other", "running")
    said = stack.post("/api/v1/tenants/life/stop", None)
    assert (said["scaled_to_zero"], said["still_running"]) == (1, [])
    reaches(stack, "life", "stopped")
    warp(stack, 300)
    assert (replicas(stack, "life"), replicas(stack, "other")) == (0, 2)
    sla = stack.call("simulator", "GET", f"{CLUSTER}/tenants/life/sla?period=1h").body
    assert sla["off_duty_seconds"] >= 300
    assert sla["downtime_seconds"] == 0
    again = stack.post("/api/v1/tenants/life/restart", None, status=409)
    assert again["error"]["code"] == "TENANT_STOPPED"
    stack.post("/api/v1/tenants/life/stop", None)  # twice is once
    assert stack.post("/api/v1/tenants/life/start", None)["state"] == "deploying"
    reaches(stack, "life", "running")
    assert replicas(stack, "life") == 2
    assert states(stack, "other") == ["draft", "deploying", "running"]
    assert states(stack, "life")[-4:] == ["stopping", "stopped", "deploying", "running"]
