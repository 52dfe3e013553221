"""The binder: which volume a claim gets, who is to make it one, what becomes of both afterwards.

Two loops over the same rules. One looks at a claim or volume when it changes; the other looks at
all claims that wait every 15 s, as the real controller's resync does, and that is when a volume or
class that came later is found. Once its Events are limited to one in five minutes a claim is
looked at so often, and at the next resync after something that may help it.

Source: kubernetes pkg/controller/volume/persistentvolume/pv_controller{,_base}.go (1.36).
Keys: (namespace, name) is a claim, ("", name) a volume.
"""

import re
from collections.abc import Iterable
from typing import Final

from ecp.kube.kinds import PODS, PVCS, PVS, STORAGECLASSES
from ecp.kube.pods import is_terminal
from ecp.kube.times import nanoseconds
from ecp.kube.volumes import (
    BIND_COMPLETED,
    BOUND_BY_CONTROLLER,
    DEFAULT_CLASS,
    IN_TREE,
    OLD_PROVISIONER,
    PROVISIONED_BY,
    PROVISIONER,
    SELECTED_NODE,
    annotation,
    attributes_class,
    best_of_all,
    binds_late,
    bound_volume,
    capacity,
    class_of,
    has_class,
    has_modes,
    in_phase,
    is_bound_to,
    modes_differ,
    newest_marked,
    phase_of,
    requested,
    with_annotations,
)
from ecp.sim.controllers.volumes.users import Users
from ecp.sim.engine.chance import Chance
from ecp.sim.plans import NOTHING, Action, Controller, Delete, EventNote, Plan, Reader, Update
from ecp.sim.store import Change, Key, Obj
from ecp.sim.store.store import ADDED, DELETED, STATUS

SECOND: Final = 1_000_000_000
RESYNC: Final = 15 * SECOND
"""Source: kubernetes pkg/controller/volume/persistentvolume/config defaults."""
_OFTEN: Final = 25 * RESYNC
"""How long a claim's Events are not limited (client-go: 25 at once, then one in 5 min)."""
_SELDOM: Final = 300 * SECOND

_NORMAL, _WARNING = "Normal", "Warning"
# The paths of a node that the control plane deletes itself, as its message spells them.
_SCRATCH = "/".join(("", "tmp", ".+"))
_LOST = "Data on the volume is lost!"
_COMPONENT = "persistentvolume-controller"


