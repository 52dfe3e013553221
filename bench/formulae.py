"""The formulae of the service model against requests that are simulated one by one.

    python -m bench formulae

Prints for each formula the worst relative error over loads up to 0.95 of capacity, where it was,
and what the formula takes. The tests hold a few of these points to 2 %; this is the larger sweep.
"""

import math
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from tests.unit.workloads import simulated

from ecp.workloads import queueing, resolving, sessions
from ecp.workloads.batching import Batches, batch_server
from ecp.workloads.processors import shared_processor
from ecp.workloads.retrying import Retry, amplified, failing_in_queue


class Point(NamedTuple):
    """One comparison: where, what was simulated, what the formula says."""

    where: str
    seen: float
    said: float

    @property
    def error(self) -> float:
        return abs(self.seen - self.said) / self.said if self.said else abs(self.seen)


def waits() -> Iterator[Point]:
    """Erlang-C: the mean wait, who waits at all, and the time that nine of ten do not exceed."""
    for servers, busy in ((1, 0.6), (1, 0.9), (3, 0.8), (3, 0.95), (10, 0.8), (10, 0.95)):
        load = servers * busy
        # The nearer to 1, the longer a queue remembers: more of them, and for longer.
        many, warm, requests = (16_000, 5000, 1500) if busy > 0.9 else (8000, 1500, 800)
        found = simulated.fcfs(servers, load, replications=many, warm=warm, requests=requests)
        where = f"c={servers} rho={busy}"
        yield Point(where, float(found.mean()), queueing.wait_mean(servers, load, 1.0))
        yield Point(where, float((found > 0).mean()), queueing.erlang_c(servers, load))
        served = found + np.random.default_rng(7).exponential(1.0, found.shape)
        longer = queueing.sojourn_quantile(servers, load, 1.0, 0.9)
        yield Point(where, float((served > longer).mean()), 0.1)


def refusals() -> Iterator[Point]:
    """Erlang-B and M/M/c/K: who is refused."""
    for servers, busy, places in ((5, 0.6, 0), (10, 0.889, 0), (30, 0.95, 0), (4, 0.95, 8)):
        load = servers * busy
        seen, _, _ = simulated.birth_death(servers, load, room=servers + places)
        said = queueing.bounded_queue(servers, load, 1.0, servers + places).blocked
        yield Point(f"c={servers} rho={busy} places={places}", seen, said)


def redials() -> Iterator[Point]:
    """Extended Erlang-B: busy lines where two of three dial again, some calls later."""
    for servers, busy in ((10, 0.7), (10, 0.95), (30, 0.95)):
        seen, _ = simulated.redialled(servers, servers * busy, 0.7, warm=5000)
        said = queueing.erlang_b_retrying(servers, servers * busy, 0.7).blocking
        yield Point(f"c={servers} rho={busy}", seen, said)


def abandoned() -> Iterator[Point]:
    """Erlang-A: who gives up."""
    for servers, busy, patience in ((10, 0.8, 2.0), (10, 0.95, 1.0), (30, 0.95, 0.5)):
        _, seen, _ = simulated.birth_death(servers, servers * busy, impatience=1 / patience)
        said = queueing.erlang_a(servers, servers * busy, 1.0, patience).abandoned
        yield Point(f"c={servers} rho={busy} patience={patience}", seen, said)


def batches() -> Iterator[Point]:
    """The latency of a GPU that takes what waits, and may wait for a batch to fill."""
    for fill in (0.0, 0.02, 0.1):
        server = Batches(0.05505, 0.004946, 32, fill)
        for busy, requests in ((0.2, 300_000), (0.5, 500_000), (0.8, 2_000_000), (0.95, 6_000_000)):
            rate = busy * server.capacity
            _, seen = simulated.batched(server, rate, requests=requests)
            yield Point(f"rho={busy} fill={fill}", seen, batch_server(server, rate).latency)


