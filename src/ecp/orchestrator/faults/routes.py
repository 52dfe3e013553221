"""Failures of a tenant over HTTP: the guide's trigger, and what came of it."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ecp.edge.problems import Problem
from ecp.orchestrator.asking import Asked, InMode, Records
from ecp.orchestrator.faults import model
from ecp.orchestrator.ports import ClusterRefused, ClusterUnreachable, House, Mode, Obj, Storage

router = APIRouter(prefix="/api/v1/simulator/failures", tags=["simulator"])
Word = Annotated[str, StringConstraints(max_length=200)]


class Trigger(BaseModel):
    """A failure to be; only its type is needed."""

    model_config = ConfigDict(extra="forbid")

    failure_type: Word = Field(examples=["cpu_spike"])
    target: Word | None = Field(None, description="default: chosen by the cluster's seed")
    duration: Word | None = Field(None, description="default: the failure's own", examples=["5m"])
    parameters: dict[Word, Word | int] = Field(default_factory=dict)
    at: Word | None = Field(None, description="an instant, or +5m from now")


@router.post("/{tenant_id}/trigger")
async def trigger(
    tenant_id: str, wanted: Trigger, house: Asked, mode: InMode, records: Records
) -> dict[str, Any]:
    """Inject a failure into the tenant's part of the cluster, for real: its effects follow."""
    namespace = await _namespace(records, tenant_id)
    simulator = house.simulator(mode)
    try:
        types = model.known(await simulator.fault_kinds())
        name = model.chosen(wanted.failure_type, types)
        if name is None:
            raise Problem(
                422,
                "UNKNOWN_FAILURE_TYPE",
                "failure.unknown",
                details=[{"failure_types": types}],
                value=wanted.failure_type,
                known=", ".join(types),
            )
        body = wanted.model_dump(exclude_none=True, exclude={"failure_type"})
        fault = await simulator.inject({**body, "fault": name, "namespaces": [namespace]})
    except (ClusterUnreachable, ClusterRefused) as error:
        raise _problem(error) from error
    return {
        "status": "success",
        "failure_id": fault["id"],
        "failure_type": name,
        "tenant_id": tenant_id,
        "failure": fault,
    }


@router.get("/{tenant_id}")
async def list_failures(
    tenant_id: str, house: Asked, mode: InMode, records: Records
) -> dict[str, Any]:
    """List the failures that were injected into the tenant, and what was seen of them."""
    namespace = await _namespace(records, tenant_id)
    return {"tenant_id": tenant_id, "failures": await _of_tenant(house, mode, namespace)}


async def _of_tenant(house: House, mode: Mode, namespace: str) -> list[Obj]:
    try:
        found = await house.simulator(mode).faults()
    except (ClusterUnreachable, ClusterRefused) as error:
        raise _problem(error) from error
    return [row for row in found if namespace in (row.get("namespaces") or (namespace,))]


async def _namespace(records: Storage, tenant_id: str) -> str:
    tenant = await records.tenant(tenant_id)
    if tenant is None:
        raise Problem(404, "TENANT_NOT_FOUND", "tenant.not-found", tenant=tenant_id)
    if await records.last_release(tenant_id) is None:
        raise Problem(409, "NOT_DEPLOYED", "release.none", tenant=tenant_id)
    return tenant.namespace


def _problem(error: ClusterUnreachable | ClusterRefused) -> Problem:
    if isinstance(error, ClusterUnreachable):
        return Problem(
            503, "SIMULATOR_UNREACHABLE", "cluster.unreachable", url=error.url, detail=error.detail
        )
    status = error.code if error.code in (404, 409, 422) else 502
    return Problem(
        status, "FAULT_REFUSED", "cluster.refused", number=error.code, message=error.message
    )
