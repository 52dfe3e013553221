"""Keeps the processes of the full profile: starts them in order, watches, stops them in reverse.

One loop in one thread. What another command wants of it (`ecp compose restart …`) comes as a line
of JSON over a socket in the data folder and is answered by one.
"""

import contextlib
import errno
import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from ecp.cli.installation import plan, programs
from ecp.cli.installation.plan import Step
from ecp.cli.process import Lock, NotStarted, PortBusy, holder, listener
from ecp.edge.services import TABLE, Service, check_settings, local_url

START_WITHIN_S: Final = 90.0
_STOP_WITHIN_S: Final = 10.0
_LOOK_EVERY_S: Final = 0.05
# Who ends this often within a minute is not started again.
_MOST_RESTARTS: Final = 5
_MINUTE_S: Final = 60.0
_MOST_LOG_BYTES: Final = 16 << 20
_TAIL_LINES: Final = 5
_CONTROL: Final = "control"


class Unknown(Exception):
    """Nobody keeps the full profile of this data folder."""


class Kept:
    """A service as it stands: its process, whether it has answered, how often it was started."""

    def __init__(self, step: Step) -> None:
        self.step = step
        self.process: subprocess.Popen[bytes] | None = None
        self.preparing = False
        self.healthy = False
        self.wanted = False
        self.ends: list[float] = []
        self.listener: socket.socket | None = None

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def told(self) -> dict[str, Any]:
        """Return the row that `ecp compose ps` shows."""
        if self.runs:
            state = "healthy" if self.healthy and healthy(self.step) else "starting"
        else:
            state = "exited" if self.wanted else "stopped"
        pid = self.process.pid if self.runs and self.process is not None else 0
        return {
            "name": self.step.part.name,
            "state": state,
            "port": self.step.port,
            "inside": self.step.part.inside,
            "pid": pid,
            "restarts": len(self.ends),
            "command": " ".join(self.step.command),
        }


