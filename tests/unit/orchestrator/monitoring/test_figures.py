"""Statistics of kept minutes, and what they are worth."""

from typing import Any

import pytest

from ecp.orchestrator.monitoring.model import business, evidence, series, statistics, together
from ecp.orchestrator.records import Minute


def minute(number: int, *, cpu: int = 500, good: int = 0, total: int = 0, up: int = 12) -> Minute:
    whole = {
        "slots": {"up": up, "down": 0, "maintenance": 0, "unknown": 12 - up, "off_duty": 0},
        "good": good,
        "total": total,
        "latency": {"p95_ms": 100 + number},
        "cpu_millicores": cpu,
        "cpu_limit_millicores": 1000,
    }
    return Minute(number, f"2026-01-05T09:{number:02}:00Z", {"tenant": whole})


def test_statistics_of_a_figure() -> None:
    found = statistics([minute(n, cpu=100 * n) for n in range(1, 11)])
    assert found["cpu_usage"] == {
        "unit": "% of limits", "count": 10, "mean": 55.0, "min": 10.0, "max": 100.0, "p95": 100.0,
    }  # fmt: skip
    assert found["memory_usage"]["count"] == 0
    assert found["memory_usage"]["mean"] is None


def test_a_mean_of_errors_is_that_of_the_requests_not_of_the_minutes() -> None:
    found = statistics([minute(1, good=0, total=10), minute(2, good=990, total=990)])
    assert found["error_rate"]["mean"] == 1.0


def test_what_is_unknown_is_in_no_mean() -> None:
    found = statistics([minute(1), minute(2, up=0)])
    assert (found["response_time"]["count"], found["response_time"]["mean"]) == (1, 101.0)


def test_a_series_has_means_of_so_many_minutes_the_last_of_fewer() -> None:
    rows = series([minute(n, cpu=100 * n) for n in range(1, 6)], 2)
    assert [(row["from"][14:16], row["minutes"], row["cpu_usage"]) for row in rows] == [
        ("01", 2, 15.0),
        ("03", 2, 35.0),
        ("05", 1, 50.0),
    ]


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        pytest.param({}, {}, id="no terms: requests alone"),
        pytest.param(
            {"currency": "KRW", "revenue_per_request": 12.5},
            {"revenue": 2438.0, "currency": "KRW"},
            id="won have no decimals, half to even",
        ),
        pytest.param(
            {"currency": "USD", "revenue_per_request": 0.01},
            {"revenue": 1.95, "currency": "USD"},
            id="dollars have two",
        ),
        pytest.param({"revenue_per_request": 5}, {}, id="a price without a currency is none"),
        pytest.param(
            {"requests_per_session": 10, "session_seconds": 180},
            {"active_sessions": 30.0},
            id="20 sessions begin in 120 s and last 180 s: 30 are in progress",
        ),
    ],
)
def test_what_minutes_are_worth(terms: dict[str, Any], said: dict[str, Any]) -> None:
    minutes = [minute(1, good=100, total=100), minute(2, good=95, total=100)]
    assert business(minutes, terms) == {
        "business_requests": 200,
        "business_requests_good": 195,
        "interval_seconds": 120,
        **said,
    }


@pytest.mark.parametrize(
    ("told", "whole"),
    [
        pytest.param([], "simulated", id="nobody is there"),
        pytest.param([{}, {"evidence": "simulated"}], "simulated", id="a simulated cluster"),
        pytest.param([{"evidence": "measured"}], "measured", id="a real one"),
        pytest.param([{}, {"evidence": "measured"}], "mixed", id="one of each"),
    ],
)
def test_evidence_follows_what_was_recorded(told: list[Any], whole: str) -> None:
    assert together([evidence(facts) for facts in told]) == whole
