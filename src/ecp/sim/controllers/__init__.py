"""The control loops of the cluster: one file a controller; they meet in the store, nowhere else."""

from collections.abc import Callable, Sequence

from ecp.kube.kinds import BUILT_IN
from ecp.sim.access import Access, certificates
from ecp.sim.clusters.plane import Plane
from ecp.sim.clusters.storage import Driver
from ecp.sim.controllers import (
    admissionpolicy,
    apiservice,
    approving,
    clusterrole,
    crd,
    csrcleaner,
    deployment,
    disruption,
    endpointmirroring,
    endpoints,
    endpointslice,
    flowschema,
    garbage,
    horizontalpodautoscaler,
    ingress,
    loadbalancer,
    namespace,
    nodelifecycle,
    podgc,
    replicaset,
    resourcequota,
    serviceaccount,
    servicecidr,
    signing,
    tainteviction,
)
from ecp.sim.controllers import pools as machines
from ecp.sim.controllers.jobs import cronjob, job, orphans, ttl
from ecp.sim.controllers.sets import daemonset, statefulset
from ecp.sim.controllers.volumes import binder, drivers, ephemeral, protection, resizer
from ecp.sim.controllers.volumes.attachdetach import AttachDetach
from ecp.sim.controllers.volumes.users import Users
from ecp.sim.engine.chance import Chance
from ecp.sim.plans import Controller
from ecp.sim.world import World

ROOT_CA = certificates.root()
"""What is published as the authority by which servers are known; nobody serves TLS here."""


def _built_in() -> Sequence[str]:
    return [kind.resource for kind in BUILT_IN.kinds if kind.namespaced]


def controllers(
    chance: Chance,
    *,
    resources: Callable[[], Sequence[str]] = _built_in,
    root_ca: str = ROOT_CA,
    usage: horizontalpodautoscaler.Usage | None = None,
    storage: tuple[Driver, ...] = (),
    plane: Plane | None = None,
    pools: tuple[World, machines.Sight] | None = None,
    access: Access | None = None,
) -> tuple[Controller, ...]:
    """Return all controllers, in the order in which they are asked at one instant.

    *chance* draws names; *resources* names the namespaced resources, custom ones included, as
    they are at the moment; *root_ca* (PEM) is published into every namespace; *usage* is what
    autoscalers read, None without a metrics-server; *storage* are the drivers that make volumes;
    *plane* says whether somebody serves load balancers and Ingresses; *pools* is the world whose
    machines come and go, with what a cluster autoscaler sees of it; *access* knows whose requests
    for certificates are approved.
    """
    users = Users()
    return (
        deployment.controller(),
        replicaset.controller(chance),
        replicaset.replication_controller(chance),
        statefulset.controller(),
        daemonset.controller(chance),
        job.controller(chance),
        orphans.controller(),
        ttl.controller(),
        cronjob.controller(),
        disruption.controller(),
        disruption.guards(),
        endpointslice.controller(),
        endpoints.controller(),
        endpointmirroring.controller(),
        namespace.controller(resources),
        serviceaccount.service_account(),
        serviceaccount.root_ca(root_ca),
        serviceaccount.token_secrets(root_ca),
        clusterrole.controller(),
        garbage.controller(resources),
        nodelifecycle.controller(chance),
        tainteviction.controller(),
        podgc.controller(chance),
        binder.binder(users),
        binder.resync(chance, users),
        protection.protector(users),
        protection.volume_protector(),
        protection.class_protector(),
        ephemeral.controller(users),
        AttachDetach(users).controller(),
        resizer.expander(),
        *drivers.loops(chance, storage, users),
        admissionpolicy.controller(),
        flowschema.controller(),
        apiservice.controller(),
        *servicecidr.controllers(),
        *([] if access is None else [approving.controller(access)]),
        signing.controller(),
        csrcleaner.controller(),
        crd.controller(),
        resourcequota.controller(resources),
        horizontalpodautoscaler.controller(usage),
        *_from_outside(chance, plane),
        *(() if pools is None else machines.loops(chance, *pools)),
    )


def _from_outside(chance: Chance, plane: Plane | None) -> list[Controller]:
    """Return the loops by which others than the cluster itself let customers in."""
    found = []
    if plane is not None and plane.balancers is not None:
        found.append(loadbalancer.controller(chance, plane.balancers))
    if plane is not None and plane.ingresses is not None:
        found.append(ingress.controller(plane.ingresses))
    return found
