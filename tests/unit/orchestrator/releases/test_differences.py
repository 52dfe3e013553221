"""What differs: field by field, lists by name, what the server says left out, secrets not told."""

from typing import Any

import pytest

from ecp.orchestrator.records import Ref
from ecp.orchestrator.releases import differences
from ecp.orchestrator.releases.differences import Change, changes, compared


def obj(kind: str = "Deployment", **body: Any) -> dict[str, Any]:
    return {"kind": kind, "metadata": {"name": "a"}, **body}


def pod(*containers: dict[str, Any]) -> dict[str, Any]:
    return obj("Pod", spec={"containers": list(containers)})


A, B = {"name": "a", "image": "x:1"}, {"name": "b", "image": "y:1"}


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        pytest.param(obj(spec={"replicas": 1}), obj(spec={"replicas": 1}), [], id="nothing"),
        pytest.param(
            obj(spec={"replicas": 1}), obj(spec={"replicas": 2}),
            [Change("spec.replicas", "replace", 1, 2)], id="a value",
        ),
        pytest.param(
            obj(spec={"replicas": 1}), obj(spec={"replicas": "1"}),
            [Change("spec.replicas", "replace", 1, "1")], id="a type",
        ),
        pytest.param(
            obj(spec={"paused": False}), obj(spec={"paused": 0}),
            [Change("spec.paused", "replace", False, 0)], id="false is not 0",
        ),
        pytest.param(
            obj(spec={}), obj(spec={"a": None}),
            [Change("spec.a", "add", None, None)], id="null is something",
        ),
        pytest.param(
            obj(data={"a.b/c": "1"}), obj(data={}),
            [Change('data["a.b/c"]', "remove", "1", None)], id="a key with dots",
        ),
        pytest.param(
            pod(A, B), pod({**B, "image": "y:2"}, A),
            [Change("spec.containers[b].image", "replace", "y:1", "y:2")],
            id="what has a name is compared by name, wherever it stands",
        ),
        pytest.param(
            obj(spec={"args": ["a", "b"]}), obj(spec={"args": ["a", "c", "d"]}),
            [Change("spec.args[1]", "replace", "b", "c"), Change("spec.args[2]", "add", None, "d")],
            id="what has none by its place",
        ),
        pytest.param(
            {"kind": "Pod", "metadata": {"name": "a", "uid": "1", "resourceVersion": "2",
                                         "managedFields": []}, "status": {"phase": "Running"}},
            obj("Pod"), [], id="what the server says is left out",
        ),
        pytest.param(None, obj(), [Change("", "add", None, None)], id="it is new"),
        pytest.param(obj(), None, [Change("", "remove", None, None)], id="it is gone"),
        pytest.param(
            obj("Secret", data={"k": "c2VjcmV0", "same": "eA=="}),
            obj("Secret", data={"k": "b3RoZXI=", "same": "eA=="}),
            [Change("data.k", "replace", "***", "***")], id="a secret differs, and is not told",
        ),
        pytest.param(
            pod({**A, "env": [{"name": "DB_PASSWORD", "value": "old"}]}),
            pod({**A, "env": [{"name": "DB_PASSWORD", "value": "new"}]}),
            [Change("spec.containers[a].env[DB_PASSWORD].value", "replace", "***", "***")],
            id="a variable that tells a secret",
        ),
        pytest.param(
            pod(A), pod({**A, "env": [{"name": "API_TOKEN", "value": "t"}]}),
            [Change("spec.containers[a].env", "add", None, [{"name": "API_TOKEN",
                                                             "value": "***"}])],
            id="one that comes with its list",
        ),
    ],
)  # fmt: skip
def test_fields(before: Any, after: Any, wanted: list[Change]) -> None:
    assert changes(before, after) == wanted


def test_two_bundles() -> None:
    def row(name: str, version: str = "v1", **body: Any) -> tuple[Ref, dict[str, Any]]:
        return Ref(version, "ConfigMap", "n", name), obj("ConfigMap", **body)

    before = [row("same"), row("other", data={"a": "1"}), row("gone")]
    after = [row("same"), row("other", data={"a": "2"}), row("new")]
    found = compared(before, after)
    assert [(d.ref.name, d.action, len(d.changes)) for d in found] == [
        ("same", "none", 0), ("other", "change", 1), ("new", "create", 0), ("gone", "remove", 0),
    ]  # fmt: skip
    assert differences.counted(found) == {
        "create": 1, "change": 1, "none": 1, "remove": 1, "refused": 0,
    }  # fmt: skip
