"""A POST that is sent again with its Idempotency-Key is carried out once."""

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from .stack import Answer, Stack

pytestmark = pytest.mark.cluster

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
TENANTS = "/api/v1/tenants/"
DEPLOY = "/api/v1/simulator/deploy/again"
FAILURES = "/api/v1/simulator/failures/again"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    found = Stack(tmp_path_factory.mktemp("stack"))
    found.start()
    found.post(DEPLOY, {"manifest_content": workload("web")})
    yield found
    found.stop()
    assert "Traceback" not in found.complaints


def workload(name: str) -> str:
    return (
        f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec:\n"
        f"  selector: {{matchLabels: {{app: {name}}}}}\n"
        f"  template: {{metadata: {{labels: {{app: {name}}}}}, "
        "spec: {containers: [{name: c, image: 'registry.example/a:1'}]}}\n"
    )


def send(stack: Stack, path: str, body: Any, key: str, **headers: str) -> Answer:
    return stack.call(
        "orchestrator", "POST", path, body, headers={"Idempotency-Key": key, **headers}
    )


def replayed(answer: Answer) -> bool:
    return bool(answer.headers["idempotency-replayed"] == "true")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        pytest.param(TENANTS, {"tenant_id": "created-once"}, id="a tenant is created"),
        pytest.param(DEPLOY, {"manifest_content": workload("web")}, id="a release is deployed"),
        pytest.param(f"{FAILURES}/trigger", {"failure_type": "cpu_spike"}, id="a failure"),
    ],
)
def test_the_second_answer_is_the_first(stack: Stack, path: str, body: Any) -> None:
    first = send(stack, path, body, f'"key of {path}"')
    again = send(stack, path, body, f"key of {path}")
    assert (first.status, replayed(first)) == (again.status, False)
    assert first.status in (200, 201)
    assert (again.body, replayed(again)) == (first.body, True)


def test_what_is_sent_twice_happens_once(stack: Stack) -> None:
    before = len(stack.get(FAILURES)["failures"])
    for _ in range(3):
        send(stack, f"{FAILURES}/trigger", {"failure_type": "pod_crash"}, "one crash")
    assert len(stack.get(FAILURES)["failures"]) == before + 1


def test_the_answer_outlives_a_restart(stack: Stack) -> None:
    body = {"tenant_id": "kept"}
    first = send(stack, TENANTS, body, "kept")
    stack.kill("orchestrator")
    stack.start("orchestrator")
    again = send(stack, TENANTS, body, "kept")
    assert (again.body, again.status, replayed(again)) == (first.body, 201, True)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        pytest.param(TENANTS, {"tenant_id": "other"}, id="another body"),
        pytest.param(f"{TENANTS}?x=1", {"tenant_id": "mine"}, id="another query"),
        pytest.param(DEPLOY, {"tenant_id": "mine"}, id="another path"),
    ],
)
def test_a_key_is_of_one_request(stack: Stack, path: str, body: Any) -> None:
    send(stack, TENANTS, {"tenant_id": "mine"}, "of one")
    answer = send(stack, path, body, "of one")
    assert (answer.status, answer.body["error"]["code"]) == (409, "IDEMPOTENCY_KEY_REUSED")
    assert answer.body["error"]["message"].count("Idempotency-Key") == 1
    assert answer.headers["content-type"] == "application/problem+json"
    assert stack.call("orchestrator", "GET", f"{TENANTS}other").status == 404


def test_an_error_is_not_kept_its_cause_may_be_gone(stack: Stack) -> None:
    path = "/api/v1/simulator/failures/later/trigger"
    body = {"failure_type": "cpu_spike"}
    assert send(stack, path, body, "later").status == 404
    stack.post("/api/v1/simulator/deploy/later", {"manifest_content": workload("web")})
    # Its pods come in a wave of their own; until they are there it is another error.
    until = time.monotonic() + 30
    while (answer := send(stack, path, body, "later")).status == 422 and time.monotonic() < until:
        time.sleep(0.1)
    assert (answer.status, replayed(answer)) == (200, False), answer.body


def test_of_many_at_once_one_is_carried_out(stack: Stack) -> None:
    def one(number: int) -> Answer:
        return send(stack, TENANTS, {"tenant_id": "at-once"}, "at once")

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(one, range(8)))
    fresh = [answer for answer in answers if answer.status == 201 and not replayed(answer)]
    told = Counter(answer.status for answer in answers)
    assert (len(fresh), set(told) <= {201, 409}) == (1, True)
    codes = {a.body["error"]["code"] for a in answers if a.status == 409}
    assert codes <= {"IDEMPOTENCY_KEY_IN_USE"}


def test_the_demo_has_keys_of_its_own(stack: Stack) -> None:
    body = {"tenant_id": "twin"}
    first = send(stack, TENANTS, body, "twin")
    demo = send(stack, TENANTS, body, "twin", **{"X-Demo-Mode": "true"})
    assert (first.status, demo.status, replayed(demo)) == (201, 201, False)


@pytest.mark.parametrize("key", ["", '""', "x" * 256, "\xe9"], ids=["none", "empty", "long", "é"])
def test_what_is_no_key_is_refused(stack: Stack, key: str) -> None:
    answer = send(stack, TENANTS, {"tenant_id": "never"}, key)
    assert (answer.status, answer.body["error"]["code"]) == (400, "INVALID_IDEMPOTENCY_KEY")
    assert stack.call("orchestrator", "GET", f"{TENANTS}never").status == 404
