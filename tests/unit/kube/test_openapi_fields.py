"""Fields as `kubectl explain` tells them."""

from typing import Any

import pytest

from ecp.kube.openapi_fields import UnknownField, UnknownKind, kinds, path_of, told

POD = "spec.template.spec"


@pytest.mark.parametrize(
    ("version", "kind", "path", "wanted"),
    [
        ("apps/v1", "Deployment", "spec", {"type": "DeploymentSpec", "required": False}),
        ("apps/v1", "Deployment", f"{POD}.containers", {"type": "[]Container", "required": True}),
        ("apps/v1", "Deployment", "spec.selector.matchLabels", {"type": "map[string]string"}),
        ("apps/v1", "Deployment", "spec.selector.matchLabels.app", {"type": "string"}),
        ("v1", "Service", "spec.ports.protocol",
         {"enum": ("SCTP", "TCP", "UDP"), "default": "TCP"}),
        ("v1", "Service", "spec.ports.port", {"required": True, "default": None}),
        ("v1", "Service", "spec.ports.targetPort", {"type": "IntOrString"}),
        ("v1", "Pod", "spec.containers.resources.limits", {"type": "map[string]Quantity"}),
        ("v1", "PersistentVolumeClaim", "spec.accessModes", {"type": "[]string",
         "enum": ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")}),
        ("autoscaling/v2", "HorizontalPodAutoscaler", "spec.metrics.type", {"required": True}),
    ],
    ids=[
        "a struct is called by its name",
        "a list by its items, and what is required is said",
        "a map by its values",
        "any key of a map has its value's type",
        "values that may be written, and what is written for who says nothing",
        "Go's zero of a required field is no default",
        "what may be a number or a name",
        "a quantity",
        "the values of a list's items",
        "another group and version",
    ],
)  # fmt: skip
def test_a_field_is_told(version: str, kind: str, path: str, wanted: dict[str, Any]) -> None:
    found = told(version, kind, path_of(path)).itself._asdict()
    assert {name: found[name] for name in wanted} == wanted


def test_the_fields_below_and_whether_any_key_may_stand() -> None:
    spec = told("apps/v1", "Deployment", ("spec",))
    assert [field.name for field in spec.fields if field.required] == ["selector", "template"]
    assert not spec.of_map
    assert told("v1", "ConfigMap", ("data",)).of_map
    assert not told("v1", "Pod", ("spec", "hostNetwork")).of_map


def test_every_kind_that_is_listed_is_told() -> None:
    rows = kinds()
    assert ("apps/v1", "Deployment") in rows
    for version, kind in rows:
        assert told(version, kind).fields, kind


@pytest.mark.parametrize(
    ("version", "kind", "path", "error", "said"),
    [
        ("apps/v9", "Deployment", "", UnknownKind, "apps/v9"),
        ("apps/v1", "Pod", "", UnknownKind, "apps/v1 Pod"),
        ("v1", "Pod", "spec.container.name", UnknownField, "spec.container"),
        ("v1", "Pod", "spec.nodeName.more", UnknownField, "spec.nodeName.more"),
    ],
    ids=["no such version", "a kind of another group", "the step that is wrong", "below a leaf"],
)
def test_what_is_not_there(
    version: str, kind: str, path: str, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        told(version, kind, path_of(path))
