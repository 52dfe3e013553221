"""Kinds that Kubernetes takes away, since when, and what to use instead.

Source: the API lifecycle markers in k8s.io/api and the deprecated API migration guide.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from ecp.kube.schema import Gvk


class Removal(NamedTuple):
    """deprecated and removed are versions such as ``"1.21"``; use is an apiVersion, or ``""``.

    removed is empty for what is only spoken of; use_kind is the other kind that replaces this one.
    """

    deprecated: str
    removed: str
    use: str
    use_kind: str = ""

    def warning(self, gvk: Gvk) -> str:
        """The server's warning. Source: apiserver pkg/endpoints/deprecation/deprecation.go."""
        text = f"{gvk.api_version} {gvk.kind} is deprecated in v{self.deprecated}+"
        if self.removed:
            text += f", unavailable in v{self.removed}+"
        return f"{text}; use {self.use} {self.use_kind or gvk.kind}" if self.use else text


def _rows() -> dict[tuple[str, str], Removal]:
    rows: dict[tuple[str, str], Removal] = {}
    table = (
        ("extensions/v1beta1", "1.8", "1.16", "apps/v1", "DaemonSet Deployment ReplicaSet"),
        ("extensions/v1beta1", "1.9", "1.16", "networking.k8s.io/v1", "NetworkPolicy"),
        ("extensions/v1beta1", "1.10", "1.16", "", "PodSecurityPolicy"),
        ("extensions/v1beta1", "1.14", "1.22", "networking.k8s.io/v1", "Ingress"),
        ("apps/v1beta1", "1.8", "1.16", "apps/v1", "ControllerRevision Deployment StatefulSet"),
        (
            "apps/v1beta2", "1.9", "1.16", "apps/v1",
            "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet",
        ),
        (
            "apiregistration.k8s.io/v1beta1", "1.19", "1.22", "apiregistration.k8s.io/v1",
            "APIService",
        ),
        (
            "authentication.k8s.io/v1beta1", "1.19", "1.22", "authentication.k8s.io/v1",
            "TokenReview",
        ),
        (
            "authorization.k8s.io/v1beta1", "1.19", "1.22", "authorization.k8s.io/v1",
            "LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview "
            "SubjectAccessReview",
        ),
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
            "CSIDriver StorageClass VolumeAttachment",
        ),
        ("storage.k8s.io/v1beta1", "1.17", "1.22", "storage.k8s.io/v1", "CSINode"),
        ("storage.k8s.io/v1alpha1", "1.21", "1.24", "storage.k8s.io/v1", "VolumeAttachment"),
        (
            "storage.k8s.io/v1alpha1", "1.21", "1.24", "storage.k8s.io/v1beta1",
            "CSIStorageCapacity",
        ),
        ("policy/v1beta1", "1.22", "1.25", "", "Eviction"),
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
        (
            "admissionregistration.k8s.io/v1alpha1", "1.29", "1.32", "",
            "ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding",
        ),
        ("authentication.k8s.io/v1alpha1", "1.29", "1.32", "", "SelfSubjectReview"),
        ("authentication.k8s.io/v1beta1", "1.30", "1.33", "", "SelfSubjectReview"),
        ("certificates.k8s.io/v1alpha1", "1.34", "1.37", "", "ClusterTrustBundle"),
        ("coordination.k8s.io/v1alpha2", "1.35", "1.38", "", "LeaseCandidate"),
        ("resource.k8s.io/v1alpha3", "1.36", "1.39", "", "DeviceTaintRule"),
        (
            "admissionregistration.k8s.io/v1beta1", "1.31", "1.34", "",
            "ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding",
        ),
        (
            "storage.k8s.io/v1alpha1", "1.32", "1.35", "storage.k8s.io/v1",
            "VolumeAttributesClass",
        ),
        (
            "storage.k8s.io/v1beta1", "1.34", "1.37", "storage.k8s.io/v1",
            "VolumeAttributesClass",
        ),
        ("networking.k8s.io/v1beta1", "1.34", "1.37", "", "IPAddress ServiceCIDR"),
        (
            "resource.k8s.io/v1beta1", "1.35", "1.38", "",
            "DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice",
        ),
        (
            "admissionregistration.k8s.io/v1alpha1", "1.35", "1.38", "",
            "MutatingAdmissionPolicy MutatingAdmissionPolicyBinding",
        ),
        (
            "resource.k8s.io/v1beta2", "1.36", "1.39", "",
            "DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice",
        ),
        ("coordination.k8s.io/v1beta1", "1.36", "1.39", "", "LeaseCandidate"),
        (
            "admissionregistration.k8s.io/v1beta1", "1.37", "1.40",
            "admissionregistration.k8s.io/v1",
            "MutatingAdmissionPolicy MutatingAdmissionPolicyBinding",
        ),
        ("certificates.k8s.io/v1beta1", "1.37", "1.40", "", "ClusterTrustBundle"),
    )  # fmt: skip
    for api_version, deprecated, removed, use, kinds in table:
        for kind in kinds.split():
            rows[api_version, kind] = Removal(deprecated, removed, use)
    return rows


_GOING: Final = {
    **_rows(),
    ("v1", "ComponentStatus"): Removal("1.19", "", ""),
    ("v1", "Endpoints"): Removal("1.33", "", "discovery.k8s.io/v1", "EndpointSlice"),
}


# Kinds that no address of the API takes by themselves: they are asked of others.
_ASKED: Final = frozenset(
    {
        ("", "ComponentStatus"),
        ("", "DeleteOptions"),
        ("authentication.k8s.io", "TokenRequest"),
        ("autoscaling", "Scale"),
        ("policy", "Eviction"),
    }
)
# APIs that were on by default before they were stable, and until when. Since 1.24 none came to be.
# Source: kubernetes pkg/controlplane/instance.go `DefaultAPIResourceConfigSource`.
_ON_UNTIL: Final = {"flowcontrol.apiserver.k8s.io/v1beta3": "1.32"}


def is_served(gvk: Gvk, kubernetes_version: str) -> bool:
    """Tell whether a server of that version serves a kind of its own unless it is told more.

    Alpha and beta versions of an API are switched on with the server's ``--runtime-config``.
    """
    if "alpha" in gvk.version or "beta" in gvk.version:
        until = _ON_UNTIL.get(gvk.api_version)
        return until is not None and _number(kubernetes_version) < _number(until)
    return (gvk.group, gvk.kind) not in _ASKED


def removal(gvk: Gvk, kubernetes_version: str) -> Removal | None:
    """Return how a kind went, None when it was never there or still is at that version."""
    row = _GOING.get((gvk.api_version, gvk.kind))
    if row is None or not row.removed or _number(kubernetes_version) < _number(row.removed):
        return None
    return row


def deprecation(gvk: Gvk, kubernetes_version: str) -> Removal | None:
    """Return how a kind will go that the server of that version warns of, None for no warning."""
    row = _GOING.get((gvk.api_version, gvk.kind))
    if row is None or _number(kubernetes_version) < _number(row.deprecated):
        return None
    return row


def _number(version: str) -> tuple[int, int]:
    major, minor = version.split(".")
    return int(major), int(minor)
