"""When and how an object goes: preconditions, the marks of deletion, who holds it back.

Source: apiserver pkg/registry/rest/delete.go, pkg/registry/generic/registry/store.go,
kubernetes pkg/registry/core/{pod/strategy.go,namespace/storage/storage.go}.
"""

from typing import Final, NamedTuple

from ecp.kube import kinds
from ecp.kube.errors import Conflict
from ecp.kube.kinds import Kind
from ecp.kube.times import nanoseconds, rfc3339
from ecp.sim.engine.engine import SECOND
from ecp.sim.requests import Request
from ecp.sim.store import Obj

_COLLECTION: tuple[str, ...] = ("orphan", "foregroundDeletion")


def check_preconditions(kind: Kind, live: Obj, request: Request) -> None:
    """Raises Conflict when the object is not the one that the caller means to delete."""
    meta = live["metadata"]
    for field, name, wanted, then in (
        ("UID", "uid", request.uid, "deleted and then recreated"),
        ("ResourceVersion", "resourceVersion", request.resource_version, "modified"),
    ):
        if wanted is None or wanted == "" or wanted == meta.get(name):
            continue
        if kind.resource == kinds.NAMESPACES:
            raise Conflict(
                kind.resource,
                meta["name"],
                f"Precondition failed: {field} in precondition: {wanted}, {field} in object meta: "
                f"{meta.get(name)}",
            )
        raise Conflict(
            f"{kind.kind}.{kind.group}" if kind.group else kind.kind,
            meta["name"],
            f"the {field} in the precondition ({wanted}) does not match the {field} in record "
            f"({meta.get(name)}). The object might have been {then}",
        )


class Marked(NamedTuple):
    """An object that is to go.

    object      as marked; the same object when nothing is left to mark
    gone        whether nobody holds it back any more
    shown       whether its marks are written before it goes, for watchers to see
    """

    object: Obj
    gone: bool
    shown: bool = False


def mark(kind: Kind, live: Obj, request: Request, now: int) -> Marked:
    """Return *live* as a deletion at *now* leaves it."""
    if kind.resource == kinds.NAMESPACES:
        return _mark_namespace(kind, live, request, now)
    if kind.resource == kinds.PODS:
        return _mark_pod(kind, live, request, now)
    if kind.resource == kinds.CRDS and not live["metadata"].get("deletionTimestamp"):
        return _mark_definition(live, now)
    meta = live["metadata"]
    finalizers = _finalizers(meta, request, orphans=kind.orphans)
    if not finalizers:
        return Marked(live, gone=True)
    new = {**meta, "finalizers": finalizers}
    if not meta.get("deletionTimestamp"):
        new |= {"deletionTimestamp": rfc3339(now), "deletionGracePeriodSeconds": 0}
        new = _counted(new)
    return Marked(live if new == meta else {**live, "metadata": new}, gone=False)


def _mark_pod(kind: Kind, live: Obj, request: Request, now: int) -> Marked:
    """A pod has time to end: its kubelet deletes it again, with a grace of zero, when it has."""
    meta = dict(live["metadata"])
    held = meta.get("deletionGracePeriodSeconds") or 0
    grace = _grace(live, request)
    if meta.get("deletionTimestamp"):
        if held and (request.grace is None or grace >= held):
            return Marked(live, gone=False)
        if held:
            _shorten(meta, held, grace, now)
    else:
        meta |= {
            "deletionGracePeriodSeconds": grace,
            "deletionTimestamp": rfc3339(now + grace * SECOND),
        }
        meta = _counted(meta)
    finalizers = _finalizers(live["metadata"], request)
    if finalizers:
        meta["finalizers"] = finalizers
    else:
        meta.pop("finalizers", None)
    if meta == live["metadata"]:
        return Marked(live, gone=not finalizers)
    new = {**live, "metadata": meta}
    gone = not finalizers and not meta.get("deletionGracePeriodSeconds")
    return Marked(new, gone, shown=True)


