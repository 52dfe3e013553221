"""What is told to be sound at a glance is sound by the rules; the rest is left to them."""

import copy
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecp.kube.schema import Gvk, schema
from ecp.kube.yaml import read
from ecp.validation.decode import misfits
from ecp.validation.kinds import faults_of_new
from ecp.validation.scope import Scope
from ecp.validation.sound import is_sound

_GOLDEN = Path(__file__).parents[2] / "golden"
_EXAMPLES = Path(__file__).parents[3] / "src" / "ecp" / "validation" / "examples"
_VERSIONS = ("1.30", "1.33", "1.35", "1.36", "1.37")
_KINDS = ("DaemonSet", "Deployment", "Pod", "Service", "StatefulSet")


def _gvk(obj: Any) -> Gvk:
    return Gvk.of(str(obj.get("apiVersion")), str(obj.get("kind")))


@cache
def _objects() -> tuple[Any, ...]:
    files = sorted(
        [*(_GOLDEN / "manifests").rglob("*.yaml"), *(_GOLDEN / "verdicts").rglob("*.yaml")]
    )
    texts = [file.read_bytes() for file in files]
    for file in sorted(_EXAMPLES.glob("*.yaml")):
        texts += [example["fail"].encode() for example in read(file.read_bytes())[0].object]
    found = (document.object for text in texts for document in read(text))
    return tuple(obj for obj in found if isinstance(obj, dict) and obj.get("kind") in _KINDS)


@cache
def _sound() -> tuple[Any, ...]:
    known = schema()
    return tuple(obj for obj in _objects() if is_sound(obj, _gvk(obj), known))


def _complaints(obj: Any, version: str) -> list[str]:
    """Return what decoder and rules say of a new object."""
    gvk, known = _gvk(obj), schema(version)
    node = known.node(gvk)
    assert node is not None
    major, minor = map(int, version.split("."))
    found = [one.message for one in misfits(obj, node) if one.sort != "required"]
    faults = faults_of_new(obj, gvk.group, gvk.kind, Scope((major, minor)))
    return found or [f"{fault.rule} {fault.error}" for fault in faults]


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    if isinstance(value, dict | list):
        for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _places(inner, (*path, step))


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


_ODD = st.sampled_from(
    [
        None, "", 0, 1, -1, 80, 65_536, True, False, "a", "A", "-a", "a.b", "a/b", "..", "a b",
        "a\n", "80", "a--b", "x" * 64, "x" * 254, "é", "100m", "1.5", "-1", "0.0001", "25%",
        "101%", "0%", "Never", "Recreate", "None", "Exists", "Equal", "UDP", "CAP_SYS_ADMIN",
        [], {}, [None], ["a"], {"a": "b"}, {"a": None}, 1.5, 2**31, 512,
    ]
)  # fmt: skip
_FIELDS = st.sampled_from(
    [
        "a", "name", "value", "valueFrom", "restartPolicy", "hostPort", "exec", "tcpSocket",
        "sleep", "claims", "matchExpressions", "nvidia.com/gpu", "hugepages-2Mi", "cpu", "storage",
        "controller.kubernetes.io/pod-deletion-cost", "clusterIPs", "clusterIP", "nodePort", "type",
        "protocol", "subPath", "emptyDir", "secret", "privileged", "allowPrivilegeEscalation",
        "operator", "effect", "minReadySeconds", "maxSurge", "maxUnavailable", "rollingUpdate",
        "lifecycle", "livenessProbe", "activeDeadlineSeconds", "generateName", "finalizers",
        "service.kubernetes.io/topology-mode", "successThreshold", "terminationGracePeriodSeconds",
    ]
)  # fmt: skip


@given(st.data())
@settings(deadline=None, max_examples=400)
def test_what_is_sound_at_a_glance_is_sound_by_the_rules_of_every_version(data: Any) -> None:
    obj = copy.deepcopy(data.draw(st.sampled_from(_sound())))
    for _ in range(data.draw(st.integers(1, 3))):
        places = [place for place in _places(obj) if place[0] not in ("apiVersion", "kind")]
        if not places:
            break
        place = data.draw(st.sampled_from(places))
        above, here = _at(obj, place[:-1]), _at(obj, place)
        change = data.draw(st.sampled_from(["put", "take", "add", "again"]))
        if change == "put":
            above[place[-1]] = copy.deepcopy(data.draw(_ODD))
        elif change == "take":
            del above[place[-1]]
        elif isinstance(here, dict):
            here[data.draw(_FIELDS)] = copy.deepcopy(data.draw(_ODD))
        elif isinstance(here, list) and here:
            here.append(copy.deepcopy(data.draw(st.sampled_from(here))))
    version = data.draw(st.sampled_from(_VERSIONS))
    if is_sound(obj, _gvk(obj), schema(version)):
        assert _complaints(obj, version) == []


