from __future__ import annotations

import json
import re
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecp.slo.budget import account, time_budget
from ecp.slo.credits import credit_of
from ecp.slo.errors import InputError, SeriesError
from ecp.slo.figures import floored
from ecp.slo.incidents import CauseLink, CauseSpan
from ecp.slo.objective import Objective
from ecp.slo.report import Label, SlaReport, evaluate
from ecp.slo.rules import Period, Rules
from ecp.slo.slots import CountSeries, Run, SlotSeries, Span, State
from ecp.slo.windows import Window

from .naive import RUNS

DAY = 17_280
QUIET: dict[str, Any] = {"page_alert_firing": False, "forecast_exhausts": False}
POLICIES = st.builds(
    Objective,
    unknown=st.sampled_from(["exclude", "bad", "good"]),
    maintenance=st.sampled_from(["exclude", "count_as_up"]),
    target_ppm=st.integers(1, 999_999),
)


def report_of(*runs: tuple[State, int], **given: Any) -> SlaReport:
    series = SlotSeries.of(0, runs)
    objective = given.pop("objective", Objective())
    window = given.pop("window", Window(0, series.end, series.end, label="24h"))
    return evaluate(series, objective, window, **given)


@given(RUNS, POLICIES, st.integers(0, 60), st.integers(0, 60))
def test_the_figures_add_up(runs: list[Run], objective: Objective, a: int, b: int) -> None:
    a, b = min(a, b), max(a, b)
    report = evaluate(SlotSeries.of(10, runs), objective, Window(a, b, b))
    seen, totals = report.ratios.seen, report.ratios.totals
    assert totals.slots * 5 == seen.window == (b - a) * 5
    assert seen.down == seen.eligible - seen.up
    body = report.to_json()
    assert body["downtime_seconds"] == body["eligible_seconds"] - body["uptime_seconds"]
    if seen.eligible:
        uptime = Fraction(100 * seen.up, seen.eligible)
        assert 0 <= uptime <= 100
        assert 0 <= uptime - Fraction(seen.uptime or "") < Fraction(1, 1000)
    else:
        assert (seen.uptime, report.status) == (None, "no_data")
    assert (report.ratios.time.remaining_millionths < 0) == (
        1_000_000 * seen.up < objective.target_ppm * seen.eligible
    )
    json.dumps(body, allow_nan=False)


@given(RUNS, POLICIES, st.integers(0, 200))
def test_one_more_down_slot_never_raises_the_uptime(
    runs: list[Run], objective: Objective, slot: int
) -> None:
    series = SlotSeries.of(0, runs)
    if series.at(slot) != "U":
        return
    worse = SlotSeries.of(
        0,
        [
            *((r.state, r.end - r.start) for r in series.between(0, slot)),
            ("D", 1),
            *((r.state, r.end - r.start) for r in series.between(slot + 1, series.end)),
        ],
    )
    window = Window(0, series.end, series.end)
    before = evaluate(series, objective, window).ratios.seen
    after = evaluate(worse, objective, window).ratios.seen
    assert after.up * before.eligible <= before.up * after.eligible


@given(RUNS, POLICIES)
def test_at_the_end_of_a_month_breached_is_below_target_is_a_credit(
    runs: list[Run], objective: Objective
) -> None:
    series = SlotSeries.of(0, runs)
    objective = Objective(unknown=objective.unknown, maintenance=objective.maintenance)
    totals = series.totals(0, series.end)
    seen = account(totals, objective)
    budget = time_budget(seen, objective, series.slots * 5)
    if seen.eligible:
        below = 1_000_000 * seen.up < 995_000 * seen.eligible
        assert budget.exhausted == below == ((credit_of(seen).percent or 0) > 0)


@given(st.integers(-(10**9), 10**9), st.integers(1, 10**6), st.integers(1, 6))
def test_figures_are_rounded_down(part: int, whole: int, places: int) -> None:
    printed = Fraction(floored(part, whole, places))
    assert 0 <= Fraction(part, whole) - printed < Fraction(1, 10**places)


