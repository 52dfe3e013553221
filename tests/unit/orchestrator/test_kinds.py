"""Kinds and their fields over HTTP."""

import asyncio

import httpx
import pytest
from fastapi import FastAPI

from ecp.edge import problems
from ecp.orchestrator.kinds.routes import router

_FIELDS = "/api/v1/schemas/Deployment?api_version=apps/v1"


APP = FastAPI()
APP.include_router(router)
problems.install(APP)


def asked(path: str, tag: str = "") -> httpx.Response:
    async def get() -> httpx.Response:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(APP), base_url="http://here"
        ) as http:
            return await http.get(path, headers={"If-None-Match": tag} if tag else {})

    return asyncio.run(get())


def test_a_field_is_explained_and_kept_by_its_tag() -> None:
    first = asked(f"{_FIELDS}&path=spec.strategy")
    body = first.json()
    assert body["type"] == "DeploymentStrategy"
    assert body["fields"][1]["enum"] == ["Recreate", "RollingUpdate"]
    assert "max-age" in first.headers["cache-control"]
    tag = first.headers["etag"]
    again = asked(f"{_FIELDS}&path=spec.strategy", tag)
    assert (again.status_code, again.content) == (304, b"")
    other = asked(f"{_FIELDS}&path=spec", tag)
    assert other.status_code == 200


def test_kinds_are_listed() -> None:
    rows = asked("/api/v1/schemas").json()["kinds"]
    assert {"api_version": "apps/v1", "kind": "Deployment"} in rows


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (f"{_FIELDS}&path=spec.replica", "FIELD_UNKNOWN"),
        ("/api/v1/schemas/Deploy?api_version=apps/v1", "KIND_UNKNOWN"),
    ],
    ids=["a field that the kind has not", "a kind that there is not"],
)
def test_what_is_unknown_is_said(path: str, code: str) -> None:
    found = asked(path)
    assert (found.status_code, found.json()["error"]["code"]) == (404, code)
