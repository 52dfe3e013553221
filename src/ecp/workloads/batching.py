"""Batch servers: a GPU takes all that wait, up to so many, and may wait for a batch to fill.

Times in seconds, `rate` in arrivals per second (Poisson).

Sources: N. T. J. Bailey, J. R. Statist. Soc. B 16 (1954), a queue with bulk service; M. F. Neuts,
Ann. Math. Statist. 38 (1967), a general bulk service rule; the rule itself (a batch begins when it
is full, or its oldest request has waited so long): NVIDIA Triton, dynamic batcher,
max_queue_delay_microseconds, which is 0 unless somebody says more.
"""

import math
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from ecp.workloads.queueing import InvalidLoad, poisson

if TYPE_CHECKING:
    import numpy as np

# numpy takes longer to load than all the rest of a service: whoever needs it loads it.

_POINTS = 12
"""Points at which the age of the oldest request is looked at (Gauss and Legendre)."""


class Batches(NamedTuple):
    """A server that takes what waits, up to `largest`, in `fixed + per_item * b` seconds.

    It begins with fewer than `largest` once the oldest has waited for `fill` seconds.
    """

    fixed: float
    per_item: float
    largest: int
    fill: float = 0.0

    def time(self, items: int) -> float:
        """Return how long a batch of so many takes (s)."""
        return self.fixed + self.per_item * items

    @property
    def capacity(self) -> float:
        """Items per second with full batches."""
        return self.largest / self.time(self.largest)


class Batched(NamedTuple):
    """Means of a batch server: `wait` before and `latency` with the batch (s), `batch` size.

    `busy` is the share of time in which it works. Above capacity wait and latency are infinite.
    """

    wait: float
    latency: float
    batch: float
    busy: float


@lru_cache(maxsize=4096)
def batch_server(server: Batches, rate: float) -> Batched:
    """Return the means of one batch server with *rate* arrivals per second.

    The numbers present at the starts of batches are a Markov chain, solved up to a number beyond
    which less than 1e-12 lies; wait by Little's law from the mean number waiting over a cycle.
    Where it waits for a batch to fill, the age of the oldest of k that came during the batch before
    is that of the first of k uniform instants, and what comes until its time is up is Poisson.
    Exact but for requests that a full batch left over, which are taken to have come as it began:
    none of them waits any longer where a batch takes as long as `fill`. Raises InvalidLoad.
    """
    _check(server, rate)
    largest = server.largest
    if rate == 0:
        return Batched(server.fill, server.fill + server.time(1), 1.0, 0.0)
    if rate >= server.capacity:
        return Batched(math.inf, math.inf, float(largest), 1.0)
    import numpy as np

    load = rate / server.capacity
    mean = rate * server.time(largest)
    size = largest + math.ceil(mean + 8 * math.sqrt(mean) + 16 + 24 * load / (1 - load))
    chain = np.zeros((size, size))
    ages: dict[float, _Ages] = {}
    idle, waiting = np.zeros(size), np.zeros(size)  # seconds and request-seconds before a batch
    for taken in range(1, largest + 1):
        took = server.time(taken)
        counts = poisson(rate * took, size)
        row, idle[taken - 1], waiting[taken - 1] = _after(server, rate, took, counts, ages)
        chain[taken - 1] = row
        if taken < largest:
            continue
        for over in range(1, size - largest + 1):
            begun = np.zeros(size)
            begun[over - 1 :] = counts[: size - over + 1]
            place = largest + over - 1
            chain[place], idle[place], waiting[place] = _filled_up(
                begun, _Filling(rate, max(0.0, server.fill - took), largest)
            )
    chain[:, -1] += np.maximum(0.0, 1 - chain.sum(axis=1))
    # One of the balance equations follows from the others; the sum of all takes its place.
    system = chain.T - np.eye(size)
    system[-1] = 1
    shares = np.linalg.solve(system, np.eye(size)[-1])
    present = np.arange(1, size + 1)
    batches = np.minimum(present, largest)
    times = server.fixed + server.per_item * batches
    left = present - batches
    cycle = float(shares @ (times + idle))
    queue = float(shares @ (left * times + rate * times**2 / 2 + waiting)) / cycle
    batch = float(shares @ batches)
    in_service = float(shares @ (batches * times)) / batch
    wait = queue / rate
    return Batched(wait, wait + in_service, batch, float(shares @ times) / cycle)