@pytest.mark.parametrize("version", _VERSIONS)
def test_of_no_golden_object_that_is_told_to_be_sound_the_rules_complain(version: str) -> None:
    known = schema(version)
    told = [obj for obj in _objects() if is_sound(obj, _gvk(obj), known)]
    assert len(told) > 50
    assert [found for obj in told if (found := _complaints(obj, version))] == []


def test_most_of_what_the_bundles_hold_is_told_at_a_glance() -> None:
    files = sorted((_GOLDEN / "manifests").glob("*.yaml"))
    files = [file for file in files if "broken" not in file.name]
    found = [
        is_sound(document.object, _gvk(document.object), schema())
        for file in files
        for document in read(file.read_bytes())
        if document.object["kind"] in _KINDS
    ]
    assert sum(found) > 0.9 * len(found)


_DEPLOYMENT: Any = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web"},
    "spec": {
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {
                "volumes": [{"name": "data", "emptyDir": {}}],
                "containers": [
                    {
                        "name": "web",
                        "image": "web:1",
                        "resources": {"requests": {"cpu": "1"}, "limits": {"cpu": "2"}},
                        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
                        "ports": [
                            {"name": "http", "containerPort": 80},
                            {"name": "admin", "containerPort": 81},
                        ],
                    }
                ],
            },
        },
    },
}
_SERVICE: Any = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web"},
    "spec": {"ports": [{"name": "http", "port": 80}, {"name": "admin", "port": 81}]},
}
_POD = ("spec", "template", "spec")
_BOX = (*_POD, "containers", 0)


@pytest.mark.parametrize(
    ("obj", "path", "value"),
    [
        pytest.param(_DEPLOYMENT, (*_POD, "containers", 0, "name"), "Web", id="a name in capitals"),
        pytest.param(
            _DEPLOYMENT, (*_BOX, "volumeMounts", 0, "name"), "cache", id="a mount of no volume"
        ),
        pytest.param(_DEPLOYMENT, (*_BOX, "ports", 1, "name"), "http", id="two ports of one name"),
        pytest.param(
            _DEPLOYMENT,
            (*_BOX, "resources", "requests", "cpu"),
            "2001m",
            id="a request above its limit",
        ),
        pytest.param(
            _DEPLOYMENT,
            (*_BOX, "resources", "requests"),
            {"nvidia.com/gpu": 1},
            id="GPUs requested without a limit",
        ),
        pytest.param(
            _DEPLOYMENT,
            ("spec", "selector", "matchLabels"),
            {"app": "other"},
            id="a selector of other pods",
        ),
        pytest.param(
            _DEPLOYMENT, ("spec", "minReadySeconds"), 600, id="ready no sooner than too late"
        ),
        pytest.param(
            _DEPLOYMENT,
            ("spec", "strategy"),
            {"rollingUpdate": {"maxSurge": "0%", "maxUnavailable": 0}},
            id="a rollout that cannot move",
        ),
        pytest.param(
            _DEPLOYMENT, (*_POD, "restartPolicy"), "Never", id="a Deployment's pod that ends"
        ),
        pytest.param(
            _DEPLOYMENT,
            (*_POD, "initContainers"),
            [{"name": "web", "image": "a"}],
            id="two containers of one name",
        ),
        pytest.param(
            _DEPLOYMENT,
            (*_POD, "volumes", 0, "secret"),
            {"secretName": "a"},
            id="a volume of two sources",
        ),
        pytest.param(_SERVICE, ("spec", "ports", 1, "name"), "http", id="two ports of one name "),
        pytest.param(_SERVICE, ("spec", "ports", 1, "port"), 80, id="one port twice"),
        pytest.param(
            _SERVICE, ("spec", "ports", 1), {"port": 81}, id="a port of several without a name"
        ),
        pytest.param(
            _SERVICE,
            ("spec", "ports"),
            [{"port": 80, "nodePort": 30_080}],
            id="a node port inside the cluster",
        ),
    ],
)
def test_what_a_rule_is_about_is_never_told_to_be_sound(
    obj: Any, path: tuple[Any, ...], value: Any
) -> None:
    known = schema()
    assert is_sound(obj, _gvk(obj), known)
    changed = copy.deepcopy(obj)
    _at(changed, path[:-1])[path[-1]] = value
    assert _complaints(changed, "1.36")
    assert not is_sound(changed, _gvk(changed), known)
