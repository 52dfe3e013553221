"""The TypeScript client keeps its word: what its check says compiles, what it forbids does not."""

import importlib.util
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "clients" / "typescript"


def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("clients_tool", ROOT / "tools" / "clients.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MADE = tool().present().get("typescript")


@pytest.mark.skipif(
    MADE is None,
    reason="no TypeScript here (node, npm, tools/clients.py --provision): NOT compiled",
)
def test_the_types_compile_and_refuse_what_no_service_takes(tmp_path: Path) -> None:
    assert MADE is not None
    # Modules are looked for beside the sources: a copy of links has both.
    for name in ("src", "tsconfig.json", "package.json"):
        (tmp_path / name).symlink_to(FOLDER / name)
    (tmp_path / "node_modules").symlink_to(MADE / "node_modules")
    # Every `@ts-expect-error` of src/check.ts has to be one.
    run = subprocess.run(
        [MADE / "node_modules/.bin/tsc", "-p", tmp_path, "--preserveSymlinks"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (run.returncode, run.stdout) == (0, "")
