"""Threads on a CPU limit, against requests that are simulated one by one."""

import pytest

from ecp.workloads.processors import Shared, crowded, shared_processor, throughputs
from ecp.workloads.queueing import InvalidLoad, bounded_queue

from .simulated import sharing


@pytest.mark.parametrize(
    ("servers", "rate", "cpu", "cores"),
    [
        pytest.param(4, 1.5, 0.6, 1.0, id="0.9 of one core, four threads"),
        pytest.param(8, 0.95, 0.5, 0.5, id="0.95 of half a core"),
        pytest.param(2, 3.0, 0.8, 1.0, id="more than twice what there is"),
    ],
)
def test_simulated_threads_that_share_cores(
    servers: int, rate: float, cpu: float, cores: float
) -> None:
    refused, inside, queue = sharing(servers, rate, 1 - cpu, cpu, cores, servers + 20)
    found = shared_processor(servers, rate, 1.0, cpu, cores, servers + 20)
    assert refused == pytest.approx(found.blocked, rel=0.02, abs=2e-3)
    assert inside + queue == pytest.approx(found.busy + found.queue, rel=0.02)


def test_with_a_core_for_each_thread_it_is_the_plain_queue() -> None:
    found = shared_processor(4, 3.5, 1.0, 0.4, 4.0, 24)
    plain = bounded_queue(4, 3.5, 1.0, 24)
    assert found.blocked == pytest.approx(plain.blocked)
    assert found.wait == pytest.approx(plain.wait)
    assert found.inside == pytest.approx(1.0)


def test_a_limit_bounds_what_threads_can_do() -> None:
    # Half a core has time for 1.67 requests of 0.3 s a second, however many threads there are.
    assert throughputs(64, 0.45, 0.3, 0.5)[-1] == pytest.approx(0.5 / 0.3)
    assert throughputs(1, 0.45, 0.3, 0.5)[0] == pytest.approx(1 / (0.15 + 0.6))
    assert shared_processor(64, 20.0, 0.45, 0.3, 0.5, 100).blocked == pytest.approx(
        1 - 0.5 / 0.3 / 20, rel=1e-3
    )


def test_few_requests_are_not_in_one_anothers_way() -> None:
    assert crowded(1.0, 0.001, 2.0) < 1e-8
    assert crowded(100.0, 0.01, 1.0) == pytest.approx(0.264, abs=1e-3)
    assert crowded(0.0, 0.01, 1.0) == 0.0
    assert shared_processor(4, 0.0, 1.0, 0.5, 2.0, 8) == Shared(0.0, 1.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize("asked", [(0, 1.0, 0.5, 1.0), (4, 1.0, 2.0, 1.0), (4, 1.0, 0.5, 0.0)])
def test_what_is_no_processor_is_refused(asked: tuple[int, float, float, float]) -> None:
    with pytest.raises(InvalidLoad):
        throughputs(*asked)
    with pytest.raises(InvalidLoad):
        shared_processor(4, 1.0, 1.0, 0.5, 1.0, 3)
