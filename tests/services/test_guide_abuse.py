"""Input as nobody should send it: answered with what is wrong, never with a 500 or a traceback.

The first table is what the public prototype accepted or died of; the rest tries to break it.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import pytest
from websockets.sync.client import connect

from .stack import Answer, Stack

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
VALIDATE = "/api/v1/tenants/validate-manifest"
DEPLOY = "/api/v1/simulator/deploy"

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Both services; whatever was sent, they must end without a traceback."""
    found = Stack(tmp_path_factory.mktemp("stack"))
    found.start()
    found.post(f"{DEPLOY}/there", {"manifest_content": CONFIG})
    yield found
    found.stop()
    assert "Traceback" not in found.complaints


def refused(answer: Answer, *statuses: int) -> None:
    """Assert that an answer is an error as all errors are, with one of *statuses* (any 4xx)."""
    assert answer.status in (statuses or range(400, 500)), answer
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.body
    assert body["status"] == answer.status
    assert body["detail"] == body["error"]["message"] != ""
    assert body["title"] == body["error"]["code"] == body["error"]["code"].upper()
    assert body["request_id"] == body["error"]["request_id"] == answer.headers["x-request-id"]


# -- manifests that the prototype took, or died of -------------------------------------------------


def deployment(replicas: str = "2", label: str = "web", extra: str = "", image: str = "n:1") -> str:
    return (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n"
        f"  replicas: {replicas}\n{extra}"
        "  selector: {matchLabels: {app: web}}\n"
        f"  template:\n    metadata: {{labels: {{app: {label}}}}}\n"
        f"    spec: {{containers: [{{name: c, image: '{image}'}}]}}\n"
    )


@pytest.mark.parametrize(
    ("manifest", "path", "word"),
    [
        pytest.param(
            deployment(label="other"), "spec.template.metadata.labels", "selector",
            id="the selector does not match the template",
        ),
        pytest.param(
            deployment(extra="  replicaz: 3\n"), "spec.replicaz", "unknown field",
            id="an unknown field",
        ),
        pytest.param(deployment("two"), "spec.replicas", "int", id="a word for a number"),
        pytest.param(
            "apiVersion: foo/v9\nkind: Banana\nmetadata: {name: a}\n", "apiVersion", "Banana",
            id="a kind that nobody knows",
        ),
        pytest.param("apiVersion: v1\nkind: ConfigMap\n", "metadata.name", "name", id="no name"),
        pytest.param(
            CONFIG.replace("name: a", "name: Bad_NAME!"), "metadata.name", "RFC 1123",
            id="a name that cannot be",
        ),
        pytest.param("", None, "object", id="an empty text"),
        pytest.param("just words", "", "", id="a plain text"),
        pytest.param("a: [1\n", "", "yaml", id="broken YAML"),
        pytest.param(f"{CONFIG}---\na: [1\n", "", "yaml", id="a broken second document"),
        pytest.param(f"{CONFIG}---\n{CONFIG}", "metadata.name", "twice", id="an object twice"),
        pytest.param('"\\ud800"', "", "", id="an escape that is no character"),
        pytest.param("a: &a [*a]\n", "", "", id="an alias within itself"),
        pytest.param("[" * 20_000, "", "", id="twenty thousand brackets"),
        pytest.param('!!python/object/apply:os.system ["id"]', "", "", id="a tag that would run"),
    ],
)  # fmt: skip
def test_an_invalid_manifest_is_located_and_never_deployed(
    stack: Stack, manifest: str, path: str | None, word: str
) -> None:
    found = stack.post(VALIDATE, {"manifest_content": manifest})
    errors = found["errors"]
    assert errors
    assert found["simulator_compatible"] is False
    # What would not run is no error of the API server's, but stands among them.
    assert found["valid"] is all(row["severity"] == "broken" for row in errors)
    if path is not None:
        assert any(row["path"] == path for row in errors)
        assert all(row["line"] > 0 and row["column"] > 0 and row["remedy"] for row in errors)
    assert any(word.lower() in json.dumps(row).lower() for row in errors)
    answer = stack.call("orchestrator", "POST", f"{DEPLOY}/never", {"manifest_content": manifest})
    refused(answer, 422)
    assert answer.body["error"]["code"] == "MANIFEST_INVALID"
    assert stack.call("orchestrator", "GET", "/api/v1/tenants/never").status == 404