def test_history_before_the_window_is_not_counted_but_seen() -> None:
    window = Window(100, 100 + DAY, 100 + DAY)
    runs: list[tuple[State, int]] = [("U", 40), ("D", 100), ("U", DAY - 40)]
    inside = evaluate(SlotSeries.of(0, runs), Objective(), window, **QUIET)
    assert (
        len(inside.failures.counted),
        len(inside.failures.incidents),
        inside.ratios.seen.down,
    ) == (0, 1, 200)
    pre = evaluate(
        SlotSeries.of(100, [("D", 40), ("U", DAY - 40)]),
        Objective(),
        window,
        pre=[*runs[:1], ("D", 60)],
        **QUIET,
    )
    assert pre == inside


def test_an_incident_that_ends_where_the_window_begins_does_not_touch_it() -> None:
    report = report_of(("U", 720), pre=[("D", 60)], **QUIET)
    assert report.failures.incidents == ()


def test_nothing_after_the_window_is_looked_at() -> None:
    window = Window(0, 700, 700)
    report = report_of(("U", 680), ("D", 20), ("U", 100), window=window)
    assert [incident.state for incident in report.failures.incidents] == ["open"]
    assert report.to_json()["incidents"][0]["age_seconds"] == 100


def test_slots_before_the_birth_are_outside_every_window() -> None:
    window = Window(0, DAY, DAY)
    report = report_of(("D", 100), ("U", DAY - 100), window=window, birth=100)
    body = report.to_json()
    assert (body["observed_seconds"], body["provisional"]) == ((DAY - 100) * 5, True)
    assert (body["downtime_seconds"], body["overlapping_incidents"]) == (0, 0)
    assert body["coverage"] == 1.0
    assert body["error_budget"]["burn_rate"]["1d"] == 0.0
    unborn = report_of(("U", DAY), window=window, birth=DAY + 5)
    assert (unborn.status, unborn.ratios.seen.window, unborn.ratios.seen.coverage) == (
        "no_data",
        0,
        None,
    )


def test_a_calendar_window_has_its_budget_from_the_first_day() -> None:
    month = 535_680
    window = Window(0, 7200, month, "calendar", "calendar-month")
    runs: list[tuple[State, int]] = [("U", 6000), ("D", 720), ("U", 480)]
    quiet = report_of(*runs, window=window, **QUIET)
    assert (quiet.ratios.time.allowed, quiet.status, quiet.provisional) == (
        13_392.0,
        "meeting",
        True,
    )
    # 9792 s are left and the last six hours lost 3600 s of 21600: 58752 s, well before month's end
    judged = report_of(*runs, window=window)
    assert (judged.pace.exhaustion, judged.status) == (58_752, "at_risk")
    later_born = report_of(*runs, window=window, birth=1200, **QUIET)
    assert later_born.ratios.time.allowed == (month - 1200) * 5 * 0.005


def test_off_duty_and_maintenance_leave_a_calendar_budget() -> None:
    runs: list[tuple[State, int]] = [("U", 1000), ("O", 500), ("M", 300), ("N", 200)]
    for unknown, left_out in (("exclude", 1000), ("bad", 800), ("good", 800)):
        objective = Objective(unknown=unknown)  # type: ignore[arg-type]
        report = report_of(*runs, objective=objective, calendar_seconds=100_000)
        assert report.ratios.time.allowed_millionths == 5000 * (100_000 - left_out * 5)


def test_burn_factors_come_from_the_whole_month_even_for_a_newborn() -> None:
    window = Window(0, 7200, 535_680, "calendar", "calendar-month")
    report = report_of(("U", 7200), window=window, birth=5000)
    assert report.pace.alerts[0].factor == Fraction("14.88")


def test_what_the_window_does_not_cover_is_unknown() -> None:
    report = report_of(("U", 10), window=Window(-5, 20, 20))
    assert (report.ratios.seen.unknown, report.ratios.seen.up) == (75, 50)


