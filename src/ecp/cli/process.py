"""`ecp up` and `ecp down`: start the services as processes, stop them cleanly.

The parent binds every port first and hands the sockets down: a busy port is found before anything
runs, and nobody can take one in between. A lock on the pid file says whether ECP is running: parent
and services hold it together, so it is free when the last of them is gone. The services also hold
the end of a pipe from the parent and stop when it closes, even after a `kill -9`.
"""

import contextlib
import errno
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
from collections.abc import Callable, Mapping
from pathlib import Path

from ecp.edge.services import (
    SERVICES,
    BadSetting,
    Service,
    check_settings,
    chosen_ports,
    host,
    local_url,
)

_START_WITHIN_S = 60.0
_STOP_WITHIN_S = 15.0
# Services whose parent was killed stop by themselves; so long a new start waits for them.
_ORPHANS_WITHIN_S = 20.0
_LOOK_EVERY_S = 0.5
_PACKAGE = Path(__file__).resolve().parents[1]
_WATCHED = (".py", ".yaml", ".json", ".html", ".js")
_MODULES = {"simulator": "ecp.simulator.app", "orchestrator": "ecp.orchestrator.app"}


class PortBusy(Exception):
    """A port is in use; `holder` says by whom, where that can be seen."""

    def __init__(self, service: Service, port: int, holder: str) -> None:
        super().__init__(port)
        self.service, self.port, self.holder = service, port, holder


class NotStarted(Exception):
    """A service ended or did not answer in time."""


class NotStopped(Exception):
    """It was told to stop and has not in time; `args[0]` is its process."""


class AlreadyRunning(Exception):
    """Another `ecp up` holds the data directory; `pid` is its process."""

    def __init__(self, pid: int) -> None:
        super().__init__(pid)
        self.pid = pid


def bind() -> dict[Service, socket.socket]:
    """Bind every port of the table. Raises PortBusy or BadSetting and leaves nothing bound."""
    bound: dict[Service, socket.socket] = {}
    try:
        for service, port in chosen_ports().items():
            bound[service] = listener(service, port)
    except (PortBusy, BadSetting):
        for sock in bound.values():
            sock.close()
        raise
    return bound


def listener(service: Service, port: int) -> socket.socket:
    """Return a socket that listens for *service*. Raises PortBusy or BadSetting."""
    address = host()
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((address, port))
        sock.listen(512)
    except OSError as error:
        sock.close()
        if error.errno == errno.EADDRINUSE:
            raise PortBusy(service, port, holder(port)) from error
        if error.errno in (errno.EACCES, errno.EPERM):
            raise BadSetting(service.setting, str(port), "setting.port-forbidden") from error
        raise BadSetting("ECP_HOST", address, "setting.host") from error
    return sock


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

    def fileno(self) -> int:
        """Return the descriptor that a child inherits to hold the lock as well."""
        return self._file.fileno()

    def take(self) -> None:
        """Hold the lock until this process and those that inherit it end.

        Services whose parent is dead are on their way out; they are waited for. Raises
        AlreadyRunning.
        """
        deadline = time.monotonic() + _ORPHANS_WITHIN_S
        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as error:
                pid = self.pid()
                if _lives(pid) or time.monotonic() > deadline:
                    raise AlreadyRunning(pid) from error
                time.sleep(0.05)
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()

    def pid(self) -> int:
        """Return the process that wrote the file last, 0 for none."""
        self._file.seek(0)
        content = self._file.read()
        return int(content) if re.fullmatch(r"\d+", content) else 0

    def close(self) -> None:
        """Let go of the file, and of the lock where it was taken."""
        self._file.close()

    def held(self) -> bool:
        """Is another process holding the lock now?"""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
        fcntl.flock(self._file, fcntl.LOCK_UN)
        return False


def _lives(pid: int) -> bool:
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return False


