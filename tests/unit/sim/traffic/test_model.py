"""The model of a call graph: against requests followed one by one, and by its own laws."""

import heapq
from itertools import pairwise
from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecp.sim.engine.chance import Chance
from ecp.sim.traffic.evaluation import evaluate
from ecp.sim.traffic.model import (
    LATENCY_LIMITS,
    MILLION,
    Cut,
    Link,
    Node,
    Offer,
    Result,
    Seen,
    Strain,
    Work,
    count,
    part,
)
from ecp.sim.traffic.serving import engset, serve
from ecp.sim.traffic.tenants import plain_result, result_from_plain
from ecp.workloads.retrying import Retry

WELL = Strain()
NOTHING = Seen()


def work(kind: str = "request", **more: object) -> Work:
    base = {
        "pooled": False,
        "service": 0.1,
        "spread": 1.0,
        "cpu": 0.01,
        "servers": 4,
        "patience": 5.0,
        "base_cpu": 50.0,
        "base_memory": 1e8,
        "slot_cpu": 0.0,
        "slot_memory": 0.0,
    }
    return Work(kind=kind, **{**base, **more})  # type: ignore[arg-type]


def node(
    name: str,
    strains: tuple[Strain, ...] = (WELL, WELL),
    *,
    listed: int = 0,
    links: tuple[Link, ...] = (),
    entry: bool = False,
    model: Work | None = None,
    dead: Seen = NOTHING,
) -> Node:
    return Node(
        name=name,
        listed=listed or len(strains),
        strains=strains,
        dead=dead,
        strained=NOTHING,
        short=None,
        wanted=len(strains),
        cpu_request=500,
        cpu_limit=1000,
        memory_limit=1 << 30,
        work=model if model is not None else work(),
        entry=entry,
        sources=0,
        links=links,
    )


def results(*nodes: Node, rate: float = 10.0) -> dict[str, Result]:
    entering = [Offer(0.0, rate if n.entry else 0.0) for n in nodes]
    found = evaluate(nodes, entering, bad_ratio_ppm=100_000)
    return {result.name: result for result in found}


def followed(
    servers: int, rate: float, service: float, requests: int = 60_000
) -> tuple[float, float]:
    """Follow requests one by one through one pod: (mean time, share within 300 ms)."""
    chance = Chance(3)
    free = [0.0] * servers
    now = total = 0.0
    quick = 0
    for number in range(requests):
        now -= log(1 - chance.unit("arrival", number)) / rate
        begin = max(now, heapq.heappop(free))
        end = begin - log(1 - chance.unit("service", number)) * service
        heapq.heappush(free, end)
        total += end - now
        quick += end - now <= 0.3
    return total / requests, quick / requests


@pytest.mark.parametrize("busy", [0.3, 0.6, 0.8])
def test_times_agree_with_requests_followed_one_by_one(busy: float) -> None:
    rate = busy * 4 / 0.1
    mean, quick = followed(4, rate, 0.1)
    result = results(node("a", (WELL,), entry=True, model=work(cpu=0.0)), rate=rate)["a"]
    assert result.mean / 1000 == pytest.approx(mean, rel=0.04)
    within = result.within[LATENCY_LIMITS.index(300)] / MILLION
    assert within == pytest.approx(quick, abs=0.02)


def test_a_cpu_limit_below_what_requests_compute_slows_and_refuses_them() -> None:
    model = work(service=0.45, cpu=0.3)
    answers = {
        limit: results(
            node("a", (WELL,), entry=True, model=model)._replace(cpu_limit=limit), rate=3.0
        )["a"]
        for limit in (0, 4000, 2000, 1000, 500)
    }
    # As many cores as threads are as good as no limit.
    assert answers[0] == answers[4000]._replace(cpu_limit=0)
    assert answers[2000].mean > 1.02 * answers[4000].mean
    assert answers[1000].mean > 1.5 * answers[4000].mean
    # Half a core has time for 1.67 requests a second of the three.
    assert answers[500].bad > 0.4 * MILLION
    assert answers[500].state == "D"


def test_sessions_are_lost_as_followed_one_by_one() -> None:
    chance = Chance(4)
    ends: list[float] = []
    now, lost, sessions = 0.0, 0, 60_000
    for number in range(sessions):
        now -= log(1 - chance.unit("arrival", number)) / (8.89 / 180)
        while ends and ends[0] <= now:
            heapq.heappop(ends)
        if len(ends) == 10:
            lost += 1
            continue
        heapq.heappush(ends, now - log(1 - chance.unit("service", number)) * 180)
    met = serve(work("session", servers=10), 1, 8.89, 1.0, 1.0)
    assert met.refused == pytest.approx(lost / sessions, abs=0.006)
    assert met.refused == pytest.approx(0.163, abs=0.001)


