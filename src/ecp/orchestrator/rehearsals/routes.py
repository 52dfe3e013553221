"""Rehearsals and campaigns over HTTP."""

from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response

from ecp.edge.problems import Problem
from ecp.orchestrator.asking import Asked, InMode, Records, Spoken
from ecp.orchestrator.ports import House
from ecp.orchestrator.records import AT_WORK, Mode, Obj, Rehearsal
from ecp.orchestrator.rehearsals import judging, looking
from ecp.orchestrator.rehearsals.model import MEDIA, rehearsal_json
from ecp.orchestrator.rehearsals.schemas import Again, NewRehearsal
from ecp.texts import Language

router = APIRouter(prefix="/api/v1/rehearsals", tags=["rehearsals"])
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]
State = Literal["queued", "running", "done", "failed", "cancelled", "interrupted"]


def _json(house: House, mode: Mode, row: Rehearsal, language: Language) -> Obj:
    said = replace(row, detail=looking.detail_of(row, language))
    return rehearsal_json(said, house.rehearsals.share(mode, row.id))


@router.post("", status_code=202)
async def rehearse(
    new: NewRehearsal, house: Asked, mode: InMode, language: Spoken, response: Response
) -> Obj:
    """Rehearse a scenario in the background: on a fresh cluster, or from a running one's snapshot.

    What is wrong in the scenario is told with line and column, before anything begins.
    """
    row = await house.rehearsals.take_on(mode, new.model_dump(), language)
    response.headers["Location"] = f"/api/v1/rehearsals/{row.id}"
    return _json(house, mode, row, language)


