"""What is computed when read and never stored: heartbeats of nodes, their Leases, metrics.

A posting kubelet would write every ten seconds; a month warped would be a month of such writes.
"""

from ecp.kube import kinds
from ecp.kube.kinds import Kind
from ecp.kube.patch.apply import Owner
from ecp.sim.kubelet import lease, with_heartbeat
from ecp.sim.store import Key, Obj, Stored
from ecp.simulator.kubeapi.hosting import SimulatedCluster
from ecp.simulator.kubeapi.metrics import measured

LEASE_NAMESPACE = "kube-node-lease"
_COMPUTED = (kinds.NODES, kinds.LEASES)


def is_computed(resource: str) -> bool:
    """Do objects of this resource look different at another instant?"""
    return resource in _COMPUTED


_PARTS = ("scheduler", "controller-manager", "etcd-0")


def _healthy(part: str) -> Stored:
    """Return the ComponentStatus of a part of the control plane, which all are one process here."""
    condition = {"type": "Healthy", "status": "True", "message": "ok"}
    head = {"apiVersion": "v1", "kind": "ComponentStatus", "metadata": {"name": part}}
    return Stored({**head, "conditions": [condition]}, ())


def _kubelets(made: Obj) -> tuple[Owner, ...]:
    """Return who owns a Lease: the kubelet that renews it."""
    renewed = made["spec"]["renewTime"][:19] + "Z"
    return (Owner("kubelet", "Update", made["apiVersion"], renewed, "", None),)


def fresh(cluster: SimulatedCluster, resource: str, stored: Stored) -> Stored:
    """Return the object as it is seen at the cluster's instant."""
    if resource != kinds.NODES:
        return stored
    seen = with_heartbeat(stored.object, cluster.world, cluster.now)
    return Stored(seen, stored.owners)


def unstored(
    cluster: SimulatedCluster, kind: Kind, namespace: str | None, name: str | None = None
) -> dict[Key, Stored]:
    """Return the objects that exist without being stored: Leases, the server's parts, metrics."""
    if kind.aggregated:
        return measured(cluster, kind, namespace, name)
    resource = kind.resource
    if resource == kinds.COMPONENTSTATUSES:
        return {("", part): _healthy(part) for part in _PARTS if name in (None, part)}
    if resource != kinds.LEASES or namespace not in (None, LEASE_NAMESPACE):
        return {}
    found = {}
    for node in cluster.store.list(kinds.NODES):
        node_name = node["metadata"]["name"]
        if name is None or name == node_name:
            made = lease(node, cluster.world, cluster.now)
            found[LEASE_NAMESPACE, node_name] = Stored(made, _kubelets(made))
    return found
