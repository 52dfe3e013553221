"""`ecp up` from the command to healthy (wall, CPU), and the simulator's resident memory.

For orientation: a real control plane needs 3.3-5.5 s and 485 MB.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from bench._measure import line
from ecp.edge.services import SERVICES

_ROUNDS = 5


def free_ports(count: int) -> list[int]:
    """Return ports that were free a moment ago."""
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def start_and_measure() -> tuple[float, float]:
    """Return (seconds to both healthy, MB of the simulator)."""
    ports = dict(zip(SERVICES, free_ports(len(SERVICES)), strict=True))
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "ECP_DATA_DIR": folder,
            **{service.setting: str(port) for service, port in ports.items()},
        }
        begun = time.monotonic()
        ecp = Path(sys.executable).with_name("ecp")
        process = subprocess.Popen(
            [str(ecp), "up"],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for service, port in ports.items():
            await_health(port, begun) if service.name in ("simulator", "orchestrator") else None
        seconds = time.monotonic() - begun
        memory = resident_mb(process.pid)
        process.send_signal(signal.SIGINT)
        process.wait()
    return seconds, memory


def await_health(port: int, begun: float) -> None:
    """Return when /health answers. Raises TimeoutError after a minute."""
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=10).close()
            return
        except (urllib.error.URLError, ConnectionError):
            if time.monotonic() - begun > 60:
                raise TimeoutError(f"port {port}") from None
            time.sleep(0.01)


def resident_mb(parent: int) -> float:
    """Return the resident memory of the simulator among the children of *parent*."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            status = (folder / "status").read_text()
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        child = re.search(rf"^PPid:\s*{parent}$", status, re.MULTILINE)
        if child and b"ecp.simulator.app" in command:
            found = re.search(r"^VmRSS:\s*(\d+) kB", status, re.MULTILINE)
            return int(found[1]) / 1024 if found else 0.0
    return 0.0


def main() -> None:
    measured = [start_and_measure() for _ in range(_ROUNDS)]
    line("ecp up, command to both healthy", [m[0] for m in measured], "s wall", "≤ 3")
    line("simulator, resident", [m[1] for m in measured], "MB", "≤ 150")
