"""A container's end that starts its whole pod anew, in the sandbox it has.

Source: kubernetes pkg/kubelet/kuberuntime/kuberuntime_manager.go (getContainersToReset, SyncPod),
pkg/kubelet/status/generate.go (GenerateAllContainersRestartingCondition); 1.36, gate
RestartAllContainersOnContainerExits.
"""

from typing import TYPE_CHECKING, Final

from ecp.sim.kubelet import ending
from ecp.sim.kubelet.status import rule_of
from ecp.sim.world.records import WAITING

if TYPE_CHECKING:
    from ecp.sim.kubelet.loop import PodLoop

RESTART_ALL: Final = "RestartAllContainers"


def look(loop: "PodLoop", at: int) -> None:
    """End all containers, one after the other, where the end of one of them asks for that."""
    run, template = loop.run, loop.template
    if not template.may_renew or run.renewing or run.terminating or run.end is not None:
        return
    for container, spec in zip(run.containers, template.containers, strict=True):
        term = container.term
        over = container.attempt == container.ended and not container.done
        if over and term is not None and rule_of(spec, term["exitCode"]) == RESTART_ALL:
            break
    else:
        return
    run.renewing = run.dirty = True
    rows = sorted(enumerate(run.containers), key=lambda row: row[1].role != "app")
    for index, container in rows:
        if container.role == "ephemeral" or not container.alive(at):
            continue
        at = ending.cut_off(loop, at, index)
    loop.later(at, "renewed")


def renewed(loop: "PodLoop", at: int) -> None:
    """Nothing is left of the containers: begin with the first."""
    run = loop.run
    for container in run.containers:
        container.doing = ""
        if container.role == "ephemeral":
            continue
        if container.attempt > container.ended:
            loop.notice_end(container)
        container.term = container.last = None
        container.state, container.done, container.killed = WAITING, False, True
    run.renewing, run.dirty = False, True
    loop.sync(at)
