"""Tenants and manifests over HTTP, while no simulator answers: all that needs none works."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from ecp.orchestrator.app import create_app
from ecp.orchestrator.tenants import model


class Client:
    """Calls the application in this process, on a loop that runs while it is called."""

    def __init__(self, runner: asyncio.Runner, client: httpx.AsyncClient) -> None:
        self._runner, self._client = runner, client

    def _call(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self._runner.run(self._client.request(method, path, **options))

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self._call("GET", path, **options)

    def head(self, path: str) -> httpx.Response:
        return self._call("HEAD", path)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self._call("POST", path, **options)

    def put(self, path: str, **options: Any) -> httpx.Response:
        return self._call("PUT", path, **options)

    def delete(self, path: str, **options: Any) -> httpx.Response:
        return self._call("DELETE", path, **options)


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.setenv("ECP_SIMULATOR_URL", "http://127.0.0.1:9")
    app = create_app(tmp_path)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    with asyncio.Runner() as runner:
        house = app.state.house
        client = httpx.AsyncClient(transport=transport, base_url="http://ecp")
        yield Client(runner, client)
        runner.run(client.aclose())
        runner.run(house.close())


def create(client: Client, tenant: str, **more: Any) -> Any:
    return client.post("/api/v1/tenants/", json={"tenant_id": tenant, **more})


@pytest.mark.parametrize("tenant", ["my-ai-service", "a", "7", "a" * 50, "test-tenant", "x1-y2"])
def test_an_id_that_can_be(tenant: str) -> None:
    assert model.check_id(tenant) == tenant


@pytest.mark.parametrize(
    "tenant",
    [
        "",
        "Bad ID !!",
        "a\n",
        "a\nkind: Secret",
        "-a",
        "a-",
        "A",
        "a_b",
        "a.b",
        "a" * 51,
        "한글",
        "../x",
    ],
)
def test_an_id_that_cannot_be(tenant: str, client: Client) -> None:
    answer = create(client, tenant)
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "INVALID_TENANT_ID"


@pytest.mark.parametrize("tenant", model.RESERVED)
def test_a_word_of_the_api_is_no_tenant(tenant: str, client: Client) -> None:
    assert create(client, tenant).json()["error"]["code"] == "INVALID_TENANT_ID"


def test_a_taken_name_answers_free_ones(client: Client) -> None:
    assert create(client, "acme").status_code == 201
    create(client, "acme-v2")
    answer = create(client, "acme")
    assert answer.status_code == 409
    error = answer.json()["error"]
    assert error["code"] == "TENANT_ALREADY_EXISTS"
    free = error["details"][0]["suggestions"]
    assert "acme-new" in free
    assert "acme-v2" not in free
    assert all(create(client, name).status_code == 201 for name in free)


def test_two_tenants_cannot_share_a_namespace(client: Client) -> None:
    create(client, "acme")
    answer = create(client, "other", namespace="acme-ecp-ai")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "NAMESPACE_TAKEN")


@pytest.mark.parametrize("namespace", ["kube-system", "default", "No_Good"])
def test_a_namespace_of_the_cluster_is_nobodys(namespace: str, client: Client) -> None:
    assert create(client, "acme", namespace=namespace).status_code == 422


def test_lists_are_paged(client: Client) -> None:
    for name in ("c", "a", "b"):
        create(client, name)
    page = client.get("/api/v1/tenants/", params={"skip": 1, "limit": 1}).json()
    assert [t["tenant_id"] for t in page["tenants"]] == ["b"]
    assert page["total_count"] == 3
    assert page["pagination"].items() >= {"skip": 1, "limit": 1, "has_more": True}.items()


def test_the_demo_has_its_own_tenants(client: Client) -> None:
    create(client, "acme")
    demo = {"X-Demo-Mode": "true"}
    assert client.get("/api/v1/tenants/acme", headers=demo).status_code == 404
    body = {"tenant_id": "acme", "name": "demo"}
    assert client.post("/api/v1/tenants/", json=body, headers=demo).status_code == 201
    assert client.get("/api/v1/tenants/acme").json()["name"] == "acme"


def test_a_change_keeps_what_it_does_not_name(client: Client) -> None:
    create(client, "acme", name="Acme", description="first")
    needs = {"callbot": 200, "chatbot": 50}
    changed = client.put("/api/v1/tenants/acme", json={"service_requirements": needs}).json()
    assert changed["service_requirements"]["callbot"] == 200
    assert changed["name"] == "Acme"
    assert changed["preset"] == "medium"


def test_a_deleted_tenant_is_gone_and_the_other_is_not(client: Client) -> None:
    create(client, "a")
    create(client, "b")
    assert client.delete("/api/v1/tenants/a").json()["deleted"] is True
    assert client.get("/api/v1/tenants/a").status_code == 404
    assert client.get("/api/v1/tenants/b").status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"tenant_id": "a", "service_requirements": {"callbot": -1}},
        {"tenant_id": "a", "service_requirements": {"callbots": 1}},
        {"tenant_id": "a", "preset": "huge"},
        {"tenant_id": "a", "sla_target": 100},
        {"tenant_id": "a", "surprise": 1},
        {},
        [],
    ],
    ids=str,
)
def test_a_wrong_request_names_what_is_wrong(body: Any, client: Client) -> None:
    answer = client.post("/api/v1/tenants/", json=body)
    assert answer.status_code == 422
    assert answer.json()["error"]["message"]


# -- manifests: mistakes that a predecessor took without a word ------------------------------------

DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
spec:
  {replicas}
  selector:
    matchLabels: {{app: web}}
  template:
    metadata:
      labels: {{app: {label}}}
    spec:
      containers: [{{name: web, image: nginx}}]
"""


