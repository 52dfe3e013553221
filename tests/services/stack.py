"""Both services as processes on free ports over a folder of their own, and how to call them."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, NamedTuple

from .commands import called

_MODULES = {"simulator": "ecp.simulator.app", "orchestrator": "ecp.orchestrator.app"}
START_WITHIN_S = 180


class Answer(NamedTuple):
    """What came back: status, body (JSON as data, archives as bytes, else text), headers."""

    status: int
    body: Any
    headers: Any


class Stack:
    """A simulator and an orchestrator that may each be killed and started again."""

    def __init__(self, root: Path, **settings: str) -> None:
        self.root = root
        self.settings = settings
        self.log = root / "stderr"
        self._sockets: dict[str, socket.socket] = {}
        self.ports: dict[str, int] = {}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        for name in _MODULES:
            self._listen(name, 0)

    def _listen(self, name: str, port: int) -> None:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(256)
        self._sockets[name] = listener
        self.ports[name] = listener.getsockname()[1]

    @property
    def repository(self) -> Path:
        """Return the folder in which the guide's commands are run."""
        return Path(__file__).resolve().parents[2]

    def environment(self) -> dict[str, str]:
        """Return the variables by which a service, or the command line, finds the other."""
        return {
            **os.environ,
            "ECP_DATA_DIR": str(self.root),
            "ECP_SIMULATOR_URL": f"http://127.0.0.1:{self.ports['simulator']}",
            "ECP_ORCHESTRATOR_URL": f"http://127.0.0.1:{self.ports['orchestrator']}",
            "ECP_LANG": "en",
            **self.settings,
        }

    def start(self, *names: str) -> None:
        """Start services (default: both) and wait until they answer."""
        for name in names or _MODULES:
            if self._sockets[name].fileno() < 0:
                self._listen(name, self.ports[name])
            listener = self._sockets[name]
            environment = {**self.environment(), "ECP_SOCKETS": str(listener.fileno())}
            with self.log.open("ab") as log:
                self.processes[name] = subprocess.Popen(
                    [sys.executable, "-m", _MODULES[name]],
                    env=environment,
                    pass_fds=[listener.fileno()],
                    stderr=log,
                )
        for name in names or _MODULES:
            # The socket listens already: this waits until the service answers.
            assert self.call(name, "GET", "/health").status == 200

    @property
    def complaints(self) -> str:
        """What the services have written to stderr so far."""
        return self.log.read_text()

    def kill(self, name: str) -> None:
        """End a service as a power cut would."""
        process = self.processes.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def take_away(self, name: str) -> None:
        """End a service and its port: who calls it is refused."""
        self.kill(name)
        self._sockets[name].close()

    def stop(self) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            process.wait(60)
        for listener in self._sockets.values():
            listener.close()

    def call(
        self,
        service: str,
        method: str,
        path: str,
        body: Any = None,
        headers: dict[str, str] | None = None,
        timeout: float = START_WITHIN_S,
    ) -> Answer:
        """Call a service with *body*, bytes as they are, anything else as JSON.

        An error is an answer like others.
        """
        content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.ports[service]}{path}",
            method=method,
            data=content,
            headers={"Content-Type": "application/json", **(headers or {})},
        )
        try:
            with urllib.request.urlopen(request, timeout=timeout) as response:
                return _answer(response.status, response.read(), response.headers)
        except urllib.error.HTTPError as error:
            with error:
                return _answer(error.code, error.read(), error.headers)

    def get(self, path: str, **options: Any) -> Any:
        """Ask the orchestrator; return the body of a good answer."""
        answer = self.call("orchestrator", "GET", path, **options)
        assert answer.status == 200, answer
        return answer.body

    def post(self, path: str, body: Any = None, **options: Any) -> Any:
        """Tell the orchestrator; return the body of a good answer."""
        answer = self.call("orchestrator", "POST", path, body, **options)
        assert answer.status in (200, 201, 202), answer
        return answer.body

    def warp(self, duration: str, cluster: str = "default") -> None:
        """Let simulated time pass on a cluster."""
        path = f"/api/v1/clusters/{cluster}/clock"
        clock = self.call("simulator", "POST", path, {"action": "warp", "to": f"+{duration}"}).body
        while clock["warping_to"]:
            time.sleep(0.05)
            clock = self.call("simulator", "GET", path).body

    def cli(self, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Call `ecp` against these services."""
        ran = called(arguments, self.environment(), Path.cwd(), stdin or "")
        return subprocess.CompletedProcess(["ecp", *arguments], *ran)


def _answer(status: int, content: bytes, headers: Any) -> Answer:
    if headers.get_content_type() == "application/zip":
        return Answer(status, content, headers)
    text = content.decode()
    try:
        return Answer(status, json.loads(text), headers)
    except ValueError:
        return Answer(status, text, headers)
