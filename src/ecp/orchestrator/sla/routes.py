"""SLA analysis and the chain behind a slot, over HTTP."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import Field

from ecp.edge.bodies import Body
from ecp.orchestrator.asking import Asked, InMode, Records, Spoken
from ecp.orchestrator.sla import closing, usecases
from ecp.slo.contract import ANSWERED_WITHIN
from ecp.slo.objective import LIMITS_MS
from ecp.slo.printed.pack import FORMS
from ecp.texts import Language

router = APIRouter(prefix="/api/v1/simulator/sla", tags=["simulator"])


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


@router.get("/{tenant_id}/report", response_class=Response)
async def report(
    tenant_id: str,
    house: Asked,
    mode: InMode,
    spoken: Spoken,
    month: Annotated[
        str | None,
        Query(description="a calendar month of the contract's zone", examples=["2026-11"]),
    ] = None,
    period: Annotated[
        str | None, Query(description="or a period that ends now", examples=["7d"])
    ] = None,
    start: Annotated[
        str | None,
        Query(
            alias="from",
            description="or from an instant on",
            examples=["2026-11-01T00:00:00+09:00"],
        ),
    ] = None,
    end: Annotated[
        str | None, Query(alias="to", description="until an instant; without: until now")
    ] = None,
    format: Annotated[
        Literal["json", "csv", "html", "pdf", "zip"], Query(description="zip: the evidence pack")
    ] = "json",
    language: Annotated[
        Language | None, Query(description="ko or en; as Accept-Language says without")
    ] = None,
    revision: Annotated[
        int | None, Query(ge=1, le=2**31 - 1, description="of a closed month; the last without")
    ] = None,
) -> Response:
    """Return the statement of a month (default: the one that runs), period or span, to be kept.

    That of a closed month is frozen: the same bytes for ever. It names the digest of its inputs,
    which the evidence pack holds, with a script that computes every figure again.
    """
    content, name = await closing.report(
        house,
        mode,
        tenant_id,
        month=month,
        period=period,
        span=None if start is None and end is None else (start, end),
        revision=revision,
        form=format,
        language=language or spoken,
    )
    return Response(
        content,
        media_type=FORMS[format].media,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@router.get("/{tenant_id}/statements")
async def list_statements(tenant_id: str, house: Asked, mode: InMode) -> dict[str, Any]:
    """List the frozen statements of closed months; the report of a month has them in all forms."""
    return {"tenant_id": tenant_id, "statements": await closing.listed(house, mode, tenant_id)}


class Month(Body):
    """A calendar month of the contract's zone that is over."""

    month: str = Field(max_length=16, examples=["2026-11"])


@router.post("/{tenant_id}/statements", status_code=201)
async def close_month(tenant_id: str, month: Month, house: Asked, mode: InMode) -> dict[str, Any]:
    """Freeze the statement of a month now; it happens by itself an hour after the month's end.

    One that is frozen stays as it is: corrections with an approver make further revisions.
    """
    return closing.shown(await closing.close(house, mode, tenant_id, month.month))


@router.get("/{tenant_id}/levels")
async def levels(
    tenant_id: str,
    house: Asked,
    mode: InMode,
    period: Annotated[str, Query(examples=["24h", "7d", "calendar-month"])] = "24h",
    month: Annotated[str | None, Query(examples=["2026-11"])] = None,
    since: Annotated[
        str | None, Query(alias="from", description="an instant; of whole minutes from here on")
    ] = None,
    until: Annotated[
        str | None, Query(alias="to", description="an instant; default: the last kept minute")
    ] = None,
) -> dict[str, Any]:
    """Sum up slots by state, requests and response times by service, from what is kept.

    The period ends with the last kept minute. Minutes are kept for 90 days, hours for 25 months.
    The services of a simulated cluster are summed up by its own ledger (`services_source`); null:
    it is away or began anew, so that nobody can say them.
    """
    span = (since, until) if since is not None or until is not None else None
    return await usecases.levels(house, mode, tenant_id, month=month, period=period, span=span)


