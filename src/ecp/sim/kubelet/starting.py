"""Starting a container: crash back-off, image, configuration, process.

Source: kubernetes pkg/kubelet/kuberuntime (doBackOff, startContainer),
pkg/kubelet/images/image_manager.go, client-go util/flowcontrol/backoff.go.
"""

from bisect import insort
from hashlib import sha256
from typing import TYPE_CHECKING

from ecp.kube.durations import go_duration
from ecp.kube.times import nanoseconds
from ecp.sim.kubelet import admitting, disk, ending, hooks, pulling
from ecp.sim.kubelet.images import repository_of
from ecp.sim.kubelet.status import restartable
from ecp.sim.kubelet.template import FAILS_AT_ONCE, ContainerSpec, Wants
from ecp.sim.kubelet.timing import draw, spread
from ecp.sim.world.records import TERMINATED, WAITING, ContainerRun, PodRun
from ecp.sim.world.troubles import host_of
from ecp.sim.world.world import OOM_KILLED

if TYPE_CHECKING:
    from ecp.sim.kubelet.loop import PodLoop

NORMAL, WARNING = "Normal", "Warning"

_DEADLY = ("dies", "broken")  # strains under which a process ends by itself

CRASH_LOOP = "CrashLoopBackOff"
CONFIG_ERROR = "CreateContainerConfigError"

_SECOND = 1_000_000_000
_DIAL = 30 * _SECOND  # until the runtime gives up a registry; source: go net/http DefaultTransport
# Why a registry gives nothing -> code and words of containerd (core/remotes/docker).
_REFUSALS = {
    "notfound": ("NotFound", "{image}: not found"),
    "auth": (
        "Unknown",
        "pull access denied, repository does not exist or may require authorization: "
        "server message: insufficient_scope: authorization failed",
    ),
    "ratelimit": (
        "Unknown",
        "unexpected status from HEAD request to https://{host}/v2/: 429 Too Many Requests",
    ),
    "timeout": (
        "Unknown",
        'failed to do request: Head "https://{host}/v2/": dial tcp: lookup {host}: i/o timeout',
    ),
}


def begin(
    loop: "PodLoop", at: int, index: int, container: ContainerRun, spec: ContainerSpec
) -> bool:
    """Take a container up: back-off, image, creation. True when the worker is busy with it."""
    if at < container.retry_at:
        return False
    if container.attempt and _backs_off(loop, at, container, spec):
        return False
    if spec.bad_image:
        loop.event(WARNING, "InspectFailed", spec.bad_image, spec.field_path)
        _fails(loop, at, container, spec, "InvalidImageName", spec.bad_image)
        return False
    present = loop.machine.images.get(spec.image_key)
    if present is not None and present <= at and spec.policy != "Always":
        loop.event(
            NORMAL,
            "Pulled",
            f'Container image "{spec.image}" already present on machine and can be accessed '
            "by the pod",
            spec.field_path,
        )
        return _create(loop, at, index, container, spec)
    if spec.policy == "Never":
        message = f'Container image "{spec.image}" is not present with pull policy of Never'
        loop.event(WARNING, "ErrImageNeverPull", message, spec.field_path)
        _fails(loop, at, container, spec, "ErrImageNeverPull", message)
        return False
    if at < container.pull_until:
        return _pull_backs_off(loop, at, container, spec)
    _pull(loop, at, index, container, spec)
    return True


