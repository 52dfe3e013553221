"""Nothing goes while somebody uses it: finalizers on claims, volumes and their attribute classes.

Source: kubernetes pkg/controller/volume/{pvcprotection,pvprotection,vacprotection} (1.36).
"""

from collections.abc import Callable, Iterable
from typing import Final

from ecp.kube.kinds import PODS, PVCS, PVS, VOLUMEATTRIBUTESCLASSES
from ecp.kube.pods import is_terminal
from ecp.kube.volumes import attributes_class, is_for_pod, phase_of, uses
from ecp.sim.controllers.volumes.users import Users, claims_of
from ecp.sim.plans import NOTHING, Controller, Plan, Reader, Update, itself
from ecp.sim.store import Change, Key, Obj
from ecp.sim.store.store import DELETED, FIGURES

PROTECTION: Final = "kubernetes.io/pvc-protection"
VOLUME_PROTECTION: Final = "kubernetes.io/pv-protection"
CLASS_PROTECTION: Final = "kubernetes.io/vac-protection"


def _protected(
    resource: str, finalizer: str, in_use: Callable[[Obj, Reader], bool]
) -> Callable[[int, Key, Reader], Plan]:
    """Return the reconcile that puts a finalizer on, and takes it off what goes and is unused."""

    def reconcile(now: int, key: Key, read: Reader) -> Plan:
        obj = read.get(resource, *key)
        if obj is None:
            return NOTHING
        meta = obj["metadata"]
        held: list[str] = list(meta.get("finalizers") or ())
        if "deletionTimestamp" not in meta:
            return NOTHING if finalizer in held else _with(resource, obj, [*held, finalizer])
        if finalizer not in held or in_use(obj, read):
            return NOTHING
        return _with(resource, obj, [one for one in held if one != finalizer])

    return reconcile


def _with(resource: str, obj: Obj, finalizers: list[str]) -> Plan:
    meta = {k: v for k, v in obj["metadata"].items() if k != "finalizers"}
    if finalizers:
        meta["finalizers"] = finalizers
    return Plan((Update(resource, {**obj, "metadata": meta}),))


def protector(users: Users) -> Controller:
    """Return the controller that lets a deleted claim go once no pod on a node uses it."""

    def in_use(claim: Obj, read: Reader) -> bool:
        meta = claim["metadata"]
        return any(_uses(pod, claim) for pod in users.of(read, (meta["namespace"], meta["name"])))

    def of_pod(change: Change, read: Reader) -> Iterable[Key]:
        """The claims of a pod that no longer uses them."""
        users.see(change)
        if change.type != DELETED and not is_terminal(change.object):
            return ()
        return claims_of(change.object)

    return Controller(
        name="pvc-protection",
        component="pvc-protection-controller",
        watches={PVCS: itself, PODS: of_pod},
        deaf={PODS: FIGURES},
        needs={PODS: PVCS},
        reconcile=_protected(PVCS, PROTECTION, in_use),
    )


def _uses(pod: Obj, claim: Obj) -> bool:
    """Whether a pod keeps a claim: one on a node does, even when it is over."""
    if not pod["spec"].get("nodeName"):
        return False
    meta, name = pod["metadata"], claim["metadata"]["name"]
    shut_down = "deletionTimestamp" in meta and meta.get("deletionGracePeriodSeconds") == 0
    return any(
        use.claim == name and (not use.ephemeral or (not shut_down and is_for_pod(claim, pod)))
        for use in uses(pod)
    )


def volume_protector() -> Controller:
    """Return the controller that lets a deleted volume go once no claim is bound to it."""

    def in_use(volume: Obj, read: Reader) -> bool:
        return phase_of(volume) == "Bound"

    return Controller(
        name="pv-protection",
        component="pv-protection-controller",
        watches={PVS: itself},
        reconcile=_protected(PVS, VOLUME_PROTECTION, in_use),
    )


def class_protector() -> Controller:
    """Return the controller that lets a deleted VolumeAttributesClass go once nobody names it."""

    def in_use(found: Obj, read: Reader) -> bool:
        name = found["metadata"]["name"]
        return any(attributes_class(one) == name for one in [*read.list(PVCS), *read.list(PVS)])

    def of_user(change: Change, read: Reader) -> Iterable[Key]:
        """The class that a claim or volume names, or named before it went."""
        name = attributes_class(change.object)
        return [("", name)] if name else ()

    return Controller(
        name="vac-protection",
        component="volumeattributesclass-protection-controller",
        watches={VOLUMEATTRIBUTESCLASSES: itself, PVCS: of_user, PVS: of_user},
        reconcile=_protected(VOLUMEATTRIBUTESCLASSES, CLASS_PROTECTION, in_use),
    )
