from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecp.slo.compose import k_of_n, serial
from ecp.slo.errors import SeriesError
from ecp.slo.slots import SlotSeries, State

from .naive import STATES, expand, per_slot

SERVICES = st.integers(1, 15).flatmap(
    lambda length: st.lists(
        st.lists(st.sampled_from(STATES), min_size=length, max_size=length), min_size=1, max_size=4
    )
)


def serial_rule(states: tuple[State, ...]) -> State:
    on_duty = [state for state in states if state != "O"]
    for worst in ("D", "N", "M"):
        if worst in on_duty:
            return worst
    return "U" if on_duty else "O"


@given(SERVICES)
def test_serial_is_the_written_rule_slot_by_slot(services: list[list[State]]) -> None:
    composed = serial([per_slot(3, states) for states in services])
    assert expand(composed) == [serial_rule(slot) for slot in zip(*services, strict=True)]


@given(SERVICES, st.data())
def test_k_of_n_is_monotonic_in_k(services: list[list[State]], data: st.DataObject) -> None:
    need = data.draw(st.integers(1, len(services)))
    series = [per_slot(0, states) for states in services]
    harder, easier = expand(k_of_n(series, len(services))), expand(k_of_n(series, need))
    for strict, loose in zip(harder, easier, strict=True):
        assert not (strict == "U" and loose != "U")
        assert not (loose == "D" and strict != "D")


@pytest.mark.parametrize(
    ("states", "need", "expected"),
    [
        ("UUD", 2, "U"),
        ("UDD", 2, "D"),
        ("UND", 2, "N"),
        ("UMD", 2, "M"),
        ("NMM", 2, "M"),
        ("UOO", 2, "U"),
        ("DOO", 1, "D"),
        ("OOO", 2, "O"),
        ("NND", 2, "N"),
    ],
)
def test_k_of_n_tries_unknown_both_ways(states: str, need: int, expected: State) -> None:
    assert k_of_n([per_slot(0, [s]) for s in states], need).at(0) == expected  # type: ignore[list-item]


def test_disjoint_and_common_outages_differ() -> None:
    a = SlotSeries.of(0, [("U", 1000), ("D", 52), ("U", 16_228)])
    b = SlotSeries.of(0, [("U", 5000), ("D", 52), ("U", 12_228)])
    assert serial([a, b]).totals(0, 17_280).down == 104
    assert serial([a, a]).totals(0, 17_280).down == 52


def test_a_service_off_duty_does_not_hide_the_night_of_another() -> None:
    day_shift = SlotSeries.of(0, [("O", 6480), ("U", 6480), ("O", 4320)])
    always = SlotSeries.of(0, [("U", 2000), ("D", 120), ("U", 15_160)])
    assert serial([day_shift, always]) == always


def test_series_over_different_slots_are_refused() -> None:
    with pytest.raises(SeriesError, match="same slots"):
        serial([SlotSeries.of(0, [("U", 3)]), SlotSeries.of(1, [("U", 3)])])
    with pytest.raises(SeriesError, match="nothing to compose"):
        serial([])
    with pytest.raises(SeriesError, match="cannot be needed"):
        k_of_n([SlotSeries.of(0, [("U", 3)])], 2)
