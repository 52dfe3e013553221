"""OpenSLO: what is written is read back to the byte; what is refused, is at its place."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecp.kube import yaml
from ecp.slo.errors import InputError
from ecp.slo.openslo import Goal, OpenSlo, exported, imported, listed

OURS = exported("acme", 995_000, "30d")
MONTH = exported("acme", 999_000, "calendar-month", "Asia/Seoul", begins="2026-03-01 00:00:00")

SLICED = """\
apiVersion: openslo/v1
kind: SLO
metadata: {name: checkout, labels: {team: [pay, shop]}}
spec:
  service: shop
  indicatorRef: good-requests
  budgetingMethod: Timeslices
  timeWindow:
    - duration: 1Q
      isRolling: false
      calendar: {startTime: "2026-01-01 00:00:00", timeZone: America/New_York}
  objectives:
    - {displayName: fast, targetPercent: 99.9, timeSliceTarget: 0.95, timeSliceWindow: 1m,
       compositeWeight: 3, op: lte, value: 0.3}
    - {target: 0.99, timeSliceTarget: 0.9, timeSliceWindow: 5m, compositeWeight: 0.5}
"""


def read(text: str) -> OpenSlo:
    (found,) = imported(text)
    return found


@given(
    st.sampled_from(["acme", "t1", "my-ai-service"]),
    st.integers(1, 999_999),
    st.sampled_from(["24h", "7d", "30d", "4w"]),
)
def test_export_import_export_gives_the_same_bytes(tenant: str, target: int, period: str) -> None:
    written = exported(tenant, target, period)
    found = read(written)
    assert found.to_yaml() == written
    assert (found.service, found.period, found.governing) == (tenant, period, "timeslices")
    assert found.goals == (Goal(target, Fraction(1), None, ""),)


def test_a_calendar_month_keeps_its_zone_and_its_bytes() -> None:
    found = read(MONTH)
    assert (found.period, found.timezone) == ("calendar-month", "Asia/Seoul")
    assert found.to_yaml() == MONTH


def test_slots_are_written_as_events() -> None:
    (document,) = yaml.read(OURS)
    spec = document.object["spec"]
    assert spec["budgetingMethod"] == "Occurrences"
    assert document.object["metadata"]["annotations"] == {"ecp-ai.io/slice": "5s"}
    queries = {
        name: metric["metricSource"]["spec"]["query"]
        for name, metric in spec["indicator"]["spec"]["ratioMetric"].items()
        if name != "counter"
    }
    assert queries == {
        "good": 'ecp_sla_slots_total{tenant="acme",service="",state=~"up"}',
        "total": 'ecp_sla_slots_total{tenant="acme",service="",state=~"up|down"}',
    }


def test_timeslices_are_read_with_their_weights_calendar_and_share() -> None:
    found = read(SLICED)
    assert (found.governing, found.period, found.timezone) == (
        "timeslices", "calendar-quarter", "America/New_York",
    )  # fmt: skip
    assert [(g.target_ppm, g.weight, g.bad_ratio_ppm) for g in found.goals] == [
        (999_000, Fraction(3), 50_000),
        (990_000, Fraction(1, 2), 100_000),
    ]
    assert "slots of 5s" in found.goals[0].simplified


@pytest.mark.parametrize(
    ("method", "governing", "note"),
    [
        ("Occurrences", "occurrences", ""),
        ("RatioTimeslices", "timeslices", "instead of its ratio"),
    ],
)
def test_the_other_methods(method: str, governing: str, note: str) -> None:
    found = read(SLICED.replace("Timeslices", method))
    assert found.governing == governing
    assert all(note in goal.simplified for goal in found.goals)
    assert bool(found.goals[0].simplified) is bool(note)


def test_several_documents_are_one_stream_that_is_read_again() -> None:
    text = "".join(listed(imported(f"{OURS}---\n{SLICED}---\n{MONTH}")))
    assert "".join(listed(imported(text))) == text
    assert len(imported(text)) == 3


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("  service: shop", "  servise: shop", "line 5, column 3: spec.servise: is no field"),
        ("displayName: fast", "name: fast", "line 13, column 8: spec.objectives.0.name"),
        ("kind: SLO", "kind: SLI", "line 2, column 7: kind: 'SLI' is not read"),
        ("openslo/v1", "openslo/v1alpha", "line 1, column 13: apiVersion"),
        ("Timeslices", "Slices", "line 7, column 20: spec.budgetingMethod: 'Slices'"),
        ("99.9,", "100,", "column 42: spec.objectives.0.targetPercent: 100"),
        ("99.9,", "'99.9',", "spec.objectives.0.targetPercent: '99.9' is of another type"),
        ("target: 0.99", "target: 0.99, targetPercent: 99", "objectives.1: has not one target"),
        ("0.99,", "0.99999999,", "give at most 6 decimals"),
        ("compositeWeight: 0.5", "compositeWeight: 0", "compositeWeight: 0 weighs nothing"),
        ("timeSliceWindow: 5m", "timeSliceWindow: 5s", "'5s' is no duration"),
        ("timeSliceTarget: 0.9,", "", "timeSliceTarget is missing"),
        ("America/New_York", "Mars/Olympus", "line 11, column 62: spec.timeWindow.0.calendar"),
        ("2026-01-01", "2026-01-15", "begins no period of 1Q"),
        ("2026-01-01 00", "2026-01-01T00", "is no instant"),
        ("isRolling: false", "isRolling: true", "is rolling and has a calendar"),
        ("duration: 1Q", "duration: 90d", "'90d' is no calendar period"),
        ("  service: shop\n", "", "service is missing"),
        ("spec:", "spec: [", "column"),
        (SLICED, "", "has 0 documents"),
        (SLICED, "7", "apiVersion is missing"),
    ],
)
def test_what_cannot_be_used_is_refused_at_its_place(old: str, new: str, said: str) -> None:
    assert old in SLICED
    with pytest.raises(InputError) as refused:
        imported(SLICED.replace(old, new, 1))
    assert said in str(refused.value)


@pytest.mark.parametrize("value", [None, [], {}, 3, True, "x"])
@pytest.mark.parametrize("field", ["metadata", "spec", "spec.timeWindow", "spec.objectives"])
def test_any_other_shape_is_refused_and_never_a_crash(field: str, value: Any) -> None:
    (document,) = yaml.read(SLICED)
    holder = document.object
    *way, last = field.split(".")
    for name in way:
        holder = holder[name]
    holder[last] = value
    import json

    with pytest.raises(InputError):
        imported(json.dumps(document.object))
