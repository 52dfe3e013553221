"""A driver's provisioner: it makes volumes for claims, and deletes those that are released.

Source: kubernetes-csi external-provisioner pkg/controller (v5), and what it is built on,
sig-storage-lib-external-provisioner controller (v10).
"""

import re
from collections.abc import Iterable
from typing import Final

from ecp.kube.kinds import NODES, PVCS, PVS, STORAGECLASSES, VOLUMEATTACHMENTS
from ecp.kube.volumes import (
    PROVISIONED_BY,
    PROVISIONER,
    SELECTED_NODE,
    annotation,
    attributes_class,
    binds_late,
    claim_ref,
    class_admits_node,
    class_of,
    phase_of,
    with_annotations,
)
from ecp.sim.clusters.storage import Driver
from ecp.sim.controllers.volumes.work import Work, is_on_a_node, without
from ecp.sim.engine.chance import Chance
from ecp.sim.plans import NOTHING, Controller, Create, Delete, EventNote, Plan, Reader, Update
from ecp.sim.store import Change, Key, Obj
from ecp.sim.store.store import DELETED

FINALIZER: Final = "external-provisioner.volume.kubernetes.io/finalizer"
_CAPABILITY: Final = {
    "ReadWriteOnce": "SINGLE_NODE_WRITER",
    "ReadOnlyMany": "MULTI_NODE_READER_ONLY",
    "ReadWriteMany": "MULTI_NODE_MULTI_WRITER",
    "ReadWriteOncePod": "SINGLE_NODE_SINGLE_WRITER",
}
_NORMAL, _WARNING = "Normal", "Warning"


