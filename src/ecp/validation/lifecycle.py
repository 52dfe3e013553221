"""Kinds that Kubernetes took away, since when, and what to use instead.

Source: the API lifecycle markers in k8s.io/api and the deprecated API migration guide.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from ecp.kube.schema import Gvk


class Removal(NamedTuple):
    """deprecated and removed are versions such as ``"1.21"``; use is an apiVersion, or ``""``."""

    deprecated: str
    removed: str
    use: str

    def warning(self, gvk: Gvk) -> str:
        """The server's warning. Source: apiserver pkg/endpoints/deprecation/deprecation.go."""
        text = (
            f"{gvk.api_version} {gvk.kind} is deprecated in v{self.deprecated}+, "
            f"unavailable in v{self.removed}+"
        )
        return f"{text}; use {self.use} {gvk.kind}" if self.use else text


def _rows() -> dict[tuple[str, str], Removal]:
    rows: dict[tuple[str, str], Removal] = {}
    table = (
        ("extensions/v1beta1", "1.8", "1.16", "apps/v1", "DaemonSet Deployment ReplicaSet"),
        ("extensions/v1beta1", "1.9", "1.16", "networking.k8s.io/v1", "NetworkPolicy"),
        ("extensions/v1beta1", "1.10", "1.16", "", "PodSecurityPolicy"),
        ("extensions/v1beta1", "1.14", "1.22", "networking.k8s.io/v1", "Ingress"),
        ("apps/v1beta1", "1.8", "1.16", "apps/v1", "Deployment StatefulSet"),
        ("apps/v1beta2", "1.9", "1.16", "apps/v1", "DaemonSet Deployment ReplicaSet StatefulSet"),
        (
            "networking.k8s.io/v1beta1", "1.19", "1.22", "networking.k8s.io/v1",
            "Ingress IngressClass",
        ),
        (
            "rbac.authorization.k8s.io/v1beta1", "1.17", "1.22", "rbac.authorization.k8s.io/v1",
            "ClusterRole ClusterRoleBinding Role RoleBinding",
        ),
        (
            "apiextensions.k8s.io/v1beta1", "1.16", "1.22", "apiextensions.k8s.io/v1",
            "CustomResourceDefinition",
        ),
        (
            "admissionregistration.k8s.io/v1beta1", "1.16", "1.22",
            "admissionregistration.k8s.io/v1",
            "MutatingWebhookConfiguration ValidatingWebhookConfiguration",
        ),
        (
            "scheduling.k8s.io/v1beta1", "1.14", "1.22", "scheduling.k8s.io/v1", "PriorityClass",
        ),
        (
            "storage.k8s.io/v1beta1", "1.19", "1.22", "storage.k8s.io/v1",
            "CSIDriver CSINode StorageClass VolumeAttachment",
        ),
        ("coordination.k8s.io/v1beta1", "1.19", "1.22", "coordination.k8s.io/v1", "Lease"),
        (
            "certificates.k8s.io/v1beta1", "1.19", "1.22", "certificates.k8s.io/v1",
            "CertificateSigningRequest",
        ),
        ("batch/v1beta1", "1.21", "1.25", "batch/v1", "CronJob"),
        ("discovery.k8s.io/v1beta1", "1.21", "1.25", "discovery.k8s.io/v1", "EndpointSlice"),
        ("events.k8s.io/v1beta1", "1.22", "1.25", "events.k8s.io/v1", "Event"),
        ("autoscaling/v2beta1", "1.22", "1.25", "autoscaling/v2", "HorizontalPodAutoscaler"),
        ("policy/v1beta1", "1.21", "1.25", "policy/v1", "PodDisruptionBudget"),
        ("policy/v1beta1", "1.21", "1.25", "", "PodSecurityPolicy"),
        ("node.k8s.io/v1beta1", "1.22", "1.25", "node.k8s.io/v1", "RuntimeClass"),
        ("autoscaling/v2beta2", "1.23", "1.26", "autoscaling/v2", "HorizontalPodAutoscaler"),
        (
            "flowcontrol.apiserver.k8s.io/v1beta1", "1.23", "1.26",
            "flowcontrol.apiserver.k8s.io/v1", "FlowSchema PriorityLevelConfiguration",
        ),
        ("storage.k8s.io/v1beta1", "1.24", "1.27", "storage.k8s.io/v1", "CSIStorageCapacity"),
        (
            "flowcontrol.apiserver.k8s.io/v1beta2", "1.26", "1.29",
            "flowcontrol.apiserver.k8s.io/v1", "FlowSchema PriorityLevelConfiguration",
        ),
        (
            "flowcontrol.apiserver.k8s.io/v1beta3", "1.29", "1.32",
            "flowcontrol.apiserver.k8s.io/v1", "FlowSchema PriorityLevelConfiguration",
        ),
    )  # fmt: skip
    for api_version, deprecated, removed, use, kinds in table:
        for kind in kinds.split():
            rows[api_version, kind] = Removal(deprecated, removed, use)
    return rows


_REMOVED: Final = _rows()


def removal(gvk: Gvk, kubernetes_version: str) -> Removal | None:
    """Return how a kind went, None when it was never there or still is at that version."""
    row = _REMOVED.get((gvk.api_version, gvk.kind))
    if row is None or _number(kubernetes_version) < _number(row.removed):
        return None
    return row


def _number(version: str) -> tuple[int, int]:
    major, minor = version.split(".")
    return int(major), int(minor)
