from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ecp.slo.errors import InputError
from ecp.slo.maintenance import Maintenance, MaintenanceTerms, plan
from ecp.slo.recurrence import MOST, starts


def second(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def shown(rule: str, start: str, zone: str = "Asia/Seoul") -> list[str]:
    found = starts(rule, second(start), zone)
    return [datetime.fromtimestamp(at, UTC).strftime("%m-%dT%H:%M") for at in found[:4]]


@pytest.mark.parametrize(
    ("rule", "start", "zone", "found"),
    [
        # 17:00 UTC on Saturday is Sunday 02:00 in Seoul.
        (
            "FREQ=WEEKLY;BYDAY=SU;COUNT=2",
            "2026-11-07T17:00",
            "Asia/Seoul",
            ["11-07T17:00", "11-14T17:00"],
        ),
        (
            "FREQ=MONTHLY;BYDAY=-1FR;COUNT=2",
            "2026-11-27T00:00",
            "UTC",
            ["11-27T00:00", "12-25T00:00"],
        ),
        (
            "FREQ=DAILY;INTERVAL=3;UNTIL=20261107",
            "2026-11-01T00:00",
            "UTC",
            ["11-01T00:00", "11-04T00:00", "11-07T00:00"],
        ),
        (
            "FREQ=DAILY;UNTIL=20261102T000000Z",
            "2026-11-01T00:00",
            "UTC",
            ["11-01T00:00", "11-02T00:00"],
        ),
        # 02:00 in New York is 06:00 UTC in summer and 07:00 in winter.
        (
            "FREQ=DAILY;COUNT=2",
            "2026-10-31T06:00",
            "America/New_York",
            ["10-31T06:00", "11-01T07:00"],
        ),
        ("rrule:freq=yearly;count=1", "2026-11-01T00:00", "UTC", ["11-01T00:00"]),
    ],
    ids=[
        "sundays-in-seoul",
        "last-fridays",
        "until-a-day-counts-whole",
        "until-an-instant",
        "summer-time-ends",
        "in-small-letters",
    ],
)
def test_a_rule_names_its_starts(rule: str, start: str, zone: str, found: list[str]) -> None:
    assert shown(rule, start, zone) == found


def test_a_rule_without_an_end_is_cut() -> None:
    assert len(starts("FREQ=DAILY", second("2026-11-01T00:00"), "UTC")) == MOST
    assert len(starts("FREQ=YEARLY", second("2026-11-01T00:00"), "UTC")) == 6


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=HOURLY",
        "FREQ=DAILY;BYHOUR=3",
        "INTERVAL=2",
        "FREQ=DAILY;COUNT=2;UNTIL=20270101",
        "FREQ=WEEKLY;BYDAY=2MO",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=WEEKLY;BYDAY=MO",
        "FREQ=DAILY;COUNT=5000",
        "FREQ=DAILY;UNTIL=20261399",
        "FREQ=DAILY;FREQ=DAILY",
        "",
    ],
)
def test_what_is_no_rule_is_refused(rule: str) -> None:
    with pytest.raises(InputError) as refused:
        starts(rule, second("2026-11-01T00:00"), "UTC")
    assert refused.value.field == "rrule"


def weekly(**more: object) -> Maintenance:
    start = second("2026-11-07T17:00")
    given = {"created": start - 3600, "approved_by": "ops", "rrule": "FREQ=WEEKLY", **more}
    return Maintenance("m1", start, start + 3600, timezone="Asia/Seoul", **given)  # type: ignore[arg-type]


def test_each_occurrence_is_judged_by_itself() -> None:
    judged = plan([weekly()], "a", MaintenanceTerms(monthly_cap=None)).judged
    assert judged[:2] == (("m1.1", "late_notice"), ("m1.2", "planned"))


def test_the_cap_is_of_all_occurrences_of_a_month() -> None:
    made = plan(
        [weekly(created=0)], "a", MaintenanceTerms(monthly_cap=2 * 3600, timezone="Asia/Seoul")
    )
    starts_ = [span.start for span in made.planned[:3]]
    assert starts_ == [second(f"{day}T17:00") for day in ("2026-11-07", "2026-11-14", "2026-12-05")]
    assert made.excess[0].start == second("2026-11-21T17:00")


def test_what_is_taken_back_has_no_occurrence_from_then_on() -> None:
    until = second("2026-11-14T17:30")
    spans = [(one.id, one.end) for one in weekly(until=until).occurrences()]
    assert spans == [("m1.1", second("2026-11-07T18:00")), ("m1.2", until)]