def deployment(name: str = "web", replicas: str = "replicas: 2", label: str = "web") -> str:
    return DEPLOYMENT.format(name=name, replicas=replicas, label=label)


NEGATIVE = {
    "selector and labels differ": (deployment(label="db"), "spec.template.metadata.labels", 11),
    "an unknown field": (deployment(replicas="replicaz: 2"), "spec.replicaz", 6),
    "a wrong type": (deployment(replicas="replicas: two"), "spec.replicas", 6),
    "an unknown kind": ("apiVersion: foo/v9\nkind: Banana\nmetadata: {name: b}\n", "apiVersion", 1),
    "no name": ("apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n", "metadata.name", 3),
    "a bad name": (deployment(name="Bad_NAME!"), "metadata.name", 4),
    "the same object twice": (f"{deployment()}---\n{deployment()}", None, None),
    "the same key twice": (f"{deployment()}spec: {{}}\n", "spec", 14),
    "broken YAML": ("apiVersion: v1\nkind: [ConfigMap\nmetadata: {name: a}\n", None, None),
    "a broken second document": (f"{deployment()}---\na: b: c\n", None, None),
    "a plain string": ("hello", None, 1),
    "an empty text": ("", None, None),
    "only comments": ("# nothing\n---\n# here\n", None, None),
}


@pytest.mark.parametrize("case", NEGATIVE, ids=str)
def test_a_mistake_is_found_where_it_is(case: str, client: Client) -> None:
    manifest, path, line = NEGATIVE[case]
    body = {"tenant_id": "acme", "manifest_content": manifest, "target_simulator": False}
    answer = client.post("/api/v1/tenants/validate-manifest", json=body)
    assert answer.status_code == 200
    found = answer.json()
    assert found["errors"], found
    # The server takes the same object twice; the second only overwrites the first.
    assert found["valid"] is (case == "the same object twice")
    assert found["simulator_compatible"] is False
    first = found["errors"][0]
    if path is not None:
        assert first["path"].startswith(path)
    if line is not None:
        assert first["line"] == line
    assert first["message"]
    assert client.get("/api/v1/tenants/acme/manifest").status_code in (404, 422, 501)