class Provisioner:
    """Keys: (namespace, name) is a claim, ("", name) a volume."""

    def __init__(self, chance: Chance, driver: Driver) -> None:
        self.chance = chance
        self.driver = driver
        self.work = Work(f"provision/{driver.name}", chance)
        self.identity = f"{chance.bits(driver.name) % 10**13}-8081-{driver.name}"

    def controller(self) -> Controller:
        name = self.driver.name
        pod = f"{self.driver.dashed}-controller-0"
        return Controller(
            name=f"csi-provisioner/{name}",
            component=f"{name}_{pod}_{self.chance.uid(f'csi/{name}')}",
            watches={PVCS: self._of_claim, PVS: self._of_volume, VOLUMEATTACHMENTS: _of_attached},
            reconcile=self.reconcile,
            actor="csi-provisioner",
            snapshot=self.work.snapshot,
            restore=self.work.restore,
        )

    def _of_claim(self, change: Change, read: Reader) -> Iterable[Key]:
        claim = change.object
        if change.type == DELETED:
            self.work.end(claim["metadata"]["uid"])
            return ()
        ours = annotation(claim, PROVISIONER) == self.driver.name
        return (change.key,) if ours and not claim["spec"].get("volumeName") else ()

    def _of_volume(self, change: Change, read: Reader) -> Iterable[Key]:
        if change.type == DELETED:
            self.work.end(change.key[1])
            return ()
        volume = change.object
        going = phase_of(volume) == "Released" or "deletionTimestamp" in volume["metadata"]
        ours = annotation(volume, PROVISIONED_BY) == self.driver.name
        return (change.key,) if ours and going else ()

    def reconcile(self, now: int, key: Key, read: Reader) -> Plan:
        if not key[0]:
            return self._delete(now, key, read)
        claim = read.get(PVCS, *key)
        if claim is None or claim["spec"].get("volumeName") or not self._wanted(claim, read):
            if claim is not None:
                self.work.end(claim["metadata"]["uid"])
            return NOTHING
        uid = claim["metadata"]["uid"]
        due = self.work.due(uid)
        if due is None:
            due = self.work.begin(uid, self.driver.delays["provision"], now)
            text = f'External provisioner is provisioning volume for claim "{key[0]}/{key[1]}"'
            return Plan((), (EventNote(claim, _NORMAL, "Provisioning", text),), due)
        if now < due:
            return Plan(wake_at=due)
        return self._make(now, claim, read)

    def _wanted(self, claim: Obj, read: Reader) -> bool:
        found = read.get(STORAGECLASSES, "", class_of(claim))
        if found is None or found.get("provisioner") != self.driver.name:
            return False
        if annotation(claim, PROVISIONER) != self.driver.name:
            return False
        return not binds_late(found) or annotation(claim, SELECTED_NODE) is not None

    def _make(self, now: int, claim: Obj, read: Reader) -> Plan:
        meta, name = claim["metadata"], f"pvc-{claim['metadata']['uid']}"
        if read.get(PVS, "", name) is not None:
            self.work.end(meta["uid"])
            return NOTHING
        storage_class = read.get(STORAGECLASSES, "", class_of(claim))
        assert storage_class is not None
        node = annotation(claim, SELECTED_NODE)
        if node is not None and read.get(NODES, "", node) is None:
            # The scheduler is to choose again.
            self.work.end(meta["uid"])
            text = f'failed to get target node: node "{node}" not found'
            again = Update(PVCS, with_annotations(claim, **{SELECTED_NODE: None}))
            return Plan((again,), (EventNote(claim, _WARNING, "ProvisioningFailed", text),))
        fault = self._fault(claim)
        place = None if fault else self._place(claim, storage_class, node, read)
        if not fault and self.driver.topology and place is None:
            fault = (
                "error generating accessibility requirements: no topology key found for node "
                f"{node}"
                if node is not None
                else "error generating accessibility requirements: no available topology found"
            )
        if fault:
            again_at = self.work.again(meta["uid"], now)
            of = f'failed to provision volume with StorageClass "{class_of(claim)}"'
            note = EventNote(claim, _WARNING, "ProvisioningFailed", f"{of}: {fault}")
            return Plan((), (note,), again_at)
        self.work.end(meta["uid"])
        text = f"Successfully provisioned volume {name}"
        return Plan(
            (Create(PVS, self._volume(claim, storage_class, place)),),
            (EventNote(claim, _NORMAL, "ProvisioningSucceeded", text),),
        )

    def _fault(self, claim: Obj) -> str:
        asked = claim["spec"].get("accessModes") or ()
        wrong = [mode for mode in asked if mode not in self.driver.modes]
        if not wrong:
            return ""
        return (
            "rpc error: code = InvalidArgument desc = Volume capabilities "
            f"{_CAPABILITY[wrong[0]]} not supported. Only AccessModes"
            f"[{' '.join(self.driver.modes)}] supported."
        )

    def _place(self, claim: Obj, storage_class: Obj, node: str | None, read: Reader) -> str | None:
        """Return the value of the topology label that the volume is tied to, None for none."""
        key = self.driver.topology
        if not key:
            return None
        if node is not None:
            found = read.get(NODES, "", node)
            labels = found["metadata"].get("labels") or {} if found is not None else {}
            value: str | None = labels.get(key)
            return value
        values: list[str] = sorted(
            {
                labels[key]
                for labels in (one["metadata"].get("labels") or {} for one in read.list(NODES))
                if key in labels and class_admits_node(storage_class, labels)
            }
        )
        if not values:
            return None
        # As the sidecar spreads the claims of a set: one after the other from where the set begins.
        stem, number = _numbered(claim["metadata"]["name"])
        return values[(self.chance.bits(f"topology/{stem}") + number) % len(values)]

    def _volume(self, claim: Obj, storage_class: Obj, place: str | None) -> Obj:
        name = f"pvc-{claim['metadata']['uid']}"
        mode = claim["spec"].get("volumeMode") or "Filesystem"
        policy = storage_class.get("reclaimPolicy") or "Delete"
        source: Obj = {
            "driver": self.driver.name,
            **({"fsType": "ext4"} if self.driver.attach and mode == "Filesystem" else {}),
            "volumeAttributes": {"storage.kubernetes.io/csiProvisionerIdentity": self.identity},
            "volumeHandle": f"vol-{self.chance.bits(f'handle/{name}'):016x}0",
        }
        spec: Obj = {
            "accessModes": claim["spec"].get("accessModes") or [],
            "capacity": {"storage": claim["spec"]["resources"]["requests"]["storage"]},
            "claimRef": claim_ref(claim),
            "csi": source,
            "persistentVolumeReclaimPolicy": policy,
            "storageClassName": class_of(claim),
            "volumeMode": mode,
        }
        if place is not None:
            spec["nodeAffinity"] = _tied(self.driver.topology, place)
        if storage_class.get("mountOptions"):
            spec["mountOptions"] = storage_class["mountOptions"]
        if attributes_class(claim):
            spec["volumeAttributesClassName"] = attributes_class(claim)
        marks = {
            PROVISIONED_BY: self.driver.name,
            "volume.kubernetes.io/provisioner-deletion-secret-name": "",
            "volume.kubernetes.io/provisioner-deletion-secret-namespace": "",
        }
        meta: Obj = {"name": name, "annotations": marks}
        if policy == "Delete":
            meta["finalizers"] = [FINALIZER]
        return {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": meta, "spec": spec}

    def _delete(self, now: int, key: Key, read: Reader) -> Plan:
        """Delete a released volume once no node has it attached; then its object."""
        volume = read.get(PVS, *key)
        if volume is None:
            return NOTHING
        name, meta = key[1], volume["metadata"]
        going = "deletionTimestamp" in meta
        if volume["spec"].get("persistentVolumeReclaimPolicy") != "Delete":
            return without(PVS, volume, FINALIZER) if going else NOTHING
        if phase_of(volume) not in ("Released", "Failed") or is_on_a_node(name, read):
            return NOTHING
        due = self.work.due(name)
        if due is None:
            due = self.work.begin(name, self.driver.delays["delete"], now)
        if now < due:
            return Plan(wake_at=due)
        if not going:
            # It is marked by this; what holds it is let go in the next look.
            return Plan((Delete(PVS, key),))
        self.work.end(name)
        return without(PVS, volume, FINALIZER)


def _of_attached(change: Change, read: Reader) -> Iterable[Key]:
    """The volume that a node no longer has."""
    if change.type != DELETED:
        return ()
    name = (change.object["spec"].get("source") or {}).get("persistentVolumeName")
    return [("", name)] if name and read.get(PVS, "", name) is not None else ()


def _numbered(name: str) -> tuple[str, int]:
    """Split the name of a set's claim from its ordinal."""
    found = re.fullmatch(r"(.*)-([0-9]{1,9})", name)
    return (found[1], int(found[2])) if found else (name, 0)


def _tied(key: str, value: str) -> Obj:
    expression = {"key": key, "operator": "In", "values": [value]}
    return {"required": {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}}