def _shorten(meta: Obj, held: int, grace: int, now: int) -> None:
    """Move the end forward, not into the past; who asked for grace still gets a second of it."""
    end = nanoseconds(meta["deletionTimestamp"]) - held * SECOND + grace * SECOND
    if end < now:
        end, grace = now, min(grace, 1)
    meta["deletionTimestamp"] = rfc3339(end)
    meta["deletionGracePeriodSeconds"] = grace


def _mark_namespace(kind: Kind, live: Obj, request: Request, now: int) -> Marked:
    """A namespace goes when its content has gone, which its controller says by spec.finalizers."""
    meta = live["metadata"]
    if meta.get("deletionTimestamp"):
        held = (live.get("spec") or {}).get("finalizers") or meta.get("finalizers")
        return Marked(live, gone=not held)
    new = {**meta, "deletionTimestamp": rfc3339(now)}
    finalizers = _finalizers(meta, request)
    if finalizers:
        new["finalizers"] = finalizers
    else:
        new.pop("finalizers", None)
    status = {**(live.get("status") or {}), "phase": "Terminating"}
    return Marked({**live, "metadata": new, "status": status}, gone=False)


CLEANUP: Final = "customresourcecleanup.apiextensions.k8s.io"
"""Holds a CustomResourceDefinition back until its instances have gone."""


def _mark_definition(live: Obj, now: int) -> Marked:
    """A definition goes when its instances have gone.

    Source: apiextensions-apiserver pkg/registry/customresourcedefinition/etcd.go.
    """
    meta, status = live["metadata"], live.get("status") or {}
    held = meta.get("finalizers") or []
    finalizers = held if CLEANUP in held else [*held, CLEANUP]
    pending = {
        "type": "Terminating",
        "status": "True",
        "lastTransitionTime": rfc3339(now),
        "reason": "InstanceDeletionPending",
        "message": "CustomResourceDefinition marked for deletion; CustomResource deletion will"
        " begin soon",
    }
    conditions = [*(status.get("conditions") or ()), pending]
    meta = {**meta, "deletionTimestamp": rfc3339(now), "finalizers": finalizers}
    new = {**live, "metadata": meta, "status": {**status, "conditions": conditions}}
    return Marked(new, gone=False)


def _finalizers(meta: Obj, request: Request, *, orphans: bool = False) -> list[str]:
    """Return the finalizers as the wished propagation leaves them; *orphans* if none is wished."""
    found: list[str] = list(meta.get("finalizers") or ())
    if not request.propagation:
        asked = any(name in _COLLECTION for name in found)
        return [*found, "orphan"] if orphans and not asked else found
    wanted = {"Foreground": "foregroundDeletion", "Orphan": "orphan"}.get(request.propagation)
    found = [name for name in found if name not in _COLLECTION or name == wanted]
    if wanted and wanted not in found:
        found.append(wanted)
    return found


def left_behind(kind: Kind, request: Request) -> list[str]:
    """Return the warning of a deletion that orphans without having been asked to."""
    if kind.resource != kinds.JOBS or request.propagation:
        return []
    return [
        "child pods are preserved by default when jobs are deleted; set "
        "propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress "
        "this warning"
    ]


def _grace(pod: Obj, request: Request) -> int:
    """Return the seconds a pod gets; none before it runs, and none after."""
    grace = request.grace
    if grace is None:
        grace = pod["spec"].get("terminationGracePeriodSeconds", 30)
    phase = (pod.get("status") or {}).get("phase")
    if not pod["spec"].get("nodeName") or phase in ("Succeeded", "Failed"):
        return 0
    # A negative period means one second.
    return grace if grace >= 0 else 1


def _counted(meta: Obj) -> Obj:
    if meta.get("generation"):
        return {**meta, "generation": meta["generation"] + 1}
    return meta


def may_go(kind: Kind, obj: Obj) -> bool:
    """May an object that is marked for deletion be removed, now that a finalizer has gone?"""
    meta = obj["metadata"]
    if meta.get("finalizers") or meta.get("deletionGracePeriodSeconds"):
        return False
    return not (kind.resource == kinds.NAMESPACES and (obj.get("spec") or {}).get("finalizers"))
