"""Minutes are sums of slots, however the slots came; and a report from them is the same report."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ecp.orchestrator.records import Tenant
from ecp.orchestrator.sla.model import kept_report, window_at
from ecp.sim.telemetry.ledger import counted, requests
from ecp.slo.levels import Level, rolled
from ecp.slo.slots import STATE_NAMES
from ecp.slo.windows import instant

from .ledgers import CHAT_DOWN, DOWN, FIRST, UP, Told, result

WORST = (result(bad=123_456), UP[1], UP[2])
KINDS: list[Any] = [UP, DOWN, CHAT_DOWN, WORST, (result(rate=0),), (), None]
SPANS = st.lists(
    st.tuples(st.sampled_from([UP, *KINDS]), st.sampled_from([1, 2, 3, 7, 12, 40, 300])),
    min_size=1,
    max_size=14,
)
WINDOWS = st.lists(
    st.tuples(st.integers(0, 500), st.integers(1, 90), st.sampled_from([(), ("chatbot",)])),
    max_size=3,
)
HOURS = st.sampled_from([{}, {"callbot": "09:20-09:40"}, {"chatbot": "08:00-09:10"}])


def made(spans: Any, windows: Any, hours: Any, cuts: int = 0) -> Told:
    """A ledger of these spans; each is told in pieces of *cuts* slots, if any."""
    demand = {"callbot": 1, "chatbot": 1}
    told = Told(service_hours=hours, maintenance={"notice_seconds": 0}, demand=demand)
    for start, length, services in windows:
        told.window(start, start + length, services=services)
    for results, slots in spans:
        while slots:
            step = min(slots, cuts or slots)
            told.tell((results, step))
            slots -= step
    return told.tell((UP, 1))  # what nobody looked at is known once somebody looks again


@given(SPANS, WINDOWS, HOURS, st.integers(1, 20))
@settings(max_examples=40, deadline=None)
def test_minutes_are_the_same_however_the_spans_were_cut(
    spans: Any, windows: Any, hours: Any, cuts: int
) -> None:
    whole = made(spans, windows, hours)
    pieces = made(spans, windows, hours, cuts)
    assert whole.states() == pieces.states()
    assert whole.minutes() == pieces.minutes()
    assert whole.report() == pieces.report()


@given(SPANS, WINDOWS, HOURS)
@example(
    # One workload in maintenance by windows that overlap, while the tenant is down.
    [(UP, 8), (DOWN, 300), (UP, 12)],
    [(404, 5, ("chatbot",)), (91, 62, ("chatbot",)), (83, 38, ("chatbot",))],
    {},
)
@settings(max_examples=40, deadline=None)
def test_a_minute_is_the_sum_of_its_twelve_slots(spans: Any, windows: Any, hours: Any) -> None:
    told = made(spans, windows, hours)
    ledger, (start, end) = told.ledger, (told.ledger.start, told.ledger.end)
    assert start is not None
    assert end is not None
    born = ledger.born(end)
    for number, body in enumerate(told.minutes()):
        first = (start // 12 + number) * 12
        row = body["tenant"]
        slots: Counter[str] = Counter()
        good = total = 0
        for slot in range(first, first + 12):
            seen = ledger.told(slot)
            state, chosen = ("N", ()) if seen is None else seen.of("")
            slots[STATE_NAMES[state]] += 1
            if born is not None and slot >= born and state in ("U", "D"):
                well, asked = counted([requests(r, True) for r in chosen], slot, slot + 1)
                good, total = good + well, total + asked
        assert row["slots"] == {name: slots[name] for name in STATE_NAMES.values()}
        assert sum(row["slots"].values()) == 12
        assert (row["good"], row["total"]) == (good, total)
        assert [n for _, n in row["runs"]] == [*filter(None, (n for _, n in row["runs"]))]
        assert sum(n for _, n in row["runs"]) == 12
        counts = row["latency"]["counts"]
        assert counts == sorted(counts)
        assert counts[-1] <= good
        names = [one["name"] for one in body["workloads"]]
        assert len(set(names)) == len(names)
        assert all(sum(one["slots"].values()) == 12 for one in body["workloads"])
        assert told.accounts.minutes("acme", number, 1, told.slot * 5 + 10)[0][0].body == body


def kept(told: Told, period: str, end: int) -> dict[str, Any]:
    """The report from the minutes up to slot *end*, as the orchestrator has it."""
    found, _ = told.accounts.minutes("acme", 0, 10**6, told.slot * 5 + 10, workloads=False)
    rows = [rolled(m.slot, m.body)[""].minute for m in found if m.slot < end]
    facts = {
        "slo": {"target_ppm": 995_000},
        "timezone": "Asia/Seoul",
        "corrections": told.ledger.calendar.plan("").corrections,
    }
    tenant = Tenant("acme", "", "acme", None, {}, {}, 995_000, "", 1)
    report = kept_report(tenant, rows, window_at(period, end, facts), facts, "")
    assert report["known_until"] == instant(end)
    return report


@given(SPANS, WINDOWS, HOURS, st.sampled_from(["10m", "1h", "24h", "calendar-month"]))
@settings(max_examples=60, deadline=None)
def test_a_report_from_kept_minutes_is_the_ledgers_to_the_last_digit(
    spans: Any, windows: Any, hours: Any, period: str
) -> None:
    told = made(spans, windows, hours)
    end = told.slot // 12 * 12
    if end <= FIRST or told.ledger.start is None:
        return
    if told.ledger.start // 12 * 12 >= end:
        return
    slots = told.accounts.report("acme", {"target_ppm": 995_000}, period, end * 5)
    assert slots is not None
    expected = slots.to_json()
    found = kept(told, period, end)
    assert {name: found[name] for name in expected if name != "clock"} == {
        name: value for name, value in expected.items() if name != "clock"
    }


@pytest.mark.parametrize("period", ["1h", "24h", "30d", "calendar-month"])
def test_the_states_of_a_report_add_up_to_its_window(period: str) -> None:
    told = made(
        [(UP, 300), (DOWN, 40), (CHAT_DOWN, 3), (UP, 500), (None, 20), (UP, 400)],
        [(350, 30, ()), (900, 10, ())],
        {"callbot": "09:20-09:40"},
    )
    found = told.report(period)
    states = ("uptime", "downtime", "maintenance", "unknown", "off_duty")
    assert sum(found[f"{state}_seconds"] for state in states) == found["observed_seconds"]
    assert found["downtime_seconds"] == found["eligible_seconds"] - found["uptime_seconds"]
    assert min(found[f"{state}_seconds"] for state in ("maintenance", "unknown")) > 0


@given(SPANS, WINDOWS, HOURS, st.integers(0, 20), st.integers(1, 40))
@settings(max_examples=60, deadline=None)
def test_the_sums_of_services_are_those_of_their_minutes(
    spans: Any, windows: Any, hours: Any, skipped: int, minutes: int
) -> None:
    told = made(spans, windows, hours)
    rows = told.accounts.minutes("acme", skipped, minutes, told.slot * 5 + 10)[0]
    if not rows:
        return
    first, after = rows[0].slot, rows[-1].slot + 12
    expected: dict[str, Level] = {}
    for row in rows:
        for name, one in rolled(row.slot, row.body).items():
            expected[name] = one.level.plus(expected.get(name, Level()))
    del expected[""]
    found = {r["name"]: Level.told(r) for r in told.accounts.services("acme", first, after)}
    assert list(found) == sorted(expected)
    for name, level in found.items():
        theirs, own = (one.filled(after - first) for one in (expected[name], level))
        # Slots before the birth of which nobody knows have a row in a minute, none in a sum.
        assert own.before + own.unknown == theirs.before + theirs.unknown
        assert own[:3] + own[4:5] == theirs[:3] + theirs[4:5]
        assert own[6:12] == theirs[6:12]
        # A limit that lies between whole requests is rounded once a minute, or once a span.
        assert own.within[-1] == theirs.within[-1]
        assert all(abs(a - b) <= minutes for a, b in zip(own.within, theirs.within, strict=True))
        assert sum(n for *_, n in own.sketch) == own.good


def test_a_minute_closes_ten_seconds_after_its_end() -> None:
    told = Told().tell((UP, 24))
    newest = [told.accounts.minutes("acme", 0, 9, FIRST * 5 + s)[1] for s in (69, 70, 129, 130)]
    assert newest == [0, 1, 1, 2]
