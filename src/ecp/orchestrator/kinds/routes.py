"""Kinds and their fields over HTTP, as `kubectl explain` tells them: for editors."""

import asyncio
from hashlib import sha256
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Header, Query
from starlette.responses import Response

from ecp.edge.problems import Problem
from ecp.kube.openapi_fields import Field, UnknownField, UnknownKind, kinds, path_of, told
from ecp.kube.schema import DEFAULT_VERSION

router = APIRouter(prefix="/api/v1/schemas", tags=["schemas"])
_SOURCE: Final = f"OpenAPI of Kubernetes {DEFAULT_VERSION}"
IfNoneMatch = Annotated[str | None, Header(description="the ETag that was read: 304 if the same")]


@router.get("")
async def list_schemas(if_none_match: IfNoneMatch = None) -> Response:
    """List the kinds whose fields are told, each with its apiVersion."""
    rows = await asyncio.to_thread(kinds)
    return _kept(
        {
            "kubernetes_version": DEFAULT_VERSION,
            "kinds": [{"api_version": version, "kind": kind} for version, kind in rows],
        },
        if_none_match,
    )


@router.get("/{kind}")
async def explain_field(
    kind: str,
    api_version: Annotated[str, Query(max_length=300, examples=["apps/v1"])],
    path: Annotated[
        str,
        Query(
            max_length=1000,
            description="with dots; an item of a list is gone into without saying which",
            examples=["spec.template.spec"],
        ),
    ] = "",
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Tell what stands at a path of a kind, and the fields below it.

    `of_map`: any key may stand below it. Words are the server's, in English.
    """
    try:
        found = await asyncio.to_thread(told, api_version, kind, path_of(path))
    except UnknownKind as error:
        raise Problem(
            404, "KIND_UNKNOWN", "schema.kind-unknown", kind=kind, version=api_version
        ) from error
    except UnknownField as error:
        raise Problem(
            404, "FIELD_UNKNOWN", "schema.field-unknown", kind=kind, path=error.args[0]
        ) from error
    return _kept(
        {
            "kubernetes_version": DEFAULT_VERSION,
            "source": _SOURCE,
            "api_version": api_version,
            "kind": kind,
            "path": path,
            **_json(found.itself),
            "of_map": found.of_map,
            "fields": [_json(field) for field in found.fields],
        },
        if_none_match,
    )


def _json(field: Field) -> dict[str, Any]:
    return {**field._asdict(), "enum": list(field.enum)}


def _kept(body: dict[str, Any], known: str | None) -> Response:
    """Answer what holds for as long as this release runs; 304 to who has it."""
    content = orjson.dumps(body)
    tag = f'"{sha256(content).hexdigest()[:20]}"'
    headers = {"ETag": tag, "Cache-Control": "public, max-age=3600"}
    if known is not None and tag in known:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type="application/json", headers=headers)