@router.get("/{tenant_id}/why")
async def why(
    tenant_id: str,
    house: Asked,
    mode: InMode,
    records: Records,
    slot: Annotated[str, Query(description="an instant (RFC 3339)")],
) -> dict[str, Any]:
    """Say why a slot was as it was: fault, rollout or load → pods → endpoints → requests."""
    await usecases.deployed(records, tenant_id)
    return await usecases.asked(house, mode, tenant_id, "why", slot)


class Window(Body):
    """A window of maintenance to be; instants are the cluster's (UTC)."""

    start: str = Field(max_length=64, examples=["2026-01-06T17:00:00Z"])
    end: str = Field(max_length=64, examples=["2026-01-06T18:00:00Z"])
    reason: str = Field(min_length=1, max_length=500, examples=["database upgrade"])
    services: list[str] = Field(default_factory=list, max_length=50)
    approved_by: str = Field("operator", max_length=200)
    retroactive: bool = False
    rrule: str | None = Field(None, max_length=300, examples=["FREQ=WEEKLY;BYDAY=SU"])


@router.get("/{tenant_id}/maintenance")
async def list_maintenance(tenant_id: str, house: Asked, mode: InMode) -> dict[str, Any]:
    """List the tenant's windows of maintenance, with what counts of each."""
    return await usecases.maintenance(house, mode, tenant_id, "GET")


@router.post("/{tenant_id}/maintenance", status_code=201)
async def announce_maintenance(
    tenant_id: str, window: Window, house: Asked, mode: InMode
) -> dict[str, Any]:
    """Announce a window: planned if early enough (24 h unless agreed otherwise) and approved.

    One that is retroactive corrects: closed months that it concerns get a further revision.
    """
    said = await usecases.maintenance(house, mode, tenant_id, "POST", body=window.model_dump())
    if not window.retroactive:
        return said
    revised = await closing.revise(house, mode, tenant_id)
    return {**said, "revised": [closing.shown(row) for row in revised]}


@router.delete("/{tenant_id}/maintenance/{window_id}")
async def take_maintenance_back(
    tenant_id: str, window_id: str, house: Asked, mode: InMode
) -> dict[str, Any]:
    """Take a window back; one that runs ends now."""
    return await usecases.maintenance(house, mode, tenant_id, "DELETE", window_id)


class Contract(Body):
    """What is agreed about time; what is left out is as usual: always on duty, 24 h notice."""

    service_hours: str | dict[str, str] | None = Field(
        None, examples=[{"callbot": "09:00-18:00"}, "profile"]
    )
    timezone: str | None = Field(None, max_length=64, examples=["Asia/Seoul"])
    maintenance: dict[str, Any] | None = Field(
        None, examples=[{"notice_seconds": 86_400, "monthly_cap_seconds": 14_400}]
    )
    credits: dict[str, Any] | None = Field(
        None,
        description="tiers, cap, fee (a month's, net of tax), currency, claim_days, source",
        examples=[{"tiers": [[99.5, 0], [99.0, 10], [95.0, 25], [0, 50]], "fee": "1000000"}],
    )
    response_time_ms: int | None = Field(
        None,
        description="a slot in which a tenth of the requests or more is answered later counts as "
        f"down: one of {', '.join(map(str, LIMITS_MS))}; "
        "default: answers may take as long as they do. Only on the simulator",
        examples=[2000],
    )
    load: dict[str, Annotated[int, Field(ge=0, le=100_000)]] | None = Field(
        None, description="units that ask, where these are not the contracted ones"
    )


@router.get("/{tenant_id}/contract")
async def get_contract(tenant_id: str, records: Records) -> dict[str, Any]:
    """Return what is agreed with the tenant about time, and the `limits` that may be agreed on."""
    agreed = await usecases.contract(records, tenant_id)
    return {"tenant_id": tenant_id, **agreed, "limits": {ANSWERED_WITHIN: list(LIMITS_MS)}}


@router.put("/{tenant_id}/contract")
async def agree(tenant_id: str, contract: Contract, house: Asked, mode: InMode) -> dict[str, Any]:
    """Agree on service hours and maintenance; it holds from the next slot on."""
    agreed = contract.model_dump(exclude_none=True)
    return {"tenant_id": tenant_id, **await usecases.agree(house, mode, tenant_id, agreed)}
