"""States of slots: duty, maintenance, what was down, what is not known; and what counts of them."""

from typing import Any

import pytest

from ecp.sim.telemetry.ledger import Ledger, serial
from ecp.sim.traffic.model import Seen, Share
from ecp.slo.contract import Contract
from ecp.slo.errors import InputError
from ecp.slo.hours import Hours

from .ledgers import CHAT_DOWN, DOWN, FIRST, UP, Told, result

HOUR = 720
CALLBOT = {"service_hours": {"callbot": "09:00-18:00"}}
NO_NOTICE = {"maintenance": {"notice_seconds": 0}}


def runs(states: str) -> str:
    """States as written: U720 D3."""
    found: list[str] = []
    for letter in states:
        if found and found[-1][0] == letter:
            found[-1] = f"{letter}{int(found[-1][1:]) + 1}"
        else:
            found.append(f"{letter}1")
    return " ".join(found)


@pytest.mark.parametrize(
    ("told", "whole", "callbot"),
    [
        (Told().tell((UP, 10), (DOWN, 3), (UP, 2)), "U10 D3 U2", "U10 D3 U2"),
        (Told().tell((UP, 3), ((), 4), (UP, 1)), "U3 D4 U1", "U3 N4 U1"),
        (Told().tell((UP, 3), (None, 4), (UP, 1)), "U5 N2 U1", "U5 N2 U1"),
        (
            Told(**CALLBOT).tell((UP, 9 * HOUR - 1), (DOWN, 3)),
            "U6479 D1 U2",
            "U6479 D1 O2",
        ),
        (
            Told(service_hours="profile", demand={"callbot": 1, "chatbot": 1}).tell(
                (UP, 9 * HOUR), (CHAT_DOWN, 2)
            ),
            "U6480 D2",
            "U6480 O2",
        ),
        (
            Told(**CALLBOT).tell(((result(),), 9 * HOUR), ((), 3)),
            "U6480 O3",
            "U6480 N3",
        ),
        (
            Told(**NO_NOTICE).window(2, 6).tell((UP, 4), (DOWN, 4)),
            "U2 M4 D2",
            "U2 M4 D2",
        ),
        (
            Told(**CALLBOT, demand={"callbot": 1, "chatbot": 1}).tell((UP, 9 * HOUR), ((), 3)),
            "U6480 D3",
            "U6480 N3",
        ),
        (Told().window(2, 6).tell((UP, 4), (DOWN, 4)), "U4 D4", "U4 D4"),
        (
            Told(**NO_NOTICE).window(2, 6, approved_by="").tell((DOWN, 8)),
            "D8",
            "D8",
        ),
        (
            Told(**NO_NOTICE).window(2, 6, services=["callbot"]).tell((DOWN, 8)),
            "D2 M4 D2",
            "D2 M4 D2",
        ),
        (
            Told(**NO_NOTICE).window(2, 6, services=["callbot"]).tell((CHAT_DOWN, 8)),
            "D8",
            "U2 M4 U2",
        ),
        (
            Told(**NO_NOTICE, **CALLBOT)
            .window(9 * HOUR - 2, 9 * HOUR + 2)
            .tell((UP, 9 * HOUR + 4)),
            "U6478 M4 U2",
            "U6478 M2 O4",
        ),
        (
            Told(**NO_NOTICE).window(2, 5).window(4, 7).tell((UP, 8)),
            "U2 M5 U1",
            "U2 M5 U1",
        ),
        (
            Told(maintenance={"notice_seconds": 0, "monthly_cap_seconds": 10})
            .window(2, 6)
            .tell((DOWN, 8)),
            "D2 M2 D4",
            "D2 M2 D4",
        ),
    ],
    ids=[
        "what its entries meet is the tenant's state",
        "without any workload a tenant is down, the workload not looked at",
        "where nobody looked the last state is carried for two slots, then it is unknown",
        "outside its hours a service is off duty and the others carry the tenant",
        "a profile's own hours: callbot 09-18, chatbot always",
        "where all contracted services are off duty a tenant without workloads is off duty",
        "announced in time, maintenance prevails over down",
        "where a contracted service is on duty a tenant without workloads is down",
        "announced late, maintenance is shown and slots count as they are",
        "not approved, maintenance does not count",
        "maintenance covers the workloads it names",
        "what maintenance does not name counts",
        "off duty prevails over maintenance",
        "overlapping windows are united",
        "what exceeds the monthly cap counts",
    ],
)
def test_states(told: Told, whole: str, callbot: str) -> None:
    assert (runs(told.states()), runs(told.states("callbot"))) == (whole, callbot)


