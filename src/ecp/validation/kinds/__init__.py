"""The hand-written rules, one module a kind; `checks_for` is the table.

A module has ``CHECKS``: functions ``(object, scope) -> Iterator[Fault]``, run in order. A new rule
is one more function in its kind's module; a new kind is a module and its line here.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from typing import Final

from ecp.validation.scope import Check

_MODULES: Final[dict[tuple[str, str], str]] = {
    ("", "ConfigMap"): "config",
    ("", "Event"): "event",
    ("", "LimitRange"): "quota",
    ("", "Namespace"): "namespace",
    ("", "PersistentVolumeClaim"): "claim",
    ("", "Pod"): "pod",
    ("", "ResourceQuota"): "quota",
    ("", "Secret"): "config",
    ("", "Service"): "service",
    ("apps", "DaemonSet"): "workload",
    ("apps", "Deployment"): "workload",
    ("apps", "ReplicaSet"): "workload",
    ("apps", "StatefulSet"): "workload",
    ("autoscaling", "HorizontalPodAutoscaler"): "autoscaler",
    ("batch", "CronJob"): "job",
    ("batch", "Job"): "job",
    ("coordination.k8s.io", "Lease"): "lease",
    ("discovery.k8s.io", "EndpointSlice"): "endpointslice",
    ("networking.k8s.io", "Ingress"): "ingress",
    ("networking.k8s.io", "NetworkPolicy"): "networkpolicy",
    ("policy", "PodDisruptionBudget"): "disruption",
    ("rbac.authorization.k8s.io", "ClusterRole"): "rbac",
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): "rbac",
    ("rbac.authorization.k8s.io", "Role"): "rbac",
    ("rbac.authorization.k8s.io", "RoleBinding"): "rbac",
    ("scheduling.k8s.io", "PriorityClass"): "priorityclass",
}


@lru_cache(maxsize=256)
def checks_for(group: str, kind: str) -> tuple[Check, ...]:
    """Return the checks of a kind, none for a kind without rules of its own."""
    name = _MODULES.get((group, kind))
    if name is None:
        return ()
    table: dict[str, tuple[Check, ...]] = import_module(f"{__name__}.{name}").CHECKS
    return table.get(kind, ())
