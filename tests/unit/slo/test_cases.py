"""The worked cases: every figure exactly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ecp.slo.compute import compute, compute_case, compute_credits
from ecp.slo.errors import InputError

CASES = json.loads((Path(__file__).parents[2] / "golden" / "sla" / "cases.json").read_text("utf-8"))


@pytest.mark.parametrize(
    "case", CASES["cases"], ids=[f"{c['id']} {c['description']}" for c in CASES["cases"]]
)
def test_a_worked_case_gives_exactly_its_figures(case: dict[str, Any]) -> None:
    result = compute_case(case["input"])
    assert result == case["expected"]
    assert list(result) == list(case["expected"])
    assert json.dumps(result) == json.dumps(case["expected"])


def test_the_months_credits_are_compared_exactly() -> None:
    credit = CASES["credits"]
    expected = credit["percent_by_down_seconds"]
    answer = compute_credits(
        {
            "tiers": credit["tiers"],
            "month_slots": credit["month_slots"],
            "down_seconds": [int(name.split()[0]) for name in expected],
        }
    )
    assert answer == expected


def test_the_file_says_the_defaults_of_the_objective() -> None:
    stated = {
        name: CASES[name]
        for name in (
            "target_ppm",
            "incident_opens_after_slots",
            "incident_closes_after_slots",
            "slot_seconds",
        )
    }
    case = CASES["cases"][1]["input"]
    assert compute_case({**case, **stated}) == compute_case(case)


def test_a_list_of_cases_gives_a_list() -> None:
    assert compute([c["input"] for c in CASES["cases"]]) == [c["expected"] for c in CASES["cases"]]


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ([], "case: is a list; give an object"),
        ({}, "slots: is missing"),
        ({"slots": None}, "slots: is null"),
        ({"slots": "UUU"}, "slots: is text"),
        ({"slots": [["U", 1], ["X", 2]]}, r"slots\[1\]\[0\]: 'X' is not a slot state; use U up"),
        ({"slots": [["U", -1]]}, r"slots\[0\]\[1\]: -1 is not a whole number"),
        ({"slots": [["U", 1.5]]}, r"slots\[0\]\[1\]: 1.5"),
        ({"slots": [["U", True]]}, r"slots\[0\]\[1\]: True"),
        ({"slots": [["U"]]}, r"slots\[0\]: is not a pair"),
        ({"slots": [], "pre": {}}, "pre: is an object"),
        ({"slots": [], "unknown": "ignore"}, "unknown: 'ignore' is not a policy; use one of"),
        ({"slots": [], "unknwon": "bad"}, "unknwon: is not a field of a case; write unknown"),
        ({"slots": [], "input": {}}, "give the object under input itself"),
        ({"slots": [["U", 9]], "calendar_seconds": 40}, "calendar_seconds: 40 is less than"),
        ({"slots": [], "calendar_seconds": 7}, "calendar_seconds: 7 is not whole slots"),
        ({"slots": [], "page_alert_firing": "no"}, "page_alert_firing: 'no' is not a truth"),
        ({"slots": [], "target_ppm": 1_000_000}, "target_ppm: 1000000 is not a target below"),
        ({"slots": [], "target_ppm": 99.5}, "target_ppm: 99.5 is not a whole number"),
        ({"slots": [], "incident_opens_after_slots": 0}, "incident_opens_after_slots: 0"),
        ({"slots": [], "slot_seconds": 10}, "slot_seconds: is 10; write 5"),
    ],
)
def test_a_bad_case_is_refused_with_its_field_and_the_fix(case: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        compute_case(case)


def test_a_bad_case_in_a_list_is_named_by_its_place() -> None:
    with pytest.raises(InputError, match=r"\[1\]\.slots\[0\]\[1\]"):
        compute([{"slots": []}, {"slots": [["U", None]]}])


@pytest.mark.parametrize(
    ("tiers", "message"),
    [
        ([], "no tier begins at 0"),
        ([[99.5, 0]], "no tier begins at 0"),
        ([[99.0, 10], [99.5, 0], [0, 50]], r"tiers\[1\]: is out of order"),
        ([["x", 0], [0, 50]], r"tiers\[0\]\[0\]: 'x' is not a number"),
        ([[101, 0], [0, 50]], r"tiers\[0\]\[0\]: 101 is not a percentage"),
        ([99.5, 0], "tiers: is a list; give"),
    ],
)
def test_bad_credit_tiers_are_refused(tiers: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        compute_credits({"tiers": tiers, "month_slots": 1, "down_seconds": []})
