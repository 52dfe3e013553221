"""Answers of JSON are zipped for who takes that, and nothing else is."""

import asyncio
import gzip
import json
from typing import Any

import pytest
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse

from ecp.edge.zipping import Zipped

ROWS = {"rows": [{"name": f"pod-{number}", "ready": True} for number in range(200)]}


def answered(response: Response, path: str, takes: str) -> tuple[dict[str, str], list[bytes]]:
    """Return the headers and the pieces of the body as they are sent."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        await asyncio.sleep(60)

    headers = [(b"accept-encoding", takes.encode())]
    scope = {"type": "http", "method": "GET", "path": path, "headers": headers}
    asyncio.run(Zipped(response, "/api/")(scope, receive, send))
    told = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return told, [one.get("body", b"") for one in sent[1:]]


def test_a_long_answer_comes_zipped_and_says_so() -> None:
    headers, [body] = answered(JSONResponse(ROWS), "/api/v1/pods", "gzip, br")
    assert headers["content-encoding"] == "gzip"
    assert headers["vary"] == "accept-encoding"
    assert int(headers["content-length"]) == len(body) < len(json.dumps(ROWS)) / 5
    assert json.loads(gzip.decompress(body)) == ROWS


@pytest.mark.parametrize(
    ("response", "path", "takes"),
    [
        pytest.param(JSONResponse(ROWS), "/api/v1/pods", "", id="nobody takes it"),
        pytest.param(JSONResponse(ROWS), "/clusters/a/api/v1", "gzip", id="another path"),
        pytest.param(JSONResponse({"a": 1}), "/api/v1/pods", "gzip", id="a short one"),
        pytest.param(JSONResponse("x" * 2_000_000), "/api/v1/pods", "gzip", id="a great one"),
        pytest.param(PlainTextResponse("x" * 9000), "/api/v1/logs", "gzip", id="no JSON"),
        pytest.param(
            StreamingResponse(iter(["{}" * 2000] * 3), media_type="application/json"),
            "/api/v1/watch",
            "gzip",
            id="a stream",
        ),
    ],
)
def test_all_else_goes_as_it_is(response: Response, path: str, takes: str) -> None:
    headers, body = answered(response, path, takes)
    assert "content-encoding" not in headers
    assert gzip.compress(b"")[:2] != b"".join(body)[:2]
