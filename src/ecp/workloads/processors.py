"""Requests that share a CPU limit: threads that wait for others, and compute in turn.

A request takes `service` seconds by itself, `cpu` of them on a processor, on one of `servers`
threads. While more threads compute than the limit has cores each gets its part of them; that is
what the kernel's quota comes to over a period of 100 ms. Who finds all threads taken waits, who
finds `room` inside is refused.

Sources: F. Baskett, K. M. Chandy, R. Muntz, F. Palacios, J. ACM 22 (1975): threads are a closed
network of a delay and a shared processor, with a product form; K. M. Chandy, U. Herzog, L. Woo, IBM
J. R&D 19 (1975): towards the queue before it, that network is one server of its throughput.
"""

from functools import lru_cache
from math import exp, log
from typing import NamedTuple

from ecp.workloads.queueing import InvalidLoad


class Shared(NamedTuple):
    """Of threads on shared cores: share `blocked`, mean time `inside` a thread and mean `wait`
    before it (s), threads taken (`busy`, mean), requests waiting (`queue`, mean)."""

    blocked: float
    inside: float
    wait: float
    busy: float
    queue: float


def crowded(rate: float, cpu: float, cores: float) -> float:
    """Return how likely more requests want to compute than there are cores, if none had to wait.

    Source: M/G/inf, a Poisson number of mean rate x cpu.
    """
    mean = rate * cpu
    if mean <= 0:
        return 0.0
    term = there = exp(-mean)
    for number in range(1, int(cores) + 1):
        term *= mean / number
        there += term
    return max(0.0, 1 - there)


@lru_cache(maxsize=1024)
def throughputs(servers: int, service: float, cpu: float, cores: float) -> tuple[float, ...]:
    """Return the requests per second that 1, 2, ... *servers* threads come to."""
    if not (servers >= 1 and 0 < cpu <= service and cores > 0):
        raise InvalidLoad(f"cpu: {cpu!r} of {service!r} s on {cores!r} cores is no load")
    elsewhere = service - cpu
    # Weights of j threads that compute, and of n-j that are elsewhere, in units of the service.
    computing, away = [1.0], [1.0]
    for number in range(1, servers + 1):
        computing.append(computing[-1] * cpu / service / min(number, cores))
        away.append(away[-1] * elsewhere / service / number)
    found, before = [], 1.0
    for number in range(1, servers + 1):
        whole = sum(computing[j] * away[number - j] for j in range(number + 1))
        found.append(before / whole / service)
        before = whole
    return tuple(found)


def shared_processor(
    servers: int, rate: float, service: float, cpu: float, cores: float, room: int
) -> Shared:
    """Return what *rate* Poisson requests per second meet; *room* counts the threads as well.

    `shared_processor(4, 2.0, 0.45, 0.3, 0.5, 100)` is above capacity: half a core has time for 1.7
    requests of 0.3 s a second.
    """
    if room < servers:
        raise InvalidLoad(f"room: {room!r} must be at least the {servers} servers")
    if rate <= 0:
        return Shared(0.0, service + cpu * (max(1.0, 1 / cores) - 1), 0.0, 0.0, 0.0)
    speeds = throughputs(servers, service, cpu, cores)
    logs, step = [0.0], 0.0
    for number in range(1, room + 1):
        step += log(rate / speeds[min(number, servers) - 1])
        logs.append(step)
    top = max(logs)
    weights = [exp(value - top) for value in logs]
    total = sum(weights)
    blocked = weights[-1] / total
    busy = sum(min(n, servers) * weight for n, weight in enumerate(weights)) / total
    queue = sum((n - servers) * w for n, w in enumerate(weights[servers:], servers)) / total
    admitted = rate * (1 - blocked)
    return Shared(blocked, busy / admitted, queue / admitted, busy, queue)
