"""The demo over HTTP: what there is of it, make it, make it anew."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import PlainTextResponse

from ecp.edge.instants import read_instant
from ecp.edge.problems import Problem
from ecp.orchestrator.asking import Asked
from ecp.orchestrator.demo import model
from ecp.orchestrator.demo.schemas import Wanted

router = APIRouter(prefix="/api/v1/demo", tags=["demo"])


def _start(wanted: Wanted, now: int) -> int | None:
    if wanted.start is None:
        return None
    try:
        found = read_instant(wanted.start)
    except ValueError as error:
        raise Problem(422, "INVALID_INSTANT", "instant.bad", value=wanted.start) from error
    if not 0 <= found <= now - wanted.days * model.DAY:
        raise Problem(422, "INVALID_INSTANT", "demo.too-late", value=wanted.start, days=wanted.days)
    return found


@router.get("")
async def demo_status(house: Asked) -> dict[str, Any]:
    """Say what there is of the demo: absent, making (with its progress), ready, or gone.

    `in-use`: somebody made tenants of their own in the demo's store; `gone`: its cluster is
    another one now. POST …/reset makes it anew in both cases.
    """
    return await house.demo.status()


@router.post("", status_code=202)
async def make_demo(house: Asked, wanted: Wanted | None = None) -> dict[str, Any]:
    """Make the demo in the background, where there is none: some 20 s of a core for 30 days."""
    asked = wanted or Wanted.model_validate({})
    start = _start(asked, house.now())
    return await house.demo.make(days=asked.days, seed=asked.seed, start=start)


@router.post("/reset", status_code=202)
async def reset_demo(house: Asked, wanted: Wanted | None = None) -> dict[str, Any]:
    """Take everything of the demo away, and make it anew in the background."""
    asked = wanted or Wanted.model_validate({})
    start = _start(asked, house.now())
    return await house.demo.reset(days=asked.days, seed=asked.seed, start=start)


@router.get("/manifest", response_class=PlainTextResponse)
async def broken_manifest() -> PlainTextResponse:
    """Return the demo's manifest to mend: two mistakes were put in on purpose."""
    headers = {"Content-Disposition": f'inline; filename="{model.BROKEN.tenant_id}.yaml"'}
    return PlainTextResponse(
        model.broken_manifest(), media_type="application/yaml", headers=headers
    )
