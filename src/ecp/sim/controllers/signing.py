"""Certificates for requests that were approved, by the signers that Kubernetes itself has.

Source: kubernetes pkg/controller/certificates/signer/signer.go.
"""

from base64 import b64encode
from typing import Final

from ecp.kube import kinds
from ecp.kube.times import rfc3339
from ecp.sim.access import certificates, requested
from ecp.sim.engine.engine import SECOND
from ecp.sim.plans import NOTHING, Controller, Plan, Reader, Update, itself
from ecp.sim.store import Key, Obj

_SIGNERS: Final = (requested.CLIENT, requested.KUBELET, requested.SERVING)


def _reconcile(now: int, key: Key, read: Reader) -> Plan:
    request = read.get(kinds.CSRS, *key)
    if request is None or request["spec"].get("signerName") not in _SIGNERS:
        return NOTHING
    status, spec = request.get("status") or {}, request["spec"]
    said = {one["type"] for one in status.get("conditions") or () if one["status"] == "True"}
    if "Approved" not in said or said & {"Denied", "Failed"} or status.get("certificate"):
        return NOTHING
    try:
        asked = requested.of(request)
        wrong = requested.complaint(spec["signerName"], asked, spec["usages"])
    except certificates.Malformed:
        return NOTHING
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


def _failed(message: str, now: int) -> Obj:
    return {
        "type": "Failed",
        "status": "True",
        "reason": "SignerValidationFailure",
        "message": message,
        "lastUpdateTime": rfc3339(now),
        "lastTransitionTime": rfc3339(now),
    }


def controller() -> Controller:
    """Return the controller that signs."""
    return Controller(
        name="signing",
        component="certificate-controller",
        watches={kinds.CSRS: itself},
        reconcile=_reconcile,
    )
