"""The simulated cluster behind its API: roll out, delete, list, watch, write, start.

CPU seconds are those of the simulator's process alone; the callers are in this one. Simulated time
goes sixty times as fast, so that waiting for pods to start is not what is measured.
For orientation: a real 1.36 control plane with hollow nodes needs 13.6 CPU seconds (6.8-14 s wall)
for 1,000 pods of ten Deployments on 100 nodes, 75 (38 wall) for 5,000 on 500, 20-25 s wall to
delete a namespace of 1,000 pods, 1.2 s to list 5,000 pods, 3.3-5.5 s and 485 MB to start.
"""

import asyncio
import gc
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

from bench._measure import line
from bench._stack import cpu_seconds, resident_mb
from bench.pods import deployment
from ecp.kube import kinds
from ecp.sim import clusters
from ecp.sim.cluster import Cluster
from ecp.sim.engine.engine import SECOND
from ecp.sim.requests import Request

_ROUNDS = 3
_SPEED = 60
_TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
_WATCHERS = 100
_WRITES = 3_000


@dataclass(frozen=True, slots=True)
class Served:
    """A simulator over an empty folder; `base` is the path of the cluster's API server."""

    pid: int
    port: int
    base: str = "/clusters/bench"

    def cpu(self) -> float:
        """Return the CPU seconds it has taken so far."""
        return cpu_seconds(self.pid)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> bytes:
        """Ask once on a connection of its own. Raises AssertionError for an error."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=120)
        content = None if body is None else json.dumps(body)
        named = {"Content-Type": "application/json"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        connection.request(method, path, content, named)
        response = connection.getresponse()
        answer = response.read()
        connection.close()
        assert response.status < 300, (response.status, answer[:500])
        return answer


@contextmanager
def serving(nodes: int) -> Iterator[Served]:
    """Run a simulator with a cluster `bench` of so many equal nodes until the block ends."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(512)
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "ECP_DATA_DIR": folder,
            "ECP_SOCKETS": str(listener.fileno()),
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "ecp.simulator.app"],
            env=environment,
            pass_fds=[listener.fileno()],
            stderr=subprocess.DEVNULL,
        )
        try:
            served = Served(process.pid, listener.getsockname()[1])
            served.ask("GET", "/health")
            if nodes:
                body = {"name": "bench", "seed": 1, "spec": _spec(nodes)}
                served.ask("POST", "/api/v1/clusters", body)
                clock = {"action": "speed", "factor": _SPEED}
                served.ask("POST", "/api/v1/clusters/bench/clock", clock)
            yield served
        finally:
            process.terminate()
            process.wait()
            listener.close()


def _spec(nodes: int) -> dict[str, Any]:
    pool = {"name": "node", "count": nodes, "cpu": "32", "memory": "128Gi"}
    return {
        "name": "bench",
        "podNetwork": "10.128.0.0/9",
        "zones": ["a", "b", "c"],
        "pools": [pool | {"storage": "1Ti", "pods": 250}],
    }


