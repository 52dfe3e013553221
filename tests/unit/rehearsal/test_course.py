"""The course of one run: what each fault cost, failures in words, the worst hour."""

from functools import cache
from typing import Any

import pytest
from tests.unit.rehearsal.test_scenario import scenario

from ecp.rehearsal.course import HOUR, course, worst_hour
from ecp.rehearsal.outcome import carried_out

UNITS = {"namespace": "acme", "units": {"chatbot": 300}}
HUNG = "service_down:deployment/chatbot@10m+10m"
CROWD = "traffic_surge,percent=900@40m+5m"
IN_VAIN = "registry_down@50m+1m"


@cache
def run(demand: bool) -> dict[str, Any]:
    asked = {"demand": UNITS} if demand else {}
    faults = [HUNG, CROWD, IN_VAIN] if demand else [HUNG]
    found = course(carried_out(scenario(faults=faults, **{"for": "2h"}, **asked)), "en")
    assert found is not None
    return found


def fault(found: dict[str, Any], asked: str) -> Any:
    return next(row for row in found["faults"] if row["asked"] == asked)


@pytest.mark.parametrize("demand", [True, False], ids=["by traffic", "by probes"])
def test_a_fault_is_a_span_with_its_cost(demand: bool) -> None:
    row = fault(run(demand), HUNG)
    assert (row["from"], row["to"], row["took"]) == (600, 1200, True)
    assert 500 <= row["lost_seconds"] <= 690
    assert row["seen"]


def test_what_a_crowd_is_too_much_for_is_the_crowds_doing() -> None:
    row = fault(run(True), CROWD)
    load = {name: seconds for kind, name, seconds in run(True)["causes"] if kind == "load"}
    assert 0 < row["lost_seconds"] <= load["load"]


def test_a_fault_that_cost_nothing_says_so() -> None:
    assert fault(run(True), IN_VAIN)["lost_seconds"] == 0


@pytest.mark.parametrize("demand", [True, False], ids=["by traffic", "by probes"])
def test_budget_failures_and_down_time_say_the_same(demand: bool) -> None:
    found = run(demand)
    down = sum(end - start for start, end in found["down"])
    assert found["down_seconds"] == down > 0
    assert found["allowed_seconds"] == 36.0
    assert found["remaining_seconds"] == 36.0 - down
    told = [f"{row['causes']}" for row in found["failures"]]
    assert any("service_down" in row for row in told), told
    assert all(row["to"] > row["from"] for row in found["failures"])
    counted = sum(row["to"] - row["from"] for row in found["failures"])
    assert counted + found["short"]["seconds"] == down


def test_the_share_that_failed_is_all_of_it_while_nothing_answered() -> None:
    points = run(True)["series"]["failed_percent"]
    during = [share for at, share in points if 700 <= at < 1200]
    before = [share for at, share in points if at <= 700]
    assert max([before[-1], *during]) > 90


@pytest.mark.parametrize(
    ("down", "failed", "p95", "length", "said"),
    [
        pytest.param([], [], [], 2 * HOUR, None, id="nothing was seen"),
        pytest.param([[0, 60]], [], [], HOUR, None, id="a run of an hour is looked at as a whole"),
        pytest.param([[7200, 7260]], [], [], 4 * HOUR, (5430, "down", 60), id="in its middle"),
        pytest.param([[0, 60]], [], [], 4 * HOUR, (0, "down", 60), id="not before the beginning"),
        pytest.param([[14390, 14400]], [], [], 4 * HOUR, (10800, "down", 10), id="nor the end"),
        pytest.param(
            [[0, 1000], [7200, 7800], [10000, 10500]], [], [], 4 * HOUR, (7050, "down", 1100),
            id="two that lie within an hour are longer than one",
        ),
        pytest.param(
            [], [[0, 0.0], [7200, 3.5]], [[0, 900]], 4 * HOUR, (5400, "failed", 0),
            id="without down time, most failures",
        ),
        pytest.param(
            [], [[0, None]], [[0, 5], [7200, 9]], 4 * HOUR, (5400, "slow", 0), id="else the slowest"
        ),
    ],
)  # fmt: skip
def test_the_worst_hour(down: Any, failed: Any, p95: Any, length: int, said: Any) -> None:
    found = worst_hour(down, failed, p95, length)
    assert (found and (found["from"], found["by"], found["down_seconds"])) == said
    assert found is None or found["to"] - found["from"] == HOUR


def test_a_run_that_validation_stopped_has_no_course() -> None:
    bad = scenario(manifests=["chatbot-broken.yaml"])
    assert course(carried_out(bad), "en") is None