class _Sync:
    """One look at one claim or volume: the actions and Events that follow from it."""

    def __init__(self, read: Reader, now: int, users: Users) -> None:
        self.read = read
        self.now = now
        self.users = users
        self.actions: list[Action] = []
        self.events: list[EventNote] = []

    def plan(self) -> Plan:
        return Plan(tuple(self.actions), tuple(self.events))

    def _say(self, about: Obj, kind: str, reason: str, message: str) -> None:
        self.events.append(EventNote(about, kind, reason, message))

    # -- a claim ------------------------------------------------------------------------------

    def claim(self, claim: Obj) -> None:
        """Bind a claim, or say why it waits."""
        if annotation(claim, BIND_COMPLETED) is not None:
            self._bound_claim(claim)
        elif claim["spec"].get("volumeName"):
            self._named(claim)
        else:
            self._unbound(claim)

    def _unbound(self, claim: Obj) -> None:
        name = class_of(claim)
        found = self.read.get(STORAGECLASSES, "", name) if name else None
        late = binds_late(found)
        volume = best_of_all(claim, self.read.list(PVS), late=late)
        if volume is not None:
            self._bind(volume, claim)
            return
        if not has_class(claim):
            default = newest_marked(self.read.list(STORAGECLASSES), DEFAULT_CLASS)
            if default:
                spec = {**claim["spec"], "storageClassName": default}
                self.actions.append(Update(PVCS, {**claim, "spec": spec}))
                return
        if late and annotation(claim, SELECTED_NODE) is None:
            self._say(claim, _NORMAL, *self._waits(claim))
        elif name:
            self._provision(claim, name, found)
            return
        else:
            text = "no persistent volumes available for this claim and no storage class is set"
            self._say(claim, _NORMAL, "FailedBinding", text)
        self._claim_is(claim, "Pending", None)

    def _waits(self, claim: Obj) -> tuple[str, str]:
        meta = claim["metadata"]
        waiting = [
            pod["metadata"]["name"]
            for pod in self.users.of(self.read, (meta["namespace"], meta["name"]))
            if not pod["spec"].get("nodeName") and not is_terminal(pod)
        ]
        if not waiting:
            text = "waiting for first consumer to be created before binding"
            return "WaitForFirstConsumer", text
        word = "pods" if len(waiting) > 1 else "pod"
        return "WaitForPodScheduled", f"waiting for {word} {','.join(waiting)} to be scheduled"

    def _provision(self, claim: Obj, name: str, found: Obj | None) -> None:
        """Ask for a volume to be made by who is named in the class."""
        if found is None:
            text = f'storageclass.storage.k8s.io "{name}" not found'
            self._say(claim, _WARNING, "ProvisioningFailed", text)
            return
        provisioner = found.get("provisioner", "")
        if provisioner.startswith(IN_TREE):
            text = f"no volume plugin matched name: {provisioner}"
            self._say(claim, _WARNING, "ProvisioningFailed", text)
            return
        if annotation(claim, PROVISIONER) != provisioner:
            marks = {OLD_PROVISIONER: provisioner, PROVISIONER: provisioner}
            self.actions.append(Update(PVCS, with_annotations(claim, **marks)))
        self._say(
            claim,
            _NORMAL,
            "ExternalProvisioning",
            "Waiting for a volume to be created either by the external provisioner "
            f"'{provisioner}' or manually by the system administrator. If volume "
            "creation is delayed, please verify that the provisioner is running and correctly "
            "registered.",
        )

    def _named(self, claim: Obj) -> None:
        """A claim that asks for one volume by name."""
        name = claim["spec"]["volumeName"]
        volume = self.read.get(PVS, "", name)
        if volume is None:
            self._claim_is(claim, "Pending", None)
            return
        if volume["spec"].get("claimRef") is not None and not is_bound_to(volume, claim):
            text = f'volume "{name}" already bound to a different claim.'
            self._say(claim, _WARNING, "FailedBinding", text)
            self._claim_is(claim, "Pending", None)
            return
        if volume["spec"].get("claimRef") is None:
            fault = _unfit(volume, claim)
            if fault:
                text = f'Cannot bind to requested volume "{name}": {fault}'
                self._say(claim, _WARNING, "VolumeMismatch", text)
                self._claim_is(claim, "Pending", None)
                return
        self._bind(volume, claim)

    def _bound_claim(self, claim: Obj) -> None:
        name = claim["spec"].get("volumeName")
        if not name:
            self._lost(claim, f"Bound claim has lost reference to PersistentVolume. {_LOST}")
            return
        volume = self.read.get(PVS, "", name)
        if volume is None:
            self._lost(claim, f"Bound claim has lost its PersistentVolume. {_LOST}")
            return
        ref = volume["spec"].get("claimRef")
        if ref is None or ref.get("uid") == claim["metadata"]["uid"]:
            self._bind(volume, claim)
            return
        text = "Two claims are bound to the same volume, this one is bound incorrectly"
        self._lost(claim, text, "ClaimMisbound")

    def _lost(self, claim: Obj, text: str, reason: str = "ClaimLost") -> None:
        if phase_of(claim) != "Lost":
            self._claim_is(claim, "Lost", None)
            self._say(claim, _WARNING, reason, text)

    def _bind(self, volume: Obj, claim: Obj) -> None:
        """Write the binding down on both sides, the volume first."""
        bound = bound_volume(volume, claim)
        if bound is not volume:
            self.actions.append(Update(PVS, bound))
        self._volume_is(bound, "Bound")
        name = volume["metadata"]["name"]
        marks = {}
        if claim["spec"].get("volumeName") != name:
            marks[BOUND_BY_CONTROLLER] = "yes"
        if annotation(claim, BIND_COMPLETED) is None:
            marks[BIND_COMPLETED] = "yes"
        if marks:
            claim = with_annotations(claim, **marks)
            claim = {**claim, "spec": {**claim["spec"], "volumeName": name}}
            self.actions.append(Update(PVCS, claim))
        self._claim_is(claim, "Bound", bound)

    def _claim_is(self, claim: Obj, phase: str, volume: Obj | None) -> None:
        """Write the phase of a claim, and what it has of its volume."""
        old = claim.get("status") or {}
        new = {**old, "phase": phase}
        for field in ("accessModes", "capacity", "currentVolumeAttributesClassName"):
            if volume is None:
                new.pop(field, None)
        if volume is not None:
            new["accessModes"] = volume["spec"].get("accessModes") or []
            if old.get("phase") != phase:
                # Later on it may differ: the file system grows after the volume.
                new["capacity"] = volume["spec"]["capacity"]
                if attributes_class(volume):
                    new["currentVolumeAttributesClassName"] = attributes_class(volume)
        if new != old:
            self.actions.append(Update(PVCS, {**claim, "status": new}, "status"))

    # -- a volume -----------------------------------------------------------------------------

    def volume(self, volume: Obj) -> None:
        """See who has a volume, and take it back when nobody has."""
        ref = volume["spec"].get("claimRef")
        if ref is None or not ref.get("uid"):
            self._volume_is(volume, "Available")
            return
        claim = self.read.get(PVCS, ref.get("namespace", ""), ref.get("name", ""))
        if claim is None or claim["metadata"]["uid"] != ref["uid"]:
            self._release(volume)
            return
        name = claim["spec"].get("volumeName")
        if not name:
            if modes_differ(claim, volume):
                self._mismatch(volume, claim)
        elif name == volume["metadata"]["name"]:
            self._volume_is(volume, "Bound")
        elif annotation(volume, PROVISIONED_BY) is not None and _policy(volume) == "Delete":
            self._release(volume)
        else:
            self._unbind(volume)

    def _mismatch(self, volume: Obj, claim: Obj) -> None:
        of_volume, of_claim = volume["metadata"]["name"], claim["metadata"]["name"]
        why = "due to incompatible volumeMode."
        text = f'Cannot bind PersistentVolume to requested PersistentVolumeClaim "{of_claim}" {why}'
        self._say(volume, _WARNING, "VolumeMismatch", text)
        text = (
            f'Cannot bind PersistentVolume "{of_volume}" to requested PersistentVolumeClaim {why}'
        )
        self._say(claim, _WARNING, "VolumeMismatch", text)

    def _volume_is(self, volume: Obj, phase: str, message: str = "") -> None:
        if phase_of(volume) != phase:
            new = in_phase(volume, phase, self.now, message)
            self.actions.append(Update(PVS, new, "status"))

    def _unbind(self, volume: Obj) -> None:
        ref = volume["spec"]["claimRef"]
        spec = {k: v for k, v in volume["spec"].items() if k != "claimRef"}
        if annotation(volume, BOUND_BY_CONTROLLER) is None:
            # Its owner reserved it: that stays.
            spec["claimRef"] = {k: v for k, v in ref.items() if k != "uid"}
        free = with_annotations({**volume, "spec": spec}, **{BOUND_BY_CONTROLLER: None})
        self.actions.append(Update(PVS, free))
        self._volume_is(free, "Available")

    def _release(self, volume: Obj) -> None:
        """The claim is gone: keep the volume, delete it, or leave that to its driver."""
        if phase_of(volume) not in ("Released", "Failed"):
            self._volume_is(volume, "Released")
            volume = in_phase(volume, "Released", self.now)
        policy = _policy(volume)
        if policy == "Delete" and not _is_external(volume):
            fault = _undeletable(volume)
            if fault:
                self._failed(volume, "VolumeFailedDelete", fault)
            elif "deletionTimestamp" not in volume["metadata"]:
                self.actions.append(Delete(PVS, ("", volume["metadata"]["name"])))
        elif policy == "Recycle":
            if volume["spec"].keys() & {"nfs", "hostPath"}:
                self._say(volume, _NORMAL, "VolumeRecycled", "Volume recycled")
                self._unbind(volume)
            else:
                text = "No recycler plugin found for the volume!"
                self._failed(volume, "VolumeFailedRecycle", text)

    def _failed(self, volume: Obj, reason: str, text: str) -> None:
        if phase_of(volume) != "Failed":
            self._volume_is(volume, "Failed", text)
            self._say(volume, _WARNING, reason, text)