@pytest.mark.parametrize(
    ("runs", "status"),
    [
        ([("M", 10)], "no_data"),
        ([("U", 199)], "insufficient_data"),
        ([("U", 200)], "meeting"),
        ([("D", 199)], "insufficient_data"),
        ([("N", 5000), ("U", 300), ("D", 2)], "breached"),
        ([("N", 100), ("U", 899)], "insufficient_data"),
        ([("N", 100), ("U", 900)], "meeting"),
        ([("U", 4980), ("D", 20)], "at_risk"),
        ([("U", 4975), ("D", 25)], "at_risk"),
        ([("U", 4974), ("D", 26)], "breached"),
        ([("U", 4981), ("D", 20)], "meeting"),
    ],
    ids=[
        "nothing-eligible",
        "995-s-cannot-judge",
        "1000-s-can",
        "even-all-down",
        "breach-before-coverage",
        "coverage-below-90",
        "coverage-at-least-90",
        "exactly-a-fifth-left",
        "exactly-on-target",
        "one-slot-beyond",
        "just-over-a-fifth-left",
    ],
)
def test_status_in_the_order_of_its_questions(runs: list[tuple[State, int]], status: str) -> None:
    assert report_of(*runs, **QUIET).status == status


def test_both_bounds_are_printed() -> None:
    bounds = report_of(("U", 16_000), ("N", 1280)).to_json()["bounds"]
    assert bounds["unknown_all_up"]["uptime_percentage"] == 100.0
    assert bounds["unknown_all_down"]["downtime_seconds"] == 6400
    assert bounds["unknown_all_down"]["remaining_seconds"] == 432.0 - 6400


def test_maintenance_policies() -> None:
    week: list[tuple[State, int]] = [("U", 50_000), ("M", DAY), ("D", 720), ("U", 52_960)]
    excluded = report_of(*week, **QUIET).ratios.seen
    as_up = report_of(*week, objective=Objective(maintenance="count_as_up"), **QUIET).ratios.seen
    assert Fraction(excluded.down, excluded.eligible) == Fraction(60, 8640)
    assert Fraction(as_up.down, as_up.eligible) == Fraction(60, 10_080)


def test_availability_is_by_requests_and_by_time_without_any() -> None:
    runs: list[tuple[State, int]] = [("U", 16_560), ("D", 720)]
    assert report_of(*runs).to_json()["availability_basis"] == "time"
    assert report_of(*runs).ratios.availability == report_of(*runs).ratios.seen.uptime
    # 23 h of 60 000 an hour, then an hour of 600 that all failed (spread over the slots it fits)
    counts = CountSeries.of(0, [(16_500, 83, 83), (60, 175, 175), (600, 0, 1), (120, 0, 0)])
    report = report_of(*runs, counts=counts)
    assert report.ratios.totals.total == 1_380_600
    assert report.ratios.availability == "99.956"
    assert report.ratios.seen.uptime == "95.833"


def test_occurrences_are_judged_by_requests() -> None:
    objective = Objective(governing="occurrences")
    runs: list[tuple[State, int]] = [("U", 16_560), ("D", 720)]
    counts = CountSeries.of(0, [(16_560, 83, 83), (600, 0, 1)])
    report = report_of(*runs, counts=counts, objective=objective, **QUIET)
    body = report.to_json()
    assert (report.status, body["current_sla"]) == ("meeting", 99.956)
    assert body["error_budget"]["consumed_requests"] == 600
    silent = report_of(*runs, objective=objective, **QUIET)
    assert (silent.status, silent.ratios.current_sla) == ("breached", "95.833")


def test_exclusions_leave_the_contract_but_not_the_record() -> None:
    report = report_of(("U", 100), ("D", 100), ("U", DAY - 200), excluded=[Span(500, 800)])
    body = report.to_json()
    assert (body["excluded_seconds"], body["downtime_seconds"]) == (300, 200)
    assert body["sla_raw"] == 99.421
    assert body["sla_adjusted"] == body["current_sla"] == 99.767
    assert body["failure_count"] == 1


