"""Sizing: from a tenant's counters to replicas, requests, limits and GPUs; one engine for all.

What is promised. In the busy hour and without a fault each resource refuses at most `blocking` of
those who ask for it, so that a call that needs three of them (line, STT, TTS) is refused three
times that at most, below what 99.5 % allows. With one zone lost the rest still keeps
`blocking_degraded`, far below the 10 % that make a slot count as down.

How. Channels and streams by Erlang B, a loss system a replica, because kube-proxy sends a new
connection to any replica (routing `random`): at 0.889 Erlang a channel ten lines would refuse 16 %,
so lines are added until they refuse a thousandth. GPU servers that batch by the batch formula,
everything else by Erlang C with the 95th percentile of its time. Each figure says by which.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ecp.workloads.demand import Load, TenantDemand, busy_hour, needed
from ecp.workloads.presets import Preset, preset_of
from ecp.workloads.profiles import GPU_TYPES, Profile, Profiles, profiles
from ecp.workloads.queueing import batch_server, erlang_b, sojourn_quantile

MIB = 1024 * 1024
_MOST_REPLICAS = 5000
_KEPT_DAYS = 90  # domain: recordings are kept 90, 365 or 1095 days
_CPU_BUSY = 0.6  # of the CPU request, in the busy hour, where requests are what costs CPU


class Unsizable(ValueError):
    """No number of replicas does it: the message says which workload and what stands in the way."""


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


@dataclass(frozen=True, slots=True)
class Sized:
    """One workload's size. CPU in millicores, memory and storage in bytes, all of one replica.

    `slots` is what a replica serves at once: sessions, streams, threads, a batch. `least` and
    `most` bound an autoscaler; both are `replicas` where there is none. `load` is the busy hour's.
    """

    workload: str
    replicas: int
    least: int
    most: int
    slots: int
    cpu: int
    memory: int
    cpu_limit: int
    memory_limit: int
    gpus: int
    storage: int
    load: Load
    why: tuple[Why, ...]


class Totals(NamedTuple):
    """Sums over all replicas: millicores, bytes, GPUs, bytes claimed, bytes of kept recordings."""

    cpu: int
    memory: int
    cpu_limit: int
    memory_limit: int
    gpus: int
    storage: int
    recordings: int
    pods: int


@dataclass(frozen=True, slots=True)
class Sizing:
    """A tenant's size: its preset, the GPU type ("" = none needed), its workloads.

    The order of `workloads` is that of their dependencies: what is called comes first.
    """

    tenant: TenantDemand
    preset: Preset
    gpu_type: str
    workloads: Mapping[str, Sized]
    goals: Goals
    totals: Totals
    why: tuple[Why, ...]

    def to_json(self) -> dict[str, object]:
        """Return the sizing as plain data."""
        return {
            "demand": dict(self.tenant.items()),
            "preset": self.preset.name,
            "gpu_type": self.gpu_type or None,
            "totals": self.totals._asdict(),
            "why": [_plain(why) for why in self.why],
            "workloads": [
                {
                    "workload": row.workload,
                    "replicas": row.replicas,
                    "min_replicas": row.least,
                    "max_replicas": row.most,
                    "slots": row.slots,
                    "cpu_millicores": row.cpu,
                    "memory_bytes": row.memory,
                    "cpu_limit_millicores": row.cpu_limit,
                    "memory_limit_bytes": row.memory_limit,
                    "gpus": row.gpus,
                    "storage_bytes": row.storage,
                    "load": {name: round(value, 6) for name, value in row.load._asdict().items()},
                    "why": [_plain(why) for why in row.why],
                }
                for row in self.workloads.values()
            ],
        }


def _plain(why: Why) -> dict[str, object]:
    return {"figure": why.figure, "rule": why.rule, "values": dict(why.values)}


# --- the door ------------------------------------------------------------------------------------


def size(
    tenant: TenantDemand,
    *,
    gpu_type: str | None = None,
    goals: Goals = Goals(),
    known: Profiles | None = None,
) -> Sizing:
    """Size a tenant. *gpu_type* None chooses one by the tenant's size.

    Raises Unsizable, and KeyError for an unknown GPU type.
    """
    known = profiles() if known is None else known
    if gpu_type is not None and gpu_type not in GPU_TYPES:
        raise KeyError(gpu_type)
    loads = busy_hour(tenant, known)
    names = needed(tenant, known)
    has_gpus = any(known[name].resources.gpus for name in names)
    reasons: list[Why] = []
    chosen = gpu_type or (_gpu_for(tenant, names, loads, known, goals, reasons) if has_gpus else "")
    band = preset_of(tenant)
    reasons.insert(
        0,
        _why("preset", "preset", channels=tenant.channels, users=tenant.chatbot, preset=band.name),
    )
    sized = {
        name: _sized(known[name], loads.get(name, Load()), tenant, chosen, goals) for name in names
    }
    kept = sum(
        units * known.by_counter(counter).resources.unit_storage * _KEPT_DAYS
        for counter, units in tenant.items()
        if units
    )
    reasons.append(_why("recordings", "recordings", days=_KEPT_DAYS, gigabytes=f"{kept / 1e9:.0f}"))
    totals = _totals(sized, int(kept))
    return Sizing(tenant, band, chosen if has_gpus else "", sized, goals, totals, tuple(reasons))


def _totals(sized: Mapping[str, Sized], recordings: int) -> Totals:
    rows = sized.values()
    return Totals(
        sum(row.cpu * row.replicas for row in rows),
        sum(row.memory * row.replicas for row in rows),
        sum(row.cpu_limit * row.replicas for row in rows),
        sum(row.memory_limit * row.replicas for row in rows),
        sum(row.gpus * row.replicas for row in rows),
        sum(row.storage * row.replicas for row in rows),
        recordings,
        sum(row.replicas for row in rows),
    )


def _why(figure: str, rule: str, **values: object) -> Why:
    return Why(figure, rule, {name: _spelt(value) for name, value in values.items()})


def _spelt(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _gpu_for(
    tenant: TenantDemand,
    names: tuple[str, ...],
    loads: Mapping[str, Load],
    known: Profiles,
    goals: Goals,
    reasons: list[Why],
) -> str:
    """Choose the GPU type: T4 up to 100 channels, else by the number of T4 that would be needed.

    Up to two T4, up to eight V100, more L40S; the number is that without a spare for a zone.
    Source: domain, choice of GPU.
    """
    if tenant.channels <= 100:
        reasons.append(_why("gpu_type", "gpu-small", channels=tenant.channels, gpu="t4"))
        return "t4"
    bare = Goals(goals.blocking, goals.blocking_degraded, goals.busy, zones=1, spare_zone=False)
    rows = [_sized(known[name], loads.get(name, Load()), tenant, "t4", bare) for name in names]
    count = sum(row.gpus * row.replicas for row in rows)
    chosen = "t4" if count <= 2 else "v100" if count <= 8 else "l40s"
    reasons.append(_why("gpu_type", "gpu-count", channels=tenant.channels, count=count, gpu=chosen))
    return chosen


# --- one workload --------------------------------------------------------------------------------


class _Fit(NamedTuple):
    """Replicas for one size of replica: in the busy hour, and with the spare for a zone."""

    plain: int
    replicas: int
    slots: int


Holds = Callable[[int, bool], bool]
"""Whether so many replicas carry the load; True: with a zone lost, so under the lower goals."""


def _sized(profile: Profile, load: Load, tenant: TenantDemand, gpu: str, goals: Goals) -> Sized:
    model = profile.service.model
    why: list[Why] = []
    if model == "session":
        fit = _session(profile, load, tenant, gpu, goals, why)
    elif model == "batch":
        fit = _batch(profile, load, gpu, goals, why)
    else:
        fit = _request(profile, load, goals, why)
    replicas = fit.replicas
    if replicas > fit.plain:
        left = replicas - math.ceil(replicas / goals.zones)
        why.append(
            _why("replicas", "spare-zone", plain=fit.plain, replicas=replicas, zones=goals.zones,
                 left=left)
        )  # fmt: skip
    if profile.scaling.single:
        why.append(_why("replicas", "single", workload=profile.name))
    most = replicas
    if profile.scaling.automatic:
        most = max(replicas + 1, math.ceil(1.5 * replicas))
        why.append(_why("max_replicas", "autoscaler", least=replicas, most=most))
    elif profile.resources.gpus:
        why.append(_why("max_replicas", "no-autoscaler-gpu", workload=profile.name))
    cpu, memory = _resources(profile, load, fit, goals, why)
    factor = profile.resources.headroom
    return Sized(
        profile.name,
        replicas,
        replicas,
        most,
        fit.slots,
        cpu,
        memory,
        int(cpu * factor),
        int(memory * factor),
        profile.resources.gpus,
        int(profile.resources.storage),
        load,
        tuple(why),
    )


def _least(profile: Profile, first: int, holds: Holds, goals: Goals) -> tuple[int, int]:
    """Return the fewest replicas that hold in the busy hour, and with the spare for a zone."""
    plain = max(1, first)
    while not holds(plain, False):
        plain += 1
        if plain > _MOST_REPLICAS:
            raise Unsizable(
                f"{profile.name}: {_MOST_REPLICAS} replicas do not carry the load within "
                f"{profile.service.latency:g} s"
            )
    if profile.scaling.single:
        if plain > 1:
            raise Unsizable(f"{profile.name}: needs {plain} replicas and can have one only")
        return 1, 1
    if not goals.spare_zone or goals.zones < 2:
        return plain, plain
    replicas = max(plain, 2)
    while not holds(replicas - math.ceil(replicas / goals.zones), True):
        replicas += 1
        if replicas > _MOST_REPLICAS:
            raise Unsizable(f"{profile.name}: no spare for a zone is large enough")
    return plain, replicas


def _session(
    profile: Profile,
    load: Load,
    tenant: TenantDemand,
    gpu: str,
    goals: Goals,
    why: list[Why],
) -> _Fit:
    """Erlang B a replica. Of the sizes a replica comes in, the one that needs the fewest slots."""
    service = profile.service
    sizes = (service.streams[gpu],) if service.streams else profile.scaling.slots
    closed = profile.demand is not None and profile.demand.closed
    people = dict(tenant.items()).get(profile.counter, 0) if closed else None
    best: _Fit | None = None
    for slots in sizes:

        def holds(replicas: int, degraded: bool, slots: int = slots) -> bool:
            if people is not None and people <= slots:
                return replicas >= 1
            if replicas < 1:
                return False
            return _blocked(profile, slots, load.streams, replicas) <= (
                goals.blocking_degraded if degraded else goals.blocking
            )

        plain, replicas = _least(profile, int(load.streams / slots), holds, goals)
        fit = _Fit(plain, replicas, slots)
        if best is None or fit.replicas * fit.slots < best.replicas * best.slots:
            best = fit
    assert best is not None
    rule = "erlang-b" if people is None or people > best.slots else "closed"
    why.append(
        _why("replicas", rule, erlang=load.streams, slots=best.slots, replicas=best.plain,
             units=people or 0, blocking=goals.blocking,
             blocked=_blocked(profile, best.slots, load.streams, best.replicas))
    )  # fmt: skip
    if profile.counter and people is None and profile.demand is not None and load.sessions:
        units = dict(tenant.items())[profile.counter]
        why.append(
            _why("slots", "not-as-many-as-units", units=units,
                 blocked=erlang_b(units, load.sessions * profile.demand.duration))
        )  # fmt: skip
    return best


def _blocked(profile: Profile, slots: int, erlang: float, replicas: int) -> float:
    """Return the share refused: each replica a loss system of its own, unless they are pooled."""
    if profile.service.routing == "pooled":
        return erlang_b(slots * replicas, erlang)
    return erlang_b(slots, erlang / replicas)


def _batch(profile: Profile, load: Load, gpu: str, goals: Goals, why: list[Why]) -> _Fit:
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
        _why("replicas", "batch", rate=load.requests, capacity=server.capacity, replicas=plain,
             busy=goals.busy, latency_ms=found.latency * 1000)
    )  # fmt: skip
    return _Fit(plain, replicas, server.largest)


def _request(profile: Profile, load: Load, goals: Goals, why: list[Why]) -> _Fit:
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
        _why("replicas", "erlang-c", rate=load.requests, erlang=erlang, threads=service.threads,
             replicas=plain, busy=goals.busy, p95_ms=quantile(replicas) * 1000,
             latency_ms=service.latency * 1000)
    )  # fmt: skip
    return _Fit(plain, replicas, service.threads)


def _resources(
    profile: Profile, load: Load, fit: _Fit, goals: Goals, why: list[Why]
) -> tuple[int, int]:
    """Return a replica's requests: CPU (millicores, whole 50) and memory (bytes, whole Mi)."""
    takes = profile.resources
    cpu, memory = takes.cpu, takes.memory
    if profile.service.model == "session" and not profile.service.streams:
        cpu += fit.slots * takes.slot_cpu
        memory += fit.slots * takes.slot_memory
        why.append(
            _why("cpu", "per-slot", base=int(takes.cpu), slot=int(takes.slot_cpu), slots=fit.slots)
        )
        why.append(
            _why("memory", "per-slot-memory", base=int(takes.memory / MIB),
                 slot=int(takes.slot_memory / MIB), slots=fit.slots)
        )  # fmt: skip
    else:
        left = fit.replicas
        if goals.spare_zone and fit.replicas > 1:
            left -= math.ceil(fit.replicas / goals.zones)
        work = 1000 * load.requests * takes.request_cpu / max(1, left) / _CPU_BUSY
        # The base is a request of the domain's own making; more only where the work needs it.
        cpu = max(cpu, work)
        why.append(_why("cpu", "base-or-work", base=int(takes.cpu), work=work))
        why.append(_why("memory", "base-memory", base=int(takes.memory / MIB)))
    why.append(_why("limits", "headroom", factor=takes.headroom))
    return math.ceil(cpu / 50) * 50, math.ceil(memory / MIB) * MIB


def slots_of(
    profile: Profile, *, cpu: float, memory: float, gpus: int = 0, gpu_type: str = "t4"
) -> int:
    """Return what a replica with so much serves at once; for manifests that were not sized here.

    cpu     millicores, and memory in bytes: the limits, or the requests where there are none

    At least 1: whoever runs serves something.
    """
    service, takes = profile.service, profile.resources
    if service.streams:
        return max(1, service.streams[gpu_type] * gpus)
    if service.model == "batch":
        return max(1, service.batches[gpu_type].largest * gpus)
    if service.model == "request":
        return max(1, service.threads)
    found = []
    if takes.slot_cpu:
        found.append((cpu - takes.cpu) / takes.slot_cpu)
    if takes.slot_memory:
        found.append((memory - takes.memory) / takes.slot_memory)
    return max(1, int(min(found))) if found else 1
