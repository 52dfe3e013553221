"""The namespace controller: empties a namespace that is being deleted, then lets it go.

Source: kubernetes pkg/controller/namespace/deletion/namespaced_resources_deleter.go,
status_condition_utils.go and namespace_controller.go (1.36). Pods go first; everything else only
when no pod is left.
"""

from collections.abc import Callable, Sequence
from typing import Any

from ecp.kube.kinds import NAMESPACES, PODS
from ecp.kube.pods import is_terminal
from ecp.kube.times import nanoseconds, rfc3339
from ecp.sim.plans import (
    NOTHING,
    Action,
    Controller,
    Delete,
    Plan,
    Reader,
    Remove,
    Update,
    itself,
)
from ecp.sim.store import Key, Obj

SECOND = 1_000_000_000

PACE = 5 * SECOND
"""From the deletion to the first pass, and between passes.

Source: namespace_controller.go namespaceDeletionGracePeriod. The real controller also comes again
after each status it writes, 5 s later, which makes its passes lie on this grid.
"""

# type -> (reason, message) while nothing is wrong, in the order in which they are written.
_FINE = {
    "NamespaceDeletionDiscoveryFailure": (
        "ResourcesDiscovered",
        "All resources successfully discovered",
    ),
    "NamespaceDeletionGroupVersionParsingFailure": (
        "ParsedGroupVersions",
        "All legacy kube types successfully parsed",
    ),
    "NamespaceDeletionContentFailure": (
        "ContentDeleted",
        "All content successfully deleted, may be waiting on finalization",
    ),
    "NamespaceContentRemaining": ("ContentRemoved", "All content successfully removed"),
    "NamespaceFinalizersRemaining": (
        "ContentHasNoFinalizers",
        "All content-preserving finalizers finished",
    ),
}


def _conditions(before: Sequence[Obj], wrong: dict[str, tuple[str, str]], now: int) -> list[Obj]:
    """Return the five conditions; the transition time moves only with the status."""
    found = {entry["type"]: entry for entry in before}
    for kind, fine in _FINE.items():
        status = "True" if kind in wrong else "False"
        reason, message = wrong.get(kind, fine)
        old = found.get(kind)
        same = old is not None and old["status"] == status
        found[kind] = {
            "type": kind,
            "status": status,
            "lastTransitionTime": old["lastTransitionTime"] if same and old else rfc3339(now),
            "reason": reason,
            "message": message,
        }
    return list(found.values())


def _deletions(objects: Sequence[Obj], resource: str) -> list[Action]:
    return [
        Delete(resource, (obj["metadata"]["namespace"], obj["metadata"]["name"]))
        for obj in objects
        if "deletionTimestamp" not in obj["metadata"]
    ]


def _stuck_pods(namespace: Obj, pods: Sequence[Obj], now: int) -> bool:
    """Whether the longest grace period of the pods is over since the namespace was deleted."""
    longest = max(
        (p["spec"].get("terminationGracePeriodSeconds", 0) for p in pods if not is_terminal(p)),
        default=0,
    )
    deleted = nanoseconds(namespace["metadata"]["deletionTimestamp"])
    return now - deleted >= longest * SECOND


def _remaining(left: dict[str, list[Obj]]) -> dict[str, tuple[str, str]]:
    """Return the conditions that say what remains, and whose finalizers hold it."""
    if not left:
        return {}
    counts = sorted(
        f"{resource}{'' if '.' in resource else '.'} has {len(objects)} resource instances"
        for resource, objects in left.items()
    )
    holders: dict[str, int] = {}
    for objects in left.values():
        for obj in objects:
            for finalizer in obj["metadata"].get("finalizers") or ():
                holders[finalizer] = holders.get(finalizer, 0) + 1
    wrong = {
        "NamespaceContentRemaining": (
            "SomeResourcesRemain",
            f"Some resources are remaining: {', '.join(counts)}",
        )
    }
    if holders:
        held = ", ".join(sorted(f"{f} in {n} resource instances" for f, n in holders.items()))
        wrong["NamespaceFinalizersRemaining"] = (
            "SomeFinalizersRemain",
            f"Some content in the namespace has finalizers remaining: {held}",
        )
    return wrong


