"""Pod life on nodes: pull, start, probe, crash, restart, stop; and the nodes' own reports."""

from ecp.sim.kubelet.controller import Kubelet, kubelets
from ecp.sim.kubelet.node import (
    lease,
    node_object,
    node_owners,
    node_status,
    with_heartbeat,
)

__all__ = [
    "Kubelet",
    "kubelets",
    "lease",
    "node_object",
    "node_owners",
    "node_status",
    "with_heartbeat",
]
