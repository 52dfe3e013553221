"""Marks that new objects get: a volume its protection, a node the taint that keeps pods away.

Source: kubernetes plugin/pkg/admission/{storage/storageobjectinuseprotection,nodetaint}.
"""

from ecp.kube import kinds
from ecp.sim.store import Obj

PROTECTIONS = {
    kinds.PVCS: "kubernetes.io/pvc-protection",
    kinds.PVS: "kubernetes.io/pv-protection",
    kinds.VOLUMEATTRIBUTESCLASSES: "kubernetes.io/vac-protection",
}
NOT_READY = {"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}


def protected(resource: str, obj: Obj) -> Obj:
    """Return a new object with the finalizer that keeps its kind while something uses it."""
    meta, protection = obj["metadata"], PROTECTIONS[resource]
    finalizers = meta.get("finalizers") or []
    if protection in finalizers:
        return obj
    return {**obj, "metadata": {**meta, "finalizers": [*finalizers, protection]}}


def not_ready_yet(node: Obj) -> Obj:
    """Return a new node tainted until its kubelet reports that it is ready."""
    spec = node.get("spec") or {}
    taints = spec.get("taints") or []
    if any(all(taint.get(k) == v for k, v in NOT_READY.items()) for taint in taints):
        return node
    return {**node, "spec": {**spec, "taints": [*taints, NOT_READY]}}
