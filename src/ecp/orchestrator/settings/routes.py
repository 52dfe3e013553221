"""Settings over HTTP."""

import os
from typing import Any

from fastapi import APIRouter

from ecp.orchestrator.asking import Asked, InMode, Records, Spoken
from ecp.orchestrator.settings import model, usecases
from ecp.orchestrator.settings.model import Connections, Settings

router = APIRouter(prefix="/api/v1/settings", tags=["settings"])


@router.get("")
async def get_settings(records: Records) -> dict[str, Any]:
    """Show the settings; what was never set has the guide's default."""
    return model.shown(await records.settings())


@router.put("")
async def put_settings(
    settings: Settings, house: Asked, mode: InMode, records: Records
) -> dict[str, Any]:
    """Set the settings; what is left out goes back to its default. They hold at once."""
    stored = settings.model_dump(exclude_unset=True)
    await records.keep_settings(stored)
    house.settle(mode, stored)
    return model.shown(stored)


@router.get("/effective")
async def effective_settings(house: Asked, mode: InMode, records: Records) -> dict[str, Any]:
    """Show each setting as it holds, and whence: environment before stored before default.

    Where minutes are heard is said by the environment alone; passwords are left out.
    """
    found = model.in_force(await records.settings(), os.environ)
    heard = {name: feed.url for name, feed in house.named_feeds(mode).items()}
    found += model.feeds_in_force(heard)
    return {"settings": [setting._asdict() for setting in found]}


@router.post("/test-connection")
async def try_connections(
    house: Asked,
    mode: InMode,
    records: Records,
    language: Spoken,
    wanted: Connections | None = None,
) -> dict[str, Any]:
    """Ask each address for real: who answers, how fast, or why nobody does. Nothing is kept.

    A real cluster is asked as its user where `deploymentMethod` says kubernetes.
    """
    given = {} if wanted is None else wanted.model_dump(exclude_none=True)
    stored = await records.settings()
    held = {one.name: one.value for one in model.in_force(stored, os.environ)}
    urls = {name: given.get(name) or held[name] for name in model.CONNECTIONS}
    found = await usecases.tried(house, urls, language)
    heard = await usecases.feeds_tried(house.named_feeds(mode), language)
    target = await usecases.target_tried(house, {**stored, **given}, language)
    rows = [*found["connections"], *target, *heard]
    return {"ok": all(row["ok"] for row in rows), "connections": rows}
