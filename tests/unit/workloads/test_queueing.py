"""Queueing formulae against printed tables, against one another, and against simulated requests."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecp.workloads.batching import Batches, batch_server
from ecp.workloads.queueing import (
    InvalidLoad,
    allen_cunneen,
    bounded_queue,
    erlang_a,
    erlang_b,
    erlang_b_retrying,
    erlang_b_servers,
    erlang_c,
    sakasegawa,
    sojourn_quantile,
    sojourn_tail,
    throttled_share,
    throttled_wait,
    wait_mean,
    wait_quantile,
    wait_tail,
)

from .simulated import SEED, batched, birth_death, fcfs, redialled


# Traffic tables of telephone engineering: Erlang that n lines carry at a grade of service.
@pytest.mark.parametrize(
    ("servers", "load", "blocking"),
    [
        pytest.param(10, 4.461, 0.01, id="10 lines carry 4.46 E at 1 %"),
        pytest.param(20, 12.03, 0.01, id="20 lines carry 12.0 E at 1 %"),
        pytest.param(50, 37.90, 0.01, id="50 lines carry 37.9 E at 1 %"),
        pytest.param(100, 84.06, 0.01, id="100 lines carry 84.1 E at 1 %"),
        pytest.param(10, 3.092, 0.001, id="10 lines carry 3.09 E at 0.1 %"),
        pytest.param(20, 9.411, 0.001, id="20 lines carry 9.41 E at 0.1 %"),
        pytest.param(50, 32.51, 0.001, id="50 lines carry 32.5 E at 0.1 %"),
        pytest.param(100, 75.24, 0.001, id="100 lines carry 75.2 E at 0.1 %"),
    ],
)
def test_erlang_b_is_that_of_the_tables(servers: int, load: float, blocking: float) -> None:
    assert erlang_b(servers, load) == pytest.approx(blocking, rel=0.005)
    assert erlang_b_servers(load * 0.999, blocking) == servers


def test_ten_channels_at_the_domain_load_lose_every_sixth_call() -> None:
    assert erlang_b(10, 8.89) == pytest.approx(0.163, abs=0.001)


@pytest.mark.parametrize(
    ("servers", "load", "waits"),
    [
        pytest.param(1, 0.5, 0.5, id="one server: the share of time it is busy"),
        pytest.param(2, 1.0, 1 / 3, id="two servers, half busy"),
        pytest.param(12, 10.0, 0.4494, id="12 servers, 10 Erlang"),
        pytest.param(5, 5.0, 1.0, id="at capacity all wait"),
        pytest.param(5, 9.0, 1.0, id="above capacity all wait"),
    ],
)
def test_erlang_c(servers: int, load: float, waits: float) -> None:
    assert erlang_c(servers, load) == pytest.approx(waits, rel=1e-3)


def test_extended_erlang_b_is_a_fixed_point() -> None:
    found = erlang_b_retrying(10, 8.0, 0.7)
    assert found.blocking == pytest.approx(erlang_b(10, found.offered))
    assert found.offered == pytest.approx(8.0 + 0.7 * found.blocking * found.offered)
    assert found.lost < found.blocking
    plain = erlang_b_retrying(10, 8.0, 0.0)
    assert plain.offered == 8.0
    assert plain.lost == pytest.approx(erlang_b(10, 8.0))


def test_extended_erlang_b_loses_what_is_not_carried() -> None:
    found = erlang_b_retrying(10, 12.0, 0.5)
    assert 12.0 * (1 - found.lost) == pytest.approx(found.offered * (1 - found.blocking))


@given(st.integers(1, 300), st.floats(0.01, 0.99))
@settings(deadline=None)
def test_formulae_meet_where_they_are_the_same_queue(servers: int, busy: float) -> None:
    load = servers * busy
    endless = bounded_queue(servers, load, 1.0, servers + 4000)
    patient = erlang_a(servers, load, 1.0, 1e7)
    waits = wait_mean(servers, load, 1.0)
    assert bounded_queue(servers, load, 1.0, servers).blocked == pytest.approx(
        erlang_b(servers, load), rel=1e-9, abs=1e-15
    )
    assert endless.wait == pytest.approx(waits, rel=1e-6, abs=1e-15)
    assert patient.wait == pytest.approx(waits, rel=1e-2, abs=1e-12)
    assert patient.waiting == pytest.approx(erlang_c(servers, load), rel=1e-2, abs=1e-12)
    assert allen_cunneen(servers, load, 1.0) == waits


@given(st.integers(1, 200), st.floats(0.1, 2.0))
@settings(deadline=None)
def test_callers_without_patience_make_a_loss_system(servers: int, busy: float) -> None:
    hasty = erlang_a(servers, servers * busy, 1.0, 1e-9)
    assert hasty.abandoned == pytest.approx(erlang_b(servers, servers * busy), rel=1e-4, abs=1e-12)


@given(st.integers(1, 60), st.floats(0.05, 3.0), st.integers(0, 40))
@settings(deadline=None)
def test_one_more_server_or_less_load_never_blocks_more(
    servers: int, busy: float, places: int
) -> None:
    load = servers * busy
    assert erlang_b(servers + 1, load) <= erlang_b(servers, load)
    assert erlang_b(servers, load * 0.9) <= erlang_b(servers, load)
    here = bounded_queue(servers, load, 1.0, servers + places)
    more = bounded_queue(servers, load, 1.0, servers + places + 1)
    assert more.blocked <= here.blocked * (1 + 1e-12)


def test_thousands_of_servers_are_no_trouble() -> None:
    for servers, load in ((5000, 4900.0), (5000, 100.0), (20_000, 25_000.0)):
        assert 0 <= erlang_b(servers, load) < 1
        assert math.isfinite(bounded_queue(servers, load, 1.0, servers + 1000).queue)
        assert math.isfinite(erlang_a(servers, load, 180.0, 60.0).queue)
    assert erlang_c(5000, 4900.0) == pytest.approx(0.1006, rel=0.01)
    # What cannot be carried is refused: 1 - 20/25.
    assert erlang_b(20_000, 25_000.0) == pytest.approx(0.2, abs=1e-3)


def test_the_quantile_undoes_the_tail() -> None:
    for servers, load in ((1, 0.7), (8, 6.0), (8, 7.0), (30, 29.0)):
        for share in (0.5, 0.95, 0.999):
            at = sojourn_quantile(servers, load, 0.02, share)
            assert sojourn_tail(servers, load, 0.02, at) == pytest.approx(1 - share, rel=1e-6)
            at = wait_quantile(servers, load, 0.02, share)
            assert at == 0 or wait_tail(servers, load, 0.02, at) == pytest.approx(1 - share)


def test_one_server_sojourns_are_exponential() -> None:
    assert sojourn_tail(1, 0.8, 1.0, 5.0) == pytest.approx(math.exp(-1.0))


def test_above_capacity_nothing_comes_to_an_end() -> None:
    assert wait_mean(2, 2.0, 1.0) == math.inf
    assert sojourn_quantile(2, 3.0, 1.0, 0.5) == math.inf
    assert sakasegawa(2, 2.0, 1.0) == math.inf
    assert batch_server(Batches(0.1, 0.01, 10), 51.0).latency == math.inf


@pytest.mark.parametrize("servers", [1, 4, 16, 64])
def test_sakasegawa_is_near_erlang_c_under_load(servers: int) -> None:
    load = 0.9 * servers
    exact = wait_mean(servers, load, 1.0)
    assert sakasegawa(servers, load, 1.0) == pytest.approx(exact, rel=0.08)
    assert sakasegawa(1, 0.7, 1.0, 1.0, 0.0) == pytest.approx(0.7 / 0.3 / 2)


def test_a_batch_of_one_is_a_server_with_fixed_times() -> None:
    # Pollaczek-Khinchine for M/D/1.
    for busy in (0.2, 0.7, 0.95):
        found = batch_server(Batches(0.0, 0.1, 1), busy / 0.1)
        assert found.wait == pytest.approx(0.1 * busy / (2 * (1 - busy)), rel=1e-6)
        assert found.busy == pytest.approx(busy, rel=1e-6)


# --- against simulated requests, within 2 % up to 0.95 -------------------------------------------


@pytest.mark.parametrize(
    ("servers", "busy"),
    [
        pytest.param(1, 0.8, id="one server, 0.8 busy"),
        pytest.param(3, 0.7, id="three servers, 0.7 busy"),
        pytest.param(3, 0.95, id="three servers, 0.95 busy"),
        pytest.param(10, 0.9, id="ten servers, 0.9 busy"),
    ],
)
def test_waits_of_simulated_requests(servers: int, busy: float) -> None:
    load = servers * busy
    # The nearer to 1, the longer an empty system takes to forget that it was empty.
    near = busy > 0.9
    waits = fcfs(servers, load, replications=8000 if near else 3000, warm=4000 if near else 1200)
    assert waits.mean() == pytest.approx(wait_mean(servers, load, 1.0), rel=0.02)
    assert (waits > 0).mean() == pytest.approx(erlang_c(servers, load), rel=0.02)
    served = waits + np.random.default_rng(SEED + 1).exponential(1.0, waits.shape)
    for share in (0.5, 0.9):
        longer = sojourn_quantile(servers, load, 1.0, share)
        assert (served > longer).mean() == pytest.approx(1 - share, rel=0.02)
    longer = wait_quantile(servers, load, 1.0, 0.95)
    assert (waits > longer).mean() == pytest.approx(0.05, rel=0.04)
    if servers == 1:
        fixed = fcfs(1, busy, service="fixed").mean()
        assert fixed == pytest.approx(allen_cunneen(1, busy, 1.0, 1.0, 0.0), rel=0.02)


@pytest.mark.parametrize(
    ("servers", "busy", "places"),
    [
        pytest.param(10, 0.889, 0, id="no place to wait: ten channels at the domain's load"),
        pytest.param(10, 0.95, 5, id="five places"),
        pytest.param(4, 1.3, 8, id="overloaded, eight places"),
    ],
)
def test_refusals_of_simulated_requests(servers: int, busy: float, places: int) -> None:
    load = servers * busy
    refused, _, queue = birth_death(servers, load, room=servers + places)
    found = bounded_queue(servers, load, 1.0, servers + places)
    assert refused == pytest.approx(found.blocked, rel=0.02)
    assert queue == pytest.approx(found.queue, rel=0.02)


@pytest.mark.parametrize(
    ("servers", "busy", "patience"),
    [
        pytest.param(10, 0.95, 1.0, id="as patient as a call is long"),
        pytest.param(5, 1.2, 0.5, id="overloaded, half as patient"),
    ],
)
def test_simulated_callers_who_give_up(servers: int, busy: float, patience: float) -> None:
    load = servers * busy
    _, left, queue = birth_death(servers, load, impatience=1 / patience)
    found = erlang_a(servers, load, 1.0, patience)
    assert left == pytest.approx(found.abandoned, rel=0.02)
    assert queue == pytest.approx(found.queue, rel=0.02)


@pytest.mark.parametrize(
    ("servers", "busy"),
    [
        pytest.param(10, 0.7, id="ten lines, 0.7 busy"),
        pytest.param(30, 0.95, id="thirty lines, 0.95 busy"),
    ],
)
def test_simulated_callers_who_dial_again_some_calls_later(servers: int, busy: float) -> None:
    blocking, attempts = redialled(servers, servers * busy, 0.7)
    found = erlang_b_retrying(servers, servers * busy, 0.7)
    assert blocking == pytest.approx(found.blocking, rel=0.02)
    assert attempts == pytest.approx(found.offered / (servers * busy), rel=0.02)


@pytest.mark.parametrize(("busy", "requests"), [(0.2, 300_000), (0.7, 800_000), (0.95, 6_000_000)])
def test_latency_of_simulated_batches(busy: float, requests: int) -> None:
    server = Batches(0.05505, 0.004946, 32)  # NLP on a T4
    rate = busy * server.capacity
    wait, latency = batched(server, rate, requests=requests)
    found = batch_server(server, rate)
    assert wait == pytest.approx(found.wait, rel=0.02)
    assert latency == pytest.approx(found.latency, rel=0.02)


@pytest.mark.parametrize(
    ("server", "busy", "requests"),
    [
        pytest.param(Batches(0.05505, 0.004946, 32, 0.02), 0.3, 200_000, id="a wait below a batch"),
        pytest.param(Batches(0.05505, 0.004946, 32, 0.02), 0.8, 600_000, id="and under load"),
        pytest.param(Batches(0.02, 0.001, 4, 0.05), 0.5, 200_000, id="a wait of two batches' time"),
        pytest.param(
            Batches(0.01, 0.005, 8, 0.5), 0.2, 200_000, id="a wait in which most are full"
        ),
    ],
)
def test_latency_of_simulated_batches_that_wait_to_be_full(
    server: Batches, busy: float, requests: int
) -> None:
    rate = busy * server.capacity
    wait, latency = batched(server, rate, requests=requests)
    found = batch_server(server, rate)
    assert wait == pytest.approx(found.wait, rel=0.02)
    assert latency == pytest.approx(found.latency, rel=0.02)
    assert found.wait > 0.99 * batch_server(server._replace(fill=0.0), rate).wait


@pytest.mark.parametrize(
    ("rate", "limit"),
    [
        pytest.param(50.0, 1.0, id="half of one core"),
        pytest.param(300.0, 4.0, id="three of four cores"),
    ],
)
def test_periods_of_simulated_work_above_a_limit(rate: float, limit: float) -> None:
    draw = np.random.default_rng(SEED)
    counts = draw.poisson(rate * 0.1, 2_000_000)
    work = draw.gamma(np.maximum(counts, 1e-9), 0.01)
    assert throttled_share(rate, 0.01, limit) == pytest.approx(
        (work > limit * 0.1).mean(), rel=0.02
    )


def test_a_limit_that_threads_cannot_use_up_throttles_nobody() -> None:
    assert throttled_wait(4.0, 2) == 0.0
    assert throttled_wait(1.0, 4) == pytest.approx(0.0375)
    assert throttled_share(0.0, 0.01, 1.0) == 0.0
    assert throttled_share(101.0, 0.01, 1.0) == 1.0


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(lambda: erlang_b(-1, 1.0), id="fewer than no servers"),
        pytest.param(lambda: erlang_b(1, -1.0), id="a negative load"),
        pytest.param(lambda: erlang_c(0, 0.0), id="nobody to wait for"),
        pytest.param(lambda: erlang_b_servers(1.0, 0.0), id="no blocking at all"),
        pytest.param(lambda: erlang_b_retrying(1, 1.0, 1.0), id="callers who never give up"),
        pytest.param(lambda: bounded_queue(3, 1.0, 1.0, 2), id="less room than servers"),
        pytest.param(lambda: erlang_a(1, 1.0, 1.0, 0.0), id="no patience at all"),
        pytest.param(lambda: wait_mean(1, math.nan, 1.0), id="no number"),
    ],
)
def test_what_is_no_queue_is_refused(asked: object) -> None:
    with pytest.raises(InvalidLoad):
        asked()  # type: ignore[operator]
