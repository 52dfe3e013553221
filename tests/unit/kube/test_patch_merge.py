"""JSON merge patch: the examples of RFC 7386, and what the server refuses."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecp.kube.errors import KubeError
from ecp.kube.patch import merge

EXAMPLES = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]


@pytest.mark.parametrize(("old", "patch", "new"), EXAMPLES, ids=[str(row[1]) for row in EXAMPLES])
def test_the_examples_of_the_rfc(old: Any, patch: Any, new: Any) -> None:
    assert merge.apply(old, patch) == new


def test_what_a_patch_does_not_touch_is_shared() -> None:
    old = {"metadata": {"labels": {"a": "1"}}, "spec": {"replicas": 1}}
    new = merge.apply(old, {"spec": {"replicas": 2}})
    assert new["metadata"] is old["metadata"]
    assert old["spec"] == {"replicas": 1}
    assert merge.apply(old, {}) is old
    assert merge.apply(old, {"spec": {"absent": None}}) is old


def test_a_patch_that_is_no_object_is_refused() -> None:
    with pytest.raises(KubeError) as caught:
        merge.apply({}, [1])
    assert caught.value.status()["message"] == (
        "error decoding patch: json: cannot unmarshal array into Go value of type "
        "map[string]interface {}"
    )


JSON = st.recursive(
    st.booleans() | st.integers(0, 3) | st.sampled_from(["x", "y"]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.sampled_from("abc"), JSON, max_size=3)


@given(OBJECTS, OBJECTS)
def test_a_patch_changes_no_input_and_applying_it_twice_is_applying_it_once(
    old: Any, patch: Any
) -> None:
    before = json.dumps([old, patch])
    new = merge.apply(old, patch)
    assert json.dumps([old, patch]) == before
    assert merge.apply(new, patch) == new