def test_the_json_is_a_superset_of_the_guides() -> None:
    report = report_of(
        ("U", 4000),
        ("D", 25),
        ("U", 4000),
        ("D", 26),
        ("U", 9229),
        label=Label(tenant_id="my-ai-service"),
        causes=[CauseSpan(CauseLink("fault", "f1"), 4000, 4020)],
        **QUIET,
    )
    body = report.to_json()
    assert (
        body
        | {
            "tenant_id": "my-ai-service",
            "current_sla": 99.704,
            "target_sla": 99.5,
            "status": "meeting",
            "uptime_percentage": 99.704,
            "failure_count": 2,
            "recovery_time_avg": 127.5,
            "period": "24h",
            "downtime_seconds": 255,
            "downtime_minutes": 4.25,
            "mtbf_seconds": 43_072.5,
            "mttd_seconds": 15.0,
            "coverage": 1.0,
            "evidence": "simulated",
            "slice_seconds": 5,
            "in_maintenance": False,
            "current_state": "up",
        }
        == body
    )
    assert body["window"] == {
        "from": "1970-01-01T00:00:00Z",
        "to": "1970-01-02T00:00:00Z",
        "until": "1970-01-02T00:00:00Z",
        "type": "rolling",
        "timezone": "UTC",
    }
    budget = body["error_budget"]
    assert (budget["allowed_seconds"], budget["remaining_seconds"]) == (432.0, 177.0)
    assert budget["remaining_pct"] == 40.972
    assert budget["burn_rate"] == {"5m": 0.0, "1h": 0.0, "6h": 0.0, "1d": 0.5902}
    assert body["incidents"][0]["causes"] == [{"kind": "fault", "id": "f1"}]
    tiers = [(row["long_seconds"], row["factor"], row["firing"]) for row in budget["tiers"]]
    assert tiers == [(3600, 14.4, False), (21_600, 6.0, False), (259_200, 1.0, False)]


def test_a_period_shorter_than_its_slots_is_refused() -> None:
    with pytest.raises(SeriesError, match="shorter"):
        report_of(("U", 100), calendar_seconds=495)


@pytest.mark.parametrize("target", [0, 1_000_000, -5])
def test_a_target_of_100_percent_is_refused(target: int) -> None:
    with pytest.raises(InputError, match="target_ppm"):
        Objective(target_ppm=target)


@pytest.mark.parametrize(
    ("evidence", "names"),
    [
        ("simulated", ["[SIM] EcpSlaBurnPage", "[SIM] EcpSlaBurnTicket"]),
        ("mixed", ["[SIM] EcpSlaBurnPage", "[SIM] EcpSlaBurnTicket"]),
        ("measured", ["EcpSlaBurnPage", "EcpSlaBurnTicket"]),
    ],
)
def test_alerts_of_what_was_not_measured_say_so(evidence: Any, names: list[str]) -> None:
    series = SlotSeries.of(0, [("U", 7200), ("D", 720)])
    window = Window(7200, 7920, 7920, "rolling", "1h")
    found = evaluate(series, Objective(), window, label=Label("t", "", evidence)).to_json()
    assert sorted({alert["alert"] for alert in found["alerts"]}) == names


def test_rules_of_a_simulated_cluster_mark_what_is_sent_on() -> None:
    plain, marked = (
        Rules("acme", Objective(), Period.rolling(86_400), simulated=said).to_yaml()
        for said in (False, True)
    )
    assert "[SIM]" not in plain
    kept = [line for line in marked.splitlines() if not line.startswith("    annotations:")]
    assert kept == plain.splitlines()
    summaries = [line for line in marked.splitlines() if "annotations: {summary: " in line]
    assert len(summaries) == marked.count("- alert:")
    assert all('"[SIM] acme: ' in line for line in summaries), summaries


def test_rules_say_spans_of_time_as_their_reader_does() -> None:
    rules = Rules("acme", Objective(), Period.rolling(30 * 86_400))
    korean, english = (
        " ".join(rule.summary for rule in rules.alerts(language)) for language in ("ko", "en")
    )
    assert "2일 2시간 안에" in korean
    assert "30일 에러 버짓" in korean
    assert "it is gone in 2 d 2 h." in english
    assert not re.search(r"\d[dhms]\b", korean + english)