def test_not_strict_takes_unknown_fields_with_a_warning(client: Client) -> None:
    body = {
        "tenant_id": "acme",
        "manifest_content": deployment(replicas="replicaz: 2"),
        "strict_validation": False,
        "target_simulator": False,
    }
    found = client.post("/api/v1/tenants/validate-manifest", json=body).json()
    assert found["valid"] is True
    assert [w["rule"] for w in found["warnings"]] == ["E0020", "W0200", "W0201"]
    assert {w["severity"] for w in found["warnings"]} == {"warning"}
    assert found["errors"] == []


ABSENT = "\n".join(
    [
        "apiVersion: v1",
        "kind: Pod",
        "metadata: {name: web}",
        "spec:",
        '  containers: [{name: c, image: "web:1", envFrom: [{configMapRef: {name: absent}}]}]',
    ]
)


@pytest.mark.parametrize(
    ("text", "valid", "deployable"),
    [
        (deployment(), True, True),
        (ABSENT, True, False),
        (deployment(replicas="replicas: -2"), False, False),
    ],
    ids=["all is well", "it is taken, and waits for ever", "it is refused"],
)
def test_a_judgement_says_what_a_deploy_would_do(
    client: Client, text: str, valid: bool, deployable: bool
) -> None:
    body = {"manifest_content": text, "target_simulator": False}
    found = client.post("/api/v1/tenants/validate-manifest", json=body).json()
    assert (found["valid"], found["deployable"]) == (valid, deployable)


def test_not_strict_what_the_server_refuses_then_is_still_an_error(client: Client) -> None:
    body = {
        "manifest_content": deployment(replicas="replicaz: 2\n  replicas: 1\n  replicas: -2"),
        "strict_validation": False,
        "target_simulator": False,
    }
    found = client.post("/api/v1/tenants/validate-manifest", json=body).json()
    assert found["valid"] is False
    assert [w["rule"] for w in found["warnings"]] == ["E0002", "E0020"]
    assert [e["rule"] for e in found["errors"]] == ["E0400"]


TWICE = (
    '{"manifest_content": "a", "manifest_content": "b: 파드\\u2028 \\u00e9", "target_simulator": 0}'
)
SENT = {
    "a manifest with a finding": b'{"manifest_content": "a: 1", "target_simulator": false}',
    "a body in another language, a field twice": TWICE.encode(),
    "a number for a truth": b'{"manifest_content": "a: 1", "target_simulator": 0}',
    "a field that there is not": b'{"manifest_content": "a: 1", "manifest": "a: 1"}',
    "no manifest": b'{"target_simulator": false}',
    "a manifest that is none": b'{"manifest_content": 1}',
    "a truth that is none": b'{"manifest_content": "a: 1", "strict_validation": 7}',
    "half of a surrogate pair": b'{"manifest_content": "a: \\ud800"}',
    "not a number": b'{"manifest_content": "a: 1", "target_simulator": NaN}',
    "a list": b"[]",
    "no JSON": b'{"manifest_content": "a: 1"',
    "no UTF-8": b'{"manifest_content": "\xff"}',
    "UTF-16": '{"manifest_content": "a: 1", "target_simulator": false}'.encode("utf-16"),
    "nothing": b"",
}


@pytest.mark.parametrize("case", SENT)
def test_a_body_that_fits_goes_straight_and_is_answered_as_by_fastapi(
    case: str, client: Client
) -> None:
    def asked(media: str) -> tuple[int, dict[str, Any]]:
        headers = {"content-type": media, "x-request-id": "r"}
        path = "/api/v1/tenants/validate-manifest"
        answer = client.post(path, content=SENT[case], headers=headers)
        found = answer.json()
        found.get("error", {}).pop("timestamp", None)
        return answer.status_code, found

    # FastAPI's way is gone where the type says more.
    assert asked("application/json") == asked("application/json; charset=utf-8")


