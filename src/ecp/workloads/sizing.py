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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from ecp.texts import Language, text
from ecp.workloads import gpus
from ecp.workloads.demand import Load, TenantDemand, busy_hour, needed
from ecp.workloads.fitting import (
    Fit,
    Goals,
    Unsizable,
    Why,
    batch_fit,
    refused_share,
    request_fit,
    session_fit,
    spelt_bytes,
    why_line,
)
from ecp.workloads.presets import Preset, preset_of
from ecp.workloads.profiles import Profiles, profiles
from ecp.workloads.shapes import PLAIN, Shape
from ecp.workloads.sheet import GPU_TYPES, Profile

MIB = 1024 * 1024
GIB = 1024 * MIB
KEPT_DAYS = 90  # domain: recordings are kept 90, 365 or 1095 days
_KNOWN_DEAD = 50  # s of silence until a node is dead: kubernetes pkg/controller/nodelifecycle
_CPU_BUSY = 0.6  # of the CPU request, in the busy hour, where requests are what costs CPU


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

    def to_json(self, language: Language = "en") -> dict[str, object]:
        """Return the sizing as plain data, its reasons also as sentences."""
        return {
            "demand": dict(self.tenant.items()),
            "preset": self.preset.name,
            "gpu_type": self.gpu_type or None,
            "totals": self.totals._asdict(),
            "why": [_plain(why, language) for why in self.why],
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
                    "why": [_plain(why, language) for why in row.why],
                }
                for row in self.workloads.values()
            ],
        }


def _plain(why: Why, language: Language) -> dict[str, object]:
    return {
        "figure": why.figure,
        "rule": why.rule,
        "values": dict(why.values),
        "text": text(why.text, language, **why.values),
    }


# --- the door ------------------------------------------------------------------------------------


