"""What a start-up is judged from beside the cluster's objects: connections and entry requests."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from ecp.edge.problems import Problem
from ecp.kube.kinds import SERVICES
from ecp.sim.cluster import Cluster
from ecp.sim.telemetry.starting import first_served, stood
from ecp.sim.traffic.trial import plain, tried
from ecp.simulator.rest.clusters import Clusters, instant
from ecp.simulator.rest.tenants import check_id

router = APIRouter(prefix="/api/v1/clusters/{name}/tenants", tags=["tenants"])


@router.get("/{tenant}/startup")
async def startup(
    name: str,
    tenant: str,
    found: Clusters,
    since: Annotated[
        str, Query(description="an instant, RFC 3339", examples=["2026-01-05T10:00:00Z"])
    ],
    began: Annotated[str, Query(description="of `history`; default: `since`")] = "",
    namespace: Annotated[str, Query(description="where it runs, if it is not followed")] = "",
) -> dict[str, Any]:
    """Try every Service and every declared call now; say when entry requests were first served."""
    hosted = found.require(name)
    check_id(tenant)
    first = instant(since)
    hosted.catch_up()
    followed = hosted.cluster.flows.tenant(tenant)
    where = followed.namespace if followed is not None else namespace
    if not where:
        raise Problem(404, "TENANT_NOT_FOUND", "followed.nowhere", tenant=tenant, name=name)
    sent = instant(began) if began else first
    found_out = evidence(hosted.cluster, tenant, where, first, began=sent)
    return {**found_out, "incarnation": hosted.incarnation}


def evidence(
    cluster: Cluster, tenant: str, namespace: str, since: int, *, began: int | None = None
) -> dict[str, Any]:
    """Return what is tried at this instant in *namespace*, and since when (ns) requests are served.

    `entries` is null where the tenant is not followed: a trial is all that is known of them; so is
    `history`: the first slot in which all was up, and since *began* those of each workload.
    """
    read = cluster.read
    services = [
        (namespace, service["metadata"]["name"])
        for service in read.list(SERVICES, namespace)
        if service["spec"].get("selector") and service["spec"].get("ports")
    ]
    trial = tried(read, cluster.world, cluster.now, cluster.prober.ways, services, [namespace])
    entries = history = None
    if cluster.flows.tenant(tenant) is not None:
        cluster.flows.close()
        results = cluster.flows.now(tenant)
        ledger = cluster.accounts.ledgers.get(tenant)
        entries = [row._asdict() for row in first_served(ledger, cluster.now, results, since)]
        confirmed, rows = stood(ledger, since if began is None else began, since)
        history = {"confirmed_ns": confirmed, "workloads": [row._asdict() for row in rows]}
    return {
        "tenant": tenant,
        "namespace": namespace,
        "now_ns": cluster.now,
        "trial": plain(trial),
        "entries": entries,
        "history": history,
        "evidence": "simulated",
    }
