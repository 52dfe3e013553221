"""Ending: exits, kills, deletion, deadlines, and beginning anew after an outage.

Source: kubernetes pkg/kubelet/kubelet.go (SyncTerminatingPod), pkg/kubelet/kuberuntime
(killContainer: hook, SIGTERM, at least two seconds, SIGKILL), pkg/kubelet/active_deadline.go.
"""

from typing import TYPE_CHECKING

from ecp.sim.kubelet import admitting, hooks, starting
from ecp.sim.kubelet.pressure import EVICTED, PREEMPTED, look_again
from ecp.sim.kubelet.status import compute_phase
from ecp.sim.kubelet.timing import draw
from ecp.sim.world.records import ContainerRun

if TYPE_CHECKING:
    from ecp.sim.kubelet.loop import PodLoop

NORMAL, WARNING = "Normal", "Warning"

_SECOND = 1_000_000_000

_TOO_LONG = "Pod was active on the node longer than the specified deadline"


def exit(loop: "PodLoop", at: int, index: int, container: ContainerRun) -> None:
    """A process ended."""
    if container.exit_at != at or container.attempt == container.ended:
        return
    if container.doing == "hook":
        hook = loop.template.containers[index].post_start
        if hook is not None and hook.what.startswith("Exec"):
            starting.unstart(loop, at, index, "command terminated with its container")
        return
    if container.doing == "unstart":
        starting.unstarted(loop, at, index)
        return
    if container.doing == "kill":
        # The kubelet waited for it: the same sync goes on and starts it anew.
        container.doing = ""
        loop.notice_end(container)
        container.killed = True
        loop.judge(at)
        loop.sync(at)
        return
    loop.look(at)


def kill(loop: "PodLoop", at: int, index: int, message: str, grace: int) -> None:
    """Stop a container: hook, SIGTERM, SIGKILL when *grace* (ns) is over."""
    container = loop.run.containers[index]
    if not container.alive(at) or container.doing == "kill":
        return
    _killing(loop, index, message)
    _end_by_signal(loop, at, index, grace, at)
    if container.doing != "unstart":
        container.doing = "kill"
    assert container.exit_at is not None
    loop.later(container.exit_at, "exit", index, container.attempt)


def kill_all(loop: "PodLoop", at: int, grace: int) -> int:
    """Stop all that runs, and return when the last process ends.

    Sidecars end after all others, the last one first, within the same grace; hooks run at once.
    Source: kubernetes pkg/kubelet/kuberuntime/kuberuntime_termination_order.go.
    """
    run = loop.run
    last = mains = at
    later = at
    rows = list(enumerate(run.containers))
    for index, container in [
        *(row for row in rows if row[1].role != "sidecar"),
        *(row for row in reversed(rows) if row[1].role == "sidecar"),
    ]:
        if container.attempt == container.ended or not container.alive(at):
            continue
        container.probes = []
        if container.doing != "kill":
            _killing(loop, index, "")
            _end_by_signal(loop, at, index, grace, max(mains, later))
        assert container.exit_at is not None
        last = max(last, container.exit_at)
        if container.role == "sidecar":
            later = container.exit_at
        elif container.role == "app":
            mains = max(mains, container.exit_at)
    return last


def cut_off(loop: "PodLoop", at: int, index: int) -> int:
    """Stop a container without grace; return when it has ended."""
    container = loop.run.containers[index]
    if container.doing != "kill":
        _killing(loop, index, "killing")
        _end_by_signal(loop, at, index, 0, at)
        container.doing = "kill"
        container.probes = []
    assert container.exit_at is not None
    return container.exit_at


def kill_rest(loop: "PodLoop", at: int) -> None:
    """The containers have ended for good: stop what still runs beside them."""
    kill_all(loop, at, loop.template.grace)
    for index, container in enumerate(loop.run.containers):
        if container.alive(at) and container.doing != "kill":
            container.doing = "kill"
            assert container.exit_at is not None
            loop.later(container.exit_at, "exit", index, container.attempt)


def _killing(loop: "PodLoop", index: int, message: str) -> None:
    spec = loop.template.containers[index]
    loop.event(NORMAL, "Killing", message or f"Stopping container {spec.name}", spec.field_path)


def _end_by_signal(loop: "PodLoop", at: int, index: int, grace: int, turn: int) -> None:
    """Say when and how a container ends that is stopped at *at*, not before its *turn*."""
    container, spec = loop.run.containers[index], loop.template.containers[index]
    signal, left = at, grace
    if spec.pre_stop is not None and grace > 0:
        takes, cause = hooks.outcome(loop, spec.pre_stop, at)
        hook = grace if takes is None else min(takes, grace)
        if cause and hook < grace:
            loop.later(at + hook, "unhooked", index, container.attempt)
        signal += hook
        left -= hook // _SECOND * _SECOND
    if left > 0 and turn > signal:
        wait = min(turn - signal, left)
        signal += wait
        left -= wait // _SECOND * _SECOND
    left = max(left, loop.timing.minimum_grace)
    stop = spec.facts.stop
    if stop is not None and spec.facts.drains:
        stop = max(stop, loop.run.rest)
    if stop is None or loop.run.hung or stop > left:
        when, code = signal + left, 137
    else:
        when, code = signal + stop, spec.facts.stop_code
    if container.exit_at is None or when <= container.exit_at:
        container.exit_at, container.exit_code = when, code
        container.exit_reason = "Completed" if code == 0 else "Error"


