"""The JavaScript client of the npm registry, unchanged, against a running cluster.

The tests themselves are written in JavaScript, in clients/javascript, for Node's own runner.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from .running import Simulator, kubeconfig

SESSION = Path(__file__).parent / "clients" / "javascript" / "session.test.js"

pytestmark = [pytest.mark.cluster, pytest.mark.parametrize("client", ["javascript"], indirect=True)]

TESTS = (
    "the API is described",
    "a watch and an informer follow a Deployment",
    "every kind of patch",
    "objects of any kind are made, applied, refused and listed",
    "logs, leases and a refused exec",
)


@pytest.fixture(scope="module")
def said(client: Path, server: Simulator, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What Node's runner says of all tests, as TAP."""
    folder = tmp_path_factory.mktemp("javascript")
    # Modules are looked for beside the file that asks for them.
    (folder / "node_modules").symlink_to(client / "node_modules")
    (folder / "package.json").write_text('{"type": "module"}')
    session = shutil.copy(SESSION, folder)
    config = kubeconfig(folder / "config", server.port)
    node = shutil.which("node")
    assert node is not None
    done = subprocess.run(
        [node, "--test-reporter=tap", session],
        env={"KUBECONFIG": str(config), "PATH": os.environ["PATH"]},
        timeout=120, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout + done.stderr


@pytest.mark.parametrize("name", TESTS)
def test_javascript(said: str, name: str) -> None:
    assert f"\nok {TESTS.index(name) + 1} - {name}\n" in said, said


def test_every_test_is_named_here(said: str) -> None:
    assert f"\n# tests {len(TESTS)}\n" in said
