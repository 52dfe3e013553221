"""The official Python client, kr8s and lightkube, unchanged, against a running cluster.

The tests themselves are in clients/python. Each file has a process of its own: what these clients
leave open, warn of or keep in threads is theirs.
"""

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Callable
from functools import cache
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


Session = Callable[[str], str]


@pytest.fixture(scope="module")
def session(server: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Session:
    """What pytest says of all tests of one file, which run once."""

    @cache
    def run(name: str) -> str:
        folder = tmp_path_factory.mktemp(name)
        config = kubeconfig(folder / "config", server.port)
        alone = ("-c", os.devnull, f"--rootdir={folder}", "--noconftest", "-p", "no:cacheprovider")
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-rA", *alone, SESSIONS / f"{name}.py"],
            cwd=folder, env={**os.environ, "KUBECONFIG": str(config)},
            timeout=180, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.stdout + done.stderr

    return run


@pytest.mark.parametrize(
    ("file", "name"), TESTS, ids=[f"{file}: {name}".replace("_", " ") for file, name in TESTS]
)
def test_python(session: Session, file: str, name: str) -> None:
    if importlib.util.find_spec(FILES[file]) is None:
        pytest.skip(f"{FILES[file]} is not here: tools/setup.sh clients adds it")
    said = session(file)
    assert re.search(rf"^PASSED .*::test_{name}$", said, re.M), said
