"""One pod's loop: from its record and the instant to its record one sync later.

The record's agenda says what happens next and when. `advance` carries out what is due, step by
step, each at its own instant: sandbox, pull, create and start, the runtime's relist, probes,
exits, back-off, end. Nothing here ticks: a passing probe has no place in the agenda.

Source: kubernetes pkg/kubelet/kubelet.go (syncPod, SyncTerminatingPod), pkg/kubelet/kuberuntime
(SyncPod, doBackOff, killContainer), pkg/kubelet/images/image_manager.go.
"""

from bisect import insort
from typing import TYPE_CHECKING, Any

from ecp.kube import kinds
from ecp.kube.times import rfc3339
from ecp.sim.kubelet import (
    admitting,
    disk,
    ending,
    images,
    probes,
    renewing,
    resizing,
    starting,
    volumes,
)
from ecp.sim.kubelet.node import NodeSeen
from ecp.sim.kubelet.status import compute_phase, render, restartable
from ecp.sim.kubelet.template import ContainerSpec, PodTemplate
from ecp.sim.plans import Action, EventNote, Plan, Reader, Remove, Update
from ecp.sim.store import Obj
from ecp.sim.world.records import (
    RUNNING,
    TERMINATED,
    WAITING,
    ContainerRun,
    NodeRun,
    PodRun,
    ProbeRun,
)

if TYPE_CHECKING:
    from ecp.sim.kubelet.controller import Kubelet


# What the kubelet does to a container before it looks at it again.
_HELD = ("kill", "hook", "unstart")
# Every pod has some of each row: straight from the tuple, past the constructor's arguments.
_row = tuple.__new__


