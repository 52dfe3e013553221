"""A start-up that nobody saw: before an outage, at a warped pace, on a cluster made anew."""

from collections.abc import Iterator
from typing import Any

import pytest

from .stack import Stack

pytestmark = pytest.mark.cluster

DEPLOY = "/api/v1/simulator/deploy"
STATUS = "/api/v1/simulator/status"
NEEDS = {"chatbot": 20}


@pytest.fixture
def stack(tmp_path: Any) -> Iterator[Stack]:
    found = Stack(tmp_path)
    found.start()
    yield found
    found.stop()
    assert "Traceback" not in found.complaints


def created(stack: Stack) -> None:
    body = {"tenant_id": "shop", "service_requirements": NEEDS}
    stack.post("/api/v1/tenants/", body)


def clock(stack: Stack, **action: Any) -> None:
    path = "/api/v1/clusters/default/clock"
    assert stack.call("simulator", "POST", path, action).status == 200


def fail(stack: Stack, **more: Any) -> None:
    body = {"fault": "service_down", "target": "chatbot", "namespaces": ["shop-ecp-ai"], **more}
    answer = stack.call("simulator", "POST", "/api/v1/clusters/default/faults", body)
    assert answer.status == 201, answer


def test_an_orchestrator_that_was_away_reads_the_start_up_from_history(stack: Stack) -> None:
    created(stack)
    stack.post(DEPLOY + "/shop")
    stack.kill("orchestrator")
    stack.warp("5m")
    fail(stack, duration="30m")
    stack.warp("4m")
    stack.start("orchestrator")
    startup = stack.get(f"{STATUS}/shop")["startup"]
    assert (startup["started"], startup["up"], startup["problems"]) == (True, False, [])
    assert "deployment/chatbot" in {row["object"] for row in startup["degraded"]}
    assert 0 < startup["seconds"] < 300
    assert all(row["met"] for row in startup["conditions"].values())
    done = stack.post(f"{DEPLOY}/shop?wait=ready&timeout=120")
    assert (done["phase"], done["started"], done["new_revision"]) == ("ready", True, False)
    assert done["startup"]["seconds"] == startup["seconds"]


def test_at_a_warped_pace_an_outage_soon_after_the_start_is_an_outage(stack: Stack) -> None:
    created(stack)
    clock(stack, action="speed", factor=300)
    stack.post(DEPLOY + "/shop")
    clock(stack, action="pause")
    fail(stack, at="+5m", duration="2h")
    stack.warp("15m")
    startup = stack.get(f"{STATUS}/shop")["startup"]
    assert (startup["started"], startup["up"], startup["problems"]) == (True, False, [])


def test_on_a_cluster_that_began_anew_the_same_manifest_starts_up_anew(stack: Stack) -> None:
    created(stack)
    first = stack.post(DEPLOY + "/shop")
    stack.warp("5m")
    stack.post(f"{DEPLOY}/shop?wait=ready&timeout=120")
    clusters = "/api/v1/clusters"
    assert stack.call("simulator", "DELETE", f"{clusters}/default").status == 200
    assert stack.call("simulator", "POST", clusters, {"name": "default"}).status == 201
    found = stack.get(f"{STATUS}/shop")
    assert (found["phase"], found["started"], found["ready"]) == ("stalled", False, 0)
    assert [row["cause"] for row in found["startup"]["problems"]] == ["cluster-reset"]
    told = stack.cli("status", "shop")
    assert "made anew" in told.stdout
    again = stack.post(DEPLOY + "/shop")
    assert (again["cluster_reset"], again["new_revision"], again["started"]) == (True, False, False)
    assert again["revision"] == first["revision"]
    assert again["startup"]["seconds"] is None
    stack.warp("5m")
    done = stack.post(f"{DEPLOY}/shop?wait=ready&timeout=120")
    assert (done["phase"], done["started"], done["cluster_reset"]) == ("ready", True, False)
    assert 0 < done["startup"]["seconds"] < 300
    assert done["startup"]["confirmed_at"] > again["began"]
