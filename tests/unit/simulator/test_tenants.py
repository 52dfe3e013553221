"""The simulator's calls about tenants: fields, arithmetic, refusals, and what a restart keeps."""

import asyncio
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from ecp.simulator.app import create_app
from ecp.simulator.rest import metrics

NAMESPACE = "acme-ecp-ai"
TENANT = "/api/v1/clusters/default/tenants/acme"
BODY = {"namespace": NAMESPACE, "demand": {"chatbot": 20}, "slo": {"target_ppm": 995_000}}
CLOCK = "/api/v1/clusters/default/clock"
# Monday, ten in the morning in Seoul: how much is asked for hangs on the hour.
_SHIFT = int(datetime(2026, 1, 5, 1, tzinfo=UTC).timestamp()) * 1_000_000_000 - time.time_ns()


class Client:
    """Speaks to the application in this process, one call at a time."""

    def __init__(self, loop: asyncio.AbstractEventLoop, http: httpx.AsyncClient) -> None:
        self._loop = loop
        self._http = http

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self._loop.run_until_complete(self._http.request(method, path, **options))

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.request("POST", path, **options)

    def put(self, path: str, **options: Any) -> httpx.Response:
        return self.request("PUT", path, **options)

    def delete(self, path: str) -> httpx.Response:
        return self.request("DELETE", path)

    def rest(self) -> None:
        """Let the application's own tasks run."""
        self._loop.run_until_complete(asyncio.sleep(0.005))


@contextmanager
def serving(root: Path) -> Iterator[Client]:
    with pytest.MonkeyPatch.context() as patch:
        clock = SimpleNamespace(time_ns=lambda: time.time_ns() + _SHIFT)
        patch.setattr("ecp.simulator.app.time", clock)
        app = create_app(root)
    loop = asyncio.new_event_loop()
    life = app.router.lifespan_context(app)
    loop.run_until_complete(life.__aenter__())
    http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://simulator")
    try:
        yield Client(loop, http)
    finally:
        loop.run_until_complete(http.aclose())
        loop.run_until_complete(life.__aexit__(None, None, None))
        loop.close()


def deployment(name: str, port: int, **resources: str) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {
                    "containers": [
                        {
                            "name": "c",
                            "image": f"example.com/{name}:1",
                            "ports": [{"containerPort": port}],
                            "resources": {
                                "requests": {"cpu": "1100m", "memory": "3Gi"},
                                "limits": {"cpu": "2200m", "memory": "6Gi"},
                            },
                            "readinessProbe": {"tcpSocket": {"port": port}, "periodSeconds": 5},
                        }
                    ]
                },
            },
        },
    }


def service(name: str, port: int) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {"selector": {"app": name}, "ports": [{"port": port}]},
    }


def deploy(client: Client, names: dict[str, int]) -> None:
    base = "/clusters/default"
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
    assert client.post(f"{base}/api/v1/namespaces", json=namespace).status_code == 201
    for name, port in names.items():
        path = f"{base}/apis/apps/v1/namespaces/{NAMESPACE}/deployments"
        assert client.post(path, json=deployment(name, port)).status_code == 201
        path = f"{base}/api/v1/namespaces/{NAMESPACE}/services"
        assert client.post(path, json=service(name, port)).status_code == 201


def warp(client: Client, by: str) -> None:
    """Let the paused cluster's time pass."""
    before = client.get(CLOCK).json()["now_ns"]
    client.post(CLOCK, json={"action": "warp", "to": f"+{by}"})
    for _ in range(2000):
        found = client.get(CLOCK).json()
        if found["warping_to"] is None and found["now_ns"] > before:
            return
        client.rest()
    raise AssertionError(found)


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with serving(tmp_path) as client:
        client.post(CLOCK, json={"action": "pause"})
        yield client


@pytest.fixture
def served(client: Client) -> Client:
    """A tenant with a chatbot and its NLP, followed for two hours."""
    deploy(client, {"chatbot": 8081, "nlp": 8085})
    assert client.put(TENANT, json=BODY).status_code == 201
    warp(client, "2h")
    return client


