"""Where tools/clients.py keeps what it made, and what it says when it cannot."""

import importlib.util
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

TOOL = Path(__file__).resolve().parents[3] / "tools" / "clients.py"


@pytest.fixture
def tool(tmp_path: Path) -> ModuleType:
    """The tool with one client, made of one file, below a folder of its own."""
    spec = importlib.util.spec_from_file_location("clients_tool", TOOL)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.SOURCES, module.CACHE = tmp_path / "sources", tmp_path / "cache"
    module.SOURCES.mkdir()
    (module.SOURCES / "lock").write_text("1")
    module.CLIENTS.clear()
    module.CLIENTS["one"] = module.Client(("lock",), lambda place: place.write_text("made"))
    return module


def test_a_client_is_made_once_and_anew_when_its_lock_changes(tool: ModuleType) -> None:
    first = tool.provision("one")
    first.write_text("kept")
    assert tool.provision("one") == first
    assert tool.present() == {"one": first}
    assert first.read_text() == "kept"
    (tool.SOURCES / "lock").write_text("2")
    assert tool.present() == {}
    second = tool.provision("one")
    assert second != first
    assert [path.name for path in tool.CACHE.iterdir()] == [second.name]


def fail(place: Path) -> None:
    place.mkdir()
    (place / "half").touch()
    raise subprocess.TimeoutExpired("make", 1)


def test_what_fails_leaves_nothing_and_is_said(
    tool: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    tool.CLIENTS["one"] = tool.Client(("lock",), fail)
    tool.provision_all()
    assert "going on without one: " in capsys.readouterr().err
    assert list(tool.CACHE.iterdir()) == []


def test_a_program_that_is_missing_is_named(tool: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(tool.Unavailable, match="no-such-program is not on the PATH"):
        tool._run(["no-such-program"], tmp_path)
