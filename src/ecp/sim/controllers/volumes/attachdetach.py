"""The attach/detach controller: volumes follow pods from node to node, one node at a time.

A volume is taken from a node when no pod there wants it and its kubelet has unmounted it; from a
node that is not well after 6 min, mounted or not.
Source: kubernetes pkg/controller/volume/attachdetach (1.36), pkg/volume/csi/csi_attacher.go.
Keys: ("", volume).
"""

from collections.abc import Iterable
from typing import Any, Final

from ecp.kube.kinds import CSIDRIVERS, NODES, PODS, PVCS, PVS, VOLUMEATTACHMENTS
from ecp.kube.pods import condition, is_terminal
from ecp.kube.volumes import (
    attaches_to_many,
    attachment_name,
    driver_of,
    is_attached,
    needs_attaching,
    phase_of,
    unique_name,
)
from ecp.sim.controllers.volumes.users import Users, claims_of
from ecp.sim.plans import (
    NOTHING,
    Action,
    Controller,
    Create,
    Delete,
    EventNote,
    Plan,
    Reader,
    Update,
)
from ecp.sim.store import Change, Key, Obj
from ecp.sim.store.store import ADDED, DELETED, FIGURES

SECOND: Final = 1_000_000_000
LONGEST_UNMOUNT: Final = 360 * SECOND
"""How long an unmount is waited for on a node that is not well. Source: reconciler timer config."""
LOOP: Final = 100_000_000
"""Source: attachdetach DefaultTimerConfig, ReconcilerLoopPeriod."""
PATIENCE: Final = 120 * SECOND
"""How long an attacher is waited for. Source: pkg/volume/csi csiTimeout."""
_BACKOFF, _BACKOFF_MAX = 500_000_000, 122 * SECOND
_MANAGED: Final = "volumes.kubernetes.io/controller-managed-attach-detach"
OUT_OF_SERVICE: Final = "node.kubernetes.io/out-of-service"

# What is remembered of a volume on a node.
_SINCE, _TOLD, _TRY_AT, _TRIES = range(4)


class AttachDetach:
    """Where each volume is, or is going: volume → node → [no longer wanted since (ns) or None,
    whether a multi-attach was reported, when an attempt to attach is given up, how many were]."""

    def __init__(self, users: Users) -> None:
        self.users = users
        self.places: dict[str, dict[str, list[Any]]] = {}

    def controller(self) -> Controller:
        return Controller(
            name="attachdetach",
            component="attachdetach-controller",
            watches={
                PODS: self._of_pod,
                PVCS: self._of_claim,
                PVS: self._of_volume,
                VOLUMEATTACHMENTS: _of_attachment,
                NODES: self._of_node,
            },
            deaf={PODS: FIGURES},
            needs={PODS: PVCS},
            reconcile=self.reconcile,
            delay=LOOP // 2,
            snapshot=self.snapshot,
            restore=self.restore,
        )

    # -- what concerns it ---------------------------------------------------------------------

    def _of_pod(self, change: Change, read: Reader) -> Iterable[Key]:
        self.users.see(change)
        pod, old = change.object, change.old
        if not pod["spec"].get("volumes") or not pod["spec"].get("nodeName"):
            return ()
        bound = old is None or not old["spec"].get("nodeName")
        over = is_terminal(pod) and (old is None or not is_terminal(old))
        if not bound and not over and change.type != DELETED:
            return ()
        return self._volumes_of(claims_of(pod), read)

    def _volumes_of(self, claims: Iterable[Key], read: Reader) -> list[Key]:
        found = []
        for key in claims:
            claim = read.get(PVCS, *key)
            name = claim["spec"].get("volumeName") if claim is not None else None
            if name:
                found.append(("", name))
        return found

    def _of_claim(self, change: Change, read: Reader) -> Iterable[Key]:
        name = change.object["spec"].get("volumeName")
        old = change.old
        same = old is not None and phase_of(old) == phase_of(change.object)
        return [("", name)] if name and not same else ()

    def _of_volume(self, change: Change, read: Reader) -> Iterable[Key]:
        return (change.key,) if change.key[1] in self.places else ()

    def _of_node(self, change: Change, read: Reader) -> Iterable[Key]:
        """The volumes that are on a node, when it unmounts some, falls ill or is given up."""
        node, old = change.object, change.old
        if old is not None and change.type != DELETED and _seen(node) == _seen(old):
            return ()
        name = change.key[1]
        found: list[Key] = [("", volume) for volume, on in self.places.items() if name in on]
        if change.type == ADDED:
            for pod in read.on_node(name):
                found += self._volumes_of(claims_of(pod), read)
        return found

    # -- what follows -------------------------------------------------------------------------

    def reconcile(self, now: int, key: Key, read: Reader) -> Plan:
        name = key[1]
        volume = read.get(PVS, "", name)
        if volume is None or not driver_of(volume):
            self.places.pop(name, None)
            return NOTHING
        wanted: dict[str, list[Obj]] = {}
        if needs_attaching(read.get(CSIDRIVERS, "", driver_of(volume))):
            wanted = self._wanted(volume, read)
        look = _Look(now, read, volume, self.places.setdefault(name, {}))
        for node in [one for one in look.places if one not in wanted]:
            look.detach(node)
        for node, pods in wanted.items():
            look.attach(node, pods, wanted)
        if not look.places:
            del self.places[name]
        return Plan(tuple(look.actions), tuple(look.events), min(look.wakes, default=None))

    def _wanted(self, volume: Obj, read: Reader) -> dict[str, list[Obj]]:
        """Return by node the pods that want a volume there."""
        ref = volume["spec"].get("claimRef") or {}
        key = (ref.get("namespace", ""), ref.get("name", ""))
        claim = read.get(PVCS, *key) if key[0] else None
        if (
            claim is None
            or phase_of(claim) != "Bound"
            or claim["metadata"]["uid"] != ref.get("uid")
            or claim["spec"].get("volumeName") != volume["metadata"]["name"]
        ):
            return {}
        found: dict[str, list[Obj]] = {}
        for pod in self.users.of(read, key):
            node = pod["spec"].get("nodeName")
            if node and not is_terminal(pod) and _is_managed(read.get(NODES, "", node)):
                found.setdefault(node, []).append(pod)
        return found

    # -- state --------------------------------------------------------------------------------

    def snapshot(self) -> Any:
        return {
            volume: {node: list(row) for node, row in on.items()}
            for volume, on in self.places.items()
        }

    def restore(self, plain: Any) -> None:
        self.places = {
            volume: {node: list(row) for node, row in on.items()} for volume, on in plain.items()
        }