def test_following_is_idempotent_and_tells_the_state(client: Client) -> None:
    first = client.put(TENANT, json=BODY)
    again = client.put(TENANT, json=BODY)
    assert (first.status_code, again.status_code) == (201, 200)
    body = again.json()
    assert body["tenant"] == "acme"
    assert body["namespace"] == NAMESPACE
    assert body["demand"] == {"chatbot": 20}
    assert body["sla"]["status"] == "no_data"
    assert body["evidence"] == "simulated"


def test_a_tenant_that_works_meets_its_target(served: Client) -> None:
    body = served.get(TENANT).json()
    rows = {row["name"]: row for row in body["workloads"]}
    assert rows["chatbot"]["ready"] == rows["chatbot"]["desired"] == 2
    assert (rows["chatbot"]["profile"], rows["chatbot"]["demand_model"]) == ("chatbot", "profile")
    assert rows["chatbot"]["entry"] is True
    assert rows["nlp"]["entry"] is False
    sla = body["sla"]
    assert sla["uptime_percentage"] == 100
    assert sla["evidence"] == "simulated"
    assert sla["clock"]["basis"] == "simulated"
    assert sla["provisional"] is True
    assert set(body["metrics"]) >= {
        "cpu",
        "memory",
        "network_rps",
        "response_time",
        "error_rate",
    }


def test_minutes_follow_one_another_and_add_up_to_the_report(served: Client) -> None:
    got: list[dict[str, Any]] = []
    since = 0
    while True:
        answer = served.get(f"{TENANT}/minutes", params={"since": since, "limit": 50}).json()
        if not answer["minutes"]:
            break
        got += answer["minutes"]
        since = answer["next"]
    assert answer["newest"] == since == len(got)
    assert [minute["sequence"] for minute in got] == list(range(1, len(got) + 1))
    for minute in got:
        for row in (minute["tenant"], *minute["workloads"]):
            assert sum(row["slots"].values()) == 12
            assert 0 <= row["good"] <= row["total"]
            counts = row["latency"]["counts"]
            assert counts == sorted(counts)
            assert not counts or counts[-1] <= row["good"]
    sla = served.get(f"{TENANT}/sla", params={"period": "24h"}).json()
    seen = sum(
        sla[f"{state}_seconds"]
        for state in ("uptime", "downtime", "maintenance", "unknown", "off_duty")
    )
    assert seen == sla["observed_seconds"]
    assert sla["eligible_seconds"] == sla["uptime_seconds"] + sla["downtime_seconds"]
    born = [m for m in got if m["tenant"]["counts"]]
    total = sum(minute["tenant"]["total"] for minute in born[1:])
    assert total > 0
    assert total <= sla["requests"]["total"] <= total + 400


def test_a_dependency_that_fails_behind_ready_pods_is_named(served: Client) -> None:
    fault = {"fault": "service_down", "target": f"{NAMESPACE}/deployment/nlp", "duration": "10m"}
    assert served.post("/api/v1/clusters/default/faults", json=fault).status_code == 201
    warp(served, "1m")
    body = served.get(TENANT).json()
    assert body["sla"]["current_state"] == "down"
    at = served.get(CLOCK).json()["now"]
    slot = f"{at[:17]}{int(at[17:19]) // 5 * 5:02d}Z"
    warp(served, "30s")
    why = served.get(f"{TENANT}/why", params={"slot": slot}).json()
    assert why["state"] == "down"
    assert [step["workload"] for step in why["chain"]] == ["chatbot", "nlp"]
    assert why["chain"][1]["pods"]["answering"] == 0
    assert why["chain"][0]["how"] == "dependency"
    assert why["cause"] == {**why["cause"], "kind": "fault", "fault": "service_down"}
    assert "nlp" in why["sentence"]


def test_what_is_no_demand_model_is_said(client: Client) -> None:
    deploy(client, {"thing": 80})
    client.put(TENANT, json=BODY)
    warp(client, "20m")
    (row,) = client.get(TENANT).json()["workloads"]
    assert (row["profile"], row["demand_model"]) == (None, "no demand model")
    assert row["state"] == "up"


