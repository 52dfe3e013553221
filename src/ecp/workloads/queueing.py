"""Queueing: how many servers a load needs, who is blocked, who waits, and for how long.

Pure functions of plain numbers. `load` is in Erlang (arrivals per second times mean service time in
seconds), `rate` in arrivals per second, every time in seconds, every share in [0, 1]. `servers` is
whatever serves one at a time: a channel, a thread, a GPU stream. Arrivals are Poisson unless a
squared coefficient of variation says otherwise. The recursions multiply no factorials and no powers
that could overflow, so thousands of servers are fine.

Sources: A. K. Erlang 1917; R. B. Cooper, Introduction to Queueing Theory, ch. 3; L. Kleinrock,
Queueing Systems I, ch. 3; others beside the functions.
"""

import math
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np

# numpy takes longer to load than all the rest of a service: whoever needs it loads it.


class InvalidLoad(ValueError):
    """A rate, time, share or number of servers is out of its range; says which and what is."""


def _check(**values: float) -> None:
    for name, value in values.items():
        if not (math.isfinite(value) and value >= 0):
            raise InvalidLoad(f"{name}: {value!r} must be zero or more, and finite")


def _check_servers(servers: int, least: int = 1) -> None:
    if servers < least:
        raise InvalidLoad(f"servers: {servers!r} must be {least} or more")


# --- loss: whoever finds all servers busy is gone ------------------------------------------------


