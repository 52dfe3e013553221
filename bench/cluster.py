"""The simulated cluster behind its API: roll out, delete, list, watch, write, start.

CPU seconds are those of the simulator's process alone; the callers are in this one. Simulated time
goes sixty times as fast, so that waiting for pods to start is not what is measured. Each row is the
median of several runs with its spread, what is to be reached, and how far: 1.00 is reached, 2.00
twice as good. A machine that others use takes more CPU time for the same: the yardstick, printed
first and last, says how much.
"""

import asyncio
import gc
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any, NamedTuple

from bench._measure import cpu_seconds as own_cpu_seconds
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
# Lists to a sample: the kernel counts CPU time in steps of 10 ms.
_LISTS = 5
_YARD = 1_000_000


class Row(NamedTuple):
    """What is measured, in which unit, and what is to be reached: at most, or at least for a rate.

    `peer` is the same of a real 1.36 control plane with hollow nodes, measured on such a machine.
    """

    what: str
    unit: str
    reach: float | None = None
    peer: str = ""
    rate: bool = False

    def show(self, values: list[float]) -> None:
        """Print the median with its spread, and how far it is from what is to be reached."""
        goal = "–"
        if self.reach is not None:
            median = statistics.median(values)
            ratio = median / self.reach if self.rate else self.reach / median
            goal = f"{'≥' if self.rate else '≤'} {self.reach:,g}, ratio {ratio:.2f}"
        line(self.what, values, self.unit, f"{goal}, peer {self.peer}" if self.peer else goal)


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
        # An installed simulator has its bytecode; the first start of a bench makes it.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
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


def rolled_out(nodes: int, pods: int) -> tuple[float, float]:
    """Return CPU and wall seconds from the POST of ten Deployments until all *pods* are Ready."""
    with serving(nodes) as served:
        _namespace(served, "busy")
        time.sleep(0.3)
        before, begun = served.cpu(), time.perf_counter()
        _roll_out(served, "busy", pods)
        return served.cpu() - before, time.perf_counter() - begun


def _rolled_out(nodes: int, pods: int, cpu: Row, wall: Row) -> None:
    rounds = [rolled_out(nodes, pods) for _ in range(_ROUNDS)]
    cpu.show([spent for spent, _ in rounds])
    wall.show([taken for _, taken in rounds])


def _deleted(pods: int) -> None:
    spent, taken = [], []
    for _ in range(_ROUNDS):
        with serving(100) as served:
            _namespace(served, "busy")
            _roll_out(served, "busy", pods)
            time.sleep(0.3)
            before, begun = served.cpu(), time.perf_counter()
            served.ask("DELETE", f"{served.base}/api/v1/namespaces/busy")
            listed = f"{served.base}/api/v1/namespaces?fieldSelector=metadata.name%3Dbusy"
            while b'"busy"' in served.ask("GET", listed):
                time.sleep(0.02)
            spent.append(served.cpu() - before)
            taken.append(time.perf_counter() - begun)
    what = f"delete the namespace of {pods:,} pods"
    Row(what, "CPU s", 0.5).show(spent)
    Row(what, "s wall", peer="20–25").show(taken)


def _listed() -> None:
    first, whole, tables = [], [], []
    for _ in range(_ROUNDS):
        with serving(500) as served:
            _roll_out(served, "default", 10_000)
            time.sleep(0.3)
            first.append(_list_ms(served, "application/json", 1))
            whole.append(_list_ms(served, "application/json", _LISTS))
            tables.append(_list_ms(served, _TABLE, _LISTS))
    Row("list 10,000 pods for the first time, JSON", "CPU ms").show(first)
    Row("list 10,000 pods, JSON", "CPU ms", 150, "5,000 pods: 1,200").show(whole)
    Row("list 10,000 pods, Table", "CPU ms", 300).show(tables)


def _list_ms(served: Served, accept: str, times: int) -> float:
    before = served.cpu()
    for _ in range(times):
        answer = served.ask("GET", f"{served.base}/api/v1/pods", Accept=accept)
        assert len(answer) > 1_000_000
    return 1_000 * (served.cpu() - before) / times


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
    what, peer = "writes through HTTP, durable, 16 callers", "1,125 dry runs on two cores"
    Row(what, "a CPU s", 2_000, peer, rate=True).show(rates)


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
    what = f"watch deliveries to {_WATCHERS} watchers, writes included"
    Row(what, "a CPU s", 40_000, rate=True).show(rates)


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
    Row("100,000 pods, 1,000 nodes, in process", "CPU s", 15).show([spent])
    Row("resident memory a pod, with Events and managedFields", "KiB", 12).show([grown])


def _started() -> None:
    seconds, spent, memory = [], [], []
    with serving(0):
        pass  # makes the bytecode
    for _ in range(_ROUNDS):
        begun = time.perf_counter()
        with serving(0) as served:
            seconds.append(time.perf_counter() - begun)
            spent.append(served.cpu())
            memory.append(resident_mb(served.pid))
    Row("the simulator, command to healthy", "s wall", 1.5, "3.3–5.5").show(seconds)
    Row("the simulator, CPU until then", "CPU s").show(spent)
    Row("the simulator, resident", "MB", 130, "485").show(memory)


def _yardstick() -> None:
    spent = own_cpu_seconds(lambda: sum(number & 3 for number in range(_YARD)))
    Row(f"yardstick: a loop of {_YARD:,} steps", "CPU ms").show([1_000 * one for one in spent])


def main() -> None:
    _yardstick()
    what = "1,000 pods of 10 Deployments, 100 nodes, HTTP"
    _rolled_out(100, 1_000, Row(what, "CPU s", 0.7, "13.6"), Row(what, "s wall", 1, "6.8–14"))
    what = "5,000 pods of 10 Deployments, 500 nodes, HTTP"
    _rolled_out(500, 5_000, Row(what, "CPU s", 4, "75"), Row(what, "s wall", peer="38"))
    _deleted(1_000)
    _listed()
    _watched()
    _written()
    _started()
    _in_process()
    _yardstick()
