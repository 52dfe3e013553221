"""A simulator process over a folder of its own, and the calls that tests make."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

CLUSTERS = "/api/v1/clusters"
POD = {"containers": [{"name": "c", "image": "registry.example/a:1"}]}


class Service:
    """A simulator process; `stderr` is what it has complained of so far."""

    def __init__(self, root: Path, **environment: str) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self.root = root
        self.log = root / "stderr"
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        self.port = listener.getsockname()[1]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ecp.simulator.app"],
                env={
                    **os.environ,
                    "ECP_DATA_DIR": str(root),
                    "ECP_SOCKETS": str(listener.fileno()),
                    **environment,
                },
                pass_fds=[listener.fileno()],
                stderr=log,
            )
        listener.close()
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=180)
        self.began = time.monotonic()
        self.ok("GET", "/health")  # the socket listens: this waits until the service answers
        self.took = time.monotonic() - self.began

    @property
    def stderr(self) -> str:
        return self.log.read_text()

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """Send *body*: bytes as they are, anything else as JSON."""
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        sent = {"content-type": "application/json", **headers}
        return self.http.request(method, path, content=content, headers=sent)

    def ok(self, method: str, path: str, body: Any = None) -> Any:
        """Call and return the JSON; AssertionError for an error."""
        answer = self.call(method, path, body)
        assert answer.is_success, f"{method} {path}: {answer.text}"
        return answer.json()

    def create(self, name: str, **body: Any) -> Any:
        return self.ok("POST", CLUSTERS, {"name": name, **body})

    def clock(self, name: str, action: str, **options: Any) -> Any:
        """Carry out a clock action; a step or warp has arrived when this returns."""
        path = f"{CLUSTERS}/{name}/clock"
        clock = self.ok("POST", path, {"action": action, **options})
        while clock["warping_to"]:
            time.sleep(0.01)
            clock = self.ok("GET", path)
        return clock

    def kube(self, name: str, method: str, path: str, body: Any = None) -> Any:
        return self.ok(method, f"/clusters/{name}{path}", body)

    def deploy(self, cluster: str, name: str, replicas: int = 2, **pod: Any) -> Any:
        """Create a Deployment in `default`."""
        labels = {"app": name}
        spec = {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {**POD, **pod}},
        }
        body = {"metadata": {"name": name}, "spec": spec}
        return self.kube(cluster, "POST", "/apis/apps/v1/namespaces/default/deployments", body)

    def changes(self, name: str, since: int = 1) -> list[Any]:
        """Return the changes after *since* that are there now, from the stream."""
        newest = self.ok("GET", f"{CLUSTERS}/{name}")["resource_version"]
        found: list[Any] = []
        if newest <= since:
            return found
        with self.http.stream("GET", f"{CLUSTERS}/{name}/changes?since={since}") as stream:
            for line in stream.iter_lines():
                if line.startswith("data: "):
                    found.append(json.loads(line[6:]))
                    if found[-1]["sequence"] >= newest:
                        return found
        raise AssertionError(f"the stream ended at {len(found)} changes of {newest}")

    def stop(self, signum: int = signal.SIGTERM) -> float:
        """End the process; return how long that took (s)."""
        began = time.monotonic()
        self.process.send_signal(signum)
        self.process.wait(timeout=60)
        self.http.close()
        return time.monotonic() - began

    def kill(self) -> None:
        self.stop(signal.SIGKILL)


@contextmanager
def service(root: Path, **environment: str) -> Iterator[Service]:
    """Run a simulator until the block ends; it must not have complained."""
    running = Service(root, **environment)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.stop()
