"""Where tools/kubectl.py looks for a mirror, and how it reads versions."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

TOOL = Path(__file__).resolve().parents[3] / "tools" / "kubectl.py"


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("kubectl_tool", TOOL)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


tool = load()

DEB822 = """\
# a comment
Types: deb deb-src
URIs: http://mirror.example/debian
# a comment inside
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/k.gpg

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: sid

Types: deb
URIs: http://vendor.example/apt
Suites: stable
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc
"""
ONE_LINE = """\
# deb http://off.example/debian sid main
deb-src http://mirror.example/debian bookworm main
deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian bookworm main contrib
deb http://mirror.example/debian-security bookworm-security main
"""


def test_stanzas_are_read() -> None:
    assert [tuple(source) for source in tool.parse_deb822(DEB822)] == [
        (
            "http://mirror.example/debian",
            ("bookworm", "bookworm-updates"),
            "/usr/share/keyrings/k.gpg",
        ),
        ("http://vendor.example/apt", ("stable",), ""),
    ]


def test_lines_are_read() -> None:
    assert [tuple(source) for source in tool.parse_one_line(ONE_LINE)] == [
        ("http://mirror.example/debian", ("bookworm",), "/k.gpg"),
        ("http://mirror.example/debian-security", ("bookworm-security",), ""),
    ]


def test_both_forms_are_found_below_etc(tmp_path: Path) -> None:
    (tmp_path / "sources.list").write_text(ONE_LINE)
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list.d" / "debian.sources").write_text(DEB822)
    (tmp_path / "sources.list.d" / "x.list.disabled").write_text(ONE_LINE)
    assert len(tool.archives(tmp_path)) == 4


@pytest.mark.parametrize(
    ("uri", "suites", "taken"),
    [
        pytest.param("http://m.example/debian", ("trixie",), True, id="a mirror"),
        pytest.param("http://m.example/debian/", ("trixie", "trixie-updates"), True, id="slash"),
        pytest.param(
            "http://s.example/archive/debian/20260101T000000Z", ("trixie",), True, id="pinned"
        ),
        pytest.param("http://m.example/debian-security", ("t-security",), False, id="security"),
        pytest.param(
            "http://m.example/debian", ("trixie-backports",), False, id="side suites only"
        ),
        pytest.param("http://vendor.example/apt", ("stable",), False, id="a vendor"),
        pytest.param("http://m.example/ubuntu", ("noble",), False, id="another distribution"),
    ],
)
def test_which_archive_carries_whole_suites(uri: str, suites: tuple[str, ...], taken: bool) -> None:
    sources = [tool.Source(uri, suites, "")]
    if taken:
        assert tool.debian_mirror(sources).uri == uri
    else:
        with pytest.raises(tool.Unavailable):
            tool.debian_mirror(sources)


@pytest.mark.parametrize(
    ("text", "version"),
    [("v1.32.4-eks", (1, 32)), ("1.36.4+ds-1", (1, 36)), ("1.9", (1, 9))],
)
def test_versions(text: str, version: tuple[int, int]) -> None:
    assert tool.parse_minor(text) == version


def test_what_is_no_version_is_refused() -> None:
    with pytest.raises(ValueError, match="not a Kubernetes version"):
        tool.parse_minor("latest")


def test_the_path_wins_over_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = """echo '{"clientVersion": {"gitVersion": "%s"}}'"""
    cached = tmp_path / "cache" / "1.36.4" / "usr" / "bin" / "kubectl"
    on_path = tmp_path / "bin" / "kubectl"
    for file, version in ((cached, "v1.36.4"), (on_path, "v1.36.9")):
        file.parent.mkdir(parents=True)
        file.write_text("#!/bin/sh\n" + answer % version)
        file.chmod(0o755)
    monkeypatch.setattr(tool, "CACHE", tmp_path / "cache")
    monkeypatch.setenv("PATH", f"{on_path.parent}")
    assert tool.present() == {(1, 36): on_path}
    on_path.write_text("#!/bin/sh\n" + answer % "v1.31.0")
    assert tool.present() == {(1, 36): cached}, "too old a kubectl is passed over"