def _backs_off(loop: "PodLoop", at: int, container: ContainerRun, spec: ContainerSpec) -> bool:
    """Decide whether a container that ended must wait, and raise its back-off if not.

    Source: doBackOff with client-go util/flowcontrol/backoff.go: 10 s doubled up to 300 s,
    counted from the end of the last run; forgotten when that ran twice the limit.
    """
    timing = loop.timing
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
        pod = f"{loop.run.key[1]}_{loop.run.key[0]}({loop.run.uid})"
        loop.event(
            WARNING,
            "BackOff",
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
            loop.run.dirty |= container.state == WAITING
        else:
            left = ended + container.backoff - at
            wait = loop.jittered(min(left, timing.resync), container, at)
            if 2 * container.attempt >= timing.event_burst:
                # Nobody would see the events of the syncs in between.
                wait += max(0, left - timing.resync)
            if container.state == TERMINATED:
                container.state = WAITING
                loop.run.dirty = True
        loop.retry(at + wait, container)
        return True
    if container.backoff and fresh:
        container.backoff = min(2 * container.backoff, timing.backoff_max)
    else:
        container.backoff = timing.backoff
    container.backoff_at = at
    return False


def _fails(
    loop: "PodLoop",
    at: int,
    container: ContainerRun,
    spec: ContainerSpec,
    reason: str,
    message: str,
    error: str = "",
) -> None:
    """Note that a container could not be started and when to try again."""
    timing = loop.timing
    loop.event(WARNING, "Failed", f"Error: {error or reason}", spec.field_path)
    loop.shows(container, reason, message)
    container.failures += 1
    # Once events are limited to one in five minutes, trying more often shows nothing.
    often = 2 * container.failures < timing.event_burst
    wait = timing.backoff if often else timing.event_refill
    loop.retry(at + loop.jittered(wait, container, at), container)


def _pull(
    loop: "PodLoop", at: int, index: int, container: ContainerRun, spec: ContainerSpec
) -> None:
    """Queue a pull: a node pulls one image after another."""
    timing, machine = loop.timing, loop.machine
    loop.event(NORMAL, "Pulling", f'Pulling image "{spec.image}"', spec.field_path)
    begins = max(at, machine.pull_free_at)
    name = f"pull/{loop.run.node}/{loop.run.uid}/{container.name}"
    takes = draw(timing.resolve, loop.chance, name, container.attempt + container.failures)
    container.refused = loop.world.troubles.refuses(spec.image_key) or pulling.refusal(loop, spec)
    if container.refused == "timeout":
        takes = _DIAL
    if not spec.facts.missing and not container.refused:
        present = machine.images.get(spec.image_key)
        if present is None or present > begins:
            rate = min(timing.unpack, loop.world.pull(begins, at, timing.link))
            bits = _lacking(loop, begins, spec) * 8 * _SECOND // rate
            takes += spread(bits, timing.pull_sigma, loop.chance, f"{name}/size")
            machine.images[spec.image_key] = begins + takes
            insort(loop.world.pulls, begins + takes)
    machine.pull_free_at = begins + takes
    container.doing = "pull"
    container.asked_at, container.took = at, takes
    loop.later(begins + takes, "pulled", index, container.attempt)


def _lacking(loop: "PodLoop", begins: int, spec: ContainerSpec) -> int:
    """Return how many bytes of an image a node has to download.

    It has the layers that another image of the same repository has in common with it.
    """
    size, key = spec.facts.size, spec.image_key
    repository = repository_of(key)
    kin = any(
        at <= begins and image != key and repository_of(image) == repository
        for image, at in loop.machine.images.items()
    )
    return size * (1_000_000 - loop.timing.common_layers) // 1_000_000 if kin else size


def pulled(loop: "PodLoop", at: int, index: int, container: ContainerRun) -> None:
    """A pull came to its end, well or badly."""
    spec = loop.template.containers[index]
    container.doing = ""
    if spec.facts.missing or container.refused:
        _pull_failed(loop, at, container, spec)
        loop.sync(at)
        return
    container.pull_error, container.pull_until, container.pull_backoff = "", 0, 0
    disk.filled(loop, at)
    loop.event(
        NORMAL,
        "Pulled",
        f'Successfully pulled image "{spec.image}" in {go_duration(container.took)} '
        f"({go_duration(at - container.asked_at)} including waiting). "
        f"Image size: {spec.facts.size} bytes.",
        spec.field_path,
    )
    if not _create(loop, at, index, container, spec):
        loop.sync(at)


def _pull_failed(loop: "PodLoop", at: int, container: ContainerRun, spec: ContainerSpec) -> None:
    name = spec.image_key
    code, why = _REFUSALS[container.refused or "notfound"]
    why = why.format(image=name, host=host_of(name))
    error = (
        f'rpc error: code = {code} desc = failed to pull and unpack image "{name}": '
        f'failed to resolve reference "{name}": {why}'
    )
    loop.event(WARNING, "Failed", f'Failed to pull image "{spec.image}": {error}', spec.field_path)
    loop.event(WARNING, "Failed", "Error: ErrImagePull", spec.field_path)
    timing = loop.timing
    before = container.pull_backoff
    container.pull_backoff = min(2 * before, timing.backoff_max) if before else timing.backoff
    container.pull_until = at + container.pull_backoff
    container.pull_error = f"ErrImagePull: {error}"
    container.failures += 1
    loop.shows(container, "ErrImagePull", error)
    if container.failures == 1:
        # The new sandbox shows in the next relist, and that brings a sync.
        loop.retry(loop.relist_at(at), container)
    else:
        loop.retry(at + loop.jittered(timing.backoff, container, at), container)


def _pull_backs_off(loop: "PodLoop", at: int, container: ContainerRun, spec: ContainerSpec) -> bool:
    message = f'Back-off pulling image "{spec.image}"'
    loop.event(NORMAL, "BackOff", message, spec.field_path)
    loop.event(WARNING, "Failed", "Error: ImagePullBackOff", spec.field_path)
    loop.shows(container, "ImagePullBackOff", f"{message}: {container.pull_error}")
    timing = loop.timing
    wait = loop.jittered(timing.backoff, container, at)
    if 2 * container.failures >= timing.event_burst:
        # Nobody would see the events of the syncs in between.
        wait += max(0, container.pull_until - at - timing.backoff)
    loop.retry(at + wait, container)
    return False


def _create(
    loop: "PodLoop", at: int, index: int, container: ContainerRun, spec: ContainerSpec
) -> bool:
    missing = admitting.missing(loop, spec.needs)
    if missing is not None:
        need, message = missing
        loop.world.wait_for(loop.run, [f"{need.resource}/{loop.run.key[0]}/{need.name}"])
        _fails(loop, at, container, spec, CONFIG_ERROR, message, message)
        return False
    if loop.run.waits_for:
        loop.world.wait_for(loop.run, [])
    if spec.bad_user:
        run = loop.run
        pod = f"{run.key[1]}_{run.key[0]}({run.uid})"
        message = f'{spec.bad_user} (pod: "{pod}", container: {container.name})'
        _fails(loop, at, container, spec, CONFIG_ERROR, message, message)
        return False
    container.doing = "create"
    wait = draw(
        loop.timing.create,
        loop.chance,
        f"create/{loop.run.uid}/{container.name}",
        container.attempt,
    )
    loop.later(at + wait, "start", index, container.attempt)
    return True


def _leaks(run: PodRun, at: int, container: ContainerRun, lifetime: int) -> None:
    """A fault lets the pod's first container leak: it ends at its memory limit."""
    first = next((c for c in run.containers if c.role == "app"), None)
    if container is not first:
        return
    if container.exit_at is None or at + lifetime < container.exit_at:
        container.exit_at, container.exit_code = at + lifetime, 137
        container.exit_reason = OOM_KILLED


def _doomed(run: PodRun, at: int, container: ContainerRun) -> None:
    """A fault lets every process of the pod end soon after it started."""
    assert run.strain is not None
    left = [run.strain[what] for what in _DEADLY if what in run.strain]
    if left and (container.exit_at is None or at + min(left) < container.exit_at):
        container.exit_at, container.exit_code = at + min(left), 1
        container.exit_reason = "Error"


def _alone(container: ContainerRun) -> None:
    """Whom a program needs is not there: it ends instead of listening."""
    ends = container.listens_at
    if ends is not None and (container.exit_at is None or ends < container.exit_at):
        container.exit_at, container.exit_code, container.exit_reason = ends, 1, "Error"


def _provided(loop: "PodLoop", wants: Wants) -> bool:
    """Whether an object gives a program a variable that it needs, now that it starts."""
    for resource, name, prefix in wants.sources:
        found = loop.read.get(resource, loop.run.key[0], name) or {}
        keys = {**(found.get("data") or {}), **(found.get("stringData") or {})}
        if any(f"{prefix}{key}" in wants.names for key in keys):
            return True
    return False


def start(loop: "PodLoop", at: int, index: int, container: ContainerRun) -> None:
    """The container's process starts; when it will listen, and end, is known from here."""
    spec, run = loop.template.containers[index], loop.run
    name = f"{run.uid}/{container.name}"
    container.doing = ""
    container.failures = 0
    container.attempt += 1
    attempt = container.attempt
    # The pod's uid came by chance; what hangs on it need not be drawn again.
    digest = sha256(f"{name}/{attempt}".encode()).hexdigest()
    container.container_id = f"containerd://{digest}"
    container.started_at = at
    if container.image and container.image != spec.image_key:
        loop.machine.image_left[container.image] = at
    container.image = spec.image_key
    container.ports = spec.ports
    container.takes = spec.takes
    starts = spec.facts.start
    if starts:
        factor = draw(loop.timing.start, loop.chance, f"start/{name}", attempt)
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
    if spec.wants is not None and not _provided(loop, spec.wants):
        container.exit_at, container.exit_code = at + FAILS_AT_ONCE, spec.wants.exit_code
        container.exit_reason = "Error"
    if run.strain is not None and container.role == "app":
        _doomed(run, at, container)
    if run.strain is not None and "alone" in run.strain and container.role == "app":
        _alone(container)
    if run.strain is not None and "lifetime" in run.strain:
        _leaks(run, at, container, run.strain["lifetime"])
    loop.event(NORMAL, "Created", "Container created", spec.field_path)
    loop.event(NORMAL, "Started", "Container started", spec.field_path)
    if container.exit_at is not None:
        loop.later(container.exit_at, "exit", index, attempt)
    disk.look(loop, at)
    if loop.machine.tight:
        loop.world.presses(run)
    if spec.post_start is None:
        _well(loop, at)
        return
    container.doing = "hook"
    takes, _ = hooks.outcome(loop, spec.post_start, at)
    if takes is not None:
        loop.later(at + takes, "hooked", index, attempt)


def _well(loop: "PodLoop", at: int) -> None:
    """A container was started: go on with the others."""
    if not loop.sync(at):
        loop.look(at)
    elif not any(other.doing for other in loop.run.containers):
        # A sync that did all it wanted has the runtime asked at once.
        loop.relist(at)


def hooked(loop: "PodLoop", at: int, index: int, container: ContainerRun) -> None:
    """The postStart hook came to its end; until then nobody said that the container runs."""
    if container.doing != "hook":
        return
    hook = loop.template.containers[index].post_start
    cause = "" if hook is None else hooks.outcome(loop, hook, at)[1]
    if cause:
        unstart(loop, at, index, cause)
        return
    container.doing = ""
    _well(loop, at)


def unstart(loop: "PodLoop", at: int, index: int, cause: str) -> None:
    """A container whose postStart hook failed is ended, and tried again."""
    container, spec = loop.run.containers[index], loop.template.containers[index]
    assert spec.post_start is not None
    loop.event(WARNING, "FailedPostStartHook", "PostStartHook failed", spec.field_path)
    container.doing = "unstart"
    container.message = hooks.message(loop, container.name, spec.post_start, cause)
    if container.alive(at):
        ending.kill(loop, at, index, "FailedPostStartHook", loop.template.grace)
    else:
        unstarted(loop, at, index)


def unstarted(loop: "PodLoop", at: int, index: int) -> None:
    """The container has ended that its postStart hook did not let start."""
    container = loop.run.containers[index]
    message = container.message
    container.doing = ""
    loop.notice_end(container)
    if restartable(loop.template.containers[index], container.exit_code):
        loop.shows(container, "PostStartHookError", message)
    loop.look(at)
