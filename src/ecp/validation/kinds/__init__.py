"""The hand-written rules, one module a kind; `checks_for` is the table.

A module has ``CHECKS``: functions ``(object, scope) -> Iterator[Fault]``, run in order. It may have
``CREATION``, those that only a new object has to pass besides, and ``NEW``, the one function that
looks at the whole of a new object, its metadata too, where the server has an order of its own. A
new rule is one more function in its kind's module; a new kind is a module and its line here.
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
    ("", "Node"): "node",
    ("", "PersistentVolume"): "persistentvolume",
    ("", "PersistentVolumeClaim"): "claim",
    ("", "Pod"): "pod",
    ("", "PodTemplate"): "podtemplate",
    ("", "ReplicationController"): "podtemplate",
    ("", "ResourceQuota"): "quota",
    ("", "Secret"): "config",
    ("", "Service"): "service",
    ("admissionregistration.k8s.io", "MutatingAdmissionPolicy"): "admissionpolicy",
    ("admissionregistration.k8s.io", "MutatingAdmissionPolicyBinding"): "admissionpolicy",
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"): "webhook",
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"): "admissionpolicy",
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"): "admissionpolicy",
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"): "webhook",
    ("apiextensions.k8s.io", "CustomResourceDefinition"): "crd",
    ("apiregistration.k8s.io", "APIService"): "aggregation",
    ("apps", "ControllerRevision"): "podtemplate",
    ("apps", "DaemonSet"): "workload",
    ("apps", "Deployment"): "workload",
    ("apps", "ReplicaSet"): "workload",
    ("apps", "StatefulSet"): "workload",
    ("autoscaling", "HorizontalPodAutoscaler"): "autoscaler",
    ("batch", "CronJob"): "job",
    ("batch", "Job"): "job",
    ("certificates.k8s.io", "CertificateSigningRequest"): "signing",
    ("coordination.k8s.io", "Lease"): "lease",
    ("discovery.k8s.io", "EndpointSlice"): "endpointslice",
    ("events.k8s.io", "Event"): "event",
    ("flowcontrol.apiserver.k8s.io", "FlowSchema"): "flowcontrol",
    ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"): "flowcontrol",
    ("networking.k8s.io", "IPAddress"): "serviceranges",
    ("networking.k8s.io", "Ingress"): "ingress",
    ("networking.k8s.io", "IngressClass"): "ingressclass",
    ("networking.k8s.io", "NetworkPolicy"): "networkpolicy",
    ("networking.k8s.io", "ServiceCIDR"): "serviceranges",
    ("node.k8s.io", "RuntimeClass"): "runtimeclass",
    ("policy", "PodDisruptionBudget"): "disruption",
    ("rbac.authorization.k8s.io", "ClusterRole"): "rbac",
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): "rbac",
    ("rbac.authorization.k8s.io", "Role"): "rbac",
    ("rbac.authorization.k8s.io", "RoleBinding"): "rbac",
    ("resource.k8s.io", "DeviceClass"): "deviceclaim",
    ("resource.k8s.io", "DeviceTaintRule"): "deviceslice",
    ("resource.k8s.io", "ResourceClaim"): "deviceclaim",
    ("resource.k8s.io", "ResourceClaimTemplate"): "deviceclaim",
    ("resource.k8s.io", "ResourceSlice"): "deviceslice",
    ("scheduling.k8s.io", "PriorityClass"): "priorityclass",
    ("storage.k8s.io", "CSIDriver"): "csi",
    ("storage.k8s.io", "CSINode"): "csi",
    ("storage.k8s.io", "CSIStorageCapacity"): "csi",
    ("storage.k8s.io", "StorageClass"): "storageclass",
    ("storage.k8s.io", "VolumeAttachment"): "csi",
    ("storage.k8s.io", "VolumeAttributesClass"): "storageclass",
}


# Groups whose objects are questions: they are answered, never stored, and have no names.
_QUESTIONS: Final = ("authentication.k8s.io", "authorization.k8s.io")


def faults_of_new(obj: Object, group: str, kind: str, scope: Scope) -> list[Fault]:
    """Return what the server has against a new object, in its order."""
    if group in _QUESTIONS:
        return []
    whole = _whole(group, kind)
    if whole is not None:
        return list(whole(obj, scope))
    faults = list(check_metadata(obj, group, kind, scope))
    for check in checks_for(group, kind):
        faults.extend(check(obj, scope))
    return faults


@lru_cache(maxsize=512)
def _whole(group: str, kind: str) -> Check | None:
    name = _MODULES.get((group, kind))
    found: Check | None = None
    if name is not None:
        found = getattr(import_module(f"{__name__}.{name}"), "NEW", {}).get(kind)
    return found


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