@router.get("")
async def list_rehearsals(
    house: Asked,
    mode: InMode,
    records: Records,
    language: Spoken,
    state: State | None = None,
    skip: Annotated[int, Query(ge=0, le=2**31)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Obj:
    """List rehearsals, the newest first."""
    rows, total = await records.rehearsals.some(skip, limit, state)
    return {
        "rehearsals": [_json(house, mode, row, language) for row in rows],
        "total": total,
        "skip": skip,
        "limit": limit,
    }


@router.get("/samples")
async def list_samples() -> Obj:
    """List the scenarios that come with the program, to begin with; none needs another file."""
    return {"samples": list(judging.samples())}


@router.post("/check")
async def check(new: NewRehearsal, house: Asked, mode: InMode, language: Spoken) -> Obj:
    """Read a scenario and begin nothing: its variants, how long it will take (null: not known).

    The estimate goes by the newest rehearsals that were carried out here.
    """
    return await house.rehearsals.check(mode, new.model_dump(), language)


@router.get("/{rehearsal_id}")
async def get_rehearsal(
    rehearsal_id: Id, house: Asked, mode: InMode, records: Records, language: Spoken
) -> Obj:
    """Show a rehearsal: its state, how far it is, its verdict."""
    row = await looking.require(records.rehearsals, rehearsal_id)
    return _json(house, mode, row, language)


@router.get("/{rehearsal_id}/report", response_class=Response)
async def get_report(
    rehearsal_id: Id,
    records: Records,
    spoken: Spoken,
    format: Annotated[
        Literal["json", "html", "junit", "text"], Query(description="campaigns: json, text")
    ] = "json",
    language: Annotated[
        Language | None, Query(description="ko or en; as Accept-Language says without")
    ] = None,
) -> Response:
    """Return what came of it; the JSON of a rehearsal is a file that `ecp replay` repeats."""
    book = records.rehearsals
    row = await looking.require(book, rehearsal_id)
    if row.state != "done":
        raise Problem(409, "REHEARSAL_NOT_DONE", "rehearsals.not-done", state=row.state)
    body = await book.report(rehearsal_id, format, language or spoken)
    if body is None:
        raise Problem(422, "NO_SUCH_FORM", "rehearsals.no-form", form=format)
    return Response(body, media_type=MEDIA[format])


@router.get("/{rehearsal_id}/course")
async def get_course(rehearsal_id: Id, records: Records, language: Spoken) -> Obj:
    """Tell what happened in a rehearsal of one run: budget, faults, failures, the worst hour.

    Seconds count from the first probe on; everything in it is simulated.
    """
    row = await looking.require(records.rehearsals, rehearsal_id)
    return await looking.course_of(records.rehearsals, row, language)


@router.get("/{rehearsal_id}/runs")
async def list_runs(rehearsal_id: Id, records: Records, language: Spoken) -> Obj:
    """List the runs so far, what they forecast, what was asked for, and what is not modelled."""
    book = records.rehearsals
    row = await looking.require(book, rehearsal_id)
    asked, runs = await book.asked(row.id), await looking.runs_of(book, row)
    return {
        "rehearsal_id": row.id,
        "variants": judging.shown_variants(asked),
        "runs": runs,
        "forecasts": judging.forecasts(asked, runs),
        "not_modelled": judging.omissions(language),
        "evidence": "simulated",
    }


@router.get("/{rehearsal_id}/against/{other_id}")
async def compare(rehearsal_id: Id, other_id: Id, records: Records) -> Obj:
    """Put two rehearsals beside one another: their first variants, in pairs of equal seeds.

    Where both met the same seeds, the difference is theirs and not luck's. Who asked the same twice
    reads that both came out the same, byte for byte, or the first value that differs.
    """
    book = records.rehearsals
    found = []
    for one in (rehearsal_id, other_id):
        row = await looking.require(book, one)
        variant = judging.shown_variants(await book.asked(one))[0]
        runs = [
            run for run in await looking.runs_of(book, row) if run["variant"] == variant["name"]
        ]
        found.append((row, variant, runs))
    (first, first_variant, first_runs), (second, second_variant, second_runs) = found
    return {
        "first": {**first_variant, "rehearsal_id": first.id, "name": first.name},
        "second": {**second_variant, "rehearsal_id": second.id, "name": second.name},
        **judging.against(first_runs, second_runs),
        **await looking.likeness(book, first, second),
    }


@router.post("/{rehearsal_id}/again", status_code=202)
async def again(
    rehearsal_id: Id, one: Again, house: Asked, mode: InMode, records: Records, language: Spoken
) -> Obj:
    """Rehearse one run again by itself, as the worst of a campaign: with a report of its own.

    Without a seed all of it is rehearsed again, with the same seeds: it comes out the same.
    """
    row = await looking.require(records.rehearsals, rehearsal_id)
    made = await house.rehearsals.again(mode, row, one.seed, one.variant, one.assumptions)
    return _json(house, mode, made, language)


@router.post("/{rehearsal_id}/cancel")
async def cancel(
    rehearsal_id: Id, house: Asked, mode: InMode, records: Records, language: Spoken
) -> Obj:
    """Stop a rehearsal that is at work; the runs of a campaign so far are kept."""
    row = await looking.require(records.rehearsals, rehearsal_id)
    await house.rehearsals.cancel(mode, row)
    return _json(house, mode, await looking.require(records.rehearsals, rehearsal_id), language)


@router.post("/{rehearsal_id}/resume", status_code=202)
async def resume(
    rehearsal_id: Id, house: Asked, mode: InMode, records: Records, language: Spoken
) -> Obj:
    """Go on with one that was interrupted, cancelled or failed: no run is made twice."""
    row = await looking.require(records.rehearsals, rehearsal_id)
    await house.rehearsals.resume(mode, row)
    return _json(house, mode, await looking.require(records.rehearsals, rehearsal_id), language)


@router.delete("/{rehearsal_id}")
async def forget(rehearsal_id: Id, records: Records) -> dict[str, Any]:
    """Forget a rehearsal and its reports. Stop it first where it is at work."""
    row = await looking.require(records.rehearsals, rehearsal_id)
    if row.state in AT_WORK:
        raise Problem(409, "REHEARSAL_AT_WORK", "rehearsals.at-work", state=row.state)
    await records.rehearsals.remove(rehearsal_id)
    return {"rehearsal_id": rehearsal_id, "forgotten": True}
