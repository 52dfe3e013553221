"""100 deploys of 13 objects at once: is everybody else still heard?

While they run, `/health` of both services is asked every 20 ms over its own connection. Prints its
answering times, how long the deploys took, CPU and resident memory. The prototype was silent for
19.9 s.
"""

import http.client
import json
import statistics
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

from bench._stack import NAMES, Stack, running

_DEPLOYS = 100
_EVERY_S = 0.02
_FOLDER = Path(__file__).parents[1] / "tests/golden/manifests/ecp-tenant"
_OF_MANIFEST = "test-download"


def manifest(tenant: str) -> str:
    """Return the 13-object manifest of a tenant."""
    found = "---\n".join(f"{path.read_text().strip()}\n" for path in sorted(_FOLDER.iterdir()))
    return found.replace(_OF_MANIFEST, tenant)


class Asker(threading.Thread):
    """Asks `/health` of one service until it is told to stop; keeps how long each answer took."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self._port = port
        self._done = threading.Event()
        self.took: list[float] = []

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        while not self._done.is_set():
            begun = time.perf_counter()
            connection.request("GET", "/health")
            connection.getresponse().read()
            took = time.perf_counter() - begun
            self.took.append(took)
            time.sleep(max(_EVERY_S - took, 0))

    def end(self) -> list[float]:
        """Stop asking; return the answering times (ms), sorted."""
        self._done.set()
        self.join()
        return sorted(1000 * took for took in self.took)


def deploy(stack: Stack, tenant: str) -> int:
    """Deploy for *tenant*; return the status of the answer."""
    request = urllib.request.Request(
        f"{stack.url('orchestrator')}/api/v1/simulator/deploy/{tenant}",
        json.dumps({"manifest_content": manifest(tenant)}).encode(),
        {"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=300) as answer:
            answer.read()
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            print(error.read()[:300], file=sys.stderr)
        return error.code


def _all_at_once(stack: Stack, count: int) -> list[int]:
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda n=n: statuses.append(deploy(stack, f"load-{n}")))
        for n in range(count)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


def report(name: str, took: list[float]) -> None:
    """Print the answering times of one service's /health."""
    p99 = took[int(len(took) * 0.99)]
    print(
        f"/health of the {name:<12}  p50 {statistics.median(took):6.1f}  p99 {p99:6.1f}"
        f"  max {took[-1]:6.1f} ms   ({len(took)} answers)   goal 100"
    )


def main() -> None:
    with running() as stack:
        deploy(stack, "first")  # what is loaded at first use is loaded
        time.sleep(2)
        memory, spent = stack.resident_mb(), stack.cpu_seconds()
        askers = {name: Asker(stack.ports[name]) for name in NAMES}
        for asker in askers.values():
            asker.start()
        begun = time.monotonic()
        statuses = _all_at_once(stack, _DEPLOYS)
        seconds = time.monotonic() - begun
        time.sleep(5)  # what follows a deploy belongs to it
        for name, asker in askers.items():
            report(name, asker.end())
        after, now = stack.resident_mb(), stack.cpu_seconds()
    good = statuses.count(200)
    print(f"{good} of {_DEPLOYS} deploys answered 200 within {seconds:.1f} s")
    for name in NAMES:
        cpu = now[name] - spent[name]
        print(f"{name:<12}  {cpu:5.1f} CPU s   {memory[name]:.0f} → {after[name]:.0f} MB resident")
    print(f"both          {sum(after.values()):.0f} MB resident   goal 300")