def test_as_many_slots_as_people_refuse_nobody() -> None:
    assert serve(work("session", servers=10), 1, 9.0, 1.0, 1.0, sources=10).refused == 0
    assert 0 < engset(9, 5.0, 10) < 0.05


def test_dead_endpoints_fail_their_share_and_a_tenth_is_down() -> None:
    dead = Seen("no-process", "f1", "http", "a-2")
    half = results(node("a", (WELL,), listed=2, dead=dead, entry=True))["a"]
    assert (half.bad, half.state) == (500_000, "D")
    assert half.shares[0].seen == dead
    few = results(node("a", (WELL,) * 19, listed=20, dead=dead, entry=True))["a"]
    assert (few.bad, few.state) == (50_000, "U")


def test_a_dependency_fails_its_callers_and_is_named() -> None:
    gone = Seen("none-ready", "f2", "http")
    back = node("back", (), listed=1, dead=gone)
    front = node("front", entry=True, links=(Link(1, 0.0, 1.0, "back"),))
    found = results(front, back)
    assert found["front"].state == "D"
    share = found["front"].shares[0]
    assert (share.kind, share.via, share.seen) == ("dependency", "back", gone)


def test_calls_of_a_part_of_the_requests_fail_that_part() -> None:
    back = node("back", (), listed=1)
    front = node("front", entry=True, links=(Link(1, 0.0, 0.15, "back"),))
    assert results(front, back)["front"].bad == pytest.approx(150_000, abs=2)


def test_a_name_that_does_not_exist_fails_all() -> None:
    front = node("front", entry=True, links=(Link(None, 0.0, 1.0, "stt-service"),))
    found = results(front)["front"]
    assert found.bad == MILLION
    assert (found.shares[0].via, found.shares[0].seen.reason) == ("stt-service", "no-such-name")


def test_load_is_passed_on_and_only_entries_count_as_entered() -> None:
    front = node("front", entry=True, links=(Link(1, 0.0, 3.0, "back"),))
    found = results(front, node("back"), rate=2.0)
    assert found["back"].offered == pytest.approx(3 * found["front"].offered, rel=1e-6)
    assert found["back"].entered == 0
    assert found["front"].entered == 2 * 5 * MILLION


def test_faults_act_on_time_usage_and_errors() -> None:
    def met(*strains: Strain) -> Result:
        return results(node("a", strains, entry=True, model=work(cpu=0.05)))["a"]

    usual, burnt = met(WELL, WELL), met(Strain(burn=0.8), Strain(burn=0.8))
    late, failing = met(Strain(delay=0.5), Strain(delay=0.5)), met(Strain(aborted=0.5), WELL)
    assert burnt.cpu == 1000 > usual.cpu
    assert burnt.mean > usual.mean + 150
    assert late.mean == usual.mean + 500
    assert failing.bad == pytest.approx(250_000, abs=100)


def test_a_cycle_is_cut() -> None:
    a = node("a", entry=True, links=(Link(1, 0.0, 1.0, "b"),))
    b = node("b", links=(Link(0, 0.0, 1.0, "a"),))
    assert results(a, b)["a"].state == "U"


def test_overload_loses_what_does_not_fit() -> None:
    result = results(node("a", (WELL,), entry=True), rate=80.0)["a"]
    assert result.bad >= 490_000
    assert {share.kind for share in result.shares} <= {"overload", "late"}


@given(
    st.integers(0, 10**9),
    st.integers(0, MILLION),
    st.lists(st.integers(0, 10**6), min_size=2, max_size=6).map(sorted),
)
def test_counts_add_up_whatever_the_cut(offered: int, bad: int, cuts: list[int]) -> None:
    spans = list(pairwise(cuts))
    assert sum(count(offered, a, b) for a, b in spans) == count(offered, cuts[0], cuts[-1])
    assert sum(part(offered, bad, a, b) for a, b in spans) == part(offered, bad, cuts[0], cuts[-1])
    for a, b in spans:
        assert 0 <= part(offered, bad, a, b) <= count(offered, a, b)


# -- an objective of latency -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "entry", "state"),
    [
        pytest.param(None, True, "U", id="nobody judges the latency"),
        pytest.param(300, True, "D", id="more are slow than the objective bears"),
        pytest.param(1000, True, "U", id="few are slower than the limit"),
        pytest.param(300, False, "U", id="only what customers call is judged"),
    ],
)
def test_slow_answers_are_down_where_the_objective_says_so(
    limit: int | None, entry: bool, state: str
) -> None:
    late = Strain(delay=0.15)
    found = evaluate(
        [node("a", (late,), entry=entry)], [Offer(0.0, 10.0)], bad_ratio_ppm=100_000, slow_ms=limit
    )[0]
    assert found.state == state
    assert found.bad < 100_000
    slow = [share for share in found.shares if share.kind == "slow"]
    assert bool(slow) == (state == "D")
    if slow and limit is not None:
        assert slow[0].ppm == MILLION - found.bad - found.within[LATENCY_LIMITS.index(limit)]
        assert slow[0].seen.reason == "slow"


