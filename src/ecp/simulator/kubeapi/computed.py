"""What is computed when read and never stored: heartbeats of nodes, renewals of their Leases.

A posting kubelet would write every ten seconds; a month warped would be a month of such writes.
"""

from ecp.kube import kinds
from ecp.sim.store import Obj, Stored
from ecp.simulator.kubeapi.hosting import SimulatedCluster

_COMPUTED = (kinds.NODES, kinds.LEASES)


def is_computed(resource: str) -> bool:
    """Do objects of this resource look different at another instant?"""
    return resource in _COMPUTED


def fresh(cluster: SimulatedCluster, resource: str, stored: Stored) -> Stored:
    """Return the object as it is seen at the cluster's instant."""
    return stored


def fresh_object(cluster: SimulatedCluster, resource: str, obj: Obj) -> Obj:
    """Like `fresh`, of an object without its owners."""
    return fresh(cluster, resource, Stored(obj, ())).object
