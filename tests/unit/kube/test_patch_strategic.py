"""Strategic merge patch: recorded patches, every directive, every mistake."""

import json
from pathlib import Path
from typing import Any

import pytest

from ecp.kube.defaults import default
from ecp.kube.errors import KubeError
from ecp.kube.patch import apply as ownership
from ecp.kube.patch import strategic

Object = dict[str, Any]
GOLDEN = Path(__file__).parents[2] / "golden" / "api" / "strategic-merge.jsonl"
RECORDED = [json.loads(line) for line in GOLDEN.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("one", RECORDED, ids=[one["id"] for one in RECORDED])
def test_a_recorded_patch_leads_to_the_recorded_spec_and_owners(one: Object) -> None:
    live = one["live"]
    owners = ownership.read(live["metadata"]["managedFields"])
    metadata = {k: v for k, v in live["metadata"].items() if k != "managedFields"}
    live = {**live, "metadata": metadata}
    new = default(live["kind"], strategic.apply(live, one["patch"]))
    assert new["spec"] == one["answer"]["spec"]
    after = ownership.update_owners(live, new, owners, manager="golden-client", time="<ts:9>")
    recorded = one["answer"]["metadata"]["managedFields"]
    assert fields_by_owner(ownership.render(after, new)) == fields_by_owner(recorded)


def fields_by_owner(managed: list[Object]) -> Object:
    return {f"{one['manager']} {one.get('subresource', '')}": one["fieldsV1"] for one in managed}


def pod(*containers: Object, **spec: Any) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p"},
        "spec": {"containers": list(containers), **spec},
    }


def container(name: str, **more: Any) -> Object:
    return {"name": name, "image": f"{name}:1", **more}


A, B, C = container("a"), container("b"), container("c")

SPECS = [
    (
        "a list item is merged by its key",
        pod(A, B),
        {"containers": [{"name": "b", "image": "b:2"}]},
        {"containers": [A, {"name": "b", "image": "b:2"}]},
    ),
    ("new items come first", pod(A, B), {"containers": [C]}, {"containers": [C, A, B]}),
    (
        "new and known items stand in the patch's order",
        pod(A, B),
        {"containers": [C, {"name": "a"}]},
        {"containers": [C, A, B]},
    ),
    (
        "an item is deleted by its key",
        pod(A, B),
        {"containers": [{"name": "a", "$patch": "delete"}]},
        {"containers": [B]},
    ),
    (
        "a list is replaced",
        pod(A, B),
        {"containers": [{"$patch": "replace"}, C]},
        {"containers": [C]},
    ),
    (
        "an order is set",
        pod(A, B, C),
        {"$setElementOrder/containers": [{"name": "c"}, {"name": "a"}, {"name": "b"}]},
        {"containers": [C, A, B]},
    ),
    (
        "an order is set around a new item",
        pod(A, B),
        {
            "$setElementOrder/containers": [{"name": "a"}, {"name": "c"}, {"name": "b"}],
            "containers": [C],
        },
        {"containers": [A, C, B]},
    ),
    (
        "items that the order does not name keep their places",
        pod(A, B, C),
        {"$setElementOrder/containers": [{"name": "c"}, {"name": "b"}]},
        {"containers": [A, C, B]},
    ),
    (
        "an atomic list is replaced",
        pod(A, tolerations=[{"key": "x"}]),
        {"tolerations": [{"key": "y"}]},
        {"containers": [A], "tolerations": [{"key": "y"}]},
    ),
    (
        "a nested list is merged",
        pod(container("a", env=[{"name": "X", "value": "1"}])),
        {"containers": [{"name": "a", "env": [{"name": "X", "value": "2"}]}]},
        {"containers": [container("a", env=[{"name": "X", "value": "2"}])]},
    ),
    ("null removes", pod(A, nodeName="n"), {"nodeName": None}, {"containers": [A]}),
    (
        "a map is replaced",
        pod(A, securityContext={"runAsUser": 1, "fsGroup": 2}),
        {"securityContext": {"$patch": "replace", "runAsUser": 3}},
        {"containers": [A], "securityContext": {"runAsUser": 3}},
    ),
    (
        "a map is emptied",
        pod(A, securityContext={"runAsUser": 1}),
        {"securityContext": {"$patch": "delete"}},
        {"containers": [A], "securityContext": {}},
    ),
    (
        "keys not retained go",
        pod(A, volumes=[{"name": "v", "emptyDir": {}}]),
        {
            "volumes": [
                {"name": "v", "$retainKeys": ["name", "hostPath"], "hostPath": {"path": "/x"}}
            ]
        },
        {"containers": [A], "volumes": [{"name": "v", "hostPath": {"path": "/x"}}]},
    ),
    (
        "nulls and directives in what is new mean nothing",
        pod(A),
        {"affinity": {"nodeAffinity": None, "podAffinity": {"$patch": "delete"}}},
        {"containers": [A], "affinity": {}},
    ),
    (
        "host aliases are merged by address",
        pod(A, hostAliases=[{"ip": "1.1.1.1"}]),
        {"hostAliases": [{"ip": "1.1.1.1", "hostnames": ["h"]}]},
        {"containers": [A], "hostAliases": [{"ip": "1.1.1.1", "hostnames": ["h"]}]},
    ),
]


