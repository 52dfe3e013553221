"""As whom a container runs: its security context, the pod's, and what its image says.

Source: kubernetes pkg/securitycontext/util.go (DetermineEffectiveSecurityContext),
pkg/kubelet/kuberuntime/{security_context_others,helpers}.go (verifyRunAsNonRoot, getImageUser).
"""

from typing import Any

from ecp.sim.store import Obj


def refusal(raw: Obj, spec: Obj, image_user: str | None) -> str:
    """Return why the kubelet will not start container *raw* as who it would be, or "".

    An image of whose user nobody knows is taken to run as somebody else than root. The text ends
    where the kubelet names pod and container.
    """
    if not _effective(raw, spec, "runAsNonRoot"):
        return ""
    user = _effective(raw, spec, "runAsUser")
    if user is not None:
        return "container's runAsUser breaks non-root policy" if user == 0 else ""
    if image_user is None:
        return ""
    if not image_user.isdigit():
        return (
            f"container has runAsNonRoot and image has non-numeric user ({image_user}), cannot "
            "verify user is non-root"
        )
    return "" if int(image_user) else "container has runAsNonRoot and image will run as root"


def user(raw: Obj, spec: Obj, image_user: str | None) -> dict[str, Any]:
    """Return status.containerStatuses[].user of a container that runs.

    Whose number nobody knows is shown as 0.
    """
    pod = spec.get("securityContext") or {}
    uid = _effective(raw, spec, "runAsUser")
    if uid is None:
        uid = int(image_user) if image_user is not None and image_user.isdigit() else 0
    gid = _effective(raw, spec, "runAsGroup") or 0
    more = [pod["fsGroup"]] if pod.get("fsGroup") is not None else []
    groups = dict.fromkeys([gid, *more, *(pod.get("supplementalGroups") or ())])
    return {"linux": {"uid": uid, "gid": gid, "supplementalGroups": list(groups)}}


def _effective(raw: Obj, spec: Obj, field: str) -> Any:
    own = (raw.get("securityContext") or {}).get(field)
    return own if own is not None else (spec.get("securityContext") or {}).get(field)
