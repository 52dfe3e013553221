"""The hand-written rules, one module a kind; `checks_for` is the table.

A module has ``CHECKS``: functions ``(object, scope) -> Iterator[Fault]``, run in order, and may
have ``UPDATE_CHECKS``, which stand in for them where an object is there already and changes. A new
rule is one more function in its kind's module; a new kind is a module and its line here.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from typing import Final

from ecp.validation.faults import Fault
from ecp.validation.metadata import check_metadata
from ecp.validation.scope import Check, Object, Scope

_MODULES: Final[dict[tuple[str, str], str]] = {
    ("", "ConfigMap"): "config",
    ("", "Endpoints"): "endpoints",
    ("", "Event"): "event",
    ("", "LimitRange"): "quota",
    ("", "Namespace"): "namespace",
    ("", "PersistentVolume"): "persistentvolume",
    ("", "PersistentVolumeClaim"): "claim",
    ("", "Pod"): "pod",
    ("", "PodTemplate"): "podtemplate",
    ("", "ReplicationController"): "podtemplate",
    ("", "ResourceQuota"): "quota",
    ("", "Secret"): "config",
    ("", "Service"): "service",
    ("apiextensions.k8s.io", "CustomResourceDefinition"): "crd",
    ("apps", "ControllerRevision"): "podtemplate",
    ("apps", "DaemonSet"): "workload",
    ("apps", "Deployment"): "workload",
    ("apps", "ReplicaSet"): "workload",
    ("apps", "StatefulSet"): "workload",
    ("autoscaling", "HorizontalPodAutoscaler"): "autoscaler",
    ("batch", "CronJob"): "job",
    ("batch", "Job"): "job",
    ("coordination.k8s.io", "Lease"): "lease",
    ("discovery.k8s.io", "EndpointSlice"): "endpointslice",
    ("events.k8s.io", "Event"): "event",
    ("networking.k8s.io", "Ingress"): "ingress",
    ("networking.k8s.io", "IngressClass"): "ingressclass",
    ("networking.k8s.io", "NetworkPolicy"): "networkpolicy",
    ("node.k8s.io", "RuntimeClass"): "runtimeclass",
    ("policy", "PodDisruptionBudget"): "disruption",
    ("rbac.authorization.k8s.io", "ClusterRole"): "rbac",
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): "rbac",
    ("rbac.authorization.k8s.io", "Role"): "rbac",
    ("rbac.authorization.k8s.io", "RoleBinding"): "rbac",
    ("scheduling.k8s.io", "PriorityClass"): "priorityclass",
    ("storage.k8s.io", "CSIDriver"): "csi",
    ("storage.k8s.io", "CSINode"): "csi",
    ("storage.k8s.io", "CSIStorageCapacity"): "csi",
    ("storage.k8s.io", "StorageClass"): "storageclass",
    ("storage.k8s.io", "VolumeAttachment"): "csi",
    ("storage.k8s.io", "VolumeAttributesClass"): "storageclass",
}


# Kinds whose own checks look at the metadata too, in their own order.
_SELF: Final = frozenset(
    {("", "Event"), ("events.k8s.io", "Event"), ("policy", "PodDisruptionBudget")}
)


def faults_of_new(obj: Object, group: str, kind: str, scope: Scope) -> list[Fault]:
    """Return what the server has against a new object, in its order."""
    alone = (group, kind) in _SELF
    faults = [] if alone else list(check_metadata(obj, group, kind, scope))
    for check in checks_for(group, kind):
        faults.extend(check(obj, scope))
    return faults


@lru_cache(maxsize=512)
def checks_for(group: str, kind: str, again: bool = False) -> tuple[Check, ...]:
    """Return the checks of a kind, none for a kind without rules of its own.

    again   those for an object that is there already and is to change
    """
    name = _MODULES.get((group, kind))
    if name is None:
        return ()
    module = import_module(f"{__name__}.{name}")
    checks: tuple[Check, ...] = module.CHECKS.get(kind, ())
    if not again:
        checks += getattr(module, "CREATION", {}).get(kind, ())
    return checks
