"""Approval of kubelets' own requests for client certificates, where they may have them.

A request is looked at when it changes: a role that comes later approves nothing before that.
Source: kubernetes pkg/controller/certificates/approver/sarapprove.go.
"""

from collections.abc import Iterator
from typing import Final

from ecp.kube import kinds
from ecp.kube.times import rfc3339
from ecp.sim.access import Access, User, requested
from ecp.sim.access.certificates import Asked as Request
from ecp.sim.access.certificates import Malformed
from ecp.sim.access.rules import Asked
from ecp.sim.plans import NOTHING, Controller, Plan, Reader, Update, itself
from ecp.sim.store import Key, Obj

_SAID: Final = "Auto approving {} client certificate after SubjectAccessReview."


def controller(access: Access) -> Controller:
    """Return the controller that approves what *access* allows."""

    def reconcile(now: int, key: Key, read: Reader) -> Plan:
        csr = read.get(kinds.CSRS, *key)
        if csr is None:
            return NOTHING
        status, spec = csr.get("status") or {}, csr["spec"]
        said = {one["type"] for one in status.get("conditions") or ()}
        if status.get("certificate") or said & {"Approved", "Denied"}:
            return NOTHING
        who = User(spec.get("username", ""), tuple(spec.get("groups") or ()))
        for right, whose in _recognised(csr):
            asked = Asked("create", "certificates.k8s.io", "certificatesigningrequests", right)
            if access.decide(who, asked).allowed:
                conditions = [*status.get("conditions", ()), _approved(_SAID.format(whose), now)]
                approved = {**csr, "status": {**status, "conditions": conditions}}
                return Plan((Update(kinds.CSRS, approved, "status"),))
        return NOTHING

    return Controller(
        name="csrapproving",
        component="certificate-controller",
        watches={kinds.CSRS: itself},
        reconcile=reconcile,
    )


def _recognised(csr: Obj) -> Iterator[tuple[str, str]]:
    """Yield the rights by which a request may be approved, and whose certificate it then is."""
    spec = csr["spec"]
    if spec["signerName"] != requested.KUBELET:
        return
    try:
        asked: Request = requested.of(csr)
        if requested.complaint(requested.KUBELET, asked, spec["usages"]):
            return
        name = requested.wanted(asked).common_name
    except Malformed:
        return
    if spec.get("username") == name:
        yield "selfnodeclient", "self kubelet"
    yield "nodeclient", "kubelet"


def _approved(message: str, now: int) -> Obj:
    return {
        "type": "Approved",
        "status": "True",
        "reason": "AutoApproved",
        "message": message,
        "lastUpdateTime": rfc3339(now),
        "lastTransitionTime": rfc3339(now),
    }
