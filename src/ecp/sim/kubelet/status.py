"""From a pod's record to its status: phase, conditions, container statuses.

Source: kubernetes pkg/kubelet/kubelet_pods.go (getPhase, generateAPIPodStatus,
convertToAPIContainerStatuses) and pkg/kubelet/status/generate.go.
"""

from functools import lru_cache
from typing import Any

from ecp.kube.pods import is_true
from ecp.kube.times import rfc3339
from ecp.sim.kubelet.template import ContainerSpec, PodTemplate
from ecp.sim.store import Obj
from ecp.sim.world.records import RUNNING, TERMINATED, WAITING, ContainerRun, PodRun

OWNED = (
    "PodResizePending",
    "PodResizeInProgress",
    "PodReadyToStartContainers",
    "Initialized",
    "Ready",
    "ContainersReady",
    "PodScheduled",
)
"""Conditions that are the kubelet's; others are kept as they are."""

REJECTED = "Pod was rejected: "
"""What the status of a pod begins with that its kubelet did not take on."""

# Conditions as (type, status, reason, message).
_Wanted = tuple[tuple[str, str, str, str], ...]

_NO_CONDITIONS: list[Obj] = []
# A list of conditions and what is wanted → the next list; by identity, dropped when it fills.
_steps: dict[tuple[int, _Wanted, int | None, str], tuple[list[Obj], list[Obj]]] = {}
_REMEMBERED = 4096

_SANDBOX = "PodReadyToStartContainers"
_SCHEDULED = ("PodScheduled", "True", "", "")
_REFUSED = (("Ready", "False", "PodFailed", ""), ("ContainersReady", "False", "PodFailed", ""))
_READY = ("True", "", "")
_INITIALIZED = ("Initialized", "True", "", "")
_CREATING = {"waiting": {"reason": "ContainerCreating"}}
_INITIALIZING = {"waiting": {"reason": "PodInitializing"}}
_NEVER: dict[str, Any] = {}
_SERVING = ("sidecar", "app")


def restartable(spec: ContainerSpec, exit_code: int) -> bool:
    """Whether a container that ended with *exit_code* is started again.

    Its own rules come first, then its own policy, then its pod's.
    Source: kubernetes pkg/api/v1/pod/util.go (ContainerShouldRestart).
    """
    if spec.role == "init" and exit_code == 0:
        return False
    if rule_of(spec, exit_code) is not None:
        return True
    return spec.restarts == "Always" or (spec.restarts == "OnFailure" and exit_code != 0)


def rule_of(spec: ContainerSpec, exit_code: int) -> str | None:
    """Return the action of the first restart rule that an exit code meets, None: it meets none."""
    for within, codes, action in spec.rules:
        if (exit_code in codes) == within:
            return action
    return None


def render(pod: Obj, run: PodRun, template: PodTemplate, host_ip: str, now: int) -> Obj:
    """Return the pod's status as it should be; it shares with the old one what is the same."""
    old = pod.get("status") or {}
    generation = pod["metadata"].get("generation")
    count = template.init_count
    statuses = [
        _container_status(container, spec, count > 0)
        for container, spec in zip(run.containers, template.containers, strict=True)
    ]
    status = {**old}
    end = run.end
    if end is not None:
        phase = end[0]
        if end[1]:
            status["reason"] = end[1]
        if end[2]:
            status["message"] = end[2]
    else:
        phase = compute_phase(run, template, terminal=False)
    status["phase"] = phase
    if generation is not None:
        status["observedGeneration"] = generation
    if run.started_at is not None and not old.get("startTime"):
        status["startTime"] = rfc3339(run.started_at)
    if end is not None and end[2].startswith(REJECTED):
        # Refused at the door: the kubelet never looked at its containers.
        status["conditions"] = _conditions(old, _REFUSED, generation, now)
        return status
    if host_ip:
        status["hostIP"] = host_ip
        status["hostIPs"] = _host_ips(host_ip)
    ip = host_ip if template.host_network else run.ip if _has_synced(run) else ""
    if ip and old.get("podIP") != ip:
        status["podIP"] = ip
        status["podIPs"] = [{"ip": ip}]
    _size(status, run, template, phase)
    if run.held:
        statuses = [_with_held(row, run) for row in statuses]
    if count:
        status["initContainerStatuses"] = statuses[:count]
    status["containerStatuses"] = [
        row
        for row, container in zip(statuses[count:], run.containers[count:], strict=True)
        if container.role == "app"
    ]
    if len(status["containerStatuses"]) + count < len(statuses):
        status["ephemeralContainerStatuses"] = statuses[count + len(status["containerStatuses"]) :]
    # Who is to fail is not ready from the moment on at which that is decided.
    ready = _ready(run, "Failed" if run.verdict else phase)
    wanted = (
        *_resize(run),
        (_SANDBOX, "True" if run.sandbox else "False", "", ""),
        _initialized(run, template, phase, old),
        ("Ready", *(ready if ready[0] != "True" else _gates(pod, old))),
        ("ContainersReady", *ready),
        _SCHEDULED,
        *_renewing(run, template, phase),
        *_disrupted(run),
    )
    status["conditions"] = _conditions(old, wanted, generation, now)
    return status