class PodLoop:
    """The work of one reconcile of one pod."""

    __slots__ = (
        "chance",
        "events",
        "eviction",
        "machine",
        "node",
        "now",
        "pod",
        "read",
        "redefined",
        "removed",
        "run",
        "template",
        "timing",
        "world",
    )

    def __init__(
        self,
        kubelet: "Kubelet",
        read: Reader,
        pod: Obj,
        run: PodRun,
        template: PodTemplate,
        machine: NodeRun,
        node: NodeSeen,
        now: int,
    ) -> None:
        self.world = kubelet.world
        self.chance = kubelet.chance
        self.timing = kubelet.timing
        self.eviction = kubelet.eviction
        self.read = read
        self.pod = pod
        self.run = run
        self.template = template
        self.machine = machine
        self.node = node
        self.now = now
        self.events: list[EventNote] = []
        self.removed = False
        self.redefined = False

    def reconcile(self) -> Plan:
        """Bring the record up to now and say what follows from it."""
        run = self.run
        if run.started_at is None and not run.outage and not run.agenda:
            admitting.take_on(self, self.now)
        if run.outage:
            ending.recover(self, self.now)
        if "deletionTimestamp" in self.pod["metadata"]:
            ending.terminate(self, self.now)
        elif run.verdict and run.end is None:
            if not run.verdict[4]:
                ending.condemn(self, self.now)
        elif self.redefined:
            ending.redefine(self, self.now)
            resizing.resize(self, self.now)
        elif run.resize[:1] == [resizing.DEFERRED]:
            resizing.resize(self, self.now)
        if run.poked:
            self.poke(self.now)
        if run.waits_for and not run.terminating:
            self.look_again(self.now)
        agenda, now = run.agenda, self.now
        while agenda and agenda[0][0] <= now:
            at, _, step, index, attempt = agenda.pop(0)
            if index < 0:
                _POD_STEPS[step](self, at)
                continue
            container = run.containers[index]
            if container.attempt == attempt:
                _CONTAINER_STEPS[step](self, at, index, container)
        return self.plan()

    def plan(self) -> Plan:
        """Return the actions, the events and the instant of the next step."""
        run, pod = self.run, self.pod
        actions: tuple[Action, ...] = ()
        known = pod.get("status")
        if run.dirty or (known is not run.seen and known != run.seen):
            status = render(pod, run, self.template, self.node.address, self.now)
            if status == known:
                run.seen = known
            else:
                written = (kinds.PODS, {**pod, "status": status}, "status")
                actions = (_row(Update, written),)
                run.seen = status
            run.dirty = False
        else:
            run.seen = known  # equal, but another dict after a restart
        if self.removed:
            key = run.key
            actions = (*actions, Remove(kinds.PODS, key, run.uid))
            volumes.let_go(self)
            images.left(self.machine, run, self.now)
            self.world.drop_pod(run)
            return Plan(actions, tuple(self.events))
        agenda = run.agenda
        return _row(Plan, (actions, tuple(self.events), agenda[0][0] if agenda else None))

    def later(self, at: int, step: str, index: int = -1, attempt: int = 0) -> None:
        """Put a step on the agenda."""
        run = self.run
        run.order += 1
        insort(run.agenda, [at, run.order, step, index, attempt])

    def event(self, kind: str, reason: str, message: str, field_path: str = "") -> None:
        """Note a Kubernetes Event about the pod."""
        self.events.append(_row(EventNote, (self.pod, kind, reason, message, field_path)))

    def relist_at(self, at: int) -> int:
        """Return when the kubelet next asks the runtime what runs, after *at*."""
        period = self.timing.relist
        phase = self.world.phase(f"relist/{self.run.node}", period)
        return (at - phase) // period * period + phase + period

    def look(self, at: int) -> None:
        """See to it that the kubelet looks at the containers at the relist after *at*."""
        when = self.relist_at(at)
        run = self.run
        if run.relist_at is None:
            run.relist_at = when
            self.later(when, "relist")

    def sync(self, at: int) -> bool:
        """Start what should run and does not; one container at a time, init containers first.

        Returns False when a container could not be started: the kubelet then does not ask the
        runtime at once what became of the others.
        """
        run = self.run
        if run.terminating or run.end is not None or run.verdict or run.renewing or not run.sandbox:
            return True
        for container in run.containers:
            if container.doing:
                return True
        well = True
        # Ephemeral ones wait for nobody and are started once.
        for index, container in enumerate(run.containers):
            if container.role == "ephemeral" and not container.attempt:
                spec = self.template.containers[index]
                if starting.begin(self, at, index, container, spec):
                    return True
        for index, container in enumerate(run.containers):
            if container.role == "ephemeral":
                continue
            spec = self.template.containers[index]
            if container.role == "init":
                if container.done:
                    continue
                if container.attempt > container.ended or _failed_for_good(container, spec):
                    return well
                return starting.begin(self, at, index, container, spec)
            if container.attempt > container.ended:
                if container.role == "sidecar" and not container.started:
                    return well
                continue
            if (
                container.attempt
                and container.term is not None
                and not restartable(spec, container.term["exitCode"])
            ):
                continue
            if starting.begin(self, at, index, container, spec):
                return well
            well = False
            if container.role == "sidecar" and not container.attempt:
                return well
        return well

    def jittered(self, wait: int, container: ContainerRun, at: int) -> int:
        """Stretch a wait by up to half, as the kubelet's work queue does."""
        unit = self.chance.unit(f"resync/{self.run.uid}/{container.name}", at)
        return wait + int(wait * unit / 2) // 1_000_000 * 1_000_000

    def retry(self, at: int, container: ContainerRun) -> None:
        container.retry_at = at
        self.later(at, "sync")

    def shows(self, container: ContainerRun, reason: str, message: str) -> None:
        if (container.reason, container.message, container.state) != (reason, message, WAITING):
            container.reason, container.message, container.state = reason, message, WAITING
            self.run.dirty = True

    def relist(self, at: int) -> None:
        """Compare what runs with what was seen, and act on the difference."""
        run = self.run
        if run.relist_at == at:
            run.relist_at = None
        for index, container in enumerate(run.containers):
            if container.attempt == container.ended or container.doing in _HELD:
                continue
            if not container.alive(at):
                self.notice_end(container)
            elif container.state != RUNNING:
                self._notice_start(at, index, container)
        renewing.look(self, at)
        self.judge(at)
        self.sync(at)

    def _notice_start(self, at: int, index: int, container: ContainerRun) -> None:
        spec = self.template.containers[index]
        container.state = RUNNING
        container.reason = container.message = ""
        container.restarts = container.attempt - 1
        container.started = not spec.has_startup
        container.ready = (
            container.started and not spec.has_readiness and container.role != "ephemeral"
        )
        self.run.dirty = True
        container.probes = []
        if container.role == "init":
            return
        for number, probe in enumerate(spec.probes):
            row = ProbeRun(probe.kind, number)
            ready = probe.kind == "readiness"
            row.base = at + self.timing.notice if ready else self.run.probed_from
            container.probes.append(row)
            probes.plan(self, index, container, row, at)

    def notice_end(self, container: ContainerRun) -> None:
        assert container.exit_at is not None
        assert container.started_at is not None
        term: dict[str, Any] = {
            "exitCode": container.exit_code,
            "reason": container.exit_reason,
            "startedAt": rfc3339(container.started_at),
            "finishedAt": rfc3339(container.exit_at),
            "containerID": container.container_id,
        }
        container.last = container.term
        container.term = term
        container.ended = container.attempt
        container.restarts = container.attempt - 1
        container.state = TERMINATED
        container.reason = container.message = ""
        container.retry_at = 0
        container.started = container.ready = False
        container.probes = []
        container.done = container.role == "init" and container.exit_code == 0
        self.run.dirty = True

    def judge(self, at: int) -> None:
        """See whether the pod is over: no container runs and none will be started again."""
        run = self.run
        if run.end is not None or run.terminating or run.renewing or not self.template.may_end:
            return
        sidecars = False
        for container, spec in zip(run.containers, self.template.containers, strict=True):
            if container.role == "sidecar":
                if container.alive(at) or container.attempt > container.ended:
                    sidecars = True
                continue
            if container.role == "ephemeral" or (container.role == "init" and container.done):
                continue
            if container.term is None or container.attempt > container.ended:
                if container.role == "app" and self._init_failed():
                    continue
                return
            if restartable(spec, container.term["exitCode"]):
                return
        if sidecars:
            ending.kill_rest(self, at)
            return
        self.over(at, [compute_phase(run, self.template, terminal=True), "", ""])

    def _init_failed(self) -> bool:
        return any(
            c.role == "init" and c.attempt == c.ended and _failed_for_good(c, spec)
            for c, spec in zip(self.run.containers, self.template.containers, strict=True)
        )

    def over(self, at: int, end: list[str]) -> None:
        run = self.run
        for container in run.containers:
            if container.role == "ephemeral" and container.attempt > container.ended:
                container.exit_at, container.exit_code, container.exit_reason = at, 137, "Error"
                self.notice_end(container)
        run.end = end
        run.sandbox = False
        run.dirty = True
        run.agenda.clear()
        self.world.wait_for(run, [])
        self.world.release(run)
        volumes.let_go(self)

    def look_again(self, now: int) -> None:
        """An object that a container's environment needs has changed: do not wait too long."""
        admitting.mount_again(self, now)
        soon = now + self.timing.backoff
        for index, container in enumerate(self.run.containers):
            if container.reason != starting.CONFIG_ERROR or container.retry_at <= soon:
                continue
            if admitting.missing(self, self.template.containers[index].needs) is None:
                self.retry(soon, container)

    def poke(self, now: int) -> None:
        """Something happened to the processes: look, and think about the probes again."""
        run = self.run
        run.poked = False
        if run.terminating or run.verdict:
            return
        for index, container in enumerate(run.containers):
            if container.attempt == container.ended:
                continue
            if container.exit_at is not None and container.exit_at <= now:
                if container.doing in _HELD:
                    self.later(container.exit_at, "exit", index, container.attempt)
                else:
                    self.look(now)
            elif container.exit_at is not None and not container.doing:
                step = [container.exit_at, "exit", index]
                if step not in ([row[0], row[2], row[3]] for row in run.agenda):
                    self.later(container.exit_at, "exit", index, container.attempt)
        probes.replan(self, now)


def _failed_for_good(container: ContainerRun, spec: ContainerSpec) -> bool:
    """Whether an init container failed and is not started again."""
    term = container.term
    return term is not None and term["exitCode"] != 0 and not restartable(spec, term["exitCode"])


_POD_STEPS = {
    "door": admitting.take_on,
    "impatient": admitting.impatient,
    "mount": admitting.mount,
    "volumes": admitting.out_of_patience,
    "sandbox": admitting.sandbox,
    "sync": PodLoop.sync,
    "relist": PodLoop.relist,
    "gone": ending.gone,
    "deadline": ending.past_deadline,
    "expired": ending.expired,
    "condemned": ending.condemned,
    "full": disk.full,
    "renewed": renewing.renewed,
    "resize": resizing.resize,
    "resized": resizing.resized,
    "actuate": resizing.actuate,
}
_CONTAINER_STEPS = {
    "pulled": starting.pulled,
    "start": starting.start,
    "hooked": starting.hooked,
    "exit": ending.exit,
    "unhooked": ending.unhooked,
    "startup": probes.tick_startup,
    "readiness": probes.tick_readiness,
    "liveness": probes.tick_liveness,
}
