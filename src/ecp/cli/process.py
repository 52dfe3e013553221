"""`ecp up` and `ecp down`: start the services as processes, stop them cleanly.

The parent binds every port first and hands the sockets down: a busy port is found before anything
runs, and nobody can take one in between. A lock on the pid file says whether ECP is running.
"""

import contextlib
import fcntl
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from ecp.edge.services import SERVICES, Service, host

_START_WITHIN_S = 60.0
_STOP_WITHIN_S = 15.0
_MODULES = {"simulator": "ecp.simulator.app", "orchestrator": "ecp.orchestrator.app"}


class PortBusy(Exception):
    """A port is in use; `holder` says by whom, where that can be seen."""

    def __init__(self, service: Service, port: int, holder: str) -> None:
        super().__init__(port)
        self.service, self.port, self.holder = service, port, holder


class NotStarted(Exception):
    """A service ended or did not answer in time."""


class AlreadyRunning(Exception):
    """Another `ecp up` holds the data directory; `pid` is its process."""

    def __init__(self, pid: int) -> None:
        super().__init__(pid)
        self.pid = pid


def bind() -> dict[Service, socket.socket]:
    """Bind every port of the table. Raises PortBusy and leaves nothing bound."""
    bound: dict[Service, socket.socket] = {}
    try:
        for service in SERVICES:
            port = service.chosen_port()
            sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound[service] = sock
            try:
                sock.bind((host(), port))
                sock.listen(512)
            except OSError as error:
                raise PortBusy(service, port, holder(port)) from error
    except PortBusy:
        for sock in bound.values():
            sock.close()
        raise
    return bound


def holder(port: int) -> str:
    """Return " by NAME (pid N)" for the process listening on *port*, "" where it can't be seen."""
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == "0A" and int(fields[1].rsplit(":", 1)[1], 16) == port:
                    inodes.add(f"socket:[{fields[9]}]")
    for process in Path("/proc").glob("[0-9]*") if inodes else ():
        with contextlib.suppress(OSError):
            if any(os.readlink(fd) in inodes for fd in (process / "fd").iterdir()):
                name = (process / "comm").read_text().strip()
                return f": {name}, pid {process.name}"
    return ""


class Lock:
    """The pid file of a data directory, locked while `ecp up` runs."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "ecp.pid"
        self._file = self.path.open("a+")

    def take(self) -> None:
        """Hold the lock until this process ends. Raises AlreadyRunning."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise AlreadyRunning(self.pid()) from error
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()

    def pid(self) -> int:
        """Return the process that wrote the file last, 0 for none."""
        self._file.seek(0)
        content = self._file.read()
        return int(content) if re.fullmatch(r"\d+", content) else 0

    def held(self) -> bool:
        """Is another process holding the lock now?"""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
        fcntl.flock(self._file, fcntl.LOCK_UN)
        return False


def run(folder: Path, ready: Callable[[dict[Service, int]], None]) -> None:
    """Start everything, call *ready* with the ports, wait for a signal, stop everything.

    Raises AlreadyRunning, PortBusy, BadSetting or NotStarted; nothing is left running then.
    """
    lock = Lock(folder)
    lock.take()
    bound = bind()
    ports = {service: sock.getsockname()[1] for service, sock in bound.items()}
    stopping = False

    def stop(signum: int, frame: object) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    children = {name: _start(name, bound, folder) for name in _MODULES}
    try:
        for sock in bound.values():
            sock.close()
        for name, child in children.items():
            service = next(s for s in SERVICES if s.process == name)
            _await_health(name, child, ports[service], lambda: stopping)
        if not stopping:
            ready(ports)
        while not stopping:
            for name, child in children.items():
                if child.poll() is not None:
                    raise NotStarted(f"{name}: ended with code {child.returncode}")
            time.sleep(0.2)
    finally:
        _stop(list(children.values()))


def _start(name: str, bound: dict[Service, socket.socket], folder: Path) -> subprocess.Popen[bytes]:
    descriptors = [sock.fileno() for service, sock in bound.items() if service.process == name]
    environment = {
        **os.environ,
        "ECP_SOCKETS": ",".join(map(str, descriptors)),
        "ECP_DATA_DIR": str(folder),
    }
    # Its own session: a Ctrl-C reaches only this parent, which then stops the children in order.
    return subprocess.Popen(
        [sys.executable, "-m", _MODULES[name]],
        env=environment,
        pass_fds=descriptors,
        start_new_session=True,
    )


def _await_health(
    name: str, child: subprocess.Popen[bytes], port: int, given_up: Callable[[], bool]
) -> None:
    deadline = time.monotonic() + _START_WITHIN_S
    while not given_up():
        if child.poll() is not None:
            raise NotStarted(f"{name}: ended with code {child.returncode}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            if time.monotonic() > deadline:
                raise NotStarted(f"{name}: no answer on port {port}") from None
            time.sleep(0.05)


def _stop(children: list[subprocess.Popen[bytes]]) -> None:
    for child in reversed(children):
        if child.poll() is None:
            child.send_signal(signal.SIGTERM)
    for child in children:
        try:
            child.wait(_STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def stop_running(folder: Path) -> int:
    """Stop the `ecp up` of *folder*; return its pid, 0 when none runs.

    Returns once it has let go of the data directory.
    """
    lock = Lock(folder)
    if not lock.held():
        return 0
    pid = lock.pid()
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_WITHIN_S * 2
    while lock.held() and time.monotonic() < deadline:
        time.sleep(0.05)
    return pid
