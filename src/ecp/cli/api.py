"""The simulator's API as the command line calls it."""

import json
from typing import Any

import httpx

from ecp.cli.output import Failure
from ecp.edge.services import simulator_url
from ecp.texts import Language

_EXIT = {400: 2, 401: 7, 403: 7, 404: 4, 409: 5, 422: 2}


def call(
    method: str, path: str, language: Language, body: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Call the simulator. Raises Failure with the service's own words and a fit exit code."""
    url = simulator_url()
    headers = {"Accept-Language": language, "Content-Type": "application/json"}
    content = None if body is None else _encoded(body)
    try:
        response = httpx.request(method, url + path, content=content, headers=headers, timeout=120)
    except httpx.TimeoutException as error:
        raise Failure("api.timeout", 6, url=url) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Failure("api.unreachable", 7, url=url) from error
    try:
        data = response.json()
    except ValueError:
        data = None
    if not isinstance(data, dict):
        raise Failure("api.not-ecp", 7, url=url)
    if response.is_error:
        message = data.get("detail") or str(data)
        raise Failure(None, _EXIT.get(response.status_code, 1), message=message)
    return data


def _encoded(body: dict[str, Any]) -> bytes:
    """Return *body* as JSON. Raises Failure for what a YAML file can say and JSON cannot."""
    try:
        return json.dumps(body, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise Failure("error.bad-request", 2, detail=error) from error
