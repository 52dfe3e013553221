from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ecp.slo.errors import InputError
from ecp.slo.maintenance import Maintenance, MaintenanceTerms, plan
from ecp.slo.slots import Span

HOUR = 3600
FIRST = int(datetime(2026, 3, 1, tzinfo=UTC).timestamp())


def window(start: int, end: int, notice: int = 24 * HOUR, **more: object) -> Maintenance:
    more = {"id": "m", "approved_by": "ops", "reason": "upgrade", **more}
    begin = FIRST + start
    return Maintenance(start=begin, end=FIRST + end, created=begin - notice, **more)  # type: ignore[arg-type]


def test_overlaps_are_united_before_the_cap() -> None:
    made = plan([window(0, 3 * HOUR), window(HOUR, 4 * HOUR)], "a")
    assert (made.planned, made.excess) == ((Span(FIRST, FIRST + 4 * HOUR),), ())


def test_what_exceeds_the_monthly_cap_contributes() -> None:
    made = plan([window(0, 3 * HOUR), window(10 * HOUR, 12 * HOUR)], "a")
    assert made.planned[1] == Span(FIRST + 10 * HOUR, FIRST + 11 * HOUR)
    assert made.excess == (Span(FIRST + 11 * HOUR, FIRST + 12 * HOUR),)


def test_the_cap_is_of_the_month_in_the_contracts_zone() -> None:
    month = 31 * 24 * HOUR
    across = window(month - 4 * HOUR, month + 4 * HOUR)
    assert plan([across], "a").excess == ()
    seoul = MaintenanceTerms(timezone="Asia/Seoul")
    assert plan([across], "a", seoul).excess == (Span(across.end - 4 * HOUR, across.end),)
    assert plan([across], "a", MaintenanceTerms(monthly_cap=None)).planned[0].start == across.start


@pytest.mark.parametrize(
    ("made", "judgement"),
    [
        (window(0, HOUR), "planned"),
        (window(0, HOUR, notice=24 * HOUR - 1), "late_notice"),
        (window(0, HOUR, approved_by=""), "not_approved"),
        (window(0, HOUR, notice=-HOUR, retroactive=True), "correction"),
        (window(0, HOUR, retroactive=True, reason=""), "refused"),
    ],
    ids=["announced", "too-late", "unapproved", "retroactive", "retroactive-without-reason"],
)
def test_what_becomes_of_a_window(made: Maintenance, judgement: str) -> None:
    answer = plan([made], "a")
    assert answer.judged == (("m", judgement),)
    assert bool(answer.planned) == (judgement == "planned")
    assert bool(answer.corrections) == (judgement == "correction")


def test_a_window_takes_the_slots_whose_start_it_covers() -> None:
    made = plan([window(2, 11)], "a")
    assert made.planned == (Span(FIRST + 5, FIRST + 15),)


def test_only_the_services_named_are_covered() -> None:
    assert plan([window(0, HOUR, services=("b",))], "a").judged == ()


def test_an_end_before_the_start_is_refused() -> None:
    with pytest.raises(InputError, match="ends before"):
        window(5, 5)
