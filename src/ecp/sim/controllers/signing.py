"""Certificates for requests that were approved, by the signers that Kubernetes itself has.

Nobody approves by himself, and requests of kubelets are signed whoever they say they are from.
Source: kubernetes pkg/controller/certificates/signer/signer.go.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterable
from typing import Final

from ecp.kube import kinds
from ecp.kube.times import rfc3339
from ecp.sim.access import certificates
from ecp.sim.engine.engine import SECOND
from ecp.sim.plans import NOTHING, Controller, Plan, Reader, Update
from ecp.sim.store import Change, Key, Obj

_CLIENT: Final = "kubernetes.io/kube-apiserver-client"
_SIGNERS: Final = (
    _CLIENT,
    "kubernetes.io/kube-apiserver-client-kubelet",
    "kubernetes.io/kubelet-serving",
)
_OPTIONAL: Final = ("digital signature", "key encipherment")
_NEEDED: Final = "client auth"


def _reconcile(now: int, key: Key, read: Reader) -> Plan:
    request = read.get(kinds.CSRS, *key)
    if request is None or request["spec"].get("signerName") not in _SIGNERS:
        return NOTHING
    status, spec = request.get("status") or {}, request["spec"]
    said = {one["type"] for one in status.get("conditions") or () if one["status"] == "True"}
    if "Approved" not in said or said & {"Denied", "Failed"} or status.get("certificate"):
        return NOTHING
    try:
        asked = certificates.asked(b64decode(spec["request"]))
    except certificates.Malformed:
        return NOTHING
    wrong = _wrong_usages(spec) if spec["signerName"] == _CLIENT else ""
    if wrong:
        return _write(
            request, {**status, "conditions": [*status["conditions"], _failed(wrong, now)]}
        )
    seconds = spec.get("expirationSeconds")
    wished = certificates.LONGEST if seconds is None else seconds * SECOND
    lifetime = max(certificates.SHORTEST, min(wished, certificates.LONGEST))
    uid = request["metadata"]["uid"]
    made = certificates.signed(asked, spec["usages"], lifetime, now=now, serial=uid)
    return _write(request, {**status, "certificate": b64encode(made.encode()).decode()})


def _write(request: Obj, status: Obj) -> Plan:
    return Plan((Update(kinds.CSRS, {**request, "status": status}, "status"),))


def _wrong_usages(spec: Obj) -> str:
    for usage in spec["usages"]:
        if usage not in (*_OPTIONAL, _NEEDED):
            return f"invalid usage for client certificate: {usage}"
    if _NEEDED not in spec["usages"]:
        return f"missing required usage for client certificate: {_NEEDED}"
    return ""


def _failed(message: str, now: int) -> Obj:
    return {
        "type": "Failed",
        "status": "True",
        "reason": "SignerValidationFailure",
        "message": message,
        "lastUpdateTime": rfc3339(now),
        "lastTransitionTime": rfc3339(now),
    }


def _itself(change: Change, read: Reader) -> Iterable[Key]:
    return [change.key]


def controller() -> Controller:
    """Return the controller that signs."""
    return Controller(
        name="signing",
        component="certificate-controller",
        watches={kinds.CSRS: _itself},
        reconcile=_reconcile,
    )
