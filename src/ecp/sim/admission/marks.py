"""Marks that new objects get: a claim its protection, a node the taint that keeps pods away.

Source: kubernetes plugin/pkg/admission/{storage/storageobjectinuseprotection,nodetaint}.
"""

from ecp.sim.store import Obj

PROTECTION = "kubernetes.io/pvc-protection"
NOT_READY = {"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}


def protected(claim: Obj) -> Obj:
    """Return a new claim with the finalizer that keeps it while a pod uses it."""
    meta = claim["metadata"]
    finalizers = meta.get("finalizers") or []
    if PROTECTION in finalizers:
        return claim
    return {**claim, "metadata": {**meta, "finalizers": [*finalizers, PROTECTION]}}


def not_ready_yet(node: Obj) -> Obj:
    """Return a new node tainted until its kubelet reports that it is ready."""
    spec = node.get("spec") or {}
    taints = spec.get("taints") or []
    if any(all(taint.get(k) == v for k, v in NOT_READY.items()) for taint in taints):
        return node
    return {**node, "spec": {**spec, "taints": [*taints, NOT_READY]}}
