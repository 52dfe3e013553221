"""How a real cluster is reached, as a kubeconfig says it; what cannot be says why."""

import base64
from pathlib import Path
from typing import Any

import pytest
import yaml

from ecp.orchestrator.adapters import kubeconfig
from ecp.orchestrator.ports import NoAccess

PEM = b"-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n"


def config(**user: Any) -> dict[str, Any]:
    cluster = {"server": "https://k.example:6443/", "certificate-authority": "ca.pem"}
    return {
        "current-context": "dev",
        "contexts": [
            {"name": "dev", "context": {"cluster": "c", "user": "u"}},
            {"name": "lost", "context": {"cluster": "none", "user": "u"}},
        ],
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": user}],
    }


def written(folder: Path, content: Any) -> str:
    (folder / "ca.pem").write_bytes(PEM)
    (folder / "token").write_text("from-a-file\n")
    path = folder / "config"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return str(path)


@pytest.mark.parametrize(
    ("user", "field", "value"),
    [
        pytest.param({"token": "abc"}, "token", "abc", id="a token"),
        pytest.param({"tokenFile": "token"}, "token", "from-a-file", id="one in a file beside it"),
        pytest.param({"username": "me", "password": "pw"}, "login", ("me", "pw"), id="a password"),
        pytest.param(
            {"client-certificate-data": base64.b64encode(PEM).decode()}, "certificate", PEM,
            id="a certificate",
        ),
    ],
)  # fmt: skip
def test_a_context(tmp_path: Path, user: dict[str, Any], field: str, value: Any) -> None:
    found = kubeconfig.of_kubeconfig(written(tmp_path, config(**user)), "")
    assert (found.name, found.server, found.ca) == ("dev", "https://k.example:6443", PEM)
    assert getattr(found, field) == value


@pytest.mark.parametrize(
    ("content", "context", "key"),
    [
        pytest.param(None, "", "target.no-kubeconfig", id="no such file"),
        pytest.param("a: [", "", "target.no-kubeconfig", id="no YAML"),
        pytest.param("[]", "", "target.no-kubeconfig", id="no mapping"),
        pytest.param(config(), "prod", "target.no-context", id="no such context"),
        pytest.param(config(), "lost", "target.no-server", id="no such cluster"),
        pytest.param(
            config(exec={"command": "aws"}), "", "target.runs-programs", id="a program to be run"
        ),
        pytest.param(config(tokenFile="none"), "", "target.no-file", id="no file of its token"),
        pytest.param(
            config(**{"client-key-data": "%"}), "", "target.bad-certificate", id="no base64"
        ),
    ],
)
def test_what_cannot_be_says_why(tmp_path: Path, content: Any, context: str, key: str) -> None:
    path = str(tmp_path / "none") if content is None else written(tmp_path, content)
    with pytest.raises(NoAccess) as caught:
        kubeconfig.of_kubeconfig(path, context)
    assert caught.value.key == key


def test_what_is_no_certificate_is_told_before_anybody_is_called(tmp_path: Path) -> None:
    found = kubeconfig.of_kubeconfig(written(tmp_path, config(token="t")), "")
    with pytest.raises(NoAccess) as caught:
        found.context()
    assert caught.value.key == "target.bad-certificate"


def test_a_url_is_confirmed_by_its_host() -> None:
    found = kubeconfig.of_url("https://k.example:6443/clusters/a", "t", "")
    assert (found.name, found.server) == ("k.example:6443", "https://k.example:6443/clusters/a")
