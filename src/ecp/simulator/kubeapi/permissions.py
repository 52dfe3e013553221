"""What a request needs leave for beyond what its path says.

Source: apiserver pkg/endpoints/handlers/{update,patch}.go withAuthorization, kubernetes
plugin/pkg/admission/certificates/approval.
"""

from ecp.kube import kinds
from ecp.kube.errors import Forbidden, go_quote
from ecp.sim.access import Asked
from ecp.simulator.kubeapi.asking import asked_for
from ecp.simulator.kubeapi.hosting import SimulatedCluster
from ecp.simulator.kubeapi.routes import Target
from ecp.simulator.kubeapi.wire import Call


def may_create(cluster: SimulatedCluster, call: Call, target: Target, *, creates: bool) -> None:
    """Raises Forbidden when a write *creates* what is not there, and who asks may not."""
    if not cluster.access.enforced or not creates:
        return
    if cluster.store.stored(target.kind.resource, (target.where, target.name)) is None:
        cluster.access.require(call.asker, asked_for(call)._replace(verb="create"))


def may_approve(cluster: SimulatedCluster, call: Call, target: Target) -> None:
    """Raises Forbidden for who may not approve requests to the signer of a certificate."""
    request = cluster.read.get(kinds.CSRS, "", target.name)
    if not cluster.access.enforced or request is None:
        return
    signer = request["spec"]["signerName"]
    asked = Asked("approve", "certificates.k8s.io", "signers")
    for name in (signer, f"{signer.partition('/')[0]}/*"):
        if cluster.access.decide(call.asker, asked._replace(name=name)).allowed:
            return
    words = f"user not permitted to approve requests with signerName {go_quote(signer)}"
    raise Forbidden(target.kind.resource, target.name, words)
