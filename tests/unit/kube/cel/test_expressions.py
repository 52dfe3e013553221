"""Expressions: what compiles, what it may cost, what it comes to; as the server has it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from ecp.kube.cel.declared import declare, escape, unescape
from ecp.kube.cel.instance import to_value
from ecp.kube.cel.literals import NotStartable
from ecp.kube.cel.program import compile_text, run
from ecp.kube.cel.source import CompileError, CostExceeded

GOLDEN = Path(__file__).parents[3] / "golden" / "cel" / "expressions.jsonl"
SETTING, *ROWS = (json.loads(line) for line in GOLDEN.read_text(encoding="utf-8").splitlines())
SCHEMA, SELF = SETTING["schema"], SETTING["self"]


def outcome(rule: str, schema: Any = SCHEMA, value: Any = SELF) -> dict[str, Any]:
    type_ = declare(schema, "selfType")
    assert type_ is not None
    try:
        program = compile_text(rule, type_)
    except CompileError as error:
        text = re.sub(r"selfType\d+", "selfType", str(error))
        return {"rule": rule, "wrong": f"compilation failed: {text}"}
    except NotStartable as error:
        return {"rule": rule, "wrong": f"program instantiation failed: {error}"}
    if program.type.kind != "bool":
        return {"rule": rule, "wrong": "cel expression must evaluate to a bool"}
    found = run(program, {"self": to_value(value, schema)})
    result = found.value if found.error is None else f"error: {found.error}"
    return {"rule": rule, "cost": program.cost, "result": result}


@pytest.mark.parametrize("row", ROWS, ids=[row["rule"] for row in ROWS])
def test_expressions(row: dict[str, Any]) -> None:
    assert outcome(row["rule"]) == row


@pytest.mark.parametrize(
    ("name", "written"),
    [
        pytest.param("in", "__in__", id="a word of the language"),
        pytest.param("a-b.c/d", "a__dash__b__dot__c__slash__d", id="signs"),
        pytest.param("a__b", "a__underscores__b", id="two underscores"),
        pytest.param("9a", None, id="a digit in front cannot be said"),
        pytest.param("a b", None, id="a blank cannot be said"),
    ],
)
def test_names_of_properties(name: str, written: str | None) -> None:
    assert escape(name) == written
    if written is not None:
        assert unescape(written) == name


def test_a_run_stops_at_its_limit() -> None:
    schema = {
        "type": "object",
        "properties": {"l": {"type": "array", "items": {"type": "integer"}}},
    }
    rule = "self.l.all(x, self.l.all(y, self.l.all(z, x + y + z > 0)))"
    with pytest.raises(CostExceeded, match="operation cancelled: actual cost limit exceeded"):
        outcome(rule, schema, {"l": [1] * 200})


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param("(" * 400 + "true" + ")" * 400, id="nested"),
        pytest.param("+".join(["1"] * 400) + " > 0", id="chained"),
        pytest.param("self" + ".o" * 400, id="selected"),
    ],
)
def test_what_is_too_deep_does_not_compile(rule: str) -> None:
    assert "max recursion depth exceeded" in outcome(rule)["wrong"]


def test_long_conjunctions_are_not_deep() -> None:
    assert outcome(" && ".join(["self.b"] * 2000))["result"] is True