def processors() -> Iterator[Point]:
    """Threads on a CPU limit: how many are inside."""
    for servers, busy, cpu, cores in ((4, 0.9, 0.6, 1.0), (16, 0.8, 0.3, 2.0), (8, 0.95, 0.5, 0.5)):
        rate = busy * cores / cpu
        _, inside, queue = simulated.sharing(
            servers, rate, 1 - cpu, cpu, cores, servers + 40, replications=2000, warm=4000
        )
        found = shared_processor(servers, rate, 1.0, cpu, cores, servers + 40)
        where = f"threads={servers} cores={cores} rho={busy}"
        yield Point(where, inside + queue, found.busy + found.queue)


def storms() -> Iterator[Point]:
    """Retries: attempts a second before, in and after a storm."""

    def failing(rate: float) -> float:
        return failing_in_queue(10, rate, 1.0, 110, 5.0)

    phases = [(30_000.0, 6.5), (300.0, 13.0), (8000.0, 6.5), (300.0, 2.4), (30_000.0, 6.5)]
    seen = simulated.retried(10, 110, 5.0, 3, phases)
    calm = amplified(6.5, failing, Retry(3))
    surge = amplified(13.0, failing, Retry(3), calm.attempts)
    storm = amplified(6.5, failing, Retry(3), surge.attempts)
    for number, formula in ((0, calm), (2, storm), (4, calm)):
        yield Point(f"phase {number}", seen[number][0], formula.attempts)


def progress() -> Iterator[Point]:
    """Calls in progress that outlast a grace period."""
    for variability in (0.0, 0.25, 1.0, 2.0):
        _, ends = simulated.calls(variability, rate=200_000)
        for after in (1 / 6, 1.0, 10 / 3):
            said = sessions.outlasting(1.0, after, variability)
            if said > 0.005:
                seen = float((ends > after).mean())
                yield Point(f"cv2={variability} after={after:.2f}", seen, said)


def names() -> Iterator[Point]:
    """Lookups of names: who fails, who waits for lost answers, who has an answer already."""
    for asked, lost, silent in ((1, 0.02, 0.0), (4, 0.05, 0.0), (2, 0.1, 0.25)):
        said = resolving.lookup(resolving.Resolver(lost=lost), asked, silent)
        seen = simulated.resolved(asked, lost=lost, timeout=5.0, attempts=2, silent=silent)
        where = f"asked={asked} lost={lost} silent={silent}"
        for one, other in zip(seen, (said.failing, said.stalled, said.stall), strict=True):
            if other > 0.002:
                yield Point(where, one, other)
    for rate, answered in ((0.02, 1.0), (1.0, 1.0), (1.0, 0.3)):
        share = simulated.cached(rate, 30.0, answered)
        yield Point(f"rate={rate}", share, resolving.looked_up(rate, 30.0, answered))


def returning() -> Iterator[Point]:
    """Callers who were cut and call back: how many are in a call again."""
    for mean, delay in ((180.0, 30.0), (60.0, 60.0), (20.0, 90.0)):
        for start, end in ((0.0, 10.0), (20.0, 40.0), (80.0, 160.0)):
            seen = simulated.dialled_again(mean, delay, start, end)
            said = sessions.called_back(mean, delay, start, end)
            yield Point(f"mean={mean} delay={delay} from {start} to {end}", seen, said)


FORMULAE: dict[str, Callable[[], Iterator[Point]]] = {
    "waits, M/M/c": waits,
    "refusals, M/M/c/K": refusals,
    "busy lines that are dialled again": redials,
    "abandonment, M/M/c+M": abandoned,
    "batches": batches,
    "names": names,
    "threads on a CPU limit": processors,
    "retries": storms,
    "calls in progress": progress,
    "callers who call back": returning,
}


def main() -> None:
    print(f"{'formula':36} {'points':>6} {'worst':>7}  where")
    worst_of_all = 0.0
    began = time.process_time()
    for name, points in FORMULAE.items():
        found = list(points())
        worst = max(found, key=lambda point: point.error)
        worst_of_all = max(worst_of_all, worst.error)
        print(f"{name:36} {len(found):6} {100 * worst.error:6.2f}%  {worst.where}", flush=True)
    spent = time.process_time() - began
    print(f"worst {100 * worst_of_all:.2f} %, {spent:.0f} s of CPU")
    began = time.process_time()
    for _ in range(1000):
        queueing.bounded_queue(16, 14.0, 1.0, 96)
    print(f"M/M/c/K {math.ceil((time.process_time() - began) * 1e3)} us each")