@pytest.mark.parametrize(
    ("states", "whole"),
    [("UDNMO", "D"), ("UNMO", "N"), ("UMO", "M"), ("UO", "U"), ("OO", "O")],
)
def test_a_tenant_needs_each_service_that_is_on_duty(states: Any, whole: str) -> None:
    assert serial(tuple(states)) == whole


def test_a_gap_has_no_requests_and_what_is_carried_is_the_last_state() -> None:
    told = Told().tell((DOWN, 120), (None, 7), (UP, 2))
    assert runs(told.states()) == runs(told.states("callbot")) == "D122 N5 U2"
    found = told.report()
    assert found["unknown_seconds"] == 25
    carried = told.ledger.at(FIRST + 121)
    assert carried is not None
    assert {row.offered for row in carried} == {0}


def test_what_was_agreed_later_changes_no_closed_slot() -> None:
    told = Told().tell((DOWN, 9 * HOUR + 10))
    told.ledger.calendar.agree(CALLBOT)
    told.tell((DOWN, 5))
    assert runs(told.states()) == "D6490 U5"


def test_a_window_taken_back_in_time_leaves_no_trace_and_a_running_one_ends() -> None:
    told = Told(**NO_NOTICE).window(2, 6).window(10, 20)
    told.tell((DOWN, 4))
    for window in ("m1", "m2"):
        told.accounts.maintain("acme", {"cancel": window}, told.slot * 5_000_000_000)
    assert runs(told.tell((DOWN, 10)).states()) == "D2 M2 D10"
    assert told.accounts.maintain("acme", {"cancel": "m9"}, 0) is None


def test_a_correction_stands_beside_what_was_seen() -> None:
    told = Told().tell((UP, 700), (DOWN, 60), (UP, 680))
    before = told.report("2h")
    told.window(700, 760, retroactive=True)
    after = told.report("2h")
    assert before["downtime_seconds"] == 300
    assert (after["downtime_seconds"], after["excluded_seconds"]) == (0, 300)
    assert (after["sla_adjusted"], after["sla_raw"]) == (100.0, before["sla_raw"])
    assert runs(told.states()) == "U700 D60 U680"


@pytest.mark.parametrize(
    ("told", "born", "provisional"),
    [
        (Told().tell(((), 6), ((result(pods=1),), 4), (UP, 30)), 10, True),
        (Told().tell((DOWN, 100), (UP, 30)), 100, True),
        (Told().tell((DOWN, 130), (UP, 30)), 120, True),
        (Told().tell((UP, 719), (DOWN, 1)), 0, False),
    ],
    ids=[
        "at the first confirmed start-up: up, with all its pods",
        "a start-up that fails is none",
        "at the ready deadline, ten minutes after the first release",
        "a full window is not provisional",
    ],
)
def test_the_clock_begins_with_the_birth(told: Told, born: int, provisional: bool) -> None:
    assert told.ledger.born(told.slot) == FIRST + born
    found = told.report()
    assert found["provisional"] is provisional
    assert found["observed_seconds"] == (told.slot - FIRST - born) * 5


def test_before_the_birth_nothing_is_summed() -> None:
    told = Told().tell((DOWN, 60), (UP, 30))
    assert told.ledger.sums[""].slots == {"U": 30, "D": 0, "M": 0, "N": 0, "O": 0}
    assert told.minutes()[0]["tenant"]["counts_from"] == 12