def size(
    tenant: TenantDemand,
    *,
    gpu_type: str | None = None,
    offered: Mapping[str, int] | None = None,
    kinds: Sequence[str] | None = None,
    goals: Goals = Goals(),
    known: Profiles | None = None,
    shape: Shape = PLAIN,
) -> Sizing:
    """Size a tenant.

    gpu_type  None chooses one by the tenant's size, among what is offered
    offered   GPUs of each type that the target cluster has; None = not known
    kinds     GPU types that the provider has machines with, None = all
    shape     what the tenant says of its demand: its busiest day and campaign are sized for

    Raises Unsizable, and KeyError for an unknown GPU type.
    """
    known = profiles() if known is None else known
    if gpu_type is not None and gpu_type not in GPU_TYPES:
        raise KeyError(gpu_type)
    if shape is not PLAIN:
        known = shape.sized(known)
    loads = busy_hour(tenant, known, None if shape is PLAIN else shape.busy_rates(tenant, known))
    names = needed(tenant, known)
    has_gpus = any(known[name].resources.gpus for name in names)
    reasons: list[Why] = []
    chosen = gpu_type or ""
    if has_gpus and not chosen:
        bare = replace(goals, zones=1, spare_zone=False)

        def needs(kind: str, goals: Goals = goals) -> float:
            return _gpus_needed(names, loads, tenant, known, kind, goals)

        chosen = gpus.usual(tenant.channels, lambda: needs("t4", bare), reasons)
        if kinds is not None:
            chosen = gpus.within(kinds, chosen, needs, reasons)
        if offered is not None:
            there = {kind: n for kind, n in offered.items() if kinds is None or kind in kinds}
            chosen = gpus.among(there, chosen, needs, reasons)
    band = preset_of(tenant)
    reasons.insert(
        0,
        why_line(
            "preset", "preset", channels=tenant.channels, users=tenant.chatbot, preset=band.name
        ),
    )
    sized = {
        name: _sized(known[name], loads.get(name, Load()), tenant, chosen, goals) for name in names
    }
    kept = sum(
        units * known.by_counter(counter).resources.unit_storage * KEPT_DAYS
        for counter, units in tenant.items()
        if units
    )
    reasons.append(
        # As they are billed: what is begun counts.
        why_line("recordings", "recordings", days=KEPT_DAYS, gigabytes=str(-(-int(kept) // 10**9)))
    )
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


def _gpus_needed(
    names: tuple[str, ...],
    loads: Mapping[str, Load],
    tenant: TenantDemand,
    known: Profiles,
    kind: str,
    goals: Goals,
) -> float:
    """Return how many GPUs of *kind* the tenant takes; infinity where no number does it."""
    try:
        rows = [
            _sized(known[name], loads.get(name, Load()), tenant, kind, goals)
            for name in names
            if known[name].resources.gpus
        ]
    except Unsizable:
        return math.inf
    return sum(row.gpus * row.replicas for row in rows)


# --- one workload --------------------------------------------------------------------------------


def _sized(profile: Profile, load: Load, tenant: TenantDemand, gpu: str, goals: Goals) -> Sized:
    model = profile.service.model
    why: list[Why] = []
    if model == "session":
        fit = session_fit(profile, load, tenant, gpu, goals, why)
    elif model == "batch":
        fit = batch_fit(profile, load, gpu, goals, why)
    else:
        fit = request_fit(profile, load, goals, why)
    replicas = fit.replicas
    if replicas > fit.plain:
        left = replicas - math.ceil(replicas / goals.zones)
        why.append(
            why_line(
                "replicas",
                "spare-zone",
                plain=fit.plain,
                replicas=replicas,
                zones=goals.zones,
                left=left,
            )
        )
    if profile.scaling.single:
        moved = moved_after(profile)
        why.append(
            why_line(
                "replicas",
                "single",
                workload=profile.name,
                seconds=_KNOWN_DEAD + moved,
                known=_KNOWN_DEAD,
                moved=moved,
            )
        )
    most = replicas
    if profile.scaling.automatic:
        most = max(replicas + 1, math.ceil(1.5 * replicas))
        why.append(why_line("max_replicas", "autoscaler", least=replicas, most=most))
    elif profile.resources.gpus:
        why.append(why_line("max_replicas", "no-autoscaler-gpu", workload=profile.name))
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


def moved_after(profile: Profile) -> int:
    """Return how long (s) a single replica's pod waits on a dead node before it is moved.

    The usual 300 s where a disk has to follow, 30 s where nothing has to.
    Source: kubernetes plugin/pkg/admission/defaulttolerationseconds (300 s).
    """
    return 300 if profile.resources.storage else 30


def _resources(
    profile: Profile, load: Load, fit: Fit, goals: Goals, why: list[Why]
) -> tuple[int, int]:
    """Return a replica's requests: CPU (millicores, whole 50) and memory (bytes, whole Mi)."""
    takes = profile.resources
    cpu, memory = takes.cpu, takes.memory
    if profile.service.model == "session" and not profile.service.streams:
        cpu += fit.slots * takes.slot_cpu
        memory += fit.slots * takes.slot_memory
        why.append(
            why_line(
                "cpu",
                "per-slot",
                base=takes.cpu / 1000,
                slot=takes.slot_cpu / 1000,
                slots=fit.slots,
            )
        )
        why.append(
            why_line(
                "memory",
                "per-slot-memory",
                base=spelt_bytes(takes.memory),
                slot=spelt_bytes(takes.slot_memory),
                slots=fit.slots,
            )
        )
    else:
        left = fit.replicas
        if goals.spare_zone and fit.replicas > 1:
            left -= math.ceil(fit.replicas / goals.zones)
        work = 1000 * load.requests * takes.request_cpu / max(1, left) / _CPU_BUSY
        # The base is a request of the domain's own making; more only where the work needs it.
        cpu = max(cpu, work)
        why.append(why_line("cpu", "base-or-work", base=takes.cpu / 1000, work=work / 1000))
        why.append(why_line("memory", "base-memory", base=spelt_bytes(takes.memory)))
    why.append(why_line("limits", "headroom", factor=takes.headroom))
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


# --- what comes of it ----------------------------------------------------------------------------


def refused(
    sizing: Sizing, *, zone_lost: bool = False, known: Profiles | None = None
) -> dict[str, float]:
    """Return the share of each entry workload's sessions that is refused in the busy hour.

    A session is refused when its own workload or one whose streams it holds has no slot left:
    1 - product of (1 - B). With *zone_lost* a zone's share of the replicas is gone.
    """
    known = profiles() if known is None else known
    each = {}
    for name, row in sizing.workloads.items():
        left = row.replicas
        if zone_lost and left > 1:
            left -= math.ceil(left / sizing.goals.zones)
        profile = known[name]
        if profile.service.model == "session":
            each[name] = _refused(profile, row, sizing.tenant, left)
    found = {}
    for counter, units in sizing.tenant.items():
        if units:
            profile = known.by_counter(counter)
            passed = 1 - each.get(profile.name, 0.0)
            for call in profile.calls:
                passed *= (1 - each.get(call.to, 0.0)) ** call.streams
            found[profile.name] = 1 - passed
    return found


def _refused(profile: Profile, row: Sized, tenant: TenantDemand, replicas: int) -> float:
    closed = profile.demand is not None and profile.demand.closed
    if closed and dict(tenant.items())[profile.counter] <= row.slots:
        return 0.0
    return refused_share(profile, row.slots, row.load.streams, replicas)
