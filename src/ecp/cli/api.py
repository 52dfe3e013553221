"""The simulator's API as the command line calls it."""

from typing import Any

import httpx

from ecp.cli.output import Failure
from ecp.edge.services import simulator_url
from ecp.texts import Language

_EXIT = {404: 4, 409: 5, 401: 7, 403: 7}


def call(
    method: str, path: str, language: Language, body: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Call the simulator. Raises Failure with the service's own words and a fit exit code."""
    url = simulator_url()
    try:
        response = httpx.request(
            method, url + path, json=body, headers={"Accept-Language": language}, timeout=120
        )
    except httpx.HTTPError as error:
        raise Failure("api.unreachable", 7, url=url) from error
    data: dict[str, Any] = response.json()
    if response.is_error:
        message = data.get("detail") or str(data)
        raise Failure(None, _EXIT.get(response.status_code, 1), message=message)
    return data
