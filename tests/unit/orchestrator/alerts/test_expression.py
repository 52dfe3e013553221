"""Conditions of custom alerts: what they mean, and where they end to be one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecp.orchestrator.alerts.expression import BadExpression, holds, names, parse, reasons

FIGURES: dict[str, float | None] = {
    "cpu_usage": 86,
    "memory_usage": 40,
    "error_rate": 0,
    "gpu_usage": None,
}


@pytest.mark.parametrize(
    ("condition", "held"),
    [
        pytest.param("cpu_usage > 85 OR memory_usage > 90", True, id="the example of the guide"),
        pytest.param("cpu_usage > 85 and memory_usage > 90", False, id="words in any case"),
        pytest.param("cpu_usage>=86%", True, id="no blanks, a unit"),
        pytest.param("cpu_usage > 86", False, id="more than, not as much"),
        pytest.param("error_rate == 0 AND cpu_usage != 0", True, id="equal, not equal"),
        pytest.param("NOT cpu_usage < 50", True, id="not"),
        pytest.param("memory_usage > 90 OR cpu_usage > 85 AND error_rate > 0", False,
                     id="AND binds more than OR"),
        pytest.param("(memory_usage > 90 OR cpu_usage > 85) AND error_rate <= 0", True,
                     id="brackets"),
        pytest.param("gpu_usage > 90", None, id="unknown is neither true nor false"),
        pytest.param("gpu_usage > 90 OR cpu_usage > 85", True, id="unless the known half decides"),
        pytest.param("gpu_usage > 90 AND cpu_usage > 99", False, id="either way"),
        pytest.param("NOT gpu_usage > 90", None, id="not unknown is unknown"),
        pytest.param("pushed.queue:length > 3", None, id="what somebody pushes"),
        pytest.param("error_rate > -1", True, id="less than nothing"),
    ],
)  # fmt: skip
def test_a_condition_holds(condition: str, held: bool | None) -> None:
    assert holds(parse(condition), FIGURES) is held


@pytest.mark.parametrize(
    ("condition", "key", "column"),
    [
        pytest.param("", "name-expected", 1, id="nothing"),
        pytest.param("cpu > 3", "unknown-name", 1, id="no figure"),
        pytest.param("cpu_usage 3", "operator-expected", 11, id="no operator"),
        pytest.param("cpu_usage >> 3", "number-expected", 12, id="two operators"),
        pytest.param("cpu_usage > x", "number-expected", 13, id="no number"),
        pytest.param("cpu_usage > 85 OR", "name-expected", 18, id="nothing after OR"),
        pytest.param("cpu_usage > 3 error_rate > 2", "left-over", 15, id="nothing between"),
        pytest.param("(cpu_usage > 3", "bracket-expected", 15, id="no bracket"),
        pytest.param("cpu_usage > 3)", "left-over", 14, id="a bracket too many"),
        pytest.param("cpu_usage > 3ms", "other-unit", 13, id="another unit"),
        pytest.param("cpu_usage > 3; rm", "letter", 14, id="a letter that means nothing"),
        pytest.param("pushed. > 3", "unknown-name", 1, id="nobody's figure"),
        pytest.param("OR cpu_usage > 3", "name-expected", 1, id="begins with OR"),
        pytest.param("(" * 30 + "cpu_usage > 1", "too-deep", 22, id="too many brackets"),
        pytest.param("cpu_usage > 1" + " " * 500, "too-long", 501, id="too long"),
    ],
)  # fmt: skip
def test_what_is_no_condition_says_where(condition: str, key: str, column: int) -> None:
    with pytest.raises(BadExpression) as bad:
        parse(condition)
    assert (bad.value.key, bad.value.column) == (f"alert.expression.{key}", column)


def test_it_says_what_it_names_and_why_it_holds() -> None:
    found = parse("NOT (error_rate > 2) AND (cpu_usage > 85 OR cpu_usage < 1)")
    assert names(found) == ("error_rate", "cpu_usage")
    assert reasons(found, FIGURES) == ["cpu_usage 86 > 85"]


@given(st.text(alphabet="cpu_usageANDORNOT()<>=! 0123456789.%ms", max_size=60))
def test_any_text_is_a_condition_or_says_where_not(text: str) -> None:
    column, found = 1, None
    try:
        found = holds(parse(text), FIGURES)
    except BadExpression as bad:
        column = bad.column
    assert 1 <= column <= len(text) + 1
    assert found in (True, False, None)