def test_the_minute_of_the_birth_counts_from_its_slot() -> None:
    told = Told().tell(((), 5), (DOWN, 199))
    born = told.minutes()[10]["tenant"]
    assert (born["counts_from"], born["counts"]) == (5, True)
    assert sum(m["tenant"]["total"] for m in told.minutes()) == told.ledger.sums[""].total > 0


def test_requests_above_the_contract_are_counted_apart() -> None:
    asked = (result(rate=10_000_000, excess=4_000_000),)
    found = Told().tell((asked, 720)).report()
    assert found["requests"] == {
        "good": 4320, "total": 4320, "excess": 2880, "excess_percent": 40.0,
    }  # fmt: skip
    assert Told().tell((asked, 720)).minutes()[1]["tenant"]["excess"] == 48


def test_only_up_and_down_slots_have_requests() -> None:
    asked = (result(rate=1_000_000),)
    told = Told(**NO_NOTICE).window(100, 200).tell((asked, 720))
    assert told.report()["requests"]["total"] == 620
    assert sum(minute["tenant"]["total"] for minute in told.minutes()) == 620
    assert told.ledger.sums[""].total == told.ledger.sums["callbot"].total == 620


def test_an_incident_that_maintenance_closes_names_it() -> None:
    told = Told(**NO_NOTICE).window(30, 50).tell((UP, 20), (DOWN, 30), (UP, 50))
    (incident,) = told.report()["incidents"]
    assert incident["closed_by"] == "maintenance"
    assert incident["causes"] == [
        {"kind": "fault", "id": "f1"},
        {"kind": "maintenance", "id": "m1"},
    ]


def test_down_time_follows_from_the_entry_that_is_down_alone() -> None:
    few = Share("network", 60_000, Seen("strained", "f2"))
    other = result("chatbot", rate=987_654_321, bad=60_000, shares=(few,))  # up: below a tenth
    (incident,) = (
        Told().tell((UP, 20), ((DOWN[0], other, UP[2]), 30), (UP, 50)).report()["incidents"]
    )
    assert incident["causes"] == [{"kind": "fault", "id": "f1"}]


def test_a_ledger_survives_a_snapshot() -> None:
    told = Told(**NO_NOTICE, **CALLBOT).window(20, 40).tell((UP, 30), (DOWN, 30))
    plain = told.ledger.snapshot()
    again = Ledger.restored(plain)
    assert again.snapshot() == plain
    told.ledger.append(told.slot, told.slot + 9 * HOUR, UP)
    again.append(told.slot, told.slot + 9 * HOUR, UP)
    assert again.snapshot() == told.ledger.snapshot()
    assert again.sums["callbot"].slots == told.ledger.sums["callbot"].slots


def test_a_snapshot_from_before_there_were_states_is_read() -> None:
    told = Told().tell((UP, 30), (DOWN, 30), (None, 3), (UP, 5))
    plain = told.ledger.snapshot()
    old: dict[str, Any] = {name: plain[name] for name in ("spans", "released", "confirmed")}
    old["outcomes"] = [row and [fields[:-1] for fields in row] for row, _, _ in plain["told"]]
    assert Ledger.restored(old).snapshot()["told"] == plain["told"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"service_hours": {"callbot": "9 to 5"}}, "service_hours.callbot"),
        ({"service_hours": {"redis": "profile"}}, "service_hours.redis"),
        ({"service_hours": "always"}, "service_hours"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"maintenance": {"notice": 5}}, "maintenance"),
        ({"maintenance": {"notice_seconds": -1}}, "maintenance.notice_seconds"),
        ({"maintenance": {"monthly_cap_seconds": True}}, "maintenance.monthly_cap_seconds"),
    ],
)
def test_a_contract_that_cannot_be_read_names_the_field(body: Any, field: str) -> None:
    with pytest.raises(InputError) as caught:
        Contract.read(body)
    assert caught.value.field == field


def test_nothing_agreed_means_always_on_duty() -> None:
    assert Contract.read({"demand": {"callbot": 10}}).of("callbot").always
    hours = Contract.read({**CALLBOT}).of("callbot-server")
    assert hours == Hours(9 * 60, 18 * 60)
