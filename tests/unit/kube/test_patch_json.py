"""JSON patch: RFC 6902's operations, and where the server goes its own way."""

import json
from typing import Any

import pytest

from ecp.kube.errors import KubeError
from ecp.kube.patch import json_patch

DOC = {"a": {"b": 1, "x/y": 2, "m~n": 3}, "list": [1, 2, 3], "empty": None}

APPLIED = [
    ("add a field", [{"op": "add", "path": "/a/c", "value": 2}], {"a": {**DOC["a"], "c": 2}}),
    ("add into a list", [{"op": "add", "path": "/list/1", "value": 9}], {"list": [1, 9, 2, 3]}),
    ("add at the end", [{"op": "add", "path": "/list/-", "value": 9}], {"list": [1, 2, 3, 9]}),
    (
        "add counted from the end",
        [{"op": "add", "path": "/list/-1", "value": 9}],
        {"list": [1, 2, 3, 9]},
    ),
    (
        "replace a field",
        [{"op": "replace", "path": "/a/b", "value": None}],
        {"a": {**DOC["a"], "b": None}},
    ),
    ("replace an item", [{"op": "replace", "path": "/list/-1", "value": 9}], {"list": [1, 2, 9]}),
    (
        "replace of a field that is not there sets it",
        [{"op": "replace", "path": "/a/new", "value": 1}],
        {"a": {**DOC["a"], "new": 1}},
    ),
    ("remove an item", [{"op": "remove", "path": "/list/0"}], {"list": [2, 3]}),
    (
        "move",
        [{"op": "move", "from": "/a/b", "path": "/list/0"}],
        {"a": {"x/y": 2, "m~n": 3}, "list": [1, 1, 2, 3]},
    ),
    (
        "copy",
        [{"op": "copy", "from": "/list", "path": "/a/b"}],
        {"a": {**DOC["a"], "b": [1, 2, 3]}},
    ),
    (
        "escapes",
        [
            {"op": "replace", "path": "/a/x~1y", "value": 0},
            {"op": "replace", "path": "/a/m~0n", "value": 0},
        ],
        {"a": {"b": 1, "x/y": 0, "m~n": 0}},
    ),
    ("a test that holds", [{"op": "test", "path": "/a/b", "value": 1}], {}),
    ("a test of nothing against null", [{"op": "test", "path": "/nope", "value": None}], {}),
]


@pytest.mark.parametrize(
    ("patch", "changed"), [r[1:] for r in APPLIED], ids=[r[0] for r in APPLIED]
)
def test_a_patch_leads_to(patch: Any, changed: Any) -> None:
    before = json.dumps(DOC)
    assert json_patch.apply(DOC, patch) == {**DOC, **changed}
    assert json.dumps(DOC) == before


IMPOSSIBLE = [
    ("remove what is not there", [{"op": "remove", "path": "/a/nope"}]),
    ("add below what is not there", [{"op": "add", "path": "/nope/x", "value": 1}]),
    ("add beyond the end", [{"op": "add", "path": "/list/4", "value": 1}]),
    ("replace beyond the end", [{"op": "replace", "path": "/list/3", "value": 1}]),
    ("an index that is none", [{"op": "add", "path": "/list/x", "value": 1}]),
    ("below a number", [{"op": "add", "path": "/a/b/c", "value": 1}]),
    ("a test that fails", [{"op": "test", "path": "/a/b", "value": 2}]),
    ("true is not one", [{"op": "test", "path": "/a/b", "value": True}]),
    ("move from nowhere", [{"op": "move", "from": "/nope", "path": "/x"}]),
    ("an unknown operation", [{"op": "frob", "path": "/a"}]),
    ("a path without slash", [{"op": "add", "path": "a", "value": 1}]),
    ("no path", [{"op": "add", "value": 1}]),
    ("the whole replaced by a list", [{"op": "replace", "path": "", "value": []}]),
]


@pytest.mark.parametrize(
    "patch", [row[1] for row in IMPOSSIBLE], ids=[row[0] for row in IMPOSSIBLE]
)
def test_what_cannot_be_applied_is_a_422_without_a_reason_why(patch: Any) -> None:
    with pytest.raises(KubeError) as caught:
        json_patch.apply(DOC, patch)
    assert caught.value.status() == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": "the server rejected our request due to an error in our request",
        "reason": "Invalid",
        "details": {},
        "code": 422,
    }


def test_what_is_no_list_of_operations_is_a_400() -> None:
    with pytest.raises(KubeError) as caught:
        json_patch.apply(DOC, {"op": "add"})
    assert caught.value.code == 400


def test_ten_thousand_operations_are_too_many_by_one() -> None:
    patch = [{"op": "test", "path": "/a/b", "value": 1}] * 10_001
    with pytest.raises(KubeError) as caught:
        json_patch.apply(DOC, patch)
    assert (caught.value.code, caught.value.message) == (
        413,
        "Request entity too large: The allowed maximum operations in a JSON patch is 10000, "
        "got 10001",
    )