def unhooked(loop: "PodLoop", at: int, index: int, container: ContainerRun) -> None:
    """A preStop hook failed; its container is stopped all the same."""
    field_path = loop.template.containers[index].field_path
    loop.event(WARNING, "FailedPreStopHook", "PreStopHook failed", field_path)


def redefine(loop: "PodLoop", now: int) -> None:
    """Stop the containers whose image was changed; they start again with the new one."""
    for index, container in enumerate(loop.run.containers):
        wanted = loop.template.containers[index].image_key
        if container.attempt > container.ended and container.image != wanted:
            message = f"Container {container.name} definition changed, will be restarted"
            kill(loop, now, index, message, loop.template.grace)


def terminate(loop: "PodLoop", now: int) -> None:
    """The pod is to go: stop everything, then let go of the object."""
    run = loop.run
    seconds = loop.pod["metadata"].get("deletionGracePeriodSeconds")
    grace = loop.template.grace if seconds is None else seconds * _SECOND
    if run.terminating:
        if run.deadline is not None and now + grace < run.deadline:
            _hurry(loop, now, grace)
        return
    run.terminating = True
    run.deadline = now + grace
    run.agenda.clear()
    run.relist_at = None
    loop.world.wait_for(run, [])
    last = kill_all(loop, now, grace)
    _go(loop, last)


def _hurry(loop: "PodLoop", now: int, grace: int) -> None:
    """A second deletion left less time."""
    run = loop.run
    run.deadline = now + grace
    limit = now + max(grace, loop.timing.minimum_grace)
    last = now
    for container in run.containers:
        if container.alive(now):
            if container.exit_at is None or container.exit_at > limit:
                container.exit_at, container.exit_code = limit, 137
                container.exit_reason = "Error"
            last = max(last, container.exit_at)
    run.agenda.clear()
    _go(loop, last)


def _go(loop: "PodLoop", last: int) -> None:
    wait = draw(loop.timing.cleanup, loop.chance, f"cleanup/{loop.run.uid}")
    loop.later(last + wait, "gone")


def gone(loop: "PodLoop", at: int) -> None:
    """The last process has ended and everything is unmounted: write the end down, let go."""
    run = loop.run
    ran = False
    for container in run.containers:
        container.doing = ""
        if container.attempt > container.ended:
            loop.notice_end(container)
        ran = ran or container.attempt > 0
    # Who still looks at the pod is to see that it has ended, even if it never began.
    watched = bool(loop.pod["metadata"].get("finalizers"))
    if run.end is None and run.verdict:
        run.end, run.sandbox, run.dirty = ["Failed", *run.verdict[:2]], False, True
    if run.end is None and (ran or watched):
        phase = compute_phase(run, loop.template, terminal=True) if ran else "Failed"
        run.end = [phase, "", ""]
        run.sandbox = False
        run.dirty = True
    loop.removed = True


def past_deadline(loop: "PodLoop", at: int) -> None:
    """The pod ran longer than its activeDeadlineSeconds."""
    run = loop.run
    if run.terminating or run.end is not None:
        return
    loop.event(NORMAL, "DeadlineExceeded", _TOO_LONG)
    run.agenda.clear()
    last = kill_all(loop, at, loop.template.grace)
    loop.later(last, "expired")


def condemn(loop: "PodLoop", now: int) -> None:
    """The node ends the pod for good: say why, and stop everything."""
    run = loop.run
    reason, message, grace, _, _ = run.verdict
    run.verdict[4] = run.dirty = True
    if reason in (EVICTED, PREEMPTED):
        loop.event(WARNING, reason, message)
    run.agenda.clear()
    run.relist_at = None
    loop.later(kill_all(loop, now, grace), "condemned")


def condemned(loop: "PodLoop", at: int) -> None:
    """Everything stopped of a pod that the node has ended."""
    run = loop.run
    for container in run.containers:
        if container.attempt > container.ended:
            loop.notice_end(container)
    loop.over(at, ["Failed", *run.verdict[:2]])
    if run.verdict[0] == EVICTED:
        look_again(loop.world, run.node, at)


def expired(loop: "PodLoop", at: int) -> None:
    """Everything stopped after the deadline: the pod has failed."""
    for container in loop.run.containers:
        if container.attempt > container.ended:
            loop.notice_end(container)
    loop.over(at, ["Failed", "DeadlineExceeded", _TOO_LONG])


def recover(loop: "PodLoop", now: int) -> None:
    """The node is back: nothing that ran before still runs; begin anew."""
    run = loop.run
    run.outage = False
    run.poked = False
    run.agenda.clear()
    run.relist_at = None
    if run.started_at is None:
        admitting.take_on(loop, now)
        return
    for container in run.containers:
        container.doing = ""
        if container.attempt > container.ended:
            loop.notice_end(container)
        container.done = False
        container.retry_at = 0
    if run.end is not None:
        return
    if run.verdict:
        loop.over(now, ["Failed", *run.verdict[:2]])
        return
    if run.sandbox:
        loop.event(
            NORMAL,
            "SandboxChanged",
            "Pod sandbox changed, it will be killed and re-created.",
        )
        run.sandbox = False
        if loop.machine.ips.get(run.ip) == run.uid:
            del loop.machine.ips[run.ip]
    run.dirty = True
    if run.terminating:
        _go(loop, now)
        return
    loop.judge(now)
    if run.end is None:
        if loop.template.deadline is not None:
            loop.later(run.started_at + loop.template.deadline, "deadline")
        admitting.mount(loop, now)
