"""Probes, without ticking: only the ticks that change something, or are seen to fail, happen.

The kubelet probes on a grid: base + n·period. While a probe is known to succeed for ever (the
process listens, nothing hangs) no tick is planned; whatever could change that pokes the pod, and
the next tick of the grid is worked out then. A failing tick is an event a user sees, so each one
happens, until the limit on events would swallow it anyway.

Base: liveness and startup count from when the pod's volumes stood; readiness from the sync that
saw the container started, because that sync asks for a probe at once.
Source: kubernetes pkg/kubelet/prober/{worker,prober_manager,prober}.go.
"""

from typing import TYPE_CHECKING

from ecp.kube.durations import go_duration
from ecp.sim.kubelet import ending
from ecp.sim.kubelet.hooks import listens
from ecp.sim.kubelet.template import ProbeSpec
from ecp.sim.world.records import RUNNING, ContainerRun, ProbeRun

if TYPE_CHECKING:
    from ecp.sim.kubelet.loop import PodLoop

_SECOND = 1_000_000_000


def outcome(
    loop: "PodLoop", container: ContainerRun, spec: ProbeSpec, at: int
) -> tuple[str, int] | None:
    """Return None when the probe at *at* succeeds, else (the cause, how long it takes in ns)."""
    run = loop.run
    if spec.port is None and spec.handler in ("http", "tcp"):
        return f'strconv.Atoi: parsing "{spec.where}": invalid syntax', 0
    where = spec.where.replace("{ip}", run.ip)
    if _cut(loop) and spec.handler != "exec":
        return f"dial tcp {run.ip}:{spec.port}: i/o timeout", spec.timeout
    if spec.handler == "exec":
        if run.hung:
            return _timed_out(where, spec)
        if spec.ends is not None and (spec.ends.after is None or spec.ends.after > spec.timeout):
            return _timed_out(where, spec)
        if container.listens_at is None or at < container.listens_at:
            return "", 0
        if spec.ends is not None and spec.ends.code:
            return "", spec.ends.after or 0
    elif not listens(loop, spec.port, at):
        if spec.handler == "grpc":
            return (
                f'timeout: failed to connect service "{where}" within '
                f"{go_duration(spec.timeout)}: context deadline exceeded",
                spec.timeout,
            )
        address = where if spec.handler == "tcp" else f"{run.ip}:{spec.port}"
        refused = f"dial tcp {address}: connect: connection refused"
        return (refused if spec.handler == "tcp" else f'Get "{where}": {refused}'), 0
    elif run.hung:
        # The kernel still accepts connections, so a TCP probe sees nothing.
        if spec.handler == "http":
            return (
                f'Get "{where}": context deadline exceeded (Client.Timeout exceeded while '
                "awaiting headers)",
                spec.timeout,
            )
        if spec.handler == "grpc":
            return (
                f"timeout: health rpc did not complete within {go_duration(spec.timeout)}",
                spec.timeout,
            )
    if spec.kind == "readiness" and (container.ready_at is None or at < container.ready_at):
        if spec.handler == "http":
            return "HTTP probe failed with statuscode: 503", 0
        if spec.handler == "grpc":
            return 'service unhealthy (responded with "NOT_SERVING")', 0
        if spec.handler == "tcp":
            return f"dial tcp {where}: connect: connection refused", 0
        return "", 0
    return None


def _timed_out(where: str, spec: ProbeSpec) -> tuple[str, int]:
    said = f'command timed out: "{where}" timed out after {go_duration(spec.timeout)}'
    return said, spec.timeout


def plan(loop: "PodLoop", index: int, container: ContainerRun, probe: ProbeRun, at: int) -> None:
    """Work out the next tick of *probe*, from *at* on, that matters."""
    probe.next = None
    if loop.run.terminating or probe.held or container.state != RUNNING:
        return
    if container.started == (probe.kind == "startup"):
        return
    spec = loop.template.containers[index].probes[probe.spec]
    assert container.started_at is not None
    # The status carries the start in whole seconds, and the delay counts from there.
    begun = container.started_at // _SECOND * _SECOND + spec.delay
    tick = _grid(probe.base, spec.period, max(at, begun))
    found = outcome(loop, container, spec, tick)
    settled = probe.kind == "liveness" or (probe.kind == "readiness" and container.ready)
    if found is None and settled:
        # It succeeds, as it will until something pokes the pod.
        probe.run = 0
        return
    if found is not None and probe.kind == "readiness" and not container.ready:
        tick = _skip_unseen(loop, container, spec, probe, tick)
        found = outcome(loop, container, spec, tick)
    probe.next = tick
    loop.later(tick + (found[1] if found else 0), probe.kind, index, container.attempt)


