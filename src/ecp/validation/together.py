"""What only shows when all documents of an input are seen together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ecp.kube.errors import FieldError, FieldErrorType
from ecp.kube.schema import Gvk
from ecp.validation.faults import Fault
from ecp.validation.model import ObjectRef, Verdict

# Kinds of the built-in groups without a namespace; of two objects that differ only in a namespace
# that does not count, one is lost.
CLUSTER_SCOPED = frozenset(
    {
        "APIService",
        "CSIDriver",
        "CSINode",
        "CertificateSigningRequest",
        "ClusterRole",
        "ClusterRoleBinding",
        "CustomResourceDefinition",
        "DeviceClass",
        "FlowSchema",
        "IPAddress",
        "IngressClass",
        "MutatingWebhookConfiguration",
        "Namespace",
        "Node",
        "PersistentVolume",
        "PriorityClass",
        "PriorityLevelConfiguration",
        "ResourceSlice",
        "RuntimeClass",
        "ServiceCIDR",
        "StorageClass",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
        "VolumeAttachment",
        "VolumeAttributesClass",
    }
)


def check_together(verdicts: Sequence[Verdict], namespace: str) -> Iterator[tuple[int, Fault]]:
    """Yield (document index, fault); *namespace* is where objects without one go."""
    yield from _same_identity(verdicts, namespace)


def _same_identity(verdicts: Sequence[Verdict], namespace: str) -> Iterator[tuple[int, Fault]]:
    """Of two objects with one identity only the later one is in the cluster afterwards."""
    first: dict[tuple[str, str, str, str], int] = {}
    for verdict in verdicts:
        ref = verdict.object
        if not ref.name or not ref.kind:
            continue
        identity = _identity(ref, namespace)
        earlier = first.setdefault(identity, verdict.document)
        if earlier == verdict.document:
            continue
        text = f"{ref.kind} {ref.name} stands in this input already, as document {earlier + 1}"
        error = FieldError(FieldErrorType.DUPLICATE, "metadata.name", ref.name, text)
        params = {"earlier": str(earlier + 1)}
        yield verdict.document, Fault("B0001", error, ("metadata", "name"), False, params)


def _identity(ref: ObjectRef, namespace: str) -> tuple[str, str, str, str]:
    gvk = Gvk.of(ref.api_version, ref.kind)
    if gvk.kind in CLUSTER_SCOPED:
        return (gvk.group, gvk.kind, "", ref.name)
    return (gvk.group, gvk.kind, ref.namespace or namespace, ref.name)
