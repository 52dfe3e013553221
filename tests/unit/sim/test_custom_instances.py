"""Instances of custom kinds in the simulated cluster: the same judgement as of a manifest."""

from typing import Any

import pytest

from ecp.kube import kinds
from ecp.kube.errors import BadRequest, Invalid, PlainError
from ecp.sim.apiserver import ApiServer
from ecp.sim.engine.chance import Chance
from ecp.sim.engine.engine import SECOND, Engine
from ecp.sim.requests import Answer, Request
from ecp.sim.store import Obj, Store

MODELS = "models.ai.example.com"
SPEC: Obj = {
    "type": "object",
    "required": ["replicas"],
    "properties": {
        "replicas": {"type": "integer", "minimum": 1, "default": 2},
        "precision": {"type": "string", "enum": ["fp16", "int8"], "default": "fp16"},
        "weights": {
            "type": "string",
            "maxLength": 100,
            "x-kubernetes-validations": [
                {"rule": "self == oldSelf", "message": "weights cannot change"}
            ],
        },
    },
    "x-kubernetes-validations": [
        {"rule": "self.precision != 'int8' || self.replicas > 1", "message": "int8 needs two"}
    ],
}
DEFINITION: Obj = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": MODELS},
    "spec": {
        "group": "ai.example.com",
        "scope": "Namespaced",
        "names": {
            "plural": "models", "singular": "model", "kind": "Model", "listKind": "ModelList",
        },
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "subresources": {"status": {}},
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {
                            "spec": SPEC,
                            "status": {
                                "type": "object",
                                "properties": {"ready": {"type": "integer", "minimum": 0}},
                            },
                        },
                    }
                },
            }
        ],
    },
}  # fmt: skip


class Server:
    def __init__(self) -> None:
        engine, store = Engine(1_767_571_200 * SECOND), Store()
        self.api = ApiServer(engine, store, Chance(1), store, service_network="10.96.0.0/16")
        self.ask("create", kinds.NAMESPACES, body={"metadata": {"name": "shop"}}, namespace="")
        crd = self.ask("create", kinds.CRDS, body=DEFINITION, namespace="").object
        assert crd is not None
        conditions = [{"type": "Established", "status": "True"}]
        body = {**crd, "status": {**crd["status"], "conditions": conditions}}
        self.ask("update", kinds.CRDS, MODELS, body=body, subresource="status", namespace="")

    def ask(self, verb: Any, resource: str, name: str = "", **fields: Any) -> Answer:
        fields.setdefault("namespace", "shop")
        return self.api.submit(Request(verb, resource, name=name, manager="tester", **fields))

    def create(self, spec: Any, **fields: Any) -> Obj:
        answer = self.ask("create", MODELS, body=model(spec), **fields)
        assert answer.object is not None
        return answer.object


def model(spec: Any) -> Obj:
    return {
        "apiVersion": "ai.example.com/v1",
        "kind": "Model",
        "metadata": {"name": "m"},
        "spec": spec,
    }


@pytest.fixture
def server() -> Server:
    return Server()


def test_defaults_come_before_the_rules(server: Server) -> None:
    assert server.create({})["spec"] == {"replicas": 2, "precision": "fp16"}


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        pytest.param(
            {"replicas": 0},
            "spec.replicas: Invalid value: 0: spec.replicas in body should be greater than or "
            "equal to 1",
            id="the schema refuses",
        ),
        pytest.param(
            {"precision": "int8", "replicas": 1},
            "spec: Invalid value: int8 needs two",
            id="a rule refuses",
        ),
        pytest.param(
            {"precision": "fp8"},
            '[spec.precision: Unsupported value: "fp8": supported values: "fp16", "int8", <nil>: '
            "Invalid value: null: some validation rules were not checked because the object was "
            "invalid; correct the existing errors to complete validation]",
            id="what the schema refuses keeps the rules from being run",
        ),
    ],
)
def test_a_create_is_judged(server: Server, spec: Obj, words: str) -> None:
    with pytest.raises(Invalid) as refused:
        server.create(spec)
    assert str(refused.value) == f'Model.ai.example.com "m" is invalid: {words}'


def test_unknown_fields_are_refused_when_asked_for_and_dropped_else(server: Server) -> None:
    with pytest.raises(BadRequest, match=r'strict decoding error: unknown field "spec\.replica"'):
        server.create({"replica": 1}, field_validation="Strict")
    assert "replica" not in server.create({"replica": 1})["spec"]


def test_a_transition_rule_sees_what_was_there(server: Server) -> None:
    made = server.create({"weights": "a"})
    with pytest.raises(Invalid, match="weights cannot change"):
        server.ask("update", MODELS, "m", body={**made, "spec": {"weights": "b"}})
    server.ask("update", MODELS, "m", body={**made, "spec": {"weights": "a", "replicas": 3}})


def test_a_status_is_judged_by_its_own_schema(server: Server) -> None:
    made = server.create({})
    server.ask("update", MODELS, "m", body={**made, "status": {"ready": 1}}, subresource="status")
    body = {"metadata": {"name": "m"}, "status": {"ready": -1}}
    with pytest.raises(Invalid, match=r"status\.ready: Invalid value: -1: ready in body should be"):
        server.ask("patch", MODELS, "m", body=body, patch="merge", subresource="status")


def test_an_apply_of_an_undeclared_field_fails(server: Server) -> None:
    with pytest.raises(PlainError, match=r"\.spec\.nope: field not declared in schema"):
        server.ask("patch", MODELS, "m", body=model({"nope": 1}), patch="apply")
    applied = server.ask("patch", MODELS, "m", body=model({"replicas": 3}), patch="apply").object
    assert applied is not None
    assert applied["spec"] == {"replicas": 3, "precision": "fp16"}