def test_a_sum_of_more_than_64_bits_is_answered(client: Client) -> None:
    manifest = deployment(replicas="replicas: 2147483647").replace(
        "image: nginx", 'image: nginx, resources: {limits: {"nvidia.com/gpu": 9E}}'
    )
    body = {"manifest_content": manifest, "target_simulator": False}
    summary = client.post("/api/v1/tenants/validate-manifest", json=body).json()["resource_summary"]
    assert summary["total_gpu"] == 9 * 10**18 * 2147483647


def test_the_summary_adds_up_what_pods_request(client: Client) -> None:
    manifest = deployment(replicas="replicas: 3").replace(
        "image: nginx",
        "image: nginx, resources: {requests: {cpu: 250m, memory: 1Gi}, "
        'limits: {"nvidia.com/gpu": 2}}',
    )
    body = {"manifest_content": manifest, "target_simulator": False}
    summary = client.post("/api/v1/tenants/validate-manifest", json=body).json()["resource_summary"]
    assert summary["deployments"] == 1
    assert (summary["total_cpu"], summary["total_memory"]) == ("750m", "3072Mi")
    assert (summary["total_gpu"], summary["estimated_pods"]) == (6, 3)


def test_a_valid_manifest_is_kept_for_the_tenant(client: Client) -> None:
    body = {"tenant_id": "acme", "manifest_content": deployment(), "target_simulator": False}
    digest = client.post("/api/v1/tenants/validate-manifest", json=body).json()["manifest_digest"]
    create(client, "acme")
    got = client.get("/api/v1/tenants/acme/manifest")
    assert got.text == deployment()
    assert got.headers["X-Manifest-Digest"] == digest


def test_a_generated_manifest_grows_with_the_counters_and_is_valid(client: Client) -> None:
    def made(callbot: int) -> dict[str, Any]:
        needs = {"callbot": callbot, "chatbot": 50, "advisor": 5}
        path = f"/api/v1/tenants/t{callbot}/manifest"
        answer = client.post(path, json={"service_requirements": needs})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    small, large = made(10), made(200)
    assert small["tenant_created"] is True
    judged = [
        client.post(
            "/api/v1/tenants/validate-manifest",
            json={"manifest_content": m["manifest_content"], "target_simulator": False},
        ).json()
        for m in (small, large)
    ]
    assert [j["valid"] and j["simulator_compatible"] for j in judged] == [True, True]
    pods = [j["resource_summary"]["estimated_pods"] for j in judged]
    assert pods[0] < pods[1]
    assert made(10)["manifest_digest"] == small["manifest_digest"]


def test_without_a_simulator_the_answers_say_so(client: Client) -> None:
    create(client, "acme")
    assert client.get("/health").status_code == 200
    status = client.get("/api/v1/simulator/status").json()
    assert (status["status"], status["simulator"]["status"]) == ("degraded", "unreachable")
    assert [t["tenant_id"] for t in status["tenants"]] == ["acme"]
    body = {"manifest_content": deployment()}
    answer = client.post("/api/v1/simulator/deploy/acme", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "SIMULATOR_UNREACHABLE")
    answer = client.get("/api/v1/simulator/sla/acme/analysis")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "NOT_DEPLOYED")
    checked = client.post("/api/v1/tenants/validate-manifest", json=body).json()
    assert (checked["valid"], checked["simulator_checked"]) == (True, False)


