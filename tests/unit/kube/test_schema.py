"""Schemas of the built-in kinds, per Kubernetes version."""

import pytest

from ecp.kube import schema
from ecp.kube.checkers import checker
from ecp.kube.schema import Gvk, UnknownVersion, schema_for, versions

DEPLOYMENT = Gvk("apps", "v1", "Deployment")


def test_versions_are_those_promised() -> None:
    assert versions() == ("1.30", "1.31", "1.32", "1.33", "1.34", "1.35", "1.36", "1.37")


@pytest.mark.parametrize("version", ["1.36", "v1.36", "1.36.2", "v1.36.2+k3s1"])
def test_ways_to_name_a_version(version: str) -> None:
    assert schema.schema(version).version == "1.36"


@pytest.mark.parametrize("version", ["1.29", "2.0", "latest", ""])
def test_a_version_without_schemas_is_refused_with_those_there_are(version: str) -> None:
    with pytest.raises(UnknownVersion, match=r"1\.36"):
        schema.schema(version)


@pytest.mark.parametrize(
    ("gvk", "first", "last"),
    [
        pytest.param(DEPLOYMENT, "1.30", "1.37", id="a Deployment is everywhere"),
        pytest.param(Gvk("resource.k8s.io", "v1", "DeviceClass"), "1.34", "1.37", id="a new kind"),
        pytest.param(
            Gvk("networking.k8s.io", "v1beta1", "IPAddress"), "1.31", "1.36", id="a removed kind"
        ),
    ],
)
def test_kinds_come_and_go_with_the_versions(gvk: Gvk, first: str, last: str) -> None:
    having = [version for version in versions() if gvk in schema.schema(version)]
    assert (having[0], having[-1]) == (first, last)


def test_the_group_counts_in_full() -> None:
    assert Gvk("apps.example.com", "v1", "Deployment") not in schema.schema("1.36")
    assert Gvk.of("apps/v1", "Deployment").api_version == "apps/v1"
    assert Gvk.of("v1", "Pod") == Gvk("", "v1", "Pod")


@pytest.mark.parametrize(
    ("path", "kind", "list_type", "map_keys", "merge_key", "go_type"),
    [
        pytest.param(("spec", "replicas"), "integer", None, (), None, "int32", id="an integer"),
        pytest.param(
            ("spec", "template", "spec", "containers"),
            "array", "map", ("name",), "name", "[]v1.Container", id="a list with a merge key",
        ),
        pytest.param(
            ("spec", "template", "spec", "containers", 0, "ports"),
            "array", "map", ("containerPort", "protocol"), "containerPort", "[]v1.ContainerPort",
            id="two list map keys and another merge key",
        ),
        pytest.param(
            ("metadata", "labels", "app"), "string", None, (), None, "string", id="a map's value"
        ),
        pytest.param(
            ("metadata", "finalizers"), "array", "set", (), None, "[]string", id="a set"
        ),
        pytest.param(
            ("spec", "template", "spec", "containers", 0, "resources", "limits", "cpu"),
            "quantity", None, (), None, "resource.Quantity", id="a quantity",
        ),
        pytest.param(
            ("spec", "strategy", "rollingUpdate", "maxSurge"),
            "int-or-string", None, (), None, "int32", id="a number or text",
        ),
        pytest.param(
            ("metadata", "creationTimestamp"), "time", None, (), None, "string", id="a time"
        ),
    ],
)  # fmt: skip
def test_what_a_schema_says_of_a_place(
    path: tuple[str | int, ...],
    kind: str,
    list_type: str | None,
    map_keys: tuple[str, ...],
    merge_key: str | None,
    go_type: str,
) -> None:
    node = schema.schema("1.36").node(DEPLOYMENT, path)
    assert node is not None
    said = (node.type, node.list_type, node.list_map_keys, node.patch_merge_key, node.go_type)
    assert said == (kind, list_type, map_keys, merge_key, go_type)


def test_a_place_that_does_not_exist_and_a_kind_that_does_not() -> None:
    known = schema.schema("1.36")
    assert known.node(DEPLOYMENT, ("spec", "replica")) is None
    assert known.node(DEPLOYMENT, ("spec", "replica", "deeper")) is None
    with pytest.raises(KeyError):
        known.node(Gvk("apps", "v1", "Nothing"))


@pytest.mark.parametrize("version", ["1.30", "1.36", "1.37"])
def test_every_bundle_is_complete_and_compiles(version: str) -> None:
    for gvk in schema.schema(version).kinds():
        bundle = schema_for(*gvk, kubernetes_version=version)
        assert bundle["$ref"].removeprefix("#/$defs/") in bundle["$defs"]
        assert "description" not in bundle["$defs"][bundle["$ref"].removeprefix("#/$defs/")]
    assert checker(DEPLOYMENT, version).is_valid({"kind": "Deployment", "apiVersion": "apps/v1"})


@pytest.mark.parametrize(
    ("spec", "fits"),
    [
        pytest.param({"replicas": 3}, True, id="a number"),
        pytest.param({"replicas": None}, True, id="null is the zero value"),
        pytest.param({"replicas": "3"}, False, id="text for a number"),
        pytest.param({"replicas": 3_000_000_000}, False, id="over 32 bits"),
        pytest.param({"replica": 3}, False, id="an unknown field"),
        pytest.param({"strategy": {"rollingUpdate": {"maxSurge": True}}}, False, id="a boolean"),
    ],
)
def test_the_quick_check(spec: dict[str, object], fits: bool) -> None:
    assert checker(DEPLOYMENT).is_valid({"spec": spec}) is fits
