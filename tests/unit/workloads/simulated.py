"""Queues simulated request by request, the independent witness of the formulae.

Many replications run side by side in numpy; the seed is fixed, so a test passes or fails for good.
"""

import numpy as np

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


def batched(
    fixed: float, per_item: float, largest: int, rate: float, *, requests: int = 300_000
) -> tuple[float, float]:
    """Mean (wait, latency) of a server that takes what waits, request by request."""
    draw = np.random.default_rng(SEED)
    arrivals = np.cumsum(draw.exponential(1 / rate, requests))
    at, first, waited, lasted = 0.0, 0, 0.0, 0.0
    count = len(arrivals)
    while first < count:
        at = max(at, arrivals[first])
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
