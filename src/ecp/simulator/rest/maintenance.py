"""Planned maintenance of a tenant: announce, list, take back. Instants are the cluster's."""

from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import Field, StringConstraints

from ecp.edge.problems import Problem, language
from ecp.sim.engine.engine import SECOND
from ecp.sim.requests import Request as Wish
from ecp.sim.telemetry.contract import Calendar
from ecp.simulator.hosting import HostedCluster
from ecp.simulator.rest.clusters import Clusters, Strict, clock_json, instant
from ecp.simulator.rest.tenants import check_id, require_history
from ecp.slo import announced
from ecp.slo.announced import NotAnnounced
from ecp.slo.maintenance import Maintenance

router = APIRouter(
    prefix="/api/v1/clusters/{name}/tenants/{tenant}/maintenance", tags=["maintenance"]
)

Word = Annotated[str, StringConstraints(max_length=200)]


class NewWindow(Strict):
    """A window to be; it counts as planned when it is announced early enough."""

    start: Word = Field(description="an instant, RFC 3339", examples=["2026-01-06T17:00:00Z"])
    end: Word = Field(examples=["2026-01-06T18:00:00Z"])
    reason: Annotated[str, StringConstraints(min_length=1, max_length=500)] = Field(
        examples=["database upgrade"]
    )
    services: list[Word] = Field(
        default_factory=list, max_length=50, description="workloads it covers; none: the tenant"
    )
    approved_by: Word = Field("operator", description='"" is not approved and does not count')
    retroactive: bool = Field(
        False, description="a correction of what is over: both figures, raw and adjusted, stand"
    )
    rrule: Annotated[str, StringConstraints(max_length=300)] | None = Field(
        None,
        description="it recurs in the contract's zone: a subset of RFC 5545, from DAILY to YEARLY",
        examples=["FREQ=WEEKLY;BYDAY=SU"],
    )


@router.get("")
async def list_windows(name: str, tenant: str, request: Request, found: Clusters) -> dict[str, Any]:
    """List the windows of a tenant by their start, with what counts of each."""
    hosted, calendar = _calendar(name, tenant, found)
    spoken, now = language(request), hosted.cluster.now // SECOND
    windows = sorted(calendar.windows, key=lambda window: (window.start, window.id))
    return {
        "tenant": tenant,
        "terms": {
            "notice_seconds": calendar.contract.terms.notice,
            "monthly_cap_seconds": calendar.contract.terms.monthly_cap,
            "timezone": calendar.contract.terms.timezone,
        },
        "windows": [_shown(calendar, window, now, spoken) for window in windows],
        "clock": clock_json(hosted),
    }


@router.post("", status_code=201)
async def announce(
    name: str, tenant: str, wanted: NewWindow, request: Request, found: Clusters
) -> dict[str, Any]:
    """Announce a window; what became of it (planned, late_notice …) is said at once."""
    hosted, calendar = _calendar(name, tenant, found)
    start, end = instant(wanted.start) // SECOND, instant(wanted.end) // SECOND
    now = hosted.cluster.now // SECOND
    try:
        announced.check(
            calendar.windows,
            start=start,
            end=end,
            retroactive=wanted.retroactive,
            rrule=wanted.rrule,
            timezone=calendar.contract.terms.timezone,
            now=now,
        )
    except NotAnnounced as error:
        raise _problem(error) from error
    rule = {"rrule": wanted.rrule} if wanted.rrule else {}
    body = wanted.model_dump(exclude={"rrule"}) | {"start": start, "end": end} | rule
    answer = await hosted.submit(Wish("maintain", "tenants", name=tenant, body=body))
    made = (answer.object or {}).get("window")
    window = next(window for window in calendar.windows if window.id == made)
    return _shown(calendar, window, now, language(request))


@router.delete("/{window}")
async def take_back(
    name: str, tenant: str, window: str, request: Request, found: Clusters
) -> dict[str, Any]:
    """Take a window back. One that runs ends now; one that is over cannot be undone."""
    hosted, calendar = _calendar(name, tenant, found)
    try:
        announced.revocable(calendar.windows, window, hosted.cluster.now // SECOND)
    except NotAnnounced as error:
        raise _problem(error) from error
    await hosted.submit(Wish("maintain", "tenants", name=tenant, body={"cancel": window}))
    now = hosted.cluster.now // SECOND
    kept = next((row for row in calendar.windows if row.id == window), None)
    return {
        "id": window,
        "removed": kept is None,
        **({} if kept is None else {"window": _shown(calendar, kept, now, language(request))}),
    }


def _calendar(name: str, tenant: str, found: Clusters) -> tuple[HostedCluster, Calendar]:
    hosted = found.require(name)
    hosted.catch_up()
    check_id(tenant)
    require_history(hosted, tenant)
    return hosted, hosted.cluster.accounts.ledger(tenant).calendar


def _problem(error: NotAnnounced) -> Problem:
    return Problem(error.status, error.code, error.key, **error.values)


def _shown(calendar: Calendar, window: Maintenance, now: int, spoken: Any) -> dict[str, Any]:
    return announced.shown(calendar.plan, calendar.contract.terms, window, now, spoken)