class Keeper:
    """The processes of one data folder."""

    def __init__(self, data: Path, lock: Lock) -> None:
        self.data = data
        self.lock = lock
        self.kept = {name: Kept(step) for name, step in plan.planned(data).items()}
        self.stopping = False
        self._lifeline, self._held = os.pipe()
        self.logs = plan.folder_of(data) / "logs"
        self.logs.mkdir(exist_ok=True)
        self._control = _listen(plan.folder_of(data))

    # -- starting -----------------------------------------------------------------------------

    def up(self, names: Iterable[str] = ()) -> None:
        """Start services and what they need; return once all are healthy.

        Raises PortBusy, NotStarted; what has been started stays.
        """
        wanted = [self.kept[name] for name in plan.order(names)]
        self._require_ports(wanted)
        for kept in wanted:
            kept.wanted = True
        deadline = time.monotonic() + START_WITHIN_S
        while not self.stopping and not all(kept.healthy for kept in wanted):
            for kept in wanted:
                self._further(kept)
            if time.monotonic() > deadline:
                late = next(kept for kept in wanted if not kept.healthy)
                raise NotStarted(f"{late.step.part.name}: no answer on port {late.step.port}")
            time.sleep(_LOOK_EVERY_S)

    def _require_ports(self, wanted: list[Kept]) -> None:
        """Bind what we serve ourselves, look at what others will bind. Raises PortBusy."""
        for kept in wanted:
            step = kept.step
            if step.part.kind == "ecp":
                if kept.listener is None:
                    kept.listener = listener(step.part.listens, step.port)
            elif not kept.runs and plan.busy(step.port):
                raise PortBusy(step.part.listens, step.port, holder(step.port))

    def _further(self, kept: Kept) -> None:
        """Take a service the next step towards being healthy. Raises NotStarted."""
        step = kept.step
        if kept.healthy or not all(self.kept[need].healthy for need in self._needs(step)):
            return
        if kept.process is None:
            kept.preparing = not step.prepared
            self._begin(kept, step.prepare if kept.preparing else step.command)
        elif kept.process.poll() is None:
            kept.healthy = not kept.preparing and healthy(step)
        elif kept.preparing and kept.process.returncode == 0:
            kept.process, kept.preparing = None, False
        else:
            code, said = kept.process.returncode, self._tail(step.part.name)
            kept.process, kept.wanted = None, False
            raise NotStarted(f"{step.part.name}: ended with code {code}\n{said}".rstrip())

    @staticmethod
    def _needs(step: Step) -> list[str]:
        return [name for name in step.part.needs if name not in plan.NOT_HERE]

    def _begin(self, kept: Kept, command: tuple[str, ...]) -> None:
        step = kept.step
        handed = [self.lock.fileno()]
        environment = {**os.environ, **step.environment}
        if kept.listener is not None:
            handed += [kept.listener.fileno(), self._lifeline]
            environment["ECP_SOCKETS"] = str(kept.listener.fileno())
            environment["ECP_LIFELINE"] = str(self._lifeline)
            environment["ECP_DATA_DIR"] = str(self.data)
        with self._log(step.part.name) as log:
            kept.process = subprocess.Popen(
                command,
                cwd=step.folder,
                env=environment,
                pass_fds=handed,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=programs.tied_to_parent(step.stop),
            )

    def _log(self, name: str) -> Any:
        path = self.logs / f"{name}.log"
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_size > _MOST_LOG_BYTES:
                path.rename(path.with_suffix(".log.1"))
        return path.open("ab")

    def _tail(self, name: str) -> str:
        lines = (self.logs / f"{name}.log").read_text(errors="replace").splitlines()
        return "\n".join(lines[-_TAIL_LINES:])

    # -- stopping -----------------------------------------------------------------------------

    def stop(self, names: Iterable[str] | None = None) -> None:
        """Stop services (default: all), those that need others before these; wait until all end."""
        chosen = set(self.kept if names is None else names)
        left = [name for name in reversed(plan.order()) if name in chosen]
        while left:
            needed = {need for name in left for need in self.kept[name].step.part.needs}
            now = [name for name in left if name not in needed]
            self._end([self.kept[name] for name in now])
            left = [name for name in left if name in needed]

    def _end(self, ending: list[Kept]) -> None:
        for kept in ending:
            kept.wanted = kept.healthy = False
            if kept.runs and kept.process is not None:
                kept.process.send_signal(kept.step.stop)
        deadline = time.monotonic() + _STOP_WITHIN_S
        for kept in ending:
            if kept.process is None:
                continue
            try:
                kept.process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                # Its own session, so that nothing it has started stays behind.
                os.killpg(kept.process.pid, signal.SIGKILL)
                kept.process.wait()
            kept.process, kept.preparing = None, False

    # -- keeping ------------------------------------------------------------------------------

    def keep(self) -> None:
        """Until a signal: start again what has ended, do what is asked over the socket."""
        while not self.stopping:
            for kept in self.kept.values():
                if kept.wanted and not kept.runs:
                    self._again(kept)
                elif kept.wanted and not kept.healthy:
                    kept.healthy = healthy(kept.step)
            self._answer_one(4 * _LOOK_EVERY_S)

    def _again(self, kept: Kept) -> None:
        now = time.monotonic()
        kept.ends.append(now)
        kept.healthy = False
        if sum(now - end < _MINUTE_S for end in kept.ends) > _MOST_RESTARTS:
            kept.process, kept.wanted = None, False
            self._let_go()
            return
        self._begin(kept, kept.step.command)

    def _answer_one(self, within_s: float) -> None:
        self._control.settimeout(within_s)
        try:
            caller, _ = self._control.accept()
        except TimeoutError:
            return
        with caller, contextlib.suppress(OSError, ValueError):
            caller.settimeout(5)
            asked = json.loads(_line(caller))
            caller.sendall(json.dumps(self._do(asked)).encode() + b"\n")

    def _do(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        names = [name for name in asked.get("services", ()) if name in self.kept]
        try:
            match asked.get("do"):
                case "up":
                    self.up(names)
                case "stop":
                    self.stop(names or None)
                case "restart":
                    self.stop(names or None)
                    self.up(names)
        except PortBusy as error:
            name = next(name for name, part in TABLE.items() if part.listens == error.service)
            return {"error": "busy", "service": name, "port": error.port, "by": error.holder}
        except (NotStarted, OSError) as error:
            return {"error": str(error)}
        finally:
            self._let_go()
        return {"services": [kept.told() for kept in self.kept.values()], "pid": os.getpid()}

    def _let_go(self) -> None:
        """Close the ports of what is not to run: who asks there is refused, and does not wait."""
        for kept in self.kept.values():
            if kept.listener is not None and not kept.wanted:
                kept.listener.close()
                kept.listener = None

    def close(self) -> None:
        """Stop everything, in order, and let go of the socket."""
        self.stop()
        self._let_go()
        os.close(self._held)
        os.close(self._lifeline)
        self._control.close()
        (plan.folder_of(self.data) / _CONTROL).unlink(missing_ok=True)


# -- the socket ---------------------------------------------------------------------------------


def _listen(folder: Path) -> socket.socket:
    """Listen on the socket in *folder*. The name is short: a path of a socket may not be long."""
    control = socket.socket(socket.AF_UNIX)
    with contextlib.chdir(folder):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(_CONTROL)  # of one that was killed: the lock says that nobody else runs
        before = os.umask(0o177)
        try:
            control.bind(_CONTROL)
        finally:
            os.umask(before)
    control.listen(16)
    return control


def _line(connection: socket.socket) -> bytes:
    said = b""
    while not said.endswith(b"\n"):
        piece = connection.recv(65536)
        if not piece:
            break
        said += piece
    return said


def ask(data: Path, wish: str, services: Iterable[str] = ()) -> dict[str, Any]:
    """Ask whoever keeps *data* for something; return the answer.

    Raises Unknown where nobody does, PortBusy, NotStarted with what went wrong.
    """
    folder = plan.folder_of(data)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(2 * START_WITHIN_S)
        try:
            with contextlib.chdir(folder):
                connection.connect(_CONTROL)
            connection.sendall(json.dumps({"do": wish, "services": list(services)}).encode())
            connection.sendall(b"\n")
            answer: dict[str, Any] = json.loads(_line(connection) or b"{}")
        except (FileNotFoundError, ConnectionError) as error:
            raise Unknown(str(folder)) from error
        except OSError as error:
            if error.errno in (errno.ENOTDIR, errno.ENOENT):
                raise Unknown(str(folder)) from error
            raise
    if answer.get("error") == "busy":
        raise PortBusy(TABLE[answer["service"]].listens, answer["port"], answer["by"])
    if "error" in answer:
        raise NotStarted(answer["error"])
    return answer


# -- health -------------------------------------------------------------------------------------


def healthy(step: Step) -> bool:
    """Does a service answer as its kind does when it can work?"""
    if step.health == " postgres":
        program = f"{programs.postgres_folder()}/pg_isready"
        words = ("-q", "-h", "127.0.0.1", "-p", str(step.port), "-U", step.part.role, "-t", "2")
        return subprocess.run([program, *words], check=False).returncode == 0
    if step.health == " redis":
        return _pong(step.port)
    url = local_url(step.port) if step.part.kind in ("ecp", "web") else _loopback(step.port)
    try:
        with urllib.request.urlopen(f"{url}{step.health}", timeout=5):
            return True
    except OSError:
        return False


def _loopback(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def _pong(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
    except OSError:
        return False


# -- running ------------------------------------------------------------------------------------


def run(data: Path, names: list[str], ready: Callable[[dict[Service, int]], None]) -> None:
    """Start the full profile (or some of it), call *ready* with the ports, keep it until a signal.

    Raises AlreadyRunning, PortBusy, BadSetting, NotStarted, Lacking, programs.Unreachable; nothing
    is left running then.
    """
    check_settings()
    require()
    lock = Lock(data)
    lock.take()
    keeper = Keeper(data, lock)

    def stop(signum: int, frame: object) -> None:
        keeper.stopping = True

    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, stop)
    try:
        keeper.up(names)
        if not keeper.stopping:
            chosen = (keeper.kept[name].step for name in plan.order(names))
            ready({step.part.listens: step.port for step in chosen})
        keeper.keep()
    finally:
        keeper.close()


class Lacking(Exception):
    """Programs of the full profile are not on this machine; `missing` says which."""

    def __init__(self, missing: list[programs.Missing]) -> None:
        super().__init__(", ".join(one.program for one in missing))
        self.missing = missing


def require() -> None:
    """Look for every program that the full profile runs. Raises Lacking."""
    kinds = dict.fromkeys(TABLE[name].kind for name in plan.order())
    lacking = programs.missing(list(kinds))
    if lacking:
        raise Lacking(lacking)