class _Look:
    """One look at one volume."""

    def __init__(self, now: int, read: Reader, volume: Obj, places: dict[str, list[Any]]) -> None:
        self.now = now
        self.read = read
        self.volume = volume
        self.name: str = volume["metadata"]["name"]
        self.unique = unique_name(volume)
        self.places = places
        self.actions: list[Action] = []
        self.events: list[EventNote] = []
        self.wakes: list[int] = []

    def _attachment(self, node: str) -> Obj | None:
        return self.read.get(VOLUMEATTACHMENTS, "", attachment_name(self.volume, node))

    def _say(self, pods: Iterable[Obj], kind: str, reason: str, text: str) -> None:
        self.events += [EventNote(pod, kind, reason, text) for pod in pods]

    def attach(self, node: str, pods: list[Obj], wanted: dict[str, list[Obj]]) -> None:
        """Have the volume attached to a node, unless another one still has it."""
        found = self._attachment(node)
        row = self.places.get(node)
        if found is not None and "deletionTimestamp" in found["metadata"]:
            return
        if row is not None:
            row[_SINCE] = None
        if is_attached(found):
            self.places.setdefault(node, [None, False, None, 0])[_TRY_AT] = None
            if self._report(node, True):
                text = f'AttachVolume.Attach succeeded for volume "{self.name}" '
                self._say(pods, "Normal", "SuccessfulAttachVolume", text)
            return
        others = [one for one in self.places if one != node and self._attachment(one) is not None]
        if found is None and others and not attaches_to_many(self.volume):
            row = self.places.setdefault(node, [None, False, None, 0])
            if not row[_TOLD]:
                row[_TOLD] = True
                self._multi_attach(pods, [pod for one in others for pod in wanted.get(one, ())])
            return
        row = self.places.setdefault(node, [None, False, None, 0])
        if found is None:
            self._create(node, row)
        elif row[_TRY_AT] is None:
            row[_TRY_AT] = self.now + PATIENCE
        elif row[_TRY_AT] <= self.now:
            driver, handle = driver_of(self.volume), self.volume["spec"]["csi"]["volumeHandle"]
            text = (
                f'AttachVolume.Attach failed for volume "{self.name}" : timed out waiting for '
                f"external-attacher of {driver} CSI driver to attach volume {handle}"
            )
            self._say(pods, "Warning", "FailedAttachVolume", text)
            pause = min(_BACKOFF << min(row[_TRIES], 20), _BACKOFF_MAX)
            row[_TRIES] += 1
            row[_TRY_AT] = self.now + pause + PATIENCE
        self.wakes.append(row[_TRY_AT])

    def _create(self, node: str, row: list[Any]) -> None:
        row[_TRY_AT] = self.now + PATIENCE
        made = {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "VolumeAttachment",
            "metadata": {"name": attachment_name(self.volume, node)},
            "spec": {
                "attacher": driver_of(self.volume),
                "nodeName": node,
                "source": {"persistentVolumeName": self.name},
            },
            "status": {"attached": False},
        }
        self.actions.append(Create(VOLUMEATTACHMENTS, made))

    def _multi_attach(self, pods: list[Obj], blocking: list[Obj]) -> None:
        for pod in pods:
            namespace = pod["metadata"]["namespace"]
            local = [
                one["metadata"]["name"]
                for one in blocking
                if one["metadata"]["namespace"] == namespace
            ]
            if local:
                why = f"Volume is already used by pod(s) {', '.join(local)}"
            else:
                why = (
                    "Volume is already exclusively attached to one node and can't be attached to "
                    "another"
                )
            text = f'Multi-Attach error for volume "{self.name}" {why}'
            self._say([pod], "Warning", "FailedAttachVolume", text)

    def detach(self, node: str) -> None:
        """Have the volume taken from a node that no longer needs it."""
        found = self._attachment(node)
        row = self.places[node]
        if found is None:
            self._report(node, False)
            del self.places[node]
            return
        if "deletionTimestamp" in found["metadata"]:
            return
        if row[_SINCE] is None:
            row[_SINCE] = self.now
        host = self.read.get(NODES, "", node)
        limit = row[_SINCE] + LONGEST_UNMOUNT + LOOP
        well = _is_well(host)
        held = _is_mounted(host, self.unique) and not _is_out_of_service(host)
        if held and (well or self.now < limit):
            if not well:
                self.wakes.append(limit)
            return
        self._report(node, False)
        self.actions.append(Delete(VOLUMEATTACHMENTS, ("", found["metadata"]["name"])))

    def _report(self, node: str, attached: bool) -> bool:
        """Write into the node's status whether the volume is attached; False: it says so."""
        host = self.read.get(NODES, "", node)
        if host is None:
            return False
        status = host.get("status") or {}
        rows = list(status.get("volumesAttached") or ())
        there = any(one["name"] == self.unique for one in rows)
        if there == attached:
            return False
        if attached:
            rows.append({"name": self.unique, "devicePath": ""})
        else:
            rows = [one for one in rows if one["name"] != self.unique]
        new = {k: v for k, v in status.items() if k != "volumesAttached"}
        if rows:
            new["volumesAttached"] = rows
        self.actions.append(Update(NODES, {**host, "status": new}, "status"))
        return True


def _of_attachment(change: Change, read: Reader) -> Iterable[Key]:
    name = (change.object["spec"].get("source") or {}).get("persistentVolumeName")
    return [("", name)] if name else ()


def _seen(node: Obj) -> tuple[Any, ...]:
    status = node.get("status") or {}
    return status.get("volumesInUse"), _is_well(node), _is_out_of_service(node)


def _is_managed(node: Obj | None) -> bool:
    """Whether a node leaves attaching to the control plane."""
    return node is not None and (node["metadata"].get("annotations") or {}).get(_MANAGED) == "true"


def _is_well(node: Obj | None) -> bool:
    ready = condition(node, "Ready") if node is not None else None
    return ready is not None and ready["status"] == "True"


def _is_mounted(node: Obj | None, unique: str) -> bool:
    """Whether a node says that it has a volume mounted; of one that is gone nobody knows."""
    return node is None or unique in ((node.get("status") or {}).get("volumesInUse") or ())


def _is_out_of_service(node: Obj | None) -> bool:
    taints = (node.get("spec") or {}).get("taints") or () if node is not None else ()
    return any(taint["key"] == OUT_OF_SERVICE for taint in taints)
