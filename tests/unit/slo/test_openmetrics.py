"""Slots as OpenMetrics: every state from its beginning, cumulative, at the asked edges."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ecp.slo.openmetrics import lines, points
from ecp.slo.slots import STATE_NAMES, Run, SlotSeries

from .naive import RUNS


def test_edges_are_both_ends_and_the_multiples_between() -> None:
    assert points(5, 30, 12) == [5, 12, 24, 30]
    assert points(12, 24, 12) == [12, 24]
    assert points(7, 7, 12) == [7]


def test_a_sample_stands_at_the_end_of_its_slots() -> None:
    text = "".join(lines('tenant="a"', SlotSeries.of(100, [("U", 2), ("D", 3)]), [100, 103, 105]))
    assert text.splitlines()[:6] == [
        'ecp_sla_slots_total{tenant="a",state="up"} 0 500',
        'ecp_sla_slots_total{tenant="a",state="up"} 2 515',
        'ecp_sla_slots_total{tenant="a",state="up"} 2 525',
        'ecp_sla_slots_total{tenant="a",state="down"} 0 500',
        'ecp_sla_slots_total{tenant="a",state="down"} 1 515',
        'ecp_sla_slots_total{tenant="a",state="down"} 3 525',
    ]


@given(RUNS, st.integers(1, 40))
def test_the_samples_of_an_edge_are_the_slots_before_it(runs: list[Run], step: int) -> None:
    series = SlotSeries.of(0, runs)
    at = points(0, series.end, step)
    rows = "".join(lines("", series, at)).splitlines()
    assert len(rows) == len(at) * len(STATE_NAMES)
    for number, edge in enumerate(at):
        values = [int(row.split()[1]) for row in rows[number :: len(at)]]
        found = series.totals(0, edge)
        assert values == [found.up, found.down, found.maint, found.unknown, found.off]
