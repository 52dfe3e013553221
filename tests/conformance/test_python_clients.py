"""The official Python client, kr8s and lightkube, unchanged, against a running cluster.

The tests themselves are in clients/python. Each file has a process of its own: what these clients
leave open, warn of or keep in threads is theirs.
"""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from .running import Simulator, kubeconfig

pytestmark = pytest.mark.cluster

SESSIONS = Path(__file__).parent / "clients" / "python"
FILES = {"official": "kubernetes", "with_kr8s": "kr8s", "with_lightkube": "lightkube"}
TESTS = [
    (path, name)
    for path in FILES
    for name in re.findall(r"^def test_(\w+)", (SESSIONS / f"{path}.py").read_text(), re.M)
]


@pytest.fixture(scope="module")
def said(
    request: pytest.FixtureRequest, server: Simulator, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """What pytest says of all tests of one file."""
    if importlib.util.find_spec(FILES[request.param]) is None:
        pytest.skip(f"{FILES[request.param]} is not here: tools/setup.sh clients adds it")
    folder = tmp_path_factory.mktemp(request.param)
    config = kubeconfig(folder / "config", server.port)
    alone = ("-c", os.devnull, f"--rootdir={folder}", "--noconftest", "-p", "no:cacheprovider")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-rA", *alone, SESSIONS / f"{request.param}.py"],
        cwd=folder, env={**os.environ, "KUBECONFIG": str(config)},
        timeout=180, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    ("said", "name"),
    TESTS,
    indirect=["said"],
    ids=[f"{f}: {n}".replace("_", " ") for f, n in TESTS],
)
def test_python(said: str, name: str) -> None:
    assert re.search(rf"^PASSED .*::test_{name}$", said, re.M), said
