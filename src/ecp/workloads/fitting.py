"""Fitting: how many replicas of one workload carry a load, by the formula of its model.

Each fit is asked twice: for the busy hour, and with one zone lost under lower goals. It says by
which formula, in `Why` lines that a person can read.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ecp.workloads.batching import batch_server
from ecp.workloads.demand import Load, TenantDemand
from ecp.workloads.queueing import erlang_b, sojourn_quantile
from ecp.workloads.sheet import Profile

_MOST_REPLICAS = 5000


class Unsizable(ValueError):
    """No number of replicas does it; `key` and `values` name the sentence that says why."""

    def __init__(self, key: str, **values: str) -> None:
        self.key = key
        self.values = values
        said = ", ".join(f"{name} {value}" for name, value in values.items())
        super().__init__(f"{key}: {said}")


@dataclass(frozen=True, slots=True)
class Goals:
    """What sizing aims at; every share in [0, 1].

    `blocking` of a resource in the busy hour, `blocking_degraded` with one of `zones` lost, `busy`
    the most a server works, `busy_degraded` with a zone lost. `spare_zone` False gives up the
    spare for a zone (and half the GPUs of a small tenant with it).
    """

    blocking: float = 0.001
    blocking_degraded: float = 0.01
    busy: float = 0.7
    busy_degraded: float = 0.9
    zones: int = 3
    spare_zone: bool = True


class Why(NamedTuple):
    """Which formula gave a figure: `sizing.why.<rule>` is the sentence, filled with `values`."""

    figure: str
    rule: str
    values: Mapping[str, str]

    @property
    def text(self) -> str:
        """The message key."""
        return f"sizing.why.{self.rule}"


def why_line(figure: str, rule: str, **values: object) -> Why:
    return Why(figure, rule, {name: _spelt(value) for name, value in values.items()})


def _spelt(value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    return f"{value:.0f}" if abs(value) >= 1000 else f"{round(value, 4):.4g}"


def spelt_bytes(size: float) -> str:
    """Return bytes as people read them: 1.5 GiB, 512 MiB."""
    mib = size / 2**20
    return f"{mib / 1024:.4g} GiB" if mib >= 1024 else f"{mib:.4g} MiB"


class Fit(NamedTuple):
    """Replicas for one size of replica: in the busy hour, and with the spare for a zone."""

    plain: int
    replicas: int
    slots: int


Holds = Callable[[int, bool], bool]
"""Whether so many replicas carry the load; True: with a zone lost, so under the lower goals."""


def _least(profile: Profile, first: int, holds: Holds, goals: Goals) -> tuple[int, int]:
    """Return the fewest replicas that hold in the busy hour, and with the spare for a zone."""
    plain = max(1, first)
    while not holds(plain, False):
        plain += 1
        if plain > _MOST_REPLICAS:
            raise Unsizable(
                "sizing.too-large",
                workload=profile.name,
                limit=str(_MOST_REPLICAS),
                seconds=f"{profile.service.latency:g}",
            )
    if profile.scaling.single:
        if plain > 1:
            raise Unsizable("sizing.one-only", workload=profile.name, needed=str(plain))
        return 1, 1
    if not goals.spare_zone or goals.zones < 2:
        return plain, plain
    replicas = max(plain, 2)
    while not holds(replicas - math.ceil(replicas / goals.zones), True):
        replicas += 1
        if replicas > _MOST_REPLICAS:
            raise Unsizable("sizing.no-spare", workload=profile.name, limit=str(_MOST_REPLICAS))
    return plain, replicas


def session_fit(
    profile: Profile,
    load: Load,
    tenant: TenantDemand,
    gpu: str,
    goals: Goals,
    why: list[Why],
) -> Fit:
    """Erlang B a replica. Of the sizes a replica comes in, the one that needs the fewest slots."""
    service = profile.service
    sizes = (service.streams[gpu],) if service.streams else profile.scaling.slots
    closed = profile.demand is not None and profile.demand.closed
    people = dict(tenant.items()).get(profile.counter, 0) if closed else None
    best: Fit | None = None
    for slots in sizes:

        def holds(replicas: int, degraded: bool, slots: int = slots) -> bool:
            if people is not None and people <= slots:
                return replicas >= 1
            if replicas < 1:
                return False
            return refused_share(profile, slots, load.streams, replicas) <= (
                goals.blocking_degraded if degraded else goals.blocking
            )

        plain, replicas = _least(profile, int(load.streams / slots), holds, goals)
        fit = Fit(plain, replicas, slots)
        if best is None or fit.replicas * fit.slots < best.replicas * best.slots:
            best = fit
    assert best is not None
    rule = "erlang-b" if people is None or people > best.slots else "closed"
    why.append(
        why_line(
            "replicas",
            rule,
            erlang=load.streams,
            slots=best.slots,
            replicas=best.plain,
            units=people or 0,
            blocking_percent=100 * goals.blocking,
            blocked_percent=100 * refused_share(profile, best.slots, load.streams, best.replicas),
        )
    )
    if profile.counter and people is None and profile.demand is not None and load.sessions:
        units = dict(tenant.items())[profile.counter]
        why.append(
            why_line(
                "slots",
                "not-as-many-as-units",
                units=units,
                blocked_percent=100 * erlang_b(units, load.sessions * profile.demand.duration),
            )
        )
    return best


def refused_share(profile: Profile, slots: int, erlang: float, replicas: int) -> float:
    """Return the share refused: each replica a loss system of its own, unless they are pooled."""
    if profile.service.routing == "pooled":
        return erlang_b(slots * replicas, erlang)
    return erlang_b(slots, erlang / replicas)


def batch_fit(profile: Profile, load: Load, gpu: str, goals: Goals, why: list[Why]) -> Fit:
    """The batch formula a replica: not too busy, and the mean well below the latency goal."""
    server = profile.service.batches[gpu]
    latency = profile.service.latency

    def holds(replicas: int, degraded: bool) -> bool:
        if replicas < 1:
            return False
        each = load.requests / replicas
        busy = goals.busy_degraded if degraded else goals.busy
        if each > busy * server.capacity:
            return False
        return batch_server(server, each).latency <= (latency if degraded else latency / 2)

    plain, replicas = _least(profile, int(load.requests / server.capacity), holds, goals)
    found = batch_server(server, load.requests / replicas)
    why.append(
        why_line(
            "replicas",
            "batch",
            rate=load.requests,
            capacity=server.capacity,
            replicas=plain,
            busy_percent=100 * goals.busy,
            latency_ms=found.latency * 1000,
        )
    )
    return Fit(plain, replicas, server.largest)


def request_fit(profile: Profile, load: Load, goals: Goals, why: list[Why]) -> Fit:
    """Erlang C a replica: not too busy, and 95 % of the requests within the latency goal."""
    service = profile.service
    erlang = load.requests * service.time

    def quantile(replicas: int) -> float:
        return sojourn_quantile(service.threads, erlang / replicas, service.time, 0.95)

    def holds(replicas: int, degraded: bool) -> bool:
        if replicas < 1:
            return False
        busy = goals.busy_degraded if degraded else goals.busy
        if erlang / replicas > busy * service.threads:
            return False
        return quantile(replicas) <= service.latency

    plain, replicas = _least(profile, int(erlang / service.threads), holds, goals)
    why.append(
        why_line(
            "replicas",
            "erlang-c",
            rate=load.requests,
            erlang=erlang,
            threads=service.threads,
            replicas=plain,
            busy_percent=100 * goals.busy,
            p95_ms=quantile(plain) * 1000,
            latency_ms=service.latency * 1000,
        )
    )
    return Fit(plain, replicas, service.threads)
