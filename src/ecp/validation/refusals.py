"""What admission refuses, in the server's words, for one object each."""

from __future__ import annotations

from typing import Final, NamedTuple

from ecp.kube import names
from ecp.kube.errors import Cause, Conflict, Forbidden, Invalid, KubeError, forbidden, go_quote
from ecp.kube.yaml import Path
from ecp.validation import podsecurity
from ecp.validation.podstandards import NEWEST
from ecp.validation.scope import Object, items, mapping

ENFORCE: Final = f"{podsecurity.PREFIX}enforce"
"""The label of a namespace that makes its level refuse pods."""


class Refusal(NamedTuple):
    """error is the server's answer; rule and path say where to point and what to do about it."""

    rule: str
    path: Path
    error: KubeError


def namespace_gone(resource: str, name: str, namespace: str) -> Forbidden:
    """Return the refusal of a new object in a namespace that is being deleted."""
    return Forbidden(
        resource,
        name,
        f"unable to create new content in namespace {namespace} because it is being terminated",
        (
            Cause(
                "NamespaceTerminating",
                f"namespace {namespace} is being terminated",
                "metadata.namespace",
            ),
        ),
    )


def no_account(name: str, namespace: str, account: str) -> Forbidden:
    """Return the refusal of a pod whose service account does not exist."""
    return Forbidden("pods", name, account_complaint(namespace, account))


def account_complaint(namespace: str, account: str) -> str:
    why = f"serviceaccount {go_quote(account)} not found"
    complaints = names.path_segment(account)
    if complaints:
        # It cannot even be asked for.
        why = f"invalid resource name {go_quote(account)}: [{' '.join(complaints)}]"
    return f"error looking up service account {namespace}/{account}: {why}"


def no_priority(name: str, wanted: str) -> Forbidden:
    """Return the refusal of a pod whose priority class does not exist."""
    return Forbidden("pods", name, f"no PriorityClass with name {wanted} was found")


def security_complaint(labels: Object, spec: Object, annotations: Object) -> str:
    """Return what the Pod Security level of a namespace's labels has against a pod, "" for nothing.

    Source: k8s.io/pod-security-admission admission/admission.go.
    """
    policy = podsecurity.policy_of(labels)
    if policy.level == "privileged":
        return ""
    version = podsecurity.version_of(policy.version) or NEWEST
    found = podsecurity.violations(spec, policy.level, version, annotations=annotations)
    return podsecurity.violation(policy, found) if found else ""


def stale(resource: str, name: str) -> Conflict:
    return Conflict(resource, name)


ADMIN_ACCESS: Final = "resource.kubernetes.io/admin-access"
"""The label of a namespace in which devices may be claimed for administration."""
CLAIMS: Final = frozenset(
    {
        ("resource.k8s.io", "ResourceClaim"),
        ("resource.k8s.io", "ResourceClaimTemplate"),
    }
)


def unprivileged(group_kind: tuple[str, str], claim: Object) -> Refusal | None:
    """Refuse a claim of devices for administration.

    The server names a template's request as if it were a claim's.
    Source: kubernetes pkg/registry/resource/utils.go.
    """
    group, kind = group_kind
    spec = mapping(claim.get("spec"))
    way: Path = ("spec",)
    if kind == "ResourceClaimTemplate":
        spec, way = mapping(spec.get("spec")), ("spec", "spec")
    for number, request in enumerate(items(mapping(spec.get("devices")).get("requests"))):
        if mapping(mapping(request).get("exactly")).get("adminAccess") is True:
            text = (
                f"admin access to devices requires the `{ADMIN_ACCESS}: true` label on the "
                "containing namespace"
            )
            error = forbidden(f"spec.devices.requests[{number}].adminAccess", text)
            path = (*way, "devices", "requests", number, "exactly", "adminAccess")
            name = str(mapping(claim.get("metadata")).get("name") or "")
            return Refusal("E0657", path, Invalid(f"{kind}.{group}", name, [error]))
    return None
