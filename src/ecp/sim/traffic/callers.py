"""Who may well ask a Service: another workload of its namespace, one of its own pods, the ingress.

Without policies all callers are alike, and one stands for them.
"""

from collections.abc import Iterator, Mapping

from ecp.kube.kinds import NETWORKPOLICIES, PODS
from ecp.kube.selectors import from_map
from ecp.sim.network.policy import Peer, namespace_labels, peer_of
from ecp.sim.plans import Reader
from ecp.sim.store import Obj

INGRESS_NAMESPACE = "ingress-nginx"
_INGRESS_LABELS = {
    "app.kubernetes.io/name": "ingress-nginx",
    "app.kubernetes.io/instance": "ingress-nginx",
    "app.kubernetes.io/component": "controller",
}
_NO_LABELS: Mapping[str, str] = {}


def legitimate(read: Reader, service: Obj) -> Iterator[Peer]:
    """Yield the legitimate callers, the likeliest first; of those with equal labels one."""
    namespace = service["metadata"]["namespace"]
    if not read.list(NETWORKPOLICIES, namespace):
        yield Peer(namespace, _NO_LABELS, namespace_labels(read, namespace))
        return
    selector = service["spec"].get("selector")
    own = from_map(selector).matches if selector else None
    others: dict[tuple[tuple[str, str], ...], Obj] = {}
    selves: dict[tuple[tuple[str, str], ...], Obj] = {}
    for pod in sorted(read.list(PODS, namespace), key=lambda pod: pod["metadata"]["name"]):
        of_pod = pod["metadata"].get("labels") or _NO_LABELS
        group = selves if own is not None and own(of_pod) else others
        group.setdefault(tuple(sorted(of_pod.items())), pod)
    yield from (peer_of(read, pod) for pod in (*others.values(), *selves.values()))
    yield Peer(
        INGRESS_NAMESPACE,
        _INGRESS_LABELS,
        {
            "name": INGRESS_NAMESPACE,
            "app.kubernetes.io/name": INGRESS_NAMESPACE,
            **namespace_labels(read, INGRESS_NAMESPACE),
        },
    )
