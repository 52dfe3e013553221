"""Callers that try again: the calm and the storm, against requests that are simulated."""

import pytest

from ecp.workloads.queueing import InvalidLoad, bounded_queue, sojourn_tail
from ecp.workloads.retrying import Amplified, Retry, amplified, attempts_each, failing_in_queue

from .simulated import retried

# Ten servers of one a second; who has not been answered after five services tries again.
SERVERS, ROOM, PATIENCE = 10, 110, 5.0
THRICE = Retry(3)


def failing(attempts: float) -> float:
    return failing_in_queue(SERVERS, attempts, 1.0, ROOM, PATIENCE)


def come_to(rate: float, before: float = 0.0, retry: Retry = THRICE) -> Amplified:
    return amplified(rate, failing, retry, before)


@pytest.mark.parametrize(
    ("failed", "retry", "attempts"),
    [
        pytest.param(0.0, Retry(3), 1.0, id="what succeeds is not repeated"),
        pytest.param(1.0, Retry(3), 4.0, id="what always fails is tried four times"),
        pytest.param(0.5, Retry(1), 1.5, id="half comes once more"),
        pytest.param(1.0, Retry(3, 0.2), 1.2, id="a budget of a fifth"),
        pytest.param(0.1, Retry(3, 0.2), 1.111, id="a budget that is not used up"),
        pytest.param(1.0, Retry(), 1.0, id="no retries"),
    ],
)
def test_attempts_of_a_request(failed: float, retry: Retry, attempts: float) -> None:
    assert attempts_each(failed, retry) == pytest.approx(attempts)


def test_a_storm_outlives_the_surge_that_began_it() -> None:
    calm = come_to(6.5)
    surge = come_to(13, calm.attempts)
    after = come_to(6.5, surge.attempts)
    assert calm.lost < 1e-3 < 0.5 < after.lost
    # It ends where no rate of attempts reproduces itself any more.
    over = come_to(2.4, after.attempts)
    assert over.lost < 1e-3
    assert come_to(6.5, over.attempts) == pytest.approx(calm)


def test_a_budget_lets_the_storm_end_with_the_surge() -> None:
    careful = Retry(3, 0.2)
    surge = come_to(13, 0.0, careful)
    assert surge.attempts == pytest.approx(13 * 1.2)
    assert come_to(6.5, surge.attempts, careful).lost < 1e-3


def test_simulated_requests_are_in_the_storm_and_out_of_it() -> None:
    phases = [(600.0, 6.5), (300.0, 13.0), (3000.0, 6.5), (300.0, 2.4), (600.0, 6.5)]
    found = retried(SERVERS, ROOM, PATIENCE, 3, phases)
    calm = come_to(6.5)
    storm = come_to(6.5, come_to(13, calm.attempts).attempts)
    for number, formula in ((0, calm), (2, storm), (4, calm)):
        attempts, lost = found[number]
        assert attempts == pytest.approx(formula.attempts, rel=0.02 if number == 2 else 0.05)
        assert lost == pytest.approx(formula.lost, rel=0.02, abs=2e-3)


@pytest.mark.parametrize(
    ("servers", "load", "longer"),
    [
        pytest.param(1, 0.8, 4.0, id="one server"),
        pytest.param(2, 1.9, 3.0, id="two servers, 0.95 busy"),
        pytest.param(10, 9.5, 2.0, id="ten servers, 0.95 busy"),
    ],
)
def test_where_there_is_room_for_all_the_late_ones_fail(
    servers: int, load: float, longer: float
) -> None:
    # `sojourn_tail` is held to simulated requests by way of the waits.
    found = failing_in_queue(servers, load, 1.0, 2000, longer)
    assert found == pytest.approx(sojourn_tail(servers, load, 1.0, longer), rel=1e-6)


def test_simulated_requests_that_are_refused_or_late() -> None:
    [(_, lost)] = retried(10, 60, 4.0, 0, [(8_000, 13.0)])
    assert lost == pytest.approx(failing_in_queue(10, 13.0, 1.0, 60, 4.0), rel=0.02)


def test_without_patience_all_fail_and_with_endless_patience_the_refused_do() -> None:
    refused = bounded_queue(10, 13, 1.0, 60).blocked
    assert failing_in_queue(10, 13, 1.0, 60, 1e6) == pytest.approx(refused)
    assert failing_in_queue(10, 13, 1.0, 60, 0.0) == pytest.approx(1.0)
    with pytest.raises(InvalidLoad):
        failing_in_queue(10, 5, 1.0, 9, 1.0)
    with pytest.raises(InvalidLoad):
        attempts_each(1.1, THRICE)
