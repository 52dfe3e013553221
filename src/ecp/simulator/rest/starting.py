"""What a start-up is judged from beside the cluster's objects: connections and entry requests."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from ecp.edge.problems import Problem
from ecp.kube.kinds import SERVICES
from ecp.sim.cluster import Cluster
from ecp.sim.telemetry.starting import first_served
from ecp.sim.traffic.trial import plain, tried
from ecp.simulator.rest.clusters import Clusters, instant
from ecp.simulator.rest.tenants import check_id

router = APIRouter(prefix="/api/v1/clusters/{name}/tenants", tags=["tenants"])


@router.get("/{tenant}/startup")
async def startup(
    name: str,
    tenant: str,
    found: Clusters,
    since: Annotated[str, Query(description="an instant (UTC)", examples=["2026-01-05T10:00:00Z"])],
    namespace: Annotated[str, Query(description="where it runs, if it is not followed")] = "",
) -> dict[str, Any]:
    """Try every Service and every declared call now; say when entry requests were first served."""
    hosted = found.require(name)
    check_id(tenant)
    began = instant(since)
    hosted.catch_up()
    followed = hosted.cluster.flows.tenant(tenant)
    where = followed.namespace if followed is not None else namespace
    if not where:
        raise Problem(404, "TENANT_NOT_FOUND", "followed.nowhere", tenant=tenant, name=name)
    return evidence(hosted.cluster, tenant, where, began)


def evidence(cluster: Cluster, tenant: str, namespace: str, since: int) -> dict[str, Any]:
    """Return what is tried at this instant in *namespace*, and since when (ns) requests are served.

    `entries` is null where the tenant is not followed: a trial is all that is known of them.
    """
    read = cluster.read
    services = [
        (namespace, service["metadata"]["name"])
        for service in read.list(SERVICES, namespace)
        if service["spec"].get("selector") and service["spec"].get("ports")
    ]
    trial = tried(read, cluster.world, cluster.now, cluster.prober.ways, services, [namespace])
    entries = None
    if cluster.flows.tenant(tenant) is not None:
        cluster.flows.close()
        results = cluster.flows.now(tenant)
        ledger = cluster.accounts.ledgers.get(tenant)
        entries = [row._asdict() for row in first_served(ledger, cluster.now, results, since)]
    return {
        "tenant": tenant,
        "namespace": namespace,
        "now_ns": cluster.now,
        "trial": plain(trial),
        "entries": entries,
        "evidence": "simulated",
    }