@pytest.mark.parametrize(
    ("query", "named", "total"),
    [
        ("", ["acme", "banana", "cherry"], 3),
        ("?sort=-tenant_id&limit=2", ["cherry", "banana"], 3),
        ("?q=AN", ["banana"], 1),
        ("?q=nobody", [], 0),
    ],
    ids=[
        "all, by their ids",
        "a page of them, the other way round",
        "those with a word in id, name, owner or description, of any case",
        "none",
    ],
)
def test_the_status_is_found_and_sorted_by_the_service(
    client: Client, query: str, named: list[str], total: int
) -> None:
    for name in ("banana", "cherry", "acme"):
        create(client, name)
    found = client.get(f"/api/v1/simulator/status{query}").json()
    assert [tenant["tenant_id"] for tenant in found["tenants"]] == named
    assert found["total_count"] == total


def test_the_docs_ask_nothing_of_other_hosts(client: Client) -> None:
    for page in ("/docs", "/redoc"):
        answer = client.get(page)
        assert answer.status_code == 200
        assert "//" not in answer.text.replace("</", "").replace("<!--", "").split("<body")[0]
        for asset in ("/docs-assets/swagger-ui-bundle.js", "/docs-assets/redoc.standalone.js"):
            assert client.head(asset).status_code == 200


@pytest.mark.parametrize("language", ["ko", "en"])
def test_errors_speak_the_callers_language(language: str, client: Client) -> None:
    answer = client.get("/api/v1/tenants/nobody", headers={"Accept-Language": language})
    korean = any("가" <= letter <= "힣" for letter in answer.json()["detail"])
    assert korean is (language == "ko")


def test_settings_have_the_guides_defaults_and_are_kept(client: Client) -> None:
    first = client.get("/api/v1/settings").json()
    assert (first["slaTarget"], first["dataCollectionInterval"]) == (99.5, 5)
    client.put("/api/v1/settings", json={"slaTarget": 99.9})
    assert client.get("/api/v1/settings").json()["slaTarget"] == 99.9
    made = create(client, "acme").json()
    assert made["sla_target"] == {"availability": 99.9}
    assert client.put("/api/v1/settings", json={"slaTarget": 101}).status_code == 422


DEMAND = "/api/v1/tenants/acme/demand"
LAUNCH = {
    "name": "Launch",
    "start": "2026-03-03T09:00:00+09:00",
    "end": "2026-03-03T18:00:00+09:00",
    "factor": 4,
}


def test_what_a_tenant_says_of_its_demand_is_kept_and_sizes_it(client: Client) -> None:
    create(client, "acme", service_requirements={"callbot": 40})
    units = client.get(DEMAND).json()["units"]
    assert client.get(DEMAND).json() == {
        "tenant_id": "acme", "units": units, "shape": None, "gaps": {},
    }  # fmt: skip
    before = client.post("/api/v1/tenants/acme/manifest", json={}).json()["resources"]
    csv = "time,value\n" + "".join(f"{900 * i},1\n" for i in (0, 1, 2, 9))
    wanted = {"campaigns": [LAUNCH], "series": {"callbot": {"csv": csv, "unit": "count"}}}
    told = client.put(DEMAND, json=wanted)
    assert told.status_code == 200, told.text
    assert told.json()["followed"] is False
    assert told.json()["gaps"] == {"callbot": 6}
    assert client.get(DEMAND).json()["shape"]["campaigns"] == [LAUNCH]
    assert "shape" not in client.get("/api/v1/tenants/acme").json()["options"]
    # Who changes something else keeps it.
    client.put("/api/v1/tenants/acme", json={"gpu_type": "t4"})
    assert client.get(DEMAND).json()["shape"]["campaigns"] == [LAUNCH]
    after = client.post("/api/v1/tenants/acme/manifest", json={}).json()["resources"]
    assert after != before
    assert client.delete(DEMAND).json()["shape"] is None


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        pytest.param({"calendar": "US"}, "INVALID_SHAPE", "calendar", id="another calendar"),
        pytest.param({"campaigns": [{}]}, "INVALID_SHAPE", "campaigns[0].name", id="no name"),
        pytest.param({"holiday": {}}, "VALIDATION_FAILED", "holiday", id="no such part"),
        pytest.param({"weekdays": {"mon": 1e9}}, "INVALID_SHAPE", "weekdays.mon", id="too much"),
    ],
)
def test_a_demand_that_cannot_be_is_refused_with_its_place(
    client: Client, body: dict[str, Any], code: str, field: str
) -> None:
    create(client, "acme")
    answer = client.put(DEMAND, json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, code)
    assert field in answer.text
    assert client.get(DEMAND).json()["shape"] is None


