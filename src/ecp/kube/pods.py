"""Facts about pods that several parties must read alike: ready, available, active; template hash.

Objects are JSON-shaped dicts and are never changed. Instants are ns since the epoch.
"""

from collections.abc import Mapping
from hashlib import sha256
from json import dumps
from typing import Any

from ecp.kube.times import nanoseconds, rfc3339

Obj = Mapping[str, Any]

SECOND = 1_000_000_000

HASH_LABEL = "pod-template-hash"
DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"

_NO_STATUS: dict[str, Any] = {}
_FNV_OFFSET, _FNV_PRIME = 2166136261, 16777619
# Source: apimachinery pkg/util/rand/rand.go (no vowels, so no words; no 0, 1, 3).
_SAFE = "bcdfghjklmnpqrstvwxz2456789"


def condition(obj: Obj, kind: str) -> dict[str, Any] | None:
    """Return the status condition of type *kind*, or None."""
    for entry in obj.get("status", _NO_STATUS).get("conditions") or ():
        if entry["type"] == kind:
            return entry  # type: ignore[no-any-return]
    return None


def is_true(obj: Obj, kind: str) -> bool:
    """Whether the status condition of type *kind* is there and True."""
    found = condition(obj, kind)
    return found is not None and found["status"] == "True"


def is_ready(pod: Obj) -> bool:
    """Whether the pod's Ready condition is True."""
    for entry in pod.get("status", _NO_STATUS).get("conditions") or ():
        if entry["type"] == "Ready":
            return entry["status"] == "True"  # type: ignore[no-any-return]
    return False


def ready_since(pod: Obj) -> int | None:
    """Return the instant of the Ready condition's last transition to True (ns), else None."""
    ready = condition(pod, "Ready")
    if ready is None or ready["status"] != "True":
        return None
    since = ready.get("lastTransitionTime")
    return nanoseconds(since) if since else 0


def available_at(pod: Obj, min_ready_seconds: int) -> int | None:
    """Return the instant from which a ready pod counts as available (ns); None if not ready.

    Source: kubernetes pkg/api/v1/pod/util.go. The transition is written in whole seconds, so the
    wait is up to a second shorter than *min_ready_seconds*.
    """
    since = ready_since(pod)
    return None if since is None else since + min_ready_seconds * SECOND


def is_available(pod: Obj, min_ready_seconds: int, now: int) -> bool:
    """Whether the pod has been ready for *min_ready_seconds* at *now*."""
    if not min_ready_seconds:
        return is_ready(pod)
    at = available_at(pod, min_ready_seconds)
    return at is not None and at <= now


def is_terminal(pod: Obj) -> bool:
    """Whether the pod has Succeeded or Failed: its containers will not run again."""
    return pod.get("status", _NO_STATUS).get("phase") in ("Succeeded", "Failed")


def is_active(pod: Obj) -> bool:
    """Whether the pod counts as a replica: neither terminal nor being deleted."""
    return "deletionTimestamp" not in pod["metadata"] and not is_terminal(pod)


def is_terminating(pod: Obj) -> bool:
    """Whether the pod is being deleted and its processes may still run."""
    return "deletionTimestamp" in pod["metadata"] and not is_terminal(pod)


def restarts(pod: Obj) -> tuple[int, int]:
    """Return the most restarts of a container, and of a sidecar."""
    sidecars = {
        container["name"]
        for container in pod["spec"].get("initContainers") or ()
        if container.get("restartPolicy") == "Always"
    }
    status = pod["status"]
    regular = [c.get("restartCount", 0) for c in status.get("containerStatuses") or ()]
    side = [
        c.get("restartCount", 0)
        for c in status.get("initContainerStatuses") or ()
        if c["name"] in sidecars
    ]
    return max(regular, default=0), max(side, default=0)


def with_condition(
    pod: dict[str, Any], kind: str, status: str, now: int, *, reason: str = "", message: str = ""
) -> dict[str, Any]:
    """Return *pod* with its condition *kind* set, or *pod* itself when that changes nothing.

    The transition time moves only with the status. Source: pkg/api/v1/pod/util.go.
    """
    before = condition(pod, kind)
    entry: dict[str, Any] = {
        "type": kind,
        "status": status,
        "lastProbeTime": None,
        "lastTransitionTime": rfc3339(now),
    }
    generation = (before or {}).get("observedGeneration") or pod["status"].get("observedGeneration")
    if generation:
        entry["observedGeneration"] = generation
    if reason:
        entry["reason"] = reason
    if message:
        entry["message"] = message
    if before is not None:
        entry["lastProbeTime"] = before.get("lastProbeTime")
        if before["status"] == status:
            entry["lastTransitionTime"] = before.get("lastTransitionTime")
        if entry == before:
            return pod
    old = pod["status"].get("conditions") or ()
    conditions = [entry if one is before else one for one in old]
    if before is None:
        conditions.append(entry)
    return {**pod, "status": {**pod["status"], "conditions": conditions}}


def owner_reference(owner: Obj) -> dict[str, Any]:
    """Return the ownerReference that makes *owner* the controller of an object."""
    meta = owner["metadata"]
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": meta["name"],
        "uid": meta["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


_LONG_TEMPLATE = 1 << 16


def fnv1a(data: bytes) -> int:
    """Return the 32-bit FNV-1a hash of *data*."""
    value = _FNV_OFFSET
    for byte in data:
        value = (value ^ byte) * _FNV_PRIME & 0xFFFF_FFFF
    return value


def fnv1(data: bytes) -> int:
    """Return the 32-bit FNV-1 hash of *data*: it multiplies before it mixes in a byte."""
    value = _FNV_OFFSET
    for byte in data:
        value = (value * _FNV_PRIME & 0xFFFF_FFFF) ^ byte
    return value


def safe_encoded(number: int) -> str:
    """Return *number* in characters of which no word can come. Source: rand.SafeEncodeString."""
    return "".join(_SAFE[ord(digit) % len(_SAFE)] for digit in str(number))


def pod_template_hash(template: Obj, collision_count: int | None = None) -> str:
    """Return the label value that tells a Deployment's ReplicaSets apart: 8 to 10 characters.

    Equal templates hash equally whatever the order of their keys. The scheme is Kubernetes' own
    (pkg/controller/controller_utils.go ComputeHash), the text that is hashed is not: there it is
    a print of Go structures, here canonical JSON (its SHA-256 where it is long).
    """
    text = dumps(template, sort_keys=True, separators=(",", ":")).encode()
    if len(text) > _LONG_TEMPLATE:
        # A hash that goes byte by byte would keep everybody waiting.
        text = sha256(text).digest()
    if collision_count is not None:
        text += collision_count.to_bytes(8, "little")
    return safe_encoded(fnv1a(text))
