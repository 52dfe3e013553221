"""`kill -9` of the simulator at random instants: nothing that was answered is lost, and the
cluster and its clock are those of an uninterrupted replay of the same journal."""

import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import Any

import pytest

from ecp.kube import kinds
from ecp.kube.times import nanoseconds
from ecp.simulator import journal as journals
from ecp.simulator.reopening import reopen
from ecp.simulator.storage import Files

COMPARED = {
    "/api/v1/pods": kinds.PODS,
    "/api/v1/events": kinds.EVENTS,
    "/api/v1/services": kinds.SERVICES,
    "/api/v1/configmaps": kinds.CONFIGMAPS,
    "/apis/apps/v1/deployments": kinds.DEPLOYMENTS,
    "/apis/apps/v1/replicasets": kinds.REPLICASETS,
    "/apis/discovery.k8s.io/v1/endpointslices": kinds.ENDPOINTSLICES,
}


class Simulator:
    """A simulator process that may be killed and started again over the same folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(64)
        environment = {
            **os.environ,
            "ECP_DATA_DIR": str(self.root),
            "ECP_SOCKETS": str(listener.fileno()),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ecp.simulator.app"],
            env=environment,
            pass_fds=[listener.fileno()],
        )
        listener.close()
        self.call("GET", "/health")  # the socket listens: this waits until the service answers

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    @contextmanager
    def killed_after(self, seconds: float) -> Iterator[None]:
        """Kill the process then, whatever the block does meanwhile; it is gone at the end."""
        killer = Timer(seconds, self.kill)
        killer.start()
        try:
            yield
        finally:
            killer.join()

    def call(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)

    def kube(self, method: str, path: str, body: Any = None) -> Any:
        return self.call(method, f"/clusters/default{path}", body)

    def clock(self, **action: Any) -> Any:
        return self.call("POST", "/api/v1/clusters/default/clock", action)


def deployment(name: str) -> dict[str, Any]:
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "c", "image": "a:1"}]},
            },
        },
    }


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    found = Simulator(tmp_path)
    found.start()
    yield found
    found.kill()


@pytest.mark.cluster
def test_kill_at_random_instants_and_restart(simulator: Simulator, tmp_path: Path) -> None:
    dice = random.Random(20260105)
    simulator.clock(action="speed", factor=20)
    answered: list[str] = []
    kills = 0
    for number in range(24):
        name = f"web-{number}"
        try:
            if number % 3 == 2:
                path = "/apis/apps/v1/namespaces/default/deployments"
                simulator.kube("POST", path, deployment(name))
            else:
                path = "/api/v1/namespaces/default/configmaps"
                simulator.kube("POST", path, {"metadata": {"name": name}, "data": {"n": name}})
            answered.append(path + "/" + name)
            if number % 4 == 0:
                # Die in mid-flight: the request is on its way, its answer may never come.
                with simulator.killed_after(dice.uniform(0, 0.02)):
                    late = f"late-{number}"
                    body = {"metadata": {"name": late}}
                    simulator.kube("POST", "/api/v1/namespaces/default/configmaps", body)
                    answered.append(f"/api/v1/namespaces/default/configmaps/{late}")
                kills += 1
                simulator.start()
        except (urllib.error.URLError, ConnectionError, http.client.HTTPException):
            kills += 1
            simulator.start()
        time.sleep(dice.uniform(0, 0.05))
    simulator.clock(action="warp", to="+45s")
    while simulator.call("GET", "/api/v1/clusters/default/clock")["warping_to"]:
        time.sleep(0.05)
    clock = simulator.clock(action="pause")
    served = {path: simulator.kube("GET", path)["items"] for path in COMPARED}
    version = simulator.call("GET", "/api/v1/clusters/default")["resource_version"]
    for path in answered:
        assert simulator.kube("GET", path)["metadata"]["name"] == path.rsplit("/", 1)[1]
    simulator.kill()

    assert kills >= 6
    store = Files(tmp_path / "simulator")
    records = list(journals.read(store.shelf("default").journal(1)))
    replayed = reopen("default", store, time.time_ns)
    cluster = replayed.cluster
    assert cluster.now == clock["now_ns"] == nanoseconds(clock["now"]) + cluster.now % 1000
    assert (replayed.pace.paused, replayed.pace.target(time.time_ns())) == (True, cluster.now)
    assert cluster.store.version == version
    for path, resource in COMPARED.items():
        kept = {_key(obj): obj for obj in cluster.store.list(resource)}
        assert {_key(obj): _said(obj) for obj in served[path]} == {
            key: _said(obj) for key, obj in kept.items()
        }, path
    replayed.close()
    assert len(records) == replayed.actions > 24


def _key(obj: dict[str, Any]) -> tuple[str, str]:
    return obj["metadata"]["namespace"], obj["metadata"]["name"]


def _said(obj: dict[str, Any]) -> dict[str, Any]:
    """The object without what is rendered or left out when it is served in a list."""
    meta = {k: v for k, v in obj["metadata"].items() if k != "managedFields"}
    return {k: v for k, v in {**obj, "metadata": meta}.items() if k not in ("apiVersion", "kind")}
