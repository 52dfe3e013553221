"""Hypotheses: what can be claimed, and where a line that claims nothing goes wrong."""

import pytest

from ecp.rehearsal.hypotheses import HypothesisRefused, parse

MINUTE = 60_000_000_000


@pytest.mark.parametrize(
    ("line", "measure", "subject", "comparison", "bound"),
    [
        ("availability >= 99.5", "availability", "", ">=", 995_000),
        ("availability of deploy/web >  99.9951 %", "availability", "deploy/web", ">", 999_951),
        ("availability >= 100%", "availability", "", ">=", 1_000_000),
        ("ready within 5m", "ready", "", "<=", 5 * MINUTE),
        ("ready of web within 90s", "ready", "web", "<=", 90_000_000_000),
        ("p95 < 300ms", "latency", "", "<", 300_000_000),
        ("p99.9 of web <= 2s", "latency", "web", "<=", 2_000_000_000),
        ("recovery <= 2m", "recovery", "", "<=", 2 * MINUTE),
        ("recovery of node_down within 2m", "recovery", "node_down", "<=", 2 * MINUTE),
        ("downtime < 10m", "downtime", "", "<", 10 * MINUTE),
        ("failures <= 1", "failures", "", "<=", 1),
    ],
    ids=[
        "a share of the time, in percent",
        "of one workload, four decimals, a sign",
        "a sign that touches its number",
        "a start-up in time",
        "the start-up of one workload",
        "a percentile below one of the limits",
        "a finer percentile of one workload",
        "recovery from any fault",
        "recovery from one fault, in other words",
        "a length of down time",
        "a number of failures",
    ],
)  # fmt: skip
def test_read(line: str, measure: str, subject: str, comparison: str, bound: int) -> None:
    found = parse(line)
    assert found[1:5] == (measure, subject, comparison, bound)


@pytest.mark.parametrize(
    ("line", "column", "key"),
    [
        ("", 0, "ends"),
        ("uptime >= 99", 0, "measure"),
        ("availability", 12, "ends"),
        ("availability == 99.5", 13, "comparison"),
        ("availability <= 99.5", 13, "comparison"),
        ("availability >= high", 16, "percent"),
        ("availability >= 100.1", 16, "percent"),
        ("availability >= 99.99999", 16, "percent"),
        ("availability within 5m", 13, "comparison"),
        ("ready within soon", 13, "duration"),
        ("ready within -5m", 13, "duration"),
        ("p95 < 1500us", 6, "latency"),
        ("p42 < 300ms", 0, "measure"),
        ("failures <= 1.5", 12, "number"),
        ("ready within 5m or so", 16, "more"),
        ("recovery of", 11, "ends"),
    ],
    ids=[
        "nothing at all",
        "nothing that is measured",
        "no comparison",
        "equality, which no measurement has",
        "a ceiling for availability",
        "a word for a number",
        "more than everything",
        "more decimals than are counted",
        "within, of a share",
        "no duration",
        "a negative duration",
        "a latency that is no whole milliseconds",
        "a percentile that is not counted",
        "half a failure",
        "words after the end",
        "of nobody",
    ],
)
def test_refused_with_the_column(line: str, column: int, key: str) -> None:
    with pytest.raises(HypothesisRefused) as refused:
        parse(line)
    assert (refused.value.column, refused.value.key) == (column, f"hypothesis.{key}")


@pytest.mark.parametrize(
    ("line", "value", "held"),
    [
        ("failures <= 1", 1, True),
        ("failures < 1", 1, False),
        ("availability >= 99.5", 995_000, True),
        ("availability > 99.5", 995_000, False),
        ("recovery <= 2m", 2 * MINUTE + 1, False),
    ],
)
def test_a_bound_itself_holds_where_the_sign_says_so(line: str, value: int, held: bool) -> None:
    assert parse(line).holds(value) is held
