"""Ephemeral volumes: a claim is made for a pod, and goes with it.

Source: kubernetes pkg/controller/volume/ephemeral/controller.go (1.36).
"""

from collections.abc import Iterable

from ecp.kube.errors import KubeError
from ecp.kube.kinds import PODS, PVCS
from ecp.kube.volumes import is_for_pod, uses
from ecp.sim.controllers.volumes.users import Users
from ecp.sim.plans import NOTHING, Action, Controller, Create, EventNote, Plan, Reader
from ecp.sim.store import Change, Key, Obj
from ecp.sim.store.store import ADDED, DELETED, STATUS

_RETRY = 1_000_000_000
"""Assumed: a refused claim is tried again after a second (the work queue begins with 5 ms)."""


def controller(users: Users) -> Controller:
    """Return the controller that makes the claims of ephemeral volumes."""

    def reconcile(now: int, key: Key, read: Reader) -> Plan:
        pod = read.get(PODS, *key)
        if pod is None or "deletionTimestamp" in pod["metadata"]:
            return NOTHING
        made: list[Action] = []
        for use in uses(pod):
            if not use.ephemeral:
                continue
            claim = read.get(PVCS, key[0], use.claim)
            if claim is None:
                made.append(Create(PVCS, _claim(pod, use.volume, use.claim)))
            elif not is_for_pod(claim, pod):
                text = (
                    f"PVC {key[0]}/{use.claim} was not created for pod {key[0]}/{key[1]} "
                    "(pod is not owner)"
                )
                return Plan(tuple(made), (_failed(pod, use.volume, text),), now + _RETRY)
        return Plan(tuple(made))

    def refused(now: int, key: Key, action: Action, error: Exception, read: Reader) -> Plan:
        pod = read.get(PODS, *key)
        if pod is None or not isinstance(action, Create):
            return NOTHING
        name = action.obj["metadata"]["name"]
        volume = next((use.volume for use in uses(pod) if use.claim == name), "")
        said = error.message if isinstance(error, KubeError) else str(error)
        note = _failed(pod, volume, f"create PVC {name}: {said}")
        return Plan((), (note,), now + _RETRY)

    def of_pod(change: Change, read: Reader) -> Iterable[Key]:
        users.see(change)
        if change.type != ADDED or not change.object["spec"].get("volumes"):
            return ()
        return (change.key,) if any(use.ephemeral for use in uses(change.object)) else ()

    def of_claim(change: Change, read: Reader) -> Iterable[Key]:
        """The pods whose claim was taken away."""
        if change.type != DELETED:
            return ()
        pods = users.of(read, change.key)
        return [(pod["metadata"]["namespace"], pod["metadata"]["name"]) for pod in pods]

    return Controller(
        name="ephemeral-volume",
        component="ephemeral_volume",
        watches={PODS: of_pod, PVCS: of_claim},
        deaf={PODS: STATUS},
        reconcile=reconcile,
        refused=refused,
    )


def _failed(pod: Obj, volume: str, why: str) -> EventNote:
    return EventNote(pod, "Warning", "FailedBinding", f"ephemeral volume {volume}: {why}")


def _claim(pod: Obj, volume: str, name: str) -> Obj:
    meta = pod["metadata"]
    template = next(
        one["ephemeral"].get("volumeClaimTemplate") or {}
        for one in pod["spec"]["volumes"]
        if one["name"] == volume
    )
    given = template.get("metadata") or {}
    owner = {
        "apiVersion": "v1",
        "kind": "Pod",
        "name": meta["name"],
        "uid": meta["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }
    kept = {field: given[field] for field in ("annotations", "labels") if field in given}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {
            "name": name,
            "namespace": meta["namespace"],
            "ownerReferences": [owner],
            **kept,
        },
        "spec": template["spec"],
    }
