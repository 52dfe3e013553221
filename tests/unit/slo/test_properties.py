"""What has to hold of every series, every window and every order of arrival."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ecp.slo.budget import account, time_budget
from ecp.slo.credits import credit_of
from ecp.slo.incidents import incidents_of
from ecp.slo.judge import Requests
from ecp.slo.kept import KeptMinute, report_of
from ecp.slo.objective import Objective
from ecp.slo.report import evaluate
from ecp.slo.samples import Samples
from ecp.slo.slots import CountSeries, Run, SlotSeries, Totals
from ecp.slo.windows import Window, rolling, window_of

from .naive import RUNS

COUNTS = st.lists(st.tuples(st.integers(1, 9), st.integers(0, 9), st.integers(9, 20)), max_size=20)
SAMPLES = st.lists(
    st.tuples(
        st.integers(0, 299),
        st.integers(0, 30),
        st.integers(0, 30),
        st.sampled_from([None, True, False]),
    ),
    max_size=40,
)


@given(RUNS, COUNTS, st.lists(st.integers(0, 200), max_size=6))
def test_the_sum_over_any_partition_is_that_of_the_whole(
    runs: list[Run], counts: list[tuple[int, int, int]], cuts: list[int]
) -> None:
    series, asked = SlotSeries.of(0, runs), CountSeries.of(0, counts)
    edges = sorted({0, series.end, *(cut for cut in cuts if cut < series.end)})
    total = Totals()
    for a, b in pairwise(edges):
        total += series.totals(a, b, asked)
    assert total == series.totals(0, series.end, asked)
    assert total.slots == series.slots


@given(RUNS)
def test_incidents_are_in_order_and_disjoint(runs: list[Run]) -> None:
    found = incidents_of(SlotSeries.of(0, runs), Objective())
    for one, other in pairwise(found):
        assert one.end is not None
        assert one.start < one.end <= other.start
    assert all(incident.start < incident.detected for incident in found)


@given(st.integers(0, 2_000_000_000), st.sampled_from(["1h", "24h", "7d", "30d"]))
def test_a_rolling_window_is_the_same_in_every_zone(now: int, period: str) -> None:
    here, there = (window_of(period, now, zone) for zone in ("Asia/Seoul", "America/New_York"))
    assert (here.start, here.end) == (there.start, there.end)
    assert rolling(period, now) == window_of(period, now)


@given(SAMPLES)
def test_the_order_of_arrival_and_a_second_delivery_change_nothing(
    rows: list[tuple[int, int, int, bool | None]],
) -> None:
    def taken(order: list[tuple[int, int, int, bool | None]]) -> tuple[SlotSeries, tuple[int, int]]:
        samples = Samples()
        for at, good, total, probe in order:
            samples.take(at, Requests(min(good, total), total, probe))
        return samples.series(0, 60, Objective()), samples.counts(0, 60).sums(0, 60)

    first = taken(rows)
    shuffled = sorted(rows, key=lambda row: (row[0] // 5 % 7, -row[0]))
    assert taken(rows + rows) == first
    assert taken(shuffled) == first


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=1, max_size=30))
def test_kept_minutes_give_the_report_of_their_slots(rows: list[tuple[int, int]]) -> None:
    minutes, runs, counts = [], [], []
    for number, (down, total) in enumerate(rows):
        good = total if down < 12 else 0
        made = [("D", down), ("U", 12 - down)]
        kept = tuple((state, slots) for state, slots in made if slots)
        minutes.append(KeptMinute(number * 12, kept, 0, good, total, 0, ()))  # type: ignore[arg-type]
        runs += made
        counts += [(1, good, total), (11, 0, 0)]
    window = Window(0, 12 * len(rows), 12 * len(rows), "rolling", "x")
    slots = evaluate(
        SlotSeries.of(0, runs),  # type: ignore[arg-type]
        Objective(),
        window,
        counts=CountSeries.of(0, counts),
        birth=0,
    )
    assert report_of(minutes, Objective(), window).to_json() == slots.to_json()


def test_minutes_that_are_missing_are_unknown_and_excess_is_the_windows() -> None:
    minutes = [KeptMinute(number * 12, (("U", 12),), 0, 9, 9, 3, ()) for number in (0, 1, 4, 5)]
    found = report_of(minutes, Objective(), Window(12, 72, 72, "rolling", "x")).to_json()
    assert (found["unknown_seconds"], found["uptime_seconds"]) == (120, 180)
    assert found["requests"] == {"good": 27, "total": 27, "excess": 9, "excess_percent": 25.0}


@given(
    st.integers(0, 535_680), st.integers(0, 4000), st.integers(0, 50_000), st.integers(0, 90_000)
)
def test_at_the_end_of_a_month_breached_is_below_target_is_a_credit(
    off: int, down: int, maint: int, unknown: int
) -> None:
    """Of a 31-day month: three questions, one answer, whatever was planned, off duty or unknown."""
    month = 535_680
    for policy in ("exclude", "bad", "good"):
        objective = Objective(unknown=policy)
        off_duty = min(off, month - down - maint - unknown)
        up = month - down - maint - unknown - off_duty
        seen = account(Totals(up, down, maint, unknown, off_duty, 0, 0), objective)
        if not seen.eligible:
            continue
        breached = time_budget(seen, objective, month * 5).exhausted
        below = 1_000_000 * seen.up < objective.target_ppm * seen.eligible
        credit = credit_of(seen).percent
        assert breached == below == (credit is not None and credit > 0)
