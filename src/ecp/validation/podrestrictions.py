"""What the restricted Pod Security Standard asks for besides the baseline.

Source: k8s.io/pod-security-admission policy/check_*.go.
"""

from __future__ import annotations

from typing import Final

from ecp.validation.podstandards import (
    Object,
    Pod,
    bad_seccomp,
    context_of,
    is_windows,
    must_not_add,
    name_of,
    named,
    plural,
    quoted,
    seccomp_type,
    setters,
    sorted_once,
    uses,
)
from ecp.validation.scope import items, mapping


def escalation(pod: Pod) -> tuple[str, str] | None:
    if is_windows(pod):
        return None
    names = pod.named(
        lambda container: context_of(container).get("allowPrivilegeEscalation") is not False
    )
    text = "must set securityContext.allowPrivilegeEscalation=false"
    return ("allowPrivilegeEscalation != false", f"{named(names)} {text}") if names else None


def _drops_all(container: Object) -> bool:
    return "ALL" in items(mapping(context_of(container).get("capabilities")).get("drop"))


def dropped_capabilities(pod: Pod) -> tuple[str, str] | None:
    if is_windows(pod):
        return None
    names = pod.named(lambda container: not _drops_all(container))
    said = [f'{named(names)} must set securityContext.capabilities.drop=["ALL"]'] if names else []
    added = must_not_add(pod, frozenset(("NET_BIND_SERVICE",)))
    said += [added] if added else []
    return ("unrestricted capabilities", "; ".join(said)) if said else None


_VOLUMES: Final = [
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
]
_OTHER_VOLUMES: Final = [
    "hostPath",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "gitRepo",
    "nfs",
    "iscsi",
    "glusterfs",
    "rbd",
    "flexVolume",
    "cinder",
    "cephfs",
    "flocker",
    "fc",
    "azureFile",
    "vsphereVolume",
    "quobyte",
    "azureDisk",
    "photonPersistentDisk",
    "portworxVolume",
    "scaleIO",
    "storageos",
]


def volumes(pod: Pod) -> tuple[str, str] | None:
    """A volume without a source is an emptyDir by the time the admission sees it."""
    bad = [
        volume
        for volume in map(mapping, items(pod.spec.get("volumes")))
        if set(volume) - {"name"} and not any(volume.get(kind) is not None for kind in _VOLUMES)
    ]
    if not bad:
        return None
    kinds = sorted_once(
        next((kind for kind in _OTHER_VOLUMES if volume.get(kind) is not None), "unknown")
        for volume in bad
    )
    names = [name_of(volume) for volume in bad]
    listed = f"{plural('restricted volume type', len(kinds))} {quoted(kinds)}"
    return "restricted volume types", f"{named(names, 'volume')} {uses(names)} {listed}"


def non_root(pod: Pod) -> tuple[str, str] | None:
    if pod.version >= (1, 35) and pod.in_user_namespace():
        return None
    reason = "runAsNonRoot != true"
    own = pod.context.get("runAsNonRoot")
    who = setters(
        own is False,
        pod.named(lambda container: context_of(container).get("runAsNonRoot") is False),
    )
    if who:
        return reason, f"{who} must not set securityContext.runAsNonRoot=false"
    silent = pod.named(lambda container: context_of(container).get("runAsNonRoot") is None)
    if own or not silent:
        return None
    return reason, f"pod or {named(silent)} must set securityContext.runAsNonRoot=true"


def root_user(pod: Pod) -> tuple[str, str] | None:
    if pod.version >= (1, 35) and pod.in_user_namespace():
        return None

    def bad(context: Object) -> bool:
        return context.get("runAsUser") == 0

    who = setters(bad(pod.context), pod.named(lambda container: bad(context_of(container))))
    return ("runAsUser=0", f"{who} must not set runAsUser=0") if who else None


def seccomp(pod: Pod) -> tuple[str, str] | None:
    if is_windows(pod):
        return None
    found = bad_seccomp(pod)
    if found is not None or seccomp_type(pod.context) is not None:
        return found
    silent = pod.named(lambda container: seccomp_type(context_of(container)) is None)
    if not silent:
        return None
    text = 'must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"'
    return "seccompProfile", f"pod or {named(silent)} {text}"
