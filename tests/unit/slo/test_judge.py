from __future__ import annotations

import pytest

from ecp.slo.errors import CountError
from ecp.slo.judge import Observed, Requests, state_of, states_from_requests
from ecp.slo.objective import Objective


@pytest.mark.parametrize(
    ("observed", "state"),
    [
        (Observed(), None),
        (Observed(ready_endpoints=0), "D"),
        (Observed(ready_endpoints=2), "U"),
        (Observed(ready_endpoints=2, probe_ok=False), "D"),
        (Observed(good=9, total=10), "D"),
        (Observed(good=91, total=100), "U"),
        (Observed(good=0, total=9, probe_ok=True), "U"),
        (Observed(good=10, total=10, slow=1), "U"),
        (Observed(good=0, total=0), "U"),
    ],
    ids=[
        "no-sample",
        "no-ready-endpoint",
        "ready",
        "probe-failed",
        "a-tenth-bad",
        "less-than-a-tenth",
        "too-few-requests-to-tell",
        "slow-does-not-matter-unless-said",
        "no-traffic-is-up",
    ],
)
def test_the_state_of_a_slot(observed: Observed, state: str | None) -> None:
    assert state_of(observed, Objective()) == state


def test_slow_requests_count_when_the_objective_says_so() -> None:
    observed = Observed(good=10, total=10, slow=1)
    assert state_of(observed, Objective(judges_latency=True)) == "D"


@pytest.mark.parametrize("observed", [Observed(good=11, total=10), Observed(good=1)])
def test_impossible_counts_are_rejected(observed: Observed) -> None:
    with pytest.raises(CountError, match="rejected"):
        state_of(observed, Objective())


@pytest.mark.parametrize(
    ("slots", "states"),
    [
        ([Requests(2, 2)] * 4 + [Requests(1, 2)], "UUUUD"),
        ([Requests(2, 2)] * 3 + [Requests(1, 2)], "UUUU"),
        ([Requests(20, 20), Requests(0, 1)], "UU"),
        ([Requests(2, 2)] * 4 + [Requests(1, 2), Requests(2, 2)], "UUUUDU"),
        ([Requests(10, 10), *[Requests(0, 0, True)] * 11, Requests(0, 1)], "UUUUUUUUUUUUU"),
        ([Requests(0, 0, False), Requests(0, 0, False)], "UD"),
        ([Requests(0, 0, False), Requests(0, 0, True), Requests(0, 0, False)], "UUU"),
        ([Requests(30, 30), Requests(0, 0, False), Requests(0, 0, False)], "UUD"),
    ],
    ids=[
        "ten-found-in-the-look-back",
        "only-eight-found",
        "one-bad-of-twenty-one",
        "a-slot-without-a-bad-one-is-up",
        "sixty-seconds-are-the-limit",
        "two-failed-probes",
        "a-lone-failed-probe",
        "nobody-calls-in-an-outage",
    ],
)
def test_small_tenants(slots: list[Requests], states: str) -> None:
    assert list(states_from_requests(slots, Objective())) == list(states)


def test_a_slot_without_request_or_probe_has_no_sample() -> None:
    assert list(states_from_requests([Requests(0, 0)], Objective())) == [None]