def test_external_metrics_are_kept(client: Client) -> None:
    told = {
        "tenant_id": "acme",
        "source": "ecp-orchestrator",
        "metrics": {"business_requests": 1500, "active_sessions": 45, "revenue": 125000.5},
    }
    answer = client.post("/api/v1/external-metrics", json=told)
    assert answer.status_code == 200
    assert answer.json()["received"] == 3
    client.put(TENANT, json=BODY)
    kept = client.get("/api/v1/metrics/acme").json()["external_metrics"]
    assert kept["revenue"]["value"] == 125000.5
    assert 'name="revenue",source="ecp-orchestrator"} 125000.5' in client.get("/metrics").text


def test_metrics_of_a_tenant_and_of_the_system(served: Client) -> None:
    body = served.get("/api/v1/metrics/acme").json()
    assert body["tenant_id"] == "acme"
    assert set(body["sla_data"]) >= {
        "availability",
        "status",
        "uptime_percentage",
        "downtime_minutes",
    }
    system = served.get("/api/v1/metrics/system").json()
    (row,) = system["clusters"]
    assert row["nodes"]["ready"] == row["nodes"]["total"] > 0
    assert 0 < row["cpu"]["requested"] < row["cpu"]["allocatable"]
    assert served.get("/api/metrics").json()["tenants"][0]["tenant_id"] == "acme"
    text = served.get("/api/metrics", headers={"accept": "text/plain"})
    assert text.headers["content-type"].startswith("text/plain; version=0.0.4")


LINE = re.compile(r'([a-z_]+)\{([a-z_]+="[^"]*",?)*\} (-?[0-9.e+-]+)')


@pytest.mark.parametrize(
    ("limit", "tenants", "services"),
    [
        pytest.param({}, 1, True, id="few"),
        pytest.param({"_MOST_SERVICES": 1}, 1, False, id="more services than there is room for"),
        pytest.param({"_MOST_TENANTS": 0}, 0, False, id="more tenants than there is room for"),
    ],
)
def test_series_are_bounded_and_who_is_followed_is_counted(
    served: Client,
    monkeypatch: pytest.MonkeyPatch,
    limit: dict[str, int],
    tenants: int,
    services: bool,
) -> None:
    for name, most in limit.items():
        monkeypatch.setattr(metrics, name, most)
    shown = served.get("/metrics").text
    assert 'ecp_followed_tenants{cluster="default"} 1' in shown
    assert shown.count('tenant="acme",service="",state="up"') == tenants
    assert ("ecp_workload_pods" in shown) == services


