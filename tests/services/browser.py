"""Pages of the built consoles in Chromium, by web/tests/open.mjs."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ecp.edge import bundle
from services.stack import Stack

OPEN = Path(__file__).resolve().parents[2] / "web/tests/open.mjs"
REASON = "no chromium, no node or no build (make web): the consoles were NOT opened"


def missing() -> bool:
    """Whether there is no browser here, nothing to drive it, or nothing to show."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    return found is None or shutil.which("node") is None or bundle.built("console") is None


def opened(folder: Path, plan: dict[str, Any]) -> dict[str, Any]:
    """Open the pages of a plan; return what open.mjs found."""
    file = folder / "plan.json"
    file.write_text(json.dumps(plan))
    command = ["node", str(OPEN), str(file)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=400, check=True)
    found: dict[str, Any] = json.loads(run.stdout)
    return found


@contextmanager
def shown(folder: Path) -> Iterator[Stack]:
    """Run both services with a tenant that has been up for a while, as the consoles show it."""
    found = Stack(folder)
    # The port of the API is that of the dashboard too.
    found.settings["ECP_SIMULATOR_DASHBOARD_PORT"] = str(found.ports["simulator"])
    found.start()
    assert found.cli("deploy", "acme").returncode == 0
    found.warp("20m")
    yield found
    found.stop()
