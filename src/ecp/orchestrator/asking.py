"""Who asks: the mode, the language and the house behind a request."""

import json
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, cast, get_type_hints

import orjson
from fastapi import Depends, Header, Request
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect, HTTPConnection
from starlette.responses import Response

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
    request: Request,
    x_demo_mode: Annotated[
        str, Header(description="true: the demo's own records and cluster")
    ] = "false",
) -> Mode:
    mode = mode_of_header(x_demo_mode)
    if mode == "demo":
        house_of(request).demo.used()
    return mode


async def _language(request: Request) -> Language:
    return problems.language(request)


Asked = Annotated[House, Depends(_house)]
InMode = Annotated[Mode, Depends(_mode)]
Spoken = Annotated[Language, Depends(_language)]


async def _storage(house: Asked, mode: InMode) -> Storage:
    return await house.storage(mode)


Records = Annotated[Storage, Depends(_storage)]


class Straight(APIRoute):
    """The route of an endpoint (body, house, mode, records, language) that is asked very often.

    To find out anew what an endpoint wants takes FastAPI longer than all the rest of a request. A
    body that fits goes straight to the endpoint; any other goes FastAPI's way, which words what is
    wrong with it.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        usual, endpoint = super().get_route_handler(), self.endpoint
        body: type[BaseModel] = next(iter(get_type_hints(endpoint).values()))

        async def straight(request: Request) -> Response:
            if request.headers.get("content-type") != "application/json":
                return await usual(request)
            try:
                asked = body.model_validate_json(await request.body())
            except (ValidationError, ClientDisconnect):
                return await usual(request)
            house = house_of(request)
            mode = mode_of_header(request.headers.get("x-demo-mode", ""))
            records = await house.storage(mode)
            answer = await endpoint(asked, house, mode, records, problems.language(request))
            return Response(_json(answer), media_type="application/json")

        return straight


def _json(answer: Any) -> bytes:
    try:
        return orjson.dumps(answer)
    except TypeError:  # a sum of more than 64 bits
        return json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()