@pytest.mark.parametrize(
    ("manifest", "code"),
    [
        pytest.param(
            CONFIG.replace("name: a", "name: a, namespace: there-ecp-ai"), "FOREIGN_NAMESPACE",
            id="another tenant's namespace",
        ),
        pytest.param(
            CONFIG.replace("name: a", "name: a, namespace: kube-system"), "FOREIGN_NAMESPACE",
            id="the cluster's namespace",
        ),
        pytest.param(
            "apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: ConfigMap, "
            "metadata: {name: a, namespace: there-ecp-ai}}]\n", "FOREIGN_NAMESPACE",
            id="another tenant's namespace within a list",
        ),
        pytest.param(
            "apiVersion: v1\nkind: Namespace\nmetadata: {name: there-ecp-ai}\n",
            "FOREIGN_NAMESPACE", id="another tenant's Namespace itself",
        ),
        pytest.param(
            "apiVersion: v1\nkind: Node\nmetadata: {name: cpu-1}\n", "FOREIGN_OBJECT",
            id="a machine of the cluster",
        ),
        pytest.param(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: a-}\n", "MANIFEST_INVALID",
            id="no name to apply it by",
        ),
    ],
)  # fmt: skip
def test_what_is_not_the_tenants_is_refused(stack: Stack, manifest: str, code: str) -> None:
    answer = stack.call(
        "orchestrator", "POST", f"{DEPLOY}/intruder", {"manifest_content": manifest}
    )
    refused(answer, 422)
    assert answer.body["error"]["code"] == code


def test_what_lies_in_no_namespace_outlives_the_tenant_that_brought_it(stack: Stack) -> None:
    crd = (
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
        "metadata: {name: foos.example.com}\nspec:\n  group: example.com\n  scope: Cluster\n"
        "  names: {kind: Foo, plural: foos}\n  versions:\n"
        "  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}\n"
    )
    stack.post(f"{DEPLOY}/brings", {"manifest_content": crd})
    assert stack.call("orchestrator", "DELETE", "/api/v1/tenants/brings").status == 200
    path = "/clusters/default/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    assert stack.call("simulator", "GET", f"{path}/foos.example.com").status == 200


# -- names in paths and bodies ---------------------------------------------------------------------

IDS = [
    "a\nb", "a\n", "테넌트", "UPPER", "a" * 51, "x" * 3000, "-a", "a-", "a.b", "a_b", "\x00",
    "{{7*7}}", "a';--", "system", "validate-manifest", "status", "deploy", "calculate-resources",
    "check-duplicate", "health", "monitoring", "settings",
]  # fmt: skip


@pytest.mark.parametrize("tenant", IDS, ids=lambda tenant: repr(tenant)[:30])
def test_what_is_no_tenants_name_is_refused_wherever_it_stands(stack: Stack, tenant: str) -> None:
    path = quote(tenant, safe="")
    for body, target in (
        ({"tenant_id": tenant}, "/api/v1/tenants/"),
        ({"tenant_id": tenant, "manifest_content": CONFIG}, VALIDATE),
        ({}, f"{DEPLOY}/{path}"),
        ({}, f"/api/v1/tenants/{path}/manifest"),
    ):
        refused(stack.call("orchestrator", "POST", target, body), 422)
    trigger = f"/api/v1/simulator/failures/{path}/trigger"
    refused(stack.call("orchestrator", "POST", trigger, {"failure_type": "cpu_spike"}), 404, 422)
    for target in (
        f"/api/v1/simulator/status/{path}",
        f"/api/v1/simulator/sla/{path}/analysis",
        f"/api/v1/tenants/{path}/manifest",
    ):
        refused(stack.call("orchestrator", "GET", target), 404, 405, 422)
    refused(stack.call("orchestrator", "DELETE", f"/api/v1/tenants/{path}"), 404, 405, 422)


# -- bodies ----------------------------------------------------------------------------------------