def test_nobody_s_demand_is_not_found(client: Client) -> None:
    for answer in (client.get(DEMAND), client.put(DEMAND, json={}), client.delete(DEMAND)):
        assert answer.status_code == 404


# -- life -----------------------------------------------------------------------------------------

TENANT = "/api/v1/tenants/acme"


def test_a_change_of_a_version_that_is_no_more_is_refused(client: Client) -> None:
    create(client, "acme")
    read = client.get(TENANT).headers["etag"]
    first = client.put(TENANT, json={"name": "first"}, headers={"If-Match": read})
    late = client.put(TENANT, json={"name": "late"}, headers={"If-Match": read})
    assert (first.status_code, late.status_code) == (200, 412)
    assert late.json()["error"]["code"] == "PRECONDITION_FAILED"
    for number, form in enumerate(("{}", '"x", {}', "W/{}", "*")):
        tag = form.format(first.headers["etag"])
        first = client.put(TENANT, json={"owner": str(number)}, headers={"If-Match": tag})
        assert first.status_code == 200, tag
    assert client.put(TENANT, json={"name": "late"}).status_code == 200  # nobody has to ask
    assert client.delete(TENANT).status_code == 200


def test_what_has_not_changed_is_not_sent_again(client: Client) -> None:
    create(client, "acme")
    read = client.get(TENANT)
    tag = {"If-None-Match": f'"other", W/{read.headers["etag"]}'}
    same = client.get(TENANT, headers=tag)
    assert (same.status_code, same.content) == (304, b"")
    client.post(f"{TENANT}/manifest", json={})  # a state of another kind: the tenant is as it was
    changed = client.get(TENANT, headers=tag)
    assert (changed.status_code, changed.json()["state"]) == (200, "validated")


def test_owner_labels_and_zone_are_kept_and_labels_merged_by_patch(client: Client) -> None:
    made = create(client, "acme", owner="voice", labels={"tier": "gold"}, timezone="Asia/Tokyo")
    shown = made.json()
    assert (shown["owner"], shown["labels"], shown["timezone"]) == (
        "voice", {"tier": "gold"}, "Asia/Tokyo",
    )  # fmt: skip
    labels = {"region": "kr", "tier": None}
    merged = client._call("PATCH", TENANT, json={"labels": labels, "timezone": "UTC"}).json()
    assert (merged["labels"], merged["timezone"], merged["owner"]) == (
        {"region": "kr"}, "UTC", "voice",
    )  # fmt: skip
    assert client.put(TENANT, json={"labels": {"a": "b"}}).json()["labels"] == {"a": "b"}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param({"labels": {"a b": "c"}}, "INVALID_LABEL", id="a label's key"),
        pytest.param({"labels": {"a": "-"}}, "INVALID_LABEL", id="a label's value"),
        pytest.param(
            {"labels": {f"l{n}": "" for n in range(33)}}, "INVALID_LABEL", id="too many labels"
        ),
        pytest.param({"timezone": "Asia/Nowhere"}, "INVALID_TIMEZONE", id="no time zone"),
    ],
)
def test_what_cannot_be_of_a_tenant(client: Client, body: Any, code: str) -> None:
    create(client, "acme")
    answers = [
        create(client, "other", **body),
        client.put(TENANT, json=body),
        client._call("PATCH", TENANT, json=body),
    ]
    assert [(a.status_code, a.json()["error"]["code"]) for a in answers] == [(422, code)] * 3


