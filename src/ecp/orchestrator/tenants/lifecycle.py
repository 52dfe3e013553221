"""Where a tenant is in its life, from what is kept of it and what its cluster shows. Pure.

draft → validated → deploying → running | degraded | failed → stopping → stopped | deleted; a new
release leads from any of them back to deploying, a start from stopped. Nobody sets a state by hand:
it follows from what is wanted, how far the last release has come and which pods there are.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple, get_args

from ecp.kube.pods import condition
from ecp.orchestrator.records import Obj, Phase, State

STATES: Final[tuple[State, ...]] = get_args(State)
PATIENCE_NS: Final = 600_000_000_000
"""Pods that are started have as long as a release before they count as missing."""
RESTARTED: Final = "kubectl.kubernetes.io/restartedAt"
"""As `kubectl rollout restart` has it. Source: kubectl pkg/polymorphichelpers/objectrestarter.go"""
RESTARTABLE: Final = ("Deployment", "StatefulSet", "DaemonSet")
_COUNTED: Final = ("Deployment", "StatefulSet", "ReplicaSet", "ReplicationController")
_NAMED: Final = 5


class Shown(NamedTuple):
    """What a cluster shows of a tenant: its workloads, those that are up, all their pods.

    `down` names some of the others, `behind` some that are up by pods of an earlier release.
    """

    workloads: int = 0
    up: int = 0
    pods: int = 0
    down: tuple[str, ...] = ()
    behind: tuple[str, ...] = ()


class Seen(NamedTuple):
    """What is known of a tenant; `shown` is None where its cluster was not looked at.

    since  for how long (ns) it has been in `state`
    valid  whether there is a manifest that could be deployed
    phase  of the last release of which something was sent
    """

    state: State
    since: int
    wanted: str
    valid: bool
    phase: Phase | None
    shown: Shown | None


class Next(NamedTuple):
    """The state that follows, and why: the text `turn.{cause}` filled with `facts`."""

    state: State
    cause: str
    facts: Mapping[str, Any]


def next_of(seen: Seen) -> Next:
    """Return the state that follows from what is seen; it may be the one that is."""
    if seen.wanted == "gone":
        return Next("stopping", "delete", {})
    if seen.phase is None:
        return Next("validated", "validated", {}) if seen.valid else Next("draft", "invalid", {})
    if seen.wanted == "stopped":
        empty = seen.shown is not None and not seen.shown.pods
        keeps = seen.shown is None and seen.state == "stopped"
        return Next("stopped", "empty", {}) if empty or keeps else Next("stopping", "stop", {})
    if seen.phase in ("applying", "progressing", "rehearsing"):
        return Next("deploying", "release", {})
    if seen.phase == "failed":
        return Next("failed", "refused", {})
    return _running(seen)


def _running(seen: Seen) -> Next:
    """Return the state of a tenant whose release is over, ready or stalled."""
    shown = seen.shown
    if shown is None:
        if seen.state in ("running", "degraded", "failed"):
            return Next(seen.state, "unseen", {})  # who does not look has seen nothing change
        up = seen.phase == "ready"
        return Next("running", "ready", {}) if up else Next("failed", "stalled", {})
    if shown.up == shown.workloads:
        # Old pods serve on where the new ones do not come: an outage it is not, nor what was sent.
        if seen.phase == "stalled" and shown.behind:
            return Next("degraded", "behind", {"behind": ", ".join(shown.behind)})
        return Next("running", "up", {"count": shown.workloads})
    starting = seen.state in ("deploying", "stopping", "stopped") and seen.since < PATIENCE_NS
    if starting and seen.phase != "stalled":
        return Next("deploying", "start", {})
    down = ", ".join(shown.down)
    facts = {"up": shown.up, "count": shown.workloads, "down": down}
    return Next("degraded", "some-down", facts) if shown.up else Next("failed", "all-down", facts)


def expected(bodies: Iterable[Obj]) -> tuple[str, ...]:
    """Return the workloads, as in `deployment/stt`, that have pods once these objects are there."""
    return tuple(sorted(_word(b) for b in bodies if b["kind"] in RESTARTABLE and _replicas(b) != 0))


def shown_of(objects: Iterable[Obj], wanted: Iterable[str] = ()) -> Shown:
    """Return what Deployments, StatefulSets and DaemonSets show.

    One of those that are *wanted* (`expected`) is down where somebody deleted it, or scaled it to
    zero, behind our back.
    """
    workloads = up = pods = 0
    down: list[str] = []
    behind: list[str] = []
    missing = dict.fromkeys(wanted)
    for obj in objects:
        workloads += 1
        status = obj.get("status") or {}
        pods += status.get("replicas", 0) or status.get("currentNumberScheduled", 0)
        word = _word(obj)
        emptied = word in missing and _replicas(obj) == 0
        missing.pop(word, None)
        if _is_up(obj, status) and not emptied:
            up += 1
            if _is_behind(obj, status):
                behind.append(word)
        else:
            down.append(word)
    down += missing
    total = workloads + len(missing)
    return Shown(total, up, pods, tuple(sorted(down)[:_NAMED]), tuple(sorted(behind)[:_NAMED]))


def _word(obj: Obj) -> str:
    return f"{obj['kind'].lower()}/{obj['metadata']['name']}"


def _replicas(obj: Obj) -> int | None:
    """Return how many pods a workload asks for; None for one that does not count them."""
    return None if obj["kind"] == "DaemonSet" else obj["spec"].get("replicas", 1)


def _is_up(obj: Obj, status: Obj) -> bool:
    """Whether as many pods are there as have to be; a Deployment says so itself."""
    if obj["kind"] == "DaemonSet":
        return bool(status.get("numberAvailable", 0) >= status.get("desiredNumberScheduled", 0))
    wanted = obj["spec"].get("replicas", 1)
    if obj["kind"] == "Deployment":
        available = condition(obj, "Available")
        return wanted == 0 or (available is not None and available["status"] == "True")
    return bool(status.get("availableReplicas", 0) >= wanted)


def _is_behind(obj: Obj, status: Obj) -> bool:
    """Whether pods of an earlier revision are among those that a workload has."""
    if obj["kind"] == "DaemonSet":
        has, new = "currentNumberScheduled", "updatedNumberScheduled"
    else:
        has, new = "replicas", "updatedReplicas"
    return bool(status.get(has, 0) > status.get(new, 0))


NOWHERE: Final = {"ecp.ai/stopped": "no-node"}
"""A label that no node bears: who asks for it runs nowhere."""


def asleep(body: Obj) -> Obj | None:
    """Return an object scaled to zero; None for one that runs no pods that could be.

    An autoscaler leaves what is at zero alone. A DaemonSet has no scale: it selects nodes that
    there are none of, and its controller takes its pods away. Source: kubernetes
    pkg/controller/daemon (podsShouldBeOnNode); a Pod of its own stays.
    """
    if body["kind"] in _COUNTED:
        return {**body, "spec": {**body["spec"], "replicas": 0}}
    if body["kind"] == "CronJob":
        return {**body, "spec": {**body["spec"], "suspend": True}}
    if body["kind"] == "DaemonSet":
        template = body["spec"]["template"]
        chosen = {**(template["spec"].get("nodeSelector") or {}), **NOWHERE}
        nowhere = {**template, "spec": {**template["spec"], "nodeSelector": chosen}}
        return {**body, "spec": {**body["spec"], "template": nowhere}}
    return None


def restarted(body: Obj, at: str) -> Obj | None:
    """Return what makes the pods of an object anew, one after the other; None where none are."""
    if body["kind"] not in RESTARTABLE:
        return None
    meta = {name: body["metadata"][name] for name in ("name", "namespace")}
    template = {"metadata": {"annotations": {RESTARTED: at}}}
    return {
        "apiVersion": body["apiVersion"],
        "kind": body["kind"],
        "metadata": meta,
        "spec": {"template": template},
    }
