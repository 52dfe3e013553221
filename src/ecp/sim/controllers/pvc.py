"""PersistentVolumeClaims in a cluster that binds no volumes: they wait, and say why.

Source: kubernetes pkg/controller/volume/persistentvolume/pv_controller.go,
pkg/controller/volume/{pvcprotection,pvprotection,vacprotection} (1.36). Volumes and classes are
kept, and nobody provisions: no claim is ever bound. The real controller repeats its Event every
15 s; here it is written once, and again when it was forgotten and the claim changes.
"""

from collections.abc import Iterable

from ecp.kube.kinds import EVENTS, PODS, PVCS, PVS, STORAGECLASSES, VOLUMEATTRIBUTESCLASSES
from ecp.kube.pods import is_terminal
from ecp.sim.plans import NOTHING, Controller, EventNote, Plan, Reader, Update, itself
from ecp.sim.store import Change, Key, Obj
from ecp.sim.store.store import DELETED, FIGURES

PROTECTION = "kubernetes.io/pvc-protection"
VOLUME_PROTECTION = "kubernetes.io/pv-protection"
CLASS_PROTECTION = "kubernetes.io/vac-protection"


def _complaint(claim: Obj, read: Reader) -> tuple[str, str, str]:
    """Return (type, reason, message) of the Event that says why the claim is not bound."""
    storage_class = claim["spec"].get("storageClassName")
    found = read.get(STORAGECLASSES, "", storage_class) if storage_class else None
    if found is not None:
        if found.get("volumeBindingMode") == "WaitForFirstConsumer":
            text = "waiting for first consumer to be created before binding"
            return "Normal", "WaitForFirstConsumer", text
        text = (
            "Waiting for a volume to be created either by the external provisioner "
            f"'{found.get('provisioner', '')}' or manually by the system administrator. If volume "
            "creation is delayed, please verify that the provisioner is running and correctly "
            "registered."
        )
        return "Normal", "ExternalProvisioning", text
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
    kind, reason, message = _complaint(claim, read)
    if _said_already(claim, reason, read):
        return Plan(actions)
    return Plan(actions, (EventNote(claim, kind, reason, message),))


def _protector(now: int, key: Key, read: Reader) -> Plan:
    claim = read.get(PVCS, *key)
    if claim is None or "deletionTimestamp" not in claim["metadata"]:
        return NOTHING
    return NOTHING if _in_use(key, read) else _let_go(PVCS, claim, PROTECTION)


def _volume_protector(now: int, key: Key, read: Reader) -> Plan:
    volume = read.get(PVS, *key)
    if volume is None or "deletionTimestamp" not in volume["metadata"]:
        return NOTHING
    bound = (volume.get("status") or {}).get("phase") == "Bound"
    return NOTHING if bound else _let_go(PVS, volume, VOLUME_PROTECTION)


def _class_protector(now: int, key: Key, read: Reader) -> Plan:
    found = read.get(VOLUMEATTRIBUTESCLASSES, *key)
    if found is None or "deletionTimestamp" not in found["metadata"]:
        return NOTHING
    users = [*read.list(PVCS), *read.list(PVS)]
    if any(one["spec"].get("volumeAttributesClassName") == key[1] for one in users):
        return NOTHING
    return _let_go(VOLUMEATTRIBUTESCLASSES, found, CLASS_PROTECTION)


def _let_go(resource: str, obj: Obj, protection: str) -> Plan:
    meta = obj["metadata"]
    if protection not in (meta.get("finalizers") or ()):
        return NOTHING
    kept = [finalizer for finalizer in meta["finalizers"] if finalizer != protection]
    rest = {k: v for k, v in meta.items() if k != "finalizers"}
    if kept:
        rest["finalizers"] = kept
    return Plan((Update(resource, {**obj, "metadata": rest}),))


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


def volume_protector() -> Controller:
    """Return the controller that lets a deleted volume go once no claim is bound to it."""
    return Controller(
        name="pv-protection",
        component="pv-protection-controller",
        watches={PVS: itself},
        reconcile=_volume_protector,
    )


def _of_user(change: Change, read: Reader) -> Iterable[Key]:
    """The class that a claim or volume names, or named before it went."""
    name = change.object["spec"].get("volumeAttributesClassName")
    return [("", name)] if name else ()


def class_protector() -> Controller:
    """Return the controller that lets a deleted VolumeAttributesClass go once nobody names it."""
    return Controller(
        name="vac-protection",
        component="volumeattributesclass-protection-controller",
        watches={VOLUMEATTRIBUTESCLASSES: itself, PVCS: _of_user, PVS: _of_user},
        reconcile=_class_protector,
    )
