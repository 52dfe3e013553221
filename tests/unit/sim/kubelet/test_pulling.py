"""Images of private registries: pulled with the credentials that fit, refused without."""

import json
from base64 import b64encode
from typing import Any

import pytest

from ecp.kube import kinds

from .driver import Node

NOTE = "sim.ecp-ai.io/image-private"
IMAGE = "mirror.example:5000/ecp/app:1"
DENIED = (
    f'rpc error: code = Unknown desc = failed to pull and unpack image "{IMAGE}": failed to '
    f'resolve reference "{IMAGE}": pull access denied, repository does not exist or may require '
    "authorization: server message: insufficient_scope: authorization failed"
)


def secret(auths: Any, kind: str = "kubernetes.io/dockerconfigjson") -> dict[str, Any]:
    key = ".dockercfg" if kind.endswith("dockercfg") else ".dockerconfigjson"
    text = auths if isinstance(auths, str) else json.dumps(auths)
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": kind,
        "metadata": {"name": "pull", "namespace": "d", "uid": "s"},
        "data": {key: b64encode(text.encode()).decode()},
    }


AUTH = {"username": "robot", "password": "p", "auth": "cm9ib3Q6cA=="}


def began(node: Node, found: dict[str, Any] | None, private: bool = True) -> bool:
    if found is not None:
        node.put(kinds.SECRETS, found)
    notes = {NOTE: "true"} if private else {}
    node.pod("p", {"image": IMAGE}, annotations=notes, imagePullSecrets=[{"name": "pull"}])
    node.run(20)
    return node.ready()


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(secret({"auths": {"mirror.example:5000": AUTH}}), id="its host"),
        pytest.param(secret({"auths": {"https://mirror.example:5000/ecp": AUTH}}), id="and path"),
        pytest.param(secret({"auths": {"*.example:5000": AUTH}}), id="any host of a domain"),
        pytest.param(
            secret({"mirror.example:5000": AUTH}, "kubernetes.io/dockercfg"), id="the old form"
        ),
    ],
)
def test_credentials_that_fit_open_a_private_registry(node: Node, found: dict[str, Any]) -> None:
    assert began(node, found)
    assert not node.events("FailedToRetrieveImagePullSecret")


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(None, id="a Secret that is not there"),
        pytest.param(secret({"auths": {"other.example:5000": AUTH}}), id="of another host"),
        pytest.param(secret({"auths": {"mirror.example:5000/team": AUTH}}), id="another path"),
        pytest.param(secret({"auths": {"mirror.example:5000": {}}}), id="nothing in it"),
        pytest.param(secret("{"), id="no JSON"),
        pytest.param(secret("[]"), id="a list"),
        pytest.param(secret({"auths": []}), id="a list of addresses"),
    ],
)
def test_without_them_it_is_refused_in_the_runtimes_words(
    node: Node, found: dict[str, Any] | None
) -> None:
    assert not began(node, found)
    waiting = node.container()["state"]["waiting"]
    assert waiting["reason"] in ("ErrImagePull", "ImagePullBackOff")
    assert waiting["message"].endswith(DENIED)
    told = node.events("FailedToRetrieveImagePullSecret")
    words = "Unable to retrieve some image pull secrets (pull); attempting to pull the image may "
    assert told[:1] == ([f"{words}not succeed."] if found is None else [])


def test_once_they_are_there_it_is_pulled(node: Node) -> None:
    assert not began(node, None)
    node.put(kinds.SECRETS, secret({"auths": {"mirror.example:5000": AUTH}}))
    node.run(120)
    assert node.ready()


def test_a_public_image_comes_without_credentials(node: Node) -> None:
    assert began(node, None, private=False)
    assert node.events("FailedToRetrieveImagePullSecret")
