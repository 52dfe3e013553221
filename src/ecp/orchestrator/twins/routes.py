"""Twins over HTTP."""

from typing import Any

from fastapi import APIRouter

from ecp.orchestrator.asking import Asked, InMode, Spoken
from ecp.orchestrator.twins import usecases
from ecp.orchestrator.twins.schemas import NewTwin

router = APIRouter(prefix="/api/v1/twins", tags=["twins"])


@router.post("", status_code=201)
async def import_twin(
    wanted: NewTwin, house: Asked, mode: InMode, language: Spoken
) -> dict[str, Any]:
    """Make a simulated cluster that is as a running namespace of a real one, and compare them.

    Objects, usage and events are read, nothing is changed there, no Secret is read. `figures` has
    each figure measured and simulated; `profiles` what was fitted, with samples and bounds.
    """
    return await usecases.imported(house, mode, wanted.model_dump(), language)
