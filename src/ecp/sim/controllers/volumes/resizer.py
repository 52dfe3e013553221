"""Growing: the control plane waits for a driver's resizer, that for the node's kubelet.

Source: kubernetes pkg/controller/volume/expand/expand_controller.go (1.36), kubernetes-csi
external-resizer pkg/controller (v1), kubernetes pkg/volume/util/operationexecutor/node_expander.go.
"""

from collections.abc import Iterable
from typing import Final

from ecp.kube import quantity
from ecp.kube.kinds import PODS, PVCS, PVS
from ecp.kube.times import rfc3339
from ecp.kube.volumes import capacity, driver_of, phase_of, requested
from ecp.sim.clusters.storage import Driver
from ecp.sim.controllers.volumes.users import Users, claims_of
from ecp.sim.controllers.volumes.work import Work
from ecp.sim.engine.chance import Chance
from ecp.sim.plans import NOTHING, Controller, EventNote, Plan, Reader, Update
from ecp.sim.store import Change, Key, Obj
from ecp.sim.store.store import DELETED, FIGURES

NODE_RESIZE: Final = "NodeResizePending"
_RESYNC: Final = 60 * 1_000_000_000
"""A kubelet sees at the next sync of a pod that its volume is to grow: once a minute."""
_NORMAL: Final = "Normal"


def expander() -> Controller:
    """Return the control plane's loop: it grows no CSI volume itself, and says so."""

    def reconcile(now: int, key: Key, read: Reader) -> Plan:
        claim = read.get(PVCS, *key)
        if claim is None or phase_of(claim) != "Bound" or not _wants_more(claim):
            return NOTHING
        text = "waiting for an external controller to expand this PVC"
        return Plan((), (EventNote(claim, _NORMAL, "ExternalExpanding", text),))

    def of_claim(change: Change, read: Reader) -> Iterable[Key]:
        old = change.old
        grows = old is not None and requested(change.object) > requested(old)
        return (change.key,) if grows and change.type != DELETED else ()

    return Controller(
        name="persistentvolume-expander",
        component="volume_expand",
        watches={PVCS: of_claim},
        reconcile=reconcile,
    )


class Resizer:
    """A driver's resizer."""

    def __init__(self, chance: Chance, driver: Driver) -> None:
        self.driver = driver
        self.work = Work(f"resize/{driver.name}", chance)

    def controller(self) -> Controller:
        return Controller(
            name=f"csi-resizer/{self.driver.name}",
            component=f"external-resizer {self.driver.name}",
            watches={PVCS: self._of_claim},
            reconcile=self.reconcile,
            actor="csi-resizer",
            snapshot=self.work.snapshot,
            restore=self.work.restore,
        )

    def _of_claim(self, change: Change, read: Reader) -> Iterable[Key]:
        claim = change.object
        if change.type == DELETED:
            self.work.end(claim["metadata"]["uid"])
            return ()
        return (change.key,) if phase_of(claim) == "Bound" and _wants_more(claim) else ()

    def reconcile(self, now: int, key: Key, read: Reader) -> Plan:
        claim = read.get(PVCS, *key)
        if claim is None or phase_of(claim) != "Bound" or not _wants_more(claim):
            return NOTHING
        volume = read.get(PVS, "", claim["spec"].get("volumeName", ""))
        if volume is None or driver_of(volume) != self.driver.name:
            return NOTHING
        uid = claim["metadata"]["uid"]
        due = self.work.due(uid)
        if capacity(volume) >= requested(claim) and due is None:
            return NOTHING
        status = claim.get("status") or {}
        if due is None:
            due = self.work.begin(uid, self.driver.delays["resize"], now)
            new = {
                **status,
                "allocatedResources": {"storage": _asked(claim)},
                "allocatedResourceStatuses": {"storage": "ControllerResizeInProgress"},
            }
            new["conditions"] = [_condition("Resizing", "", now)]
            text = f"External resizer is resizing volume {volume['metadata']['name']}"
            note = EventNote(claim, _NORMAL, "Resizing", text)
            return Plan((Update(PVCS, {**claim, "status": new}, "status"),), (note,), due)
        if now < due:
            return Plan(wake_at=due)
        self.work.end(uid)
        return self._resized(now, claim, volume)

    def _resized(self, now: int, claim: Obj, volume: Obj) -> Plan:
        size = _asked(claim)
        spec = {**volume["spec"], "capacity": {**volume["spec"]["capacity"], "storage": size}}
        grown = Update(PVS, {**volume, "spec": spec})
        if not self.driver.attach:
            done = Update(PVCS, grown_claim(claim), "status")
            text = "Resize volume succeeded"
            return Plan((grown, done), (EventNote(claim, _NORMAL, "VolumeResizeSuccessful", text),))
        text = (
            "Waiting for user to (re-)start a pod to finish file system resize of volume on node."
        )
        status = {
            **(claim.get("status") or {}),
            "allocatedResourceStatuses": {"storage": NODE_RESIZE},
            "conditions": [_condition("FileSystemResizePending", text, now)],
        }
        note = EventNote(
            claim,
            _NORMAL,
            "FileSystemResizeRequired",
            "Require file system resize of volume on node",
        )
        return Plan((grown, Update(PVCS, {**claim, "status": status}, "status")), (note,))


