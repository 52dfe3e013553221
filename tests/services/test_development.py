"""The guide's development commands (R165 to R168) as printed, but for the ports; `make dev`."""

import http.client
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

pytestmark = pytest.mark.cluster

ROOT = Path(__file__).resolve().parents[2]
WITHIN_S = 180
NEEDS_NODE = pytest.mark.skipif(
    shutil.which("node") is None or shutil.which("npm") is None,
    reason="no node and npm here: the guide's `npm start` was NOT tried",
)


def free_port() -> int:
    """Return a port nobody listens on, below those that outgoing connections take meanwhile."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@contextmanager
def command(folder: str, *words: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command in a folder of the repository until the block ends, and all it has started."""
    process = subprocess.Popen(
        words,
        cwd=ROOT / folder,
        env={**os.environ, "ECP_LANG": "en", **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def got(port: int, path: str, wanted: str = "") -> str:
    """Return what a port answers, once it answers so that *wanted* is in it."""
    deadline = time.monotonic() + WITHIN_S
    while True:
        said = ""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
                said = str(answer.read(), "utf-8")
                if wanted in said:
                    return said
        except (urllib.error.URLError, OSError, http.client.HTTPException) as error:
            said = str(error)
        assert time.monotonic() < deadline, (port, path, said[:300])
        time.sleep(0.1)


def refused(port: int) -> tuple[int, str]:
    """Return the error that a port answers, once it answers."""
    deadline = time.monotonic() + WITHIN_S
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            time.sleep(0.1)
        assert time.monotonic() < deadline


UVICORN = str(Path(sys.executable).with_name("uvicorn"))


@pytest.mark.parametrize(
    ("folder", "application", "service"),
    [
        pytest.param("backend", "app.main:app", "ecp-orchestrator", id="R165 the ECP backend"),
        pytest.param("k8s-simulator/backend", "main:app", "ecp-simulator", id="R167 the simulator"),
    ],
)
def test_uvicorn_serves_from_the_guides_folder(
    folder: str, application: str, service: str, tmp_path: Path
) -> None:
    port = free_port()
    words = (UVICORN, application, "--host", "0.0.0.0", "--port", str(port), "--reload")
    with command(folder, *words, ECP_DATA_DIR=str(tmp_path)):
        assert service in got(port, "/health", "healthy")
        assert "swagger" in got(port, "/docs").lower()


@pytest.mark.parametrize("folder", ["backend", "k8s-simulator/backend"])
def test_the_requirements_name_this_repository_alone(folder: str) -> None:
    line = (ROOT / folder / "requirements.txt").read_text().strip()
    option, path = line.split()
    assert option == "-e"
    assert (ROOT / folder / path).resolve() == ROOT


@NEEDS_NODE
@pytest.mark.parametrize(
    ("folder", "served_by", "target", "page"),
    [
        pytest.param(
            "frontend/developer-ui",
            "ecp.orchestrator.app:app",
            "ECP_BACKEND_URL",
            "<title>",
            id="R166 the ECP frontend",
        ),
        pytest.param(
            "k8s-simulator/frontend",
            "ecp.simulator.app:app",
            "K8S_SIMULATOR_URL",
            "ecp-simulator",
            id="R168 the simulator frontend",
        ),
    ],
)
def test_npm_start_shows_what_the_service_serves(
    folder: str, served_by: str, target: str, page: str, tmp_path: Path
) -> None:
    back, front = free_port(), free_port()
    url = f"http://127.0.0.1:{back}"
    npm = ("npm", "start", "--silent")
    environment = {target: url, "PORT": str(front), "npm_config_cache": str(tmp_path / "npm")}
    with command(folder, *npm, **environment):
        status, said = refused(front)
        assert (status, url in said) == (502, True), said
        words = (UVICORN, served_by, "--port", str(back))
        with command(".", *words, ECP_DATA_DIR=str(tmp_path / "data")):
            assert "healthy" in got(front, "/health", "healthy")
            assert page in got(front, "/", page)


@NEEDS_NODE
@pytest.mark.parametrize(
    ("folder", "port"), [("frontend/developer-ui", 3000), ("k8s-simulator/frontend", 6370)]
)
def test_c22_each_frontend_has_a_port_of_its_own(folder: str, port: int) -> None:
    assert f"|| {port})" in (ROOT / folder / "start.mjs").read_text()
    done = subprocess.run(
        ["npm", "install", "--offline", "--dry-run", "--no-audit", "--no-fund"],
        cwd=ROOT / folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


# -- make dev --------------------------------------------------------------------------------------


def test_c23_both_services_are_started_anew_when_a_file_changes(tmp_path: Path) -> None:
    """A copy of the package is changed; who asks meanwhile waits, and nobody is refused."""
    shutil.copytree(
        ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__", "*.pyc")
    )
    names = (
        "ECP_SIMULATOR_PORT", "ECP_SIMULATOR_FRONTEND_PORT", "ECP_SIMULATOR_MONITORING_PORT",
        "ECP_SIMULATOR_DASHBOARD_PORT", "ECP_BACKEND_PORT", "ECP_FRONTEND_PORT",
    )  # fmt: skip
    ports = {name: free_port() for name in names}
    environment = {name: str(port) for name, port in ports.items()}
    words = (sys.executable, "-m", "ecp.cli.main", "up", "--reload")
    with command(
        ".",
        *words,
        **environment,
        PYTHONPATH=str(tmp_path / "src"),
        ECP_DATA_DIR=str(tmp_path / "data"),
    ):
        for name in ("ECP_SIMULATOR_PORT", "ECP_BACKEND_PORT"):
            got(ports[name], "/health", "healthy")
        version = tmp_path / "src/ecp/__init__.py"
        said = version.read_text()
        assert "__version__" in said
        # The first look at the files comes after the first start, and nobody says when: what is
        # written before it is no change, so it is written again until it is seen.
        seen, written = threading.Event(), 0

        def ask() -> None:
            for name in ("ECP_SIMULATOR_PORT", "ECP_BACKEND_PORT"):
                got(ports[name], "/health", "9.9.9")
            seen.set()

        asker = threading.Thread(target=ask, daemon=True)
        asker.start()
        while asker.is_alive():
            written += 1
            version.write_text(said + '\n__version__ = "9.9.9"\n' + "#" * written)
            asker.join(20)
        assert seen.is_set()


def test_make_dev_starts_everything_with_reload() -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert "\ndev: setup" in makefile
    assert "@exec $(BIN)/ecp up --reload $(ARGS)" in makefile