def erlang_b(servers: int, load: float) -> float:
    """Return the share of arrivals that find all *servers* busy and are lost (M/G/c/c).

    `erlang_b(10, 8.89)` is 0.163: ten channels at 0.889 Erlang each lose every sixth call.
    Source: B(0) = 1, B(n) = aB(n-1) / (n + aB(n-1)); Cooper, eq. 3.4.
    """
    _check_servers(servers, 0)
    _check(load=load)
    blocked = 1.0
    for n in range(1, servers + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked


@lru_cache(maxsize=4096)
def erlang_b_servers(load: float, blocking: float) -> int:
    """Return the least number of servers that loses at most the share *blocking* (above 0)."""
    _check(load=load)
    if not 0 < blocking <= 1:
        raise InvalidLoad(f"blocking: {blocking!r} must be above 0 and at most 1")
    blocked, n = 1.0, 0
    while blocked > blocking:
        n += 1
        blocked = load * blocked / (n + load * blocked)
    return n


class Retried(NamedTuple):
    """`offered` Erlang of first and repeated attempts; `blocking` of one attempt; `lost` for good.

    `lost` is the share of first attempts that end without service.
    """

    offered: float
    blocking: float
    lost: float


def erlang_b_retrying(servers: int, load: float, retry: float) -> Retried:
    """Return what becomes of a load whose blocked callers try again with probability *retry*.

    The fixed point of a' = a + retry B(a') a': "extended Erlang B". It ignores that a caller tries
    again soon, and flatters by that. Source: R. L. Wilkinson 1956; ITU-T E.501.
    """
    _check(load=load)
    if not 0 <= retry < 1:
        raise InvalidLoad(f"retry: {retry!r} must be at least 0 and below 1")
    low, high = load, load / (1 - retry)
    for _ in range(200):
        middle = (low + high) / 2
        if load + retry * erlang_b(servers, middle) * middle > middle:
            low = middle
        else:
            high = middle
        if high - low <= 1e-13 * high:
            break
    blocking = erlang_b(servers, high)
    lost = blocking * (1 - retry) / (1 - retry * blocking) if blocking < 1 else 1.0
    return Retried(high, blocking, lost)


# --- delay: whoever finds all servers busy waits -------------------------------------------------


def erlang_c(servers: int, load: float) -> float:
    """Return the share of arrivals that wait (M/M/c); 1.0 where the load exceeds the servers.

    Source: C = B / (1 - rho(1 - B)); Cooper, eq. 3.42.
    """
    _check_servers(servers)
    if load >= servers:
        _check(load=load)
        return 1.0
    blocked = erlang_b(servers, load)
    return blocked / (1 - load / servers * (1 - blocked))


def wait_mean(servers: int, load: float, service: float) -> float:
    """Return the mean wait (s) of M/M/c with mean *service* (s); infinite at or above capacity."""
    _check(service=service)
    waits = erlang_c(servers, load)
    return math.inf if load >= servers else waits * service / (servers - load)


def wait_tail(servers: int, load: float, service: float, longer: float) -> float:
    """Return the share of arrivals that wait *longer* than so many seconds (M/M/c)."""
    _check(service=service, longer=longer)
    waits = erlang_c(servers, load)
    return 1.0 if load >= servers else waits * math.exp(-(servers - load) * longer / service)


def wait_quantile(servers: int, load: float, service: float, share: float) -> float:
    """Return the wait (s) that the given *share* of arrivals does not exceed (M/M/c)."""
    waits = erlang_c(servers, load)
    if load >= servers:
        return math.inf
    over = 1 - share
    return max(0.0, math.log(waits / over) * service / (servers - load)) if waits > over else 0.0


def sojourn_tail(servers: int, load: float, service: float, longer: float) -> float:
    """Return the share of arrivals whose wait and service together take *longer* (s), M/M/c FCFS.

    Source: Cooper, section 3.4; wait (exponential above its atom) plus exponential service.
    """
    _check(service=service, longer=longer)
    if load >= servers:
        return 1.0
    return _sojourn_tail(erlang_c(servers, load), servers - load - 1, longer / service)


def _sojourn_tail(waits: float, spare: float, time: float) -> float:
    """Return the share that takes longer than *time* (of a service time) from arrival to end.

    waits   the share that waits
    spare   how much faster the wait decays than the service, less one
    """
    decay = math.exp(-time)
    if abs(spare) < 1e-9:
        return decay * (1 + waits * time)
    # expm1 keeps what two nearly equal exponentials leave.
    return min(1.0, decay * (1 - waits * math.expm1(-spare * time) / spare))


def sojourn_quantile(servers: int, load: float, service: float, share: float) -> float:
    """Return the time from arrival to end (s) that *share* of the arrivals does not exceed."""
    if load >= servers:
        return math.inf
    _check(service=service)
    waits, spare = erlang_c(servers, load), servers - load - 1
    low, high = 0.0, service
    while _sojourn_tail(waits, spare, high / service) > 1 - share:
        low, high = high, high * 2
    for _ in range(100):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if _sojourn_tail(waits, spare, middle / service) > 1 - share:
            low = middle
        else:
            high = middle
    return high


class Bounded(NamedTuple):
    """Of a queue with room for so many: who is `blocked`, who is `waiting`, for how long.

    `blocked` and `waiting` are shares of all arrivals, the latter of those let in who wait;
    `wait` the mean (s) over all let in; `queue` the mean number waiting.
    """

    blocked: float
    waiting: float
    wait: float
    queue: float


def bounded_queue(servers: int, load: float, service: float, room: int) -> Bounded:
    """Return M/M/c/K: *room* is K, the most that are inside at once, servers included.

    Whoever finds K inside is refused at once (a 503). Holds above capacity too.
    Source: Kleinrock I, section 3.7 (birth and death).
    """
    _check(load=load, service=service)
    _check_servers(servers)
    if room < servers:
        raise InvalidLoad(f"room: {room!r} must be at least the {servers} servers")
    if load == 0:
        return Bounded(0.0, 0.0, 0.0, 0.0)
    places, step = room - servers, math.log(load / servers)
    blocked_c = erlang_b(servers, load)
    # Weights of c, c+1, … K inside, scaled by the largest of them.
    top = max(0.0, places * step)
    weights = [math.exp(j * step - top) for j in range(places + 1)]
    below = (1 / blocked_c - 1) * math.exp(-top) if blocked_c > 0 else math.inf
    total = below + math.fsum(weights)
    if math.isinf(total):
        return Bounded(0.0, 0.0, 0.0, 0.0)
    queue = math.fsum(j * weight for j, weight in enumerate(weights)) / total
    blocked = weights[-1] / total
    waiting = math.fsum(weights[:-1]) / total
    admitted = load / service * (1 - blocked)
    return Bounded(blocked, waiting, queue / admitted if admitted else 0.0, queue)


class Impatient(NamedTuple):
    """Of a queue that people leave: who is `waiting`, who has `abandoned`, for how long.

    Both are shares of all arrivals; `wait` is the mean (s) over all, whether they were served or
    left; `queue` the mean number waiting.
    """

    waiting: float
    abandoned: float
    wait: float
    queue: float


def erlang_a(servers: int, load: float, service: float, patience: float) -> Impatient:
    """Return M/M/c+M: who waits gives up after an exponential time of mean *patience* (s).

    Holds above capacity too. Source: birth and death with death rate c mu + (n - c) theta;
    O. Garnett, A. Mandelbaum, M. Reiman, M&SOM 4 (2002).
    """
    _check(load=load, service=service)
    _check_servers(servers)
    if not patience > 0:
        raise InvalidLoad(f"patience: {patience!r} must be above 0")
    if load == 0:
        return Impatient(0.0, 0.0, 0.0, 0.0)
    logs, log, top, step = [0.0], 0.0, 0.0, 1.0
    while step >= 0 or log > top - 45:
        step = math.log(load / (servers + len(logs) * service / patience))
        log += step
        logs.append(log)
        top = max(top, log)
        if len(logs) > 2_000_000:
            raise InvalidLoad("patience: too long for this load, the queue has no end")
    weights = [math.exp(value - top) for value in logs]
    blocked = erlang_b(servers, load)
    below = (1 / blocked - 1) * math.exp(-top) if blocked > 0 else math.inf
    total = below + math.fsum(weights)
    if math.isinf(total):
        return Impatient(0.0, 0.0, 0.0, 0.0)
    queue = math.fsum(n * weight for n, weight in enumerate(weights)) / total
    rate = load / service
    return Impatient(math.fsum(weights) / total, queue / patience / rate, queue / rate, queue)


# --- service times that are not exponential ------------------------------------------------------


def allen_cunneen(
    servers: int, load: float, service: float, arrivals_scv: float = 1.0, service_scv: float = 1.0
) -> float:
    """Return the mean wait (s) of GI/G/c: that of M/M/c times (ca² + cs²)/2.

    *arrivals_scv* and *service_scv* are squared coefficients of variation of the times between
    arrivals and of service. Exact for M/M/c and M/G/1 (Pollaczek-Khinchine), else good to some
    per cent under load. Source: A. O. Allen, Probability, Statistics and Queueing Theory, 1990.
    """
    _check(arrivals_scv=arrivals_scv, service_scv=service_scv)
    return wait_mean(servers, load, service) * (arrivals_scv + service_scv) / 2


def sakasegawa(
    servers: int, load: float, service: float, arrivals_scv: float = 1.0, service_scv: float = 1.0
) -> float:
    """Return the mean wait (s) of GI/G/c without a recursion, for quick tables.

    Source: H. Sakasegawa, Ann. Inst. Statist. Math. 29 (1977):
    (ca² + cs²)/2 · rho^(sqrt(2(c+1)) - 1) / (c(1 - rho)) · s. Exact for one server.
    """
    _check_servers(servers)
    _check(load=load, service=service, arrivals_scv=arrivals_scv, service_scv=service_scv)
    if load >= servers:
        return math.inf
    busy = load / servers
    power = math.sqrt(2 * (servers + 1)) - 1
    factor = float(busy**power) / (servers * (1 - busy))
    return (arrivals_scv + service_scv) / 2 * factor * service


# --- a CPU limit ---------------------------------------------------------------------------------

CFS_PERIOD = 0.1
"""The period of the kernel's bandwidth control (s). Source: kernel sched-bwc, cpu.cfs_period_us."""


def throttled_share(rate: float, demand: float, limit: float, period: float = CFS_PERIOD) -> float:
    """Return the share of periods in which the work that arrives exceeds the CPU limit.

    *rate* requests per second ask an exponential CPU time of mean *demand* (s) each; *limit* in
    cores. Exact for the work of one period; what a period leaves to the next is not counted, so
    that the figure is a lower bound and useful up to about 0.7 of the limit. 1.0 above the limit.
    Source: compound Poisson sum, P(W > q) = sum over n of P(N = n) P(Poisson(q/D) < n).
    """
    _check(rate=rate, demand=demand, limit=limit)
    if not (period > 0 and demand > 0) or rate == 0:
        return 0.0
    if rate * demand >= limit:
        return 1.0
    import numpy as np

    arrivals, quota = rate * period, limit * period / demand
    # Two Poisson counts: more arrivals than completions that the quota has time for.
    upto = math.ceil(max(arrivals, quota) + 12 * math.sqrt(max(arrivals, quota)) + 40)
    coming, done = poisson(arrivals, upto), poisson(quota, upto)
    fewer = np.concatenate([[0.0], np.cumsum(done)[:-1]])
    return float(min(1.0, coming @ fewer))


def throttled_wait(limit: float, threads: int, period: float = CFS_PERIOD) -> float:
    """Return the mean extra time (s) of a request that is hit by the limit.

    With *threads* running at once the quota is gone after limit/threads of the period; who is hit
    waits a uniform share of the rest. 0.0 where the threads cannot use the limit up.
    """
    _check(limit=limit)
    _check_servers(threads)
    return max(0.0, period - period * limit / threads) / 2


def poisson(mean: float, upto: int) -> "np.ndarray":
    """Return the Poisson probabilities of 0 … *upto*."""
    import numpy as np

    counts = np.arange(upto + 1)
    if mean <= 0:
        return np.asarray((counts == 0) * 1.0)
    logs = counts * math.log(mean) - mean
    logs[1:] -= np.cumsum(np.log(counts[1:]))
    return np.asarray(np.exp(logs))