def _skip_unseen(
    loop: "PodLoop", container: ContainerRun, spec: ProbeSpec, probe: ProbeRun, tick: int
) -> int:
    """Pass over failing ticks whose events would be swallowed, up to the first that succeeds."""
    timing = loop.timing
    if probe.sent < timing.event_burst:
        return tick
    seen = _grid(probe.base, spec.period, tick + timing.event_refill - spec.period)
    well = _well_from(loop, container, spec)
    if well is None:
        return seen
    return min(seen, _grid(probe.base, spec.period, max(tick, well)))


def _cut(loop: "PodLoop") -> bool:
    """Whether no packet gets to the pod, not even its kubelet's."""
    return loop.run.strain is not None and "cut" in loop.run.strain


def _well_from(loop: "PodLoop", container: ContainerRun, spec: ProbeSpec) -> int | None:
    """Return from when a readiness probe will succeed as things stand, None = never."""
    if container.ready_at is None or (loop.run.hung and spec.handler != "tcp"):
        return None
    if _cut(loop) and spec.handler != "exec":
        return None
    if spec.handler == "exec":
        if spec.ends is not None and (spec.ends.code or spec.ends.after is None):
            return None
        listens = container.listens_at
    else:
        found = [
            other.listens_at
            for other in loop.run.containers
            if spec.port in other.ports and other.listens_at is not None
        ]
        listens = min(found) if found else None
    return max(listens, container.ready_at) if listens is not None else None


def _grid(base: int, period: int, at: int) -> int:
    """Return the first instant of the grid that is not before *at*."""
    return base + max(0, -(-(at - base) // period)) * period


def replan(loop: "PodLoop", at: int) -> None:
    """Think about every probe again: something changed."""
    run = loop.run
    run.agenda[:] = [
        row for row in run.agenda if row[2] not in ("startup", "readiness", "liveness")
    ]
    for index, container in enumerate(run.containers):
        for probe in container.probes:
            # A tick that is under way (waiting for its timeout) is thrown away with its answer.
            plan(loop, index, container, probe, at)


def tick_startup(loop: "PodLoop", at: int, index: int, container: ContainerRun) -> None:
    """A tick of the startup probe gave its answer."""
    _tick(loop, at, index, container, "startup")


def tick_readiness(loop: "PodLoop", at: int, index: int, container: ContainerRun) -> None:
    """A tick of the readiness probe gave its answer."""
    _tick(loop, at, index, container, "readiness")


def tick_liveness(loop: "PodLoop", at: int, index: int, container: ContainerRun) -> None:
    """A tick of the liveness probe gave its answer."""
    _tick(loop, at, index, container, "liveness")


def _tick(loop: "PodLoop", at: int, index: int, container: ContainerRun, kind: str) -> None:
    probe = next((p for p in container.probes if p.kind == kind), None)
    if probe is None or probe.next is None or container.state != RUNNING:
        return
    spec = loop.template.containers[index].probes[probe.spec]
    tick = probe.next
    if not container.alive(at):
        # Nothing answers; the relist will see why.
        probe.next = None
        return
    found = outcome(loop, container, spec, tick)
    good = found is None
    if found is not None:
        errored = spec.port is None and spec.handler in ("http", "tcp")
        how = "errored and resulted in unknown state" if errored else "failed"
        loop.event(
            "Warning",
            "Unhealthy",
            f"{kind.capitalize()} probe {how}: {found[0]}",
            loop.template.containers[index].field_path,
        )
        probe.sent += 1
    if probe.good == good:
        probe.run += 1
    else:
        probe.good, probe.run = good, 1
    if probe.run >= (spec.success if good else spec.failure):
        _settle(loop, at, index, container, probe, spec, good)
    if probe in container.probes:
        plan(loop, index, container, probe, tick + 1)


def _settle(
    loop: "PodLoop",
    at: int,
    index: int,
    container: ContainerRun,
    probe: ProbeRun,
    spec: ProbeSpec,
    good: bool,
) -> None:
    """The streak is long enough: the container is ready, started, or to be killed."""
    if probe.kind == "readiness":
        if container.ready != good:
            container.ready = good
            loop.run.dirty = True
        return
    if good:
        if probe.kind == "startup":
            _started(loop, at, index, container)
        return
    probe.held = True
    probe.run = 0
    message = f"Container {container.name} failed {probe.kind} probe"
    owner = loop.template.containers[index]
    if owner.restarts != "Never" or any(action == "Restart" for _, _, action in owner.rules):
        message += ", will be restarted"
    ending.kill(loop, at, index, message, loop.template.grace if spec.grace is None else spec.grace)


def _started(loop: "PodLoop", at: int, index: int, container: ContainerRun) -> None:
    container.started = True
    container.ready = not loop.template.containers[index].has_readiness
    loop.run.dirty = True
    for other in container.probes:
        if other.kind == "readiness":
            other.base = at
        if other.kind != "startup":
            plan(loop, index, container, other, at)
    if container.role == "sidecar":
        loop.sync(at)
