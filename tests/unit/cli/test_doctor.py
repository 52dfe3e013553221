"""What `ecp doctor` finds, on machines made for the purpose."""

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ecp.cli import doctor
from ecp.cli.doctor import Check, Holder, Port, Text
from ecp.cli.installation import programs

SOME = Text("무엇", "something")


@pytest.fixture
def listening() -> Iterator[int]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(1)
        yield server.getsockname()[1]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


def program(folder: Path, text: str) -> str:
    file = folder / "kubectl"
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return str(file)


def version_answer(version: str) -> str:
    return f"""echo '{{"clientVersion": {{"gitVersion": "{version}"}}}}'"""


def test_every_check_says_both_languages_and_a_remedy_when_it_is_not_ok(tmp_path: Path) -> None:
    checks = doctor.diagnose(data_dir=tmp_path, environ={"PATH": str(tmp_path)})
    assert [check.name for check in checks] == [
        "python",
        *(f"port {port.number}" for port in doctor.PORTS),
        "data",
        "disk",
        "kubectl",
        "files",
    ]
    for check in checks:
        assert all(check.detail), check
        assert check.ok or all(check.remedy), check


def test_the_full_profile_asks_for_its_programs_and_ports_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = {"nginx": "/usr/sbin/nginx", "web": "/usr/sbin/nginx"}
    monkeypatch.setattr(programs, "found", where.get)
    checks = doctor.diagnose(data_dir=tmp_path, environ={"PATH": str(tmp_path)}, full=True)
    by_name = {check.name: check for check in checks}
    assert {name: by_name[name].ok for name in by_name if name.startswith("program ")} == {
        "program nginx": True,
        "program redis-server": False,
        "program postgres": False,
        "program prometheus": False,
    }
    assert by_name["program redis-server"].remedy.en == "install redis-server"
    assert {"port 5433", "port 6351", "port 9090"} <= set(by_name)
    assert (by_name["port 80"].needed, by_name["port 9090"].needed) == (False, True)
    assert all(all(check.remedy) for check in checks if not check.ok)


def test_a_free_port_is_ok() -> None:
    assert doctor.check_port(Port(free_port(), "ECP_X_PORT", SOME), {}).ok


@pytest.mark.skipif(sys.platform != "linux", reason="only /proc says who listens")
def test_a_held_port_names_its_holder_and_the_setting(listening: int) -> None:
    check = doctor.check_port(Port(listening, "ECP_X_PORT", SOME), {})
    assert not check.ok
    assert f"pid {os.getpid()}" in check.detail.en
    assert "ECP_X_PORT" in check.remedy.en


def test_the_setting_moves_what_is_checked(listening: int) -> None:
    port = Port(listening, "ECP_X_PORT", SOME)
    moved = free_port()
    check = doctor.check_port(port, {"ECP_X_PORT": str(moved)})
    assert (check.name, check.ok) == (f"port {moved}", True)


@pytest.mark.parametrize("value", ["http", "0", "65536", "-1", "²"])
def test_a_setting_that_is_no_port_is_said(value: str) -> None:
    check = doctor.check_port(Port(6360, "ECP_X_PORT", SOME), {"ECP_X_PORT": value})
    assert not check.ok
    assert f"ECP_X_PORT={value}" in check.detail.en


@pytest.mark.parametrize(
    ("command", "ours"),
    [
        pytest.param("/srv/ecp/.venv/bin/python .venv/bin/ecp up", True, id="the command"),
        pytest.param("python -m ecp.simulator.app", True, id="the module"),
        pytest.param("uvicorn ecp.simulator.app:app --port 6360", True, id="under uvicorn"),
        pytest.param("python recept.py", False, id="another name that ends alike"),
        pytest.param("nginx: master process", False, id="a stranger"),
    ],
)
def test_our_own_services_are_known(command: str, ours: bool) -> None:
    assert Holder(1, command).is_ecp is ours


def test_a_proc_that_says_nothing_gives_no_holder(tmp_path: Path) -> None:
    assert doctor.port_holder(6360, proc=tmp_path) is None


@pytest.mark.parametrize(
    ("make", "ok"),
    [
        pytest.param(lambda folder: folder, True, id="a folder that is there"),
        pytest.param(lambda folder: folder / "a" / "b", True, id="one that can be made"),
        pytest.param(lambda folder: _file(folder) / "b", False, id="below a file"),
    ],
)
def test_data_dir(make, ok: bool, tmp_path: Path) -> None:
    path = make(tmp_path)
    assert doctor.check_data_dir(path).ok is ok
    assert not (tmp_path / "a").exists(), "a check creates nothing"


def _file(folder: Path) -> Path:
    file = folder / "file"
    file.write_text("x")
    return file


@pytest.mark.parametrize(
    ("script", "ok"),
    [
        pytest.param(version_answer("v1.36.2"), True, id="new"),
        pytest.param(version_answer("v1.32.4-eks"), True, id="a vendor's build"),
        pytest.param(version_answer("v1.9.0"), False, id="old, though 9 > 3 as text"),
        pytest.param("exit 1", False, id="failing"),
        pytest.param("echo hello", False, id="not a kubectl"),
    ],
)
def test_kubectl(script: str, ok: bool, tmp_path: Path) -> None:
    check = doctor.check_kubectl(program(tmp_path, script))
    assert check.ok is ok
    assert not check.needed


def test_a_missing_kubectl_is_no_hindrance() -> None:
    check = doctor.check_kubectl(None)
    assert (check.ok, check.needed) == (False, False)


@pytest.mark.parametrize(
    ("version", "ok"), [((3, 10, 9), False), ((3, 11, 0), True), ((4, 0, 0), True)]
)
def test_python(version: tuple[int, ...], ok: bool) -> None:
    assert doctor.check_python(version).ok is ok


def test_little_room_is_said(tmp_path: Path) -> None:
    assert not doctor.check_disk(tmp_path, lambda _: 1 << 20).ok
    assert doctor.check_disk(tmp_path, lambda _: 1 << 40).ok


def test_an_empty_data_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "sound.yaml").write_text("x: 1\n")
    assert doctor.check_engine_files(tmp_path).ok
    (tmp_path / "room").mkdir()
    (tmp_path / "room" / "torn.json").touch()
    check = doctor.check_engine_files(tmp_path)
    assert not check.ok
    assert "torn.json" in check.detail.en


def test_a_program_without_data_files_is_not_whole(tmp_path: Path) -> None:
    assert not doctor.check_engine_files(tmp_path).ok


def test_where_the_data_is_kept() -> None:
    assert doctor.default_data_dir({"ECP_DATA_DIR": "/d"}) == Path("/d")
    assert doctor.default_data_dir({"XDG_DATA_HOME": "/x"}) == Path("/x/ecp")
    assert doctor.default_data_dir({}) == Path.home() / ".local" / "share" / "ecp"


def test_the_engine_files_of_this_program_are_whole() -> None:
    check: Check = doctor.check_engine_files()
    assert check.ok, check.detail.en
