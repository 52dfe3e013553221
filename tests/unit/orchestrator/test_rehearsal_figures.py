"""What is said of rehearsals beside their reports: samples, time, runs, pairs."""

from pathlib import Path
from typing import Any

import pytest

from ecp.orchestrator.records import Rehearsal
from ecp.orchestrator.rehearsals import judging
from ecp.orchestrator.rehearsals.judging import Past
from ecp.rehearsal.scenario import parse

EXAMPLES = Path(__file__).resolve().parents[3] / "examples/scenarios"
NONE = lambda name: []  # noqa: E731


@pytest.mark.parametrize("sample", judging.samples(), ids=lambda row: row["name"])
def test_a_sample_needs_no_other_file_and_is_the_example_of_its_name(sample: Any) -> None:
    found = parse(sample["scenario"], sample["name"], NONE)
    assert found.name == sample["name"]
    assert set(sample["title"]) == {"en", "ko"}
    example = EXAMPLES / f"{sample['name']}.yaml"
    assert not example.exists() or example.read_text() == sample["scenario"]


def variant(seconds: int = 3600, **more: Any) -> dict[str, Any]:
    scenario = {
        "for": f"{seconds}s", "target_ppm": 995_000, "sources": [], "changes": [], "seed": 0, **more
    }  # fmt: skip
    return {"name": "base", "scenario": scenario}


@pytest.mark.parametrize(
    ("kind", "runs", "known", "seconds", "of"),
    [
        pytest.param("campaign", 4, [], None, 0, id="nothing was rehearsed here"),
        pytest.param(
            "campaign", 4, [Past("campaign", 8, 8 * 3600, 40)], 20.0, 1, id="half as many runs"
        ),
        pytest.param(
            "campaign", 3, [Past("campaign", 2, 2 * 3600, 10)], 20.0, 1, id="two rounds of two"
        ),
        pytest.param(
            "campaign",
            2,
            [Past("rehearsal", 1, 3600, 99), Past("campaign", 2, 2 * 3600, 10)],
            10.0,
            1,
            id="by those of its kind",
        ),
        pytest.param("rehearsal", 1, [Past("campaign", 2, 7200, 10)], 10.0, 1, id="else by any"),
    ],
)
def test_how_long_it_will_take(
    kind: str, runs: int, known: list[Past], seconds: float | None, of: int
) -> None:
    found = judging.estimate(kind, runs, runs * 3600.0, known, 2)
    assert (found and (found["seconds"], found["from_rehearsals"])) == (
        None if seconds is None else (seconds, of)
    )


def test_the_estimate_says_how_far_those_before_were_apart() -> None:
    known = [Past("campaign", 1, 3600, 5), Past("campaign", 1, 3600, 15)]
    found = judging.estimate("campaign", 1, 3600, known, 2)
    assert found is not None
    assert (found["low_seconds"], found["seconds"], found["high_seconds"]) == (5.0, 10.0, 15.0)


@pytest.mark.parametrize(("state", "known"), [("done", True), ("cancelled", False)])
def test_only_what_came_to_its_end_tells_how_long_it_took(state: str, known: bool) -> None:
    row = Rehearsal(1, "r", "campaign", state, 2, 2, 0, 10_000_000_000, {}, "")
    found = judging.past(row, {"variants": [variant()], "runs": 2})
    assert found == (Past("campaign", 2, 7200.0, 10.0) if known else None)


def run(seed: int, up: int, down: int) -> dict[str, Any]:
    return judging.shown_run({"seed": seed, "variant": "base", "up": up, "down": down})


def test_a_run_is_shown_with_its_availability() -> None:
    assert run(3, 999, 1) == {
        "seed": 3, "variant": "base", "availability": 99.9, "down_seconds": 5,
        "seen_seconds": 5000,
    }  # fmt: skip
    assert run(3, 0, 0)["availability"] is None
    shown = judging.shown_variants({"variants": [variant()]})[0]
    assert (shown["target"], shown["seconds"]) == (99.5, 3600.0)
    assert "sources" not in shown


