"""One pod's loop: from its record and the instant to its record one sync later.

The record's agenda says what happens next and when. `advance` carries out what is due, step by
step, each at its own instant: sandbox, pull, create and start, the runtime's relist, probes,
exits, back-off, end. Nothing here ticks: a passing probe has no place in the agenda.

Source: kubernetes pkg/kubelet/kubelet.go (syncPod, SyncTerminatingPod), pkg/kubelet/kuberuntime
(SyncPod, doBackOff, killContainer), pkg/kubelet/images/image_manager.go.
"""

from bisect import insort
from typing import Any

from ecp.kube import kinds
from ecp.kube.times import nanoseconds, rfc3339
from ecp.sim.engine.chance import Chance
from ecp.sim.kubelet import probes
from ecp.sim.kubelet.node import NodeSeen
from ecp.sim.kubelet.status import compute_phase, render, restartable
from ecp.sim.kubelet.template import ContainerSpec, PodTemplate, Reference
from ecp.sim.kubelet.timing import Timing, draw, spread
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
from ecp.sim.world.world import World
from ecp.workloads.durations import go_duration

_SECOND = 1_000_000_000
NORMAL, WARNING = "Normal", "Warning"

CRASH_LOOP = "CrashLoopBackOff"


class PodLoop:
    """The work of one reconcile of one pod."""

    def __init__(
        self, world: World, chance: Chance, timing: Timing, read: Reader, pod: Obj, run: PodRun,
        template: PodTemplate, node: NodeSeen, now: int,
    ) -> None:
        self.world = world
        self.chance = chance
        self.timing = timing
        self.read = read
        self.pod = pod
        self.run = run
        self.template = template
        self.node = node
        self.now = now
        self.machine: NodeRun = world.node(run.node)
        self.events: list[EventNote] = []
        self.removed = False

    # -- the whole ----------------------------------------------------------------------------

    def reconcile(self) -> Plan:
        """Bring the record up to now and say what follows from it."""
        run = self.run
        if run.started_at is None and not run.outage:
            self.take_on(self.now)
        if run.outage:
            self.recover(self.now)
        if "deletionTimestamp" in self.pod["metadata"]:
            self.terminate(self.now)
        if run.poked:
            self.poke(self.now)
        self.advance()
        return self.plan()

    def advance(self) -> None:
        """Carry out every step that is due."""
        agenda, now = self.run.agenda, self.now
        while agenda and agenda[0][0] <= now:
            at, _, step, index, attempt = agenda.pop(0)
            if index < 0:
                _POD_STEPS[step](self, at)
                continue
            container = self.run.containers[index]
            if container.attempt == attempt:
                _CONTAINER_STEPS[step](self, at, index, container)

    def plan(self) -> Plan:
        """Return the actions, the events and the instant of the next step."""
        run, pod = self.run, self.pod
        actions: tuple[Action, ...] = ()
        if run.dirty or pod.get("status") is not run.seen:
            status = render(pod, run, self.template, self.node.address, self.now)
            if status == pod.get("status"):
                run.seen = pod.get("status")
            else:
                actions = (Update(kinds.PODS, {**pod, "status": status}, "status"),)
                run.seen = status
            run.dirty = False
        if self.removed:
            key = run.key
            actions = (*actions, Remove(kinds.PODS, key, run.uid))
            self.world.drop_pod(run)
            return Plan(actions, tuple(self.events))
        agenda = run.agenda
        return Plan(actions, tuple(self.events), agenda[0][0] if agenda else None)

    # -- small words --------------------------------------------------------------------------

    def later(self, at: int, step: str, index: int = -1, attempt: int = 0) -> None:
        """Put a step on the agenda."""
        run = self.run
        run.order += 1
        insort(run.agenda, [at, run.order, step, index, attempt])

    def event(self, kind: str, reason: str, message: str, field_path: str = "") -> None:
        """Note a Kubernetes Event about the pod."""
        self.events.append(EventNote(self.pod, kind, reason, message, field_path))

    def relist_at(self, at: int) -> int:
        """Return when the kubelet next asks the runtime what runs, after *at*."""
        period = self.timing.relist
        phase = self.world.phase(f"relist/{self.run.node}", period)
        return (at - phase) // period * period + phase + period

    def look(self, at: int) -> None:
        """See to it that the kubelet looks at the containers at the relist after *at*."""
        when = self.relist_at(at)
        run = self.run
        if run.relist_at is None or run.relist_at > when or run.relist_at < at:
            run.relist_at = when
            self.later(when, "relist")

    # -- beginning ----------------------------------------------------------------------------

    def take_on(self, now: int) -> None:
        """Admit the pod: the node must have room for it."""
        run = self.run
        for complaint in self.template.complaints:
            self.event(WARNING, "InvalidAnnotation", complaint)
        used = self.machine.used
        for resource, amount in self.template.requests.items():
            room = self.node.allocatable.get(resource)
            if room is None or not amount:
                continue
            held = used.get(resource, 0)
            if held + amount > room:
                self._refuse(resource, amount, held, room)
                return
        for resource, amount in self.template.requests.items():
            used[resource] = used.get(resource, 0) + amount
        run.used = dict(self.template.requests)
        run.started_at = now
        run.dirty = True
        if self.template.deadline is not None:
            self.later(now + self.template.deadline, "deadline")
        self.mount(now)

    def _refuse(self, resource: str, amount: int, held: int, room: int) -> None:
        if resource != "cpu":
            amount, held, room = amount // 1000, held // 1000, room // 1000
        reason = f"OutOf{resource}"
        message = (
            f"Pod was rejected: Node didn't have enough resource: {resource}, requested: "
            f"{amount}, used: {held}, capacity: {room}"
        )
        self.event(WARNING, reason, message.removeprefix("Pod was rejected: "))
        self.run.started_at = self.now
        self.run.end = ["Failed", reason, message]
        self.run.dirty = True

    def mount(self, at: int) -> None:
        """Set the volumes up, or find that one cannot be."""
        run = self.run
        missing = self._missing(self.template.mounts)
        if missing is None:
            run.failures = 0
            self.world.wait_for(run, [])
            wait = draw(self.timing.sandbox, self.chance, f"sandbox/{run.uid}", run.order)
            self.later(at + wait, "sandbox")
            return
        reference, message = missing
        self.event(
            WARNING, "FailedMount",
            f'MountVolume.SetUp failed for volume "{reference.volume}" : {message}',
        )
        wait = min(self.timing.mount_backoff << min(run.failures, 20), self.timing.mount_backoff_max)
        run.failures += 1
        self.later(at + wait, "mount")

    def _missing(self, needs: tuple[Reference, ...]) -> tuple[Reference, str] | None:
        """Return the first needed object or key that is not there, with the kubelet's words."""
        namespace = self.run.key[0]
        for need in needs:
            obj = self.read.get(need.resource, namespace, need.name)
            word = "configmap" if need.resource == kinds.CONFIGMAPS else "secret"
            if obj is None:
                return need, f'{word} "{need.name}" not found'
            if need.key and need.key not in {
                **(obj.get("data") or {}), **(obj.get("binaryData") or {})
            }:
                kind = "ConfigMap" if need.resource == kinds.CONFIGMAPS else "Secret"
                return need, f"couldn't find key {need.key} in {kind} {namespace}/{need.name}"
        return None

    def sandbox(self, at: int) -> None:
        """The pod's network namespace stands: it has its address."""
        run = self.run
        run.sandbox = True
        run.ip = self.node.address if self.template.host_network else self._address()
        self.sync(at)
        if any(container.doing == "pull" for container in run.containers):
            run.dirty = True

    def _address(self) -> str:
        """Take the next free address of the node, going round as host-local IPAM does."""
        machine, network = self.machine, self.node.network
        if network is None:
            return ""
        base, size = network
        for _ in range(size):
            machine.next_ip = machine.next_ip % (size - 3) + 1
            address = _dotted(base + 1 + machine.next_ip)
            if address not in machine.ips:
                machine.ips[address] = self.run.uid
                return address
        return ""

    # -- syncing ------------------------------------------------------------------------------

    def sync(self, at: int) -> None:
        """Start what should run and does not; one container at a time, init containers first."""
        run = self.run
        if run.terminating or run.end is not None or not run.sandbox:
            return
        policy = self.template.restart_policy
        for container in run.containers:
            if container.doing:
                return
        for index, container in enumerate(run.containers):
            spec = self.template.containers[index]
            if container.role == "init":
                if container.done:
                    continue
                if container.attempt > container.ended:
                    return
                if _failed_for_good(container, policy):
                    return
                self.begin(at, index, container, spec)
                return
            if container.attempt > container.ended:
                if container.role == "sidecar" and not container.started:
                    return
                continue
            if container.attempt and container.term is not None and not restartable(
                container.role, policy, container.term["exitCode"]
            ):
                continue
            if self.begin(at, index, container, spec):
                return
            if container.role == "sidecar" and not container.attempt:
                return

    def begin(self, at: int, index: int, container: ContainerRun, spec: ContainerSpec) -> bool:
        """Take a container up: back-off, image, creation. True when the worker is busy with it."""
        if at < container.retry_at:
            return False
        if container.attempt and self._backs_off(at, container, spec):
            return False
        if spec.bad_image:
            self.event(WARNING, "InspectFailed", spec.bad_image, spec.field_path)
            self._fails(at, container, spec, "InvalidImageName", spec.bad_image)
            return False
        present = self.machine.images.get(spec.image_key)
        if present is not None and present <= at and spec.policy != "Always":
            self.event(
                NORMAL, "Pulled",
                f'Container image "{spec.image}" already present on machine and can be accessed '
                "by the pod",
                spec.field_path,
            )
            return self._create(at, index, container, spec)
        if spec.policy == "Never":
            message = f'Container image "{spec.image}" is not present with pull policy of Never'
            self.event(WARNING, "ErrImageNeverPull", message, spec.field_path)
            self._fails(at, container, spec, "ErrImageNeverPull", message)
            return False
        if at < container.pull_until:
            return self._pull_backs_off(at, container, spec)
        self._pull(at, index, container, spec)
        return True

    def _backs_off(self, at: int, container: ContainerRun, spec: ContainerSpec) -> bool:
        """Decide whether a container that ended must wait, and raise its back-off if not.

        Source: doBackOff with client-go util/flowcontrol/backoff.go: 10 s doubled up to 300 s,
        counted from the end of the last run; forgotten when that ran twice the limit.
        """
        timing = self.timing
        if container.killed:
            # The kubelet has just ended it, and still goes by the run before that one.
            container.killed = False
            if container.last is None:
                return False
            ended = nanoseconds(container.last["finishedAt"])
        else:
            ended = container.exit_at if container.exit_at is not None else at
        fresh = ended - container.backoff_at <= 2 * timing.backoff_max
        if container.backoff and fresh and at - ended < container.backoff:
            pod = f"{self.run.key[1]}_{self.run.key[0]}({self.run.uid})"
            self.event(
                WARNING, "BackOff",
                f"Back-off restarting failed container {container.name} in pod {pod}",
                spec.field_path,
            )
            first = container.reason != CRASH_LOOP
            container.reason = CRASH_LOOP
            container.message = (
                f"back-off {go_duration(container.backoff)} restarting failed "
                f"container={container.name} pod={pod}"
            )
            if first:
                # The reason shows from the next sync on, which the runtime's relist brings.
                wait = timing.relist
            else:
                wait = self._jittered(
                    min(ended + container.backoff - at, timing.resync), container, at
                )
                if container.state == TERMINATED:
                    container.state = WAITING
                    self.run.dirty = True
            self._retry(at + wait, container)
            return True
        if container.backoff and fresh:
            container.backoff = min(2 * container.backoff, timing.backoff_max)
        else:
            container.backoff = timing.backoff
        container.backoff_at = at
        return False

    def _jittered(self, wait: int, container: ContainerRun, at: int) -> int:
        """Stretch a wait by up to half, as the kubelet's work queue does."""
        unit = self.chance.unit(f"resync/{self.run.uid}/{container.name}", at)
        return wait + int(wait * unit / 2) // 1_000_000 * 1_000_000

    def _retry(self, at: int, container: ContainerRun) -> None:
        container.retry_at = at
        self.later(at, "sync")

    def _fails(
        self, at: int, container: ContainerRun, spec: ContainerSpec, reason: str, message: str
    ) -> None:
        """Note that a container could not be started and when to try again."""
        timing = self.timing
        self.event(WARNING, "Failed", f"Error: {reason}", spec.field_path)
        self._shows(container, reason, message)
        container.failures += 1
        # Once events are limited to one in five minutes, trying more often shows nothing.
        often = 2 * container.failures < timing.event_burst
        wait = timing.backoff if often else timing.event_refill
        self._retry(at + self._jittered(wait, container, at), container)

    def _shows(self, container: ContainerRun, reason: str, message: str) -> None:
        if (container.reason, container.message, container.state) != (reason, message, WAITING):
            container.reason, container.message, container.state = reason, message, WAITING
            self.run.dirty = True

    # -- images -------------------------------------------------------------------------------

    def _pull(self, at: int, index: int, container: ContainerRun, spec: ContainerSpec) -> None:
        """Queue a pull: a node pulls one image after another."""
        timing, machine = self.timing, self.machine
        self.event(NORMAL, "Pulling", f'Pulling image "{spec.image}"', spec.field_path)
        begins = max(at, machine.pull_free_at)
        name = f"pull/{self.run.node}/{self.run.uid}/{container.name}"
        takes = draw(timing.resolve, self.chance, name, container.attempt + container.failures)
        if not spec.facts.missing:
            present = machine.images.get(spec.image_key)
            if present is None or present > begins:
                bits = spec.facts.size * 8 * _SECOND // timing.link
                takes += spread(bits, timing.pull_sigma, self.chance, f"{name}/size")
                machine.images[spec.image_key] = begins + takes
        machine.pull_free_at = begins + takes
        container.doing = "pull"
        container.asked_at, container.took = at, takes
        self.later(begins + takes, "pulled", index, container.attempt)

    def pulled(self, at: int, index: int, container: ContainerRun) -> None:
        """A pull came to its end, well or badly."""
        spec = self.template.containers[index]
        container.doing = ""
        if spec.facts.missing:
            self._pull_failed(at, container, spec)
            self.sync(at)
            return
        container.pull_error, container.pull_until, container.pull_backoff = "", 0, 0
        self.event(
            NORMAL, "Pulled",
            f'Successfully pulled image "{spec.image}" in {go_duration(container.took)} '
            f"({go_duration(at - container.asked_at)} including waiting). "
            f"Image size: {spec.facts.size} bytes.",
            spec.field_path,
        )
        if not self._create(at, index, container, spec):
            self.sync(at)

    def _pull_failed(self, at: int, container: ContainerRun, spec: ContainerSpec) -> None:
        name = spec.image_key
        error = (
            f'rpc error: code = NotFound desc = failed to pull and unpack image "{name}": '
            f'failed to resolve reference "{name}": {name}: not found'
        )
        self.event(
            WARNING, "Failed", f'Failed to pull image "{spec.image}": {error}', spec.field_path
        )
        self.event(WARNING, "Failed", "Error: ErrImagePull", spec.field_path)
        timing = self.timing
        before = container.pull_backoff
        container.pull_backoff = (
            min(2 * before, timing.backoff_max) if before else timing.backoff
        )
        container.pull_until = at + container.pull_backoff
        container.pull_error = f"ErrImagePull: {error}"
        container.failures += 1
        self._shows(container, "ErrImagePull", error)
        self._retry(at + timing.relist, container)

    def _pull_backs_off(self, at: int, container: ContainerRun, spec: ContainerSpec) -> bool:
        message = f'Back-off pulling image "{spec.image}"'
        self.event(NORMAL, "BackOff", message, spec.field_path)
        self.event(WARNING, "Failed", "Error: ImagePullBackOff", spec.field_path)
        self._shows(container, "ImagePullBackOff", f"{message}: {container.pull_error}")
        wait = self._jittered(container.pull_until - at, container, at)
        self._retry(at + wait, container)
        return False

    # -- starting -----------------------------------------------------------------------------

    def _create(self, at: int, index: int, container: ContainerRun, spec: ContainerSpec) -> bool:
        missing = self._missing(spec.needs)
        if missing is not None:
            need, message = missing
            self.world.wait_for(
                self.run, [f"{need.resource}/{self.run.key[0]}/{need.name}"]
            )
            self.event(WARNING, "Failed", f"Error: {message}", spec.field_path)
            self._shows(container, "CreateContainerConfigError", message)
            container.failures += 1
            timing = self.timing
            often = 2 * container.failures < timing.event_burst
            wait = timing.backoff if often else timing.event_refill
            self._retry(at + self._jittered(wait, container, at), container)
            return False
        if self.run.waits_for:
            self.world.wait_for(self.run, [])
        container.doing = "create"
        wait = draw(
            self.timing.create, self.chance, f"create/{self.run.uid}/{container.name}",
            container.attempt,
        )
        self.later(at + wait, "start", index, container.attempt)
        return True

    def start(self, at: int, index: int, container: ContainerRun) -> None:
        """The container's process starts; when it will listen, and end, is known from here."""
        spec, run = self.template.containers[index], self.run
        name = f"{run.uid}/{container.name}"
        container.doing = ""
        container.failures = 0
        container.attempt += 1
        attempt = container.attempt
        container.container_id = f"containerd://{self._hex64(f'{name}/{attempt}')}"
        container.started_at = at
        starts = spec.facts.start
        if starts:
            factor = draw(self.timing.start, self.chance, f"start/{name}", attempt)
            starts = starts * (factor // 1_000_000) // 1000
        container.listens_at = at + starts
        after = spec.ready_after
        container.ready_at = (
            container.listens_at if after is None else None if after < 0 else at + after
        )
        container.exit_at = None
        if spec.exits is not None:
            container.exit_at, container.exit_code = at + spec.exits, spec.exit_code
            container.exit_reason = "Completed" if spec.exit_code == 0 else "Error"
        if spec.oom_after is not None and (spec.exits is None or spec.oom_after < spec.exits):
            container.exit_at, container.exit_code = at + spec.oom_after, 137
            container.exit_reason = "OOMKilled"
        self.event(NORMAL, "Created", "Container created", spec.field_path)
        self.event(NORMAL, "Started", "Container started", spec.field_path)
        if container.exit_at is not None:
            self.later(container.exit_at, "exit", index, attempt)
        self.look(at)
        self.sync(at)

    def _hex64(self, name: str) -> str:
        bits, name = self.chance.bits, f"container/{name}"
        return "".join(f"{bits(name, n):016x}" for n in range(4))

    # -- seeing -------------------------------------------------------------------------------

    def relist(self, at: int) -> None:
        """Compare what runs with what was seen, and act on the difference."""
        run = self.run
        run.relist_at = None
        for index, container in enumerate(run.containers):
            if container.attempt == container.ended or container.doing == "kill":
                continue
            if not container.alive(at):
                self._notice_end(container)
            elif container.state != RUNNING:
                self._notice_start(at, index, container)
        self._judge(at)
        self.sync(at)

    def _notice_start(self, at: int, index: int, container: ContainerRun) -> None:
        spec = self.template.containers[index]
        container.state = RUNNING
        container.reason = container.message = ""
        container.restarts = container.attempt - 1
        container.started = not spec.has_startup
        container.ready = container.started and not spec.has_readiness
        self.run.dirty = True
        container.probes = []
        if container.role == "init":
            return
        assert self.run.started_at is not None
        for number, probe in enumerate(spec.probes):
            row = ProbeRun(probe.kind, number)
            row.base = at if probe.kind == "readiness" else self.run.started_at
            container.probes.append(row)
            probes.plan(self, index, container, row, at)

    def _notice_end(self, container: ContainerRun) -> None:
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

    def _judge(self, at: int) -> None:
        """See whether the pod is over: no container runs and none will be started again."""
        run, policy = self.run, self.template.restart_policy
        if run.end is not None or run.terminating or policy == "Always":
            return
        sidecars = []
        for index, container in enumerate(run.containers):
            if container.role == "sidecar":
                if container.alive(at) or container.attempt > container.ended:
                    sidecars.append(index)
                continue
            if container.role == "init" and container.done:
                continue
            if container.attempt == 0 or container.attempt > container.ended:
                if container.role == "app" and self._init_failed():
                    continue
                return
            assert container.term is not None
            if restartable(container.role, policy, container.term["exitCode"]):
                return
        if sidecars:
            for index in sidecars:
                self.kill(at, index, "", self.template.grace)
            return
        self._over(at, [compute_phase(run, self.template, terminal=True), "", ""])

    def _init_failed(self) -> bool:
        policy = self.template.restart_policy
        return any(
            c.role == "init" and c.attempt == c.ended and _failed_for_good(c, policy)
            for c in self.run.containers
        )

    def _over(self, at: int, end: list[str]) -> None:
        run = self.run
        run.end = end
        run.sandbox = False
        run.dirty = True
        run.agenda.clear()
        self.world.wait_for(run, [])
        self.world.release(run)

    # -- ending -------------------------------------------------------------------------------

    def exit(self, at: int, index: int, container: ContainerRun) -> None:
        """A process ended."""
        if container.exit_at != at or container.attempt == container.ended:
            return
        if container.doing == "kill":
            # The kubelet waited for it: the same sync goes on and starts it anew.
            container.doing = ""
            self._notice_end(container)
            container.killed = True
            self._judge(at)
            self.sync(at)
            return
        self.look(at)

    def kill(self, at: int, index: int, message: str, grace: int) -> None:
        """Stop a container: hook, SIGTERM, SIGKILL when *grace* (ns) is over."""
        container, spec = self.run.containers[index], self.template.containers[index]
        if not container.alive(at) or container.doing == "kill":
            return
        self.event(
            NORMAL, "Killing", message or f"Stopping container {container.name}", spec.field_path
        )
        self._end_by_signal(at, container, spec, grace)
        container.doing = "kill"
        assert container.exit_at is not None
        self.later(container.exit_at, "exit", index, container.attempt)

    def _end_by_signal(
        self, at: int, container: ContainerRun, spec: ContainerSpec, grace: int
    ) -> None:
        hook = min(spec.pre_stop, grace)
        left = max(grace - hook, self.timing.minimum_grace)
        stop = spec.facts.stop
        if stop is None or self.run.hung or stop > left:
            ends, code = at + hook + left, 137
        else:
            ends, code = at + hook + stop, spec.facts.stop_code
        if container.exit_at is None or ends <= container.exit_at:
            container.exit_at, container.exit_code = ends, code
            container.exit_reason = "Completed" if code == 0 else "Error"

    def terminate(self, now: int) -> None:
        """The pod is to go: stop everything, then let go of the object."""
        run = self.run
        seconds = self.pod["metadata"].get("deletionGracePeriodSeconds")
        grace = self.template.grace if seconds is None else seconds * _SECOND
        if run.terminating:
            if run.deadline is not None and now + grace < run.deadline:
                self._hurry(now, grace)
            return
        run.terminating = True
        run.deadline = now + grace
        run.agenda.clear()
        run.relist_at = None
        self.world.wait_for(run, [])
        last = now
        for phase in ("app", "sidecar"):
            begin = last
            for index, container in enumerate(run.containers):
                spec = self.template.containers[index]
                if (container.role == "sidecar") != (phase == "sidecar"):
                    continue
                if container.attempt == container.ended or not container.alive(now):
                    continue
                container.probes = []
                if container.doing != "kill":
                    self.event(
                        NORMAL, "Killing", f"Stopping container {container.name}",
                        spec.field_path,
                    )
                    self._end_by_signal(
                        begin, container, spec, max(0, run.deadline - begin)
                    )
                assert container.exit_at is not None
                last = max(last, container.exit_at)
        self._go(last)

    def _hurry(self, now: int, grace: int) -> None:
        """A second deletion left less time."""
        run = self.run
        run.deadline = now + grace
        limit = now + max(grace, self.timing.minimum_grace)
        last = now
        for container in run.containers:
            if container.alive(now):
                if container.exit_at is None or container.exit_at > limit:
                    container.exit_at, container.exit_code = limit, 137
                    container.exit_reason = "Error"
                last = max(last, container.exit_at)
        run.agenda.clear()
        self._go(last)

    def _go(self, last: int) -> None:
        wait = draw(self.timing.cleanup, self.chance, f"cleanup/{self.run.uid}")
        self.later(last + wait, "gone")

    def gone(self, at: int) -> None:
        """The last process has ended and everything is unmounted: write the end down, let go."""
        run = self.run
        ran = False
        for container in run.containers:
            container.doing = ""
            if container.attempt > container.ended:
                self._notice_end(container)
            ran = ran or container.attempt > 0
        if run.end is None and ran:
            phase = compute_phase(run, self.template, terminal=True)
            run.end = [phase, "", ""]
            run.sandbox = False
            run.dirty = True
        self.removed = True

    def past_deadline(self, at: int) -> None:
        """The pod ran longer than its activeDeadlineSeconds."""
        run = self.run
        if run.terminating or run.end is not None:
            return
        message = "Pod was active on the node longer than the specified deadline"
        self.event(NORMAL, "DeadlineExceeded", message)
        last = at
        for index, container in enumerate(run.containers):
            if container.alive(at):
                self._end_by_signal(
                    at, container, self.template.containers[index], self.template.grace
                )
                assert container.exit_at is not None
                last = max(last, container.exit_at)
        run.agenda.clear()
        self.later(last, "expired")

    def expired(self, at: int) -> None:
        """Everything stopped after the deadline: the pod has failed."""
        for container in self.run.containers:
            if container.attempt > container.ended:
                self._notice_end(container)
        message = "Pod was active on the node longer than the specified deadline"
        self._over(at, ["Failed", "DeadlineExceeded", message])

    # -- from outside -------------------------------------------------------------------------

    def poke(self, now: int) -> None:
        """Something happened to the processes: look, and think about the probes again."""
        run = self.run
        run.poked = False
        if run.terminating:
            return
        for index, container in enumerate(run.containers):
            if container.attempt == container.ended:
                continue
            if container.exit_at is not None and container.exit_at <= now:
                if container.doing == "kill":
                    self.later(container.exit_at, "exit", index, container.attempt)
                else:
                    self.look(now)
        probes.replan(self, now)

    def recover(self, now: int) -> None:
        """The node is back: nothing that ran before still runs; begin anew."""
        run = self.run
        run.outage = False
        run.poked = False
        run.agenda.clear()
        run.relist_at = None
        if run.started_at is None:
            self.take_on(now)
            return
        for container in run.containers:
            container.doing = ""
            if container.attempt > container.ended:
                self._notice_end(container)
            container.done = False
            container.retry_at = 0
        if run.end is not None:
            return
        if run.sandbox:
            self.event(
                NORMAL, "SandboxChanged",
                "Pod sandbox changed, it will be killed and re-created.",
            )
            run.sandbox = False
            if self.machine.ips.get(run.ip) == run.uid:
                del self.machine.ips[run.ip]
        run.dirty = True
        if run.terminating:
            self._go(now)
            return
        self._judge(now)
        if run.end is None:
            if self.template.deadline is not None:
                self.later(run.started_at + self.template.deadline, "deadline")
            self.mount(now)


def _failed_for_good(container: ContainerRun, policy: str) -> bool:
    """Whether an init container failed and is not started again."""
    term = container.term
    return (
        term is not None and term["exitCode"] != 0
        and not restartable("init", policy, term["exitCode"])
    )


def _dotted(address: int) -> str:
    return f"{address >> 24}.{address >> 16 & 255}.{address >> 8 & 255}.{address & 255}"


_POD_STEPS = {
    "mount": PodLoop.mount,
    "sandbox": PodLoop.sandbox,
    "sync": PodLoop.sync,
    "relist": PodLoop.relist,
    "gone": PodLoop.gone,
    "deadline": PodLoop.past_deadline,
    "expired": PodLoop.expired,
}
_CONTAINER_STEPS = {
    "pulled": PodLoop.pulled,
    "start": PodLoop.start,
    "exit": PodLoop.exit,
    "startup": probes.tick_startup,
    "readiness": probes.tick_readiness,
    "liveness": probes.tick_liveness,
}
