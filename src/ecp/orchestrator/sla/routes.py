"""SLA analysis, the chain behind a slot, MonitoringData, over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from ecp.kube.times import rfc3339
from ecp.orchestrator.asking import Asked, InMode, Records
from ecp.orchestrator.ports import Figure
from ecp.orchestrator.sla import usecases

router = APIRouter(prefix="/api/v1/simulator/sla", tags=["simulator"])
monitoring = APIRouter(prefix="/api/v1/tenants", tags=["tenants"])


@router.get("/{tenant_id}/analysis")
async def analysis(
    tenant_id: str,
    house: Asked,
    mode: InMode,
    period: Annotated[str, Query(examples=["1h", "24h", "7d", "30d"])] = "24h",
) -> dict[str, Any]:
    """Analyse the tenant's SLA over a period that ends now, in the cluster's time.

    Percentages are floored; times are seconds; `recovery_time_avg` is null while nothing closed.
    """
    return await usecases.analysis(house, mode, tenant_id, period)


@router.get("/{tenant_id}/why")
async def why(
    tenant_id: str,
    house: Asked,
    mode: InMode,
    records: Records,
    slot: Annotated[str, Query(description="an instant, RFC 3339 UTC")],
) -> dict[str, Any]:
    """Say why a slot was as it was: fault, rollout or load → pods → endpoints → requests."""
    await usecases.deployed(records, tenant_id)
    return await usecases.asked(house, mode, tenant_id, "why", slot)


class Row(BaseModel):
    """One row of MonitoringData."""

    model_config = ConfigDict(extra="forbid")

    metric_type: str = Field("sla", max_length=32)
    metric_name: str = Field(max_length=64, examples=["availability"])
    metric_value: float
    metric_unit: str = Field("%", max_length=16)
    data_source: str = Field("k8s-simulator", max_length=64)
    timestamp: str | None = Field(None, max_length=32)


@monitoring.get("/{tenant_id}/monitoring")
async def list_monitoring_data(
    tenant_id: str,
    records: Records,
    metric_type: str | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> dict[str, Any]:
    """List the newest rows of MonitoringData, newest first."""
    await usecases.deployed(records, tenant_id)
    rows = await records.figures(tenant_id, metric_type, limit)
    return {"tenant_id": tenant_id, "monitoring_data": [_row(row) for row in rows]}


def _row(figure: Figure) -> dict[str, Any]:
    return {name: getattr(figure, name) for name in Figure.__dataclass_fields__}


@monitoring.post("/{tenant_id}/monitoring", status_code=201)
async def add_monitoring_data(
    tenant_id: str, row: Row, house: Asked, records: Records
) -> dict[str, Any]:
    """Keep a row of MonitoringData that somebody measured."""
    await usecases.deployed(records, tenant_id)
    values = row.model_dump()
    values["timestamp"] = row.timestamp or rfc3339(house.now())
    figure = Figure(tenant_id=tenant_id, **values)
    await records.add_figures([figure])
    return _row(figure)
