"""Callers that try again: how much more is asked, and why that may go on when its cause has gone.

Each attempt fails with a probability that grows with the rate of attempts, and what fails comes
again. A rate of attempts that reproduces itself is a fixed point. There may be two that are stable:
a calm one, and a storm in which a server works for callers who no longer wait. Which of them holds
depends on where it comes from: after a surge the storm stays until the load falls below what makes
any storm impossible. A budget (retries as a share of requests) bounds the storm.

Sources: N. Bronson et al., Metastable failures in distributed systems, HotOS 2021; Google, Site
Reliability Engineering, ch. 22 (retry budgets); the fixed point itself: J. W. Cohen, Basic problems
of telephone traffic theory and the influence of repeated calls, 1957.
"""

from collections.abc import Callable
from math import exp, inf, log
from typing import NamedTuple

from ecp.workloads.queueing import InvalidLoad, erlang_b
from ecp.workloads.sessions import gamma_below


class Retry(NamedTuple):
    """So many `times` a failed attempt is made again, with retries at most a share `budget` of
    the requests."""

    times: int = 0
    budget: float = inf


class Amplified(NamedTuple):
    """`attempts` a second, the share of them that is `failing`, the share of requests `lost`."""

    attempts: float
    failing: float
    lost: float


def attempts_each(failing: float, retry: Retry) -> float:
    """Return the attempts a request takes on the average where each fails with a probability.

    `attempts_each(0.5, Retry(1))` is 1.5. Source: geometric sum, cut at the budget.
    """
    if not 0 <= failing <= 1:
        raise InvalidLoad(f"failing: {failing!r} must be in [0, 1]")
    each, again = 1.0, 1.0
    for _ in range(retry.times):
        again *= failing
        each += again
    return min(each, 1 + retry.budget)


def amplified(
    rate: float,
    failing: Callable[[float], float],
    retry: Retry,
    before: float = 0.0,
    within: float = 1e-6,
) -> Amplified:
    """Return the fixed point that *rate* requests a second come to.

    *failing* says which share of so many attempts a second fails, and must not fall. *before* is
    the rate of attempts it comes from: the next stable point on that way is found, from the rate
    itself upwards where nothing was before. It is found *within* that share of itself.
    """
    low, high = rate, rate * attempts_each(1.0, retry)
    attempts = min(max(before, low), high)
    failed = failing(attempts)
    # The map is monotone, so that steps of it lead to the nearest fixed point that attracts.
    for _ in range(200):
        last, attempts = attempts, rate * attempts_each(failed, retry)
        failed = failing(attempts)
        if abs(attempts - last) <= within * attempts:
            break
    return Amplified(attempts, failed, max(0.0, 1 - attempts_each(failed, retry) * (1 - failed)))


def failing_in_queue(
    servers: int, load: float, service: float, room: int, patience: float
) -> float:
    """Return the share of attempts that M/M/c/K refuses or answers later than *patience* (s).

    Who gives up is served all the same: the server does not learn of it. First come, first served.
    Source: birth and death; who finds n >= c inside waits for n-c+1 exits at rate c mu, and
    is then served: an Erlang time and an exponential one.
    """
    if room < servers:
        raise InvalidLoad(f"room: {room!r} must be at least the {servers} servers")
    if load <= 0:
        return 0.0 if service <= 0 else exp(-patience / service)
    places, ratio = room - servers, load / servers
    blocked = erlang_b(servers, load)
    top = max(0.0, places * log(ratio))
    weights = [exp(j * log(ratio) - top) for j in range(places + 1)]
    below = (1 / blocked - 1) * exp(-top) if blocked > 0 else inf
    total = below + sum(weights)
    alone = exp(-patience / service)
    if total == inf:
        return alone
    late = below * alone
    for number, weight in enumerate(weights[:-1], start=1):
        late += weight * _later(servers, number, patience / service)
    return min(1.0, (weights[-1] + late) / total)


def _later(servers: int, exits: int, longer: float) -> float:
    """Return P(Erlang(exits, c) + Exp(1) > longer), in units of the service time."""
    if servers == 1:
        return 1 - gamma_below(exits + 1, longer)
    grown = exits * log(servers / (servers - 1)) - longer
    early = gamma_below(exits, (servers - 1) * longer)
    late = 1 - gamma_below(exits, servers * longer)
    return min(1.0, late + (exp(grown) * early if early > 0 else 0.0))