class NodeResizer:
    """The kubelet's part: a pod that runs has its file system grown to the size of the volume."""

    def __init__(self, chance: Chance, users: Users) -> None:
        self.users = users
        self.work = Work("resize-node", chance)

    def controller(self) -> Controller:
        return Controller(
            name="csi-node-resizer",
            component="kubelet",
            watches={PVCS: self._of_claim, PODS: self._of_pod},
            deaf={PODS: FIGURES},
            needs={PODS: PVCS},
            reconcile=self.reconcile,
            actor="kubelet",
            snapshot=self.work.snapshot,
            restore=self.work.restore,
        )

    def _of_claim(self, change: Change, read: Reader) -> Iterable[Key]:
        claim = change.object
        if change.type == DELETED:
            self.work.end(claim["metadata"]["uid"])
            return ()
        return (change.key,) if _waits_for_node(claim) else ()

    def _of_pod(self, change: Change, read: Reader) -> Iterable[Key]:
        pod, old = change.object, change.old
        self.users.see(change)
        runs = phase_of(pod) == "Running" and (old is None or phase_of(old) != "Running")
        return claims_of(pod) if runs and change.type != DELETED else ()

    def reconcile(self, now: int, key: Key, read: Reader) -> Plan:
        claim = read.get(PVCS, *key)
        if claim is None or not _waits_for_node(claim):
            return NOTHING
        pods = [one for one in self.users.of(read, key) if phase_of(one) == "Running"]
        if not pods:
            return NOTHING
        uid = claim["metadata"]["uid"]
        due = self.work.due(uid)
        if due is None:
            due = self.work.begin(uid, _RESYNC // 2, now)
        if now < due:
            return Plan(wake_at=due)
        self.work.end(uid)
        node = pods[0]["spec"]["nodeName"]
        text = (
            f'MountVolume.NodeExpandVolume succeeded for volume "{claim["spec"]["volumeName"]}" '
            f"{node}"
        )
        notes = [EventNote(pod, _NORMAL, "FileSystemResizeSuccessful", text) for pod in pods[:1]]
        return Plan((Update(PVCS, grown_claim(claim), "status"),), tuple(notes))


def grown_claim(claim: Obj) -> Obj:
    """Return a claim whose volume has grown to what it asks for."""
    done = ("conditions", "allocatedResourceStatuses")
    status = {k: v for k, v in (claim.get("status") or {}).items() if k not in done}
    sizes = {**(status.get("capacity") or {}), "storage": _asked(claim)}
    return {**claim, "status": {**status, "capacity": sizes}}


def _wants_more(claim: Obj) -> bool:
    has = ((claim.get("status") or {}).get("capacity") or {}).get("storage")
    return has is not None and requested(claim) > quantity.value(has)


def _waits_for_node(claim: Obj) -> bool:
    states = (claim.get("status") or {}).get("allocatedResourceStatuses") or {}
    return bool(states.get("storage") == NODE_RESIZE)


def _asked(claim: Obj) -> str:
    found: str = claim["spec"]["resources"]["requests"]["storage"]
    return found


def _condition(kind: str, message: str, now: int) -> Obj:
    return {
        "type": kind,
        "status": "True",
        "lastProbeTime": None,
        "lastTransitionTime": rfc3339(now),
        **({"message": message} if message else {}),
    }
