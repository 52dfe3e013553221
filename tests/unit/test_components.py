"""The consoles' own tests, of components and of what is pure: vitest runs them."""

import shutil
import subprocess
from pathlib import Path

import pytest

WEB = Path(__file__).resolve().parents[2] / "web"


@pytest.mark.skipif(
    shutil.which("node") is None or not (WEB / "node_modules/.bin/vitest").exists(),
    reason="no node, or no packages (make web): the components were NOT tested",
)
def test_components() -> None:
    run = subprocess.run(
        ["node", "node_modules/.bin/vitest", "run"],
        cwd=WEB,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
