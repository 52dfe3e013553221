"""Queues simulated request by request, the independent witness of the formulae.

Many replications run side by side in numpy; the seed is fixed, so a test passes or fails for good.
"""

import bisect
import heapq
from collections import deque

import numpy as np

from ecp.workloads.batching import Batches

SEED = 20_260_105


def fcfs(
    servers: int,
    load: float,
    *,
    replications: int = 4000,
    requests: int = 1200,
    warm: int = 1500,
    service: str = "exponential",
) -> np.ndarray:
    """Waits of M/M/c (or M/D/c) in units of the mean service time: [request, replication]."""
    draw = np.random.default_rng(SEED)
    # The instants at which each server is free, counted from now: Kiefer-Wolfowitz.
    free = np.zeros((replications, servers))
    waits = np.empty((requests, replications))
    for number in range(warm + requests):
        if number >= warm:
            waits[number - warm] = free[:, 0]
        lasting = draw.exponential(1.0, replications) if service == "exponential" else 1.0
        free[:, 0] += lasting
        free -= draw.exponential(1 / load, replications)[:, None]
        np.maximum(free, 0, out=free)
        free.sort(axis=1)
    return waits


def birth_death(
    servers: int,
    load: float,
    *,
    room: int | None = None,
    impatience: float = 0.0,
    replications: int = 4000,
    steps: int = 3000,
    warm: int = 1500,
) -> tuple[float, float, float]:
    """Shares (refused, given up) of the arrivals and the mean queue, arrival by arrival.

    Mean service time 1; `impatience` is the rate at which one who waits gives up.
    """
    draw = np.random.default_rng(SEED)
    inside = np.full(replications, float(servers))
    came = refused = left = queue = lasted = 0.0
    for number in range(warm + steps):
        waiting = np.maximum(inside - servers, 0)
        served, tired = np.minimum(inside, servers), waiting * impatience
        total = load + served + tired
        choice = draw.random(replications) * total
        arrives, gives_up = choice < load, choice >= load + served
        full = arrives & (inside >= room) if room is not None else np.zeros_like(arrives)
        if number >= warm:
            came += arrives.sum()
            refused += full.sum()
            left += gives_up.sum()
            queue += (waiting / total).sum()
            lasted += (1 / total).sum()
        inside += np.where(arrives & ~full, 1, np.where(arrives, 0, -1))
    return refused / came, left / came, queue / lasted


def batched(server: Batches, rate: float, *, requests: int = 300_000) -> tuple[float, float]:
    """Mean (wait, latency) of a server that takes what waits, request by request.

    With less than a full batch it begins once the oldest has waited for `fill` seconds.
    """
    fixed, per_item, largest, fill = server
    draw = np.random.default_rng(SEED)
    arrivals = np.cumsum(draw.exponential(1 / rate, requests))
    at, first, waited, lasted = 0.0, 0, 0.0, 0.0
    count = len(arrivals)
    while first < count:
        at = max(at, arrivals[first])
        if fill:
            full = arrivals[min(first + largest, count) - 1]
            at = max(at, min(full, arrivals[first] + fill))
        last = min(first + largest, int(np.searchsorted(arrivals, at, side="right")))
        time = fixed + per_item * (last - first)
        waited += at * (last - first) - arrivals[first:last].sum()
        lasted += time * (last - first)
        at += time
        first = last
    return waited / count, (waited + lasted) / count


def calls(variability: float, *, rate: int, past: float = 30.0) -> tuple[np.ndarray, np.ndarray]:
    """When the calls in progress at instant 0 began and end, in mean durations.

    They come as a Poisson stream of *rate* a mean duration, with gamma distributed durations.
    """
    draw = np.random.default_rng(SEED)
    began = -past * draw.random(draw.poisson(rate * past))
    lasting = np.ones_like(began)
    if variability:
        lasting = draw.gamma(1 / variability, variability, len(began))
    there = began + lasting > 0
    return began[there], (began + lasting)[there]


def retried(
    servers: int,
    room: int,
    patience: float,
    times: int,
    rates: list[tuple[float, float]],
    *,
    pause: float = 5.0,
) -> list[tuple[float, float]]:
    """(attempts a second, share of requests lost) in each phase (seconds, requests a second).

    One queue, first come first served, of mean service time 1; who waits longer than *patience*
    tries again after a pause of that mean, up to so many *times*, and is served all the same.
    The first half of a phase is not counted.
    """
    draw = np.random.default_rng(SEED)
    events: list[tuple[float, int, int]] = []  # (when, order, attempt number)
    order, start = 0, 0.0
    bounds = []
    for seconds, rate in rates:
        arrivals = start + np.sort(draw.random(draw.poisson(rate * seconds)) * seconds)
        events += [(at, order + n, 0) for n, at in enumerate(arrivals.tolist())]
        order += len(arrivals)
        bounds.append((start + seconds / 2, start + seconds))
        start += seconds
    heapq.heapify(events)
    free = [0.0] * servers
    ends: deque[float] = deque()  # of who is inside, in rising order
    counted = [[0, 0, 0] for _ in rates]  # attempts, requests, lost
    phase = 0
    while events:
        at, _, number = heapq.heappop(events)
        if at >= bounds[phase][1]:
            if phase + 1 == len(rates):
                break
            phase += 1
        inside = bisect.bisect_right(ends, at)
        for _ in range(inside):
            ends.popleft()
        if len(ends) < room:
            begins = max(at, heapq.heappop(free))
            done = begins + draw.standard_exponential()
            heapq.heappush(free, done)
            bisect.insort(ends, done)
            failed, known = done - at > patience, at + patience
        else:
            failed, known = True, at
        tally = counted[phase]
        counts = at >= bounds[phase][0]
        tally[0] += counts
        tally[1] += counts and number == 0
        if failed and number < times:
            order += 1
            again = known + pause * draw.standard_exponential()
            heapq.heappush(events, (again, order, number + 1))
        elif failed:
            tally[2] += counts
    return [
        (tally[0] / (end - begin), tally[2] / tally[1])
        for tally, (begin, end) in zip(counted, bounds, strict=True)
    ]


