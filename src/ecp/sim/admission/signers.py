"""Whose certificates nobody gets by asking.

Source: kubernetes plugin/pkg/admission/certificates/subjectrestriction/admission.go.
"""

from ecp.kube import kinds
from ecp.kube.errors import Forbidden
from ecp.sim.access import requested
from ecp.sim.access.certificates import Malformed
from ecp.sim.store import Obj


def check_subject(csr: Obj) -> None:
    """Raises Forbidden for a client of the API server that would be an administrator."""
    if csr["spec"]["signerName"] != requested.CLIENT:
        return
    name = csr["metadata"]["name"]
    try:
        organizations = requested.wanted(requested.of(csr)).organizations
    except Malformed as error:
        raise Forbidden(kinds.CSRS, name, f"failed to parse CSR: {error}") from None
    if "system:masters" in organizations:
        words = f"use of {requested.CLIENT} signer with system:masters group is not allowed"
        raise Forbidden(kinds.CSRS, name, words)