def _size(status: dict[str, Any], run: PodRun, template: PodTemplate, phase: str) -> None:
    """Say what the pod has of its node. What it has during a change of sizes stays as it was."""
    sizes = template.sizes
    if run.resize[:1] != ["Deferred"] and sizes["allocated"]:
        status["allocatedResources"] = sizes["allocated"]
    if not run.resize:
        status["resources"] = sizes["running" if phase == "Running" else "pending"]


def _renewing(run: PodRun, template: PodTemplate, phase: str) -> _Wanted:
    """Return the condition of a pod of which one container's end may start all anew."""
    if not template.may_renew:
        return ()
    if run.renewing:
        message = "container exited with restart policy rule"
        return (("AllContainersRestarting", "True", "RestartAllContainersStarted", message),)
    reason = {"Succeeded": "PodCompleted", "Failed": "PodFailed"}.get(phase, "")
    return (("AllContainersRestarting", "False", reason, ""),)


def _disrupted(run: PodRun) -> _Wanted:
    """Return the condition of a pod that its node has ended; it comes with the end."""
    if run.verdict and run.verdict[3] and run.end is not None:
        _, message, _, told, _ = run.verdict
        said = told if isinstance(told, str) else message  # of a snapshot from before
        return (("DisruptionTarget", "True", "TerminationByKubelet", said),)
    return ()


def _resize(run: PodRun) -> _Wanted:
    """Return the condition of a change of sizes that is under way."""
    match run.resize:
        case ["InProgress"]:
            return (("PodResizeInProgress", "True", "", ""),)
        case ["InProgress", error]:
            return (("PodResizeInProgress", "True", "Error", error),)
        case [reason, message, *_]:
            return (("PodResizePending", "True", reason, message),)
    return ()


def _with_held(status: Obj, run: PodRun) -> Obj:
    """A container shows the sizes that it still has; those that are granted, once they are."""
    held = run.held.get(status["name"])
    if held is None or "resources" not in status:
        return status
    status = {**status, "resources": held}
    if run.resize[:1] != ["InProgress"]:
        status.pop("allocatedResources", None)
        if held.get("requests"):
            status["allocatedResources"] = held["requests"]
    return status


def compute_phase(run: PodRun, template: PodTemplate, *, terminal: bool) -> str:
    """Return the pod's phase. *terminal*: its containers will not be started again."""
    init_pending = running = waiting = stopped = final = succeeded = 0
    for container, spec in zip(run.containers, template.containers, strict=True):
        role, state = container.role, container.state
        if role == "ephemeral":
            continue
        if role == "init":
            if container.done:
                continue
            if (state == WAITING and container.term is None) or state == RUNNING:
                init_pending += 1
            elif container.term is not None:
                code = container.term["exitCode"]
                if code and not restartable(spec, code):
                    return "Failed"
                init_pending += 1
        elif role == "sidecar":
            if state == RUNNING:
                running += 1
                if not container.started:
                    init_pending += 1
            elif state == WAITING and container.term is None:
                init_pending += 1
        elif state == RUNNING:
            running += 1
        elif container.term is not None:
            stopped += 1
            code = container.term["exitCode"]
            final += not restartable(spec, code)
            succeeded += code == 0
        else:
            waiting += 1
    if (init_pending and not _has_started(run)) or waiting:
        return "Pending"
    if running:
        return "Running"
    if stopped:
        if not terminal and stopped != final:
            return "Running"
        return "Succeeded" if stopped == succeeded else "Failed"
    return "Pending"


@lru_cache(maxsize=4096)
def _host_ips(host_ip: str) -> list[Obj]:
    return [{"ip": host_ip}]


def _has_synced(run: PodRun) -> bool:
    """Whether a sync has ended since the sandbox stood: its address shows from then on."""
    return any(container.attempt or container.reason for container in run.containers)


def _has_started(run: PodRun) -> bool:
    return any(c.role == "app" and (c.state == RUNNING or c.term) for c in run.containers)


