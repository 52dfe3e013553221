"""A driver on its nodes: who has it, and the attacher that does as VolumeAttachments say.

Source: kubernetes-csi external-attacher pkg/controller/csi_handler.go (v4), kubernetes
pkg/volume/csi/nodeinfomanager.
"""

from collections.abc import Iterable

from ecp.kube.kinds import CSINODES, NODES, PVS, VOLUMEATTACHMENTS
from ecp.kube.volumes import driver_of, with_annotations
from ecp.sim.clusters.storage import Driver
from ecp.sim.controllers.volumes.work import Work, is_on_a_node, with_finalizer, without
from ecp.sim.engine.chance import Chance
from ecp.sim.plans import NOTHING, Action, Controller, Create, Delete, Plan, Reader, Update
from ecp.sim.store import Change, Key, Obj
from ecp.sim.store.store import ADDED, DELETED


def registrar(drivers: tuple[Driver, ...]) -> Controller:
    """Return the loop by which each node's kubelet says which drivers it has: its CSINode."""

    def reconcile(now: int, key: Key, read: Reader) -> Plan:
        node, found = read.get(NODES, *key), read.get(CSINODES, *key)
        if node is None:
            return NOTHING if found is None else Plan((Delete(CSINODES, key),))
        if found is not None:
            return NOTHING
        name = key[1]
        owner = {"apiVersion": "v1", "kind": "Node", "name": name, "uid": node["metadata"]["uid"]}
        rows = []
        for driver in drivers:
            row: Obj = {"name": driver.name, "nodeID": name, "topologyKeys": None}
            if driver.topology:
                row["topologyKeys"] = [driver.topology]
            if driver.limit:
                row["allocatable"] = {"count": driver.limit}
            rows.append(row)
        meta = {"name": name, "ownerReferences": [owner]}
        made = {"metadata": meta, "spec": {"drivers": rows}}
        whole = {"apiVersion": "storage.k8s.io/v1", "kind": "CSINode", **made}
        return Plan((Create(CSINODES, whole),))

    def of_node(change: Change, read: Reader) -> Iterable[Key]:
        return (change.key,) if change.type in (ADDED, DELETED) else ()

    return Controller(
        name="csi-registrar",
        component="kubelet",
        watches={NODES: of_node},
        reconcile=reconcile,
        actor="kubelet",
    )


class Attacher:
    """Keys: ("", name) is a VolumeAttachment, ("volume", name) a PersistentVolume that goes."""

    def __init__(self, chance: Chance, driver: Driver) -> None:
        self.driver = driver
        self.work = Work(f"attach/{driver.name}", chance)
        self.finalizer = f"external-attacher/{driver.dashed}"

    def controller(self) -> Controller:
        return Controller(
            name=f"csi-attacher/{self.driver.name}",
            component=f"csi-attacher {self.driver.name}",
            watches={VOLUMEATTACHMENTS: self._of_attachment, PVS: self._of_volume},
            reconcile=self.reconcile,
            actor="csi-attacher",
            snapshot=self.work.snapshot,
            restore=self.work.restore,
        )

    def _of_attachment(self, change: Change, read: Reader) -> Iterable[Key]:
        spec = change.object["spec"]
        if spec.get("attacher") != self.driver.name:
            return ()
        if change.type != DELETED:
            return (change.key,)
        name = (spec.get("source") or {}).get("persistentVolumeName")
        return [("volume", name)] if name else ()

    def _of_volume(self, change: Change, read: Reader) -> Iterable[Key]:
        volume = change.object
        if driver_of(volume) != self.driver.name or "deletionTimestamp" not in volume["metadata"]:
            return ()
        return [("volume", change.key[1])]

    def reconcile(self, now: int, key: Key, read: Reader) -> Plan:
        if key[0]:
            volume = read.get(PVS, "", key[1])
            if volume is None or "deletionTimestamp" not in volume["metadata"]:
                return NOTHING
            return NOTHING if is_on_a_node(key[1], read) else without(PVS, volume, self.finalizer)
        found = read.get(VOLUMEATTACHMENTS, *key)
        if found is None:
            return NOTHING
        if "deletionTimestamp" in found["metadata"]:
            return self._detach(now, found)
        if (found.get("status") or {}).get("attached"):
            return NOTHING
        return self._attach(now, found, read)

    def _attach(self, now: int, found: Obj, read: Reader) -> Plan:
        name = found["metadata"]["name"]
        due = self.work.due(name)
        if due is None:
            due = self.work.begin(name, self.driver.delays["attach"], now)
            node_id = {"csi.alpha.kubernetes.io/node-id": found["spec"]["nodeName"]}
            marked = with_annotations(with_finalizer(found, self.finalizer), **node_id)
            actions: list[Action] = [Update(VOLUMEATTACHMENTS, marked)]
            source = (found["spec"].get("source") or {}).get("persistentVolumeName", "")
            volume = read.get(PVS, "", source)
            if volume is not None and self.finalizer not in (
                volume["metadata"].get("finalizers") or ()
            ):
                actions.append(Update(PVS, with_finalizer(volume, self.finalizer)))
            return Plan(tuple(actions), wake_at=due)
        if now < due:
            return Plan(wake_at=due)
        self.work.end(name)
        status = {**(found.get("status") or {}), "attached": True}
        return Plan((Update(VOLUMEATTACHMENTS, {**found, "status": status}, "status"),))

    def _detach(self, now: int, found: Obj) -> Plan:
        name = f"detach/{found['metadata']['name']}"
        self.work.end(found["metadata"]["name"])
        due = self.work.due(name)
        if due is None:
            due = self.work.begin(name, self.driver.delays["detach"], now)
        if now < due:
            return Plan(wake_at=due)
        self.work.end(name)
        return without(VOLUMEATTACHMENTS, found, self.finalizer)
