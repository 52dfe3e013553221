"""A tenant's live objects over HTTP, and by the command line, on a real stack."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from services.stack import Stack

pytestmark = pytest.mark.cluster
LIVE = "/api/v1/tenants/acme/resources"
SPACE = "/clusters/default@simulated/{api}/namespaces/acme-ecp-ai"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    found = Stack(tmp_path_factory.mktemp("resources"))
    found.start()
    assert found.cli("deploy", "acme").returncode == 0
    found.warp("10m")
    yield found
    found.stop()


def objects(stack: Stack, query: str = "") -> dict[str, dict[str, Any]]:
    found = stack.get(f"{LIVE}{query}", headers={"Cache-Control": "no-cache"})["nodes"]
    return {f"{node['kind']}/{node['name']}": node for node in found}


def changed(stack: Stack, api: str, method: str, rest: str, body: Any = None) -> None:
    """Change an object of the tenant as somebody with kubectl does."""
    path = SPACE.format(api=api) + rest
    headers = {"Content-Type": "application/merge-patch+json"} if method == "PATCH" else {}
    assert stack.call("simulator", method, path, body, headers=headers).status < 300


def until(seen: Callable[[], bool]) -> None:
    """Return when it is seen. Raises AssertionError after a minute."""
    end = time.monotonic() + 60
    while not seen():
        assert time.monotonic() < end
        time.sleep(0.2)


def test_what_a_release_made_is_there_as_it_was_released_and_healthy(stack: Stack) -> None:
    found = objects(stack)
    web = found["Deployment/api-gateway"]
    assert (web["health"], web["sync"], web["changed"]) == ("healthy", "released", [])
    assert web["ready"] == web["desired"] > 0
    pods = [node for node in found.values() if node["name"].startswith("api-gateway-")]
    assert {node["sync"] for node in pods if node["kind"] == "Pod"} == {"cluster"}
    assert [node for node in found.values() if node["problem"]] == []
    body = stack.get(LIVE)
    assert {edge["type"] for edge in body["edges"]} >= {"serves", "runs-on", "reads", "scales"}
    assert (body["total"], body["evidence"]) == (len(found), "simulated")


def test_nothing_new_is_told_by_its_tag_alone(stack: Stack) -> None:
    path = f"{LIVE}?kind=ConfigMap&fields=kind,sync"
    first = stack.call("orchestrator", "GET", path)
    assert {frozenset(node) for node in first.body["nodes"]} == {frozenset({"id", "kind", "sync"})}
    again = stack.call(
        "orchestrator", "GET", path, headers={"If-None-Match": first.headers["etag"]}
    )
    assert again.status == 304


def test_what_somebody_did_since_is_seen_with_its_cause(stack: Stack) -> None:
    """One tenant broken in four ways; each is told for what it is."""
    asked = {"requests": {"cpu": "900"}, "limits": {"cpu": "900"}}
    patch = [{"op": "add", "path": "/spec/template/spec/containers/0/resources", "value": asked}]
    path = SPACE.format(api="apis/apps/v1") + "/deployments/redis"
    how = {"Content-Type": "application/json-patch+json"}
    assert stack.call("simulator", "PATCH", path, patch, headers=how).status == 200
    changed(stack, "api/v1", "DELETE", "/services/redis-service")
    own = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "by-hand"}}
    changed(stack, "api/v1", "POST", "/configmaps", own)
    stack.warp("2m")
    found = objects(stack)
    assert found["Deployment/redis"]["sync"] == "changed"
    assert any("resources" in path for path in found["Deployment/redis"]["changed"])
    assert found["Service/redis-service"]["health"] == "missing"
    assert found["ConfigMap/by-hand"]["sync"] == "extra"
    waiting = [n for n in objects(stack, "?kind=Pod&problems=true").values() if not n["node"]]
    assert "waits for a node" in waiting[0]["reason"]
    told = stack.get(f"{LIVE}/Pod/{waiting[0]['name']}")
    assert "waits for a node" in told["why"][0]["text"]
    assert told["why"][0]["remedy"]
    assert told["events"][0]["reason"] == "FailedScheduling"
    printed = stack.cli("tenant", "resources", "acme", "--problems").stdout
    assert "Deployment/redis" in printed
    assert "└─Pod/redis-" in printed
    assert "Deployment/api-gateway" not in printed


MANY = 400


def test_of_many_objects_leaves_are_a_group_whose_members_come_by_page(stack: Stack) -> None:
    """So many that they are followed by a watch, too: what changes is seen without a new list."""
    space = SPACE.format(api="api/v1")
    for number in range(MANY):
        body = {"metadata": {"name": f"many-{number:03}", "labels": {"many": "yes"}}}
        assert stack.call("simulator", "POST", f"{space}/configmaps", body).status == 201
    fresh = {"Cache-Control": "no-cache"}
    found = stack.get(f"{LIVE}?grouped=true&selector=many", headers=fresh)
    assert [(group["id"], group["count"]) for group in found["groups"]] == [("*ConfigMap", MANY)]
    assert (found["nodes"], found["matched"]) == ([], MANY)
    page = stack.get(f"{LIVE}?group=*ConfigMap&q=many-&sort=-name&skip=1&limit=2")
    assert [node["name"] for node in page["nodes"]] == ["many-398", "many-397"]
    one = page["nodes"][0]["id"]
    near = stack.get(f"{LIVE}?q=many-&sort=name&around={one}")
    assert [node["name"] for node in near["nodes"]] == ["many-397", "many-398", "many-399"]
    assert near["skip"] == 397
    changed(stack, "api/v1", "DELETE", "/configmaps/many-398")
    changed(stack, "api/v1", "PATCH", "/configmaps/many-399", {"data": {"seen": "now"}})
    body = {"metadata": {"name": "many-new", "labels": {"many": "later"}}}
    changed(stack, "api/v1", "POST", "/configmaps", body)

    def seen() -> list[str]:
        rows = stack.get(f"{LIVE}?selector=many&sort=-name&limit=2")["nodes"]
        return [node["name"] for node in rows]

    until(lambda: seen() == ["many-new", "many-399"])
    for name in ("many-new", *(f"many-{number:03}" for number in range(MANY) if number != 398)):
        changed(stack, "api/v1", "DELETE", f"/configmaps/{name}")
    until(lambda: seen() == [])


def test_who_cannot_wait_is_told_what_is_known_by_then(stack: Stack) -> None:
    known = stack.get(f"{LIVE}?within=0", headers={"Cache-Control": "no-cache"})
    assert known["total"] > 0
    assert known["reading"] == []


def test_no_value_of_a_secret_is_told(stack: Stack) -> None:
    told = stack.get(f"{LIVE}/Secret/ecp-credentials")
    assert 'database-password: "***"' in told["yaml"]


def test_logs_of_several_pods_are_one_in_the_order_of_their_instants(stack: Stack) -> None:
    found = stack.get(f"{LIVE}/logs?selector=app%3Dapi-gateway")
    stamps = [line["at"] for line in found["lines"]]
    assert stamps == sorted(stamps)
    assert {line["pod"] for line in found["lines"]} == set(found["pods"])
    assert len(found["pods"]) > 1
    one = stack.get(f"{LIVE}/pods/{found['pods'][0]}/logs?tail=1")
    assert len(one["lines"]) == 1


def test_usage_stands_beside_what_is_requested(stack: Stack) -> None:
    found = stack.get(f"{LIVE}/Deployment/api-gateway/metrics?minutes=3")
    assert found["total"]["cpu_millicores"] > 0
    assert found["total"]["cpu_request_millicores"] > 0
    assert len(found["pods"]) > 1
    assert found["history"][-1]["memory_bytes"] > 0


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/Pod/nobody", 404, "RESOURCE_NOT_FOUND"),
        ("/pods/nobody/logs", 404, "RESOURCE_NOT_FOUND"),
        ("?selector=%3D%3D", 422, "INVALID_SELECTOR"),
        ("?fields=colour", 422, "INVALID_FIELDS"),
        ("?sort=colour", 422, "VALIDATION_FAILED"),
    ],
    ids=["no such object", "no such pod", "no selector", "no such field", "no such order"],
)
def test_what_cannot_be_answered_is_a_problem_with_a_code(
    stack: Stack, path: str, status: int, code: str
) -> None:
    answer = stack.call("orchestrator", "GET", f"{LIVE}{path}")
    assert (answer.status, answer.body["error"]["code"]) == (status, code)
