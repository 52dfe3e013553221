"""A simulator process and a kubectl that talks to it, each test in a namespace of its own."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]
_PATH = os.environ["PATH"].split(":")
SERVER = """
import pathlib, sys, uvicorn
from ecp.simulator.app import create_app
uvicorn.run(create_app(pathlib.Path(sys.argv[2])), port=int(sys.argv[1]), log_level="warning",
            ws="websockets-sansio", ws_per_message_deflate=False, timeout_graceful_shutdown=1)
"""


class Ran(NamedTuple):
    """What a command printed."""

    code: int
    out: str
    err: str


class Simulator(NamedTuple):
    """Where it listens."""

    port: int

    def clock(self, **action: Any) -> None:
        """Post a clock action for the default cluster."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/v1/clusters/default/clock",
            json.dumps(action).encode(),
            {"content-type": "application/json"},
        )
        urllib.request.urlopen(request, timeout=60).close()

    def get(self, path: str) -> Any:
        """Return what the default cluster answers, None for what is not there."""
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self.port}/clusters/default{path}", timeout=60
            ) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refused:
            if refused.code == 404:
                return None
            raise


def free_port() -> int:
    """Return a free port above those that the recordings' masks take for node ports."""
    while True:
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            port = int(found.getsockname()[1])
        if port > 33_000:
            return port


@contextmanager
def simulator(folder: Path) -> Iterator[Simulator]:
    """Run a simulator with an empty `default` cluster until the block ends."""
    port = free_port()
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-c", SERVER, str(port), str(folder)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        url = f"http://127.0.0.1:{port}/clusters/default/readyz"
        for _ in range(600):
            try:
                urllib.request.urlopen(url, timeout=1).close()
                break
            except OSError:
                if process.poll() is not None:
                    break
                time.sleep(0.1)
        else:
            raise RuntimeError((folder / "log").read_text())
        if process.poll() is not None:
            raise RuntimeError((folder / "log").read_text())
        yield Simulator(port)
    finally:
        process.terminate()
        process.wait(timeout=60)


@cache
def programs() -> dict[str, str]:
    """Return the kubectls that are here by version: {"1.32": path, "1.36": path}."""
    found = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "kubectl.py"), "--print-json"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return dict(json.loads(found.stdout)) if found.returncode == 0 else {}


@cache
def clients() -> dict[str, str]:
    """Return the clients that are no Python packages and are here, by name, with their paths."""
    found = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "clients.py"), "--print-json"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return dict(json.loads(found.stdout))


def kubeconfig(path: Path, port: int, namespace: str = "default", served: str = "default") -> Path:
    """Write the kubeconfig of the cluster on *port*, as `ecp kubeconfig` prints it."""
    cluster = {
        "server": f"http://127.0.0.1:{port}/clusters/{served}",
        "insecure-skip-tls-verify": True,
    }
    context = {"cluster": "sim", "user": "admin", "namespace": namespace}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "sim", "cluster": cluster}],
        "users": [{"name": "admin", "user": {"token": "admin"}}],
        "contexts": [{"name": "sim", "context": context}],
        "current-context": "sim",
    }
    path.write_text(json.dumps(config))
    return path


class Kubectl:
    """One version of kubectl with its own home, working directory and namespace."""

    def __init__(self, program: str, folder: Path, port: int, cluster: str = "default") -> None:
        self.folder = folder
        self.home = folder / "home"
        self.cwd = folder / "cwd"
        self.bin = folder / "bin"
        for one in (self.home, self.cwd, self.bin):
            one.mkdir(parents=True, exist_ok=True)
        link = self.bin / "kubectl"
        if not link.exists():
            link.symlink_to(program)
        self.server = f"http://127.0.0.1:{port}/clusters/{cluster}"
        self._served = port, cluster
        self.config = kubeconfig(folder / "config", port, served=cluster)
        self.discovered: Path | None = None
        """Where discovery is kept; else at home, which makes a test's first command dear."""

    def move_to(self, namespace: str) -> None:
        """Make a namespace and stay there, once its ServiceAccount is there.

        Over HTTP: four commands fewer for each test that needs no more than an empty place.
        """
        spaces = f"{self.server}/api/v1/namespaces"
        body = json.dumps({"metadata": {"name": namespace}}).encode()
        made = urllib.request.Request(spaces, body, {"content-type": "application/json"})
        urllib.request.urlopen(made, timeout=60).close()
        account = f"{spaces}/{namespace}/serviceaccounts/default"
        deadline = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(account, timeout=60).close()
                break
            except urllib.error.HTTPError as refused:
                refused.close()
                if refused.code != 404 or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
        port, cluster = self._served
        kubeconfig(self.config, port, namespace, cluster)

    def shell(self, command: str, timeout: float = 120) -> Ran:
        """Run a shell command with this kubectl first on the path."""
        environment = {
            "PATH": ":".join([str(self.bin), *filter(os.path.isdir, _PATH)]),
            "HOME": str(self.home),
            "KUBECONFIG": str(self.config),
            "TMPDIR": str(self.folder),
            **({} if self.discovered is None else {"KUBECACHEDIR": str(self.discovered)}),
        }
        bash = shutil.which("bash") or "sh"
        try:
            done = subprocess.run(
                [bash, "-c", command], cwd=self.cwd, env=environment, timeout=timeout,
                stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return Ran(124, "", f"{command}: no end within {timeout} s")
        return Ran(done.returncode, done.stdout, done.stderr)

    def __call__(self, arguments: str, timeout: float = 120) -> Ran:
        return self.shell(f"kubectl {arguments}", timeout)

    def ok(self, arguments: str, timeout: float = 120) -> str:
        """Run kubectl and return what it printed; AssertionError when it fails."""
        ran = self(arguments, timeout)
        assert ran.code == 0, f"kubectl {arguments}: {ran.err or ran.out}"
        return ran.out

    def write(self, name: str, text: str) -> None:
        path = self.cwd / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def settle(self, command: str, pattern: str, seconds: float = 120) -> bool:
        """Repeat a command until its output matches."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            ran = self.shell(command)
            if re.search(pattern, ran.out + ran.err, re.S):
                return True
            time.sleep(0.4)
        return False
