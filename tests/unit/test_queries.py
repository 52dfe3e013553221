"""The judge of dashboards and alert rules.

tests/services/test_guide_installation.py has it judge the committed ones by what both services
really export.
"""

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _loaded() -> Any:
    place = ROOT / "tests/services/queries.py"
    spec = importlib.util.spec_from_file_location("queries_of_tests", place)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = found
    spec.loader.exec_module(found)
    return found


queries = _loaded()
THERE = {"ecp_a_total": {"tenant", "state"}}


@pytest.mark.parametrize(
    ("query", "said"),
    [
        pytest.param(queries.Query("q", "ecp_a_total"), [], id="a metric that is there"),
        pytest.param(
            queries.Query("q", 'rate(ecp_a_total{tenant=~"$t",state="up"}[5m]) / 2'), [],
            id="matchers of labels that are there",
        ),
        pytest.param(queries.Query("q", "up == 0", frozenset({"job"})), [], id="Prometheus' own"),
        pytest.param(
            queries.Query("q", "ecp_b_total"), ["q: there is no ecp_b_total"], id="no such metric"
        ),
        pytest.param(
            queries.Query("q", 'ecp_a_total{pod="x"}'), ["q: ecp_a_total has no pod"],
            id="a matcher of no such label",
        ),
        pytest.param(
            queries.Query("q", "sum by (tenant, zone) (ecp_a_total)"),
            ["q: ecp_a_total has no zone"], id="grouped by no such label",
        ),
        pytest.param(
            queries.Query("q", "ecp_a_total", frozenset({"cluster"})),
            ["q: ecp_a_total has no cluster"], id="a legend of no such label",
        ),
        pytest.param(
            queries.Query("q", "sum by (tenant) (ecp_a_total)", frozenset({"state"})),
            ["q: shows state, not kept"], id="a legend of what was summed away",
        ),
    ],
)  # fmt: skip
def test_a_query_is_judged(query: Any, said: list[str]) -> None:
    assert queries.complaints([query], THERE) == said


def test_a_recorded_metric_has_the_labels_that_its_rule_keeps() -> None:
    made = queries.Query("r", "sum by (tenant) (ecp_a_total)", gives="ecp:a:sum")
    asked = queries.Query("q", 'ecp:a:sum{tenant="t",state="up"}')
    assert queries.complaints([made, asked], THERE) == ["q: ecp:a:sum has no state"]


def test_a_scrape_has_labels_with_anything_in_them() -> None:
    said = r"""a{x="1,y=\"2\"",z="}"} 4"""
    found = {
        name: labels - queries.SCRAPED for name, labels in queries.scraped(said, "b 5").items()
    }
    assert found == {"a": {"x", "z"}, "b": set()}