def redialled(
    servers: int,
    load: float,
    again: float,
    *,
    pause: float = 30.0,
    replications: int = 3000,
    steps: int = 1500,
    warm: int = 2500,
) -> tuple[float, float]:
    """(share of attempts that find all lines busy, attempts a call), attempt by attempt.

    Of those who find all lines busy so many dial *again*, after a pause of that mean.
    """
    draw = np.random.default_rng(SEED)
    inside = np.full(replications, float(min(servers, round(load))))
    orbit = np.full(replications, load * again * pause / 5)
    attempts = first = busy = 0
    for number in range(warm + steps):
        coming, redials = load, orbit / pause
        total = coming + redials + inside
        choice = draw.random(replications) * total
        new = choice < coming
        dials = choice < coming + redials
        full = dials & (inside >= servers)
        if number >= warm:
            attempts += int(dials.sum())
            first += int(new.sum())
            busy += int(full.sum())
        stays = full & (draw.random(replications) < again)
        orbit += np.where(stays, 1, 0) - np.where(dials & ~new, 1, 0)
        inside += np.where(dials & ~full, 1, np.where(dials, 0, -1))
    return busy / attempts, attempts / first


def sharing(
    servers: int,
    rate: float,
    elsewhere: float,
    cpu: float,
    cores: float,
    room: int,
    *,
    replications: int = 1500,
    steps: int = 1200,
    warm: int = 1000,
) -> tuple[float, float, float]:
    """(share refused, mean threads taken, mean queue) of threads that share cores.

    A request is *elsewhere* and on a processor for exponential times of these means.
    """
    draw = np.random.default_rng(SEED)
    away, computing, queue = (np.zeros(replications) for _ in range(3))
    came = refused = lasted = inside = waiting = 0.0
    for number in range(warm + steps):
        leaves = away / elsewhere
        done = np.minimum(computing, cores) / cpu
        total = rate + leaves + done
        choice = draw.random(replications) * total
        arrives, moves = choice < rate, (choice >= rate) & (choice < rate + leaves)
        ends = ~arrives & ~moves
        taken = away + computing
        full = arrives & (taken + queue >= room)
        if number >= warm:
            came += arrives.sum()
            refused += full.sum()
            lasted += (1 / total).sum()
            inside += (taken / total).sum()
            waiting += (queue / total).sum()
        waits = arrives & ~full & (taken >= servers)
        next_one = ends & (queue > 0)
        begins = (arrives & ~full & ~waits) | next_one
        away += np.where(begins, 1, 0) - np.where(moves, 1, 0)
        computing += np.where(moves, 1, 0) - np.where(ends, 1, 0)
        queue += np.where(waits, 1, 0) - np.where(next_one, 1, 0)
    return refused / came, inside / lasted, waiting / lasted


def resolved(
    asked: int,
    *,
    lost: float,
    timeout: float,
    attempts: int,
    silent: float,
    lookups: int = 1_000_000,
) -> tuple[float, float, float]:
    """(failing, stalled of the others, mean stall of those) of names looked up one by one."""
    draw = np.random.default_rng(SEED)
    waited, alive = np.zeros(lookups), np.ones(lookups, dtype=bool)
    for _ in range(asked):
        alive &= draw.random(lookups) >= silent
        got = np.zeros(lookups, dtype=bool)
        for _ in range(attempts):
            both = (draw.random((2, lookups)) >= lost).all(axis=0)
            waited += np.where(got | both, 0.0, timeout)
            got |= both
        alive &= got
    stalled = waited[alive] > 0
    stall = waited[alive][stalled].mean() if stalled.any() else 0.0
    return 1 - alive.mean(), stalled.mean(), stall


def cached(rate: float, kept: float, answered: float, *, calls: int = 1_000_000) -> float:
    """The share of Poisson calls for which a caller has no answer that is young enough."""
    draw = np.random.default_rng(SEED)
    good = draw.random(calls) < answered
    until, looked = -1.0, 0
    for at, well in zip(np.cumsum(draw.exponential(1 / rate, calls)).tolist(), good, strict=True):
        if at >= until:
            looked += 1
            if well:
                until = at + kept
    return looked / calls


def dialled_again(mean: float, delay: float, start: float, end: float) -> float:
    """The mean share of callers in a call over [start, end), each dialling and ending once."""
    draw = np.random.default_rng(SEED)
    began = draw.exponential(delay, 400_000)
    ends = began + draw.exponential(mean, 400_000)
    inside = np.clip(np.minimum(ends, end) - np.maximum(began, start), 0.0, None)
    return float(inside.mean() / (end - start))
