"""What a cluster has, in rows: pods by pages and by news, nodes, who waits, and its topology."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .test_placement import GPUS, PLACEMENT, PODS_URL, pod
from .test_tenants import BODY, CLOCK, NAMESPACE, TENANT, Client, deploy, serving, warp

API = "/api/v1/clusters/default"
PODS = f"{API}/pods"
KUBE = "/clusters/default/api/v1"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with serving(tmp_path) as client:
        client.post(CLOCK, json={"action": "pause"})
        yield client


@pytest.fixture
def served(client: Client) -> Client:
    """A chatbot and its NLP, two pods each, followed for half an hour."""
    deploy(client, {"chatbot": 8081, "nlp": 8085})
    assert client.put(TENANT, json=BODY).status_code == 201
    warp(client, "30m")
    return client


def names(answer: dict[str, Any]) -> list[str]:
    return [row["name"] for row in answer["pods"]]


def test_pods_are_rows_with_their_workload_and_come_in_pages(served: Client) -> None:
    whole = served.get(PODS).json()
    row = whole["pods"][0]
    assert row | {"name": "", "node": "", "created_at": ""} == {
        "namespace": NAMESPACE,
        "name": "",
        "owner": "Deployment/chatbot",
        "phase": "Running",
        "status": "Running",
        "ready": 1,
        "containers": 1,
        "restarts": 0,
        "node": "",
        "waits": None,
        "created_at": "",
    }
    assert (whole["total"], whole["next"], whole["tenants"]) == (4, None, {NAMESPACE: "acme"})
    first = served.get(PODS, params={"limit": 3}).json()
    rest = served.get(PODS, params={"limit": 3, "after": first["next"]}).json()
    assert names(first) + names(rest) == names(whole)
    assert rest["next"] is None


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        pytest.param({"namespace": "default"}, 0, id="of a namespace"),
        pytest.param({"selector": "app=nlp"}, 2, id="by label"),
        pytest.param({"selector": "app in (nlp,chatbot),other!=1"}, 4, id="by an expression"),
        pytest.param({"node": "no-such-node"}, 0, id="of a node"),
    ],
)
def test_pods_are_chosen(served: Client, asked: dict[str, str], count: int) -> None:
    assert len(served.get(PODS, params=asked).json()["pods"]) == count


def test_news_are_what_changed_and_what_is_gone(served: Client) -> None:
    before = served.get(PODS, params={"selector": "app=nlp"}).json()
    asked = {"selector": "app=nlp", "since": before["resource_version"]}
    assert served.get(PODS, params=asked).json()["pods"] == []
    gone = names(before)[0]
    served.delete(f"{KUBE}/namespaces/{NAMESPACE}/pods/{gone}?gracePeriodSeconds=0")
    warp(served, "1m")
    news = served.get(PODS, params=asked).json()
    assert f"{NAMESPACE}/{gone}" in news["gone"]
    kept = {name: None for name in names(before) if name != gone} | dict.fromkeys(names(news))
    assert sorted(kept) == names(served.get(PODS, params={"selector": "app=nlp"}).json())


def test_what_is_no_selector_is_refused(client: Client) -> None:
    answer = client.get(PODS, params={"selector": "a in b"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "INVALID_SELECTOR")


def test_the_overview_adds_up(served: Client) -> None:
    served.post(PODS_URL, json=pod("hungry", GPUS))
    warp(served, "10s")
    found = served.get(f"{API}/overview").json()
    assert len(found["nodes"]) == 11
    pods = served.get(PODS).json()["pods"]
    for row in found["nodes"]:
        here = [one for one in pods if one["node"] == row["name"]]
        assert row["requested"]["pods"] == len(here)
        assert row["requested"]["cpu"] == 1100 * len(here)
        assert (row["used"]["memory"] > 0) == bool(here)
        assert row["used"]["cpu"] <= row["allocatable"]["cpu"]
    (group,) = found["waiting"]
    assert (group["count"], group["pods"]) == (1, ["default/hungry"])
    assert group["message"].startswith("0/11 nodes are available")
    rows = {row["namespace"]: row for row in found["namespaces"]}
    assert rows[NAMESPACE]["phases"] == {"Running": 4}
    assert found["changes_per_minute"] >= found["events_per_minute"] > 0


def test_workloads_say_what_was_refused(served: Client) -> None:
    quota = {"metadata": {"name": "q"}, "spec": {"hard": {"pods": "4"}}}
    served.post(f"{KUBE}/namespaces/{NAMESPACE}/resourcequotas", json=quota)
    path = f"/clusters/default/apis/apps/v1/namespaces/{NAMESPACE}/deployments/nlp/scale"
    merge = {"Content-Type": "application/merge-patch+json"}
    served.request("PATCH", path, json={"spec": {"replicas": 4}}, headers=merge)
    warp(served, "1m")
    found = served.get(f"{API}/workloads", params={"namespace": NAMESPACE}).json()
    rows = {row["name"]: row for row in found["workloads"]}
    assert (rows["nlp"]["ready"], rows["nlp"]["desired"]) == (2, 4)
    assert "exceeded quota" in rows["nlp"]["refused"]
    assert rows["chatbot"]["refused"] is None
    assert {name: row["health"] for name, row in rows.items()} == {
        "nlp": "progressing",
        "chatbot": "healthy",
    }
    assert served.get(f"{API}/overview").json()["quotas"][0]["used"] == {"pods": "4"}


def edge(found: dict[str, Any], kind: str, start: str, end: str) -> dict[str, Any]:
    ends = [part.replace("/", f"/{NAMESPACE}/", 1) for part in (start, end)]
    rows = [row for row in found["edges"] if row["kind"] == kind]
    return next(row for row in rows if [row["from"], row["to"]] == ends)


def test_traffic_runs_from_customers_to_pods_and_adds_up(served: Client) -> None:
    found = served.get(f"{API}/topology", params={"namespace": NAMESPACE}).json()
    entry = edge(found, "way", "customers/acme", "service/chatbot")
    behind = edge(found, "way", "service/chatbot", "workload/chatbot")
    assert entry["rps"] == behind["rps"] > 0
    assert entry["error_percent"] == 0
    assert entry["p95_ms"] > edge(found, "call", "workload/chatbot", "workload/nlp")["p95_ms"] > 0
    pods = [row for row in found["edges"] if row["from"] == f"workload/{NAMESPACE}/chatbot"]
    shares = [row["rps"] for row in pods if row["kind"] == "way"]
    assert len(shares) == 2
    assert sum(shares) == pytest.approx(entry["rps"], abs=0.002)
    kinds = {row["kind"] for row in found["nodes"]}
    assert kinds == {"customers", "service", "workload", "pod", "node"}


def test_a_fault_is_marked_and_its_edges_fail(served: Client) -> None:
    wish = {"fault": "service_down", "target": "deployment/nlp", "duration": "1h"}
    served.post(f"{API}/faults", json={**wish, "namespaces": [NAMESPACE]})
    warp(served, "1m")
    found = served.get(f"{API}/topology", params={"namespace": NAMESPACE}).json()
    nodes = {row["id"]: row for row in found["nodes"]}
    nlp = nodes[f"workload/{NAMESPACE}/nlp"]
    assert [one["fault"] for one in nlp["faults"]] == ["service_down"]
    assert nodes[f"service/{NAMESPACE}/nlp"]["state"] == "down"
    assert nodes[f"workload/{NAMESPACE}/chatbot"]["faults"] == []
    call = edge(found, "call", "workload/chatbot", "workload/nlp")
    assert (call["error_percent"], call["cause"]) == (100, nlp["faults"][0]["id"])
    assert call["said"] == {"en": "the process hangs", "ko": "프로세스 응답 정지"}
    assert all((row["said"] is None) == (not row["reason"]) for row in found["edges"])


def test_what_is_left_out_is_counted(served: Client) -> None:
    found = served.get(f"{API}/topology", params={"limit": 1}).json()
    assert found["pods_left_out"] == 3
    assert sum(row["kind"] == "pod" for row in found["nodes"]) == 1


def test_a_refusal_has_its_figures_and_who_could_make_room(client: Client) -> None:
    client.post(PODS_URL, json=pod("small", {"requests": {"cpu": "1"}}))
    warp(client, "10s")
    urgent = {"metadata": {"name": "urgent"}, "value": 1000}
    client.post("/clusters/default/apis/scheduling.k8s.io/v1/priorityclasses", json=urgent)
    wish = pod("big", {"requests": {"cpu": "500"}}, priorityClassName="urgent")
    client.post(PODS_URL, json=wish)
    warp(client, "10s")
    found = client.get(f"{PLACEMENT}/big").json()
    assert (found["asked"], found["priority"]) == ({"cpu": 500_000, "pods": 1}, 1000)
    at = client.get(f"{PODS_URL}/small").json()["spec"]["nodeName"]
    row = next(row for row in found["nodes"] if row["node"] == at)
    figures = {one["resource"]: one for one in row["figures"]}
    said = client.get(f"{KUBE}/nodes/{at}").json()["status"]["allocatable"]["cpu"]
    assert figures["cpu"] == {
        "resource": "cpu",
        "asked": 500_000,
        "free": 1000 * int(said) - 1000,
    }
    assert [one["pod"] for one in row["below"]] == ["default/small"]
    assert row["below"][0]["frees"]["cpu"] == 1000
    tainted = [row for row in found["nodes"] if row["plugin"] == "TaintToleration"]
    assert tainted
    assert all(row["taints"] for row in tainted)


def test_pods_on_a_node_that_are_not_ready_are_told_by_their_word(client: Client) -> None:
    lacking = {"envFrom": [{"secretRef": {"name": "nowhere"}}]}
    for name in ("a", "b"):
        body = pod(name)
        body["spec"]["containers"][0] |= lacking
        client.post(PODS_URL, json=body)
    client.post(PODS_URL, json=pod("waits", GPUS))
    client.post(PODS_URL, json=pod("fine"))
    warp(client, "1m")
    found = client.get(f"{API}/overview").json()
    told = [(row["status"], row["count"], row["pods"]) for row in found["unready"]]
    assert told == [("CreateContainerConfigError", 2, ["default/a", "default/b"])]
    assert [(row["waiting"], row["not_ready"]) for row in found["namespaces"]] == [(1, 3)]