def run(folder: Path, ready: Callable[[dict[Service, int]], None], *, reload: bool = False) -> None:
    """Start everything, call *ready* with the ports, wait for a signal, stop everything.

    With *reload* both services are started anew whenever a source file changes; the sockets stay
    bound, so who asks meanwhile waits and is answered.

    Raises AlreadyRunning, PortBusy, BadSetting or NotStarted; nothing is left running then.
    """
    check_settings()  # the services read them; who starts them hears what is wrong
    lock = Lock(folder)
    lock.take()
    bound = bind()
    ports = {service: sock.getsockname()[1] for service, sock in bound.items()}
    stopping = False

    def stop(signum: int, frame: object) -> None:
        nonlocal stopping
        stopping = True

    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, stop)
    children: dict[str, subprocess.Popen[bytes]] = {}
    lifeline, held = os.pipe()
    try:
        for name in _MODULES:
            children[name] = _start(name, bound, folder, (lifeline, lock.fileno()))
        if not reload:
            os.close(lifeline)
            for sock in bound.values():
                sock.close()
        seen = _sources() if reload else 0
        for name, child in children.items():
            service = next(s for s in SERVICES if s.process == name)
            _await_health(name, child, ports[service], lambda: stopping)
        if not stopping:
            ready(ports)
        while not stopping:
            if not reload:
                _require_alive(children)
            elif (now := _sources()) != seen:
                seen = now
                _stop(list(children.values()))
                for name in _MODULES:
                    children[name] = _start(name, bound, folder, (lifeline, lock.fileno()))
            time.sleep(_LOOK_EVERY_S if reload else 0.1)
    finally:
        _stop(list(children.values()))
        os.close(held)


def _require_alive(children: Mapping[str, subprocess.Popen[bytes]]) -> None:
    for name, child in children.items():
        if child.poll() is not None:
            raise NotStarted(f"{name}: {_ended(child)}")


def _sources() -> int:
    """Return a number that another state of the program's files does not have."""
    return hash(
        tuple(
            (path, path.stat().st_mtime_ns)
            for path in sorted(_PACKAGE.rglob("*"))
            if path.suffix in _WATCHED and path.exists()
        )
    )


def _start(
    name: str,
    bound: dict[Service, socket.socket],
    folder: Path,
    inherited: tuple[int, int],
) -> subprocess.Popen[bytes]:
    descriptors = [sock.fileno() for service, sock in bound.items() if service.process == name]
    lifeline, lock = inherited
    environment = {
        **os.environ,
        "ECP_SOCKETS": ",".join(map(str, descriptors)),
        "ECP_LIFELINE": str(lifeline),
        "ECP_DATA_DIR": str(folder),
        # Who starts everything at once wants to see something.
        "ECP_DEMO": os.environ.get("ECP_DEMO") or "start",
    }
    # Its own session: a Ctrl-C reaches only this parent, which then stops the children in order.
    return subprocess.Popen(
        [sys.executable, "-m", _MODULES[name]],
        env=environment,
        pass_fds=[*descriptors, lifeline, lock],
        start_new_session=True,
    )


def _ended(child: subprocess.Popen[bytes]) -> str:
    code = child.returncode
    return f"ended by signal {-code}" if code < 0 else f"ended with code {code}"


def _await_health(
    name: str, child: subprocess.Popen[bytes], port: int, given_up: Callable[[], bool]
) -> None:
    deadline = time.monotonic() + _START_WITHIN_S
    while not given_up():
        if child.poll() is not None:
            raise NotStarted(f"{name}: {_ended(child)}")
        try:
            with urllib.request.urlopen(f"{local_url(port)}/health", timeout=5):
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

    Returns once it and its services have let go of the data directory. Raises NotStopped.
    """
    if not (folder / "ecp.pid").exists():
        return 0
    lock = Lock(folder)
    if not lock.held():
        return 0
    pid = lock.pid()
    if _lives(pid):
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_WITHIN_S * 2
    while lock.held():
        if time.monotonic() > deadline:
            raise NotStopped(pid)
        time.sleep(0.05)
    return pid or -1
