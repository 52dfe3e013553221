"""The audit log over HTTP: as JSON by page, as CSV for spreadsheets."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Response
from starlette.responses import JSONResponse

from ecp.orchestrator.asking import Asked, InMode, Records, Spoken
from ecp.orchestrator.audit import model, usecases
from ecp.orchestrator.records import AuditSought, Outcome

router = APIRouter(prefix="/api/v1/audit", tags=["audit"])

_LAST = 2**53
_LISTED, _EXPORTED = 500, 10_000
_CSV = {"text/csv": {"schema": {"type": "string"}}}


@router.get("", responses={200: {"content": _CSV}})
async def list_audit(
    house: Asked,
    mode: InMode,
    records: Records,
    language: Spoken,
    tenant: Annotated[str | None, Query(max_length=63)] = None,
    actor: Annotated[
        str | None, Query(max_length=200, description="a user's name, an address, or system")
    ] = None,
    action: Annotated[
        str | None,
        Query(max_length=64, description="a word such as tenant.delete, or its group: tenant"),
    ] = None,
    outcome: Outcome | None = None,
    since: Annotated[
        str | None, Query(alias="from", max_length=40, examples=["2026-01-05T00:00:00Z"])
    ] = None,
    until: Annotated[str | None, Query(max_length=40)] = None,
    q: Annotated[
        str | None,
        Query(
            max_length=100, description="part of a route, code, id, name, or of a failure's title"
        ),
    ] = None,
    cursor: Annotated[
        int | None, Query(ge=1, le=_LAST, description="`next_cursor` of the page before")
    ] = None,
    limit: Annotated[
        int, Query(ge=1, le=_EXPORTED, description="at most 500, as CSV 10,000")
    ] = 100,
    form: Annotated[Literal["json", "csv"] | None, Query(alias="format")] = None,
    accept: Annotated[str, Header()] = "",
) -> Any:
    """List who did what, the newest first: calls that change something, refused ones too, and what
    the system did by itself. Bodies are not kept."""
    as_csv = form == "csv" or (form is None and "text/csv" in accept)
    sought = AuditSought(
        tenant=tenant,
        actor=actor,
        action=action,
        outcome=outcome,
        since=usecases.instant(since, "from"),
        until=usecases.instant(until, "until"),
        words=q,
        before=cursor,
        limit=limit if as_csv else min(limit, _LISTED),
    )
    found = await usecases.listed(records, house.simulator(mode), sought, language)
    if not as_csv:
        return JSONResponse(found)
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    if found["next_cursor"]:
        headers["X-Next-Cursor"] = str(found["next_cursor"])
    content = usecases.as_csv(found["entries"])
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/actions")
async def list_actions() -> dict[str, Any]:
    """List the words that entries have, and which calls each is of."""
    calls: dict[str, list[str]] = {}
    for call, action in model.ACTIONS.items():
        calls.setdefault(action, []).append(call)
    rows = [{"action": action, "calls": of} for action, of in calls.items()]
    rows += [{"action": action, "calls": []} for action in (*model.BY_ITSELF, model.OTHER)]
    return {"actions": rows}
