"""PersistentVolumeClaims in a cluster without volumes: they wait, and say why.

Source: kubernetes pkg/controller/volume/persistentvolume/pv_controller.go,
pkg/controller/volume/pvcprotection/pvc_protection_controller.go (1.36). Neither
PersistentVolumes nor StorageClasses are served here, so no claim is ever bound. The real
controller repeats its Event every 15 s; here it is written once, and again when it was forgotten
and the claim changes.
"""

from collections.abc import Iterable

from ecp.kube.kinds import EVENTS, PODS, PVCS
from ecp.kube.pods import is_terminal
from ecp.sim.plans import NOTHING, Controller, EventNote, Plan, Reader, Update, itself
from ecp.sim.store import Change, Key, Obj
from ecp.sim.store.store import DELETED, FIGURES

PROTECTION = "kubernetes.io/pvc-protection"


def _complaint(claim: Obj) -> tuple[str, str, str]:
    """Return (type, reason, message) of the Event that says why the claim is not bound."""
    storage_class = claim["spec"].get("storageClassName")
    if storage_class:
        text = f'storageclass.storage.k8s.io "{storage_class}" not found'
        return "Warning", "ProvisioningFailed", text
    text = "no persistent volumes available for this claim and no storage class is set"
    return "Normal", "FailedBinding", text


def _said_already(claim: Obj, reason: str, read: Reader) -> bool:
    meta = claim["metadata"]
    return any(
        event["reason"] == reason and event["involvedObject"].get("uid") == meta["uid"]
        for event in read.list(EVENTS, meta["namespace"])
    )


def _binder(now: int, key: Key, read: Reader) -> Plan:
    claim = read.get(PVCS, *key)
    if claim is None or "deletionTimestamp" in claim["metadata"]:
        return NOTHING
    status = claim.get("status") or {}
    if status.get("phase", "Pending") != "Pending":
        return NOTHING
    actions: tuple[Update, ...] = ()
    if "phase" not in status:
        pending = {**claim, "status": {**status, "phase": "Pending"}}
        actions = (Update(PVCS, pending, "status"),)
    kind, reason, message = _complaint(claim)
    if _said_already(claim, reason, read):
        return Plan(actions)
    return Plan(actions, (EventNote(claim, kind, reason, message),))


def _protector(now: int, key: Key, read: Reader) -> Plan:
    claim = read.get(PVCS, *key)
    if claim is None or "deletionTimestamp" not in claim["metadata"]:
        return NOTHING
    meta = claim["metadata"]
    if PROTECTION not in (meta.get("finalizers") or ()) or _in_use(key, read):
        return NOTHING
    kept = [finalizer for finalizer in meta["finalizers"] if finalizer != PROTECTION]
    rest = {k: v for k, v in meta.items() if k != "finalizers"}
    if kept:
        rest["finalizers"] = kept
    return Plan((Update(PVCS, {**claim, "metadata": rest}),))


def _in_use(key: Key, read: Reader) -> bool:
    return any(
        pod["spec"].get("nodeName") and not is_terminal(pod) and key[1] in _claims(pod)
        for pod in read.list(PODS, key[0])
    )


def _claims(pod: Obj) -> list[str]:
    return [
        volume["persistentVolumeClaim"]["claimName"]
        for volume in pod["spec"].get("volumes") or ()
        if "persistentVolumeClaim" in volume
    ]


def _of_pod(change: Change, read: Reader) -> Iterable[Key]:
    """The claims of a pod that no longer uses them."""
    if change.type != DELETED and not is_terminal(change.object):
        return ()
    return [(change.key[0], name) for name in _claims(change.object)]


def binder() -> Controller:
    """Return the controller that says why claims are not bound."""
    return Controller(
        name="persistentvolume-binder",
        component="persistentvolume-controller",
        watches={PVCS: itself},
        reconcile=_binder,
    )


def protector() -> Controller:
    """Return the controller that lets a deleted claim go once no pod uses it."""
    return Controller(
        name="pvc-protection",
        component="pvc-protection-controller",
        watches={PVCS: itself, PODS: _of_pod},
        deaf={PODS: FIGURES},
        reconcile=_protector,
    )
