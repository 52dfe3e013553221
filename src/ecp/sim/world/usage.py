"""What containers and nodes take, over a window: what metrics-server reads, and so autoscalers.

Nothing ticks. What the traffic model says of a pod (milli-CPU, bytes) is shared among its running
containers by what they request; a container of which it says nothing takes what its image is known
to take at rest, and what it gains an hour. A fault's leak is the first container's.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ecp.sim.world.records import ContainerRun, PodRun

_SECOND = 1_000_000_000
_HOUR = 3600 * _SECOND
_NANO_OF_MILLI = 1_000_000

RESOLUTION = 15 * _SECOND
"""How often every kubelet is asked (ns). Source: metrics-server manifests/base/deployment.yaml,
--metric-resolution=15s."""
_FRESH = 10 * _SECOND
"""A container that is younger than the resolution is measured from its start on once it has lived
so long (ns). Source: metrics-server pkg/storage/pod.go freshContainerMinMetricsResolution."""


class System(NamedTuple):
    """What kubelet, runtime and operating system of a node take: nano-CPU and bytes, and what
    each pod adds to that."""

    cpu: int
    cpu_of_pod: int
    memory: int
    memory_of_pod: int


SYSTEM = System(200_000_000, 2_500_000, 325 << 20, (325 << 20) // 100)
"""Assumed: kubelet and runtime reach the medians that their own test allows them on a node
without pods (100 m and 100 m, 200 Mi and 125 Mi) and on one of 100 pods (350 m and 100 m, 300 Mi
and 350 Mi), in a straight line between. Source: kubernetes test/e2e/node/kubelet_perf.go."""


class Taken(NamedTuple):
    """What one container took: mean nano-CPU from `begin` (ns) on, bytes at the end.

    `since` is from when on (ns) both are constant.
    """

    name: str
    cpu: int
    memory: int
    begin: int
    since: int


def last_scrape(now: int) -> int:
    """Return the instant (ns) at which kubelets were last asked."""
    return now // RESOLUTION * RESOLUTION


def rows_from(usage: list[list[int]], instant: int) -> list[list[int]]:
    """Return those of the rows of a pod's usage that say what it took from *instant* (ns) on."""
    first = 0
    while first + 1 < len(usage) and usage[first + 1][0] <= instant:
        first += 1
    return usage[first:]


def resting(pod: PodRun, run: ContainerRun, at: int) -> tuple[int, int] | None:
    """Return what a container takes without traffic, nano-CPU and bytes; None: nobody knows.

    A fault's burner takes its share of what it can, as long as it is there.
    """
    takes = run.takes
    if takes is None or run.started_at is None:
        return None
    burn = (pod.strain or {}).get("burn", 0) if run.role == "app" else 0
    cpu = min(takes.cpu + burn * takes.most_cpu, max(takes.cpu, takes.most_cpu * _NANO_OF_MILLI))
    return cpu, takes.memory + _grown(run, at)


def _grown(run: ContainerRun, at: int) -> int:
    """Return the bytes that a container's image gained since it started."""
    takes = run.takes
    if takes is None or run.started_at is None:
        return 0
    return takes.growth * max(0, at - run.started_at - takes.settles) // _HOUR


def taken(pod: PodRun, start: int, end: int, leaked: int) -> tuple[Taken, ...] | None:
    """Return what the containers of a pod that run at *end* took since *start*, in their order.

    *leaked* are the bytes that a fault took. None where a container has not run long enough, where
    none runs, and where nothing is known of one: such a pod has no metrics.
    Source: metrics-server pkg/storage/pod.go, pkg/scraper/client/resource/decode.go.
    """
    if end <= start:
        return None
    running = [run for run in pod.containers if _runs_at(run, end)]
    begins = [_begin(run, start, end) for run in running]
    if not running or None in begins:
        return None
    shares = _shares(running)
    found = []
    for run, begin, share in zip(running, begins, shares, strict=True):
        assert begin is not None
        one = _container(pod, run, share, begin, end)
        if one is None:
            return None
        found.append(one)
    if leaked:
        at = next((n for n, run in enumerate(running) if run.role == "app"), 0)
        found[at] = found[at]._replace(memory=found[at].memory + leaked, since=end)
    return tuple(found)


def _runs_at(run: ContainerRun, end: int) -> bool:
    started = run.started_at
    return started is not None and started < end and (run.exit_at is None or run.exit_at >= end)


def _begin(run: ContainerRun, start: int, end: int) -> int | None:
    """Return from when on a running container is measured; None: not yet."""
    started = run.started_at
    assert started is not None
    if started <= start:
        return start
    return started if end - started >= _FRESH else None


class _Share(NamedTuple):
    """A container's part of what its pod takes: (requested, of all that is requested)."""

    cpu: tuple[int, int]
    memory: tuple[int, int]


_WHOLE = _Share((1, 1), (1, 1))


def _shares(running: Sequence[ContainerRun]) -> Sequence[_Share]:
    if len(running) == 1:
        return (_WHOLE,)
    return [
        _Share(cpu, memory)
        for cpu, memory in zip(
            _parts(running, [run.takes.asks_cpu if run.takes else 0 for run in running]),
            _parts(running, [run.takes.asks_memory if run.takes else 0 for run in running]),
            strict=True,
        )
    ]


def _parts(running: Sequence[ContainerRun], asked: list[int]) -> list[tuple[int, int]]:
    """Return each one's part; where nobody asks, the first container of the spec has it all."""
    total = sum(asked)
    if total:
        return [(amount, total) for amount in asked]
    first = next((n for n, run in enumerate(running) if run.role == "app"), 0)
    return [(int(n == first), 1) for n in range(len(running))]


def _container(pod: PodRun, run: ContainerRun, share: _Share, begin: int, end: int) -> Taken | None:
    total, until, memory, since = 0, end, -1, run.started_at or 0
    for at, cpu, used in reversed(pod.usage):
        since = max(since, at)
        if at >= until:
            continue
        if memory < 0:
            part, whole = share.memory
            memory = used * part // whole + _grown(run, end)
        total += cpu * _NANO_OF_MILLI * (until - max(at, begin)) * share.cpu[0] // share.cpu[1]
        until = max(at, begin)
        if at <= begin:
            break
    if until > begin:
        known = resting(pod, run, end)
        if known is None:
            return None
        total += known[0] * (until - begin)
        if memory < 0:
            memory = known[1]
    if run.takes is not None and run.takes.growth:
        since = end
    return Taken(run.name, total // (end - begin), memory, begin, since)


def of_node(pods: Iterable[Sequence[Taken] | None]) -> tuple[int, int]:
    """Return what a node takes, nano-CPU and bytes, from what each of its *pods* took."""
    cpu, memory = SYSTEM.cpu, SYSTEM.memory
    for pod in pods:
        if pod is None:
            continue
        cpu += SYSTEM.cpu_of_pod
        memory += SYSTEM.memory_of_pod
        for one in pod:
            cpu += one.cpu
            memory += one.memory
    return cpu, memory
