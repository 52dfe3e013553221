"""What is shown of objects: their secrets are not, although it is told that they are there."""

from typing import Any

import pytest

from ecp.kube.hiding import without_secrets


def pod(**variable: Any) -> dict[str, Any]:
    return {"kind": "Pod", "spec": {"containers": [{"name": "a", "env": [variable]}]}}


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"kind": "Secret", "data": {"k": "aA=="}}, {"kind": "Secret", "data": {"k": "***"}}),
        (
            {"kind": "Secret", "type": "Opaque", "stringData": {"k": "v", "gone": None}},
            {"kind": "Secret", "type": "Opaque", "stringData": {"k": "***", "gone": None}},
        ),
        ({"kind": "ConfigMap", "data": {"k": "v"}}, {"kind": "ConfigMap", "data": {"k": "v"}}),
        (pod(name="DB_PASSWORD", value="x"), pod(name="DB_PASSWORD", value="***")),
        (pod(name="openai-api_key", value="x"), pod(name="openai-api_key", value="***")),
        (pod(name="API_TOKEN", valueFrom={}), pod(name="API_TOKEN", valueFrom={})),
        (pod(name="LOG_LEVEL", value="x"), pod(name="LOG_LEVEL", value="x")),
        ([{"kind": "Secret", "data": {"k": "aA=="}}], [{"kind": "Secret", "data": {"k": "***"}}]),
    ],
    ids=[
        "data of a Secret",
        "what is not there is not there",
        "a ConfigMap is for all to read",
        "a variable that tells a secret",
        "however it is spelled",
        "one that says where its secret is",
        "any other variable",
        "objects of a list",
    ],
)
def test_what_is_shown(given: Any, shown: Any) -> None:
    assert without_secrets(given) == shown
