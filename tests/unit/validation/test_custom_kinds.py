"""What the CRDs of an input bring, also those whose schema is not one."""

from __future__ import annotations

from typing import Any

import pytest

from ecp.kube.schema import Gvk
from ecp.kube.structural import ill_typed
from ecp.validation.customkinds import CustomKinds

_WIDGET = Gvk("example.com", "v1", "Widget")


def _definition(schema: Any) -> dict[str, Any]:
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"plural": "widgets", "kind": "Widget"},
            "versions": [version],
        },
    }


def test_the_kinds_brought_are_known_without_naming_a_schema() -> None:
    assert list(CustomKinds([_definition({"type": "object"})]).brought) == [_WIDGET]


@pytest.mark.parametrize(
    ("schema", "where"),
    [
        pytest.param({"type": "object"}, None, id="a sound schema has no such place"),
        pytest.param({"type": 3}, ("type",), id="a type is a text"),
        pytest.param({"maxLength": True}, ("maxLength",), id="a flag is no count"),
        pytest.param(
            {"properties": {"a": {"required": "b"}}},
            ("properties", "a", "required"),
            id="a schema inside is looked into",
        ),
    ],
)
def test_a_schema_with_a_wrong_type_is_found(
    schema: dict[str, Any], where: tuple[str, ...] | None
) -> None:
    assert ill_typed(schema) == where