def _roll_out(served: Served, namespace: str, pods: int, deployments: int = 10) -> None:
    """Post the Deployments and wait until their status says that all pods are Ready."""
    apps = f"{served.base}/apis/apps/v1/namespaces/{namespace}/deployments"
    for number in range(deployments):
        served.ask("POST", apps, deployment(f"web-{number}", pods // deployments))
    while _ready(served, apps) < pods:
        time.sleep(0.02)


def _ready(served: Served, apps: str) -> int:
    found = re.findall(rb'"readyReplicas":(\d+)', served.ask("GET", apps))
    return sum(map(int, found))


def _namespace(served: Served, name: str) -> None:
    served.ask("POST", f"{served.base}/api/v1/namespaces", {"metadata": {"name": name}})


def _rolled_out(nodes: int, pods: int, cpu_goal: str, wall_goal: str) -> None:
    spent, wall, gone, gone_wall = [], [], [], []
    for _ in range(_ROUNDS):
        with serving(nodes) as served:
            _namespace(served, "busy")
            time.sleep(0.3)
            before, begun = served.cpu(), time.perf_counter()
            _roll_out(served, "busy", pods)
            spent.append(served.cpu() - before)
            wall.append(time.perf_counter() - begun)
            if pods > 1_000:
                continue
            before, begun = served.cpu(), time.perf_counter()
            served.ask("DELETE", f"{served.base}/api/v1/namespaces/busy")
            listed = f"{served.base}/api/v1/namespaces?fieldSelector=metadata.name%3Dbusy"
            while b'"busy"' in served.ask("GET", listed):
                time.sleep(0.02)
            gone.append(served.cpu() - before)
            gone_wall.append(time.perf_counter() - begun)
    what = f"{pods:,} pods, {nodes} nodes, HTTP, POST to all Ready"
    line(what, spent, "CPU s", cpu_goal)
    line(what, wall, "s wall", wall_goal)
    if gone:
        line(f"delete the namespace of {pods:,} pods", gone, "CPU s", "≤ 0.5")
        line(f"delete the namespace of {pods:,} pods", gone_wall, "s wall", "–")


def _listed() -> None:
    with serving(500) as served:
        _roll_out(served, "default", 10_000)
        path = f"{served.base}/api/v1/pods"
        for what, accept, goal in (
            ("JSON", "application/json", "≤ 150"),
            ("Table", _TABLE, "≤ 300"),
        ):
            taken = []
            for _ in range(2 * _ROUNDS):
                before = served.cpu()
                assert len(served.ask("GET", path, Accept=accept)) > 1_000_000
                taken.append(1_000 * (served.cpu() - before))
            line(f"list 10,000 pods, {what}", taken, "CPU ms", goal)


async def _watch(port: int, path: str, ready: asyncio.Semaphore, until: bytes) -> int:
    """Count the lines of a watch until one contains *until*."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**22)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n".encode())
    count = 0
    await reader.readuntil(b"\r\n\r\n")
    ready.release()
    while True:
        found = await reader.readline()
        count += found.startswith(b'{"type"')
        if until in found:
            writer.close()
            return count


async def _write(served: Served, path: str, numbers: list[int]) -> None:
    """Create ConfigMaps one after the other on one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    for number in numbers:
        name = "last" if number < 0 else f"c{number}"
        body = json.dumps({"metadata": {"name": name}, "data": {"number": str(number)}})
        writer.write(
            f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        head = await reader.readuntil(b"\r\n\r\n")
        assert b" 201 " in head.partition(b"\r\n")[0], head
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        assert length is not None
        await reader.readexactly(int(length[1]))
    writer.close()


def _written() -> None:
    rates = []
    for _ in range(_ROUNDS):
        with serving(3) as served:
            path = f"{served.base}/api/v1/namespaces/default/configmaps"

            async def all_of_them(served: Served = served, path: str = path) -> None:
                shares = [list(range(part, _WRITES, 16)) for part in range(16)]
                await asyncio.gather(*(_write(served, path, share) for share in shares))

            before = served.cpu()
            asyncio.run(all_of_them())
            rates.append(_WRITES / (served.cpu() - before))
    line("writes through HTTP, durable, 16 callers", rates, "a CPU s", "≥ 2,000")


def _watched() -> None:
    rates = []
    for _ in range(_ROUNDS):
        with serving(3) as served:
            path = f"{served.base}/api/v1/namespaces/default/configmaps"

            async def all_of_them(served: Served = served, path: str = path) -> float:
                ready = asyncio.Semaphore(0)
                watched = f"{path}?watch=true"
                watchers = [
                    asyncio.create_task(_watch(served.port, watched, ready, b'"name":"last"'))
                    for _ in range(_WATCHERS)
                ]
                for _ in watchers:
                    await ready.acquire()
                before = served.cpu()
                shares = [list(range(part, 800, 8)) for part in range(8)]
                await asyncio.gather(*(_write(served, path, share) for share in shares))
                await _write(served, path, [-1])
                counts = await asyncio.gather(*watchers)
                return sum(counts) / (served.cpu() - before)

            rates.append(asyncio.run(all_of_them()))
    line(f"watch deliveries to {_WATCHERS} watchers, writes included", rates, "a CPU s", "≥ 40,000")


def _in_process() -> None:
    cluster = Cluster.create(clusters.check(_spec(1_000)), seed=1)
    gc.collect()
    resident, before = resident_mb(os.getpid()), time.process_time()
    for number in range(100):
        body = deployment(f"web-{number}", 1_000)
        cluster.submit(Request("create", kinds.DEPLOYMENTS, "default", body=body, manager="bench"))
    cluster.run_until(cluster.now + 600 * SECOND)
    spent = time.process_time() - before
    ready = sum(d["status"].get("readyReplicas", 0) for d in cluster.store.list(kinds.DEPLOYMENTS))
    assert ready == 100_000, ready
    grown = (resident_mb(os.getpid()) - resident) * 1024 / ready
    line("100,000 pods, 1,000 nodes, in process", [spent], "CPU s", "≤ 15")
    line("resident memory a pod, with Events and managedFields", [grown], "KiB", "≤ 12")


def _started() -> None:
    seconds, spent, memory = [], [], []
    for _ in range(_ROUNDS):
        begun = time.perf_counter()
        with serving(0) as served:
            seconds.append(time.perf_counter() - begun)
            spent.append(served.cpu())
            memory.append(resident_mb(served.pid))
    line("the simulator, command to healthy", seconds, "s wall", "≤ 1.5")
    line("the simulator, CPU until then", spent, "s", "–")
    line("the simulator, resident", memory, "MB", "≤ 130")


def main() -> None:
    _rolled_out(100, 1_000, "≤ 0.7", "≤ 1")
    _rolled_out(500, 5_000, "≤ 4", "–")
    _listed()
    _watched()
    _written()
    _started()
    _in_process()
