"""What keeps a pod from its volumes: the claim that has none, and the words of who says why."""

from ecp.kube.kinds import EVENTS, PVCS, STORAGECLASSES
from ecp.kube.volumes import class_of, is_fully_bound, uses
from ecp.rehearsal.bundle import Obj
from ecp.sim.plans import Reader

_ABOUT = (
    "unbound immediate PersistentVolumeClaims",
    "available persistent volumes to bind",
    "binding volumes",
)


def unbound(read: Reader, pod: Obj, message: str) -> dict[str, str] | None:
    """Return the values of the cause `claim` for a pod without a node, None for another cause.

    *message* is what the scheduler says of the pod, "" while it waits for volumes to be bound.
    """
    if message and not any(words in message for words in _ABOUT):
        return None
    namespace = pod["metadata"]["namespace"]
    for use in uses(pod):
        claim = read.get(PVCS, namespace, use.claim)
        if claim is None or is_fully_bound(claim):
            continue
        classes = [one["metadata"]["name"] for one in read.list(STORAGECLASSES)]
        return {
            "claim": use.claim,
            "class": class_of(claim) or "-",
            # Who looks through the namespace of a tenant only does not see them.
            "classes": f" ({', '.join(classes)})" if classes else "",
            "message": said_of(read, claim) or message,
        }
    return None


def said_of(read: Reader, claim: Obj) -> str:
    """Return why a claim waits, in the words of its Events: of a warning rather than others."""
    meta = claim["metadata"]
    found = {"Normal": "", "Warning": ""}
    for event in read.list(EVENTS, meta["namespace"]):
        about = event.get("involvedObject") or {}
        if about.get("uid") == meta["uid"] and event.get("reason") != "WaitForFirstConsumer":
            found[event.get("type", "Normal")] = str(event.get("message", ""))
    return found["Warning"] or found["Normal"]