BODIES = [
    pytest.param(b"", id="none"),
    pytest.param(b"{", id="half an object"),
    pytest.param(b"null", id="null"),
    pytest.param(b"[]", id="a list"),
    pytest.param(b'"x"', id="a text"),
    pytest.param(b"\xff\xfe\x00", id="no UTF-8"),
    pytest.param(b'{"manifest_content": "\xff"}', id="a text that is no UTF-8"),
    pytest.param(b'{"manifest_content": "\\ud800"}', id="half of a surrogate pair"),
    pytest.param(b'{"manifest_content": 1}', id="a number for a text"),
    pytest.param(b'{"callbot": NaN, "slaTarget": NaN}', id="NaN"),
    pytest.param(b'{"callbot": 1e999, "slaTarget": 1e999}', id="a number beyond all numbers"),
    pytest.param(b'{"callbot": -1, "slaTarget": -1}', id="less than nothing"),
    pytest.param(b'{"callbot": 99999999999999999999999}', id="more than anybody has"),
    pytest.param(b"[" * 50_000 + b"]" * 50_000, id="fifty thousand brackets"),
]


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize(
    "kind", ["application/json", "text/plain", "multipart/form-data", "application/yaml"]
)
def test_a_body_that_cannot_be_read_is_the_callers_mistake(
    stack: Stack, body: bytes, kind: str
) -> None:
    for service, method, path in (
        ("orchestrator", "POST", VALIDATE),
        ("orchestrator", "POST", "/api/v1/tenants/"),
        ("orchestrator", "POST", "/api/v1/tenants/calculate-resources"),
        ("orchestrator", "POST", "/api/v1/simulator/failures/there/trigger"),
        ("orchestrator", "PUT", "/api/v1/settings"),
        ("simulator", "POST", "/api/v1/external-metrics"),
        ("simulator", "POST", "/api/v1/clusters"),
        ("simulator", "POST", "/api/v1/clusters/default/clock"),
    ):
        refused(stack.call(service, method, path, body, headers={"Content-Type": kind}), 400, 422)


@pytest.mark.parametrize("more", [{}, {"Idempotency-Key": "large"}], ids=["plain", "with a key"])
def test_a_body_beyond_all_manifests_is_refused_and_heard_to_the_end(
    stack: Stack, more: dict[str, str]
) -> None:
    answer = stack.call("orchestrator", "POST", VALIDATE, b" " * (33 << 20), headers=more)
    refused(answer, 413)
    assert answer.body["error"]["code"] == "PAYLOAD_TOO_LARGE"


@pytest.mark.parametrize(
    ("body", "word"),
    [
        pytest.param({"seed": 5}, "cluster", id="chance is the cluster's"),
        pytest.param({"mode": "small"}, "large", id="no infrastructure is shared"),
        pytest.param({"mode": "huge"}, "large", id="a mode that nobody knows"),
    ],
)
def test_what_would_have_no_effect_is_refused(
    stack: Stack, body: dict[str, Any], word: str
) -> None:
    answer = stack.call("orchestrator", "POST", "/api/v1/tenants/", {"tenant_id": "odd", **body})
    refused(answer, 422)
    assert word in answer.body["detail"]
    assert stack.call("orchestrator", "GET", "/api/v1/tenants/odd").status == 404


def test_who_waits_for_a_tenant_that_is_deleted_is_told_which(stack: Stack) -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {nodeSelector: {no: where}, "
    manifest = pod + "containers: [{name: a, image: 'registry.example/a:1'}]}\n"
    body = {"manifest_content": manifest, "allow_broken": True}
    path = f"{DEPLOY}/awaited?wait=ready&timeout=60"
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(stack.call, "orchestrator", "POST", path, body)
        while not waiting.done():
            found = stack.call("orchestrator", "GET", "/api/v1/simulator/status/awaited")
            if found.status == 200 and found.body["phase"] == "progressing":
                assert stack.call("orchestrator", "DELETE", "/api/v1/tenants/awaited").status == 200
    refused(waiting.result(), 404)
    assert '"awaited"' in waiting.result().body["detail"]


@pytest.mark.parametrize(
    "query",
    ["skip=-1", "skip=99999999999999999999", "skip=x", "limit=0", "limit=1001", "limit=x"],
)
def test_a_page_that_there_cannot_be_is_refused(stack: Stack, query: str) -> None:
    for path in ("/api/v1/tenants/", "/api/v1/simulator/status"):
        refused(stack.call("orchestrator", "GET", f"{path}?{query}"), 422)


@pytest.mark.parametrize("period", ["0h", "999999d", "abc", "24h%0A", "%EF%BC%91h", "1e3h", "NaN"])
def test_what_is_no_period_is_refused(stack: Stack, period: str) -> None:
    path = f"/api/v1/simulator/sla/there/analysis?period={period}"
    answer = stack.call("orchestrator", "GET", path)
    refused(answer, 422)
    assert answer.body["error"]["code"] == "INVALID_PERIOD"


LARGE = 2**63


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", f"/api/v1/alerts/routes/{LARGE}", {"name": "a", "kind": "slack", "target": ""}),
        ("DELETE", f"/api/v1/alerts/routes/{LARGE}", None),
        ("DELETE", f"/api/v1/alerts/silences/{LARGE}", None),
        ("GET", f"/api/v1/tenants/there/releases/{LARGE}", None),
        ("GET", f"/api/v1/releases/sim-deploy-{LARGE}", None),
        ("DELETE", f"/api/v1/simulator/sla/there/maintenance/{LARGE}", None),
    ],
)
def test_a_number_that_no_database_can_compare_is_refused(
    stack: Stack, method: str, path: str, body: Any
) -> None:
    refused(stack.call("orchestrator", method, path, body), 404, 422)


