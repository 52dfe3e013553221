"""Pools over HTTP and by the command: what they show, what they do, what they refuse."""

from pathlib import Path
from typing import Any

import pytest

from .test_tenants import CLOCK, Client, serving

POOLS = "/api/v1/clusters/default/pools"
NODES = "/clusters/default/api/v1/nodes"


def step(client: Client, duration: str) -> None:
    client.post(CLOCK, json={"action": "step", "duration": duration})
    while client.get(CLOCK).json()["warping_to"]:
        client.rest()


def test_the_pools_of_the_shipped_model(tmp_path: Path) -> None:
    with serving(tmp_path) as client:
        found = client.get(POOLS).json()
        one = client.get(f"{POOLS}/gpu").json()
    rows = [(row["name"], row["size"], row["ready"], row["autoscaling"]) for row in found["pools"]]
    assert rows == [
        ("gpu", 3, 3, None),
        ("cpu", 4, 4, None),
        ("storage", 2, 2, None),
        ("infra", 2, 2, None),
    ]
    assert one["machine"]["devices"] == {"nvidia.com/gpu": 4}
    assert found["quota"] == {
        "nodes": {"used": 11, "limit": None},
        "cpu": {"used": "400", "limit": None},
        "gpus": {"used": 12, "limit": None},
    }


def test_a_node_comes_and_goes(tmp_path: Path) -> None:
    with serving(tmp_path) as client:
        client.post(CLOCK, json={"action": "pause"})
        made = client.post(f"{POOLS}/cpu/nodes", json={"zone": "kr-1b"})
        assert (made.status_code, made.json()["name"], made.json()["stage"]) == (
            201,
            "cpu-5",
            "machine",
        )
        assert made.json()["asked_by"] == "operator"
        assert client.get(f"{NODES}/cpu-5").status_code == 404
        step(client, "60s")
        shown = client.get(f"{NODES}/cpu-5").json()
        assert shown["metadata"]["labels"]["topology.kubernetes.io/zone"] == "kr-1b"
        assert shown["status"]["conditions"][-1]["reason"] == "KubeletNotReady"
        step(client, "60s")
        assert client.get(f"{POOLS}/cpu").json()["ready"] == 5
        gone = client.delete(f"{POOLS}/cpu/nodes/cpu-5").json()
        assert gone["leaving_for"] == "operator"
        step(client, "120s")
        assert client.get(f"{NODES}/cpu-5").status_code == 404
        assert client.get(f"{POOLS}/cpu").json()["size"] == 4


def test_an_upgrade_says_how_far_it_has_come(tmp_path: Path) -> None:
    with serving(tmp_path) as client:
        client.post(CLOCK, json={"action": "pause"})
        begun = client.post(f"{POOLS}/infra/upgrade", json={"version": "v1.36.1"})
        assert begun.status_code == 202
        assert begun.json()["upgrade"] | {"started_at": "", "cause": ""} == {
            "version": "v1.36.1",
            "state": "running",
            "max_surge": 1,
            "max_unavailable": 0,
            "drain_timeout": "1h",
            "force": True,
            "replaced": 0,
            "of": 2,
            "left": ["infra-1", "infra-2"],
            "new": [],
            "draining": [],
            "waits_for": None,
            "failure": None,
            "started_at": "",
            "ended_at": None,
            "cause": "",
        }
        again = client.post(f"{POOLS}/infra/upgrade", json={"version": "v1.36.2"})
        assert (again.status_code, again.json()["error"]["code"]) == (409, "POOL_IS_UPGRADING")
        step(client, "10m")
        upgrade = client.get(f"{POOLS}/infra").json()["upgrade"]
    assert (upgrade["state"], upgrade["replaced"], upgrade["new"]) == (
        "done",
        2,
        ["infra-3", "infra-4"],
    )


def test_bounds_stock_and_quota_are_set(tmp_path: Path) -> None:
    with serving(tmp_path) as client:
        changed = client.request(
            "PATCH",
            f"{POOLS}/cpu",
            json={
                "autoscaling": {"min": 2, "max": 8},
                "stock": {"kr-1a": 0},
                "boot": {"machine": "2m"},
            },
        ).json()
        assert changed["autoscaling"] == {"min": 2, "max": 8}
        assert changed["stock"] == {"kr-1a": 0}
        assert changed["boot"] == {
            "machine": "2m",
            "kubelet": "10s",
            "network": "15s",
            "devices": "45s",
        }
        assert (
            client.request("PATCH", f"{POOLS}/cpu", json={"autoscaling": {}}).json()["autoscaling"]
            is None
        )
        quota = client.put("/api/v1/clusters/default/quota", json={"cpu": "400"}).json()["quota"]
        assert quota["cpu"] == {"used": "400", "limit": "400"}
        refused = client.post(f"{POOLS}/cpu/nodes", json={})
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "NO_MACHINE")


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        pytest.param("GET", "/none", None, 404, "POOL_NOT_FOUND", id="an unknown pool"),
        pytest.param("POST", "/none/nodes", {}, 404, "POOL_NOT_FOUND", id="a node of it"),
        pytest.param("DELETE", "/cpu/nodes/x", None, 404, "NODE_NOT_FOUND", id="an unknown node"),
        pytest.param("POST", "/cpu/nodes", {"zone": "z"}, 422, "POOL_REFUSED", id="a foreign zone"),
        pytest.param(
            "POST",
            "/cpu/upgrade",
            {"version": "v1.40.0"},
            422,
            "POOL_REFUSED",
            id="a kubelet newer than its server",
        ),
        pytest.param("POST", "/cpu/upgrade", {}, 422, "VALIDATION_FAILED", id="no version"),
        pytest.param(
            "PATCH", "/cpu", {"size": -1}, 422, "VALIDATION_FAILED", id="less than nothing"
        ),
        pytest.param("PATCH", "/cpu", {"sise": 1}, 422, "VALIDATION_FAILED", id="a misspelt field"),
        pytest.param(
            "DELETE",
            "/cpu/nodes/cpu-1?drain_timeout=soon",
            None,
            422,
            "POOL_REFUSED",
            id="no duration",
        ),
    ],
)
def test_refusals_say_what_and_how_to_mend_it(
    tmp_path: Path, method: str, path: str, body: Any, status: int, code: str
) -> None:
    with serving(tmp_path) as client:
        said = client.request(method, f"{POOLS}{path}", json=body)
        assert (said.status_code, said.json()["error"]["code"]) == (status, code)
        assert said.json()["error"]["message"]


def test_a_boot_and_an_upgrade_go_on_after_a_restart(tmp_path: Path) -> None:
    with serving(tmp_path) as client:
        client.post(CLOCK, json={"action": "pause"})
        client.post(f"{POOLS}/cpu/nodes", json={})
        client.post(f"{POOLS}/infra/upgrade", json={"version": "v1.36.1"})
        step(client, "20s")
        before = client.get(POOLS).json()
    with serving(tmp_path) as client:
        assert client.get(POOLS).json()["pools"] == before["pools"]
        step(client, "10m")
        found = {pool["name"]: pool for pool in client.get(POOLS).json()["pools"]}
    assert found["cpu"]["ready"] == 5
    assert found["infra"]["upgrade"]["state"] == "done"