def _policy(volume: Obj) -> str:
    found: str = volume["spec"].get("persistentVolumeReclaimPolicy") or "Retain"
    return found


def _is_external(volume: Obj) -> bool:
    """Whether a driver beside the control plane deletes a volume."""
    by = annotation(volume, PROVISIONED_BY)
    return (by is not None and not by.startswith(IN_TREE)) or "csi" in volume["spec"]


def _undeletable(volume: Obj) -> str:
    """Return why the control plane cannot delete a volume itself, "" where it can."""
    path = (volume["spec"].get("hostPath") or {}).get("path")
    if path is None:
        name = volume["metadata"]["name"]
        return (
            f'error getting deleter volume plugin for volume "{name}": '
            "no deletable volume plugin matched"
        )
    if not re.search(_SCRATCH, path):
        return f"host_path deleter only supports {_SCRATCH} but received provided {path}"
    return ""


def _unfit(volume: Obj, claim: Obj) -> str:
    """Return why a volume cannot be what a claim asked for by name, "" where it can."""
    if "deletionTimestamp" in volume["metadata"]:
        return f'the volume is marked for deletion "{volume["metadata"]["name"]}"'
    if capacity(volume) < requested(claim):
        return "requested PV is too small"
    if class_of(volume) != class_of(claim):
        return "storageClassName does not match"
    if attributes_class(volume) != attributes_class(claim):
        return "volumeAttributesClassName does not match"
    if modes_differ(claim, volume):
        return "incompatible volumeMode"
    return "" if has_modes(claim, volume) else "incompatible accessMode"


