"""What is asked of a Kubernetes API goes past the REST routes: id, log and errors stay the same."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from ecp.simulator.app import create_app
from ecp.simulator.kubeapi import reading

PODS = "/clusters/default/api/v1/namespaces/default/pods"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(create_app(tmp_path), raise_server_exceptions=False) as found:
        found.post("/api/v1/clusters", json={"name": "default", "seed": 1})
        yield found


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        pytest.param("abc-1", True, id="the caller's own id comes back"),
        pytest.param("", False, id="who gives none gets one"),
        pytest.param("a\tb", False, id="an id that no header carries is replaced"),
    ],
)
def test_every_answer_of_a_cluster_says_its_request(
    client: TestClient, given: str, kept: bool
) -> None:
    for path in (PODS, "/clusters/nobody/api", "/health"):
        said = client.get(path, headers={"x-request-id": given}).headers["x-request-id"]
        assert said
        assert (said == given) is kept


def test_clusters_without_a_slash_lead_where_clusters_are(client: TestClient) -> None:
    answer = client.get("/clusters", follow_redirects=False)
    assert answer.status_code == 307
    assert answer.headers["location"].endswith("/clusters/")


def test_a_fault_of_ours_is_a_status_and_is_logged_by_its_id(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("planted")

    monkeypatch.setattr(reading, "page", broken)
    with caplog.at_level(logging.ERROR, "ecp"):
        answer = client.get(PODS, headers={"x-request-id": "mine"})
    assert answer.status_code == 500
    assert answer.json()["kind"] == "Status"
    assert [record.getMessage() for record in caplog.records if record.name == "ecp"] == [
        f"request mine failed: GET {PODS}"
    ]
