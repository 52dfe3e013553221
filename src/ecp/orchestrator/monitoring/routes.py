"""Figures over time, over HTTP."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from ecp.edge.bodies import Body
from ecp.orchestrator.asking import Asked, InMode, Records
from ecp.orchestrator.monitoring import usecases

router = APIRouter(prefix="/api/v1/monitoring", tags=["monitoring"])

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
