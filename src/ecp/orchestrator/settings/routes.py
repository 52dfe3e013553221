"""Settings over HTTP."""

from typing import Any

from fastapi import APIRouter

from ecp.orchestrator.asking import Records
from ecp.orchestrator.settings.model import Settings

router = APIRouter(prefix="/api/v1/settings", tags=["settings"])


@router.get("")
async def get_settings(records: Records) -> dict[str, Any]:
    """Show the settings; what was never set has the guide's default."""
    return Settings(**await records.settings()).model_dump()


@router.put("")
async def put_settings(settings: Settings, records: Records) -> dict[str, Any]:
    """Set the settings; what is left out goes back to its default."""
    await records.keep_settings(settings.model_dump(exclude_unset=True))
    return settings.model_dump()