def _finalized(namespace: Obj) -> Action:
    """Return the action that takes the finalizer `kubernetes` away, and so the namespace."""
    meta, spec = namespace["metadata"], namespace["spec"]
    others = [f for f in spec["finalizers"] if f != "kubernetes"]
    if others or meta.get("finalizers"):
        return Update(NAMESPACES, {**namespace, "spec": {**spec, "finalizers": others}})
    return Remove(NAMESPACES, ("", meta["name"]), uid=meta["uid"])


def controller(resources: Callable[[], Sequence[str]]) -> Controller:
    """Return the namespace controller; *resources* names all namespaced resources."""

    def reconcile(now: int, key: Key, read: Reader) -> Plan:
        namespace = read.get(NAMESPACES, *key)
        if namespace is None or "deletionTimestamp" not in namespace["metadata"]:
            return NOTHING
        if "kubernetes" not in (namespace["spec"].get("finalizers") or ()):
            return NOTHING
        due = nanoseconds(namespace["metadata"]["deletionTimestamp"])
        passes, since = divmod(now - due, PACE)
        if passes < 1 or since:
            return Plan(wake_at=due + (max(passes, 0) + 1) * PACE)
        return _pass(now, namespace, read)

    def _pass(now: int, namespace: Obj, read: Reader) -> Plan:
        name = namespace["metadata"]["name"]
        wrong: dict[str, tuple[str, str]] = {}
        pods = read.list(PODS, name)
        actions = _deletions(pods, PODS)
        left: dict[str, list[Obj]] = {}
        # An unbound pod goes at once; a bound one lives on until its kubelet is done.
        if any(_stays(pod) for pod in pods):
            if _stuck_pods(namespace, pods, now):
                wrong["NamespaceDeletionContentFailure"] = (
                    "ContentDeletionFailed",
                    "Failed to delete all resource types, 1 remaining: unexpected items still "
                    f"remain in namespace: {name} for gvr: /v1, Resource=pods",
                )
            return _paced(now, namespace, actions, wrong)
        for resource in resources():
            if resource == PODS:
                continue
            objects = read.list(resource, name)
            actions += _deletions(objects, resource)
            held = [obj for obj in objects if obj["metadata"].get("finalizers")]
            if held:
                left[resource] = held
        if left:
            return _paced(now, namespace, actions, _remaining(left))
        last = _paced(now, namespace, actions, {})
        return Plan((*last.actions, _finalized(namespace)), wake_at=last.wake_at)

    def _paced(
        now: int, namespace: Obj, actions: list[Action], wrong: dict[str, tuple[str, str]]
    ) -> Plan:
        status: dict[str, Any] = dict(namespace.get("status") or {})
        status["conditions"] = _conditions(status.get("conditions") or (), wrong, now)
        if status != namespace.get("status"):
            actions.append(Update(NAMESPACES, {**namespace, "status": status}, "status"))
        return Plan(tuple(actions), wake_at=now + PACE)

    return Controller(
        name="namespace",
        component="namespace-controller",
        watches={NAMESPACES: itself},
        reconcile=reconcile,
        refused=_refused,
    )


def _stays(pod: Obj) -> bool:
    meta = pod["metadata"]
    if meta.get("finalizers") or "deletionTimestamp" in meta:
        return True
    return bool(pod["spec"].get("nodeName")) and not is_terminal(pod)


def _refused(now: int, key: Key, action: Action, error: Exception, read: Reader) -> Plan:
    """Something was gone already, or may not go: the next pass looks again."""
    return Plan(wake_at=now + PACE)
