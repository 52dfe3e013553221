"""What a service says of itself at /openapi.json: its routes, and examples of every call.

The committed documents beside this module (`generated/{service}.json`) are both the snapshot that
clients are made from and the place where examples and the schemas of answers are kept; everything
else comes from the routes. `tools/make_api.py` writes them. Nothing of it is read before somebody
asks for the document.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial
from importlib.resources import files
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

Document = dict[str, Any]
METHODS: Final = ("get", "put", "post", "delete", "patch")
PROBLEM: Final = "application/problem+json"
_OPERATION_PARTS: Final = ("parameters", "requestBody", "responses")
_OURS: Final = ("HTTPValidationError", "ValidationError")
_TEXT: Final = {"type": "string"}
_ERROR: Final[Document] = {
    "type": "object",
    "description": "RFC 9457, and `error` for clients that look there: the same in every answer "
    "of 4xx and 5xx, whatever the call.",
    "required": ["type", "title", "status", "detail", "instance", "request_id", "error"],
    "properties": {
        "type": {"type": "string", "description": "relative to the service"},
        "title": {"type": "string", "description": "the stable code"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "what, where and how to mend it, as spoken"},
        "instance": {"type": "string", "description": "the path that was called"},
        "request_id": _TEXT,
        "error": {
            "type": "object",
            "required": ["code", "message", "details", "timestamp", "request_id"],
            "properties": {
                "code": {"type": "string", "description": "stable"},
                "message": _TEXT,
                "details": {"type": "array", "items": {}, "description": "where, or what there is"},
                "timestamp": {"type": "string", "description": "UTC"},
                "request_id": _TEXT,
            },
        },
    },
}
_ID: Final = "4b1f0c52-7f0d-4c5e-a1be-0a6f3f2d9c11"
# Names that say more than those of the functions, which stand beside their feature.
_CALLED: Final = {
    "GET /api/v1/simulator/status/{tenant_id}": "tenant_status",
    "GET /api/v1/tenants/{tenant_id}/diff": "last_difference",
    "GET /api/v1/tenants/{tenant_id}/releases": "list_releases",
    "GET /api/v1/tenants/{tenant_id}/releases/compare": "compare_releases",
    "GET /api/v1/tenants/{tenant_id}/releases/{revision}": "get_revision",
    "GET /api/v1/releases/{deployment_id}": "get_release",
    "GET /api/v1/releases/{deployment_id}/events": "release_events",
    "GET /api/v1/simulator/sla/{tenant_id}/report": "sla_report",
    "GET /api/v1/rehearsals/{rehearsal_id}/report": "rehearsal_report",
    "DELETE /api/v1/rehearsals/{rehearsal_id}": "forget_rehearsal",
    "POST /api/v1/rehearsals/{rehearsal_id}/cancel": "cancel_rehearsal",
    "POST /api/v1/rehearsals/{rehearsal_id}/resume": "resume_rehearsal",
    "POST /api/v1/simulator/failures/{tenant_id}/trigger": "trigger_failure",
    "DELETE /api/v1/simulator/failures": "stop_all_failures",
    "DELETE /api/v1/simulator/failures/{tenant_id}": "stop_failures",
    "PUT /api/v1/monitoring/business/{tenant_id}": "agree_terms",
    "GET /api/v1/clusters/{name}/changes/{version}/why": "why_change",
    "GET /api/v1/clusters/{name}/tenants/{tenant}/why": "why",
    "GET /api/v1/metrics": "all_metrics",
    "GET /api/metrics": "all_metrics_api",
}
_SAYING: Final = "There is no tenant nobody; GET /api/v1/tenants/ lists those there are."
_PROBLEM: Final[Document] = {
    "description": "An error: what, where, how to mend it.",
    "content": {
        PROBLEM: {
            "schema": {"$ref": "#/components/schemas/Problem"},
            "example": {
                "type": "/docs/errors#TENANT_NOT_FOUND",
                "title": "TENANT_NOT_FOUND",
                "status": 404,
                "detail": _SAYING,
                "instance": "/api/v1/tenants/nobody",
                "request_id": _ID,
                "error": {
                    "code": "TENANT_NOT_FOUND",
                    "message": _SAYING,
                    "details": [],
                    "timestamp": "2026-01-05T00:30:00.000000Z",
                    "request_id": _ID,
                },
            },
        }
    },
}


def install(app: FastAPI, service: str) -> None:
    """Make *app* describe itself with what is known of its calls, once it is asked."""
    app.openapi = partial(described, app, service)  # type: ignore[method-assign]


def committed(service: str) -> Document:
    """Return the committed document of a service; {} where there is none."""
    file = files("ecp.edge").joinpath("generated", f"{service}.json")
    found: Document = json.loads(file.read_text("utf-8")) if file.is_file() else {}
    return found


def described(app: FastAPI, service: str) -> Document:
    """Return the OpenAPI document of *app*; it is made once."""
    if app.openapi_schema is None:
        app.openapi_schema = with_examples(bare(app), committed(service))
    return app.openapi_schema


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, Document]]:
    """Yield each call, as in `GET /health`, with what is said of it."""
    for path, methods in document.get("paths", {}).items():
        for method in METHODS:
            if method in methods:
                yield f"{method.upper()} {path}", methods[method]


def bare(app: FastAPI) -> Document:
    """Return what the routes say, with errors as they are answered and names for clients."""
    document = get_openapi(
        title=app.title,
        version=app.version,
        openapi_version=app.openapi_version,
        description=app.description,
        routes=app.routes,
    )
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in _OURS:
        schemas.pop(name, None)
    schemas["Problem"] = _ERROR
    components["responses"] = {"Problem": _PROBLEM}
    for call, operation in operations(document):
        answers = operation["responses"]
        answers.pop("422", None)
        answers["default"] = {"$ref": "#/components/responses/Problem"}
        plain = operation["summary"].lower().replace(" ", "_")
        operation["operationId"] = _CALLED.get(call, plain)
    _name(document)
    return document


def _name(document: Document) -> None:
    """Give every call a name of its own: its function's, with the last word of its path if two
    have the same. Raises ValueError for two that would still be called alike."""
    every = list(operations(document))
    named = Counter(operation["operationId"] for _, operation in every)
    seen: dict[str, str] = {}
    for call, operation in every:
        name = operation["operationId"]
        if named[name] > 1:
            words = [part for part in call.split("/") if part and "{" not in part]
            last = words[-1].replace("-", "_")
            name = last if last.startswith(name) else f"{name}_{last}"
            if name in seen:
                name = f"{words[-2]}_{name}".replace("-", "_")
        if name in seen:
            raise ValueError(f"{call} and {seen[name]} would both be called {name}")
        seen[name] = call
        operation["operationId"] = name


def with_examples(document: Document, known: Mapping[str, Any]) -> Document:
    """Return *document* with the examples and the schemas of answers that *known* has of its calls.

    A schema that a route declares itself stays.
    """
    told = dict(operations(known))
    schemas = document["components"]["schemas"]
    for call, operation in operations(document):
        of = told.get(call)
        if of is None:
            continue
        examples = {(p["in"], p["name"]): p.get("example") for p in of.get("parameters", ())}
        for parameter in operation.get("parameters", ()):
            example = examples.get((parameter["in"], parameter["name"]))
            if example is not None:
                parameter["example"] = example
        body = operation.get("requestBody")
        for media, content in (of.get("requestBody") or {}).get("content", {}).items():
            if body is not None and "example" in content and media in body["content"]:
                body["content"][media]["example"] = content["example"]
        _answers(operation, of, schemas, known)
    return document


def _answers(
    operation: Document, of: Mapping[str, Any], schemas: Document, known: Mapping[str, Any]
) -> None:
    for status, answer in of["responses"].items():
        if not status.startswith("2"):
            continue
        own = operation["responses"].setdefault(status, {"description": answer["description"]})
        contents = {}
        for media, content in answer.get("content", {}).items():
            shown = dict(content)
            reference = content["schema"].get("$ref", "").rpartition("/")[2]
            if reference:
                schemas.setdefault(reference, known["components"]["schemas"][reference])
            contents[media] = shown
        if contents:
            own["content"] = contents


def as_text(document: Mapping[str, Any]) -> str:
    """Return a document as it is committed: in a stable order, an item a line."""
    schemas = document["components"]["schemas"]
    ordered = {
        **document,
        "paths": dict(sorted(document["paths"].items())),
        "components": {**document["components"], "schemas": dict(sorted(schemas.items()))},
    }
    return json.dumps(ordered, ensure_ascii=False, indent=1) + "\n"