def test_who_deletes_a_tenant_together_with_others_is_not_told_of_a_version(stack: Stack) -> None:
    stack.post("/api/v1/tenants/", {"tenant_id": "thrice"})
    path = "/api/v1/tenants/thrice"
    with ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(stack.call, "orchestrator", "DELETE", path) for _ in range(3)]
        found = {one.result().status for one in asked}
    assert found <= {200, 404}
    assert 200 in found


# -- the paths of the first simulator's clients ----------------------------------------------------


@pytest.mark.parametrize("namespace", ["a\x00", "", "A", "a/b", "..", "-a", "테넌트"])
def test_what_is_no_namespace_is_refused(stack: Stack, namespace: str) -> None:
    body = {"manifest_content": CONFIG, "namespace": namespace}
    for path in ("/k8s/manifest/parse", "/k8s/manifest/deploy"):
        refused(stack.call("simulator", "POST", path, body), 422)


def test_a_role_may_have_a_name_that_would_end_a_path(stack: Stack) -> None:
    role = (
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\n"
        "metadata: {name: 'a?b#c'}\nrules: []\n"
    )
    sent = stack.call("simulator", "POST", "/k8s/manifest/deploy", {"manifest_content": role})
    assert (sent.status, sent.body["failed"]) == (200, [])
    gone = stack.call("simulator", "DELETE", f"/k8s/resources/role/default/{quote('a?b#c')}")
    assert (gone.status, gone.body["name"]) == (200, "a?b#c")


# -- methods and paths -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("service", "path"),
    [
        ("orchestrator", "/health"),
        ("orchestrator", "/metrics"),
        ("orchestrator", "/docs"),
        ("orchestrator", "/api/v1/tenants/"),
        ("simulator", "/"),
        ("simulator", "/api/metrics"),
        ("simulator", "/dashboard/there"),
    ],
)
def test_head_answers_as_get_does_without_the_body(stack: Stack, service: str, path: str) -> None:
    head = stack.call(service, "HEAD", path)
    got = stack.call(service, "GET", path)
    assert (head.status, head.body) == (200, "")
    assert head.headers["content-type"] == got.headers["content-type"]