@pytest.mark.parametrize(
    ("own", "callee", "cause"),
    [
        pytest.param(Seen(), Seen("strained", "f1", "", "p"), "f1", id="who is called is hit"),
        pytest.param(
            Seen("strained", "f2"), Seen("strained", "f1"), "f2", id="who answers is, too"
        ),
        pytest.param(Seen(), Seen(), "load", id="nobody is hit"),
    ],
)
def test_late_answers_follow_from_the_fault_that_slows_whom_they_wait_for(
    own: Seen, callee: Seen, cause: str
) -> None:
    bot = node("bot", entry=True, links=(Link(1, 0.0, 1.0, "stt"),))._replace(strained=own)
    stt = node("stt", (Strain(delay=0.2),))._replace(strained=callee)
    offers = [Offer(0.0, 10.0), Offer(0.0, 0.0)]
    found = evaluate([bot, stt], offers, bad_ratio_ppm=100_000, slow_ms=300)[0]
    assert [share.seen.cause for share in found.shares if share.kind == "slow"] == [cause]


# --- calls that are made again -------------------------------------------------------------------


def called(rate: float, retry: Retry, **more: object) -> tuple[Result, Result]:
    """Return (caller, callee): one pod of ten servers, a hundred a second, callers wait 1 s."""
    model = work(servers=10, patience=1.0, retry=retry, cpu=0.0)
    callee = node("b", (WELL,), model=model)._replace(**more)
    front = node(
        "a", entry=True, model=work(service=0.001, cpu=0.0), links=(Link(1, 0.0, 1.0, "b"),)
    )
    found = results(front, callee, rate=rate)
    return found["a"], found["b"]


def test_a_retry_mends_what_one_dead_endpoint_of_two_breaks() -> None:
    alone, _ = called(2.0, Retry(), listed=2)
    again, callee = called(2.0, Retry(1), listed=2)
    assert alone.bad == pytest.approx(500_000, rel=0.01)
    assert again.bad == pytest.approx(250_000, rel=0.01)
    assert callee.offered == pytest.approx(1.5 * again.offered, rel=0.01)
    bounded, _ = called(2.0, Retry(1, 0.2), listed=2)
    assert bounded.bad == pytest.approx(400_000, rel=0.01)


def test_a_storm_of_retries_stays_until_the_load_is_low() -> None:
    retry = Retry(3)
    _, calm = called(60.0, retry)
    _, surge = called(140.0, retry, before=calm.again)
    after, storm = called(60.0, retry, before=surge.again)
    _, over = called(20.0, retry, before=storm.again)
    assert [row.again > 1_000_000 for row in (calm, surge, storm, over)] == [
        False, True, True, False,
    ]  # fmt: skip
    assert after.state == "D"
    assert called(60.0, retry, before=over.again)[0].state == "U"
    # With a budget of a fifth the load never gets to where it stays.
    _, careful = called(60.0, Retry(3, 0.2), before=200_000)
    assert careful.state == "U"


def test_a_result_is_read_as_it_was_written() -> None:
    _, storm = called(140.0, Retry(3))
    assert storm.again
    assert result_from_plain(plain_result(storm)) == storm
    # What was written before there were calls, retries, an excess, ends earlier.
    for known in range(len(storm) - 3, len(storm)):
        older = Result._make([*storm[:known], *[0] * (len(storm) - known)])
        assert result_from_plain(plain_result(storm)[:known]) == older


def test_streams_that_are_cut_fail_requests_of_their_callers() -> None:
    cut = Cut(5_000_000, True, Seen("cut", "a7", "", "b-1"))
    front = node("a", entry=True, links=(Link(1, 1.0, 1.0, "b"),))
    found = results(front, node("b")._replace(cut=cut), rate=2.0)
    # Ten requests in the slot, and five calls beside them.
    assert found["b"].bad == pytest.approx(MILLION / 3, rel=1e-4)
    assert found["b"].offered == 15_000_000
    assert found["a"].bad == pytest.approx(MILLION / 3, rel=1e-4)
    assert found["a"].shares[0].kind == "dependency"
    assert found["a"].shares[0].seen.cause == "a7"
    under_way = results(node("c", entry=True)._replace(cut=cut._replace(calls=False)), rate=2.0)
    assert under_way["c"].bad == MILLION // 2
    assert under_way["c"].entered == 10_000_000
    gone = results(node("c", entry=True)._replace(cut=cut), rate=0.0)
    assert (gone["c"].bad, gone["c"].entered) == (MILLION, 5_000_000)
