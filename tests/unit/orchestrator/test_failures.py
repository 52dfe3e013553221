"""Failure types and rates as callers name them."""

from typing import Any

import pytest

from ecp.edge.problems import Problem
from ecp.orchestrator.faults import model
from ecp.sim.faults import chosen_rates, shipped_rates
from ecp.sim.faults.refusal import FaultRefused
from ecp.texts import text

TYPES = model.known([{"name": name} for name in ("node_down", "cpu_spike", "service_down")])
RATES = [rate.to_json() for rate in shipped_rates().values()]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        pytest.param("cpu_spike", "cpu_spike", id="the guide's name"),
        pytest.param(" CPU-Spike ", "cpu_spike", id="case, hyphen and blanks do not matter"),
        pytest.param("node_down", "node_down", id="beyond the guide"),
        pytest.param("volcano", None, id="unknown"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_a_failure_type_is_known_by_its_name(said: str, meant: str | None) -> None:
    assert model.chosen(said, TYPES) == meant


def test_the_guide_s_types_come_first() -> None:
    assert TYPES == ["cpu_spike", "service_down", "node_down"]


GIVEN = {"failure_type": "x", "dry_run": True, "only_this_tenant": True, "duration": "5m"}


def test_a_wish_stays_within_the_tenant_and_keeps_its_bounds() -> None:
    found = model.wish({**GIVEN, "abort": ["p95 > 800"], "max_percent": 50}, "node_down", "acme")
    assert found == {
        "fault": "node_down", "namespaces": ["acme"], "only": ["acme"], "duration": "5m",
        "abort": ["p95 > 800"], "max_percent": 50,
    }  # fmt: skip
    assert model.wish({"failure_type": "x"}, "node_down", "acme")["duration"] == "10m"
    chosen = model.wish({"selector": {"labelSelectors": {"app": "a"}}}, "pod_kill", "acme")
    assert chosen["selector"] == {"labelSelectors": {"app": "a"}, "namespaces": ["acme"]}


@pytest.mark.parametrize(
    "selector",
    [{"namespaces": ["acme", "other"]}, {"pods": {"other": ["x"]}}, {"namespaces": [{"a": 1}]}],
    ids=["another namespace", "a pod of another one", "no name at all"],
)
def test_a_selector_that_means_others_is_refused(selector: dict[str, Any]) -> None:
    with pytest.raises(Problem) as refused:
        model.wish({"selector": selector}, "pod_kill", "acme")
    assert (refused.value.status, refused.value.code) == (422, "NOT_OF_THIS_TENANT")


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"cpu-spike": {"mtbf": "30d"}, "memory-leak": None}, id="a mean, and none"),
        pytest.param({"container-crash": {"mtbf": "1m"}}, id="as often as may be"),
        pytest.param({}, id="nothing"),
    ],
)
def test_rates_that_the_simulator_takes_pass(given: dict[str, Any]) -> None:
    model.check_rates(given, RATES)
    chosen_rates(given)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        pytest.param({"meteor": None}, "node-failure", id="an unknown rate"),
        pytest.param({"cpu-spike": {"often": "1h"}}, "mtbf", id="an unknown field"),
        pytest.param({"cpu-spike": {"mtbf": "59s"}}, "1m", id="too often"),
        pytest.param({"cpu-spike": {"mttr": "soon"}}, "soon", id="no duration"),
        pytest.param({"container-crash": {"mttr": "1m"}}, "pod_crash", id="no mttr to set"),
    ],
)
def test_what_the_simulator_would_refuse_is_refused_at_the_door(
    given: dict[str, Any], says: str
) -> None:
    with pytest.raises(Problem) as refused:
        model.check_rates(given, RATES)
    assert refused.value.status == 422
    problem = refused.value
    assert says in text(problem.key, "en", **problem.filling)
    assert text(problem.key, "ko", **problem.filling)
    assert problem.details == RATES
    with pytest.raises(FaultRefused, match=says):
        chosen_rates(given)