def _check(server: Batches, rate: float) -> None:
    for name, value in (("rate", rate), *server._asdict().items()):
        if not (math.isfinite(value) and value >= 0):
            raise InvalidLoad(f"{name}: {value!r} must be zero or more, and finite")
    if server.largest < 1:
        raise InvalidLoad(f"largest: {server.largest!r} must be 1 or more")


class _Filling:
    """What comes in *within* seconds while a batch fills up to *largest*."""

    def __init__(self, rate: float, within: float, largest: int) -> None:
        import numpy as np

        self.within = within
        self.largest = largest
        self.counts = counts = poisson(rate * within, largest)
        # The chance that the j-th next one comes in time, and sums of these.
        comes = np.maximum(0.0, 1 - np.cumsum(counts[:largest]))
        self._comes = np.cumsum(comes) / rate
        self._weighted = np.cumsum(np.arange(largest) * comes) / rate

    def of(self, there: int) -> tuple["np.ndarray", float, float]:
        """Return the distribution of how many a batch begins with that *there* wait for, over
        there … largest; the mean time until then, and the request-seconds waited."""
        import numpy as np

        room = self.largest - there
        if room <= 0 or self.within <= 0:
            return np.ones(1), 0.0, 0.0
        found = np.empty(room + 1)
        found[:room] = self.counts[:room]
        found[room] = max(0.0, 1 - found[:room].sum())
        lasts = float(self._comes[room - 1])
        return found, lasts, there * lasts + float(self._weighted[room - 1])


def _filled_up(begun: "np.ndarray", filling: _Filling) -> tuple["np.ndarray", float, float]:
    """Return what becomes of *begun* (by the number that wait, from 1) where all wait as long."""
    import numpy as np

    if filling.within <= 0:
        return begun, 0.0, 0.0
    row, idle, waited = begun.copy(), 0.0, 0.0
    row[: filling.largest - 1] = 0.0
    for there in range(1, filling.largest):
        weight = float(begun[there - 1])
        if weight < 1e-15:
            continue
        found, lasts, area = filling.of(there)
        row[there - 1 : filling.largest] += weight * found
        idle += weight * lasts
        waited += weight * area
    return np.asarray(row), idle, waited


class _Ages:
    """What comes while a batch fills, by the age of the oldest: at points up to *bound* seconds.

    `rows` by point, by how many there are (from 1) and by how many the batch begins with (from 1);
    `lasts` and `areas` by point and by how many there are, as of a _Filling.
    """

    def __init__(self, rate: float, fill: float, bound: float, largest: int) -> None:
        import numpy as np

        points, weights = np.polynomial.legendre.leggauss(_POINTS)
        self.ages = (points + 1) / 2 * bound
        self.weights = weights / 2 * bound
        self.rows = np.zeros((_POINTS, largest - 1, largest))
        self.lasts = np.zeros((_POINTS, largest - 1))
        self.areas = np.zeros((_POINTS, largest - 1))
        for point, age in enumerate(self.ages):
            filling = _Filling(rate, fill - float(age), largest)
            for there in range(1, largest):
                found, lasts, area = filling.of(there)
                self.rows[point, there - 1, there - 1 :] = found
                self.lasts[point, there - 1], self.areas[point, there - 1] = lasts, area


def _after(
    server: Batches, rate: float, took: float, counts: "np.ndarray", ages: dict[float, _Ages]
) -> tuple["np.ndarray", float, float]:
    """Return what the next batch begins with (from 1), after one of *took* s that left nobody;
    the mean time until then, and the request-seconds waited. *ages* are those known, by bound."""
    import numpy as np

    largest, fill = server.largest, server.fill
    size = len(counts) - 1
    row = counts[1 : size + 1].copy()
    # Nobody came: the next one that does is the oldest.
    alone = np.zeros(size)
    alone[0] = counts[0]
    extra, lasts, waited = _filled_up(alone, _Filling(rate, fill, largest))
    row += extra
    idle = float(counts[0]) / rate + lasts
    if fill <= 0 or largest == 1:
        return row, idle, waited
    # k came: the oldest has an age up to a with the chance (a / took) ** k.
    bound = min(fill, took)
    known = ages.get(bound)
    if known is None:
        known = ages[bound] = _Ages(rate, fill, bound, largest)
    came = np.arange(1, largest)
    density = came * (known.ages[:, None] / took) ** (came - 1) / took
    weights = known.weights[:, None] * density * counts[1:largest]
    row[: largest - 1] -= weights.sum(axis=0)
    row[:largest] += np.einsum("pk,pkj->j", weights, known.rows)
    idle += float((weights * known.lasts).sum())
    waited += float((weights * known.areas).sum())
    return row, idle, waited
