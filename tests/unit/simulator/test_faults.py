"""The simulator's calls about faults: those that come by themselves, proof, refusals, restarts."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from test_tenants import BODY, CLOCK, NAMESPACE, TENANT, Client, deploy, serving

FAULTS = "/api/v1/clusters/default/faults"
OFTEN = {
    "workload-hang": {"mtbf": "30m", "mttr": "3m"},
    "container-crash": {"mtbf": "60m"},
    "cpu-spike": None,
    "memory-leak": None,
    "partial-outage": None,
    "link-congestion": None,
    "node-restart": None,
    "node-failure": None,
}


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with serving(tmp_path) as client:
        client.post(CLOCK, json={"action": "pause"})
        deploy(client, {"chatbot": 8081, "nlp": 8085})
        step(client, "5m")
        yield client


def step(client: Client, duration: str, clock: str = CLOCK) -> None:
    """Let time pass, and wait until it has."""
    until = client.post(clock, json={"action": "step", "duration": duration}).json()["warping_to"]
    while until is not None and client.get(clock).json()["warping_to"] is not None:
        client.rest()


def test_the_rates_are_listed_with_their_sources(client: Client) -> None:
    rows = client.get("/api/v1/faults").json()["background"]
    assert {row["per"] for row in rows} == {"node", "pod", "workload"}
    assert all(set(row["source"]) == {"mtbf", "mttr"} for row in rows)


def test_on_they_come_are_listed_cause_incidents_and_off_again_they_do_not(client: Client) -> None:
    wanted = {**BODY, "failure_scenarios": True, "failure_rates": OFTEN}
    followed = client.put(TENANT, json=wanted).json()
    assert followed["failure_scenarios"] is True
    assert [row["name"] for row in followed["failure_rates"]] == [
        "container-crash",
        "workload-hang",
    ]
    assert client.put(TENANT, json=wanted).status_code == 200  # the same again is no news
    step(client, "6h")
    listed = client.get(FAULTS, params={"namespace": NAMESPACE}).json()["faults"]
    assert {row["origin"]["rate"] for row in listed} == {"container-crash", "workload-hang"}
    assert all(row["origin"]["kind"] == "background" for row in listed)
    hang = next(row for row in listed if row["fault"] == "service_down")
    assert hang["verdict"] == "confirmed"
    # What it costs is an incident whose cause it is, and `why` names its rate and source.
    incidents = client.get(f"{TENANT}/sla", params={"period": "24h"}).json()["incidents"]
    caused = [one for one in incidents if hang["id"] in [link["id"] for link in one["causes"]]]
    why = client.get(f"{TENANT}/why", params={"slot": caused[0]["started_at"]}).json()
    assert why["cause"]["origin"]["rate"] == "workload-hang"
    assert "came by itself (on average once in 30 min for each workload)" in why["sentence"]
    assert why["cause"]["origin"]["source"]["mtbf"] == "given by the caller"

    off = client.put(TENANT, json={**BODY, "failure_scenarios": False}).json()
    assert (off["failure_scenarios"], off["failure_rates"]) == (False, [])
    step(client, "6h")
    after = client.get(FAULTS).json()["faults"]
    assert len(after) == len(listed)
    assert all(row["state"] == "ended" for row in after)


def test_they_go_on_after_a_restart_as_if_there_had_been_none(tmp_path: Path) -> None:
    def lived(root: Path, restart: bool) -> list[Any]:
        with serving(root) as client:
            body = {"name": "own", "seed": 11, "start": "2026-01-05T01:00:00Z"}
            assert client.post("/api/v1/clusters", json=body).status_code == 201
            place = "/api/v1/clusters/own"
            client.post(f"{place}/clock", json={"action": "pause"})
            # The clock ran until the pause: both lives begin where it was sent.
            start = {"action": "warp", "to": "2026-01-05T01:10:00Z"}
            until = client.post(f"{place}/clock", json=start).json()["warping_to"]
            while until and client.get(f"{place}/clock").json()["warping_to"] is not None:
                client.rest()
            rates = {**OFTEN, "node-restart": {"mtbf": "3h", "mttr": "4m"}}
            wanted = {"namespace": "default", "failure_scenarios": True, "failure_rates": rates}
            client.put(f"{place}/tenants/own", json=wanted)
            step(client, "3h", f"{place}/clock")
            if not restart:
                step(client, "3h", f"{place}/clock")
                return list(client.get(f"{place}/faults").json()["faults"])
        with serving(root) as client:
            client.post(f"{place}/clock", json={"action": "pause"})
            step(client, "3h", f"{place}/clock")
            return list(client.get(f"{place}/faults").json()["faults"])

    once = lived(tmp_path / "once", restart=False)
    twice = lived(tmp_path / "twice", restart=True)
    assert len(once) > 10
    assert [row["started_at"] for row in twice] == [row["started_at"] for row in once]
    assert [row["targets"] for row in twice] == [row["targets"] for row in once]


@pytest.mark.parametrize(
    ("rates", "says"),
    [
        pytest.param({"meteor": None}, "node-failure", id="an unknown rate"),
        pytest.param({"cpu-spike": {"mtbf": "1s"}}, "1m", id="too often"),
        pytest.param({"container-crash": {"mttr": "5m"}}, "pod_crash", id="no duration to set"),
    ],
)
def test_a_wrong_rate_is_refused_with_those_there_are(
    client: Client, rates: dict[str, Any], says: str
) -> None:
    wanted = {**BODY, "failure_scenarios": True, "failure_rates": rates}
    answer = client.put(TENANT, json=wanted)
    assert answer.status_code == 422
    body = answer.json()
    assert body["error"]["code"] == "INVALID_FAILURE_RATE"
    assert says in body["error"]["message"]
    assert len(body["error"]["details"]) == 8
    assert client.get(TENANT).status_code == 404


@pytest.mark.parametrize(
    ("body", "says"),
    [
        pytest.param(
            {"fault": "cpu_spike", "target": "tts"}, "deployment/nlp", id="no such target"
        ),
        pytest.param({"fault": "node_down", "target": "gpu-99"}, "gpu-1", id="no such node"),
    ],
)
def test_a_target_without_a_match_lists_the_targets(
    client: Client, body: dict[str, Any], says: str
) -> None:
    answer = client.post(FAULTS, json={**body, "namespaces": [NAMESPACE]})
    assert answer.status_code == 422
    assert says in [row["target"] for row in answer.json()["error"]["details"]]


def test_a_fault_is_shown_with_proof_in_words_of_the_reader_and_its_recovery(
    client: Client,
) -> None:
    client.put(TENANT, json=BODY)
    step(client, "1m")
    made = client.post(FAULTS, json={"fault": "cpu_spike", "target": "chatbot", "duration": "2m"})
    assert made.status_code == 201
    fault = made.json()
    assert fault["targets"] == ["deployment/chatbot"]
    assert fault["recovered_at"] is fault["recovery_seconds"] is None
    step(client, "5m")
    korean = client.get(f"{FAULTS}/{fault['id']}", headers={"Accept-Language": "ko"}).json()
    english = client.get(f"{FAULTS}/{fault['id']}").json()
    assert english["verdict"] == "confirmed"
    assert 0 <= english["recovery_seconds"] <= 5
    assert "CPU usage rises: 2200 m CPU a pod observed" in english["proof"][1]["text"]
    assert "CPU 사용량 증가: 관측 2200 m(파드당 CPU)" in korean["proof"][1]["text"]
    assert client.get(f"{FAULTS}/f99").status_code == 404


# -- bounds, the switch, objects -------------------------------------------------------------------


def test_a_preview_says_what_would_be_hit_and_injects_nothing(client: Client) -> None:
    body = {"fault": "pod_failure", "target": "deployment/chatbot", "namespaces": [NAMESPACE]}
    found = client.post(f"{FAULTS}/preview", json=body).json()
    assert len(found["pods"]) == 1
    assert [row["service"] for row in found["services"]] == [f"{NAMESPACE}/chatbot"]
    assert client.get(FAULTS).json()["faults"] == []
    answer = client.post(f"{FAULTS}/preview", json={"fault": "meteor"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "FAULT_REFUSED")


@pytest.mark.parametrize(
    ("fault", "some"),
    [
        pytest.param("service_down", {"deployment/chatbot"}, id="a workload"),
        pytest.param("node_down", {"cpu-1"}, id="a node"),
        pytest.param("registry_down", {"*"}, id="a registry"),
        pytest.param("control_plane_slow", {"kube-apiserver"}, id="the API server"),
        pytest.param("quota_exhausted", {NAMESPACE}, id="a namespace"),
    ],
)
def test_a_preview_says_what_could_be_aimed_at(client: Client, fault: str, some: set[str]) -> None:
    body = {"fault": fault, "namespaces": [NAMESPACE]}
    found = client.post(f"{FAULTS}/preview", json=body).json()
    assert some <= set(found["choices"])
    for choice in found["choices"]:
        aimed = client.post(f"{FAULTS}/preview", json={**body, "target": choice})
        assert (choice, aimed.status_code) == (choice, 200)


@pytest.mark.parametrize(
    ("more", "status"),
    [
        pytest.param({"only": ["other"]}, 409, id="beyond the namespaces it may hit"),
        pytest.param({"max_percent": 1}, 409, id="too many of the ready endpoints"),
        pytest.param({"abort": [{"metric": "mood"}]}, 422, id="a condition that is none"),
        pytest.param({"mode": "most"}, 422, id="a mode that is none"),
        pytest.param({"parameters": {"load": 1}}, 422, id="a parameter that is none"),
        pytest.param({"colour": 1}, 422, id="a field that is none"),
    ],
)
def test_a_fault_out_of_bounds_is_refused(
    client: Client, more: dict[str, Any], status: int
) -> None:
    body = {"fault": "pod_failure", "target": "deployment/chatbot", "namespaces": [NAMESPACE]}
    assert client.post(FAULTS, json={**body, **more}).status_code == status
    assert client.get(FAULTS).json()["faults"] == []


def test_objects_are_installed_once_and_one_call_ends_all(client: Client) -> None:
    done = client.post(f"{FAULTS}/install").json()["installed"]
    assert "podchaos.chaos-mesh.org" in done
    assert client.post(f"{FAULTS}/install").json()["installed"] == []
    # A definition that an earlier version wrote lacks what this one knows.
    name = "schedules.chaos-mesh.org"
    place = f"/clusters/default/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}"
    old = client.get(place).json()
    spec = old["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    spec["properties"]["type"]["enum"].remove("ContainerExit")
    assert client.put(place, json=old).status_code == 200
    assert client.post(f"{FAULTS}/install").json()["installed"] == [name]
    assert client.post(f"{FAULTS}/install").json()["installed"] == []
    step(client, "5s")
    spec = {"action": "pod-failure", "mode": "all", "selector": {"namespaces": [NAMESPACE]}}
    chaos = {
        "apiVersion": "chaos-mesh.org/v1alpha1",
        "kind": "PodChaos",
        "metadata": {"name": "x"},
        "spec": spec,
    }
    path = f"/clusters/default/apis/chaos-mesh.org/v1alpha1/namespaces/{NAMESPACE}/podchaos"
    assert client.post(path, json=chaos).status_code == 201
    wrong = {**chaos, "metadata": {"name": "y"}, "spec": {**spec, "duration": "5 apples"}}
    refused = client.post(path, json=wrong)
    assert refused.status_code == 403
    assert "spec.duration" in refused.json()["message"]
    step(client, "5s")
    [fault] = client.get(FAULTS).json()["faults"]
    assert (fault["state"], fault["origin"]["kind"]) == ("running", "chaos")
    halted = client.delete(FAULTS).json()
    assert halted["faults"] == [fault["id"]]
    assert halted["objects"] == [f"podchaos.chaos-mesh.org/{NAMESPACE}/x"]
    step(client, "5s")
    assert client.get(f"{FAULTS}/{fault['id']}").json()["state"] == "ended"
    status = client.get(f"{path}/x").json()["status"]
    said = {one["type"]: one["status"] for one in status["conditions"]}
    assert (said["AllRecovered"], said["Paused"]) == ("True", "True")


def test_a_page_of_faults_is_the_newest_of_some_states_and_counts_them_all(client: Client) -> None:
    wish = {"fault": "cpu_spike", "duration": "1m", "namespaces": [NAMESPACE]}
    for _ in range(3):
        client.post(FAULTS, json=wish)
        step(client, "2m")
    client.post(FAULTS, json={**wish, "duration": "1h"})
    client.post(FAULTS, json={**wish, "at": "+1h"})
    counts = {"planned": 1, "running": 1, "ended": 3, "failed": 0}

    def listed(**asked: Any) -> list[str]:
        told = client.get(FAULTS, params=asked).json()
        assert told["counts"] == counts
        return [row["id"] for row in told["faults"]]

    assert listed() == ["f1", "f2", "f3", "f4", "f5"]  # as who asks for all of them is used to
    assert listed(limit=2) == ["f5", "f4"]
    assert listed(limit=2, skip=2) == ["f3", "f2"]
    assert listed(limit=0) == []
    assert listed(state="ended", limit=2) == ["f3", "f2"]
    assert listed(state=["planned", "running"], limit=9) == ["f5", "f4"]
    for refused in ({"limit": -1}, {"limit": 1_000_000_000}, {"state": "over"}, {"skip": "한"}):
        assert client.get(FAULTS, params=refused).status_code == 422
    missing = client.get(f"{FAULTS}/f99")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "FAULT_NOT_FOUND")


# -- again and again -------------------------------------------------------------------------------

SCHEDULES = "/api/v1/clusters/default/fault-schedules"
AGAIN: dict[str, Any] = {
    "fault": "pod_kill",
    "namespace": NAMESPACE,
    "target": "chatbot",
    "every": "10m",
}


def test_a_fault_is_repeated_listed_with_its_next_time_and_taken_away(client: Client) -> None:
    assert client.get(SCHEDULES).json()["schedules"] == []
    early = client.post(SCHEDULES, json=AGAIN)  # definitions are accepted a second later
    assert (early.status_code, early.json()["error"]["code"]) == (409, "CLOCK_STANDS")
    step(client, "2s")
    made = client.post(SCHEDULES, json=AGAIN)
    assert made.status_code == 201
    step(client, "11m")
    (row,) = client.get(SCHEDULES, params={"namespace": NAMESPACE}).json()["schedules"]
    assert (row["name"], row["schedule"], row["fault"]) == (
        made.json()["name"],
        "@every 10m",
        "pod_kill",
    )
    assert row["title"] == "Pod deleted"
    (fault,) = client.get(FAULTS).json()["faults"]
    assert (fault["fault"], fault["origin"]["began_by"]) == ("pod_kill", row["name"])
    assert row["last_at"] < row["next_at"]
    assert client.get(SCHEDULES, params={"namespace": "other"}).json()["schedules"] == []
    assert client.delete(f"{SCHEDULES}/{NAMESPACE}/{row['name']}").status_code == 200
    assert client.get(SCHEDULES).json()["schedules"] == []
    again = client.delete(f"{SCHEDULES}/{NAMESPACE}/{row['name']}")
    assert (again.status_code, again.json()["error"]["code"]) == (404, "SCHEDULE_NOT_FOUND")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"every": "1s"}, "once a minute at most"),
        ({"every": "* * *"}, "neither a duration"),
        ({"fault": "cpu_spike", "target": None}, "needs a target"),
        ({"target": "moon"}, "moon is not there"),
        ({"namespace": "nowhere", "target": None}, 'namespaces "nowhere" not found'),
    ],
)
def test_what_is_not_repeated_says_why(client: Client, change: dict[str, Any], said: str) -> None:
    client.post("/api/v1/clusters/default/faults/install")
    step(client, "2s")
    body = {name: value for name, value in {**AGAIN, **change}.items() if value is not None}
    refused = client.post(SCHEDULES, json=body)
    assert refused.status_code == 422
    assert said in refused.json()["error"]["message"]