def test_the_exposition_is_valid(served: Client) -> None:
    answer = served.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    seen: list[str] = []
    series: set[str] = set()
    for line in answer.text.splitlines():
        if line.startswith("# HELP "):
            name = line.split()[2]
            assert name not in seen
            seen.append(name)
        elif line.startswith("# TYPE "):
            assert line.split()[2] == seen[-1]
            assert line.split()[3] in ("counter", "gauge")
            assert (line.split()[3] == "counter") == seen[-1].endswith("_total")
        else:
            match = LINE.fullmatch(line)
            assert match, line
            assert match[1] == seen[-1]
            key = line.rsplit(" ", 1)[0]
            assert key not in series
            series.add(key)
    assert answer.text.endswith("\n")
    assert (
        'ecp_sla_slots_total{cluster="default",tenant="acme",service="",state="down"} 0'
        in answer.text
    )


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", TENANT, None, 404, "TENANT_NOT_FOUND"),
        ("GET", "/api/v1/metrics/acme", None, 404, "TENANT_NOT_FOUND"),
        ("GET", f"{TENANT}/sla", None, 404, "TENANT_NOT_FOUND"),
        ("PUT", "/api/v1/clusters/default/tenants/Bad", BODY, 422, "INVALID_TENANT_ID"),
        ("PUT", TENANT, {"namespace": "No Good"}, 422, "INVALID_NAMESPACE"),
        ("PUT", TENANT, {**BODY, "slo": {"target_ppm": 2_000_000}}, 422, "INVALID_SLO"),
        ("PUT", TENANT, {**BODY, "slo": {"targt": 1}}, 422, "INVALID_SLO"),
        ("PUT", TENANT, {**BODY, "demand": {"chatbot": -1}}, 422, "VALIDATION_FAILED"),
        ("PUT", "/api/v1/clusters/none/tenants/acme", BODY, 404, "CLUSTER_NOT_FOUND"),
        ("GET", "/api/metrics?format=xml", None, 422, "INVALID_FORMAT"),
        (
            "POST",
            "/api/v1/external-metrics",
            {"tenant_id": "a b", "source": "x", "metrics": {}},
            422,
            "INVALID_TENANT_ID",
        ),
    ],
)
def test_refusals(
    client: Client, method: str, path: str, body: Any, status: int, code: str
) -> None:
    answer = client.request(method, path, json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_bad_periods_and_slots(served: Client) -> None:
    answer = served.get(f"{TENANT}/sla", params={"period": "yesterday"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "INVALID_PERIOD")
    answer = served.get(f"{TENANT}/why", params={"slot": "2020-01-01T00:00:00Z"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "SLOT_NOT_FOUND")


def test_a_restart_keeps_it_all(tmp_path: Path) -> None:
    with serving(tmp_path) as client:
        client.post(CLOCK, json={"action": "pause"})
        deploy(client, {"chatbot": 8081, "nlp": 8085})
        client.put(TENANT, json=BODY)
        warp(client, "30m")
        before = client.get(f"{TENANT}/minutes").json()["minutes"]
        assert before
    with serving(tmp_path) as client:
        after = client.get(f"{TENANT}/minutes").json()["minutes"]
        assert after == before
        warp(client, "30m")
        assert len(client.get(f"{TENANT}/minutes").json()["minutes"]) == len(before) + 30


def test_history_outlives_the_following(served: Client) -> None:
    assert served.delete(TENANT).json() == {"tenant": "acme", "followed": False}
    assert served.get(TENANT).status_code == 404
    assert served.get(f"{TENANT}/sla").json()["uptime_percentage"] == 100


@pytest.mark.parametrize(("lang", "said"), [("en", "Up time"), ("ko", "가동률")])
def test_the_dashboard_shows_the_tenant_without_foreign_assets(
    served: Client, lang: str, said: str
) -> None:
    answer = served.get("/dashboard/acme", params={"lang": lang})
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert said in answer.text
    assert f'<html lang="{lang}">' in answer.text
    assert "<b>acme</b>" in answer.text
    assert "100 %" in answer.text
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", answer.text)
    assert "$" not in re.sub(r"<script.*?</script>", "", answer.text, flags=re.DOTALL)


@pytest.mark.parametrize("port", [6370, 6380, 6390])
def test_each_page_port_shows_a_page_and_the_api_port_says_what_is_here(
    client: Client, port: int
) -> None:
    page = client.get(f"http://simulator:{port}/")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert client.get("http://simulator:6360/").json()["service"] == "ecp-simulator"


def test_a_dashboard_of_a_tenant_that_is_not_followed_yet(client: Client) -> None:
    assert client.get("/dashboard/later").status_code == 200
    assert client.get("/dashboard/No<b>").status_code == 422


def test_what_nobody_followed_is_unknown_and_what_is_gone_is_down(served: Client) -> None:
    served.delete(TENANT)
    warp(served, "30m")
    assert served.put(TENANT, json=BODY).status_code == 201
    warp(served, "10m")
    sla = served.get(f"{TENANT}/sla").json()
    assert 1790 <= sla["unknown_seconds"] <= 1810
    assert sla["downtime_seconds"] == 0
    path = f"/clusters/default/apis/apps/v1/namespaces/{NAMESPACE}/deployments"
    for name in ("chatbot", "nlp"):
        assert served.delete(f"{path}/{name}").status_code == 200
    warp(served, "10m")
    sla = served.get(f"{TENANT}/sla").json()
    assert 540 <= sla["downtime_seconds"] <= 600
    last = served.get(f"{TENANT}/minutes", params={"since": 0, "limit": 500}).json()["minutes"][-1]
    assert last["tenant"]["slots"]["down"] == 12


def at(client: Client, seconds: int) -> str:
    """An instant of the cluster's time, so many seconds from now."""
    now = client.get(CLOCK).json()["now_ns"] // 1_000_000_000
    return datetime.fromtimestamp(now + seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def window(client: Client, start: int, end: int, /, **more: Any) -> httpx.Response:
    body = {"start": at(client, start), "end": at(client, end), "reason": "upgrade"} | more
    return client.post(f"{TENANT}/maintenance", json=body)


def test_maintenance_is_announced_listed_and_taken_back(served: Client) -> None:
    late = window(served, 600, 1200)
    assert late.status_code == 201
    assert (late.json()["judgement"], late.json()["counts"]) == ("late_notice", False)
    agreed = {**BODY, "maintenance": {"notice_seconds": 300}}
    assert served.put(TENANT, json=agreed).status_code == 200
    early = window(served, 600, 1800).json()
    assert early == {
        **early,
        "id": "m2",
        "scope": "tenant",
        "judgement": "planned",
        "notice_seconds": 600,
        "approved_by": "operator",
    }
    assert window(served, 600, 5 * 3600, services=["nlp"]).json()["beyond_cap_seconds"] == 3000
    found = served.get(f"{TENANT}/maintenance").json()
    assert [row["id"] for row in found["windows"]] == ["m1", "m2", "m3"]
    assert found["terms"]["notice_seconds"] == 300
    warp(served, "20m")
    running = served.delete(f"{TENANT}/maintenance/m2").json()
    assert running["removed"] is False
    warp(served, "20m")
    sla = served.get(f"{TENANT}/sla").json()
    assert 590 <= sla["maintenance_seconds"] <= 610
    assert served.delete(f"{TENANT}/maintenance/m2").json()["error"]["code"] == "WINDOW_OVER"
    assert served.delete(f"{TENANT}/maintenance/m9").status_code == 404


@pytest.mark.parametrize(
    ("start", "end", "more", "code"),
    [
        (600, 600, {}, "INVALID_WINDOW"),
        (600, 40 * 86_400, {}, "INVALID_WINDOW"),
        (-600, 600, {}, "INVALID_WINDOW"),
        (-600, 600, {"retroactive": True}, "INVALID_WINDOW"),
        (600, 1200, {"rrule": "FREQ=HOURLY"}, "INVALID_RECURRENCE"),
        (-600, -60, {"rrule": "FREQ=DAILY", "retroactive": True}, "INVALID_RECURRENCE"),
        (600, 1200, {"reason": ""}, "VALIDATION_FAILED"),
        (600, 1200, {"end": "tomorrow"}, "INVALID_INSTANT"),
        (600, 1200, {"colour": "red"}, "VALIDATION_FAILED"),
    ],
    ids=[
        "that lasts no time",
        "of more than a month",
        "that has begun",
        "corrected before it is over",
        "that recurs by the hour",
        "that is over and recurs",
        "without a reason",
        "that ends at no instant",
        "with a field that is none",
    ],
)
def test_no_window(served: Client, start: int, end: int, more: Any, code: str) -> None:
    answer = window(served, start, end, **more)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, code)


def test_a_contract_is_kept_over_a_restart_and_refused_with_its_field(tmp_path: Path) -> None:
    agreed = {**BODY, "service_hours": {"chatbot": "09:00-10:00"}}
    with serving(tmp_path) as client:
        client.post(CLOCK, json={"action": "pause"})
        deploy(client, {"chatbot": 8081, "nlp": 8085})
        bad = client.put(TENANT, json={**BODY, "service_hours": {"chatbot": "late"}})
        assert (bad.status_code, bad.json()["error"]["code"]) == (422, "INVALID_CONTRACT")
        assert "service_hours.chatbot" in bad.json()["detail"]
        assert client.put(TENANT, json=agreed).status_code == 201
        assert client.put(TENANT, json=agreed).status_code == 200
        warp(client, "26h")
        before = client.get(f"{TENANT}/sla").json()
        assert before["off_duty_seconds"] == 23 * 3600
        assert before["eligible_seconds"] == 3600
    with serving(tmp_path) as client:
        after = client.get(f"{TENANT}/sla").json()
        assert {**after, "clock": 0} == {**before, "clock": 0}


def test_load_above_the_contract_is_excess(client: Client) -> None:
    deploy(client, {"chatbot": 8081, "nlp": 8085})
    contract = {**BODY, "demand": {"chatbot": 2000}, "load": {"chatbot": 2500}}
    client.put(TENANT, json=contract)
    warp(client, "2h")
    asked = client.get(f"{TENANT}/sla").json()["requests"]
    assert asked["excess_percent"] == pytest.approx(20, abs=0.1)
    assert f'result="excess"}} {asked["excess"]}' in client.get("/metrics").text


def test_what_happened_since_is_told_as_means_counts_and_the_worst_slot(served: Client) -> None:
    fault = {"fault": "service_down", "target": f"{NAMESPACE}/deployment/nlp", "duration": "2m"}
    first = served.get(TENANT).json()["recent"]
    assert first["slots"]["count"] == 1
    assert served.post("/api/v1/clusters/default/faults", json=fault).status_code == 201
    warp(served, "10m")
    recent = served.get(TENANT, params={"since": first["to"]}).json()["recent"]
    assert recent["from"] == first["to"]
    slots = recent["slots"]
    assert slots["count"] == 120 == sum(slots.values()) - slots["count"]
    assert slots["down"] >= 20
    assert recent["worst"]["state"] == "down"
    assert recent["worst"]["metrics"]["error_rate"] == 100
    asked = recent["requests"]
    share = 100 * (asked["total"] - asked["good"]) / asked["total"]
    assert recent["metrics"]["error_rate"] == round(share, 2) > 0
    assert served.get(TENANT, params={"since": recent["to"]}).json()["recent"] is None
    assert served.get(TENANT, params={"since": "soon"}).status_code == 422


def test_a_shape_changes_what_is_asked_says_why_and_outlives_a_restart(tmp_path: Path) -> None:
    series = {"csv": "time,value\n2026-01-05 00:00,0.5\n2026-01-06 00:00,0.5\n"}
    shape = {
        "days": {"2026-01-06": "창립기념일"},
        "variation": 0.1,
        "series": {"chatbot": {**series, "unit": "per-second", "timezone": "Asia/Seoul"}},
    }
    with serving(tmp_path) as client:
        deploy(client, {"chatbot": 8081, "nlp": 8085, "callbot": 8080})
        body = {**BODY, "demand": {"chatbot": 20, "callbot": 10}}
        assert client.put(TENANT, json=body).json()["shape"] is None
        made = client.put(TENANT, json={**body, "shape": shape}).json()
        assert made["shape"]["series"]["chatbot"]["values"] == [0.5] * 192
        assert client.put(TENANT, json={**body, "shape": shape}).status_code == 200
        warp(client, "26h")
        before = client.get(TENANT).json()
        rows = {row["name"]: row for row in before["workloads"]}
        # Half a session a second, twelve requests each, whatever the units and the day.
        assert rows["chatbot"]["metrics"]["network_rps"] == pytest.approx(6, abs=0.01)
        reasons = before["demand_reasons"]
        assert reasons["chatbot"] == [
            {"kind": "series", "name": "chatbot", "name_en": "chatbot", "factor": 1.0}
        ]
        assert reasons["callbot"][0] == {
            "kind": "holiday", "name": "창립기념일", "name_en": "창립기념일", "factor": 0.6,
        }  # fmt: skip
        drawn = reasons["callbot"][1]
        assert (drawn["kind"], drawn["name"]) == ("variation", "demand/callbot/2026-01-06")
        assert 0.6 < drawn["factor"] != 1 < 1.6
    with serving(tmp_path) as client:
        after = client.get(TENANT).json()
        assert after["shape"] == before["shape"]
        assert after["demand_reasons"] == reasons


@pytest.mark.parametrize(
    ("shape", "field"),
    [
        pytest.param({"holidays": {}}, "shape.holidays", id="a part that there is not"),
        pytest.param(
            {"series": {"chatbot": {"csv": "time,value\n0,1\n5,x\n", "unit": "count"}}},
            "series.chatbot.csv: row 3: value: 'x'",
            id="a row of a file",
        ),
        pytest.param({"weekdays": {"mon": "1"}}, "weekdays.mon", id="a number as text"),
    ],
)
def test_a_shape_that_cannot_be_is_refused_with_its_place(
    client: Client, shape: dict[str, Any], field: str
) -> None:
    answer = client.put(TENANT, json={**BODY, "shape": shape})
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "INVALID_SHAPE"
    assert field in answer.json()["error"]["message"]