@pytest.mark.parametrize("method", ["PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_another_method_is_told_which_there_are(stack: Stack, method: str) -> None:
    for service in ("orchestrator", "simulator"):
        answer = stack.call(service, method, "/health")
        refused(answer, 405)
        assert answer.headers["allow"] == "GET"


@pytest.mark.parametrize("path", ["/api/v1/simulator/status/", "/health/", "/api/v1/tenants//"])
def test_a_slash_too_many_is_led_to_the_right_place(stack: Stack, path: str) -> None:
    assert stack.call("orchestrator", "GET", path).status == 200


# -- all at once -----------------------------------------------------------------------------------


def at_once(count: int, ask: Callable[[int], Answer]) -> list[Answer]:
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(ask, range(count)))


def test_forty_tenants_are_created_at_once(stack: Stack) -> None:
    def create(number: int) -> Answer:
        body = {"tenant_id": f"many-{number}"}
        return stack.call("orchestrator", "POST", "/api/v1/tenants/", body)

    assert Counter(answer.status for answer in at_once(40, create)) == {201: 40}
    assert stack.get("/api/v1/tenants/?limit=1000")["total_count"] >= 40


def test_one_of_many_equal_creations_wins(stack: Stack) -> None:
    def create(number: int) -> Answer:
        return stack.call("orchestrator", "POST", "/api/v1/tenants/", {"tenant_id": "wanted"})

    assert Counter(answer.status for answer in at_once(16, create)) == {201: 1, 409: 15}


def test_many_first_uses_create_one_tenant(stack: Stack) -> None:
    def generate(number: int) -> Answer:
        return stack.call("orchestrator", "POST", "/api/v1/tenants/first/manifest")

    answers = at_once(12, generate)
    assert [answer.status for answer in answers] == [200] * 12
    assert sum(answer.body["tenant_created"] for answer in answers) == 1
    assert len({answer.body["manifest_digest"] for answer in answers}) == 1

    def deploy(number: int) -> Answer:
        return stack.call("orchestrator", "POST", f"{DEPLOY}/firm", {"manifest_content": CONFIG})

    answers = at_once(12, deploy)
    assert [answer.status for answer in answers] == [200] * 12
    assert sum(answer.body["tenant_created"] for answer in answers) == 1
    assert sum(answer.body["new_revision"] for answer in answers) == 1


def test_deleted_while_it_is_deployed_a_tenant_is_there_or_not(stack: Stack) -> None:
    def act(number: int) -> Answer:
        if number % 2:
            return stack.call("orchestrator", "DELETE", "/api/v1/tenants/restless")
        body = {"manifest_content": CONFIG.replace("name: a", f"name: a{number}")}
        return stack.call("orchestrator", "POST", f"{DEPLOY}/restless", body)

    for number, answer in enumerate(at_once(12, act)):
        assert answer.status in ((200, 404) if number % 2 else (200,)), (number, answer)
    found = stack.call("orchestrator", "GET", "/api/v1/simulator/status/restless")
    assert found.status in (200, 404)
    assert stack.get("/api/v1/simulator/status/there")["tenant_id"] == "there"


# -- the stream ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "message",
    [
        "what?", "[]", "null", "{}", '{"action": "dance"}', b"\xff\xfe", b"what?", "x" * 70_000,
        '{"action": "subscribe", "metrics": ["gold"]}', '{"action": "subscribe", "metrics": 5}',
        '{"action": "subscribe", "interval": -1}', '{"action": "subscribe", "interval": NaN}',
        '{"action": "metrics"}', '{"action": "metrics", "metrics": 5}', '{"action": "\\ud800"}',
    ],
    ids=lambda message: repr(message)[:50],
)  # fmt: skip
def test_a_message_that_cannot_be_read_is_answered_and_the_stream_goes_on(
    stack: Stack, message: str | bytes
) -> None:
    url = f"ws://127.0.0.1:{stack.ports['orchestrator']}/api/v1/simulator/realtime/there"
    with connect(url, proxy=None) as socket:
        socket.send(message)
        socket.send(b'{"action": "ping"}')
        said: list[dict[str, Any]] = []
        while not any(row.get("action") == "pong" for row in said):
            said.append(json.loads(socket.recv(timeout=120)))
    assert [row["error"]["code"] for row in said if "error" in row] == ["BAD_MESSAGE"]


def test_the_demo_and_the_rest_do_not_know_each_other(stack: Stack) -> None:
    demo = {"X-Demo-Mode": "true"}
    stack.post(f"{DEPLOY}/shown", {"manifest_content": CONFIG}, headers=demo)
    assert stack.call("orchestrator", "GET", "/api/v1/tenants/shown").status == 404
    assert stack.call("orchestrator", "DELETE", "/api/v1/tenants/shown").status == 404
    path = "/api/v1/tenants/shown"
    assert stack.call("orchestrator", "GET", path, headers=demo).body["tenant_id"] == "shown"
    assert stack.call("orchestrator", "DELETE", path, headers=demo).status == 200
    for word in ("maybe", "", "false", "true, false"):
        headers = {"X-Demo-Mode": word}
        assert stack.get("/api/v1/simulator/status", headers=headers)["mode"] == "production"