@pytest.mark.parametrize(
    ("live", "patch", "spec"), [r[1:] for r in SPECS], ids=[r[0] for r in SPECS]
)
def test_a_patch_of_a_pod_spec(live: Object, patch: Object, spec: Object) -> None:
    before = json.dumps([live, patch])
    assert strategic.apply(live, {"spec": patch})["spec"] == spec
    assert json.dumps([live, patch]) == before


def test_finalizers_are_a_set_to_add_to_and_delete_from() -> None:
    live = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"finalizers": ["a", "b"]}}
    added = strategic.apply(live, {"metadata": {"finalizers": ["c", "a"]}})
    assert added["metadata"]["finalizers"] == ["c", "a", "b"]
    patch = {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"]}}
    assert strategic.apply(live, patch)["metadata"]["finalizers"] == ["b"]


def test_a_deployment_strategy_keeps_only_the_retained_keys() -> None:
    live = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}},
    }
    patch = {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}
    assert strategic.apply(live, patch)["spec"] == {"strategy": {"type": "Recreate"}}


def test_conditions_are_merged_by_type() -> None:
    ready = {"type": "Ready", "status": "False"}
    live = {**pod(A), "status": {"conditions": [ready, {"type": "Initialized", "status": "True"}]}}
    new = strategic.apply(live, {"status": {"conditions": [{"type": "Ready", "status": "True"}]}})
    assert new["status"]["conditions"][0] == {"type": "Ready", "status": "True"}
    assert new["spec"] is live["spec"]


MISTAKES = [
    (
        "an item without its key",
        {"containers": [{"image": "x"}]},
        500,
        "map: map[image:x] does not contain declared merge key: name",
    ),
    (
        "an unknown directive on an item",
        {"containers": [{"name": "a", "$patch": "frob"}]},
        500,
        "unknown patch type: frob in map: map[$patch:frob name:a]",
    ),
    (
        "an unknown directive on a map",
        {"$patch": "frob"},
        500,
        "unknown patch type: frob in map: map[$patch:frob]",
    ),
    (
        "a list to be merged by a directive",
        {"containers": [{"name": "a", "$patch": "merge"}]},
        500,
        "merging lists cannot yet be specified in the patch",
    ),
    (
        "a deletion without the key",
        {"containers": [{"$patch": "delete"}]},
        500,
        "map: map[$patch:delete] does not contain declared merge key: name",
    ),
    (
        "a mixture of items",
        {"containers": [{"name": "a"}, "x"]},
        500,
        "list element types are not identical: [[map[image:a:1 name:a]] [map[name:a] x]]",
    ),
    (
        "an order that the patch contradicts",
        {"$setElementOrder/containers": [{"name": "b"}], "containers": [{"name": "a"}]},
        500,
        "The order in patch list:\n[map[name:a]]\n doesn't match $setElementOrder list:\n"
        "[map[name:b]]\n",
    ),
    (
        "retained keys that do not cover the patch",
        {"$retainKeys": ["containers"], "nodeName": "n"},
        400,
        "invalid patch format of retainKeys",
    ),
    (
        "retained keys that are no list",
        {"$retainKeys": "x"},
        400,
        "invalid patch format of retainKeys",
    ),
]


@pytest.mark.parametrize(
    ("patch", "code", "message"), [r[1:] for r in MISTAKES], ids=[r[0] for r in MISTAKES]
)
def test_a_mistake_is_answered(patch: Object, code: int, message: str) -> None:
    with pytest.raises(KubeError) as caught:
        strategic.apply(pod(A), {"spec": patch})
    assert (caught.value.code, caught.value.message) == (code, message)


def test_a_patch_that_is_no_object_is_a_400() -> None:
    with pytest.raises(KubeError) as caught:
        strategic.apply(pod(A), [])
    assert caught.value.code == 400


LISTS = [
    ("a list of lists is a 422 without a reason why", [], 422),
    ("a list among texts is a 500", ["a"], 500),
]


@pytest.mark.parametrize(("live", "code"), [r[1:] for r in LISTS], ids=[r[0] for r in LISTS])
def test_lists_in_lists(live: list[str], code: int) -> None:
    obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"finalizers": live}}
    with pytest.raises(KubeError) as caught:
        strategic.apply(obj, {"metadata": {"finalizers": [["x"]]}})
    assert caught.value.code == code
