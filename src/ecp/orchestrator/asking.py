"""Who asks: the mode, the language and the house behind a request."""

from typing import Annotated, cast

from fastapi import Depends, Header, Request
from starlette.requests import HTTPConnection

from ecp.edge import problems
from ecp.orchestrator.ports import House, Storage
from ecp.orchestrator.records import Mode
from ecp.texts import Language


def house_of(connection: HTTPConnection) -> House:
    """Return what everything is reached through."""
    return cast(House, connection.app.state.house)


def mode_of_header(value: str) -> Mode:
    """Return the mode that X-Demo-Mode asks for; production without."""
    return "demo" if value.strip().lower() in ("true", "1", "yes") else "production"


# Coroutines: FastAPI sends a plain function through a thread, whatever little it does.


async def _house(request: Request) -> House:
    return house_of(request)


async def _mode(
    x_demo_mode: Annotated[
        str, Header(description="true: the demo's own records and cluster")
    ] = "false",
) -> Mode:
    return mode_of_header(x_demo_mode)


async def _language(request: Request) -> Language:
    return problems.language(request)


Asked = Annotated[House, Depends(_house)]
InMode = Annotated[Mode, Depends(_mode)]
Spoken = Annotated[Language, Depends(_language)]


async def _storage(house: Asked, mode: InMode) -> Storage:
    return await house.storage(mode)


Records = Annotated[Storage, Depends(_storage)]
