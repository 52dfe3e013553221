"""What is asked over a day, what another load would come to, and figures over a range."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .test_tenants import BODY, CLOCK, TENANT, Client, deploy, serving


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A tenant of two chatbot pods, followed for ten minutes; then the clock stands."""
    root: Path = tmp_path_factory.mktemp("traffic")
    with serving(root) as client:
        client.post(CLOCK, json={"action": "pause"})
        deploy(client, {"chatbot": 8080})
        client.put(TENANT, json={**BODY, "demand": {"chatbot": 400}})
        client.post(CLOCK, json={"action": "step", "duration": "10m"})
        while client.get(CLOCK).json()["warping_to"]:
            client.rest()
        yield client


def test_a_day_of_demand(followed: Client) -> None:
    told = followed.get(f"{TENANT}/demand", params={"points": 25}).json()
    (row,) = told["profiles"]
    assert (row["profile"], row["units"]) == ("chatbot", 400)
    rates = [point["requests_per_second"] for point in row["points"]]
    assert len(rates) == len(told["at"]) == 25
    assert rates[0] == row["now"]["requests_per_second"] > 0
    assert rates[0] == rates[-1]  # Monday and Tuesday, ten in the morning
    assert min(rates) < max(rates) / 4  # a night
    refused = followed.get(f"{TENANT}/demand", params={"duration": "soon"})
    assert refused.status_code == 422


def test_another_load_is_worked_out_and_nothing_changes(followed: Client) -> None:
    now = followed.get(TENANT).json()["metrics"]
    asked = {"times": [0.5, 1, 2, 64]}
    told = followed.get(f"{TENANT}/what-if", params=asked).json()
    rows = told["loads"]
    assert [row["times"] for row in rows] == asked["times"]
    assert rows[1]["metrics"] == now
    asked_of = [row["metrics"]["network_rps"] for row in rows]
    assert asked_of == sorted(asked_of)
    assert rows[-1]["state"] == "down"
    assert rows[-1]["metrics"]["error_rate"] > 10
    holds = told["holds_up_to"]
    edge = followed.get(f"{TENANT}/what-if", params={"times": [holds * 0.97, holds * 1.03]}).json()
    assert [row["state"] for row in edge["loads"]] == ["up", "down"]
    assert followed.get(TENANT).json()["metrics"] == now


@pytest.mark.parametrize(
    ("query", "points", "seconds"),
    [
        pytest.param({}, range(115, 121), 5, id="an hour, of which ten minutes are known"),
        pytest.param({"points": 6}, range(6, 7), 100, id="in six steps"),
    ],
)
def test_figures_over_a_range(
    followed: Client, query: dict[str, Any], points: range, seconds: int
) -> None:
    told = followed.get(f"{TENANT}/series", params=query).json()
    assert len(told["at"]) in points
    assert told["step_seconds"] == seconds
    assert told["to"] == told["at"][-1]
    now = followed.get(TENANT).json()["metrics"]
    assert told["network_rps"][-1] == pytest.approx(now["network_rps"], abs=0.01)
    assert told["response_time"][-1] == now["response_time"]
    assert told["ready"][-1] == told["wanted"][-1] == 2
    whole = followed.get(TENANT).json()["sla"]
    assert sum(told["down_seconds"]) == pytest.approx(whole["downtime_seconds"], abs=15)


def test_more_ask_and_all_else_stays(followed: Client) -> None:
    before = followed.get(TENANT).json()
    try:
        assert followed.put(f"{TENANT}/load", json={"load": {"chatbot": 800}}).status_code == 200
        followed.post(CLOCK, json={"action": "step", "duration": "10s"})
        while followed.get(CLOCK).json()["warping_to"]:
            followed.rest()
        after = followed.get(TENANT).json()
        doubled = pytest.approx(2 * before["metrics"]["network_rps"], rel=0.01)
        assert after["metrics"]["network_rps"] == doubled
        for said in ("demand", "slo", "shape", "failure_scenarios", "failure_rates", "since"):
            assert after[said] == before[said]
        refused = followed.put(f"{TENANT}/load", json={"load": {"fax": 1}})
        assert refused.json()["error"]["code"] == "UNKNOWN_PROFILE"
    finally:
        followed.put(f"{TENANT}/load", json={"load": {}})
