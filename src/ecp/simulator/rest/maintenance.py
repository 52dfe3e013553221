"""Planned maintenance of a tenant: announce, list, take back. Instants are the cluster's."""

from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import Field, StringConstraints

from ecp.edge.problems import Problem, language
from ecp.kube.times import rfc3339
from ecp.sim.engine.engine import SECOND
from ecp.sim.requests import Request as Wish
from ecp.sim.telemetry.contract import Calendar
from ecp.simulator.hosting import HostedCluster
from ecp.simulator.rest.clusters import Clusters, Strict, clock_json, instant
from ecp.simulator.rest.tenants import check_id, require_history
from ecp.slo.errors import InputError
from ecp.slo.maintenance import Maintenance
from ecp.slo.recurrence import starts
from ecp.slo.slots import SLOT_SECONDS, Span, slots_covered
from ecp.texts import text

router = APIRouter(
    prefix="/api/v1/clusters/{name}/tenants/{tenant}/maintenance", tags=["maintenance"]
)

_MOST = 5000
_SHOWN = 5
_LONGEST_SECONDS = 31 * 86_400
Word = Annotated[str, StringConstraints(max_length=200)]


class NewWindow(Strict):
    """A window to be; it counts as planned when it is announced early enough."""

    start: Word = Field(description="an instant (UTC)", examples=["2026-01-06T17:00:00Z"])
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
    if not 0 < end - start <= _LONGEST_SECONDS:
        raise Problem(
            422, "INVALID_WINDOW", "maintenance.bad-span", start=wanted.start, end=wanted.end
        )
    if wanted.retroactive and end > now:
        raise Problem(422, "INVALID_WINDOW", "maintenance.not-over", now=rfc3339(now * SECOND))
    if not wanted.retroactive and start < now:
        raise Problem(422, "INVALID_WINDOW", "maintenance.begun", now=rfc3339(now * SECOND))
    more = _named(wanted, calendar, start) if wanted.rrule else 1
    if more + sum(len(window.occurrences()) for window in calendar.windows) > _MOST:
        raise Problem(409, "TOO_MANY_WINDOWS", "maintenance.too-many", most=_MOST)
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
    known = next((row for row in calendar.windows if row.id == window), None)
    if known is None:
        ids = ", ".join(row.id for row in calendar.windows) or "-"
        raise Problem(404, "WINDOW_NOT_FOUND", "maintenance.not-found", window=window, known=ids)
    ends = max((one.end for one in known.occurrences()), default=known.end)
    if ends * SECOND <= hosted.cluster.now and not known.retroactive:
        raise Problem(409, "WINDOW_OVER", "maintenance.over", window=window)
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


def _named(wanted: NewWindow, calendar: Calendar, start: int) -> int:
    """How many occurrences the window's rule names. Raises Problem."""
    if wanted.retroactive:
        raise Problem(422, "INVALID_RECURRENCE", "maintenance.rrule-retroactive")
    try:
        return len(starts(wanted.rrule or "", start, calendar.contract.terms.timezone))
    except InputError as error:
        raise Problem(422, "INVALID_RECURRENCE", "maintenance.rrule", detail=error) from error


def _shown(calendar: Calendar, window: Maintenance, now: int, spoken: Any) -> dict[str, Any]:
    """A window with what counts of it; of one that recurs, of the occurrence that is next."""
    every = window.occurrences()
    next_ = next((one for one in every if one.end > now), every[-1])
    shown = _counted(calendar, next_, spoken)
    if not window.rrule:
        return shown
    ahead = [one for one in every if one.end > now]
    return {
        **shown,
        "id": window.id,
        "rrule": window.rrule,
        "timezone": window.timezone,
        "occurrences": len(every),
        "until": rfc3339(every[-1].end * SECOND),
        "next": [_counted(calendar, one, spoken) for one in ahead[:_SHOWN]],
    }


def _counted(calendar: Calendar, window: Maintenance, spoken: Any) -> dict[str, Any]:
    service = window.services[0] if window.services else ""
    plan = calendar.plan(service)
    judged = dict(plan.judged)[window.id]
    (own,) = slots_covered([Span(window.start, window.end)])
    beyond = sum(
        max(0, min(own.end, span.end) - max(own.start, span.start))
        for span in slots_covered(plan.excess)
    )
    return {
        "id": window.id,
        "scope": {"services": list(window.services)} if window.services else "tenant",
        "start": rfc3339(window.start * SECOND),
        "end": rfc3339(window.end * SECOND),
        "reason": window.reason,
        "created_at": rfc3339(window.created * SECOND),
        "notice_seconds": window.start - window.created,
        "approved_by": window.approved_by or None,
        "retroactive": window.retroactive,
        "judgement": judged,
        "counts": judged in ("planned", "correction"),
        "beyond_cap_seconds": beyond * SLOT_SECONDS if judged == "planned" else 0,
        "explanation": text(
            f"maintenance.{judged}", spoken, notice=calendar.contract.terms.notice // 3600
        ),
    }