@pytest.mark.parametrize(
    ("level", "up", "down"),
    [
        pytest.param(
            [{"workload": None, "sla": {"uptime_seconds": 90, "downtime_seconds": 10}}], 18, 2,
            id="as its report says",
        ),
        pytest.param([], 0, 0, id="nothing ran"),
    ],
)  # fmt: skip
def test_the_report_of_one_is_a_run_as_well(level: list[Any], up: int, down: int) -> None:
    report = {"input": {"seed": 7}, "verdict": {"exit_code": 6}, "levels": level,
              "hypotheses": [{"text": "a", "status": "failed", "value": 1}]}  # fmt: skip
    found = judging.record_of(report, "base")
    assert (found["seed"], found["up"], found["down"]) == (7, up, down)
    assert found["hypotheses"] == [["a", "failed", 1]]


def test_two_are_compared_in_pairs_of_equal_seeds() -> None:
    first = [run(0, 99, 1), run(1, 100, 0), run(2, 90, 10)]
    second = [run(1, 99, 1), run(0, 100, 0), run(5, 1, 99), run(2, 0, 0)]
    found = judging.against(first, second)
    assert [(row["seed"], row["difference"]) for row in found["pairs"]] == [(0, 1.0), (1, -1.0)]
    assert (found["better"], found["worse"], found["same"]) == (1, 1, 0)
    assert found["difference"]["mean"] == 0.0
    assert found["difference"]["low"] < 0 < found["difference"]["high"]


@pytest.mark.parametrize(
    ("runs", "said"),
    [
        pytest.param([], None, id="no run has come to its end"),
        pytest.param(
            [run(4, 995, 5)], (1, [4, 4], 1, 99.5, (25.0, 0.0, 0.0)), id="at the target it is kept"
        ),
        pytest.param(
            [run(0, 1000, 0), run(1, 994, 6)], (2, [0, 1], 1, 99.7, (25.0, 10.0, 25.0)),
            id="no more is left than there is",
        ),
        pytest.param(
            [run(0, 1000, 0), run(1, 0, 0)], (2, [0, 1], 1, 100.0, (25.0, 25.0, 25.0)),
            id="where nothing ran nothing was kept",
        ),
        pytest.param(
            [run(0, 90, 10), run(1, 900, 100)], (2, [0, 1], 0, 90.0, (25.0, -261.25, 25.0)),
            id="who was on duty for less had less to lose",
        ),
    ],
)  # fmt: skip
def test_what_the_runs_so_far_forecast(runs: list[dict[str, Any]], said: Any) -> None:
    found = judging.forecasts({"variants": [variant()]}, runs)
    if said is None:
        assert found == []
        return
    row = found[0]
    allowed, mean, high = said[4]
    assert (row["runs"], row["seeds"], row["kept"]["hits"]) == said[:3]
    assert row["availability"]["value"] == said[3]
    assert (row["allowed_seconds"], row["left_seconds"]["value"]) == (allowed, mean)
    assert row["left_seconds"]["high"] == high
    assert 0 <= row["kept"]["low"] <= row["kept"]["value"] <= row["kept"]["high"] <= 1


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        pytest.param({"a": [1]}, {"a": [1]}, None, id="nothing"),
        pytest.param({"a": [1]}, {"a": [2]}, ("a[0]", "1", "2"), id="a value"),
        pytest.param({"a": "x" * 999}, {"a": None}, ("a", '"' + "x" * 119, "null"), id="in short"),
    ],
)
def test_two_reports_say_where_they_differ_first(first: Any, second: Any, said: Any) -> None:
    found = judging.differing(first, second)
    assert (found and (found["path"], found["first"], found["second"])) == said


def test_without_a_seed_in_common_there_is_no_difference() -> None:
    assert judging.against([run(0, 1, 0)], [run(1, 1, 0)])["difference"] is None
