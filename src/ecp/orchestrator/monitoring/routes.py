"""Figures over time, over HTTP."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from ecp.edge.bodies import Body
from ecp.orchestrator.asking import Asked, InMode, Records
from ecp.orchestrator.monitoring import usecases

router = APIRouter(prefix="/api/v1/monitoring", tags=["monitoring"])
tenants = APIRouter(prefix="/api/v1/tenants", tags=["tenants"])

Hours = Annotated[int, Query(ge=1, le=usecases.LONGEST_HOURS)]
Interval = Literal["1m", "5m", "15m", "1h"]
Order = Literal[
    "uptime", "cpu_usage", "memory_usage", "response_time", "error_rate", "request_rate"
]
_MINUTES = {"1m": 1, "5m": 5, "15m": 15, "1h": 60}


@router.get("/statistics/{tenant_id}")
async def statistics(
    tenant_id: str, records: Records, hours: Hours = 24, interval: Interval = "5m"
) -> dict[str, Any]:
    """Summarize a tenant's figures over the newest hours that are kept: mean, least, most, p95."""
    return await usecases.statistics(records, tenant_id, hours, _MINUTES[interval])


@router.get("/comparison")
async def comparison(
    records: Records,
    hours: Hours = 1,
    order: Order = "uptime",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """Put tenants beside one another over the newest hours of each, the worst first."""
    return await usecases.comparison(records, hours, order, limit)


class Terms(Body):
    """What requests are worth; what is left out is not pushed."""

    currency: Literal["KRW", "USD"] | None = Field(None, examples=["KRW"])
    revenue_per_request: float | None = Field(None, ge=0, le=1e9, examples=[12.5])
    requests_per_session: float | None = Field(None, gt=0, le=1e6, examples=[20])
    session_seconds: float | None = Field(None, gt=0, le=86_400, examples=[180])


@router.get("/business/{tenant_id}")
async def get_terms(tenant_id: str, records: Records) -> dict[str, Any]:
    """Show what a tenant's requests are worth, from which business metrics are pushed."""
    return await usecases.terms(records, tenant_id)


@router.put("/business/{tenant_id}")
async def agree(tenant_id: str, terms: Terms, house: Asked, mode: InMode) -> dict[str, Any]:
    """Say what a tenant's requests are worth: each minute's requests, revenue and sessions are then
    pushed to the simulator as external metrics, with `interval_seconds` and `currency`."""
    return await usecases.agree(house, mode, tenant_id, terms.model_dump())


@router.get("/system")
async def system(house: Asked, mode: InMode) -> dict[str, Any]:
    """Say what the cluster has of CPU, memory, GPUs and storage, and how much of it is taken.

    `used` is what pods request, `measured` what they use, null where nobody measures it.
    """
    return await usecases.system(house, mode)


# -- MonitoringData -------------------------------------------------------------------------------


class Row(Body):
    """One row of MonitoringData, or figures of now by their names: each becomes a row."""

    metric_type: str = Field("sla", max_length=32)
    metric_name: str | None = Field(None, max_length=64, examples=["availability"])
    metric_value: float | None = None
    metric_unit: str = Field("%", max_length=16)
    data_source: str = Field("k8s-simulator", max_length=64)
    timestamp: str | None = Field(None, max_length=32)
    cpu_usage: float | None = Field(None, description="percent")
    memory_usage: float | None = Field(None, description="percent")
    gpu_usage: float | None = Field(None, description="percent")
    network_in: float | None = Field(None, description="bytes/s")
    network_out: float | None = Field(None, description="bytes/s")
    storage_used: float | None = Field(None, description="bytes")
    request_count: float | None = None
    response_time: float | None = Field(None, description="ms")
    error_rate: float | None = Field(None, description="percent")


@tenants.get("/{tenant_id}/monitoring")
async def list_monitoring_data(
    tenant_id: str,
    records: Records,
    metric_type: str | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    hours: Hours = 24,
    interval: Interval = "5m",
) -> dict[str, Any]:
    """Return a tenant's figures of the newest hours, their means and maxima, and what was kept.

    `metrics` has a point an interval; `monitoring_data` the newest rows of MonitoringData.
    """
    every = _MINUTES[interval]
    return await usecases.monitored(records, tenant_id, metric_type, limit, hours, every)


@tenants.post("/{tenant_id}/monitoring", status_code=201)
async def add_monitoring_data(
    tenant_id: str, row: Row, house: Asked, records: Records
) -> dict[str, Any]:
    """Keep a row of MonitoringData that somebody measured, or several figures at once."""
    return await usecases.keep(house, records, tenant_id, row.model_dump())
