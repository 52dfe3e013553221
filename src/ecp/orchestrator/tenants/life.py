"""A tenant's life over HTTP: stop, start, restart, clone; its history; its demand."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from ecp.orchestrator.asking import Asked, InMode, Records, Spoken
from ecp.orchestrator.tenants import running, usecases
from ecp.orchestrator.tenants.routes import Confirm
from ecp.orchestrator.tenants.schemas import Clone, Shape, tenant_json, turn_json

router = APIRouter(prefix="/api/v1/tenants", tags=["tenants"])


@router.post("/{tenant_id}/stop")
async def stop_tenant(
    tenant_id: str, house: Asked, mode: InMode, confirm: Confirm = ""
) -> dict[str, Any]:
    """Scale the tenant's workloads to zero; every object stays, and it is off duty meanwhile.

    DaemonSets have no scale: they select a label that no node bears. Pods of their own go on, and
    are in `still_running`.
    """
    return await running.stop(house, mode, tenant_id, confirm)


@router.post("/{tenant_id}/start")
async def start_tenant(
    tenant_id: str, house: Asked, mode: InMode, confirm: Confirm = ""
) -> dict[str, Any]:
    """Give a stopped tenant its replicas back; it is on duty again from now on."""
    return await running.start(house, mode, tenant_id, confirm)


@router.post("/{tenant_id}/restart")
async def restart_tenant(
    tenant_id: str, house: Asked, mode: InMode, confirm: Confirm = ""
) -> dict[str, Any]:
    """Make all pods anew, a few at a time, as `kubectl rollout restart` does."""
    return await running.restart(house, mode, tenant_id, confirm)


@router.post("/{tenant_id}/clone", status_code=201)
async def clone_tenant(tenant_id: str, wanted: Clone, house: Asked, mode: InMode) -> dict[str, Any]:
    """Create a tenant with the counters, options, promise and labels of this one."""
    made = await running.clone(house, mode, tenant_id, wanted.model_dump())
    return {**tenant_json(made, None), "origin": tenant_id}


@router.get("/{tenant_id}/history")
async def tenant_history(
    tenant_id: str,
    records: Records,
    language: Spoken,
    skip: Annotated[int, Query(ge=0, le=2**31)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> dict[str, Any]:
    """Tell what became of a tenant, newest first: when, from which state, why. It outlives it."""
    turns, total = await records.tenant_history(tenant_id, skip, limit)
    if not total:
        await usecases.require(records, tenant_id)
    return {
        "tenant_id": tenant_id,
        "history": [turn_json(turn, language) for turn in turns],
        "total_count": total,
        "pagination": {"skip": skip, "limit": limit, "has_more": skip + len(turns) < total},
    }


@router.get("/{tenant_id}/demand")
async def get_demand(tenant_id: str, records: Records) -> dict[str, Any]:
    """Return the tenant's units and what it says of their demand; `gaps`: steps not measured."""
    return usecases.demand_json(await usecases.require(records, tenant_id))


@router.put("/{tenant_id}/demand")
async def shape_demand(tenant_id: str, shape: Shape, house: Asked, mode: InMode) -> dict[str, Any]:
    """Say how the tenant's demand differs from the profiles'; it holds from the next slot on.

    It takes the place of what was said before; `followed` is false while nothing is deployed. A
    manifest generated from now on is sized for the busiest day and campaign.
    """
    return await usecases.shape(house, mode, tenant_id, shape.model_dump(exclude_none=True))


@router.delete("/{tenant_id}/demand")
async def plain_demand(tenant_id: str, house: Asked, mode: InMode) -> dict[str, Any]:
    """Let the tenant's demand be the profiles' again."""
    return await usecases.shape(house, mode, tenant_id, None)
