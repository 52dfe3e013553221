"""What `-f` takes: files, folders, patterns, standard input, and what programs render."""

from pathlib import Path

import pytest

from ecp.cli.files import sources
from ecp.cli.output import Failure

TEXT = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("b.yaml", "a.yml", "c.json", "d.txt", "deep/e.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(TEXT)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def program(folder: Path, name: str, script: str) -> None:
    file = folder / "bin" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


@pytest.mark.parametrize(
    ("path", "names"),
    [
        pytest.param("b.yaml", ["b.yaml"], id="a file"),
        pytest.param(".", ["./a.yml", "./b.yaml", "./c.json"], id="a folder, sorted"),
        pytest.param("*.y*ml", ["a.yml", "b.yaml"], id="a pattern"),
        pytest.param("**/*.yaml", ["b.yaml", "deep/e.yaml"], id="a pattern over folders"),
        pytest.param("[d].txt", ["d.txt"], id="a pattern takes what it names"),
    ],
)
def test_paths(folder: Path, path: str, names: list[str]) -> None:
    assert [source.name for source in sources([path])] == names
    assert {source.text for source in sources([path])} == {TEXT}


@pytest.mark.usefixtures("folder")
def test_a_name_with_the_letters_of_a_pattern_is_a_name_first() -> None:
    Path("x[1].yaml").write_bytes(TEXT)
    assert [source.name for source in sources(["x[1].yaml"])] == ["x[1].yaml"]


@pytest.mark.parametrize(
    ("path", "code", "said"),
    [
        pytest.param("", 2, "empty", id="no name"),
        pytest.param("nope.yaml", 1, "cannot be read", id="no file"),
        pytest.param("nope/*.yaml", 2, "No file matches", id="a pattern without a match"),
        pytest.param("bare", 2, "no manifest", id="a folder without manifests"),
        pytest.param("kustomized", 1, "kustomize, kubectl", id="no program for a kustomization"),
        pytest.param("chart", 1, "helm", id="no program for a chart"),
    ],
)
def test_what_cannot_be_taken_is_said(
    folder: Path, monkeypatch: pytest.MonkeyPatch, path: str, code: int, said: str
) -> None:
    monkeypatch.setenv("PATH", str(folder / "bin"))
    for name in ("bare/x.txt", "kustomized/kustomization.yaml", "chart/Chart.yaml"):
        (folder / name).parent.mkdir()
        (folder / name).write_text("")
    with pytest.raises(Failure) as raised:
        sources([path])
    assert raised.value.exit_code == code
    assert said in raised.value.spoken("en")


@pytest.mark.parametrize(
    ("file", "name", "arguments"),
    [
        ("kustomization.yaml", "kustomize", "build ./-app"),
        ("Kustomization", "kubectl", "kustomize ./-app"),
        ("Chart.yaml", "helm", "template ./-app"),
    ],
)
def test_a_program_renders_a_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch, file: str, name: str, arguments: str
) -> None:
    monkeypatch.setenv("PATH", str(folder / "bin"))
    app = folder / "-app"
    app.mkdir()
    (app / file).write_text("")
    program(folder, name, 'echo "# $*"')
    (source,) = sources(["-app"])
    assert (source.name, source.text) == ("-app", f"# {arguments}\n".encode())
    program(folder, name, "echo no such base >&2; exit 3")
    with pytest.raises(Failure) as raised:
        sources(["-app"])
    assert "no such base" in raised.value.spoken("en")
    assert name in raised.value.spoken("en")
