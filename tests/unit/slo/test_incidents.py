from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecp.slo.incidents import (
    CauseLink,
    CauseSpan,
    Incident,
    Watch,
    detect,
    incidents_of,
    linked,
    micro_outages,
)
from ecp.slo.objective import Objective
from ecp.slo.slots import Run, SlotSeries, State

from .naive import RUNS, expand, figures, naive_incidents

DEFAULT = Objective()


@given(RUNS, st.integers(1, 4), st.integers(1, 7))
def test_runs_give_the_incidents_of_the_slot_by_slot_rule(
    runs: list[Run], opens: int, closes: int
) -> None:
    series = SlotSeries.of(7, runs)
    found = incidents_of(series, Objective(opens_after=opens, closes_after=closes))
    assert [figures(i) for i in found] == naive_incidents(7, expand(series), opens, closes)
    assert all(i.detected == i.start + opens for i in found)
    for before, after in pairwise(found):
        assert before.end is not None
        assert before.end <= after.start


@given(RUNS, st.sampled_from(["bad", "good"]))
def test_the_unknown_policy_is_applied_before_detection(runs: list[Run], policy: str) -> None:
    instead: State = "D" if policy == "bad" else "U"
    replaced = [(instead if state == "N" else state, slots) for state, slots in runs]
    objective = Objective(unknown=policy)  # type: ignore[arg-type]
    assert incidents_of(SlotSeries.of(0, runs), objective) == incidents_of(
        SlotSeries.of(0, replaced), DEFAULT
    )


@given(RUNS, st.lists(st.integers(0, 200), max_size=4))
def test_detection_can_be_stopped_and_resumed_anywhere(runs: list[Run], cuts: list[int]) -> None:
    series = SlotSeries.of(0, runs)
    closed: list[Incident] = []
    watch = Watch()
    edges = [0, *sorted(min(cut, series.end) for cut in cuts), series.end]
    for a, b in pairwise(edges):
        more, watch = detect(series.between(a, b), DEFAULT, watch)
        closed += more
    assert (closed, watch) == detect(series, DEFAULT)


@given(RUNS)
def test_down_slots_are_in_an_incident_or_a_micro_outage(runs: list[Run]) -> None:
    series = SlotSeries.of(0, runs)
    found = incidents_of(series, DEFAULT)
    outside = [
        slot
        for slot, state in enumerate(expand(series))
        if state == "D" and not any(i.touches(slot, slot + 1) for i in found)
    ]
    assert micro_outages(series, found)[1] == len(outside)


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ([("D", 2), ("U", 9)], []),
        ([("D", 3), ("U", 6)], [(0, 3, "recovery")]),
        ([("D", 3), ("U", 5)], [(0, None, None)]),
        ([("D", 3), ("U", 5), ("D", 1), ("U", 6)], [(0, 9, "recovery")]),
        ([("D", 2), ("N", 1), ("D", 2), ("U", 9)], []),
        ([("D", 2), ("M", 9), ("D", 3)], [(11, None, None)]),
        ([("D", 3), ("U", 3), ("N", 4), ("U", 3)], [(0, 3, "recovery")]),
        ([("D", 3), ("N", 99), ("U", 6)], [(0, 102, "recovery")]),
        ([("D", 3), ("M", 1)], [(0, 3, "maintenance")]),
        ([("D", 3), ("U", 2), ("M", 1)], [(0, 3, "maintenance")]),
        ([("D", 3), ("U", 2), ("N", 2), ("O", 1)], [(0, 3, "off_duty")]),
        ([("D", 3), ("U", 2), ("D", 1), ("O", 1)], [(0, 6, "off_duty")]),
        ([("M", 5), ("D", 2), ("M", 1)], []),
    ],
    ids=[
        "two-down-slots-are-none",
        "six-up-slots-close",
        "five-do-not",
        "flapping-is-one-failure",
        "unknown-breaks-an-opening-run",
        "maintenance-breaks-an-opening-run",
        "unknown-does-not-reset-the-up-count",
        "unknown-does-not-close",
        "maintenance-closes",
        "maintenance-closes-at-the-up-count",
        "off-duty-closes-at-the-up-count-across-unknown",
        "a-down-slot-resets-the-up-count",
        "short-down-between-maintenance",
    ],
)
def test_the_rules_one_by_one(
    runs: list[tuple[State, int]], expected: list[tuple[int, int | None, str | None]]
) -> None:
    assert [figures(i) for i in incidents_of(SlotSeries.of(0, runs), DEFAULT)] == expected


@pytest.mark.parametrize(
    ("runs", "state"),
    [
        ([("D", 3), ("N", 59)], "open"),
        ([("D", 3), ("N", 60)], "unknown"),
        ([("D", 3), ("N", 60), ("U", 1)], "open"),
        ([("D", 3), ("N", 60), ("D", 1)], "open"),
        ([("D", 3), ("N", 30), ("U", 1), ("N", 30)], "open"),
        ([("D", 3), ("U", 6)], "closed"),
    ],
    ids=["before-5-min", "after-5-min", "up-again", "down-again", "broken", "closed"],
)
def test_an_open_incident_becomes_unknown_after_five_minutes(
    runs: list[tuple[State, int]], state: str
) -> None:
    assert incidents_of(SlotSeries.of(0, runs), DEFAULT)[-1].state == state


def test_causes_in_force_are_linked_in_a_fixed_order() -> None:
    spans = [
        CauseSpan(CauseLink("release", "r2"), 50, 60),
        CauseSpan(CauseLink("fault", "f1"), 90, 110),
        CauseSpan(CauseLink("fault", "f0"), 0, 99),
        CauseSpan(CauseLink("maintenance", "m"), 105, None),
        CauseSpan(CauseLink("fault", "late"), 120, 130),
    ]
    incident = Incident(100, 103, 120, "recovery")
    assert [link.id for link in linked(incident, spans).causes] == ["f1", "m"]
