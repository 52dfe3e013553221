"""What the services say of themselves: whole, true to their schemas, and as it is committed."""

import copy
import importlib.util
import json
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema_rs
import pytest

from ecp.edge import describing

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / "tools"


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, TOOLS / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


for tool in ("client_python", "api_changes"):
    load(tool)
make = load("make_api")
api_changes = sys.modules["api_changes"]
MEND = "run .venv/bin/python tools/make_api.py"


@cache
def document(service: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(describing.as_text(make.document(service)))
    return found


SERVICES = pytest.mark.parametrize("service", make.SERVICES)


# -- whole ----------------------------------------------------------------------------------------


@SERVICES
def test_every_call_has_examples_and_says_how_it_fails(service: str) -> None:
    said = make.lacking(document(service))
    assert said == [], "play these in tools/play_api.py, then: tools/make_api.py --record"


@SERVICES
def test_every_example_is_what_its_schema_says(service: str) -> None:
    said = document(service)
    wrong = []
    for call, operation in describing.operations(said):
        for where, content in contents(operation):
            if "example" in content:
                check = jsonschema_rs.validator_for(alone(content.get("schema", {}), said))
                wrong += [f"{call} {where}: {e}" for e in check.iter_errors(content["example"])]
    assert wrong == []


def alone(schema: Any, said: dict[str, Any]) -> Any:
    """Return a schema with all that it refers to inside it."""
    if isinstance(schema, list):
        return [alone(part, said) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return alone(said["components"]["schemas"][name], said)
    return {key: alone(part, said) for key, part in schema.items()}


def contents(operation: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    found = [("request", operation.get("requestBody", {}))]
    found += [(status, answer) for status, answer in operation["responses"].items()]
    return [(where, one) for where, part in found for one in part.get("content", {}).values()]


@SERVICES
def test_every_call_has_a_name_of_its_own(service: str) -> None:
    names = [operation["operationId"] for _, operation in describing.operations(document(service))]
    assert len(names) == len(set(names))
    assert all(name.isidentifier() for name in names)


def test_an_example_that_is_missing_is_seen() -> None:
    said = copy.deepcopy(document("orchestrator"))
    body = said["paths"]["/api/v1/tenants/"]["post"]
    del body["requestBody"]["content"]["application/json"]["example"]
    del body["responses"]["201"]["content"]["application/json"]["example"]
    assert [line for line in make.lacking(said) if line.startswith("POST /api/v1/tenants/:")] == [
        "POST /api/v1/tenants/: no example of the request (application/json)",
        "POST /api/v1/tenants/: no example of answer 201 (application/json)",
    ]


# -- as it is committed ---------------------------------------------------------------------------


@SERVICES
def test_the_committed_document_is_that_of_the_routes(service: str) -> None:
    committed, now = describing.committed(service), document(service)
    told = [str(one) for one in api_changes.changes(committed, now)]
    assert told == [], MEND
    assert describing.as_text(committed) == describing.as_text(now), MEND


@SERVICES
def test_the_clients_are_those_of_the_committed_document(service: str) -> None:
    sources = sys.modules["client_python"].sources(service, describing.committed(service))
    for name, source in sources.items():
        assert (make.CLIENT / name).read_text("utf-8") == source, MEND
    assert make.stale_typescript() == [], MEND


# -- what breaks clients --------------------------------------------------------------------------

BASE: dict[str, Any] = {
    "paths": {
        "/a": {
            "post": {
                "operationId": "a",
                "parameters": [{"in": "query", "name": "q", "schema": {"enum": ["x", "y"]}}],
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/B"}}},
                },
                "responses": {
                    "200": {
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "object",
                                    "properties": {
                                        "n": {"type": "integer"},
                                        "rows": {
                                            "type": "array",
                                            "items": {"properties": {"id": {"type": "string"}}},
                                        },
                                    },
                                }
                            }
                        }
                    }
                },
            }
        }
    },
    "components": {
        "schemas": {
            "B": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string"},
                    "size": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
                },
            }
        }
    },
}
POST = ("paths", "/a", "post")
BODY = ("components", "schemas", "B")
ANSWER = (*POST, "responses", "200", "content", "application/json", "schema", "properties")
ROWS = (*ANSWER, "rows", "items", "properties")
GONE: Any = object()


@pytest.mark.parametrize(
    ("where", "value", "what", "breaks"),
    [
        pytest.param(("paths", "/a"), GONE, "is gone", True, id="a call that is gone"),
        pytest.param(("paths", "/b"), BASE["paths"]["/a"], "is new", False, id="a call more"),
        pytest.param((*POST, "operationId"), "b", "is called b, was a", True, id="another name"),
        pytest.param((*POST, "parameters"), [], "q (query) is taken no more", True,
                     id="a parameter that is gone"),
        pytest.param((*POST, "parameters", 0, "required"), True, "q is needed now", True,
                     id="a parameter that became required"),
        pytest.param((*POST, "parameters", 0, "schema"), {"enum": ["x"]},
                     "q may not be y any more", True, id="a value that is taken no more"),
        pytest.param((*BODY, "properties", "more"), {"type": "string"}, "body.more is new", False,
                     id="an optional field more"),
        pytest.param((*BODY, "properties", "size"), GONE, "body.size is taken no more", True,
                     id="a field of the body that is gone"),
        pytest.param((*BODY, "required"), ["name", "size"], "body.size is needed now", True,
                     id="a field that became required"),
        pytest.param((*BODY, "properties", "size"), {"type": "integer"},
                     "body.size may not be null any more", True, id="a type that is taken no more"),
        pytest.param((*ANSWER, "n"), GONE, "answer 200.n is gone", True,
                     id="a field of the answer that is gone"),
        pytest.param((*ANSWER, "n", "type"), ["integer", "null"],
                     "answer 200.n may be null now", True, id="an answer that may be null"),
        pytest.param((*ANSWER, "m"), {"type": "string"}, "answer 200.m is new", False,
                     id="a field of the answer more"),
        pytest.param((*ROWS, "id"), GONE, "answer 200.rows[].id is gone", True,
                     id="a field of a list's items that is gone"),
        pytest.param((*POST, "responses", "202"), {}, "answers 202 too", False,
                     id="an answer more"),
        pytest.param((*POST, "summary"), "words", None, False, id="words are no change"),
        pytest.param((*POST, "parameters", 0, "example"), "x", None, False,
                     id="examples are no change"),
    ],
)  # fmt: skip
def test_a_change_is_named_and_whether_it_breaks_clients(
    where: tuple[str | int, ...], value: Any, what: str | None, breaks: bool
) -> None:
    after = copy.deepcopy(BASE)
    place: Any = after
    for part in where[:-1]:
        place = place[part]
    if value is GONE:
        del place[where[-1]]
    else:
        place[where[-1]] = value
    told = api_changes.changes(BASE, after)
    assert [(one.what, one.breaks) for one in told] == ([] if what is None else [(what, breaks)])