def test_a_list_goes_on_behind_its_cursor(client: Client) -> None:
    for name in ("c", "a", "b"):
        create(client, name)
    first = client.get("/api/v1/tenants/", params={"limit": 2, "sort": "-created_at"})
    cursor = first.json()["pagination"]["next_cursor"]
    assert [t["tenant_id"] for t in first.json()["tenants"]] == ["b", "a"]
    following = first.headers["link"].removeprefix("<").partition(">")[0]
    second = client.get(following).json()
    assert [t["tenant_id"] for t in second["tenants"]] == ["c"]
    assert second["pagination"]["next_cursor"] is None
    wrong = client.get("/api/v1/tenants/", params={"cursor": cursor})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (422, "INVALID_CURSOR")


@pytest.mark.parametrize(
    "asked",
    [{"sort": "colour"}, {"selector": "a=b=c"}, {"selector": "a>1"}, {"cursor": "!"}, {"limit": 0}],
    ids=str,
)
def test_a_list_that_cannot_be(client: Client, asked: Any) -> None:
    answer = client.get("/api/v1/tenants/", params=asked)
    assert answer.status_code == 422
    assert answer.json()["error"]["message"]


def test_a_copy_is_as_the_origin_but_for_its_names(client: Client) -> None:
    given = {"owner": "voice", "labels": {"tier": "gold"}, "sla_target": 99.9}
    create(client, "acme", preset="micro", timezone="UTC", **given)
    origin = client.get(TENANT).json()
    made = client.post(f"{TENANT}/clone", json={"tenant_id": "copy"})
    assert made.status_code == 201
    copy = client.get("/api/v1/tenants/copy").json()
    own = {"tenant_id", "name", "namespace", "created_at", "state_since"}
    assert {k: v for k, v in copy.items() if k not in own} == {
        k: v for k, v in origin.items() if k not in own
    }
    again = client.post(f"{TENANT}/clone", json={"tenant_id": "copy"})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "TENANT_ALREADY_EXISTS")


def test_a_taken_namespace_is_a_duplicate_too(client: Client) -> None:
    create(client, "acme", namespace="free-ecp-ai")
    found = client.get("/api/v1/tenants/check-duplicate", params={"tenant_id": "free"}).json()
    assert (found["exists"], found["available"], found["namespace_holder"]) == (
        False, False, "acme",
    )  # fmt: skip
    assert found["suggestions"]


@pytest.mark.parametrize("action", ["stop", "start", "restart"])
def test_who_is_not_deployed_has_nothing_to_run(client: Client, action: str) -> None:
    create(client, "acme")
    answer = client.post(f"{TENANT}/{action}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "NOT_DEPLOYED")
    assert client.post(f"/api/v1/tenants/nobody/{action}").status_code == 404


def test_a_history_is_told_in_both_languages_and_of_the_deleted(client: Client) -> None:
    create(client, "acme")
    client.put(TENANT, json={"name": "A", "sla_target": 99.9, "labels": {"tier": "gold"}})
    client.post(f"{TENANT}/manifest", json={})
    client.get(TENANT)
    client.delete(TENANT)
    found = client.get(f"{TENANT}/history", params={"limit": 9}).json()
    rows = [(row["from"], row["state"], row["cause"]) for row in found["history"]]
    assert rows == [
        ("stopping", "deleted", "deleted"),
        ("validated", "stopping", "delete"),
        ("draft", "validated", "validated"),
        ("draft", "draft", "changed"),
        (None, "draft", "created"),
    ]
    korean = client.get(f"{TENANT}/history", headers={"Accept-Language": "ko"}).json()
    assert korean["history"][0]["message"] == "삭제"
    assert (
        korean["history"][3]["message"] == "변경: 이름 acme → A, SLA 목표 99.5 % → 99.9 %, 레이블"
    )
    assert client.get("/api/v1/tenants/nobody/history").status_code == 404