def _container_status(container: ContainerRun, spec: ContainerSpec, has_init: bool) -> Obj:
    state = container.state
    if container.container_id:
        status = {**spec.ran, "containerID": container.container_id}
    else:
        status = {**spec.shown}
    last: dict[str, Any] | None
    if state == RUNNING:
        assert container.started_at is not None
        status["state"] = _running(rfc3339(container.started_at))
        last = container.term
    elif state == TERMINATED:
        status["state"] = {"terminated": container.term}
        last = container.last
    else:
        last = container.term
        if container.reason:
            waiting = {"reason": container.reason}
            if container.message:
                waiting["message"] = container.message
            status["state"] = {"waiting": waiting}
        else:
            status["state"] = _INITIALIZING if has_init else _CREATING
    status["lastState"] = {"terminated": last} if last is not None else _NEVER
    # One that only prepares is ready when it succeeded, never while it runs.
    # Source: kubernetes pkg/kubelet/prober/prober_manager.go, UpdatePodStatus.
    status["ready"] = container.done if container.role == "init" else container.ready
    if container.role != "ephemeral":
        status["started"] = container.started
    status["restartCount"] = container.restarts
    return status


@lru_cache(maxsize=4096)
def _running(since: str) -> Obj:
    return {"running": {"startedAt": since}}


def _conditions(old: Obj, wanted: _Wanted, generation: int | None, now: int) -> list[Obj]:
    """Return others' conditions and *wanted* ones.

    Pods that change alike in one second share the list, and so the next one, too.
    """
    present, stamp = old.get("conditions") or _NO_CONDITIONS, rfc3339(now)
    step = (id(present), wanted, generation, stamp)
    known = _steps.get(step)
    if known is not None and known[0] is present:
        return known[1]
    found = _written(present, wanted, generation, stamp)
    if len(_steps) >= _REMEMBERED:
        _steps.clear()
    _steps[step] = (present, found)
    return found


def _written(present: list[Obj], wanted: _Wanted, generation: int | None, stamp: str) -> list[Obj]:
    before = {c["type"]: c for c in present}
    renewed = {*OWNED, *(row[0] for row in wanted)}
    found = [c for c in present if c["type"] not in renewed]
    for row in wanted:
        was = before.get(row[0])
        since: str | None = stamp
        if was is not None and was["status"] == row[1]:
            since = was.get("lastTransitionTime")
        found.append(_condition(row, since, generation))
    return found


@lru_cache(maxsize=4096)
def _condition(row: tuple[str, str, str, str], since: str | None, generation: int | None) -> Obj:
    """Return a condition; pods that change alike in one second share it."""
    kind, status, reason, message = row
    new: Obj = {"type": kind, "status": status, "lastProbeTime": None, "lastTransitionTime": since}
    if reason:
        new["reason"] = reason
    if message:
        new["message"] = message
    if generation is not None:
        new["observedGeneration"] = generation
    return new


def _initialized(
    run: PodRun, template: PodTemplate, phase: str, old: Obj
) -> tuple[str, str, str, str]:
    if phase == "Succeeded":
        return "Initialized", "True", "PodCompleted", ""
    if template.init_count and not _has_started(run):
        incomplete = [
            c.name
            for c in run.containers
            if (c.role == "init" and not c.done) or (c.role == "sidecar" and not c.started)
        ]
        if incomplete and not (template.may_renew and is_true({"status": old}, "Initialized")):
            message = f"containers with incomplete status: [{' '.join(incomplete)}]"
            return "Initialized", "False", "ContainersNotInitialized", message
    return _INITIALIZED


def _ready(run: PodRun, phase: str) -> tuple[str, str, str]:
    if phase == "Succeeded":
        return "False", "PodCompleted", ""
    if phase == "Failed":
        return "False", "PodFailed", ""
    for container in run.containers:
        if not container.ready and container.role in _SERVING:
            unready = [c.name for c in run.containers if not c.ready and c.role in _SERVING]
            message = f"containers with unready status: [{' '.join(unready)}]"
            return "False", "ContainersNotReady", message
    return _READY


def _gates(pod: Obj, old: Obj) -> tuple[str, str, str]:
    """Judge the pod's readiness gates; its containers are ready."""
    gates = pod["spec"].get("readinessGates")
    if not gates:
        return "True", "", ""
    before = {c["type"]: c for c in old.get("conditions") or ()}
    messages = []
    for gate in gates:
        kind = gate["conditionType"]
        was = before.get(kind)
        if was is None:
            messages.append(
                f'corresponding condition of pod readiness gate "{kind}" does not exist.'
            )
        elif was["status"] != "True":
            messages.append(
                f'the status of pod readiness gate "{kind}" is not "True", but {was["status"]}'
            )
    if messages:
        return "False", "ReadinessGatesNotReady", ", ".join(messages)
    return "True", "", ""
