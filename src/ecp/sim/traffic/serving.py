"""What some equal pods make of an offer: refused, waiting, served; queues by formula, no draws.

Sessions hold a slot or are refused, requests wait for a server, a GPU takes what waits at once.
"""

from functools import lru_cache
from math import ceil
from typing import NamedTuple

from ecp.sim.traffic.model import MILLION, Node, Offer, Work
from ecp.workloads.batching import Batches, batch_server
from ecp.workloads.processors import Shared, crowded, shared_processor
from ecp.workloads.queueing import (
    bounded_queue,
    erlang_b,
    erlang_b_retrying,
)

# A fault may take nearly all of a pod's processor, never all of it: the scheduler is fair.
_LEAST_SPEED = 0.05
# Requests that may wait for a pod: what a listening socket of a usual server keeps (assumed).
_BACKLOG = 511
# Requests that meet more that compute than there are cores: fewer than this share go unseen.
_RARELY = 1e-3


class Own(NamedTuple):
    """A node by itself: shares in [0, 1] and seconds; attempts of a session, with redials."""

    network: float
    overload: float
    aborted: float
    mean: float
    variance: float
    busy: float
    queue: float
    active: float
    again: float = 1.0


def alone_with(node: Node, offer: Offer) -> Own:
    """Return what a node does with an offer, whatever the others do."""
    alive = len(node.strains)
    if not alive:
        return Own(1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    network = 1 - alive / node.listed if node.lost < 0 else node.lost / MILLION
    aborted = sum(strain.aborted for strain in node.strains) / alive
    delay = sum(strain.delay for strain in node.strains) / alive
    work = node.work
    if work is None:
        return Own(network, 0.0, aborted, delay, 0.0, 0.0, 0.0, 0.0)
    pods = 1
    even = (offer.held / node.listed, offer.rate / node.listed)
    if work.pooled:
        # Callers look for a pod that is free: all that answer are one larger one.
        pods, even = alive, (even[0] * alive, even[1] * alive)
    kinds: dict[tuple[float, float, int], int] = {}
    for number, strain in enumerate(node.strains):
        of_pod = node.shares[number] if node.shares and not work.pooled else 0
        kind = strain.burn, strain.cold, of_pod
        kinds[kind] = kinds.get(kind, 0) + 1
    overload = mean = variance = busy = queue = active = again = 0.0
    for (burn, cold, of_pod), number in kinds.items():
        share, (held, rate) = number / alive, even
        if node.shares and not work.pooled:
            got = (1 - network) * of_pod / MILLION
            share, held, rate = number * of_pod / MILLION, offer.held * got, offer.rate * got
        speed = max(1 - burn, _LEAST_SPEED)
        met = serve(work.slowed(cold), pods, held, rate, speed, node.sources, node.cpu_limit)
        slower = _throttled(node, work, met, pods, speed) if burn else 1.0
        overload += share * met.refused
        mean += share * met.mean * slower
        variance += share * met.variance * slower * slower
        busy += share * met.busy
        queue += share * met.queue * alive / pods
        active += share * met.active / pods
        again += share * met.again
    return Own(
        network, overload, aborted, mean + delay, variance, busy, queue, active, max(1.0, again)
    )


def _throttled(node: Node, work: Work, met: "Met", pods: int, speed: float) -> float:
    """Return how much longer the work of a session takes where a burner leaves too little of the
    CPU limit: what it needs over what is left, 1 where that is enough.

    Source: kernel CFS bandwidth control: above the quota of a period all threads wait for the next.
    Of requests with a processor time of their own, `serve` knows it.
    """
    if work.kind == "request" or not node.cpu_limit:
        return 1.0
    needed = work.base_cpu + met.active / pods * work.slot_cpu + met.busy * work.busy_cpu
    return max(1.0, needed / (speed * node.cpu_limit))


class Met(NamedTuple):
    """What `pods` pods do with their offer: share of attempts refused; mean (s) and variance of the
    time of a request; share of the servers busy; requests waiting; sessions or requests under way;
    attempts a session."""

    refused: float
    mean: float
    variance: float
    busy: float
    queue: float
    active: float
    again: float = 1.0


@lru_cache(maxsize=4096)
def serve(
    work: Work,
    pods: int,
    held: float,
    rate: float,
    speed: float,
    sources: int = 0,
    limit: int = 0,
) -> Met:
    """Return what *pods* pooled pods make of *held* Erlang of sessions and *rate* requests/s.

    *speed* is the share of their processors that is left to them; of *sources* (0 = any number)
    each has one session at most; *limit* is the CPU limit of a pod (milli-CPU, 0 = none).
    """
    service = work.service + work.cpu * (1 / speed - 1)
    variance = service * service * work.spread
    servers = max(1, work.servers * pods)
    if work.kind == "batch":
        return _batches(work, pods, rate, speed)
    if work.kind == "session":
        refused = 0.0
        if held > 0 and work.redial and not sources:
            tried = erlang_b_retrying(servers, held, work.redial)
            active = tried.offered * (1 - tried.blocking)
            again = tried.offered / held
            return Met(tried.blocking, service, variance, active / servers, 0.0, active, again)
        if held > 0 and not 0 < sources <= servers:
            refused = engset(servers, held, sources) if sources else erlang_b(servers, held)
        active = held * (1 - refused)
        return Met(refused, service, variance, active / servers, 0.0, active)
    load = rate * service
    room = servers + max(1, min(_BACKLOG, round(servers * work.patience / service)))
    cpu, cores = min(work.cpu / speed, service), limit * pods / 1000
    if cpu and 0 < cores < servers and crowded(rate, cpu, cores) > _RARELY:
        return _limited(work, shared_processor(servers, rate, service, cpu, cores, room), servers)
    met = bounded_queue(servers, load, service, room)
    carried = load * (1 - met.blocked)
    # Allen-Cunneen: how regular the service is shortens the wait.
    factor = (1 + work.spread) / 2
    waits = met.waiting / (1 - met.blocked) if met.blocked < 1 else 1.0
    wait = met.wait * factor
    second = wait * wait * max(0.0, 2 / waits - 1) if waits > 1e-9 else 0.0
    if load >= servers:
        second = wait * wait / max(1.0, float(room - servers))  # a queue that is always full
    return Met(
        met.blocked,
        service + wait,
        variance + second,
        min(1.0, carried / servers),
        met.queue,
        carried + met.queue,
    )


def _limited(work: Work, met: Shared, servers: int) -> Met:
    """Threads that the CPU limit keeps waiting for one another; their queue as in `serve`."""
    wait = met.wait * (1 + work.spread) / 2
    variance = met.inside * met.inside * work.spread + wait * wait
    active = met.busy + met.queue
    return Met(
        met.blocked, met.inside + wait, variance, min(1.0, met.busy / servers), met.queue, active
    )


def engset(servers: int, load: float, sources: int) -> float:
    """Return the share of sessions refused when *sources* offer *load* Erlang in all.

    Source: E(0) = 1, E(n) = (N-n)bE(n-1) / (n + (N-n)bE(n-1)), b the load of an idle source;
    T. O. Engset 1918; Cooper, section 3.7.
    """
    idle = load / sources
    each = idle / (1 - idle) if idle < 1 else 1e9
    refused = 1.0
    for n in range(1, servers + 1):
        offered = max(0, sources - n) * each * refused
        refused = offered / (n + offered)
    return refused


def _batches(work: Work, pods: int, rate: float, speed: float) -> Met:
    """A GPU that takes what waits; work of the processor beside it slows each request."""
    server = Batches(work.fixed, work.each, work.servers, work.fill)
    each = rate / pods
    slower = work.cpu * (1 / speed - 1)
    # Few different loads, so that each is worked out once: rounded up to 1/64 of the capacity.
    step = ceil(each / server.capacity * 64 - 1e-9)
    if step >= 64:
        refused = max(0.0, 1 - server.capacity / each)
        full = server.time(work.servers)
        return Met(
            refused, work.patience / 2 + full, full * full, 1.0, work.servers * 1.0, each - refused
        )
    met = batch_server(server, step * server.capacity / 64)
    mean = met.latency + slower
    return Met(0.0, mean, met.wait * met.wait / 3, met.busy, rate * met.wait, rate * met.latency)
