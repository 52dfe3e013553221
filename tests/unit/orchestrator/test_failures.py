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