# -- the loops -------------------------------------------------------------------------------------


def binder(users: Users) -> Controller:
    """Return the loop that looks at what has changed."""

    def reconcile(now: int, key: Key, read: Reader) -> Plan:
        sync = _Sync(read, now, users)
        if key[0]:
            claim = read.get(PVCS, *key)
            if claim is None:
                return NOTHING
            sync.claim(claim)
        else:
            volume = read.get(PVS, *key)
            if volume is None:
                return NOTHING
            sync.volume(volume)
        return sync.plan()

    return Controller(
        name="persistentvolume-binder",
        component=_COMPONENT,
        watches={PVCS: _of_claim, PVS: _of_volume},
        reconcile=reconcile,
    )


def _of_claim(change: Change, read: Reader) -> Iterable[Key]:
    """The claim itself; of one that went, the volume it had."""
    claim, old = change.object, change.old
    if change.type == DELETED:
        name = claim["spec"].get("volumeName")
        return [("", name)] if name else ()
    marked = annotation(claim, PROVISIONER)
    if old is not None and marked is not None and annotation(old, PROVISIONER) is None:
        return ()  # the binder's own mark
    return (change.key,)


def _of_volume(change: Change, read: Reader) -> Iterable[Key]:
    """The volume itself, and the claim it was made for, until that has it."""
    volume = change.object
    ref = volume["spec"].get("claimRef")
    if change.type == DELETED:
        return [(ref["namespace"], ref["name"])] if ref else ()
    keys = [change.key]
    if ref is not None and ref.get("uid"):
        claim = read.get(PVCS, ref["namespace"], ref["name"])
        if (
            claim is not None
            and not claim["spec"].get("volumeName")
            and claim["metadata"]["uid"] == ref["uid"]
            and not modes_differ(claim, volume)
        ):
            keys.append((ref["namespace"], ref["name"]))
    return keys


def resync(chance: Chance, users: Users) -> Controller:
    """Return the loop that looks at waiting claims every 15 s, on a grid of the run's own."""
    phase = chance.below(RESYNC, "persistentvolume-resync") // 1_000_000 * 1_000_000

    def next_on(now: int, period: int) -> int:
        return (now - phase) // period * period + period + phase

    def reconcile(now: int, key: Key, read: Reader) -> Plan:
        claim = read.get(PVCS, *key)
        if claim is None or not _waits(claim):
            return NOTHING
        if (now - phase) % RESYNC:
            return Plan(wake_at=next_on(now, RESYNC))
        sync = _Sync(read, now, users)
        sync.claim(claim)
        age = now - nanoseconds(claim["metadata"]["creationTimestamp"])
        period = RESYNC if age < _OFTEN else _SELDOM
        return sync.plan()._replace(wake_at=next_on(now, period))

    def of_claim(change: Change, read: Reader) -> Iterable[Key]:
        return (change.key,) if change.type == ADDED else ()

    def of_help(change: Change, read: Reader) -> Iterable[Key]:
        """All that wait, for something that may end it."""
        volume = change.object
        if change.resource == PVS and phase_of(volume) != "Available":
            return ()
        if change.type == DELETED:
            return ()
        return [
            (claim["metadata"]["namespace"], claim["metadata"]["name"])
            for claim in read.list(PVCS)
            if _waits(claim)
        ]

    def of_pod(change: Change, read: Reader) -> Iterable[Key]:
        users.see(change)
        return ()

    return Controller(
        name="persistentvolume-resync",
        component=_COMPONENT,
        watches={PVCS: of_claim, PVS: of_help, STORAGECLASSES: of_help, PODS: of_pod},
        deaf={PODS: STATUS},
        needs={PODS: PVCS},
        reconcile=reconcile,
    )


def _waits(claim: Obj) -> bool:
    return phase_of(claim) in ("", "Pending") and annotation(claim, BIND_COMPLETED) is None
